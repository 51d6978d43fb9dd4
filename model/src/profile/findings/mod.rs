//! What matters in a profile, in sentences with numbers and what to do.
//!
//! Shares of few samples are chance: what is thin is not judged. Thresholds are those at which people act, and stand where they
//! are used.
//!
//! | file | in charge of |
//! |---|---|
//! | `stacks` | the calls of samples: which function, whose |
//! | `costs` | kinds of work that functions stand for |
//! | `cpu` | where processors spend their time |
//! | `heap` | memory: what lives, what was allocated and let go, how exact that is |
//! | `waits` | blocked goroutines, contended locks |
//! | `groups` | goroutines that stand at the same place |
//! | `change` | one profile less another |

mod change;
mod costs;
mod cpu;
mod groups;
mod heap;
mod stacks;
#[cfg(test)]
mod tests;
mod waits;

use crate::finding::{Finding, rank};
use dumpview_parsers::pprof::Profile;
pub(super) use stacks::Stacks;

/// What is worth knowing of a profile.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// Findings, what matters most first.
    pub findings: Vec<Finding>,
    /// What to ask next, what matters most first, each once.
    pub asks: Vec<Ask>,
    /// What shares in it are of, where that is not the whole profile.
    pub of: Option<String>,
}

/// A question about a profile: a verb below `pprof`, with its pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// `peek`.
    pub verb: &'static str,
    /// A pattern of function names; empty where the verb takes none.
    pub pattern: String,
    /// Flags, with pprof's names.
    pub flags: String,
}

impl Ask {
    /// A verb with the one function that it is asked of.
    fn of(verb: &'static str, function: &str) -> Self {
        Self {
            verb,
            pattern: format!("^{}$", regex::escape(function)),
            flags: String::new(),
        }
    }

    /// A verb without a pattern.
    const fn flags(verb: &'static str, flags: String) -> Self {
        Self {
            verb,
            pattern: String::new(),
            flags,
        }
    }
}

/// A finding, and what it makes one ask.
type Found = (Finding, Option<Ask>);

/// So many questions are enough.
const ASKS: usize = 4;

/// What a profile counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Cpu,
    Memory,
    Waits,
    Goroutines,
    Other,
}

impl Counts {
    fn of(profile: &Profile, index: usize) -> Self {
        let has = |kind: &str| profile.sample_types.iter().any(|of| of.kind == kind);
        let Some(of) = profile.sample_types.get(index) else {
            return Self::Other;
        };
        match (of.kind.as_str(), of.unit.as_str()) {
            ("goroutine" | "goroutineleak", _) => Self::Goroutines,
            ("delay" | "contentions", _) if has("delay") && has("contentions") => Self::Waits,
            ("cpu", _) => Self::Cpu,
            ("samples", _) if has("cpu") => Self::Cpu,
            _ if has("inuse_space") || has("alloc_space") || has("space") => Self::Memory,
            _ => Self::Other,
        }
    }
}

/// What a profile is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whole {
    /// What was measured.
    Profile,
    /// That, less another.
    Difference,
}

/// Judges a profile by one of its values. Its frames have to be whole: nothing is aggregated yet.
pub fn verdict(profile: &Profile, index: usize, whole: Whole) -> Verdict {
    let stacks = Stacks::new(profile, index);
    let mut found: Vec<Found> = Vec::new();
    // What was taken away has no shares, only growth.
    let is_difference = whole == Whole::Difference || stacks.has_negative();
    match Counts::of(profile, index) {
        Counts::Memory if is_difference => heap::growth(&stacks, &mut found),
        Counts::Memory => heap::findings(&stacks, &mut found),
        Counts::Goroutines if is_difference => {
            change::findings(&stacks, &mut found);
            groups::growth(&stacks, &mut found);
        }
        _ if is_difference => change::findings(&stacks, &mut found),
        Counts::Cpu => cpu::findings(&stacks, &mut found),
        Counts::Waits => waits::findings(&stacks, &mut found),
        Counts::Goroutines => groups::findings(&stacks, &mut found),
        Counts::Other => cpu::shape(&stacks, &mut found),
    }
    found.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.severity));
    let mut verdict = Verdict::default();
    for (finding, ask) in found {
        verdict.findings.push(finding);
        let ask = ask.filter(|ask| !verdict.asks.contains(ask) && verdict.asks.len() < ASKS);
        verdict.asks.extend(ask);
    }
    rank(&mut verdict.findings);
    verdict
}
