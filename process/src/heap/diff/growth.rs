//! Who keeps what was born: of 90,000 new `main.session`, 89,990 are kept by `main.registry`.

use super::fate::{Fate, Fates};
use crate::heap::Analysis;
use crate::heap::ask::{GroupBy, Grouping, TotalBy};
use dumpview_heap::Objects;
use dumpview_model::heap::{Amount, HeapGrowth, HeapKeeper};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// Types of which it is told who keeps what was born.
const TYPES: usize = 8;
/// Those that grew by less than this part of all growth are not told of.
const SMALL: i128 = 100;
/// Roots that are named of one type.
const KEEPERS: usize = 4;
/// A path is looked for to so many of what a root keeps; they lie alike.
const PATHS: usize = 100_000;

/// The types that grew most, and who keeps what was born of them.
pub fn growth(old: &Analysis<'_, '_>, new: &Analysis<'_, '_>, fates: &Fates) -> Vec<HeapGrowth> {
    let types = new.grouping(GroupBy::Objects(TotalBy::Type));
    let mut born = vec![Amount::default(); types.names.len()];
    each(new, fates, &types, |group, _, size| {
        if let Some(amount) = born.get_mut(group as usize) {
            amount.add(size);
        }
    });
    let died = died(old, fates);
    let grown = |group: u32| -> i128 {
        let amount = born.get(group as usize).copied().unwrap_or_default();
        let name = types.names.get(group as usize);
        let gone = name.and_then(|name| died.get(name)).copied().unwrap_or(0);
        i128::from(amount.bytes) - i128::from(gone)
    };
    let mut wanted: Vec<u32> = (0u32..)
        .zip(&born)
        .map(|(group, _)| group)
        .filter(|group| grown(*group) > 0)
        .collect();
    let all: i128 = wanted.iter().map(|group| grown(*group)).sum();
    wanted.retain(|group| grown(*group) * SMALL >= all);
    wanted.sort_by_key(|group| Reverse(grown(*group)));
    wanted.truncate(TYPES);
    let roots = new.grouping(GroupBy::Root);
    let mut by_root: FxHashMap<(u32, u32), (Amount, Vec<u32>)> = FxHashMap::default();
    each(new, fates, &types, |group, object, size| {
        if wanted.contains(&group) {
            let (amount, some) = by_root.entry((group, roots.of.at(object))).or_default();
            amount.add(size);
            if some.len() < PATHS {
                some.push(object);
            }
        }
    });
    let told = wanted.into_iter().map(|group| {
        let of_type = by_root.iter().filter(|((ty, _), _)| *ty == group);
        let mut of_type: Vec<(u32, &(Amount, Vec<u32>))> =
            of_type.map(|((_, root), kept)| (*root, kept)).collect();
        of_type.sort_by_key(|(root, (amount, _))| (Reverse(amount.bytes), *root));
        let mut elsewhere = Amount::default();
        for (_, (amount, _)) in of_type.iter().skip(KEEPERS) {
            elsewhere.objects += amount.objects;
            elsewhere.bytes = elsewhere.bytes.saturating_add(amount.bytes);
        }
        let keepers = of_type.into_iter().take(KEEPERS).map(|(root, kept)| {
            let (amount, some) = kept;
            HeapKeeper {
                root: roots.names.get(root as usize).cloned().unwrap_or_default(),
                kept: *amount,
                path: new.paths_to(some, 1).paths.into_iter().next(),
            }
        });
        HeapGrowth {
            ty: types.names.get(group as usize).cloned().unwrap_or_default(),
            born: born.get(group as usize).copied().unwrap_or_default(),
            keepers: keepers.collect(),
            elsewhere,
        }
    });
    told.collect()
}

/// Visits what was born: its group, itself, its bytes.
fn each(
    new: &Analysis<'_, '_>,
    fates: &Fates,
    groups: &Grouping,
    mut visit: impl FnMut(u32, u32, u64),
) {
    new.heap.spans.runs(&mut |run| {
        for object in run.first.0..run.first.0.saturating_add(run.count) {
            if matches!(fates.new.at(object), Fate::Changed | Fate::Replaced) {
                visit(groups.of.at(object), object, run.size);
            }
        }
    });
}

/// Bytes that died, by type.
fn died(old: &Analysis<'_, '_>, fates: &Fates) -> FxHashMap<String, u64> {
    let types = old.grouping(GroupBy::Objects(TotalBy::Type));
    let mut bytes = vec![0u64; types.names.len()];
    old.heap.spans.runs(&mut |run| {
        for object in run.first.0..run.first.0.saturating_add(run.count) {
            let is_gone = matches!(fates.old.at(object), Fate::Changed | Fate::Replaced);
            if let Some(sum) = bytes
                .get_mut(types.of.at(object) as usize)
                .filter(|_| is_gone)
            {
                *sum = sum.saturating_add(run.size);
            }
        }
    });
    types.names.into_iter().zip(bytes).collect()
}
