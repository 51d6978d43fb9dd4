//! Objects of one type that keep much and that no one place owns: a queue and the timers that will run its jobs, a cache
//! and the list of those that use it.

use super::Suspect;
use super::facts::{Facts, ROOT, UNKNOWN, is_runtimes_root};
use crate::heap::sharing::{sharing, tops, words};
use dumpview_heap::{NodeId, Sharing};
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rustc_hash::FxHashMap;

/// What its timers, profiles and free lists lead to.
const RUNTIME: &str = "the runtime";
/// Members of a group whose keepers are looked at.
const MOST_ASKED: usize = 1_000;

/// Objects of one type that nothing owns, the largest first.
struct Group {
    id: u32,
    members: Vec<NodeId>,
    bytes: u64,
}

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let mut groups: FxHashMap<u32, Group> = FxHashMap::default();
    for (node, bytes) in facts.unowned() {
        let id = facts.group(node);
        if id == ROOT || id == UNKNOWN {
            continue;
        }
        let group = groups.entry(id).or_insert_with(|| Group {
            id,
            members: Vec::new(),
            bytes: 0,
        });
        group.members.push(node);
        group.bytes = group.bytes.saturating_add(bytes);
    }
    let least = facts.least(facts.thresholds.dominator_percent);
    // One alone is told as any owner is.
    let is_much = |group: &Group| group.bytes >= least && group.members.len() > 1;
    let groups: Vec<Group> = groups.into_values().filter(is_much).collect();
    if groups.is_empty() {
        return Vec::new();
    }
    let keepers = sharing(
        facts.heap,
        facts.dominators,
        &tops(facts.heap, facts.dominators),
    );
    let told = groups.iter().filter_map(|group| {
        let mut by: FxHashMap<String, u64> = FxHashMap::default();
        for member in group.members.iter().take(MOST_ASKED) {
            let who = keepers.get(member).and_then(|set| who(facts, set));
            *by.entry(who.unwrap_or_else(|| "roots of several kinds".to_owned()))
                .or_default() += 1;
        }
        let mut by: Vec<(String, u64)> = by.into_iter().collect();
        by.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        // What timers run is told where timers are.
        let is_timers = by.iter().all(|(who, _)| who == RUNTIME);
        (!is_timers).then(|| one(facts, group, &by))
    });
    told.collect()
}

/// The roots of a set in words, those of the runtime as one.
fn who(facts: &Facts<'_, '_, '_>, set: &Sharing) -> Option<String> {
    let name = |root| facts.name(root).text.trim().to_owned();
    if set.is_many() {
        return words(set, name);
    }
    let is_runtimes = |root: &NodeId| is_runtimes_root(facts.heap, *root);
    let (runtimes, entries): (Vec<NodeId>, Vec<NodeId>) =
        set.entries.iter().copied().partition(is_runtimes);
    let kinds = set.kinds;
    match (entries.is_empty(), runtimes.is_empty()) {
        (true, _) => Some(RUNTIME.to_owned()),
        (false, true) => words(set, name),
        (false, false) => {
            let programs = words(&Sharing { entries, kinds }, name)?;
            Some(format!("{programs} and {RUNTIME}"))
        }
    }
}

fn one(facts: &Facts<'_, '_, '_>, group: &Group, by: &[(String, u64)]) -> Suspect {
    let count = group.members.len() as u64;
    let mut text = format!(
        "{} {} keep {}; no place alone keeps them",
        units::grouped(count),
        facts.named(count, group.id),
        facts.amount(group.bytes)
    );
    if let Some((who, _)) = by.first() {
        text.push_str(": ");
        text.push_str(who);
        text.push_str(" do together");
    }
    let severity = if u128::from(group.bytes) * 2 >= u128::from(facts.live) {
        Severity::Warning
    } else {
        Severity::Info
    };
    let mut suspect = Suspect::new("heap.shared", severity, text, group.bytes);
    for (who, members) in by.iter().take(3) {
        suspect = suspect.seen(format!("{} kept by {who}", units::grouped(*members)));
    }
    if let Some(largest) = group.members.first() {
        let addr = facts.addr(*largest);
        let kept = units::bytes(facts.retained(*largest));
        suspect = suspect
            .ask("heap tree", addr)
            .ask("heap paths", addr)
            .seen(format!("the largest at {addr} keeps {kept}"));
    }
    suspect
}
