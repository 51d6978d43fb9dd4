//! The tree of calls: a node for each way to a function, as wide as what was counted there.
//!
//! Of a difference a node has what was before and what is now, and is as wide as both together, so that what went is seen as well
//! as what came. Of a difference that was saved only the net of each stack is known: what is below zero went, the rest came.

use super::combine::BASE;
use super::measure::label;
use super::report::Report;
use dumpview_parsers::pprof::{SampleRef, Stack, TagValue};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;
use std::ops::Range;

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
    /// The same, there itself.
    pub own_before: i64,
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
    /// The total of the profile, which shares are of, whatever part of it is shown.
    pub total: i64,
    /// Whether it is a difference.
    pub is_difference: bool,
    /// Whether that was subtracted before it was saved, so that of each stack only the net is known: `before` is what went, `value`
    /// what came.
    pub is_net: bool,
    /// The nodes.
    pub nodes: Vec<FlameNode>,
}

impl Flame {
    /// What the two sides of a difference are called.
    pub const fn sides(&self) -> (&'static str, &'static str) {
        if self.is_net {
            ("less", "more")
        } else {
            ("before", "now")
        }
    }

    /// By how much something changed, with its sign.
    pub fn change(&self, node: &FlameNode) -> String {
        let change = node.value.wrapping_sub(node.before);
        let sign = if change > 0 { "+" } else { "" };
        format!("{sign}{}", label(change, &self.unit))
    }
}

/// Part of a flattened stack, the outermost call first, and what was counted there.
struct Entry {
    start: usize,
    end: usize,
    value: i64,
    is_base: bool,
}

/// Stacks as names of calls, one after the other.
struct Stacks {
    frames: Vec<u32>,
    entries: Vec<Entry>,
}

/// Stacks that begin with the same calls: so many of them, in a range of the order.
struct Group {
    range: Range<usize>,
    depth: usize,
    name: u32,
}

/// What is counted of those that go on with the same call.
#[derive(Clone, Copy, Default)]
struct Child {
    name: u32,
    value: i64,
    before: i64,
    count: usize,
}

impl Child {
    const fn width(&self) -> u64 {
        self.value
            .unsigned_abs()
            .saturating_add(self.before.unsigned_abs())
    }
}

fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

impl Stacks {
    /// None yet, with room for so many places of so many samples: what had to grow is moved each time.
    fn with_room(frames: usize, samples: usize) -> Self {
        Self {
            frames: Vec::with_capacity(frames),
            entries: Vec::with_capacity(samples),
        }
    }

    /// Adds what the calls are by which it is given.
    fn add(&mut self, value: i64, is_base: bool, give: impl FnOnce(&mut Vec<u32>)) {
        let start = self.frames.len();
        give(&mut self.frames);
        self.entries.push(Entry {
            start,
            end: self.frames.len(),
            value,
            is_base,
        });
    }

    /// Nodes depth first, the widest first, those only that are no less than a share of the whole. Stacks are divided by their
    /// outermost calls again and again, and what is too little is not looked into.
    fn listed(&self, names: &[String], least: f64) -> Vec<FlameNode> {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        let mut spare = order.clone();
        let mut slots = vec![usize::MAX; names.len()];
        let mut listed: Vec<FlameNode> = Vec::new();
        let mut waiting = vec![Group {
            range: 0..order.len(),
            depth: 0,
            name: 0,
        }];
        let mut threshold = None;
        while let Some(group) = waiting.pop() {
            let own = order.get(group.range.clone()).unwrap_or_default();
            let (node, mut children) = self.summed(own, &group, &mut slots);
            let name = names.get(place(group.name)).cloned().unwrap_or_default();
            let node = FlameNode { name, ..node };
            let threshold = *threshold.get_or_insert_with(|| share_of(node.width(), least));
            listed.push(node);
            self.divide(&mut order, &mut spare, &group, &children);
            // Where each begins in the range, which its own stacks lead.
            let of_children: usize = children.iter().map(|child| child.count).sum();
            let mut at = group.range.end - of_children.min(group.range.len());
            let mut groups: Vec<(Child, Range<usize>)> = Vec::with_capacity(children.len());
            for child in children.drain(..) {
                groups.push((child, at..at + child.count));
                at += child.count;
            }
            groups.retain(|(child, _)| child.width() >= threshold);
            let key = |child: &Child| {
                let name = names.get(place(child.name)).map_or("", String::as_str);
                (std::cmp::Reverse(child.width()), name)
            };
            groups.sort_by(|(a, _), (b, _)| key(a).cmp(&key(b)));
            waiting.extend(groups.into_iter().rev().map(|(child, range)| Group {
                range,
                depth: group.depth + 1,
                name: child.name,
            }));
        }
        listed
    }

