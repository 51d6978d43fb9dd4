//! Sizes added up along the dominator tree.

use crate::column::Column;
use crate::objects::Objects;
use crate::preorder::{Preorder, UNREACHED};

/// Bytes that each number keeps: its own size and all below it. A dominator's number is below those it
/// dominates, so one pass from the last number to the first adds everything up.
pub(crate) fn sizes<O: Objects + ?Sized>(
    order: &Preorder,
    idom: &Column<u32>,
    objects: &O,
) -> Column<u64> {
    let mut retained = Column::filled(0u64, order.node.len());
    objects.runs(&mut |run| {
        let end = run.first.0.saturating_add(run.count);
        for id in run.first.0..end {
            let number = order.number.at(id);
            if number != UNREACHED {
                retained.update(number, |sum| sum.saturating_add(run.size));
            }
        }
    });
    for number in (1..order.len()).rev() {
        let bytes = retained.at(number);
        retained.update(idom.at(number), |sum| sum.saturating_add(bytes));
    }
    retained
}
