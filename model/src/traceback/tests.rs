//! Dumps put together from texts.

use super::{Collected, Collector, Which, diff, findings};
use crate::death_kind::DeathKind;
use crate::goroutine::Status;
use crate::log::Whose;
use dumpview_parsers::log::LogReader;

fn collect(text: &str, which: Which) -> Collected {
    let mut collector = Collector::new(which, false);
    let mut reader = LogReader::new();
    let mut each = |record: dumpview_parsers::log::Record<'_>| {
        collector.record(&record, Whose::default(), &mut |_, _| {});
    };
    reader.push(text.as_bytes(), &mut each);
    reader.finish(&mut each);
    collector.finish(&mut |_, _| {});
    collector.into_found()
}

fn section(id: u64, state: &str, function: &str) -> String {
    format!(
        "goroutine {id} [{state}]:\nmain.{function}(0x{id:x})\n\t/src/main.go:{} +0x5\ncreated by main.main in goroutine 1\n\t/src/main.go:9 +0x2\n\n",
        10 + function.len()
    )
}

#[test]
fn a_crash_is_told_with_the_lines_before_it() {
    let text = format!(
        "starting\nlistening\nruntime: out of memory: cannot allocate 8192-byte block\nfatal error: out of memory\n\n{}",
        section(7, "running", "work")
    );
    let found = collect(&text, Which::Crash);
    let dump = found.dump.unwrap();
    let death = dump.death.as_ref().unwrap();
    assert_eq!(death.kind(), DeathKind::OutOfMemory);
    assert_eq!(death.goroutine, Some(7));
    assert_eq!(death.notes[0].line, 3);
    let before: Vec<&str> = dump.before.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(before, ["starting", "listening"]);
    assert!(dump.goroutines.list[0].crashed);
}

#[test]
fn a_crash_without_an_empty_line_and_calls_has_its_goroutine() {
    for death in ["panic: x", "fatal error: x"] {
        let found = collect(&format!("{death}\ngoroutine 7 [running]:\n"), Which::Crash);
        assert_eq!((found.dump_count, found.dumps[0].text()), (1, death));
        let dump = found.dump.unwrap();
        assert_eq!(dump.death.as_ref().unwrap().goroutine, Some(7));
        assert_eq!(dump.goroutines.list.len(), 1);
    }
}

#[test]
fn the_dump_of_the_crash_is_kept_and_others_are_listed() {
    let printed = section(3, "running", "stack");
    let crash = format!(
        "panic: boom\n\n{}exit status 2\n",
        section(4, "running", "crash")
    );
    let text = format!("a\n{printed}b\n{crash}c\n{printed}d\n");
    let found = collect(&text, Which::Crash);
    assert_eq!(found.dump_count, 3);
    assert_eq!(found.dump.unwrap().number, 2);
    let fatal: Vec<bool> = found.dumps.iter().map(|d| d.fatal).collect();
    assert_eq!(fatal, [false, true, false]);
    assert_eq!(collect(&text, Which::Number(3)).dump.unwrap().number, 3);
    assert!(collect(&text, Which::Number(4)).dump.is_none());
}

#[test]
fn other_threads_of_a_dying_process_may_write_between_its_sections() {
    let text = format!(
        "fatal error: all goroutines are asleep - deadlock!\n\n{}2026/11/21 still here\n{}",
        section(1, "chan receive", "a"),
        section(2, "chan receive", "b")
    );
    let found = collect(&text, Which::Crash);
    assert_eq!(found.dump_count, 1);
    let dump = found.dump.unwrap();
    assert_eq!(dump.goroutines.list.len(), 2);
    assert!(
        findings(&dump)
            .iter()
            .any(|f| f.id == "goroutines.deadlock")
    );
}

