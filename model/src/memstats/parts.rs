//! What Sys is made of, to the byte.
//!
//! ```text
//! Sys = HeapSys + StackSys + MSpanSys + MCacheSys + BuckHashSys + GCSys + OtherSys
//! HeapSys = HeapInuse + HeapIdle = objects + unused in their spans + free spans kept + free spans given back
//! ```
//!
//! The runtime adds Sys up from these very counters while the world is stopped (`runtime/mstats.go`,
//! `readmemstats_m`), so that a gap means that not all were printed, or that digits were lost.

use super::Snapshot;
use dumpview_parsers::memstats::Field;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A part of Sys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "sys-part")]
pub struct Part {
    /// A name that scripts can rely on: `objects`, `unused`, ….
    pub name: &'static str,
    /// What it is, in words.
    pub what: &'static str,
    /// From which fields it is.
    pub formula: &'static str,
    /// Its bytes.
    pub bytes: u64,
    /// Whether its fields were printed; else it is what remains of Sys when all others were.
    pub printed: bool,
}

/// What Sys is made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "sys")]
pub struct Parts {
    /// Sys, in bytes.
    pub sys: u64,
    /// The parts that are known.
    pub parts: Vec<Part>,
    /// Names of parts that are not known.
    pub missing: Vec<&'static str>,
    /// Sys less the parts, in bytes: 0 when they are all there and right; null when it is beyond 64 bits.
    #[serde(serialize_with = "narrow")]
    #[schemars(with = "Option<i64>")]
    pub gap: i128,
}

fn narrow<S: Serializer>(gap: &i128, to: S) -> Result<S::Ok, S::Error> {
    i64::try_from(*gap).ok().serialize(to)
}

type Formula = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Snapshot) -> Option<u64>,
);

const FORMULAS: [Formula; 10] = [
    (
        "objects",
        "objects, live or not yet swept",
        "HeapAlloc",
        |s| s.heap_alloc(),
    ),
    (
        "unused",
        "unused in their spans (fragmentation)",
        "HeapInuse - HeapAlloc",
        |s| s.integer(Field::HeapInuse)?.checked_sub(s.heap_alloc()?),
    ),
    ("free", "free spans, kept", "HeapIdle - HeapReleased", |s| {
        s.integer(Field::HeapIdle)?
            .checked_sub(s.integer(Field::HeapReleased)?)
    }),
    (
        "released",
        "free spans, given back to the system",
        "HeapReleased",
        |s| s.integer(Field::HeapReleased),
    ),
    ("stacks", "stacks", "StackSys", |s| {
        s.integer(Field::StackSys)
    }),
    ("mspan", "span descriptors", "MSpanSys", |s| {
        s.integer(Field::MSpanSys)
    }),
    ("mcache", "processors' caches", "MCacheSys", |s| {
        s.integer(Field::MCacheSys)
    }),
    ("profiling", "profiling tables", "BuckHashSys", |s| {
        s.integer(Field::BuckHashSys)
    }),
    ("gc", "the collector's own", "GCSys", |s| {
        s.integer(Field::GCSys)
    }),
    ("other", "the rest of the runtime", "OtherSys", |s| {
        s.integer(Field::OtherSys)
    }),
];

impl Snapshot {
    /// Where Sys goes; nothing when Sys or the heap's share of it is not known exactly.
    pub fn parts(&self) -> Option<Parts> {
        let sys = self.integer(Field::Sys)?;
        let mut parts = Vec::new();
        let mut missing = Vec::new();
        for (name, what, formula, value) in FORMULAS {
            match value(self) {
                Some(bytes) => parts.push(Part {
                    name,
                    what,
                    formula,
                    bytes,
                    printed: true,
                }),
                None => missing.push((name, what, formula)),
            }
        }
        // Two parts are not much of an account.
        if parts.len() < 4 {
            return None;
        }
        let sum: i128 = parts.iter().map(|part| i128::from(part.bytes)).sum();
        let mut gap = i128::from(sys) - sum;
        if let ([(name, what, formula)], Ok(bytes)) = (&missing[..], u64::try_from(gap)) {
            parts.push(Part {
                name,
                what,
                formula,
                bytes,
                printed: false,
            });
            parts.sort_by_key(|part| FORMULAS.iter().position(|(name, ..)| *name == part.name));
            missing.clear();
            gap = 0;
        }
        Some(Parts {
            sys,
            parts,
            missing: missing.into_iter().map(|(_, _, formula)| formula).collect(),
            gap,
        })
    }
}
