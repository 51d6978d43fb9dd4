//! Where every path to a live object starts, each root by its name.
//!
//! The collector's own list (`runtime/mgcmark.go:markroot`, 1.19–1.27): package data by its masks, stacks by their maps,
//! the finalizer and cleanup queues, and what specials keep. A root is a node of the graph, and a goroutine has its
//! frames below it, so that each retains what only it keeps.

use super::data::PackageData;
use super::specials::{Special, SpecialKind, specials};
use super::stacks::{GoroutineSlots, Slot, StackReader};
use super::stored::{Rest, Stored, stored};
use super::{Note, Recorded, Spans, dump};
use crate::addr::Addr;
use crate::heapdump::HeapDump;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::Runtime;
use crate::types::TypeRef;
use crate::unwind::PcCache;
use dumpview_heap::Chunk;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// What a root is. Goroutines are numbered as in [`crate::runtime::Goroutines::list`], frames as in the goroutine's
/// stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum RootKind {
    /// A package variable, at its address; without symbols, one word of package data.
    Variable {
        /// Its first byte.
        addr: Addr,
    },
    /// A goroutine: pending deferred calls, and below it its frames.
    Goroutine {
        /// Its number.
        goroutine: u32,
    },
    /// A frame of a goroutine.
    Frame {
        /// The goroutine's number.
        goroutine: u32,
        /// The frame's, innermost 0.
        frame: u32,
    },
    /// Registers of a goroutine that was stopped at any instruction.
    Registers {
        /// The goroutine's number.
        goroutine: u32,
    },
    /// The finalizer of an object: its function and all that the object refers to.
    Finalizer {
        /// The object it is set for, which it does not keep.
        object: u32,
    },
    /// The cleanup of an object: its function and argument.
    Cleanup {
        /// The object it is attached to, which it does not keep.
        object: u32,
    },
    /// The word by which weak pointers know an object.
    WeakHandle {
        /// The object, which it does not keep.
        object: u32,
    },
    /// Finalizers that are due.
    FinalizerQueue,
    /// Cleanups that are due.
    CleanupQueue,
    /// Blocks that Ps are cutting tiny objects from.
    TinyBlocks,
}

/// How sure it is that a root refers to what it seems to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Certainty {
    /// By the runtime's own maps.
    Precise,
    /// A word that looks like a pointer, where there is no map: what the collector would keep too.
    Conservative,
}

/// One root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Root {
    /// What it is.
    pub kind: RootKind,
    /// How sure its references are.
    pub certainty: Certainty,
    /// Whether another root leads to it: a frame's goroutine.
    pub below: bool,
}

/// All roots and their references.
#[derive(Debug, Default)]
pub struct Roots {
    /// The roots; number *i* is node *objects + i* of the graph.
    pub list: Vec<Root>,
    /// Specials of all objects.
    pub specials: Vec<Special>,
    /// Package variables, for names.
    pub variables: Variables,
    /// Numbers of the goroutines whose stack was not read to its end.
    pub incomplete_stacks: FxHashSet<u32>,
    /// What could not be had.
    pub notes: Vec<Note>,
    pub(super) rows: Chunk,
    /// Records of goroutines (`g`) and the goroutine's number, by object.
    records: FxHashMap<u32, u32>,
}

/// Package variables by address.
#[derive(Debug, Default)]
pub struct Variables {
    /// Start, end and name, by start.
    list: Vec<(Addr, Addr, Box<str>)>,
    /// By start.
    statics: Vec<StaticValue>,
}

/// A value in package data that has no symbol, known by the pointer that leads there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticValue {
    /// Its first byte.
    pub start: Addr,
    /// The first byte behind it.
    pub end: Addr,
    /// The type, of each element when there are several.
    pub ty: TypeRef,
    /// How many values stand there: the array of a slice.
    pub count: u64,
    /// The pointer in words, `main.cfg.next`.
    pub name: Box<str>,
}

impl Variables {
    pub(super) fn of(process: &Process<'_>) -> Self {
        let Some(exe) = process.executable else {
            return Self::default();
        };
        let Ok(symbols) = process.symbols() else {
            return Self::default();
        };
        let data: Vec<_> = symbols
            .modules()
            .filter_map(|m| m.data.as_ref())
            .flat_map(|m| [m.data, m.bss])
            .collect();
        let mut list: Vec<(Addr, Addr, Box<str>)> = exe
            .symbols()
            .filter(|(_, size, name)| *size > 0 && !name.is_empty())
            .map(|(addr, size, name)| (addr.to_process(process.bias), size, name))
            .filter(|(addr, _, _)| data.iter().any(|span| span.contains(*addr)))
            .map(|(addr, size, name)| {
                let name = String::from_utf8_lossy(name).into_owned();
                (addr, addr.offset(size), name.into_boxed_str())
            })
            .collect();
        list.sort();
        list.dedup_by_key(|(start, _, _)| *start);
        Self {
            list,
            statics: Vec::new(),
        }
    }

