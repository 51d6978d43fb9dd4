//! Live and stored: two facts about every byte of the frame at every step.
//!
//! Live is asked backwards, from what is read; stored forwards, from what is written. Both go over blocks until nothing
//! changes, and over the steps of one block for one place in it.

use super::bits::Bits;
use super::evaluate::Touched;
use super::graph::Graph;
use super::machine::Touch;
use super::state::{REGISTERS, arguments, index};
use super::step::Way;
use crate::arch::{Arch, Reg};

/// Bytes of a frame that are followed.
const MOST_FRAME: u64 = 1 << 15;

/// The part of a frame that a function's code touches, as numbers of bits; registers come before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    low: i64,
    high: i64,
}

impl Extent {
    /// The bits of those of `size` bytes that are within.
    pub(super) fn bits(self, offset: i64, size: u64) -> impl Iterator<Item = usize> {
        let from = offset.max(self.low);
        let to = offset.saturating_add_unsigned(size).min(self.high);
        let low = self.low;
        (from..to.max(from)).filter_map(move |at| Some(REGISTERS + usize::try_from(at - low).ok()?))
    }

    pub(super) fn covers(self, offset: i64, size: u64) -> bool {
        offset >= self.low && offset.saturating_add_unsigned(size) <= self.high
    }

    fn count(self) -> usize {
        REGISTERS + usize::try_from(self.high - self.low).unwrap_or(0)
    }
}

/// The bit of a register.
pub(super) fn register_bit(reg: Reg) -> Option<usize> {
    index(reg)
}

/// Facts of one function.
#[derive(Debug)]
pub(super) struct Facts {
    extent: Extent,
    /// What is live at the end of each block.
    live: Vec<Bits>,
    /// What is stored at the start of each block.
    stored: Vec<Bits>,
    /// What a recovered panic goes on with.
    recovered: Option<Bits>,
    touched: Touched,
    arch: Arch,
}

impl Facts {
    pub(super) fn of(arch: Arch, graph: &Graph, touched: Touched) -> Self {
        let accesses = touched.accesses.iter().flatten();
        let within = |at: i64| at.unsigned_abs() <= MOST_FRAME;
        let (mut low, mut high) = (0, 0);
        for access in accesses {
            let end = access.at.saturating_add_unsigned(access.bytes);
            if within(access.at) && within(end) {
                low = low.min(access.at);
                high = high.max(end);
            }
        }
        let extent = Extent { low, high };
        let none = Bits::none(extent.count());
        let mut facts = Self {
            extent,
            live: vec![none; graph.blocks.len()],
            stored: vec![Bits::all(extent.count()); graph.blocks.len()],
            recovered: None,
            touched,
            arch,
        };
        facts.find_live(graph);
        facts.find_stored(graph);
        facts
    }

