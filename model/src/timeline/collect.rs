//! Records to strands: which process each is of, and when it says it happened.

use super::event::{self, signed};
use super::moments::{Found, Moments};
use super::strand::Strand;
use super::{
    Bounds, Event, Lane, MemorySample, Moment, MomentKind, SchedSample, Since, Timeline, What, join,
};
use crate::finding::Finding;
use crate::gc::{self, Printed};
use crate::memstats::Snapshot;
use crate::oom::{self, Killing};
use bstr::ByteSlice;
use dumpview_parsers::gctrace;
use dumpview_parsers::log::{Kind, Origin, Record, Stamp, Unreadable};
use dumpview_parsers::memstats::{self, Field};
use dumpview_parsers::quantity::Nanos;
use dumpview_parsers::{inittrace, scavtrace, schedtrace};
use rustc_hash::FxHashMap;

/// Of a long line, so many bytes are kept.
const MOST_TEXT: usize = 240;

/// So many unreadable lines are listed; more are counted.
const MOST_UNREADABLE: usize = 1000;

/// So many processes of one origin; more are taken for the last one's.
const MOST_RUNS: usize = 256;

/// One input.
#[derive(Clone, Debug)]
pub struct Source {
    /// As the user named it.
    pub name: String,
    /// `log` or `core`.
    pub kind: &'static str,
    /// The release, when it is known.
    pub go_version: Option<String>,
    /// Lines that looked like a trace and could not be read.
    pub unreadable: u64,
}

/// A line that could not be read.
#[derive(Clone, Debug)]
pub struct UnreadableLine {
    /// The input, by its number.
    pub source: usize,
    /// Line number.
    pub line: u64,
    /// What it looked like.
    pub format: &'static str,
    /// Why it could not be read.
    pub why: &'static str,
    /// Its head.
    pub text: String,
}

/// What a core tells for a timeline; the caller reads it from the core.
#[derive(Clone, Debug, Default)]
pub struct CoreFacts {
    /// As the user named it.
    pub name: String,
    /// The release, when it is known.
    pub go_version: Option<String>,
    /// Why it died.
    pub reason: String,
    /// How many goroutines it had.
    pub goroutines: Option<u64>,
    /// When the runtime started, nanoseconds since 1970.
    pub started_unix: Option<i64>,
    /// The latest time it is known to have reached, nanoseconds since 1970.
    pub reached_unix: Option<i64>,
    /// The pauses it remembers: collection, end in nanoseconds since 1970, nanoseconds.
    pub pauses: Vec<(u64, i64, u64)>,
}

/// Takes inputs one after the other and puts a [`Timeline`] together.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    sources: Vec<Source>,
    strands: Vec<Strand>,
    unreadable: Vec<UnreadableLine>,
    /// The strands of the input that is being read, by origin.
    open: FxHashMap<Origin, Runs>,
    /// Tells which process a collection is of.
    gc: gc::Collector,
    /// What takes many lines.
    moments: Moments,
    /// Kills by the kernel.
    oom: oom::Collector,
}

/// The processes of one origin. More than one may write at a time.
#[derive(Clone, Debug, Default)]
struct Runs {
    /// In order of appearance: the strand, and its last collection.
    all: Vec<Run>,
    /// The one that wrote last.
    current: usize,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    strand: usize,
    /// The collector model's number of it.
    gc: Option<u32>,
    /// Milliseconds of its last scheduler sample.
    sample: Option<u64>,
}

/// What tells which process a record is of.
#[derive(Clone, Copy, Debug)]
enum Of {
    /// A collection, by the collector model's number of its process.
    Gc(u32),
    /// A scheduler sample: its milliseconds never fall.
    Sample(u64),
    /// Nothing: the process that wrote last.
    Last,
}

impl Collector {
    /// Without inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is read next is a log of this name.
    pub fn begin_log(&mut self, name: &str) {
        self.gc = gc::Collector::new();
        self.oom = oom::Collector::default();
        self.sources.push(Source {
            name: name.to_owned(),
            kind: "log",
            go_version: None,
            unreadable: 0,
        });
    }

    /// The log has ended; `name_of` tells what its prefixes call an origin.
    pub fn end_log(&mut self, name_of: impl Fn(Origin) -> String) {
        if let Some(found) = self.moments.finish() {
            self.moment(found);
        }
        for (origin, runs) in self.open.drain() {
            for run in runs.all {
                if let Some(strand) = self.strands.get_mut(run.strand) {
                    strand.origin = name_of(origin);
                }
            }
        }
    }

