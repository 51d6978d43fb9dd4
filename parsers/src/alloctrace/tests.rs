//! Every sample against a naive reader, Go 1.3 as pasted, the way back, lines in between, damage.

use super::print::print;
use super::records::Ends;
use super::*;
use crate::log::Kind;
use crate::testing::{self, sample, samples};
use proptest::prelude::*;

/// A record in one line: what, the goroutine, the calls.
fn show(record: &Record<'_>) -> String {
    let stack = |stack: &Stack<'_>| {
        let calls: Vec<String> = stack
            .calls()
            .map(|call| {
                format!(
                    "{} {}:{}",
                    String::from_utf8_lossy(call.function),
                    String::from_utf8_lossy(call.file),
                    call.line
                )
            })
            .collect();
        let cut = if stack.cut { " cut" } else { "" };
        format!(
            "g{}{cut} {}",
            stack.goroutine.unwrap_or(99),
            calls.join(" < ")
        )
    };
    match record {
        Record::Alloc {
            object,
            type_name,
            stack: calls,
        } => format!(
            "alloc {:#x} {:#x} {} {}",
            object.address,
            object.size,
            type_name.map_or("-".into(), String::from_utf8_lossy),
            stack(calls)
        ),
        Record::Free {
            object,
            stack: calls,
        } => format!(
            "free {:#x} {:#x} {}",
            object.address,
            object.size,
            stack(calls)
        ),
        Record::Collection => "gc".to_owned(),
    }
}

fn told(input: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    testing::read(input, |record| {
        let text = match record.kind {
            Kind::Alloc(record) => show(&record),
            Kind::Unreadable(u) => format!("UNREADABLE {}", u.why),
            Kind::Log(text) => format!("log {}", String::from_utf8_lossy(text)),
            Kind::Gc(_) => "cycle".to_owned(),
            other => format!("{other:?}"),
        };
        out.push(format!("{} {text}", record.place.line));
    });
    out
}

/// Paragraphs, split at blank lines: what a script would do.
fn naive(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let Some((kind, rest)) = line.split_once('(') else {
            continue;
        };
        let kind = match kind.rsplit(' ').next().unwrap() {
            "tracealloc" => "alloc",
            "tracefree" => "free",
            "tracegc" => {
                out.push(format!("{number} gc"));
                continue;
            }
            _ => continue,
        };
        let parts: Vec<&str> = rest.trim_end_matches(')').splitn(3, ", ").collect();
        let mut shown = format!("{number} {kind} {} {}", parts[0], parts[1]);
        if kind == "alloc" {
            shown = format!("{shown} {}", parts.get(2).unwrap_or(&"-"));
        }
        let section: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| !line.is_empty())
            .collect();
        let id = section[0].split(' ').nth(1).unwrap();
        let calls: Vec<String> = section[1..]
            .iter()
            .take_while(|line| !line.starts_with("created by"))
            .collect::<Vec<_>>()
            .chunks(2)
            .map(|pair| {
                let name = &pair[0][..pair[0].rfind('(').unwrap()];
                format!("{name} {}", pair[1].trim().split(' ').next().unwrap())
            })
            .collect();
        out.push(format!("{shown} g{id} {}", calls.join(" < ")));
    }
    out
}

#[test]
fn records_are_what_splitting_at_blank_lines_finds() {
    let mut compared = 0;
    for (name, text) in samples("allocfreetrace", "") {
        if name.starts_with("legacy") {
            continue;
        }
        let text = String::from_utf8(text).unwrap();
        let mut found = told(text.as_bytes());
        let others: Vec<String> = found
            .extract_if(.., |line| {
                let kind = line.split(' ').nth(1).unwrap();
                !["alloc", "free", "gc"].contains(&kind)
            })
            .collect();
        for line in &others {
            let what = line.split_once(' ').unwrap().1;
            let known =
                what == "cycle" || !what.starts_with("UNREADABLE") && !what.contains("trace");
            assert!(known, "{name}: {line}");
        }
        // gctrace lines stand within the text of the naive reader's paragraphs nowhere in the samples.
        assert_eq!(found, naive(&text), "{name}");
        assert_eq!(
            found.iter().filter(|line| line.contains(" alloc ")).count(),
            text.matches("tracealloc(").count(),
            "{name}"
        );
        compared += found.len();
    }
    assert!(compared > 1000, "{compared} records compared");
}

