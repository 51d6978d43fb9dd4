//! References by name: every word that the graph knows of is found again, and is called what the program calls it.

use crate::heap::{HeapCase, address, start_of};
use crate::report::Report;
use dumpview_heap::{Bits, Dominators, ObjId, Objects, Paths};
use dumpview_process::addr::Addr;
use dumpview_process::heap::types::Labels;
use dumpview_process::heap::{Certainty, Heap, NamedBy, Names, RootKind};
use dumpview_process::memory::MemoryExt;
use dumpview_process::process::Process;

/// Of so many objects one is looked at; of roots, all.
const SAMPLE: usize = 53;

pub fn names(
    case: &HeapCase,
    process: &Process<'_>,
    heap: &Heap<'_>,
    dominators: &Dominators,
    labels: &Labels,
    report: &mut Report,
) {
    let names = Names::new(process, heap, labels);
    let objects = (0..heap.spans.objects()).step_by(SAMPLE);
    for node in objects.chain(heap.spans.objects()..heap.graph.len()) {
        let mut found: Vec<u32> = names.references(node).iter().map(|r| r.to).collect();
        let mut row = heap.graph.out(node).to_vec();
        // The graph keeps one of several references to the same object.
        found.sort_unstable();
        found.dedup();
        row.sort_unstable();
        row.dedup();
        if found != row {
            report.problem(format!(
                "references of {node} {:?}: {found:?}, the graph has {row:?}",
                heap.root(node)
            ));
        }
        report.compared("references of a node");
    }
    let stripped = case.name.contains("stripped");
    variables(case, heap, &names, stripped, report);
    held(case, heap, &names, stripped, report);
    reflected(case, process, heap, report);
    if !stripped {
        entries(case, process, heap, &names, dominators, report);
    }
}

/// The words of package variables, and the first steps into a list.
fn variables(
    case: &HeapCase,
    heap: &Heap<'_>,
    names: &Names<'_, '_>,
    stripped: bool,
    report: &mut Report,
) {
    for structure in case.truth["structures"].as_array().into_iter().flatten() {
        let variable = structure["variable"].as_str().expect("a name");
        let start = structure["address"].as_u64().expect("an address");
        let size = structure["size"].as_u64().expect("a size");
        let root = (heap.spans.objects()..)
            .zip(&heap.roots.list)
            .find(|(_, root)| root.kind == RootKind::Variable { addr: Addr(start) });
        for reference in root.map_or_else(Vec::new, |(node, _)| names.references(node)) {
            let at = reference.word.expect("a word of package data").0 - start;
            let expected = match (variable, at) {
                _ if stripped => format!("{:#x}", start + at),
                ("main.depot", _) => "main.depot.first".to_owned(),
                ("main.structs", 0) => "main.structs.a".to_owned(),
                ("main.structs", 8) => "main.structs.b".to_owned(),
                ("main.structs", 32) => "main.structs.c".to_owned(),
                ("main.structs", 48) => "main.structs.d".to_owned(),
                ("main.structs", 56) => "main.structs.e".to_owned(),
                ("main.arenaItems", 0) => "main.arenaItems.memory".to_owned(),
                ("main.arenaItems", 8) => "main.arenaItems.head".to_owned(),
                _ => variable.to_owned(),
            };
            let by = if stripped {
                NamedBy::Place
            } else {
                NamedBy::Variable
            };
            if variable == "main.registry" && !stripped {
                let of_it = reference.name.starts_with("main.registry.");
                report.equal("name of a variable's word", &reference.name, true, of_it);
                continue;
            }
            report.equal(
                "name of a variable's word",
                variable,
                expected,
                reference.name,
            );
            report.equal(
                "who names a variable's word",
                variable,
                by,
                reference.named_by,
            );
            assert!(at < size, "{variable}");
        }
        if variable == "main.list" && !stripped {
            let list = structure["addresses"].as_array().expect("its addresses");
            for pair in list.chunks(2).collect::<Vec<_>>().windows(2).step_by(100) {
                let object = |at: usize, of: usize| heap.find(Addr(address(&pair[at][of])));
                let from = object(0, 0).expect("a node").0;
                for (to, name) in [(object(1, 0), "next"), (object(0, 1), "text")] {
                    let between = names.between(from, to.expect("an object").0);
                    let found: Vec<&str> = between.iter().map(|r| r.name.as_str()).collect();
                    report.equal("name of a field", variable, vec![name], found);
                }
            }
        }
    }
}

