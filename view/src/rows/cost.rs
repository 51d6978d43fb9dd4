//! What a function of a profile costs.

use crate::column::{Cell, Column, Row};
use crate::columns;
use std::borrow::Cow;

/// What a value of a profile counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CostUnit {
    /// Nanoseconds.
    Nanos,
    /// Bytes.
    Bytes,
    /// Things.
    Count,
}

/// A value, and its share of the whole.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cost {
    /// The value; below zero in a difference.
    pub value: i64,
    /// Of one.
    pub share: f64,
}

/// A function and what it costs.
#[derive(Clone, PartialEq, Debug)]
pub struct CostRow {
    /// Its name.
    pub function: String,
    /// By itself.
    pub flat: Cost,
    /// With all that it calls.
    pub cum: Cost,
    /// What is counted.
    pub unit: CostUnit,
}

impl CostRow {
    /// Columns that are empty where this is counted.
    pub const fn empty(unit: CostUnit) -> &'static [&'static str] {
        match unit {
            CostUnit::Nanos => &["flat_bytes", "cum_bytes", "flat_count", "cum_count"],
            CostUnit::Bytes => &["flat_ns", "cum_ns", "flat_count", "cum_count"],
            CostUnit::Count => &["flat_ns", "cum_ns", "flat_bytes", "cum_bytes"],
        }
    }

    fn cost(&self, of: Cost, unit: CostUnit) -> Cell<'_> {
        if self.unit != unit {
            return Cell::Absent;
        }
        u64::try_from(of.value).map_or(Cell::Signed(of.value), Cell::Count)
    }
}

impl Row for CostRow {
    const KEY: &'static str = "functions";
    const ONE: &'static str = "function";
    const COLUMNS: &'static [Column<Self>] = columns! {
        flat_ns: "flat" Nanos, |f| f.cost(f.flat, CostUnit::Nanos), "what it takes itself, where time is counted";
        flat_bytes: "flat" Bytes, |f| f.cost(f.flat, CostUnit::Bytes), "what it takes itself, where bytes are counted";
        flat_count: "flat" Count, |f| f.cost(f.flat, CostUnit::Count), "what it takes itself, where other things are counted";
        flat_share: "flat%" Share, |f| Cell::Float(f.flat.share), "the same as a share of all";
        cum_ns: "cum" Nanos, |f| f.cost(f.cum, CostUnit::Nanos), "what it takes with all that it calls, where time is counted";
        cum_bytes: "cum" Bytes, |f| f.cost(f.cum, CostUnit::Bytes), "what it takes with all that it calls, where bytes are counted";
        cum_count: "cum" Count, |f| f.cost(f.cum, CostUnit::Count), "what it takes with all that it calls, where other things are counted";
        cum_share: "cum%" Share, |f| Cell::Float(f.cum.share), "the same as a share of all";
        function: "function" Text, |f| Cell::Text(Cow::Borrowed(&f.function)), "its name";
    };
}