#[test]
fn go_1_3_as_an_article_prints_it() {
    let expected = [
        "alloc 0xc208062500 0x100 array of parse.Node g16 cut runtime.mallocgc runtime/malloc.goc:190 < \
         runtime.growslice runtime/slice.goc:76 < text/template/parse.(*Tree).parse text/template/parse/parse.go:289",
        "free 0xc208002d80 0x120 g16 cut runtime.MSpan_Sweep runtime/mgc0.c:1880 < \
         runtime.MCentral_CacheSpan runtime/mcentral.c:48 < runtime.MCache_Refill runtime/mcache.c:78",
    ];
    for name in [
        "legacy-seed-go1.3.txt",
        "legacy-seed-go1.3-numbered-paste.txt",
    ] {
        let told = told(sample("allocfreetrace", name).as_bytes());
        let told: Vec<&str> = told
            .iter()
            .map(|line| line.split_once(' ').unwrap().1)
            .collect();
        assert_eq!(told, expected, "{name}");
    }
}

const RECORD: &str = "tracealloc(0xc000016010, 0x10, map[string]func(int) (a, b int))\ngoroutine 1 [running]:\n\
    main.f(0x1)\n\t/m.go:3 +0x1\nmain.main()\n\t/m.go:9 +0x2\n\n";

#[test]
fn lines_of_others_within_a_record_do_not_end_it() {
    let whole = "1 alloc 0xc000016010 0x10 map[string]func(int) (a, b int) g1 main.f /m.go:3 < main.main /m.go:9";
    assert_eq!(told(RECORD.as_bytes()), [whole]);
    let gc = "gc 1 @0.026s 4%: 0.011+0.57+0.002 ms clock, 0.022+0.26/0.10/0.087+0.005 ms cpu, 3->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P";
    let mixed = RECORD.replace("main.main", &format!("hello\n{gc}\nmain.main"));
    assert_eq!(told(mixed.as_bytes()), ["5 log hello", "6 cycle", whole]);
}

#[test]
fn what_is_torn_is_said_to_be() {
    assert_eq!(
        told(b"tracealloc(0xc000016010, 0x1\ntracefree(0xzz, 0x10)\ntracefree(0x10, 0x10)\ngoroutine 1 [running]:\nmain.f(0x"),
        [
            "1 UNREADABLE not a whole tracealloc or tracefree line",
            "2 UNREADABLE not a whole tracealloc or tracefree line",
            "3 free 0x10 0x10 g1 cut ",
            "5 log main.f(0x",
        ]
    );
    for text in ["traced it", "trace(5)", "12 trains", "end tracer", "end"] {
        assert_eq!(
            told(format!("{text}\n").as_bytes()),
            [format!("1 log {text}")]
        );
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(
        records in proptest::collection::vec((0..3, any::<u64>(), any::<u64>(), "[a-z*.\\[\\]{}(), ]{0,20}", 0..9u32), 1..9),
    ) {
        let mut text = Vec::new();
        let mut expected = Vec::new();
        for (kind, address, size, name, calls) in &records {
            let mut stack_text = Vec::new();
            let mut ends = Vec::new();
            for call in 0..*calls {
                stack_text.extend_from_slice(format!("main.f{call}").as_bytes());
                let function = stack_text.len();
                stack_text.extend_from_slice(b"/src/a b.go");
                ends.push(Ends { function, file: stack_text.len(), line: call + 1 });
            }
            let stack = Stack { text: &stack_text, ends: &ends, goroutine: Some(7), cut: false };
            let object = Object { address: *address, size: *size };
            let record = match kind {
                0 => Record::Alloc { object, type_name: Some(name.as_bytes()).filter(|name| !name.is_empty()), stack },
                1 => Record::Free { object, stack },
                _ => Record::Collection,
            };
            expected.push(show(&record));
            print(&record, &mut text);
        }
        let found: Vec<String> = told(&text).iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
        let found: Vec<String> = found.into_iter().filter(|line| line != "log ").collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn damage_gives_a_result(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut input = RECORD.repeat(3).into_bytes();
        let at = at.index(input.len());
        input[at] = byte;
        if cut {
            input.truncate(at);
        }
        let lines = memchr::memchr_iter(b'\n', &input).count() + 1;
        prop_assert!(told(&input).len() <= lines);
    }
}