    /// Adds values that have no symbol. One inside another is a part of it.
    pub(super) fn add(&mut self, mut found: Vec<StaticValue>) {
        found.sort_by_key(|value| (value.start, std::cmp::Reverse(value.end)));
        let mut end = Addr::NULL;
        found.retain(|value| {
            let apart = value.start >= end;
            end = if apart { value.end } else { end };
            apart
        });
        self.statics = found;
        let made_up = |at: Addr| self.statics.binary_search_by_key(&at, |v| v.start).is_ok();
        self.list.retain(|(start, _, _)| !made_up(*start));
        let named = self
            .statics
            .iter()
            .map(|v| (v.start, v.end, v.name.clone()));
        self.list.extend(named);
        self.list.sort();
    }

    /// The values that have no symbol, by address.
    pub fn statics(&self) -> &[StaticValue] {
        &self.statics
    }

    /// The value without a symbol that covers an address.
    pub fn static_at(&self, addr: Addr) -> Option<&StaticValue> {
        let after = self.statics.partition_point(|value| value.start <= addr);
        let value = self.statics.get(after.checked_sub(1)?)?;
        (addr < value.end).then_some(value)
    }

    /// The variable that covers an address: its start, end and name as the linker has it.
    pub fn at(&self, addr: Addr) -> Option<(Addr, Addr, &str)> {
        let after = self.list.partition_point(|(start, _, _)| *start <= addr);
        let (start, end, name) = self.list.get(after.checked_sub(1)?)?;
        (addr < *end).then_some((*start, *end, name.as_ref()))
    }
}

stored!(
    enum Certainty {
        Precise,
        Conservative,
    }
);
stored!(struct Root { kind, certainty, below });
stored!(struct Variables { list, statics });
stored!(struct StaticValue { start, end, ty, count, name });

impl Stored for RootKind {
    fn put(&self, out: &mut Vec<u8>) {
        let (kind, a, b): (u8, u64, u32) = match *self {
            Self::Variable { addr } => (0, addr.0, 0),
            Self::Goroutine { goroutine } => (1, goroutine.into(), 0),
            Self::Frame { goroutine, frame } => (2, goroutine.into(), frame),
            Self::Registers { goroutine } => (3, goroutine.into(), 0),
            Self::Finalizer { object } => (4, object.into(), 0),
            Self::Cleanup { object } => (5, object.into(), 0),
            Self::WeakHandle { object } => (6, object.into(), 0),
            Self::FinalizerQueue => (7, 0, 0),
            Self::CleanupQueue => (8, 0, 0),
            Self::TinyBlocks => (9, 0, 0),
        };
        (kind, a, b).put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        let (kind, a, b) = <(u8, u64, u32)>::take(rest)?;
        let addr = Addr(a);
        let number = || u32::try_from(a).ok();
        Some(match kind {
            0 => Self::Variable { addr },
            1 => Self::Goroutine {
                goroutine: number()?,
            },
            2 => Self::Frame {
                goroutine: number()?,
                frame: b,
            },
            3 => Self::Registers {
                goroutine: number()?,
            },
            4 => Self::Finalizer { object: number()? },
            5 => Self::Cleanup { object: number()? },
            6 => Self::WeakHandle { object: number()? },
            7 => Self::FinalizerQueue,
            8 => Self::CleanupQueue,
            9 => Self::TinyBlocks,
            _ => return None,
        })
    }
}

/// Without references, which are in the graph; and roots with notes, or of stacks that were not read to their end, are
/// not kept.
impl Stored for Roots {
    fn put(&self, out: &mut Vec<u8>) {
        self.list.put(out);
        self.specials.put(out);
        self.variables.put(out);
        let records = self.records.iter().map(|(object, of)| (*object, *of));
        let mut records: Vec<(u32, u32)> = records.collect();
        records.sort_unstable();
        records.put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        Some(Self {
            list: Stored::take(rest)?,
            specials: Stored::take(rest)?,
            variables: Stored::take(rest)?,
            records: Vec::take(rest)?.into_iter().collect(),
            ..Self::default()
        })
    }
}

