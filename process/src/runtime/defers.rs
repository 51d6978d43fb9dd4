//! Calls that goroutines have deferred and not made yet.
//!
//! There are two kinds. A defer in a loop, or in a function with many, is a `_defer` record on the goroutine's
//! list ([`linked`]); a range-over-func body (1.23 and later) hangs its own list under one record. All others are
//! *open-coded* and on no list: the function's frame has a byte of bits and a slot for each closure, and funcdata
//! says where ([`open_coded`]). Either way a deferred call is a closure, and its captures are the arguments.
//!
//! | `FUNCDATA_OpenCodedDeferInfo` | uvarints |
//! |---|---|
//! | up to Go 1.21 | offset of the bits, number n, offsets of n closures from the last defer to the first |
//! | since Go 1.22 | offset of the bits, offset of the first closure; the others follow it |
//!
//! All offsets count down from `varp` (`runtime/panic.go:runOpenDeferFrame`, 1.22 and later `nextDefer`,
//! `cmd/compile/internal/ssagen/ssa.go:emitOpenDeferInfo`).

use super::Runtime;
use crate::addr::Addr;
use crate::arch::Arch;
use crate::layout::FieldError;
use crate::memory::{Memory, MemoryExt};
use crate::symbols::{Func, funcdata};

/// The compiler open-codes at most this many defers of a function (`maxOpenDefers`).
const MAX_OPEN: u64 = 8;
/// A goroutine's list is followed this far, those of its range bodies included.
const MAX_LINKED: usize = 1 << 20;

/// What stands for a list that the runtime has taken (`runtime/panic.go:badDefer`).
const POISON: Addr = Addr(1);

/// How a deferred call is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeferKind {
    /// In a `_defer` record.
    Linked,
    /// In a slot of the frame that deferred it.
    OpenCoded,
}

/// A call that will be made when its frame returns or panics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deferred {
    /// The closure: its first word is the code, its captures are the arguments.
    pub closure: Addr,
    /// First instruction of the function to be called.
    pub entry: Addr,
    /// Stack pointer of the frame that deferred it, when the record says.
    pub sp: Option<Addr>,
    /// Where it was deferred, when the record says.
    pub pc: Option<Addr>,
    /// How it is recorded.
    pub kind: DeferKind,
}

/// What could be had of a goroutine's list of records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinkedDefers {
    /// The order in which they will be called: those of the innermost frame first, of one frame the newest first.
    pub calls: Vec<Deferred>,
    /// Why the list is not whole.
    pub incomplete: Option<String>,
    /// How many records were read.
    pub records: usize,
}

impl LinkedDefers {
    /// Those of the frame with a stack pointer, the next to be called first.
    pub fn of_frame(&self, sp: Addr) -> &[Deferred] {
        let from = self.calls.partition_point(|call| call.sp < Some(sp));
        let to = self.calls.partition_point(|call| call.sp <= Some(sp));
        self.calls.get(from..to).unwrap_or_default()
    }
}

/// The `_defer` records that start with `first` (`g._defer`), at most `most` of them.
pub fn linked(runtime: &Runtime<'_>, first: Addr, most: usize) -> LinkedDefers {
    let mut found = LinkedDefers::default();
    let most = most.min(MAX_LINKED);
    if let Err(why) = follow(runtime, first, true, most, &mut found) {
        found.incomplete = Some(why);
    }
    // The runtime's own lists are in this order already.
    found.calls.sort_by_key(|call| call.sp);
    found
}

fn follow(
    runtime: &Runtime<'_>,
    first: Addr,
    ranges: bool,
    most: usize,
    found: &mut LinkedDefers,
) -> Result<(), String> {
    let text = |error: FieldError| error.to_string();
    let mut at = first;
    while !at.is_null() && at != POISON {
        if found.records >= most {
            return Err(format!("more than {most} records, or a circle"));
        }
        found.records += 1;
        let record = runtime.structure("runtime._defer", at);
        let flag = |path| record.uint(path).is_ok_and(|flag| flag != 0);
        // A record of a range body is a head of a list of its own and no call.
        if flag("rangefunc") {
            if ranges {
                let head = record.ptr("head").map_err(text)?;
                let list = runtime
                    .memory
                    .ptr(head)
                    .map_err(|error| error.to_string())?;
                follow(runtime, list, false, most, found)?;
            }
        } else if !flag("started") && !flag("openDefer") {
            // Records of open-coded frames (up to 1.21) repeat what the frame says.
            let closure = record.ptr("fn").map_err(text)?;
            if let Some(entry) = code_of(runtime.memory, closure) {
                found.calls.push(Deferred {
                    closure,
                    entry,
                    sp: record.ptr("sp").ok().filter(|sp| !sp.is_null()),
                    pc: record.ptr("pc").ok().filter(|pc| !pc.is_null()),
                    kind: DeferKind::Linked,
                });
            }
        }
        at = record.ptr("link").map_err(text)?;
    }
    Ok(())
}

