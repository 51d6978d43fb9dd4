//! Everything against a computation too plain to be wrong, on graphs of every shape.

mod stored;

use crate::{
    Bits, Chunk, Column, Dominators, Graph, Manner, ObjId, Objects, Owners, Paths, Rows,
    RowsBuilder, Sharing, by_group, chains, sharers, union_of,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Objects that are only sizes.
struct Sizes(Vec<u64>);

impl Objects for Sizes {
    fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap()
    }
    fn addr(&self, id: ObjId) -> u64 {
        u64::from(id.0) * 16
    }
    fn size(&self, id: ObjId) -> u64 {
        self.0.get(id.0 as usize).copied().unwrap_or(0)
    }
    fn find(&self, addr: u64) -> Option<ObjId> {
        let id = u32::try_from(addr / 16).ok()?;
        (id < self.len()).then_some(ObjId(id))
    }
}

#[derive(Clone, Debug)]
struct Made {
    lists: Vec<Vec<u32>>,
    sizes: Vec<u64>,
    entries: Vec<u32>,
}

impl Made {
    fn graph(&self) -> Graph {
        let objects = u32::try_from(self.sizes.len()).unwrap();
        Graph::new(Rows::from_lists(&self.lists), objects, self.entries.clone())
    }

    /// What is reached without going through the nodes of `cut`.
    fn reach(&self, cut: &BTreeSet<u32>) -> BTreeSet<u32> {
        let mut seen = BTreeSet::new();
        let mut queue: VecDeque<u32> = self.entries.iter().copied().collect();
        while let Some(node) = queue.pop_front() {
            if !cut.contains(&node) && seen.insert(node) {
                queue.extend(&self.lists[node as usize]);
            }
        }
        seen
    }

    fn bytes(&self, nodes: &BTreeSet<u32>) -> u64 {
        nodes
            .iter()
            .map(|n| self.sizes.get(*n as usize).copied().unwrap_or(0))
            .sum()
    }
}

/// Checks every answer about every node.
fn check(made: &Made) {
    let graph = made.graph();
    let sizes = Sizes(made.sizes.clone());
    let dominators = Dominators::of(&graph, &sizes);
    let paths = Paths::of(&graph);
    let all = made.reach(&BTreeSet::new());
    assert_eq!(dominators.total(), made.bytes(&all));
    let lost: Vec<BTreeSet<u32>> = (0..graph.len())
        .map(|node| {
            let without = made.reach(&BTreeSet::from([node]));
            all.difference(&without).copied().collect()
        })
        .collect();
    let mut below: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); lost.len()];
    for node in 0..graph.len() {
        assert_eq!(
            dominators.is_reached(node),
            all.contains(&node),
            "reached {node}"
        );
        assert_eq!(
            paths.is_reached(node),
            all.contains(&node),
            "path to {node}"
        );
        if !all.contains(&node) {
            assert_eq!(dominators.idom(node), None);
            assert_eq!(dominators.retained(node, &sizes), None);
            continue;
        }
        // A node's dominators are those without which it is lost; the immediate one is lost with all the others.
        let above: Vec<u32> = (0..graph.len())
            .filter(|d| *d != node && lost[*d as usize].contains(&node))
            .collect();
        let nearest = above.iter().copied().max_by_key(|d| {
            above
                .iter()
                .filter(|other| lost[**other as usize].contains(d))
                .count()
        });
        assert_eq!(dominators.idom(node), nearest, "dominator of {node}");
        if let Some(nearest) = nearest {
            below[nearest as usize].insert(node);
        }
        let kept = made.bytes(&lost[node as usize]);
        assert_eq!(
            dominators.retained(node, &sizes),
            Some(kept),
            "retained by {node}"
        );
        let path = paths.to(node);
        assert_eq!(path.last(), Some(&node));
        assert!(made.entries.contains(&path[0]));
        assert!(
            path.windows(2)
                .all(|w| made.lists[w[0] as usize].contains(&w[1]))
        );
    }
    let children = dominators.children();
    for node in 0..graph.len() {
        let listed: BTreeSet<u32> = dominators
            .dominated(node, &sizes)
            .iter()
            .map(|(n, _)| *n)
            .collect();
        assert_eq!(listed, below[node as usize], "dominated by {node}");
        assert_eq!(
            children
                .row(node)
                .iter()
                .copied()
                .collect::<BTreeSet<u32>>(),
            listed
        );
    }
    check_merged(&graph, &paths);
    check_sets(made, &graph, &sizes, &dominators, &all);
    check_owners(made, &graph, &sizes, &dominators, &all);
    check_sharers(made, &graph, &dominators);
    let back = graph.rows().transposed();
    for node in 0..graph.len() {
        let naive: Vec<u32> = (0..graph.len())
            .flat_map(|from| {
                graph
                    .out(from)
                    .iter()
                    .filter(|t| **t == node)
                    .map(move |_| from)
            })
            .collect();
        assert_eq!(back.row(node), naive);
    }
}

