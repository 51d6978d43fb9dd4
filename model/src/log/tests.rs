//! Whose records are, from the runtime's own words.

use super::{ProcessId, Processes, Unread};
use dumpview_parsers::log::{Kind, LogReader};
use std::fmt::Write;

/// The process of each record that is not the application's, in order.
fn processes_of(text: &str) -> Vec<u32> {
    let mut processes = Processes::new();
    let mut found = Vec::new();
    let mut reader = LogReader::new();
    let mut each = |record: dumpview_parsers::log::Record<'_>| {
        let ProcessId(process) = processes.of(&record).process;
        if !matches!(record.kind, Kind::Log(_)) {
            found.push((record.place.line, process));
        }
    };
    reader.push(text.as_bytes(), &mut each);
    reader.finish(&mut each);
    // What takes many lines is given at its last.
    found.sort_unstable();
    found.into_iter().map(|(_, process)| process).collect()
}

fn gc(number: u32, seconds: f64) -> String {
    format!(
        "gc {number} @{seconds:.3}s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, \
         0 MB stacks, 0 MB globals, 2 P\n"
    )
}

fn sched(millis: u64) -> String {
    format!(
        "SCHED {millis}ms: gomaxprocs=2 idleprocs=0 threads=6 spinningthreads=0 needspinning=0 idlethreads=1 runqueue=1 [ 0 0 ]\n"
    )
}

fn memory(total: u64, collections: u32) -> String {
    format!("Alloc=1 TotalAlloc={total} NumGC={collections}\n")
}

/// Every verb counts the same processes, whichever of their lines it reads.
#[test]
fn a_restart_is_one_for_collections_samples_and_statistics() {
    let mut text = String::new();
    for _ in 0..2 {
        text += &sched(0);
        for n in 1..=5u32 {
            text += &gc(n, f64::from(n) * 10.0);
            text += &sched(u64::from(n) * 10_000 + 500);
            text += &memory(u64::from(n) * 100, n);
        }
    }
    let found = processes_of(&text);
    assert_eq!(found.len(), 32);
    assert!(found[..16].iter().all(|of| *of == 1), "{found:?}");
    assert!(found[16..].iter().all(|of| *of == 2), "{found:?}");
}

/// Whatever kind of line the new process writes first, the others follow it.
#[test]
fn the_first_line_after_a_restart_may_be_of_any_kind() {
    let old = sched(0) + &gc(1, 5.0) + &memory(500, 1) + &sched(60_000) + &gc(2, 70.0);
    let new = [sched(1_000), gc(1, 0.1), memory(7, 0)];
    for first in 0..new.len() {
        let mut text = old.clone();
        for at in 0..new.len() {
            text += &new[(first + at) % new.len()];
        }
        assert_eq!(processes_of(&text), [1, 1, 1, 1, 1, 2, 2, 2], "{first}");
    }
}

#[test]
fn packages_that_are_initialised_anew_are_another_process() {
    let init = |at: &str| format!("init fmt @{at} ms, 0.010 ms clock, 48 bytes, 1 allocs\n");
    let text = init("0.52") + &init("0.61") + &gc(1, 0.2) + &init("0.50") + &gc(1, 0.3);
    assert_eq!(processes_of(&text), [1, 1, 1, 2, 2]);
}

/// Two processes share a stream; each line of statistics follows the collections of its own.
#[test]
fn statistics_go_with_the_process_whose_collections_they_count() {
    let mut text = String::new();
    for n in 1..=4u32 {
        text += &gc(50 + n, 100.0 + f64::from(n));
        text += &gc(n, f64::from(n));
        text += &memory(1_000_000 + u64::from(n), 50 + n);
        text += &memory(u64::from(n), n);
    }
    let found = processes_of(&text);
    assert_eq!(found, [1, 2, 1, 2].repeat(4));
}

#[test]
fn a_collection_that_is_too_early_for_the_samples_is_another_process() {
    let text = sched(0) + &gc(1, 1.0) + &sched(90_000) + &gc(2, 2.0) + &gc(2, 91.0);
    // The one at 2 s cannot have been written after the sample at 90 s.
    assert_eq!(processes_of(&text), [1, 1, 1, 2, 1]);
}

/// A process that dies prints a last sample, perhaps in the millisecond of the one before; two that begin do not.
#[test]
fn two_samples_of_one_millisecond_are_of_one_process() {
    let text = sched(0) + &sched(100) + &sched(318) + &sched(318) + &sched(0) + &sched(0);
    assert_eq!(processes_of(&text), [1, 1, 1, 1, 2, 3]);
}

#[test]
fn origins_are_processes_of_their_own() {
    let text = format!(
        "a  | {}b  | {}a  | {}b  | {}",
        gc(1, 1.0),
        gc(1, 2.0),
        gc(2, 3.0),
        gc(2, 4.0)
    );
    assert_eq!(processes_of(&text), [1, 2, 1, 2]);
}

#[test]
fn lines_that_cannot_be_read_are_counted_by_format_and_the_first_are_kept() {
    let mut unread = Unread::default();
    let mut text = "SCHED 12ms: gomaxprocs=x\n".to_owned();
    for n in 0..1500 {
        writeln!(text, "gc {n} @1.0s 2%: 0.087+1.0 ms {}", "y".repeat(500)).unwrap();
    }
    let mut reader = LogReader::new();
    reader.push(text.as_bytes(), &mut |record| unread.record(&record));
    reader.finish(&mut |record| unread.record(&record));
    assert_eq!(unread.count_of(&["gctrace"]), 1500);
    assert_eq!(unread.count(), 1500 + unread.count_of(&["schedtrace"]));
    assert_eq!(unread.lines().len(), 1000);
    let first = unread.first_of(&["gctrace"]).unwrap();
    assert_eq!((first.line, first.text.len()), (2, 400));
}
