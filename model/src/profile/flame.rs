//! The tree of calls: a node for each way to a function, as wide as what was counted there.
//!
//! Of a difference a node has what was before and what is now, and is as wide as both together, so that what went is seen as well
//! as what came.

use super::combine::BASE;
use super::report::Report;
use dumpview_parsers::pprof::{SampleRef, TagValue};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;

/// From where the tree is looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Way {
    /// From the outermost call on.
    #[default]
    All,
    /// From a function on: whom it calls.
    Callees(String),
    /// The other way round: who calls it.
    Callers(String),
}

/// A node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-flame-node")]
pub struct FlameNode {
    /// How many calls stand above it.
    pub depth: usize,
    /// The function; of the first node, what all of it is.
    pub name: String,
    /// What was counted there and in what it called.
    pub value: i64,
    /// What was counted there itself.
    pub own: i64,
    /// Of a difference: what was counted before; zero of a profile.
    pub before: i64,
}

impl FlameNode {
    /// How wide it is.
    pub const fn width(&self) -> u64 {
        self.value
            .unsigned_abs()
            .saturating_add(self.before.unsigned_abs())
    }
}

/// The tree, depth first, the widest first among those that one calls. Its first node is the whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "profile-flame")]
pub struct Flame {
    /// Which value of the samples.
    pub sample_type: String,
    /// Its unit, which all numbers here are in.
    pub unit: String,
    /// Whether it is a difference.
    pub is_difference: bool,
    /// The nodes.
    pub nodes: Vec<FlameNode>,
}

#[derive(Default)]
struct Node {
    name: u32,
    value: i64,
    own: i64,
    before: i64,
    children: Vec<u32>,
}

/// Nodes of the tree as samples are added.
struct Tree {
    nodes: Vec<Node>,
    children: HashMap<(u32, u32), u32>,
}

fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

impl Tree {
    fn child(&mut self, parent: u32, name: u32) -> u32 {
        let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let known = *self.children.entry((parent, name)).or_insert(next);
        if known == next {
            self.nodes.push(Node {
                name,
                ..Node::default()
            });
            if let Some(parent) = self.nodes.get_mut(place(parent)) {
                parent.children.push(known);
            }
        }
        known
    }

    fn count(&mut self, node: u32, value: i64, is_base: bool) {
        if let Some(node) = self.nodes.get_mut(place(node)) {
            let sum = if is_base {
                &mut node.before
            } else {
                &mut node.value
            };
            *sum = sum.wrapping_add(value);
        }
    }

    /// Adds a stack, the outermost call first.
    fn add(&mut self, stack: impl Iterator<Item = u32>, value: i64, is_base: bool) {
        let mut at = 0;
        self.count(at, value, is_base);
        for name in stack {
            at = self.child(at, name);
            self.count(at, value, is_base);
        }
        if let Some(node) = self.nodes.get_mut(place(at)).filter(|_| !is_base) {
            node.own = node.own.wrapping_add(value);
        }
    }

    /// Nodes depth first, the widest first.
    fn listed(&mut self, names: &[String]) -> Vec<FlameNode> {
        let widths: Vec<u64> = self
            .nodes
            .iter()
            .map(|node| {
                node.value
                    .unsigned_abs()
                    .saturating_add(node.before.unsigned_abs())
            })
            .collect();
        let name = |id: u32| names.get(place(id)).map_or("", String::as_str);
        let of: Vec<u32> = self.nodes.iter().map(|node| node.name).collect();
        for node in &mut self.nodes {
            node.children.sort_by(|a, b| {
                let key =
                    |at: &u32| std::cmp::Reverse(widths.get(place(*at)).copied().unwrap_or(0));
                let named = |at: &u32| of.get(place(*at)).map_or("", |id| name(*id));
                (key(a), named(a)).cmp(&(key(b), named(b)))
            });
        }
        let mut listed = Vec::with_capacity(self.nodes.len());
        let mut waiting: Vec<(u32, usize)> = vec![(0, 0)];
        while let Some((at, depth)) = waiting.pop() {
            let Some(node) = self.nodes.get(place(at)) else {
                continue;
            };
            listed.push(FlameNode {
                depth,
                name: name(node.name).to_owned(),
                value: node.value,
                own: node.own,
                before: node.before,
            });
            waiting.extend(node.children.iter().rev().map(|child| (*child, depth + 1)));
        }
        listed
    }
}

/// Names of calls, each once, and the calls of each location, the innermost first.
struct Calls {
    names: Vec<String>,
    of: Vec<Vec<u32>>,
}

impl Calls {
    fn new(report: &Report) -> Self {
        let mut calls = Self {
            names: vec!["all".to_owned()],
            of: Vec::new(),
        };
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for frames in report.frames_of_locations() {
            let ids = frames.into_iter().map(|frame| {
                let next = u32::try_from(calls.names.len()).unwrap_or(u32::MAX);
                *numbers.entry(frame.name).or_insert_with_key(|name| {
                    calls.names.push(name.clone());
                    next
                })
            });
            let ids = ids.collect();
            calls.of.push(ids);
        }
        calls
    }