/// Gives the pointers in an object to the function it is called with.
pub(super) type OutOf<'f> = dyn Fn(u32, &mut dyn FnMut(Addr)) + Sync + 'f;

/// Puts roots together; node numbers start after the objects.
struct Builder<'s> {
    spans: &'s Spans,
    roots: Roots,
}

impl Builder<'_> {
    /// Opens a root; [`Self::close`] ends it.
    fn open(&mut self, kind: RootKind, certainty: Certainty, below: bool) {
        self.roots.list.push(Root {
            kind,
            certainty,
            below,
        });
    }

    fn refer(&mut self, value: Addr) {
        if let Some(object) = self.spans.find(value) {
            self.roots.rows.push(object);
        }
    }

    fn close(&mut self) {
        self.roots.rows.end_row();
    }

    /// A root with these references, unless they lead to no object.
    fn add(&mut self, kind: RootKind, values: impl IntoIterator<Item = Addr>) {
        let mut objects = values
            .into_iter()
            .filter_map(|v| self.spans.find(v))
            .peekable();
        if objects.peek().is_some() {
            let objects: Vec<u32> = objects.collect();
            self.open(kind, Certainty::Precise, false);
            for object in objects {
                self.roots.rows.push(object);
            }
            self.close();
        }
    }

    /// A goroutine, whose record (`g`) stands at `record`, and its frames below it.
    fn goroutine(
        &mut self,
        goroutine: u32,
        record: Option<Addr>,
        slots: &GoroutineSlots,
        out_of: &OutOf<'_>,
    ) {
        let spans = self.spans;
        let find = |value: Addr| spans.find(value);
        let keeps = |list: &[Slot]| list.iter().any(|slot| find(slot.value).is_some());
        if slots.incomplete {
            self.roots.incomplete_stacks.insert(goroutine);
        }
        let in_registers: Vec<Addr> = slots
            .registers
            .iter()
            .map(|(_, value)| *value)
            .chain(slots.extended.iter().copied())
            .collect();
        let registers = in_registers.iter().any(|value| find(*value).is_some());
        let frames: Vec<_> = slots.frames.iter().filter(|f| keeps(&f.slots)).collect();
        let record = record.and_then(find);
        if frames.is_empty() && !registers && !keeps(&slots.own) && record.is_none() {
            return;
        }
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mut child = spans
            .objects()
            .saturating_add(number(self.roots.list.len()))
            .saturating_add(1);
        self.open(RootKind::Goroutine { goroutine }, Certainty::Precise, false);
        for slot in &slots.own {
            self.refer(slot.value);
        }
        if let Some(record) = record {
            self.roots.records.insert(record, goroutine);
            out_of(record, &mut |value| self.refer(value));
        }
        for _ in 0..frames.len() + usize::from(registers) {
            self.roots.rows.push(child);
            child = child.saturating_add(1);
        }
        self.close();
        for frame in frames {
            let certainty = if frame.conservative {
                Certainty::Conservative
            } else {
                Certainty::Precise
            };
            let kind = RootKind::Frame {
                goroutine,
                frame: frame.frame,
            };
            self.open(kind, certainty, true);
            for slot in &frame.slots {
                self.refer(slot.value);
            }
            self.close();
        }
        if registers {
            let kind = RootKind::Registers { goroutine };
            self.open(kind, Certainty::Conservative, true);
            for value in in_registers {
                self.refer(value);
            }
            self.close();
        }
    }
}

impl Roots {
    /// Whether the objects that they speak of are among `objects`.
    pub(super) fn are_of(&self, objects: u32) -> bool {
        let of_root = |root: &Root| match root.kind {
            RootKind::Finalizer { object }
            | RootKind::Cleanup { object }
            | RootKind::WeakHandle { object } => object < objects,
            _ => true,
        };
        self.list.iter().all(of_root)
            && self.specials.iter().all(|special| special.object < objects)
            && self.records.keys().all(|object| *object < objects)
    }

    /// The number of the goroutine whose record (`g`) an object is. Its references are the goroutine's.
    pub fn goroutine_of(&self, object: u32) -> Option<u32> {
        self.records.get(&object).copied()
    }

