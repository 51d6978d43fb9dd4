//! References of every object, found in parallel, and the graph of all that.

use super::pointers::{Pointers, Scratch};
use super::roots::Roots;
use super::span::Span;
use super::spans::Spans;
use super::{HeapError, Phase, Step, Watch};
use crate::addr::Addr;
use dumpview_heap::{Chunk, Graph, RowsBuilder};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes of spans that one task scans.
const PART: u64 = 512 << 10;

/// What the scan of all objects met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scanned {
    /// Words that hold pointers by the runtime's rules, nil ones included.
    pub pointer_words: u64,
    /// Pointers into slots that are free: of garbage that was not overwritten, or a sign that something was misread.
    pub to_free_slots: u64,
    /// Objects of which it could not be told where their pointers are: their type is damaged or not in the core.
    pub unknown: u64,
    /// Objects that are not in the core, or not whole.
    pub unread: u64,
}

/// Runs of spans, each about as much work as the next.
fn parts(spans: &[Span]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut from, mut bytes) = (0, 0u64);
    for (index, span) in spans.iter().enumerate() {
        bytes = bytes.saturating_add(span.bytes());
        if bytes >= PART {
            parts.push(from..index + 1);
            (from, bytes) = (index + 1, 0);
        }
    }
    if from < spans.len() {
        parts.push(from..spans.len());
    }
    parts
}

/// The graph of all objects and roots.
///
/// # Errors
///
/// When there are more references than can be numbered, or when it was stopped.
pub(super) fn graph(
    spans: &Spans,
    pointers: &Pointers<'_>,
    roots: &Roots,
    watch: &Watch<'_>,
) -> Result<(Graph, Scanned), HeapError> {
    let scannable: u64 = spans
        .list()
        .iter()
        .filter(|span| !span.is_noscan())
        .map(|span| u64::from(span.allocated) * span.elemsize / 8)
        .sum();
    let nodes = spans.objects() as usize + roots.list.len();
    let room = usize::try_from(scannable)
        .unwrap_or(usize::MAX)
        .min(u32::MAX as usize);
    let mut rows = RowsBuilder::with_room(nodes, room);
    let counts: [AtomicU64; 4] = Default::default();
    let (done, stopped) = (AtomicU64::new(0), AtomicBool::new(false));
    rows.extend(&parts(spans.list()), |part| {
        let mut chunk = Chunk::default();
        let mut scanned = Scanned::default();
        let all = spans.list().get(part.clone()).unwrap_or_default();
        let objects: u64 = all.iter().map(|span| u64::from(span.allocated)).sum();
        let step = Step {
            phase: Phase::References,
            done: done.fetch_add(objects, Ordering::Relaxed),
            of: u64::from(spans.objects()),
        };
        if stopped.load(Ordering::Relaxed) || !watch(step) {
            stopped.store(true, Ordering::Relaxed);
            return chunk;
        }
        for span in all {
            scan(spans, pointers, roots, span, &mut chunk, &mut scanned);
        }
        let found = [
            scanned.pointer_words,
            scanned.to_free_slots,
            scanned.unknown,
            scanned.unread,
        ];
        for (sum, more) in counts.iter().zip(found) {
            sum.fetch_add(more, Ordering::Relaxed);
        }
        chunk
    })?;
    if stopped.into_inner() {
        return Err(HeapError::Stopped);
    }
    rows.push(&roots.rows)?;
    let mut entries = Vec::new();
    for (node, root) in (spans.objects()..).zip(&roots.list) {
        if !root.below {
            entries.push(node);
        }
    }
    let [pointer_words, to_free_slots, unknown, unread] = counts.map(AtomicU64::into_inner);
    let scanned = Scanned {
        pointer_words,
        to_free_slots,
        unknown,
        unread,
    };
    Ok((Graph::new(rows.finish(), spans.objects(), entries), scanned))
}

/// Rows of one span's objects.
fn scan(
    spans: &Spans,
    pointers: &Pointers<'_>,
    roots: &Roots,
    span: &Span,
    chunk: &mut Chunk,
    scanned: &mut Scanned,
) {
    if span.is_noscan() {
        chunk.end_empty_rows(span.allocated);
        return;
    }
    let mut refer = |chunk: &mut Chunk, value: u64| {
        scanned.pointer_words += 1;
        if value == 0 {
            return;
        }
        let at = Addr(value);
        if let Some(target) = spans.at(at) {
            match target
                .slot_at(at)
                .and_then(|slot| spans.object_in(target, slot))
            {
                Some(object) => chunk.push(object),
                None => scanned.to_free_slots += 1,
            }
        }
    };
    if let Some(dump) = pointers.dump() {
        // Objects have the numbers of its slots.
        for object in span.first..span.first.saturating_add(span.allocated) {
            // What the record of a goroutine refers to is the goroutine's.
            if roots.goroutine_of(object).is_none() {
                dump.values(span.elemsize, object, |value| refer(chunk, value));
            }
            chunk.end_row();
        }
        return;
    }
    let bytes = pointers.bytes(span);
    let mut scratch = Scratch::default();
    let have = bytes.len() as u64;
    let mut unread = 0;
    for (object, slot) in (span.first..).zip(spans.slots(span)) {
        if roots.goroutine_of(object).is_some() {
            // The goroutine is a root, and what its record refers to is there.
            chunk.end_row();
            continue;
        }
        let end = (u64::from(slot) + 1) * span.elemsize;
        unread += u64::from(end > have);
        pointers.visit(span, &bytes, slot, &mut scratch, |offset| {
            refer(chunk, pointers.word(&bytes, offset));
        });
        chunk.end_row();
    }
    scanned.unread += unread;
    scanned.unknown += scratch.unknown;
}
