//! Samples to a graph.

use super::Graph;
use super::Kept;
use super::costs;
use super::keys::{Calls, Keys, NONE, Shape, place};
use super::labelled::{Part, SampleTags, count_flat};
use super::node::{Edge, EdgeId, Key, Names, Node, NodeId};
use dumpview_parsers::pprof::{Profile, Stack};
use rustc_hash::FxHashMap;

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

/// What is added to a node by almost every call, kept apart so that much of it fits into the cache.
#[derive(Clone, Copy, Default)]
struct Tally {
    cum: i64,
    cum_div: i64,
}

/// What is asked of a node at every call of it, smaller still.
#[derive(Clone, Copy, Default)]
struct Mark {
    /// It is on the path.
    is_on_path: bool,
    /// The graph tells who calls it.
    has_callers: bool,
}

/// A call on the path. What samples below it cost is counted when the path leaves it, which is what all cost by then that did not
/// yet when it came there: stacks next to each other have most of their outer calls in common.
#[derive(Clone, Copy)]
struct Step {
    node: NodeId,
    /// The line that the node is of, which calls the same few functions every time.
    slot: u32,
    /// The call that led here, when it is told and not further out on the path already.
    edge: Option<EdgeId>,
    /// The node is not further out on the path already: a recursive call is counted once.
    counts_node: bool,
    before: (i64, i64),
}

/// A location on the path.
#[derive(Clone, Copy)]
struct OnPath {
    location: u32,
    /// How many steps there are with its own.
    steps: u32,
    /// Between the last step and here something is not shown.
    is_residual: bool,
}

/// What a graph is made in: the graph, and the path from the outermost call to where the last sample was.
#[derive(Default)]
struct Maker {
    graph: Graph,
    tallies: Vec<Tally>,
    marks: Vec<Mark>,
    edges: FxHashMap<u64, EdgeId>,
    edge_on_path: Vec<bool>,
    /// By line: whom it called last, and by which edge.
    callees: Vec<[(NodeId, EdgeId); 2]>,
    steps: Vec<Step>,
    path: Vec<OnPath>,
    /// What all samples cost until now, and what that is divided by.
    sum: (i64, i64),
    /// Who calls a node is told of every node.
    tells_all: bool,
}

impl Maker {
    fn new(keys: &Keys, calls: Calls) -> Self {
        Self {
            callees: vec![[(NONE, EdgeId::MAX); 2]; keys.keys.len()],
            tells_all: calls == Calls::All,
            ..Self::default()
        }
    }

    fn node(&mut self, key: Key, context: NodeId) -> NodeId {
        let id = NodeId::try_from(self.graph.nodes.len()).unwrap_or(NONE);
        self.graph.nodes.push(Node {
            key,
            context,
            ..Node::default()
        });
        self.tallies.push(Tally::default());
        self.marks.push(Mark {
            is_on_path: false,
            has_callers: self.tells_all,
        });
        id
    }

    /// The edge between the node of a line and another one.
    #[inline]
    fn edge(&mut self, slot: u32, edge: Edge) -> EdgeId {
        let Some(known) = self.callees.get_mut(place(slot)) else {
            return EdgeId::MAX;
        };
        match *known {
            [(callee, id), _] if callee == edge.dest => return id,
            [first, second @ (callee, id)] if callee == edge.dest => {
                *known = [second, first];
                return id;
            }
            _ => {}
        }
        let next = EdgeId::try_from(self.graph.edges.len()).unwrap_or(EdgeId::MAX);
        let pair = u64::from(edge.src) << 32 | u64::from(edge.dest);
        let id = *self.edges.entry(pair).or_insert(next);
        known.swap(0, 1);
        known[0] = (edge.dest, id);
        if id == next {
            self.graph.edges.push(edge);
            self.edge_on_path.push(false);
        }
        id
    }

    /// Counts what a sample costs where the path has come to.
    const fn add(&mut self, (value, div): (i64, i64)) {
        self.sum.0 = self.sum.0.wrapping_add(value);
        self.sum.1 = self.sum.1.wrapping_add(div);
    }

    /// Goes one call further in.
    #[inline]
    fn step(&mut self, node: NodeId, slot: u32, is_residual: bool, is_inline: bool) {
        let Some(mark) = self.marks.get_mut(place(node)) else {
            return;
        };
        let counts_node = !std::mem::replace(&mut mark.is_on_path, true);
        let edge = if mark.has_callers {
            self.call(node, is_residual, is_inline)
        } else {
            None
        };
        self.steps.push(Step {
            node,
            slot,
            edge,
            counts_node,
            before: self.sum,
        });
    }

