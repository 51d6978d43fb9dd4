//! The heap as its screens show it. Questions are answered on a thread of their own, which makes the graph at the first
//! of them.
//!
//! | file | in charge of |
//! |---|---|
//! | `totals` | what there is and what keeps it; the objects of a type |
//! | `changes` | two moments |
//! | `tree` | the dominator tree, level by level and as a picture |
//! | `place` | one place: value, path, references |
//! | `suspects` | what is worth looking at |
//! | `account` | where every byte is |

pub mod account;
pub mod changes;
pub mod place;
pub mod suspects;
pub mod totals;
pub mod tree;

use super::Open;
use crate::answer::Failure;
use crate::commands::heap::{no_heap, verdict};
use dumpview_model::heap::Amount;
use dumpview_model::units::{bytes, plural};
use dumpview_process::heap::audit::Audit;
use dumpview_process::heap::{Analysis, Bounds};
use dumpview_view::job::Job;
use dumpview_view::line::{Line, Role};

/// The analysed heap, for as long as the program runs.
type Heap = &'static Analysis<'static, 'static>;

/// The analysed heap.
///
/// # Errors
///
/// When there is none, or the job was stopped before it was read.
fn analysed(case: Open, job: &Job) -> Result<Heap, Failure> {
    match case.heap_for(job) {
        Some(heap) => heap.map_err(|error| no_heap(case, error)),
        None => Err(Failure::no_answer("stopped before the heap was read")),
    }
}

/// What stands above a table of the heap.
fn head(audit: &Audit, bounds: Bounds, live: Amount, garbage: Amount) -> Vec<Line> {
    let (role, verdict) = verdict(audit);
    let amount = |of: Amount| format!("{} in {}", bytes(of.bytes), plural(of.objects, "object"));
    let mut lines = vec![
        Line::new(role, verdict),
        Line::plain(format!(
            "live: {}; garbage: {}",
            amount(live),
            amount(garbage)
        )),
    ];
    lines.extend(doubt(bounds));
    lines
}

/// Which way numbers are wrong, of a heap that is not whole.
fn doubt(bounds: Bounds) -> Option<Line> {
    let words = bounds.words()?;
    let text = format!("the heap is not whole in this core: {words}");
    Some(Line::new(Role::Warning, text))
}
