//! The type words of interfaces that the compiler keeps in no place.
//!
//! Which type a value has is mostly a constant, which is put into a register only to be used. Where the variable is given to a
//! function both words are side by side: the data, which is known, and the type word before it. It is the variable's when every
//! such call agrees.

use super::abi;
use super::infer::Part;
use super::variables::Context;
use crate::addr::FileAddr;
use crate::arch::Reg;
use crate::dwarf::Dwarf;
use crate::flow::{Held, Kept, Use};
use crate::types::{Kind, Type, TypeRef};

const WORD: u64 = 8;

impl Context<'_, '_> {
    /// The type word of an interface, as a piece of it, by the calls that its data is given to.
    pub(super) fn type_word<'h>(
        &self,
        ty: TypeRef,
        mut parts: impl Iterator<Item = &'h (Part, Held)>,
    ) -> Option<(u64, u8, Option<Kept>)> {
        let ty = self.types.resolve(ty).ok()?;
        if ty.kind != Kind::Interface {
            return None;
        }
        let (_, data) = parts.find(|(part, _)| part.place().1 == WORD)?;
        let of_type = |given: &&Use| self.is_given(&ty, given);
        let mut given = data.uses.iter().filter(of_type).map(|given| given.before);
        let word = given.next()??;
        let agree = given.all(|other| other == Some(word));
        (agree && self.is_static(word)).then_some((0, 8, Some(Kept::Constant(word))))
    }

    /// Whether a call has a parameter of a type in two registers.
    fn is_given(&self, ty: &Type, given: &Use) -> bool {
        let is_it = |dwarf: &Dwarf<'_>| {
            let entry: FileAddr = given.callee.to_file(self.types.bias());
            let function = dwarf.function_at(entry)?;
            let parameters = abi::parameters(self.types, dwarf, function.die)?;
            let arch = self.frame.registers.arch();
            let found = parameters.iter().any(|(argument, parameter)| {
                let same = self.types.resolve(parameter.ty);
                let is_same = same.is_ok_and(|of| of.kind == ty.kind && of.name == ty.name);
                let registers = || -> Option<Vec<Reg>> {
                    abi::argument_registers(self.types, &parameters, arch, *argument)
                };
                !parameter.is_result && is_same && registers().is_some_and(|r| r == given.registers)
            });
            Some(found)
        };
        is_it(self.dwarf).unwrap_or(false)
    }
}