/// The entries that lead to an object without a dominator are those from which one gets there.
fn check_sharers(made: &Made, graph: &Graph, dominators: &Dominators) {
    const FEW: usize = 2;
    let top = |node: u32| {
        if !dominators.is_reached(node) {
            return u32::MAX;
        }
        std::iter::successors(Some(node), |at| dominators.idom(*at))
            .last()
            .unwrap()
    };
    let tops = Column::of(graph.objects(), top);
    let kind = |entry: u32| 1 << (entry % 3);
    let found = sharers(graph, dominators, &tops, FEW, kind);
    let from: Vec<(u32, BTreeSet<u32>)> = made
        .entries
        .iter()
        .map(|entry| {
            let alone = Made {
                entries: vec![*entry],
                ..made.clone()
            };
            (*entry, alone.reach(&BTreeSet::new()))
        })
        .collect();
    for node in 0..graph.objects() {
        if tops.at(node) != node {
            assert_eq!(found.get(&node), None, "{node} has a dominator");
            continue;
        }
        let entries: BTreeSet<u32> = from
            .iter()
            .filter(|(_, reached)| reached.contains(&node))
            .map(|(entry, _)| *entry)
            .collect();
        let kinds = entries.iter().fold(0, |all, entry| all | kind(*entry));
        let few = entries.len() <= FEW;
        let named = entries.into_iter().filter(|_| few).collect();
        let expected = Sharing {
            entries: named,
            kinds,
        };
        assert_eq!(found.get(&node), Some(&expected), "who keeps {node}");
    }
}

/// Paths laid over each other are the paths one by one.
fn check_merged(graph: &Graph, paths: &Paths) {
    // Some of them asked for twice.
    let targets = || {
        (0..graph.len())
            .step_by(2)
            .chain((0..graph.len()).step_by(3))
    };
    let merged = paths.merged(targets());
    let mut naive: BTreeMap<u32, (Option<u32>, u64)> = BTreeMap::new();
    let mut unreached = 0;
    for target in targets() {
        let path = paths.to(target);
        unreached += u64::from(path.is_empty());
        let before = [None].into_iter().chain(path.iter().copied().map(Some));
        for (before, node) in before.zip(&path) {
            naive.entry(*node).or_insert((before, 0)).1 += 1;
        }
    }
    let mut nodes = BTreeMap::new();
    let mut open = merged.starts.clone();
    while let Some(node) = open.pop() {
        assert!(
            merged
                .below(node)
                .all(|below| merged.before(below) == Some(node))
        );
        open.extend(merged.below(node));
        nodes.insert(node, (merged.before(node), merged.count(node)));
    }
    assert_eq!((nodes, merged.unreached), (naive, unreached));
    assert!((0..graph.len()).all(|node| merged.has(node) == (merged.count(node) > 0)));
}

