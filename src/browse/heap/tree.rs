//! The dominator tree: what a place keeps, level by level and as a picture.

use super::{Heap, analysed, head};
use crate::answer::Failure;
use crate::browse::Open;
use crate::commands::heap::named;
use dumpview_process::heap::ask::{Cut, Retention};
use dumpview_tui::data::heap::{AskBelow, Below, Picture, PicturePiece};
use dumpview_tui::data::page::Target;
use dumpview_view::job::Job;

/// Children that stand for themselves; smaller ones stand together by type.
const WIDTH: usize = 200;
/// A piece of a picture is at least one in so many: what is smaller is not seen, however near one goes.
const FINEST: u64 = 20_000;
/// Lines of an answer, in any case.
const MOST: usize = 50_000;

/// The node of a name, unless it is garbage, which keeps nothing.
fn kept(heap: Heap, name: Option<&str>) -> Result<Option<u32>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let node = named(heap, name)?;
    if heap.retained(node).is_none() {
        return Err(Failure::no_answer(format!(
            "{name}: garbage: nothing reaches it, so it keeps nothing alive"
        )));
    }
    Ok(Some(node))
}

/// What a place immediately dominates.
///
/// # Errors
///
/// When there is no heap, the job was stopped, or there is no such place.
pub fn below(case: Open, asked: &AskBelow, job: &Job) -> Result<Below, Failure> {
    let heap = analysed(case, job)?;
    let from = kept(heap, asked.place.as_deref())?;
    let cut = Cut {
        depth: usize::from(from.is_some()),
        bytes: 0,
        width: WIDTH,
        lines: MOST,
    };
    let mut branches = heap.tree(from, cut).0;
    let place = from.is_some().then(|| branches.remove(0));
    Ok(Below {
        node: asked.node,
        place,
        branches,
        head: head(&heap.audit, heap.bounds(), heap.live, heap.garbage),
    })
}

/// The tree below a place, merged by names, as deep and as fine as a screen can show it.
///
/// # Errors
///
/// When there is no heap, the job was stopped, or there is no such place.
pub fn picture(case: Open, place: Option<&str>, job: &Job) -> Result<Picture, Failure> {
    let heap = analysed(case, job)?;
    let from = kept(heap, place)?;
    let merged = heap.retention_below(from);
    let mut drawing = Drawing::of(&merged);
    let live = heap.live.bytes;
    if from.is_none() {
        drawing.pieces.push(PicturePiece {
            name: "all that lives".to_owned(),
            retained_bytes: live,
            ..PicturePiece::default()
        });
    }
    drawing.draw(from);
    Ok(Picture {
        live,
        pieces: drawing.pieces,
    })
}

/// A picture while it is made.
struct Drawing<'m> {
    merged: &'m Retention,
    /// What each place keeps, itself and all below it.
    kept: Vec<u64>,
    below: Vec<Vec<u32>>,
    pieces: Vec<PicturePiece>,
}

impl<'m> Drawing<'m> {
    fn of(merged: &'m Retention) -> Self {
        let len = merged.places.len();
        let (mut kept, mut below) = (vec![0u64; len], vec![Vec::new(); len]);
        // A place stands behind the one above it, so what it keeps is known when it is added to that.
        for (index, place) in merged.places.iter().enumerate().rev() {
            let own = kept.get_mut(index).map_or(0, |kept| {
                *kept = kept.saturating_add(place.bytes);
                *kept
            });
            let Some(above) = place.above.map(|above| above as usize) else {
                continue;
            };
            if let Some(kept) = kept.get_mut(above) {
                *kept = kept.saturating_add(own);
            }
            if let (Some(below), Ok(index)) = (below.get_mut(above), u32::try_from(index)) {
                below.push(index);
            }
        }
        Self {
            merged,
            kept,
            below,
            pieces: Vec::new(),
        }
    }

    fn kept(&self, place: u32) -> u64 {
        self.kept.get(place as usize).copied().unwrap_or(0)
    }

    /// Adds the pieces below what is there already.
    fn draw(&mut self, from: Option<u32>) {
        let all = (0u32..).zip(&self.merged.places);
        let tops = all.filter(|(_, place)| place.above.is_none());
        let mut tops: Vec<u32> = tops.map(|(index, _)| index).collect();
        let whole: u64 = tops.iter().map(|top| self.kept(*top)).sum();
        let least = (whole / FINEST).max(1);
        tops.sort_by_key(|place| self.kept(*place));
        let depth = self.pieces.len();
        let mut open: Vec<(usize, u32)> = tops.into_iter().map(|top| (depth, top)).collect();
        while let Some((depth, at)) = open.pop() {
            let (Some(place), false) = (
                self.merged.places.get(at as usize),
                self.pieces.len() >= MOST || self.kept(at) < least,
            ) else {
                continue;
            };
            let name = self.merged.names.get(place.name as usize);
            let name = name.cloned().unwrap_or_default();
            let is_root = place.above.is_none() && from.is_none();
            self.pieces.push(PicturePiece {
                depth,
                go: target(&name, is_root),
                name,
                retained_bytes: self.kept(at),
                bytes: place.bytes,
                objects: place.objects,
            });
            let mut below = self.below.get(at as usize).cloned().unwrap_or_default();
            below.sort_by_key(|place| self.kept(*place));
            open.extend(below.into_iter().map(|child| (depth + 1, child)));
        }
    }
}

/// A root leads to itself, a type to its objects; what stands for several roots leads nowhere.
fn target(name: &str, is_root: bool) -> Option<Target> {
    let stands_for_several = name.ends_with("(frame)")
        || name.starts_with('(')
        || matches!(
            name,
            "goroutines" | "registers" | "finalizers" | "cleanups" | "weak handles"
        );
    if stands_for_several {
        return None;
    }
    let name = name.to_owned();
    Some(if is_root {
        Target::Place { name }
    } else {
        Target::Instances { ty: name }
    })
}
