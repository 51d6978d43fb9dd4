//! Stacks of goroutines, and of who keeps the heap, as flame graph tools read them: `outermost;…;innermost count`, a line for each distinct stack.

use super::format::{Export, ExportFlags, Written};
use crate::answer::Failure;
use crate::case::core::Case;
use crate::commands::goroutines::{GoroutinesFlags, of_log};
use crate::commands::heap::analysed;
use dumpview_model::goroutine::{Elided, Goroutines, StackId};
use dumpview_process::heap::ask::Retention;
use dumpview_process::postmortem::{StackPointers, SystemGoroutines};
use dumpview_view::document::Incomplete;
use dumpview_view::safe::safe;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// `folded`.
pub struct Folded;

impl Export for Folded {
    const NAME: &'static str = "folded";

    fn of_core<'w>(case: &'w Case<'_>, flags: &ExportFlags) -> Result<Written<'w>, Failure> {
        match flags.profile.as_deref() {
            None | Some("goroutine") => {}
            Some("retained") => {
                let retention = analysed(case)?.retention();
                return Ok(Written::new(move |out| write_retention(&retention, out)));
            }
            Some(other) => {
                return Err(Failure::usage(format!(
                    "--to folded --profile {other}: there is goroutine, retained"
                )));
            }
        }
        let shown = if flags.system {
            SystemGoroutines::Shown
        } else {
            SystemGoroutines::Hidden
        };
        let table = case.goroutines(shown, StackPointers::OfOne);
        let goroutines = table.map_err(Failure::no_answer)?.goroutines;
        let system = flags.system;
        Ok(Written::new(move |out| write(&goroutines, system, out)))
    }

    fn of_log(
        path: &Path,
        flags: &ExportFlags,
    ) -> Result<(Written<'static>, Vec<Incomplete>), Failure> {
        let asked = GoroutinesFlags {
            dump: flags.dump,
            log: flags.log.clone(),
            with_stacks: true,
            ..GoroutinesFlags::default()
        };
        let (goroutines, incomplete) = of_log(path, &asked)?;
        let system = flags.system;
        Ok((
            Written::new(move |out| write(&goroutines, system, out)),
            incomplete,
        ))
    }
}

fn write(goroutines: &Goroutines, system: bool, out: &mut dyn Write) -> io::Result<()> {
    let wanted = goroutines.list.iter().filter(|g| system || !g.system);
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    let mut stacks: BTreeMap<StackId, u64> = BTreeMap::new();
    for goroutine in wanted {
        *stacks.entry(goroutine.stack).or_default() += 1;
    }
    for (stack, count) in stacks {
        *lines.entry(line(goroutines, stack, system)).or_default() += count;
    }
    lines
        .iter()
        .try_for_each(|(line, count)| writeln!(out, "{line} {count}"))
}

/// Who keeps the heap: the root first, then what it keeps, in bytes.
fn write_retention(retention: &Retention, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<(String, u64)> = Vec::new();
    for (place, kept) in (0u32..).zip(&retention.places) {
        if kept.bytes == 0 {
            continue;
        }
        let stack = retention.stack(place).into_iter().rev();
        let names = stack.filter_map(|at| retention.names.get(at as usize));
        let names: Vec<String> = names.map(|text| name(text)).collect();
        lines.push((names.join(";"), kept.bytes));
    }
    lines.sort();
    lines
        .iter()
        .try_for_each(|(line, bytes)| writeln!(out, "{line} {bytes}"))
}

/// A stack, the outermost call first. What is not known of it stands in brackets, as such tools have it.
fn line(goroutines: &Goroutines, id: StackId, system: bool) -> String {
    let stack = goroutines.stacks.of(id);
    let elided = |at: usize| stack.elided.filter(|elided| elided.after == at);
    let mut calls: Vec<String> = Vec::new();
    for (index, frame) in goroutines.stacks.frames(id).enumerate() {
        calls.extend(elided(index).map(gap));
        if system || !frame.runtime {
            calls.push(name(&frame.function));
        }
    }
    calls.extend(elided(stack.frames.len()).map(gap));
    if stack.why_incomplete.is_some() {
        calls.push("[incomplete]".to_owned());
    }
    if calls.is_empty() {
        calls.push("[no calls]".to_owned());
    }
    calls.reverse();
    calls.join(";")
}

fn gap(elided: Elided) -> String {
    format!("[{} frames elided]", elided.count)
}

/// A function's name without what the format itself means.
fn name(function: &str) -> String {
    if function.is_empty() {
        return "[unknown]".to_owned();
    }
    safe(function).replace(';', ",")
}
