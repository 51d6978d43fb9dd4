//! What the frames of a goroutine's stack keep alive.
//!
//! As the collector does it (`runtime/mgcmark.go:scanstack`, `runtime/stkframe.go:getStackMap`, 1.19–1.27): a
//! frame's stack map says which of its words hold live pointers; variables whose address is taken are *stack objects*,
//! live when a live pointer leads to them, with a mask of their own. The frame of `asyncPreempt` and the one it
//! interrupted have no map for where they stand: every word of theirs that looks like a pointer is one, and the roots
//! say so.

use super::masks::Mask;
use super::{reflected, vectors};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use crate::layout::Layouts;
use crate::memory::{Memory, MemoryExt};
use crate::process::Process;
use crate::runtime::{Goroutine, StackBounds};
use crate::symbols::{Func, FuncKind, Symbols};
use crate::unwind::{PcCache, PhysicalFrame, Stack, StackKind, Unwinder};

/// `PCDATA_StackMapIndex` (`internal/abi/symtab.go`, 1.19–1.27).
const PCDATA_STACK_MAP_INDEX: u32 = 1;
const FUNCDATA_ARGS_POINTER_MAPS: u32 = 0;
const FUNCDATA_LOCALS_POINTER_MAPS: u32 = 1;
const FUNCDATA_STACK_OBJECTS: u32 = 2;
/// A stack has no more objects than this; a larger count is damage.
const MOST_OBJECTS: u64 = 1 << 20;

/// A word of a frame and what it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Where the word stands.
    pub addr: Addr,
    /// The pointer in it.
    pub value: Addr,
}

/// The live pointers of one frame.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FrameSlots {
    /// Index among the frames of the goroutine's [`Stack`].
    pub frame: u32,
    /// Whether every word that looks like a pointer was taken for one.
    pub conservative: bool,
    /// The words, those of live stack objects last.
    pub slots: Vec<Slot>,
}

/// The live pointers of one goroutine.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GoroutineSlots {
    /// Of its frames, innermost first.
    pub frames: Vec<FrameSlots>,
    /// Of what the runtime keeps for it beside its frames: pending deferred calls, the closure it starts with.
    pub own: Vec<Slot>,
    /// Of registers at an instruction that has no map.
    pub registers: Vec<(Reg, Addr)>,
    /// Of the rest of its vector registers, as the runtime saved them.
    pub extended: Vec<Addr>,
    /// The outermost frame was not reached, or frames were left out: there may be more.
    pub incomplete: bool,
}

/// Reads frames.
pub struct StackReader<'a, 'r> {
    process: &'r Process<'a>,
    memory: &'r dyn Memory,
    layouts: &'r dyn Layouts,
    symbols: &'r Symbols<'a>,
    unwinder: Unwinder<'r>,
    arch: Arch,
    minor: u32,
    /// Whether vector registers of a goroutine that is preempted keep objects: see [`vectors::keep`].
    keeps_vectors: bool,
}

/// A variable on a stack whose address is taken.
struct StackObject {
    start: Addr,
    size: u64,
    /// Index into [`GoroutineSlots::frames`].
    frame: usize,
    record: Record,
    scanned: bool,
}

/// Which of a stack object's words hold pointers.
#[derive(Clone, Copy)]
enum Record {
    /// By `stackObjectRecord`: a mask, or up to 1.23 a program that makes one.
    Mask {
        pointer_bytes: u64,
        gcdata: Addr,
        program: bool,
    },
    /// `count` of them from an offset on.
    Words { from: u64, count: u64 },
}

/// A stack's words still to be followed into its own objects.
struct Worklist {
    bounds: StackBounds,
    pointers: Vec<(Addr, bool)>,
}

impl Worklist {
    /// Takes a pointer into the stack; whether it was one.
    fn take(&mut self, value: Addr, conservative: bool) -> bool {
        let on_stack = self.bounds.lo <= value && value < self.bounds.hi;
        if on_stack {
            self.pointers.push((value, conservative));
        }
        on_stack
    }
}

impl<'a, 'r> StackReader<'a, 'r> {
    /// Prepares to read stacks of a program of Go 1.`minor`; `None` when they cannot be unwound.
    pub fn new(process: &'r Process<'a>, minor: u32) -> Option<Self> {
        let symbols = process.symbols().ok()?;
        Some(Self {
            process,
            memory: &*process.memory,
            layouts: process.layouts()?,
            symbols,
            unwinder: process.unwinder()?,
            arch: process.arch(),
            minor,
            keeps_vectors: vectors::keep(symbols, minor),
        })
    }

