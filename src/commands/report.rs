//! What FILE without a verb shows: why it died, the crashing goroutine's stack, the locals of its user frames.

use super::bt::{Backtraces, BtFlags, bt};
use super::heap::command;
use super::heap_dump::{self, DumpReport};
use super::info;
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::NoFlags;
use crate::verb::{About, Group, OnCore, Verb, Word};
use crate::words::quoted;
use dumpview_model::death_kind::DeathKind;
use dumpview_model::finding::{Finding, Severity, rank};
use dumpview_model::goroutine::Status;
use dumpview_model::waits;
use dumpview_process::heap::suspects::Thresholds;
use dumpview_process::postmortem::{Backtrace, Locals, StackPointers, Summary, SystemGoroutines};
use dumpview_view::Text;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// The first screen of a core.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "report")]
pub struct Report {
    /// What `info` says.
    #[serde(flatten)]
    summary: Summary,
    /// The stack of the goroutine that died, at most 20 frames, with the locals of the program's own; null when there
    /// is none.
    #[schemars(with = "Option<Backtrace>")]
    backtrace: Option<Backtraces>,
    #[serde(skip)]
    next: Vec<String>,
}

/// Sums up a core.
pub fn report(case: &Case<'_>) -> Report {
    let flags = BtFlags {
        full: true,
        depth: 20,
        value_depth: 2,
        max_len: 16,
        ..BtFlags::default()
    };
    let mut summary = case.summary();
    let of_heap = of_heap(case, &summary);
    // Before what a signal means, which is of no more weight.
    summary.findings.splice(0..0, of_heap);
    rank(&mut summary.findings);
    Report {
        backtrace: bt(case, &flags, &Cursor::default(), Locals::OfProgram)
            .ok()
            .map(Backtraces::on_first_page),
        next: next(case, &summary),
        summary,
    }
}

/// What the graph of the heap tells, where no goroutine is to blame and it takes no time to find out: goroutines that can never
/// go on, and what keeps most.
fn of_heap(case: &Case<'_>, summary: &Summary) -> Vec<Finding> {
    const SMALL: u64 = 256 << 20;
    let is_whole = case.process.shortfalls.is_empty() && summary.audit.iter().all(|check| check.ok);
    if summary.groups.is_empty() || !is_whole {
        return Vec::new();
    }
    let is_small = summary.heap.as_ref().is_some_and(|heap| heap.live <= SMALL);
    let mut findings = Vec::new();
    if is_small {
        findings.extend(leaked(case, summary));
    }
    if is_small || case.known_page().is_some() {
        findings.extend(keepers(case));
    }
    findings
}

/// Goroutines that can never go on, unless that is said already: by the runtime, which saw nobody who could, or whose collector
/// proved it of as many.
fn leaked(case: &Case<'_>, summary: &Summary) -> Option<Finding> {
    if summary.kind == DeathKind::Deadlock {
        return None;
    }
    let stuck = case.stuck(case.heap().ok()?).ok()?;
    let table = case.goroutines(SystemGoroutines::Hidden, StackPointers::OfOne);
    let all = table.ok()?.goroutines;
    let leaked = all.list.iter().filter(|g| stuck.ids.contains(&g.id));
    if leaked.clone().all(|g| g.status == Status::Leaked) {
        return None;
    }
    let mut finding = waits::leaked(&all.group(leaked))?;
    finding.text.push_str(" (dumpview waits --leaked)");
    Some(finding)
}

/// What keeps most of the heap: one that an earlier run knew, or a small one of a core that nothing is missing of.
fn keepers(case: &Case<'_>) -> Vec<Finding> {
    const MOST: usize = 2;
    // What heap verbs say at length is not said here: that it cannot be walked.
    let Ok(page) = case.heap_page(&Thresholds::default()) else {
        return Vec::new();
    };
    // A leak in a local variable is a suspect that may be meant so: what is much of the heap is said all the same.
    let much = page.live.bytes / 4;
    let told = page.suspects.iter().filter(|suspect| {
        suspect.finding.severity > Severity::Info || suspect.retained_bytes >= much.max(1)
    });
    let told = told.map(|suspect| suspect.finding.clone());
    told.take(MOST).collect()
}

/// What to ask next: lines for a shell.
fn next(case: &Case<'_>, summary: &Summary) -> Vec<String> {
    let begin = |verb: &str| command(case, verb);
    if case.process.is_foreign()
        && let Some(executable) = &case.executable_path
    {
        let paths = [executable, &case.core_path].map(|path| quoted(&path.to_string_lossy()));
        return vec![format!("gdb {}", paths.join(" "))];
    }
    if summary.groups.is_empty() {
        vec![
            format!("{} --full", begin("bt")),
            format!("{} --group", begin("goroutines")),
        ]
    } else {
        vec![
            format!("{} --group", begin("goroutines")),
            begin("heap"),
            begin("memory"),
        ]
    }
}

impl Answer for Report {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        info::head(&self.summary, out)?;
        out.line("")?;
        // Where no goroutine is to blame, the groups are the answer.
        if let Some(backtrace) = self
            .backtrace
            .as_ref()
            .filter(|_| self.summary.groups.is_empty())
        {
            backtrace.text(out)?;
            out.line("")?;
        }
        info::rest(&self.summary, out)?;
        out.line("")?;
        info::next(&self.next, out)
    }
}

/// What the document says.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "read by the derive only")]
pub enum OfInput {
    /// Of a core.
    Core(Box<Report>),
    /// Of a heap dump.
    HeapDump(Box<DumpReport>),
}

/// What FILE without a verb asks of a core.
pub struct ReportVerb;

impl Verb for ReportVerb {
    type Args = NoFlags;
    type Body = OfInput;
    const ABOUT: About = About {
        group: Group::Opening,
        ..About::core(
            "report",
            "Why it died, the crashing goroutine's stack and its locals: what FILE without a verb shows",
            Word::None,
        )
    };
}

impl OnCore for ReportVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        _args: &NoFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(match case.process.heap_dump {
            Some(dump) => Box::new(heap_dump::report(case, dump)?),
            None => Box::new(report(case)),
        })
    }
}
