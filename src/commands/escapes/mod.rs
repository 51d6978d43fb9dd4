//! `escapes`: what the compiler put on the heap, why, and what is worth looking at first.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags |
//! | `read` | inputs to an analysis |
//! | `view` | a decision as a record |
//! | `text`, `finding`, `source` | reports for people |
//! | `json`, `csv`, `sarif`, `github` | reports for programs |
//! | `compare` | against another build, a budget, a profile |

mod args;
mod compare;
mod csv;
mod finding;
mod github;
mod json;
mod read;
mod sarif;
mod source;
mod text;
mod view;

pub use args::EscapesArgs;

use dumpview_view::sink::ansi::{Ansi, Styles};
pub use read::{name, read};
pub use source::Source;

use crate::answer::{Exit, Failure};
use crate::cli::Common;
use dumpview_model::escape::{
    AllocJoin, Analysis, BudgetReport, Decision, GoSource, Group, GroupBy, Select, Summary, group,
    summary,
};
use dumpview_model::units::grouped;
use dumpview_view::Text;
use serde_json::Value;
use std::io::{self, Write};
use std::path::Path;

/// Groups asked for with `--by`.
struct Groups {
    by: GroupBy,
    rows: Vec<Group>,
}

/// What was read and what was asked.
struct Report<'a> {
    analysis: &'a Analysis,
    name: String,
    select: Select,
    summary: Summary,
    groups: Option<Groups>,
    /// Indexes of the decisions that a comparison found, sorted; remarks are made on these only.
    only: Option<Vec<usize>>,
    source: Option<Source>,
    top: Option<usize>,
}

impl<'a> Report<'a> {
    fn selected(&self) -> impl Iterator<Item = &'a Decision> {
        let analysis = self.analysis;
        analysis
            .decisions
            .iter()
            .filter(|decision| self.select.matches(analysis, decision))
    }

    /// What is worth a remark: the selected decisions of the kinds that the filter names, else those on the
    /// heap.
    fn findings(&self) -> impl Iterator<Item = &'a Decision> {
        let any_kind = self.select.names_kind();
        let analysis = self.analysis;
        analysis
            .decisions
            .iter()
            .enumerate()
            .filter(move |(index, decision)| match &self.only {
                Some(only) => only.binary_search(index).is_ok(),
                None => {
                    (any_kind || decision.kind().is_heap())
                        && self.select.matches(analysis, decision)
                }
            })
            .map(|(_, decision)| decision)
    }
}

/// Whether a file is compiler output, by its first lines.
pub fn recognizes(path: &Path) -> bool {
    read::recognizes(path)
}

/// Answers. The inner result is about writing the answer.
pub fn run(
    args: &EscapesArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    let select = Select::parse(&args.filter.join(" "))
        .map_err(|why| Failure::usage(format!("--filter: {why}")))?;
    let mut analysis = read(&args.files, &mut |_| {})?;
    let source = args.source.clone().map(Source::new);
    if let Some(source) = &source {
        analysis.attribute(|file| source.file(file).map(|text| GoSource::new(&text)));
    }
    let analysis = analysis;
    if !common.quiet {
        for lost in &analysis.incomplete {
            complain(lost);
        }
    }
    let asked = Asked::new(args, &analysis, &select)?;
    let report = Report {
        name: name(&args.files),
        summary: summary(&analysis, &select),
        groups: args.by.map(|by| Groups {
            by: by.group(),
            rows: group(&analysis, &select, by.group()),
        }),
        only: asked.found(),
        source,
        top: args.top,
        analysis: &analysis,
        select,
    };
    let whole = if analysis.incomplete.is_empty() {
        Exit::Answered
    } else {
        Exit::Damaged
    };
    let exit = match &asked {
        Asked::Diff(compared) if args.fail_on_new && compared.has_new() => Exit::NoAnswer,
        Asked::Budget(kept) if !kept.is_kept() => Exit::NoAnswer,
        _ => whole,
    };
    Ok(write(&report, &asked, args, common, out).map(|()| exit))
}

/// What the input is held against, if anything.
enum Asked {
    Nothing,
    Diff(Box<compare::Compared>),
    Budget(BudgetReport),
    Alloc(AllocJoin),
}

impl Asked {
    fn new(args: &EscapesArgs, analysis: &Analysis, select: &Select) -> Result<Self, Failure> {
        Ok(if let Some(old) = &args.diff {
            Self::Diff(Box::new(compare::Compared::new(old, analysis, select)?))
        } else if let Some(path) = &args.budget {
            Self::Budget(compare::budget(path, analysis)?)
        } else if let Some(path) = &args.alloc {
            Self::Alloc(compare::allocations(path, analysis)?)
        } else {
            Self::Nothing
        })
    }

    /// The decisions it is about, sorted.
    fn found(&self) -> Option<Vec<usize>> {
        let mut found: Vec<usize> = match self {
            Self::Nothing | Self::Alloc(_) => return None,
            Self::Diff(compared) => compared.appeared().to_vec(),
            Self::Budget(kept) => kept
                .rows
                .iter()
                .flat_map(|row| row.over.iter().flat_map(|(_, list)| list.iter().copied()))
                .collect(),
        };
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    fn json(&self, report: &Report<'_>) -> io::Result<Option<(&'static str, Value)>> {
        Ok(match self {
            Self::Nothing => None,
            Self::Diff(compared) => Some(("diff", compared.json(report)?)),
            Self::Budget(kept) => Some(("budget", compare::budget_json(kept, report.analysis)?)),
            Self::Alloc(join) => Some(("alloc", compare::allocations_json(join, report.analysis)?)),
        })
    }
}

fn write(
    report: &Report<'_>,
    asked: &Asked,
    args: &EscapesArgs,
    common: &Common,
    out: &mut dyn Write,
) -> io::Result<()> {
    if common.json {
        return match asked.json(report)? {
            Some((key, part)) => compare::document(report, key, part, out),
            None => json::write(report, out),
        };
    }
    if args.csv {
        return csv::write(report, out);
    }
    if args.sarif {
        return sarif::write(report, out);
    }
    if args.github {
        return github::write(report, out);
    }
    let mut ansi = Ansi::new(out, Styles::Ansi);
    let mut out = Text::new(&mut ansi);
    match asked {
        Asked::Nothing => {}
        Asked::Diff(compared) => return compared.text(report, &mut out),
        Asked::Budget(kept) => return compare::budget_text(kept, report, &mut out),
        Asked::Alloc(join) => return compare::allocations_text(join, report, &mut out),
    }
    if let Some(groups) = &report.groups {
        return text::groups(report, groups.by, &groups.rows, &mut out);
    }
    if args.filter.is_empty() && args.source.is_none() {
        return text::summary(report, &mut out);
    }
    findings(report, &mut out)
}

/// Every selected decision in full; those on the heap when no kind was asked for.
fn findings(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let limit = match report.top {
        None => 50,
        Some(0) => usize::MAX,
        Some(n) => n,
    };
    let mut shown = 0usize;
    let mut left = 0u64;
    for decision in report.findings() {
        if shown < limit {
            finding::full(report, decision, out)?;
            shown += 1;
        } else {
            left += 1;
        }
    }
    if left > 0 {
        out.line(format_args!("and {} more: --top 0", grouped(left)))?;
    }
    if shown == 0 {
        out.line("no decision matches")?;
    }
    Ok(())
}
