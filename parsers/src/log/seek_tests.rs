//! A line in which no word of a trace stands passes: the records are those of a reader that looks at each line.

use super::LogReader;
use crate::testing::samples;
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

/// The records of a text that comes in chunks of this length.
fn records(text: &[u8], chunk: usize, passing: bool) -> Vec<String> {
    let mut reader = LogReader::new();
    let mut records = Vec::new();
    let mut each = |record: super::Record<'_>| records.push(format!("{record:?}"));
    for part in text.chunks(chunk.max(1)) {
        if passing {
            reader.push(part, &mut each);
        } else {
            reader.push_looking_at_each(part, &mut each);
        }
    }
    reader.finish(&mut each);
    records
}

fn assert_same(name: &str, text: &[u8], chunk: usize) {
    let (all, passing) = (records(text, chunk, false), records(text, chunk, true));
    let differs = all.iter().zip(&passing).find(|(all, some)| all != some);
    assert!(differs.is_none(), "{name}: {differs:#?}");
    assert_eq!(all.len(), passing.len(), "{name}");
}

#[test]
fn the_samples_have_the_same_records() {
    let mut compared = 0;
    for folder in FOLDERS {
        for (name, text) in samples(folder, "") {
            assert_same(&format!("{folder}/{name}"), &text, 1 << 18);
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
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
