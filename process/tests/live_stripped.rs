//! Goroutines of stripped programs, which have neither DWARF nor symbols: the runtime's variables must be found,
//! and the list must be the one that the dying program printed.
//!
//! Needs `DUMPVIEW_GO` (see `live`), a kernel that writes cores into the working directory, and for arm64
//! `qemu-aarch64-static`; what is missing is left out, but without `DUMPVIEW_GO` nothing is run at all.

#![allow(clippy::unwrap_used, reason = "a failure is a panic")]

mod live;

use dumpview_process::image::{CoreFile, Executable, Files, SectionArena};
use dumpview_process::layout::LayoutSource;
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;

const PROGRAM: &str = r#"package main

import (
	"runtime/debug"
	"sync"
	"time"
)

func main() {
	debug.SetTraceback("crash")
	var mu sync.Mutex
	mu.Lock()
	for range make([]int, 20) {
		go mu.Lock()
		go time.Sleep(time.Hour)
		go func() { select {} }()
	}
	time.Sleep(50 * time.Millisecond)
	var p *int
	*p = 1
}
"#;

struct NoFiles;

impl<'a> Files<'a> for NoFiles {
    fn image(&self, _: &str) -> Option<&'a Executable<'a>> {
        None
    }
}

/// Ids of the goroutines in a traceback, and what they printed of themselves in brackets.
fn printed(traceback: &str) -> Vec<u64> {
    let headers = traceback
        .lines()
        .filter_map(|line| line.strip_prefix("goroutine "));
    let ids = headers.filter_map(|rest| rest.split(' ').next()?.parse().ok());
    let mut ids: Vec<u64> = ids.filter(|id| *id != 0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[test]
fn stripped_programs_of_every_release_list_all_goroutines() {
    let Some(go) = live::Go::from_env() else {
        return;
    };
    let mut compared = 0;
    for release in live::releases() {
        for arch in ["amd64", "arm64"] {
            let environment = [("GOARCH", arch), ("CGO_ENABLED", "0")];
            let exe = go.build(
                &release,
                "stripped",
                PROGRAM,
                &["-ldflags=-s -w"],
                &environment,
            );
            let Some(died) = live::die(&exe, arch, &[]) else {
                continue;
            };
            let bytes = std::fs::read(&exe).unwrap();
            let arena = SectionArena::default();
            let executable = Executable::parse(&bytes, &arena).unwrap();
            let core = CoreFile::parse(&died.core).unwrap();
            let process = Process::open(&core, Some(&executable), &NoFiles, OpenOptions::default());
            let source = process.layouts().unwrap().source();
            assert!(
                matches!(source, LayoutSource::Table(_)),
                "{release}: {source:?}"
            );
            let goroutines = process.goroutines().unwrap();
            assert_eq!(goroutines.notes, [], "{release} {arch}");
            let mut ids: Vec<u64> = goroutines.list().iter().map(|g| g.id.0).collect();
            ids.sort_unstable();
            assert_eq!(ids, printed(&died.stderr), "{release} {arch}");
            assert!(ids.len() > 60, "{release} {arch}");
            assert!(
                process.threads().iter().any(|t| t.m.is_some()),
                "{release} {arch}"
            );
            compared += 1;
        }
    }
    assert!(compared > 0, "no cores were left");
}