/// Sets of nodes and groups.
fn check_sets(
    made: &Made,
    graph: &Graph,
    sizes: &Sizes,
    dominators: &Dominators,
    all: &BTreeSet<u32>,
) {
    for modulus in [2u32, 3, 5] {
        let members: BTreeSet<u32> = (0..graph.len()).filter(|n| n % modulus == 0).collect();
        let mut set = Bits::none(graph.len());
        for member in &members {
            set.insert(*member);
        }
        let left = made.reach(&members);
        let gone: BTreeSet<u32> = all.difference(&left).copied().collect();
        let kept = union_of(graph, sizes, |n| dominators.is_reached(n), &set);
        assert_eq!(kept.bytes, made.bytes(&gone));
        let totals = by_group(graph, dominators, sizes, modulus, |node| node % modulus);
        for (group, total) in (0u32..).zip(totals) {
            let reached = |n: &&u32| **n % modulus == group;
            let mine: BTreeSet<u32> = all.iter().filter(reached).copied().collect();
            assert_eq!(total.shallow, made.bytes(&mine));
            let mut kept = 0;
            for node in &mine {
                let mut above = dominators.idom(*node);
                while above.is_some_and(|a| a % modulus != group) {
                    above = dominators.idom(above.unwrap());
                }
                if above.is_none() {
                    kept += dominators.retained(*node, sizes).unwrap();
                }
            }
            assert_eq!(total.retained, kept, "group {group} of {modulus}");
        }
    }
}

/// Owners and lists.
fn check_owners(
    made: &Made,
    graph: &Graph,
    sizes: &Sizes,
    dominators: &Dominators,
    all: &BTreeSet<u32>,
) {
    fn manner(node: u32) -> Manner {
        match node {
            node if node % 3 == 1 => Manner::Part,
            node if node % 7 == 2 => Manner::Passed,
            _ => Manner::Owner,
        }
    }
    fn owner_in(dominators: &Dominators, node: u32) -> Option<u32> {
        let above = dominators.idom(node)?;
        match manner(above) {
            Manner::Owner => Some(above),
            Manner::Passed => owner_in(dominators, above),
            // A part that nothing dominates stands for itself.
            Manner::Part => owner_in(dominators, above).or(Some(above)),
        }
    }
    let owners = Owners::of(dominators, manner);
    let owner = |node: u32| owner_in(dominators, node);
    for node in 0..graph.len() {
        assert_eq!(owners.owner(node), owner(node), "owner of {node}");
    }
    let everyone: Vec<u32> = (0..graph.len()).collect();
    let owned = owners.owned(&everyone, sizes, |node| node % 2);
    for one in &owned {
        let mine: Vec<u32> = all
            .iter()
            .copied()
            .filter(|n| owner(*n) == Some(one.owner) && n % 2 == one.group)
            .collect();
        let bytes = |n: u32| {
            let of_part = made.sizes.get(n as usize).copied().unwrap_or(0);
            let kept = dominators.retained(n, sizes).unwrap();
            if manner(n) == Manner::Owner {
                kept
            } else {
                of_part
            }
        };
        assert_eq!(one.count, mine.len() as u64);
        assert_eq!(one.bytes, mine.iter().map(|n| bytes(*n)).sum::<u64>());
        assert_eq!(
            one.largest_bytes,
            mine.iter().map(|n| bytes(*n)).max().unwrap()
        );
    }
    let mut unowned: Vec<u32> = owners
        .unowned(sizes, |node| manner(node) == Manner::Passed)
        .iter()
        .map(|(node, _)| *node)
        .collect();
    unowned.sort_unstable();
    let stands = |n: &u32| owner(*n).is_none() && manner(*n) != Manner::Passed;
    let expected: Vec<u32> = all.iter().copied().filter(stands).collect();
    assert_eq!(unowned, expected);
    let counted: u64 = owned.iter().map(|one| one.count).sum();
    let have = all.iter().filter(|n| owner(**n).is_some()).count();
    assert_eq!(counted, have as u64);
    for crowd in owners.crowded(3) {
        let count = all.iter().filter(|n| owner(**n) == Some(crowd)).count();
        assert!(count >= 3, "{crowd} owns {count}");
    }
    let heavy = owners.heavy(1);
    for one in &heavy {
        assert_eq!(dominators.retained(one.node, sizes), Some(one.bytes));
        assert_eq!(one.owner, owner(one.node));
    }
    let group = |node: u32| node % 5;
    let before = |node: u32| {
        let mut at = node;
        for _ in 0..3 {
            at = dominators.idom(at)?;
            if group(at) == group(node) {
                return Some(at);
            }
        }
        None
    };
    for chain in chains(dominators, 2, group) {
        assert_eq!(before(chain.head), None);
        let longest = all
            .iter()
            .map(|node| {
                let (mut at, mut steps) = (*node, 1);
                while let Some(over) = before(at) {
                    (at, steps) = (over, steps + 1);
                }
                if at == chain.head { steps } else { 0 }
            })
            .max();
        assert_eq!(longest, Some(chain.length), "list from {}", chain.head);
    }
}

