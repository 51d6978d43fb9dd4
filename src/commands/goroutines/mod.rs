//! `goroutines`: all of them, filtered, or grouped by identical stacks; from a core or a text.
//!
//! | file | in charge of |
//! |---|---|
//! | `view` | showing a set of them, whatever it came from |
//! | `text` | what a log says of them |
//! | `passing` | stdin that passes through until a crash |
//! | `report`, `json` | a log's answer around the view |
//! | `printed` | an expression in each of them |
//! | `compare` | `--diff` |

mod compare;
mod json;
mod passing;
mod printed;
mod report;
mod text;
mod view;

use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::core::{Case, Cursor};
use crate::case::{Files, Kind};
use crate::commands::print::failure;
use crate::commands::x::parse_addr;
use crate::flags::{LogFlags, ValueFlags};
use crate::out::Out;
use crate::verb::{About, Inputs, OnCore, OnFiles, Verb, Word};
use clap::Args;
pub use compare::goroutines as earlier;
use dumpview_model::goroutine::Goroutine;
use dumpview_model::value::Address;
use dumpview_model::waits::{Object, Waits};
use dumpview_process::addr::GoId;
use dumpview_process::expr::Expressions;
use dumpview_process::postmortem::{StackPointers, SystemGoroutines};
use schemars::JsonSchema;
use std::collections::BTreeSet;
use std::path::PathBuf;
pub use text::goroutines as of_log;
use view::{Kept, View};
pub use view::{group_text, stack_text};

/// How `goroutines` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct GoroutinesFlags {
    /// Group by identical stacks; people see more than 40 so unless they ask otherwise.
    #[arg(long)]
    pub group: bool,

    /// A line each, however many there are.
    #[arg(long, conflicts_with = "group")]
    pub each: bool,

    /// Only those that match: `status=waiting`, `wait~chan`, `id=7`, `label:user=ann`, `fn~http`, `waiting>1m`, joined by
    /// `and`, `or`, `not` and brackets; a bare word is looked for in every text.
    #[arg(long, value_name = "CONDITIONS")]
    pub filter: Option<String>,

    /// By this column; `-NAME` for the largest first. People see those that waited longest first when left out.
    #[arg(
        long,
        value_name = "NAME",
        allow_hyphen_values = true,
        conflicts_with = "group"
    )]
    pub sort: Option<String>,

    /// These columns, in this order, as a table with a row each; JSON has all of them.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        conflicts_with_all = ["group", "with_stacks", "retained"]
    )]
    pub columns: Vec<String>,

    /// The value of an expression in each of them, in the innermost frame of the program where it has one; equal values
    /// together, the most frequent first. Of a core.
    #[arg(
        long,
        value_name = "EXPR",
        conflicts_with_all = ["group", "each", "with_stacks", "retained", "columns", "diff"]
    )]
    pub print: Option<String>,

    /// Only those that wait for this lock, channel, group or condition: its address, or an expression: `main.pool.mu`. Of a core.
    #[arg(long, value_name = "ADDR|EXPR", conflicts_with = "diff")]
    pub waiting_on: Option<String>,

    /// At most this many goroutines or groups; 0 for all.
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,

    /// With all frames.
    #[arg(long)]
    pub with_stacks: bool,

    /// What each of them keeps on the heap: what would go with it; with --group, what each group keeps together. Of a core.
    #[arg(long)]
    pub retained: bool,

    /// The runtime's own goroutines too.
    #[arg(long)]
    pub system: bool,

    /// Which dump of a log with several, by number; the one of the last crash, or the last one, when left out.
    #[arg(long, value_name = "N")]
    pub dump: Option<usize>,

    /// What changed since OLD, an earlier dump or core of the same process: appeared, gone, stayed.
    #[arg(long, value_name = "OLD")]
    pub diff: Option<PathBuf>,

    /// How a log is read.
    #[command(flatten)]
    pub log: LogFlags,
}

/// What the document says.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "read by the derive only")]
pub enum Body<'a> {
    /// Of a core.
    Core(view::ViewShape<'a>),
    /// Of a log: a crash, a dump, race reports. A frame's `trust` is `printed`.
    Log(Box<json::Document<'a>>),
    /// With `--print`.
    Printed(printed::Printed),
    /// With `--diff`.
    Diff {
        /// What changed between two dumps.
        diff: compare::DiffDoc<'a>,
    },
}

/// `goroutines`.
pub struct GoroutinesVerb;

impl Verb for GoroutinesVerb {
    type Args = GoroutinesFlags;
    type Body = Body<'static>;
    const ABOUT: About = About {
        aliases: &["grs"],
        inputs: Inputs::CoreOrLog,
        ..About::core(
            "goroutines",
            "All goroutines of a core or a log: id, status, wait reason and time, location, labels; why it died, races",
            Word::None,
        )
    };
}

impl OnCore for GoroutinesVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &GoroutinesFlags,
        _: Option<&str>,
        _: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        if let Some(old) = &args.diff {
            return Ok(Box::new(compare::of_core(case, old, args)?));
        }
        let view = goroutines(case, args)?;
        match &args.print {
            Some(expr) => Ok(Box::new(printed::printed(case, &view, expr)?)),
            None => Ok(Box::new(view)),
        }
    }
}

