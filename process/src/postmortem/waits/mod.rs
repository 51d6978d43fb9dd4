//! Who waits for what in a dead process, and who could end it.
//!
//! Go's locks record no owner. What is waited for stands in the runtime's own structures; who has it is found in the
//! stacks and in the code: a frame that has called Lock and not Unlock, a deferred Unlock.
//!
//! | file | in charge of |
//! |---|---|
//! | `blocked` | what each goroutine waits for |
//! | `objects` | what memory says of the objects |
//! | `bubbles` | bubbles of `testing/synctest` |
//! | `descriptors` | which file or connection a descriptor is |
//! | `syscalls` | system calls that goroutines are in |
//! | `names` | which variable or field an object is |
//! | `parties` | who could end a wait |
//! | `by_heap` | names and references that only the heap tells |
//! | `stuck` | goroutines that nothing can wake any more |

mod blocked;
mod bubbles;
mod by_heap;
mod descriptors;
mod names;
mod objects;
mod parties;
mod stuck;
mod syscalls;

pub use stuck::Stuck;

use super::Postmortem;
use crate::heap::Analysis;
use crate::process::ProcessError;
use crate::runtime::{Goroutine, WaitReasons};
use crate::unwind::Call;
use dumpview_model::goroutine::Status;
use dumpview_model::waits::{OtherWaits, SystemCall, Waits};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Goroutines of one process with what is asked of each of their stacks, once for each distinct one.
struct Crowd<'p> {
    all: Vec<&'p Goroutine>,
    /// Calls of each distinct stack.
    calls: Vec<Vec<Call>>,
    /// For each goroutine, which of them.
    of: Vec<usize>,
    by_id: FxHashMap<u64, usize>,
    /// System calls that they are in.
    system_calls: Vec<SystemCall>,
}

