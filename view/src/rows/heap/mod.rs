//! The records of a heap: totals, branches of the dominator tree, references, objects that were found, equal texts.

mod branch;
mod found;
mod reference;
mod text;
mod total;

use crate::column::Cell;

/// Bytes, or null.
fn bytes_or_null<'r>(bytes: Option<u64>) -> Cell<'r> {
    bytes.map_or(Cell::Null, Cell::Count)
}

/// A part of a whole as a share of one.
#[expect(clippy::cast_precision_loss, reason = "a share is shown with few digits")]
fn share<'r>(part: u64, whole: u64) -> Cell<'r> {
    if whole == 0 {
        return Cell::Null;
    }
    Cell::Float(part as f64 / whole as f64)
}
