//! Captured variables: the closure object and the slots in it.
//!
//! ```text
//!  closure ─▶ +0 code  +8 capture  … each aligned, at its go_closure_offset (Go 1.23)
//! ```
//!
//! A slot holds the value itself (`n`), a pointer (`&v`, captured by reference), or, for a value the compiler keeps
//! in memory, the value although the name is `&big`. DWARF does not tell the last two apart; the room up to
//! the next capture does, or what stands in the slot. `cmd/compile/internal/walk/closure.go`,
//! `ir.ClosureVar.Byval`: a value of more than 128 bytes is never captured by value.

use super::location::NoLocation;
use super::variables::{Context, Raw};
use crate::addr::Addr;
use crate::memory::MemoryExt;
use crate::types::TypeRef;

/// Captured by value up to this size (`cmd/compile/internal/escape/escape.go`).
const MAX_BY_VALUE: u64 = 128;

/// Where a captured variable is.
pub(super) struct Captured {
    pub(super) addr: Addr,
    pub(super) by_reference: bool,
}

impl<'a> Context<'_, 'a> {
    /// The closure object: as the caller knows it, by the compiler's own `.closureptr` variable, or in its
    /// register while not one instruction has run.
    pub(super) fn closure(&self, all: &[Raw<'a>]) -> Option<Addr> {
        let known = self.frame.closure;
        let variable = || {
            let pointer = all.iter().find(|raw| raw.name == ".closureptr")?;
            self.word(pointer).ok().map(Addr)
        };
        let register = || {
            let at_entry = self.frame.pc == self.function.low && self.frame.inline_depth == 0;
            let registers = self.frame.registers;
            at_entry
                .then(|| registers.get(registers.arch().closure()))
                .flatten()
                .map(Addr)
        };
        let closure = known.or_else(variable).or_else(register)?;
        // It starts with the address of this function's code.
        let code = self.frame.memory.u64(closure).ok()?;
        (code == self.function.low.to_process(self.frame.bias).0).then_some(closure)
    }

    /// Where the captured variable with this slot is; `ty` is the variable's own type.
    pub(super) fn captured(
        &self,
        raw: &Raw<'a>,
        all: &[Raw<'a>],
        offset: u64,
        ty: TypeRef,
        named_as_pointer: bool,
        closure: Option<Addr>,
    ) -> Result<Captured, NoLocation> {
        let closure = closure.ok_or(NoLocation::Unknown(
            "captured, and the closure it was captured in is not known here",
        ))?;
        let slot = closure.offset(offset);
        let by_value = Captured {
            addr: slot,
            by_reference: false,
        };
        if !named_as_pointer {
            return Ok(by_value);
        }
        let Ok(ty) = self.types.resolve(ty) else {
            return Err(NoLocation::Unknown("its type could not be read"));
        };
        let memory = self.frame.memory;
        let pointer = memory.ptr(slot)?;
        let by_reference = Captured {
            addr: pointer,
            by_reference: true,
        };
        let room = all
            .iter()
            .filter(|other| other.die_offset() != raw.die_offset())
            .filter_map(|other| other.closure_offset?.checked_sub(offset))
            .filter(|room| *room > 0)
            .min();
        match room {
            _ if ty.size > MAX_BY_VALUE => Ok(by_reference),
            Some(room) if room < ty.size => Ok(by_reference),
            Some(room) if room > 8 => Ok(by_value),
            // The last slot, or a variable of one word: what stands there decides, if it can.
            _ => match memory.bytes(pointer, ty.size.max(1)) {
                Ok(_) if pointer.0 >= 4096 && pointer.0.is_multiple_of(8) && ty.size != 8 => {
                    Ok(by_reference)
                }
                Ok(_) if ty.size == 8 => Ok(by_reference),
                _ => Ok(by_value),
            },
        }
    }
}