    /// The call that leads from the last step to a node; `None` when it is on the path already.
    #[inline(never)]
    fn call(&mut self, node: NodeId, is_residual: bool, is_inline: bool) -> Option<EdgeId> {
        let caller = *self.steps.last().filter(|caller| caller.node != node)?;
        let edge = Edge {
            src: caller.node,
            dest: node,
            weight: 0,
            weight_div: 0,
            is_residual,
            is_inline,
            is_gone: false,
        };
        let id = self.edge(caller.slot, edge);
        let at = place(id);
        let (known, is_on_path) = (
            self.graph.edges.get_mut(at)?,
            self.edge_on_path.get_mut(at)?,
        );
        if std::mem::replace(is_on_path, true) {
            return None;
        }
        known.is_residual |= is_residual;
        known.is_inline &= is_inline;
        Some(id)
    }

    /// Goes back until so many steps are left, and counts what was below those that it leaves.
    #[inline]
    fn back_to(&mut self, steps: usize) {
        let (sum, sum_div) = self.sum;
        let left = self.steps.get(steps..).unwrap_or_default();
        for step in left {
            let value = sum.wrapping_sub(step.before.0);
            let div = sum_div.wrapping_sub(step.before.1);
            let node = place(step.node);
            if step.counts_node
                && let (Some(tally), Some(mark)) =
                    (self.tallies.get_mut(node), self.marks.get_mut(node))
            {
                tally.cum = tally.cum.wrapping_add(value);
                tally.cum_div = tally.cum_div.wrapping_add(div);
                mark.is_on_path = false;
            }
            if let Some(at) = step.edge.map(place)
                && let (Some(edge), Some(is_on_path)) =
                    (self.graph.edges.get_mut(at), self.edge_on_path.get_mut(at))
            {
                edge.weight = edge.weight.wrapping_add(value);
                edge.weight_div = edge.weight_div.wrapping_add(div);
                *is_on_path = false;
            }
        }
        self.steps.truncate(steps);
    }

    /// Goes to where a sample was: back as far as its stack is another than the last one, and forth. `node_of` says which node a
    /// line is, called from another one.
    #[inline]
    fn go(
        &mut self,
        keys: &Keys,
        mut outermost_first: impl Iterator<Item = u32> + Clone,
        node_of: &mut impl FnMut(&mut Self, NodeId, u32) -> NodeId,
    ) {
        let shared = self
            .path
            .iter()
            .zip(outermost_first.clone())
            .take_while(|(known, location)| known.location == *location)
            .count();
        self.path.truncate(shared);
        let (steps, mut is_residual) = match self.path.last() {
            Some(last) => (last.steps, last.is_residual),
            None => (0, false),
        };
        self.back_to(place(steps));
        if let Some(before) = shared.checked_sub(1) {
            // Passes over what is on the path already.
            outermost_first.nth(before);
        }
        for location in outermost_first {
            let range = keys.range(location);
            let last = range.end.wrapping_sub(1);
            for slot in range.rev() {
                let caller = self.steps.last().map_or(NONE, |step| step.node);
                let node = node_of(self, caller, slot);
                if node == NONE {
                    is_residual = true;
                    continue;
                }
                // All but the last line of a location are inlined there.
                self.step(node, slot, is_residual, slot != last);
                is_residual = false;
            }
            self.path.push(OnPath {
                location,
                steps: u32::try_from(self.steps.len()).unwrap_or(u32::MAX),
                is_residual,
            });
        }
    }

