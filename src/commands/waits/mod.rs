//! `waits`: who waits for what, who could end it, and which waits can never end; of a core, or as far as a text tells.
//!
//! | file | in charge of |
//! |---|---|
//! | `text` | the report for people |
//! | `graph` | the same as a tree from the heads |

mod graph;
mod text;

use super::goroutines::{GoroutinesFlags, earlier, of_log};
use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::core::{Case, Cursor};
use crate::case::{Files, Kind};
use crate::flags::{Common, LogFlags, TableFlags};
use crate::listing::Listing;
use crate::out::Out;
use crate::verb::{About, Inputs, OnCore, OnFiles, Verb, Word};
use clap::Args;
use dumpview_model::goroutine::{Goroutines, Group};
use dumpview_model::traceback::diff;
use dumpview_model::waits::Waits;
use dumpview_process::addr::GoId;
use dumpview_process::postmortem::{StackPointers, SystemGoroutines};
use dumpview_view::Text;
use dumpview_view::column::{Column, Row};
use dumpview_view::document::Envelope;
use dumpview_view::rows::WaitRow;
use dumpview_view::schema::Rows;
use dumpview_view::sink::csv;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is shown.
#[derive(Args, Debug, Clone, Default)]
pub struct WaitsFlags {
    /// As a tree: goroutines that others wait for, what they have, who waits for that, what those have.
    #[arg(long, conflicts_with_all = ["columns", "sort", "filter"])]
    pub graph: bool,

    /// A line each, however many wait, as a table; so do --columns, --sort and --filter.
    #[arg(long, conflicts_with = "graph")]
    pub each: bool,

    /// Goroutines that nothing can wake any more, proven by the heap, and what they keep: by the rule of Go 1.27's own
    /// `goroutineleak` profile, on a core of any release. The heap then also names what no variable at hand leads to, and
    /// says who alone has a reference to it.
    #[arg(long)]
    pub leaked: bool,

    /// Those that wait where they waited in OLD, an earlier dump or core of the same process.
    #[arg(long, value_name = "OLD")]
    pub diff: Option<PathBuf>,

    /// Which dump of a log with several, by number; the one of the last crash, or the last one, when left out.
    #[arg(long, value_name = "N")]
    pub dump: Option<usize>,

    /// How a log is read.
    #[command(flatten)]
    pub log: LogFlags,

    #[command(flatten)]
    pub table: TableFlags,
}

impl WaitsFlags {
    fn is_table(&self) -> bool {
        let table = &self.table;
        let asks = !table.columns.is_empty() || table.sort.is_some() || table.filter.is_some();
        self.each || asks
    }
}

/// What goroutines wait for.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Report {
    #[serde(flatten)]
    waits: Arc<Waits>,
    /// Goroutines that nothing can wake any more, by stack, most first; present with `--leaked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaked: Option<Vec<Group>>,
    /// Goroutines that wait where they waited in an earlier dump or core, by stack, most first; present with `--diff`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unmoved: Option<Vec<Group>>,
    /// Objects that people see.
    #[serde(skip)]
    top: usize,
    #[serde(skip)]
    graph: bool,
}

/// What the document says.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "read by the derive only")]
pub enum Body {
    /// The report.
    Report(Box<Report>),
    /// With `--each`, `--columns`, `--sort` or `--filter`.
    Each(Rows<WaitRow>),
}

/// Objects that people see unless they say how many.
const OBJECTS: usize = 20;

impl Report {
    fn new(waits: Waits, args: &WaitsFlags) -> Self {
        Self {
            waits: Arc::new(waits),
            leaked: None,
            unmoved: None,
            top: match args.table.top {
                None => OBJECTS,
                Some(0) => usize::MAX,
                Some(top) => top,
            },
            graph: args.graph,
        }
    }

    /// Itself, or the table that was asked for.
    fn answer(self, args: &WaitsFlags) -> Result<Box<dyn Answer>, Failure> {
        if args.is_table() {
            let rows = WaitRow::of(&self.waits);
            return Ok(Box::new(Listing::new(rows, &args.table)?));
        }
        Ok(Box::new(self))
    }
}

