//! Sums over the allocations of a process: by type, by size class, by stack.

use crate::column::{Cell, Column, Row, Unit, tree};
use dumpview_model::alloc::{self, By, Totals};
use serde::Serialize;
use serde_json::json;
use std::borrow::Cow;

/// One sum.
pub struct Allocation {
    /// Its process, counted from 1.
    pub process: u64,
    /// What it is summed up by.
    pub by: By,
    /// A type, a size in bytes, or the function that allocates.
    pub key: String,
    /// The calls of the stack, the innermost first: function and `file:line`.
    pub calls: Vec<(String, String)>,
    /// The sum.
    pub totals: Totals,
}

#[derive(Serialize)]
struct Call<'a> {
    function: &'a str,
    file: &'a str,
    line: u64,
}

impl Allocation {
    /// A sum of a process.
    pub fn new(process: u64, by: By, row: alloc::Row<'_>) -> Self {
        Self {
            process,
            by,
            key: row.key,
            calls: row.calls,
            totals: row.totals.clone(),
        }
    }

    fn frames(&self) -> Vec<Call<'_>> {
        self.calls
            .iter()
            .map(|(function, place)| {
                let (file, line) = place.rsplit_once(':').unwrap_or((place, "0"));
                Call {
                    function,
                    file,
                    line: line.parse().unwrap_or(0),
                }
            })
            .collect()
    }

    fn stack(&self) -> String {
        let calls: Vec<String> = self
            .calls
            .iter()
            .map(|(function, place)| format!("{function} {place}"))
            .collect();
        calls.join(" < ")
    }

    /// When its objects died: the median and the greatest age, in collections.
    fn ages(&self) -> Cell<'_> {
        self.totals.middle_age().map_or(Cell::Null, |age| {
            let more = if age.exact { "" } else { "≥" };
            let oldest = self.totals.oldest;
            tree(
                json!({"p50": age.collections, "p50_exact": age.exact, "max": oldest}),
                format!("{more}{} / {oldest}", age.collections),
            )
        })
    }
}

impl Row for Allocation {
    const KEY: &'static str = "events";
    const ONE: &'static str = "sum";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::more(
            "process",
            Unit::Id,
            |a| Cell::Count(a.process),
            "its process, counted from 1",
        ),
        Column::new(
            "by",
            "by",
            Unit::Text,
            |a| Cell::Word(a.by.name()),
            "what it is summed up by: `type`, `size`, `stack`",
        ),
        Column::new(
            "key",
            "what",
            Unit::Text,
            |a| Cell::Text(Cow::Borrowed(&a.key)),
            "a type, a size in bytes, or the function that allocates",
        ),
        Column::new(
            "count",
            "objects",
            Unit::Count,
            |a| Cell::Count(a.totals.count),
            "objects allocated",
        ),
        Column::new(
            "bytes",
            "bytes",
            Unit::Bytes,
            |a| Cell::Count(a.totals.bytes),
            "their bytes, by size class",
        ),
        Column::new(
            "freed",
            "freed",
            Unit::Count,
            |a| Cell::Count(a.totals.freed),
            "objects freed",
        ),
        Column::more(
            "freed_bytes",
            Unit::Bytes,
            |a| Cell::Count(a.totals.freed_bytes),
            "their bytes",
        ),
        Column::more(
            "vanished",
            Unit::Count,
            |a| Cell::Count(a.totals.vanished),
            "objects whose address was allocated again without a free in the trace",
        ),
        Column::new(
            "live",
            "live",
            Unit::Count,
            |a| Cell::Count(a.totals.live()),
            "objects alive at the end",
        ),
        Column::new(
            "live_bytes",
            "live bytes",
            Unit::Bytes,
            |a| Cell::Count(a.totals.live_bytes()),
            "their bytes",
        ),
        Column::new(
            "freed_at_collections",
            "freed at collection p50 / max",
            Unit::Tree,
            Self::ages,
            "`{p50, p50_exact, max}`: the age in collections at which objects were freed",
        ),
        Column::more(
            "frames",
            Unit::Tree,
            |a| {
                if a.calls.is_empty() {
                    Cell::Absent
                } else {
                    tree(a.frames(), a.stack())
                }
            },
            "the calls of a stack, the innermost first: `{function, file, line}`",
        ),
    ];
}
