//! What each goroutine waits for: by the runtime's structures, and by the functions on its stack where those have
//! nothing but a semaphore.

use super::Crowd;
use crate::addr::Addr;
use crate::heap::StackReader;
use crate::memory::MemoryExt;
use crate::postmortem::Postmortem;
use crate::runtime::{ChannelWait, Goroutine, Runtime, Semaphores, Sudogs, WaitReasons, waits_on};
use crate::unwind::{Call, PcCache};
use dumpview_model::goroutine::Status;
use dumpview_model::value::Address;
use dumpview_model::waits::{How, Object, ObjectKind, Waiter, Waiting};
use rustc_hash::{FxHashMap, FxHashSet};

/// An object and what the search for its parties needs.
pub(super) struct Found {
    pub(super) object: Object,
    pub(super) addr: Addr,
    /// One of its waiters, as an index of the crowd.
    pub(super) example: usize,
    /// Goroutines that wait for readers to leave, as indices: they have the lock's place already.
    pub(super) before: Vec<usize>,
}

/// Whether Go 1.27's detector of leaked goroutines judges those that wait for it (`runtime/runtime2.go:isSyncWait`,
/// `isChanWait`).
pub(super) const fn is_judged(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Mutex
            | ObjectKind::RwMutex
            | ObjectKind::WaitGroup
            | ObjectKind::Cond
            | ObjectKind::Once
            | ObjectKind::Channel
            | ObjectKind::NilChannel
    )
}

/// All that is waited for.
#[derive(Default)]
pub(super) struct Blocked {
    pub(super) objects: Vec<Found>,
    pub(super) incomplete: Vec<String>,
    /// When those that sleep go on, in nanotime, by index of the crowd.
    pub(super) sleeps: FxHashMap<usize, i64>,
    /// Records of waiters (`sudog`), and the channel or semaphore in each.
    pub(super) records: Vec<(Addr, Addr)>,
    known: FxHashMap<(ObjectKind, Addr), usize>,
    goroutines: FxHashSet<usize>,
}

/// What a semaphore belongs to, by the function that waits.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner {
    kind: ObjectKind,
    how: How,
    /// Structure and field that the semaphore is, from the object's start.
    path: &'static [(&'static str, &'static [&'static str])],
    /// It has its place in the queue: others wait for it.
    is_before: bool,
}

const MUTEX_SEMA: (&str, &[&str]) = ("sync.Mutex", &["sema", "mu.sema"]);

/// The owner of a semaphore, by the calls that wait for it.
fn owner(calls: &[Call]) -> Option<Owner> {
    let mut outwards = calls
        .iter()
        .map(|call| call.name.as_str())
        .skip_while(|name| name.starts_with("runtime.") || name.contains(".runtime_"));
    let first = outwards.next()?;
    let of = |kind, how, path| Owner {
        kind,
        how,
        path,
        is_before: false,
    };
    Some(match first {
        "sync.(*Mutex).lockSlow" | "internal/sync.(*Mutex).lockSlow" => {
            let whose = outwards.find(|name| {
                !matches!(*name, "sync.(*Mutex).Lock" | "internal/sync.(*Mutex).Lock")
            });
            match whose {
                Some("sync.(*RWMutex).Lock") => of(
                    ObjectKind::RwMutex,
                    How::Lock,
                    &[("sync.RWMutex", &["w"]), MUTEX_SEMA],
                ),
                Some("sync.(*Once).doSlow") => of(
                    ObjectKind::Once,
                    How::Wait,
                    &[("sync.Once", &["m"]), MUTEX_SEMA],
                ),
                _ => of(ObjectKind::Mutex, How::Lock, &[MUTEX_SEMA]),
            }
        }
        "sync.(*RWMutex).Lock" => Owner {
            is_before: true,
            ..of(
                ObjectKind::RwMutex,
                How::Lock,
                &[("sync.RWMutex", &["writerSem"])],
            )
        },
        "sync.(*RWMutex).RLock" => of(
            ObjectKind::RwMutex,
            How::ReadLock,
            &[("sync.RWMutex", &["readerSem"])],
        ),
        "sync.(*WaitGroup).Wait" => of(
            ObjectKind::WaitGroup,
            How::Wait,
            &[("sync.WaitGroup", &["sema", "state2"])],
        ),
        "internal/poll.(*fdMutex).rwlock" | "internal/poll.(*fdMutex).increfAndClose" => {
            of(ObjectKind::FileLock, How::Lock, &[])
        }
        _ => of(ObjectKind::Semaphore, How::Wait, &[]),
    })
}

