//! Which decisions to look at.
//!
//! A filter is words joined by blanks, all of which must hold: `kind:NAME` (or the group `kind:heap`,
//! `kind:leak`), `reason:NAME`, `file:REGEX`, `func:REGEX`, `package:REGEX`, `what:REGEX`, `build:N`,
//! `varies`, `-WORD` for what must not hold, and a bare REGEX for anything in the decision's line.

use super::{
    builds::BuildSet,
    class::Class,
    decision::{Analysis, Decision, Kind},
};
use crate::word::{named, names};
use regex::Regex;

/// A condition.
#[derive(Clone, Debug)]
enum Test {
    Kinds(Vec<Kind>),
    Class(Class),
    File(Regex),
    Function(Regex),
    Package(Regex),
    What(Regex),
    Build(u32),
    Varies,
    Any(Regex),
}

/// A filter over decisions.
#[derive(Clone, Debug, Default)]
pub struct Select {
    tests: Vec<(bool, Test)>,
}

fn kinds(name: &str) -> Result<Vec<Kind>, String> {
    let those = |wanted: fn(&Kind) -> bool| Kind::ALL.iter().copied().filter(wanted).collect();
    match name {
        "heap" => Ok(those(|kind| kind.is_heap())),
        "leak" => Ok(those(|kind| kind.as_str().starts_with("leaking"))),
        "stack" => Ok(vec![Kind::DoesNotEscape]),
        _ => named(name)
            .map(|kind| vec![kind])
            .ok_or_else(|| format!("no kind {name:?}: heap, leak, stack, {}", names::<Kind>())),
    }
}

fn class(name: &str) -> Result<Class, String> {
    named(name).ok_or_else(|| format!("no reason {name:?}: {}", names::<Class>()))
}

fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| error.to_string())
}

impl Select {
    /// Reads a filter.
    ///
    /// # Errors
    ///
    /// An unknown kind or reason, or a regular expression that is none; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tests = Vec::new();
        for word in text.split_whitespace() {
            let (wanted, word) = match word.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => (false, rest),
                _ => (true, word),
            };
            let test = match word.split_once(':') {
                Some(("kind", name)) => Test::Kinds(kinds(name)?),
                Some(("reason", name)) => Test::Class(class(name)?),
                Some(("file", text)) => Test::File(regex(text)?),
                Some(("func", text)) => Test::Function(regex(text)?),
                Some(("package", text)) => Test::Package(regex(text)?),
                Some(("what", text)) => Test::What(regex(text)?),
                Some(("build", number)) => Test::Build(
                    number
                        .parse()
                        .map_err(|_| format!("no build number: {number}"))?,
                ),
                _ if word == "varies" => Test::Varies,
                _ => Test::Any(regex(word)?),
            };
            tests.push((wanted, test));
        }
        Ok(Self { tests })
    }

    /// Adds a condition on the kind.
    pub fn only_heap(mut self) -> Self {
        self.tests.push((
            true,
            Test::Kinds(
                Kind::ALL
                    .iter()
                    .copied()
                    .filter(|kind| kind.is_heap())
                    .collect(),
            ),
        ));
        self
    }

    /// Whether a kind is asked for.
    pub fn names_kind(&self) -> bool {
        self.tests
            .iter()
            .any(|(_, test)| matches!(test, Test::Kinds(_) | Test::Varies))
    }

    /// Whether the decision is selected.
    pub fn matches(&self, analysis: &Analysis, decision: &Decision) -> bool {
        self.tests.iter().all(|(wanted, test)| {
            let text = |sym| analysis.text(sym);
            let function = || {
                decision
                    .function
                    .map(|(name, _)| analysis.text(name).into_owned())
                    .unwrap_or_default()
            };
            let holds = match test {
                Test::Kinds(kinds) => kinds.contains(&decision.kind()),
                Test::Class(class) => analysis
                    .reason(decision)
                    .is_some_and(|reason| reason.class == *class),
                Test::File(regex) => regex.is_match(&text(decision.place.file)),
                Test::Function(regex) => regex.is_match(&function()),
                Test::Package(regex) => regex.is_match(&text(decision.package)),
                Test::What(regex) => regex.is_match(&text(decision.what)),
                Test::Build(build) => decision
                    .outcomes
                    .iter()
                    .any(|outcome| outcome.builds.intersects(BuildSet::of(*build))),
                Test::Varies => decision.varies(),
                Test::Any(regex) => regex.is_match(&format!(
                    "{} {} {} {} {}",
                    text(decision.package),
                    analysis.place(decision.place),
                    decision.kind().about(),
                    text(decision.what),
                    function()
                )),
            };
            holds == *wanted
        })
    }
}
