//! Records torn at every token border by every kind of neighbour: each comes out exactly as it was printed, or
//! is reported. The tokens here are written after the runtime's print statements, not after the templates.

use super::super::corpus::kind;
use super::super::{Kind, trace};
use crate::testing::read;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A record as its writes; the last ends the line.
type Writes = Vec<String>;

/// Splits a line at marks that stand where one argument of print ends and the next begins.
fn writes(marked: &str) -> Writes {
    let mut writes: Writes = marked.split('|').map(str::to_owned).collect();
    writes.push("\n".into());
    writes
}

/// One of each kind, with numbers that would be different ones if a digit were lost or gained.
fn kinds() -> Vec<Writes> {
    [
        "gc |12| @|3.184|s |5|%|: |2.9|+|48|+|0.040| ms clock, |5.9|+|0.75|/|17|/|0.15|+|0.080| ms cpu, |7|->|8|->|5| MB, |8| MB goal, |10| MB stacks, |0| MB globals, |2| P",
        "gc |13| @|3.190|s |5|%| (checking for goroutine leaks)|: |0|+|0|+|10| ms clock, |0|+|0|/|0|/|0|+|20| ms cpu, |70|->|80|->|5| MB, |8| MB goal, |10| MB stacks, |0| MB globals, |24| P| (forced)",
        "gc |14| @|3.284|s |5|%: |2.9|+|48|+|0.040| ms clock, |5.9|+|0.75|/|17|/|0.15|+|0.080| ms cpu, |7|->|8|->|5| MB, |8| MB goal, |12| P",
        "gc |554| @|65.900|s |14|%: |8.5|+|72|+|17|+|18|+|9.7| ms clock, |68|+|72|+|0|+|35|/|0.41|/|0|+|78| ms cpu, |944|->|1825|->|1293| MB, |1294| MB goal, |8| P",
        "gc|10|(|2|): |12|+|6769|+|767|+|3| us, |1| -> |1| MB, |4222| (|593983|-|589761|) objects,| |85| goroutines,| |4825|/|0|/|1898| sweeps, |0|(|0|) handoff, |6|(|93|) steal, |16|/|10|/|2| yields",
        "scan: total |803|+|27606|+|0|=|28409| objs|, |1866|+|0|=|1866| spans",
        "scan: class |24|B |731|+|27525|+|0|=|28256| objs|, |1854|+|0|=|1854| spans",
        "scan: total |803| objs",
        "scan: class L |12| objs",
        "scav |2400| KiB work (bg), |13| KiB work (eager), |5704| KiB now, |4|% util| (forced)",
        "scav |64| KiB work, |2560| KiB total, |83|% util",
        "pacer: assist ratio=|+7.596354e+000| (scan |1| MB in |4|->|4| MB)| workers=|0|+|+2.500000e-001",
        "pacer: assist ratio=|0.8285177479619565| (scan |2| MB in |3|->|4| MB)| workers=|10|+|0.25",
        "pacer: |25|% CPU (|25| exp.) for |1384520|+|5840|+|156106| B work (|156106| B exp.) |in |4005888| B -> |5529600| B (∆goal |-29290|, cons/mark |0.1338175|)",
        "pacer: sweep done at heap size |13|MB; allocated |10|MB during sweep; swept |675| pages at |0.0005046| pages/byte",
        "checkfinalizers: queue:| |191| |finalizers +| |140| |cleanups",
        "init |internal/godebug| @|9.1| ms, |0.053| ms clock, |312| bytes, |7| allocs",
        "SCHED |1004|ms: gomaxprocs=|4| idleprocs=|0| threads=|11| idlethreads=|4| runqueue=|8| |[|0| |10| |0| |31|]",
        "SCHED |60000|ms: gomaxprocs=|2| idleprocs=|2| threads=|14| spinningthreads=|0| needspinning=|0| idlethreads=|2| runqueue=|10| |[ |20| |13| ]| schedticks=[ |50| |67| |]",
        "SCHED |206|ms: gomaxprocs=|2| idleprocs=|0| threads=|6| spinningthreads=|0| idlethreads=|0| runqueue=|23| gcwaiting=|0| nmidlelocked=|-1| stopwait=|0| sysmonwait=|0",
        "  P|10|: status=|1| schedtick=|265| syscalltick=|1291| m=|14| runqsize=|13| gfreecnt=|10| timerslen=|12",
        "  M|1|: p=|nil| curg=|17| mallocing=|0| throwing=|0| preemptoff=|| locks=|10| dying=|0| spinning=|false| blocked=|true| lockedg=|17",
        "  G|12|: status=|4|(|force gc (idle)|) m=|nil| lockedm=|nil",
    ]
    .map(writes)
    .to_vec()
}

