//! What was walked, against what the runtime itself counted.

use crate::case::core::Session;
use dumpview_process::process::Process;
use dumpview_process::runtime::Variables;
use dumpview_process::unwind::Stack;
use dumpview_view::Text;
use serde::Serialize;
use std::io;

/// One comparison.
#[derive(Serialize, Debug)]
pub struct Check {
    /// What was compared.
    #[serde(rename = "check")]
    what: &'static str,
    /// What was found by walking.
    found: String,
    /// What the runtime counts.
    expected: String,
    /// They agree.
    ok: bool,
}

/// Every comparison that this core allows.
pub fn check(session: &Session<'_>) -> Vec<Check> {
    let process = &session.process;
    let checks = [
        all_goroutines(process),
        machines(process),
        threads(process),
        complete_stacks(session),
    ];
    checks.into_iter().flatten().collect()
}

fn compare(check: &'static str, found: u64, expected: u64) -> Check {
    Check {
        what: check,
        found: found.to_string(),
        expected: expected.to_string(),
        ok: found == expected,
    }
}

/// Entries of allgs that were read, against its length.
fn all_goroutines(process: &Process<'_>) -> Option<Check> {
    let all = process.goroutines().ok()?;
    let read = all.list().len() as u64 + all.dead;
    Some(compare(
        "goroutines read, dead ones included, against allglen",
        read,
        all.allglen,
    ))
}

/// Ms that were walked, against `sched.mnext - sched.nmfreed`.
fn machines(process: &Process<'_>) -> Option<Check> {
    let runtime = process.runtime()?;
    let sched = runtime.structure("runtime.schedt", process.address("runtime.sched")?);
    let made = sched.uint("mnext").ok()?;
    let freed = sched.uint("nmfreed").ok()?;
    let walked = process.machines().ok()?.list.len() as u64;
    Some(compare(
        "Ms walked against sched.mnext - sched.nmfreed",
        walked,
        made.checked_sub(freed)?,
    ))
}

/// Threads of the core that are Ms, against the Ms that have a thread.
fn threads(process: &Process<'_>) -> Option<Check> {
    let expected = process
        .machines()
        .ok()?
        .list
        .iter()
        .filter(|m| m.procid != 0)
        .count();
    let found = process.threads().iter().filter(|t| t.m.is_some()).count();
    Some(compare(
        "threads matched with Ms that have one",
        found as u64,
        expected as u64,
    ))
}

/// Stacks that reach their outermost frame; only for a number of goroutines that costs no time.
fn complete_stacks(session: &Session<'_>) -> Option<Check> {
    const MOST: usize = 2000;
    let process = &session.process;
    process.unwinder()?;
    let all: Vec<_> = process
        .goroutines()
        .ok()?
        .list()
        .iter()
        .take(MOST)
        .collect();
    let stacks = process.stacks(&all);
    let whole = |index: &&usize| stacks.distinct.get(**index).is_some_and(Stack::is_complete);
    let complete = stacks.of.iter().filter(whole).count();
    Some(compare(
        "stacks that reach their outermost frame",
        complete as u64,
        all.len() as u64,
    ))
}

impl Check {
    /// One line: a mark, the question, both numbers when they differ.
    pub fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        if self.ok {
            return out.line(format_args!("  ok   {}: {}", self.what, self.found));
        }
        out.line(format_args!(
            "  GAP  {}: {} of {}",
            self.what, self.found, self.expected
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn a_difference_is_a_gap() {
        assert!(compare("x", 3, 3).ok);
        assert!(!compare("x", 3, 4).ok);
    }
}
