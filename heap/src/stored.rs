//! A graph and its dominators as bytes, to be kept and had again.
//!
//! Where the bytes are kept is not known here, and they are not believed: whoever keeps them finds out by a checksum
//! whether they are as they were, and what is read is held against all that walks rely on (ids in range, rows in order,
//! a dominator above what it dominates), so that bytes of anybody's making give an answer or `None`, and every walk
//! ends.
//!
//! A section is a column, in this machine's byte order. Bytes that stay mapped are used where they are; the passes over
//! them that see whether they can be used are all there is to pay.

use crate::column::{Bits, Column};
use crate::dominators::Dominators;
use crate::graph::Graph;
use crate::preorder::{Preorder, UNREACHED};
use crate::rows::Rows;
use rayon::prelude::*;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Numbers that one task looks at.
const PART: usize = 1 << 16;

/// The numbers of a section; `None` when the last is not whole, or it does not stand where numbers can.
pub fn numbers<T: FromBytes + Immutable>(section: &'static [u8]) -> Option<&'static [T]> {
    <[T]>::ref_from_bytes(section).ok()
}

/// Whether all of a list, each with its index, are as they should be; asked by all threads.
fn every<T: Copy + Sync>(list: &[T], is_right: impl Fn(usize, T) -> bool + Sync) -> bool {
    let parts = list.par_chunks(PART).enumerate();
    parts.into_par_iter().all(|(part, some)| {
        let first = part * PART;
        let mut each = (first..).zip(some);
        each.all(|(index, value)| is_right(index, *value))
    })
}

impl Graph {
    /// All of it but the number of objects, which the objects themselves tell.
    pub fn sections(&self) -> [&[u8]; 3] {
        [
            self.rows().ends().as_bytes(),
            self.rows().targets().as_bytes(),
            self.entries().as_bytes(),
        ]
    }

    /// The graph that [`Self::sections`] were made of; `None` when they are of no graph of `objects` objects and as many
    /// roots.
    pub fn from_sections(objects: u32, roots: u32, sections: [&'static [u8]; 3]) -> Option<Self> {
        let [ends, targets, entries] = sections;
        let nodes = objects.checked_add(roots)?;
        let (ends, targets) = (numbers::<u32>(ends)?, numbers::<u32>(targets)?);
        let entries = numbers::<u32>(entries)?;
        let before = |index: usize| index.checked_sub(1).and_then(|at| ends.get(at).copied());
        let fits = ends.len() == nodes as usize
            && ends.last().copied().unwrap_or(0) as usize == targets.len()
            && every(ends, |index, end| before(index).unwrap_or(0) <= end)
            && every(targets, |_, node| node < nodes)
            && every(entries, |_, node| node < nodes);
        fits.then(|| Self::new(Rows::lent(ends, targets), objects, entries.to_vec()))
    }
}

impl Dominators {
    /// All of it but the number of objects.
    pub fn sections(&self) -> [&[u8]; 5] {
        let order = self.order();
        [
            order.number.as_slice().as_bytes(),
            order.folded.words().as_bytes(),
            order.node.as_slice().as_bytes(),
            self.idoms().as_slice().as_bytes(),
            self.retained_by_number().as_slice().as_bytes(),
        ]
    }

    /// The dominators that [`Self::sections`] were made of; `None` when they cannot be of this graph.
    pub fn from_sections(graph: &Graph, sections: [&'static [u8]; 5]) -> Option<Self> {
        let [number, folded, node, idom, retained] = sections;
        let (number, folded) = (numbers::<u32>(number)?, numbers::<u64>(folded)?);
        let (node, idom) = (numbers::<u32>(node)?, numbers::<u32>(idom)?);
        let retained = numbers::<u64>(retained)?;
        let (nodes, numbers) = (graph.len() as usize, node.len());
        let fits = number.len() == nodes
            && folded.len() == nodes.div_ceil(64)
            && (1..=nodes + 1).contains(&numbers)
            && idom.len() == numbers
            && retained.len() == numbers;
        if !fits {
            return None;
        }
        let folded = Bits::lent(folded);
        let id = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let numbered =
            |at: usize, own: u32| own == UNREACHED || (own as usize) < numbers || at >= nodes;
        // A number and its node know each other, and a dominator has a smaller number: so a way up ends.
        let ordered = |at: usize, node: u32| {
            if at == 0 {
                return node == u32::MAX;
            }
            let known = number.get(node as usize).is_some_and(|n| *n == id(at));
            let above = idom.get(at).is_some_and(|above| (*above as usize) < at);
            known && above && !folded.has(node)
        };
        let leads = idom.first() == Some(&0) && every(number, numbered) && every(node, ordered);
        if !leads || folded.iter().any(|leaf| leaf >= graph.len()) {
            return None;
        }
        let order = Preorder::settled(Column::lent(number), folded, Column::lent(node));
        Some(Self::settled(
            order,
            Column::lent(idom),
            Column::lent(retained),
            graph.objects(),
        ))
    }
}