    /// The stack that frame numbers of [`Self::read`] count in.
    pub fn stack(&self, goroutine: &Goroutine, cache: &mut PcCache) -> Stack {
        let registers = self.process.registers_of(goroutine);
        self.unwinder
            .goroutine_with(cache, goroutine.addr, registers)
    }

    /// The live pointers of a goroutine.
    pub fn read(&self, goroutine: &Goroutine, cache: &mut PcCache) -> GoroutineSlots {
        let stack = self.stack(goroutine, cache);
        let mut work = Worklist {
            bounds: goroutine.stack,
            pointers: Vec::new(),
        };
        let mut found = GoroutineSlots {
            incomplete: stack.incomplete.is_some() || stack.elided.is_some(),
            ..GoroutineSlots::default()
        };
        let mut objects = Vec::new();
        let mut callee: Option<FuncKind> = None;
        let mut conservative = false;
        for (index, frame) in (0u32..).zip(&stack.frames) {
            if frame.stack != StackKind::Goroutine {
                callee = None;
                continue;
            }
            let Some(func) = self.symbols.find(frame.pc) else {
                callee = None;
                continue;
            };
            let kind = FuncKind::of(&func);
            let interrupts = matches!(kind, FuncKind::AsyncPreempt | FuncKind::DebugCall);
            let dead = callee == Some(FuncKind::Sigpanic) && func.deferreturn().is_none();
            let no_map = frame.exact && callee != Some(FuncKind::Sigpanic);
            let mut slots = FrameSlots {
                frame: index,
                conservative: conservative || interrupts || no_map,
                slots: Vec::new(),
            };
            if slots.conservative {
                self.every_word(frame, &func, &mut slots, &mut work);
                if no_map && let Some(registers) = stack.registers(index as usize) {
                    let vectors = registers.vector_words();
                    let kept = self.keeps_vectors && vectors::is_preemptible(&func);
                    let vectors = vectors.filter(|_| kept);
                    for (register, value) in registers.known().chain(vectors) {
                        let value = Addr(value);
                        if !work.take(value, true) {
                            found.registers.push((register, value));
                        }
                    }
                }
            } else if !dead {
                let at = Self::continues_at(frame, &func, callee);
                self.mapped(frame, &func, at, &mut slots, &mut work);
            }
            if !dead {
                self.objects_of(frame, &func, found.frames.len(), &mut objects);
            }
            conservative = interrupts;
            callee = Some(kind);
            found.frames.push(slots);
        }
        if goroutine.async_safe_point && self.keeps_vectors {
            let words = vectors::extended_registers(self.memory, self.layouts, goroutine.addr);
            found.extended = words;
            let named = |value: &Addr| found.registers.iter().any(|(_, known)| known == value);
            found
                .extended
                .retain(|value| !named(value) && !work.take(*value, true));
        }
        self.own_words(goroutine, &mut found, &mut work);
        self.follow(objects, &mut found, &mut work);
        found
    }

    /// The pc whose map counts: where the frame will go on (`stkframe.continpc`).
    fn continues_at(frame: &PhysicalFrame, func: &Func<'_>, callee: Option<FuncKind>) -> Addr {
        match (callee, func.deferreturn()) {
            // A fault is only recovered from by returning through deferreturn.
            (Some(FuncKind::Sigpanic), Some(offset)) => {
                func.entry.offset(u64::from(offset)).offset(1)
            }
            _ => frame.pc,
        }
    }

    /// End of the locals (`stkframe.varp`).
    fn varp(&self, frame: &PhysicalFrame) -> Addr {
        let top = match self.arch {
            Arch::Amd64 => frame.cfa.0.wrapping_sub(8),
            Arch::Arm64 => frame.cfa.0,
        };
        // Both architectures save the caller's frame pointer below it when there is a frame.
        Addr(if top > frame.sp.0 { top - 8 } else { top })
    }

