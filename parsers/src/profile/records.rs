//! What stands in text profiles.

use super::addresses::Addresses;
use super::labels::Labels;

/// One line of a profile.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// The first line.
    Header(Header<'a>),
    /// `cycles/second=`: the clock of a block or mutex profile.
    CyclesPerSecond(i64),
    /// `sampling period=`: one of this many contentions of a mutex is recorded (`runtime.SetMutexProfileFraction`).
    SamplingPeriod(i64),
    /// A record begins.
    Sample(Sample<'a>),
    /// The labels of the goroutines of the last sample.
    Labels(Labels<'a>),
    /// A function of the last sample's stack, the innermost first. Those of the runtime before the first other one
    /// are left out by it, as is `runtime.goexit`.
    Frame(Frame<'a>),
}

/// Which profile it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Header<'a> {
    /// `NAME profile: total N`: goroutine, threadcreate, goroutineleak, or a program's own.
    Count {
        /// Its name.
        name: &'a [u8],
        /// How many stacks were counted.
        total: u64,
    },
    /// `heap profile: … @ heap/RATE`; the word is `heap` for allocs too.
    Heap {
        /// The sums of all samples. `bytes` is one too many when it would equal `live_bytes`.
        sum: Memory,
        /// Bytes between two samples, on average (`runtime.MemProfileRate`). The line prints twice that.
        sample_rate: u64,
    },
    /// `--- contention:`, the block profile.
    Block,
    /// `--- mutex:`
    Mutex,
}

/// What one stack, or all, had allocated when the profile was taken.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Memory {
    /// Objects not freed yet. Negative while a collection is under way.
    pub live_objects: i64,
    /// Their bytes.
    pub live_bytes: i64,
    /// Objects allocated since the start.
    pub objects: i64,
    /// Their bytes.
    pub bytes: i64,
}

/// A stack and what was counted at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample<'a> {
    /// What was counted.
    pub values: Values,
    /// Return addresses, the innermost first: one more than the addresses of the frames.
    pub stack: Addresses<'a>,
}

/// What a profile counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Values {
    /// So many have this stack.
    Count(u64),
    /// Of a heap profile.
    Memory(Memory),
    /// Of a block or mutex profile.
    Contention {
        /// How long was waited, in cycles.
        cycles: i64,
        /// How often.
        count: i64,
    },
}

/// One `#` line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// The address of the call.
    pub pc: u64,
    /// Where the machine code begins: the same for functions inlined into each other. The address itself when it
    /// has no symbol.
    pub entry: u64,
    /// The function; empty when the address has no symbol.
    pub function: &'a [u8],
    /// Its file.
    pub file: &'a [u8],
    /// The line in it.
    pub line: u32,
}
