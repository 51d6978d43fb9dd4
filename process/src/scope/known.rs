//! What DWARF says of the code at a pc, whichever goroutine stands there.
//!
//! Thousands of goroutines stand at the same few instructions. Which variables are in scope, where their lists have them, and
//! what the code tells of their parts is read once for each; only the frame, its registers and memory differ.

use super::abi::{self, Argument, Home, Parameter};
use super::generics;
use super::infer::Part;
use super::levels::Scoped;
use super::variables::{Context, Frame, FrameVariables, Raw, VariablesError};
use crate::addr::{Addr, FileAddr};
use crate::dwarf::{Dwarf, FunctionDie, Slice, go};
use crate::flow::{Handed, Held};
use crate::types::Types;
use gimli::constants as dw;
use gimli::{AttributeValue, Expression};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// So many pcs are kept; then all begin anew.
const MOST_KEPT: usize = 4096;

/// The parts of variables that are followed, with what the code tells of each; and what calls are given.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) parts: Vec<(Part, Held)>,
    pub(super) handed: Vec<Handed>,
}

/// One level of inlining: the function itself, or a call inlined into it.
pub(super) struct Level<'a> {
    /// The line that declares the function.
    pub(super) line: Option<u64>,
    /// Variables in scope in DIE order, parameters that this instance leaves out among them.
    pub(super) variables: Vec<Raw<'a>>,
}

/// The code at a pc.
pub(super) struct Known<'a> {
    pub(super) function: FunctionDie,
    pub(super) frame_base: Option<Expression<Slice<'a>>>,
    /// The function first, then the calls inlined into it, outermost first; never empty.
    pub(super) levels: Vec<Level<'a>>,
    /// The stand-ins for the function's type arguments.
    pub(super) stand_ins: Vec<(u64, u64)>,
    /// The function's parameters, none where a type is not known, and where they were put; once somebody asked.
    parameters: OnceLock<Vec<(Argument, Parameter)>>,
    homes: OnceLock<Vec<(Argument, Home)>>,
    /// What the code tells behind a call and where it was interrupted.
    held: [OnceLock<Arc<Parts>>; 2],
}

impl<'a> Known<'a> {
    fn read(dwarf: &Dwarf<'a>, pc: FileAddr) -> Result<Self, VariablesError> {
        let (unit, function) = dwarf
            .units()
            .at_pc(dwarf, pc)
            .find_map(|unit| Some((unit, unit.function_at(dwarf, pc)?)))
            .ok_or(VariablesError::NoFunction(pc))?;
        let (_, die) = dwarf.die(function.die)?;
        let frame_base = match die.attr_value(dw::DW_AT_frame_base) {
            Some(AttributeValue::Exprloc(expression)) => Some(expression),
            _ => None,
        };
        let levels = dwarf.levels(unit, function.die, pc)?;
        let levels = levels.into_iter().map(|(die, scoped)| {
            let of = scoped.into_iter();
            let mut variables = of.filter_map(|scoped| raw(dwarf, pc, scoped)).collect();
            add_missing_parameters(dwarf, pc, die, &mut variables);
            Level {
                line: dwarf.ask(die, |a| a.unsigned(dw::DW_AT_decl_line)),
                variables,
            }
        });
        Ok(Self {
            function,
            frame_base,
            levels: levels.collect(),
            stand_ins: generics::stand_ins(dwarf, function.die),
            parameters: OnceLock::new(),
            homes: OnceLock::new(),
            held: Default::default(),
        })
    }

    /// What the code tells of the parts of variables; `find` finds it at the first question.
    pub(super) fn held(&self, interrupted: bool, find: impl FnOnce() -> Parts) -> Arc<Parts> {
        let [behind, at] = &self.held;
        let held = if interrupted { at } else { behind };
        Arc::clone(held.get_or_init(|| Arc::new(find())))
    }
}

/// The variables of the frames of one program; what they have in common is kept.
#[derive(Default)]
pub struct Scopes<'a> {
    /// By the process's address: what it loaded may have the same addresses in its files.
    by_pc: Mutex<FxHashMap<Addr, Arc<Known<'a>>>>,
}

