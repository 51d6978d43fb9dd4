//! What was walked, against what the runtime itself counted.

use crate::process::Process;
use crate::runtime::Variables;
use crate::unwind::Stack;
use schemars::JsonSchema;
use serde::Serialize;

/// One comparison of what was walked with what the runtime counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "check")]
pub struct Check {
    /// What was compared.
    #[serde(rename = "check")]
    pub what: &'static str,
    /// What was found by walking.
    pub found: String,
    /// What the runtime counts.
    pub expected: String,
    /// Whether they agree.
    pub ok: bool,
}

/// Every comparison that this core allows.
pub(super) fn check(process: &Process<'_>) -> Vec<Check> {
    let checks = [
        all_goroutines(process),
        machines(process),
        threads(process),
        complete_stacks(process),
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
fn complete_stacks(process: &Process<'_>) -> Option<Check> {
    const MOST: usize = 2000;
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

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn a_difference_is_a_gap() {
        assert!(compare("x", 3, 3).ok);
        assert!(!compare("x", 3, 4).ok);
    }
}
