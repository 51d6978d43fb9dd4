//! Nodes between those who call them and those whom they call.

use super::super::graph::{Edge, EdgeId, Graph, NodeId, sorted_edges};
use super::{Report, Row, Wrong};
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;

/// A call to or from a node.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-call")]
pub struct Link {
    /// Who calls, or is called.
    pub name: String,
    /// What went that way.
    pub value: i64,
    /// Every one of these calls was inlined.
    pub inline: bool,
    /// Nodes between the two are not shown.
    pub residual: bool,
}

/// A node with its calls.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-tree-row")]
pub struct TreeRow {
    /// The node.
    #[serde(flatten)]
    pub row: Row,
    /// Who called it, the heaviest first.
    pub callers: Vec<Link>,
    /// Whom it called.
    pub callees: Vec<Link>,
}

impl Report {
    /// Nodes in order with their calls; only those whose names match, when a pattern is given.
    ///
    /// # Errors
    ///
    /// When none does.
    pub fn tree(&self, graph: &Graph, pattern: Option<&Regex>) -> Result<Vec<TreeRow>, Wrong> {
        let mut rows = Vec::new();
        for (_, node) in graph.iter() {
            let row = self.row(graph, node);
            if pattern.is_some_and(|pattern| !pattern.is_match(&row.name)) {
                continue;
            }
            rows.push(TreeRow {
                row,
                callers: self.links(graph, graph.ins(node), |edge| edge.src),
                callees: self.links(graph, graph.outs(node), |edge| edge.dest),
            });
        }
        match pattern {
            Some(pattern) if rows.is_empty() => Err(Wrong::NoMatch(pattern.to_string())),
            _ => Ok(rows),
        }
    }

    fn links<'g>(
        &self,
        graph: &'g Graph,
        edges: impl Iterator<Item = (EdgeId, &'g Edge)>,
        other: impl Fn(&Edge) -> NodeId,
    ) -> Vec<Link> {
        let edges = sorted_edges(graph, edges, &self.names);
        let link = |(_, edge): (EdgeId, &Edge)| Link {
            name: graph
                .node(other(edge))
                .map_or(String::new(), |node| self.name(&node.key)),
            // pprof prints sums here, not means.
            value: edge.weight,
            inline: edge.is_inline,
            residual: edge.is_residual,
        };
        edges.into_iter().map(link).collect()
    }
}
