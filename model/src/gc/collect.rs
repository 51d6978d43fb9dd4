//! Records to the totals of their processes.

use super::cycle::{Cycle, Printed};
use super::extras::Extras;
use super::process::Process;
use super::summary::Summary;
use crate::log::{self, MOST_PROCESSES, ProcessId, Whose, head};
use crate::units::plural;
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::{gctrace, scavtrace};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// Formats of the collector and of what tells of memory beside it.
pub const FORMATS: [&str; 4] = ["gctrace", "scavtrace", "pacertrace", "inittrace"];

/// Processes that were too many to keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "gc-more-processes")]
pub struct More {
    /// Processes that were too many to keep.
    pub processes: u64,
    /// Their cycles.
    pub cycles: u64,
}

/// What the cycles of all processes come to.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Sums {
    /// Those that are kept.
    #[serde(flatten)]
    pub processes: log::Sums<Summary>,
    /// What was too many to keep.
    pub more_processes: More,
    /// What processes without a cycle printed beside it.
    pub without_cycles: Vec<WithoutCycles>,
}

/// What a process without a cycle printed of its memory.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "gc-without-cycles")]
pub struct WithoutCycles {
    /// Which process.
    pub process: ProcessId,
    /// Package initialisations (inittrace lines).
    pub inits: u64,
    /// Their time, added up.
    pub init_ns: u64,
    /// The package that took longest; null without one.
    pub slowest_init: Option<String>,
    /// How long that took.
    pub slowest_init_ns: Option<u64>,
    /// Lines of the scavenger.
    pub scavenger_lines: u64,
    /// Cycles that the pacer spoke of.
    pub pacer_cycles: u64,
}

impl WithoutCycles {
    fn of(process: ProcessId, extras: &Extras) -> Self {
        let slowest = extras.inits.slowest.as_ref();
        Self {
            process,
            inits: extras.inits.packages,
            init_ns: extras.inits.clock.0,
            slowest_init: slowest.map(|(package, ..)| package.clone()),
            slowest_init_ns: slowest.map(|(_, clock, _)| clock.0),
            scavenger_lines: extras.scavenger.lines,
            pacer_cycles: extras.pacer.cycles,
        }
    }
}

/// What a process printed before its next cycle.
#[derive(Clone, Debug, Default, PartialEq)]
struct Early {
    process: ProcessId,
    sysmon_forced: bool,
    extras: Extras,
}

/// Adds up the cycles of each process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collector {
    processes: Vec<Arc<Process>>,
    /// Of few processes, and mostly none: the next cycle takes it.
    early: Vec<Early>,
    /// The package that the go command announced, until a process begins.
    package: Option<(Origin, String)>,
    more: More,
    /// Records of the collector and its neighbours, cycles or not.
    records: u64,
}

impl Collector {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record of a log; what is not about memory passes unseen. Gives the cycle, when it is one.
    pub fn record(&mut self, record: &Record<'_>, whose: Whose) -> Option<&Cycle> {
        let line = record.place.line;
        let process = whose.process;
        match &record.kind {
            Kind::Gc(gc) => {
                self.records += 1;
                return self.gc(record, gc, whose);
            }
            Kind::Scavenger(scavtrace::Record::GcForced { .. }) => {
                self.early(process).sysmon_forced = true;
            }
            Kind::Scavenger(scavenger) => self.extras(process).scavenger(scavenger),
            Kind::Pacer(pacer) => self.extras(process).pacer(pacer, line),
            Kind::Init(init) => self.extras(process).init(init, line),
            _ => return None,
        }
        self.records += 1;
        None
    }

    fn gc(
        &mut self,
        record: &Record<'_>,
        gc: &gctrace::Record<'_>,
        whose: Whose,
    ) -> Option<&Cycle> {
        match gc {
            gctrace::Record::Cycle(cycle) => {
                return self.cycle(record, Printed::Cycle(*cycle), whose);
            }
            gctrace::Record::OldCycle(cycle) => {
                return self.cycle(record, Printed::Old(*cycle), whose);
            }
            gctrace::Record::SysmonForced { .. } => self.early(whose.process).sysmon_forced = true,
            gctrace::Record::Package(name) => {
                self.package = Some((record.origin, head(name).into_owned()));
            }
            gctrace::Record::Scan(scan) => self.extras(whose.process).scan(scan),
            _ => {}
        }
        None
    }

    fn early(&mut self, process: ProcessId) -> &mut Early {
        let index = self
            .early
            .iter()
            .position(|early| early.process == process)
            .unwrap_or_else(|| {
                if self.early.len() == MOST_PROCESSES {
                    self.early.remove(0);
                }
                self.early.push(Early {
                    process,
                    ..Early::default()
                });
                self.early.len() - 1
            });
        #[expect(clippy::indexing_slicing, reason = "found, or pushed just now")]
        &mut self.early[index]
    }

    /// What a process prints beside its cycles; of one without a cycle yet it waits for the first.
    fn extras(&mut self, id: ProcessId) -> &mut Extras {
        match self.processes.iter().position(|of| of.id == id) {
            #[expect(clippy::indexing_slicing, reason = "found just now")]
            Some(index) => &mut Arc::make_mut(&mut self.processes[index]).extras,
            None => &mut self.early(id).extras,
        }
    }

