//! The text of statements, and which variables are read after each line of it.

use super::Statement;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

pub(super) fn render(
    statements: &[Statement],
    depth: usize,
    text: &mut String,
    line: &mut u64,
    lines: &mut Vec<u64>,
) {
    let put = |text: &mut String, line: &mut u64, depth: usize, what: &str| {
        let _ = writeln!(text, "{}{what}", "\t".repeat(depth));
        *line += 1;
    };
    for statement in statements {
        lines.push(*line);
        put(text, line, depth, &statement.head);
        for (block, end) in &statement.blocks {
            render(block, depth + 1, text, line, lines);
            put(text, line, depth, end);
        }
    }
}

/// Notes for each line what is read after it, given what is read after these statements; gives what is read before them.
pub(super) fn number_live(
    statements: &[Statement],
    lines: &mut dyn Iterator<Item = u64>,
    after: &BTreeSet<String>,
    live: &mut BTreeMap<u64, BTreeSet<String>>,
) -> BTreeSet<String> {
    // Lines come in the order of the text, liveness against it.
    let numbered: Vec<Numbered<'_>> = statements.iter().map(|s| Numbered::of(s, lines)).collect();
    lived(&numbered, after, live)
}

struct Numbered<'s> {
    statement: &'s Statement,
    line: u64,
    blocks: Vec<Vec<Numbered<'s>>>,
}

impl<'s> Numbered<'s> {
    fn of(statement: &'s Statement, lines: &mut dyn Iterator<Item = u64>) -> Self {
        let line = lines.next().unwrap();
        let blocks = statement
            .blocks
            .iter()
            .map(|(block, _)| block.iter().map(|s| Numbered::of(s, lines)).collect())
            .collect();
        Self {
            statement,
            line,
            blocks,
        }
    }
}

fn lived(
    statements: &[Numbered<'_>],
    after: &BTreeSet<String>,
    live: &mut BTreeMap<u64, BTreeSet<String>>,
) -> BTreeSet<String> {
    let mut now = after.clone();
    for numbered in statements.iter().rev() {
        let statement = numbered.statement;
        let is_read = statement.sets.as_ref().is_none_or(|set| now.remove(set));
        live.entry(numbered.line).or_default().extend(now.clone());
        if statement.is_pure && !is_read {
            continue;
        }
        if !numbered.blocks.is_empty() {
            let mut before = now.clone();
            for _ in 0..=usize::from(statement.repeats) {
                let mut out = before.clone();
                out.retain(|name| !statement.renews.contains(name));
                for block in &numbered.blocks {
                    before.extend(lived(block, &out, live));
                }
            }
            before.retain(|name| !statement.renews.contains(name));
            now = before;
        }
        if statement.leaves {
            now.clear();
        }
        now.extend(statement.reads.iter().cloned());
    }
    now
}
