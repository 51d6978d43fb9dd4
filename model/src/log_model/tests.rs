//! The model on texts: what it says of crashes, and that a snapshot stays as it was.

use super::*;
use crate::log::ProcessId;
use crate::traceback::Which;
use dumpview_parsers::log::{Ahead, Kind, LogReader, Record};
use dumpview_parsers::traceback;
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

/// What is known of goroutines that came whole is what their lines say.
#[test]
fn goroutines_that_come_whole_are_the_same() {
    let mut text = String::from("panic: boom\n\n");
    for id in 1..400u64 {
        let wait = if id % 2 == 0 {
            "sync.(*Mutex).lockSlow"
        } else {
            "main.recv"
        };
        let end = if id % 3 == 0 {
            "runtime.goexit"
        } else {
            "main.start"
        };
        write!(
            text,
            "goroutine {id} [sync.Mutex.Lock, {} minutes]:\n{wait}(0xc{id:x}, 0x1)\n\t/go/mutex.go:{} +0x1d fp=0x{id:x} \
             sp=0x{id:x} pc=0x45{}\nmain.work(...)\n\t/a.go:{} +0x1\n{end}({{}})\n\t/go/asm.s:1 +0x1\ncreated by \
             main.main in goroutine {}\n\t/a.go:3 +0x2\n\n",
            id % 5,
            id % 4,
            id % 3,
            id % 2,
            id % 9,
        )
        .unwrap();
        if id % 50 == 0 {
            // Once more, and another dump.
            text += "goroutine 3 [running]:\nmain.recv(0x1)\n\t/a.go:1 +0x1\n\nan own line\n";
        }
    }
    let told = |reader: LogReader, which, with_stack_pointers, with_scout| {
        let mut model = LogModel::with_dump(Parts::OVERVIEW, which, with_stack_pointers);
        let (mut scout, mut ahead) = (reader.scout(), Ahead::default());
        let (mut reader, mut whole) = (reader, 0);
        let mut each = |record: Record<'_>| {
            let is_whole = matches!(record.kind, Kind::Traceback(traceback::Record::Section(_)));
            whole += usize::from(is_whole);
            model.record(&record, &mut |_| {});
        };
        for chunk in text.as_bytes().chunks(5000) {
            if with_scout {
                scout.look(chunk, &mut ahead);
                reader.push_ahead(chunk, Some(&mut ahead), &mut each);
            } else {
                reader.push(chunk, &mut each);
            }
        }
        reader.finish(&mut each);
        model.finish(|_| String::new(), &mut |_| {});
        let found = model.tracebacks.found();
        let dump = found.dump.as_ref().unwrap();
        let goroutines = dump.goroutines.list.iter().map(|g| {
            let stack = dump.goroutines.stacks.of(g.stack);
            format!("{g:?} {stack:?} {:?}", dump.goroutines.frames(g))
        });
        let mut said: Vec<String> = goroutines.collect();
        said.push(format!("{:?} {:?}", model.inventory, found.dumps));
        (said, whole)
    };
    for which in [Which::Crash, Which::Number(1), Which::Number(3)] {
        for with_stack_pointers in [false, true] {
            let (one_by_one, none) = told(LogReader::new(), which, with_stack_pointers, false);
            assert_eq!(none, 0);
            for with_scout in [false, true] {
                let reader = LogReader::new().with_whole_goroutines();
                let (whole, some) = told(reader, which, with_stack_pointers, with_scout);
                assert!(some > 200, "{some}");
                let differs = one_by_one.iter().zip(&whole).find(|(one, two)| one != two);
                assert!(differs.is_none(), "{differs:#?}");
                assert_eq!(one_by_one.len(), whole.len());
            }
        }
    }
}
