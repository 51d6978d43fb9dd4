//! Rows of nodes.

use super::super::graph::{Graph, Key, Node, Trimmed};
use super::Report;
use schemars::JsonSchema;
use serde::Serialize;

/// Whether the calls of a function were inlined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "profile-inlined")]
pub enum Inlined {
    /// None.
    No,
    /// Some.
    Partial,
    /// All.
    Yes,
}

/// What a report is about, in numbers.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-summary")]
pub struct Summary {
    /// Which value of the samples: `cpu`, `inuse_space`; `mean_` before it where means are shown.
    pub sample_type: String,
    /// Its unit in the profile, which all numbers here are in.
    pub unit: String,
    /// The sum of all samples before filters; shares are of this.
    pub total: i64,
    /// What the rows account for.
    pub shown: i64,
    /// How many nodes there were of which the rows are some.
    pub nodes: usize,
    /// Nodes that cost less than `nodefraction` and are none of them.
    pub dropped_nodes: usize,
    /// Filters, as typed.
    pub filters: Vec<String>,
}

/// A node.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-row")]
pub struct Row {
    /// What it is called: function, file and line, whatever rows are told apart by.
    pub name: String,
    /// The function; null where rows are files.
    pub function: Option<String>,
    /// Its file; null where rows are not told apart by it.
    pub file: Option<String>,
    /// The line; null where rows are not told apart by it.
    pub line: Option<i64>,
    /// The address, in hexadecimal; null where rows are not told apart by it.
    pub address: Option<String>,
    /// What it cost itself.
    pub flat: i64,
    /// What it cost with all that it called.
    pub cum: i64,
    /// Whether calls of it were inlined.
    pub inline: Inlined,
}

impl Report {
    /// What a report shows, in numbers.
    pub fn summary(&self, of: &Trimmed) -> Summary {
        Summary {
            sample_type: self.sample_type.clone(),
            unit: self.sample_unit.clone(),
            total: self.total,
            shown: of.graph.shown_total(),
            nodes: of.nodes,
            dropped_nodes: of.dropped_nodes,
            filters: self.filters.clone(),
        }
    }

    /// Nodes in order.
    pub fn rows(&self, graph: &Graph) -> Vec<Row> {
        graph
            .iter()
            .map(|(_, node)| self.row(graph, node))
            .collect()
    }

    /// A node.
    pub fn row(&self, graph: &Graph, node: &Node) -> Row {
        let (mut inline, mut called) = (false, false);
        for (_, edge) in graph.ins(node) {
            inline |= edge.is_inline;
            called |= !edge.is_inline;
        }
        let key: &Key = &node.key;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Row {
            name: self.name(key),
            function: some(self.names.name(key.name)),
            file: some(self.names.name(key.file)),
            line: Some(key.line).filter(|line| *line != 0),
            address: (key.address != 0).then(|| format!("0x{:x}", key.address)),
            flat: node.flat_value(),
            cum: node.cum_value(),
            inline: match (inline, called) {
                (false, _) => Inlined::No,
                (true, true) => Inlined::Partial,
                (true, false) => Inlined::Yes,
            },
        }
    }
}
