//! What a check compared and what it found wrong.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by what was compared, and one line a problem.
#[derive(Default)]
pub struct Report {
    counts: BTreeMap<&'static str, usize>,
    problems: Vec<String>,
    known: BTreeMap<&'static str, usize>,
}

impl Report {
    /// Something was compared (whether or not it agreed).
    pub fn compared(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Something is wrong.
    pub fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    /// A problem unless the two are equal; counts either way.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass what they just made"
    )]
    pub fn equal<T: PartialEq + fmt::Debug>(
        &mut self,
        what: &'static str,
        place: &str,
        expected: T,
        found: T,
    ) {
        self.compared(what);
        if expected != found {
            self.problem(format!(
                "{place}: {what}: expected {expected:?}, found {found:?}"
            ));
        }
    }

    /// How many of `what` were compared.
    pub fn count(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// Adds another report's lines under a name.
    pub fn add(&mut self, name: &str, other: Self) {
        for (what, n) in other.counts {
            *self.counts.entry(what).or_default() += n;
        }
        for problem in other.problems {
            if let Some(reason) = super::known::reason(name, &problem) {
                *self.known.entry(reason).or_default() += 1;
                continue;
            }
            self.problems.push(format!("{name}: {problem}"));
        }
    }

    /// Fails when something is wrong, or when one of `needed` was compared nowhere.
    pub fn settle(&self, needed: &[&str]) {
        println!("compared {:?}", self.counts);
        for (reason, times) in &self.known {
            println!("known, {times} times: {reason}");
        }
        for problem in self.problems.iter().take(200) {
            println!("  {problem}");
        }
        assert!(
            self.problems.is_empty(),
            "{} disagreements, printed above",
            self.problems.len()
        );
        for what in needed {
            assert!(self.count(what) > 0, "no {what} was compared");
        }
    }
}
