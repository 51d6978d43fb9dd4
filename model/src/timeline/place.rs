//! Where each event of a process stands on the axis.
//!
//! By its own time on its process's clock, else by its line's stamp, else between its neighbours in the file: a line
//! was written after the one before it and before the one after.

use super::event::Since;
use super::merged::{By, Placed};
use super::process::Process;
use super::wall::Zone;
use super::{Bounds, Event};
use std::sync::Arc;

/// What placing a process needs to know.
pub(super) struct Placement {
    /// The axis' zero on the axis' clock.
    pub zero: i64,
    /// When the process started, on the axis' clock.
    pub start: Option<Bounds>,
    /// What is added to stamps.
    pub stamp_shift: i64,
    /// Whether stamps are on the axis' clock.
    pub stamps: bool,
}

/// All events on the axis, in order of time; those without one at the end, in order of their lines.
pub(super) fn place(processes: Vec<Arc<Process>>, placements: &[Placement]) -> Vec<Placed> {
    let mut all = Vec::new();
    for (index, (process, placement)) in processes.into_iter().zip(placements).enumerate() {
        one(index, Arc::unwrap_or_clone(process), placement, &mut all);
    }
    all.sort_by_key(|placed: &Placed| {
        let time = placed.at.map(Bounds::mid);
        (
            time.is_none(),
            time,
            placed.process,
            placed.event.place.line,
        )
    });
    all
}

fn one(index: usize, process: Process, placement: &Placement, all: &mut Vec<Placed>) {
    let sched = process.sched_start();
    let to_zero = placement.zero.saturating_neg();
    let own = |event: &Event| {
        let (since, at) = event.process?;
        let from = match since {
            Since::Start => Bounds::exact(0),
            Since::FirstSample => sched?,
        };
        Some(placement.start?.plus(from).plus(at).shift(to_zero))
    };
    let wall = process.wall;
    let stamped = |event: &Event| {
        let stamp = event.stamp?;
        let (zone, _) = Zone::of(stamp);
        let usable = placement.stamps && zone != Zone::Boot;
        usable.then(|| {
            wall.within(stamp)
                .shift(placement.stamp_shift)
                .shift(to_zero)
        })
    };
    let mut events: Vec<Event> = process
        .lanes
        .into_values()
        .flat_map(|kept| kept.events)
        .collect();
    events.sort_by_key(|event| event.place);
    let first = all.len();
    // When a line was written, not when what it tells of began.
    let mut written = Vec::with_capacity(events.len());
    for event in events {
        let (at, by) = match (own(&event), stamped(&event)) {
            (Some(at), _) => (Some(at), By::Own),
            (None, Some(at)) => (Some(at), By::Stamp),
            (None, None) => (None, By::Nothing),
        };
        let span = i64::try_from(event.span).unwrap_or(i64::MAX);
        written.push(at.map(|at| at.shift(span)));
        all.push(Placed {
            at,
            by,
            process: index,
            event,
        });
    }
    sharpen(all.get_mut(first..).unwrap_or_default(), &mut written);
    // Forward for what came before, backward for what came after.
    let mut before = None;
    let mut lower = Vec::with_capacity(written.len());
    for at in &written {
        lower.push(before);
        before = at.or(before);
    }
    let mut after: Option<Bounds> = None;
    for (offset, at) in written.iter().enumerate().rev() {
        let placed = all.get_mut(first + offset).filter(|p| p.at.is_none());
        if let Some(placed) = placed {
            let before: Option<Bounds> = lower.get(offset).copied().flatten();
            (placed.at, placed.by) = match (before, after) {
                (Some(before), Some(after)) => {
                    (Some(Bounds::between(before.lo, after.hi)), By::Neighbours)
                }
                (Some(before), None) => (Some(before), By::NotBefore),
                (None, Some(after)) => (Some(after), By::NotAfter),
                (None, None) => (None, By::Nothing),
            };
        }
        after = at.or(after);
    }
}

/// Stamps of whole seconds say little; between two lines that know their time they say as much as those.
fn sharpen(events: &mut [Placed], written: &mut [Option<Bounds>]) {
    let known = |placed: &Placed, written: Option<Bounds>| written.filter(|_| placed.by == By::Own);
    let mut before = None;
    let mut lower = Vec::with_capacity(events.len());
    for (placed, written) in events.iter().zip(written.iter()) {
        lower.push(before);
        before = known(placed, *written).map(|at| at.lo).or(before);
    }
    let mut after = None;
    for ((placed, written), lower) in events.iter_mut().zip(written).zip(lower).rev() {
        if let (By::Stamp, Some(at)) = (placed.by, placed.at) {
            let between = Bounds {
                lo: lower.unwrap_or(i64::MIN),
                hi: after.unwrap_or(i64::MAX),
            };
            // Where they contradict each other, lines were not written in order: the stamp stands.
            let sharper = at.and(between).unwrap_or(at);
            placed.at = Some(sharper);
            *written = Some(sharper);
        }
        after = known(placed, *written).map(|at| at.hi).or(after);
    }
}
