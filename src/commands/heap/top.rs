//! `heap top` and `heap garbage`: objects by what they have in common.

use super::{HeapTable, MOST_ROWS, analysed, command, doubt};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::TableFlags;
use crate::listing::Listing;
use crate::verb::{About, OnCore, Verb, Word};
use clap::{Args, ValueEnum};
use dumpview_model::heap::HeapTotal;
use dumpview_process::heap::ask::{Of, OwnerKind, TotalBy};
use dumpview_view::schema::Rows;
use schemars::JsonSchema;
use serde::Serialize;

/// What objects are put together by.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "heap-top-by")]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// What they are.
    #[default]
    Type,
    /// The package of their type.
    Package,
    /// The root without which they would go.
    Root,
    /// The package variable without which they would go.
    Variable,
    /// The goroutine without which they would go.
    Goroutine,
    /// The profiler label of the goroutines without which they would go.
    Label,
    /// The size class of their slot, in bytes.
    SizeClass,
    /// The stack of their allocation, of those that the memory profiler sampled.
    Site,
}

/// How `heap top` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct TopFlags {
    /// What objects are put together by.
    #[arg(long, value_name = "WHAT", default_value = "type")]
    pub by: By,

    /// Objects that nothing reaches, in place of those that live.
    #[arg(long)]
    pub garbage: bool,

    /// Rows and columns.
    #[command(flatten)]
    pub table: TableFlags,
}

/// What the document says beside its rows.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct TopBody {
    /// What objects are put together by.
    by: By,
    /// Whether they are objects that nothing reaches.
    garbage: bool,
}

/// The rows.
fn totals(case: &Case<'_>, by: By, of: Of) -> Result<Vec<HeapTotal>, Failure> {
    if by == By::Type
        && of == Of::Live
        && let Some(page) = case.known_page()
    {
        return Ok(page.types.clone());
    }
    let analysis = analysed(case)?;
    let owner = match by {
        By::Type => return Ok(analysis.totals(TotalBy::Type, of)),
        By::Package => return Ok(analysis.totals(TotalBy::Package, of)),
        By::SizeClass => return Ok(analysis.totals(TotalBy::SizeClass, of)),
        By::Site if of == Of::Live => return Ok(analysis.sites()),
        By::Site => {
            return Err(Failure::usage(
                "--garbage --by site: sites are of live objects only\n\nhint: --by type, package or size-class",
            ));
        }
        By::Root => OwnerKind::Root,
        By::Variable => OwnerKind::Variable,
        By::Goroutine => OwnerKind::Goroutine,
        By::Label => OwnerKind::Label,
    };
    if of == Of::Garbage {
        return Err(Failure::usage(
            "--garbage: no root keeps garbage\n\nhint: --by type, package or size-class",
        ));
    }
    Ok(analysis.owners(owner))
}

fn top(case: &Case<'_>, flags: &TopFlags) -> Result<Box<dyn Answer>, Failure> {
    flags.table.choice::<HeapTotal>()?;
    let of = if flags.garbage { Of::Garbage } else { Of::Live };
    let rows = totals(case, flags.by, of)?;
    if rows.is_empty() {
        let is_unreached = of == Of::Live && case.heap().is_ok_and(|heap| heap.garbage.objects > 0);
        if is_unreached && flags.by == By::Type {
            return Err(Failure::no_answer(
                "no root is known to reach anything: all objects count as garbage\n\nhint: dumpview heap garbage lists them",
            ));
        }
        return Err(Failure::no_answer(match (flags.by, of) {
            (By::Label, _) => "no goroutine that keeps something has profiler labels",
            (By::Site, _) => "the memory profiler sampled no object that lives",
            (_, Of::Garbage) => "no garbage: every object is reached from a root",
            _ => "the heap is empty",
        }));
    }
    let next = match (of, flags.by) {
        (Of::Garbage, _) => Vec::new(),
        (_, By::Type) => vec![
            format!(
                "{} --type TYPE  who keeps them",
                command(case, "heap paths")
            ),
            format!("{} TYPE  each of them", command(case, "heap find")),
        ],
        (_, By::Package | By::SizeClass | By::Site) => Vec::new(),
        _ => vec![format!(
            "{} ROOT  what hangs below",
            command(case, "heap tree")
        )],
    };
    Ok(Box::new(HeapTable {
        about: TopBody {
            by: flags.by,
            garbage: flags.garbage,
        },
        listing: Listing::new(rows, &flags.table)?.for_people(MOST_ROWS),
        head: doubt(case).into_iter().collect(),
        next,
    }))
}

/// `heap top`.
pub struct HeapTopVerb;

impl Verb for HeapTopVerb {
    type Args = TopFlags;
    type Body = Rows<HeapTotal, TopBody>;
    const ABOUT: About = About {
        examples: &[
            "dumpview heap top core.44457 ./app --by package",
            "dumpview heap top core.44457 ./app --by goroutine --top 10",
            "dumpview heap top core.44457 ./app --by site",
            "dumpview heap top core.44457 ./app --filter 'key~http and retained_bytes>1MiB' --csv",
        ],
        notes: "By type, package, size class and site a group retains what goes with its members one by one: what only several of\n\
                them keep together is not in it. By root, variable, goroutine and label the rows add up to all live bytes.\n\
                By site there are only the objects that the memory profiler sampled, one for each 512 KiB unless the program set another rate.",
        ..About::core(
            "heap top",
            "Live objects by type, package, root, variable, goroutine, label, size class, allocation site: own and retained bytes",
            Word::None,
        )
    };
}

impl OnCore for HeapTopVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &TopFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        top(case, args)
    }
}

/// `heap garbage`.
pub struct HeapGarbageVerb;

impl Verb for HeapGarbageVerb {
    type Args = TableFlags;
    type Body = Rows<HeapTotal, TopBody>;
    const ABOUT: About = About::core(
        "heap garbage",
        "What the objects are that nothing reaches, and that the collector had not freed yet",
        Word::None,
    );
}

impl OnCore for HeapGarbageVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &TableFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        top(
            case,
            &TopFlags {
                garbage: true,
                table: args.clone(),
                by: By::Type,
            },
        )
    }
}
