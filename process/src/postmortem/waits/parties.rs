//! Who could end a wait: by the code of the frames on every stack, and by the calls that they have deferred.
//!
//! | evidence | how sure |
//! |---|---|
//! | `sync`'s own code stands between its lock and unlock | certain: nothing else is called in between that gives it back |
//! | every way to where a frame stands leads over a Lock of it and over no Unlock since | probable: a callee might have given it back |
//! | a frame has deferred the Unlock | probable: it might not have it yet, or not at the moment |
//! | some way does | possible |
//! | a frame goes on to send, receive, close, call Done | possible: unless it takes another way; deferred, probable |
//!
//! Who waits for a `sync.Cond` has given its lock back, wherever its frame stands.

use super::blocked::{Blocked, Found};
use super::{Crowd, is_waiting_room};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use crate::flow::{Behind, Program, Sites, Undoes, Word};
use crate::process::Process;
use crate::runtime::{Goroutine, LinkedDefers, Runtime, open_coded_defers};
use crate::symbols::funcdata;
use crate::unwind::{Call, PhysicalFrame};
use dumpview_model::waits::{Certainty, Does, How, ObjectKind, Party};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Goroutines whose frames are looked at one by one.
const MOST_LOOKED_AT: usize = 50_000;
/// Calls below a deferred function that are looked into: `defer g.done()` is a function that calls it.
const MOST_CALLED: usize = 2;
/// Parties of one object that are told.
const MOST_PARTIES: usize = 64;

/// What a call does to its first argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Lock,
    Unlock,
    ReadLock,
    ReadUnlock,
    RwLock,
    RwUnlock,
    Done,
    Send,
    Receive,
    Close,
}

fn role(name: &str) -> Option<Role> {
    Some(match name {
        "sync.(*Mutex).Lock"
        | "sync.(*Mutex).lockSlow"
        | "internal/sync.(*Mutex).Lock"
        | "internal/sync.(*Mutex).lockSlow" => Role::Lock,
        "sync.(*Mutex).Unlock"
        | "sync.(*Mutex).unlockSlow"
        | "internal/sync.(*Mutex).Unlock"
        | "internal/sync.(*Mutex).unlockSlow" => Role::Unlock,
        "sync.(*RWMutex).Lock" => Role::RwLock,
        "sync.(*RWMutex).Unlock" => Role::RwUnlock,
        "sync.(*RWMutex).RLock" => Role::ReadLock,
        "sync.(*RWMutex).RUnlock" | "sync.(*RWMutex).rUnlockSlow" => Role::ReadUnlock,
        "sync.(*WaitGroup).Done" => Role::Done,
        "runtime.chansend1" => Role::Send,
        "runtime.chanrecv1" | "runtime.chanrecv2" => Role::Receive,
        "runtime.closechan" => Role::Close,
        _ => return None,
    })
}

impl Role {
    const fn kind(self) -> ObjectKind {
        match self {
            Self::Lock | Self::Unlock => ObjectKind::Mutex,
            Self::ReadLock | Self::ReadUnlock | Self::RwLock | Self::RwUnlock => {
                ObjectKind::RwMutex
            }
            Self::Done => ObjectKind::WaitGroup,
            Self::Send | Self::Receive | Self::Close => ObjectKind::Channel,
        }
    }

    /// What undoes it.
    const fn undone_by(self) -> Option<Self> {
        match self {
            Self::Lock => Some(Self::Unlock),
            Self::ReadLock => Some(Self::ReadUnlock),
            Self::RwLock => Some(Self::RwUnlock),
            _ => None,
        }
    }

    /// What a goroutine that has done this, or has deferred the undoing, is to the object.
    const fn does(self) -> Does {
        match self {
            Self::Lock | Self::Unlock | Self::RwLock | Self::RwUnlock => Does::Holds,
            Self::ReadLock | Self::ReadUnlock => Does::HoldsForReading,
            Self::Done | Self::Send | Self::Receive | Self::Close => Does::WillEnd,
        }
    }

