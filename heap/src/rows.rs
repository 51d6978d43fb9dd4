//! References in compressed sparse rows: for each node, the nodes it refers to.
//!
//! ```text
//! ends     2 2 5 …        row i is targets[ends[i-1] .. ends[i]]
//! targets  7 1 | | 0 3 7 | …
//! ```
//!
//! Rows are made in chunks of successive nodes, in parallel, and put together in order: the result does not depend
//! on how many threads there were.

use crate::column::Column;
use rayon::prelude::*;
use std::borrow::Cow;

/// More references than a `u32` counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyEdges;

impl std::fmt::Display for TooManyEdges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("more references than can be numbered: 4294967295")
    }
}

impl std::error::Error for TooManyEdges {}

/// Rows of successive nodes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chunk {
    /// For each node, the end of its row in `targets`.
    ends: Vec<u32>,
    targets: Vec<u32>,
    /// Where the open row starts.
    open: usize,
}

impl Chunk {
    /// Adds a reference to the open row; one that the row has just had is left out.
    #[inline]
    pub fn push(&mut self, target: u32) {
        let row = self.targets.get(self.open..).unwrap_or_default();
        if row.last() != Some(&target) {
            self.targets.push(target);
        }
    }

    /// Closes the open row.
    #[inline]
    pub fn end_row(&mut self) {
        self.open = self.targets.len();
        // A chunk is a few spans, far below 2^32 references; the sum over chunks is what is checked.
        self.ends.push(u32::try_from(self.open).unwrap_or(u32::MAX));
    }

    /// Closes `count` rows without references.
    pub fn end_empty_rows(&mut self, count: u32) {
        let end = u32::try_from(self.open).unwrap_or(u32::MAX);
        self.ends
            .resize(self.ends.len().saturating_add(count as usize), end);
    }

    /// Number of closed rows.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no row is closed.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// Rows of all nodes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rows {
    ends: Column<u32>,
    targets: Cow<'static, [u32]>,
}

/// Puts rows together.
#[derive(Debug, Default)]
pub struct RowsBuilder {
    rows: Rows,
}

/// So many chunks are held at a time before they are put together.
const WINDOW: usize = 64;

impl RowsBuilder {
    /// Room for `nodes` rows and at most `edges` references. Reserved memory costs nothing before it is written to,
    /// so a generous bound avoids growing (and holding everything twice while doing so).
    pub fn with_room(nodes: usize, edges: usize) -> Self {
        let mut ends = Vec::new();
        let mut targets: Vec<u32> = Vec::new();
        // When the system refuses the reservation the vectors grow as they must.
        let _ = ends.try_reserve_exact(nodes);
        let _ = targets.try_reserve_exact(edges);
        Self {
            rows: Rows {
                ends: Column::from_vec(ends),
                targets: Cow::Owned(targets),
            },
        }
    }

    /// Adds the rows of the next nodes.
    ///
    /// # Errors
    ///
    /// When there are more references than a `u32` counts; rows up to there are kept.
    pub fn push(&mut self, chunk: &Chunk) -> Result<(), TooManyEdges> {
        let base = u32::try_from(self.rows.targets.len()).map_err(|_| TooManyEdges)?;
        let room = u32::MAX - base;
        if u32::try_from(chunk.targets.len()).map_or(true, |n| n > room) {
            return Err(TooManyEdges);
        }
        self.rows.targets.to_mut().extend_from_slice(&chunk.targets);
        for end in &chunk.ends {
            self.rows.ends.push(base + end);
        }
        Ok(())
    }

    /// Makes the chunks of `parts` in parallel and adds them in order, a window at a time.
    ///
    /// # Errors
    ///
    /// As [`Self::push`].
    pub fn extend<P: Sync>(
        &mut self,
        parts: &[P],
        make: impl Fn(&P) -> Chunk + Sync,
    ) -> Result<(), TooManyEdges> {
        for window in parts.chunks(WINDOW) {
            let chunks: Vec<Chunk> = window.par_iter().map(&make).collect();
            for chunk in &chunks {
                self.push(chunk)?;
            }
        }
        Ok(())
    }

    /// The rows, with what was reserved too much given back.
    pub fn finish(mut self) -> Rows {
        self.rows.targets.to_mut().shrink_to_fit();
        self.rows.ends.shrink();
        self.rows
    }
}

impl Rows {
    /// Rows from lists, for small graphs and tests.
    pub fn from_lists<L: AsRef<[u32]>>(lists: &[L]) -> Self {
        let mut chunk = Chunk::default();
        for list in lists {
            for target in list.as_ref() {
                chunk.push(*target);
            }
            chunk.end_row();
        }
        Self {
            ends: Column::from_vec(chunk.ends),
            targets: Cow::Owned(chunk.targets),
        }
    }

    /// Rows whose ends are ascending, the last of them the number of targets, which stand somewhere for good.
    pub(crate) const fn lent(ends: &'static [u32], targets: &'static [u32]) -> Self {
        Self {
            ends: Column::lent(ends),
            targets: Cow::Borrowed(targets),
        }
    }

    /// For each node, the end of its row.
    pub(crate) fn ends(&self) -> &[u32] {
        self.ends.as_slice()
    }

    /// These rows with more behind them.
    ///
    /// # Errors
    ///
    /// When there are more references than a `u32` counts.
    pub fn with(&self, more: &Chunk) -> Result<Self, TooManyEdges> {
        let mut builder = RowsBuilder { rows: self.clone() };
        builder.push(more)?;
        Ok(builder.rows)
    }

    /// Number of nodes that have a row.
    pub fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of references.
    pub fn edges(&self) -> usize {
        self.targets.len()
    }

    /// What a node refers to; empty for a node without a row.
    #[inline]
    pub fn row(&self, node: u32) -> &[u32] {
        let (start, end) = self.range(node);
        self.targets
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// First and end index of a node's row.
    #[inline]
    pub(crate) fn range(&self, node: u32) -> (u32, u32) {
        let start = match node.checked_sub(1) {
            Some(before) => self.ends.at(before),
            None => 0,
        };
        (start, self.ends.at(node))
    }

    /// The reference at an index of [`Self::range`].
    #[inline]
    pub(crate) fn target(&self, index: u32) -> u32 {
        self.targets
            .get(index as usize)
            .copied()
            .unwrap_or(u32::MAX)
    }

    /// Every reference, in the order of the rows.
    pub fn targets(&self) -> &[u32] {
        &self.targets
    }

    /// The rows the other way round: for each node, who refers to it, ascending.
    #[must_use]
    pub fn transposed(&self) -> Self {
        Self::gathered(self.len(), |node| self.row(node).iter().copied())
    }

    /// For each of `0..nodes` those that `targets` sends there, ascending.
    pub fn gathered<T: Iterator<Item = u32>>(nodes: u32, targets: impl Fn(u32) -> T) -> Self {
        let mut ends = Column::filled(0u32, nodes as usize);
        for node in 0..nodes {
            for target in targets(node) {
                ends.update(target, |n| n + 1);
            }
        }
        // Turn counts into starts; filling then moves each start to its row's end.
        let mut sum = 0u32;
        for place in ends.as_mut_slice() {
            let count = *place;
            *place = sum;
            sum += count;
        }
        let mut gathered = Column::filled(0u32, sum as usize);
        for node in 0..nodes {
            for target in targets(node) {
                gathered.set(ends.at(target), node);
                ends.update(target, |n| n + 1);
            }
        }
        Self {
            ends,
            targets: Cow::Owned(gathered.into_vec()),
        }
    }
}
