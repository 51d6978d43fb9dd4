//! Sums over the allocations of a process: by type, by size class, by stack.

use crate::column::{Cell, Column, Row, tree};
use crate::columns;
use crate::schema::Documented;
use dumpview_model::alloc::{self, Ages, By, Totals};
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// One sum.
#[derive(Clone)]
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

/// A call that allocated.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "alloc-call")]
struct Call<'a> {
    /// The function, as a traceback prints it.
    function: &'a str,
    /// Its source file.
    file: &'a str,
    /// The line in it, from 1; 0 when not printed.
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

    /// Its calls; none unless it is summed up by them.
    fn stack(&self) -> Cell<'_> {
        if self.calls.is_empty() {
            return Cell::Absent;
        }
        let calls: Vec<String> = self
            .calls
            .iter()
            .map(|(function, place)| format!("{function} {place}"))
            .collect();
        tree(self.frames(), calls.join(" < "))
    }

    /// When its objects died: the median and the greatest age, in collections.
    fn ages(&self) -> Cell<'_> {
        self.totals
            .ages()
            .map_or(Cell::Null, |ages| tree(ages, ages.to_string()))
    }
}

impl Documented for Allocation {
    const ALL: &'static str = "Sums, most bytes first, `--top` of each kind.";
    const ABOUT: &'static str = "One sum over the allocations of a process. Ages are counted in collections; 1 is an object that the first collection after its allocation found dead.";
}

impl Row for Allocation {
    const KEY: &'static str = "events";
    const ONE: &'static str = "sum";
    const COLUMNS: &'static [Column<Self>] = columns! {
        process: Id, |a| Cell::Count(a.process), "its process: the number that every verb on the log counts";
        by: "by" Text, |a| Cell::Word(a.by.as_str()), "what it is summed up by: `type`, `size`, `stack`";
        key: "what" Text, |a| Cell::Text(Cow::Borrowed(&a.key)), "a type, a size in bytes, or the function that allocates";
        count: "objects" Count, |a| Cell::Count(a.totals.count), "objects allocated";
        bytes: "bytes" Bytes, |a| Cell::Count(a.totals.bytes), "their bytes, by size class";
        freed: "freed" Count, |a| Cell::Count(a.totals.freed), "objects freed";
        freed_bytes: Bytes, |a| Cell::Count(a.totals.freed_bytes), "their bytes";
        vanished: Count, |a| Cell::Count(a.totals.vanished), "objects whose address was allocated again without a free in the trace";
        live: "live" Count, |a| Cell::Count(a.totals.live), "objects alive at the end";
        live_bytes: "live bytes" Bytes, |a| Cell::Count(a.totals.live_bytes), "their bytes";
        freed_at_collections: "freed at collection p50 / max" Tree.of::<Option<Ages>>(), Self::ages, "the age in collections at which objects were freed; null when none were";
        frames: Tree.of::<Vec<Call<'static>>>(), Self::stack, "with `by` `stack` the calls, the innermost first; else absent";
    };
}