    /// Whether this ends a wait when it is done.
    const fn ends(self) -> bool {
        matches!(
            self,
            Self::Unlock
                | Self::ReadUnlock
                | Self::RwUnlock
                | Self::Done
                | Self::Send
                | Self::Receive
                | Self::Close
        )
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Lock | Self::RwLock => "Lock",
            Self::Unlock | Self::RwUnlock => "Unlock",
            Self::ReadLock => "RLock",
            Self::ReadUnlock => "RUnlock",
            Self::Done => "Done",
            Self::Send => "a send",
            Self::Receive => "a receive",
            Self::Close => "close",
        }
    }
}

/// Where a frame stands between calls.
struct Standing {
    sites: Sites,
    roles: Vec<Role>,
    /// Sites that may lie behind it and be open.
    open: Vec<usize>,
    /// Sites ahead that would end a wait.
    ahead: Vec<usize>,
}

/// What a deferred function does to what: role and the argument by its closure.
type Undoing = Arc<Vec<(Role, Word)>>;

struct Search<'s, 'a> {
    process: &'s Process<'a>,
    runtime: Runtime<'s>,
    program: Program<'s>,
    minor: u32,
    /// Roles that matter for what is waited for.
    wanted: Vec<Role>,
    by_place: FxHashMap<(ObjectKind, Addr), usize>,
    /// By the frame's pc and whether it was interrupted there.
    standings: FxHashMap<(Addr, bool), Option<Arc<Standing>>>,
    deferred: FxHashMap<Addr, Undoing>,
    /// Whether a function has calls of a role that matters, by its entry.
    has_sites: FxHashMap<Addr, bool>,
    found: FxHashMap<(usize, u64), Party>,
    /// Locks that goroutines have given back while they wait for a condition.
    given_back: FxHashSet<(u64, Addr)>,
    waits: FxHashSet<(usize, u64)>,
    /// Of each object, whether somebody waits to receive from it, and to send to it.
    directions: Vec<(bool, bool)>,
}

pub(super) fn find(process: &Process<'_>, crowd: &Crowd<'_>, found: &mut Blocked) {
    before(crowd, found);
    let wanted = roles(found);
    let (Some(runtime), Some(program)) = (process.runtime(), process.program()) else {
        return;
    };
    if !wanted.is_empty() {
        let mut search = Search {
            process,
            runtime,
            program,
            minor: process.version.as_ref().map_or(u32::MAX, |v| v.minor),
            wanted,
            by_place: places(&runtime, found),
            standings: FxHashMap::default(),
            deferred: FxHashMap::default(),
            has_sites: FxHashMap::default(),
            found: FxHashMap::default(),
            given_back: given_back(&runtime, found),
            waits: waits(found),
            directions: found.objects.iter().map(directions).collect(),
        };
        let skipped = search.crowd(crowd);
        if skipped > 0 {
            let why = format!("goroutines whose frames were not searched for locks: {skipped}");
            found.incomplete.push(why);
        }
        let parties = search.found;
        for ((index, _), party) in parties {
            if let Some(of) = found.objects.get_mut(index) {
                of.object.parties.push(party);
            }
        }
    }
    for of in &mut found.objects {
        let parties = &mut of.object.parties;
        parties.sort_by_key(|party| (party.certainty, party.does, party.goroutine));
        parties.truncate(MOST_PARTIES);
    }
}

/// A writer that waits for readers to leave: all who come later wait for it (`sync/rwmutex.go`).
fn before(crowd: &Crowd<'_>, found: &mut Blocked) {
    for of in &mut found.objects {
        for number in &of.before {
            let Some(g) = crowd.all.get(*number) else {
                continue;
            };
            of.object.parties.push(Party {
                goroutine: g.id.0,
                does: Does::IsBefore,
                certainty: Certainty::Certain,
                evidence: vec![
                    "it waits for readers to leave, on the writer's semaphore".to_owned(),
                ],
                frame: None,
                place: None,
            });
        }
    }
}

