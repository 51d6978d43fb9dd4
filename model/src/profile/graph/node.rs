//! Nodes and edges, and what they are told apart by.

use super::super::names::base;
use std::collections::{BTreeMap, HashMap};

/// The number of a node in its graph.
pub type NodeId = u32;
/// The number of an edge in its graph.
pub type EdgeId = u32;
/// The number of a name in [`Names`].
pub type NameId = u32;

/// Names of functions, files and mapped files, each once. They outlive a graph, so that nodes of one are known in the next.
#[derive(Clone, Debug)]
pub struct Names {
    list: Vec<String>,
    numbers: HashMap<String, NameId>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            list: vec![String::new()],
            numbers: HashMap::from([(String::new(), 0)]),
        }
    }
}

impl Names {
    /// The number of a name.
    pub fn number(&mut self, name: &str) -> NameId {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        let number = NameId::try_from(self.list.len()).unwrap_or(NameId::MAX);
        self.list.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// A name.
    pub fn name(&self, id: NameId) -> &str {
        let index = usize::try_from(id).unwrap_or(usize::MAX);
        self.list.get(index).map_or("", String::as_str)
    }
}

/// What a node is told apart by. What a granularity does not tell apart is zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Key {
    /// The function.
    pub name: NameId,
    /// Its file.
    pub file: NameId,
    /// The mapped file.
    pub object: NameId,
    /// The address.
    pub address: u64,
    /// Where the function begins.
    pub start_line: i64,
    /// The line.
    pub line: i64,
    /// Its column.
    pub column: i64,
}

impl Key {
    /// The whole function that it is of.
    pub const fn function(self) -> Self {
        Self {
            address: 0,
            line: 0,
            column: 0,
            ..self
        }
    }

    /// What it is called, in parts.
    pub fn parts(&self, name: &str, file: &str, object: &str) -> Vec<String> {
        let mut parts = Vec::new();
        if self.address != 0 {
            parts.push(format!("{:016x}", self.address));
        }
        if !name.is_empty() {
            parts.push(name.to_owned());
        }
        if self.line != 0 {
            let mut place = format!("{file}:{}", self.line);
            if self.column != 0 {
                place = format!("{place}:{}", self.column);
            }
            parts.push(place);
        } else if !file.is_empty() {
            parts.push(file.to_owned());
        } else if !name.is_empty() {
            // The function is there already.
        } else if !object.is_empty() {
            parts.push(format!("[{}]", base(object)));
        } else {
            parts.push("<unknown>".to_owned());
        }
        parts
    }

    /// What it is called.
    pub fn printable(&self, names: &Names) -> String {
        let (name, file) = (names.name(self.name), names.name(self.file));
        self.parts(name, file, names.name(self.object)).join(" ")
    }
}

/// A label of samples of a node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tag {
    /// What is shown.
    pub name: String,
    /// The unit of a number.
    pub unit: String,
    /// The number.
    pub value: i64,
    /// What the node has as its own with that label.
    pub flat: i64,
    /// What that is divided by, where means are shown.
    pub flat_div: i64,
    /// The same with what it called.
    pub cum: i64,
    /// What that is divided by.
    pub cum_div: i64,
}

impl Tag {
    /// Its own value, as a mean where there is one.
    pub const fn flat_value(&self) -> i64 {
        mean(self.flat, self.flat_div)
    }

    /// Its whole value.
    pub const fn cum_value(&self) -> i64 {
        mean(self.cum, self.cum_div)
    }
}

/// Labels of samples of a node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeTags {
    /// Texts: all labels of a sample together.
    pub labels: BTreeMap<String, Tag>,
    /// Numbers, below the texts that they stood with.
    pub numbers: BTreeMap<String, BTreeMap<String, Tag>>,
}

/// A function, line or address.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What it is told apart by.
    pub key: Key,
    /// In a tree, which whole function of which context it is of; in a graph the key says so.
    pub context: NodeId,
    /// What it cost itself.
    pub flat: i64,
    /// What that is divided by, where means are shown.
    pub flat_div: i64,
    /// What it cost with all that it called.
    pub cum: i64,
    /// What that is divided by.
    pub cum_div: i64,
    /// Edges that lead to it.
    pub ins: Vec<EdgeId>,
    /// Edges that lead from it.
    pub outs: Vec<EdgeId>,
    /// Labels, where they were asked for.
    pub tags: Option<Box<NodeTags>>,
}

impl Node {
    /// What it cost itself, as a mean where there is one.
    pub const fn flat_value(&self) -> i64 {
        mean(self.flat, self.flat_div)
    }

    /// What it cost with all that it called.
    pub const fn cum_value(&self) -> i64 {
        mean(self.cum, self.cum_div)
    }
}

/// A value divided by what it counts, where that is known.
pub const fn mean(value: i64, count: i64) -> i64 {
    if count == 0 {
        value
    } else {
        value.wrapping_div(count)
    }
}

/// A call from one node to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Who calls.
    pub src: NodeId,
    /// Who is called.
    pub dest: NodeId,
    /// What went over it.
    pub weight: i64,
    /// What that is divided by, where means are shown.
    pub weight_div: i64,
    /// Nodes between the two are not shown.
    pub is_residual: bool,
    /// Every one of its calls was inlined.
    pub is_inline: bool,
    /// It was taken away.
    pub is_gone: bool,
}

impl Edge {
    /// What went over it, as a mean where there is one.
    pub const fn value(&self) -> i64 {
        mean(self.weight, self.weight_div)
    }
}
