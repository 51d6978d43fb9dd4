//! Records to strands: which process each is of, and when it says it happened.

use super::event::signed;
use super::crash::Crash;
use super::strand::Strand;
use super::{
    Bounds, Event, Lane, MemorySample, Moment, MomentKind, SchedSample, Since, Timeline, What, join,
};
use bstr::ByteSlice;
use dumpview_parsers::gctrace::{self, Cycle};
use dumpview_parsers::log::{Kind, Origin, Record, Unreadable};
use dumpview_parsers::quantity::Nanos;
use dumpview_parsers::{inittrace, scavtrace, schedtrace, traceback};
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
#[derive(Debug, Default)]
pub struct Collector {
    sources: Vec<Source>,
    strands: Vec<Strand>,
    unreadable: Vec<UnreadableLine>,
    /// The strands of the input that is being read, by origin.
    open: FxHashMap<Origin, Runs>,
    /// The crash whose records are coming.
    crash: Option<Crash>,
}

/// The processes of one origin. More than one may write at a time.
#[derive(Debug, Default)]
struct Runs {
    /// In order of appearance: the strand, and its last collection.
    all: Vec<Run>,
    /// The one that wrote last.
    current: usize,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    strand: usize,
    last: Option<(u64, Nanos)>,
    sample: Option<u64>,
}

impl Collector {
    /// Without inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is read next is a log of this name.
    pub fn begin_log(&mut self, name: &str) {
        self.sources.push(Source {
            name: name.to_owned(),
            kind: "log",
            go_version: None,
            unreadable: 0,
        });
    }

    /// The log has ended; `name_of` tells what its prefixes call an origin.
    pub fn end_log(&mut self, name_of: impl Fn(Origin) -> String) {
        self.end_crash();
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
        if !matches!(record.kind, Kind::Traceback(_)) {
            self.end_crash();
        }
        match &record.kind {
            Kind::Gc(gc) => self.gc(record, gc),
            Kind::Sched(sched) => self.sched(record, sched),
            Kind::Scavenger(scav) => self.scavenger(record, scav),
            Kind::Init(init) => self.init(record, init),
            Kind::Traceback(traceback) => self.traceback(record, traceback),
            Kind::Unreadable(lost) => self.lost(record, lost),
            Kind::Log(text) => self.log(record, text),
            _ => {}
        }
    }

    fn traceback(&mut self, record: &Record<'_>, traceback: &traceback::Record<'_>) {
        let another = self
            .crash
            .as_ref()
            .is_some_and(|crash| crash.origin != record.origin || crash.is_over_at(traceback));
        if another {
            self.end_crash();
        }
        self.crash
            .get_or_insert_with(|| Crash::new(record.place, record.stamp, record.origin))
            .add(traceback);
    }

    fn end_crash(&mut self) {
        let Some(crash) = self.crash.take() else {
            return;
        };
        let (place, stamp, origin) = (crash.place, crash.stamp, crash.origin);
        if let Some(moment) = crash.finish() {
            let record = Record {
                place,
                stamp,
                origin,
                kind: Kind::Log(b""),
            };
            self.moment(&record, moment);
        }
    }

    /// The timeline of all inputs on one axis.
    pub fn finish(self, align: &[join::Align]) -> Timeline {
        join::join(self.sources, self.strands, self.unreadable, align)
    }

    fn gc(&mut self, record: &Record<'_>, gc: &gctrace::Record<'_>) {
        match gc {
            gctrace::Record::Cycle(cycle) => self.cycle(record, cycle),
            gctrace::Record::OldCycle(old) => {
                let strand = self.of(record.origin, Some((u64::from(old.number), None)), None);
                self.written(strand, record, None);
                self.add(strand, Lane::Gc, record, None, 0, || {
                    What::OldCycle(Box::new(*old))
                });
            }
            gctrace::Record::SysmonForced { .. } => {
                let strand = self.of(record.origin, None, None);
                self.written(strand, record, None);
                self.add(strand, Lane::Gc, record, None, 0, || What::SysmonForced);
            }
            _ => {}
        }
    }

