//! All that a log tells of one process.

use super::model::LogModel;
use crate::log::ProcessId;
use crate::traceback::{Race, Summary};
use crate::{alloc, gc, memstats, sched};
use std::collections::BTreeSet;

/// One process of a log, by its number; what it did not print, or was not collected, is absent.
#[derive(Clone, Debug)]
pub struct LogProcess<'m> {
    /// Its number: the same in every part.
    pub id: ProcessId,
    /// Its collections.
    pub gc: Option<&'m gc::Process>,
    /// Its scheduler samples.
    pub sched: Option<&'m sched::Process>,
    /// Its memory statistics.
    pub memory: Option<&'m memstats::Process>,
    /// Its allocations.
    pub alloc: Option<&'m alloc::Process>,
    /// Its crashes: one, unless processes could not be told apart.
    pub crashes: Vec<&'m Summary>,
    /// Goroutines that it printed without dying.
    pub dumps: Vec<&'m Summary>,
    /// Races that it reported.
    pub races: Vec<&'m Race>,
}

impl<'m> LogProcess<'m> {
    /// What `model` has of a process; `None` when that is nothing.
    fn of(model: &'m LogModel, id: ProcessId) -> Option<Self> {
        let found = model.tracebacks.found();
        let printed = || found.dumps.iter().filter(|dump| dump.process == id);
        let process = Self {
            id,
            gc: model.gc.get(id).map(AsRef::as_ref),
            sched: model.sched.get(id).map(AsRef::as_ref),
            memory: model.memory.get(id),
            alloc: model.alloc.get(id),
            crashes: printed()
                .filter(|dump| dump.fatal)
                .map(AsRef::as_ref)
                .collect(),
            dumps: printed()
                .filter(|dump| !dump.fatal)
                .map(AsRef::as_ref)
                .collect(),
            races: found
                .races
                .iter()
                .filter(|race| race.process == id)
                .map(AsRef::as_ref)
                .collect(),
        };
        let is_known = process.gc.is_some()
            || process.sched.is_some()
            || process.memory.is_some()
            || process.alloc.is_some()
            || !(process.crashes.is_empty()
                && process.dumps.is_empty()
                && process.races.is_empty());
        is_known.then_some(process)
    }
}

impl LogModel {
    /// Every process that printed something that was collected, in order of appearance.
    pub fn processes(&self) -> Vec<LogProcess<'_>> {
        let found = self.tracebacks.found();
        let gc = self.gc.processes().into_iter().map(|of| of.id);
        let sched = self.sched.processes().into_iter().map(|of| of.id);
        let memory = self.memory.processes().map(|of| of.id);
        let alloc = self.alloc.processes.iter().map(|of| of.id);
        let dumps = found.dumps.iter().map(|of| of.process);
        let races = found.races.iter().map(|of| of.process);
        let all = gc.chain(sched).chain(memory).chain(alloc);
        let ids: BTreeSet<ProcessId> = all.chain(dumps).chain(races).collect();
        ids.into_iter().filter_map(|id| self.process(id)).collect()
    }

    /// What is known of a process; `None` when that is nothing.
    pub fn process(&self, id: ProcessId) -> Option<LogProcess<'_>> {
        LogProcess::of(self, id)
    }
}
