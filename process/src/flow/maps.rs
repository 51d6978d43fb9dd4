//! What the compiler recorded for the runtime: which words of a frame hold live pointers, which arguments were spilled.

use crate::addr::Addr;
use crate::arch::Arch;
use crate::symbols::{ArgWord, Func, funcdata, pcdata};

/// The words that the stack map of a return address marks, as offsets from the CFA (`runtime/stkframe.go:getStackMap`).
pub(super) fn live_pointers(arch: Arch, func: &Func<'_>, pc: Addr) -> Vec<i64> {
    let index = if pc == func.entry {
        0
    } else {
        func.pcdata(pcdata::STACK_MAP_INDEX, Addr(pc.0.wrapping_sub(1)))
            .max(0)
    };
    let index = u64::try_from(index).unwrap_or(0);
    let delta = i64::from(func.sp_delta(pc).unwrap_or(0));
    // Both architectures save the caller's frame pointer below the end of the locals when there is a frame; amd64 has the
    // return address above it.
    let (top, least) = match arch {
        Arch::Amd64 => (-8, 0),
        Arch::Arm64 => (0, 16),
    };
    let end = if delta > 0 { top - 8 } else { top };
    let mut found = Vec::new();
    if delta > least
        && let Some((bits, map)) = stack_map(func, funcdata::LOCALS_POINTER_MAPS, index)
    {
        marked(end - bits * 8, bits, map, &mut found);
    }
    if func.args_size() > 0
        && let Some((bits, map)) = stack_map(func, funcdata::ARGS_POINTER_MAPS, index)
    {
        marked(argument_area(arch), bits, map, &mut found);
    }
    found
}

/// From the CFA to the arguments: arm64 keeps the saved link register in between.
const fn argument_area(arch: Arch) -> i64 {
    match arch {
        Arch::Amd64 => 0,
        Arch::Arm64 => 8,
    }
}

fn marked(start: i64, bits: i64, map: &[u8], found: &mut Vec<i64>) {
    for bit in 0..bits {
        let byte = usize::try_from(bit / 8).ok().and_then(|at| map.get(at));
        if byte.is_some_and(|byte| byte >> (bit % 8) & 1 != 0) {
            found.push(start + bit * 8);
        }
    }
}

/// Number of bits and bytes of one bitmap of a stack map: {n i32, nbit i32, bitmaps} (`runtime.stackmap`).
fn stack_map<'t>(func: &Func<'t>, table: u32, index: u64) -> Option<(i64, &'t [u8])> {
    let bytes = func.funcdata(table)?;
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let (bits, rest) = rest.split_first_chunk::<4>()?;
    let count = u64::try_from(i32::from_le_bytes(*count)).ok()?;
    let bits = u64::try_from(i32::from_le_bytes(*bits)).ok()?;
    if index >= count {
        return None;
    }
    let each = bits.div_ceil(8);
    let from = usize::try_from(index * each).ok()?;
    let to = from.checked_add(usize::try_from(each).ok()?)?;
    Some((i64::try_from(bits).ok()?, rest.get(from..to)?))
}

/// The words of arguments at a pc whose spilling is recorded: offset from the CFA, size, whether an actual value was stored
/// there. Below the first of them tracebacks take all for stored; arguments without a name never are.
pub(super) fn stored_arguments(arch: Arch, func: &Func<'_>, pc: Addr) -> Vec<(i64, u8, bool)> {
    let Some(first) = func
        .funcdata(funcdata::ARG_LIVE_INFO)
        .and_then(|info| info.first())
    else {
        return Vec::new();
    };
    let words = func.arg_words(pc, Addr(0)).unwrap_or_default();
    words
        .into_iter()
        .filter_map(|word| match word {
            ArgWord::Word { addr, size, live } if addr.0 >= u64::from(*first) => {
                Some((argument_area(arch) + addr.0.cast_signed(), size, live))
            }
            _ => None,
        })
        .collect()
}
