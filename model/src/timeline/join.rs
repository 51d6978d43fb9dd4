//! Processes to one axis: which of them are the same process, when each started, and how sure that is.
//!
//! In order of trust:
//!
//! 1. `--align` is obeyed.
//! 2. Two processes whose collections have the same numbers at the same times are one process. A core, and memory
//!    statistics with `PauseEnd`, remember when the last 256 collections ended by the wall clock; a core also
//!    when the runtime started.
//! 3. Stamps tell when a process started by the wall clock ([`super::WallFit`]).
//! 4. A process with nothing but its own clock, beside exactly one process, is taken to be that process and says that
//!    it is an assumption. With more than one to choose from it stands at the axis' zero and says that it does
//!    not belong there.

use super::Bounds;
use super::merged::{Axis, Clock, LaneCount, Point, ProcessInfo, Timeline};
use super::place::{Placement, place};
use super::process::{Process, SLACK};
use super::source::{Source, Unread};
use super::wall::Zone;
use std::sync::Arc;

/// An order of the user's: where a source stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Align {
    /// The source, by its number.
    pub source: usize,
    /// So much later than it would stand without, or when its process started.
    pub to: Point,
}

/// Zones differ by multiples of this.
const QUARTER_HOUR: i64 = 15 * 60 * 1_000_000_000;

/// What was found out about one process.
struct Known {
    joined: usize,
    start: Option<Bounds>,
    how: Vec<String>,
    assumed: bool,
    /// What is added to its stamps.
    stamp_shift: i64,
    /// Its stamps' zone follows from another clock of the same process.
    zone_follows: bool,
}

/// Puts processes on one axis.
pub(super) fn join(
    sources: Vec<Source>,
    processes: Vec<Arc<Process>>,
    unread: Vec<Unread>,
    align: &[Align],
) -> Timeline {
    let processes: Vec<Arc<Process>> = processes
        .into_iter()
        .filter(|process| process.seen() > 0)
        .collect();
    let mut notes = Vec::new();
    let mut known: Vec<Known> = (0..processes.len())
        .map(|joined| Known {
            joined,
            start: None,
            how: Vec::new(),
            assumed: false,
            stamp_shift: 0,
            zone_follows: false,
        })
        .collect();
    same_processes(&sources, &processes, &mut known);
    starts(&sources, &processes, &mut known);
    zones(&sources, &processes, &known, &mut notes);
    assume(&processes, &mut known);
    obey(&processes, &mut known, align);
    let axis = axis(&processes, &known, &mut notes);
    let infos = processes
        .iter()
        .zip(&known)
        .map(|(process, known)| info(process, known, &axis))
        .collect();
    let placements: Vec<Placement> = processes
        .iter()
        .zip(&known)
        .map(|(process, known)| Placement {
            zero: axis.zero,
            start: known.start.or_else(|| {
                process
                    .has_process_clock()
                    .then_some(Bounds::exact(axis.zero))
            }),
            stamp_shift: known.stamp_shift,
            stamps: axis.clock == Clock::Wall,
        })
        .collect();
    let events = place(processes, &placements);
    Timeline {
        axis,
        sources,
        processes: infos,
        events,
        unread,
        notes,
    }
}

fn info(process: &Process, known: &Known, axis: &Axis) -> ProcessInfo {
    let start = known.start.map(|at| at.shift(axis.zero.saturating_neg()));
    let lanes = process.lanes.iter().map(|(lane, kept)| {
        let count = LaneCount {
            events: kept.seen,
            one_kept_in: kept.stride,
        };
        (*lane, count)
    });
    ProcessInfo {
        source: process.source,
        number: process.number,
        origin: process.origin.clone(),
        joined: known.joined,
        start_ns: start.map(Bounds::mid),
        start_plus_minus_ns: start.map(Bounds::plus_minus),
        how: known.how.clone(),
        assumed: known.assumed,
        lanes: lanes.collect(),
    }
}

/// Processes of different sources that are one process, by their collections.
fn same_processes(sources: &[Source], processes: &[Arc<Process>], known: &mut [Known]) {
    for (second, b) in processes.iter().enumerate() {
        for (first, a) in processes.iter().enumerate().take(second) {
            if a.source == b.source {
                continue;
            }
            let Some(common) = common_collections(a, b).or_else(|| common_collections(b, a)) else {
                continue;
            };
            let Some(of) = known.get(first).map(|known| known.joined) else {
                continue;
            };
            let name = |process: &Process| {
                let source = sources.get(process.source);
                source.map_or_else(String::new, |source| source.name.clone())
            };
            if let Some(known) = known.get_mut(second)
                && known.joined != of
            {
                known.joined = of;
                known.how.push(format!(
                    "the same process as in {}: {common} collections have the same number and time",
                    name(a)
                ));
            }
        }
    }
}

