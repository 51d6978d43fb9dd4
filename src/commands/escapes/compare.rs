//! `--diff`, `--budget` and `--alloc`: the input held against another build, a budget, a profile.

use super::{Report, finding, read};
use crate::answer::Failure;
use crate::commands::pprof::unpacked;
use crate::input::stream;
use dumpview_model::escape::{
    AllocJoin, Analysis, Budget, BudgetReport, Decision, Diff, Profile, Select, diff,
    join_allocations,
};
use dumpview_model::units::bytes;
use dumpview_model::units::grouped;
use dumpview_parsers::line::LineReader;
use dumpview_parsers::pprof;
use dumpview_view::rows::DecisionRow;
use dumpview_view::rows::decision as view;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;
use std::path::Path;

/// The older build and what differs.
pub(super) struct Compared {
    old: Analysis,
    name: String,
    diff: Diff,
}

impl Compared {
    pub(super) fn new(old: &Path, new: &Analysis, select: &Select) -> Result<Self, Failure> {
        let name = old.display().to_string();
        let old = read(&[old.to_owned()], &mut |_| {})?;
        let diff = diff(&old, new, select);
        Ok(Self { old, name, diff })
    }

    /// What is on the heap that was not.
    pub(super) fn appeared(&self) -> &[usize] {
        &self.diff.appeared
    }

    /// Whether something is on the heap that was not.
    pub(super) fn has_new(&self) -> bool {
        !self.diff.appeared.is_empty()
    }

    fn old_report<'a>(&'a self, report: &Report<'a>) -> Report<'a> {
        Report {
            analysis: &self.old,
            name: self.name.clone(),
            select: report.select.clone(),
            summary: report.summary.clone(),
            groups: None,
            only: None,
            source: None,
            top: report.top,
        }
    }

    pub(super) fn text(&self, report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
        out.line(styled(
            Role::Heading,
            format_args!(
                "{} appeared, {} went, {} stayed",
                grouped(self.diff.appeared.len() as u64),
                grouped(self.diff.went.len() as u64),
                grouped(self.diff.kept.len() as u64)
            ),
        ))?;
        if !self.diff.appeared.is_empty() {
            out.line("")?;
            out.line(styled(Role::Heading, "appeared"))?;
            for decision in pick(report.analysis, &self.diff.appeared) {
                finding::full(report, decision, out)?;
            }
        }
        if !self.diff.went.is_empty() {
            out.line("")?;
            out.line(styled(Role::Heading, "went"))?;
            let old = self.old_report(report);
            for decision in pick(&self.old, &self.diff.went) {
                finding::line(&old, decision, out)?;
            }
        }
        Ok(())
    }

    /// For programs.
    pub(super) fn document<'a>(&'a self, report: &Report<'_>) -> DiffDoc<'a> {
        DiffDoc {
            old: &self.name,
            appeared: list(report.analysis, &self.diff.appeared),
            went: list(&self.old, &self.diff.went),
            kept: self.diff.kept.len(),
        }
    }
}

/// What differs between two outputs of the compiler.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "escapes-diff")]
pub struct DiffDoc<'a> {
    /// The older output, as typed.
    old: &'a str,
    /// Decisions on the heap that the older output does not have.
    appeared: Vec<DecisionRow>,
    /// Decisions on the heap that only the older output has.
    went: Vec<DecisionRow>,
    /// How many decisions on the heap both have.
    kept: usize,
}

/// What became of a budget.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "budget")]
pub struct BudgetDoc<'a> {
    /// Whether every function kept to it.
    kept: bool,
    /// By line of the budget.
    rows: Vec<BudgetRowDoc<'a>>,
    /// Decisions on the heap in no known function.
    unattributed: usize,
}

/// A line of a budget.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "budget-row")]
struct BudgetRowDoc<'a> {
    /// Its number, from 1.
    line: usize,
    /// The name in it.
    name: &'a str,
    /// How many decisions may be on the heap, in each function.
    allowed: u64,
    /// How many functions it matches; 0 when the input has none of that name.
    functions: usize,
    /// The functions that have more.
    over: Vec<OverDoc<'a>>,
}

