//! What is worth knowing beyond the reason: each with its evidence and what to do next.

use crate::case::core::Session;
use dumpview_model::goroutine::Status;
use dumpview_model::units::duration;
use dumpview_process::death::{Death, DeathKind};
use dumpview_process::runtime::Reached;
use dumpview_view::Text;
use serde::Serialize;
use std::io;

/// One finding.
#[derive(Serialize, Debug)]
pub struct Finding {
    /// A name that scripts can rely on.
    pub id: &'static str,
    /// `info`, `warning`.
    pub severity: &'static str,
    /// One sentence, with what to do.
    pub text: String,
    /// The numbers or places behind it.
    pub evidence: String,
}

/// Looks for everything there is to find.
pub fn find(session: &Session<'_>, death: &Death) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(signal_means(death));
    findings.extend(nil_dereference(death));
    findings.extend(blocked_for_long(session));
    findings.extend(no_dwarf(session));
    findings
}

/// For deaths whose name does not say what happened.
fn signal_means(death: &Death) -> Option<Finding> {
    let text = match death.kind {
        DeathKind::Quit => {
            "SIGQUIT makes Go print every goroutine and exit: somebody (a person, a liveness probe, a deploy script) \
             asked for it. See what the goroutines waited for: dumpview goroutines --group"
        }
        DeathKind::Deadlock => {
            "every goroutine waits for another: dumpview goroutines --group shows what each waits for"
        }
        DeathKind::ConcurrentMap => {
            "a map was used by two goroutines without a lock; the runtime records only one of them. Build with -race \
             to find the other"
        }
        DeathKind::StackOverflow => {
            "endless recursion, mostly: dumpview bt shows the cycle of calls"
        }
        DeathKind::Alive => {
            "nothing failed here; look at what the goroutines do: dumpview goroutines --group"
        }
        _ => return None,
    };
    Some(Finding {
        id: "what_it_means",
        severity: "info",
        text: text.to_owned(),
        evidence: death.kind.as_str().to_owned(),
    })
}

/// A fault in the first page is a nil pointer with a field offset.
fn nil_dereference(death: &Death) -> Option<Finding> {
    let addr = death.fault.as_ref()?.fault_addr?.0;
    (addr < 4096).then(|| Finding {
        id: "nil_dereference",
        severity: "info",
        text: match addr {
            0 => "a nil pointer was dereferenced".to_owned(),
            n => format!("a nil pointer was dereferenced: the field at offset {n} ({n:#x}) of what it should point at"),
        },
        evidence: format!("fault address {addr:#x}"),
    })
}

/// Goroutines that waited for minutes are worth a look.
fn blocked_for_long(session: &Session<'_>) -> Option<Finding> {
    const LONG: u64 = 60_000_000_000;
    let process = &session.process;
    let now = Reached::read(&process.runtime()?)?;
    let all = process.goroutines().ok()?;
    let waits = all
        .list()
        .iter()
        .filter(|g| g.status == Status::Waiting)
        .filter_map(|g| now.since(g.waitsince));
    let (mut count, mut longest) = (0u64, 0);
    for wait in waits.filter(|wait| *wait > LONG) {
        count += 1;
        longest = longest.max(wait);
    }
    (count > 0).then(|| Finding {
        id: "blocked_for_long",
        severity: "info",
        text: format!(
            "{count} goroutines were blocked for more than a minute, the longest for {}: dumpview goroutines \
             --filter 'waiting>1m'",
            duration(longest)
        ),
        evidence: format!("{count} goroutines, {longest} ns"),
    })
}

/// A stripped executable answers less.
fn no_dwarf(session: &Session<'_>) -> Option<Finding> {
    let exe = session.process.executable?;
    (!exe.has_dwarf()).then(|| Finding {
        id: "no_dwarf",
        severity: "info",
        text: "the executable has no DWARF (built with -ldflags=-w or stripped): stacks are exact, variables have \
               no names. Keep an unstripped copy of each build to get them"
            .to_owned(),
        evidence: ".debug_info is absent".to_owned(),
    })
}

impl Finding {
    /// One paragraph.
    pub fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        out.line(format_args!("  {}", self.text))
    }
}
