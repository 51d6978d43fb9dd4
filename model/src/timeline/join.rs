//! Strands to one axis: which of them are the same process, when each started, and how sure that is.
//!
//! In order of trust:
//!
//! 1. `--align` is obeyed.
//! 2. Two strands whose collections have the same numbers at the same times are one process. A core, and memory
//!    statistics with `PauseEnd`, remember when the last 256 collections ended by the wall clock; a core also
//!    when the runtime started.
//! 3. Stamps tell when a process started by the wall clock ([`super::WallFit`]).
//! 4. A strand with nothing but its own clock, beside exactly one process, is taken to be that process and says that
//!    it is an assumption. With more than one to choose from it stands at the axis' zero and says that it does
//!    not belong there.

use super::Bounds;
use super::collect::{Source, UnreadableLine};
use super::merged::{Axis, Clock, StrandInfo, Timeline};
use super::place::{Placement, place};
use super::strand::{SLACK, Strand};
use super::wall::Zone;

/// An order of the user's: where a source stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Align {
    /// The source, by its number.
    pub source: usize,
    /// Where.
    pub to: AlignTo,
}

/// Where a source is put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlignTo {
    /// So many nanoseconds later than it would stand without.
    Shift(i64),
    /// Its process started then, nanoseconds since 1970.
    Start(i64),
}

/// Zones differ by multiples of this.
const QUARTER_HOUR: i64 = 15 * 60 * 1_000_000_000;

/// What was found out about one strand.
struct Known {
    process: usize,
    start: Option<Bounds>,
    how: Vec<String>,
    assumed: bool,
    /// What is added to its stamps.
    stamp_shift: i64,
    /// Its stamps' zone follows from another clock of the same process.
    zone_follows: bool,
}

/// Puts strands on one axis.
pub(super) fn join(
    sources: Vec<Source>,
    strands: Vec<Strand>,
    unreadable: Vec<UnreadableLine>,
    align: &[Align],
) -> Timeline {
    let strands: Vec<Strand> = strands.into_iter().filter(|s| s.seen() > 0).collect();
    let mut notes = Vec::new();
    let mut known: Vec<Known> = (0..strands.len())
        .map(|process| Known {
            process,
            start: None,
            how: Vec::new(),
            assumed: false,
            stamp_shift: 0,
            zone_follows: false,
        })
        .collect();
    same_processes(&sources, &strands, &mut known);
    starts(&sources, &strands, &mut known);
    zones(&sources, &strands, &known, &mut notes);
    assume(&strands, &mut known);
    obey(&strands, &mut known, align);
    let axis = axis(&strands, &known, &mut notes);
    let infos = strands
        .iter()
        .zip(&known)
        .map(|(strand, known)| info(strand, known, &axis))
        .collect();
    let placements: Vec<Placement> = strands
        .iter()
        .zip(&known)
        .map(|(strand, known)| Placement {
            zero: axis.zero,
            start: known.start.or_else(|| {
                strand
                    .has_process_clock()
                    .then_some(Bounds::exact(axis.zero))
            }),
            stamp_shift: known.stamp_shift,
            stamps: axis.clock == Clock::Wall,
        })
        .collect();
    let events = place(strands, &placements);
    Timeline {
        axis,
        sources,
        strands: infos,
        events,
        unreadable,
        notes,
    }
}

fn info(strand: &Strand, known: &Known, axis: &Axis) -> StrandInfo {
    StrandInfo {
        source: strand.source,
        origin: strand.origin.clone(),
        run: strand.run,
        process: known.process,
        start: known
            .start
            .map(|start| start.shift(axis.zero.saturating_neg())),
        how: known.how.clone(),
        assumed: known.assumed,
        lanes: strand
            .lanes
            .iter()
            .map(|(lane, kept)| (*lane, kept.seen, kept.stride))
            .collect(),
    }
}

/// Strands of different sources that are one process, by their collections.
fn same_processes(sources: &[Source], strands: &[Strand], known: &mut [Known]) {
    for (second, b) in strands.iter().enumerate() {
        for (first, a) in strands.iter().enumerate().take(second) {
            if a.source == b.source {
                continue;
            }
            let Some(common) = common_collections(a, b).or_else(|| common_collections(b, a)) else {
                continue;
            };
            let Some(of) = known.get(first).map(|known| known.process) else {
                continue;
            };
            let name = |strand: &Strand| {
                let source = sources.get(strand.source);
                source.map_or_else(String::new, |source| source.name.clone())
            };
            if let Some(known) = known.get_mut(second)
                && known.process != of
            {
                known.process = of;
                known.how.push(format!(
                    "the same process as in {}: {common} collections have the same number and time",
                    name(a)
                ));
            }
        }
    }
}