    /// The calls of a stack, the innermost first.
    fn stack<'s>(&'s self, stack: &'s [u32]) -> impl DoubleEndedIterator<Item = u32> + 's {
        let locations = stack.iter().filter_map(|at| self.of.get(place(*at)));
        locations.flatten().copied()
    }
}

impl Report {
    /// The tree of calls.
    pub fn flame(&self, way: &Way) -> Flame {
        let calls = Calls::new(self);
        let mut tree = Tree {
            nodes: vec![Node::default()],
            children: HashMap::new(),
        };
        let base = self.profile.texts.find(BASE);
        let is_base = |sample: &SampleRef<'_>| {
            base.is_some_and(|key| {
                let of_base = |value| matches!(value, TagValue::Text(_));
                sample
                    .tags
                    .iter()
                    .any(|tag| tag.key == key && of_base(tag.value))
            })
        };
        let wanted = match way {
            Way::All => None,
            Way::Callees(name) | Way::Callers(name) => calls.names.iter().position(|of| of == name),
        };
        let wanted = wanted.and_then(|at| u32::try_from(at).ok());
        let mut stack: Vec<u32> = Vec::new();
        for sample in self.profile.samples.iter() {
            let value = sample.values.get(self.index).copied().unwrap_or(0);
            let is_base = is_base(&sample);
            // What is subtracted was counted before.
            let value = if is_base { value.wrapping_neg() } else { value };
            if value == 0 {
                continue;
            }
            stack.clear();
            stack.extend(calls.stack(sample.stack));
            match way {
                Way::All => tree.add(stack.iter().rev().copied(), value, is_base),
                Way::Callees(_) => {
                    // From its outermost call on, so that a recursive one is counted once.
                    if let Some(at) = stack.iter().rposition(|name| Some(*name) == wanted) {
                        tree.add(stack.iter().take(at).rev().copied(), value, is_base);
                    }
                }
                Way::Callers(_) => {
                    if let Some(at) = stack.iter().rposition(|name| Some(*name) == wanted) {
                        tree.add(stack.iter().skip(at + 1).copied(), value, is_base);
                    }
                }
            }
        }
        let mut nodes = tree.listed(&calls.names);
        if let (Some(first), Way::Callees(name) | Way::Callers(name)) = (nodes.first_mut(), way) {
            first.name.clone_from(name);
        }
        Flame {
            sample_type: self.sample_type.clone(),
            unit: self.sample_unit.clone(),
            is_difference: base.is_some(),
            nodes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, Options, combine};
    use super::*;
    use dumpview_parsers::pprof::{Builder, Profile, Sample, ValueType};

    fn profile(stacks: &[(&str, i64)]) -> Profile {
        let mut builder = Builder::default();
        builder
            .profile
            .sample_types
            .push(ValueType::new("samples", "count"));
        for (stack, value) in stacks {
            let locations = stack.rsplit(';').map(|name| builder.place(name)).collect();
            builder.profile.add(&Sample {
                locations,
                values: vec![*value],
                labels: Vec::new(),
            });
        }
        builder.profile
    }

    fn drawn(flame: &Flame) -> Vec<String> {
        let nodes = flame.nodes.iter();
        nodes
            .map(|n| {
                format!(
                    "{}{} {} {} {}",
                    " ".repeat(n.depth),
                    n.name,
                    n.value,
                    n.own,
                    n.before
                )
            })
            .collect()
    }

    fn flame(profile: Profile, way: &Way) -> Flame {
        let report = Report::new(profile, Command::Folded, &Options::default()).unwrap();
        report.flame(way)
    }

    #[test]
    fn the_widest_comes_first_and_own_is_what_is_not_passed_on() {
        let of = profile(&[("m;a", 1), ("m;b;c", 5), ("m;b", 2), ("m;b;b;c", 1)]);
        let all = flame(of.clone(), &Way::All);
        assert_eq!(
            drawn(&all),
            [
                "all 9 0 0",
                " m 9 0 0",
                "  b 8 2 0",
                "   c 5 5 0",
                "   b 1 0 0",
                "    c 1 1 0",
                "  a 1 1 0"
            ]
        );
        let callees = flame(of.clone(), &Way::Callees("b".to_owned()));
        assert_eq!(
            drawn(&callees),
            ["b 8 2 0", " c 5 5 0", " b 1 0 0", "  c 1 1 0"]
        );
        let callers = flame(of, &Way::Callers("c".to_owned()));
        assert_eq!(
            drawn(&callers),
            [
                "c 6 0 0",
                " b 6 0 0",
                "  m 5 5 0",
                "  b 1 0 0",
                "   m 1 1 0"
            ]
        );
    }

    #[test]
    fn a_difference_has_what_went_and_what_came() {
        let (new, old) = (
            profile(&[("m;a", 4), ("m;b", 1)]),
            profile(&[("m;a", 4), ("m;c", 7)]),
        );
        let both = combine::subtract(new, old, true, false).unwrap();
        let all = flame(both, &Way::All);
        assert!(all.is_difference);
        assert_eq!(
            drawn(&all),
            [
                "all 5 0 11",
                " m 5 0 11",
                "  a 4 4 4",
                "  c 0 0 7",
                "  b 1 1 0"
            ]
        );
    }
}
