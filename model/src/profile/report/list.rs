//! Lines of functions with what they cost, to be printed beside their source (internal/report/source.go:printSource).

use super::super::graph::Node;
use super::{Report, Wrong};
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A line that cost something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-line")]
pub struct ListedLine {
    /// Its number.
    pub line: i64,
    /// What it cost itself.
    pub flat: i64,
    /// With all that it called.
    pub cum: i64,
}

/// The part of a function that stands in a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-routine")]
pub struct Routine {
    /// The function.
    pub function: String,
    /// The file, as the profile has it; null when it has none.
    pub file: Option<String>,
    /// The sum of what its lines cost themselves.
    pub flat: i64,
    /// The sum of what they cost with all that they called: of a recursive function more than it cost.
    pub cum: i64,
    /// The first line to show.
    pub first_line: i64,
    /// The last one.
    pub last_line: i64,
    /// Lines that cost something, in order.
    pub lines: Vec<ListedLine>,
}

/// Functions that match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// By name, then by file.
    pub routines: Vec<Routine>,
}

/// Lines that are shown before the first and behind the last one that cost something.
const MARGIN: i64 = 5;

impl Report {
    /// The lines of all functions whose names match.
    ///
    /// # Errors
    ///
    /// When none does.
    pub fn list(&mut self, pattern: &Regex) -> Result<Listed, Wrong> {
        let graph = self.whole_graph();
        let mut functions: BTreeMap<&str, BTreeMap<(&str, i64), Vec<&Node>>> = BTreeMap::new();
        for (_, node) in graph.iter() {
            let name = self.names.name(node.key.name);
            if pattern.is_match(name) {
                let files = functions.entry(name).or_default();
                let file = (self.names.name(node.key.file), 0);
                files.entry(file).or_default().push(node);
            }
        }
        if functions.is_empty() {
            return Err(Wrong::NoMatch(pattern.to_string()));
        }
        let mut routines = Vec::new();
        for (name, files) in functions {
            let mut known: Vec<_> = files
                .into_iter()
                .filter(|((file, _), _)| !file.is_empty())
                .collect();
            if known.is_empty() {
                routines.push(routine(name, None, &[]));
            }
            known.sort_by_key(|((file, _), _)| *file);
            for ((file, _), nodes) in known {
                routines.push(routine(name, Some(file), &nodes));
            }
        }
        Ok(Listed { routines })
    }
}

fn routine(name: &str, file: Option<&str>, nodes: &[&Node]) -> Routine {
    let mut lines: BTreeMap<i64, ListedLine> = BTreeMap::new();
    let (mut flat, mut cum) = (0i64, 0i64);
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for node in nodes {
        let line = node.key.line;
        flat = flat.wrapping_add(node.flat);
        cum = cum.wrapping_add(node.cum);
        first = first.min(match node.key.start_line {
            0 => line.saturating_sub(MARGIN),
            start => start,
        });
        last = last.max(line.saturating_add(MARGIN));
        let known = lines.entry(line).or_insert(ListedLine {
            line,
            flat: 0,
            cum: 0,
        });
        known.flat = known.flat.wrapping_add(node.flat);
        known.cum = known.cum.wrapping_add(node.cum);
    }
    Routine {
        function: name.to_owned(),
        file: file.map(str::to_owned),
        flat,
        cum,
        first_line: first.max(1),
        last_line: last,
        lines: lines.into_values().collect(),
    }
}