/// How many collections two strands have in common, when all that could be common are.
fn common_collections(a: &Strand, b: &Strand) -> Option<usize> {
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
fn starts(sources: &[Source], strands: &[Strand], known: &mut [Known]) {
    let processes: Vec<usize> = known.iter().map(|known| known.process).collect();
    for process in 0..strands.len() {
        let members = || (0..strands.len()).filter(|i| processes.get(*i) == Some(&process));
        let mut best: Option<(Zone, Bounds, usize)> = None;
        for index in members() {
            let Some(strand) = strands.get(index) else {
                continue;
            };
            let by_ends = members().filter_map(|other| strand.start_by_ends(strands.get(other)?));
            let own = strand
                .core_start
                .or_else(|| by_ends.map(|(start, _)| start).next())
                .map(|start| (Zone::Utc, start))
                .or_else(|| strand.wall.start().filter(|(zone, _)| *zone != Zone::Boot));
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
        let name = strands
            .get(from)
            .and_then(|strand| sources.get(strand.source))
            .map_or("", |source| source.name.as_str());
        for index in members() {
            let (Some(strand), Some(known)) = (strands.get(index), known.get_mut(index)) else {
                continue;
            };
            known.start = Some(bounds);
            known.how.push(if index != from {
                format!("start as {name} has it")
            } else if strand.core_start.is_some() {
                "start as the runtime kept it".to_owned()
            } else if zone == Zone::Utc && strand.wall.start().is_none_or(|(_, own)| own != bounds)
            {
                "start by the ends of collections in memory statistics".to_owned()
            } else {
                format!(
                    "start by the stamps of {} lines{}",
                    strand.wall.lines(),
                    zone_note(zone)
                )
            });
            // Stamps without a zone, of a process whose start is known with one: the difference is the zone.
            if let Some((own_zone, own)) = strand.wall.start()
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
fn zones(sources: &[Source], strands: &[Strand], known: &[Known], notes: &mut Vec<String>) {
    for (strand, known) in strands.iter().zip(known) {
        let (Some(zone), Some(source)) = (strand.wall.zone(), sources.get(strand.source)) else {
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

/// Strands that nothing ties to a process, beside exactly one.
fn assume(strands: &[Strand], known: &mut [Known]) {
    let mut others: Vec<usize> = strands
        .iter()
        .zip(&*known)
        .filter(|(strand, known)| {
            strand.has_process_clock() && (known.start.is_some() || has_collections(strand))
        })
        .map(|(_, known)| known.process)
        .collect();
    others.sort_unstable();
    others.dedup();
    let [only] = others[..] else { return };
    let start = known
        .iter()
        .find(|known| known.process == only)
        .and_then(|known| known.start);
    for (strand, known) in strands.iter().zip(known.iter_mut()) {
        let loose = strand.has_process_clock() && known.process != only && known.start.is_none();
        if loose {
            known.process = only;
            known.start = start;
            known.assumed = true;
            known.how.push(
                "assumed to be the same process: it is the only other one (--align overrides)"
                    .to_owned(),
            );
        }
    }
}

fn has_collections(strand: &Strand) -> bool {
    strand.marks.iter().next().is_some() || !strand.unix_ends.is_empty()
}

fn obey(strands: &[Strand], known: &mut [Known], align: &[Align]) {
    for order in align {
        for (strand, known) in strands.iter().zip(known.iter_mut()) {
            if strand.source != order.source {
                continue;
            }
            match order.to {
                AlignTo::Shift(by) => {
                    known.start = known.start.map(|start| start.shift(by));
                    if known.start.is_none() && strand.has_process_clock() {
                        known.start = Some(Bounds::exact(by));
                    }
                    known.stamp_shift = known.stamp_shift.saturating_add(by);
                }
                AlignTo::Start(unix) => {
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

/// The axis. Strands without a start are put at its zero.
fn axis(strands: &[Strand], known: &[Known], notes: &mut Vec<String>) -> Axis {
    let starts = known.iter().filter_map(|known| known.start);
    let first_start = starts.map(Bounds::mid).min();
    let stamped = strands
        .iter()
        .zip(known)
        .flat_map(|(strand, known)| {
            let shift = known.stamp_shift;
            strand
                .lanes
                .values()
                .flat_map(|kept| &kept.events)
                .filter_map(move |event| event.stamp)
                .map(Zone::of)
                .filter(|(zone, _)| *zone != Zone::Boot)
                .map(move |(_, at)| at.saturating_add(shift))
        })
        .min();
    let wall = strands
        .iter()
        .any(|strand| strand.core_start.is_some() || strand.wall.start().is_some())
        || stamped.is_some();
    let mut loose: Vec<usize> = strands
        .iter()
        .zip(known)
        .filter(|(strand, known)| strand.has_process_clock() && known.start.is_none())
        .map(|(_, known)| known.process)
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
