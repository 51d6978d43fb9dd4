//! One function of the pc-line table: name, place, line table, stack deltas, pcdata and funcdata.
//!
//! The record is `runtime._func` (`runtime/runtime2.go`). The linker lays it out by itself, so its shape is a
//! matter of the table's [`Generation`], not of the executable's DWARF: a fixed head, then `npcdata` offsets
//! into pctab, then `nfuncdata` offsets from `moduledata.gofunc`.

use super::bytes::{c_str_at, from, i32_at, u32_at};
use super::inline::InlineFrames;
use super::name;
use super::pclntab::Generation;
use super::pcvalue::{Ascending, PcRanges};
use super::table::FuncTable;
use crate::addr::Addr;
use std::borrow::Cow;

/// Indexes of pcdata tables (`internal/abi/symtab.go`), the same since 1.18.
pub mod pcdata {
    /// Unsafe points, for asynchronous preemption.
    pub const UNSAFE_POINT: u32 = 0;
    /// Index into the stack maps.
    pub const STACK_MAP_INDEX: u32 = 1;
    /// Index into the inline tree.
    pub const INL_TREE_INDEX: u32 = 2;
    /// Index into the liveness of register arguments' spill slots.
    pub const ARG_LIVE_INDEX: u32 = 3;
}

/// Indexes of funcdata tables (`internal/abi/symtab.go`), the same since 1.18.
pub mod funcdata {
    /// Which words of the arguments hold pointers.
    pub const ARGS_POINTER_MAPS: u32 = 0;
    /// Which words of the locals hold pointers.
    pub const LOCALS_POINTER_MAPS: u32 = 1;
    /// Variables on the stack whose address is taken.
    pub const STACK_OBJECTS: u32 = 2;
    /// The inline tree.
    pub const INL_TREE: u32 = 3;
    /// Where open-coded defers keep their state.
    pub const OPEN_CODED_DEFER_INFO: u32 = 4;
    /// What a traceback prints of the arguments.
    pub const ARG_INFO: u32 = 5;
    /// Which of those are live where.
    pub const ARG_LIVE_INFO: u32 = 6;
    /// For a method value's wrapper, what it wraps.
    pub const WRAP_INFO: u32 = 7;
}

/// Bits of `_func.flag` (`internal/abi/symtab.go:FuncFlag`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FuncFlags(pub u8);

impl FuncFlags {
    /// The outermost frame of its stack: unwinding ends here, complete.
    pub const fn top_frame(self) -> bool {
        self.0 & 1 != 0
    }
    /// Writes the stack pointer in ways that stack deltas do not describe.
    pub const fn sp_write(self) -> bool {
        self.0 & 2 != 0
    }
    /// Written in assembly.
    pub const fn asm(self) -> bool {
        self.0 & 4 != 0
    }
}

/// A source position: file as the table spells it, and line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position<'t> {
    /// Path as the compiler was given it; `?` where the table has none, as the runtime prints it.
    pub file: &'t str,
    /// Line; zero where the table has none.
    pub line: u32,
}

/// One function. Cheap to copy; borrows from its table.
#[derive(Clone, Copy, Debug)]
pub struct Func<'t> {
    pub(super) table: &'t FuncTable<'t>,
    pub(super) index: u32,
    pub(super) record: &'t [u8],
    /// First instruction.
    pub entry: Addr,
    /// First address after its code; alignment padding counts as code.
    pub end: Addr,
}

impl PartialEq for Func<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.entry == other.entry
    }
}

impl Eq for Func<'_> {}

impl<'t> Func<'t> {
    /// Its place in the table's order, which is address order.
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// The table it is in.
    pub const fn table(&self) -> &'t FuncTable<'t> {
        self.table
    }

    fn word(&self, offset: usize) -> u32 {
        u32_at(self.record, offset).unwrap_or_default()
    }

    /// Field offset after the place where `startLine` was added.
    fn late(&self, offset_in_118: usize) -> usize {
        match self.table.pcln().generation {
            Generation::Go118 => offset_in_118,
            Generation::Go120 => offset_in_118 + 4,
        }
    }

    fn byte(&self, offset: usize) -> u8 {
        self.record.get(offset).copied().unwrap_or_default()
    }