#[test]
fn a_goroutine_printed_again_by_its_thread_is_counted_once() {
    let text = format!(
        "SIGQUIT: quit\nPC=0x1 m=0 sigcode=0\n\n\
         goroutine 5 gp=0x5 m=3 mp=0x9 [running]:\n\tgoroutine running on other thread; stack unavailable\n\n\
         -----\n\nSIGQUIT: quit\nPC=0x2 m=3 sigcode=0\n\n{}",
        section(5, "running", "spin")
    );
    let dump = collect(&text, Which::Crash).dump.unwrap();
    assert_eq!(dump.goroutines.list.len(), 1);
    assert_eq!(dump.repeated, 1);
    let g = &dump.goroutines.list[0];
    assert_eq!(g.location.as_ref().unwrap().function, "main.spin");
    assert!(!g.crashed, "a dump that was asked for is nobody's crash");
}

#[test]
fn states_are_those_of_a_core() {
    let text = section(1, "chan receive (nil chan) (leaked), 3 minutes", "a")
        + &section(2, "runnable", "b")
        + &section(
            3,
            "select (durable), locked to thread, synctest bubble 4",
            "c",
        );
    let dump = collect(&text, Which::Crash).dump.unwrap();
    let [a, b, c] = dump.goroutines.list.as_slice() else {
        panic!("three goroutines");
    };
    assert_eq!(
        (a.status, a.wait_reason.as_deref()),
        (Status::Leaked, Some("chan receive (nil chan)"))
    );
    assert_eq!(a.waiting_ns, Some(180_000_000_000));
    assert_eq!(
        (b.status, b.wait_reason.as_deref()),
        (Status::Runnable, None)
    );
    assert_eq!(
        (c.status, c.wait_reason.as_deref()),
        (Status::Waiting, Some("select (durable)"))
    );
    assert!(c.locked_to_thread && c.bubble == Some(4));
}

#[test]
fn differences_are_by_id_and_place() {
    let old = section(1, "select, 1 minutes", "a")
        + &section(2, "select", "b")
        + &section(3, "select", "c");
    let new = section(1, "select, 6 minutes", "a")
        + &section(3, "select", "elsewhere")
        + &section(9, "select", "d");
    let (old, new) = (
        collect(&old, Which::Crash).dump.unwrap(),
        collect(&new, Which::Crash).dump.unwrap(),
    );
    let diff = diff(&old.goroutines, &new.goroutines);
    let ids = |list: &[&crate::goroutine::Goroutine]| list.iter().map(|g| g.id).collect::<Vec<_>>();
    assert_eq!((ids(&diff.appeared), ids(&diff.gone)), (vec![9], vec![2]));
    let stayed: Vec<_> = diff
        .stayed
        .iter()
        .map(|s| (s.new.id, s.unmoved, s.waited_longer_ns()))
        .collect();
    assert_eq!(stayed, [(1, true, Some(300_000_000_000)), (3, false, None)]);
}

#[test]
fn groups_are_by_look_and_state() {
    let text: String = (1..=30)
        .map(|id| section(id, if id % 3 == 0 { "select" } else { "IO wait" }, "f"))
        .collect();
    let dump = collect(&text, Which::Crash).dump.unwrap();
    let groups = dump.goroutines.group(&dump.goroutines.list);
    assert_eq!(groups.iter().map(|g| g.count).collect::<Vec<_>>(), [20, 10]);
    assert_eq!(dump.goroutines.stacks.len(), 1);
}

/// A goroutine that waits for a mutex, or did so until it was woken.
fn at_lock(id: u64, state: &str, function: &str, mutex: u64, between: &str) -> String {
    format!(
        "goroutine {id} [{state}]:\ninternal/sync.runtime_SemacquireMutex(0x0?, 0x0?, 0x0?)\n\t/go/src/runtime/sema.go:95 +0x25\n\
         internal/sync.(*Mutex).lockSlow({mutex:#x})\n\t/go/src/internal/sync/mutex.go:149 +0x15a\n\
         sync.(*Mutex).Lock(...)\n\t/go/src/sync/mutex.go:46\n{between}\
         main.{function}(0x1)\n\t/src/main.go:{} +0x5\n\n",
        10 + function.len()
    )
}

