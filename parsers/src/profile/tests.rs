//! Each line of each kind, whole samples against sums that the runtime printed, the way back, damaged lines.

use super::print::{go_quoted, print};
use super::*;
use crate::log::Kind;
use crate::testing::{self, sample, samples};
use proptest::prelude::*;

/// What a log reader makes of it, one word or line each; the application's own lines are kept.
fn told(input: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    testing::read(input, |record| {
        let text = match record.kind {
            Kind::Profile(profile) => {
                let mut text = Vec::new();
                print(&profile, &mut text);
                String::from_utf8_lossy(&text).trim_end().to_owned()
            }
            Kind::Unreadable(unreadable) => {
                format!(
                    "{}: {}: {}",
                    unreadable.format,
                    unreadable.why,
                    String::from_utf8_lossy(unreadable.text)
                )
            }
            Kind::Log(text) => format!("log {}", String::from_utf8_lossy(text)),
            _ => return,
        };
        out.push(format!("{}: {text}", record.place.line));
    });
    out
}

#[test]
fn lines_of_a_heap_profile() {
    let sum = Memory {
        live_objects: 2,
        live_bytes: 4096,
        objects: 10,
        bytes: 20480,
    };
    assert_eq!(
        line(b"heap profile: 2: 4096 [10: 20480] @ heap/1048576"),
        Some(Record::Header(Header::Heap {
            sum,
            sample_rate: 524288
        }))
    );
    let Some(Record::Sample(sample)) = line(b"-1: -2048 [5: 10240] @ 0x4a2f1c 0x4a2e00") else {
        panic!()
    };
    assert_eq!(
        sample.values,
        Values::Memory(Memory {
            live_objects: -1,
            live_bytes: -2048,
            objects: 5,
            bytes: 10240
        })
    );
    assert_eq!(
        sample.stack.iter().collect::<Vec<_>>(),
        [0x4a2f1c, 0x4a2e00]
    );
}

