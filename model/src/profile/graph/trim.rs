//! Which nodes and edges are worth showing (internal/report/report.go:newTrimmedGraph).

use super::super::measure::whole;
use super::super::names::trimmed as trimmed_path;
use super::build::{add_calls_of_inlined, build};
use super::keys::{Calls, Shape};
use super::node::{EdgeId, Names, Node, NodeId};
use super::sort::{Order, abs, sorted_edges};
use super::{Graph, Kept};
use dumpview_parsers::pprof::Profile;
use std::collections::{BTreeMap, HashSet, VecDeque};

/// Labels that are shown at a node.
pub const MOST_TAGS: usize = 4;

/// What is left out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limits {
    /// Nodes below this share of all.
    pub node_fraction: f64,
    /// Edges below it.
    pub edge_fraction: f64,
    /// All but so many nodes; 0 for none.
    pub node_count: i64,
    /// The order that decides which those are.
    pub order: Order,
}

/// A graph without what is not worth showing.
#[derive(Clone, Debug)]
pub struct Trimmed {
    /// The graph.
    pub graph: Graph,
    /// How many nodes there were before only some were selected.
    pub nodes: usize,
    /// Nodes that cost too little.
    pub dropped_nodes: usize,
    /// Edges that did.
    pub dropped_edges: usize,
}

/// A share of a total.
#[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
fn share(total: i64, fraction: f64) -> i64 {
    abs(whole(total as f64 * fraction))
}

/// Trims the files of functions; whether any was. pprof trims them each time that it makes a graph, and what was trimmed already
/// may be trimmed further.
fn trim_files(profile: &mut Profile, paths: (&str, &str)) -> bool {
    let mut is_changed = false;
    for function in &mut profile.functions {
        let short = trimmed_path(&function.file, paths.0, paths.1);
        if short.len() < function.file.len() {
            function.file = short.to_owned();
            is_changed = true;
        }
    }
    is_changed
}

/// A graph with the files of functions trimmed.
pub fn made(
    profile: &mut Profile,
    names: &mut Names,
    shape: &Shape<'_>,
    paths: (&str, &str),
) -> Graph {
    trim_files(profile, paths);
    build(profile, names, shape, None)
}

/// A graph of some nodes of one that was made.
fn remade(
    mut graph: Graph,
    kept: &Kept,
    profile: &mut Profile,
    names: &mut Names,
    shape: &Shape<'_>,
    paths: (&str, &str),
) -> Graph {
    let is_trimmed = trim_files(profile, paths);
    // What a node costs does not depend on the others; only who calls it does.
    if is_trimmed || !graph.edges.is_empty() {
        return build(profile, names, shape, Some(kept));
    }
    let nodes = &graph.nodes;
    let key = |id: &NodeId| nodes.get(usize::try_from(*id).ok()?).map(|node| &node.key);
    graph
        .shown
        .retain(|id| key(id).is_some_and(|key| kept.0.contains(key)));
    graph
}

/// Makes a graph, and makes it again without the nodes that are not worth showing: taking them out of it would lose what the
/// samples say of calls that go over them. `paths` are those to trim and to search.
pub fn trimmed(
    profile: &mut Profile,
    names: &mut Names,
    shape: &Shape<'_>,
    paths: (&str, &str),
    limits: &Limits,
) -> Trimmed {
    // Which nodes are shown depends on what they cost alone, but for a picture.
    let calls = shape.calls;
    let shape = &Shape {
        calls: match calls {
            Calls::All => Calls::All,
            Calls::OfInlined | Calls::None => Calls::None,
        },
        ..*shape
    };
    let mut is_whole = true;
    let mut graph = made(profile, names, shape, paths);
    let total = graph.flat_sum();
    let node_cutoff = share(total, limits.node_fraction);
    let edge_cutoff = share(total, limits.edge_fraction);
    let mut dropped_nodes = 0;
    if node_cutoff > 0 {
        let is_kept = |node: &Node| abs(node.cum) >= node_cutoff;
        let kept = graph.iter().filter(|(_, node)| is_kept(node)).count();
        dropped_nodes = graph.shown.len() - kept;
        if dropped_nodes > 0 && shape.tree {
            let kept = graph.iter().filter(|(_, node)| is_kept(node));
            let kept = kept.map(|(id, _)| id).collect();
            graph.trim_tree(&kept, names);
        } else if dropped_nodes > 0 {
            let kept = graph.keys(is_kept);
            is_whole = false;
            graph = remade(graph, &kept, profile, names, shape, paths);
        }
    }
    let nodes = graph.shown.len();
    graph.sort(limits.order, names);
    if limits.node_count > 0 {
        // They decide which nodes are selected.
        graph.trim_tags(node_cutoff);
        graph.trim_edges(edge_cutoff);
        let count = usize::try_from(limits.node_count).unwrap_or(usize::MAX);
        let count = graph.selected(count, limits.order);
        if count < graph.shown.len() {
            let kept: HashSet<NodeId> = graph.shown.iter().take(count).copied().collect();
            if shape.tree {
                graph.trim_tree(&kept, names);
            } else {
                let nodes = graph.iter().take(count);
                is_whole = false;
                let kept = Kept(nodes.map(|(_, node)| node.key).collect());
                graph = remade(graph, &kept, profile, names, shape, paths);
            }
            graph.sort(limits.order, names);
        }
    }
    if calls == Calls::OfInlined {
        add_calls_of_inlined(&mut graph, profile, names, shape, is_whole);
    }
    graph.trim_tags(node_cutoff);
    let dropped_edges = graph.trim_edges(edge_cutoff);
    if limits.order == Order::Entropy {
        graph.remove_redundant_edges(names);
    }
    Trimmed {
        graph,
        nodes,
        dropped_nodes,
        dropped_edges,
    }
}

