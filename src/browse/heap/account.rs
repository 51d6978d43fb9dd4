//! Where every byte of the memory is, as `memory` accounts for it.

use crate::answer::Failure;
use crate::browse::Open;
use crate::commands::info;
use dumpview_model::units::bytes;
use dumpview_parsers::smaps;
use dumpview_process::postmortem::Accounts;
use dumpview_tui::data::heap::{Account, AccountPart};
use dumpview_view::job::Job;
use dumpview_view::line::{Line, Role};
use dumpview_view::text::lines_of;

/// The account.
///
/// # Errors
///
/// When the job was stopped.
pub fn account(case: Open, job: &Job) -> Result<Account, Failure> {
    let heap = case.heap_for(job);
    let heap = heap.ok_or_else(|| Failure::no_answer("stopped before the heap was read"))?;
    // Without a heap that can be walked its memory is anonymous like any other.
    let heap = heap.ok();
    let reached = |object| heap.is_some_and(|known| known.dominators.is_reached(object));
    let told = Accounts::of(
        &case.process,
        heap.map(|known| &known.heap),
        &reached,
        &smaps::parse(""),
    );
    let mut head = vec![Line::new(
        Role::Heading,
        format!(
            "{} mapped: {} in the core, {} not dumped",
            bytes(told.total),
            bytes(told.dumped),
            bytes(told.not_dumped)
        ),
    )];
    let reserved = told.parts.iter().filter(|part| part.reserved);
    let reserved: u64 = reserved.map(|part| part.bytes).sum();
    if reserved > 0 {
        let text = format!(
            "{} of it is only reserved, and costs nothing",
            bytes(reserved)
        );
        head.push(Line::new(Role::Dim, text));
    }
    if told.gap > 0 {
        let text = format!(
            "{} claimed twice by the core's program headers",
            bytes(told.gap)
        );
        head.push(Line::new(Role::Warning, text));
    }
    let used = told.parts.iter().filter(|part| !part.reserved);
    let of = used.map(|part| part.bytes).sum();
    let parts = told.parts.into_iter().map(|part| AccountPart {
        name: part.name,
        bytes: part.bytes,
        of,
        reserved: part.reserved,
        what: part.what,
    });
    let parts = parts.collect();
    let checks = lines_of(|out| {
        told.checks
            .iter()
            .try_for_each(|check| info::check(check, out))
    });
    Ok(Account {
        head,
        parts,
        checks,
    })
}