/// Pieces that an application writes at once.
const NEIGHBOURS: [&str; 8] = [
    "2026/11/21 02:23:36 indexed doc 504 (60000 distinct words) gc 12 @3.4s in text\n",
    "{\"level\":\"info\",\"n\":12}\n",
    "time=2026-11-21T02:23:36Z level=INFO msg=12\n",
    ".",
    "...",
    " [150/900]",
    "..\n",
    "panic: 12\n",
];

/// Lines before, by which it is known how the application's lines begin.
const LESSON: &str = "2026/11/21 02:23:35 start\n...\n{\"level\":\"info\"}\ntime=2026 level=INFO\n";

/// A record without what it says of its pieces.
fn bare(kind: &Kind<'_>) -> String {
    let text = format!("{kind:?}");
    text.split_once("pieces: ")
        .map_or(text.clone(), |(head, _)| head.to_owned())
}

struct Read {
    records: Vec<String>,
    unreadable: usize,
    log: String,
}

fn look(text: &str) -> Read {
    let mut seen = Read {
        records: Vec::new(),
        unreadable: 0,
        log: String::new(),
    };
    read(text.as_bytes(), |record| match record.kind {
        Kind::Unreadable(_) => seen.unreadable += 1,
        Kind::Log(text) => {
            seen.log.push_str(&String::from_utf8_lossy(text));
        }
        other if kind(&other) == "other" => {}
        other => seen.records.push(bare(&other)),
    });
    seen
}

fn truth(record: &Writes) -> String {
    let line = record.concat();
    let kind = trace::whole(line.trim_end_matches('\n').as_bytes(), 1);
    bare(&kind.unwrap_or_else(|| panic!("{line}")))
}

/// Whether a torn record came out as it was printed; fails when it came out as anything else.
fn comes_out(before: &str, record: &Writes, border: usize, neighbour: &str) -> bool {
    let (head, tail) = record.split_at(border);
    let text = format!("{before}{}{neighbour}{}", head.concat(), tail.concat());
    let seen = look(&text);
    if seen.records.is_empty() {
        // What breaks off before it is clear what it is stays the application's.
        let shown = seen.log.contains(head[0].trim());
        assert!(seen.unreadable > 0 || shown, "lost: {text:?}");
        return false;
    }
    assert_eq!(seen.records, [truth(record)], "{text:?}");
    true
}

#[test]
fn one_neighbour_at_any_border_changes_no_number() {
    let (mut unknown, mut known, mut all) = (0, 0, 0);
    for record in kinds() {
        for border in 1..record.len() {
            for neighbour in NEIGHBOURS {
                all += 1;
                unknown += usize::from(comes_out("", &record, border, neighbour));
                known += usize::from(comes_out(LESSON, &record, border, neighbour));
            }
        }
    }
    // Without a lesson, what stands behind a number may always be a part of it.
    assert!(unknown * 3 > all, "{unknown} of {all}");
    assert!(known * 10 > all * 7, "{known} of {all}");
}

#[test]
fn a_logger_that_writes_dates_costs_no_record() {
    let dashes = NEIGHBOURS[0].replace('/', "-");
    for record in kinds() {
        for border in 1..record.len() {
            // The end of a reason, or of a path, shows only by what follows.
            let words = ["(", " preemptoff=", "init "];
            let reason = words.contains(&record[border - 1].as_str())
                || border >= 2 && words.contains(&record[border - 2].as_str());
            if reason {
                continue;
            }
            assert!(
                comes_out(LESSON, &record, border, NEIGHBOURS[0]),
                "{border} {record:?}"
            );
            let lesson = "2026-11-21 02:23:36 start\n";
            assert!(
                comes_out(lesson, &record, border, &dashes),
                "{border} {record:?}"
            );
        }
    }
}