/// Adds leaves that several nodes share, and leaves of one node.
fn with_leaves(mut lists: Vec<Vec<u32>>, shared: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let inner = u32::try_from(lists.len()).unwrap();
    for (a, b) in shared {
        let leaf = u32::try_from(lists.len()).unwrap();
        lists[(a % inner) as usize].push(leaf);
        lists[(b % inner) as usize].push(leaf);
        lists.push(Vec::new());
    }
    lists
}

fn shape(kind: u8, n: u32, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let mut lists = vec![Vec::new(); n as usize];
    match kind {
        // A chain, a ring at its end.
        0 => (1..n).for_each(|i| lists[i as usize - 1].push(i)),
        // A star out, and back.
        1 => (1..n).for_each(|i| {
            lists[0].push(i);
            lists[i as usize].push(0);
        }),
        // A grid: right and down.
        2 => {
            let side = n.isqrt().max(1);
            for i in 0..n {
                if i % side + 1 < side && i + 1 < n {
                    lists[i as usize].push(i + 1);
                }
                if i + side < n {
                    lists[i as usize].push(i + side);
                }
            }
        }
        // Chains whose ends refer back.
        3 => (1..n).for_each(|i| {
            lists[i as usize - 1].push(i);
            lists[i as usize].push(i / 2);
        }),
        _ => {}
    }
    for (from, to) in edges {
        lists[(from % n) as usize].push(to % n);
    }
    lists
}

prop_compose! {
    fn graphs()(
        kind in 0u8..6,
        n in 1u32..28,
        edges in prop::collection::vec((any::<u32>(), any::<u32>()), 0..40),
        shared in prop::collection::vec((any::<u32>(), any::<u32>()), 0..12),
        entries in prop::collection::vec(any::<u32>(), 0..4),
        roots in 0u32..4,
    ) -> Made {
        let mut lists = with_leaves(shape(kind, n, &edges), &shared);
        let objects = u32::try_from(lists.len()).unwrap();
        let sizes = (0..u64::from(objects)).map(|i| 8 + i * i).collect();
        let mut entries: Vec<u32> = entries.iter().map(|e| e % objects).collect();
        // Roots are nodes beyond the objects, the first two one under the other.
        for root in 0..roots {
            let id = u32::try_from(lists.len()).unwrap();
            lists.push(edges.iter().skip(root as usize).take(2).map(|(a, _)| a % objects).collect());
            if root == 1 {
                lists[id as usize - 1].push(id);
            } else {
                entries.push(id);
            }
        }
        Made { lists, sizes, entries }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn answers_equal_the_naive_ones(made in graphs()) {
        check(&made);
    }

    #[test]
    fn the_number_of_threads_changes_nothing(made in graphs()) {
        let build = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut rows = RowsBuilder::with_room(made.lists.len(), 10);
                rows.extend(&made.lists, |list| {
                    let mut chunk = Chunk::default();
                    for target in list {
                            chunk.push(*target);
                        }
                    chunk.end_row();
                    chunk
                }).unwrap();
                rows.finish()
            })
        };
        prop_assert_eq!(build(1), build(4));
        prop_assert_eq!(build(2), Rows::from_lists(&made.lists));
    }
}