    /// Adds a core.
    pub fn core(&mut self, facts: &CoreFacts) {
        let source = self.sources.len();
        self.sources.push(Source {
            name: facts.name.clone(),
            kind: "core",
            go_version: facts.go_version.clone(),
            unreadable: 0,
        });
        let mut strand = Strand::new(source, String::new(), 0);
        strand.core_start = facts.started_unix.map(Bounds::exact);
        let on_process = |unix: i64| {
            let since = unix.checked_sub(facts.started_unix?)?;
            Some((Since::Start, Bounds::exact(since)))
        };
        for (cycle, end, ns) in &facts.pauses {
            strand.remember_end(*cycle, *end, facts.started_unix);
            strand.add(Lane::Pause, || Event {
                lane: Lane::Pause,
                place: dumpview_parsers::log::Place::default(),
                process: on_process(*end),
                span: 0,
                stamp: None,
                what: What::Pause {
                    cycle: *cycle,
                    ns: *ns,
                },
            });
        }
        strand.add(Lane::Moment, || Event {
            lane: Lane::Moment,
            place: dumpview_parsers::log::Place::default(),
            process: facts.reached_unix.and_then(on_process),
            span: 0,
            stamp: None,
            what: What::Moment(Box::new(Moment {
                kind: MomentKind::Core,
                text: facts.reason.as_str().into(),
                goroutines: facts.goroutines,
            })),
        });
        self.strands.push(strand);
    }

    /// Adds a record of the log that was begun last.
    pub fn record(&mut self, record: &Record<'_>) {
        if let Some(found) = self.moments.record(record) {
            self.moment(found);
        }
        if let Some(killing) = self.oom.record(record) {
            let moment = Moment {
                kind: MomentKind::Oom,
                text: killing.sentence().into(),
                goroutines: None,
            };
            self.moment(Found {
                place: record.place,
                stamp: record.stamp,
                origin: record.origin,
                moment,
            });
        }
        if matches!(
            record.kind,
            Kind::Scavenger(_) | Kind::Pacer(_) | Kind::Init(_)
        ) {
            self.gc.record(record);
        }
        match &record.kind {
            Kind::Gc(gc) => self.gc(record, gc),
            Kind::Sched(sched) => self.sched(record, sched),
            Kind::Scavenger(scav) => self.scavenger(record, scav),
            Kind::Init(init) => self.init(record, init),
            Kind::MemStats(memstats::Record::Snapshot(snapshot)) => {
                self.memory(record, snapshot);
            }
            Kind::Unreadable(lost) => self.lost(record, lost),
            Kind::Log(text) => self.log(record, text),
            _ => {}
        }
    }

    /// What is to be said of the log that was read last, from its collections and kills.
    pub fn findings(&self) -> Vec<Finding> {
        let kills = self.oom.killings.iter().map(Killing::finding);
        let main = self.gc.main();
        let collections = main.map_or_else(Vec::new, |run| gc::findings(&self.gc, run));
        kills.chain(collections).collect()
    }

    /// The timeline of all inputs on one axis.
    pub fn finish(self, align: &[join::Align]) -> Timeline {
        join::join(self.sources, self.strands, self.unreadable, align)
    }

    fn gc(&mut self, record: &Record<'_>, gc: &gctrace::Record<'_>) {
        let cycle = self.gc.record(record);
        match (cycle.map(|cycle| (cycle.run, cycle.printed)), gc) {
            (Some((run, Printed::Cycle(cycle))), _) => {
                let index = self.of(record.origin, Of::Gc(run));
                let Some(strand) = self.strands.get_mut(index) else {
                    return;
                };
                let end = strand.collected(&cycle);
                self.written(index, record, Some(end));
                let process = Some((Since::Start, event::start(&cycle)));
                let span = u64::try_from(event::length(&cycle).lo).unwrap_or(0);
                self.add(index, Lane::Gc, record, process, span, || {
                    What::Cycle(Box::new(cycle))
                });
            }
            (Some((run, Printed::Old(old))), _) => {
                let index = self.of(record.origin, Of::Gc(run));
                self.written(index, record, None);
                self.add(index, Lane::Gc, record, None, 0, || {
                    What::OldCycle(Box::new(old))
                });
            }
            (None, gctrace::Record::SysmonForced { .. }) => {
                let index = self.of(record.origin, Of::Last);
                self.written(index, record, None);
                self.add(index, Lane::Gc, record, None, 0, || What::SysmonForced);
            }
            (None, _) => {}
        }
    }