    /// Reads every root. `out_of` gives the pointers in an object. What cannot be read is noted, and the rest goes on.
    pub(super) fn read(
        process: &Process<'_>,
        runtime: &Runtime<'_>,
        spans: &Spans,
        minor: u32,
        variables: Variables,
        out_of: &OutOf<'_>,
    ) -> Self {
        let mut builder = Builder {
            spans,
            roots: Self {
                variables,
                ..Self::default()
            },
        };
        package_data(process, &mut builder);
        goroutines(process, minor, &mut builder, out_of);
        let mut notes = Vec::new();
        let list = specials(runtime, spans, &mut notes);
        of_specials(&list, &mut builder, out_of);
        queues(runtime, &mut builder, &mut notes);
        tiny_blocks(runtime, &mut builder);
        builder.roots.specials = list;
        builder.roots.notes.extend(notes);
        builder.roots
    }
}

impl Roots {
    /// Reads every root that a heap dump has. Cleanups, weak handles and the blocks that Ps cut tiny objects from are not
    /// in it.
    pub(super) fn of_dump(
        process: &Process<'_>,
        dump: &HeapDump<'_>,
        recorded: Option<Recorded<'_>>,
        spans: &Spans,
        variables: Variables,
        out_of: &OutOf<'_>,
    ) -> Self {
        let mut builder = Builder {
            spans,
            roots: Self {
                variables,
                ..Self::default()
            },
        };
        package_data(process, &mut builder);
        match recorded {
            None => {
                let minor = process.version.as_ref().map_or(u32::MAX, |v| v.minor);
                goroutines(process, minor, &mut builder, out_of);
            }
            Some(recorded) => {
                for number in (0u32..).take(recorded.list().len()) {
                    let slots = recorded.slots(number).unwrap_or_default();
                    builder.goroutine(number, recorded.record(number), &slots, out_of);
                }
            }
        }
        let list = dump::specials(dump, spans);
        of_specials(&list, &mut builder, out_of);
        builder.add(RootKind::FinalizerQueue, dump::queued(dump));
        builder.roots.specials = list;
        builder.roots
    }
}

/// `data` and `bss` of every module by their masks, a root for each variable.
fn package_data(process: &Process<'_>, builder: &mut Builder<'_>) {
    let data = PackageData::of(process);
    if data.unknown {
        let note = Note::references("package data of a program without moduledata", 1);
        builder.roots.notes.push(note);
    }
    if data.unread > 0 {
        let note = Note::references("bytes of package data that cannot be read", data.unread);
        builder.roots.notes.push(note);
    }
    // Pointers come in address order, and so do variables.
    let mut of = (Addr::NULL, Addr::NULL);
    let mut values = Vec::new();
    data.words(|at, value| {
        if at < of.0 || at >= of.1 {
            builder.add(RootKind::Variable { addr: of.0 }, values.drain(..));
            let variable = builder.roots.variables.at(at);
            of = variable.map_or((at, at.offset(8)), |(start, end, _)| (start, end));
        }
        if !value.is_null() {
            values.push(value);
        }
    });
    builder.add(RootKind::Variable { addr: of.0 }, values);
}

/// Goroutines read by one task: enough that its cache of pcs pays.
const CHUNK: usize = 1024;

/// A root for each goroutine, and below it one for each frame that keeps something. What the goroutine's record (`g`)
/// refers to is the goroutine's: a channel that it made and waits on goes with it, though `runtime.allgs` leads there too.
fn goroutines(process: &Process<'_>, minor: u32, builder: &mut Builder<'_>, out_of: &OutOf<'_>) {
    let (Ok(goroutines), Some(reader)) = (process.goroutines(), StackReader::new(process, minor))
    else {
        builder
            .roots
            .notes
            .push(Note::references("goroutines that cannot be read", 1));
        return;
    };
    for note in &goroutines.notes {
        let text = "what is damaged in the list of goroutines";
        builder.roots.notes.push(Note::references(text, note.count));
    }
    // Loaded before the tasks start, so that they do not wait for each other.
    process.threads();
    let read: Vec<Vec<GoroutineSlots>> = goroutines
        .list()
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut cache = PcCache::default();
            chunk.iter().map(|g| reader.read(g, &mut cache)).collect()
        })
        .collect();
    for (number, slots) in (0u32..).zip(read.into_iter().flatten()) {
        let record = goroutines.list().get(number as usize).map(|g| g.addr);
        builder.goroutine(number, record, &slots, out_of);
    }
}

