//! The same text or bytes again and again.
//!
//! ```text
//! objects in address order ─▶ strings and byte slices that start at an object ─▶ how much of that object they use
//! texts in address order ─▶ hash ─▶ a table of fixed size for each part of the heap ─▶ copies of each content
//! ```
//!
//! How long a text is, only what refers to it knows: the rest of its slot is whatever was there before. Contents are
//! compared byte for byte. The tables do not grow: a content that was seen once gives way to another, so what is
//! said of copies is a lower bound, and parts are the same however many threads there are.

use super::Suspect;
use super::facts::Facts;
use super::probe::{Probe, Probes};
use crate::addr::Addr;
use crate::heap::pointers::word_at;
use crate::heap::spans::Span;
use crate::heap::types::Role;
use crate::memory::Memory;
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rayon::prelude::*;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use std::sync::atomic::{AtomicU16, Ordering};

/// Parts of the heap with a table of their own.
const PARTS: usize = 8;
/// Contents that a table holds, and how many share a place.
const SETS: usize = 1 << 15;
const WAYS: usize = 4;
/// Larger texts are compared as large arrays are: not at all.
const LARGEST: u64 = 32 << 10;
/// Contents that are shown.
const SHOWN: usize = 3;
/// Bytes of a content that are shown.
const SAMPLE: usize = 32;

/// One content.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry {
    pub hash: u64,
    /// An example.
    pub at: Addr,
    pub len: u32,
    pub copies: u32,
    /// Bytes of a slot.
    pub slot: u32,
    pub text: bool,
}

impl Entry {
    /// Bytes that one copy would do without.
    const fn wasted(&self) -> u64 {
        (self.copies as u64).saturating_sub(1) * self.slot as u64
    }
}

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let texts: Vec<Option<bool>> = texts(facts);
    let least = facts.least(facts.thresholds.duplicate_percent);
    if bytes_of(facts, &texts) < least {
        // All texts together are too few.
        return Vec::new();
    }
    let used = lengths(facts);
    let parts = parts(facts.heap.spans.list());
    let tables: Vec<Vec<Entry>> = parts
        .par_iter()
        .map(|spans| table(facts, spans, &texts, &used))
        .collect();
    let all = merged(facts, tables);
    [true, false]
        .iter()
        .filter_map(|text| {
            let mut mine: Vec<Entry> = all.iter().filter(|e| e.text == *text).copied().collect();
            let wasted = mine
                .iter()
                .fold(0u64, |sum, e| sum.saturating_add(e.wasted()));
            if wasted < least {
                return None;
            }
            mine.sort_by_key(|e| (std::cmp::Reverse(e.wasted()), e.at));
            Some(suspect(facts, *text, &mine, wasted))
        })
        .collect()
}

/// The contents of all parts that are there several times, each once.
fn merged(facts: &Facts<'_, '_, '_>, tables: Vec<Vec<Entry>>) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for table in tables {
        all.extend(table.into_iter().filter(|entry| entry.copies > 0));
    }
    let content = |entry: &Entry| (entry.hash, entry.len, entry.text);
    // Of one content the largest count comes first; what does not equal its example is left out, as a lower bound may.
    all.sort_unstable_by_key(|entry| (content(entry), std::cmp::Reverse(entry.copies), entry.at));
    all.dedup_by(|next, first| {
        let is_one = content(next) == content(first);
        if is_one && same(facts, first, next) {
            first.copies = first.copies.saturating_add(next.copies);
        }
        is_one
    });
    all.retain(|entry| entry.copies > 1);
    all
}

/// For each label, whether it is text (true) or bytes (false).
pub(super) fn texts(facts: &Facts<'_, '_, '_>) -> Vec<Option<bool>> {
    use crate::types::Kind;
    let labels = facts.labels;
    labels
        .list()
        .iter()
        .map(|label| match label.role {
            Role::StringBytes => Some(true),
            Role::Backing => {
                let ty = labels.type_ref(label.ty)?;
                let ty = facts.process.types().resolve(ty).ok()?;
                (ty.kind == Kind::Uint8).then_some(false)
            }
            _ => None,
        })
        .collect()
}

/// Whether an object is text or bytes.
fn kind(facts: &Facts<'_, '_, '_>, texts: &[Option<bool>], object: u32) -> Option<bool> {
    let id = facts.labels.id(object)?;
    texts.get(id.0 as usize).copied().flatten()
}

