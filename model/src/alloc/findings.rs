//! What allocations mean, in sentences with their numbers.

use super::rows::{allocator, calls, type_name};
use super::{By, Process};
use crate::finding::{Finding, Severity, rank};
use crate::units::{bytes, grouped, percent, plural};
use rustc_hash::FxHashMap;

/// An object that lived through so many collections was not caught in passing.
const OLD: u32 = 3;

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// What a process's allocations tell, the most important first.
pub fn findings(process: &Process) -> Vec<Finding> {
    let mut all: Vec<Finding> = [
        kept(process),
        dominant(process),
        short_lived(process),
        missing(process),
    ]
    .into_iter()
    .flatten()
    .collect();
    rank(&mut all);
    all
}

/// Objects that no collection frees, by the stack that has the most of them.
fn kept(process: &Process) -> Option<Finding> {
    let now = process.collections;
    let mut by_stack: FxHashMap<(u32, u32), (u64, u64)> = FxHashMap::default();
    for live in process.live.values() {
        if now.saturating_sub(live.born) >= OLD {
            let sum = by_stack.entry((live.stack, live.type_name)).or_default();
            sum.0 += 1;
            sum.1 += live.size;
        }
    }
    let (old, old_bytes) = process.older_than(OLD);
    let ((stack, type_number), (count, size)) = by_stack
        .into_iter()
        .max_by_key(|((stack, type_name), (_, size))| (*size, u32::MAX - stack, *type_name))?;
    let (name, _, totals) = process.stacks.named().find(|(_, n, _)| *n == stack)?;
    let (type_text, _, _) = process.types.named().find(|(_, n, _)| *n == type_number)?;
    // A stack whose objects are freed as well is no suspect.
    if count < 10 || totals.freed * 2 > totals.count || share(size, old_bytes) < 0.2 {
        return None;
    }
    Some(Finding::new(
        "alloc.kept",
        Severity::Warning,
        format!(
            "{} of {} ({}) that {} allocated have lived through {OLD} collections or more; {} of {} from there were \
             freed. In all, {} ({}) are that old.",
            plural(count, "object"),
            type_name(type_text),
            bytes(size),
            allocator(&calls(name)),
            grouped(totals.freed),
            grouped(totals.count),
            plural(old, "object"),
            bytes(old_bytes),
        ),
    ))
}

fn dominant(process: &Process) -> Option<Finding> {
    let rows = process.rows(By::Type);
    let first = rows.first()?;
    let part = share(first.totals.bytes, process.all.bytes);
    if part < 0.3 || process.all.count < 100 {
        return None;
    }
    Some(Finding::new(
        "alloc.dominant-type",
        Severity::Info,
        format!(
            "{} of the bytes are {}: {} in {}, {} of them freed in the trace.",
            percent(part),
            first.key,
            bytes(first.totals.bytes),
            plural(first.totals.count, "object"),
            grouped(first.totals.freed),
        ),
    ))
}

fn short_lived(process: &Process) -> Option<Finding> {
    let dead = process.all.died_at_once();
    let part = share(dead, process.all.freed);
    if process.all.freed < 100 || part < 0.8 {
        return None;
    }
    Some(Finding::new(
        "alloc.short-lived",
        Severity::Info,
        format!(
            "{} of the {} that were freed were dead at the first collection after their allocation: garbage of the \
             moment, which reuse (sync.Pool, buffers) or values instead of pointers would save.",
            percent(part),
            plural(process.all.freed, "object"),
        ),
    ))
}

fn missing(process: &Process) -> Option<Finding> {
    let (frees, vanished) = (process.unknown_frees, process.all.vanished);
    if frees == 0 && vanished == 0 {
        return None;
    }
    let mut parts = Vec::new();
    if frees > 0 {
        parts.push(format!(
            "the allocations of {} ({}) that were freed are not in it",
            plural(frees, "object"),
            bytes(process.unknown_freed_bytes)
        ));
    }
    if vanished > 0 {
        parts.push(format!(
            "the frees of {} are not in it, for others were allocated at their addresses",
            plural(vanished, "object")
        ));
    }
    Some(Finding::new(
        "alloc.not-whole",
        Severity::Info,
        format!(
            "The trace is not whole: {}. Live sums may be too high.",
            parts.join("; ")
        ),
    ))
}
