//! `escapes`: what the compiler put on the heap, why, and what is worth looking at first.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags |
//! | `read` | inputs to an analysis |
//! | `view` | a decision as a record |
//! | `text`, `finding`, `source` | reports for people |
//! | `json`, `csv` | reports for programs |

mod args;
mod csv;
mod finding;
mod json;
mod read;
mod source;
mod text;
mod view;

pub use args::EscapesArgs;

use crate::answer::{Exit, Failure};
use crate::cli::Common;
use crate::text::Text;
use dumpview_model::escape::{Analysis, Decision, Group, GroupBy, Select, Summary, group, summary};
use std::io::{self, Write};

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
    source: Option<source::Source>,
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
    let analysis = read::read(&args.files)?;
    if !common.quiet {
        for lost in &analysis.incomplete {
            complain(lost);
        }
    }
    let report = Report {
        name: read::name(&args.files),
        summary: summary(&analysis, &select),
        groups: args.by.map(|by| Groups {
            by: by.group(),
            rows: group(&analysis, &select, by.group()),
        }),
        source: args.source.clone().map(source::Source::new),
        top: args.top,
        analysis: &analysis,
        select,
    };
    let written = write(&report, args, common, out);
    Ok(written.map(|()| {
        if analysis.incomplete.is_empty() {
            Exit::Answered
        } else {
            Exit::Damaged
        }
    }))
}

fn write(
    report: &Report<'_>,
    args: &EscapesArgs,
    common: &Common,
    out: &mut dyn Write,
) -> io::Result<()> {
    if common.json {
        return json::write(report, out);
    }
    if args.csv {
        return csv::write(report, out);
    }
    let mut out = Text::new(out);
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
    let any_kind = report.select.names_kind();
    let limit = match report.top {
        None => 50,
        Some(0) => usize::MAX,
        Some(n) => n,
    };
    let mut shown = 0usize;
    let mut left = 0u64;
    for decision in report.selected() {
        if !any_kind && !decision.kind().is_heap() {
            continue;
        }
        if shown < limit {
            finding::full(report, decision, out)?;
            shown += 1;
        } else {
            left += 1;
        }
    }
    if left > 0 {
        out.line(format_args!("and {} more: --top 0", text::grouped(left)))?;
    }
    if shown == 0 {
        out.line("no decision matches")?;
    }
    Ok(())
}