    fn cycle(&mut self, record: &Record<'_>, printed: Printed, whose: Whose) -> Option<&Cycle> {
        let id = whose.process;
        if whose.repeated {
            let process = self.processes.iter_mut().rfind(|of| of.id == id)?;
            Arc::make_mut(process).repeated += 1;
            return None;
        }
        let early = match self.early.iter().position(|early| early.process == id) {
            Some(index) => self.early.swap_remove(index),
            None => Early::default(),
        };
        let cycle = Cycle {
            process: id,
            place: record.place,
            stamp: record.stamp,
            printed,
            sysmon_forced: early.sysmon_forced,
            lost_before: whose.lost,
            doubtful: whose.doubtful,
        };
        let announced = self.package.take_if(|(of, _)| *of == record.origin);
        // The one that wrote last is asked for next, and mostly there is one.
        let known = self.processes.iter().rposition(|of| of.id == id);
        let Some(index) = known else {
            let package = announced.map(|(_, package)| package);
            let mut process = Process::new(id, record.origin, package, &cycle);
            process.extras = early.extras;
            self.processes.push(Arc::new(process));
            self.make_room();
            return self.processes.last().map(|process| process.latest());
        };
        // Whoever holds a snapshot of the totals keeps what it has.
        let process = Arc::make_mut(self.processes.get_mut(index)?);
        process.add(&cycle);
        Some(process.latest())
    }

    /// The input has ended: origins get the names that its prefixes gave them.
    pub fn end(&mut self, name: impl Fn(Origin) -> String) {
        let unnamed = self
            .processes
            .iter_mut()
            .filter(|process| process.name.is_empty());
        for process in unnamed.filter(|process| process.origin.0 > 0) {
            let name = name(process.origin);
            Arc::make_mut(process).name = name;
        }
    }

    /// Forgets a process when there are too many: among those with the fewest cycles the one silent for longest.
    fn make_room(&mut self) {
        if self.processes.len() <= MOST_PROCESSES {
            return;
        }
        let newest = self.processes.len() - 1;
        let older = self.processes.iter().take(newest).enumerate();
        let victim = older.min_by_key(|(_, of)| (of.cycles, of.last.place.line));
        if let Some((index, _)) = victim {
            let gone = self.processes.remove(index);
            self.more.processes += 1;
            self.more.cycles += gone.cycles;
        }
    }

    /// The processes, the one with the most cycles first.
    pub fn processes(&self) -> Vec<&Process> {
        log::ranked(&self.processes)
    }

    /// The process with the most cycles.
    pub fn main(&self) -> Option<&Arc<Process>> {
        log::main(&self.processes)
    }

    /// A process, when it collected.
    pub fn get(&self, id: ProcessId) -> Option<&Arc<Process>> {
        log::get(&self.processes, id)
    }

    /// Processes that were too many to keep.
    pub const fn more(&self) -> More {
        self.more
    }

    /// What all cycles come to.
    pub fn sums(&self) -> Sums {
        Sums {
            processes: log::sums(&self.processes),
            more_processes: self.more,
            without_cycles: self
                .without_cycles()
                .map(|(process, extras)| WithoutCycles::of(process, extras))
                .collect(),
        }
    }

    /// Processes without a cycle, and what else they printed of their memory.
    pub fn without_cycles(&self) -> impl Iterator<Item = (ProcessId, &Extras)> {
        let early = self.early.iter();
        early
            .filter(|early| early.extras != Extras::default() && self.get(early.process).is_none())
            .map(|early| (early.process, &early.extras))
    }

    /// How many of the cycles that are missing in a process are not in the log: those of the same number and origin that may be
    /// another's may as well be these.
    pub(super) fn surely_lost(&self, process: &Process) -> u64 {
        let others = self.processes.iter().map(|other| &**other);
        let others =
            others.filter(|other| other.id != process.id && other.origin == process.origin);
        let doubts = others.map(|other| &other.doubts);
        process.lost.saturating_sub(process.gaps.among(doubts))
    }

    /// What is missing between other cycles, in words.
    pub fn gap(&self) -> Option<String> {
        let processes = || self.processes.iter().map(|process| &**process);
        let gapped = processes().filter(|process| self.surely_lost(process) > 0);
        let gaps = gapped.filter_map(|of| of.first_gap.as_ref());
        let first = gaps.min_by_key(|gap| gap.place)?;
        let lost: u64 = processes().map(|process| self.surely_lost(process)).sum();
        let all: u64 = processes().map(|process| process.lost).sum();
        let is_exact = lost == all;
        Some(format!(
            "{}{} missing between others, the first gap is before cycle {} in line {}",
            if is_exact { "" } else { "at least " },
            plural(lost, "cycle"),
            first.number(),
            first.place.line
        ))
    }

    /// Records of the collector and its neighbours, whole cycles or not.
    pub const fn records(&self) -> u64 {
        self.records
    }
}
