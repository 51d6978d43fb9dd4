//! Argument words without DWARF, as tracebacks print them.
//!
//! Funcdata `ArgInfo` is a stream of bytes that walks the arguments' scalar words in order, aggregates bracketed;
//! `ArgLiveInfo` with pcdata `ArgLiveIndex` tells which of the register arguments' spill slots have been written
//! (`runtime/traceback.go:printArgs`, `internal/abi:TraceArgs*`; one format since 1.18).

use super::func::{Func, funcdata, pcdata};
use crate::addr::Addr;
use crate::memory::{Memory, MemoryExt};
use std::fmt::Write;

/// End of the stream.
const END_SEQ: u8 = 0xff;
/// Opens an aggregate, `{`.
const START_AGG: u8 = 0xfe;
/// Closes it, `}`.
const END_AGG: u8 = 0xfd;
/// More words than are recorded, `...`.
const DOT_DOT_DOT: u8 = 0xfc;
/// A word too far from the first to be named, `_`.
const OFFSET_TOO_LARGE: u8 = 0xfb;

/// `TraceArgsMaxLen`: no stream is longer.
const MAX_LEN: usize = 171;

/// One element of a frame's arguments, in the order in which a traceback prints them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgWord {
    /// A scalar.
    Word {
        /// Where it stands.
        addr: Addr,
        /// Its size in bytes.
        size: u8,
        /// False when the slot may hold an old or unset value.
        live: bool,
    },
    /// Opens an aggregate.
    Open,
    /// Closes it.
    Close,
    /// More than are recorded.
    More,
    /// Too far to be named.
    TooFar,
}

impl Func<'_> {
    /// The argument words of a frame at `pc` (as for [`Func::inline_frames`]) whose arguments start at `argp`;
    /// `None` when the function records none (assembly).
    pub fn arg_words(&self, pc: Addr, argp: Addr) -> Option<Vec<ArgWord>> {
        let info = self.funcdata(funcdata::ARG_INFO)?;
        let live_info = self.funcdata(funcdata::ARG_LIVE_INFO);
        let live_index = self.pcdata(pcdata::ARG_LIVE_INDEX, pc);
        // Offsets below this one are passed on the stack and always live.
        let first_slot = live_info.and_then(|l| l.first()).copied().unwrap_or(0xff);
        let live = |offset: u8, slot: u8| {
            let index = usize::try_from(live_index).ok().filter(|i| *i > 0);
            let (Some(bits), Some(index)) = (live_info, index) else {
                return true;
            };
            let byte = bits.get(index + usize::from(slot / 8));
            offset < first_slot || byte.is_some_and(|b| b & (1 << (slot % 8)) != 0)
        };
        let mut out = Vec::new();
        let mut slot = 0u8;
        let mut bytes = info.iter().take(MAX_LEN);
        while let Some(&byte) = bytes.next() {
            out.push(match byte {
                END_SEQ => break,
                START_AGG => ArgWord::Open,
                END_AGG => ArgWord::Close,
                DOT_DOT_DOT => ArgWord::More,
                OFFSET_TOO_LARGE => ArgWord::TooFar,
                offset => {
                    let size = *bytes.next()?;
                    let word = ArgWord::Word {
                        addr: argp.offset(u64::from(offset)),
                        size,
                        live: live(offset, slot),
                    };
                    if offset >= first_slot {
                        slot = slot.wrapping_add(1);
                    }
                    word
                }
            });
        }
        Some(out)
    }
}

/// Argument words as a traceback prints them between the parentheses, `0xc000012345, {0x1, 0x2?}, ...`. A word
/// that memory does not have prints as `unreadable`.
pub fn printed_args(words: &[ArgWord], memory: &dyn Memory) -> String {
    let mut out = String::new();
    let mut first = true;
    for word in words {
        if !first && *word != ArgWord::Close {
            out.push_str(", ");
        }
        first = *word == ArgWord::Open;
        match word {
            ArgWord::Open => out.push('{'),
            ArgWord::Close => out.push('}'),
            ArgWord::More => out.push_str("..."),
            ArgWord::TooFar => out.push('_'),
            ArgWord::Word { addr, size, live } => {
                match memory.uint(*addr, u64::from(*size)) {
                    // Writing to a string cannot fail.
                    Ok(value) => drop(write!(out, "{value:#x}")),
                    Err(_) => out.push_str("unreadable"),
                }
                if !live {
                    out.push('?');
                }
            }
        }
    }
    out
}