    /// Words that the stack map of a pc names.
    fn mapped(
        &self,
        frame: &PhysicalFrame,
        func: &Func<'_>,
        at: Addr,
        slots: &mut FrameSlots,
        work: &mut Worklist,
    ) {
        let index = if at == func.entry {
            0
        } else {
            func.pcdata(PCDATA_STACK_MAP_INDEX, Addr(at.0.wrapping_sub(1)))
                .max(0)
        };
        let index = u64::try_from(index).unwrap_or(0);
        let varp = self.varp(frame);
        let least = match self.arch {
            Arch::Amd64 => 0,
            Arch::Arm64 => 16,
        };
        if varp.since(frame.sp).is_some_and(|size| size > least)
            && let Some((bits, bytes)) = stack_map(func, FUNCDATA_LOCALS_POINTER_MAPS, index)
        {
            let start = varp.offset(0u64.wrapping_sub(bits * 8));
            self.marked(start, bits, bytes, slots, work);
        }
        if reflected::is_reflected(func) {
            let map = reflected::argument_map(self.memory, self.layouts, self.arch, frame, func);
            if let Some((bits, bytes)) = map {
                self.marked(frame.argp(self.arch), bits, &bytes, slots, work);
            }
        } else if func.args_size() > 0
            && let Some((bits, bytes)) = stack_map(func, FUNCDATA_ARGS_POINTER_MAPS, index)
        {
            self.marked(frame.argp(self.arch), bits, bytes, slots, work);
        }
    }

    /// The words from `start` whose bit is set.
    fn marked(
        &self,
        start: Addr,
        bits: u64,
        bytes: &[u8],
        slots: &mut FrameSlots,
        work: &mut Worklist,
    ) {
        for bit in 0..bits {
            let byte = usize::try_from(bit / 8).ok().and_then(|at| bytes.get(at));
            if byte.is_some_and(|byte| byte >> (bit % 8) & 1 != 0) {
                self.word(start.offset(bit * 8), false, &mut slots.slots, work);
            }
        }
    }

    /// All words of a frame and its arguments.
    fn every_word(
        &self,
        frame: &PhysicalFrame,
        func: &Func<'_>,
        slots: &mut FrameSlots,
        work: &mut Worklist,
    ) {
        let varp = self.varp(frame);
        let mut at = Addr(frame.sp.0.max(work.bounds.lo.0) & !7);
        while at < varp && at < work.bounds.hi {
            // Bounds of a damaged goroutine may span the address space: the core's own end is theirs.
            if self.memory.ptr(at).is_err() {
                break;
            }
            self.word(at, true, &mut slots.slots, work);
            at = at.offset(8);
        }
        let args = u64::try_from(func.args_size()).unwrap_or(0) / 8;
        for word in 0..args {
            let at = frame.argp(self.arch).offset(word * 8);
            if at >= work.bounds.hi {
                break;
            }
            self.word(at, true, &mut slots.slots, work);
        }
    }

    fn word(&self, addr: Addr, conservative: bool, slots: &mut Vec<Slot>, work: &mut Worklist) {
        let Ok(value) = self.memory.ptr(addr) else {
            return;
        };
        if !value.is_null() && !work.take(value, conservative) {
            slots.push(Slot { addr, value });
        }
    }

