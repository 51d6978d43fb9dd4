//! Logs cut anywhere, and processes that tear each other's records: what is whole is read.

use super::corpus::kind;
use super::{Kind, LogReader, Record};
use crate::scan::tests::printed;
use crate::testing::samples;
use std::collections::{BTreeSet, HashMap};

/// What was read of a text: where, what, and whether it is doubtful.
fn records(text: &[u8]) -> Vec<(u64, String, bool)> {
    let mut found = Vec::new();
    let mut sink = |record: Record<'_>| {
        if !matches!(record.kind, Kind::Log(_)) && kind(&record.kind) != "other" {
            let shown = format!("{:?}", record.kind);
            found.push((record.place.offset, shown, record.doubtful));
        }
    };
    let mut reader = LogReader::new();
    reader.push(text, &mut sink);
    reader.finish(&mut sink);
    found
}

/// A small generator of numbers, so that a failure can be had again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// `tail -c`, and a log that was copied and truncated: at most the line that was cut is lost.
#[test]
fn a_log_that_begins_anywhere_lacks_its_first_line_at_most() {
    let mut dice = Dice(1);
    let mut compared = 0;
    for folder in ["gctrace", "schedtrace", "inittrace"] {
        for (name, text) in samples(folder, "") {
            // A page that an editor numbered was not cut by `tail -c`, and a cut number is no number.
            // What tears records has to be seen before them to be known for what it is.
            if name.contains("numbered-paste") || name.starts_with("wordidx-partial-writes") {
                continue;
            }
            let whole = records(&text);
            let end = text.len().min(200_000);
            for _ in 0..24 {
                let from = usize::try_from(dice.roll(end as u64)).unwrap();
                let Some(next) = memchr::memchr(b'\n', &text[from..]) else {
                    continue;
                };
                let next = (from + next + 1) as u64;
                let cut = records(&text[from..]);
                let cut: BTreeSet<(u64, &str)> = cut
                    .iter()
                    .map(|(at, shown, _)| (at + from as u64, shown.as_str()))
                    .collect();
                for (at, shown, _) in whole.iter().filter(|(at, ..)| *at >= next) {
                    // What was torn may have begun before.
                    if shown.contains("Unreadable") || shown.contains("pieces: 2") {
                        continue;
                    }
                    assert!(
                        cut.contains(&(*at, shown)),
                        "{name} from {from}: {at} {shown}"
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

/// The format of a record of many lines, and whether it is the first of what belongs together.
fn of_many_lines(kind: &Kind<'_>) -> Option<(&'static str, bool)> {
    use crate::{alloctrace, checkfinalizers, oom, profile, race, traceback};
    Some(match kind {
        Kind::Traceback(record) => (
            "traceback",
            matches!(
                record,
                traceback::Record::Header(_) | traceback::Record::Embedded { begins: true }
            ),
        ),
        Kind::Race(record) => ("race", *record == race::Record::Start),
        Kind::Alloc(record) => (
            "allocfreetrace",
            !matches!(record, alloctrace::Record::Collection),
        ),
        Kind::MemStats(_) => ("memstats", true),
        Kind::Oom(record) => ("oom", matches!(record, oom::Record::Invoked { .. })),
        Kind::Profile(record) => ("profile", matches!(record, profile::Record::Header(_))),
        Kind::Finalizers(record) => (
            "checkfinalizers",
            *record == checkfinalizers::Record::Warning,
        ),
        _ => return None,
    })
}

/// Where each of them is, what it is, and whether it is a first one; by format.
fn many_lines(text: &[u8]) -> HashMap<&'static str, Vec<(u64, String, bool)>> {
    let mut found: HashMap<&str, Vec<_>> = HashMap::new();
    let mut sink = |record: Record<'_>| {
        if let Some((format, is_first)) = of_many_lines(&record.kind) {
            let record = (record.place.offset, format!("{:?}", record.kind), is_first);
            found.entry(format).or_default().push(record);
        }
    };
    let mut reader = LogReader::new();
    reader.push(text, &mut sink);
    reader.finish(&mut sink);
    found
}

/// The same of dumps, reports and statistics: what was being printed is lost, what begins behind it is not.
#[test]
fn a_log_that_begins_anywhere_has_all_that_begins_in_it() {
    let mut dice = Dice(2);
    let mut compared = 0;
    for folder in [
        "traceback",
        "race",
        "allocfreetrace",
        "memstats",
        "oom",
        "pprof-text",
        "runtime-metrics",
        "loadgen",
        "reports",
    ] {
        for (name, text) in samples(folder, "") {
            let text = &text[..text.len().min(200_000)];
            let whole = many_lines(text);
            for _ in 0..24 {
                let from = usize::try_from(dice.roll(text.len() as u64)).unwrap();
                let Some(next) = memchr::memchr(b'\n', &text[from..]) else {
                    continue;
                };
                let next = (from + next + 1) as u64;
                let cut = many_lines(&text[from..]);
                for (format, whole) in &whole {
                    let first = whole
                        .iter()
                        .position(|(at, _, first)| *first && *at >= next);
                    let behind = first
                        .and_then(|first| whole.get(first..))
                        .unwrap_or_default();
                    let cut = cut.get(format).map(Vec::as_slice).unwrap_or_default();
                    let at = behind.first().map_or(u64::MAX, |(at, ..)| *at);
                    let cut: Vec<_> = cut
                        .iter()
                        .map(|(at, shown, first)| (at + from as u64, shown.clone(), *first))
                        .filter(|(of, ..)| *of >= at)
                        .collect();
                    let differs = behind.iter().zip(&cut).find(|(one, two)| one != two);
                    assert!(
                        differs.is_none() && behind.len() == cut.len(),
                        "{folder}/{name} from {from}: {format}: {} and {}: {differs:#?}",
                        behind.len(),
                        cut.len()
                    );
                    compared += behind.len();
                }
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

/// A collection as its writes.
fn collection(number: u32, at: u64, procs: u64, dice: &mut Dice) -> Vec<String> {
    let (sweep, mark, end) = (
        5_000 + dice.roll(300_000),
        dice.roll(9_000_000),
        3_000 + dice.roll(90_000),
    );
    let live = 3 + dice.roll(40);
    let marked = format!(
        "gc |{number}| @|{}.{:03}|s |{}|%|: |{}|+|{}|+|{}| ms clock, |{}|+|{}|/|{}|/|{}|+|{}| ms cpu, |{}|->|{}|->|{live}| MB, |{}| MB goal, |0| MB stacks, |0| MB globals, |{procs}| P|\n",
        at / 1000,
        at % 1000,
        dice.roll(9),
        printed(sweep),
        printed(mark),
        printed(end),
        printed(sweep * procs),
        printed(mark / 3),
        printed(mark),
        printed(mark / 7),
        printed(end * procs),
        live + 4,
        live + 5,
        live * 2 + 1,
    );
    marked.split('|').map(str::to_owned).collect()
}

/// Four processes on one descriptor, each write by itself, now and then one gets in between two writes of another.
#[test]
fn a_record_that_a_neighbour_tore_costs_itself_only() {
    let (mut whole, mut right, mut wrong, mut marked, mut wrong_marked, mut torn) =
        (0, 0, 0, 0, 0, 0);
    for seed in 0..40 {
        let mut dice = Dice(seed * 77 + 3);
        let mut queues: Vec<Vec<Vec<String>>> = (0..4)
            .map(|process| {
                let mut at = 10 + process * 7;
                let lines = (1..=125).map(|number| {
                    at += 20 + dice.roll(90);
                    collection(number, at, 2 + 2 * (process % 2), &mut dice)
                });
                lines.rev().collect()
            })
            .collect();
        let truths: BTreeSet<String> = queues
            .iter()
            .flatten()
            .map(|writes| records(writes.concat().as_bytes())[0].1.clone())
            .collect();
        let mut text = String::new();
        // Of each record that is being written: its writes left, where it began, whether nobody came between.
        let mut open: HashMap<usize, (Vec<String>, usize, bool)> = HashMap::new();
        let mut alone = Vec::new();
        let mut turn = 0;
        while queues.iter().any(|queue| !queue.is_empty()) || !open.is_empty() {
            if !open.contains_key(&turn) || dice.roll(200) == 0 {
                turn = usize::try_from(dice.roll(4)).unwrap();
            }
            let begun = if let Some(begun) = open.remove(&turn) {
                begun
            } else if let Some(mut writes) = queues[turn].pop() {
                writes.reverse();
                (writes, text.len(), true)
            } else {
                continue;
            };
            let (mut writes, start, mut is_alone) = begun;
            for (other, (_, _, alone)) in &mut open {
                if *other != turn {
                    *alone = false;
                    is_alone &= false;
                }
            }
            text += &writes.pop().unwrap();
            if writes.is_empty() {
                if is_alone && (start == 0 || text.as_bytes()[start - 1] == b'\n') {
                    alone.push((start as u64, text[start..].trim_end().to_owned()));
                } else {
                    torn += 1;
                }
            } else {
                open.insert(turn, (writes, start, is_alone));
            }
        }
        let found = records(text.as_bytes());
        let at: HashMap<u64, &(u64, String, bool)> =
            found.iter().map(|record| (record.0, record)).collect();
        for (start, line) in &alone {
            whole += 1;
            let truth = &records(format!("{line}\n").as_bytes())[0].1;
            right += usize::from(at.get(start).is_some_and(|found| found.1 == *truth));
        }
        for (_, shown, doubtful) in &found {
            if shown.contains("Unreadable") {
                continue;
            }
            let shown = &shown[..shown.rfind("pieces").unwrap()];
            let known = truths.iter().any(|truth| truth.starts_with(shown));
            marked += usize::from(*doubtful);
            wrong += usize::from(!known && !doubtful);
            wrong_marked += usize::from(!known && *doubtful);
        }
    }
    println!(
        "{whole} whole, {right} of them read; {torn} torn; {marked} marked; wrong: {wrong}, and {wrong_marked} marked"
    );
    assert_eq!(wrong, 0);
    // One that goes on with the tail of another that has as many processors cannot be told, but it is marked.
    assert!(wrong_marked * 1000 < marked, "{wrong_marked}");
    assert!(right * 100 >= whole * 99, "{right} of {whole}");
    assert!(torn > 100, "{torn}");
}
