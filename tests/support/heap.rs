//! One heap against the account that its program kept.

use crate::report::Report;
use dumpview_heap::{Bits, Dominators, ObjId, Objects, Paths, union_of};
use dumpview_process::addr::Addr;
use dumpview_process::heap::audit::Audit;
use dumpview_process::heap::types::Labels;
use dumpview_process::heap::{Certainty, Heap, RootKind};
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use serde_json::Value;
use std::collections::BTreeSet;

/// A core of the program `heap`.
pub struct HeapCase {
    /// `heap-MODE-VARIANT-goX.Y.Z-ARCH`.
    pub name: String,
    /// The core's bytes.
    pub core: Vec<u8>,
    /// The executable's bytes.
    pub exe: Vec<u8>,
    /// Whether the collector was at work to the end.
    pub collecting: bool,
    /// What the program said.
    pub truth: Value,
}

/// Checks everything that the account speaks about.
pub fn check(case: &HeapCase, report: &mut Report) {
    let arena = SectionArena::default();
    let core = CoreFile::parse(&case.core).expect("a core");
    let exe = Executable::parse(&case.exe, &arena).expect("an executable");
    let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
    let heap = match Heap::read(&process) {
        Ok(heap) => heap,
        Err(error) => return report.problem(format!("no heap: {error}")),
    };
    report.compared("core");
    for note in heap.notes() {
        report.problem(format!("a note on a whole core: {note:?}"));
    }
    check_audit(&process, &heap, report);
    crate::heap_search::check(&process, report);
    let dominators = heap.dominators();
    structures(case, &heap, &dominators, report);
    lists(case, &process, &heap, &dominators, report);
    let labels = Labels::find(&process, &heap).expect("a layout");
    types(case, &heap, &dominators, &labels, report);
    crate::heap_names::names(case, &process, &heap, &dominators, &labels, report);
}

fn check_audit(process: &Process<'_>, heap: &Heap<'_>, report: &mut Report) {
    let runtime = process.runtime().expect("a runtime");
    let audit = Audit::of(&runtime, &heap.spans);
    let what = "objects and bytes against the runtime's counters";
    report.equal(
        what,
        "objects",
        audit.objects.counted,
        Some(audit.objects.walked),
    );
    report.equal(what, "bytes", audit.bytes.counted, Some(audit.bytes.walked));
    report.equal(
        what,
        "large",
        audit.large_bytes.counted,
        Some(audit.large_bytes.walked),
    );
    report.equal(
        what,
        "heap spans",
        audit.in_heap.counted,
        Some(audit.in_heap.walked),
    );
    report.equal(
        what,
        "other spans",
        audit.manual.counted,
        Some(audit.manual.walked),
    );
    report.equal(
        what,
        "allocCount",
        audit.alloc_count.counted,
        Some(audit.alloc_count.walked),
    );
    for (class, count) in audit.classes.iter().enumerate() {
        let walked = i64::try_from(count.walked).expect("a count");
        report.equal(what, &format!("class {class}"), count.counted, walked);
    }
    report.equal(
        "pointers into free slots",
        "all",
        0,
        heap.scanned.to_free_slots,
    );
}

/// Everything that the entries reach without going through the nodes of `cut`.
fn reach(heap: &Heap<'_>, cut: &Bits) -> Bits {
    let mut seen = Bits::none(heap.graph.len());
    let mut stack: Vec<u32> = heap.graph.entries().to_vec();
    while let Some(node) = stack.pop() {
        if !cut.has(node) && !seen.insert(node) {
            stack.extend(heap.graph.out(node));
        }
    }
    seen
}