/// The type of package `sync` in whose method a mutex of its own is waited for: `sync.Map`.
fn part_of<'c>(calls: impl Iterator<Item = &'c str>) -> Option<String> {
    let sync = calls
        .skip_while(|name| name.starts_with("runtime.") || name.contains(".runtime_"))
        .take_while(|name| name.starts_with("sync.") || name.starts_with("internal/sync."));
    let method = |name: &str| {
        let (package, rest) = name.split_once(".(*")?;
        let ty = rest.split([')', '[']).next()?;
        (ty != "Mutex").then(|| format!("{package}.{ty}"))
    };
    sync.filter_map(method).last()
}

impl Owner {
    /// The object whose semaphore this is; `None` when the layouts do not know it.
    fn object(&self, runtime: &Runtime<'_>, semaphore: Addr) -> Option<Addr> {
        let mut offset = 0;
        for (structure, paths) in self.path {
            let field = paths
                .iter()
                .find_map(|path| runtime.layouts.field(structure, path))?;
            offset += field.offset;
        }
        semaphore.0.checked_sub(offset).map(Addr)
    }
}

impl Blocked {
    pub(super) fn is_blocked(&self, number: usize) -> bool {
        self.goroutines.contains(&number)
    }

    pub(super) fn of(dead: &Postmortem<'_>, crowd: &Crowd<'_>, reasons: &WaitReasons) -> Self {
        let process = &dead.process;
        let Some(runtime) = process.runtime() else {
            return Self::default();
        };
        let minor = process.version.as_ref().map_or(u32::MAX, |v| v.minor);
        let Some(sudogs) = Sudogs::new(&runtime) else {
            return Self::default();
        };
        let mut reading = Reading {
            runtime,
            sudogs,
            crowd,
            semaphores: Semaphores::read(&runtime),
            owners: crowd.calls.iter().map(|calls| owner(calls)).collect(),
            part_of: crowd
                .calls
                .iter()
                .map(|calls| part_of(calls.iter().map(|call| call.name.as_str())))
                .collect(),
            conditions: FxHashMap::default(),
            queues: FxHashMap::default(),
            queued_left: MOST_QUEUED,
            unread: 0,
            unknown: 0,
            stacks: StackReader::new(process, minor),
            cache: PcCache::default(),
            found: Self::default(),
        };
        let now = process.reached();
        for (number, g) in crowd.all.iter().enumerate() {
            // Leaked is what a detector run of 1.27 made of those that wait.
            if !matches!(g.status, Status::Waiting | Status::Leaked) {
                continue;
            }
            let Some(reason) = reasons.text(g.waitreason) else {
                continue;
            };
            let since = now.and_then(|now| now.since(g.waitsince));
            reading.goroutine(number, g, reason, since);
        }
        let mut found = reading.found;
        if reading.queued_left == 0 {
            found.incomplete.push(format!(
                "queues of goroutines beyond {MOST_QUEUED} records are not read"
            ));
        }
        for (count, what) in [
            (
                reading.unread,
                "goroutines whose list of what they wait for is damaged",
            ),
            (
                reading.unknown,
                "goroutines of which it is not known what they wait for",
            ),
        ] {
            if count > 0 {
                found.incomplete.push(format!("{what}: {count}"));
            }
        }
        found
    }

    fn add(&mut self, kind: ObjectKind, addr: Addr, number: usize, waiter: Waiter) -> usize {
        self.goroutines.insert(number);
        let objects = &mut self.objects;
        let at = *self.known.entry((kind, addr)).or_insert_with(|| {
            let known = (!addr.is_null()).then_some(Address(addr.0));
            objects.push(Found {
                object: Object::new(kind, known),
                addr,
                example: number,
                before: Vec::new(),
            });
            objects.len() - 1
        });
        if let Some(found) = objects.get_mut(at) {
            found.object.waiters.push(waiter);
        }
        at
    }
}

/// Directions in which goroutines wait on a channel.
#[derive(Default)]
struct Queues {
    receive: FxHashSet<Addr>,
    send: FxHashSet<Addr>,
}

/// All queues together have no more; a longer one is a circle, and many long ones lead into each other.
const MOST_QUEUED: usize = 1 << 23;

struct Reading<'r, 'a> {
    runtime: Runtime<'r>,
    sudogs: Sudogs<'r>,
    crowd: &'r Crowd<'r>,
    semaphores: Semaphores,
    owners: Vec<Option<Owner>>,
    part_of: Vec<Option<String>>,
    /// Goroutines in the list of a condition, by its address.
    conditions: FxHashMap<Addr, FxHashSet<Addr>>,
    queues: FxHashMap<Addr, Queues>,
    /// How many more records of queues may be read.
    queued_left: usize,
    stacks: Option<StackReader<'a, 'r>>,
    cache: PcCache,
    unread: usize,
    unknown: usize,
    found: Blocked,
}

