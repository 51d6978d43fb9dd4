//! Every machinery's prefix on the same lines; what they hold must not change.

use super::unwrap::Unwrapper;
use super::{LogReader, Record, Stamp};
use crate::line::LineReader;
use proptest::prelude::*;

/// Text, origin's name, line number, stamp.
type Seen = (String, String, u64, Option<Stamp>);

fn unwrap(text: &str) -> Vec<Seen> {
    let mut lines = LineReader::new();
    let mut unwrapper = Unwrapper::default();
    let mut seen = Vec::new();
    let mut each = |line: &crate::line::Line<'_>| {
        let text = String::from_utf8_lossy(line.text).into_owned();
        seen.push((text, line.origin, line.place.line, line.stamp));
    };
    lines.push(text.as_bytes(), |raw| unwrapper.line(&raw, &mut each));
    lines.finish(|raw| unwrapper.line(&raw, &mut each));
    unwrapper.finish(&mut each);
    seen.into_iter()
        .map(|(text, origin, line, stamp)| {
            let name = String::from_utf8_lossy(unwrapper.origin_name(origin)).into_owned();
            (text, name, line, stamp)
        })
        .collect()
}

fn texts(text: &str) -> Vec<String> {
    unwrap(text).into_iter().map(|(text, ..)| text).collect()
}

const LINES: [&str; 6] = [
    "gc 1 @0.009s 5%: 0.55+0.87+0.003 ms clock, 1.1+0.11/0.97/0+0.007 ms cpu, 3->3->2 MB, 4 MB goal, 2 P",
    "goroutine 1 [running]:",
    "main.main()",
    "\t/src/main.go:9 +0x1d",
    "",
    "2026/11/21 02:23:36 the application's own",
];

