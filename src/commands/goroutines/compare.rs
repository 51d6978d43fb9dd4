//! `--diff OLD`: two dumps, or cores, of one process.

use super::args::GoroutinesArgs;
use super::view::{row, stack_text};
use super::{core, json, text};
use crate::answer::{Exit, Failure};
use crate::cli::Common;
use crate::input;
use crate::session::with_session;
use dumpview_model::goroutine::{Goroutine, Goroutines, Group, Listed};
use dumpview_model::traceback::{Diff, Stayed, diff};
use dumpview_model::units::{duration, grouped, plural};
use dumpview_view::sink::ansi::{Ansi, Styles};
use dumpview_view::{Role, Text, styled};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

/// So many of a kind are listed in text.
const SHOWN: usize = 10;

/// Answers. The inner result is about writing the answer.
pub fn run(
    old: &Path,
    args: &GoroutinesArgs,
    common: &Common,
    out: &mut dyn Write,
) -> Result<io::Result<Exit>, Failure> {
    let before = goroutines(old, None, args, common)?;
    let after = goroutines(
        &args.input.core,
        args.input.executable.as_deref(),
        args,
        common,
    )?;
    let filter = super::view::filter(&args.flags)?;
    let wanted = |all: &Goroutines, g: &Goroutine| {
        (args.flags.system || !g.system)
            && filter.as_ref().is_none_or(|filter| filter.matches(all, g))
    };
    let mut changes = diff(&before, &after);
    changes.appeared.retain(|g| wanted(&after, g));
    changes.gone.retain(|g| wanted(&before, g));
    changes.stayed.retain(|both| wanted(&after, both.new));
    let shown = Shown {
        old: old.display().to_string(),
        new: args.input.core.display().to_string(),
        before: &before,
        after: &after,
        changes,
        with_stacks: args.flags.with_stacks,
    };
    let written = if common.json {
        shown.json(out)
    } else {
        shown.text(&mut Text::new(&mut Ansi::new(out, Styles::Ansi)))
    };
    Ok(written.map(|()| Exit::Answered))
}

/// The goroutines of either kind of input.
fn goroutines(
    path: &Path,
    executable: Option<&Path>,
    args: &GoroutinesArgs,
    common: &Common,
) -> Result<Goroutines, Failure> {
    if executable.is_none() && matches!(input::recognize_file(path), Ok(input::Kind::Other)) {
        return text::goroutines(path, args);
    }
    with_session(path, executable, common, |session| {
        let read = core::collect(session, true, false).map_err(Failure::no_answer)?;
        Ok(read.0)
    })
}

struct Shown<'a> {
    old: String,
    new: String,
    before: &'a Goroutines,
    after: &'a Goroutines,
    changes: Diff<'a>,
    with_stacks: bool,
}

#[derive(Serialize)]
struct StayedDoc<'a> {
    id: u64,
    unmoved: bool,
    old_state: String,
    state: String,
    old_waiting_ns: Option<u64>,
    waiting_ns: Option<u64>,
    waited_longer_ns: Option<u64>,
    location: Option<&'a dumpview_model::goroutine::Place>,
}

impl Shown<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(flatten)]
            envelope: crate::answer::Envelope,
            diff: DiffDoc<'a>,
        }
        #[derive(Serialize)]
        struct DiffDoc<'a> {
            old: &'a str,
            appeared: Vec<Listed<'a>>,
            gone: Vec<Listed<'a>>,
            stayed: Vec<StayedDoc<'a>>,
            contradictions: usize,
        }
        let document = Document {
            envelope: json::envelope(&self.new, Vec::new()),
            diff: DiffDoc {
                old: &self.old,
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
            },
        };
        serde_json::to_writer(&mut *out, &document)?;
        out.write_all(b"\n")
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
