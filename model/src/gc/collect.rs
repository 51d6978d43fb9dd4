//! Records to runs.

use super::cycle::{Cycle, Printed};
use super::extras::Extras;
use super::lane::{self, Home, Tail};
use super::run::Run;
use dumpview_parsers::gctrace;
use dumpview_parsers::log::{Kind, Origin, Place, Record, Unreadable};
use dumpview_parsers::scavtrace;

/// How many processes are kept apart; the go command may run hundreds of compilers.
const MAX_RUNS: usize = 48;
/// How many unreadable lines are kept, and how much of each.
const MAX_UNRECOGNIZED: usize = 200;
const MAX_TEXT: usize = 400;

/// A line that looked like a trace and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecognized {
    /// Where it stands.
    pub line: u64,
    /// What it looked like.
    pub format: &'static str,
    /// Its text, cut after 400 bytes.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Processes that were too many to keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoreRuns {
    /// How many.
    pub runs: u64,
    /// Their cycles.
    pub cycles: u64,
}

/// What was printed since the last cycle, by a process not known yet.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pending {
    sysmon_forced: bool,
    package: Option<String>,
    extras: Extras,
}

/// One origin's processes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Lane {
    origin: Origin,
    /// The latest to go on first.
    tails: Vec<Tail>,
    pending: Pending,
    /// Something stands in `pending`.
    dirty: bool,
}

/// Puts cycles to processes and adds them up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collector {
    lanes: Vec<Lane>,
    runs: Vec<Run>,
    more: MoreRuns,
    next_id: u32,
    /// Records of the collector and its neighbours, cycles or not.
    records: u64,
    unrecognized: Vec<Unrecognized>,
    unrecognized_count: u64,
}

impl Collector {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record of a log; what is not about memory passes unseen. Gives the cycle, when it is one.
    pub fn record(&mut self, record: &Record<'_>) -> Option<Cycle> {
        let line = record.place.line;
        match &record.kind {
            Kind::Log(_) => return None,
            Kind::Gc(gc) => {
                self.records += 1;
                return self.gc(record, gc);
            }
            Kind::Scavenger(scavenger) => {
                let pending = self.pending(record.origin);
                if matches!(scavenger, scavtrace::Record::GcForced { .. }) {
                    pending.sysmon_forced = true;
                } else {
                    pending.extras.scavenger(scavenger);
                }
            }
            Kind::Pacer(pacer) => self.pending(record.origin).extras.pacer(pacer, line),
            Kind::Init(init) => self.pending(record.origin).extras.init(init, line),
            Kind::Unreadable(unreadable) => {
                self.unreadable(record.place, unreadable);
                return None;
            }
            _ => return None,
        }
        self.records += 1;
        None
    }

    fn gc(&mut self, record: &Record<'_>, gc: &gctrace::Record<'_>) -> Option<Cycle> {
        let printed = match gc {
            gctrace::Record::Cycle(cycle) => Printed::Cycle(*cycle),
            gctrace::Record::OldCycle(cycle) => Printed::Old(*cycle),
            gctrace::Record::SysmonForced { .. } => {
                self.pending(record.origin).sysmon_forced = true;
                return None;
            }
            gctrace::Record::Package(name) => {
                let name = String::from_utf8_lossy(name.get(..MAX_TEXT).unwrap_or(name));
                self.pending(record.origin).package = Some(name.into_owned());
                return None;
            }
            gctrace::Record::Scan(scan) => {
                // It comes after its cycle's line.
                let origin = record.origin;
                let run = self
                    .lanes
                    .iter()
                    .find(|lane| lane.origin == origin)
                    .and_then(|lane| lane.tails.first())
                    .map(|tail| tail.run);
                match run.and_then(|id| self.run_mut(id)) {
                    Some(run) => run.extras.scan(scan),
                    None => self.pending(origin).extras.scan(scan),
                }
                return None;
            }
            _ => return None,
        };
        self.cycle(record, printed)
    }

    /// There are few origins, and mostly one.
    fn lane(&mut self, origin: Origin) -> &mut Lane {
        let index = self
            .lanes
            .iter()
            .position(|lane| lane.origin == origin)
            .unwrap_or_else(|| {
                self.lanes.push(Lane {
                    origin,
                    ..Lane::default()
                });
                self.lanes.len() - 1
            });
        #[expect(clippy::indexing_slicing, reason = "found, or pushed just now")]
        &mut self.lanes[index]
    }

    fn pending(&mut self, origin: Origin) -> &mut Pending {
        let lane = self.lane(origin);
        lane.dirty = true;
        &mut lane.pending
    }