    fn find_live(&mut self, graph: &Graph) {
        let mut starts = vec![Bits::none(self.extent.count()); graph.blocks.len()];
        loop {
            let mut changed = false;
            for (number, block) in graph.blocks.iter().enumerate().rev() {
                let mut live = self.after(graph, number, &starts);
                if let Some(end) = self.live.get_mut(number) {
                    end.clone_from(&live);
                }
                for step in block.steps.clone().rev() {
                    self.before(graph, step, &mut live);
                }
                if let Some(start) = starts.get_mut(number) {
                    changed |= start.unite(&live);
                }
                if graph.recovery == Some(number) {
                    self.recovered = starts.get(number).cloned();
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// What is live at the end of a block.
    fn after(&self, graph: &Graph, number: usize, starts: &[Bits]) -> Bits {
        let mut live = Bits::none(self.extent.count());
        let Some(block) = graph.blocks.get(number) else {
            return live;
        };
        let mut add = |next: usize| {
            if let Some(start) = starts.get(next) {
                live.unite(start);
            }
        };
        block.next.iter().copied().for_each(&mut add);
        // A check that fails ends here. What the program would have gone on with is what its other outcome reads.
        let ends_check = graph
            .calls
            .get(&(block.steps.end - 1))
            .is_some_and(|called| called.is_check);
        if ends_check {
            let others = block.before.iter().filter_map(|b| graph.blocks.get(*b));
            others
                .flat_map(|before| before.next.iter().copied())
                .filter(|next| *next != number)
                .for_each(add);
        }
        live
    }

    /// From what is live after a step to what is live before it.
    fn before(&self, graph: &Graph, number: usize, live: &mut Bits) {
        let Some(step) = graph.steps.get(number) else {
            return;
        };
        let accesses = self.touched.accesses.get(number);
        let of = |touch: Touch| {
            let accesses = accesses.into_iter().flatten();
            accesses.filter(move |access| access.touch == touch)
        };
        let bits = |at, bytes| self.extent.bits(at, bytes);
        for access in of(Touch::Write) {
            bits(access.at, access.bytes).for_each(|bit| live.remove(bit));
        }
        if let Some(called) = graph.calls.get(&number) {
            if let Some(recovered) = &self.recovered {
                live.unite(recovered);
            }
            for register in 0..REGISTERS {
                live.remove(register);
            }
            let count = called.words.unwrap_or(usize::MAX);
            for reg in arguments(self.arch).iter().take(count) {
                insert(*reg, live);
            }
            insert(self.arch.closure().0, live);
        }
        if step.way == Way::Return {
            for reg in arguments(self.arch) {
                insert(*reg, live);
            }
        }
        for effect in step.effects.iter().rev() {
            if let Some(bit) = effect.writes().and_then(register_bit) {
                live.remove(bit);
            }
            effect.reads(&mut |reg| {
                insert(reg.0, live);
            });
        }
        for access in of(Touch::Read) {
            bits(access.at, access.bytes).for_each(|bit| live.insert(bit));
        }
    }

    fn find_stored(&mut self, graph: &Graph) {
        let mut ends = self.stored.clone();
        loop {
            let mut changed = false;
            for (number, block) in graph.blocks.iter().enumerate() {
                // At the entry nothing is; a recovered panic comes from anywhere.
                let nothing = number == 0 || graph.recovery == Some(number);
                let mut stored = if nothing {
                    Bits::none(self.extent.count())
                } else {
                    Bits::all(self.extent.count())
                };
                for before in &block.before {
                    if let Some(end) = ends.get(*before) {
                        stored.intersect(end);
                    }
                }
                if let Some(start) = self.stored.get_mut(number) {
                    start.clone_from(&stored);
                }
                for step in block.steps.clone() {
                    self.store(step, &mut stored);
                }
                if let Some(end) = ends.get_mut(number).filter(|end| **end != stored) {
                    *end = stored;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    fn store(&self, step: usize, stored: &mut Bits) {
        for access in self.touched.accesses.get(step).into_iter().flatten() {
            if access.touch == Touch::Write {
                let bits = self.extent.bits(access.at, access.bytes);
                bits.for_each(|bit| stored.insert(bit));
            }
        }
    }

    /// What is live and what is stored before a step at which a frame was interrupted, or after the call that it waits in.
    pub(super) fn at(&self, graph: &Graph, step: usize, interrupted: bool) -> Option<(Bits, Bits)> {
        let number = graph.block_of(step)?;
        let block = graph.blocks.get(number)?;
        let mut live = self.live.get(number)?.clone();
        let mut stored = self.stored.get(number)?.clone();
        let first = if interrupted { step } else { step + 1 };
        for later in (first..block.steps.end).rev() {
            self.before(graph, later, &mut live);
        }
        for earlier in block.steps.start..first {
            self.store(earlier, &mut stored);
        }
        if !interrupted && let Some(recovered) = &self.recovered {
            live.unite(recovered);
        }
        Some((live, stored))
    }

    /// Whether a step writes to known bytes of the frame.
    pub(super) fn writes(&self, step: usize) -> bool {
        let accesses = self.touched.accesses.get(step).into_iter().flatten();
        accesses
            .into_iter()
            .any(|access| access.touch == Touch::Write)
    }

    /// Whether a step writes to some of these bytes of the frame.
    pub(super) fn is_written(&self, step: usize, at: i64, bytes: u8) -> bool {
        let end = at + i64::from(bytes);
        let accesses = self.touched.accesses.get(step).into_iter().flatten();
        let mut written = accesses.filter(|access| access.touch != Touch::Read);
        written
            .any(|access| access.at < end && at < access.at.saturating_add_unsigned(access.bytes))
    }

    pub(super) const fn extent(&self) -> Extent {
        self.extent
    }

    pub(super) fn is_taken(&self, offset: i64, size: u64) -> bool {
        let end = offset.saturating_add_unsigned(size);
        self.touched
            .taken
            .range(offset..end.max(offset))
            .next()
            .is_some()
    }
}

fn insert(reg: u16, live: &mut Bits) {
    if let Some(bit) = register_bit(Reg(reg)) {
        live.insert(bit);
    }
}
