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

use super::abi;
use super::arrange::is_compilers;
use super::generics;
use super::variables::{Context, Raw};
use crate::addr::{Addr, FileAddr};
use crate::dwarf::{NoLocation, go};
use crate::memory::MemoryExt;
use crate::types::{Shape, Type, TypeRef, Types};
use gimli::constants as dw;

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
            let at_entry = self.frame.pc == self.known.function.low && self.frame.inline_depth == 0;
            let registers = self.frame.registers;
            at_entry
                .then(|| registers.get(registers.arch().closure()))
                .flatten()
                .map(Addr)
        };
        let closure = known.or_else(variable).or_else(register)?;
        // It starts with the address of this function's code.
        let code = self.frame.memory.u64(closure).ok()?;
        (code == self.known.function.low.to_process(self.types.bias()).0).then_some(closure)
    }

    /// Where the captured variable with this slot is; `ty` is the variable's own type.
    pub(super) fn captured(
        &self,
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
        let offsets: Vec<u64> = all.iter().filter_map(|raw| raw.closure_offset).collect();
        match holds_pointer(
            &ty,
            abi::is_taken_apart(self.types, ty.id),
            offset,
            &offsets,
        ) {
            Some(true) => Ok(by_reference),
            Some(false) => Ok(by_value),
            // What stands there decides, if it can: numbers are no addresses.
            None => match memory.bytes(pointer, ty.size) {
                Ok(_) if pointer.0 >= LOWEST && pointer.0.is_multiple_of(8) => Ok(by_reference),
                _ => Ok(by_value),
            },
        }
    }
}

/// No mapping starts below this on Linux (`vm.mmap_min_addr`).
const LOWEST: u64 = 4096;

/// Whether the slot of a `&v` capture holds a pointer (captured by reference) or the value itself; `None` when
/// DWARF leaves it open: a value of the kind that is kept in memory, in the last slot or before one that
/// optimised code has no variable for.
fn holds_pointer(ty: &Type, is_taken_apart: bool, offset: u64, all: &[u64]) -> Option<bool> {
    // Captured by value, a type that the compiler takes apart would be named without the `&`.
    if is_taken_apart || ty.size > MAX_BY_VALUE {
        return Some(true);
    }
    let room = all
        .iter()
        .filter_map(|other| other.checked_sub(offset))
        .filter(|room| *room > 0)
        .min()?;
    match room {
        room if room < ty.size => Some(true),
        room if room == ty.size.next_multiple_of(8) => Some(false),
        _ => None,
    }
}

/// A slot of a closure object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaptureSlot {
    /// The captured variable's name.
    pub name: String,
    /// The variable's own type.
    pub ty: TypeRef,
    /// From the start of the closure object.
    pub offset: u64,
    /// The slot holds the variable's address; otherwise its value.
    pub by_reference: bool,
    /// Of a closure in a generic function: the type is a stand-in, and where the closure has the real one.
    pub argument: Option<TypeArgument>,
}

/// Where a closure in a generic function has a type argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeArgument {
    /// In the dictionary whose address is at an offset of the closure, the word with an index.
    At {
        /// The dictionary's slot, from the start of the closure object.
        dictionary: u64,
        /// The word in it.
        index: u64,
    },
    /// It cannot be told.
    Unknown,
}

impl Types<'_> {
    /// The slots of the closure objects of the function that starts at `entry`, by offset; empty where DWARF
    /// does not tell (up to Go 1.22). A slot of which it cannot be told whether it holds the value or a
    /// pointer is left out.
    ///
    /// The compiler's wrappers of `go` and `defer` statements (`gowrap1`, `deferwrap1`) capture the arguments of the
    /// call, which have no names of their own; here they are `~a0`, `~a1`.
    pub fn capture_slots(&self, entry: FileAddr) -> Vec<CaptureSlot> {
        let Some(dwarf) = self.dwarf() else {
            return Vec::new();
        };
        let Some(function) = dwarf.function_at(entry).filter(|f| f.low == entry) else {
            return Vec::new();
        };
        let mut found: Vec<(String, u64, u64)> = Vec::new();
        // What breaks off is left out.
        let _ = dwarf.children_of(function.die, |unit, die| {
            let at = unit.section_offset(die.offset());
            let offset = dwarf.ask(at, |a| a.unsigned(go::CLOSURE_OFFSET));
            let ty = dwarf.ask(at, |a| a.reference(dw::DW_AT_type));
            if let (Some(name), Some(offset), Some(ty)) = (dwarf.name_of(at), offset, ty) {
                found.push((String::from_utf8_lossy(name).into_owned(), offset, ty));
            }
        });
        let offsets: Vec<u64> = found.iter().map(|(_, offset, _)| *offset).collect();
        let stand_ins = generics::stand_ins(dwarf, function.die);
        let dictionary = found
            .iter()
            .find(|(name, ..)| name == ".dict")
            .map(|(_, offset, _)| *offset);
        let is_wrapper = dwarf
            .ask(function.die, |a| Some(a.flag(dw::DW_AT_trampoline)))
            .unwrap_or(false);
        if is_wrapper {
            found.sort_by_key(|(_, offset, _)| *offset);
            let unnamed = found
                .iter_mut()
                .filter(|(name, ..)| name.starts_with(".autotmp"));
            for (index, (name, ..)) in unnamed.enumerate() {
                *name = format!("~a{index}");
            }
        }
        let mut slots: Vec<CaptureSlot> = found
            .iter()
            .filter(|(name, ..)| !is_compilers(name))
            .filter_map(|(name, offset, ty)| {
                let declared = self.resolve(TypeRef::Die(*ty)).ok()?;
                let argument = generics::is_shape(dwarf, *ty).then(|| {
                    let index = generics::stand_in(&stand_ins, *ty);
                    match dictionary.zip(index) {
                        Some((dictionary, index)) if !name.starts_with('&') => {
                            TypeArgument::At { dictionary, index }
                        }
                        _ => TypeArgument::Unknown,
                    }
                });
                let (ty, by_reference) = match (name.strip_prefix('&'), &declared.shape) {
                    (Some(_), Shape::Pointer { elem: Some(elem) }) => {
                        let ty = self.resolve(*elem).ok()?;
                        let apart = abi::is_taken_apart(self, *elem);
                        (*elem, holds_pointer(&ty, apart, *offset, &offsets)?)
                    }
                    (Some(_), _) => return None,
                    (None, _) => (declared.id, false),
                };
                Some(CaptureSlot {
                    name: name.trim_start_matches('&').to_owned(),
                    ty,
                    offset: *offset,
                    by_reference,
                    argument,
                })
            })
            .collect();
        slots.sort_by_key(|slot| slot.offset);
        slots
    }
}