    fn finished(mut self) -> Graph {
        self.back_to(0);
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

fn graph(profile: &Profile, keys: &Keys, shape: &Shape<'_>, kept: Option<&Kept>) -> Graph {
    let mut maker = Maker::new(keys, shape.calls);
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
    if shape.calls == Calls::None && shape.tags.is_none() {
        return costs::counted(maker.graph, profile, keys, shape, &nodes);
    }
    let node_of = |_: &mut Maker, _, slot| nodes.get(place(slot)).copied().unwrap_or(NONE);
    counted(maker, profile, keys, shape, node_of)
}

/// Adds to a graph without calls who calls the nodes that are inlined somewhere, of those that are shown, or of all when all are
/// told of. What nodes cost is known by then, so that only places matter where one of them is.
pub fn add_calls_of_inlined(
    graph: &mut Graph,
    profile: &Profile,
    names: &mut Names,
    shape: &Shape<'_>,
    is_whole: bool,
) {
    let keys = Keys::new(profile, names, shape.objects);
    let mut known: FxHashMap<Key, NodeId> = FxHashMap::default();
    if is_whole {
        known.extend((0..).zip(&graph.nodes).map(|(id, node)| (node.key, id)));
    } else {
        known.extend(graph.iter().map(|(id, node)| (node.key, id)));
    }
    let nodes = keys.keys.iter();
    let nodes: Vec<NodeId> = nodes
        .map(|key| known.get(key).copied().unwrap_or(NONE))
        .collect();
    let mut maker = Maker::new(&keys, Calls::OfInlined);
    maker.marks = vec![Mark::default(); graph.nodes.len()];
    maker.tallies = vec![Tally::default(); graph.nodes.len()];
    for slot in keys.inlined() {
        let node = nodes.get(slot).copied().unwrap_or(NONE);
        if let Some(mark) = maker.marks.get_mut(place(node)) {
            mark.has_callers = true;
        }
    }
    if !maker.marks.iter().any(|mark| mark.has_callers) {
        return;
    }
    maker.graph = std::mem::take(graph);
    let is_shown = |slot| nodes.get(place(slot)).is_some_and(|node| *node != NONE);
    let matters: Vec<bool> = keys
        .locations()
        .map(|location| keys.range(location).any(is_shown))
        .collect();
    let mut node_of = |_: &mut Maker, _, slot| nodes.get(place(slot)).copied().unwrap_or(NONE);
    for sample in profile.samples.iter() {
        let Some(values) = shape.values(sample) else {
            continue;
        };
        let matters = |location: &u32| matters.get(place(*location)) == Some(&true);
        match sample.stack {
            Stack::Narrow(places) => {
                let places = places.iter().rev().map(|place| u32::from(*place));
                maker.go(&keys, places.filter(matters), &mut node_of);
            }
            Stack::Wide(places) => {
                let places = places.iter().rev().copied();
                maker.go(&keys, places.filter(matters), &mut node_of);
            }
        }
        maker.add(values);
    }
    *graph = maker.finished();
}

/// A tree: a node for each way that leads to it. Whole functions of a context are told apart by the context.
fn tree(profile: &Profile, keys: &Keys, shape: &Shape<'_>) -> Graph {
    let mut known: FxHashMap<(NodeId, Key), NodeId> = FxHashMap::default();
    let node_of = |maker: &mut Maker, caller, slot| {
        let Some(key) = keys.keys.get(place(slot)) else {
            return NONE;
        };
        let node = known.entry((caller, *key));
        *node.or_insert_with(|| maker.node(*key, caller))
    };
    let maker = Maker::new(keys, shape.calls);
    counted(maker, profile, keys, shape, node_of)
}

/// Goes through all samples.
fn counted(
    mut maker: Maker,
    profile: &Profile,
    keys: &Keys,
    shape: &Shape<'_>,
    mut node_of: impl FnMut(&mut Maker, NodeId, u32) -> NodeId,
) -> Graph {
    for sample in profile.samples.iter() {
        let Some(values) = shape.values(sample) else {
            continue;
        };
        // One loop for each width, not one that asks at every place how wide it is.
        match sample.stack {
            Stack::Narrow(places) => {
                let places = places.iter().rev().map(|place| u32::from(*place));
                maker.go(keys, places, &mut node_of);
            }
            Stack::Wide(places) => {
                maker.go(keys, places.iter().rev().copied(), &mut node_of);
            }
        }
        let Some(leaf) = maker.steps.last().map(|last| last.node) else {
            continue;
        };
        maker.add(values);
        let is_leaf = maker.path.last().is_some_and(|last| !last.is_residual);
        if is_leaf {
            count_flat(maker.graph.node_mut(leaf), values);
        }
        let Some((unit, output)) = shape.tags else {
            continue;
        };
        let tags = SampleTags::of(sample, profile, unit, output);
        for step in maker.steps.iter().filter(|step| step.counts_node) {
            tags.count(maker.graph.node_mut(step.node), Part::Cum, values);
        }
        if is_leaf {
            tags.count(maker.graph.node_mut(leaf), Part::Flat, values);
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
