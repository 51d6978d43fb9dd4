//! Where the caller reserved room for a function's arguments: their stack places and spill homes.
//!
//! `cmd/compile/abi-internal.md`: arguments are assigned to registers in order, each wholly or not at all; what
//! does not fit goes on the stack, then the results that do not fit, then a *spill home* for every argument
//! that is in registers. The callee stores into a home only when it must, so what stands there may be
//! anything: Go's own traceback prints such arguments with a question mark, and so do we.

use super::generics;
use crate::addr::FileAddr;
use crate::arch::{Arch, Reg};
use crate::dwarf::Dwarf;
use crate::types::{Kind, Shape, TypeRef, Types};
use gimli::constants as dw;

/// Aggregates nest at most this deep before an argument is taken to be on the stack.
const MAX_DEPTH: usize = 16;
/// No function has more parameters that matter here.
const MAX_PARAMETERS: usize = 256;

/// Where an argument's bytes are or would be, from the start of the argument area.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Home {
    /// Passed on the stack: the bytes are there.
    Stack(u64),
    /// Passed in registers: the spill home.
    Spill(u64),
}

/// An argument of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Argument {
    /// With the DIE that declares it.
    Die(u64),
    /// The dictionary of type arguments, whether or not it has a DIE.
    Dictionary,
}

/// One parameter of a function, in declaration order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parameter {
    pub(super) ty: TypeRef,
    pub(super) is_result: bool,
}

/// From the CFA to the argument area: arm64 keeps the saved link register in between.
pub(super) const fn argument_area(arch: Arch) -> u64 {
    match arch {
        Arch::Amd64 => 0,
        Arch::Arm64 => 8,
    }
}

/// The homes of a Go function's arguments, each with the DIE that declares it; none when a type is not known.
///
/// In an optimised function the dictionary of type arguments is an argument without a DIE.
pub(super) fn argument_homes(
    types: &Types<'_>,
    parameters: &[(Argument, Parameter)],
    arch: Arch,
) -> Vec<(Argument, Home)> {
    let list: Vec<Parameter> = parameters.iter().map(|(_, p)| *p).collect();
    let homes = homes(types, arch, &list).unwrap_or_default();
    parameters
        .iter()
        .zip(homes)
        .filter_map(|((argument, _), home)| Some((*argument, home?)))
        .collect()
}

/// The registers that a Go function's argument is passed in; `None` where that cannot be told.
pub(super) fn argument_registers(
    types: &Types<'_>,
    parameters: &[(Argument, Parameter)],
    arch: Arch,
    argument: Argument,
) -> Option<Vec<Reg>> {
    let mut free = Registers::of(arch);
    for (of, parameter) in parameters {
        let mut after = free;
        let size = types.resolve(parameter.ty).ok()?.size;
        let is_passed = !parameter.is_result && size > 0;
        let is_passed = is_passed && after.assign(types, parameter.ty, 0)?;
        if *of == argument {
            let after = if is_passed { after } else { free };
            return Some(free.up_to(after, arch));
        }
        if is_passed {
            free = after;
        }
    }
    None
}

/// The parameters of a Go function with the DIEs that declare them; `None` when a type is not known.
pub(super) fn parameters(
    types: &Types<'_>,
    dwarf: &Dwarf<'_>,
    function: u64,
) -> Option<Vec<(Argument, Parameter)>> {
    let mut parameters: Vec<(Argument, Parameter)> = Vec::new();
    let mut names: Vec<&[u8]> = Vec::new();
    for die in dwarf.parameters(function) {
        let name = dwarf.name_of(die).unwrap_or_default();
        // Go 1.22 to 1.24 may write a result twice.
        if names.contains(&name) && name != b"_" {
            continue;
        }
        names.push(name);
        let ty = dwarf.ask(die, |a| a.reference(dw::DW_AT_type))?;
        let is_result = dwarf.ask(die, |a| Some(a.flag(dw::DW_AT_variable_parameter)));
        let parameter = Parameter {
            ty: TypeRef::Die(ty),
            is_result: is_result.unwrap_or(false),
        };
        let argument = if name == b".dict" {
            Argument::Dictionary
        } else {
            Argument::Die(die)
        };
        parameters.push((argument, parameter));
    }
    let name = dwarf.name_of(function).unwrap_or_default();
    if let Some(at) = generics::dictionary_position(name, types)
        && !parameters.iter().any(|(a, _)| *a == Argument::Dictionary)
        && let Some(pointer) = types.predeclared("uintptr")
    {
        let dictionary = Parameter {
            ty: pointer,
            is_result: false,
        };
        parameters.insert(at.min(parameters.len()), (Argument::Dictionary, dictionary));
    }
    Some(parameters)
}