fn directions(of: &Found) -> (bool, bool) {
    let any = |hows: &[How]| {
        let mut waiters = of.object.waiters.iter();
        waiters.any(|waiter| hows.contains(&waiter.how))
    };
    (
        any(&[How::Receive, How::Select]),
        any(&[How::Send, How::Select]),
    )
}

/// What kinds of calls say something about what is waited for.
fn roles(found: &Blocked) -> Vec<Role> {
    let mut roles = Vec::new();
    for of in &found.objects {
        let more: &[Role] = match of.object.kind {
            ObjectKind::Mutex | ObjectKind::Once => &[Role::Lock, Role::Unlock],
            ObjectKind::RwMutex => &[
                Role::RwLock,
                Role::RwUnlock,
                Role::ReadLock,
                Role::ReadUnlock,
            ],
            ObjectKind::WaitGroup => &[Role::Done],
            ObjectKind::Channel => match directions(of) {
                (true, true) => &[Role::Send, Role::Close, Role::Receive],
                (true, false) => &[Role::Send, Role::Close],
                (false, _) => &[Role::Receive],
            },
            _ => &[],
        };
        for role in more {
            if !roles.contains(role) {
                roles.push(*role);
            }
        }
    }
    roles
}

/// Objects by the address that calls are given: of a Once that of its mutex.
fn places(runtime: &Runtime<'_>, found: &Blocked) -> FxHashMap<(ObjectKind, Addr), usize> {
    let once = runtime.layouts.field("sync.Once", "m");
    let mut places = FxHashMap::default();
    for (index, of) in found.objects.iter().enumerate() {
        let key = match (of.object.kind, once) {
            (ObjectKind::Once, Some(m)) => (ObjectKind::Mutex, of.addr.offset(m.offset)),
            (kind, _) => (kind, of.addr),
        };
        // What is unlocked nobody holds.
        let is_held =
            of.object.kind == ObjectKind::RwMutex || of.object.state.locked != Some(false);
        if is_held {
            places.insert(key, index);
        }
    }
    places
}

fn given_back(runtime: &Runtime<'_>, found: &Blocked) -> FxHashSet<(u64, Addr)> {
    let mut given = FxHashSet::default();
    for of in &found.objects {
        if of.object.kind == ObjectKind::Cond
            && let Ok(lock) = runtime.structure("sync.Cond", of.addr).ptr("L.data")
        {
            let waiters = of.object.waiters.iter();
            given.extend(waiters.map(|waiter| (waiter.goroutine, lock)));
        }
    }
    given
}

fn waits(found: &Blocked) -> FxHashSet<(usize, u64)> {
    let mut all = FxHashSet::default();
    for (index, of) in found.objects.iter().enumerate() {
        all.extend(of.object.waiters.iter().map(|w| (index, w.goroutine)));
    }
    all
}

impl Search<'_, '_> {
    /// Looks at everybody's frames; how many were too many.
    fn crowd(&mut self, crowd: &Crowd<'_>) -> usize {
        let interesting: Vec<bool> = crowd
            .calls
            .iter()
            .map(|calls| self.is_interesting(calls))
            .collect();
        let (mut looked, mut skipped) = (0, 0);
        for (number, g) in crowd.all.iter().enumerate() {
            let stack = crowd.of.get(number).copied().unwrap_or(usize::MAX);
            let of_stack = interesting.get(stack).copied().unwrap_or(false);
            if !of_stack && g.defers.is_null() {
                continue;
            }
            if looked >= MOST_LOOKED_AT {
                skipped += 1;
                continue;
            }
            looked += 1;
            self.goroutine(g, crowd.calls(number));
        }
        skipped
    }

    /// Whether a stack may have something to do with what is waited for.
    fn is_interesting(&mut self, calls: &[Call]) -> bool {
        let symbols = self.program.symbols;
        let mut interesting = false;
        for call in calls.iter().filter(|call| call.inline_depth == 0) {
            let Some(func) = symbols.find(call.lookup_pc) else {
                continue;
            };
            if func.funcdata(funcdata::OPEN_CODED_DEFER_INFO).is_some() {
                interesting = true;
            }
            // Which pc it stands at is only known with the frame; that the function has such calls is enough here.
            interesting |= self.has_sites(func.entry);
        }
        interesting
    }