#[test]
fn only_blocked_goroutines_at_several_locks_may_wait_for_each_other() {
    let told = |sections: &[String]| {
        let text = format!(
            "panic: x\n\n{}{}",
            section(7, "running", "died"),
            sections.concat()
        );
        let dump = collect(&text, Which::Crash).dump.unwrap();
        let found = findings(&dump);
        let of = found
            .into_iter()
            .find(|of| of.id == "goroutines.long-at-locks");
        of.map(|of| of.text)
    };
    let waits = |id, function, mutex| at_lock(id, "sync.Mutex.Lock", function, mutex, "");
    let two = told(&[waits(1, "first", 0xc000), waits(2, "second", 0xc010)]);
    assert!(two.is_some_and(|text| text.ends_with(": each may hold what another waits for")));
    // At one lock, or on the way from it.
    assert_eq!(
        told(&[waits(1, "first", 0xc000), waits(2, "second", 0xc000)]),
        None
    );
    let woken = at_lock(2, "runnable", "second", 0xc010, "");
    assert_eq!(told(&[waits(1, "first", 0xc000), woken]), None);
    // Who is in the Once's call will end it.
    let once = "sync.(*Once).doSlow(0x0?, 0xc000)\n\t/go/src/sync/once.go:74 +0x48\n";
    let in_once = |id, mutex| at_lock(id, "sync.Mutex.Lock", "load", mutex, once);
    assert_eq!(told(&[in_once(1, 0xc000), in_once(2, 0xc010)]), None);
}

/// As `go test -timeout` prints it: the goroutine that panics is a timer's, and the test that hangs is another.
#[test]
fn a_test_that_ran_out_of_time_is_told_by_where_it_stands() {
    let text = "panic: test timed out after 2s\n\trunning tests:\n\t\tTestSlow (2s)\n\t\tTestSlow/sub (2s)\n\n\
        goroutine 5 [running]:\ntesting.(*M).startAlarm.func1()\n\t/go/src/testing/testing.go:2961 +0x34a\n\
        created by time.goFunc\n\t/go/src/time/sleep.go:182 +0x2d\n\n\
        goroutine 1 [chan receive]:\ntesting.(*T).Run(0x1)\n\t/go/src/testing/testing.go:2268 +0x4f2\n\
        main.main()\n\t_testmain.go:49 +0x9b\n\n\
        goroutine 2 [chan receive]:\ntesting.(*T).Run(0x1)\n\t/go/src/testing/testing.go:2268 +0x4f2\n\
        example.com/x.TestSlow(0x1)\n\t/src/x_test.go:3 +0x99\ntesting.tRunner(0x1)\n\t/go/src/testing/testing.go:2036 +0xf4\n\
        created by testing.(*T).Run in goroutine 1\n\t/go/src/testing/testing.go:2101 +0x4c6\n\n\
        goroutine 3 [sync.Mutex.Lock]:\nsync.(*Mutex).Lock(...)\n\t/go/src/sync/mutex.go:46\n\
        example.com/x.TestSlow.func1()\n\t/src/x_test.go:3 +0x25\n\
        created by example.com/x.TestSlow in goroutine 2\n\t/src/x_test.go:3 +0x85\n\n\
        goroutine 4 [sleep]:\ntime.Sleep(0x34630b8a000)\n\t/go/src/runtime/time.go:361 +0x10c\n\
        example.com/x.TestSlow.func2(0x1)\n\t/src/x_test.go:4 +0x1f\ntesting.tRunner(0x1)\n\t/go/src/testing/testing.go:2036 +0xf4\n\
        created by testing.(*T).Run in goroutine 2\n\t/go/src/testing/testing.go:2101 +0x4c6\n";
    let dump = collect(text, Which::Crash).dump.unwrap();
    let found = findings(&dump);
    let told = found.iter().find(|finding| finding.id == "goroutines.test");
    let told = told.map(|finding| finding.text.as_str());
    assert_eq!(
        told,
        Some(
            "the test that ran out of time stands in example.com/x.TestSlow.func2 (/src/x_test.go:4) [sleep], goroutine 4"
        )
    );
}
