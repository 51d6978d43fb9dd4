//! Every text and byte slice that is there more than once, exactly.
//!
//! Contents that are there once are by far the most, and need not be kept: a first pass counts hashes, to two, in a field
//! of bytes; a second one keeps the contents whose hash came twice and compares them byte for byte.

use super::Thresholds;
use super::duplicates::{Entry, content_of, contents, lengths, same, texts};
use super::facts::Facts;
use crate::addr::Addr;
use crate::heap::Heap;
use crate::heap::types::Labels;
use crate::process::Process;
use dumpview_heap::Dominators;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::atomic::{AtomicU8, Ordering};

/// Spans that are looked at in one piece of work.
const CHUNK: usize = 1024;
/// Places of the field of counts.
const MOST_COUNTS: usize = 1 << 28;

/// A content that is there several times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copies {
    /// The first of them.
    pub at: Addr,
    /// What they consist of; empty beyond those that were asked for.
    pub content: Vec<u8>,
    /// Bytes of each.
    pub len: u64,
    /// Whether it is reached as a string; else as a slice of bytes.
    pub text: bool,
    /// How many there are.
    pub count: u64,
    /// Bytes of all their slots.
    pub bytes: u64,
    /// Bytes that one of them would do without.
    pub wasted: u64,
}

/// What is known of one content.
struct Total {
    first: Entry,
    count: u64,
    bytes: u64,
    /// The smallest slot of a copy.
    least: u64,
}

impl Total {
    const fn of(entry: Entry) -> Self {
        let slot = entry.slot as u64;
        Self {
            first: entry,
            count: 1,
            bytes: slot,
            least: slot,
        }
    }

    fn add(&mut self, other: &Self) {
        if other.first.at < self.first.at {
            self.first = other.first;
        }
        self.count += other.count;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.least = self.least.min(other.least);
    }
}

type Totals = FxHashMap<(u64, u32, bool), Total>;

/// Contents that are there more than once, the most wasted bytes first. `content` is read of the first `most`.
pub fn copies(
    process: &Process<'_>,
    heap: &Heap<'_>,
    labels: &Labels,
    dominators: &Dominators,
    most: usize,
) -> Vec<Copies> {
    let thresholds = Thresholds::default();
    let facts = Facts::new(process, heap, labels, dominators, &thresholds);
    let texts = texts(&facts);
    let used = lengths(&facts);
    let objects = heap.spans.objects() as usize;
    let places = (objects.saturating_mul(4)).next_power_of_two();
    let places = places.clamp(1 << 10, MOST_COUNTS);
    let counts: Vec<AtomicU8> = (0..places).map(|_| AtomicU8::new(0)).collect();
    let place = |entry: &Entry| {
        let at = usize::try_from(entry.hash).unwrap_or(0) & (places - 1);
        counts.get(at)
    };
    let chunks = || heap.spans.list().par_chunks(CHUNK);
    chunks().for_each(|spans| {
        contents(&facts, spans, &texts, &used, |entry, _| {
            if let Some(count) = place(&entry)
                && count.load(Ordering::Relaxed) < 2
            {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    });
    let several = |entry: &Entry| place(entry).is_some_and(|n| n.load(Ordering::Relaxed) > 1);
    let totals = chunks()
        .map(|spans| {
            let mut totals = Totals::default();
            contents(&facts, spans, &texts, &used, |entry, _| {
                if several(&entry) {
                    enter(&facts, &mut totals, Total::of(entry));
                }
            });
            totals
        })
        .reduce(Totals::default, |a, b| {
            let (mut into, from) = if a.len() >= b.len() { (a, b) } else { (b, a) };
            for total in from.into_values() {
                enter(&facts, &mut into, total);
            }
            into
        });
    let mut found: Vec<Total> = totals.into_values().filter(|t| t.count > 1).collect();
    found.sort_by_key(|total| (Reverse(total.bytes - total.least), total.first.at));
    let with_content = |(index, total): (usize, Total)| Copies {
        at: total.first.at,
        content: if index < most {
            let content = content_of(&facts, &total.first);
            content
                .map(std::borrow::Cow::into_owned)
                .unwrap_or_default()
        } else {
            Vec::new()
        },
        len: u64::from(total.first.len),
        text: total.first.text,
        count: total.count,
        bytes: total.bytes,
        wasted: total.bytes - total.least,
    };
    found.into_iter().enumerate().map(with_content).collect()
}

/// Counts a content, or keeps the first of it. One that has another's hash and is not the same is left out.
fn enter(facts: &Facts<'_, '_, '_>, totals: &mut Totals, total: Total) {
    let first = total.first;
    match totals.entry((first.hash, first.len, first.text)) {
        std::collections::hash_map::Entry::Vacant(place) => {
            place.insert(total);
        }
        std::collections::hash_map::Entry::Occupied(mut known) => {
            if same(facts, &known.get().first, &first) {
                known.get_mut().add(&total);
            }
        }
    }
}