impl OnFiles for GoroutinesVerb {
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];

    fn answer(files: &Files<'_>, args: &GoroutinesFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        match &args.diff {
            Some(old) => compare::of_log(files, old, args, out),
            None if args.print.is_some() => {
                let why = "--print: only a core has the values of variables";
                Err(Failure::usage(why).into())
            }
            None if args.waiting_on.is_some() => {
                let why = "--waiting-on: only a core has the addresses of all that is waited for";
                Err(Failure::usage(why).into())
            }
            None if args.retained => {
                let why = "--retained: only a core has the memory that goroutines keep";
                Err(Failure::usage(why).into())
            }
            None => text::answer(files, args, out),
        }
    }
}

/// Who waits for what is meant by an address or an expression.
fn waiting_on(case: &Case<'_>, of: &str) -> Result<BTreeSet<u64>, Failure> {
    let waits = case.waits().map_err(Failure::no_answer)?;
    let mut addrs: Vec<Address> = parse_addr(of).map(|at| Address(at.0)).into_iter().collect();
    if addrs.is_empty() {
        let scope = case.process.scope(None);
        let expressions = Expressions {
            sources: case.process.sources(),
            scope: &scope,
        };
        let known = expressions.print(of, ValueFlags::default().into());
        let known = known.map_err(|error| failure(&error))?;
        addrs.extend(known.addr);
        // A channel, or a pointer to a lock: what it leads to.
        addrs.extend(known.value.and_then(|value| value.leads_to()));
    }
    let meant = |object: &&Object| object.addr.is_some_and(|addr| addrs.contains(&addr));
    let found: BTreeSet<u64> = waits
        .objects
        .iter()
        .filter(meant)
        .flat_map(|object| object.waiters.iter().map(|waiter| waiter.goroutine))
        .collect();
    if found.is_empty() {
        return Err(Failure::no_answer(format!(
            "no goroutine waits for {of}\n\nhint: dumpview waits lists what is waited for"
        )));
    }
    Ok(found)
}

/// Whether some flag names a column that takes a look for who waits for whom.
fn names_waits(flags: &GoroutinesFlags) -> bool {
    let mut words = flags.columns.iter().chain(&flags.filter).chain(&flags.sort);
    words.any(|text| text.contains("waits_on") || text.contains("held_by"))
}

/// Gives each goroutine what it waits for; of several, in a select, what most wait for.
fn tell_waits(waits: &Waits, list: &mut [Goroutine]) {
    let by_goroutine = waits.by_goroutine();
    for g in list {
        let objects = by_goroutine.get(&g.id).into_iter().flatten();
        let mut objects = objects.filter_map(|index| waits.objects.get(*index));
        if let Some(object) = objects.next() {
            let party = object.parties.first().map(|party| party.goroutine);
            g.waits_at = object.addr;
            g.waits_on = Some((object.title().into(), party));
        }
    }
}

/// Lists the goroutines of a core.
///
/// # Errors
///
/// When there is no list of them, or the filter cannot be understood.
fn goroutines(case: &Case<'_>, flags: &GoroutinesFlags) -> Result<View, Failure> {
    view::choice(flags)?;
    let system = if flags.system {
        SystemGoroutines::Shown
    } else {
        SystemGoroutines::Hidden
    };
    let pointers = if flags.with_stacks {
        StackPointers::OfEach
    } else {
        StackPointers::OfOne
    };
    let table = case.goroutines(system, pointers);
    let mut table = table.map_err(Failure::no_answer)?;
    if let Some(of) = &flags.waiting_on {
        let ids = waiting_on(case, of)?;
        table.goroutines.list.retain(|g| ids.contains(&g.id));
        table.hidden = 0;
    }
    if names_waits(flags) {
        let waits = case.waits().map_err(Failure::no_answer)?;
        tell_waits(&waits, &mut table.goroutines.list);
    }
    let view = View::new(table.goroutines, table.hidden, flags)?;
    if !flags.retained {
        return Ok(view);
    }
    let heap = case.heap();
    let kept = match &heap {
        Ok(heap) => {
            let kept = heap.retained_by_goroutines().into_iter();
            Kept::Known(kept.map(|(id, bytes)| (id.0, bytes)).collect())
        }
        Err(why) => Kept::Unknown(why.to_string()),
    };
    Ok(view.with_retained(kept, |groups| {
        let ids = |ids: &Vec<u64>| ids.iter().copied().map(GoId).collect();
        let groups: Vec<Vec<GoId>> = groups.iter().map(ids).collect();
        let groups: Vec<&[GoId]> = groups.iter().map(Vec::as_slice).collect();
        heap.map_or_else(|_| Vec::new(), |heap| heap.retained_by_groups(&groups))
    }))
}