#[test]
fn frames_with_blanks_in_names_and_paths_or_without_a_symbol() {
    let expected = Frame {
        pc: 0x4a2f1b,
        entry: 0x4a2f1b - 0x3b,
        function: b"main.(*T).work",
        file: b"/src/my app/main.go",
        line: 12,
    };
    for text in [
        "#\t0x4a2f1b\tmain.(*T).work+0x3b\t\t/src/my app/main.go:12",
        "#   0x4a2f1b  main.(*T).work+0x3b        /src/my app/main.go:12",
    ] {
        assert_eq!(
            line(text.as_bytes()),
            Some(Record::Frame(expected)),
            "{text}"
        );
    }
    let Some(Record::Frame(frame)) = line(b"#\t0x10") else {
        panic!()
    };
    assert_eq!((frame.entry, frame.function), (0x10, &b""[..]));
    for text in [
        "",
        "#",
        "# runtime.MemStats",
        "# Alloc = 12",
        "#\t0x10\tf+0x20\tx.go:1",
        "#\t0xfffffffffffffffff\tf+0x1\tx.go:1",
        "#\t0x10\tf+0x1\tx.go:",
        "3 @ 0x",
        "3 @ 0x1 rest",
        "12",
    ] {
        assert_eq!(line(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn labels_are_quoted_as_go_source() {
    let Some(Record::Labels(labels)) =
        line(br#"# labels: {"a\"b":"tab\there \u00fc\x00\xff", "k":""}"#)
    else {
        panic!()
    };
    let labels: Vec<_> = labels
        .iter()
        .map(|(key, value)| (key.text().into_owned(), value.text().into_owned()))
        .collect();
    assert_eq!(
        labels,
        [
            (b"a\"b".to_vec(), b"tab\there \xc3\xbc\x00\xff".to_vec()),
            (b"k".to_vec(), Vec::new())
        ]
    );
    for text in [
        r#"# labels: {"a":"b" }"#,
        r#"# labels: {"a"}"#,
        r#"# labels: {"a":"b", }"#,
    ] {
        assert_eq!(line(text.as_bytes()), None, "{text}");
    }
}

/// The first line counts what follows: an oracle in the file itself.
#[test]
fn records_add_up_to_the_total_of_the_first_line() {
    let mut compared = 0;
    for part in [
        "goroutine-debug1",
        "goroutine1",
        "threadcreate1",
        "goroutineleak-debug1",
        "heap1",
        "allocs1",
    ] {
        for (name, text) in samples("pprof-text", part) {
            let mut counted = 0u64;
            let mut memory = Memory::default();
            let mut total = None;
            testing::read(&text, |record| match record.kind {
                Kind::Profile(Record::Header(header)) => {
                    assert_eq!(total, None, "{name}");
                    total = Some(match header {
                        Header::Count { total, .. } => (total, Memory::default()),
                        Header::Heap { sum, .. } => (0, sum),
                        _ => panic!("{name}"),
                    });
                }
                Kind::Profile(Record::Sample(sample)) => match sample.values {
                    Values::Count(n) => counted += n,
                    Values::Memory(m) => {
                        memory.live_objects += m.live_objects;
                        memory.live_bytes += m.live_bytes;
                        memory.objects += m.objects;
                        memory.bytes += m.bytes;
                    }
                    Values::Contention { .. } => panic!("{name}"),
                },
                Kind::Profile(_) | Kind::MemStats(_) | Kind::Log(b"live 0") => {}
                Kind::Log(footer) if footer.starts_with(b"# ") => {}
                other => panic!("{name}: {}: {other:?}", record.place.line),
            });
            if memory.live_bytes == memory.bytes {
                memory.bytes += i64::from(memory.bytes > 0);
            }
            assert_eq!(total, Some((counted, memory)), "{name}");
            compared += 1;
        }
    }
    assert!(compared >= 42, "{compared} profiles compared");
}

/// A second, naive reader: what stands between tabs.
#[test]
fn frames_are_those_that_splitting_at_tabs_finds() {
    let mut compared = 0;
    for (name, text) in samples("pprof-text", ".txt") {
        if name.contains("debug2") || name.contains("goroutine2") {
            continue;
        }
        let text = String::from_utf8(text).unwrap();
        let mut naive = Vec::new();
        for (number, text) in (1u64..).zip(text.lines()) {
            let cells: Vec<&str> = text.split('\t').filter(|cell| !cell.is_empty()).collect();
            if let ["#", pc, function, place] = cells[..] {
                let function = function.split('+').next().unwrap();
                naive.push(format!("{number} {pc} {function} {place}"));
            }
        }
        let mut found = Vec::new();
        testing::read(text.as_bytes(), |record| {
            if let Kind::Profile(Record::Frame(frame)) = record.kind
                && !frame.function.is_empty()
            {
                found.push(format!(
                    "{} {:#x} {} {}:{}",
                    record.place.line,
                    frame.pc,
                    String::from_utf8_lossy(frame.function),
                    String::from_utf8_lossy(frame.file),
                    frame.line
                ));
            }
        });
        assert_eq!(found, naive, "{name}");
        compared += found.len();
    }
    assert!(compared > 5000, "{compared} frames compared");
}

#[test]
fn a_line_of_the_application_between_records_does_not_end_a_profile() {
    let input = "goroutine profile: total 3\n2 @ 0x10 0x20\n#\t0xf\tmain.f+0x1\t/m.go:3\n\n\
                 2026/11/21 02:23:36 served\n1 @ 0x30\n\n\n# runtime.MemStats\n1 @ 0x40\n";
    let mut told = told(input.as_bytes());
    // Whatever the footer alone is to others.
    told.retain(|line| !line.starts_with("9: "));
    assert_eq!(
        told,
        [
            "1: goroutine profile: total 3",
            "2: 2 @ 0x10 0x20",
            "3: #\t0xf\tmain.f+0x1\t/m.go:3",
            "5: log 2026/11/21 02:23:36 served",
            "6: 1 @ 0x30",
            "10: profile: the profile's first line is missing: 1 @ 0x40",
        ]
    );
}

#[test]
fn prose_that_ends_like_a_first_line_stays_the_applications() {
    assert_eq!(
        told(b"user profile: total 5\nnext\nmy/pool profile: total 1\n1 @ 0x10\n"),
        [
            "1: log user profile: total 5",
            "2: log next",
            "3: my/pool profile: total 1",
            "4: 1 @ 0x10",
        ]
    );
    for text in [
        "5 @ home",
        "12 13 @",
        "10: 20",
        "--- FAIL: TestX (0.00s)",
        "# 0x10",
        "1",
    ] {
        assert_eq!(
            told(format!("{text}\n").as_bytes()),
            [format!("1: log {text}")]
        );
    }
}

#[test]
fn torn_lines_are_reported() {
    assert_eq!(
        told(
            b"goroutine profile: total 3\n2 @ 0x10 0xzz\n#\t0xf\tmain.\n5: 6 [7: 8] @ 0x1\n1 @ 0x1"
        ),
        [
            "1: goroutine profile: total 3",
            "2: profile: the addresses of a profile's record are no hexadecimal numbers: 2 @ 0x10 0xzz",
            "3: profile: not a frame or labels of a profile: #\t0xf\tmain.",
            "4: profile: a record of another kind of profile: 5: 6 [7: 8] @ 0x1",
            "5: profile: the line is not whole: 1 @ 0x1",
        ]
    );
}

fn printed(record: &Record<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    print(record, &mut out);
    out.pop();
    out
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(
        values in any::<[i64; 4]>(), pcs in proptest::collection::vec(any::<u64>(), 0..40),
        name in "[a-z/.]{1,20}", number in any::<u32>(), offset in any::<u32>(), kind in 0..3,
        key in proptest::collection::vec(any::<u8>(), 0..9), value in ".{0,9}",
    ) {
        let text: Vec<String> = pcs.iter().map(|pc| format!(" {pc:#x}")).collect();
        let text = text.concat();
        let memory = Memory {
            live_objects: values[0], live_bytes: values[1], objects: values[2], bytes: values[3],
        };
        let labels = format!("# labels: {{{}:{}, \"z\":\"\"}}", go_quoted(&key), go_quoted(value.as_bytes()));
        let pc = u64::from(offset) + u64::from(number);
        let records = [
            Record::Sample(Sample {
                values: match kind {
                    0 => Values::Count(values[0].unsigned_abs() / 2),
                    1 => Values::Memory(memory),
                    _ => Values::Contention { cycles: values[0], count: values[1] },
                },
                stack: Addresses(text.as_bytes()),
            }),
            Record::Header(Header::Heap { sum: memory, sample_rate: u64::from(number) }),
            Record::Header(Header::Count { name: name.as_bytes(), total: u64::from(number) }),
            Record::CyclesPerSecond(values[2]),
            Record::SamplingPeriod(values[3]),
            Record::Frame(Frame {
                pc, entry: pc - u64::from(offset), function: name.as_bytes(), file: b"/a b/c.go", line: number,
            }),
            line(labels.as_bytes()).unwrap(),
        ];
        for record in &records {
            let text = printed(record);
            let read = line(&text);
            prop_assert_eq!(read.as_ref(), Some(record), "{}", String::from_utf8_lossy(&text));
        }
        if let Record::Labels(labels) = records[6] {
            let (k, v) = labels.iter().next().unwrap();
            prop_assert_eq!(&*k.text(), &key[..]);
            prop_assert_eq!(&*v.text(), value.as_bytes());
        }
    }

    #[test]
    fn damaged_profiles_give_a_result(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut input = sample("pprof-text", "leaks-goroutineleak-debug1-go1.27.3.txt").into_bytes();
        let at = at.index(input.len());
        input[at] = byte;
        if cut {
            input.truncate(at);
        }
        let lines = memchr::memchr_iter(b'\n', &input).count() + 1;
        prop_assert!(told(&input).len() <= lines);
    }
}
