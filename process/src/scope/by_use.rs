//! Values by the calls that variables are given to.
//!
//! Where the program's text has a call that a variable is given to as it is, and nothing assigns it between here and there,
//! what the call's registers get is the variable's value ([`crate::source::Given`]). Named results and constants have no
//! other name in the code.

use super::abi::{self, Argument};
use super::arrange::{Standing, Variable};
use super::variables::Context;
use crate::arch::Reg;
use crate::flow::{Handed, Kept};
use crate::source::Given;
use crate::types::{Kind, Type};

const WORD: u64 = 8;

impl Context<'_, '_> {
    /// Gives a variable the value that some call gets as its argument. `function` is the one whose variable it is.
    pub(super) fn by_use(
        &self,
        variable: &mut Variable,
        calls: &[Given],
        function: &str,
        handed: &[Handed],
    ) {
        let Ok(ty) = self.types.resolve(variable.ty) else {
            return;
        };
        for given in calls {
            let mut fitting = handed.iter().filter(|of| self.is_call(of, given, function));
            let (Some(call), None) = (fitting.next(), fitting.next()) else {
                continue;
            };
            let Some(registers) = self.parameter(&ty, call, given.argument) else {
                continue;
            };
            let line = given.line;
            let why = format!(
                "by the source: the call on line {line} gets it, nothing assigns it between here and there, and what that gets"
            );
            self.assemble(variable, pieces(&ty, &registers, call).into_iter(), &why);
            if matches!(variable.standing, Standing::Inferred(_)) {
                return;
            }
        }
    }

    /// Whether a call is the one that stands in the text.
    fn is_call(&self, call: &Handed, given: &Given, function: &str) -> bool {
        let symbols = self.frame.program.map(|program| program.symbols);
        let callee = symbols.and_then(|symbols| symbols.find(call.callee));
        let is_named = callee.is_some_and(|callee| {
            let (path, name) = split(callee.name());
            match given.callee.split_once('.') {
                // By the last part of its package's path, as it is mostly called.
                Some((package, of)) => path.rsplit('/').next() == Some(package) && name == of,
                None => path == split(function).0 && name == given.callee,
            }
        });
        is_named && self.line_at(call.at, self.frame.inline_depth) == Some(given.line)
    }

    /// The registers of a call's argument, when it has a type.
    fn parameter(&self, ty: &Type, call: &Handed, argument: usize) -> Option<Vec<Reg>> {
        let entry = call.callee.to_file(self.types.bias());
        let function = self.dwarf.function_at(entry)?;
        let parameters = abi::parameters(self.types, self.dwarf, function.die)?;
        let is_argument = |(of, parameter): &&(Argument, abi::Parameter)| {
            !parameter.is_result && *of != Argument::Dictionary
        };
        let (of, parameter) = parameters.iter().filter(is_argument).nth(argument)?;
        let same = self.types.resolve(parameter.ty).ok()?;
        let arch = self.frame.registers.arch();
        let registers = abi::argument_registers(self.types, &parameters, arch, *of)?;
        (same.kind == ty.kind && same.name == ty.name).then_some(registers)
    }
}

/// A function's package and its name in that.
fn split(function: &str) -> (&str, &str) {
    let from = function.rfind('/').map_or(0, |slash| slash + 1);
    let dot = function.get(from..).and_then(|last| last.find('.'));
    dot.and_then(|dot| function.split_at_checked(from + dot))
        .map_or(("", function), |(package, name)| {
            (package, name.trim_start_matches('.'))
        })
}

/// The pieces of a value by the registers that it is given in; none of types that are not made of words.
fn pieces(ty: &Type, registers: &[Reg], call: &Handed) -> Vec<(u64, u8, Option<Kept>)> {
    let is_one = registers.len() == 1 && ty.size <= WORD;
    let is_words = registers.len() as u64 * WORD == ty.size;
    if matches!(ty.kind, Kind::Struct | Kind::Array) || !is_one && !is_words {
        return Vec::new();
    }
    let bytes = u8::try_from(ty.size.min(WORD)).unwrap_or(8);
    let words = (0u64..).zip(registers);
    let kept = |reg: &Reg| {
        let mut of = call.words.iter();
        let (.., kept) = of.find(|(of, known, _)| of == reg && bytes <= *known)?;
        Some(*kept)
    };
    words
        .map(|(word, reg)| (word * WORD, bytes, kept(reg)))
        .collect()
}