    fn sched(&mut self, record: &Record<'_>, sched: &schedtrace::Record<'_>) {
        match sched {
            schedtrace::Record::Sample(sample) => {
                let index = self.of(record.origin, Of::Sample(sample.millis));
                let Some(strand) = self.strands.get_mut(index) else {
                    return;
                };
                strand.sampled(sample.millis);
                self.written(index, record, None);
                let lo = signed(sample.millis.saturating_mul(1_000_000));
                let at = Bounds {
                    lo,
                    hi: lo.saturating_add(999_999),
                };
                let process = Some((Since::FirstSample, at));
                self.add(index, Lane::Sched, record, process, 0, || {
                    What::Sched(Box::new(SchedSample {
                        gomaxprocs: sample.gomaxprocs,
                        idleprocs: sample.idleprocs,
                        threads: sample.threads,
                        idlethreads: sample.idlethreads,
                        spinningthreads: sample.spinningthreads,
                        runqueue: sample.runqueue,
                        local: sample.local.iter().collect(),
                    }))
                });
            }
            schedtrace::Record::P(p) => {
                // With scheddetail=1 the queues stand with the Ps.
                let index = self.of(record.origin, Of::Last);
                let last = self
                    .strands
                    .get_mut(index)
                    .and_then(|s| s.last(Lane::Sched));
                if let Some(What::Sched(sample)) = last.map(|event| &mut event.what) {
                    let mut local = std::mem::take(&mut sample.local).into_vec();
                    local.push(p.runqsize);
                    sample.local = local.into_boxed_slice();
                }
            }
            _ => {}
        }
    }

    fn scavenger(&mut self, record: &Record<'_>, scav: &scavtrace::Record) {
        let (released, now) = match scav {
            scavtrace::Record::Work(work) => {
                let eager = work.eager.map_or(0, |eager| eager.to_bytes().0);
                let released = work.background.to_bytes().0.saturating_add(eager);
                (released, Some(work.now.to_bytes().0))
            }
            scavtrace::Record::Released(released) => (released.released.to_bytes().0, None),
            scavtrace::Record::State(state) => (0, Some(state.released.to_bytes().0)),
            scavtrace::Record::GcForced { .. } => return,
            _ => return,
        };
        let index = self.of(record.origin, Of::Last);
        self.written(index, record, None);
        self.add(index, Lane::Scavenger, record, None, 0, || {
            What::Scavenged { released, now }
        });
    }

    fn init(&mut self, record: &Record<'_>, init: &inittrace::Record<'_>) {
        let index = self.of(record.origin, Of::Last);
        let cut = |printed: Nanos| {
            let lo = signed(printed.0);
            Bounds {
                lo,
                hi: lo.saturating_add(signed(printed.printed_step().0)),
            }
        };
        let start = cut(init.start);
        let end = start.plus(cut(init.clock));
        self.written(index, record, Some(end));
        let process = Some((Since::Start, start));
        self.add(index, Lane::Init, record, process, init.clock.0, || {
            What::Init {
                package: head(init.package),
                bytes: init.bytes.0,
                allocs: init.allocs,
            }
        });
    }

    fn lost(&mut self, record: &Record<'_>, lost: &Unreadable<'_>) {
        let source = self.sources.len().saturating_sub(1);
        if let Some(source) = self.sources.last_mut() {
            source.unreadable += 1;
        }
        if self.unreadable.len() < MOST_UNREADABLE {
            self.unreadable.push(UnreadableLine {
                source,
                line: record.place.line,
                format: lost.format,
                why: lost.why,
                text: head(lost.text).into_string(),
            });
        }
    }

    /// A line that its prefix gives no time may begin with one itself.
    fn log(&mut self, record: &Record<'_>, text: &[u8]) {
        if text.trim_ascii().is_empty() {
            return;
        }
        let own = || Stamp::read(text).map(|(stamp, _)| stamp);
        let record = &Record {
            stamp: record.stamp.or_else(own),
            ..*record
        };
        let index = self.of(record.origin, Of::Last);
        self.written(index, record, None);
        self.add(index, Lane::Log, record, None, 0, || What::Log {
            text: head(text),
        });
    }

    fn moment(&mut self, found: Found) {
        let record = &Record {
            place: found.place,
            stamp: found.stamp,
            origin: found.origin,
            kind: Kind::Log(b""),
        };
        let index = self.of(record.origin, Of::Last);
        self.written(index, record, None);
        self.add(index, Lane::Moment, record, None, 0, || {
            What::Moment(Box::new(found.moment))
        });
    }

