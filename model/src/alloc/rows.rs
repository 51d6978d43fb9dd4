//! Sums by type, size and stack, in order of bytes.

use super::{Process, Totals};
use crate::words;

words! {
    /// What sums are made by.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum By {
        /// The type's name.
        Type = "type" "The type",
        /// The size class.
        Size = "size" "The size class",
        /// The whole stack.
        Stack = "stack" "The stack that allocated",
    }
}

/// One sum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row<'p> {
    /// A type, a size in bytes, or the function that allocates: the first of the stack that is not the runtime's.
    pub key: String,
    /// The calls of the stack, the innermost first, as function and place; empty for types and sizes.
    pub calls: Vec<(String, String)>,
    /// The sum.
    pub totals: &'p Totals,
}

/// What an object without a type is called.
const UNTYPED: &str = "(no pointers)";

/// Whether a function is the allocator's own, or makes objects for others.
fn is_machinery(function: &str) -> bool {
    function.starts_with("runtime.") || function.starts_with("reflect.unsafe_New")
}

impl Process {
    /// The sums, those with the most bytes first; equal ones by name.
    pub fn rows(&self, by: By) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = match by {
            By::Type => self
                .types
                .named()
                .map(|(name, _, totals)| Row {
                    key: type_name(name),
                    calls: Vec::new(),
                    totals,
                })
                .collect(),
            By::Size => self
                .sizes
                .iter()
                .map(|(size, totals)| Row {
                    key: size.to_string(),
                    calls: Vec::new(),
                    totals,
                })
                .collect(),
            By::Stack => self
                .stacks
                .named()
                .map(|(stack, _, totals)| {
                    let calls = calls(stack);
                    Row {
                        key: allocator(&calls),
                        calls,
                        totals,
                    }
                })
                .collect(),
        };
        rows.sort_by(|a, b| {
            (b.totals.bytes, &a.key, &a.calls).cmp(&(a.totals.bytes, &b.key, &b.calls))
        });
        rows
    }
}

pub(super) fn type_name(name: &[u8]) -> String {
    if name.is_empty() {
        UNTYPED.to_owned()
    } else {
        String::from_utf8_lossy(name).into_owned()
    }
}

/// A stack's calls from the text that it is kept as.
pub(super) fn calls(stack: &[u8]) -> Vec<(String, String)> {
    String::from_utf8_lossy(stack)
        .lines()
        .map(|line| {
            let (function, place) = line.split_once('\t').unwrap_or((line, ""));
            (function.to_owned(), place.to_owned())
        })
        .collect()
}

/// The function that allocates.
pub(super) fn allocator(calls: &[(String, String)]) -> String {
    let own = calls.iter().find(|(function, _)| !is_machinery(function));
    own.or(calls.first())
        .map_or_else(|| "(no stack)".to_owned(), |(function, _)| function.clone())
}
