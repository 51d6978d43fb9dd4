//! Functions that must not allocate, or not more than so often.
//!
//! ```text
//! # one function a line, then how many of its expressions and variables may be on the heap (0 if left out)
//! example.com/app/codec.(*Encoder).Encode
//! example.com/app/codec.Decode            2
//! codec.append*                           0
//! ```
//!
//! A name may leave out the front of the import path, and `*` stands for anything. Closures count to the
//! function they are in.

use super::{
    decision::{Analysis, FunctionTrust},
    functions::outermost,
    strings::Sym,
};
use rustc_hash::FxHashMap;

/// One line of a budget.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Rule {
    line: usize,
    name: String,
    allowed: u64,
}

/// A budget.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    rules: Vec<Rule>,
}

/// A line of a budget that is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BudgetError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// What became of one line of the budget.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BudgetRow {
    /// The line of the budget, from 1.
    pub line: usize,
    /// The name in it.
    pub name: String,
    /// How many may be on the heap, in each function.
    pub allowed: u64,
    /// The functions it matches that have more: the name, and indexes of their decisions.
    pub over: Vec<(String, Vec<usize>)>,
    /// How many functions it matches; 0 when the input has none of that name.
    pub functions: usize,
}

/// What became of a budget.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BudgetReport {
    /// By line of the budget.
    pub rows: Vec<BudgetRow>,
    /// Decisions on the heap whose function is not known.
    pub unattributed: usize,
}

impl BudgetReport {
    /// Whether every function kept to it.
    pub fn is_kept(&self) -> bool {
        self.rows.iter().all(|row| row.over.is_empty())
    }
}

impl Budget {
    /// Reads a budget.
    ///
    /// # Errors
    ///
    /// A line with more than a name and a number.
    pub fn parse(text: &str) -> Result<Self, BudgetError> {
        let mut rules = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(name) = words.next() else { continue };
            let allowed = match words.next() {
                None => 0,
                Some(number) => number.parse().map_err(|_| BudgetError {
                    line: line_number,
                    why: format!("expected a number after the function, found {number:?}"),
                })?,
            };
            if let Some(more) = words.next() {
                return Err(BudgetError {
                    line: line_number,
                    why: format!("expected a function and a number, found {more:?} after them"),
                });
            }
            rules.push(Rule {
                line: line_number,
                name: name.to_owned(),
                allowed,
            });
        }
        Ok(Self { rules })
    }

    /// Holds an input against it.
    pub fn check(&self, analysis: &Analysis) -> BudgetReport {
        let mut found: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (package, name) in &analysis.declared {
            found
                .entry(full_name(analysis, *package, *name))
                .or_default();
        }
        let mut unattributed = 0;
        for (index, decision) in analysis.decisions.iter().enumerate() {
            let heap = decision.kind().is_heap();
            match decision.function {
                Some((name, _)) => {
                    let list = found
                        .entry(full_name(analysis, decision.package, name))
                        .or_default();
                    if heap {
                        list.push(index);
                    }
                }
                None if heap => unattributed += 1,
                None => {}
            }
        }
        let mut names: Vec<(String, Vec<usize>)> = found.into_iter().collect();
        names.sort_unstable();
        let rows = self
            .rules
            .iter()
            .map(|rule| {
                let matching: Vec<&(String, Vec<usize>)> = names
                    .iter()
                    .filter(|(name, _)| matches(&rule.name, name))
                    .collect();
                BudgetRow {
                    line: rule.line,
                    name: rule.name.clone(),
                    allowed: rule.allowed,
                    functions: matching.len(),
                    over: matching
                        .into_iter()
                        .filter(|(_, list)| list.len() as u64 > rule.allowed)
                        .cloned()
                        .collect(),
                }
            })
            .collect();
        BudgetReport { rows, unattributed }
    }
}

/// `package.function`, with what the compiler made inside counted to it.
fn full_name(analysis: &Analysis, package: Sym, name: Sym) -> String {
    let name = analysis.text(name);
    let outer = outermost(&name);
    let package = analysis.text(package);
    if package.is_empty() {
        outer.to_owned()
    } else {
        format!("{package}.{outer}")
    }
}

/// Whether a pattern names a function: the whole of it, or all after a `/` of its import path.
fn matches(pattern: &str, name: &str) -> bool {
    glob(pattern, name)
        || name
            .match_indices('/')
            .any(|(at, _)| name.get(at + 1..).is_some_and(|tail| glob(pattern, tail)))
}

/// `*` stands for anything.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut rest = rest;
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Analysis {
    /// Names the functions of decisions from the source, where it can be had.
    pub fn attribute(&mut self, mut source: impl FnMut(&str) -> Option<super::GoSource>) {
        let mut files: FxHashMap<Sym, Option<super::GoSource>> = FxHashMap::default();
        for decision in &mut self.decisions {
            if matches!(decision.function, Some((_, FunctionTrust::Named))) {
                continue;
            }
            let file = decision.place.file;
            let known = files
                .entry(file)
                .or_insert_with(|| source(&self.strings.text(file)));
            if let Some(known) = known {
                decision.function = known
                    .function_at(decision.place.line)
                    .map(|name| (self.strings.intern(name.as_bytes()), FunctionTrust::Source));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_by_their_tail() {
        let name = "example.com/app/codec.(*Encoder).Encode";
        for (pattern, expected) in [
            (name, true),
            ("codec.(*Encoder).Encode", true),
            ("app/codec.(*Encoder).Encode", true),
            ("codec.*", true),
            ("*.Encode", true),
            ("codec.Encode", false),
            ("ec.(*Encoder).Encode", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern}");
        }
    }

    #[test]
    fn lines_that_are_no_rule_are_refused() {
        assert_eq!(Budget::parse("# c\n\nf\ng 2 # d").unwrap().rules.len(), 2);
        assert_eq!(Budget::parse("f two").unwrap_err().line, 1);
        assert_eq!(Budget::parse("f\ng 2 3").unwrap_err().line, 2);
    }
}