/// Spans whose objects may be text.
fn may_be_text(span: &Span) -> bool {
    span.is_noscan() && span.elemsize <= LARGEST && span.elemsize > 8
}

fn bytes_of(facts: &Facts<'_, '_, '_>, texts: &[Option<bool>]) -> u64 {
    let spans = facts.heap.spans.list().par_iter();
    spans
        .filter(|span| may_be_text(span))
        .map(|span| {
            let texts = (span.first..span.first + span.allocated)
                .filter(|object| kind(facts, texts, *object).is_some())
                .count();
            span.elemsize.saturating_mul(texts as u64)
        })
        .reduce(|| 0, u64::saturating_add)
}

/// Successive spans, as many parts as there are tables.
fn parts(spans: &[Span]) -> Vec<&[Span]> {
    let size = spans.len().div_ceil(PARTS).max(1);
    spans.chunks(size).collect()
}

/// For each object, 65,536 less the bytes of its slot that the longest string or byte slice from its start leaves over;
/// 0 when there is none. Whether the object is text is asked when its own turn comes, in the order of addresses.
pub(super) fn lengths(facts: &Facts<'_, '_, '_>) -> Vec<AtomicU16> {
    let probes = Probes::new(facts).of_labels(facts);
    let used: Vec<AtomicU16> = (0..facts.heap.spans.objects())
        .map(|_| AtomicU16::new(0))
        .collect();
    let none = Probe::default();
    let spans = &facts.heap.spans;
    spans.list().par_iter().for_each(|span| {
        if span.is_noscan() {
            return;
        }
        let bytes = facts.heap.pointers.bytes(span);
        let header = facts.heap.pointers.header_size(span);
        for (object, slot) in (span.first..).zip(spans.slots(span)) {
            let probe = facts
                .labels
                .id(object)
                .and_then(|id| probes.get(id.0 as usize))
                .unwrap_or(&none);
            if !probe.has_text() || !facts.dominators.is_reached(object) {
                continue;
            }
            let from = u64::from(slot) * span.elemsize;
            let range = usize::try_from(from + header).unwrap_or(usize::MAX)
                ..usize::try_from(from + span.elemsize).unwrap_or(usize::MAX);
            let Some(own) = bytes.get(range) else {
                continue;
            };
            probe.visit(own, |seen| {
                let Some(target) = spans.at(seen.at).filter(|span| may_be_text(span)) else {
                    return;
                };
                let Some(slot) = target.slot_at(seen.at) else {
                    return;
                };
                let start = target.start.offset(u64::from(slot) * target.elemsize);
                let Some(left) = target.elemsize.checked_sub(seen.len) else {
                    return;
                };
                if start == seen.at
                    && seen.len > 0
                    && let Some(text) = spans.object_in(target, slot)
                    && let Some(place) = used.get(text as usize)
                {
                    let left = u16::try_from(left).unwrap_or(u16::MAX - 1);
                    place.fetch_max(u16::MAX - left, Ordering::Relaxed);
                }
            });
        }
    });
    used
}

/// The contents of one part of the heap.
fn table(
    facts: &Facts<'_, '_, '_>,
    spans: &[Span],
    texts: &[Option<bool>],
    used: &[AtomicU16],
) -> Vec<Entry> {
    let mut table = vec![Entry::default(); SETS * WAYS];
    contents(facts, spans, texts, used, |entry, content| {
        enter(facts, &mut table, entry, content);
    });
    table
}

/// Visits every text and every byte slice whose length is known.
pub(super) fn contents(
    facts: &Facts<'_, '_, '_>,
    spans: &[Span],
    texts: &[Option<bool>],
    used: &[AtomicU16],
    mut visit: impl FnMut(Entry, &[u8]),
) {
    for span in spans.iter().filter(|span| may_be_text(span)) {
        let bytes = facts.heap.pointers.bytes(span);
        for (object, slot) in (span.first..).zip(facts.heap.spans.slots(span)) {
            let used = used
                .get(object as usize)
                .map_or(0, |used| used.load(Ordering::Relaxed));
            if used == 0 || !facts.dominators.is_reached(object) {
                continue;
            }
            let Some(text) = kind(facts, texts, object) else {
                continue;
            };
            let len = span.elemsize - u64::from(u16::MAX - used);
            let from = u64::from(slot) * span.elemsize;
            let range = usize::try_from(from).unwrap_or(usize::MAX)
                ..usize::try_from(from + len).unwrap_or(usize::MAX);
            let Some(content) = bytes.get(range) else {
                continue;
            };
            if !text && is_buffer(content) {
                continue;
            }
            let entry = Entry {
                hash: hash(content),
                at: span.start.offset(from),
                len: u32::try_from(len).unwrap_or(0),
                copies: 1,
                slot: u32::try_from(span.elemsize).unwrap_or(0),
                text,
            };
            visit(entry, content);
        }
    }
}