impl Crowd<'_> {
    fn calls(&self, number: usize) -> &[Call] {
        let stack = self.of.get(number).and_then(|of| self.calls.get(*of));
        stack.map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether a function belongs to what a program waits through, rather than to the program.
fn is_waiting_room(name: &str) -> bool {
    [
        "runtime.",
        "sync.",
        "internal/sync.",
        "internal/poll.",
        "time.",
    ]
    .iter()
    .any(|package| name.starts_with(package))
}

impl Postmortem<'_> {
    /// What its goroutines wait for, and who could end that.
    ///
    /// # Errors
    ///
    /// When there is no list of goroutines.
    pub fn waits(&self) -> Result<Waits, &ProcessError> {
        let process = &self.process;
        let crowd = self.everybody()?;
        let Some(runtime) = process.runtime() else {
            return Ok(Waits::default());
        };
        let reasons = WaitReasons::read(&runtime);
        let mut found = blocked::Blocked::of(self, &crowd, &reasons);
        objects::describe(process, &mut found);
        names::name(process, &crowd, &mut found);
        parties::find(process, &crowd, &mut found);
        bubbles::describe(process, &crowd, &reasons, &mut found);
        let mut system_calls = crowd.system_calls.clone();
        if let Some(mut descriptors) = descriptors::Descriptors::new(process, &crowd) {
            descriptors.describe(&mut found);
            descriptors.name_calls(&mut system_calls);
        }
        let mut waits = Waits {
            others: self.other_waits(&crowd, &reasons, &found),
            system_calls,
            incomplete: found.incomplete,
            objects: found.objects.into_iter().map(|of| of.object).collect(),
            ..Waits::default()
        };
        for call in &mut waits.system_calls {
            call.place = self.place_of(&crowd, call.goroutine);
        }
        // Those that stand at one place are many: its words are made once.
        let mut places: FxHashMap<(usize, u8), Option<Arc<str>>> = FxHashMap::default();
        for object in &mut waits.objects {
            for party in &mut object.parties {
                party.place = self.place_of(&crowd, party.goroutine);
            }
            for waiter in &mut object.waiters {
                let number = crowd.by_id.get(&waiter.goroutine).copied();
                let g = number.and_then(|number| crowd.all.get(number));
                let stack = number.and_then(|number| crowd.of.get(number));
                if let (Some(g), Some(stack)) = (g, stack) {
                    let place = places.entry((*stack, g.waitreason)).or_insert_with(|| {
                        let place = self.place_of(&crowd, waiter.goroutine);
                        place.map(Arc::from)
                    });
                    waiter.place.clone_from(place);
                }
            }
        }
        Ok(waits.settled(&|id| self.place_of(&crowd, id)))
    }

    /// The same with what the graph of the heap tells: names by the way from a root, and who alone has a reference.
    ///
    /// # Errors
    ///
    /// When there is no list of goroutines.
    pub fn waits_by_heap(
        &self,
        mut waits: Waits,
        heap: &Analysis<'_, '_>,
    ) -> Result<Waits, &ProcessError> {
        let crowd = self.everybody()?;
        by_heap::add(&crowd, heap, &mut waits);
        let place = |id| self.place_of(&crowd, id);
        for party in waits.objects.iter_mut().flat_map(|of| &mut of.parties) {
            if party.place.is_none() {
                party.place = place(party.goroutine);
            }
        }
        Ok(waits.settled(&place))
    }

    fn everybody(&self) -> Result<Crowd<'_>, &ProcessError> {
        let process = &self.process;
        let all: Vec<&Goroutine> = process.goroutines()?.list().iter().collect();
        let stacks = process.stacks(&all);
        Ok(Crowd {
            calls: stacks.distinct.iter().map(|s| process.calls(s)).collect(),
            of: stacks.of,
            by_id: (0..).zip(&all).map(|(at, g)| (g.id.0, at)).collect(),
            system_calls: syscalls::find(process),
            all,
        })
    }

    /// Goroutines that nothing can wake any more, by Go 1.27's own rule for leaked ones.
    ///
    /// # Errors
    ///
    /// When there is no list of goroutines.
    pub fn stuck(&self, heap: &Analysis<'_, '_>) -> Result<Stuck, &ProcessError> {
        let crowd = self.everybody()?;
        let Some(runtime) = self.process.runtime() else {
            return Ok(Stuck::default());
        };
        let reasons = WaitReasons::read(&runtime);
        let found = blocked::Blocked::of(self, &crowd, &reasons);
        let reason = |number: usize| {
            let g = crowd.all.get(number)?;
            reasons.text(g.waitreason).map(ToString::to_string)
        };
        Ok(stuck::stuck(&crowd, &found, &reason, heap))
    }

    /// Where a goroutine is: its own function, and what it waits for.
    fn place_of(&self, crowd: &Crowd<'_>, id: u64) -> Option<String> {
        let number = *crowd.by_id.get(&id)?;
        let g = crowd.all.get(number)?;
        let calls = crowd.calls(number);
        let own = self
            .process
            .own()
            .first(calls.iter().map(|call| &call.frame));
        let own = own.and_then(|own| calls.get(own)).or_else(|| {
            let mut own = calls.iter();
            own.find(|call| !is_waiting_room(&call.name))
        });
        let own = own.or_else(|| calls.first())?;
        let file = own.frame.file.as_deref().unwrap_or_default();
        let file = file.rsplit('/').next().unwrap_or_default();
        let line = own
            .frame
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        let reasons = self.facts().reasons();
        let reason = reasons.filter(|_| g.status.is_blocked());
        let reason = reason.and_then(|reasons| reasons.text(g.waitreason));
        let doing = reason.map_or(g.status.as_str(), |reason| reason);
        let mut calls = crowd.system_calls.iter();
        let call = calls.find(|call| call.goroutine == id);
        let call = call.and_then(|call| call.name.as_deref());
        let call = call.map_or_else(String::new, |name| format!(" {name}"));
        Some(format!(
            "{} {file}{line} [{doing}{call}]",
            own.frame.function
        ))
    }

    /// Waits that no goroutine of the program ends.
    fn other_waits(
        &self,
        crowd: &Crowd<'_>,
        reasons: &WaitReasons,
        found: &blocked::Blocked,
    ) -> Vec<OtherWaits> {
        let runtime = self.process.runtime();
        let reached = self.process.reached().map(|now| now.0);
        let mut others: BTreeMap<(Arc<str>, bool), OtherWaits> = BTreeMap::new();
        for (number, g) in crowd.all.iter().enumerate() {
            if !matches!(g.status, Status::Waiting | Status::Leaked) || found.is_blocked(number) {
                continue;
            }
            let reason = reasons.text(g.waitreason).cloned();
            let reason = reason.unwrap_or_else(|| "unknown".into());
            let in_bubble = !g.bubble.is_null();
            let of = others
                .entry((Arc::clone(&reason), in_bubble))
                .or_insert_with(|| OtherWaits {
                    wait_reason: reason,
                    in_bubble,
                    count: 0,
                    system: 0,
                    first_ends_in_ns: None,
                    last_ends_in_ns: None,
                });
            of.count += 1;
            of.system += usize::from(self.is_system(g));
            let until = found.sleeps.get(&number).copied();
            let now = match &runtime {
                Some(runtime) if in_bubble => bubbles::now(runtime, g.bubble),
                _ => reached,
            };
            if let Some(left) = until.zip(now).map(|(until, now)| until.saturating_sub(now)) {
                of.first_ends_in_ns =
                    Some(of.first_ends_in_ns.map_or(left, |first| first.min(left)));
                of.last_ends_in_ns = of.last_ends_in_ns.max(Some(left));
            }
        }
        let mut others: Vec<OtherWaits> = others.into_values().collect();
        others.sort_by_key(|other| std::cmp::Reverse(other.count));
        others
    }
}
