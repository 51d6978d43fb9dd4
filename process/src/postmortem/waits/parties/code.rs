//! What the code of a frame's function says: which calls it surely has behind it, and which lie ahead.

use super::role::{Role, role};
use super::{At, Search};
use crate::addr::Addr;
use crate::flow::{Behind, Sites, Undoes};
use crate::symbols::funcdata;
use crate::unwind::{Call, PhysicalFrame};
use dumpview_model::waits::Certainty;
use std::sync::Arc;

/// Where a frame stands between calls.
pub(super) struct Standing {
    sites: Sites,
    roles: Vec<Role>,
    /// Sites that may lie behind it and be open.
    open: Vec<usize>,
    /// Sites ahead that would end a wait.
    ahead: Vec<usize>,
}

impl Search<'_, '_> {
    /// Whether a stack may have something to do with what is waited for.
    pub(super) fn is_interesting(&mut self, calls: &[Call]) -> bool {
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

    pub(super) fn has_sites(&mut self, entry: Addr) -> bool {
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

    pub(super) fn standing(&mut self, frame: &PhysicalFrame) -> Option<Arc<Standing>> {
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

    /// The calls that a frame has behind it and ahead. Of those that it surely has behind it and of which it is not known what
    /// they were given, role and line.
    pub(super) fn by_code(
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
}
