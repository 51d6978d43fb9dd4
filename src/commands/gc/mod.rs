//! `gc`: the collector's life, from gctrace lines.
//!
//! | file | in charge of |
//! |---|---|
//! | `text`, `charts` | the report for people |
//! | `beside` | what is no cycle: packages, scavenger, pacer |
//! | `compare` | two runs held against each other |
//! | `side_by_side` | the report of that |

mod beside;
mod charts;
mod compare;
mod side_by_side;
mod text;

use crate::answer::{Exit, Stop};
use crate::case::Files;
use crate::log::{self, Inputs, LogArgs, OnLog, Reading, When};
use crate::out::Out;
use crate::verb::{About, First};
use clap::Args;
use dumpview_model::gc::{Cycle, Sums};
use dumpview_model::log_model::{Fresh, LogModel, Parts};
use dumpview_model::units::plural;
use dumpview_parsers::gctrace;
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::schema::Inline;
use schemars::JsonSchema;
use std::io;
use std::path::PathBuf;

/// Flags of `gc`.
#[derive(Args, Debug, Clone, Default)]
pub struct GcFlags {
    /// Hold it against another run: what differs, and whether that is more than chance.
    #[arg(long, value_name = "OTHER", conflicts_with_all = ["follow", "csv"])]
    pub compare: Option<PathBuf>,
}

/// `gc`.
pub type GcVerb = OnLog<Gc>;

/// Cycles of all processes of a log.
#[derive(Default)]
pub struct Gc;

/// What the document says.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "read by the derive only")]
pub enum Body {
    /// Written while the input is read, so that `cycles` comes first and one cycle stands on a line.
    Log(Inline<log::Body<Gc>>),
    /// With `--compare`.
    Pair(Inline<compare::Pair>),
}

impl Reading for Gc {
    type Own = GcFlags;
    type Row = Cycle;
    type Summary<'m> = Sums;
    type Body = Body;
    const ABOUT: About = About {
        examples: &[
            "GODEBUG=gctrace=1 ./app 2>&1 | dumpview gc -",
            "dumpview gc --follow /var/log/app.log",
            "dumpview gc app.log --since 10m --json",
            "dumpview gc app.log --sort -pause_ns --top 10",
            "dumpview gc before.log --compare after.log",
        ],
        notes: "With `-`, what else comes through the pipe is passed on to stderr as it comes (not with -q). On a terminal it \
                is drawn live, and the rest is on the screen Text. The input ends at its end or at Ctrl-C; then the summary \
                is printed. Exit status: 0 summed up, 1 no collector line in it, 3 unreadable, 4 summed up, but lines are \
                missing or could not be read.",
        ..About::log(
            "gc",
            "gctrace lines (GODEBUG=gctrace=1): the collector, live and summed up",
        )
    };
    const LINE: &'static str = "gctrace line";
    const HINT: &'static str = "GODEBUG=gctrace=1 ./app 2>&1 | dumpview gc - (the runtime writes one line a cycle to stderr)";
    const PARTS: Parts = Parts::GC;
    const FIRST: Option<First> = Some(First::Gc);

    fn is_whole(own: &GcFlags) -> bool {
        own.compare.is_none()
    }

    fn instead(
        files: &Files<'_>,
        args: &LogArgs<GcFlags>,
        out: &mut Out<'_>,
    ) -> Option<Result<Exit, Stop>> {
        let other = args.own.compare.as_ref()?;
        Some(compare::answer(files, other, args, out))
    }

    fn is_ours(record: &Record<'_>) -> bool {
        match &record.kind {
            // The go command says it to people.
            Line::Gc(gctrace::Record::Package(_)) => false,
            Line::Gc(_) | Line::Scavenger(_) | Line::Pacer(_) | Line::Init(_) => true,
            // What could not be read is in the document; people are told its number.
            _ => false,
        }
    }

    fn when(record: &Record<'_>) -> When {
        match &record.kind {
            Line::Gc(gctrace::Record::Cycle(cycle)) => When::At(cycle.start.0),
            Line::Gc(gctrace::Record::OldCycle(_)) => When::Unknown,
            _ => When::WithPrevious,
        }
    }

    fn fresh<'f>(&mut self, fresh: Fresh<'f>) -> Option<&'f Cycle> {
        match fresh {
            Fresh::Cycle(cycle) => Some(cycle),
            Fresh::Sample(_) => None,
        }
    }

    fn found(&self, inputs: &Inputs) -> bool {
        let gc = &inputs.model.gc;
        gc.main().is_some()
            || gc
                .without_cycles()
                .any(|(_, beside)| beside.inits.packages > 0)
    }

    fn why_nothing(&self, model: &LogModel) -> Option<String> {
        let neighbours = model.gc.records();
        (neighbours > 0).then(|| {
            format!(
                "no gctrace line, though {} of its neighbours (scavenger, pacer)",
                plural(neighbours, "line")
            )
        })
    }

    fn gap(model: &LogModel) -> Option<String> {
        model.gc.gap()
    }

    fn summary(&self, model: &LogModel) -> Sums {
        model.gc.sums()
    }

    fn text(&self, inputs: &Inputs, out: &mut Text<'_>) -> io::Result<()> {
        let main = inputs.model.gc.main();
        match main {
            Some(process) => text::report(&inputs.model, process, out),
            None => beside::alone(&inputs.model, out),
        }
    }
}