impl Reading<'_, '_> {
    fn goroutine(&mut self, number: usize, g: &Goroutine, reason: &str, waiting_ns: Option<u64>) {
        let waiter = |how, waiting| Waiter {
            goroutine: g.id.0,
            how,
            waiting,
            waiting_ns,
            place: None,
        };
        let is_channel = ["chan ", "select"].iter().any(|r| reason.starts_with(r));
        let is_semaphore = ["sync.", "semacquire"]
            .iter()
            .any(|r| reason.starts_with(r));
        if reason == "sleep" {
            let waits = waits_on(&self.runtime, &self.sudogs, g, reason, &self.semaphores).ok();
            let until = waits.and_then(|waits| waits.until);
            self.found.sleeps.extend(until.map(|until| (number, until)));
            return;
        }
        if reason.starts_with("synctest.") && !g.bubble.is_null() {
            let waiter = waiter(How::Wait, Waiting::Alone);
            self.found.add(ObjectKind::Bubble, g.bubble, number, waiter);
            return;
        }
        if !is_channel && !is_semaphore && reason != "IO wait" {
            return;
        }
        if reason.contains("nil chan") || reason == "select (no cases)" {
            let how = match reason {
                "chan receive (nil chan)" => How::Receive,
                "chan send (nil chan)" => How::Send,
                _ => How::Select,
            };
            let waiter = waiter(how, Waiting::Alone);
            self.found
                .add(ObjectKind::NilChannel, Addr::NULL, number, waiter);
            return;
        }
        if reason == "IO wait" {
            if let Some((at, how)) = self.descriptor(g) {
                let waiter = waiter(how, Waiting::Alone);
                self.found.add(ObjectKind::Descriptor, at, number, waiter);
            }
            return;
        }
        let Ok(waits) = waits_on(&self.runtime, &self.sudogs, g, reason, &self.semaphores) else {
            self.unread += 1;
            return;
        };
        if is_channel {
            self.channels(number, g, reason, &waits.channels, &waiter);
            return;
        }
        if reason == "sync.Cond.Wait" {
            let queued = waits.semaphore;
            let record = queued.map(|queued| (queued.sudog, queued.word));
            self.found.records.extend(record);
            match self.condition(g, queued.map(|queued| queued.word)) {
                Some(cond) => {
                    let waiter = waiter(How::Wait, Waiting::Alone);
                    self.found.add(ObjectKind::Cond, cond, number, waiter);
                }
                None => self.unknown += 1,
            }
            return;
        }
        let stack = self.crowd.of.get(number).copied().unwrap_or(usize::MAX);
        let owner = self.owners.get(stack).copied();
        let (Some(queued), Some(Some(owner))) = (waits.semaphore, owner) else {
            self.unknown += 1;
            return;
        };
        let semaphore = queued.word;
        if is_judged(owner.kind) {
            self.found.records.push((queued.sudog, semaphore));
        }
        let addr = owner.object(&self.runtime, semaphore).unwrap_or(semaphore);
        let at = self
            .found
            .add(owner.kind, addr, number, waiter(owner.how, Waiting::Alone));
        if owner.kind == ObjectKind::Mutex {
            self.say_whose_part(at, stack);
        }
        if owner.is_before
            && let Some(found) = self.found.objects.get_mut(at)
        {
            found.before.push(number);
        }
    }

    /// The channels in which a goroutine stands.
    fn channels(
        &mut self,
        number: usize,
        g: &Goroutine,
        reason: &str,
        channels: &[ChannelWait],
        waiter: &dyn Fn(How, Waiting) -> Waiter,
    ) {
        for wait in channels {
            self.found.records.push((wait.sudog, wait.chan));
            let how = self.direction(wait.chan, g.addr, reason);
            let is_case = wait.select && channels.len() > 1;
            let case = if is_case {
                Waiting::OneCase
            } else {
                Waiting::Alone
            };
            self.found
                .add(ObjectKind::Channel, wait.chan, number, waiter(how, case));
        }
        // A select queues in every channel of its cases before it sleeps (`runtime/select.go:selectgo`); where it did in none,
        // all of them are nil.
        match (channels.is_empty(), reason) {
            (true, "select") => {
                let waiter = waiter(How::Select, Waiting::Alone);
                self.found
                    .add(ObjectKind::NilChannel, Addr::NULL, number, waiter);
            }
            (true, _) => self.unknown += 1,
            (false, _) => {}
        }
    }

    /// Says of a mutex which type of package `sync` it is a part of, by a stack that waits for it.
    fn say_whose_part(&mut self, at: usize, stack: usize) {
        if let Some(Some(whole)) = self.part_of.get(stack)
            && let Some(found) = self.found.objects.get_mut(at)
        {
            found.object.ty = Some(format!("{} of {whole}", ObjectKind::Mutex.about()));
        }
    }

