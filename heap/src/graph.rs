//! The graph that questions are asked of: objects, and the nodes that are roots.

use crate::column::Bits;
use crate::rows::{Chunk, Rows, TooManyEdges};

/// A node: an object under its own id, or a root under an id from the number of objects on.
pub type NodeId = u32;

/// Objects, roots, and their references.
///
/// Roots are nodes too, without a size of their own, so that a goroutine, its frames and a package variable have a
/// place in the dominator tree and retain what only they keep. `entries` are the roots that nothing refers to.
#[derive(Debug)]
pub struct Graph {
    rows: Rows,
    objects: u32,
    entries: Vec<NodeId>,
}

impl Graph {
    /// A graph of `objects` objects and as many roots as `rows` has rows beyond those.
    pub const fn new(rows: Rows, objects: u32, entries: Vec<NodeId>) -> Self {
        Self {
            rows,
            objects,
            entries,
        }
    }

    /// Number of nodes.
    pub fn len(&self) -> u32 {
        self.rows.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Number of objects; they are the nodes below it.
    pub const fn objects(&self) -> u32 {
        self.objects
    }

    /// Whether a node is an object rather than a root.
    pub const fn is_object(&self, node: NodeId) -> bool {
        node < self.objects
    }

    /// References of every node.
    pub const fn rows(&self) -> &Rows {
        &self.rows
    }

    /// What a node refers to.
    #[inline]
    pub fn out(&self, node: NodeId) -> &[NodeId] {
        self.rows.row(node)
    }

    /// Where every path starts.
    pub fn entries(&self) -> &[NodeId] {
        &self.entries
    }

    /// The same graph with a node more for each group of entries, which leads to its members and is an entry in their
    /// place: what it retains is what goes when all of them go. Groups have no member in common.
    ///
    /// # Errors
    ///
    /// When there are more references than can be numbered.
    pub fn gathered(&self, groups: &[&[NodeId]]) -> Result<Self, TooManyEdges> {
        let mut chunk = Chunk::default();
        let mut inside = Bits::none(self.len());
        for group in groups {
            for node in *group {
                chunk.push(*node);
                inside.insert(*node);
            }
            chunk.end_row();
        }
        let rows = self.rows.with(&chunk)?;
        let outside = self.entries.iter().filter(|node| !inside.has(**node));
        let entries = outside.copied().chain(self.len()..rows.len()).collect();
        Ok(Self::new(rows, self.objects, entries))
    }
}
