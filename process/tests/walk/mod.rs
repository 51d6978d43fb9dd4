//! The whole heap of a core, asked everything, whatever state the core is in; and where in the core's bytes the
//! structures are that damage would hurt most. For tests and for the fuzz target of the heap.

use dumpview_heap::Paths;
use dumpview_process::addr::Addr;
use dumpview_process::heap::audit::Audit;
use dumpview_process::heap::types::Labels;
use dumpview_process::heap::{Heap, Names};
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::layout::Layouts;
use dumpview_process::mapped::OpenOptions;
use dumpview_process::memory::{MemoryExt, RegionSource};
use dumpview_process::process::Process;

/// Everything about one heap: objects walked, objects counted, what is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Walked {
    pub agrees: bool,
    pub objects: u64,
    pub reached: u64,
    pub to_free_slots: u64,
    pub notes: usize,
}

/// Opens a core and asks.
pub fn with_process<T>(
    core: &[u8],
    exe: &[u8],
    ask: impl FnOnce(&Process<'_>) -> Option<T>,
) -> Option<T> {
    let arena = SectionArena::default();
    let core = CoreFile::parse(core).ok()?;
    let exe = Executable::parse(exe, &arena).ok()?;
    let options = OpenOptions {
        trust_executable: true,
    };
    ask(&Process::open(&core, Some(&exe), &NoFiles, options))
}

/// Walks the heap of a core as far as it can be walked.
pub fn walk(core: &[u8], exe: &[u8]) -> Option<Walked> {
    with_process(core, exe, |process| {
        let heap = Heap::read(process).ok()?;
        let dominators = heap.dominators();
        let labels = Labels::find(process, &heap).ok()?;
        let names = Names::new(process, &heap, &labels);
        let step = 101;
        for node in (0..heap.graph.len()).step_by(step) {
            for reference in names.references(node) {
                assert!(reference.to < heap.graph.len());
            }
        }
        let paths = Paths::of(&heap.graph);
        for node in (0..heap.graph.len()).step_by(step) {
            assert!(paths.to(node).len() <= heap.graph.len() as usize);
        }
        let audit = Audit::of(&process.runtime()?, &heap.spans);
        assert!(dominators.total() <= audit.bytes.walked);
        Some(Walked {
            agrees: audit.agrees() && audit.in_heap.agrees() && audit.manual.agrees(),
            objects: audit.objects.walked,
            reached: dominators.total(),
            to_free_slots: heap.scanned.to_free_slots,
            notes: heap.notes().len() + process.list_damage().len(),
        })
    })
}

/// A structure in a core: its address, and offset and size in the core's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub addr: u64,
    pub offset: usize,
    pub size: usize,
}

/// What damage would hurt, by kind.
#[derive(Default, Debug)]
pub struct Places {
    /// `mheap_`, as far as one stretch of the core has it.
    pub mheap: Vec<Place>,
    /// The array of `allspans`.
    pub allspans: Vec<Place>,
    /// Each `mspan`.
    pub mspans: Vec<Place>,
    /// The memory of spans of objects.
    pub objects: Vec<Place>,
    /// Stacks and the runtime's own memory.
    pub manual: Vec<Place>,
    /// Where in an `mspan` a field is.
    pub fields: Vec<(&'static str, usize)>,
    /// Where in `mheap_` the length of `allspans` is.
    pub count: usize,
    /// Words that say how long something is on the way to roots, by name.
    pub lengths: Vec<(&'static str, Place)>,
}

impl Places {
    /// All kinds, to choose from.
    pub fn kinds(&self) -> [&[Place]; 5] {
        [
            &self.mheap,
            &self.allspans,
            &self.mspans,
            &self.objects,
            &self.manual,
        ]
    }

    /// Finds them in a sound core.
    pub fn of(core: &[u8], exe: &[u8]) -> Option<Self> {
        with_process(core, exe, |process| {
            // Where the core's own bytes stand that an address has.
            let place = |addr: Addr, size: u64| {
                let region = process
                    .memory
                    .regions()
                    .iter()
                    .find(|region| region.start <= addr && addr < region.end)?;
                let RegionSource::Core(bytes) = region.source else {
                    return None;
                };
                let inside = usize::try_from(addr.0 - region.start.0).ok()?;
                let rest = bytes.get(inside..).filter(|rest| rest.len() >= 8)?;
                let offset = rest.as_ptr().addr().checked_sub(core.as_ptr().addr())?;
                let size = usize::try_from(size).ok()?.min(rest.len());
                Some(Place {
                    addr: addr.0,
                    offset,
                    size,
                })
            };
            let runtime = process.runtime()?;
            let heap = Heap::read(process).ok()?;
            let layouts: &dyn Layouts = process.layouts()?;
            let mheap = runtime.vars.address("runtime.mheap_")?;
            let list = layouts.field("runtime.mheap", "allspans")?.offset;
            let array = runtime.memory.ptr(mheap.offset(list)).ok()?;
            let count = runtime.memory.u64(mheap.offset(list + 8)).ok()?;
            let size = layouts.size_of("runtime.mspan")?;
            let mut places = Self {
                count: usize::try_from(list + 8).ok()?,
                ..Self::default()
            };
            places
                .mheap
                .extend(place(mheap, layouts.size_of("runtime.mheap")?));
            places.allspans.extend(place(array, count * 8));
            for index in 0..count {
                let at = runtime.memory.ptr(array.offset(index * 8)).ok()?;
                places.mspans.extend(place(at, size));
            }
            for span in heap.spans.list() {
                places.objects.extend(place(span.start, span.bytes()));
            }
            for span in heap.spans.manual() {
                places
                    .manual
                    .extend(place(span.start, u64::from(span.npages) * 8192));
            }
            // A stripped program has the slice alone.
            for (name, variable, offset) in [
                ("allglen", "runtime.allglen", 0),
                ("allgs.len", "runtime.allgs", 8),
            ] {
                let at = runtime.vars.address(variable);
                let at = at.and_then(|at| place(at.offset(offset), 8));
                places.lengths.extend(at.map(|at| (name, at)));
            }
            let symbols = process.symbols().ok()?;
            let module = symbols.main()?.data.as_ref()?.addr;
            for name in ["edata", "ebss", "gcdatamask.n", "gcbssmask.n"] {
                let field = layouts.field("runtime.moduledata", name)?;
                let at = place(module.offset(field.offset), 8)?;
                places.lengths.push((name, at));
            }
            for name in [
                "startAddr",
                "npages",
                "nelems",
                "freeindex",
                "elemsize",
                "allocBits",
                "spanclass",
                "specials",
                "sweepgen",
            ] {
                let field = layouts.field("runtime.mspan", name)?;
                places
                    .fields
                    .push((name, usize::try_from(field.offset).ok()?));
            }
            Some(places)
        })
    }
}