impl Graph {
    /// How many nodes stay of those that are in order: in a picture labels count too.
    fn selected(&self, most: usize, order: Order) -> usize {
        if order == Order::Entropy {
            let mut count = 0;
            for (index, (_, node)) in self.iter().enumerate() {
                count += count_tags(node).min(MOST_TAGS) + 1;
                if count >= most {
                    return index + 1;
                }
            }
        }
        most.min(self.shown.len())
    }

    fn trim_tags(&mut self, cutoff: i64) {
        for id in self.shown.clone() {
            let Some(tags) = self.node_mut(id).and_then(|node| node.tags.as_mut()) else {
                continue;
            };
            let is_kept = |tag: &super::Tag| abs(tag.flat) >= cutoff || abs(tag.cum) >= cutoff;
            tags.labels.retain(|_, tag| is_kept(tag));
            for numbers in tags.numbers.values_mut() {
                numbers.retain(|_, tag| is_kept(tag));
            }
        }
    }

    fn trim_edges(&mut self, cutoff: i64) -> usize {
        let light: Vec<EdgeId> = self
            .iter()
            .flat_map(|(_, node)| self.ins(node))
            .filter(|(_, edge)| abs(edge.weight) < cutoff)
            .map(|(id, _)| id)
            .collect();
        self.remove(&light);
        light.len()
    }

    fn remove(&mut self, edges: &[EdgeId]) {
        for id in edges {
            if let Some(edge) = self.edge_mut(*id) {
                edge.is_gone = true;
            }
        }
    }

    /// Takes away residual edges whose ends are connected in another way, the lightest first.
    fn remove_redundant_edges(&mut self, names: &Names) {
        for id in self.shown.clone().into_iter().rev() {
            let Some(node) = self.node(id) else { continue };
            let ins = sorted_edges(self, self.ins(node), names);
            let ins: Vec<EdgeId> = ins.into_iter().map(|(id, _)| id).collect();
            for edge in ins.into_iter().rev() {
                // None that is heavier than an edge that is no residual one.
                if !self.edge(edge).is_some_and(|edge| edge.is_residual) {
                    break;
                }
                if self.is_redundant(edge) {
                    self.remove(&[edge]);
                }
            }
        }
    }

    fn is_redundant(&self, id: EdgeId) -> bool {
        let Some(edge) = self.edge(id) else {
            return false;
        };
        let mut seen = HashSet::from([edge.dest]);
        let mut queue = VecDeque::from([edge.dest]);
        while let Some(at) = queue.pop_front() {
            let Some(node) = self.node(at) else { continue };
            for (other, into) in self.ins(node) {
                if other == id || seen.contains(&into.src) {
                    continue;
                }
                if into.src == edge.src {
                    return true;
                }
                seen.insert(into.src);
                queue.push_back(into.src);
            }
        }
        false
    }

    /// Takes nodes out of a tree; what they called is called by whoever called them.
    fn trim_tree(&mut self, kept: &HashSet<NodeId>, names: &Names) {
        let all = std::mem::take(&mut self.shown);
        // A node comes after those that call it: a context is made before what it calls.
        for id in &all {
            if kept.contains(id) {
                self.shown.push(*id);
                continue;
            }
            let Some(node) = self.node(*id) else { continue };
            let outs: Vec<EdgeId> = self.outs(node).map(|(id, _)| id).collect();
            let into = self.ins(node).next().map(|(id, edge)| (id, *edge));
            let Some((into, edge)) = into else {
                self.remove(&outs);
                continue;
            };
            self.remove(&[into]);
            for out in outs {
                if let Some(out) = self.edge_mut(out) {
                    out.src = edge.src;
                    out.is_residual = true;
                    out.is_inline &= edge.is_inline;
                }
                if let Some(parent) = self.node_mut(edge.src) {
                    parent.outs.push(out);
                }
            }
        }
        self.remove_redundant_edges(names);
    }
}

/// Labels that a node has itself.
fn count_tags(node: &Node) -> usize {
    let Some(tags) = &node.tags else { return 0 };
    let numbers = tags.numbers.values().flat_map(BTreeMap::values);
    let all = tags.labels.values().chain(numbers);
    all.filter(|tag| tag.flat != 0).count()
}