/// How many collections two processes have in common, when all that could be common are.
fn common_collections(a: &Process, b: &Process) -> Option<usize> {
    let mut common = 0;
    if let Some(started) = b.core_start {
        for (number, end) in &b.unix_ends {
            let Some(mark) = a.marks.get(*number) else {
                continue;
            };
            let since = Bounds::exact(end.saturating_sub(started.lo));
            let allowed = Bounds {
                lo: mark.end.lo.saturating_sub(SLACK),
                hi: mark.end.hi.saturating_add(SLACK),
            };
            allowed.and(since)?;
            common += 1;
        }
    } else if !b.unix_ends.is_empty() {
        // One alone would fit any process.
        let (_, ends) = a.start_by_ends(b)?;
        common = if ends >= 2 { ends } else { 0 };
    } else {
        for mark in b.marks.iter() {
            let Some(other) = a.marks.get(mark.number) else {
                continue;
            };
            if other.start != mark.start || other.end != mark.end {
                return None;
            }
            common += 1;
        }
        // Of short runs the first collections look alike.
        let fewest = a.marks.iter().count().min(b.marks.iter().count());
        if common < fewest.min(3) {
            return None;
        }
    }
    (common > 0).then_some(common)
}

/// When each process started, by the wall clock.
fn starts(sources: &[Source], processes: &[Arc<Process>], known: &mut [Known]) {
    let joined: Vec<usize> = known.iter().map(|known| known.joined).collect();
    for number in 0..processes.len() {
        let members = || (0..processes.len()).filter(|i| joined.get(*i) == Some(&number));
        let mut best: Option<(Zone, Bounds, usize)> = None;
        for index in members() {
            let Some(process) = processes.get(index) else {
                continue;
            };
            let by_ends =
                members().filter_map(|other| process.start_by_ends(processes.get(other)?));
            let own = process
                .core_start
                .or_else(|| by_ends.map(|(start, _)| start).next())
                .map(|start| (Zone::Utc, start))
                .or_else(|| process.wall.start().filter(|(zone, _)| *zone != Zone::Boot));
            let Some((zone, bounds)) = own else { continue };
            let better = best.is_none_or(|(best_zone, best_bounds, _)| {
                (zone != Zone::Utc, bounds.plus_minus())
                    < (best_zone != Zone::Utc, best_bounds.plus_minus())
            });
            if better {
                best = Some((zone, bounds, index));
            }
        }
        let Some((zone, bounds, from)) = best else {
            continue;
        };
        let name = processes
            .get(from)
            .and_then(|process| sources.get(process.source))
            .map_or("", |source| source.name.as_str());
        for index in members() {
            let (Some(process), Some(known)) = (processes.get(index), known.get_mut(index)) else {
                continue;
            };
            known.start = Some(bounds);
            known.how.push(if index != from {
                format!("start as {name} has it")
            } else if process.core_start.is_some() {
                "start as the runtime kept it".to_owned()
            } else if zone == Zone::Utc && process.wall.start().is_none_or(|(_, own)| own != bounds)
            {
                "start by the ends of collections in memory statistics".to_owned()
            } else {
                format!(
                    "start by the stamps of {} lines{}",
                    process.wall.lines(),
                    zone_note(zone)
                )
            });
            // Stamps without a zone, of a process whose start is known with one: the difference is the zone.
            if let Some((own_zone, own)) = process.wall.start()
                && own_zone != Zone::Utc
                && own_zone != Zone::Boot
            {
                let off = bounds.mid().saturating_sub(own.mid());
                let zone_shift = (off + QUARTER_HOUR / 2).div_euclid(QUARTER_HOUR) * QUARTER_HOUR;
                known.stamp_shift = if own_zone == Zone::NoYear {
                    off
                } else {
                    zone_shift
                };
                known.zone_follows = zone == Zone::Utc;
                if known.stamp_shift != 0 && index != from {
                    known
                        .how
                        .push("its stamps moved to the same zone".to_owned());
                }
            }
        }
    }
}

