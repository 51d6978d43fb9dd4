//! Records of one log to the events of its processes, and when each says that it happened.

use super::event::{self, signed};
use super::process::Process;
use super::{Bounds, Lane, MemorySample, Moment, MomentKind, SchedSample, Since, What};
use crate::log::{ProcessId, Whose, head};
use crate::memstats::Snapshot;
use crate::oom::Killing;
use crate::traceback::{Begun, Ended};
use dumpview_parsers::log::{Kind, Origin, Record, Stamp};
use dumpview_parsers::memstats::{self, Field};
use dumpview_parsers::quantity::Nanos;
use dumpview_parsers::{gctrace, inittrace, scavtrace, schedtrace};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// So many processes of a log; the events of more are taken for the last one's.
const MOST_PROCESSES: usize = 256;

/// The events of one log. A clone is cheap: it shares every process until that goes on.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub(super) processes: Vec<Arc<Process>>,
    /// The index of each.
    by_id: FxHashMap<ProcessId, usize>,
    origins: Vec<Origin>,
}

impl Log {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record.
    pub fn record(&mut self, record: &Record<'_>, whose: Whose) {
        match &record.kind {
            Kind::Gc(gc) => self.gc(record, gc, whose),
            Kind::Sched(sched) => self.sched(record, sched, whose),
            Kind::Scavenger(scav) => self.scavenger(record, scav, whose),
            Kind::Init(init) => self.init(record, init, whose),
            Kind::MemStats(memstats::Record::Snapshot(snapshot)) => {
                self.memory(record, snapshot, whose);
            }
            Kind::Log(text) => self.log(record, text, whose),
            // What they add up to is told at its end; that they were written bounds the clocks now.
            Kind::Traceback(_) | Kind::Race(_) if record.stamp.is_some() => {
                self.process(whose, record.origin).wrote(record, None);
            }
            _ => {}
        }
    }

    /// Takes a crash, a dump or a race report whose last line has come.
    pub fn ended(&mut self, begun: Begun, ended: Ended<'_>) {
        let moment = match ended {
            Ended::Dump(dump) => Moment {
                kind: if dump.fatal {
                    MomentKind::Crash
                } else {
                    MomentKind::Dump
                },
                text: dump.text().into(),
                goroutines: (dump.goroutines > 0).then_some(dump.goroutines as u64),
            },
            Ended::Race(race) => Moment {
                kind: MomentKind::Race,
                text: race.title().into(),
                goroutines: None,
            },
        };
        let record = Record {
            place: begun.place,
            stamp: begun.stamp,
            origin: begun.origin,
            doubtful: false,
            kind: Kind::Log(b""),
        };
        let whose = Whose {
            process: begun.process,
            ..Whose::default()
        };
        self.moment(&record, whose, moment);
    }

    /// Takes a kill.
    pub fn killed(&mut self, record: &Record<'_>, whose: Whose, killing: &Killing) {
        let moment = Moment {
            kind: MomentKind::Oom,
            text: killing.sentence().into(),
            goroutines: None,
        };
        self.process(whose, record.origin).wrote(record, None);
        self.moment(record, whose, moment);
    }

    /// The log has ended; `name_of` tells what its prefixes call an origin.
    pub fn end(&mut self, name_of: impl Fn(Origin) -> String) {
        for (process, origin) in self.processes.iter_mut().zip(&self.origins) {
            Arc::make_mut(process).origin = name_of(*origin);
        }
    }

    fn moment(&mut self, record: &Record<'_>, whose: Whose, moment: Moment) {
        let process = self.process(whose, record.origin);
        process.add_of(Lane::Moment, record, None, 0, || {
            What::Moment(Box::new(moment))
        });
    }

    fn gc(&mut self, record: &Record<'_>, gc: &gctrace::Record<'_>, whose: Whose) {
        match gc {
            gctrace::Record::Cycle(_) | gctrace::Record::OldCycle(_) if whose.repeated => {}
            gctrace::Record::Cycle(cycle) => {
                let process = self.process(whose, record.origin);
                let end = process.collected(cycle);
                process.wrote(record, Some(end));
                let own = Some((Since::Start, event::start(cycle)));
                let span = u64::try_from(event::length(cycle).lo).unwrap_or(0);
                process.add_of(Lane::Gc, record, own, span, || {
                    What::Cycle(Box::new(*cycle))
                });
            }
            gctrace::Record::OldCycle(old) => {
                let process = self.process(whose, record.origin);
                process.wrote(record, None);
                process.add_of(Lane::Gc, record, None, 0, || What::OldCycle(Box::new(*old)));
            }
            gctrace::Record::SysmonForced { .. } => {
                let process = self.process(whose, record.origin);
                process.wrote(record, None);
                process.add_of(Lane::Gc, record, None, 0, || What::SysmonForced);
            }
            _ => {}
        }
    }

