//! What a log says of memory: statistics that the program printed, and allocations that the runtime traced.

use super::log::Log;
use crate::commands::memstats::row as snapshot_row;
use dumpview_model::alloc::{self, By};
use dumpview_model::memstats;
use dumpview_tui::data::OfProcess;
use dumpview_tui::data::statistics::{Allocations, AskAllocations, Statistics};
use dumpview_view::rows::Allocation;

impl Log {
    /// The memory statistics of a process, by its place among those that printed some.
    pub(super) fn statistics(&self, number: usize) -> OfProcess<Statistics> {
        let state = self.state();
        let memory = &state.model.memory;
        let names = [self.name.clone()];
        let process = memory.processes().nth(number);
        OfProcess {
            id: process.map(|process| process.id).unwrap_or_default(),
            data: process.map(|process| Statistics {
                snapshots: process
                    .snapshots
                    .iter()
                    .map(|snapshot| snapshot_row(&names, process, snapshot))
                    .collect(),
                count: process.count,
                findings: memstats::findings(process),
            }),
            number,
            processes: memory.processes().len(),
            ended: state.ended.is_some(),
        }
    }

    /// What a process allocated, by its place among those that traced it.
    pub(super) fn allocations(&self, asked: &AskAllocations) -> OfProcess<Allocations> {
        let state = self.state();
        let all = &state.model.alloc.processes;
        let process = all.get(asked.process);
        OfProcess {
            id: process.map(|process| process.id).unwrap_or_default(),
            data: process.map(|process| {
                let number = u64::from(process.id.0);
                let rows = process.rows(asked.by).into_iter();
                let sizes = process.rows(By::Size).into_iter();
                let sizes =
                    sizes.filter_map(|row| Some((row.key.parse().ok()?, row.totals.clone())));
                let mut sizes: Vec<_> = sizes.collect();
                sizes.sort_by_key(|(size, _)| *size);
                Allocations {
                    rows: rows
                        .map(|row| Allocation::new(number, asked.by, row))
                        .collect(),
                    by: asked.by,
                    all: process.all.clone(),
                    sizes,
                    collections: process.collections,
                    findings: alloc::findings(process),
                }
            }),
            number: asked.process,
            processes: all.len(),
            ended: state.ended.is_some(),
        }
    }
}
