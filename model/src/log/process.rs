//! Which process wrote a record of a log.
//!
//! Processes that share a stream print nothing that names them, unless log machinery puts a prefix before their lines
//! (an origin, which holds the pid where the prefix has one). Within one origin the numbers have to tell: a
//! restarted service, compilers run by the go command (`# pkg`) and interleaved processes all come down to the question
//! after which known process this record fits. Where two answers are possible, the process that wrote later is
//! taken and the record is marked doubtful. A record that tells nothing of its process is of the one that wrote last.

use super::evidence::{Collection, Reached, Sample, counters};
use super::joint::{Joint, Pick};
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::{alloctrace, gctrace, inittrace, memstats, schedtrace};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::VecDeque;
use std::fmt;

/// So many processes of one origin may go on at a time; of more, the one silent for longest is taken to have ended.
const MOST_KNOWN: usize = 64;

/// A gap in the numbers of collections that is longer than this is rather another process than lines lost.
const LONG_GAP: u64 = 100;

/// A process of a log: counted from 1 in the order of appearance.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, JsonSchema,
)]
#[serde(transparent)]
#[schemars(inline)]
pub struct ProcessId(pub u32);

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Whose {
    /// The process that wrote it.
    pub process: ProcessId,
    /// Collections between the one before and this one that are not in the log.
    pub lost: u64,
    /// It may be another process's: two had a claim to it, or the gap before it is long.
    pub doubtful: bool,
    /// The same line was there just before.
    pub repeated: bool,
}

/// What became of a record that was offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    /// It is no cycle.
    Other,
    /// It is this process's.
    Known(Whose),
    /// Later ones have to tell.
    Waits,
}

/// When it is to be told whose something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// When it is known.
    Known,
    /// Now, as well as it can be.
    Now,
}

/// The processes of a log, by what they were last heard to say.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    /// By the number of the origin, of which the reader bounds how many there are.
    writers: Vec<Writer>,
    count: u32,
}

/// The processes of one origin.
#[derive(Clone, Debug, Default)]
struct Writer {
    /// Those that may go on, the latest to write first.
    known: Vec<Known>,
    /// The one that wrote the last scheduler sample: its Ps, Ms and Gs follow.
    sampled: ProcessId,
    /// The one that wrote the last collection: its scan lines follow.
    collected: ProcessId,
    /// The last allocation was one of those by which a process sets itself up.
    sets_up: bool,
    /// A line `# pkg` came since the last collection: the next one is rather of a new process.
    announced: bool,
    /// Cycles (1.5 and later), put apart together.
    joint: Joint,
    /// Which process is which of theirs.
    labels: Vec<(u64, ProcessId)>,
    /// Where the cycles stood that wait.
    offered: VecDeque<Offered>,
}

/// A cycle whose process is not known yet.
#[derive(Clone, Copy, Debug)]
struct Offered {
    line: u64,
    collection: Collection,
    /// It is the one before once more.
    repeated: bool,
    /// It stood among torn lines.
    doubtful: bool,
}

#[derive(Clone, Debug)]
struct Known {
    id: ProcessId,
    /// Line of its first record.
    first_line: u64,
    /// Line of the last record that told whose it was.
    last_line: u64,
    reached: Reached,
}

/// Where a record belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Choice {
    /// To the known process with this index.
    Known {
        index: usize,
        lost: u64,
        doubtful: bool,
    },
    /// To a process not seen before.
    New,
    /// It is the line before once more, of the known process with this index.
    Repeated(usize),
}

impl Choice {
    const fn known(index: usize) -> Self {
        Self::Known {
            index,
            lost: 0,
            doubtful: false,
        }
    }
}

