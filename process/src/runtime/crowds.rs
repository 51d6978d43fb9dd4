//! Lists that are long, go in circles, or lead into each other: how often memory is read for them is counted.

use super::tests::{FakeLayouts, FakeVars, memory};
use super::*;
use crate::addr::GoId;
use crate::arch::{Arch, Registers};
use crate::image::Thread;
use crate::value::fake::Counting;

/// Structures of eight-byte fields, one word behind the other.
fn layouts(structures: &[(&'static str, &[&'static str])]) -> FakeLayouts {
    let mut layouts = FakeLayouts::default();
    for (structure, fields) in structures {
        layouts = layouts.size(structure, 8 * fields.len() as u64);
        for (word, path) in (0u64..).zip(fields.iter().copied()) {
            layouts = layouts.field(structure, path, 8 * word, 8);
        }
    }
    layouts
}

/// Records one behind the other from an address on, and where each stands.
fn records(at: u64, count: u64, record: impl Fn(u64) -> Vec<u64>) -> (u64, Vec<u64>) {
    (at, (0..count).flat_map(record).collect())
}

/// Asks a runtime, and says how often it was read.
fn counted<T>(
    layouts: &FakeLayouts,
    vars: &[(&'static str, u64)],
    parts: &[(u64, Vec<u64>)],
    ask: impl FnOnce(&Runtime<'_>) -> T,
) -> (T, u64) {
    let memory = Counting::new(memory(parts));
    let vars = FakeVars(vars.iter().copied().collect());
    let runtime = Runtime {
        memory: &memory,
        layouts,
        vars: &vars,
    };
    let answer = ask(&runtime);
    (answer, memory.reads())
}

const G: &[&str] = &[
    "stack.lo",
    "stack.hi",
    "sched.pc",
    "atomicstatus",
    "goid",
    "waitreason",
    "parentGoid",
    "labels",
];

#[test]
fn a_g_of_the_list_is_read_once() {
    let layouts = layouts(&[("runtime.g", G)]);
    const COUNT: u64 = 100_000;
    let gs = records(0x100_0000, COUNT, |id| {
        vec![0x7000, 0x8000, 0x40_1234, 4, id + 1, 3, 1, 0]
    });
    let list = records(0x1000_0000, COUNT, |index| vec![0x100_0000 + 64 * index]);
    // The same ones twice over are no more goroutines, and cost nothing.
    let again = records(list.0 + 8 * COUNT, COUNT, |index| {
        vec![0x100_0000 + 64 * index]
    });
    let header = (0x100, vec![0x1000_0000, 2 * COUNT]);
    let vars = [("runtime.allgptr", 0x100), ("runtime.allglen", 0x108)];
    let parts = [gs, list, again, header];
    let (all, reads) = counted(&layouts, &vars, &parts, |runtime| {
        Goroutines::read(runtime).unwrap()
    });
    assert_eq!(all.list().len() as u64, COUNT);
    assert_eq!(all.notes[0].count, COUNT, "{:?}", all.notes);
    assert!((COUNT..=COUNT + 20).contains(&reads), "{reads}");
}

const M: &[&str] = &["id", "procid", "g0", "gsignal", "curg", "alllink"];

fn thread(tid: i32, sp: u64) -> Thread {
    let mut registers = Registers::new(Arch::Amd64);
    registers.set(Arch::Amd64.sp(), Some(sp));
    Thread {
        tid,
        registers,
        tls_base: None,
        system_call: None,
        status_signal: 0,
        signal: None,
    }
}

#[test]
fn ms_and_threads_by_the_ten_thousand_cost_each_its_own_reads() {
    let layouts = layouts(&[("runtime.g", G), ("runtime.m", M)]);
    const COUNT: u64 = 20_000;
    let (ms, gs) = (0x100_0000, 0x800_0000);
    // Each M has a g0 with a stack of its own.
    let stack = |index: u64| 0x7000_0000 + index * 0x1000;
    let list = |last: u64| {
        records(ms, COUNT, move |index| {
            let next = if index + 1 < COUNT {
                ms + 48 * (index + 1)
            } else {
                last
            };
            vec![index, 1000 + index, gs + 64 * index, 0, 0, next]
        })
    };
    let g0s = records(gs, COUNT, |index| {
        vec![stack(index), stack(index + 1), 0, 2, 0, 0, 0, 0]
    });
    let vars = [("runtime.allm", 0x10)];
    for (last, notes) in [(0, 0), (ms + 48, 1)] {
        let parts = [(0x10, vec![ms]), list(last), g0s.clone()];
        // Threads whose ids are the Ms', and threads of another namespace, which stand on their stacks.
        for base in [1000, 5_000_000] {
            let threads: Vec<Thread> = (0..COUNT)
                .map(|index| thread(base + i32::try_from(index).unwrap(), stack(index) + 8))
                .collect();
            let ((machines, matched), reads) = counted(&layouts, &vars, &parts, |runtime| {
                let machines = Machines::read(runtime).unwrap();
                let none = Goroutines::default();
                let matched = match_threads(runtime, Arch::Amd64, &threads, &machines, &none);
                (machines, matched)
            });
            assert_eq!(machines.list.len() as u64, COUNT);
            assert_eq!(machines.notes.len(), notes, "{:?}", machines.notes);
            for (index, thread) in (0u64..).zip(&matched) {
                assert_eq!(thread.m, Some(Addr(ms + 48 * index)), "{index}");
                assert_eq!(thread.on, OnStack::G0);
            }
            assert!(reads <= 8 * COUNT + 1, "{reads}");
        }
    }
}

const DEFER: &[&str] = &["rangefunc", "sp", "pc", "fn", "head", "link"];

#[test]
fn deferred_records_are_read_as_often_as_they_may_be_whatever_their_lists_lead_to() {
    let layouts = layouts(&[("runtime._defer", DEFER)]);
    const COUNT: u64 = 2_000;
    let at = 0x100_0000;
    let closure = (0x10, vec![0x40_1000, at + 48 * COUNT]);
    let list = |kind: u64, at: u64, last: u64| {
        records(at, COUNT, move |index| {
            let next = if index + 1 < COUNT {
                at + 48 * (index + 1)
            } else {
                last
            };
            vec![kind, 0x7000 + index / 2, 0, 0x10, 0x18, next]
        })
    };
    let ask = |parts: &[(u64, Vec<u64>)], most| {
        counted(&layouts, &[], parts, |runtime| {
            linked_defers(runtime, Addr(at), most)
        })
    };
    let (whole, reads) = ask(&[closure.clone(), list(0, at, 0)], usize::MAX);
    assert_eq!(
        (whole.calls.len() as u64, whole.incomplete.clone()),
        (COUNT, None)
    );
    assert_eq!(whole.of_frame(Addr(0x7003)).len(), 2);
    assert_eq!(whole.of_frame(Addr(0x6fff)).len(), 0);
    assert!(reads <= 8 * COUNT, "{reads}");
    // A circle, and heads of range bodies that each lead to one long list: 4,000,000 records if each were followed.
    for parts in [
        vec![closure.clone(), list(0, at, at)],
        vec![closure.clone(), list(1, at, 0), list(0, at + 48 * COUNT, 0)],
    ] {
        let (cut, reads) = ask(&parts, 10_000);
        assert!(
            cut.incomplete
                .is_some_and(|why| why.contains("10000 records"))
        );
        assert_eq!(cut.records, 10_000);
        assert!(reads <= 8 * 10_000, "{reads}");
    }
}

const SUDOG: &[&str] = &["g", "next", "prev", "elem", "isSelect", "waitlink", "c"];

#[test]
fn records_of_one_goroutine_are_not_another_s_however_many_lead_into_them() {
    let layouts = layouts(&[("runtime.sudog", SUDOG)])
        .field("runtime.semtable", "[0].root.treap", 0, 8)
        .field("runtime.semtable", "[1].root.treap", 8, 8);
    const COUNT: u64 = 20_000;
    let at = 0x100_0000;
    let sudogs = |last: u64| {
        records(at, COUNT, move |index| {
            let next = if index + 1 < COUNT {
                at + 56 * (index + 1)
            } else {
                last
            };
            vec![7, next, at, 0x10, 1, next, 0xc0 + index]
        })
    };
    for last in [0, at] {
        let table = (0x50, vec![at, at + 56 * 5]);
        let vars = [("runtime.semtable", 0x50)];
        let parts = [sudogs(last), table];
        let (cases, reads) = counted(&layouts, &vars, &parts, |runtime| {
            let sudogs = Sudogs::new(runtime).unwrap();
            let cases = |g: u64| {
                let g = Goroutine {
                    id: GoId(g),
                    addr: Addr(g),
                    waiting: Addr(at),
                    ..Goroutine::default()
                };
                let found = waits_on(runtime, &sudogs, &g, "select", &Semaphores::default());
                found.unwrap().channels.len() as u64
            };
            (0..COUNT).map(cases).sum::<u64>()
        });
        assert_eq!(cases, COUNT, "all are the seventh's");
        assert!(reads <= 6 * COUNT + COUNT, "{reads}");
        let (_, reads) = counted(&layouts, &vars, &parts, Semaphores::read);
        assert!((COUNT..=6 * COUNT).contains(&reads), "{reads}");
    }
}