    fn run_mut(&mut self, id: u32) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.id == id)
    }

    fn cycle(&mut self, record: &Record<'_>, printed: Printed) -> Option<Cycle> {
        let next_id = self.next_id;
        let lane = self.lane(record.origin);
        let mut cycle = Cycle {
            run: next_id,
            place: record.place,
            stamp: record.stamp,
            printed,
            sysmon_forced: false,
            lost_before: 0,
            doubtful: false,
        };
        let announced = lane.dirty && lane.pending.package.is_some();
        let home = lane::home(&lane.tails, &cycle, announced);
        if home == Home::Repeated {
            let id = lane.tails.first()?.run;
            self.run_mut(id)?.repeated += 1;
            return None;
        }
        let pending = if std::mem::take(&mut lane.dirty) {
            Some(std::mem::take(&mut lane.pending))
        } else {
            None
        };
        cycle.sysmon_forced = pending
            .as_ref()
            .is_some_and(|pending| pending.sysmon_forced);
        match home {
            Home::After {
                index,
                lost,
                doubtful,
            } => {
                let tail = lane.tails.get_mut(index)?;
                cycle.run = tail.run;
                cycle.lost_before = lost;
                cycle.doubtful = doubtful;
                tail.last = cycle;
                if let Some(front) = lane.tails.get_mut(..=index) {
                    front.rotate_right(1);
                }
                let run = self.run_mut(cycle.run)?;
                run.add(&cycle);
                if let Some(pending) = pending {
                    run.extras.merge(pending.extras);
                }
            }
            Home::New | Home::Repeated => {
                lane.tails.insert(
                    0,
                    Tail {
                        run: next_id,
                        first_line: cycle.place.line,
                        last: cycle,
                    },
                );
                self.next_id += 1;
                let pending = pending.unwrap_or_default();
                let mut run = Run::new(next_id, record.origin, pending.package, &cycle);
                run.extras.merge(pending.extras);
                self.runs.push(run);
                self.make_room();
            }
        }
        Some(cycle)
    }

    /// Forgets a process when there are too many: among those with the fewest cycles the one silent for longest.
    fn make_room(&mut self) {
        if self.runs.len() <= MAX_RUNS {
            return;
        }
        let newest = self.runs.len() - 1;
        let victim = self
            .runs
            .iter()
            .take(newest)
            .enumerate()
            .min_by_key(|(_, run)| (run.cycles, run.last.place.line))
            .map(|(index, _)| index);
        if let Some(index) = victim {
            let gone = self.runs.remove(index);
            self.more.runs += 1;
            self.more.cycles += gone.cycles;
            for lane in &mut self.lanes {
                lane.tails.retain(|tail| tail.run != gone.id);
            }
        }
    }

    fn unreadable(&mut self, place: Place, unreadable: &Unreadable<'_>) {
        const OURS: [&str; 5] = ["gctrace", "scavtrace", "pacertrace", "inittrace", "scan"];
        if !OURS.contains(&unreadable.format) {
            return;
        }
        self.unrecognized_count += 1;
        if self.unrecognized.len() < MAX_UNRECOGNIZED {
            let text = unreadable.text;
            self.unrecognized.push(Unrecognized {
                line: place.line,
                format: unreadable.format,
                text: String::from_utf8_lossy(text.get(..MAX_TEXT).unwrap_or(text)).into_owned(),
                why: unreadable.why,
            });
        }
    }

    /// The input has ended: what belongs to no later cycle goes to the process that was last heard of.
    pub fn finish(&mut self) {
        for index in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(index) else {
                continue;
            };
            if !std::mem::take(&mut lane.dirty) {
                continue;
            }
            let extras = std::mem::take(&mut lane.pending).extras;
            let run = lane.tails.first().map(|tail| tail.run);
            if let Some(run) = run.and_then(|id| self.run_mut(id)) {
                run.extras.merge(extras);
            }
        }
    }

    /// The processes, the one with the most cycles first.
    pub fn runs(&self) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.runs.iter().collect();
        runs.sort_by_key(|run| (std::cmp::Reverse(run.cycles), run.id));
        runs
    }

    /// The process with the most cycles.
    pub fn main(&self) -> Option<&Run> {
        self.runs
            .iter()
            .min_by_key(|run| (std::cmp::Reverse(run.cycles), run.id))
    }

    /// Processes that were too many to keep.
    pub const fn more(&self) -> MoreRuns {
        self.more
    }

    /// Records of the collector and its neighbours, whole cycles or not.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// The first unreadable lines.
    pub fn unrecognized(&self) -> &[Unrecognized] {
        &self.unrecognized
    }

    /// How many lines were unreadable.
    pub const fn unrecognized_count(&self) -> u64 {
        self.unrecognized_count
    }
}
