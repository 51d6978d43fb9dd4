//! A cycle of any release, and what follows from its own numbers.

use crate::log::ProcessId;
use crate::units::duration;
use dumpview_parsers::gctrace::{self, Dialect};
use dumpview_parsers::log::{Place, Stamp};
use dumpview_parsers::quantity::{MiB, Nanos};

/// What was printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Printed {
    /// Go 1.5 and later.
    Cycle(gctrace::Cycle),
    /// Go 1.1 to 1.4.
    Old(gctrace::OldCycle),
}

/// A cycle, where it stood and whose it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cycle {
    /// Who made it.
    pub process: ProcessId,
    /// Where its line begins.
    pub place: Place,
    /// When it was written, by the line's prefix.
    pub stamp: Option<Stamp>,
    /// Every number of the line.
    pub printed: Printed,
    /// sysmon announced it: nothing had been collected for two minutes.
    pub sysmon_forced: bool,
    /// Cycles between the one before and this one that are not in the log.
    pub lost_before: u64,
    /// It may be another process's: two had a claim to it, or the gap before it is long.
    pub doubtful: bool,
}

impl Cycle {
    /// `cycle 12 at 3.4 s`.
    pub(super) fn words(&self) -> String {
        match self.start() {
            Some(_) if self.is_before_start() => {
                format!("cycle {} before the start", self.number())
            }
            Some(start) => format!("cycle {} at {}", self.number(), duration(start.0)),
            None => format!("cycle {}", self.number()),
        }
    }

    /// Its number, as counted by its process.
    pub fn number(&self) -> u32 {
        match &self.printed {
            Printed::Cycle(cycle) => cycle.number,
            Printed::Old(cycle) => cycle.number,
        }
    }

    /// Which releases print such a line.
    pub fn dialect(&self) -> Dialect {
        match &self.printed {
            Printed::Cycle(cycle) => cycle.dialect,
            Printed::Old(cycle) => cycle.dialect,
        }
    }

    /// When it started, since the runtime did; not printed up to 1.4.
    pub fn start(&self) -> Option<Nanos> {
        match &self.printed {
            Printed::Cycle(cycle) => Some(cycle.start),
            Printed::Old(_) => None,
        }
    }

    /// Its clock stood before the start of the runtime: it was set back since, and the difference wrapped around.
    pub fn is_before_start(&self) -> bool {
        self.start()
            .is_some_and(|start| start.0 > i64::MAX.cast_unsigned())
    }

    /// Wall time from its start to its end.
    pub fn wall(&self) -> Nanos {
        match &self.printed {
            Printed::Cycle(cycle) => cycle.clock.total(),
            Printed::Old(_) => self.pause(),
        }
    }

    /// When it ended, since the runtime started.
    pub fn end(&self) -> Option<Nanos> {
        Some(Nanos(self.start()?.0.saturating_add(self.wall().0)))
    }

    /// How long the world stood still: sweep termination and mark termination; up to 1.4 all of it.
    pub fn pause(&self) -> Nanos {
        match &self.printed {
            Printed::Cycle(cycle) => sum([
                Some(cycle.clock.sweep_termination),
                Some(cycle.clock.mark_termination),
            ]),
            Printed::Old(cycle) => sum([
                cycle.stop,
                Some(cycle.sweep),
                Some(cycle.mark),
                Some(cycle.rest),
            ]),
        }
    }

    /// The true pause is less than `pause + pause_step`: each number was cut down.
    pub fn pause_step(&self) -> Nanos {
        match &self.printed {
            Printed::Cycle(cycle) => sum([
                Some(cycle.clock.sweep_termination.printed_step()),
                Some(cycle.clock.mark_termination.printed_step()),
            ]),
            Printed::Old(cycle) => {
                let step = match cycle.dialect {
                    Dialect::Go1_1 => 1_000_000,
                    _ => 1_000,
                };
                let numbers = 3 + u64::from(cycle.stop.is_some());
                Nanos(numbers * step)
            }
        }
    }

    /// The pause before marking, where that is a phase of its own.
    pub fn sweep_termination(&self) -> Option<Nanos> {
        match &self.printed {
            Printed::Cycle(cycle) => Some(cycle.clock.sweep_termination),
            Printed::Old(_) => None,
        }
    }

    /// The pause after marking, where that is a phase of its own.
    pub fn mark_termination(&self) -> Option<Nanos> {
        match &self.printed {
            Printed::Cycle(cycle) => Some(cycle.clock.mark_termination),
            Printed::Old(_) => None,
        }
    }

    /// Wall time of marking; in 1.5 with scanning and synchronizing, up to 1.4 in the pause.
    pub fn mark(&self) -> Nanos {
        match &self.printed {
            Printed::Cycle(cycle) => {
                sum([cycle.clock.scan, cycle.clock.sync, Some(cycle.clock.mark)])
            }
            Printed::Old(cycle) => cycle.mark,
        }
    }

