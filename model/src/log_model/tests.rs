//! The model on texts: what it says of crashes, and that a snapshot stays as it was.

use super::*;
use crate::log::ProcessId;
use dumpview_parsers::log::LogReader;
use proptest::prelude::*;
use std::fmt::Write;

fn read(text: &str, parts: Parts) -> LogModel {
    let mut model = LogModel::new(parts);
    let mut reader = LogReader::new();
    reader.push(text.as_bytes(), &mut |record| {
        model.record(&record, &mut |_| {});
    });
    reader.finish(&mut |record| model.record(&record, &mut |_| {}));
    model.finish(|_| String::new(), &mut |_| {});
    model
}

fn gc(number: u32, seconds: u32) -> String {
    format!(
        "gc {number} @{seconds}.000s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, \
         0 MB stacks, 0 MB globals, 2 P\n"
    )
}

#[test]
fn a_crash_is_its_processs_and_has_its_last_lines() {
    let text = format!(
        "{}first up\n{}panic: a\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\nexit status 2\n\
         {}second up\npanic: b\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\nexit status 2\n",
        gc(1, 1),
        gc(2, 2),
        gc(1, 1),
    );
    let model = read(&text, Parts::OVERVIEW);
    let processes = model.processes();
    let told: Vec<_> = processes
        .iter()
        .map(|of| {
            (
                of.id,
                of.gc.unwrap().cycles,
                of.crashes[0].text(),
                of.crashes[0].before[0].text.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (ProcessId(1), 2, "panic: a", "first up"),
            (ProcessId(2), 1, "panic: b", "second up")
        ]
    );
}

/// Lines of the pacer come before their collection: at a restart they are the new process's.
#[test]
fn what_stands_before_a_collection_is_of_its_process() {
    let scav = "scav 0 KiB work (bg), 1024 KiB work (eager), 4096 KiB now, 80% util\n";
    let text = gc(1, 1) + scav + &gc(2, 2) + scav + &gc(1, 1) + scav;
    let model = read(&text, Parts::GC);
    let lines: Vec<u64> = model
        .processes()
        .iter()
        .map(|of| of.gc.unwrap().extras.scavenger.lines)
        .collect();
    assert_eq!(lines, [1, 2]);
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let mut model = LogModel::new(Parts::OVERVIEW | Parts::EVENTS);
    let mut reader = LogReader::new();
    let mut push = |model: &mut LogModel, text: &str| {
        reader.push(text.as_bytes(), &mut |record| {
            model.record(&record, &mut |_| {});
        });
    };
    push(&mut model, &(gc(1, 1) + &gc(2, 2)));
    let snapshot = model.clone();
    push(&mut model, &gc(3, 3));
    let cycles = |model: &LogModel| model.gc.main().unwrap().cycles;
    assert_eq!((cycles(&snapshot), cycles(&model)), (2, 3));
    let events = |model: &LogModel| model.timeline("a").events.len();
    assert_eq!((events(&snapshot), events(&model)), (2, 3));
}

proptest! {
    /// A panic's text may have any lines, and is one crash all the same, whatever stands before and behind it.
    #[test]
    fn a_panic_of_several_lines_is_one_crash(
        lines in proptest::collection::vec("[a-z][a-z ,:]{0,30}", 1..6),
        before in proptest::collection::vec("[a-z]{1,20}", 0..4),
        goroutines in 1u64..4,
        tabs in any::<bool>(),
    ) {
        let mut text = String::new();
        for line in &before {
            writeln!(text, "{line}").unwrap();
        }
        // 1.23 and later put a tab before further lines.
        write!(text, "panic: {}\n\n", lines.join(if tabs { "\n\t" } else { "\n" })).unwrap();
        for id in 1..=goroutines {
            write!(text, "goroutine {id} [running]:\nmain.main()\n\t/a.go:1 +0x1\n\n").unwrap();
        }
        text += "exit status 2\n";
        let model = read(&text, Parts::OVERVIEW | Parts::EVENTS);
        let found = model.tracebacks.found();
        prop_assert_eq!(found.dump_count, 1);
        prop_assert!(found.dumps[0].fatal);
        prop_assert_eq!(found.dumps[0].goroutines as u64, goroutines);
        prop_assert_eq!(found.dumps[0].text().lines().count(), lines.len(), "{}", found.dumps[0].text());
        let timeline = model.timeline("a");
        let moments = timeline.events.iter().filter(|of| of.event.lane == crate::timeline::Lane::Moment);
        prop_assert_eq!(moments.count(), 1);
    }
}
