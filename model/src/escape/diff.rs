//! What appeared and what went between two builds.
//!
//! Lines move, so positions do not identify a decision. Decisions are first paired by what does: package,
//! file, function, expression and reason. Where several share these (two `fmt.Println(x)` in a function), the
//! pairing is the one that keeps their order and changes line numbers least, after taking off the shift that
//! unambiguous neighbours show. What is left is tried again with less: without function and reason, then in
//! another file of the package. What is left then has appeared or gone.

use super::{
    decision::{Analysis, Decision},
    functions::outermost,
    select::Select,
};
use rustc_hash::FxHashMap;

/// Larger groups than this are paired in order, without looking for the best pairing.
const MAX_CELLS: usize = 1 << 22;

/// Indexes into the decisions of the two sides.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Diff {
    /// In the new side only.
    pub appeared: Vec<usize>,
    /// In the old side only.
    pub went: Vec<usize>,
    /// In both, old and new.
    pub kept: Vec<(usize, usize)>,
}

/// One decision with what it is compared by.
struct Item {
    index: usize,
    line: u32,
    package: String,
    file: String,
    function: String,
    what: String,
    reason: String,
}

fn items(analysis: &Analysis, select: &Select) -> Vec<Item> {
    let any_kind = select.any_kind();
    let chosen = |decision: &Decision| {
        (any_kind || decision.kind().is_heap()) && select.matches(analysis, decision)
    };
    analysis
        .decisions
        .iter()
        .enumerate()
        .filter(|(_, decision)| chosen(decision))
        .map(|(index, decision)| {
            let file = analysis.text(decision.place.file);
            Item {
                index,
                line: decision.place.line,
                package: analysis.text(decision.package).into_owned(),
                file: file.trim_start_matches("./").replace('\\', "/"),
                function: decision.function.map_or_else(String::new, |(name, _)| {
                    outermost(&analysis.text(name)).to_owned()
                }),
                what: analysis.text(decision.what).into_owned(),
                reason: analysis
                    .reason(decision)
                    .map(|reason| reason.sentence())
                    .unwrap_or_default(),
            }
        })
        .collect()
}

type Key<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// Compares the decisions on the heap (or of the kinds that the filter names).
pub fn diff(old: &Analysis, new: &Analysis, select: &Select) -> Diff {
    let (old, new) = (items(old, select), items(new, select));
    let mut pairing = Pairing {
        old_free: vec![true; old.len()],
        new_free: vec![true; new.len()],
        anchors: FxHashMap::default(),
        kept: Vec::new(),
        old: &old,
        new: &new,
    };
    pairing.anchor();
    pairing.pair(|item| {
        (
            item.package.as_str(),
            item.file.as_str(),
            item.function.as_str(),
            item.what.as_str(),
            item.reason.as_str(),
        )
    });
    pairing.pair(|item| {
        (
            item.package.as_str(),
            item.file.as_str(),
            "",
            item.what.as_str(),
            "",
        )
    });
    pairing.pair(|item| {
        let function = item.function.as_str();
        // In another file only within the same function: else any two `x` would be one.
        let distinct = if function.is_empty() {
            item.file.as_str()
        } else {
            ""
        };
        (
            item.package.as_str(),
            distinct,
            function,
            item.what.as_str(),
            "",
        )
    });
    let mut out = Diff {
        appeared: free(&new, &pairing.new_free),
        went: free(&old, &pairing.old_free),
        kept: pairing
            .kept
            .iter()
            .filter_map(|(a, b)| Some((old.get(*a)?.index, new.get(*b)?.index)))
            .collect(),
    };
    out.kept.sort_unstable();
    out
}

fn free(items: &[Item], free: &[bool]) -> Vec<usize> {
    items
        .iter()
        .zip(free)
        .filter(|(_, free)| **free)
        .map(|(item, _)| item.index)
        .collect()
}

struct Pairing<'a> {
    old: &'a [Item],
    new: &'a [Item],
    old_free: Vec<bool>,
    new_free: Vec<bool>,
    /// By package and file: new line and how far it moved, sorted.
    anchors: FxHashMap<(&'a str, &'a str), Vec<(u32, i64)>>,
    kept: Vec<(usize, usize)>,
}

impl<'a> Pairing<'a> {
    fn groups(
        &self,
        key: impl Fn(&'a Item) -> Key<'a>,
    ) -> FxHashMap<Key<'a>, (Vec<usize>, Vec<usize>)> {
        let mut groups: FxHashMap<Key<'a>, (Vec<usize>, Vec<usize>)> = FxHashMap::default();
        for (at, item) in self.old.iter().enumerate() {
            if self.old_free.get(at) == Some(&true) {
                groups.entry(key(item)).or_default().0.push(at);
            }
        }
        for (at, item) in self.new.iter().enumerate() {
            if self.new_free.get(at) == Some(&true) {
                groups.entry(key(item)).or_default().1.push(at);
            }
        }
        groups
    }

