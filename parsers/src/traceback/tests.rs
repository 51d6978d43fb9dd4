//! The reader on whole texts: recorded ones of every release, and damage done to them.

use super::Record;
use crate::log::Kind;
use crate::testing::{self, samples};
use std::fmt::Write as _;

/// Every recorded dump: name and text.
fn dumps() -> Vec<(String, Vec<u8>)> {
    let mut out = samples("traceback", ".txt");
    out.extend(samples("pprof-text", "debug2"));
    out.extend(samples("pprof-text", "goroutine2"));
    out.retain(|(name, _)| name.contains(".txt"));
    for (name, text) in &mut out {
        if name.contains("-json-") {
            *text = unwrap_test2json(text);
        }
    }
    out.sort();
    assert!(out.len() > 80, "{} samples", out.len());
    out
}

/// What the program wrote: `log::Unwrapper` has tests of its own.
fn unwrap_test2json(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in text.split(|b| *b == b'\n') {
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) {
            out.extend_from_slice(value["Output"].as_str().unwrap_or_default().as_bytes());
        } else {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    out
}

/// One line for each record, shortened to what tells them apart.
fn read(text: &[u8]) -> Vec<(u64, String)> {
    let mut out = Vec::new();
    testing::read(text, |record| {
        let line = match record.kind {
            Kind::Traceback(record) => show(&record),
            Kind::Unreadable(u) => {
                format!("UNREADABLE {} ({}): {}", u.format, u.why, lossy(u.text))
            }
            Kind::Log(text) => format!("log {}", lossy(text)),
            Kind::Gc(_) => "a collector's line".to_owned(),
            other => format!("other {other:?}"),
        };
        out.push((record.place.line, line));
    });
    out
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().take(100).collect()
}

fn show(record: &Record<'_>) -> String {
    match record {
        Record::Header(h) => {
            let mut out = format!("header {} [{}]", h.id, lossy(h.state));
            for (flag, name) in [
                (h.leaked, "leaked"),
                (h.scan, "scan"),
                (h.durable, "durable"),
                (h.locked, "locked"),
            ] {
                if flag {
                    out = out + " " + name;
                }
            }
            if let Some(minutes) = h.minutes {
                write!(out, " {minutes} min").unwrap();
            }
            if let Some(bubble) = h.bubble {
                write!(out, " bubble {bubble}").unwrap();
            }
            for (key, value) in h.labels.iter() {
                write!(out, " {}={}", lossy(&key), lossy(&value)).unwrap();
            }
            if h.g.is_some() {
                write!(out, " gp {:?}", h.m).unwrap();
            }
            out
        }
        Record::Frame(f) => {
            let source = f.source.map_or("no source".to_owned(), |s| {
                format!("{}:{}", lossy(s.file), s.line)
            });
            let args = if f.function.is_inlined() { "(...)" } else { "" };
            format!("  {}{args} {source}", lossy(f.function.name))
        }
        Record::CreatedBy { creator, source } => {
            let by = creator
                .goroutine
                .map_or(String::new(), |id| format!(" in {id}"));
            let source = source.map_or("no source".to_owned(), |s| {
                format!("{}:{}", lossy(s.file), s.line)
            });
            format!("  by {}{by} {source}", lossy(creator.function))
        }
        Record::Panic(t) => format!("panic {:?} {:?}", lossy(t.text), t.recovered),
        Record::Fatal(t) => format!("fatal {:?}", lossy(t.text)),
        Record::More(t) => format!("more {:?} {:?}", lossy(t.text), t.recovered),
        Record::Signal(t) => format!("signal {}", lossy(t)),
        Record::Note(t) => format!("note {}", lossy(t)),
        Record::SignalNote(n) => {
            let (name, what) = (lossy(n.name), lossy(n.description));
            format!(
                "raised {name} ({what}) code {:#x} addr {:#x} pc {:#x}",
                n.code, n.addr, n.pc
            )
        }
        Record::Served { client, text } => format!("served {} {:?}", lossy(client), lossy(text)),
        Record::Register { name, .. } => format!("register {}", lossy(name)),
        other => format!("{other:?}"),
    }
}

/// The same counts by a look at the bytes alone: lines that begin as sections do, and lines that end as source
/// lines do under a line that ends as calls do.
fn naive(text: &[u8]) -> (usize, usize) {
    // A field of a JSON log: the dump starts after the quote.
    let text = String::from_utf8_lossy(text)
        .replace("\\n", "\n")
        .replace("\\t", "\t");
    let lines: Vec<&str> = text
        .lines()
        .map(|line| match line.rfind("\"goroutine ") {
            Some(at) if line.starts_with('{') => &line[at + 1..],
            _ => line,
        })
        .filter(|line| *line != "\"}")
        .collect();
    let headers = lines
        .iter()
        .filter(|line| line.starts_with("goroutine ") && line.ends_with(':') && line.contains('['))
        .count();
    let is_source = |line: &str| {
        let line = line.trim();
        let head = line
            .split(" +0x")
            .next()
            .unwrap()
            .split(" fp=0x")
            .next()
            .unwrap();
        head.rsplit_once(':')
            .is_some_and(|(file, n)| !file.is_empty() && n.parse::<u32>().is_ok())
    };
    let frames = lines
        .windows(2)
        .filter(|pair| {
            pair[0].ends_with(')')
                && !pair[0].starts_with(['\t', ' '])
                && !pair[0].starts_with("created by ")
                && is_source(pair[1])
        })
        .count();
    (headers, frames)
}

#[test]
fn goroutines_and_frames_are_as_many_as_a_naive_count_says() {
    let (mut headers, mut frames) = (0, 0);
    for (name, text) in dumps() {
        let records = read(&text);
        let count = |start: &str| records.iter().filter(|(_, r)| r.starts_with(start)).count();
        let found = (count("header "), count("  ") - count("  by "));
        assert_eq!(found, naive(&text), "{name}");
        headers += found.0;
        frames += found.1;
    }
    assert!(headers > 1000 && frames > 5000, "{headers} {frames}");
}

#[test]
fn no_line_of_a_recorded_dump_is_unreadable() {
    for (name, text) in dumps() {
        for (line, record) in read(&text) {
            assert!(!record.starts_with("UNREADABLE"), "{name}:{line}: {record}");
        }
    }
}

/// All but the calls in full; of these the number, the innermost and the outermost.
fn condensed(records: &[(u64, String)]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some((line, record)) = records.get(at) {
        let calls: Vec<&str> = records[at..]
            .iter()
            .take_while(|(_, r)| r.starts_with("  ") && !r.starts_with("  by "))
            .map(|(_, r)| r.trim())
            .collect();
        match calls.as_slice() {
            [] => {
                writeln!(out, "{line} {record}").unwrap();
                at += 1;
            }
            [only] => writeln!(out, "{line}   {only}").unwrap(),
            [first, .., last] => {
                writeln!(out, "{line}   {} calls: {first} … {last}", calls.len()).unwrap();
            }
        }
        at += calls.len();
    }
    out
}

#[test]
fn recorded_dumps_are_read_as_reviewed() {
    for (name, text) in dumps() {
        insta::assert_snapshot!(name.as_str(), condensed(&read(&text)));
    }
}

/// Everything that a section can have, twice, and what stands before and after.
const DUMP: &str = "\
fine so far
panic: first
\tsecond line [recovered]
\tpanic: again
[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x4ab573]

goroutine 7 gp=0xc6c40 m=3 mp=0x57c400 [running, locked to thread] {k: \"]: }\"}:
main.(*T[...]).M({0xc000012345?, 0x2}, ...)
\t/src/main.go:18 +0x5e fp=0xc1 sp=0xc0 pc=0x45
main.inlined(...)
\t/src/main.go:19
...12 frames elided...
main.main()
\t/src/main.go:20 +0x1
created by main.start in goroutine 1
\t/src/main.go:4 +0x9
[originating from goroutine 1]:
main.start(...)
\t/src/main.go:4 +0x9

goroutine 8 [chan receive (nil chan) (leaked), 3 minutes]:
\tgoroutine running on other thread; stack unavailable
created by main.start
\t/src/main.go:5 +0x9

rax    0x1
rflags 0x2

-----

SIGQUIT: quit
PC=0x1 m=2 sigcode=0

goroutine 0 gp=0x1 m=2 mp=0x3 [idle]:
runtime.futex(0x1)
\t/go/src/runtime/sys.s:5 +0x1 fp=0x2 sp=0x1 pc=0x3
rax    0x2
exit status 2
on we go
";

#[test]
fn a_dump_cut_at_any_byte_gives_what_came_before_unchanged() {
    let whole = read(DUMP.as_bytes());
    assert!(
        !whole.iter().any(|(_, r)| r.starts_with("UNREADABLE")),
        "{whole:#?}"
    );
    for cut in 0..=DUMP.len() {
        let part = &DUMP.as_bytes()[..cut];
        let cut_line = part.split(|b| *b == b'\n').count() as u64;
        let before = |records: &[(u64, String)]| -> Vec<(u64, String)> {
            records
                .iter()
                .filter(|(line, _)| line + 1 < cut_line)
                .cloned()
                .collect()
        };
        let found = read(part);
        assert_eq!(before(&found), before(&whole), "cut at {cut}");
        for (line, record) in found.iter().filter(|(line, _)| line + 1 >= cut_line) {
            let known = whole.contains(&(*line, record.clone()));
            let partial = record.ends_with("no source")
                || record.starts_with("UNREADABLE")
                || record.starts_with("log ");
            let text = record.starts_with("panic ") || record.starts_with("more ");
            assert!(
                known || partial || text,
                "cut at {cut}, line {line}: {record}"
            );
        }
    }
}

/// What was read of each section: from its header up to the next one, without line numbers.
#[test]
fn a_header_right_behind_a_death_is_a_header_unless_it_is_text() {
    let deaths = [
        ("panic: x", r#"panic "x" No"#),
        ("fatal error: x", r#"fatal "x""#),
    ];
    let header = "header 7 [running]";
    let (text, more) = (
        "log goroutine 7 [running]:",
        r#"more "goroutine 7 [running]:" No"#,
    );
    let section = "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n";
    let frames = ["header 1 [running]", "  main.main /a.go:1"];
    for (death, first) in deaths {
        let of = |rest: &str| -> Vec<String> {
            let text = format!("{death}\ngoroutine 7 [running]:{rest}");
            read(text.as_bytes())
                .into_iter()
                .map(|(_, line)| line)
                .collect()
        };
        assert_eq!(of(""), [first, header]);
        assert_eq!(of("\n"), [first, header]);
        assert_eq!(of("\n\n\n"), [first, header]);
        assert_eq!(
            of("\nexit status 2\n"),
            [first, header, "log exit status 2"]
        );
        assert_eq!(of("\n\nsomebody's\n"), [first, header, "log somebody's"]);
        assert_eq!(
            of("\nmain.main()\n\t/a.go:1 +0x1\n"),
            [first, header, frames[1]]
        );
        let two = [first, header, frames[0], frames[1]];
        assert_eq!(of(&format!("\n{section}")), two);
        // Up to 1.22 the text of a panic goes on at the start of the line, and an empty line ends it.
        let as_text = [first, text, more, frames[0], frames[1]];
        assert_eq!(of(&format!("\n\n{section}")), as_text);
        let went_on = of(&format!("\nwent on\n\n{section}"));
        let want = [first, text, "log went on", more, r#"more "went on" No"#];
        assert_eq!(went_on, [&want[..], &frames].concat());
    }
}

fn sections(records: &[(u64, String)]) -> Vec<Vec<&str>> {
    let mut out: Vec<Vec<&str>> = Vec::new();
    for (_, record) in records {
        if record.starts_with("header ") {
            out.push(Vec::new());
        }
        if let Some(section) = out.last_mut() {
            section.push(record);
        }
    }
    out
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(300))]

    /// A byte that changes costs the section that it stands in, at most: its lines then go to the section before.
    #[test]
    fn damage_anywhere_costs_no_other_goroutine(at in 0..DUMP.len(), byte: u8) {
        let whole = read(DUMP.as_bytes());
        let whole = sections(&whole);
        let mut damaged = DUMP.as_bytes().to_vec();
        damaged[at] = byte;
        let found = read(&damaged);
        let found = sections(&found);
        let begins: Vec<usize> = DUMP.match_indices("\ngoroutine ").map(|(at, _)| at).collect();
        assert_eq!(begins.len(), whole.len());
        proptest::prop_assert!(found.len() >= whole.len() - 1, "{found:#?}");
        // The line end before a header is of both sections.
        let is_hit = |nth: usize| {
            let end = begins.get(nth + 1).copied().unwrap_or(DUMP.len());
            begins.get(nth).is_some_and(|begin| (*begin..=end).contains(&at))
        };
        for (nth, section) in whole.iter().enumerate() {
            let takes_over = found.len() < whole.len() && is_hit(nth + 1);
            proptest::prop_assert!(
                is_hit(nth) || takes_over || found.contains(section),
                "{section:#?} in {found:#?}"
            );
        }
    }

    /// Every line comes out once: as a record, as the source of a call before it, or as the application's own.
    #[test]
    fn any_lines_in_any_order_come_out_once_each(order in proptest::collection::vec(0usize..60, 0..80)) {
        let lines: Vec<&str> = DUMP.lines().collect();
        let mut text = Vec::new();
        for at in order {
            let line = lines[at % lines.len()];
            // The runtime puts an empty line before every section.
            if line.starts_with("goroutine ") {
                text.push("");
            }
            text.push(line);
        }
        let records = read(text.join("\n").as_bytes());
        // Empty lines divide sections, and are nobody's. Lines behind a panic's first are the application's own until what
        // follows shows that they are more of the panic's text: then they come again as that.
        let is_empty = |line: u64| text[usize::try_from(line - 1).unwrap()].is_empty();
        let is_more = |line: u64| {
            records.iter().any(|(at, record)| *at == line && record.starts_with("more "))
        };
        let begun = records
            .iter()
            .filter(|(line, _)| !is_empty(*line))
            .filter(|(line, record)| !(record.starts_with("log ") && is_more(*line)))
            .count();
        // A source may stand some lines below its call, when other lines fell in between.
        let calls = records.iter().filter(|(_, record)| record.starts_with("  "));
        let sources = calls.filter(|(_, record)| !record.ends_with("no source")).count();
        let wanted = text.iter().filter(|line| !line.is_empty()).count();
        proptest::prop_assert_eq!(begun + sources, wanted, "{:#?}\n{:#?}", text, records);
    }
}

/// The way back: lines as the runtime prints them, of records that were made up.
mod printed {
    use super::super::{
        Creator, Elided, Function, Header, Labels, M, Source, created_by, elided, function, header,
        source,
    };
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn word() -> impl Strategy<Value = String> {
        "[a-z][a-zA-Z0-9_/.]{0,12}"
    }

    fn print_header(h: &Header<'_>, old_labels: bool) -> String {
        let mut out = format!("goroutine {}", h.id);
        if let Some(g) = h.g {
            write!(out, " gp={g:#x}").unwrap();
        }
        match h.m {
            M::Unknown => {}
            M::Nil => out.push_str(" m=nil"),
            M::Id { id, mp } => write!(out, " m={id} mp={mp:#x}").unwrap(),
        }
        write!(out, " [{}", String::from_utf8_lossy(h.state)).unwrap();
        for (flag, text) in [
            (h.leaked, " (leaked)"),
            (h.scan, " (scan)"),
            (h.durable, " (durable)"),
        ] {
            if flag {
                out.push_str(text);
            }
        }
        if let Some(minutes) = h.minutes {
            write!(out, ", {minutes} minutes").unwrap();
        }
        if h.locked {
            out.push_str(", locked to thread");
        }
        if let Some(bubble) = h.bubble {
            write!(out, ", synctest bubble {bubble}").unwrap();
        }
        let labels = String::from_utf8_lossy(h.labels.text);
        match (labels.is_empty(), old_labels) {
            (true, _) => out + "]:",
            (false, true) => format!("{out} labels:{{{labels}}}]:"),
            (false, false) => format!("{out}] {{{labels}}}:"),
        }
    }

    proptest! {
        #[test]
        fn headers_come_back(
            id: u64,
            g in proptest::option::of(any::<u64>()),
            m in prop_oneof![Just(M::Unknown), Just(M::Nil), (any::<u64>(), any::<u64>()).prop_map(|(id, mp)| M::Id { id, mp })],
            state in prop::sample::select(vec!["running", "chan receive (nil chan)", "sync.Mutex.Lock", "GC worker (idle)", "???"]),
            flags in any::<[bool; 4]>(),
            minutes in proptest::option::of(1u64..100_000),
            bubble in proptest::option::of(any::<u64>()),
            labels in proptest::collection::vec(("[ -~]{0,8}", "[ -~]{0,8}"), 0..3),
            old_labels: bool,
        ) {
            let quoted: Vec<String> = labels.iter().map(|(k, v)| format!("{k:?}: {v:?}")).collect();
            let text = quoted.join(", ");
            let wanted = Header {
                id, g, m,
                state: state.as_bytes(),
                leaked: flags[0],
                scan: flags[1],
                durable: flags[2],
                minutes,
                locked: flags[3],
                bubble,
                labels: Labels { text: text.as_bytes() },
            };
            let line = print_header(&wanted, old_labels);
            prop_assert_eq!(header(line.as_bytes()), Some(wanted), "{}", line);
            let back: Vec<(String, String)> = wanted
                .labels
                .iter()
                .map(|(k, v)| (String::from_utf8(k).unwrap(), String::from_utf8(v).unwrap()))
                .collect();
            prop_assert_eq!(back, labels);
        }

        #[test]
        fn calls_and_their_lines_come_back(
            name in word(), args in "(0x[0-9a-f]{1,8}\\?|\\{0x1, _\\}|\\.\\.\\.)?", file in "/[a-z /:]{0,12}[a-z]", line in 1u32..1_000_000,
            offset in proptest::option::of(any::<u64>()), pointers in proptest::option::of(any::<[u64; 3]>()),
            by in proptest::option::of(any::<u64>()), gap: u64,
        ) {
            let call = format!("{name}({args})");
            let wanted = Function { name: name.as_bytes(), args: args.as_bytes() };
            prop_assert_eq!(function(call.as_bytes()), Some(wanted));
            let mut text = format!("\t{file}:{line}");
            if let Some(offset) = offset {
                write!(text, " +{offset:#x}").unwrap();
            }
            if let Some([fp, sp, pc]) = pointers {
                write!(text, " fp={fp:#x} sp={sp:#x} pc={pc:#x}").unwrap();
            }
            let wanted = Source {
                file: file.as_bytes(),
                line,
                offset,
                fp: pointers.map(|p| p[0]),
                sp: pointers.map(|p| p[1]),
                pc: pointers.map(|p| p[2]),
            };
            prop_assert_eq!(source(text.as_bytes()), Some(wanted), "{}", text);
            let creator = by.map_or(format!("created by {name}"), |id| format!("created by {name} in goroutine {id}"));
            let wanted = Creator { function: name.as_bytes(), goroutine: by };
            prop_assert_eq!(created_by(creator.as_bytes()), Some(wanted));
            prop_assert_eq!(elided(format!("...{gap} frames elided...").as_bytes()), Some(Elided::Middle(gap)));
        }
    }
}
