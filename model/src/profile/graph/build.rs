//! Samples to a graph.

use super::super::combine::BASE;
use super::super::measure::scaled_label;
use super::super::names::clean;
use super::Graph;
use super::Kept;
use super::node::{Edge, EdgeId, Key, Names, Node, NodeId, Tag};
use dumpview_parsers::pprof::{Location, Profile, SampleRef, TagValue};
use rustc_hash::FxHashMap;

/// What kind of graph is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'s> {
    /// Which value of samples counts.
    pub value: usize,
    /// Divide by the first value.
    pub mean: bool,
    /// Functions of different mapped files are different.
    pub objects: bool,
    /// Leave out nodes that gave more than they took.
    pub drop_negative: bool,
    /// A tree of contexts.
    pub tree: bool,
    /// Collect labels, numbers of `bytes` among them in this unit, and print them in that one.
    pub tags: Option<(&'s str, &'s str)>,
}

impl Shape<'_> {
    /// The value of a sample and what it is divided by; `None` when both are zero.
    fn values(&self, sample: SampleRef<'_>) -> Option<(i64, i64)> {
        let value = sample.values.get(self.value).copied().unwrap_or(0);
        let div = if self.mean {
            sample.values.first().copied().unwrap_or(0)
        } else {
            0
        };
        (value != 0 || div != 0).then_some((value, div))
    }
}

const NONE: NodeId = NodeId::MAX;

/// Makes a graph, of the nodes that are `kept` when such are named. Files of functions have to be trimmed already.
pub fn build(
    profile: &Profile,
    names: &mut Names,
    shape: &Shape<'_>,
    kept: Option<&Kept>,
) -> Graph {
    let keys = Keys::new(profile, names, shape.objects);
    let graph = if shape.tree {
        tree(profile, &keys, shape)
    } else {
        graph(profile, &keys, shape, kept)
    };
    select(graph, shape.drop_negative)
}

/// What lines of locations are told apart by: those of a location from the innermost on.
struct Keys {
    keys: Vec<Key>,
    ends: Vec<usize>,
}

impl Keys {
    fn new(profile: &Profile, names: &mut Names, objects: bool) -> Self {
        let functions: Vec<(u32, u32, i64)> = profile
            .functions
            .iter()
            .map(|of| {
                let file = match of.file.as_str() {
                    "" => 0,
                    file => names.number(&clean(file)),
                };
                (names.number(&of.name), file, of.start_line)
            })
            .collect();
        let mappings = profile.mappings.iter();
        let mappings: Vec<u32> = mappings.map(|of| names.number(&of.file)).collect();
        let mut keys = Self {
            keys: Vec::with_capacity(profile.locations.len()),
            ends: Vec::with_capacity(profile.locations.len()),
        };
        for location in &profile.locations {
            keys.add(location, &functions, &mappings, objects);
        }
        keys
    }

    fn add(
        &mut self,
        location: &Location,
        functions: &[(u32, u32, i64)],
        mappings: &[u32],
        objects: bool,
    ) {
        let object = location.mapping.and_then(|at| usize::try_from(at).ok());
        let object = object.and_then(|at| mappings.get(at)).copied().unwrap_or(0);
        let address = location.address;
        if location.lines.is_empty() {
            self.keys.push(Key {
                object,
                address,
                ..Key::default()
            });
        }
        for line in &location.lines {
            let function = usize::try_from(line.function).ok();
            let function = function.and_then(|at| functions.get(at));
            let (name, file, start_line) = function.copied().unwrap_or_default();
            let named = name != 0 && !objects;
            self.keys.push(Key {
                name,
                file,
                address,
                line: line.line,
                column: line.column,
                object: if named { 0 } else { object },
                start_line: if named { 0 } else { start_line },
            });
        }
        self.ends.push(self.keys.len());
    }

    fn range(&self, location: u32) -> std::ops::Range<usize> {
        let at = usize::try_from(location).unwrap_or(usize::MAX);
        let end = self.ends.get(at).copied().unwrap_or(0);
        let start = at.checked_sub(1);
        start.map_or(0, |at| self.ends.get(at).copied().unwrap_or(end))..end
    }
}

/// What is added to a node by almost every call of every sample, kept apart so that much of it fits into the cache.
#[derive(Clone, Copy)]
struct Tally {
    cum: i64,
    cum_div: i64,
    /// The last sample that it was in, counted from one.
    seen: u32,
    /// Whom it called last, and by which edge: most calls are the same as the one before.
    callee: NodeId,
    edge: EdgeId,
}

/// What a graph is made in.
#[derive(Default)]
struct Maker {
    graph: Graph,
    tallies: Vec<Tally>,
    edges: FxHashMap<u64, EdgeId>,
    /// The last sample that each edge was in.
    edge_seen: Vec<u32>,
}

