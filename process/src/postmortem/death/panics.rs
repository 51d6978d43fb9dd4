//! Panics in flight: the records that `gopanic` keeps on the stack of the panicking goroutine.
//!
//! `g._panic` links them newest first. Before printing, `preprintpanics` replaces the argument of each that is
//! an error or a Stringer by the string it gave (`runtime/panic.go`), so the record has the text, and the value
//! itself remains only where `gopanic` was given it: in the spill slot of its argument.

use crate::addr::Addr;
use crate::arch::Arch;
use crate::memory::MemoryExt;
use crate::runtime::Runtime;
use crate::symbols::Symbols;
use crate::unwind::Stack;

/// More panics than this nest only in a corrupted list.
const MOST: usize = 1000;

/// The two words of an `interface {}`: type descriptor and data word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Eface {
    /// Address of the type's descriptor; null for a nil interface.
    pub ty: Addr,
    /// The data word: the value itself or its address, depending on the type.
    pub data: u64,
}

/// One `runtime._panic`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PanicRecord {
    /// Where the record stands, on the goroutine's stack.
    pub addr: Addr,
    /// What it holds now: the value given to `panic`, or the text that value gave of itself.
    pub arg: Eface,
    /// What `panic` was given, from the argument's slot of the `gopanic` frame; may be stale.
    pub given: Option<Eface>,
    /// A deferred call recovered it.
    pub recovered: bool,
    /// The same value was raised again by a later record (1.25 and later).
    pub repanicked: bool,
    /// Not a panic: `runtime.Goexit` runs the deferred calls.
    pub goexit: bool,
}

/// The records of a goroutine, oldest first. A list that breaks off gives what was had.
pub(super) fn read(
    runtime: &Runtime<'_>,
    newest: Addr,
    stack: &Stack,
    symbols: &Symbols<'_>,
    arch: Arch,
) -> Vec<PanicRecord> {
    let mut records: Vec<PanicRecord> = Vec::new();
    let mut next = newest;
    while !next.is_null() && records.len() < MOST && !records.iter().any(|r| r.addr == next) {
        let structure = runtime.structure("runtime._panic", next);
        let flag = |path: &str| structure.uint(path).is_ok_and(|value| value != 0);
        let Ok((arg, _)) = structure.addr_of("arg") else {
            break;
        };
        let Some(arg) = eface(runtime, arg) else {
            break;
        };
        records.push(PanicRecord {
            addr: next,
            arg,
            given: given(runtime, next, stack, symbols, arch),
            recovered: flag("recovered"),
            repanicked: flag("repanicked"),
            goexit: flag("goexit"),
        });
        next = structure.ptr("link").unwrap_or(Addr::NULL);
    }
    records.reverse();
    records
}

/// The two words at an address.
fn eface(runtime: &Runtime<'_>, addr: Addr) -> Option<Eface> {
    let ty = runtime.memory.ptr(addr).ok()?;
    let data = runtime.memory.u64(addr.offset(8)).ok()?;
    Some(Eface { ty, data })
}

/// The argument of the `gopanic` whose frame holds the record.
fn given(
    runtime: &Runtime<'_>,
    record: Addr,
    stack: &Stack,
    symbols: &Symbols<'_>,
    arch: Arch,
) -> Option<Eface> {
    let frame = stack
        .frames
        .iter()
        .find(|f| f.sp <= record && record < f.cfa)?;
    let func = symbols.find(frame.pc)?;
    (func.name() == "runtime.gopanic").then(|| eface(runtime, frame.argp(arch)))?
}