    fn has_sites(&mut self, entry: Addr) -> bool {
        if let Some(known) = self.has_sites.get(&entry) {
            return *known;
        }
        let has = self.process.point(entry, true).is_some_and(|point| {
            let wanted = |name: &str| role(name).is_some_and(|role| self.wanted.contains(&role));
            point.has_sites(self.program, &wanted)
        });
        self.has_sites.insert(entry, has);
        has
    }

    fn standing(&mut self, frame: &PhysicalFrame) -> Option<Arc<Standing>> {
        let key = (frame.pc, frame.exact);
        if let Some(known) = self.standings.get(&key) {
            return known.clone();
        }
        let made = self.make_standing(frame).map(Arc::new);
        self.standings.insert(key, made.clone());
        made
    }

    fn make_standing(&mut self, frame: &PhysicalFrame) -> Option<Standing> {
        let entry = self.program.symbols.find(frame.pc)?.entry;
        if !self.has_sites(entry) {
            return None;
        }
        let point = self.process.point(frame.pc, frame.exact)?;
        let wanted = |name: &str| role(name).is_some_and(|role| self.wanted.contains(&role));
        let sites = point.sites(self.program, &wanted)?;
        let roles: Vec<Role> = sites
            .list
            .iter()
            .filter_map(|site| role(&site.name))
            .collect();
        if roles.len() != sites.list.len() {
            return None;
        }
        let here = sites.here();
        let (mut open, mut ahead) = (Vec::new(), Vec::new());
        for (index, role) in roles.iter().enumerate() {
            if role.undone_by().is_some() {
                if sites.behind(index, &|_| Undoes::No) != Behind::Never {
                    open.push(index);
                }
            } else if role.ends() && Some(index) != here && sites.is_ahead(index) {
                // An Unlock ahead says something only where the Lock is another function's.
                let is_pair = |other: &Role| other.undone_by() == Some(*role);
                if !roles.iter().any(is_pair) {
                    ahead.push(index);
                }
            }
        }
        (!open.is_empty() || !ahead.is_empty()).then_some(Standing {
            sites,
            roles,
            open,
            ahead,
        })
    }

    fn goroutine(&mut self, g: &Goroutine, calls: &[Call]) {
        let stack = self.process.stack(g);
        let linked = self.process.linked_defers(g);
        let condition = calls
            .iter()
            .position(|call| call.name == "sync.(*Cond).Wait");
        // Which call each frame is, that of a frame's outermost function.
        let mut own: Vec<Option<usize>> = vec![None; stack.frames.len()];
        for (at, call) in calls.iter().enumerate() {
            if let Some(own) = own.get_mut(call.physical)
                && call.inline_depth == 0
            {
                own.get_or_insert(at);
            }
        }
        for ((number, frame), shown) in stack.frames.iter().enumerate().zip(own) {
            let function = shown
                .and_then(|at| calls.get(at))
                .map(|call| call.name.as_str());
            let at = At {
                goroutine: g.id.0,
                frame: shown.unwrap_or(number),
                function: function.unwrap_or_default(),
                gave_back: condition.is_some_and(|at| shown.is_some_and(|shown| shown > at)),
            };
            let standing = self.standing(frame);
            let lost =
                standing.map_or_else(Vec::new, |standing| self.by_code(&at, frame, &standing));
            self.by_defers(&at, frame, &linked, &lost);
        }
    }