    /// CPU time that the program lost to it: assists, background workers, and all Ps while the world stood still.
    /// Marking in idle time is left out, as the runtime does.
    pub fn cpu(&self) -> Option<Nanos> {
        match &self.printed {
            Printed::Cycle(cycle) => {
                let cpu = &cycle.cpu;
                Some(sum([
                    Some(cpu.sweep_termination),
                    cpu.scan,
                    cpu.sync,
                    Some(cpu.assist),
                    Some(cpu.background),
                    Some(cpu.mark_termination),
                ]))
            }
            Printed::Old(_) => None,
        }
    }

    /// Heap when it started, garbage included.
    pub fn heap_before(&self) -> MiB {
        match &self.printed {
            Printed::Cycle(cycle) => cycle.heap_start,
            Printed::Old(cycle) => match cycle.dialect {
                Dialect::Go1_1 => cycle.heap_from,
                _ => cycle.heap_to,
            },
        }
    }

    /// The largest heap that the line shows: at the end of marking, or at the start.
    pub fn heap_peak(&self) -> MiB {
        match &self.printed {
            Printed::Cycle(cycle) => cycle.heap_end.max(cycle.heap_start),
            Printed::Old(_) => self.heap_before(),
        }
    }

    /// Heap that this cycle found alive; 1.3 and 1.4 print it with the next cycle.
    pub fn live(&self) -> Option<MiB> {
        match &self.printed {
            Printed::Cycle(cycle) => Some(cycle.heap_live),
            Printed::Old(cycle) if cycle.dialect == Dialect::Go1_1 => Some(cycle.heap_to),
            Printed::Old(_) => None,
        }
    }

    /// Heap that the cycle before found alive, where this line says so: 1.3 and 1.4.
    pub fn live_of_previous(&self) -> Option<MiB> {
        match &self.printed {
            Printed::Old(cycle) if cycle.dialect != Dialect::Go1_1 => Some(cycle.heap_from),
            _ => None,
        }
    }

    /// The heap size it was to end within; Go 1.5 and later.
    pub fn goal(&self) -> Option<MiB> {
        match &self.printed {
            Printed::Cycle(cycle) => cycle.goal(),
            Printed::Old(_) => None,
        }
    }

    /// There was none, though this release prints one: GOGC was off, and no memory limit was set.
    pub fn has_no_goal(&self) -> bool {
        matches!(&self.printed, Printed::Cycle(cycle) if cycle.goal().is_none())
    }

    /// The heap was certainly above its goal when marking ended: whole MiB are compared.
    pub fn over_goal(&self) -> Option<MiB> {
        let over = self.heap_peak().0.checked_sub(self.goal()?.0)?;
        (over > 0).then_some(MiB(over))
    }

    /// Stacks and globals that count towards the goal; Go 1.18 and later.
    pub fn other_roots(&self) -> Option<MiB> {
        match &self.printed {
            Printed::Cycle(cycle) => Some(MiB(cycle.stacks?.0.saturating_add(cycle.globals?.0))),
            Printed::Old(_) => None,
        }
    }

    /// GOMAXPROCS; up to 1.4 not printed (only how many threads marked).
    pub fn procs(&self) -> Option<u32> {
        match &self.printed {
            Printed::Cycle(cycle) => Some(cycle.procs),
            Printed::Old(_) => None,
        }
    }

    /// Started by the program.
    pub fn forced(&self) -> bool {
        matches!(&self.printed, Printed::Cycle(cycle) if cycle.forced)
    }

    /// It looked for leaked goroutines.
    pub fn leak_check(&self) -> bool {
        matches!(&self.printed, Printed::Cycle(cycle) if cycle.leak_check)
    }

    /// The collector's share of CPU time since the process started, in whole percent.
    pub fn cpu_percent(&self) -> Option<u32> {
        match &self.printed {
            Printed::Cycle(cycle) => Some(cycle.cpu_percent),
            Printed::Old(_) => None,
        }
    }

    /// How many physical lines the record was pieced together from.
    pub fn pieces(&self) -> u32 {
        match &self.printed {
            Printed::Cycle(cycle) => cycle.pieces,
            Printed::Old(cycle) => cycle.pieces,
        }
    }

    /// Whether its times are not written as the runtime writes them.
    pub const fn edited(&self) -> bool {
        match &self.printed {
            Printed::Cycle(cycle) => cycle.edited,
            Printed::Old(_) => false,
        }
    }

    /// Where it stands on a chart's axis: nanoseconds since the runtime started, or its number where no time is
    /// printed.
    pub fn axis(&self) -> u64 {
        self.start()
            .map_or(u64::from(self.number()), |start| start.0)
    }
}

fn sum<const N: usize>(parts: [Option<Nanos>; N]) -> Nanos {
    Nanos(
        parts
            .into_iter()
            .flatten()
            .fold(0u64, |total, part| total.saturating_add(part.0)),
    )
}
