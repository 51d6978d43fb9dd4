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
//!
//! | file | in charge of |
//! |---|---|
//! | `role` | what a call says about an object |
//! | `code` | which calls a frame has behind it and ahead |
//! | `deferred` | which calls it has deferred |

mod code;
mod deferred;
mod role;

use super::Crowd;
use super::blocked::{Blocked, Found};
use crate::addr::Addr;
use crate::flow::Program;
use crate::process::Process;
use crate::runtime::{Goroutine, Runtime};
use crate::unwind::Call;
use code::Standing;
use deferred::Undoing;
use dumpview_model::waits::{Certainty, Does, How, ObjectKind, Party};
use role::Role;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Goroutines whose frames are looked at one by one.
const MOST_LOOKED_AT: usize = 50_000;
/// Parties of one object that are told.
const MOST_PARTIES: usize = 64;

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
