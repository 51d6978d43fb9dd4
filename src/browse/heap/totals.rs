//! What there is and what keeps it; the objects of a type.

use super::changes::Before;
use super::{Heap, analysed, head};
use crate::answer::Failure;
use crate::browse::Open;
use dumpview_model::heap::HeapFound;
use dumpview_model::value::Address;
use dumpview_process::heap::ask::{Of, OwnerKind, TotalBy};
use dumpview_process::value::{Limits, Reader};
use dumpview_tui::data::heap::{Totals, TotalsBy};
use dumpview_tui::rows::{Rows, Shared};
use dumpview_tui::screens::heap::instances::{AskInstances, Which};
use dumpview_view::column::Cell;
use dumpview_view::job::Job;
use std::sync::Arc;

/// Live objects by what they have in common. By type an earlier run may have left the answer.
///
/// # Errors
///
/// When there is no heap, or the job was stopped.
pub fn totals(case: Open, by: TotalsBy, job: &Job) -> Result<Totals, Failure> {
    if by == TotalsBy::Type
        && let Some(page) = case.known_page()
    {
        return Ok(Totals {
            head: head(&page.audit, page.bounds, page.live, page.garbage),
            rows: page.types.clone().into(),
        });
    }
    let heap = analysed(case, job)?;
    let rows = match by {
        TotalsBy::Type => heap.totals(TotalBy::Type, Of::Live),
        TotalsBy::Package => heap.totals(TotalBy::Package, Of::Live),
        TotalsBy::SizeClass => heap.totals(TotalBy::SizeClass, Of::Live),
        TotalsBy::Root => heap.owners(OwnerKind::Root),
        TotalsBy::Variable => heap.owners(OwnerKind::Variable),
        TotalsBy::Goroutine => heap.owners(OwnerKind::Goroutine),
        TotalsBy::Label => heap.owners(OwnerKind::Label),
    };
    Ok(Totals {
        head: head(&heap.audit, heap.bounds(), heap.live, heap.garbage),
        rows: rows.into(),
    })
}

/// Objects of one type; the values are read where they are looked at.
struct Instances {
    heap: Heap,
    ty: Arc<str>,
    objects: Vec<u32>,
}

/// What is read of a value that stands on one line.
const ON_A_LINE: Limits = Limits {
    depth: 1,
    len: 4,
    string: 64,
    nodes: 64,
};

impl Instances {
    fn object(&self, index: usize) -> Option<u32> {
        self.objects.get(index).copied()
    }
}

impl Rows<HeapFound> for Instances {
    fn len(&self) -> usize {
        self.objects.len()
    }

    fn row(&self, index: usize) -> Option<HeapFound> {
        let object = self.object(index)?;
        let mut reader = Reader::new(self.heap.process.sources(), ON_A_LINE);
        Some(HeapFound {
            addr: Address(self.heap.object_addr(object).0),
            ty: Arc::clone(&self.ty),
            bytes: self.heap.size(object),
            retained_bytes: self.heap.retained(object),
            value: self.heap.value_of(object, &mut reader),
        })
    }

    fn id(&self, index: usize) -> u64 {
        self.object(index).map_or(0, u64::from)
    }

    fn cell(&self, index: usize, column: &'static str) -> Option<Cell<'static>> {
        let object = self.object(index)?;
        match column {
            "addr" => Some(Cell::Address(self.heap.object_addr(object).0)),
            "bytes" => Some(Cell::Count(self.heap.size(object))),
            "retained_bytes" => Some(self.heap.retained(object).map_or(Cell::Null, Cell::Count)),
            _ => None,
        }
    }
}

/// The live objects of a type, or those of them that were born since another moment.
///
/// # Errors
///
/// When there is no heap, the job was stopped, or nothing is of that type.
pub fn instances(
    case: Open,
    before: Option<&Before>,
    asked: &AskInstances,
    job: &Job,
) -> Result<Shared<HeapFound>, Failure> {
    let heap = analysed(case, job)?;
    let mut objects: Vec<u32> = if asked.ty == dumpview_model::heap::UNKNOWN_TYPE {
        (0..heap.heap.spans.objects())
            .filter(|object| heap.type_name(*object).is_none())
            .collect()
    } else {
        heap.of_type(&asked.ty)
    };
    objects.retain(|object| heap.dominators.is_reached(*object));
    if let (Which::Born, Some(before)) = (asked.which, before) {
        let compared = before.compared(case, job)?;
        objects.retain(|object| compared.is_born(*object).unwrap_or(true));
    }
    if objects.is_empty() {
        let what = match asked.which {
            Which::Live => "is alive",
            Which::Born => "was born between the two moments",
        };
        return Err(Failure::no_answer(format!("no {} {what}", asked.ty)));
    }
    Ok(Arc::new(Instances {
        heap,
        ty: asked.ty.as_str().into(),
        objects,
    }))
}
