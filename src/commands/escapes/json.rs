//! The JSON document. Decisions are written one by one: there may be hundreds of thousands.

use super::Report;
use super::compare::{AllocDoc, BudgetDoc, DiffDoc};
use dumpview_model::escape::{Analysis, BuildSet};
use dumpview_parsers::escape::Category;
use dumpview_view::document::{Envelope, Incomplete, InputSummary, Unread, Unrecognized};
use dumpview_view::rows::DecisionRow;
use dumpview_view::rows::decision as view;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the document says, by what was asked.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Body<'a> {
    /// Without `--diff`, `--budget` and `--alloc`. `incomplete` lists lines that were lost.
    Decisions(Box<Decided<'a>>),
    /// With `--diff`.
    Diff {
        /// What differs from an older output.
        diff: DiffDoc<'a>,
    },
    /// With `--budget`.
    Budget {
        /// Whether the budget was kept.
        budget: BudgetDoc<'a>,
    },
    /// With `--alloc`.
    Alloc {
        /// Where a profile says that was allocated what.
        alloc: AllocDoc<'a>,
    },
}

/// What the compiler decided.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Decided<'a> {
    /// Totals.
    summary: SummaryDoc<'a>,
    #[serde(flatten)]
    unread: Unread,
    /// What decisions are grouped by: `file`, `func`, `package`, `reason`, `variable`; present with `--by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    /// The groups, most on the heap first; present with `--by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupDoc<'a>>>,
    /// Decisions by package, file, line, column; absent with `--by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    decisions: Option<Decisions<'a>>,
}

/// Decisions that share a key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "decision-group")]
struct GroupDoc<'a> {
    /// The file, function, package, reason or variable; empty when it is not known.
    key: &'a str,
    /// Decisions on the heap.
    heap: u64,
    /// Leaking parameters of all kinds.
    leaking: u64,
    /// Decisions on the stack.
    stack: u64,
    /// How often the same was printed.
    lines: u64,
}

/// Totals of compiler output.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "escapes-summary")]
struct SummaryDoc<'a> {
    /// Decisions.
    decisions: u64,
    /// Decisions with a flow.
    explained: u64,
    /// Decisions on the heap by name only: constants in interfaces.
    constants: u64,
    /// Decisions that differ between builds.
    varying: u64,
    /// Kind to how many decisions.
    kinds: BTreeMap<&'static str, u64>,
    /// Class of the reason to how many decisions on the heap.
    reasons: BTreeMap<&'static str, u64>,
    /// Category to how many lines; they add up to all lines.
    lines: BTreeMap<&'static str, u64>,
    /// The builds of the input.
    builds: Vec<BuildDoc<'a>>,
    /// How many builds there were; from build 64 on all share one entry.
    build_count: u32,
}

/// A build of compiler output.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "escapes-build")]
struct BuildDoc<'a> {
    /// Its number, from 1.
    build: u32,
    /// The line its first header stands on, from 1.
    first_line: u64,
    /// Lines of it.
    lines: u64,
    /// The flags that print such an output, told from what was printed; empty when that does not tell.
    flags: &'a str,
    /// Whether it explains its decisions (`-m=2` and above).
    explained: bool,
    /// Whether it reports inlining; a build that does not was made with `-l`.
    inlining: bool,
    /// Whether it stands for later builds too.
    and_later: bool,
}

/// The selected decisions.
struct Decisions<'a>(&'a Report<'a>);

impl Serialize for Decisions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let analysis = self.0.analysis;
        serializer.collect_seq(
            self.0
                .selected()
                .map(|decision| view::decision(analysis, decision)),
        )
    }
}

impl JsonSchema for Decisions<'_> {
    fn schema_name() -> Cow<'static, str> {
        Vec::<DecisionRow>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<DecisionRow>::json_schema(generator)
    }
}

impl<'a> Decided<'a> {
    /// What there is to say of a report.
    pub(super) fn of(report: &'a Report<'a>) -> Self {
        let unrecognized = &report.analysis.unrecognized;
        let lines = unrecognized.lines.iter().map(|(line, text)| Unrecognized {
            source: None,
            line: *line,
            format: "escapes",
            text: text.clone(),
            why: "no message of the go command or the compiler that is known",
        });
        let groups = report.groups.as_ref();
        Self {
            summary: summary(report),
            unread: Unread {
                lines: lines.collect(),
                count: unrecognized.count,
            },
            by: groups.map(|groups| groups.by.as_str()),
            groups: groups.map(|groups| {
                let rows = groups.rows.iter();
                rows.map(|group| GroupDoc {
                    key: &group.key,
                    heap: group.heap,
                    leaking: group.leaking,
                    stack: group.stack,
                    lines: group.lines,
                })
                .collect()
            }),
            decisions: groups.is_none().then_some(Decisions(report)),
        }
    }
}

/// The envelope of the document.
pub(super) fn envelope(report: &Report<'_>) -> Envelope {
    Envelope::new(
        "escapes",
        InputSummary {
            path: report.name.clone(),
            kind: "escapes",
            go_version: report.analysis.go_version.clone(),
            ..InputSummary::default()
        },
    )
}

/// Damage, as every document lists it.
pub(super) fn incomplete(analysis: &Analysis) -> Vec<Incomplete> {
    analysis
        .incomplete
        .iter()
        .map(|why| Incomplete {
            what: "lines".to_owned(),
            why: why.clone(),
        })
        .collect()
}

fn summary<'a>(report: &'a Report<'a>) -> SummaryDoc<'a> {
    let (analysis, summary) = (report.analysis, &report.summary);
    let lines = Category::ALL
        .into_iter()
        .map(|category| (category.name(), analysis.counts.of(category)));
    let builds = (1u32..)
        .zip(&analysis.builds)
        .map(|(number, build)| BuildDoc {
            build: number,
            first_line: build.first_line,
            lines: build.lines,
            flags: build.flags(),
            explained: build.explained,
            inlining: build.inlining,
            and_later: number == BuildSet::LAST && analysis.build_count > number,
        });
    let reasons = summary.reasons.iter();
    SummaryDoc {
        decisions: summary.decisions,
        explained: summary.explained,
        constants: summary.constants,
        varying: summary.varying,
        kinds: summary
            .kinds
            .iter()
            .map(|(kind, n)| (kind.as_str(), *n))
            .collect(),
        reasons: reasons.map(|(class, n)| (class.as_str(), *n)).collect(),
        lines: lines.filter(|(_, count)| *count > 0).collect(),
        builds: builds.collect(),
        build_count: analysis.build_count,
    }
}