/// Objects and bytes of each structure, and which objects they are. A frame without a map may hold anything that an
/// earlier call left there, so what such frames keep is looked away from.
fn structures(case: &HeapCase, heap: &Heap<'_>, dominators: &Dominators, report: &mut Report) {
    let roots = || (heap.spans.objects()..).zip(&heap.roots.list);
    let mut unsure = Bits::none(heap.graph.len());
    for (node, root) in roots() {
        if root.certainty == Certainty::Conservative {
            unsure.insert(node);
        }
    }
    // What a frame without a map leads to, by a word that an earlier call may have left there.
    let mut touched = Bits::none(heap.graph.len());
    let mut stack: Vec<u32> = unsure.iter().collect();
    while let Some(node) = stack.pop() {
        if !touched.insert(node) {
            stack.extend(heap.graph.out(node));
        }
    }
    let with = reach(heap, &unsure);
    for structure in case.truth["structures"].as_array().into_iter().flatten() {
        let name = structure["variable"].as_str().expect("a name");
        let number = |key: &str| structure[key].as_u64().expect(key);
        let (start, size) = (number("address"), number("size"));
        let mut cut = unsure.clone();
        let mut own = Bits::none(heap.graph.len());
        let mut nodes = Vec::new();
        for (node, root) in roots() {
            if let RootKind::Variable { addr } = root.kind
                && (start..start + size).contains(&addr.0)
            {
                cut.insert(node);
                own.insert(node);
                nodes.push(node);
            }
        }
        let mut without = reach(heap, &cut);
        // What a finalizer keeps came and goes with the object that it is set for: so it is with user arenas.
        for (node, root) in roots() {
            if let RootKind::Finalizer { object } = root.kind
                && with.has(object)
                && !without.has(object)
            {
                cut.insert(node);
                own.insert(node);
                nodes.push(node);
            }
        }
        if nodes.len() > 1 {
            without = reach(heap, &cut);
        }
        let kept: Vec<u32> = with
            .iter()
            .filter(|node| heap.graph.is_object(*node) && !without.has(*node))
            .collect();
        let bytes: u64 = kept.iter().map(|id| heap.spans.size(ObjId(*id))).sum();
        report.equal(
            "structure",
            &format!("{name} objects"),
            number("objects"),
            kept.len() as u64,
        );
        report.equal(
            "structure",
            &format!("{name} bytes"),
            number("bytes"),
            bytes,
        );
        if !kept.iter().any(|id| touched.has(*id)) {
            let union = union_of(&heap.graph, &heap.spans, |n| dominators.is_reached(n), &own);
            report.equal("union of roots", name, number("bytes"), union.bytes);
            if let ([node], Some((_, _, symbol))) =
                (&nodes[..], heap.roots.variables.at(Addr(start)))
            {
                report.equal("name of a variable", name, name, symbol);
                let retained = dominators.retained(*node, &heap.spans);
                report.equal("retained bytes", name, Some(number("bytes")), retained);
            }
        }
        if let Some(listed) = structure["addresses"].as_array() {
            let told: BTreeSet<u64> = listed.iter().map(|a| block_of(heap, address(a))).collect();
            let found: BTreeSet<u64> = kept
                .iter()
                .map(|id| start_of(heap, heap.spans.addr(ObjId(*id))))
                .collect();
            report.equal(
                "objects in place",
                name,
                told.len(),
                told.intersection(&found).count(),
            );
            report.equal("objects too many", name, 0, found.difference(&told).count());
            for _ in &told {
                report.compared("object of a structure");
            }
        }
    }
}