/// What specials keep; `out_of` gives the pointers in an object.
fn of_specials(specials: &[Special], builder: &mut Builder<'_>, out_of: &OutOf<'_>) {
    for special in specials {
        let object = special.object;
        match special.kind {
            SpecialKind::Finalizer => {
                let mut values = vec![special.payload];
                out_of(object, &mut |value| values.push(value));
                builder.add(RootKind::Finalizer { object }, values);
            }
            SpecialKind::Cleanup => {
                let values = [special.payload, special.argument];
                builder.add(RootKind::Cleanup { object }, values);
            }
            SpecialKind::WeakHandle => {
                builder.add(RootKind::WeakHandle { object }, [special.payload]);
            }
            SpecialKind::Profile | SpecialKind::PinCounter | SpecialKind::Other => {}
        }
    }
}

/// Finalizers and cleanups that are due: in blocks off the heap (`runtime/mfinal.go`, `runtime/mcleanup.go`).
fn queues(runtime: &Runtime<'_>, builder: &mut Builder<'_>, notes: &mut Vec<Note>) {
    // The block is a `finblock` up to 1.24, a `finBlock` since.
    let name = ["runtime.finblock", "runtime.finBlock"]
        .into_iter()
        .find(|name| runtime.layouts.size_of(name).is_some());
    if let (Some(name), Ok(head)) = (name, super::variable(runtime, "runtime.allfin")) {
        let words = ["fn", "arg", "fint", "ot"];
        let head = runtime.memory.ptr(head).unwrap_or_default();
        let values = blocks(
            runtime,
            name,
            head,
            "cnt",
            "fin",
            "runtime.finalizer",
            &words,
        );
        match values {
            Some(values) => builder.add(RootKind::FinalizerQueue, values),
            None => notes.push(Note::references(
                "blocks of the finalizer queue that cannot be read",
                1,
            )),
        }
    }
    if runtime.layouts.size_of("runtime.cleanupBlock").is_some()
        && let Ok(queue) = super::variable(runtime, "runtime.gcCleanups")
        && let Ok(head) = runtime.structure("runtime.cleanupQueue", queue).ptr("all")
    {
        let each = "runtime.cleanupFn";
        let words: &[&str] = if runtime.layouts.size_of(each).is_some() {
            &["fn", "arg"]
        } else {
            // 1.25: the queue holds functions alone.
            &[]
        };
        let values = blocks(
            runtime,
            "runtime.cleanupBlock",
            head,
            "n",
            "cleanups",
            each,
            words,
        );
        match values {
            Some(values) => builder.add(RootKind::CleanupQueue, values),
            None => notes.push(Note::references(
                "blocks of the cleanup queue that cannot be read",
                1,
            )),
        }
    }
}

/// The pointers in the first `count` elements of each block of a list; `None` when it breaks off or closes on itself.
fn blocks(
    runtime: &Runtime<'_>,
    block: &str,
    head: Addr,
    count: &str,
    list: &str,
    each: &str,
    words: &[&str],
) -> Option<Vec<Addr>> {
    let field = |path: &str| runtime.layouts.field(block, path);
    let (next, count, list) = (field("alllink")?, field(count)?, field(list)?);
    let offsets: Vec<u64> = if words.is_empty() {
        vec![0]
    } else {
        let offset = |word: &&str| runtime.layouts.field(each, word).map(|f| f.offset);
        words.iter().filter_map(offset).collect()
    };
    let stride = if words.is_empty() {
        8
    } else {
        runtime.layouts.size_of(each)?
    };
    let mut values = Vec::new();
    let mut seen = FxHashSet::default();
    let mut at = head;
    while !at.is_null() {
        if !seen.insert(at) {
            return None;
        }
        let filled = runtime
            .memory
            .uint(at.offset(count.offset), count.size)
            .ok()?;
        for element in 0..filled.min(list.size / stride.max(1)) {
            let from = at.offset(list.offset + element * stride);
            for offset in &offsets {
                values.push(runtime.memory.ptr(from.offset(*offset)).ok()?);
            }
        }
        at = runtime.memory.ptr(at.offset(next.offset)).ok()?;
    }
    values.retain(|value| !value.is_null());
    Some(values)
}

/// The blocks that Ps cut tiny objects from live until they are full, whoever refers into them
/// (`runtime/mgcmark.go:gcMarkTinyAllocs`).
fn tiny_blocks(runtime: &Runtime<'_>, builder: &mut Builder<'_>) {
    let values: Vec<Addr> = super::caches(runtime)
        .into_iter()
        .filter_map(|cache| runtime.structure("runtime.mcache", cache).ptr("tiny").ok())
        .filter(|tiny| !tiny.is_null())
        .collect();
    builder.add(RootKind::TinyBlocks, values);
}
