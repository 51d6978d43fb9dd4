//! Kept and had again is the same; bytes of anybody's making give no panic and no walk without an end.

use super::{Made, Sizes, graphs};
use crate::{Dominators, Graph, by_group, chains};
use proptest::prelude::*;
use zerocopy::IntoBytes;

fn bytes(sections: &[&[u8]]) -> Vec<Vec<u8>> {
    sections.iter().map(|section| section.to_vec()).collect()
}

/// As a file that stays mapped has it: for good, and where words can stand.
fn mapped(bytes: &[u8]) -> &'static [u8] {
    let mut words = vec![0u64; bytes.len().div_ceil(8)];
    words.as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
    &Vec::leak(words).as_bytes()[..bytes.len()]
}

fn slices<const N: usize>(sections: &[Vec<u8>]) -> [&'static [u8]; N] {
    let slices: Vec<&[u8]> = sections.iter().map(|section| mapped(section)).collect();
    slices.try_into().unwrap()
}

/// What is kept of a graph, the graph's sections first.
struct Kept {
    roots: u32,
    objects: u32,
    sections: Vec<Vec<u8>>,
}

impl Kept {
    fn of(made: &Made) -> Self {
        let graph = made.graph();
        let dominators = Dominators::of(&graph, &Sizes(made.sizes.clone()));
        let mut sections = bytes(&graph.sections());
        sections.extend(bytes(&dominators.sections()));
        Self {
            roots: graph.len() - graph.objects(),
            objects: graph.objects(),
            sections,
        }
    }

    fn read(&self) -> Option<(Graph, Dominators)> {
        let (graph, dominators) = self.sections.split_at(3);
        let graph = Graph::from_sections(self.objects, self.roots, slices(graph))?;
        let dominators = Dominators::from_sections(&graph, slices(dominators))?;
        Some((graph, dominators))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_is_had_again(made in graphs()) {
        let kept = Kept::of(&made);
        let (graph, dominators) = kept.read().expect("what was just kept");
        prop_assert_eq!(graph.entries(), &made.entries[..]);
        let whole = made.graph();
        prop_assert_eq!(graph.rows(), whole.rows());
        let sizes = Sizes(made.sizes.clone());
        let anew = Dominators::of(&whole, &sizes);
        prop_assert_eq!(bytes(&dominators.sections()), bytes(&anew.sections()));
        for node in 0..graph.len() {
            prop_assert_eq!(dominators.idom(node), anew.idom(node));
            prop_assert_eq!(dominators.retained(node, &sizes), anew.retained(node, &sizes));
        }
        prop_assert_eq!(dominators.tops(&sizes), anew.tops(&sizes));
    }

    #[test]
    fn damage_is_found_or_does_no_harm(
        made in graphs(),
        section in 0usize..8,
        place in any::<prop::sample::Index>(),
        value in any::<u8>(),
        how in 0..3,
    ) {
        let mut kept = Kept::of(&made);
        let bytes = &mut kept.sections[section];
        match how {
            0 if !bytes.is_empty() => { let at = place.index(bytes.len()); bytes[at] = value; }
            1 if !bytes.is_empty() => bytes.truncate(place.index(bytes.len())),
            _ => bytes.push(value),
        }
        if let Some((graph, dominators)) = kept.read() {
            let sizes = Sizes(made.sizes.clone());
            for node in 0..graph.len() {
                let mut above = Some(node);
                let mut steps = 0;
                while let Some(at) = above {
                    above = dominators.idom(at);
                    steps += 1;
                    prop_assert!(steps <= graph.len(), "a circle of dominators");
                }
                let _ = dominators.retained(node, &sizes);
            }
            let _ = by_group(&graph, &dominators, &sizes, 3, |node| node % 3);
            let _ = chains(&dominators, 2, |node| node % 2);
            let _ = (dominators.children(), graph.rows().transposed());
        }
    }

    #[test]
    fn sections_of_another_graph_are_refused(made in graphs(), other in graphs()) {
        let (mut kept, other) = (Kept::of(&made), Kept::of(&other));
        if kept.roots + kept.objects != other.roots + other.objects {
            kept.sections.clone_from(&other.sections);
            prop_assert!(kept.read().is_none());
        }
    }
}