/// Says of sources whose stamps have no zone, and that nothing else gave one.
fn zones(sources: &[Source], processes: &[Arc<Process>], known: &[Known], notes: &mut Vec<String>) {
    for (process, known) in processes.iter().zip(known) {
        let (Some(zone), Some(source)) = (process.wall.zone(), sources.get(process.source)) else {
            continue;
        };
        let note = zone_note(zone);
        if note.is_empty() || known.zone_follows {
            continue;
        }
        let note = format!("{}: its stamps{note}", source.name);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

fn zone_note(zone: Zone) -> &'static str {
    match zone {
        Zone::Utc => "",
        Zone::Unwritten => {
            " have no zone and are taken as UTC: beside other clocks they may be hours off"
        }
        Zone::NoYear => " have neither year nor zone: beside other clocks they mean nothing",
        Zone::Boot => " count from the machine's start",
    }
}

/// Processes that nothing ties to a process, beside exactly one.
fn assume(processes: &[Arc<Process>], known: &mut [Known]) {
    let mut others: Vec<usize> = processes
        .iter()
        .zip(&*known)
        .filter(|(process, known)| {
            process.has_process_clock() && (known.start.is_some() || has_collections(process))
        })
        .map(|(_, known)| known.joined)
        .collect();
    others.sort_unstable();
    others.dedup();
    let [only] = others[..] else { return };
    let start = known
        .iter()
        .find(|known| known.joined == only)
        .and_then(|known| known.start);
    for (process, known) in processes.iter().zip(known.iter_mut()) {
        let loose = process.has_process_clock() && known.joined != only && known.start.is_none();
        if loose {
            known.joined = only;
            known.start = start;
            known.assumed = true;
            known.how.push(
                "assumed to be the same process: it is the only other one (--align overrides)"
                    .to_owned(),
            );
        }
    }
}

fn has_collections(process: &Process) -> bool {
    process.marks.iter().next().is_some() || !process.unix_ends.is_empty()
}

fn obey(processes: &[Arc<Process>], known: &mut [Known], align: &[Align]) {
    for order in align {
        for (process, known) in processes.iter().zip(known.iter_mut()) {
            if process.source != order.source {
                continue;
            }
            match order.to {
                Point::Offset(by) => {
                    known.start = known.start.map(|start| start.shift(by));
                    if known.start.is_none() && process.has_process_clock() {
                        known.start = Some(Bounds::exact(by));
                    }
                    known.stamp_shift = known.stamp_shift.saturating_add(by);
                }
                Point::Unix(unix) => {
                    if let Some(start) = known.start {
                        let by = unix.saturating_sub(start.mid());
                        known.stamp_shift = known.stamp_shift.saturating_add(by);
                    }
                    known.start = Some(Bounds::exact(unix));
                }
            }
            known.assumed = false;
            known.how = vec!["as --align says".to_owned()];
        }
    }
}

/// The axis. Processes without a start are put at its zero.
fn axis(processes: &[Arc<Process>], known: &[Known], notes: &mut Vec<String>) -> Axis {
    let starts = known.iter().filter_map(|known| known.start);
    let first_start = starts.map(Bounds::mid).min();
    let stamped = processes
        .iter()
        .zip(known)
        .flat_map(|(process, known)| {
            let shift = known.stamp_shift;
            process
                .lanes
                .values()
                .flat_map(|kept| &kept.events)
                .filter_map(move |event| event.stamp)
                .map(Zone::of)
                .filter(|(zone, _)| *zone != Zone::Boot)
                .map(move |(_, at)| at.saturating_add(shift))
        })
        .min();
    let wall = processes
        .iter()
        .any(|process| process.core_start.is_some() || process.wall.start().is_some())
        || stamped.is_some();
    let mut loose: Vec<usize> = processes
        .iter()
        .zip(known)
        .filter(|(process, known)| process.has_process_clock() && known.start.is_none())
        .map(|(_, known)| known.joined)
        .collect();
    loose.sort_unstable();
    loose.dedup();
    if loose.len() > usize::from(!wall) {
        notes.push(format!(
            "{} tied to nothing else, at the axis' zero as if started then: --align SOURCE=OFFSET says when they did",
            if loose.len() == 1 { "one process is".to_owned() } else { format!("{} processes are", loose.len()) }
        ));
    }
    let clock = if wall { Clock::Wall } else { Clock::Process };
    let zero = match clock {
        // From the process's start, when it is known and not long before everything else.
        Clock::Wall => first_start.or(stamped).unwrap_or(0),
        Clock::Process => 0,
    };
    Axis { clock, zero }
}