impl Maker {
    fn node(&mut self, key: Key, context: NodeId) -> NodeId {
        let id = NodeId::try_from(self.graph.nodes.len()).unwrap_or(NONE);
        self.graph.nodes.push(Node {
            key,
            context,
            ..Node::default()
        });
        self.tallies.push(Tally {
            cum: 0,
            cum_div: 0,
            seen: 0,
            callee: NONE,
            edge: EdgeId::MAX,
        });
        id
    }

    /// Adds a sample to all that a node cost, unless it is in this sample already; whether it was not.
    #[inline]
    fn count_once(&mut self, node: NodeId, (value, div): (i64, i64), sample: u32) -> bool {
        let tally = usize::try_from(node).ok();
        let Some(tally) = tally.and_then(|at| self.tallies.get_mut(at)) else {
            return false;
        };
        if std::mem::replace(&mut tally.seen, sample) == sample {
            return false;
        }
        tally.cum = tally.cum.wrapping_add(value);
        tally.cum_div = tally.cum_div.wrapping_add(div);
        true
    }

    /// The edge between two nodes, and whether it is new.
    #[inline]
    fn edge(&mut self, src: NodeId, dest: NodeId) -> (EdgeId, bool) {
        let next = EdgeId::try_from(self.graph.edges.len()).unwrap_or(EdgeId::MAX);
        let tally = usize::try_from(src).ok();
        let Some(tally) = tally.and_then(|at| self.tallies.get_mut(at)) else {
            return (next, true);
        };
        if tally.callee == dest {
            return (tally.edge, false);
        }
        let pair = u64::from(src) << 32 | u64::from(dest);
        let id = *self.edges.entry(pair).or_insert(next);
        (tally.callee, tally.edge) = (dest, id);
        (id, id == next)
    }

    /// Adds to an edge, unless it is in this sample already.
    #[inline]
    fn call(&mut self, edge: Edge, sample: u32) {
        let (id, is_new) = self.edge(edge.src, edge.dest);
        if is_new {
            self.graph.edges.push(edge);
            self.edge_seen.push(sample);
            return;
        }
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        let (Some(seen), Some(known)) = (self.edge_seen.get_mut(at), self.graph.edges.get_mut(at))
        else {
            return;
        };
        if std::mem::replace(seen, sample) == sample {
            return;
        }
        known.weight = known.weight.wrapping_add(edge.weight);
        known.weight_div = known.weight_div.wrapping_add(edge.weight_div);
        known.is_residual |= edge.is_residual;
        known.is_inline &= edge.is_inline;
    }

    fn finished(mut self) -> Graph {
        for (node, tally) in self.graph.nodes.iter_mut().zip(&self.tallies) {
            node.cum = tally.cum;
            node.cum_div = tally.cum_div;
        }
        for (id, edge) in (0..).zip(std::mem::take(&mut self.graph.edges)) {
            if let Some(node) = self.graph.node_mut(edge.src) {
                node.outs.push(id);
            }
            if let Some(node) = self.graph.node_mut(edge.dest) {
                node.ins.push(id);
            }
            self.graph.edges.push(edge);
        }
        self.graph
    }
}

/// Which value of a node a sample counts in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Flat,
    Cum,
}

/// Adds a sample to what a node cost itself.
fn count_flat(node: Option<&mut Node>, (value, div): (i64, i64)) {
    if let Some(node) = node {
        node.flat = node.flat.wrapping_add(value);
        node.flat_div = node.flat_div.wrapping_add(div);
    }
}

/// Labels of a sample as nodes show them.
struct SampleTags {
    labels: String,
    /// Text, unit and number.
    numbers: Vec<(String, String, i64)>,
}

impl SampleTags {
    fn of(sample: SampleRef<'_>, profile: &Profile, unit: &str, output: &str) -> Self {
        let texts = &profile.texts;
        let mut labels = Vec::new();
        let mut numbers = Vec::new();
        for tag in sample.tags {
            let key = texts.text(tag.key);
            match tag.value {
                TagValue::Text(_) if key == BASE => {}
                TagValue::Text(text) => labels.push(format!("{key}:{}", texts.text(text))),
                // Of numbers only sizes are shown (internal/report/report.go:newGraph).
                TagValue::Number(value, _) if key == "bytes" => {
                    numbers.push((scaled_label(value, unit, output), unit.to_owned(), value));
                }
                TagValue::Number(..) => {}
            }
        }
        labels.sort();
        Self {
            labels: labels.join("\\n"),
            numbers,
        }
    }

