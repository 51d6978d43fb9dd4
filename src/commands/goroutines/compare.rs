//! `--diff OLD`: two dumps, or cores, of one process.

use super::GoroutinesFlags;
use super::text;
use super::view::{row, stack_text};
use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::core::Case;
use crate::case::core::with_case;
use crate::case::{Files, Kind, kind_of};
use crate::flags::{Common, LogFlags};
use crate::out::Out;
use dumpview_model::goroutine::{Goroutine, Goroutines, Group, Listed};
use dumpview_model::traceback::{Diff, Stayed, diff};
use dumpview_model::units::{duration, grouped, plural};
use dumpview_process::postmortem::{StackPointers, SystemGoroutines};
use dumpview_view::choice::Choice;
use dumpview_view::document::Envelope;
use dumpview_view::rows::GoroutineRow;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// So many of a kind are listed in text.
const SHOWN: usize = 10;

/// A core, held against an older dump or core.
///
/// # Errors
///
/// When one of them has no goroutines, or the filter cannot be understood.
pub(super) fn of_core(
    case: &Case<'_>,
    old: &Path,
    args: &GoroutinesFlags,
) -> Result<Changed, Failure> {
    let before = goroutines(old, args, case.common)?;
    Changed::new(old, &case.core_path, before, all(case)?, args)
}

/// A dump in a log, held against an older dump or core.
///
/// # Errors
///
/// When one of them has no goroutines, the filter cannot be understood, or the answer cannot be written.
pub(super) fn of_log(
    files: &Files<'_>,
    old: &Path,
    args: &GoroutinesFlags,
    out: &mut Out<'_>,
) -> Result<Exit, Stop> {
    let new = files.first();
    let before = goroutines(old, args, files.common)?;
    let changed = Changed::new(old, new, before, text::goroutines(new, args)?.0, args)?;
    out.whole(&Envelope::of_log("goroutines", &changed.new), &[], &changed)?;
    Ok(Exit::Answered)
}

/// All goroutines of a core.
fn all(case: &Case<'_>) -> Result<Goroutines, Failure> {
    let table = case.goroutines(SystemGoroutines::Shown, StackPointers::OfOne);
    Ok(table.map_err(Failure::no_answer)?.goroutines)
}

/// The goroutines of either kind of input.
///
/// # Errors
///
/// When it cannot be read, or has none.
pub fn goroutines(
    path: &Path,
    args: &GoroutinesFlags,
    common: &Common,
) -> Result<Goroutines, Failure> {
    match kind_of(path)? {
        Kind::Core | Kind::Executable => with_case(path, None, common, all),
        _ => {
            // A stretch of time, and what is still to come, are of the other one.
            let log = LogFlags {
                strip_prefix: args.log.strip_prefix.clone(),
                ..LogFlags::default()
            };
            let args = GoroutinesFlags {
                log,
                ..args.clone()
            };
            Ok(text::goroutines(path, &args)?.0)
        }
    }
}

/// Two dumps, and which of their goroutines are wanted.
pub(super) struct Changed {
    old: String,
    new: String,
    before: Arc<Goroutines>,
    after: Arc<Goroutines>,
    choice: Choice<GoroutineRow>,
    system: bool,
    with_stacks: bool,
}

impl Changed {
    fn new(
        old: &Path,
        new: &Path,
        before: Goroutines,
        after: Goroutines,
        args: &GoroutinesFlags,
    ) -> Result<Self, Failure> {
        Ok(Self {
            old: old.display().to_string(),
            new: new.display().to_string(),
            before: Arc::new(before),
            after: Arc::new(after),
            choice: super::view::choice(args)?,
            system: args.system,
            with_stacks: args.with_stacks,
        })
    }

    /// The ids of those that were asked for.
    fn wanted(&self, all: &Arc<Goroutines>) -> HashSet<u64> {
        let rows = (0..all.list.len()).map(|index| GoroutineRow {
            all: Arc::clone(all),
            index,
        });
        rows.zip(&all.list)
            .filter(|(row, g)| (self.system || !g.system) && self.choice.wants(row))
            .map(|(_, g)| g.id)
            .collect()
    }

    fn shown(&self) -> Shown<'_> {
        let (before, after) = (self.wanted(&self.before), self.wanted(&self.after));
        let mut changes = diff(&self.before, &self.after);
        changes.appeared.retain(|g| after.contains(&g.id));
        changes.gone.retain(|g| before.contains(&g.id));
        changes.stayed.retain(|both| after.contains(&both.new.id));
        Shown {
            old: &self.old,
            new: &self.new,
            before: &self.before,
            after: &self.after,
            changes,
            with_stacks: self.with_stacks,
        }
    }
}

impl Serialize for Changed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("diff", &self.shown().document())?;
        map.end()
    }
}

impl Answer for Changed {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        self.shown().text(out)
    }
}

struct Shown<'a> {
    old: &'a str,
    new: &'a str,
    before: &'a Goroutines,
    after: &'a Goroutines,
    changes: Diff<'a>,
    with_stacks: bool,
}

