//! What nodes cost, where nobody asks who calls whom. Counting at every place of a stack takes less than keeping a path of it.

use super::Graph;
use super::keys::{Keys, NONE, Shape, place};
use super::labelled::count_flat;
use super::node::NodeId;
use dumpview_parsers::pprof::{Profile, Stack};

/// What a node cost with all that it calls, and the last sample that was counted for it: a recursive call is counted once.
#[derive(Clone, Copy, Default)]
struct Tally {
    cum: i64,
    sample: u64,
}

/// What nodes are counted in.
struct Counter<'k> {
    keys: &'k Keys,
    /// By slot.
    nodes: &'k [NodeId],
    /// By location, of the line that is not inlined there, and whether others are: most have the one only.
    own: Vec<NodeId>,
    has_inlined: Vec<bool>,
    tallies: Vec<Tally>,
    /// What the costs are divided by; few questions divide.
    cum_div: Vec<i64>,
}

impl Counter<'_> {
    /// Counts a sample at all places of a stack, in any order.
    #[inline]
    fn count(&mut self, places: impl Iterator<Item = u32>, sample: u64, values: (i64, i64)) {
        for location in places {
            let at = place(location);
            let own = self.own.get(at).copied().unwrap_or(NONE);
            self.add(own, sample, values);
            if self.has_inlined.get(at) == Some(&true) {
                let mut slots = self.keys.range(location);
                slots.next_back();
                for slot in slots {
                    let node = self.nodes.get(place(slot)).copied();
                    self.add(node.unwrap_or(NONE), sample, values);
                }
            }
        }
    }

    #[inline]
    fn add(&mut self, node: NodeId, sample: u64, (value, div): (i64, i64)) {
        // There is none of the number that stands for a line that is left out.
        let Some(tally) = self.tallies.get_mut(place(node)) else {
            return;
        };
        if tally.sample == sample {
            return;
        }
        tally.sample = sample;
        tally.cum = tally.cum.wrapping_add(value);
        if div != 0
            && let Some(cum_div) = self.cum_div.get_mut(place(node))
        {
            *cum_div = cum_div.wrapping_add(div);
        }
    }

    /// The node of the innermost line of a location.
    fn innermost(&self, location: u32) -> NodeId {
        let slot = self.keys.range(location).next();
        let node = slot.and_then(|slot| self.nodes.get(place(slot)));
        node.copied().unwrap_or(NONE)
    }
}

/// Adds to nodes without costs what all samples cost. `nodes` has them by slot.
pub fn counted(
    mut graph: Graph,
    profile: &Profile,
    keys: &Keys,
    shape: &Shape<'_>,
    nodes: &[NodeId],
) -> Graph {
    let slots = || keys.locations().map(|location| keys.range(location));
    let own = slots().map(|mut slots| slots.next_back().and_then(|slot| nodes.get(place(slot))));
    let mut counter = Counter {
        keys,
        nodes,
        own: own.map(|node| node.copied().unwrap_or(NONE)).collect(),
        has_inlined: slots().map(|slots| slots.len() > 1).collect(),
        tallies: vec![Tally::default(); graph.nodes.len()],
        cum_div: vec![0; graph.nodes.len()],
    };
    // Zero is the number of no sample.
    for (number, sample) in (1..).zip(profile.samples.iter()) {
        let Some(values) = shape.values(sample) else {
            continue;
        };
        // One loop for each width, not one that asks at every place how wide it is.
        match sample.stack {
            Stack::Narrow(places) => {
                let places = places.iter().map(|place| u32::from(*place));
                counter.count(places, number, values);
            }
            Stack::Wide(places) => counter.count(places.iter().copied(), number, values),
        }
        if let Some(leaf) = sample.stack.iter().next() {
            count_flat(graph.node_mut(counter.innermost(leaf)), values);
        }
    }
    let sums = counter.tallies.iter().zip(&counter.cum_div);
    for (node, (tally, cum_div)) in graph.nodes.iter_mut().zip(sums) {
        node.cum = tally.cum;
        node.cum_div = *cum_div;
    }
    graph
}