    /// What was rounded when it was printed makes no series.
    fn memory(&mut self, record: &Record<'_>, printed: &memstats::Snapshot) {
        let source = self.sources.len().saturating_sub(1);
        let snapshot = Snapshot::new(source, record.place, record.stamp, printed);
        let sample = MemorySample {
            heap_alloc: snapshot.heap_alloc(),
            heap_inuse: snapshot.integer(Field::HeapInuse),
            heap_released: snapshot.integer(Field::HeapReleased),
            sys: snapshot.integer(Field::Sys),
            num_gc: snapshot.integer(Field::NumGC),
        };
        let index = self.of(record.origin, Of::Last);
        self.written(index, record, None);
        self.add(index, Lane::Memory, record, None, 0, || {
            What::Memory(Box::new(sample))
        });
        self.pauses(index, record, &snapshot);
    }

    /// The pauses that statistics remember and no earlier ones did.
    fn pauses(&mut self, index: usize, record: &Record<'_>, snapshot: &Snapshot) {
        let pauses = snapshot.pauses();
        let Some(collections) = snapshot.integer(Field::NumGC) else {
            return;
        };
        let Some(strand) = self.strands.get_mut(index) else {
            return;
        };
        for (back, pause) in pauses.iter().rev().enumerate().rev() {
            let Some(cycle) = collections.checked_sub(back as u64) else {
                continue;
            };
            let end = signed(pause.end_unix);
            if cycle <= strand.last_end() {
                continue;
            }
            strand.remember_end(cycle, end, None);
            strand.add(Lane::Pause, || Event {
                lane: Lane::Pause,
                place: record.place,
                process: None,
                span: 0,
                stamp: Some(Stamp::Utc(end)),
                what: What::Pause {
                    cycle,
                    ns: pause.ns,
                },
            });
        }
    }

    fn add(
        &mut self,
        strand: usize,
        lane: Lane,
        record: &Record<'_>,
        process: Option<(Since, Bounds)>,
        span: u64,
        what: impl FnOnce() -> What,
    ) {
        if let Some(strand) = self.strands.get_mut(strand) {
            strand.add(lane, || Event {
                lane,
                place: record.place,
                process,
                span,
                stamp: record.stamp,
                what: what(),
            });
        }
    }

    /// Tells the strand's clocks that a line was written, at `process` when the line says so itself.
    fn written(&mut self, strand: usize, record: &Record<'_>, process: Option<Bounds>) {
        let Some(strand) = self.strands.get_mut(strand) else {
            return;
        };
        match (record.stamp, process) {
            (Some(stamp), Some(at)) => {
                strand.wall.timed(stamp, at);
                strand.wall.passed(at);
            }
            (None, Some(at)) => strand.wall.passed(at),
            (Some(stamp), None) => strand.wall.untimed(stamp),
            (None, None) => {}
        }
    }

    /// The strand that a record belongs to.
    fn of(&mut self, origin: Origin, of: Of) -> usize {
        let source = self.sources.len().saturating_sub(1);
        let runs = self.open.entry(origin).or_default();
        let fits = |run: &Run| match of {
            Of::Gc(id) => run.gc == Some(id),
            Of::Sample(millis) => run.sample.is_none_or(|last| millis >= last),
            Of::Last => true,
        };
        let free = |run: &Run| matches!(of, Of::Gc(_)) && run.gc.is_none();
        let current = runs.all.get(runs.current);
        let found = current
            .is_some_and(&fits)
            .then_some(runs.current)
            .or_else(|| match of {
                Of::Gc(_) => runs.all.iter().position(fits),
                _ => None,
            })
            // Its first lines may have come before its first collection.
            .or_else(|| current.is_some_and(free).then_some(runs.current));
        let index = match found {
            Some(index) => index,
            None if runs.all.len() < MOST_RUNS => {
                runs.all.push(Run {
                    strand: self.strands.len(),
                    gc: None,
                    sample: None,
                });
                let run = runs.all.len() - 1;
                self.strands.push(Strand::new(source, String::new(), run));
                run
            }
            None => runs.all.len() - 1,
        };
        runs.current = index;
        let Some(run) = runs.all.get_mut(index) else {
            return 0;
        };
        match of {
            Of::Gc(id) => run.gc = Some(id),
            Of::Sample(millis) => run.sample = Some(millis),
            Of::Last => {}
        }
        run.strand
    }
}

/// The head of a text.
pub(super) fn head(text: &[u8]) -> Box<str> {
    let head = text.get(..MOST_TEXT).unwrap_or(text);
    head.to_str_lossy().into()
}