/// A goroutine that is in both dumps.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "stayed-goroutine")]
struct StayedDoc<'a> {
    /// Its id.
    id: u64,
    /// Whether it stands where it stood.
    unmoved: bool,
    /// Its state in the old dump, as a traceback's header has it.
    old_state: String,
    /// Its state now, as a traceback's header has it.
    state: String,
    /// How long it had waited in the old dump, in nanoseconds; null when not known.
    old_waiting_ns: Option<u64>,
    /// How long it has waited now, in nanoseconds; null when not known.
    waiting_ns: Option<u64>,
    /// How much longer that is, in nanoseconds; null when not known.
    waited_longer_ns: Option<u64>,
    /// Its first frame of the program itself; null when not known.
    location: Option<&'a dumpview_model::goroutine::Place>,
}

/// What changed between two dumps.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "goroutines-diff")]
pub struct DiffDoc<'a> {
    /// The old dump, as typed.
    old: &'a str,
    /// Goroutines that only the new dump has.
    appeared: Vec<Listed<'a>>,
    /// Goroutines that only the old dump has.
    gone: Vec<Listed<'a>>,
    /// Goroutines that both have.
    stayed: Vec<StayedDoc<'a>>,
    /// How many goroutines of one id have other creators in both: above 0, these are two processes.
    contradictions: usize,
}

impl<'a> Shown<'a> {
    fn document(&'a self) -> DiffDoc<'a> {
        DiffDoc {
            old: self.old,
            appeared: self
                .changes
                .appeared
                .iter()
                .map(|g| self.after.listed(g, self.with_stacks))
                .collect(),
            gone: self
                .changes
                .gone
                .iter()
                .map(|g| self.before.listed(g, self.with_stacks))
                .collect(),
            stayed: self
                .changes
                .stayed
                .iter()
                .map(|both| StayedDoc {
                    id: both.new.id,
                    unmoved: both.unmoved,
                    old_state: both.old.state(),
                    state: both.new.state(),
                    old_waiting_ns: both.old.waiting_ns,
                    waiting_ns: both.new.waiting_ns,
                    waited_longer_ns: both.waited_longer_ns(),
                    location: both.new.location.as_deref(),
                })
                .collect(),
            contradictions: self.changes.contradictions(),
        }
    }

    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let Diff {
            appeared,
            gone,
            stayed,
        } = &self.changes;
        let unmoved: Vec<&Stayed<'_>> = stayed.iter().filter(|both| both.unmoved).collect();
        out.line(styled(
            Role::Heading,
            format_args!(
                "{} appeared, {} gone, {} stayed ({} of them where they were)",
                grouped(appeared.len() as u64),
                grouped(gone.len() as u64),
                grouped(stayed.len() as u64),
                grouped(unmoved.len() as u64)
            ),
        ))?;
        out.line(styled(
            Role::Dim,
            format_args!("from {} to {}", self.old, self.new),
        ))?;
        let contradictions = self.changes.contradictions();
        if contradictions > 0 {
            out.line(format_args!(
                "{} with the same id created by another function: these are dumps of two processes",
                plural(contradictions as u64, "goroutine")
            ))?;
        }
        let longest = unmoved
            .iter()
            .filter_map(|both| both.waited_longer_ns())
            .max();
        if let Some(longest) = longest {
            let count = unmoved
                .iter()
                .filter(|both| both.waited_longer_ns().is_some())
                .count();
            out.line(format_args!(
                "{} did not move and waited up to {} longer",
                plural(count as u64, "goroutine"),
                duration(longest)
            ))?;
        }
        self.groups("appeared", "+", self.after, appeared, out)?;
        self.groups("gone", "-", self.before, gone, out)?;
        let still: Vec<&Goroutine> = unmoved.iter().map(|both| both.new).collect();
        self.groups("stayed where they were", "=", self.after, &still, out)?;
        let moved: Vec<&Goroutine> = stayed
            .iter()
            .filter(|both| !both.unmoved)
            .map(|both| both.new)
            .collect();
        self.groups("stayed and moved on", "~", self.after, &moved, out)
    }

    /// Some of the goroutines, by place.
    fn groups(
        &self,
        what: &str,
        mark: &str,
        all: &Goroutines,
        some: &[&Goroutine],
        out: &mut Text<'_>,
    ) -> io::Result<()> {
        if some.is_empty() {
            return Ok(());
        }
        out.line("")?;
        out.line(styled(
            Role::Heading,
            format_args!("{what}: {}", grouped(some.len() as u64)),
        ))?;
        let groups = all.group(some.iter().copied());
        for group in groups.iter().take(SHOWN) {
            self.group(mark, group, all, out)?;
        }
        let more = groups.len().saturating_sub(SHOWN);
        if more > 0 {
            out.line(styled(
                Role::Dim,
                format_args!("  and {more} more places (--json has all)"),
            ))?;
        }
        Ok(())
    }

    fn group(
        &self,
        mark: &str,
        group: &Group,
        all: &Goroutines,
        out: &mut Text<'_>,
    ) -> io::Result<()> {
        let mut line = String::new();
        if let Some(g) = group
            .ids
            .first()
            .and_then(|id| all.list.iter().find(|g| g.id == *id))
        {
            row(g, &mut line);
        }
        let more = match group.count {
            0 | 1 => String::new(),
            n => format!("  and {} more there", n - 1),
        };
        out.line(format_args!("{mark} {}{more}", line.trim_start()))?;
        if self.with_stacks {
            stack_text(
                group.frames.iter().filter(|f| !f.runtime),
                group.elided,
                "      ",
                out,
            )?;
        }
        Ok(())
    }
}
