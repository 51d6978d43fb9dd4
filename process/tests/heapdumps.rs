//! The committed heap dumps against what another reader of the format found in them, and against what the programs that
//! wrote them said of themselves.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure is a panic"
)]

use dumpview_heap::Objects;
use dumpview_process::addr::Addr;
use dumpview_process::heap::Analysis;
use dumpview_process::heapdump::HeapDump;
use dumpview_process::image::{CoreFile, Executable, SectionArena};
use dumpview_process::mapped::{ExecutableMatch, OpenOptions};
use dumpview_process::process::Process;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../corpus/heapdumps")
}

fn unpacked(name: &str) -> Option<Vec<u8>> {
    let file = fs::File::open(folder().join(format!("{name}.zst"))).ok()?;
    let mut bytes = Vec::new();
    let mut unpacked = ruzstd::decoding::StreamingDecoder::new(file).unwrap();
    unpacked.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

fn expected() -> BTreeMap<String, Value> {
    serde_json::from_slice(&fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

fn hex(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// Opens a dump, with its executable when there is one, and lets `ask` have its heap.
fn with_heap(
    bytes: &[u8],
    executable: Option<&[u8]>,
    ask: impl FnOnce(&Process<'_>, &Analysis<'_, '_>),
) {
    let sections = SectionArena::default();
    let dump = HeapDump::read(bytes).unwrap();
    let core = CoreFile::stand_in(bytes, dump.arch());
    let executable = executable.map(|bytes| Executable::parse(bytes, &sections).unwrap());
    let options = OpenOptions::default();
    let process = Process::of_heap_dump(&dump, &core, executable.as_ref(), options);
    let analysis = Analysis::of(&process, &|_| true).unwrap();
    ask(&process, &analysis);
}

#[test]
fn without_its_executable_a_dump_reaches_what_its_records_do() {
    let all = expected();
    assert_eq!(all.len(), 14);
    for (name, expected) in all {
        let bytes = unpacked(&format!("{name}.dump")).unwrap();
        with_heap(&bytes, None, |process, analysis| {
            assert!(analysis.audit.agrees(), "{name}");
            assert_eq!(analysis.notes(), [], "{name}");
            let reached = &expected["reachable_from_records"];
            let live = (analysis.live.objects, analysis.live.bytes);
            assert_eq!(live.0, reached["objects"].as_u64().unwrap(), "{name}");
            assert_eq!(live.1, reached["bytes"].as_u64().unwrap(), "{name}");
            let unreached = &expected["unreachable_from_records"];
            assert_eq!(
                analysis.garbage.objects,
                unreached["objects"].as_u64().unwrap()
            );
            let tops = expected["dominators"]["top_retained"].as_array().unwrap();
            let mut compared = 0;
            for top in tops {
                let object = analysis.heap.find(Addr(hex(&top["addr"]))).unwrap();
                if analysis.heap.roots.goroutine_of(object.0).is_some() {
                    continue;
                }
                let retained = top["retained_bytes"].as_u64();
                assert_eq!(
                    analysis.retained(object.0),
                    retained,
                    "{name} {}",
                    top["addr"]
                );
                assert_eq!(
                    analysis.heap.spans.size(object),
                    top["slot"].as_u64().unwrap()
                );
                compared += 1;
            }
            assert!(compared > 5, "{name}");
            let recorded = analysis.heap.recorded.unwrap();
            assert_eq!(
                recorded.list().len(),
                expected["goroutine_list"].as_array().unwrap().len()
            );
            assert!(process.goroutines().is_err());
        });
    }
}

/// What a program wrote about itself: name, address, bytes, type.
fn truth(name: &str) -> Vec<(String, u64, u64, String)> {
    let text = fs::read_to_string(folder().join(format!("{name}.truth.json"))).unwrap();
    let lines = text.lines().filter_map(|line| {
        let object: Value = serde_json::from_str(line.trim().trim_end_matches(',')).ok()?;
        Some((
            object.get("name")?.as_str()?.to_owned(),
            hex(&object["addr"]),
            object["size"].as_u64()?,
            object["type"].as_str()?.to_owned(),
        ))
    });
    lines.collect()
}

#[test]
fn with_its_executable_a_dump_tells_types_variables_and_stacks() {
    let mut seen = 0;
    for (name, expected) in expected() {
        let Some(executable) = unpacked(&format!("{name}.exe")) else {
            continue;
        };
        seen += 1;
        let bytes = unpacked(&format!("{name}.dump")).unwrap();
        with_heap(&bytes, Some(&executable), |process, analysis| {
            assert!(
                matches!(process.executable_match, ExecutableMatch::Confirmed(_)),
                "{name}"
            );
            assert!(
                analysis.audit.agrees() && analysis.notes().is_empty(),
                "{name}: {:?}",
                analysis.notes()
            );
            assert!(
                analysis.heap.recorded.is_none(),
                "{name}: {:?}",
                process.goroutines().err()
            );
            // Stacks as the collector sees them keep what the records' lists do not name: variables whose address is taken.
            let by_records = expected["reachable_from_records"]["objects"]
                .as_u64()
                .unwrap();
            assert!(
                analysis.live.objects >= by_records,
                "{name}: {} {by_records}",
                analysis.live.objects
            );
            goroutines(&name, process, &expected);
            if !name.starts_with("known") {
                return;
            }
            assert_eq!(
                analysis.live.objects - by_records,
                177,
                "{name}: `main.holderHidden`'s"
            );
            let mut compared = 0;
            for (what, addr, _, ty) in truth(&name) {
                let known = [
                    "main.node",
                    "main.tree",
                    "main.item",
                    "main.medium",
                    "main.cyc",
                    "main.fin",
                ];
                // `Raw` is an unsafe.Pointer, which says no type.
                if !known.contains(&ty.as_str()) || what == "Raw" {
                    continue;
                }
                let object = analysis.heap.find(Addr(addr)).unwrap();
                assert_eq!(
                    analysis.type_name(object.0),
                    Some(ty.as_str()),
                    "{name} {what}"
                );
                compared += 1;
            }
            assert!(compared >= 5, "{name}");
            let head = analysis.named("main.Head").unwrap();
            assert!(!analysis.heap.graph.is_object(head));
            assert!(
                analysis.share.percent() > 90.0,
                "{name}: {:?}",
                analysis.share
            );
        });
    }
    assert_eq!(seen, 4);
}

/// Goroutines and frames, unwound through the memory of the dump, are those that the runtime wrote down.
fn goroutines(name: &str, process: &Process<'_>, expected: &Value) {
    let list = process.goroutines().unwrap().list();
    let mut compared = 0;
    for wanted in expected["goroutine_list"].as_array().unwrap() {
        let id = wanted["goid"].as_u64().unwrap();
        let g = list.iter().find(|g| g.id.0 == id).unwrap();
        let stack = process.stack(g);
        let found: Vec<String> = stack
            .frames
            .iter()
            .filter_map(|frame| Some(process.symbols().ok()?.find(frame.pc)?.name().to_owned()))
            .collect();
        assert_eq!(
            serde_json::to_value(&found).unwrap(),
            wanted["frames"],
            "{name} {id}"
        );
        compared += 1;
    }
    assert!(compared > 5);
}
