//! Linked lists.

use super::Suspect;
use super::facts::{Facts, ROOT, UNKNOWN};
use crate::heap::types::Role;
use dumpview_heap::{Chain, NodeId, chains};
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rustc_hash::{FxHashMap, FxHashSet};

/// What was found of lists.
#[derive(Default)]
pub(super) struct Lists {
    /// The first element of every list that is told of.
    pub heads: FxHashSet<NodeId>,
    pub suspects: Vec<Suspect>,
}

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Lists {
    let least = u32::try_from(facts.thresholds.list_length).unwrap_or(u32::MAX);
    let values: Vec<bool> = facts
        .labels
        .list()
        .iter()
        .map(|label| label.role == Role::Value)
        .collect();
    let found = chains(facts.dominators, least.max(2), |node| {
        let group = facts.group(node);
        let place = usize::try_from(group).unwrap_or(usize::MAX);
        if group == ROOT || group == UNKNOWN || !values.get(place).copied().unwrap_or(false) {
            return UNKNOWN;
        }
        group
    });
    let mut by_group: FxHashMap<u32, Vec<(Chain, u64)>> = FxHashMap::default();
    for chain in found {
        let of = by_group.entry(chain.group).or_default();
        of.push((chain, facts.retained(chain.head)));
    }
    let mut lists = Lists::default();
    for (group, mut chains) in by_group {
        let bytes = chains
            .iter()
            .fold(0u64, |sum, (_, b)| sum.saturating_add(*b));
        if bytes < facts.least(facts.thresholds.list_percent) {
            continue;
        }
        chains.sort_by_key(|(chain, bytes)| (std::cmp::Reverse(*bytes), chain.head));
        lists
            .heads
            .extend(chains.iter().map(|(chain, _)| chain.head));
        lists.suspects.push(suspect(facts, group, &chains, bytes));
    }
    lists
}

fn suspect(facts: &Facts<'_, '_, '_>, group: u32, chains: &[(Chain, u64)], bytes: u64) -> Suspect {
    let name = facts.group_name(group);
    let Some((first, kept)) = chains.first() else {
        return Suspect::new("heap.list", Severity::Info, String::new(), 0);
    };
    let head = facts.addr(first.head);
    let owner = facts.owners.owner(first.head).map(|node| facts.name(node));
    let of = owner.map_or_else(String::new, |owner| format!(" of {}", owner.text));
    let length = units::grouped(u64::from(first.length));
    let amount = facts.amount(bytes);
    let text = if chains.len() == 1 {
        format!("a linked list of {length} {name}{of} keeps {amount}; it begins at {head}")
    } else {
        format!(
            "{} linked lists of {name} keep {amount}; the largest{of} has {length} elements, keeps {} and begins at \
             {head}",
            units::grouped(chains.len() as u64),
            units::bytes(*kept),
        )
    };
    let suspect = Suspect::new("heap.list", Severity::Info, text, bytes);
    let mut suspect = suspect.ask("heap tree", head);
    for (chain, bytes) in chains.iter().take(5) {
        suspect = suspect.seen(format!(
            "{} elements from {}, {}",
            units::grouped(chain.length.into()),
            facts.addr(chain.head),
            units::bytes(*bytes)
        ));
    }
    suspect
}
