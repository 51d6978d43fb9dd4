//! `escapes`: what the compiler put on the heap, why, and what is worth looking at first.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags |
//! | `read` | inputs to an analysis |
//! | `text`, `finding`, `source` | reports for people |
//! | `json`, `sarif`, `github` | reports for programs |
//! | `compare` | against another build, a budget, a profile |

mod args;
mod compare;
mod finding;
mod github;
mod json;
mod read;
mod sarif;
mod source;
mod text;

pub use args::EscapesFlags;
pub use read::{name, read};
pub use source::Source;

use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::{Files, Kind};
use crate::flags::not_understood;
use crate::out::Out;
use crate::verb::{About, Group as Section, Inputs, OnFiles, Verb, Word};
use dumpview_model::escape::{
    AllocJoin, Analysis, BudgetReport, Decision, GoSource, Group, GroupBy, Select, Summary, group,
    summary,
};
use dumpview_model::units::grouped;
use dumpview_view::Text;
use dumpview_view::column::Row;
use dumpview_view::filter::Filter;
use dumpview_view::rows::{DecisionRow, decision};
use dumpview_view::sink::csv::Csv;
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
        let any_kind = self.select.any_kind();
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

/// `escapes`.
pub struct EscapesVerb;

impl Verb for EscapesVerb {
    type Args = EscapesFlags;
    type Body = json::Body<'static>;
    const ABOUT: About = About {
        group: Section::Compiler,
        inputs: Inputs::Files,
        examples: &[
            "go build -gcflags=-m=2 ./... 2>compiler.txt; dumpview escapes compiler.txt",
            "dumpview escapes compiler.txt --filter 'function~Encode' --source .",
            "dumpview escapes new.txt --diff old.txt --fail-on-new",
            "dumpview escapes compiler.txt --alloc heap.txt",
        ],
        notes: "A directory is one of logs made with -gcflags=-json=0,DIR. Several inputs are read as if appended.",
        ..About::core(
            "escapes",
            "Compiler output (go build -gcflags=-m): what escapes to the heap, why, and what to look at first",
            Word::None,
        )
    };
}

impl OnFiles for EscapesVerb {
    const READS: &'static [Kind] = &[Kind::Compiler, Kind::Directory, Kind::Log];

    fn answer(files: &Files<'_>, args: &EscapesFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        let filter = args.filter.as_deref().map(Filter::parse).transpose();
        let filter = filter.map_err(|why| not_understood(format!("--filter: {why}")))?;
        let select = decision::select(filter);
        let mut analysis = read(files.paths, &mut |_| {})?;
        let source = args.source.clone().map(Source::new);
        if let Some(source) = &source {
            analysis.attribute(|file| source.file(file).map(|text| GoSource::new(&text)));
        }
        let analysis = analysis;
        let incomplete = json::incomplete(&analysis);
        for lacks in &incomplete {
            out.complain(&lacks.why);
        }
        let asked = Asked::new(args, &analysis, &select)?;
        let report = Report {
            name: name(files.paths),
            summary: summary(&analysis, &select),
            groups: args.by.map(|by| Groups {
                by,
                rows: group(&analysis, &select, by),
            }),
            only: asked.found(),
            source,
            top: args.top,
            analysis: &analysis,
            select,
        };
        if matches!(asked, Asked::Nothing)
            && args.filter.is_some()
            && report.selected().next().is_none()
        {
            let why = "no decision matches --filter";
            return Err(Failure::no_answer(why).into());
        }
        let whole = Exit::lacking(&incomplete);
        let exit = match &asked {
            Asked::Diff(compared) if args.fail_on_new && compared.has_new() => Exit::NoAnswer,
            Asked::Budget(kept) if !kept.is_kept() => Exit::NoAnswer,
            _ => whole,
        };
        let answer = Answered {
            report,
            asked,
            args,
        };
        if args.sarif {
            sarif::write(&answer.report, out.raw())?;
        } else if args.github {
            github::write(&answer.report, out.raw())?;
        } else {
            out.whole(&json::envelope(&answer.report), &incomplete, &answer)?;
        }
        Ok(exit)
    }
}

/// What the input is held against, if anything.
enum Asked {
    Nothing,
    Diff(Box<compare::Compared>),
    Budget(BudgetReport),
    Alloc(AllocJoin),
}

impl Asked {
    fn new(args: &EscapesFlags, analysis: &Analysis, select: &Select) -> Result<Self, Failure> {
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

    fn document<'a>(&'a self, report: &'a Report<'a>) -> json::Body<'a> {
        match self {
            Self::Nothing => json::Body::Decisions(Box::new(json::Decided::of(report))),
            Self::Diff(compared) => json::Body::Diff {
                diff: compared.document(report),
            },
            Self::Budget(kept) => json::Body::Budget {
                budget: compare::budget_document(kept, report.analysis),
            },
            Self::Alloc(join) => json::Body::Alloc {
                alloc: compare::allocations_document(join, report.analysis),
            },
        }
    }
}

/// What was read, and what was asked of it.
struct Answered<'a> {
    report: Report<'a>,
    asked: Asked,
    args: &'a EscapesFlags,
}

impl serde::Serialize for Answered<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.asked.document(&self.report).serialize(serializer)
    }
}

impl Answer for Answered<'_> {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let report = &self.report;
        match &self.asked {
            Asked::Nothing => {}
            Asked::Diff(compared) => return compared.text(report, out),
            Asked::Budget(kept) => return compare::budget_text(kept, report, out),
            Asked::Alloc(join) => return compare::allocations_text(join, report, out),
        }
        if let Some(groups) = &report.groups {
            return text::groups(report, groups.by, &groups.rows, out);
        }
        if self.args.filter.is_none() && self.args.source.is_none() {
            return text::summary(report, out);
        }
        findings(report, out)
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        Some(self.report.csv(out))
    }
}

impl Report<'_> {
    /// One line a decision, or a group with `--by`.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut csv = Csv::new(out);
        if let Some(groups) = &self.groups {
            csv.line([groups.by.as_str(), "heap", "leaking", "stack", "lines"])?;
            for group in &groups.rows {
                let counts = [group.heap, group.leaking, group.stack, group.lines];
                let counts = counts.map(|n| n.to_string());
                csv.line(std::iter::once(group.key.clone()).chain(counts))?;
            }
        } else {
            let columns: Vec<_> = DecisionRow::COLUMNS.iter().collect();
            csv.head(&columns)?;
            for one in self.selected() {
                csv.row(&columns, &decision::decision(self.analysis, one))?;
            }
        }
        csv.flush()
    }
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
