//! One owner of much, and many objects of a type under one owner.
//!
//! The first question about a heap is who keeps most of it; the answer "the server, which keeps everything" is true
//! and useless. So it is followed down the tree of owners while one child keeps nearly all of it, to where it falls
//! apart into many.

use super::Suspect;
use super::facts::{Facts, ROOT, UNKNOWN};
use super::lists::Lists;
use crate::heap::RootKind;
use dumpview_heap::{NodeId, Owned};
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rustc_hash::{FxHashMap, FxHashSet};

/// A child that keeps this share of its owner (of ten) is where to look.
const NEARLY_ALL: u128 = 7;
/// Steps of the way down; where a list begins the way ends anyway.
const DEEPEST: usize = 256;

pub(super) fn find(facts: &Facts<'_, '_, '_>, lists: &Lists) -> Vec<Suspect> {
    let mut tops = tops(facts, lists);
    let seen: FxHashSet<NodeId> = tops.iter().map(|top| top.at).collect();
    let many = u32::try_from(facts.thresholds.many_objects).unwrap_or(u32::MAX);
    let mut asked: Vec<NodeId> = seen.iter().copied().collect();
    asked.extend(
        facts
            .owners
            .crowded(many)
            .into_iter()
            .filter(|node| !seen.contains(node)),
    );
    asked.sort_unstable();
    let owned = facts
        .owners
        .owned(&asked, &facts.heap.spans, |node| facts.group(node));
    let mut of: FxHashMap<NodeId, Vec<Owned>> = FxHashMap::default();
    for one in owned {
        of.entry(one.owner).or_default().push(one);
    }
    // A goroutine's own are told where goroutines are judged; a list's, where lists are.
    tops.retain(|top| !lists.heads.contains(&top.at));
    let mut suspects: Vec<Suspect> = tops
        .iter()
        .map(|top| one_owner(facts, top, of.get(&top.at).map_or(&[], Vec::as_slice)))
        .collect();
    let least = facts.least(facts.thresholds.many_percent);
    for (owner, owned) in of.iter().filter(|(owner, _)| !seen.contains(owner)) {
        if is_told(facts, *owner) {
            continue;
        }
        for one in owned {
            if one.count >= facts.thresholds.many_objects
                && one.bytes >= least
                && one.group != UNKNOWN
                && one.group != ROOT
            {
                suspects.push(many_objects(facts, *owner, one));
            }
        }
    }
    suspects
}

/// Something that keeps much.
struct Top {
    /// What nothing else owns.
    node: NodeId,
    /// What that keeps.
    bytes: u64,
    /// Where it accumulates.
    at: NodeId,
}

fn tops(facts: &Facts<'_, '_, '_>, lists: &Lists) -> Vec<Top> {
    let heavy = facts
        .owners
        .heavy(facts.least(facts.thresholds.dominator_percent));
    let mut largest: FxHashMap<NodeId, (NodeId, u64)> = FxHashMap::default();
    for one in &heavy {
        if let Some(owner) = one.owner {
            let place = largest.entry(owner).or_insert((one.node, one.bytes));
            if one.bytes > place.1 {
                *place = (one.node, one.bytes);
            }
        }
    }
    let mut found = Vec::new();
    for top in heavy.iter().filter(|one| one.owner.is_none()) {
        let is_goroutine = facts.heap.root(top.node).is_some_and(|root| {
            matches!(
                root.kind,
                RootKind::Goroutine { .. } | RootKind::Frame { .. } | RootKind::Registers { .. }
            )
        });
        if is_goroutine {
            continue;
        }
        let (mut at, mut bytes) = (top.node, top.bytes);
        for _ in 0..DEEPEST {
            let Some((below, kept)) = largest.get(&at).copied() else {
                break;
            };
            if lists.heads.contains(&at) || u128::from(kept) * 10 < u128::from(bytes) * NEARLY_ALL {
                break;
            }
            (at, bytes) = (below, kept);
        }
        found.push(Top {
            node: top.node,
            bytes: top.bytes,
            at,
        });
    }
    found
}

fn one_owner(facts: &Facts<'_, '_, '_>, top: &Top, owned: &[Owned]) -> Suspect {
    let name = facts.name(top.node);
    let mut text = format!("{} keeps {}", name.text, facts.amount(top.bytes));
    let at = facts.name(top.at);
    if top.at != top.node {
        text.push_str(", nearly all of it through ");
        text.push_str(&at.text);
    }
    if let Some(most) = owned.first() {
        text.push_str(": ");
        text.push_str(&below(facts, most));
    }
    let severity = if u128::from(top.bytes) * 2 >= u128::from(facts.live) {
        Severity::Warning
    } else {
        Severity::Info
    };
    let (verb, word) = at.next();
    let mut suspect = Suspect::new("heap.dominator", severity, text, top.bytes).ask(verb, word);
    for one in owned.iter().take(5) {
        suspect = suspect.seen(format!(
            "{} {}, {}",
            units::grouped(one.count),
            facts.named(one.count, one.group),
            units::bytes(one.bytes)
        ));
    }
    suspect
}

/// Whether it is the frame of a goroutine that is told of because of all that it keeps.
fn is_told(facts: &Facts<'_, '_, '_>, owner: NodeId) -> bool {
    let goroutine = match facts.heap.root(owner).map(|root| root.kind) {
        Some(RootKind::Frame { .. } | RootKind::Registers { .. }) => facts.dominators.idom(owner),
        Some(RootKind::Goroutine { .. }) => Some(owner),
        _ => None,
    };
    let least = facts.least(facts.thresholds.goroutine_percent);
    goroutine.is_some_and(|node| facts.retained(node) >= least)
}

/// `90,000 main.session below it keep 1.1 GiB`.
fn below(facts: &Facts<'_, '_, '_>, one: &Owned) -> String {
    let name = facts.named(one.count, one.group);
    let bytes = units::bytes(one.bytes);
    if one.count == 1 {
        format!("one {name} below it keeps {bytes}")
    } else {
        format!("{} {name} below it keep {bytes}", units::grouped(one.count))
    }
}

fn many_objects(facts: &Facts<'_, '_, '_>, owner: NodeId, one: &Owned) -> Suspect {
    let name = facts.name(owner);
    let text = format!(
        "{}{} owns {} {}, which keep {}",
        name.text,
        facts.kept_by(owner),
        units::grouped(one.count),
        facts.named(one.count, one.group),
        facts.amount(one.bytes),
    );
    let (verb, word) = name.next();
    let suspect = Suspect::new("heap.many-objects", Severity::Info, text, one.bytes);
    let suspect = suspect.ask(verb, word);
    suspect.seen(format!(
        "the largest at {} keeps {}",
        facts.addr(one.largest),
        units::bytes(one.largest_bytes)
    ))
}
