//! The heap of a dead process: every object, what refers to it, and who keeps it.
//!
//! ```text
//! spans ─▶ objects (numbers in address order) ─▶ pointers, masks ─▶ build ─▶ dumpview_heap::Graph
//!                     specials, stacks ─▶ roots ───────────────────▶┘             └▶ Dominators, Paths
//!                                                 audit ◀─ what the runtime counted
//! ```
//!
//! | file | in charge of |
//! |---|---|
//! | `spans`, `span`, `mspan`, `pages` | spans, allocated slots, the span of an address |
//! | `objects` | objects as `dumpview_heap` wants them |
//! | `pointers`, `masks` | which words hold pointers, by release |
//! | `stacks` | what goroutines' frames keep, by stack maps |
//! | `reflected` | frames of reflect's assembly, vector registers |
//! | `specials` | finalizers, cleanups, weak handles, profile records |
//! | `data` | package data by its masks |
//! | `roots` | all roots |
//! | `names` | what a reference is called: the variable, field, element or entry that it stands in |
//! | `build` | references of every object, in parallel |
//! | `types` | what each object is, and who says so |
//! | `suspects` | what is worth looking at, in sentences |
//! | `bounds` | which way numbers are wrong of a heap that is not whole |
//! | `dump/` | a heap dump in the shapes of a heap |
//! | `audit` | what was walked against what the runtime counted |
//! | `analysis` | all of it together, each part made once |
//! | `ask/` | questions about it, answered as plain data |
//! | `diff/` | two moments of a process |
//! | `kept/`, `stored` | all of it as bytes, for the next run of the program |
//!
//! The process may have died by corrupting all this: a table that contradicts itself is left out and noted, and an
//! answer that lacks something says so ([`Heap::notes`]).

mod analysis;
pub mod ask;
pub mod audit;
mod bounds;
mod build;
mod data;
pub mod diff;
mod dump;
pub mod kept;
mod masks;
mod mspan;
mod names;
mod objects;
mod pages;
mod pointers;
mod reflected;
mod roots;
mod sharing;
mod span;
pub(crate) mod spans;
mod specials;
mod stacks;
mod statistics;
mod stored;
pub mod suspects;
pub mod types;
mod vectors;

pub use analysis::{Analysis, Phase, Step, Watch};
pub use bounds::{Bound, Bounds};
pub use build::Scanned;
pub use dump::Recorded;
pub use masks::{Mask, Masks};
pub use names::{NamedBy, Names, Reference};
pub use pointers::{Pointers, Scratch};
pub use roots::{Certainty, Root, RootKind, Roots, StaticValue, Variables};
pub use span::{ManualSpan, Span, SweepState};
pub use spans::Spans;
pub use specials::{Special, SpecialKind};
pub use stacks::{FrameSlots, GoroutineSlots, Slot, StackReader};
pub use statistics::statistics;

use crate::addr::Addr;
use crate::heapdump::HeapDump;
use crate::layout::FieldError;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::Runtime;
use dumpview_heap::{Dominators, Graph, ObjId, TooManyEdges};

/// What is noted of stacks that break off.
pub(crate) const STACKS_NOT_READ: &str = "goroutines whose stack was not read to its end";

/// Something that makes the answer less than whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What is missing or odd.
    pub text: &'static str,
    /// How many of them.
    pub count: u64,
    /// What the answer lacks by it.
    pub lacks: Lacks,
}

/// What is missing decides which way numbers are wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lacks {
    /// Objects, and so what they refer to.
    Objects,
    /// Roots or references: what is only reached by them counts as garbage.
    References,
    /// Nothing: objects were walked that the runtime does not count.
    Surplus,
}

impl Note {
    pub(crate) const fn new(text: &'static str, count: u64, lacks: Lacks) -> Self {
        Self { text, count, lacks }
    }

    /// Something that roots or references are missing by.
    pub(crate) const fn references(text: &'static str, count: u64) -> Self {
        Self::new(text, count, Lacks::References)
    }
}

/// Why there is no heap to speak of.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeapError {
    /// Not Go, or no layout of its runtime's structures is known.
    #[error("no layout of the runtime's structures fits this program")]
    NoLayout,
    /// A structure that leads to the heap is missing.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The graph does not fit.
    #[error(transparent)]
    TooManyEdges(#[from] TooManyEdges),
    /// Nobody wanted it any more.
    #[error("stopped before the heap was read")]
    Stopped,
}

/// The heap: objects, references, roots.
pub struct Heap<'p> {
    /// Spans and objects.
    pub spans: Spans,
    /// Roots.
    pub roots: Roots,
    /// Objects under their ids, roots under *objects + number*.
    pub graph: Graph,
    /// Which words hold pointers.
    pub pointers: Pointers<'p>,
    /// What the scan met.
    pub scanned: Scanned,
    /// The goroutines of a heap dump, when the process does not know them by itself: then roots count them as these do.
    pub recorded: Option<Recorded<'p>>,
}

impl<'p> Heap<'p> {
    /// Walks the whole heap. Uses all threads of the current rayon pool; the result does not depend on how many.
    ///
    /// # Errors
    ///
    /// When there is no list of spans to walk. A heap with holes is not an error: see [`Self::notes`].
    pub fn read(process: &'p Process<'_>) -> Result<Self, HeapError> {
        Self::read_watched(process, &|_| true)
    }

