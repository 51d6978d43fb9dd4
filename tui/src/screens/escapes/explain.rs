//! A node in a line, and what is said of the one that is selected.

use super::{EscapesScreen, Level, Node};
use crate::data::goroutines::short_place;
use dumpview_model::escape::{Analysis, Step};
use dumpview_model::units::{grouped, plural};
use dumpview_view::line::{Line, Role};
use std::collections::BTreeMap;

impl EscapesScreen {
    pub(super) fn line(&self, node: &Node) -> Line {
        let Some(analysis) = &self.data else {
            return Line::default();
        };
        match node {
            Node::Group {
                name,
                level,
                members,
            } => {
                let role = match level {
                    Level::Package => Role::Heading,
                    Level::File => Role::Plain,
                    Level::Function => Role::Name,
                };
                Line::new(role, name.clone())
                    .and(Role::Number, format!("  {}", grouped(members.len() as u64)))
            }
            Node::Leaf(index) => {
                let Some(decision) = analysis.decisions.get(*index) else {
                    return Line::default();
                };
                let kind = decision.kind();
                let role = if kind.is_heap() {
                    Role::Warning
                } else {
                    Role::Dim
                };
                let line = Line::new(
                    Role::Dim,
                    format!("{:>5}:{:<3} ", decision.place.line, decision.place.column),
                )
                .and(Role::Plain, analysis.text(decision.what).into_owned())
                .and(role, format!(" {}", kind.about()));
                match analysis.reason(decision) {
                    Some(reason) => line.and(Role::Dim, format!(": {}", reason.class.about())),
                    None => line,
                }
            }
        }
    }

    /// The explanation of the selected decision: lines, and whether each has to stay as it is because the next one
    /// points into it.
    pub(super) fn explanation(&self) -> Vec<(Line, bool)> {
        let lines = self.explain();
        let is_source = |line: &Line| {
            line.spans
                .last()
                .is_some_and(|span| span.role == Role::Alarm)
        };
        let before_source: Vec<bool> = lines.iter().skip(1).map(is_source).chain([false]).collect();
        lines
            .into_iter()
            .zip(before_source)
            .map(|(line, before)| {
                let exact = before || is_source(&line);
                (line, exact)
            })
            .collect()
    }

    pub(super) fn explain(&self) -> Vec<Line> {
        let Some(analysis) = &self.data else {
            return Vec::new();
        };
        let Some(decision) = self.decision() else {
            return self.totals(analysis);
        };
        let kind = decision.kind();
        let mut lines = vec![
            Line::new(Role::Plain, analysis.text(decision.what).into_owned())
                .and(Role::Warning, format!(" {}", kind.about())),
            Line::new(Role::Dim, analysis.place(decision.place)),
        ];
        if let Some(source) = self.source.as_ref().filter(|source| {
            source.line == decision.place.line
                && *source.file == *analysis.text(decision.place.file)
        }) {
            lines.push(Line::default());
            match &source.text {
                Some(text) => {
                    lines.push(
                        Line::new(Role::Dim, format!("{:>6}  ", source.line))
                            .and(Role::Plain, text.clone()),
                    );
                    let (before, width) = source.marked;
                    lines.push(
                        Line::new(Role::Plain, " ".repeat(8 + before))
                            .and(Role::Alarm, "^".repeat(width.max(1))),
                    );
                }
                None => lines.push(Line::new(
                    Role::Dim,
                    "the source is not here: --source DIR says where it is",
                )),
            }
        }
        if let Some(reason) = analysis.reason(decision) {
            lines.push(Line::default());
            lines.push(Line::new(Role::Heading, reason.sentence()));
            lines.push(Line::plain(reason.class.advice()));
        }
        if decision.varies() {
            lines.push(Line::default());
            lines.push(Line::new(
                Role::Warning,
                "decided differently in other builds of the same input:",
            ));
            lines.extend(decision.outcomes.iter().map(|outcome| {
                let builds: Vec<String> = outcome
                    .builds
                    .iter()
                    .map(|build| build.to_string())
                    .collect();
                Line::plain(format!(
                    "  {} in builds {}",
                    outcome.kind.about(),
                    builds.join(", ")
                ))
            }));
        }
        if let Some(flow) = analysis.telling_flow(decision) {
            lines.push(Line::default());
            lines.push(Line::new(Role::Heading, "how it gets there"));
            lines.extend(analysis.steps(flow).map(|step| {
                match step {
                    Step::Flow {
                        destination,
                        source,
                    } => Line::plain(format!(
                        "  {} = {}",
                        analysis.text(destination),
                        analysis.text(source)
                    )),
                    Step::From {
                        expression,
                        why,
                        place,
                    } => Line::new(Role::Name, format!("    {}", analysis.text(expression)))
                        .and(Role::Plain, format!(" ({})", analysis.text(why)))
                        .and(
                            Role::Dim,
                            format!("  {}", short_place(&analysis.place(place))),
                        ),
                    Step::Truncated => Line::new(Role::Dim, "    … the compiler printed no more"),
                }
            }));
        }
        let others = decision.flows.len().saturating_sub(1);
        if others > 0 {
            lines.push(Line::new(
                Role::Dim,
                format!(
                    "  {}: dumpview escapes --json",
                    plural(others as u64, "other flow")
                ),
            ));
        }
        lines
    }

    /// What a group holds, by reason.
    pub(super) fn totals(&self, analysis: &Analysis) -> Vec<Line> {
        let node = self.tree.selected().and_then(|node| self.tree.get(node));
        let Some(Node::Group { name, members, .. }) = node else {
            return Vec::new();
        };
        let mut reasons: BTreeMap<&'static str, (u64, &'static str)> = BTreeMap::new();
        for index in members {
            let Some(decision) = analysis.decisions.get(*index) else {
                continue;
            };
            let reason = analysis.reason(decision);
            let (title, advice) = reason.map_or(
                ("no reason printed", "-m=2 makes the compiler say why"),
                |reason| (reason.class.about(), reason.class.advice()),
            );
            reasons.entry(title).or_insert((0, advice)).0 += 1;
        }
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        let mut lines = vec![
            Line::new(Role::Heading, name.clone()),
            Line::plain(plural(members.len() as u64, "decision")),
            Line::default(),
        ];
        for (title, (count, advice)) in reasons {
            lines.push(
                Line::new(Role::Number, format!("{:>7}  ", grouped(count))).and(Role::Plain, title),
            );
            lines.push(Line::new(Role::Dim, format!("    {advice}")));
        }
        lines
    }
}