/// Bytes that end in as many zeros as are before them: room that is written to, which is nobody's copy.
fn is_buffer(content: &[u8]) -> bool {
    let half = content.get(content.len() / 2..).unwrap_or_default();
    half.iter().all(|byte| *byte == 0)
}

/// Enters a content, or counts one more copy of it.
fn enter(facts: &Facts<'_, '_, '_>, table: &mut [Entry], entry: Entry, content: &[u8]) {
    let set = usize::try_from(entry.hash >> 40).unwrap_or(0) % SETS;
    let Some(ways) = table.get_mut(set * WAYS..(set + 1) * WAYS) else {
        return;
    };
    for known in ways.iter_mut() {
        if known.copies > 0
            && (known.hash, known.len, known.text) == (entry.hash, entry.len, entry.text)
            && content_of(facts, known).is_some_and(|bytes| bytes.as_ref() == content)
        {
            known.copies += 1;
            return;
        }
    }
    // The newest stands first; one that came once and not again leaves.
    let place = ways
        .iter()
        .rposition(|known| known.copies == 0)
        .or_else(|| ways.iter().rposition(|known| known.copies == 1));
    if let Some(place) = place
        && let Some(head) = ways.get_mut(..=place)
    {
        head.rotate_right(1);
        if let Some(first) = head.first_mut() {
            *first = entry;
        }
    }
}

pub(super) fn content_of<'m>(
    facts: &Facts<'m, '_, '_>,
    entry: &Entry,
) -> Option<std::borrow::Cow<'m, [u8]>> {
    let memory = &*facts.process.memory;
    memory.bytes(entry.at, u64::from(entry.len)).ok()
}

pub(super) fn same(facts: &Facts<'_, '_, '_>, a: &Entry, b: &Entry) -> bool {
    match (content_of(facts, a), content_of(facts, b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// A hash of which all bits are good: places are taken from its upper ones.
fn hash(content: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    let mut at = 0u64;
    while at + 8 <= content.len() as u64 {
        hasher.write_u64(word_at(content, at));
        at += 8;
    }
    let rest = content.get(usize::try_from(at).unwrap_or(0)..);
    hasher.write(rest.unwrap_or_default());
    let mixed = hasher.finish() ^ (content.len() as u64);
    (mixed ^ mixed >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn suspect(facts: &Facts<'_, '_, '_>, text: bool, mine: &[Entry], wasted: u64) -> Suspect {
    let contents = mine.len() as u64;
    let copies = mine.iter().map(|e| u64::from(e.copies)).sum::<u64>();
    let amount = facts.amount(wasted);
    let (id, what, advice) = if text {
        (
            "heap.duplicate-strings",
            "strings",
            "interning them (unique.Make since Go 1.23, or a map) keeps one of each",
        )
    } else {
        (
            "heap.duplicate-bytes",
            "byte buffers",
            "sharing what does not change keeps one of each",
        )
    };
    let body = format!(
        "at least {} {what} are copies of {} others: {amount} is wasted; {advice}",
        units::grouped(copies.saturating_sub(contents)),
        units::grouped(contents),
    );
    let mut suspect = Suspect::new(id, Severity::Info, body, wasted).ask("heap strings", "");
    for entry in mine.iter().take(SHOWN) {
        let content = content_of(facts, entry).unwrap_or_default();
        let sample = content.get(..SAMPLE.min(content.len())).unwrap_or_default();
        suspect = suspect.seen(format!(
            "{} times {:?} ({}, the first at {}), {} wasted",
            units::grouped(entry.copies.into()),
            String::from_utf8_lossy(sample),
            units::bytes(entry.len.into()),
            entry.at,
            units::bytes(entry.wasted())
        ));
    }
    suspect
}
