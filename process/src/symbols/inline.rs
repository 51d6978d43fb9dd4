//! Inlined calls from the inline tree, without DWARF.
//!
//! `runtime/symtabinl.go` (up to 1.20 `runtime/symtab.go`): pcdata `InlTreeIndex` at a pc names a record of the
//! tree; the record names the inlined function and, as `parentPc`, an instruction that stands for the call
//! site, whose position and index give the next frame outwards. −1 ends the chain at the function itself.

use super::bytes::{i32_at, u32_at};
use super::func::{Func, Position, funcdata, pcdata};
use super::name;
use super::pclntab::Generation;
use crate::addr::Addr;
use std::borrow::Cow;

/// Deeper than any inliner goes: its budget forbids more than a few dozen levels.
const MAX_DEPTH: u32 = 512;

/// One logical frame: a function, inlined or physical, and where in it execution stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InlineFrame<'t> {
    /// Name as the linker stores it.
    pub name: &'t str,
    /// Where execution stands in it: the pc's own position when innermost, else the call site.
    pub position: Position<'t>,
    /// The pc whose table entries gave the position.
    pub pc: Addr,
    /// Whether the function was inlined here; false for the last frame only.
    pub inlined: bool,
    /// Line of the `func` keyword; recorded since 1.20.
    pub start_line: Option<u32>,
    /// Its `funcID`, see [`super::FuncTable::is_wrapper_id`].
    pub func_id: u8,
}

impl<'t> InlineFrame<'t> {
    /// Name as a traceback prints it.
    pub fn printed_name(&self) -> Cow<'t, str> {
        name::printed(self.name)
    }
}

/// One record of the inline tree.
struct Call<'t> {
    name: &'t str,
    parent_pc: u32,
    start_line: Option<u32>,
    func_id: u8,
}

impl<'t> Call<'t> {
    fn read(func: &Func<'t>, tree: &[u8], index: u32) -> Option<Self> {
        let generation = func.table().pcln().generation;
        let (size, id, name, parent_pc, start_line) = match generation {
            Generation::Go118 => (20, 2, 12, 16, None),
            Generation::Go120 => (16, 0, 4, 8, Some(12)),
        };
        let start = usize::try_from(index).ok()?.checked_mul(size)?;
        let record = tree.get(start..start.checked_add(size)?)?;
        Some(Self {
            name: func.name_offset_string(u32_at(record, name)?),
            parent_pc: u32::try_from(i32_at(record, parent_pc)?).ok()?,
            start_line: start_line.and_then(|at| u32_at(record, at)),
            func_id: *record.get(id)?,
        })
    }
}

/// The logical frames at one pc, innermost first; at least one, the function itself.
#[derive(Clone, Debug)]
pub struct InlineFrames<'t> {
    func: Func<'t>,
    tree: Option<&'t [u8]>,
    pc: Option<Addr>,
    left: u32,
}

impl<'t> InlineFrames<'t> {
    pub(super) fn new(func: Func<'t>, pc: Addr) -> Self {
        Self {
            func,
            tree: func.funcdata(funcdata::INL_TREE),
            pc: Some(pc),
            left: MAX_DEPTH,
        }
    }
}

impl<'t> Iterator for InlineFrames<'t> {
    type Item = InlineFrame<'t>;

    fn next(&mut self) -> Option<InlineFrame<'t>> {
        let pc = self.pc.take()?;
        let position = self.func.position(pc);
        let call = self.tree.filter(|_| self.left > 0).and_then(|tree| {
            let index = self.func.pcdata(pcdata::INL_TREE_INDEX, pc);
            Call::read(&self.func, tree, u32::try_from(index).ok()?)
        });
        let Some(call) = call else {
            return Some(InlineFrame {
                name: self.func.name(),
                position,
                pc,
                inlined: false,
                start_line: self.func.start_line(),
                func_id: self.func.func_id(),
            });
        };
        self.left -= 1;
        self.pc = Some(self.func.entry.offset(u64::from(call.parent_pc)));
        Some(InlineFrame {
            name: call.name,
            position,
            pc,
            inlined: true,
            start_line: call.start_line,
            func_id: call.func_id,
        })
    }
}