    /// The records of a function's stack objects, placed into a frame.
    fn objects_of(
        &self,
        frame: &PhysicalFrame,
        func: &Func<'_>,
        number: usize,
        objects: &mut Vec<StackObject>,
    ) {
        if reflected::is_reflected(func) {
            self.register_arguments(frame, number, objects);
            return;
        }
        let Some(bytes) = func.funcdata(FUNCDATA_STACK_OBJECTS) else {
            return;
        };
        let Some(count) = bytes.first_chunk().map(|n| u64::from_le_bytes(*n)) else {
            return;
        };
        let field = |path: &str| self.layouts.field("runtime.stackObjectRecord", path);
        let (Some(off), Some(size), Some(data)) = (field("off"), field("size"), field("gcdataoff"))
        else {
            return;
        };
        // Named `_ptrdata` up to 1.21, `ptrBytes` since; negative for a GC program up to 1.23.
        let Some(pointer_bytes) = field("ptrBytes").or_else(|| field("_ptrdata")) else {
            return;
        };
        let stride = self
            .layouts
            .size_of("runtime.stackObjectRecord")
            .unwrap_or(16);
        let Some(rodata) = self.rodata(func) else {
            return;
        };
        let int = |record: u64, at: u64| -> Option<i32> {
            let at = usize::try_from(8 + record * stride + at).ok()?;
            Some(i32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
        };
        let room = MOST_OBJECTS.saturating_sub(objects.len() as u64);
        for record in 0..count.min(room) {
            let (Some(offset), Some(size), Some(pointers), Some(gcdata)) = (
                int(record, off.offset),
                int(record, size.offset),
                int(record, pointer_bytes.offset),
                int(record, data.offset),
            ) else {
                return;
            };
            // Below varp, or above argp.
            let base = if offset >= 0 {
                frame.argp(self.arch)
            } else {
                self.varp(frame)
            };
            let start = base.offset_signed(i64::from(offset));
            if start < frame.sp {
                // Not allocated in the frame yet.
                continue;
            }
            objects.push(StackObject {
                start,
                size: u64::try_from(size).unwrap_or(0),
                frame: number,
                record: Record::Mask {
                    pointer_bytes: u64::from(pointers.unsigned_abs()),
                    gcdata: rodata.offset(u64::from(gcdata.cast_unsigned())),
                    program: pointers < 0 && self.minor < 24,
                },
                scanned: false,
            });
        }
    }

    /// The arguments in registers that reflect's assembly keeps as the topmost of its locals.
    fn register_arguments(
        &self,
        frame: &PhysicalFrame,
        number: usize,
        objects: &mut Vec<StackObject>,
    ) {
        let Some((size, from, count)) = reflected::register_arguments(self.layouts) else {
            return;
        };
        let start = Addr(self.varp(frame).0.wrapping_sub(size));
        if start >= frame.sp {
            objects.push(StackObject {
                start,
                size,
                frame: number,
                record: Record::Words { from, count },
                scanned: false,
            });
        }
    }

    fn rodata(&self, func: &Func<'_>) -> Option<Addr> {
        let module = self
            .symbols
            .modules()
            .find(|m| m.pcs().contains(func.entry))?;
        Some(module.data.as_ref()?.rodata)
    }

    /// `_defer` records and the closure of a goroutine that has not run yet.
    fn own_words(&self, goroutine: &Goroutine, found: &mut GoroutineSlots, work: &mut Worklist) {
        let ctxt = goroutine.sched.ctxt;
        if !ctxt.is_null() && !work.take(ctxt, false) {
            found.own.push(Slot {
                addr: Addr::NULL,
                value: ctxt,
            });
        }
        let field = |path: &str| self.layouts.field("runtime._defer", path);
        let (Some(func), Some(link), Some(heap)) = (field("fn"), field("link"), field("heap"))
        else {
            return;
        };
        let mut at = goroutine.defers;
        // A goroutine with more pending calls than this has a list that closes on itself.
        for _ in 0..1 << 16 {
            if at.is_null() {
                break;
            }
            if self
                .memory
                .uint(at.offset(heap.offset), 1)
                .is_ok_and(|heap| heap != 0)
            {
                found.own.push(Slot {
                    addr: Addr::NULL,
                    value: at,
                });
            }
            self.word(at.offset(func.offset), false, &mut found.own, work);
            match self.memory.ptr(at.offset(link.offset)) {
                Ok(next) if next != at => at = next,
                _ => break,
            }
        }
        if !goroutine.panics.is_null() {
            work.take(goroutine.panics, false);
        }
    }

    /// Scans the stack objects that pointers lead to, until no new one is met.
    fn follow(
        &self,
        mut objects: Vec<StackObject>,
        found: &mut GoroutineSlots,
        work: &mut Worklist,
    ) {
        objects.sort_by_key(|object| object.start);
        while let Some((value, conservative)) = work.pointers.pop() {
            let after = objects.partition_point(|object| object.start <= value);
            let Some(object) = after.checked_sub(1).and_then(|at| objects.get_mut(at)) else {
                continue;
            };
            if object.scanned || value.since(object.start).is_none_or(|at| at >= object.size) {
                continue;
            }
            object.scanned = true;
            let (start, record, frame) = (object.start, object.record, object.frame);
            let offsets: Vec<u64> = match record {
                Record::Mask {
                    pointer_bytes,
                    gcdata,
                    program,
                } => {
                    let words = pointer_bytes / 8;
                    let mask = if program {
                        Mask::run_program(self.memory, gcdata, object.size, words)
                    } else {
                        Mask::read(self.memory, gcdata, object.size, words)
                    };
                    let size = object.size;
                    mask.map_or_else(Vec::new, |m| m.pointers(m.size.min(size)).collect())
                }
                Record::Words { from, count } => (0..count).map(|word| from + word * 8).collect(),
            };
            let Some(slots) = found.frames.get_mut(frame) else {
                continue;
            };
            for offset in offsets {
                self.word(start.offset(offset), conservative, &mut slots.slots, work);
            }
        }
    }
}

/// Number of bits and bytes of one bitmap of a function's stack map: {n i32, nbit i32, bitmaps} (`runtime.stackmap`).
fn stack_map<'t>(func: &Func<'t>, table: u32, index: u64) -> Option<(u64, &'t [u8])> {
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
    Some((bits, rest.get(from..to)?))
}