#[test]
fn a_learned_prefix_is_taken_off_continuation_lines() {
    let nanos = Some(Stamp::Utc(1_795_227_670_101_271_368));
    let json = |line: &str| {
        serde_json::json!({"log": format!("{line}\n"), "stream": "stderr", "time": "2026-11-21T02:21:10.101271368Z"})
            .to_string()
    };
    let test = |line: &str| {
        serde_json::json!({"Action": "output", "Package": "p/q", "Output": format!("{line}\n")})
            .to_string()
    };
    type Wrap<'w> = &'w dyn Fn(&str) -> String;
    let cases: [(Wrap<'_>, &str, Option<Stamp>); 13] = [
        (&|line| line.into(), "", None),
        (&|line| format!("{line}\r"), "", None),
        (&|line| format!("\x1b[32m{line}\x1b[0m"), "", None),
        (
            &|line| format!("2026-11-21T02:21:10.101271368Z {line}"),
            "",
            nanos,
        ),
        (
            &|line| format!("2026-11-21T02:21:10.101271368Z stderr F {line}"),
            "",
            nanos,
        ),
        (&json, "", nanos),
        (&test, "p/q", None),
        (
            &|line| format!("Nov 21 02:21:10 node-3 orders[42]: {line}"),
            "node-3 orders[42]",
            Some(Stamp::Yearless(91_160_470_000_000_000)),
        ),
        (
            &|line| format!("2026-11-21T02:21:10.101271368+00:00 node-3 orders[42]: {line}"),
            "node-3 orders[42]",
            nanos,
        ),
        (
            &|line| format!("<11>1 2026-11-21T02:21:10.101271368Z node-3 orders 42 - - {line}"),
            "node-3 orders 42",
            nanos,
        ),
        (
            &|line| format!("\x1b[36mapi-1      | \x1b[0m{line}"),
            "api-1",
            None,
        ),
        (
            &|line| format!("api-1  | 2026-11-21T02:21:10.101271368Z {line}"),
            "api-1",
            nanos,
        ),
        (
            &|line| format!("[pod/orders-7/app] {line}"),
            "orders-7/app",
            None,
        ),
    ];
    for (wrap, name, stamp) in cases {
        let text = LINES.map(|line| wrap(line) + "\n").concat();
        let seen = unwrap(&text);
        assert_eq!(seen.len(), LINES.len(), "{text}");
        for (index, (seen, line)) in seen.into_iter().zip(LINES).enumerate() {
            let expected = (line.to_owned(), name.to_owned(), index as u64 + 1, stamp);
            assert_eq!(seen, expected, "{text}");
        }
    }
}

#[test]
fn quotations_and_line_numbers_are_taken_off_when_the_first_trace_has_them() {
    for wrap in ["> ", "$ ", "    "] {
        let text = LINES.map(|line| format!("{wrap}{line}\n")).concat();
        assert_eq!(texts(&text), LINES, "{wrap}");
    }
    for mark in ["", ":", "|"] {
        let numbered = LINES.iter().enumerate();
        let numbered = numbered.map(|(index, line)| format!("{:02}{mark} {line}\n", index + 7));
        let text = numbered.collect::<Vec<_>>().concat();
        assert_eq!(texts(&text), LINES, "{mark}");
    }
    // After a bare trace they are the process's own.
    let text = format!("{}\n    panic: indented\n3 things\n", LINES[0]);
    assert_eq!(texts(&text), [LINES[0], "    panic: indented", "3 things"]);
}

#[test]
fn the_applications_own_stamp_stays() {
    let text = "2026-11-21T02:21:10Z started\n2026/11/21 02:21:10 http: panic serving\n";
    assert_eq!(texts(text).join("\n") + "\n", text);
    let text = "2026/11/21 02:21:10 panic: said a logger\n2026/11/21 02:21:10 more\n";
    assert_eq!(texts(text).join("\n") + "\n", text);
}

#[test]
fn pieces_are_joined_by_stream() {
    let text = "2026-11-21T02:21:10Z stderr P gc 1\n2026-11-21T02:21:10Z stdout P out\n\
                2026-11-21T02:21:11Z stderr P  @0.009s\n2026-11-21T02:21:11Z stdout F put\n\
                2026-11-21T02:21:11Z stderr F  5%\n2026-11-21T02:21:11Z stderr P last\n";
    let seen: Vec<_> = unwrap(text)
        .into_iter()
        .map(|(text, _, line, _)| (text, line))
        .collect();
    let expected = [("output", 2), ("gc 1 @0.009s 5%", 1), ("last", 6)];
    assert_eq!(seen, expected.map(|(text, line)| (text.to_owned(), line)));
    let json =
        |log: &str| serde_json::json!({"log": log, "stream": "stderr", "time": ""}).to_string();
    let text = [json("gc 1"), json(" @0.009s\n"), json("next\n")].join("\n");
    assert_eq!(texts(&text), ["gc 1 @0.009s", "next"]);
}

#[test]
fn a_bom_and_nuls_are_taken_off() {
    assert_eq!(texts("\u{feff}gc 1\n"), ["gc 1"]);
    assert_eq!(texts("\0\0\0gc 1\n"), ["gc 1"]);
}

#[test]
fn many_writers_cost_no_memory() {
    let lines = (0..5000).map(|n| format!("Nov 21 02:21:10 host app[{n}]: text\n"));
    let text = lines.collect::<Vec<_>>().concat();
    let seen = unwrap(&text);
    assert_eq!(seen.len(), 5000);
    assert_eq!(seen[0].1, "host app[0]");
    assert_eq!(seen[4999].1, "others");
    let lines = (0..5000).map(|n| {
        format!("2026-11-21T02:21:10Z host app[{n}]: 2026-11-21T02:21:10Z stderr P text\n")
    });
    let text = lines.collect::<Vec<_>>().concat();
    assert_eq!(unwrap(&text).len(), 5000);
}

proptest! {
    #[test]
    fn any_text_loses_no_line(text in "([0-9]{1,4}|[-/:.TZ+ \\[\\]{}\"|>$<a-f\x1b\0]|gc 1 @|panic: |stderr [PF]|Nov 21|\n){0,60}") {
        let lines = text.lines().count();
        prop_assert_eq!(unwrap(&text).len(), lines);
    }
}

/// Of a stream that is read as it is written, a line that says nothing of its time was written when it came.
#[test]
fn what_has_no_time_of_its_own_has_that_at_which_it_came() {
    let cycle = |number: u32, prefix: &str| {
        format!(
            "{prefix}gc {number} @{number}.000s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB \
             goal, 0 MB stacks, 0 MB globals, 12 P\n"
        )
    };
    let mut reader = LogReader::new();
    let mut stamps = Vec::new();
    let mut each = |record: Record<'_>| stamps.push((record.place.line, record.stamp));
    reader.push(cycle(1, "").as_bytes(), &mut each);
    reader.arrived(Some(Stamp::Utc(7)));
    reader.push(cycle(2, "").as_bytes(), &mut each);
    let own = cycle(3, "2026-11-21T02:00:00Z ");
    reader.push(own.as_bytes(), &mut each);
    reader.finish(&mut each);
    let at = 1_795_226_400_000_000_000;
    assert_eq!(
        stamps,
        [
            (1, None),
            (2, Some(Stamp::Utc(7))),
            (3, Some(Stamp::Utc(at)))
        ]
    );
}
