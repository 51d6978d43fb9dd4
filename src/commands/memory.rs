//! `memory`: where every byte of the process's memory is.

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::commands::info;
use crate::input::small;
use crate::verb::{About, OnCore, Verb, Word};
use crate::words::name;
use clap::Args;
use dumpview_model::units::bytes;
use dumpview_parsers::smaps;
use dumpview_process::postmortem::Accounts;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;
use std::path::PathBuf;

/// What else is known.
#[derive(Args, Debug, Clone, Default)]
pub struct MemoryFlags {
    /// A copy of /proc/PID/smaps from before the end: names of mappings, and what was resident.
    #[arg(long, value_name = "FILE")]
    pub smaps: Option<PathBuf>,
}

/// The parts, and what they sum to.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Memory {
    #[serde(flatten)]
    accounts: Accounts,
}

/// Columns of a bar.
const BAR: usize = 10;

impl Answer for Memory {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let told = &self.accounts;
        out.line(styled(
            Role::Heading,
            format_args!(
                "{} mapped: {} in the core, {} not dumped",
                bytes(told.total),
                bytes(told.dumped),
                bytes(told.not_dumped)
            ),
        ))?;
        if let Some(resident) = told.resident {
            let swapped = told
                .swapped
                .map_or_else(String::new, |n| format!(", {} swapped", bytes(n)));
            out.line(format_args!(
                "{} resident{swapped}, by smaps",
                bytes(resident)
            ))?;
        }
        out.line("")?;
        let line = |out: &mut Text<'_>, size: u64, bar: &str, what: &str| {
            out.line(format_args!(
                "{size:>14} {:>10}  {bar:<BAR$}  {what}",
                bytes(size)
            ))
        };
        let used = told.parts.iter().filter(|part| !part.reserved);
        let used = used.map(|part| u128::from(part.bytes)).sum::<u128>();
        for part in &told.parts {
            let share = u128::from(part.bytes) * BAR as u128 / used.max(1);
            let bar = if part.reserved {
                "reserved".to_owned()
            } else {
                "#".repeat(usize::try_from(share).unwrap_or(0))
            };
            line(out, part.bytes, &bar, &part.what)?;
        }
        if told.gap > 0 {
            let what = "claimed twice by the core's program headers";
            line(out, told.gap, "", what)?;
        }
        line(out, told.total, "", "all of it")?;
        if !told.checks.is_empty() {
            out.line("")?;
            out.line(styled(
                Role::Heading,
                "checked against the runtime's own counters",
            ))?;
            for check in &told.checks {
                info::check(check, out)?;
            }
        }
        Ok(())
    }
}

/// `memory`.
pub struct MemoryVerb;

impl Verb for MemoryVerb {
    type Args = MemoryFlags;
    type Body = Memory;
    const ABOUT: About = About::core(
        "memory",
        "where the memory is, to the byte: heap, stacks, runtime, files",
        Word::None,
    );
}

impl OnCore for MemoryVerb {
    fn ask(
        case: &Case<'_>,
        args: &MemoryFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        let text = match &args.smaps {
            Some(path) => {
                let read = small(path);
                let bytes = read.map_err(|error| Failure::cannot_read(path, &error))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            None => String::new(),
        };
        let mappings = smaps::parse(&text);
        if let Some(path) = &args.smaps
            && mappings.is_empty()
        {
            return Err(Failure::unreadable(format!(
                "{}: no line of it is a mapping\n\nhint: cat /proc/PID/smaps >FILE while the process runs",
                name(path)
            )));
        }
        // Without a heap that can be walked its memory is anonymous like any other.
        let analysis = case.heap().ok();
        let reached = |object| analysis.is_some_and(|known| known.dominators.is_reached(object));
        let heap = analysis.map(|known| &known.heap);
        let accounts = Accounts::of(&case.process, heap, &reached, &mappings);
        Ok(Box::new(Memory { accounts }))
    }
}
