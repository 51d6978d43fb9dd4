//! `heap tree`: the dominator tree.

use super::{HeapTable, analysed, command, doubt, named};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::TableFlags;
use crate::listing::Listing;
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_model::heap::HeapBranch;
use dumpview_model::units::grouped;
use dumpview_process::heap::ask::Cut;
use dumpview_view::schema::Rows;
use schemars::JsonSchema;
use serde::Serialize;

/// How `heap tree` answers.
#[derive(Args, Debug, Clone)]
pub struct TreeFlags {
    /// How many levels below the place.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub depth: usize,

    /// Leave out what keeps less than so many percent of all live bytes.
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = percent)]
    pub share: f64,

    /// Leave out what keeps fewer bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pub min_bytes: u64,

    /// At most so many of each place's children.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub width: usize,

    /// Rows and columns.
    #[command(flatten)]
    pub table: TableFlags,
}

fn percent(typed: &str) -> Result<f64, String> {
    let number = typed.trim_end_matches('%').parse().ok();
    let number = number.filter(|share| (0.0..=100.0).contains(share));
    number.ok_or_else(|| "is no number from 0 to 100".to_owned())
}

/// What the document says beside its rows.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct TreeBody {
    /// Whether the tree goes on behind the last row: there are 100,000 at most.
    goes_on: bool,
}

/// Lines of a tree, whatever its cut.
const MOST_LINES: usize = 100_000;

/// `heap tree`.
pub struct HeapTreeVerb;

impl Verb for HeapTreeVerb {
    type Args = TreeFlags;
    type Body = Rows<HeapBranch, TreeBody>;
    const ABOUT: About = About {
        examples: &[
            "dumpview heap tree core.44457 ./app",
            "dumpview heap tree core.44457 ./app main.cache --depth 8",
            "dumpview heap tree core.44457 ./app 'goroutine 7'",
        ],
        ..About::core(
            "heap tree",
            "Who keeps the memory: the dominator tree, largest first",
            Word::Optional(
                "ADDR|ROOT",
                "the place to start from: an address, a package variable, `goroutine 7`, an expression",
            ),
        )
    };
}

impl OnCore for HeapTreeVerb {
    const ON_HEAP_DUMP: bool = true;

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of bytes is a rough limit"
    )]
    fn ask(
        case: &Case<'_>,
        args: &TreeFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        args.table.choice::<HeapBranch>()?;
        let analysis = analysed(case)?;
        let from = word.map(|word| named(analysis, word)).transpose()?;
        let whole = from.and_then(|node| analysis.retained(node));
        let whole = whole.unwrap_or(analysis.live.bytes);
        let share = (whole as f64 * args.share / 100.0) as u64;
        let (rows, goes_on) = analysis.tree(
            from,
            Cut {
                depth: args.depth,
                bytes: share.max(args.min_bytes),
                width: args.width,
                lines: MOST_LINES,
            },
        );
        if from.is_some_and(|node| analysis.retained(node).is_none()) {
            return Err(Failure::no_answer(
                "garbage: nothing reaches it, so it keeps nothing alive\n\nhint: dumpview heap object shows it",
            ));
        }
        let mut head: Vec<String> = doubt(case).into_iter().collect();
        if goes_on {
            head.push(format!(
                "the first {} lines; --share, --min-bytes or --depth cut the rest, or start further down",
                grouped(MOST_LINES as u64)
            ));
        }
        Ok(Box::new(HeapTable {
            about: TreeBody { goes_on },
            listing: Listing::new(rows, &args.table)?,
            head,
            next: vec![
                format!("{} ADDR  one of them", command(case, "heap object")),
                format!("{} ADDR  why it is alive", command(case, "heap paths")),
            ],
        }))
    }
}
