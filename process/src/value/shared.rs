//! What many values lead to and what costs much to read: read once for a process, whichever value asks.
//!
//! Thousands of goroutines wait on one channel and thousands of frames hold one map. A queue's length and the order
//! of a map's keys are facts of the process, not of the frame that shows them: found anew for each frame they make
//! the stacks of all goroutines cost the square of their number.

use super::ValueError;
use super::maps::Slot;
use crate::addr::Addr;
use crate::types::{MapLayout, TypeRef};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers kept of each sort. A program shares fewer structures than this among its frames; what a hostile core
/// has beyond them is read again for each value.
const MOST_KEPT: usize = 4096;

/// Answers by what they are about. Damaged structures have answers too: why they could not be read.
#[derive(Debug)]
struct Kept<K, V>(Mutex<FxHashMap<K, Result<V, ValueError>>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    fn get(&self, key: K, read: impl FnOnce() -> Result<V, ValueError>) -> Result<V, ValueError> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        // Not under the lock: reading keys of a map may lead to further values.
        let answer = read();
        let mut kept = lock();
        if kept.len() < MOST_KEPT {
            kept.insert(key, answer.clone());
        }
        answer
    }
}

/// A map's entries that are shown: those with the smallest keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Smallest {
    /// Where they stand, in the order of their keys.
    pub(super) slots: Arc<[Slot]>,
    /// Entries that were walked.
    pub(super) found: u64,
    /// What the walk could not reach.
    pub(super) doubt: Option<String>,
}

/// A map by its header, its key type, how its entries lie, and how many of them are wanted.
pub(super) type MapKey = (Addr, TypeRef, MapLayout, usize);

/// The structures of one process that were read so far.
#[derive(Debug, Default)]
pub struct Shared {
    queues: Kept<Addr, u64>,
    maps: Kept<MapKey, Smallest>,
}

impl Shared {
    /// Length of the queue of waiting goroutines that begins at a `sudog`.
    pub(super) fn queue(
        &self,
        first: Addr,
        count: impl FnOnce() -> Result<u64, ValueError>,
    ) -> Result<u64, ValueError> {
        self.queues.get(first, count)
    }

    /// The entries of a map that are shown.
    pub(super) fn map(
        &self,
        of: MapKey,
        walk: impl FnOnce() -> Result<Smallest, ValueError>,
    ) -> Result<Smallest, ValueError> {
        self.maps.get(of, walk)
    }
}