/// What goroutines hold, by the variable that holds it.
fn held(
    case: &HeapCase,
    heap: &Heap<'_>,
    names: &Names<'_, '_>,
    stripped: bool,
    report: &mut Report,
) {
    // The variables that stand in memory whatever the compiler does; others only when it does nothing.
    let always = [
        ("boxed", r"^(w\.p|list\[[0-3]\])$"),
        ("argument", r"^it$"),
        ("locals", r"^(local|owner)$"),
        ("deferred", r"^(it|capture \+0x8)$"),
    ];
    let unoptimised = [("held", r"^(own|chain|next)$")];
    // What a register or a frame without a map holds may be anything.
    let mut unsure = Bits::none(heap.graph.len());
    for (node, root) in (heap.spans.objects()..).zip(&heap.roots.list) {
        if root.certainty == Certainty::Conservative {
            unsure.insert(node);
        }
    }
    let paths = Paths::without(&heap.graph, &unsure);
    let lists = always
        .iter()
        .chain(unoptimised.iter().filter(|_| case.name.contains("-noopt-")));
    for (list, pattern) in lists {
        let pattern = regex::Regex::new(pattern).expect("a regular expression");
        for value in case.truth["lists"][*list].as_array().into_iter().flatten() {
            let object = heap.find(Addr(address(value))).expect("an object").0;
            let path = paths.to(object);
            let [.., from, to] = path[..] else {
                report.problem(format!("{list}: no way to {value}"));
                continue;
            };
            for reference in names.between(from, to) {
                let name = &reference.name;
                let by_place = name.starts_with("sp+") || name.starts_with('+');
                let known = if stripped {
                    by_place || name.starts_with("capture +") || name == "owner"
                } else {
                    pattern.is_match(name)
                };
                report.compared("name of what a goroutine holds");
                if !known {
                    report.problem(format!("{list}: {value} is held by {name}"));
                }
            }
        }
    }
}

/// The argument of a function that reflect made is kept by the frame of reflect's assembly, in which it came.
fn reflected(case: &HeapCase, process: &Process<'_>, heap: &Heap<'_>, report: &mut Report) {
    let goroutines = process.goroutines().expect("goroutines");
    let mut kept = Vec::new();
    for (node, root) in (heap.spans.objects()..).zip(&heap.roots.list) {
        if let RootKind::Frame { goroutine, frame } = root.kind {
            let unwound = process.unwound(&goroutines.list()[goroutine as usize]);
            let stub = unwound
                .calls
                .iter()
                .any(|call| call.physical == frame as usize && call.name == "reflect.makeFuncStub");
            if stub {
                kept.extend(heap.graph.out(node));
            }
        }
    }
    let list = case.truth["lists"]["reflected"].as_array();
    for value in list.into_iter().flatten() {
        let object = heap.find(Addr(address(value))).expect("an object").0;
        let found = kept.contains(&object);
        report.equal("argument of a reflected call", &case.name, true, found);
    }
}

/// Elements of a map, by their keys: the objects' own number is the key.
fn entries(
    case: &HeapCase,
    process: &Process<'_>,
    heap: &Heap<'_>,
    names: &Names<'_, '_>,
    dominators: &Dominators,
    report: &mut Report,
) {
    let children = dominators.children();
    for structure in case.truth["structures"].as_array().into_iter().flatten() {
        let variable = structure["variable"].as_str().expect("a name");
        if !matches!(variable, "main.mapHundred" | "main.mapHoles") {
            continue;
        }
        let start = structure["address"].as_u64().expect("an address");
        let root = (heap.spans.objects()..)
            .zip(&heap.roots.list)
            .find(|(_, root)| root.kind == RootKind::Variable { addr: Addr(start) });
        let mut below: Vec<u32> = root.map(|(node, _)| node).into_iter().collect();
        while let Some(node) = below.pop() {
            below.extend(children.row(node));
            if !heap.graph.is_object(node) {
                continue;
            }
            for reference in names.references(node) {
                let Some(key) = reference.name.strip_prefix('[') else {
                    continue;
                };
                let at = start_of(heap, heap.spans.addr(ObjId(reference.to)));
                let id = process.memory.i64(Addr(at)).expect("an item");
                let is_item = heap.spans.size(ObjId(reference.to)) == 64;
                if is_item {
                    report.equal(
                        "key of a map's entry",
                        variable,
                        format!("{id}]"),
                        key.to_owned(),
                    );
                }
            }
        }
    }
}