    /// The calls that a frame has behind it and ahead. Of those that it surely has behind it and of which it is not known what
    /// they were given, role and line.
    fn by_code(
        &mut self,
        at: &At<'_>,
        frame: &PhysicalFrame,
        standing: &Standing,
    ) -> Vec<(Role, String)> {
        let memory = self.program.memory;
        let sites = &standing.sites;
        let places: Vec<Option<Addr>> = sites
            .list
            .iter()
            .map(|site| {
                let word = site.argument.as_ref()?;
                let value = word.value(memory, frame.cfa, &|_| None)?;
                Some(self.object_of(&site.callee, Addr(value)))
            })
            .collect();
        let place = |index: usize| places.get(index).copied().flatten();
        let line = |search: &Self, index: usize| {
            let site = sites.list.get(index);
            site.map_or_else(String::new, |site| search.line(site.pc))
        };
        let mut lost = Vec::new();
        for open in &standing.open {
            let Some(role) = standing.roles.get(*open) else {
                continue;
            };
            let lock = place(*open);
            let undoes = |other: usize| {
                if standing.roles.get(other).copied() != role.undone_by() {
                    return Undoes::No;
                }
                match (lock, place(other)) {
                    (Some(lock), Some(other)) if lock != other => Undoes::No,
                    (Some(_), None) => Undoes::Perhaps,
                    _ => Undoes::Yes,
                }
            };
            let behind = sites.behind(*open, &undoes);
            let line = line(self, *open);
            let Some(lock) = lock else {
                if behind == Behind::Always {
                    lost.push((*role, line));
                }
                continue;
            };
            let (certainty, ways) = match behind {
                Behind::Always => (at.sure(), ""),
                Behind::Sometimes => (Certainty::Possible, "on some ways "),
                Behind::Never => continue,
            };
            let name = role.name();
            let evidence = format!("{at} stands {ways}between {name} ({line}) and its undoing");
            self.add(at, *role, lock, certainty, evidence);
        }
        for ahead in &standing.ahead {
            let (Some(role), Some(object)) = (standing.roles.get(*ahead), place(*ahead)) else {
                continue;
            };
            let line = line(self, *ahead);
            let evidence = format!("{at} goes on to {} ({line})", role.name());
            self.add(at, *role, object, Certainty::Possible, evidence);
        }
        lost
    }

    /// The object whose part a function was given: the slow path of an RLock gets the semaphore.
    fn object_of(&self, callee: &str, argument: Addr) -> Addr {
        let field = match callee {
            name if name.contains("SemacquireRWMutexR")
                || name.ends_with("runtime_SemacquireMutex") =>
            {
                "readerSem"
            }
            _ => return argument,
        };
        let offset = self.runtime.layouts.field("sync.RWMutex", field);
        Addr(
            argument
                .0
                .wrapping_sub(offset.map_or(0, |field| field.offset)),
        )
    }

    fn line(&self, pc: Addr) -> String {
        let position = self.program.symbols.find(pc).map(|func| {
            let position = func.position(pc);
            (
                position
                    .file
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                position.line,
            )
        });
        position.map_or_else(|| pc.to_string(), |(file, line)| format!("{file}:{line}"))
    }

    /// The calls that a frame has deferred. What undoes a call that it surely has behind it (`lost`) says of which object that was.
    fn by_defers(
        &mut self,
        at: &At<'_>,
        frame: &PhysicalFrame,
        linked: &LinkedDefers,
        lost: &[(Role, String)],
    ) {
        let Some(func) = self.program.symbols.find(frame.pc) else {
            return;
        };
        let memory = self.program.memory;
        let mut calls = linked.of_frame(frame.sp).to_vec();
        if func.funcdata(funcdata::OPEN_CODED_DEFER_INFO).is_some() {
            let arch = self.program.arch;
            let open = open_coded_defers(memory, &func, arch, frame.cfa, frame.sp, self.minor);
            calls.extend(open);
        }
        let context = match self.program.arch {
            Arch::Amd64 => Reg(1),
            Arch::Arm64 => Reg(26),
        };
        for deferred in calls {
            let undoing = self.undoing(deferred.entry);
            for (role, word) in undoing.iter() {
                let closure = |reg: Reg| (reg == context).then_some(deferred.closure.0);
                let Some(value) = word.value(memory, frame.cfa, &closure) else {
                    continue;
                };
                let done = lost
                    .iter()
                    .find(|(done, _)| done.undone_by() == Some(*role));
                if let Some((done, line)) = done {
                    let (done_name, name) = (done.name(), role.name());
                    let evidence = format!(
                        "{at} stands between {done_name} ({line}) and {name}, which it has deferred"
                    );
                    self.add(at, *done, Addr(value), at.sure(), evidence);
                } else {
                    let evidence = format!("{at} has deferred {}", role.name());
                    self.add(at, *role, Addr(value), Certainty::Probable, evidence);
                }
            }
        }
    }

