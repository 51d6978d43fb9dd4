//! A goroutine that is given whole says what its lines say one by one.

use super::{Kind, LogReader, Place, Record};
use crate::testing::samples;
use crate::traceback;
use proptest::prelude::*;
use std::sync::LazyLock;

/// The records of a text that comes in chunks of this length, without their offsets, and how many goroutines were whole.
fn records(text: &[u8], chunk: usize, reader: LogReader) -> (Vec<String>, usize) {
    let (mut reader, mut records, mut whole) = (reader, Vec::new(), 0);
    let mut each = |record: Record<'_>| {
        let mut give = |line, kind| {
            let place = Place { line, offset: 0 };
            let record = Record {
                place,
                kind,
                ..record
            };
            records.push(format!("{record:?}"));
        };
        let line = record.place.line;
        let Kind::Traceback(traceback::Record::Section(section)) = record.kind else {
            give(line, record.kind);
            return;
        };
        whole += 1;
        let header = traceback::Record::Header(section.header);
        give(line, Kind::Traceback(header));
        let (mut last, mut creator) = (line, None);
        for (record, at) in section.records().zip((line + 1..).step_by(2)) {
            if let traceback::Record::CreatedBy { creator: by, .. } = &record {
                creator = by.goroutine;
            }
            last = at;
            give(at, Kind::Traceback(record));
        }
        assert_eq!(last, line + section.last_record());
        assert_eq!(creator, section.creator);
    };
    for part in text.chunks(chunk.max(1)) {
        reader.push(part, &mut each);
    }
    reader.finish(&mut each);
    (records, whole)
}

fn assert_same(name: &str, text: &[u8], chunk: usize) -> usize {
    let (one_by_one, _) = records(text, chunk, LogReader::new());
    let (whole, count) = records(text, chunk, LogReader::new().with_whole_goroutines());
    let differs = one_by_one.iter().zip(&whole).find(|(one, two)| one != two);
    assert!(differs.is_none(), "{name}: {differs:#?}");
    assert_eq!(one_by_one.len(), whole.len(), "{name}");
    count
}

#[test]
fn the_samples_say_the_same() {
    let mut whole = 0;
    for folder in [
        "traceback",
        "race",
        "prefixed",
        "gctrace",
        "schedtrace",
        "memstats",
    ] {
        for (name, text) in samples(folder, "") {
            // What came once is known the second time.
            let twice = text.repeat(2);
            let name = format!("{folder}/{name}");
            whole += assert_same(&name, &twice, 1 << 18);
            whole += assert_same(&name, &twice, 1777);
        }
    }
    assert!(whole > 1000, "{whole}");
}

/// Lines of dumps, and some that stand between them.
static LINES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for (_, text) in samples("traceback", "") {
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        all.extend(lines.step_by(7).take(9).map(<[u8]>::to_vec));
    }
    let own = [
        "2026/11/21 02:23:36 indexed 72 documents in 12ms\n",
        "\n",
        "goroutine 9 [running, locked to thread]:\n",
        "goroutine 0 [idle]:\n",
        "goroutine 9 [select] {\"gc \": \"1\"}:\n",
        "gc 1 @0.009s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, 12 P\n",
        "main.f(0x1, 0x2)\r\n",
        "\t/a.go:12 +0x1d fp=0x1 sp=0x2 pc=0x3\n",
        "sync.(*Mutex).lockSlow(0xc000012345)\n",
        "exit status 2\n",
        "-----\n",
    ];
    all.extend(own.map(|text| text.as_bytes().to_vec()));
    all
});

/// A section of so many calls.
fn section(id: u64, calls: u64, pointers: bool) -> Vec<Vec<u8>> {
    let mut lines = vec![format!("goroutine {id} [chan receive, {calls} minutes]:\n")];
    for call in 0..calls {
        lines.push(format!(
            "main.(*T).f{call}(0x{id:x}, {{0xc000012345?, 0x2}}, _, ...)\n"
        ));
        lines.push(if pointers {
            format!("\t/src/main.go:{call} +0x5e fp=0x{id:x} sp=0xc{id:x} pc=0x45{call:x}\n")
        } else {
            format!("\t/src/main.go:{call} +0x5e\n")
        });
    }
    lines.push(format!("created by main.main in goroutine {}\n", id % 7));
    lines.push("\t/src/main.go:90 +0x1\n".to_owned());
    lines.push("\n".to_owned());
    lines.into_iter().map(String::into_bytes).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_dump_says_the_same(
        stacks in proptest::collection::vec((1u64..4, any::<bool>()), 4..40),
        damages in proptest::collection::vec(
            (any::<prop::sample::Index>(), 0..4usize, any::<prop::sample::Index>()),
            0..6,
        ),
        chunk in 100usize..4000,
    ) {
        let mut lines: Vec<Vec<u8>> = vec![b"panic: boom\n".to_vec(), b"\n".to_vec()];
        for (id, (calls, pointers)) in (1u64..).zip(stacks) {
            lines.extend(section(id, calls, pointers));
        }
        for (at, damage, other) in damages {
            let at = at.index(lines.len());
            let all: &[Vec<u8>] = &LINES;
            match damage {
                0 => { lines.remove(at); }
                1 => lines.insert(at, other.get(all).clone()),
                2 => lines[at] = other.get(all).clone(),
                _ => {
                    let end = other.index(lines[at].len());
                    lines[at].truncate(end);
                }
            }
        }
        let text = lines.concat();
        assert_same("a dump", &text, chunk);
        assert_same("a dump", &text, 1 << 18);
    }
}
