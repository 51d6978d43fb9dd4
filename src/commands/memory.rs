//! `memory`: where every byte of the process's memory is.

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::commands::info;
use crate::verb::{About, OnCore, Verb, Word};
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
const BAR: u128 = 24;

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
        for part in &told.parts {
            let width = u128::from(part.bytes) * BAR / u128::from(told.total.max(1));
            let bar = "#".repeat(usize::try_from(width).unwrap_or(0));
            out.line(format_args!(
                "{:>14} {:>10}  {:<24}  {}",
                part.bytes,
                bytes(part.bytes),
                bar,
                part.what
            ))?;
        }
        if told.gap > 0 {
            out.line(format_args!(
                "{:>14} {:>10}  {:<24}  claimed twice by the core's program headers",
                told.gap,
                bytes(told.gap),
                ""
            ))?;
        }
        out.line(format_args!(
            "{:>14} {:>10}  {:<24}  all of it",
            told.total,
            bytes(told.total),
            ""
        ))?;
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
                let read = std::fs::read(path);
                let bytes = read
                    .map_err(|error| Failure::unreadable(format!("{}: {error}", path.display())))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            None => String::new(),
        };
        // Without a heap that can be walked its memory is anonymous like any other.
        let analysis = case.heap().ok();
        let reached = |object| analysis.is_some_and(|known| known.dominators.is_reached(object));
        let heap = analysis.map(|known| &known.heap);
        let accounts = Accounts::of(&case.process, heap, &reached, &smaps::parse(&text));
        Ok(Box::new(Memory { accounts }))
    }
}