impl Types<'_> {
    /// For each argument of the Go function that holds `pc`, in order: its name and where its bytes or spill home
    /// stand from the start of the argument area.
    pub fn argument_offsets(&self, pc: FileAddr, arch: Arch) -> Vec<(String, u64)> {
        let Some(dwarf) = self.dwarf() else {
            return Vec::new();
        };
        let Some(function) = dwarf.function_at(pc) else {
            return Vec::new();
        };
        let parameters = parameters(self, dwarf, function.die).unwrap_or_default();
        argument_homes(self, &parameters, arch)
            .into_iter()
            .filter_map(|(argument, Home::Stack(at) | Home::Spill(at))| {
                let name = match argument {
                    Argument::Die(die) => dwarf.name_of(die)?,
                    Argument::Dictionary => b".dict",
                };
                Some((String::from_utf8_lossy(name).into_owned(), at))
            })
            .collect()
    }
}

/// Homes of the arguments (`None` for results), in the order given. `None` when a type cannot be resolved.
pub(super) fn homes(
    types: &Types<'_>,
    arch: Arch,
    parameters: &[Parameter],
) -> Option<Vec<Option<Home>>> {
    if parameters.len() > MAX_PARAMETERS {
        return None;
    }
    let mut homes = vec![None; parameters.len()];
    let mut stack = 0u64;
    let mut spilled = Vec::new();
    for results in [false, true] {
        let mut free = Registers::of(arch);
        for (index, parameter) in parameters.iter().enumerate() {
            if parameter.is_result != results {
                continue;
            }
            let ty = types.resolve(parameter.ty).ok()?;
            let align = alignment(types, parameter.ty, 0)?;
            let mut after = free;
            if ty.size > 0 && after.assign(types, parameter.ty, 0)? {
                free = after;
                if !results {
                    spilled.push((index, ty.size, align));
                }
            } else {
                stack = stack.checked_next_multiple_of(align)?;
                if !results && let Some(home) = homes.get_mut(index) {
                    *home = Some(Home::Stack(stack));
                }
                stack = stack.checked_add(ty.size)?;
            }
        }
        stack = stack.checked_next_multiple_of(8)?;
    }
    for (index, size, align) in spilled {
        stack = stack.checked_next_multiple_of(align)?;
        *homes.get_mut(index)? = Some(Home::Spill(stack));
        stack = stack.checked_add(size)?;
    }
    Some(homes)
}

/// Whether the compiler keeps a type's variables as separate parts (`cmd/compile/internal/ssa.CanSSA`): up to
/// four words, four fields, and no arrays of more than one element.
pub(super) fn is_taken_apart(types: &Types<'_>, id: TypeRef) -> bool {
    is_taken_apart_within(types, id, 0)
}

fn is_taken_apart_within(types: &Types<'_>, id: TypeRef, depth: usize) -> bool {
    const MAX_SIZE: u64 = 32;
    const MAX_FIELDS: usize = 4;
    let Ok(ty) = types.resolve(id) else {
        return false;
    };
    let part = |id| is_taken_apart_within(types, id, depth + 1);
    ty.size <= MAX_SIZE
        && depth < MAX_DEPTH
        && match &ty.shape {
            Shape::Struct { fields } => {
                fields.len() <= MAX_FIELDS && fields.iter().all(|field| part(field.ty))
            }
            Shape::Array { elem, len } => *len <= 1 && part(*elem),
            Shape::Opaque => false,
            _ => true,
        }
}

/// Registers still free.
#[derive(Clone, Copy)]
struct Registers {
    integer: u32,
    float: u32,
}

impl Registers {
    const fn of(arch: Arch) -> Self {
        match arch {
            Arch::Amd64 => Self {
                integer: 9,
                float: 15,
            },
            Arch::Arm64 => Self {
                integer: 16,
                float: 16,
            },
        }
    }

    /// Those that were taken since, until `after` of them are left.
    fn up_to(self, after: Self, arch: Arch) -> Vec<Reg> {
        let (integers, floats): (&[u16], u16) = match arch {
            Arch::Amd64 => (&[0, 3, 2, 5, 4, 8, 9, 10, 11], 17),
            Arch::Arm64 => (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 64),
        };
        let all = Self::of(arch);
        let taken = |all: u32, from: u32, to: u32| (all - from) as usize..(all - to) as usize;
        let integer = integers.get(taken(all.integer, self.integer, after.integer));
        let float = taken(all.float, self.float, after.float);
        let float = float.filter_map(|n| Some(Reg(floats + u16::try_from(n).ok()?)));
        let integer = integer.into_iter().flatten().map(|number| Reg(*number));
        integer.chain(float).collect()
    }