    /// What a deferred function does, by its code.
    fn undoing(&mut self, entry: Addr) -> Undoing {
        if let Some(known) = self.deferred.get(&entry) {
            return Arc::clone(known);
        }
        let found: Undoing = Arc::new(self.undoing_within(entry, MOST_CALLED));
        self.deferred.insert(entry, Arc::clone(&found));
        found
    }

    /// The same, with what the functions do that it calls, where it gives them the object or what leads to it.
    fn undoing_within(&mut self, entry: Addr, depth: usize) -> Vec<(Role, Word)> {
        let Some(point) = self.process.point(entry, true) else {
            return Vec::new();
        };
        let roles = &self.wanted;
        let wanted = |name: &str| {
            let role = role(name).filter(|role| roles.contains(role));
            role.is_some_and(Role::ends)
        };
        let sites = point.sites(self.program, &wanted);
        let sites = sites.into_iter().flat_map(|sites| sites.list);
        let mut all: Vec<(Role, Word)> = sites
            .filter_map(|site| Some((role(&site.name)?, site.argument?)))
            .collect();
        if depth == 0 {
            return all;
        }
        for (callee, name) in point.callees(self.program) {
            if role(&name).is_some() || is_waiting_room(&name) || !self.has_sites(callee) {
                continue;
            }
            let inner = self.undoing_within(callee, depth - 1);
            let calls = point.sites(self.program, &|other| other == name);
            let calls = calls.into_iter().flat_map(|sites| sites.list);
            for argument in calls.filter_map(|site| site.argument) {
                let given = inner.iter();
                all.extend(given.filter_map(|(role, word)| Some((*role, word.given(&argument)?))));
            }
        }
        all
    }

    fn add(
        &mut self,
        at: &At<'_>,
        role: Role,
        object: Addr,
        certainty: Certainty,
        evidence: String,
    ) {
        let Some(index) = self.by_place.get(&(role.kind(), object)).copied() else {
            return;
        };
        // A send ends the wait of who receives, and a receive that of who sends.
        let (receives, sends) = self.directions.get(index).copied().unwrap_or_default();
        let is_other_way = match role {
            Role::Send | Role::Close => !receives,
            Role::Receive => !sends,
            _ => false,
        };
        if is_other_way || self.given_back.contains(&(at.goroutine, object)) {
            return;
        }
        let waits_for_it = self.waits.contains(&(index, at.goroutine));
        let certainty = if at.gave_back {
            Certainty::Possible
        } else {
            certainty
        };
        // Who waits for it itself has it only when its code says so on every way.
        let is_sure = certainty != Certainty::Possible && !role.ends();
        if waits_for_it && !is_sure {
            return;
        }
        let party = self
            .found
            .entry((index, at.goroutine))
            .or_insert_with(|| Party {
                goroutine: at.goroutine,
                does: role.does(),
                certainty,
                evidence: Vec::new(),
                frame: Some(at.frame),
                place: None,
            });
        if certainty < party.certainty {
            party.certainty = certainty;
            party.frame = Some(at.frame);
            party.does = role.does();
        }
        if !party.evidence.contains(&evidence) {
            party.evidence.push(evidence);
        }
    }
}

/// A frame that is looked at.
struct At<'c> {
    goroutine: u64,
    frame: usize,
    function: &'c str,
    /// It waits for a condition, and has given that one's lock back meanwhile; which lock, its list no longer says once it is
    /// woken and locks it anew.
    gave_back: bool,
}

impl At<'_> {
    /// How sure it is that a frame has what it has locked on every way: `sync` itself calls nothing that would give it back.
    fn sure(&self) -> Certainty {
        if self.function.starts_with("sync.") {
            Certainty::Certain
        } else {
            Certainty::Probable
        }
    }
}

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "frame {} {}", self.frame, self.function)
    }
}