    /// In which of a channel's queues a goroutine stands.
    fn direction(&mut self, chan: Addr, g: Addr, reason: &str) -> How {
        if reason.starts_with("chan receive") {
            return How::Receive;
        }
        if reason.starts_with("chan send") {
            return How::Send;
        }
        let (runtime, sudogs, left) = (self.runtime, self.sudogs, &mut self.queued_left);
        let queues = self.queues.entry(chan).or_insert_with(|| {
            let mut queue = |path: &str| {
                let first = runtime.structure("runtime.hchan", chan).ptr(path);
                linked(&sudogs, first.unwrap_or_default(), left)
            };
            Queues {
                receive: queue("recvq.first"),
                send: queue("sendq.first"),
            }
        });
        match (queues.receive.contains(&g), queues.send.contains(&g)) {
            (true, false) => How::Receive,
            (false, true) => How::Send,
            _ => How::Select,
        }
    }

    /// The condition that a goroutine waits for. Up to 1.25 no structure of the goroutine has it: it is in the frame of
    /// `sync.(*Cond).Wait`, and its list has the goroutine.
    fn condition(&mut self, g: &Goroutine, list: Option<Addr>) -> Option<Addr> {
        let notify = self.runtime.layouts.field("sync.Cond", "notify")?.offset;
        if let Some(list) = list {
            return list.0.checked_sub(notify).map(Addr);
        }
        let slots = self.stacks.as_ref()?.read(g, &mut self.cache);
        for slot in slots.frames.iter().take(6).flat_map(|frame| &frame.slots) {
            let (runtime, sudogs, left) = (self.runtime, self.sudogs, &mut self.queued_left);
            let cond = slot.value;
            let listed = self.conditions.entry(cond).or_insert_with(|| {
                let list = runtime.structure("sync.notifyList", cond.offset(notify));
                linked(&sudogs, list.ptr("head").unwrap_or_default(), left)
            });
            if listed.contains(&g.addr) {
                return Some(cond);
            }
        }
        None
    }

    /// The runtime's record of the file descriptor that a goroutine waits for: the word that its frame of
    /// `runtime.netpollblock` has the address of is in it, and has the goroutine (`runtime/netpoll.go`).
    fn descriptor(&mut self, g: &Goroutine) -> Option<(Addr, How)> {
        let slots = self.stacks.as_ref()?.read(g, &mut self.cache);
        let of = |path| self.runtime.layouts.field("runtime.pollDesc", path);
        let (rg, wg, own) = (of("rg")?.offset, of("wg")?.offset, of("self")?.offset);
        let memory = self.runtime.memory;
        let mut slots = slots.frames.iter().take(4).flat_map(|frame| &frame.slots);
        slots.find_map(|slot| {
            let word = slot.value;
            memory.ptr(word).ok().filter(|waiter| *waiter == g.addr)?;
            [(rg, How::Read), (wg, How::Write)]
                .into_iter()
                .find_map(|(offset, how)| {
                    let start = Addr(word.0.checked_sub(offset)?);
                    let named = memory.ptr(start.offset(own)).ok()?;
                    (named == start).then_some((start, how))
                })
        })
    }
}

/// The goroutines of a queue, as far as it leads on, with at most `left` records, which are taken from it.
fn linked(sudogs: &Sudogs<'_>, first: Addr, left: &mut usize) -> FxHashSet<Addr> {
    let mut found = FxHashSet::default();
    let mut seen = FxHashSet::default();
    let mut at = first;
    while !at.is_null() && *left > 0 && seen.insert(at) {
        *left -= 1;
        let Ok((g, next)) = sudogs.queued(at) else {
            break;
        };
        found.insert(g);
        at = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn a_mutex_of_a_type_of_package_sync_is_a_part_of_it() {
        let of = |calls: &[&str]| part_of(calls.iter().copied());
        let wait = ["runtime.gopark", "sync.runtime_SemacquireMutex"];
        let inner = [
            "internal/sync.runtime_SemacquireMutex",
            "internal/sync.(*Mutex).lockSlow",
        ];
        let old = [&wait[..], &["sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock"]].concat();
        let own = [&old[..], &["main.(*pool).get", "main.main"]].concat();
        assert_eq!(of(&own), None);
        let map = [
            &old[..],
            &["sync.(*Map).dirtyLocked", "sync.(*Map).Store", "main.main"],
        ];
        assert_eq!(of(&map.concat()).as_deref(), Some("sync.Map"));
        let trie = "internal/sync.(*HashTrieMap[go.shape.interface {},go.shape.interface {}]).Swap";
        let map = [&inner[..], &[trie, "sync.(*Map).Store", "main.main"]];
        assert_eq!(of(&map.concat()).as_deref(), Some("sync.Map"));
        let unique = [
            &inner[..],
            &[trie, "unique.Make[go.shape.string]", "main.main"],
        ];
        assert_eq!(
            of(&unique.concat()).as_deref(),
            Some("internal/sync.HashTrieMap")
        );
    }
}