    fn take(&mut self, integer: u32, float: u32) -> bool {
        let left = self
            .integer
            .checked_sub(integer)
            .zip(self.float.checked_sub(float));
        if let Some((integer, float)) = left {
            *self = Self { integer, float };
        }
        left.is_some()
    }

    /// Whether a value fits the free registers, which it then takes; `None` for unresolvable types.
    fn assign(&mut self, types: &Types<'_>, id: TypeRef, depth: usize) -> Option<bool> {
        if depth > MAX_DEPTH {
            return Some(false);
        }
        let ty = types.resolve(id).ok()?;
        Some(match (&ty.shape, ty.kind) {
            (_, Kind::Float32 | Kind::Float64) => self.take(0, 1),
            (_, Kind::Complex64 | Kind::Complex128) => self.take(0, 2),
            (Shape::String | Shape::Interface { .. }, _) => self.take(2, 0),
            (Shape::Slice { .. }, _) => self.take(3, 0),
            (Shape::Struct { fields }, _) => {
                for field in fields {
                    if !self.assign(types, field.ty, depth + 1)? {
                        return Some(false);
                    }
                }
                true
            }
            (Shape::Array { len: 0, .. }, _) => true,
            (Shape::Array { len: 1, elem }, _) => self.assign(types, *elem, depth + 1)?,
            (Shape::Array { .. } | Shape::Opaque, _) => false,
            _ => self.take(1, 0),
        })
    }
}

/// Alignment of a type, which neither source states as such.
fn alignment(types: &Types<'_>, id: TypeRef, depth: usize) -> Option<u64> {
    if depth > MAX_DEPTH {
        return None;
    }
    let ty = types.resolve(id).ok()?;
    Some(match &ty.shape {
        Shape::Scalar => match ty.kind {
            Kind::Complex64 | Kind::Complex128 => ty.size / 2,
            _ => ty.size,
        }
        .clamp(1, 8),
        Shape::Array { elem, .. } => alignment(types, *elem, depth + 1)?,
        Shape::Struct { fields } => {
            let mut align = 1;
            for field in fields {
                align = align.max(alignment(types, field.ty, depth + 1)?);
            }
            align
        }
        _ => 8,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::CoreMemory;
    use std::sync::Arc;

    fn types() -> Types<'static> {
        Types::new(Arc::new(CoreMemory::default()), None, Vec::new(), None)
    }

    #[test]
    fn the_example_of_the_abi_document_comes_out_as_printed_there() {
        // func f(a1 uint8, a2 [2]uintptr, a3 uint8) (r1 struct{x uintptr; y [2]uintptr}, r2 string), with r1 as
        // an array of the same size and alignment.
        let types = types();
        let basic = |name| types.predeclared(name).unwrap();
        let parameter = |ty, is_result| Parameter { ty, is_result };
        let list = [
            parameter(basic("uint8"), false),
            parameter(types.array_of(basic("uintptr"), 2), false),
            parameter(basic("uint8"), false),
            parameter(types.array_of(basic("uintptr"), 3), true),
            parameter(basic("string"), true),
        ];
        assert_eq!(
            homes(&types, Arch::Amd64, &list).unwrap(),
            [
                Some(Home::Spill(40)),
                Some(Home::Stack(0)),
                Some(Home::Spill(41)),
                None,
                None
            ]
        );
    }

    #[test]
    fn an_argument_that_does_not_fit_goes_on_the_stack_whole() {
        let types = types();
        let basic = |name| types.predeclared(name).unwrap();
        let words = |count| {
            let argument = Parameter {
                ty: basic("int"),
                is_result: false,
            };
            vec![argument; count]
        };
        let string = Parameter {
            ty: basic("string"),
            is_result: false,
        };
        let mut list = words(8);
        list.push(string);
        list.extend(words(1));
        let homes = homes(&types, Arch::Amd64, &list).unwrap();
        assert_eq!(homes[8], Some(Home::Stack(0)));
        // The ninth register is still free for what follows.
        assert_eq!(homes[9], Some(Home::Spill(16 + 8 * 8)));
    }
}
