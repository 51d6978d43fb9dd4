//! Lines printed after runtime/mgc.go with any numbers read back as those numbers; damage never passes for one.

use super::{Cycle, Record, ScanClass, record};
use crate::quantity::{MiB, Nanos};
use crate::scan::tests::printed;
use proptest::prelude::*;

/// What the runtime has before it prints: times in nanoseconds, sizes in bytes.
#[derive(Clone, Debug)]
struct Truth {
    number: u32,
    start: u64,
    percent: u32,
    clock: [u64; 5],
    cpu: [u64; 7],
    heap: [u64; 6],
    procs: u32,
    forced: bool,
    leak_check: bool,
    release: u32,
}

fn truths() -> impl Strategy<Value = Truth> {
    let nanos = || prop_oneof![0u64..2_000, 0u64..20_000_000, 0u64..1 << 50];
    (
        (any::<u32>(), 0u64..1 << 60, 0u32..=100, 1u32..5000),
        proptest::array::uniform5(nanos()),
        proptest::array::uniform7(nanos()),
        proptest::array::uniform6(0u64..1 << 50),
        (
            any::<bool>(),
            any::<bool>(),
            prop_oneof![Just(5u32), Just(6), Just(18), Just(26)],
        ),
    )
        .prop_map(
            |((number, start, percent, procs), clock, cpu, heap, (forced, leak_check, release))| {
                Truth {
                    number,
                    start,
                    percent,
                    clock,
                    cpu,
                    heap,
                    procs,
                    forced,
                    leak_check: leak_check && release == 26,
                    release,
                }
            },
        )
}

/// gcMarkTermination of that release.
fn print(truth: &Truth) -> String {
    let millis = truth.start / 1_000_000;
    let ms = |ns: u64| printed(ns);
    let (clock, cpu) = if truth.release == 5 {
        let [a, b, c, d, e] = truth.clock.map(ms);
        let [f, g, h, i, j, k, l] = truth.cpu.map(ms);
        (
            format!("{a}+{b}+{c}+{d}+{e}"),
            format!("{f}+{g}+{h}+{i}/{j}/{k}+{l}"),
        )
    } else {
        let [a, _, _, d, e] = truth.clock.map(ms);
        let [f, _, _, i, j, k, l] = truth.cpu.map(ms);
        (format!("{a}+{d}+{e}"), format!("{f}+{i}/{j}/{k}+{l}"))
    };
    let [start, end, live, goal, stacks, globals] = truth.heap.map(|bytes| bytes >> 20);
    let leak = if truth.leak_check {
        " (checking for goroutine leaks)"
    } else {
        ""
    };
    let scannable = if truth.release >= 18 {
        format!("{stacks} MB stacks, {globals} MB globals, ")
    } else {
        String::new()
    };
    format!(
        "gc {} @{}.{:03}s {}%{leak}: {clock} ms clock, {cpu} ms cpu, {start}->{end}->{live} MB, {goal} MB goal, {scannable}{} P{}",
        truth.number,
        millis / 1000,
        millis % 1000,
        truth.percent,
        truth.procs,
        if truth.forced { " (forced)" } else { "" },
    )
}

fn cycle(text: &str) -> Option<Cycle> {
    match record(text.as_bytes(), 1) {
        Some(Record::Cycle(cycle)) => Some(cycle),
        _ => None,
    }
}

/// Below the truth by less than a step of what is printed.
fn cut_down(read: Nanos, truth: u64) -> bool {
    read.0 <= truth && truth < read.0 + read.printed_step().0
}

