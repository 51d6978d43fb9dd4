//! Calls and stacks, each kept once.
//!
//! What people see of a call (function, file, line) and where the program counter was are kept apart, because
//! two pcs can be one line: stacks that look the same are then the same list of numbers.

use super::Place;
use crate::frame::{Frame, Own};
use crate::value::Address;
use hashbrown::HashTable;
use schemars::JsonSchema;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

/// A call, as people see it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FrameId(u32);

/// A stack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct StackId(u32);

/// Frames that a traceback left out of the middle.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, JsonSchema)]
#[schemars(rename = "elided")]
pub struct Elided {
    /// After how many of the frames that are there.
    pub after: usize,
    /// How many frames were left out.
    pub count: u64,
}

/// One stack: calls, innermost first.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Stack {
    /// The calls.
    pub frames: Vec<FrameId>,
    /// Their program counters, as many as there are calls.
    pub pcs: Vec<Option<Address>>,
    /// Frames that were left out of the middle.
    pub elided: Option<Elided>,
    /// Why the outermost frame was not reached, when it was not.
    pub why_incomplete: Option<Arc<str>>,
}

impl Stack {
    /// A hash that costs a multiplication for each call: a dump has a stack for every goroutine to look up.
    fn mix(&self, seed: u64) -> u64 {
        let fold = |hash: u64, word: u64| {
            let wide = u128::from(hash ^ word) * u128::from(0x9e37_79b9_7f4a_7c15_u64 ^ seed);
            #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
            let folded = (wide >> 64) as u64 ^ wide as u64;
            folded
        };
        let frames = self.frames.iter().map(|id| u64::from(id.0) + 1);
        let pcs = self.pcs.iter().map(|pc| pc.map_or(0, |pc| pc.0));
        frames.chain(pcs).fold(seed, fold)
    }
}

/// Every call and stack of a set of goroutines.
#[derive(Clone, Debug, Default)]
pub struct Stacks {
    frames: Vec<Frame>,
    /// Numbers of `frames` by their hash. Seeded, since what is hashed comes from an input.
    frame_ids: HashTable<u32>,
    hasher: RandomState,
    all: Vec<Stack>,
    /// Numbers of `all` by their hash.
    ids: HashTable<u32>,
    /// What is the program's own.
    own: Own,
    /// The first call of the program itself, by stack.
    locations: Vec<Option<Arc<Place>>>,
}

impl Stacks {
    /// Of a program of which this is known to be its own.
    pub fn with_own(own: Own) -> Self {
        Self {
            own,
            ..Self::default()
        }
    }

    /// Finds the first call of the program itself anew, with all that the calls have told.
    pub fn settle(&mut self) {
        let places = self.all.iter().map(|stack| self.first_own_place(stack));
        self.locations = places.map(|place| place.map(Arc::new)).collect();
    }

    /// The number of a call; its pc and stack pointer do not count.
    pub fn frame(&mut self, frame: &Frame) -> FrameId {
        let line = frame.line.unwrap_or(0);
        let file = frame.file.as_deref().unwrap_or_default();
        let same = |known: &Frame| {
            known.runtime == frame.runtime
                && known.trust == frame.trust
                && known.inlined == frame.inlined
        };
        self.frame_by(&frame.function, file, line, same, || Frame {
            pc: None,
            sp: None,
            ..frame.clone()
        })
    }

    /// The number of the call with this function, file and line for which `same` holds; it is made when new.
    pub fn frame_by(
        &mut self,
        function: &str,
        file: &str,
        line: u32,
        same: impl Fn(&Frame) -> bool,
        make: impl FnOnce() -> Frame,
    ) -> FrameId {
        let Self {
            frames,
            frame_ids,
            hasher,
            own,
            ..
        } = self;
        let hash = hasher.hash_one((function, file, line));
        let is_it = |id: &u32| {
            frames.get(*id as usize).is_some_and(|known| {
                known.function == function
                    && known.file.as_deref().unwrap_or_default() == file
                    && known.line.unwrap_or(0) == line
                    && same(known)
            })
        };
        if let Some(id) = frame_ids.find(hash, is_it) {
            return FrameId(*id);
        }
        let id = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        let frame = make();
        own.learn(&frame);
        frames.push(frame);
        frame_ids.insert_unique(hash, id, |id| {
            frames.get(*id as usize).map_or(0, |known| {
                let file = known.file.as_deref().unwrap_or_default();
                hasher.hash_one((known.function.as_str(), file, known.line.unwrap_or(0)))
            })
        });
        FrameId(id)
    }

    /// What a call is.
    pub fn get(&self, id: FrameId) -> Option<&Frame> {
        self.frames.get(id.0 as usize)
    }

    /// The number of a stack.
    pub fn stack(&mut self, stack: &Stack) -> StackId {
        let Self {
            all, ids, hasher, ..
        } = self;
        // What the seed is worth here: nobody can make stacks that collide without knowing it.
        let seed = hasher.hash_one(0u8);
        let hash = stack.mix(seed);
        let is_it = |id: &u32| all.get(*id as usize) == Some(stack);
        if let Some(id) = ids.find(hash, is_it) {
            return StackId(*id);
        }
        let id = u32::try_from(all.len()).unwrap_or(u32::MAX);
        all.push(stack.clone());
        ids.insert_unique(hash, id, |id| {
            all.get(*id as usize).map_or(0, |stack| stack.mix(seed))
        });
        let location = self.first_own_place(stack).map(Arc::new);
        self.locations.push(location);
        StackId(id)
    }

    /// The calls of a stack.
    pub fn of(&self, id: StackId) -> &Stack {
        static NONE: std::sync::LazyLock<Stack> = std::sync::LazyLock::new(Stack::default);
        self.all.get(id.0 as usize).map_or(&NONE, |stack| stack)
    }

    /// The calls of a stack, without program counters.
    pub fn frames(&self, id: StackId) -> impl DoubleEndedIterator<Item = &Frame> {
        self.of(id).frames.iter().filter_map(|id| self.get(*id))
    }

    /// How many different stacks there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The first call of the program itself; the innermost one when there is none.
    pub fn location(&self, id: StackId) -> Option<&Arc<Place>> {
        self.locations.get(id.0 as usize)?.as_ref()
    }

    /// Which call says where a stack is, see [`Own::first`].
    pub fn own_call(&self, id: StackId) -> Option<usize> {
        self.own.first(self.frames(id))
    }

    fn first_own_place(&self, stack: &Stack) -> Option<Place> {
        let frames = || stack.frames.iter().filter_map(|id| self.get(*id));
        let first = self.own.first(frames()).unwrap_or(0);
        // C frames have no source: the first call that has one is where people look.
        let frame = frames().skip(first).find(|frame| frame.file.is_some())?;
        Some(Place {
            function: frame.function.clone(),
            file: frame.file.clone(),
            line: frame.line,
        })
    }
}