    /// The same, for somebody who looks how far it is and may stop it.
    ///
    /// # Errors
    ///
    /// As [`Self::read`], and when it was stopped.
    pub fn read_watched(process: &'p Process<'_>, watch: &Watch<'_>) -> Result<Self, HeapError> {
        if let Some(dump) = process.heap_dump {
            return Self::of_dump(process, dump, watch);
        }
        let (spans, pointers) = Self::ground(process)?;
        let runtime = process.runtime().ok_or(HeapError::NoLayout)?;
        let minor = minor(process);
        let mut variables = Variables::of(process);
        variables.add(names::statics(process, &variables));
        let roots = Roots::read(
            process,
            &runtime,
            &spans,
            minor,
            variables,
            &|object, visit| {
                out_of(&spans, &pointers, object, visit);
            },
        );
        let (graph, scanned) = build::graph(&spans, &pointers, &roots, watch)?;
        Ok(Self {
            spans,
            roots,
            graph,
            pointers,
            scanned,
            recorded: None,
        })
    }

    /// The heap of a heap dump.
    fn of_dump(
        process: &'p Process<'_>,
        dump: &'p HeapDump<'p>,
        watch: &Watch<'_>,
    ) -> Result<Self, HeapError> {
        let spans = dump::spans(&dump.slots);
        let pointers = Pointers::of_dump(&*process.memory, dump);
        let mut variables = Variables::of(process);
        variables.add(names::statics(process, &variables));
        let recorded = Recorded::of(process);
        let roots = Roots::of_dump(
            process,
            dump,
            recorded,
            &spans,
            variables,
            &|object, visit| {
                out_of(&spans, &pointers, object, visit);
            },
        );
        let (graph, scanned) = build::graph(&spans, &pointers, &roots, watch)?;
        Ok(Self {
            spans,
            roots,
            graph,
            pointers,
            scanned,
            recorded,
        })
    }

    /// What everything stands on: which slots are objects, and which of their words hold pointers.
    fn ground(process: &'p Process<'_>) -> Result<(Spans, Pointers<'p>), HeapError> {
        let runtime = process.runtime().ok_or(HeapError::NoLayout)?;
        let spans = Spans::read(&runtime, process.arch(), most_pages(process))?;
        let pointers = Pointers::new(&runtime, process.arch(), minor(process), &spans)?;
        Ok((spans, pointers))
    }

    /// The dominator tree and retained sizes.
    pub fn dominators(&self) -> Dominators {
        Dominators::of(&self.graph, &self.spans)
    }

    /// The object that covers an address.
    pub fn find(&self, addr: Addr) -> Option<ObjId> {
        self.spans.find(addr).map(ObjId)
    }

    /// The root that a node of the graph is; `None` for an object.
    pub fn root(&self, node: u32) -> Option<&Root> {
        let number = node.checked_sub(self.spans.objects())?;
        self.roots.list.get(number as usize)
    }

    /// The pointers in an object, nil ones left out.
    pub fn pointers_of(&self, object: ObjId, visit: &mut dyn FnMut(Addr)) {
        out_of(&self.spans, &self.pointers, object.0, visit);
    }

    /// All that makes the answer less than whole.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = self.spans.notes.clone();
        notes.extend(self.roots.notes.iter().cloned());
        for (text, count) in [
            (
                "objects of which it cannot be told where their pointers are",
                self.scanned.unknown,
            ),
            (
                "objects that are not whole in the core",
                self.scanned.unread,
            ),
            (STACKS_NOT_READ, self.roots.incomplete_stacks.len() as u64),
        ] {
            if count > 0 {
                notes.push(Note::references(text, count));
            }
        }
        notes
    }
}

/// The release, as `1.minor`; one whose number is not known is taken for the newest.
fn minor(process: &Process<'_>) -> u32 {
    process.version.as_ref().map_or(u32::MAX, |v| v.minor)
}

/// The pointers in an object, nil ones left out.
fn out_of(spans: &Spans, pointers: &Pointers<'_>, object: u32, visit: &mut dyn FnMut(Addr)) {
    let (Some(span), Some((addr, _))) = (spans.of_object(object), spans.place(object)) else {
        return;
    };
    let Some(slot) = span.slot_at(addr) else {
        return;
    };
    let bytes = pointers.bytes(span);
    pointers.visit(span, &bytes, slot, &mut Scratch::default(), |offset| {
        let value = pointers.word(&bytes, offset);
        if value != 0 {
            visit(Addr(value));
        }
    });
}

/// More pages than a heap can have in this core: a hostile one may claim spans all over the address space. A core
/// that was cut short has bytes for a part of its heap only, hence the factor.
fn most_pages(process: &Process<'_>) -> u64 {
    // Segments may name the same bytes of the file again and again.
    let bytes = process.core.bytes.len() as u64;
    (bytes / spans::PAGE)
        .saturating_mul(16)
        .saturating_add(1 << 20)
}

/// Address of a variable of the runtime, named in full.
pub(crate) fn variable(runtime: &Runtime<'_>, name: &str) -> Result<Addr, FieldError> {
    runtime
        .vars
        .address(name)
        .ok_or_else(|| FieldError::NoSuchField {
            structure: "runtime".to_owned(),
            path: name.to_owned(),
        })
}

/// No machine runs more Ps.
const MOST_PS: u64 = 1 << 16;

/// The `mcache` of every P (`runtime.allp`).
fn caches(runtime: &Runtime<'_>) -> Vec<Addr> {
    let Ok(all) = variable(runtime, "runtime.allp") else {
        return Vec::new();
    };
    let memory = runtime.memory;
    let (Ok(array), Ok(len)) = (memory.ptr(all), memory.u64(all.offset(8))) else {
        return Vec::new();
    };
    (0..len.min(MOST_PS))
        .map_while(|index| memory.ptr(array.offset(index * 8)).ok())
        .filter_map(|p| runtime.structure("runtime.p", p).ptr("mcache").ok())
        .filter(|cache| !cache.is_null())
        .collect()
}
