//! A line in which no word of a trace stands passes, and what is known ahead is taken as it is: the records are those of a
//! reader that looks at each line.

use super::{Ahead, LogReader};
use crate::testing::samples;
use bstr::ByteSlice;
use proptest::prelude::*;
use std::sync::LazyLock;

const FOLDERS: [&str; 12] = [
    "allocfreetrace",
    "bench",
    "gctrace",
    "inittrace",
    "loadgen",
    "memstats",
    "oom",
    "pprof-text",
    "prefixed",
    "race",
    "schedtrace",
    "traceback",
];

/// How a text is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    LookingAtEach,
    Passing,
    /// With a scout before it.
    Ahead,
}

/// The records of a text that comes in chunks of this length.
fn records(text: &[u8], chunk: usize, way: Way) -> Vec<String> {
    let mut reader = LogReader::new();
    let (mut scout, mut ahead) = (reader.scout(), Ahead::default());
    let mut records = Vec::new();
    let mut each = |record: super::Record<'_>| records.push(format!("{record:?}"));
    for part in text.chunks(chunk.max(1)) {
        match way {
            Way::LookingAtEach => reader.push_looking_at_each(part, &mut each),
            Way::Passing => reader.push(part, &mut each),
            Way::Ahead => {
                scout.look(part, &mut ahead);
                reader.push_ahead(part, Some(&mut ahead), &mut each);
            }
        }
    }
    reader.finish(&mut each);
    records
}

fn assert_same(name: &str, text: &[u8], chunk: usize) {
    let all = records(text, chunk, Way::LookingAtEach);
    for way in [Way::Passing, Way::Ahead] {
        let some = records(text, chunk, way);
        let differs = all.iter().zip(&some).find(|(all, some)| all != some);
        assert!(differs.is_none(), "{name}, {way:?}: {differs:#?}");
        assert_eq!(all.len(), some.len(), "{name}, {way:?}");
    }
}

#[test]
fn the_samples_have_the_same_records() {
    let mut compared = 0;
    for folder in FOLDERS {
        for (name, text) in samples(folder, "") {
            assert_same(&format!("{folder}/{name}"), &text, 1 << 18);
            assert_same(&format!("{folder}/{name}, torn"), &torn(&text), 1000);
            let dressed = text.replace(b"\n", b"\nNov 21 02:21:10 host app[7]: ");
            assert_same(&format!("{folder}/{name}, dressed"), &dressed, 4000);
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

/// Another writer's words stand in every fifth line, and end some.
fn torn(text: &[u8]) -> Vec<u8> {
    let mut torn = Vec::new();
    for (n, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let (head, tail) = line.split_at(if n % 5 == 3 { line.len() / 2 } else { 0 });
        torn.extend_from_slice(head);
        if n % 5 == 3 {
            torn.extend_from_slice(if n % 2 == 0 { b"up" } else { b"served\n" });
        }
        torn.extend_from_slice(tail);
    }
    torn
}

/// A scout takes cycles and samples from a reader, and goroutines where it was told to.
#[test]
fn a_scout_finds_most_of_a_trace() {
    let found = |text: &[u8], reader: &LogReader| {
        let mut ahead = Ahead::default();
        reader.scout().look(text, &mut ahead);
        ahead.count()
    };
    let mut reader = LogReader::new();
    for folder in ["gctrace", "schedtrace"] {
        let (name, text) = samples(folder, "orders-go1.27.3").remove(0);
        let lines = text.split(|byte| *byte == b'\n');
        let traces = lines
            .filter(|line| line.starts_with(b"gc ") || line.starts_with(b"SCHED "))
            .count();
        assert_eq!(found(&text, &reader), traces, "{name}");
        assert!(traces > 10, "{name}");
    }
    let section = b"goroutine 7 [select]:\nmain.f(0x1)\n\t/a.go:1 +0x2\n\n";
    let dump = section.repeat(9);
    assert_eq!(found(&dump, &reader), 0);
    reader = reader.with_whole_goroutines();
    // The first one is read by its lines.
    assert_eq!(found(&dump, &reader), 8);
}

/// Stretches of the samples, and lines of an application that could be mistaken for something.
static STRETCHES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for folder in FOLDERS {
        for (_, text) in samples(folder, "") {
            let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let from = lines.len() / 2;
            all.extend(
                [
                    &lines[..from.min(9)],
                    &lines[from..lines.len().min(from + 9)],
                ]
                .map(<[_]>::concat),
            );
        }
    }
    let own = [
        "2026/11/21 02:23:36 indexed 72 documents in 12ms\n",
        "2026/11/21 02:23:36 12345\n",
        "# example.com/pkg\n",
        "Sys = 12345\nNumGC: 3\n",
        "request served\n\n12\n",
        "Nov 21 02:21:10 host app: up\n",
        "2026-11-21T02:21:10Z host app[12]: up\n",
        "2026-11-21T02:21:10Z stdout P a part\n2026-11-21T02:21:10Z stdout F and the rest\n",
        "{\"level\":\"info\",\"msg\":\"gcing\"}\n",
        "\x1b[32mINFO\x1b[0m up\n",
        "web_1  | up\n",
        "12 @ 0x1 0x2\n[  401] 655 401 41 68 6 7 8 orders\n",
        "gc \n2026/11/21 02:23:36 a line\n1 @0.009s 2%: 0.087+1.0\n",
        "a line without its end",
        "[api] <03:00:01> gc 1 %s\n[api] <03:00:02> gc 2 %s\n[api] <03:00:03> up\n",
        "Nov 21 02:21:10 host app[7]: gc 1 %s\nNov 21 02:21:11 host app[7]: up\nNov 21 02:21:11 host app[7]: Sys = 12345\n",
        "\tmain.go:12 +0x1\n  at main.f()\n",
    ];
    let cycle = "@0.009s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, 12 P";
    let own = own.map(|text| text.replace("%s", cycle).into_bytes());
    all.extend(own);
    all
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_mixture_has_the_same_records(
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 1..12),
        own in proptest::collection::vec(0usize..17, 12),
        chunk in 1usize..4000,
    ) {
        let all: &[Vec<u8>] = &STRETCHES;
        let mut text = Vec::new();
        for (pick, own) in picks.iter().zip(own) {
            let stretch: &Vec<u8> = pick.get(all);
            text.extend_from_slice(stretch);
            text.extend_from_slice(&all[all.len() - 1 - own].repeat(3));
        }
        assert_same("a mixture", &text, chunk);
        assert_same("a mixture", &text, 1 << 18);
    }
}