impl Answer for Report {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        if self.graph {
            graph::write(&self.waits, self.top, out)
        } else {
            self.report(out)
        }
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        let columns: Vec<&Column<WaitRow>> = WaitRow::COLUMNS.iter().collect();
        Some(csv::write(&columns, &WaitRow::of(&self.waits), out))
    }
}

/// `waits`.
pub struct WaitsVerb;

impl Verb for WaitsVerb {
    type Args = WaitsFlags;
    type Body = Body;
    const ABOUT: About = About {
        inputs: Inputs::CoreOrLog,
        ..About::core(
            "waits",
            "Who waits for whom: locks, channels, groups, who holds them, deadlocks, leaked goroutines",
            Word::None,
        )
    };
}

impl OnCore for WaitsVerb {
    fn ask(
        case: &Case<'_>,
        args: &WaitsFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        let mut waits = case.waits().map_err(Failure::no_answer)?;
        let mut leaked = None;
        if args.leaked {
            let heap = case.heap().map_err(Failure::no_answer)?;
            let stuck = case.stuck(heap).map_err(Failure::no_answer)?;
            leaked = Some(leaked_of(case, &stuck.ids)?);
            let more = case.waits_by_heap(waits, heap);
            waits = more.map_err(Failure::no_answer)?;
            let unproven = stuck
                .unproven
                .map(|why| format!("no goroutine can be proven to be leaked: {why}"));
            waits.incomplete.extend(unproven);
        }
        let mut report = Report::new(waits, args);
        report.leaked = leaked;
        if let Some(old) = &args.diff {
            let table = case.goroutines(SystemGoroutines::Hidden, StackPointers::OfOne);
            let all = table.map_err(Failure::no_answer)?.goroutines;
            report.unmoved = Some(unmoved(old, &all, args, case.common)?);
        }
        report.answer(args)
    }
}

/// Leaked goroutines by stack, with what each group keeps.
fn leaked_of(case: &Case<'_>, ids: &BTreeSet<u64>) -> Result<Vec<Group>, Failure> {
    let heap = case.heap().map_err(Failure::no_answer)?;
    let table = case.goroutines(SystemGoroutines::Shown, StackPointers::OfOne);
    let all = table.map_err(Failure::no_answer)?.goroutines;
    let mut groups = all.group(all.list.iter().filter(|g| ids.contains(&g.id)));
    let members: Vec<Vec<GoId>> = groups
        .iter()
        .map(|group| group.ids.iter().copied().map(GoId).collect())
        .collect();
    let members: Vec<&[GoId]> = members.iter().map(Vec::as_slice).collect();
    for (group, kept) in groups.iter_mut().zip(heap.retained_by_groups(&members)) {
        group.retained_bytes = kept;
    }
    Ok(groups)
}

/// Goroutines that wait where they waited in an earlier dump or core.
fn unmoved(
    old: &Path,
    now: &Goroutines,
    args: &WaitsFlags,
    common: &Common,
) -> Result<Vec<Group>, Failure> {
    let before = earlier(old, &of_dump(args), common)?;
    let changes = diff(&before, now);
    let stayed = changes.stayed.iter();
    let ids: BTreeSet<u64> = stayed
        .filter(|both| both.unmoved && both.new.status.is_blocked() && !both.new.system)
        .map(|both| both.new.id)
        .collect();
    Ok(now.group(now.list.iter().filter(|g| ids.contains(&g.id))))
}

fn of_dump(args: &WaitsFlags) -> GoroutinesFlags {
    GoroutinesFlags {
        dump: args.dump,
        log: args.log.clone(),
        ..GoroutinesFlags::default()
    }
}

impl OnFiles for WaitsVerb {
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];

    fn answer(files: &Files<'_>, args: &WaitsFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        if args.leaked {
            let why = "--leaked: only a core has the memory that proves it";
            return Err(Failure::usage(why).into());
        }
        let (all, incomplete) = of_log(files.first(), &of_dump(args))?;
        let mut report = Report::new(Waits::of_text(&all), args);
        if let Some(old) = &args.diff {
            report.unmoved = Some(unmoved(old, &all, args, files.common)?);
        }
        let answer = report.answer(args)?;
        let path = files.first().display().to_string();
        out.whole(&Envelope::of_log("waits", &path), &incomplete, &*answer)?;
        Ok(Exit::lacking(&incomplete))
    }
}