/// What the objects of each structure may be called, as a regular expression of a whole name.
const NAMES: &[(&str, &str)] = &[
    ("list", r"main\.listNode|string bytes"),
    ("tree", r"main\.treeNode"),
    ("ring", r"main\.ringNode"),
    ("sharedA", r"\[\]\*main\.item backing|main\.item"),
    ("sharedB", r"\[\]\*main\.item backing|main\.item"),
    ("mapEmpty", r"map\[int\]int (header|entries)"),
    ("mapOne", r"map\[int\]int (header|entries)"),
    ("mapEight", r"map\[int\]int (header|entries)"),
    (
        "mapNine",
        r"map\[int\]int (header|entries|directory|table|overflow list)|\[\]\*runtime\.bmap backing",
    ),
    (
        "mapHundred",
        r"map\[int\]\*main\.item (header|entries|directory|table|overflow list)|main\.item",
    ),
    (
        "mapThousand",
        r"map\[string\]int (header|entries|directory|table|overflow list)|string bytes",
    ),
    (
        "mapGrowing",
        r"map\[int\]int (header|entries|directory|table|overflow list)|\[\]\*runtime\.bmap backing",
    ),
    (
        "mapGrowing2",
        r"map\[string\]\*main\.item (header|entries|directory|table|overflow list)|main\.item|string bytes",
    ),
    (
        "mapBig",
        r"map\[int\]\[200\]uint8 (header|entries|directory|table|overflow list)|\[200\]uint8",
    ),
    (
        "mapPointers",
        r"map\[\*main\.item\]\*main\.item (header|entries|directory|table|overflow list)|main\.item",
    ),
    (
        "mapNested",
        r"map\[(string\]map\[int\]string|int\]string) (header|entries|directory|table|overflow list)|string bytes",
    ),
    (
        "mapHoles",
        r"map\[int\]\*main\.item (header|entries|directory|table|overflow list)|main\.item",
    ),
    ("nested", r"(\[\])?\[\]int64 backing|tiny block"),
    ("words", r"\[\]string backing|string bytes"),
    ("subSlice", r"\[\]uint8 backing"),
    ("subString", r"string bytes"),
    (
        "values",
        r"\[\]interface \{\} backing|tiny block|string|string bytes|main\.item|\[\]int64|\[\]int64 backing|\[4\]int64|main\.wide",
    ),
    ("errs", r"\[\]error backing|main\.wrapped|string bytes"),
    (
        "funcs",
        r"\[\]func\(\) int backing|main\..* closure|main\.item|tiny block",
    ),
    ("buffered", r"chan \*main\.item( buffer)?|main\.item"),
    ("plain", r"chan \[3\]int64"),
    ("empty", r"chan string"),
    ("boxes", r"main\.box\[string\]|string bytes"),
    ("pairs", r"\[\]main\.box\[\*main\.item\] backing|main\.item"),
    (
        "below512",
        r"(\[\]\*\[62\]\*int64 backing)|\[62\]\*int64|tiny block",
    ),
    (
        "above512",
        r"(\[\]\*\[70\]\*int64 backing)|\[70\]\*int64|tiny block",
    ),
    (
        "over32K",
        r"(\[\]\*\[5000\]\*int64 backing)|\[5000\]\*int64|tiny block",
    ),
    ("arrays", r"(\[\])?\[\]main\.wide backing|tiny block"),
    ("hugeArray", r"\[20000\]main\.wide|tiny block"),
    ("mixedOne", r"main\.mixed|tiny block|string bytes"),
    (
        "mixedMany",
        r"\[\]main\.mixed backing|tiny block|string bytes",
    ),
    ("noscans", r"(\[\])?\[\]uint8 backing"),
    ("ints", r"\[\]\*int64 backing|tiny block"),
    (
        "eights",
        r"\[\]\*\[1\]\*int64 backing|\[1\]\*int64|tiny block",
    ),
    ("interior", r"\[\]\*int64 backing|tiny block"),
    ("matrix", r"\[64\]\[64\]\*int64|tiny block"),
    ("withUnsafe", r"main\.item"),
    (
        "structs",
        r"main\.item|\[\]string backing|string|string bytes|\[\]main\.item backing|\[\]main\.item|map\[string\]\*main\.item (header|entries)|main\..* closure",
    ),
    ("finalized", r"main\.item"),
    ("timers", r"time\..*|runtime\.timeTimer"),
    ("warm", r"tiny block"),
    (
        "arenaItems",
        r"main\.item|(\[\])?(\*?arena\.|\*?runtime\.|unsafe\.Pointer).*",
    ),
    ("dag", r"main\.dagNode"),
    ("depot", r"main\.listNode|string bytes"),
    (
        "around",
        r"\[\]interface \{\} backing|\[\d*\]\*main\.item( backing)?|main\.item|\[\d+\]uint8",
    ),
    (
        "fills",
        r"\[\]map\[int\]int backing|map\[int\]int (header|entries|directory|table|overflow list)|\[\]\*runtime\.bmap backing",
    ),
    (
        "fillsP",
        r"\[\]map\[string\]\*main\.item backing|map\[string\]\*main\.item (header|entries|directory|table|overflow list)|main\.item|string bytes",
    ),
    (
        "generic",
        r"\[\]\*main\.pair\[string,\*main\.item\] backing|main\.pair\[string,\*main\.item\]|main\.item|string bytes",
    ),
    (
        "registry",
        r"internal/sync\.(HashTrieMap|entry|indirect)\[.*|sync\.(entry|readOnly)|map\[interface \{\}\]\*sync\.entry (header|entries|directory|table|overflow list)|interface \{\}|string|main\.item|string bytes",
    ),
];