/// A function that has more on the heap than its budget allows.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "budget-function")]
struct OverDoc<'a> {
    /// `package.function`.
    function: &'a str,
    /// What it has on the heap.
    decisions: Vec<DecisionRow>,
}

/// A profile, joined with the decisions of its lines.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "alloc-join")]
pub struct AllocDoc<'a> {
    /// Always true: numbers are scaled from samples.
    estimated: bool,
    /// Bytes in all.
    total_bytes: u64,
    /// Bytes at no line that the input has a decision for.
    unmatched_bytes: u64,
    /// Lines that allocate, most bytes first.
    sites: Vec<SiteDoc<'a>>,
}

/// A line that allocates.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "alloc-site")]
struct SiteDoc<'a> {
    /// Its function, as the profile has it.
    function: &'a str,
    /// Bytes allocated.
    bytes: u64,
    /// Objects allocated.
    objects: u64,
    /// Bytes still in use.
    live_bytes: u64,
    /// What the compiler decided there.
    decisions: Vec<DecisionRow>,
}

fn pick<'a>(analysis: &'a Analysis, indexes: &'a [usize]) -> impl Iterator<Item = &'a Decision> {
    indexes
        .iter()
        .filter_map(|index| analysis.decisions.get(*index))
}

fn list(analysis: &Analysis, indexes: &[usize]) -> Vec<DecisionRow> {
    pick(analysis, indexes)
        .map(|decision| view::decision(analysis, decision))
        .collect()
}

/// Reads a budget and holds the input against it.
pub(super) fn budget(path: &Path, analysis: &Analysis) -> Result<BudgetReport, Failure> {
    let unreadable = |error: io::Error| Failure::cannot_read(path, &error);
    let mut text = String::new();
    stream::open(path)
        .and_then(|mut input| input.read_to_string(&mut text))
        .map_err(unreadable)?;
    let budget = Budget::parse(&text).map_err(|error| {
        Failure::usage(format!(
            "{}: line {}: {}\n\nhint: one function a line, then how many of its allocations are allowed (0 if left out)",
            path.display(),
            error.line,
            error.why
        ))
    })?;
    let report = budget.check(analysis);
    if report.rows.iter().all(|row| row.functions == 0) && !report.rows.is_empty() {
        return Err(Failure::no_answer(format!(
            "{}: none of its functions is in the input\n\n\
             hint: functions are known from -m=2, or with --source DIR; dumpview escapes FILE --by func lists them",
            path.display()
        )));
    }
    Ok(report)
}

pub(super) fn budget_text(
    kept: &BudgetReport,
    report: &Report<'_>,
    out: &mut Text<'_>,
) -> io::Result<()> {
    for row in &kept.rows {
        if row.functions == 0 {
            out.line(format_args!(
                "?     {} (line {}): no such function in the input",
                row.name, row.line
            ))?;
        } else if row.over.is_empty() {
            out.line(format_args!(
                "ok    {}: at most {} allowed",
                row.name, row.allowed
            ))?;
        }
        for (name, decisions) in &row.over {
            out.line(styled(
                Role::Alarm,
                format_args!(
                    "over  {}: {} on the heap, {} allowed (line {})",
                    name,
                    decisions.len(),
                    row.allowed,
                    row.line
                ),
            ))?;
            for decision in pick(report.analysis, decisions) {
                finding::full(report, decision, out)?;
            }
        }
    }
    if kept.unattributed > 0 {
        out.line(styled(
            Role::Dim,
            format_args!(
                "{} decisions on the heap are in no known function: build with -m=2, or give --source DIR",
                kept.unattributed
            ),
        ))?;
    }
    Ok(())
}

/// A budget for programs.
pub(super) fn budget_document<'a>(kept: &'a BudgetReport, analysis: &Analysis) -> BudgetDoc<'a> {
    let rows = kept.rows.iter().map(|row| {
        let over = row.over.iter().map(|(function, decisions)| OverDoc {
            function,
            decisions: list(analysis, decisions),
        });
        BudgetRowDoc {
            line: row.line,
            name: &row.name,
            allowed: row.allowed,
            functions: row.functions,
            over: over.collect(),
        }
    });
    BudgetDoc {
        kept: kept.is_kept(),
        rows: rows.collect(),
        unattributed: kept.unattributed,
    }
}

