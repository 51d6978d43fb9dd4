//! An object that only a vector register leads to is kept where that release's collector keeps it, and nowhere else.
//!
//! Needs `DUMPVIEW_GO` (see `live`), a kernel that writes cores into the working directory, and for arm64
//! `qemu-aarch64-static`.

#![allow(clippy::unwrap_used, reason = "a failure is a panic")]

mod live;

use dumpview_process::addr::Addr;
use dumpview_process::heap::{Heap, RootKind};
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;

/// Whether the heap of the core has the object at `addr`, reached through registers or a frame of the holder alone.
fn kept(core: &[u8], exe: &[u8], addr: Addr, what: &str) -> bool {
    let arena = SectionArena::default();
    let core = CoreFile::parse(core).unwrap();
    let exe = Executable::parse(exe, &arena).unwrap();
    let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
    let heap = Heap::read(&process).unwrap();
    let Some(object) = heap.spans.find(addr) else {
        return false;
    };
    let goroutines = process.goroutines().unwrap();
    let holder = |goroutine: u32| {
        let goroutine = goroutines.list().get(goroutine as usize).unwrap();
        let unwound = process.unwound(goroutine);
        unwound.calls.iter().any(|call| call.name == "main.hold")
    };
    let mut kept = false;
    for (node, root) in (heap.spans.objects()..).zip(&heap.roots.list) {
        if !heap.graph.out(node).contains(&object) {
            continue;
        }
        let of_holder = match root.kind {
            RootKind::Registers { goroutine } | RootKind::Frame { goroutine, .. } => {
                holder(goroutine)
            }
            _ => false,
        };
        assert!(of_holder, "{what}: {root:?}");
        kept = true;
    }
    assert_eq!(kept, heap.dominators().is_reached(object), "{what}");
    kept
}

#[test]
fn what_only_a_vector_register_leads_to_is_kept_as_the_collector_keeps_it() {
    let Some(go) = live::Go::from_env() else {
        return;
    };
    let source = include_str!("programs/vectors.go");
    let (mut all, mut lost) = (0, 0);
    for release in live::releases() {
        for arch in ["amd64", "arm64"] {
            let environment = [("GOARCH", arch), ("CGO_ENABLED", "0")];
            let exe = go.build(
                &release,
                &format!("vectors-{arch}"),
                source,
                &[],
                &environment,
            );
            for mode in ["shared", "running"] {
                let Some(died) = live::die(&exe, arch, &[mode]) else {
                    continue;
                };
                let what = format!("{release} {arch} {mode}");
                let (hidden, truth) = died.stdout.trim().split_once(' ').unwrap();
                let hidden = u64::from_str_radix(hidden.trim_start_matches("0x"), 16).unwrap();
                let truth: bool = truth.parse().unwrap();
                let exe = std::fs::read(&exe).unwrap();
                assert_eq!(
                    kept(&died.core, &exe, Addr(!hidden), &what),
                    truth,
                    "{what}"
                );
                println!("{what}: {}", if truth { "kept" } else { "freed" });
                all += 1;
                lost += usize::from(!truth);
            }
        }
    }
    assert!(all > 0, "no cores were left");
    assert!(lost < all, "no release keeps the object");
}