/// What each object of the structures is said to be, and how many bytes of the whole heap have a type.
fn types(
    case: &HeapCase,
    heap: &Heap<'_>,
    dominators: &Dominators,
    labels: &Labels,
    report: &mut Report,
) {
    let children = dominators.children();
    for structure in case.truth["structures"].as_array().into_iter().flatten() {
        let variable = structure["variable"].as_str().expect("a name");
        let short = variable.trim_start_matches("main.");
        let (_, names) = NAMES
            .iter()
            .find(|(name, _)| *name == short)
            .expect("a structure whose types are known");
        let names = regex::Regex::new(&format!("^({names})$")).expect("a regular expression");
        let start = structure["address"].as_u64().expect("an address");
        let Some((node, _)) = (heap.spans.objects()..)
            .zip(&heap.roots.list)
            .find(|(_, root)| root.kind == RootKind::Variable { addr: Addr(start) })
        else {
            continue;
        };
        let mut below = vec![node];
        while let Some(node) = below.pop() {
            below.extend(children.row(node));
            if !heap.graph.is_object(node) {
                continue;
            }
            match labels.id(node) {
                Some(id) => {
                    report.compared("type of an object");
                    if !names.is_match(labels.name(id)) {
                        let addr = heap.spans.addr(ObjId(node));
                        report.problem(format!("{variable}: {addr:#x} is no {}", labels.name(id)));
                    }
                }
                None => report.compared("object without a type"),
            }
        }
    }
    let mut sizes = Vec::new();
    heap.spans.runs(&mut |run| {
        for id in run.first.0..run.first.0 + run.count {
            if dominators.is_reached(id) {
                sizes.push((id, run.size));
            }
        }
    });
    let share = labels.share(sizes.into_iter());
    println!(
        "{:.2} % of live bytes have a type: {}",
        share.percent(),
        case.name
    );
    let least = if case.name.contains("stripped") || case.name.contains("-arenas-") {
        // A user arena is one object to the runtime, and of no type.
        0.0
    } else if case.name.contains("noopt") {
        99.0
    } else {
        97.0
    };
    if share.percent() < least {
        report.problem(format!(
            "only {:.2} % of live bytes have a type: {share:?}",
            share.percent()
        ));
    }
}

/// Where an object starts for its program: behind the header of its slot, when it has one.
pub fn start_of(heap: &Heap<'_>, slot: u64) -> u64 {
    let span = heap.spans.at(Addr(slot)).expect("an object's span");
    let number = u32::try_from((slot - span.start.0) / span.elemsize).expect("a slot");
    heap.pointers
        .header(span, number)
        .map_or(slot, |(_, at)| slot + at)
}

