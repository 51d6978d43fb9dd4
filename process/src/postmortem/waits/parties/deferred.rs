//! What a frame has deferred says: which calls will be undone, and which waits it will end.

use super::role::{Role, role};
use super::{At, Search};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use crate::flow::Word;
use crate::postmortem::waits::is_waiting_room;
use crate::runtime::{LinkedDefers, open_coded_defers};
use crate::symbols::funcdata;
use crate::unwind::PhysicalFrame;
use dumpview_model::waits::Certainty;
use std::sync::Arc;

/// Calls below a deferred function that are looked into: `defer g.done()` is a function that calls it.
const MOST_CALLED: usize = 2;
/// What a deferred function does to what: role and the argument by its closure.
pub(super) type Undoing = Arc<Vec<(Role, Word)>>;

impl Search<'_, '_> {
    /// The calls that a frame has deferred. What undoes a call that it surely has behind it (`lost`) says of which object that was.
    pub(super) fn by_defers(
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
}