impl<'a> Scopes<'a> {
    /// The variables in scope in a frame of the program that the types are of.
    ///
    /// # Errors
    ///
    /// Only when DWARF cannot tell which variables there are. A variable that cannot be located is in the list.
    pub fn variables(
        &self,
        types: &Types<'a>,
        frame: &Frame<'_>,
    ) -> Result<FrameVariables, VariablesError> {
        let context = self.context(types, frame)?;
        let level = context.known.levels.get(frame.inline_depth);
        Ok(context.variables(level.ok_or(VariablesError::NoInlinedCall)?))
    }

    /// A frame with all that belongs to it.
    pub(super) fn context<'r>(
        &self,
        types: &'r Types<'a>,
        frame: &Frame<'r>,
    ) -> Result<Context<'r, 'a>, VariablesError> {
        let dwarf = types.dwarf().ok_or(VariablesError::NoDwarf)?;
        let known = self.at(dwarf, frame.pc, frame.pc.to_process(types.bias()))?;
        Ok(Context {
            dwarf,
            types,
            unit: dwarf.units().containing(known.function.die)?,
            known,
            frame: *frame,
        })
    }

    /// The code at a pc, read at the first question about it.
    fn at(
        &self,
        dwarf: &Dwarf<'a>,
        pc: FileAddr,
        process: Addr,
    ) -> Result<Arc<Known<'a>>, VariablesError> {
        let kept = || self.by_pc.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().get(&process) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(Known::read(dwarf, pc)?);
        let mut kept = kept();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(process, Arc::clone(&known));
        Ok(known)
    }
}

impl Context<'_, '_> {
    /// The parameters of the physical function; none where a type is not known.
    pub(super) fn parameters(&self) -> &[(Argument, Parameter)] {
        self.known.parameters.get_or_init(|| {
            abi::parameters(self.types, self.dwarf, self.known.function.die).unwrap_or_default()
        })
    }

    /// Where its arguments were put.
    pub(super) fn homes(&self) -> &[(Argument, Home)] {
        let arch = self.frame.registers.arch();
        let homes = &self.known.homes;
        homes.get_or_init(|| abi::argument_homes(self.types, self.parameters(), arch))
    }
}

fn raw<'a>(dwarf: &Dwarf<'a>, pc: FileAddr, scoped: Scoped) -> Option<Raw<'a>> {
    let (unit, die) = dwarf.die(scoped.die).ok()?;
    let ask = |at| dwarf.ask(scoped.die, move |a| a.unsigned(at));
    let name = dwarf.name_of(scoped.die)?;
    let type_die = dwarf.ask(scoped.die, |a| a.reference(dw::DW_AT_type))?;
    let found = die.attr_value(dw::DW_AT_location).and_then(|value| {
        let found = dwarf.expression_at(unit, value, pc, scoped.die);
        found.ok().flatten()
    });
    let is_result = dwarf.ask(scoped.die, |a| {
        a.has(dw::DW_AT_variable_parameter)
            .then(|| a.flag(dw::DW_AT_variable_parameter))
    });
    Some(Raw {
        name: String::from_utf8_lossy(name).into_owned(),
        type_die,
        dictionary_index: generics::dictionary_index(dwarf, type_die),
        line: ask(dw::DW_AT_decl_line),
        is_parameter: scoped.is_parameter,
        is_result: is_result.unwrap_or(false),
        closure_offset: ask(go::CLOSURE_OFFSET),
        block: scoped.block,
        die: scoped.die,
        declaration: dwarf.declaration(scoped.die),
        found,
    })
}

/// An instance leaves out parameters it has no use for; its abstract instance still names them. An escaping one may be
/// there as `&x` only.
fn add_missing_parameters<'a>(
    dwarf: &Dwarf<'a>,
    pc: FileAddr,
    function: u64,
    variables: &mut Vec<Raw<'a>>,
) {
    for (index, declaration) in dwarf.parameters(function).into_iter().enumerate() {
        let scoped = Scoped {
            die: declaration,
            is_parameter: true,
            block: 0,
        };
        if let Some(parameter) = raw(dwarf, pc, scoped)
            && !variables.iter().any(|r| {
                r.declaration == declaration
                    || r.block == 0 && r.name.trim_start_matches('&') == parameter.name
            })
        {
            variables.insert(index.min(variables.len()), parameter);
        }
    }
}
