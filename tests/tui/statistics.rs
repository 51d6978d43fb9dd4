//! Memory statistics and traced allocations of a log; who waits, filtered. What is seen is what the verbs say.

use crate::pty::Pty;
use crate::walks::{case, open};
use serde_json::Value;
use std::process::Command;

/// The document of a verb.
fn document(verb: &str, file: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_dumpview"))
        .args([verb, file, "--json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_overview_leads_to_memory_statistics_and_they_to_their_lines() {
    const LOG: &str = "corpus/logs/memstats/memprint-logfmt-go1.27.3.txt";
    let said = document("memstats", LOG);
    let snapshots = said["snapshots"].as_array().unwrap();
    assert!(snapshots.len() > 3, "nothing was compared");
    let mut pty = Pty::open(&[LOG], 40, 150);
    pty.see("holds");
    pty.press("G\r");
    pty.see("snapshots");
    let screen = pty.settled().contents();
    for snapshot in snapshots {
        #[expect(clippy::cast_precision_loss, reason = "as it is shown")]
        let alloc = snapshot["fields"]["Alloc"].as_u64().unwrap() as f64;
        let shown = format!("{:.1} MiB", alloc / f64::from(1 << 20));
        assert!(screen.contains(&shown), "{shown} in\n{screen}");
    }
    // The newest is first.
    pty.press("\r");
    pty.see(&format!("line {} of {}", snapshots.len(), snapshots.len()));
    pty.press("q");
    pty.end();
}

#[test]
fn allocations_are_summed_up_by_type_size_and_stack() {
    const LOG: &str = "corpus/logs/allocfreetrace/alloctr-with-gctrace-go1.19.txt.gz";
    let said = document("alloc", LOG);
    let events = said["events"].as_array().unwrap();
    let largest = |by: &str| {
        let mut sums = events.iter().filter(|sum| sum["by"] == by);
        sums.next().unwrap()["key"].as_str().unwrap().to_owned()
    };
    let mut pty = Pty::open(&[LOG], 40, 150);
    pty.see("holds");
    pty.press("9");
    for by in ["type", "size", "stack"] {
        pty.see(&format!("sums by {by}"));
        let what = largest(by);
        let named = match by {
            "size" => format!("what became of objects of {what} B"),
            _ => format!("what became of {what}"),
        };
        pty.see(&named);
        pty.press("t");
    }
    pty.see("sums by type");
    pty.press("\r");
    // To the first record of the largest type.
    pty.see("tracealloc(");
    pty.press("q");
    pty.end();
}

#[test]
fn waits_are_filtered_and_a_wide_terminal_shows_the_stack() {
    let case = case("crash-blocked-quit-noopt-go1.27.3-amd64");
    let mut pty = open(case, 40, 180);
    pty.see("goroutines");
    pty.press("9");
    pty.see("blocked on");
    pty.see("goroutine 764 [");
    pty.press("freadPipe\r");
    pty.wait("the filtered trees", |screen| {
        let page = screen.contents();
        page.contains("main.readPipe") && !page.contains("chan int main.never")
    });
    pty.press("\x1b");
    pty.see("chan int main.never");
    pty.press("2fcount>100\r");
    pty.wait("groups of more than a hundred", |screen| {
        let page = screen.contents();
        page.contains("main.selectTwo") && !page.contains("main.lockMutex")
    });
    pty.press("q");
    pty.end();
}