    /// Finds by how much lines moved, from what is the only one of its kind on both sides.
    fn anchor(&mut self) {
        let groups = self.groups(|item| {
            (
                item.package.as_str(),
                item.file.as_str(),
                item.function.as_str(),
                item.what.as_str(),
                item.reason.as_str(),
            )
        });
        for (key, (old, new)) in groups {
            if let ([a], [b]) = (old.as_slice(), new.as_slice())
                && let (Some(a), Some(b)) = (self.old.get(*a), self.new.get(*b))
            {
                self.anchors
                    .entry((key.0, key.1))
                    .or_default()
                    .push((b.line, i64::from(b.line) - i64::from(a.line)));
            }
        }
        for list in self.anchors.values_mut() {
            list.sort_unstable();
        }
    }

    /// How far the line moved that an item of the new side stands on, as its nearest anchor shows.
    fn shift(&self, item: &Item) -> i64 {
        let Some(list) = self
            .anchors
            .get(&(item.package.as_str(), item.file.as_str()))
        else {
            return 0;
        };
        let after = list.partition_point(|(line, _)| *line < item.line);
        let near = |at: Option<usize>| {
            at.and_then(|at| list.get(at))
                .map(|(line, shift)| (line.abs_diff(item.line), *shift))
        };
        near(Some(after))
            .into_iter()
            .chain(near(after.checked_sub(1)))
            .min_by_key(|(distance, _)| *distance)
            .map_or(0, |(_, shift)| shift)
    }

    fn pair(&mut self, key: impl Fn(&'a Item) -> Key<'a>) {
        let mut groups: Vec<_> = self.groups(key).into_iter().collect();
        groups.sort_unstable();
        for (_, (old, new)) in groups {
            if old.is_empty() || new.is_empty() {
                continue;
            }
            let old_lines: Vec<i64> = old
                .iter()
                .filter_map(|at| self.old.get(*at))
                .map(|item| i64::from(item.line))
                .collect();
            let new_lines: Vec<i64> = new
                .iter()
                .filter_map(|at| self.new.get(*at))
                .map(|item| i64::from(item.line) - self.shift(item))
                .collect();
            for (a, b) in align(&old_lines, &new_lines) {
                if let (Some(a), Some(b)) = (old.get(a), new.get(b)) {
                    self.kept.push((*a, *b));
                    if let Some(free) = self.old_free.get_mut(*a) {
                        *free = false;
                    }
                    if let Some(free) = self.new_free.get_mut(*b) {
                        *free = false;
                    }
                }
            }
        }
    }
}

/// Pairs as many as there are on the shorter side, in order, so that the numbers differ least in sum.
fn align(old: &[i64], new: &[i64]) -> Vec<(usize, usize)> {
    if old.len() > new.len() {
        return align(new, old).into_iter().map(|(b, a)| (a, b)).collect();
    }
    let spare = new.len() - old.len();
    let width = spare + 1;
    if spare == 0 || old.len().saturating_mul(width) > MAX_CELLS {
        return (0..old.len()).map(|at| (at, at)).collect();
    }
    // `cost(i, s)`: the least for the first i of `old` when s of `new` were passed over; row by row.
    let mut rows: Vec<Vec<(u64, bool)>> = vec![vec![(0, false); width]];
    for (i, a) in old.iter().enumerate() {
        let mut row: Vec<(u64, bool)> = Vec::with_capacity(width);
        for s in 0..width {
            let above = rows
                .last()
                .and_then(|row| row.get(s))
                .map_or(u64::MAX, |(cost, _)| *cost);
            let b = new.get(i + s).copied().unwrap_or(i64::MAX);
            let take = above.saturating_add(a.abs_diff(b));
            let pass = s
                .checked_sub(1)
                .and_then(|s| row.get(s))
                .map_or(u64::MAX, |(cost, _)| *cost);
            row.push(if take <= pass {
                (take, true)
            } else {
                (pass, false)
            });
        }
        rows.push(row);
    }
    let mut pairs = Vec::with_capacity(old.len());
    let (mut i, mut s) = (old.len(), spare);
    while i > 0 {
        let taken = rows
            .get(i)
            .and_then(|row| row.get(s))
            .is_some_and(|(_, taken)| *taken);
        if taken || s == 0 {
            i -= 1;
            pairs.push((i, i + s));
        } else {
            s -= 1;
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::align;

    #[test]
    fn pairs_keep_order_and_distance() {
        assert_eq!(align(&[10, 20], &[10, 15, 20]), [(0, 0), (1, 2)]);
        assert_eq!(align(&[10, 15, 20], &[15]), [(1, 0)]);
        assert_eq!(align(&[1, 2], &[5, 6]), [(0, 0), (1, 1)]);
        assert_eq!(align(&[], &[5]), []);
        assert_eq!(align(&[30], &[1, 2, 29]), [(0, 2)]);
    }
}