    /// What a group has in all, and what goes on with which call, in the order in which those come.
    fn summed(&self, own: &[usize], group: &Group, slots: &mut [usize]) -> (FlameNode, Vec<Child>) {
        let mut node = FlameNode {
            depth: group.depth,
            name: String::new(),
            value: 0,
            own: 0,
            before: 0,
            own_before: 0,
        };
        let mut children: Vec<Child> = Vec::new();
        for entry in own.iter().filter_map(|at| self.entries.get(*at)) {
            let (value, before) = if entry.is_base {
                (0, entry.value)
            } else {
                (entry.value, 0)
            };
            node.value = node.value.wrapping_add(value);
            node.before = node.before.wrapping_add(before);
            let Some(name) = self.call(entry, group.depth) else {
                node.own = node.own.wrapping_add(value);
                node.own_before = node.own_before.wrapping_add(before);
                continue;
            };
            let Some(slot) = slots.get_mut(place(name)) else {
                continue;
            };
            if *slot == usize::MAX {
                *slot = children.len();
                children.push(Child {
                    name,
                    ..Child::default()
                });
            }
            if let Some(child) = children.get_mut(*slot) {
                child.value = child.value.wrapping_add(value);
                child.before = child.before.wrapping_add(before);
                child.count += 1;
            }
        }
        for child in &children {
            if let Some(slot) = slots.get_mut(place(child.name)) {
                *slot = usize::MAX;
            }
        }
        (node, children)
    }

    /// The call of a stack at a depth; `None` where it ends before.
    fn call(&self, entry: &Entry, depth: usize) -> Option<u32> {
        let at = entry.start + depth;
        self.frames.get(at).filter(|_| at < entry.end).copied()
    }

    /// Brings the stacks of a group into the order of its children, those that end there first.
    fn divide(&self, order: &mut [usize], spare: &mut [usize], group: &Group, children: &[Child]) {
        let (Some(own), Some(to)) = (
            order.get_mut(group.range.clone()),
            spare.get_mut(group.range.clone()),
        ) else {
            return;
        };
        if let [only] = children
            && only.count == own.len()
        {
            return;
        }
        let mut next: FxHashMap<Option<u32>, usize> = FxHashMap::default();
        let of_children: usize = children.iter().map(|child| child.count).sum();
        let mut at = own.len().saturating_sub(of_children);
        next.insert(None, 0);
        for child in children {
            next.insert(Some(child.name), at);
            at += child.count;
        }
        for entry in own.iter() {
            let of = self.entries.get(*entry);
            let call = of.and_then(|of| self.call(of, group.depth));
            if let Some(next) = next.get_mut(&call) {
                if let Some(slot) = to.get_mut(*next) {
                    *slot = *entry;
                }
                *next += 1;
            }
        }
        own.copy_from_slice(to);
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a threshold"
)]
fn share_of(total: u64, fraction: f64) -> u64 {
    (total as f64 * fraction) as u64
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

    fn of(&self, location: u32) -> &[u32] {
        self.of.get(place(location)).map_or(&[], Vec::as_slice)
    }

    /// The calls of a stack, the outermost first, after those that are in the list.
    fn give(&self, stack: Stack<'_>, to: &mut Vec<u32>) {
        for location in stack.iter().rev() {
            to.extend(self.of(location).iter().rev());
        }
    }
}

impl Report {
    /// The tree of calls, without those that are less than a share of it.
    pub fn flame(&self, way: &Way, least: f64) -> Flame {
        let calls = Calls::new(self);
        let samples = &self.profile.samples;
        let mut tree = Stacks::with_room(samples.frames(), samples.len());
        let base = self.profile.texts.find(BASE);
        let is_negative = |sample: SampleRef<'_>| sample.values.get(self.index) < Some(&0);
        let is_net = base.is_none() && samples.iter().any(is_negative);
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
        // From the outermost call of a function on, so that a recursive one is counted once.
        let outermost = |stack: &[u32]| stack.iter().position(|name| Some(*name) == wanted);
        for sample in samples.iter() {
            let value = sample.values.get(self.index).copied().unwrap_or(0);
            let is_base = is_base(&sample) || is_net && value < 0;
            // What is subtracted was counted before.
            let value = if is_base { value.wrapping_neg() } else { value };
            if value == 0 {
                continue;
            }
            if *way == Way::All {
                tree.add(value, is_base, |to| calls.give(sample.stack, to));
                continue;
            }
            stack.clear();
            calls.give(sample.stack, &mut stack);
            let Some(at) = outermost(&stack) else {
                continue;
            };
            let (callers, callees) = stack.split_at(at);
            tree.add(value, is_base, |to| match way {
                Way::Callers(_) => to.extend(callers.iter().rev()),
                _ => to.extend(callees.iter().skip(1)),
            });
        }
        let mut nodes = tree.listed(&calls.names, least);
        if let (Some(first), Way::Callees(name) | Way::Callers(name)) = (nodes.first_mut(), way) {
            first.name.clone_from(name);
        }
        Flame {
            sample_type: self.sample_type.clone(),
            unit: self.sample_unit.clone(),
            total: self.total,
            is_difference: base.is_some() || is_net,
            is_net,
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
        report.flame(way, 0.0)
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
        // What is less than a quarter is not looked into.
        let report = Report::new(of.clone(), Command::Folded, &Options::default()).unwrap();
        let large = report.flame(&Way::All, 0.25);
        assert_eq!(
            drawn(&large),
            ["all 9 0 0", " m 9 0 0", "  b 8 2 0", "   c 5 5 0"]
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
