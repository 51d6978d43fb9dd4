//! The stacks of many goroutines at once: unwound on all cores, each distinct one kept once.
//!
//! A program with a hundred thousand goroutines has a few dozen different stacks. Two goroutines share one
//! when their pcs are the same from the innermost frame out; only stack pointers differ. So what a stack looks
//! like is worked out once, and memory grows with the number of distinct stacks.

use crate::process::Process;
use crate::runtime::Goroutine;
use crate::unwind::{PcCache, Stack};
use rayon::prelude::*;
use std::collections::HashMap;

/// Goroutines unwound by one task: enough that its cache of pcs pays.
const CHUNK: usize = 4096;

/// Which distinct stack each goroutine has.
#[derive(Debug, Default)]
pub struct Stacks {
    /// One example of each distinct stack, in order of first appearance.
    pub distinct: Vec<Stack>,
    /// For each goroutine, in the order given, the index into [`Self::distinct`].
    pub of: Vec<usize>,
}

/// A stack's pcs, and whether it is whole: what makes two of them the same. Hashed with the standard hasher,
/// since pcs come from the dump.
type Key = (Vec<u64>, bool);

fn key(stack: &Stack) -> Key {
    (
        stack.frames.iter().map(|f| f.pc.0).collect(),
        stack.is_complete(),
    )
}

impl Process<'_> {
    /// Unwinds the stacks of goroutines.
    pub fn stacks(&self, goroutines: &[&Goroutine]) -> Stacks {
        let Some(unwinder) = self.unwinder() else {
            return Stacks {
                distinct: vec![Stack::default()],
                of: vec![0; goroutines.len()],
            };
        };
        // Loaded before the tasks start, so that they do not wait for each other.
        self.threads();
        let parts: Vec<Stacks> = goroutines
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut cache = PcCache::default();
                let mut known: HashMap<Key, usize> = HashMap::new();
                let mut part = Stacks::default();
                for goroutine in chunk {
                    let registers = self.registers_of(goroutine);
                    let stack = unwinder.goroutine_with(&mut cache, goroutine.addr, registers);
                    part.of.push(*known.entry(key(&stack)).or_insert_with(|| {
                        part.distinct.push(stack);
                        part.distinct.len() - 1
                    }));
                }
                part
            })
            .collect();
        let mut known: HashMap<Key, usize> = HashMap::new();
        let mut all = Stacks::default();
        for part in parts {
            let renumbered: Vec<usize> = part
                .distinct
                .into_iter()
                .map(|stack| {
                    *known.entry(key(&stack)).or_insert_with(|| {
                        all.distinct.push(stack);
                        all.distinct.len() - 1
                    })
                })
                .collect();
            all.of.extend(
                part.of
                    .iter()
                    .filter_map(|index| renumbered.get(*index).copied()),
            );
        }
        all
    }
}
