//! What else the runtime prints about memory: scavenger, pacer, scan and init lines. None of them names its process, so
//! they are kept until the next cycle tells whose they are.

use dumpview_parsers::quantity::{KiB, Nanos};
use dumpview_parsers::{gctrace, inittrace, pacertrace, scavtrace};

/// Package initialisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inits {
    /// Packages.
    pub packages: u64,
    /// Their time, added up (cut down as printed).
    pub clock: Nanos,
    /// What they allocated, in bytes.
    pub bytes: u64,
    /// In how many objects.
    pub allocs: u64,
    /// The slowest: package, time, line.
    pub slowest: Option<(String, Nanos, u64)>,
}

/// The scavenger.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scavenger {
    /// Lines.
    pub lines: u64,
    /// Given back in the background, added up.
    pub background: KiB,
    /// Given back by allocating goroutines, added up: work done under a memory limit.
    pub eager: KiB,
    /// Lines that say `(forced)`.
    pub forced: u64,
    /// Given back now, by the last line that says so.
    pub now: Option<KiB>,
    /// In use of what is not given back, in percent, by the last line.
    pub util_percent: Option<u64>,
}

/// The pacer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pacer {
    /// Cycles it spoke of.
    pub cycles: u64,
    /// Cycles that ended above their goal, to the byte.
    pub overshoots: u64,
    /// The largest overshoot in bytes, and its line.
    pub worst: Option<(u64, u64)>,
    /// The highest assist ratio, and its line.
    pub assist_ratio: Option<(f64, u64)>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// Package initialisation.
    pub inits: Inits,
    /// The scavenger.
    pub scavenger: Scavenger,
    /// The pacer.
    pub pacer: Pacer,
    /// Objects scanned (`gctrace=2`).
    pub scanned_objects: Option<u64>,
}

impl Extras {
    pub(super) fn init(&mut self, init: &inittrace::Record<'_>, line: u64) {
        let inits = &mut self.inits;
        inits.packages += 1;
        inits.clock.0 = inits.clock.0.saturating_add(init.clock.0);
        inits.bytes = inits.bytes.saturating_add(init.bytes.0);
        inits.allocs = inits.allocs.saturating_add(init.allocs);
        if inits
            .slowest
            .as_ref()
            .is_none_or(|(_, clock, _)| init.clock > *clock)
        {
            let package = String::from_utf8_lossy(init.package).into_owned();
            inits.slowest = Some((package, init.clock, line));
        }
    }

    pub(super) fn scavenger(&mut self, record: &scavtrace::Record) {
        let scavenger = &mut self.scavenger;
        scavenger.lines += 1;
        match record {
            scavtrace::Record::Work(work) => {
                add(&mut scavenger.background, work.background);
                add(&mut scavenger.eager, work.eager.unwrap_or_default());
                scavenger.forced += u64::from(work.forced);
                scavenger.now = Some(work.now);
                scavenger.util_percent = Some(work.util_percent);
            }
            scavtrace::Record::Released(released) => {
                add(&mut scavenger.background, released.released);
                scavenger.forced += u64::from(released.forced);
            }
            scavtrace::Record::State(state) => {
                scavenger.now = Some(KiB(state.released.0.saturating_mul(1024)));
            }
            _ => {}
        }
    }

    pub(super) fn pacer(&mut self, record: &pacertrace::Record, line: u64) {
        let pacer = &mut self.pacer;
        match record {
            pacertrace::Record::Start(start) => {
                let ratio = Some((start.assist_ratio, line));
                pacer.assist_ratio = greater(pacer.assist_ratio, ratio);
            }
            pacertrace::Record::End(end) => {
                pacer.cycles += 1;
                if let Ok(over) = u64::try_from(end.goal_delta)
                    && over > 0
                {
                    pacer.overshoots += 1;
                    if pacer.worst.is_none_or(|(worst, _)| over > worst) {
                        pacer.worst = Some((over, line));
                    }
                }
            }
            pacertrace::Record::OldEnd(_) => pacer.cycles += 1,
            _ => {}
        }
    }

    pub(super) fn scan(&mut self, scan: &gctrace::Scan) {
        if scan.class == gctrace::ScanClass::Total {
            let total = self.scanned_objects.get_or_insert(0);
            *total = total.saturating_add(scan.objects);
        }
    }
}

fn add(total: &mut KiB, more: KiB) {
    total.0 = total.0.saturating_add(more.0);
}

fn greater<T: PartialOrd + Copy>(a: Option<(T, u64)>, b: Option<(T, u64)>) -> Option<(T, u64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 > a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}