proptest! {
    #[test]
    fn what_is_printed_is_read(truth in truths()) {
        let text = print(&truth);
        let read = cycle(&text).unwrap_or_else(|| panic!("{text}"));
        prop_assert_eq!(read.number, truth.number);
        prop_assert_eq!(read.start.0, truth.start / 1_000_000 * 1_000_000);
        prop_assert_eq!(read.cpu_percent, truth.percent);
        prop_assert_eq!((read.procs, read.forced, read.leak_check), (truth.procs, truth.forced, truth.leak_check));
        let (clock, cpu) = (read.clock, read.cpu);
        let mut times = vec![
            (Some(clock.sweep_termination), truth.clock[0]),
            (Some(clock.mark), truth.clock[3]),
            (Some(clock.mark_termination), truth.clock[4]),
            (Some(cpu.sweep_termination), truth.cpu[0]),
            (Some(cpu.assist), truth.cpu[3]),
            (Some(cpu.background), truth.cpu[4]),
            (Some(cpu.idle), truth.cpu[5]),
            (Some(cpu.mark_termination), truth.cpu[6]),
        ];
        if truth.release == 5 {
            times.extend([
                (clock.scan, truth.clock[1]),
                (clock.sync, truth.clock[2]),
                (cpu.scan, truth.cpu[1]),
                (cpu.sync, truth.cpu[2]),
            ]);
        }
        for (read, truth) in times {
            prop_assert!(read.is_some_and(|read| cut_down(read, truth)), "{read:?} {truth} in {text}");
        }
        let mib = truth.heap.map(|bytes| MiB(bytes >> 20));
        prop_assert_eq!([read.heap_start, read.heap_end, read.heap_live, read.goal], [mib[0], mib[1], mib[2], mib[3]]);
        let scannable = (truth.release >= 18).then_some((mib[4], mib[5]));
        prop_assert_eq!(read.stacks.zip(read.globals), scannable);
    }

    #[test]
    fn no_prefix_is_read_but_one_that_says_all(truth in truths(), cut in any::<prop::sample::Index>()) {
        let text = print(&truth);
        let head = &text[..cut.index(text.len())];
        let read = cycle(head);
        prop_assert!(read.is_none() || truth.forced && head.ends_with(" P"), "{head}");
    }

    #[test]
    fn a_changed_byte_gives_another_number_or_nothing(
        truth in truths(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let text = print(&truth);
        let mut bytes = text.clone().into_bytes();
        let index = at.index(bytes.len());
        let was = std::mem::replace(&mut bytes[index], byte);
        if let Some(Record::Cycle(read)) = record(&bytes, 1) {
            let in_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
            prop_assert!(was == byte || in_number(was) && in_number(byte), "{read:?}");
        }
    }
}

#[test]
fn sums_of_scan_lines_are_checked() {
    let read = |text: &str| match record(text.as_bytes(), 1) {
        Some(Record::Scan(scan)) => Some((scan.class, scan.objects)),
        _ => None,
    };
    assert_eq!(read("scan: class L 12 objs"), Some((ScanClass::Large, 12)));
    assert_eq!(
        read("scan: total 1+2+3=6 objs, 1+1=2 spans"),
        Some((ScanClass::Total, 6))
    );
    assert_eq!(read("scan: total 1+2+3=7 objs, 1+1=2 spans"), None);
    assert_eq!(read("scan: class 24B 1+2+3=6 objs, 1+1=3 spans"), None);
}

proptest! {
    /// Zeros left out, or as many decimals everywhere: read, and marked. Anything else is not.
    #[test]
    fn what_a_tool_wrote_is_read_and_marked(truth in truths(), decimals in 1usize..=6) {
        let text = print(&truth);
        let read = cycle(&text).unwrap();
        let (head, tail) = text.split_once('%').unwrap();
        let (times, rest) = tail.split_once(" ms cpu, ").unwrap();
        let each = |write: &dyn Fn(f64) -> String| {
            let times = rewritten(times, write);
            format!("{head}%{times} ms cpu, {rest}")
        };
        let trimmed = each(&|n| format!("{n}"));
        let fixed = each(&|n| format!("{n:.decimals$}"));
        for (text, exact) in [(trimmed, true), (fixed, decimals >= 3)] {
            // It may be as the runtime prints it.
            let Some(found) = cycle(&text).or_else(|| super::edited(text.as_bytes())) else {
                // One number alone may be torn.
                prop_assert!(decimals >= 3, "{}", text);
                continue;
            };
            if exact {
                prop_assert_eq!(Cycle { edited: false, ..found }, read, "{}", text);
            }
            prop_assert_eq!(found.edited, cycle(&text).is_none());
        }
    }

    #[test]
    fn what_another_wrote_into_a_number_is_not(truth in truths(), digits in 1u32..100) {
        let text = print(&truth);
        let (head, tail) = text.split_once('%').unwrap();
        let at = tail.find('+').unwrap();
        let glued = format!("{head}%{}{digits}{}", &tail[..at], &tail[at..]);
        // A number without decimals only becomes a longer one.
        prop_assume!(tail[..at].contains('.'));
        prop_assert_eq!(super::edited(glued.as_bytes()).filter(|_| cycle(&glued).is_none()), None, "{}", glued);
    }
}

/// A text with every number in it written otherwise.
fn rewritten(text: &str, write: &dyn Fn(f64) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        out += &rest[..at];
        rest = &rest[at..];
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        out += &write(rest[..end].parse().unwrap());
        rest = &rest[end..];
    }
    out + rest
}