/// Interleaves the writes of several writers: `order` says whose turn it is.
fn interleave(mut writers: Vec<Vec<String>>, order: &[usize]) -> String {
    let mut text = String::new();
    for writer in &mut writers {
        writer.reverse();
    }
    for turn in order {
        let turn = turn % writers.len();
        text.push_str(&writers[turn].pop().unwrap_or_default());
    }
    for writer in &mut writers {
        while let Some(write) = writer.pop() {
            text.push_str(&write);
        }
    }
    text
}

/// Two processes' cycles, with numbers of their own.
fn cycles(process: usize, count: usize) -> Vec<Writes> {
    (0..count)
        .map(|n| {
            let (base, mib) = (process * 500 + n, 3 + process * 1000 + n * 7);
            writes(&format!(
                "gc |{base}| @|{n}.0{process}4|s |{process}|%: |0.0{n}1|+|1{n}|+|0.00{process}| ms clock, |0.0{n}2|+|0|/|2{n}|/|0.4{process}|+|0.00{process}| ms cpu, |{mib}|->|{mib}|->|{n}| MB, |{mib}| MB goal, |0| MB stacks, |0| MB globals, |{}| P",
                process + 2
            ))
        })
        .collect()
}

fn check(text: &str, truths: &BTreeSet<String>, written: usize) -> Result<(), TestCaseError> {
    let seen = look(text);
    for record in &seen.records {
        prop_assert!(truths.contains(record), "{record}\nin\n{text}");
    }
    if seen.records.len() < written {
        prop_assert!(
            seen.unreadable > 0 || seen.log.contains("gc "),
            "lost in\n{text}"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_application_in_between_changes_no_number(
        pieces in proptest::collection::vec(0usize..8, 0..12),
        runs in proptest::collection::vec((0usize..2, 1usize..25), 0..40),
        count in 1usize..5,
    ) {
        let cycles = cycles(1, count);
        let truths = cycles.iter().map(truth).collect();
        let application = pieces.iter().map(|&piece| NEIGHBOURS[piece].to_owned()).collect();
        let order: Vec<usize> = runs.iter().flat_map(|&(turn, n)| {
            // The application writes one piece at a time.
            std::iter::repeat_n(turn, if turn == 1 { 1 } else { n })
        }).collect();
        let text = interleave(vec![cycles.concat(), application], &order);
        check(&format!("{LESSON}{text}"), &truths, count)?;
        check(&text, &truths, count)?;
    }

    #[test]
    fn two_processes_mixed_change_no_number(
        // While one process is held up between two writes, the other writes no more than a record.
        runs in proptest::collection::vec(1usize..40, 0..30),
        count in 1usize..5,
    ) {
        let (one, two) = (cycles(1, count), cycles(2, count));
        let truths = one.iter().chain(&two).map(truth).collect();
        let order: Vec<usize> = runs.iter().enumerate()
            .flat_map(|(turn, &n)| std::iter::repeat_n(turn % 2, n))
            .collect();
        let text = interleave(vec![one.concat(), two.concat()], &order);
        check(&text, &truths, 2 * count)?;
    }
}

/// The first word of one process's record in the middle of another's, and its number right behind the other's next one.
#[test]
fn a_number_without_its_first_word_is_no_part_of_another() {
    let (one, two) = (cycles(1, 2).concat(), cycles(2, 2).concat());
    let turns = |runs: &[usize]| -> Vec<usize> {
        let turns = runs.iter().enumerate();
        turns
            .flat_map(|(turn, &n)| std::iter::repeat_n(turn % 2, n))
            .collect()
    };
    let truths: BTreeSet<String> = (1..=2)
        .flat_map(|process| cycles(process, 2))
        .map(|record| truth(&record))
        .collect();
    let mut mixed = 0;
    for first in 1..one.len() / 2 {
        for second in 1..one.len() - first {
            let text = interleave(
                vec![one.clone(), two.clone()],
                &turns(&[first, 1, second, two.len()]),
            );
            check(&text, &truths, 4).unwrap_or_else(|failed| panic!("{failed}"));
            mixed += 1;
        }
    }
    assert!(mixed > 1000, "{mixed}");
}

#[test]
fn a_record_that_never_ends_costs_no_memory() {
    let mut text =
        "SCHED 1ms: gomaxprocs=4 idleprocs=0 threads=11 idlethreads=4 runqueue=8 [0...\n"
            .to_owned();
    text.insert_str(0, "...\n");
    text += &" 1 2 3...\n".repeat(1000);
    let seen = look(&text);
    assert!(seen.records.is_empty() && seen.unreadable > 0);
}

/// From the `@` on nothing else begins so: wherever the input ends, the record is reported, and the ones before stand.
#[test]
fn an_input_that_ends_within_a_record_says_so() {
    let line = "gc 2 @0.080s 1%: 0.035+2.1+0.063 ms clock, 0.070+0.43/1.8/0+0.12 ms cpu, 5->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P";
    let before = line.replace("gc 2 @0.080s", "gc 1 @0.040s");
    let mut cuts = 0;
    for end in "gc 2 @".len()..line.len() {
        let seen = look(&format!("{before}\n{}", &line[..end]));
        let read = (seen.records.len(), seen.unreadable);
        assert_eq!(read, (1, 1), "{}: {}", &line[..end], seen.log);
        cuts += 1;
    }
    assert!(cuts > 100);
}

/// The scheduler's samples and what packages took to be initialised are printed by two threads, one write at a time: a line
/// of either comes out as it was printed, or something is reported.
#[test]
fn no_init_line_vanishes_between_samples() {
    let init = |package: &str, at: &str, bytes: &str| {
        writes(&format!(
            "init |{package}| @|{at}| ms, |0.010| ms clock, |{bytes}| bytes, |3| allocs"
        ))
    };
    let inits = [
        init("internal/bytealg", "0.002", "0"),
        init("runtime", "0.035", "0"),
        init("errors", "9.1", "16"),
        init("sync", "9.1", "1408"),
    ];
    let sample = |at: &str| {
        writes(&format!(
            "SCHED |{at}|ms: gomaxprocs=|2| idleprocs=|1| threads=|3| spinningthreads=|0| needspinning=|0| idlethreads=|0| runqueue=|0| |[ |0| |0| |]| schedticks=[ |2| |0| |]"
        ))
    };
    let samples = [sample("0"), sample("104")];
    let truths: BTreeSet<String> = inits.iter().chain(&samples).map(truth).collect();
    let (inits, samples) = (inits.concat(), samples.concat());
    let mut lot = 0x9e37_79b9_7f4a_7c15u64;
    let (mut lost, mut whole) = (Vec::new(), 0);
    for _ in 0..20_000 {
        // Where samples are written: runs of their writes between runs of the others'.
        let (mut text, mut a, mut b) = (String::new(), 0, 0);
        while a < inits.len() || b < samples.len() {
            lot ^= lot << 13;
            lot ^= lot >> 7;
            lot ^= lot << 17;
            let (first, run) = (lot.is_multiple_of(2), 1 + (lot >> 8) % 24);
            for _ in 0..run {
                let (list, at) = if first {
                    (&inits, &mut a)
                } else {
                    (&samples, &mut b)
                };
                if let Some(write) = list.get(*at) {
                    text.push_str(write);
                    *at += 1;
                }
            }
        }
        let seen = look(&text);
        let wrong = seen.records.iter().any(|record| !truths.contains(record));
        whole += usize::from(seen.records.len() == truths.len());
        if wrong || seen.unreadable == 0 && seen.records.len() < truths.len() {
            lost.push((text, seen.records));
        }
    }
    lost.sort_by_key(|(text, _)| text.len());
    assert!(whole > 2_000, "only {whole} of 20,000 were read whole");
    assert!(
        lost.is_empty(),
        "{} of 20,000: {:#?}",
        lost.len(),
        &lost[..lost.len().min(12)]
    );
}