/// The pending open-coded defers of a frame of `func`, the next to be called first. `cfa` and `sp` are the
/// frame's; `minor` is the N of `go1.N`.
pub fn open_coded(
    memory: &dyn Memory,
    func: &Func<'_>,
    arch: Arch,
    cfa: Addr,
    sp: Addr,
    minor: u32,
) -> Vec<Deferred> {
    let Some(info) = func.funcdata(funcdata::OPEN_CODED_DEFER_INFO) else {
        return Vec::new();
    };
    pending(memory, info, locals_end(arch, cfa, sp), minor).unwrap_or_default()
}

/// `varp` of `runtime/stkframe.go`: where the locals end. Below it amd64 has the caller's frame pointer, when
/// the frame is not empty, and its return address.
const fn locals_end(arch: Arch, cfa: Addr, sp: Addr) -> Addr {
    match arch {
        Arch::Amd64 if cfa.0.wrapping_sub(sp.0) > 8 => cfa.offset_signed(-16),
        _ => cfa.offset_signed(-8),
    }
}

fn pending(memory: &dyn Memory, info: &[u8], varp: Addr, minor: u32) -> Option<Vec<Deferred>> {
    let below = |offset: u64| Addr(varp.0.wrapping_sub(offset));
    let (bits, mut rest) = uvarint(info)?;
    let bits = memory.u8(below(bits)).ok()?;
    let mut slots = Vec::new();
    if minor <= 21 {
        let (count, after) = uvarint(rest)?;
        if count > MAX_OPEN {
            return None;
        }
        rest = after;
        for index in (0..count).rev() {
            let (offset, after) = uvarint(rest)?;
            rest = after;
            slots.push((index, below(offset)));
        }
    } else {
        let (first, _) = uvarint(rest)?;
        slots.extend((0..MAX_OPEN).rev().map(|i| (i, below(first).offset(8 * i))));
    }
    let calls = slots
        .into_iter()
        .filter(|(index, _)| bits >> index & 1 != 0)
        .filter_map(|(_, slot)| {
            let closure = memory.ptr(slot).ok()?;
            Some(Deferred {
                closure,
                entry: code_of(memory, closure)?,
                sp: None,
                pc: None,
                kind: DeferKind::OpenCoded,
            })
        });
    Some(calls.collect())
}

/// The code that a closure starts with.
fn code_of(memory: &dyn Memory, closure: Addr) -> Option<Addr> {
    if closure.is_null() {
        return None;
    }
    memory.ptr(closure).ok().filter(|entry| !entry.is_null())
}

/// A uvarint and what follows it.
fn uvarint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(index).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{CoreMemory, Region, RegionSource};

    /// A frame whose locals end at 0x1100: bits at 0x10f0, slots at 0x10c0 and 0x10c8, closures at 0x1000.
    fn memory(bits: u8) -> CoreMemory<'static> {
        let mut bytes = vec![0u8; 0x100];
        let mut put = |at: usize, word: u64| bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        put(0x00, 0x40_1000);
        put(0x08, 0x40_2000);
        put(0xc0, 0x1000);
        put(0xc8, 0x1008);
        bytes[0xf0] = bits;
        let bytes: &'static [u8] = Box::leak(bytes.into_boxed_slice());
        CoreMemory::new([vec![Region {
            start: Addr(0x1000),
            end: Addr(0x1100),
            source: RegionSource::Core(bytes),
        }]])
    }

    fn entries(bits: u8, info: &[u8], minor: u32) -> Vec<u64> {
        let found = pending(&memory(bits), info, Addr(0x1100), minor).unwrap();
        found.into_iter().map(|call| call.entry.0).collect()
    }

    #[test]
    fn pending_defers_are_those_with_their_bit_set_last_first() {
        // Since 1.22: bits 16 below, first slot 64 below.
        let new = [16, 64];
        assert_eq!(entries(0b11, &new, 22), [0x40_2000, 0x40_1000]);
        assert_eq!(entries(0b01, &new, 27), [0x40_1000]);
        assert_eq!(entries(0, &new, 27), [0u64; 0]);
        // Up to 1.21: two closures, the last defer's first.
        let old = [16, 2, 56, 64];
        assert_eq!(entries(0b11, &old, 19), [0x40_2000, 0x40_1000]);
        assert_eq!(entries(0b10, &old, 21), [0x40_2000]);
    }

    #[test]
    fn damaged_funcdata_gives_no_defers() {
        assert_eq!(pending(&memory(3), &[], Addr(0x1100), 27), None);
        assert_eq!(pending(&memory(3), &[16, 200, 1], Addr(0x1100), 19), None);
        assert_eq!(pending(&memory(3), &[16, 0xff], Addr(0x1100), 27), None);
        // A slot that leads nowhere is left out.
        assert_eq!(entries(0xff, &[16, 64], 27), [0x40_2000, 0x40_1000]);
    }
}