    fn sched(&mut self, record: &Record<'_>, sched: &schedtrace::Record<'_>, whose: Whose) {
        match sched {
            schedtrace::Record::Sample(sample) => {
                let process = self.process(whose, record.origin);
                process.sampled(sample.millis);
                process.wrote(record, None);
                let lo = signed(sample.millis.saturating_mul(1_000_000));
                let at = Bounds {
                    lo,
                    hi: lo.saturating_add(999_999),
                };
                let own = Some((Since::FirstSample, at));
                process.add_of(Lane::Sched, record, own, 0, || {
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
                let process = self.process(whose, record.origin);
                let last = process.last(Lane::Sched);
                if let Some(What::Sched(sample)) = last.map(|event| &mut event.what) {
                    let mut local = std::mem::take(&mut sample.local).into_vec();
                    local.push(p.runqsize);
                    sample.local = local.into_boxed_slice();
                }
            }
            _ => {}
        }
    }

    fn scavenger(&mut self, record: &Record<'_>, scav: &scavtrace::Record, whose: Whose) {
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
        let process = self.process(whose, record.origin);
        process.wrote(record, None);
        process.add_of(Lane::Scavenger, record, None, 0, || What::Scavenged {
            released,
            now,
        });
    }

    fn init(&mut self, record: &Record<'_>, init: &inittrace::Record<'_>, whose: Whose) {
        let process = self.process(whose, record.origin);
        let cut = |printed: Nanos| {
            let lo = signed(printed.0);
            Bounds {
                lo,
                hi: lo.saturating_add(signed(printed.printed_step().0)),
            }
        };
        let start = cut(init.start);
        let end = start.plus(cut(init.clock));
        process.wrote(record, Some(end));
        process.initialised(end);
        let own = Some((Since::Start, start));
        process.add_of(Lane::Init, record, own, init.clock.0, || What::Init {
            package: head(init.package).into(),
            bytes: init.bytes.0,
            allocs: init.allocs,
        });
    }

    /// A line that its prefix gives no time may begin with one itself.
    fn log(&mut self, record: &Record<'_>, text: &[u8], whose: Whose) {
        if text.trim_ascii().is_empty() {
            return;
        }
        let own = || Stamp::read(text).map(|(stamp, _)| stamp);
        let record = &Record {
            stamp: record.stamp.or_else(own),
            ..*record
        };
        let process = self.process(whose, record.origin);
        process.wrote(record, None);
        process.add_of(Lane::Log, record, None, 0, || What::Log {
            text: head(text).into(),
        });
    }

    /// What was rounded when it was printed makes no series.
    fn memory(&mut self, record: &Record<'_>, printed: &memstats::Snapshot, whose: Whose) {
        let snapshot = Snapshot::new(0, record.place, record.stamp, printed);
        let sample = MemorySample {
            heap_alloc: snapshot.heap_alloc(),
            heap_inuse: snapshot.integer(Field::HeapInuse),
            heap_released: snapshot.integer(Field::HeapReleased),
            sys: snapshot.integer(Field::Sys),
            num_gc: snapshot.integer(Field::NumGC),
        };
        let process = self.process(whose, record.origin);
        process.wrote(record, None);
        process.add_of(Lane::Memory, record, None, 0, || {
            What::Memory(Box::new(sample))
        });
        process.remember_pauses(record, &snapshot);
    }

    /// The process that wrote a record.
    fn process(&mut self, whose: Whose, origin: Origin) -> &mut Process {
        let id = whose.process;
        let index = match self.by_id.get(&id) {
            Some(index) => *index,
            None if self.processes.len() < MOST_PROCESSES => {
                self.processes
                    .push(Arc::new(Process::new(0, String::new(), id)));
                self.origins.push(origin);
                self.by_id.insert(id, self.processes.len() - 1);
                self.processes.len() - 1
            }
            None => self.processes.len() - 1,
        };
        #[expect(clippy::indexing_slicing, reason = "found, or pushed just now")]
        Arc::make_mut(&mut self.processes[index])
    }
}
