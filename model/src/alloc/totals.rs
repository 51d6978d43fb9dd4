//! A sum, with the ages at which objects died.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::fmt;

/// Ages below this are counted one by one; from there by powers of two.
const EXACT: u32 = 16;

/// When objects were freed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ages")]
pub struct Ages {
    /// The median age, in collections.
    pub p50: u32,
    /// Whether that is exact; else it is a lower bound.
    pub p50_exact: bool,
    /// The greatest age, in collections.
    pub max: u32,
}

impl fmt::Display for Ages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = if self.p50_exact { "" } else { "≥" };
        write!(f, "{least}{} / {}", self.p50, self.max)
    }
}

/// What a type, a size or a stack allocated.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
pub struct Totals {
    /// Objects allocated.
    pub count: u64,
    /// Their bytes, by size class.
    pub bytes: u64,
    /// Objects freed.
    pub freed: u64,
    /// Their bytes.
    pub freed_bytes: u64,
    /// Objects whose address was allocated again without a free in the trace.
    pub vanished: u64,
    /// Objects alive at the end.
    pub live: u64,
    /// Their bytes.
    pub live_bytes: u64,
    /// The age in collections at which objects were freed; null when none were.
    #[serde(rename = "freed_at_collections")]
    #[schemars(with = "Option<Ages>")]
    deaths: Deaths,
}

/// How many objects died at which age.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Deaths {
    /// By [`slot`].
    counts: Vec<u64>,
    /// The greatest age at which one died.
    oldest: u32,
}

impl Deaths {
    fn add(&mut self, age: u32) {
        self.oldest = self.oldest.max(age);
        let slot = slot(age);
        if self.counts.len() <= slot {
            self.counts.resize(slot + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(slot) {
            *count += 1;
        }
    }

    fn ages(&self) -> Option<Ages> {
        let all: u64 = self.counts.iter().sum();
        let mut before = 0;
        self.counts.iter().enumerate().find_map(|(slot, count)| {
            before += count;
            (before * 2 >= all && before > 0).then(|| {
                let (p50, p50_exact) = age_of(slot);
                Ages {
                    p50,
                    p50_exact,
                    max: self.oldest,
                }
            })
        })
    }
}

impl Serialize for Deaths {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.ages().serialize(to)
    }
}

fn slot(age: u32) -> usize {
    if age < EXACT {
        age as usize
    } else {
        // 2⁴ is the first age that shares a slot, the 16th; each power of two after it has the next one.
        (12 + age.ilog2()) as usize
    }
}

/// The least age of a slot, and whether there is no other in it.
fn age_of(slot: usize) -> (u32, bool) {
    let slot = u32::try_from(slot).unwrap_or(u32::MAX);
    if slot < EXACT {
        (slot, true)
    } else {
        (1u32.checked_shl(slot - 12).unwrap_or(u32::MAX), false)
    }
}

impl Totals {
    pub(super) fn allocate(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.live += 1;
        self.live_bytes = self.live_bytes.saturating_add(bytes);
    }

    pub(super) fn free(&mut self, bytes: u64, age: u32) {
        self.freed += 1;
        self.freed_bytes = self.freed_bytes.saturating_add(bytes);
        self.deaths.add(age);
        self.end(bytes);
    }

    pub(super) fn vanish(&mut self, bytes: u64) {
        self.vanished += 1;
        self.end(bytes);
    }

    fn end(&mut self, bytes: u64) {
        self.live -= 1;
        self.live_bytes = self.live_bytes.saturating_sub(bytes);
    }

    /// The ages at which objects were freed; nothing when none were.
    pub fn ages(&self) -> Option<Ages> {
        self.deaths.ages()
    }

    /// Objects that the first collection after their allocation found dead.
    pub fn died_at_once(&self) -> u64 {
        self.deaths.counts.iter().take(2).sum()
    }
}