impl Processes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The input has ended, and another one begins: its processes are counted on.
    pub fn begin_input(&mut self) {
        self.writers.clear();
    }

    /// Tells whose the next record of the log is, whatever may come.
    pub fn of(&mut self, record: &Record<'_>) -> Whose {
        match self.offer(record) {
            Offer::Known(whose) => return whose,
            Offer::Waits => {
                let mut last = Whose::default();
                while let Some(whose) = self.decided(record.origin, When::Now) {
                    last = whose;
                }
                return last;
            }
            Offer::Other => {}
        }
        let whose = self.judge(record);
        Whose {
            doubtful: whose.doubtful || record.doubtful,
            ..whose
        }
    }

    /// Takes a cycle, whose process later ones may have to tell; no other record is taken.
    pub fn offer(&mut self, record: &Record<'_>) -> Offer {
        let Kind::Gc(gctrace::Record::Cycle(cycle)) = &record.kind else {
            return Offer::Other;
        };
        let line = record.place.line;
        let writer = self.writer(record.origin);
        let repeated = writer.joint.last() == Some(cycle);
        if repeated && writer.offered.is_empty() {
            return Offer::Known(Whose {
                process: writer.collected,
                repeated,
                ..Whose::default()
            });
        }
        if !repeated {
            let next = Collection::of(cycle);
            let announced = std::mem::take(&mut writer.announced);
            let (labels, known) = (&writer.labels, &writer.known);
            let admits = |label| {
                let id = labels.iter().find(|(of, _)| *of == label);
                let known = known
                    .iter()
                    .find(|known| id.is_some_and(|(_, id)| known.id == *id));
                known.is_none_or(|known| known.reached.admits(&next))
            };
            if let Some(pick) = writer.joint.plain(cycle, announced, admits) {
                return Offer::Known(self.picked(record.origin, line, next, pick, record.doubtful));
            }
            writer.joint.push(cycle, announced, admits);
        }
        writer.offered.push_back(Offered {
            line,
            collection: Collection::of(cycle),
            repeated,
            doubtful: record.doubtful,
        });
        Offer::Waits
    }

    /// The process of the first cycle of an origin that waits, when it is known, or is to be told now.
    pub fn decided(&mut self, origin: Origin, when: When) -> Option<Whose> {
        let writer = self.writer(origin);
        let offered = *writer.offered.front()?;
        if offered.repeated {
            writer.offered.pop_front();
            let process = writer.collected;
            return Some(Whose {
                process,
                repeated: true,
                ..Whose::default()
            });
        }
        let pick = writer.joint.pop(when == When::Now)?;
        writer.offered.pop_front();
        let Offered {
            line,
            collection,
            doubtful,
            ..
        } = offered;
        Some(self.picked(origin, line, collection, pick, doubtful))
    }

    /// It is known whose a cycle is.
    fn picked(
        &mut self,
        origin: Origin,
        line: u64,
        collection: Collection,
        pick: Pick,
        torn: bool,
    ) -> Whose {
        let Pick { label, doubtful } = pick;
        let writer = self.writer(origin);
        let known = writer.labels.iter().find(|(of, _)| *of == label);
        let index = known.and_then(|(_, id)| writer.known.iter().position(|of| of.id == *id));
        let choice = match index {
            Some(index) => {
                let reached = writer.known.get(index).map(|known| &known.reached);
                let last = reached.and_then(|reached| reached.collection);
                let lost = last.map_or(0, |last| {
                    u64::from(collection.number.saturating_sub(last.number)).saturating_sub(1)
                });
                Choice::Known {
                    index,
                    lost,
                    doubtful: doubtful || lost > LONG_GAP,
                }
            }
            None => writer.fresh(&collection),
        };
        let whose = self.settle_collection(origin, line, choice, None, collection);
        let labels = &mut self.writer(origin).labels;
        if index.is_none() {
            labels.retain(|(of, id)| *of != label && *id != whose.process);
            labels.push((label, whose.process));
            if labels.len() > MOST_KNOWN {
                labels.remove(0);
            }
        }
        Whose {
            // That a process begins is certain with a first cycle; which of the later ones are its own need not be.
            doubtful: whose.doubtful || doubtful || torn,
            ..whose
        }
    }

    fn judge(&mut self, record: &Record<'_>) -> Whose {
        let line = record.place.line;
        match &record.kind {
            Kind::Gc(gctrace::Record::OldCycle(cycle)) => {
                self.collection(record.origin, line, cycle)
            }
            Kind::Gc(gctrace::Record::Package(_)) => {
                self.writer(record.origin).announced = true;
                self.last(record.origin, line)
            }
            Kind::Gc(gctrace::Record::Scan(_)) => {
                let collected = self.writer(record.origin).collected;
                self.of_last(record.origin, line, collected)
            }
            Kind::Sched(schedtrace::Record::Sample(sample)) => {
                self.sample(record.origin, line, Sample::of(sample))
            }
            Kind::Sched(_) => {
                let sampled = self.writer(record.origin).sampled;
                self.of_last(record.origin, line, sampled)
            }
            Kind::MemStats(memstats::Record::Snapshot(snapshot)) => {
                self.snapshot(record.origin, line, snapshot)
            }
            Kind::Init(init) => self.init(record.origin, line, init),
            Kind::Alloc(alloc) => self.alloc(record.origin, line, alloc),
            _ => self.last(record.origin, line),
        }
    }

    fn writer(&mut self, origin: Origin) -> &mut Writer {
        let index = origin.0 as usize;
        if index >= self.writers.len() {
            self.writers.resize_with(index + 1, Writer::default);
        }
        #[expect(clippy::indexing_slicing, reason = "made so long just now")]
        &mut self.writers[index]
    }

    /// Takes a record that tells nothing: it is of the process that wrote last.
    fn last(&mut self, origin: Origin, line: u64) -> Whose {
        let known = &self.writer(origin).known;
        // A record of many lines is given at its last; a process that began meanwhile did not write it.
        let wrote = known.iter().find(|known| known.first_line <= line);
        let process = match wrote.or(known.first()) {
            Some(known) => known.id,
            None => self.begin(origin, line).id,
        };
        Whose {
            process,
            ..Whose::default()
        }
    }

    /// Takes a record that follows one of `process`.
    fn of_last(&mut self, origin: Origin, line: u64, process: ProcessId) -> Whose {
        if process == ProcessId::default() {
            return self.last(origin, line);
        }
        Whose {
            process,
            ..Whose::default()
        }
    }

    /// A process sets its scheduler up once, before anything else: allocations of that after others are another's.
    fn alloc(&mut self, origin: Origin, line: u64, alloc: &alloctrace::Record<'_>) -> Whose {
        let sets_up = matches!(alloc, alloctrace::Record::Alloc { stack, .. }
            if stack.calls().any(|call| call.function == b"runtime.schedinit"));
        let writer = self.writer(origin);
        let goes_on = !sets_up || std::mem::replace(&mut writer.sets_up, true);
        writer.sets_up = sets_up;
        let allocated = writer.known.first().is_some_and(|of| of.reached.allocated);
        if !goes_on && allocated {
            self.begin(origin, line);
        }
        let whose = self.last(origin, line);
        let known = self.writer(origin).known.iter_mut();
        for known in known.filter(|known| known.id == whose.process) {
            known.reached.allocated = true;
        }
        whose
    }

    fn begin(&mut self, origin: Origin, line: u64) -> &mut Known {
        self.count = self.count.saturating_add(1);
        let id = ProcessId(self.count);
        let known = &mut self.writer(origin).known;
        known.truncate(MOST_KNOWN - 1);
        known.insert(
            0,
            Known {
                id,
                first_line: line,
                last_line: line,
                reached: Reached::default(),
            },
        );
        #[expect(clippy::indexing_slicing, reason = "inserted just now")]
        &mut known[0]
    }

    /// Does as was chosen: the process is the latest to write from now on, and has reached what the record tells.
    fn settle(
        &mut self,
        origin: Origin,
        line: u64,
        choice: Choice,
        reach: impl FnOnce(&mut Reached),
    ) -> Whose {
        let mut whose = Whose::default();
        let known = match choice {
            Choice::New => self.begin(origin, line),
            Choice::Known {
                index,
                lost,
                doubtful,
            } => {
                (whose.lost, whose.doubtful) = (lost, doubtful);
                let known = &mut self.writer(origin).known;
                // A record of many lines is given at its last: another process may have written since its first.
                let is_latest = known.first().is_none_or(|latest| latest.last_line <= line);
                let at = if is_latest { 0 } else { index };
                if at < index
                    && let Some(front) = known.get_mut(at..=index)
                {
                    front.rotate_right(1);
                }
                let Some(chosen) = known.get_mut(at) else {
                    return whose;
                };
                chosen
            }
            Choice::Repeated(index) => {
                whose.repeated = true;
                let known = self.writer(origin).known.get(index);
                whose.process = known.map_or_else(ProcessId::default, |known| known.id);
                return whose;
            }
        };
        known.first_line = known.first_line.min(line);
        known.last_line = known.last_line.max(line);
        reach(&mut known.reached);
        whose.process = known.id;
        whose
    }

    fn collection(&mut self, origin: Origin, line: u64, printed: &gctrace::OldCycle) -> Whose {
        let collection = Collection::of_old(printed);
        let choice = self.writer(origin).after(printed, &collection);
        self.settle_collection(origin, line, choice, Some(*printed), collection)
    }

    fn settle_collection(
        &mut self,
        origin: Origin,
        line: u64,
        choice: Choice,
        printed: Option<gctrace::OldCycle>,
        collection: Collection,
    ) -> Whose {
        let whose = self.settle(origin, line, choice, |reached| {
            reached.collection = Some(collection);
            reached.printed = printed;
        });
        let writer = self.writer(origin);
        writer.announced &= whose.repeated;
        writer.collected = whose.process;
        whose
    }

    fn sample(&mut self, origin: Origin, line: u64, sample: Sample) -> Whose {
        let choice = self.writer(origin).after_sample(&sample);
        let whose = self.settle(origin, line, choice, |reached| {
            let before = reached.sample.map(|before| before.millis);
            reached.sample = Some(Sample {
                step: before.map(|before| sample.millis.saturating_sub(before)),
                ..sample
            });
        });
        self.writer(origin).sampled = whose.process;
        whose
    }

    fn snapshot(&mut self, origin: Origin, line: u64, snapshot: &memstats::Snapshot) -> Whose {
        let next = counters(snapshot);
        let writer = self.writer(origin);
        let known = || writer.known.iter().enumerate();
        let latest = known().find(|(_, of)| of.first_line <= line);
        let (latest, began) = latest.map_or((0, 0), |(index, of)| (index, of.first_line));
        let best = known()
            // Of a process that was silent since the latest began nothing more is expected, unless the numbers say so.
            .filter(|(index, of)| {
                *index <= latest || of.last_line > began || of.reached.has_collected_as(&next)
            })
            .filter(|(_, of)| of.reached.allows_counters(&next))
            // Statistics of many lines are given at their last: what began meanwhile may have begun with them.
            .min_by_key(|(index, of)| {
                (of.first_line > line, of.reached.contradicts(&next), *index)
            });
        let choice = best.map_or(Choice::New, |(index, _)| Choice::known(index));
        self.settle(origin, line, choice, |reached| {
            // What one form does not print, the form before did.
            let mut counters = reached.counters.unwrap_or_default();
            for (counter, next) in counters.iter_mut().zip(next) {
                *counter = next.or(*counter);
            }
            reached.counters = Some(counters);
        })
    }

    fn init(&mut self, origin: Origin, line: u64, init: &inittrace::Record<'_>) -> Whose {
        let writer = self.writer(origin);
        let current = writer.known.first();
        let choice = if current.is_some_and(|known| known.reached.allows_init(init)) {
            Choice::known(0)
        } else {
            Choice::New
        };
        self.settle(origin, line, choice, |reached| {
            reached.init = Some(init.start.0);
        })
    }
}