    fn cycle(&mut self, record: &Record<'_>, cycle: &Cycle) {
        let number = (u64::from(cycle.number), Some(cycle.start));
        let index = self.of(record.origin, Some(number), None);
        let Some(strand) = self.strands.get_mut(index) else {
            return;
        };
        let end = strand.collected(cycle);
        self.written(index, record, Some(end));
        let start = super::event::start(cycle);
        let span = u64::try_from(super::event::length(cycle).lo).unwrap_or(0);
        let process = Some((Since::Start, start));
        self.add(index, Lane::Gc, record, process, span, || {
            What::Cycle(Box::new(*cycle))
        });
    }

    fn sched(&mut self, record: &Record<'_>, sched: &schedtrace::Record<'_>) {
        match sched {
            schedtrace::Record::Sample(sample) => {
                let index = self.of(record.origin, None, Some(sample.millis));
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
                let index = self.of(record.origin, None, None);
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
        let index = self.of(record.origin, None, None);
        self.written(index, record, None);
        self.add(index, Lane::Scavenger, record, None, 0, || {
            What::Scavenged { released, now }
        });
    }

    fn init(&mut self, record: &Record<'_>, init: &inittrace::Record<'_>) {
        let index = self.of(record.origin, None, None);
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

    fn log(&mut self, record: &Record<'_>, text: &[u8]) {
        if text.trim_ascii().is_empty() {
            return;
        }
        let index = self.of(record.origin, None, None);
        self.written(index, record, None);
        self.add(index, Lane::Log, record, None, 0, || What::Log {
            text: head(text),
        });
    }

    fn moment(&mut self, record: &Record<'_>, moment: Moment) {
        let index = self.of(record.origin, None, None);
        self.written(index, record, None);
        self.add(index, Lane::Moment, record, None, 0, || {
            What::Moment(Box::new(moment))
        });
    }

    fn memory(&mut self, record: &Record<'_>, sample: MemorySample) {
        let index = self.of(record.origin, None, None);
        self.written(index, record, None);
        self.add(index, Lane::Memory, record, None, 0, || {
            What::Memory(Box::new(sample))
        });
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

    /// The strand that a record belongs to: by its collection's number and time, by its scheduler sample, or the
    /// one that wrote last.
    fn of(
        &mut self,
        origin: Origin,
        collection: Option<(u64, Option<Nanos>)>,
        sample: Option<u64>,
    ) -> usize {
        let source = self.sources.len().saturating_sub(1);
        let runs = self.open.entry(origin).or_default();
        let continues = |run: &Run| {
            let collection = collection.is_none_or(|(number, start)| {
                run.last
                    .is_none_or(|(last, at)| number > last && start.is_none_or(|start| start >= at))
            });
            let sample = sample.is_none_or(|millis| run.sample.is_none_or(|last| millis >= last));
            collection && sample
        };
        // The exact successor first: of two processes that write at once, each goes on with its own numbers.
        let succeeds = |run: &Run| {
            collection
                .is_some_and(|(number, _)| run.last.is_some_and(|(last, _)| number == last + 1))
                && continues(run)
        };
        let found = runs
            .all
            .iter()
            .rposition(succeeds)
            .or_else(|| {
                let current = runs.all.get(runs.current)?;
                continues(current).then_some(runs.current)
            })
            .or_else(|| {
                // A first collection is never one of an older process.
                let first = collection.is_some_and(|(number, _)| number == 1);
                (!first && sample.is_none()).then(|| runs.all.iter().rposition(continues))?
            });
        let index = match found {
            Some(index) => index,
            None if runs.all.len() < MOST_RUNS => {
                runs.all.push(Run {
                    strand: self.strands.len(),
                    last: None,
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
        if let Some((number, start)) = collection {
            run.last = Some((number, start.unwrap_or_default()));
        }
        if sample.is_some() {
            run.sample = sample;
        }
        run.strand
    }
}

/// The head of a text.
pub(super) fn head(text: &[u8]) -> Box<str> {
    let head = text.get(..MOST_TEXT).unwrap_or(text);
    head.to_str_lossy().into()
}
