//! What makes unwinding many stacks fast: words through a remembered run of memory, functions by remembered pc.

use crate::addr::Addr;
use crate::memory::{Memory, ReadError, ReadResult, Unreadable};
use crate::symbols::{FuncFlags, FuncKind, Symbols};
use rustc_hash::FxHashMap;

/// Reads words; a word near the one before costs a bounds check.
pub(super) struct Words<'m> {
    memory: &'m dyn Memory,
    start: u64,
    run: &'m [u8],
}

impl<'m> Words<'m> {
    pub(super) fn new(memory: &'m dyn Memory) -> Self {
        Self {
            memory,
            start: 0,
            run: &[],
        }
    }

    /// The word at `addr`.
    #[inline]
    pub(super) fn read(&mut self, addr: u64) -> ReadResult<u64> {
        if let Some(word) = self.cached(addr) {
            return Ok(word);
        }
        self.run = self.memory.run(Addr(addr), u64::MAX)?;
        self.start = addr;
        self.cached(addr).map_or_else(|| self.read_across(addr), Ok)
    }

    #[inline]
    fn cached(&self, addr: u64) -> Option<u64> {
        let at = usize::try_from(addr.checked_sub(self.start)?).ok()?;
        let word = self.run.get(at..at.checked_add(8)?)?;
        word.try_into().ok().map(u64::from_le_bytes)
    }

    /// A word whose bytes lie in two runs.
    #[cold]
    fn read_across(&self, addr: u64) -> ReadResult<u64> {
        let bytes = self.memory.bytes(Addr(addr), 8)?;
        let word = bytes.as_ref().try_into().map_err(|_| ReadError {
            addr: Addr(addr),
            why: Unreadable::BadRange,
        })?;
        Ok(u64::from_le_bytes(word))
    }
}

/// What unwinding needs to know of a pc in Go code.
#[derive(Clone, Copy, Debug)]
pub(super) struct PcInfo {
    /// Stack that the function has taken at the pc; `None` where its table does not reach.
    pub sp_delta: Option<i32>,
    /// Whether it has such a table at all.
    pub has_deltas: bool,
    /// Its flags.
    pub flags: FuncFlags,
    /// What it is.
    pub kind: FuncKind,
}

/// Pcs seen before. Keep one per thread and hand it to every unwinding: parked goroutines share their pcs.
#[derive(Debug, Default)]
pub struct PcCache {
    seen: FxHashMap<u64, Option<PcInfo>>,
}

/// More distinct pcs than any program stops at; a hostile stack must not fill memory with them.
const MOST_PCS: usize = 1 << 20;

impl PcCache {
    #[inline]
    pub(super) fn get(&mut self, symbols: &Symbols<'_>, pc: u64) -> Option<PcInfo> {
        if let Some(info) = self.seen.get(&pc) {
            return *info;
        }
        let info = symbols.find(Addr(pc)).map(|func| PcInfo {
            sp_delta: func.sp_delta(Addr(pc)),
            has_deltas: func.has_sp_deltas(),
            flags: func.flags(),
            kind: FuncKind::of(&func),
        });
        if self.seen.len() < MOST_PCS {
            self.seen.insert(pc, info);
        }
        info
    }
}