/// Reads a profile, in text form or as a profile.proto, and joins it.
pub(super) fn allocations(path: &Path, analysis: &Analysis) -> Result<AllocJoin, Failure> {
    let bytes = unpacked(path).map_err(|error| Failure::cannot_read(path, &error))?;
    let name = path.display();
    if pprof::recognizes(&bytes, true) {
        let proto =
            pprof::read(&bytes).map_err(|why| Failure::unreadable(format!("{name}: {why}")))?;
        let profile = Profile::from_proto(&proto).ok_or_else(|| {
            let kinds: Vec<&str> = proto
                .sample_types
                .iter()
                .map(|of| of.kind.as_str())
                .collect();
            Failure::unreadable(format!(
                "{name}: no profile of allocations: it counts {}\n\n\
                 hint: curl -o heap.pb.gz http://HOST/debug/pprof/allocs",
                kinds.join(", ")
            ))
        })?;
        return Ok(join_allocations(analysis, &profile));
    }
    let mut profile = Profile::default();
    let mut lines = LineReader::new();
    lines.push(&bytes, |line| profile.line(line.text));
    lines.finish(|line| profile.line(line.text));
    if profile.sample_rate.is_none() {
        return Err(Failure::unreadable(format!(
            "{name}: no heap profile: neither a profile.proto nor text whose first line begins with \"heap profile:\"\n\n\
             hint: curl -o heap.pb.gz http://HOST/debug/pprof/allocs, or pprof.Lookup(\"allocs\").WriteTo(f, 0)"
        )));
    }
    Ok(join_allocations(analysis, &profile))
}

pub(super) fn allocations_text(
    join: &AllocJoin,
    report: &Report<'_>,
    out: &mut Text<'_>,
) -> io::Result<()> {
    let matched = join.total_bytes.saturating_sub(join.unmatched_bytes);
    out.line(styled(
        Role::Heading,
        format_args!(
            "{} allocated, {} of it at {} lines with a decision",
            bytes(join.total_bytes),
            bytes(matched),
            join.sites.len()
        ),
    ))?;
    out.line(styled(Role::Dim, "estimated from the profile's samples"))?;
    let limit = match report.top {
        None => 20,
        Some(0) => usize::MAX,
        Some(n) => n,
    };
    for site in join.sites.iter().take(limit) {
        out.line("")?;
        out.line(styled(
            Role::Heading,
            format_args!(
                "{}  {} objects, {} in use  {}",
                bytes(site.bytes),
                grouped(site.objects),
                bytes(site.live_bytes),
                site.function
            ),
        ))?;
        if site.decisions.len() > 1 {
            out.line(styled(
                Role::Dim,
                format_args!(
                    "  {} decisions share the line; a profile does not tell columns",
                    site.decisions.len()
                ),
            ))?;
        }
        for decision in pick(report.analysis, &site.decisions) {
            if report.source.is_some() {
                finding::full(report, decision, out)?;
            } else {
                finding::line(report, decision, out)?;
                if let Some(reason) = report.analysis.reason(decision) {
                    out.line(format_args!("      {}", reason.sentence()))?;
                }
            }
        }
    }
    Ok(())
}

/// A joined profile for programs.
pub(super) fn allocations_document<'a>(join: &'a AllocJoin, analysis: &Analysis) -> AllocDoc<'a> {
    let sites = join.sites.iter().map(|site| SiteDoc {
        function: &site.function,
        bytes: site.bytes,
        objects: site.objects,
        live_bytes: site.live_bytes,
        decisions: list(analysis, &site.decisions),
    });
    AllocDoc {
        estimated: true,
        total_bytes: join.total_bytes,
        unmatched_bytes: join.unmatched_bytes,
        sites: sites.collect(),
    }
}