#[test]
fn a_long_list_that_shares_leaves_at_both_ends_is_linear() {
    // The walk of plain semi-NCA from each leaf's parent to the head would take 10^11 steps here.
    let n = 300_000u32;
    let mut lists: Vec<Vec<u32>> = (0..n)
        .map(|i| if i + 1 < n { vec![i + 1] } else { Vec::new() })
        .collect();
    for leaf in 0..n {
        lists[0].push(n + leaf);
        lists[n as usize - 1].push(n + leaf);
        lists.push(Vec::new());
    }
    let sizes = Sizes(vec![16; lists.len()]);
    let graph = Graph::new(Rows::from_lists(&lists), 2 * n, vec![0]);
    let dominators = Dominators::of(&graph, &sizes);
    assert_eq!(dominators.idom(n + 7), Some(0));
    assert_eq!(dominators.retained(0, &sizes), Some(u64::from(2 * n) * 16));
    assert_eq!(dominators.retained(1, &sizes), Some(u64::from(n - 1) * 16));
}

#[test]
fn paths_to_all_of_a_long_list_are_merged_in_one_walk() {
    // One by one the paths have 4 × 10^10 steps.
    let n = 300_000u32;
    let next = |i| if i + 1 < n { vec![i + 1] } else { Vec::new() };
    let lists: Vec<Vec<u32>> = (0..n).map(next).collect();
    let paths = Paths::of(&Graph::new(Rows::from_lists(&lists), n, vec![0]));
    let merged = paths.merged(0..n);
    assert_eq!((0..n).filter(|node| merged.has(*node)).count(), n as usize);
    assert_eq!((merged.before(0), merged.count(0)), (None, u64::from(n)));
    assert_eq!(
        (merged.before(n - 10), merged.count(n - 10)),
        (Some(n - 11), 10)
    );
}

#[test]
fn references_to_nodes_that_do_not_exist_lead_nowhere() {
    let sizes = Sizes(vec![8, 8]);
    let graph = Graph::new(
        Rows::from_lists(&[vec![9, 1], vec![u32::MAX]]),
        2,
        vec![0, 77],
    );
    let dominators = Dominators::of(&graph, &sizes);
    assert_eq!(dominators.total(), 16);
    assert!(!dominators.is_reached(77));
    assert_eq!(Paths::of(&graph).to(1), vec![0, 1]);
}

#[test]
fn a_node_above_several_entries_retains_what_they_keep_together() {
    // 0 and 1 are roots that share 3; 2 is another that shares 4 with 1.
    let graph = Graph::new(
        Rows::from_lists(&[vec![], vec![], vec![0], vec![0, 1], vec![1]]),
        2,
        vec![2, 3, 4],
    );
    let sizes = Sizes(vec![8, 32]);
    let apart = Dominators::of(&graph, &sizes);
    assert_eq!(
        (2..5)
            .map(|n| apart.retained(n, &sizes))
            .collect::<Vec<_>>(),
        [Some(0); 3]
    );
    let gathered = graph.gathered(&[&[2, 3]]).unwrap();
    let together = Dominators::of(&gathered, &sizes);
    assert_eq!(together.retained(5, &sizes), Some(8));
    assert_eq!(together.total(), 40);
    let all = Dominators::of(&graph.gathered(&[&[2, 3, 4]]).unwrap(), &sizes);
    assert_eq!(all.retained(5, &sizes), Some(40));
}