    fn count(&self, node: Option<&mut Node>, part: Part, values: (i64, i64)) {
        fn add(tag: &mut Tag, part: Part, (value, div): (i64, i64)) {
            let (sum, sum_div) = match part {
                Part::Flat => (&mut tag.flat, &mut tag.flat_div),
                Part::Cum => (&mut tag.cum, &mut tag.cum_div),
            };
            *sum = sum.wrapping_add(value);
            *sum_div = sum_div.wrapping_add(div);
        }
        let Some(node) = node else { return };
        let node = node.tags.get_or_insert_default();
        if !self.labels.is_empty() {
            let tag = node.labels.entry(self.labels.clone());
            let tag = tag.or_insert_with(|| Tag {
                name: self.labels.clone(),
                ..Tag::default()
            });
            add(tag, part, values);
        }
        if self.numbers.is_empty() {
            return;
        }
        let of_labels = node.numbers.entry(self.labels.clone()).or_default();
        for (name, unit, value) in &self.numbers {
            let tag = of_labels.entry(name.clone()).or_insert_with(|| Tag {
                name: name.clone(),
                unit: unit.clone(),
                value: *value,
                ..Tag::default()
            });
            add(tag, part, values);
        }
    }
}

fn graph(profile: &Profile, keys: &Keys, shape: &Shape<'_>, kept: Option<&Kept>) -> Graph {
    let mut maker = Maker::default();
    let mut known: FxHashMap<Key, NodeId> = FxHashMap::default();
    let nodes: Vec<NodeId> = keys
        .keys
        .iter()
        .map(|key| {
            if kept.is_some_and(|kept| !kept.0.contains(key)) {
                return NONE;
            }
            *known.entry(*key).or_insert_with(|| maker.node(*key, NONE))
        })
        .collect();
    for (number, sample) in (1..).zip(profile.samples.iter()) {
        let Some(values) = shape.values(sample) else {
            continue;
        };
        let tags = shape
            .tags
            .map(|(unit, output)| SampleTags::of(sample, profile, unit, output));
        let mut parent = None;
        let mut residual = false;
        for location in sample.stack.iter().rev() {
            let lines = nodes.get(keys.range(*location)).unwrap_or_default();
            for (line, node) in lines.iter().enumerate().rev() {
                if *node == NONE {
                    residual = true;
                    continue;
                }
                if maker.count_once(*node, values, number)
                    && let Some(tags) = &tags
                {
                    tags.count(maker.graph.node_mut(*node), Part::Cum, values);
                }
                if let Some(src) = parent.filter(|parent| parent != node) {
                    let edge = Edge {
                        src,
                        dest: *node,
                        weight: values.0,
                        weight_div: values.1,
                        is_residual: residual,
                        is_inline: line + 1 != lines.len(),
                        is_gone: false,
                    };
                    maker.call(edge, number);
                }
                parent = Some(*node);
                residual = false;
            }
        }
        if let Some(leaf) = parent.filter(|_| !residual) {
            count_flat(maker.graph.node_mut(leaf), values);
            if let Some(tags) = &tags {
                tags.count(maker.graph.node_mut(leaf), Part::Flat, values);
            }
        }
    }
    maker.finished()
}

/// A tree: a node for each way that leads to it.
fn tree(profile: &Profile, keys: &Keys, shape: &Shape<'_>) -> Graph {
    let mut maker = Maker::default();
    let mut known: FxHashMap<(NodeId, Key), NodeId> = FxHashMap::default();
    // Whole functions of a context are told apart by the context.
    for (number, sample) in (1..).zip(profile.samples.iter()) {
        let Some(values) = shape.values(sample) else {
            continue;
        };
        let tags = shape
            .tags
            .map(|(unit, output)| SampleTags::of(sample, profile, unit, output));
        let mut parent = NONE;
        for location in sample.stack.iter().rev() {
            let lines = keys.keys.get(keys.range(*location)).unwrap_or_default();
            for (line, key) in lines.iter().enumerate().rev() {
                let node = known.entry((parent, *key));
                let node = *node.or_insert_with(|| maker.node(*key, parent));
                maker.count_once(node, values, number);
                if let Some(tags) = &tags {
                    tags.count(maker.graph.node_mut(node), Part::Cum, values);
                }
                if parent != NONE {
                    let edge = Edge {
                        src: parent,
                        dest: node,
                        weight: values.0,
                        weight_div: values.1,
                        is_residual: false,
                        is_inline: line + 1 != lines.len(),
                        is_gone: false,
                    };
                    maker.call(edge, number);
                }
                parent = node;
            }
        }
        if parent != NONE {
            count_flat(maker.graph.node_mut(parent), values);
            if let Some(tags) = &tags {
                tags.count(maker.graph.node_mut(parent), Part::Flat, values);
            }
        }
    }
    maker.finished()
}

/// Shows the nodes that cost something.
fn select(mut graph: Graph, drop_negative: bool) -> Graph {
    let is_shown = |node: &Node| {
        let is_negative = node.flat < 0 || node.flat == 0 && node.cum < 0;
        (node.cum != 0 || node.flat != 0) && !(drop_negative && is_negative)
    };
    graph.shown = (0..)
        .zip(&graph.nodes)
        .filter(|(_, node)| is_shown(node))
        .map(|(id, _)| id)
        .collect();
    graph
}