impl Writer {
    /// The process that wrote last, when it has not collected yet and can have made this collection.
    fn fresh(&self, next: &Collection) -> Choice {
        let current = self.known.first().map(|known| &known.reached);
        if current.is_some_and(|last| last.collection.is_none() && last.allows(next)) {
            Choice::known(0)
        } else {
            Choice::New
        }
    }

    /// After which process a collection comes.
    fn after(&self, printed: &gctrace::OldCycle, next: &Collection) -> Choice {
        let collectors = || {
            let known = self.known.iter().enumerate();
            known.filter_map(|(index, known)| {
                Some((index, known, known.reached.collection.as_ref()?))
            })
        };
        if let Some((index, known, _)) = collectors().next()
            && known.reached.printed.as_ref() == Some(printed)
        {
            return Choice::Repeated(index);
        }
        if next.number == 1 {
            return self.fresh(next);
        }
        let fitting = || collectors().filter(|(_, known, _)| known.reached.allows(next));
        let exact =
            || fitting().filter(|(_, _, last)| last.number.checked_add(1) == Some(next.number));
        // GOMAXPROCS rarely changes: a process with the same one goes first.
        let chosen = exact()
            .find(|(_, _, last)| last.procs == next.procs)
            .or_else(|| exact().next());
        if let Some((index, chosen, _)) = chosen {
            let doubtful = exact().any(|(other, rival, last)| {
                other != index && last.procs == next.procs && rival.last_line > chosen.first_line
            });
            return Choice::Known {
                index,
                lost: 0,
                doubtful,
            };
        }
        if self.announced {
            return self.fresh(next);
        }
        let gap = |last: &Collection| u64::from(next.number.saturating_sub(last.number)) - 1;
        let near = || fitting().filter(|(_, _, last)| last.procs == next.procs);
        match near().min_by_key(|(_, _, last)| gap(last)) {
            Some((index, _, last)) => Choice::Known {
                index,
                lost: gap(last),
                doubtful: near().count() > 1 || gap(last) > LONG_GAP,
            },
            None => self.fresh(next),
        }
    }

    /// After which process a scheduler sample comes.
    fn after_sample(&self, next: &Sample) -> Choice {
        let off = |last: &Sample| {
            // Without a step yet, any is as good as the others' own.
            let step = next.millis.saturating_sub(last.millis);
            last.step.map_or(0, |usual| usual.abs_diff(step))
        };
        let candidates = || {
            let known = self.known.iter().enumerate();
            known
                .filter(|(_, known)| known.reached.allows_sample(next))
                .filter_map(|(index, known)| Some((index, known, known.reached.sample?)))
        };
        let best = candidates()
            .min_by_key(|(index, _, last)| (last.gomaxprocs != next.gomaxprocs, off(last), *index));
        let Some((index, chosen, last)) = best else {
            let current = self.known.first().map(|known| &known.reached);
            return if current.is_some_and(|at| at.sample.is_none() && at.allows_sample(next)) {
                Choice::known(0)
            } else {
                Choice::New
            };
        };
        let doubtful = candidates().any(|(other, rival, at)| {
            other != index
                && at.gomaxprocs == last.gomaxprocs
                && rival.last_line > chosen.first_line
                && off(&at) <= off(&last).saturating_mul(2)
        });
        Choice::Known {
            index,
            lost: 0,
            doubtful,
        }
    }
}