    /// Name as the linker stores it, type arguments spelled out; empty when the record points nowhere.
    pub fn name(&self) -> &'t str {
        self.table.name_at(self.word(4))
    }

    /// Name as a traceback prints it.
    pub fn printed_name(&self) -> Cow<'t, str> {
        name::printed(self.name())
    }

    /// Bytes of arguments and results passed on the stack; negative for assembly that does not say.
    pub fn args_size(&self) -> i32 {
        i32_at(self.record, 8).unwrap_or_default()
    }

    /// Offset from the entry of the call to `deferreturn`, when the function defers.
    pub fn deferreturn(&self) -> Option<u32> {
        Some(self.word(12)).filter(|offset| *offset != 0)
    }

    /// Line of the `func` keyword; recorded since 1.20.
    pub fn start_line(&self) -> Option<u32> {
        match self.table.pcln().generation {
            Generation::Go118 => None,
            Generation::Go120 => Some(self.word(36)),
        }
    }

    /// `funcID`: numbers shift between releases, so compare [`super::FuncKind`] instead.
    pub fn func_id(&self) -> u8 {
        self.byte(self.late(36))
    }

    /// Flags.
    pub fn flags(&self) -> FuncFlags {
        FuncFlags(self.byte(self.late(37)))
    }

    fn stream(&self, offset: u32) -> Option<PcRanges<'t>> {
        if offset == 0 {
            return None;
        }
        let pcln = self.table.pcln();
        Some(PcRanges::new(
            from(pcln.pctab, u64::from(offset)),
            pcln.min_lc,
        ))
    }

    fn value(&self, offset: u32, pc: Addr) -> Option<i32> {
        self.stream(offset)?.at(pc.since(self.entry)?)
    }

    /// Whether there is stack-delta data; there is none for code linked in from C.
    pub fn has_sp_deltas(&self) -> bool {
        self.word(16) != 0
    }

    /// Bytes the function has put on the stack when it is at `pc`, not counting a return address pushed by
    /// its caller's call.
    pub fn sp_delta(&self, pc: Addr) -> Option<i32> {
        self.value(self.word(16), pc)
    }

    /// Every stretch of the stack-delta table.
    pub fn sp_deltas(&self) -> Option<PcRanges<'t>> {
        self.stream(self.word(16))
    }

    /// Every stretch of the line table.
    pub fn lines(&self) -> Option<PcRanges<'t>> {
        self.stream(self.word(24))
    }

    /// Source position of the instruction at `pc`, of the innermost inlined call there: what
    /// [`Self::inline_frames`] gives first.
    pub fn position(&self, pc: Addr) -> Position<'t> {
        self.position_of(self.value(self.word(20), pc), self.value(self.word(24), pc))
    }

    fn position_of(&self, file: Option<i32>, line: Option<i32>) -> Position<'t> {
        match (file.map(u32::try_from), line.map(u32::try_from)) {
            (Some(Ok(file)), Some(Ok(line))) => self.table.file_at(self.word(32), file).map_or(
                Position { file: "?", line: 0 },
                |file| Position { file, line },
            ),
            _ => Position { file: "?", line: 0 },
        }
    }

    /// Source positions for pcs asked for in ascending order.
    pub fn positions(&self) -> Positions<'t> {
        let of = |offset| self.stream(offset).map(Ascending::new);
        Positions {
            func: *self,
            files: of(self.word(20)),
            lines: of(self.word(24)),
        }
    }

    /// The file that holds the function itself, from its first instruction.
    pub fn file(&self) -> &'t str {
        // The entry may belong to an inlined call; the outermost frame is the function's own.
        self.inline_frames(self.entry)
            .last()
            .map_or("?", |frame| frame.position.file)
    }

    /// Value of a pcdata table at `pc`; −1, as the runtime has it, when the function has no such table or
    /// the table does not reach.
    pub fn pcdata(&self, table: u32, pc: Addr) -> i32 {
        self.pcdata_stream(table)
            .and_then(|stream| stream.at(pc.since(self.entry)?))
            .unwrap_or(-1)
    }

    /// A pcdata table.
    pub fn pcdata_stream(&self, table: u32) -> Option<PcRanges<'t>> {
        if table >= self.word(28) {
            return None;
        }
        let head = usize::try_from(self.table.pcln().generation.func_size()).ok()?;
        let at = head.checked_add(usize::try_from(table).ok()?.checked_mul(4)?)?;
        self.stream(u32_at(self.record, at)?)
    }

    /// Offset from `moduledata.gofunc` of a funcdata table, when the function has it.
    fn funcdata_offset(&self, table: u32) -> Option<u32> {
        if table >= u32::from(self.byte(self.late(39))) {
            return None;
        }
        let head = self.table.pcln().generation.func_size();
        let slots = u64::from(self.word(28)) + u64::from(table);
        let at = usize::try_from(head + slots * 4).ok()?;
        u32_at(self.record, at).filter(|offset| *offset != u32::MAX)
    }

    /// Bytes of a funcdata table, up to the end of all funcdata (tables do not state their own length).
    pub fn funcdata(&self, table: u32) -> Option<&'t [u8]> {
        let offset = self.funcdata_offset(table)?;
        Some(from(self.table.gofunc(), u64::from(offset))).filter(|bytes| !bytes.is_empty())
    }

    /// Where a funcdata table stands in the process.
    pub fn funcdata_addr(&self, table: u32) -> Option<Addr> {
        let offset = self.funcdata_offset(table)?;
        Some(self.table.gofunc_addr()?.offset(u64::from(offset)))
    }

    /// The logical frames at `pc`, innermost first; the last is this function itself. `pc` is that of the
    /// instruction executing, not a return address: see [`Self::call_pc`].
    pub fn inline_frames(&self, pc: Addr) -> InlineFrames<'t> {
        InlineFrames::new(*self, pc)
    }

    /// The pc to look lines up with when `pc` is a return address: one less, inside the call, unless that
    /// would leave the function (`runtime/traceback.go:symPC`).
    pub fn call_pc(&self, pc: Addr) -> Addr {
        if pc > self.entry { Addr(pc.0 - 1) } else { pc }
    }

    pub(super) fn name_offset_string(&self, offset: u32) -> &'t str {
        self.table.name_at(offset)
    }
}

/// [`Func::position`] for every instruction of a function, in one walk along its tables.
#[derive(Clone, Debug)]
pub struct Positions<'t> {
    func: Func<'t>,
    files: Option<Ascending<'t>>,
    lines: Option<Ascending<'t>>,
}

impl<'t> Positions<'t> {
    /// The position at `pc`, which is not below the one asked for before.
    pub fn at(&mut self, pc: Addr) -> Position<'t> {
        let offset = pc.since(self.func.entry);
        let value = |stream: &mut Option<Ascending<'_>>| stream.as_mut()?.at(offset?);
        let (file, line) = (value(&mut self.files), value(&mut self.lines));
        self.func.position_of(file, line)
    }
}

/// The longest valid UTF-8 head of a NUL-terminated string of a table.
pub(super) fn table_str(table: &[u8], offset: u64) -> Option<&str> {
    let bytes = c_str_at(table, offset)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok(),
    }
}