/// Tiny objects share a 16-byte slot (span class 5: size class 2, no pointers); others are told by their own start.
fn block_of(heap: &Heap<'_>, addr: u64) -> u64 {
    let span = heap.spans.at(Addr(addr));
    if span.is_some_and(|span| span.spanclass == 5) {
        addr & !15
    } else {
        addr
    }
}

pub fn address(value: &Value) -> u64 {
    let text = value.as_str().expect("an address");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("an address")
}

/// Which function's frame keeps the objects of a list, and objects that nothing keeps.
fn lists(
    case: &HeapCase,
    process: &Process<'_>,
    heap: &Heap<'_>,
    dominators: &Dominators,
    report: &mut Report,
) {
    let holders = [
        ("held", "main.holder"),
        ("boxed", "main.addressTaken"),
        ("sent", "main.sender"),
        ("deferred", "main.deferrer"),
        ("argument", "main.closing"),
        ("locals", "main.main"),
    ];
    // A register, or a frame without a map, may hold anything that an earlier call left there.
    let mut unsure = Bits::none(heap.graph.len());
    for (node, root) in (heap.spans.objects()..).zip(&heap.roots.list) {
        if root.certainty == Certainty::Conservative {
            unsure.insert(node);
        }
    }
    let paths = Paths::without(&heap.graph, &unsure);
    let unwinder = process.unwinder().expect("an unwinder");
    let goroutines = process.goroutines().expect("goroutines");
    for (list, addresses) in case.truth["lists"].as_object().into_iter().flatten() {
        if case.collecting && matches!(list.as_str(), "garbage" | "hidden") {
            // The collector went on: some of it is gone, and other objects are in its place.
            continue;
        }
        for value in addresses.as_array().into_iter().flatten() {
            let addr = address(value);
            let Some(ObjId(object)) = heap.find(Addr(addr)) else {
                report.problem(format!("{list}: no object at {addr:#x}"));
                continue;
            };
            report.equal(
                "object of a list",
                list,
                block_of(heap, addr),
                start_of(heap, heap.spans.addr(ObjId(object))),
            );
            if matches!(list.as_str(), "garbage" | "hidden") {
                report.equal(
                    "garbage",
                    &format!("{list} {addr:#x} reached"),
                    false,
                    dominators.is_reached(object),
                );
                continue;
            }
            report.equal(
                "object that lives",
                &format!("{list} {addr:#x}"),
                true,
                dominators.is_reached(object),
            );
            let Some((_, function)) = holders.iter().find(|(name, _)| name == list) else {
                continue;
            };
            report.compared("object held by a goroutine");
            let path = paths.to(object);
            let frame = path.iter().find_map(|node| match heap.root(*node)?.kind {
                RootKind::Frame { goroutine, frame } => Some((goroutine, frame)),
                _ => None,
            });
            let own = path.iter().find_map(|node| match heap.root(*node)?.kind {
                RootKind::Goroutine { goroutine } => Some(goroutine),
                _ => None,
            });
            let name = |goroutine: u32, frame: Option<u32>| {
                let goroutine = &goroutines.list()[goroutine as usize];
                let stack = unwinder.goroutine(goroutine.addr, process.registers_of(goroutine));
                let symbols = process.symbols().expect("symbols");
                let named = |frame: &dumpview_process::unwind::PhysicalFrame| {
                    symbols.find(frame.pc).map(|f| f.name().to_owned())
                };
                match frame {
                    Some(frame) => stack.frames.get(frame as usize).and_then(named),
                    None => stack
                        .frames
                        .iter()
                        .filter_map(named)
                        .find(|n| n == function),
                }
            };
            let found = match (frame, own) {
                (Some((goroutine, frame)), _) => name(goroutine, Some(frame)),
                (None, Some(goroutine)) => name(goroutine, None),
                (None, None) => None,
            };
            if found.as_deref() != Some(*function) {
                let root = path.first().and_then(|node| heap.root(*node));
                report.problem(format!(
                    "{list}: {addr:#x} is held by {found:?}, root {root:?}"
                ));
            }
        }
    }
}
