//! Every dress there may be, on the logs of the corpus: what they hold must not change.

use crate::log::{Kind, LogReader, Record};
use crate::testing::samples;
use crate::{gctrace, race};
use std::fmt::Write;

/// A line as some machinery writes it; the number is that of the line.
type Dress = Box<dyn Fn(usize, &str) -> String>;

fn clock(n: usize) -> String {
    format!("{:02}:{:02}:{:02}", 3 + n / 3600 % 20, n / 60 % 60, n % 60)
}

/// A small generator of numbers, so that a failure can be had again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.roll(from.len())]
    }
}

/// A prefix made of words, brackets, times, colours and padding, by nobody.
fn random(seed: u64) -> Dress {
    const WORDS: [&str; 10] = [
        "api",
        "worker-7",
        "eu-west-1a",
        "node",
        "pod_3f",
        "INFO",
        "server.main",
        "k8s/prod",
        "A17",
        "backend",
    ];
    const OPEN: [(&str, &str); 6] = [
        ("[", "]"),
        ("(", ")"),
        ("<", ">"),
        ("", ":"),
        ("", " |"),
        ("", ""),
    ];
    let mut dice = Dice(seed.wrapping_mul(7919) + 17);
    let mut parts: Vec<Box<dyn Fn(usize) -> String>> = Vec::new();
    let count = 1 + dice.roll(3);
    for part in 0..count {
        // A name at least, or nothing would tell the prefix.
        let what = if part == 0 { 0 } else { dice.roll(5) };
        match what {
            0 | 1 => {
                let (open, close) = OPEN[dice.roll(6)];
                let word = dice.pick(&WORDS);
                let padding = " ".repeat(dice.roll(5));
                parts.push(Box::new(move |_| format!("{open}{word}{close}{padding}")));
            }
            2 => parts.push(Box::new(|n| {
                format!("2026-01-02T{}.{:06}Z", clock(n), n * 37 % 1_000_000)
            })),
            3 => parts.push(Box::new(clock)),
            _ => parts.push(Box::new(|n| format!("\x1b[3{}m#{n}\x1b[0m", n % 8))),
        }
    }
    if dice.roll(2) == 0 {
        parts.reverse();
    }
    let end = dice.pick(&[" ", " | ", ": ", " - "]);
    Box::new(move |n, line| {
        let parts: Vec<String> = parts.iter().map(|part| part(n)).collect();
        format!("{}{end}{line}", parts.join(" "))
    })
}

/// A name that nobody thought of.
fn key(dice: &mut Dice) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFXYZ_-.@ 0123456789";
    let length = 1 + dice.roll(12);
    let letters = (0..length).map(|_| char::from(LETTERS[dice.roll(LETTERS.len())]));
    format!("k{}", letters.collect::<String>())
}

/// A record with the line in a field of any name, however deep, among others, in another order in every line.
fn json(seed: u64) -> Dress {
    let mut dice = Dice(seed.wrapping_mul(104_729) + 5);
    let names: Vec<String> = (0..6).map(|_| key(&mut dice)).collect();
    let depth = dice.roll(4);
    let time = dice.roll(3);
    let blank = ["", " "][dice.roll(2)];
    Box::new(move |n, line| {
        let mut dice = Dice(seed + n as u64);
        let mut held = serde_json::to_string(line).unwrap();
        let mut name = &names[0];
        for outer in &names[1..=depth] {
            held = format!("{{\"{name}\":{blank}{held},\"{outer}\":{n}}}");
            name = outer;
        }
        let time = match time {
            0 => format!("\"timestamp\": {}", 1_767_322_045_000u64 + n as u64),
            1 => format!("\"ts\":{}.{:03}", 1_767_322_045 + n / 1000, n % 1000),
            _ => format!("\"@timestamp\":\"2026-01-02T{}Z\"", clock(n)),
        };
        let mut fields = [
            format!("\"{name}\":{blank}{held}"),
            time,
            "\"level\":\"error\"".to_owned(),
            "\"pod\":\"web-1\"".to_owned(),
            format!("\"{}\":[\"{}\",null]", names[5], names[4]),
        ];
        for at in (1..fields.len()).rev() {
            fields.swap(at, dice.roll(at + 1));
        }
        format!("{{{}}}", fields.join(","))
    })
}

/// Lines of another service come between, each of which has its own prefix; some of them are collections of its own.
fn mixed(own: Dress, others: Dress, seed: u64) -> Dress {
    Box::new(move |n, line| {
        let mut dice = Dice(seed.wrapping_mul(31) + n as u64);
        let mut text = String::new();
        for _ in 0..[0, 0, 1, 2][dice.roll(4)] {
            let other = match dice.roll(4) {
                0 => OTHERS_CYCLE.to_owned(),
                1 => format!("served /orders/{n} in {} ms", dice.roll(90)),
                2 => format!("cache: {} hits", dice.roll(9000)),
                _ => "connection from 10.0.3.7 closed".to_owned(),
            };
            writeln!(text, "{}", others(n, &other)).unwrap();
        }
        text + &own(n, line)
    })
}

/// A collection of the other service.
const OTHERS_CYCLE: &str = "gc 77 @12345.678s 0%: 0.018+1.1+0.003 ms clock, 0.14+0.35/1.0/0.10+0.024 ms cpu, 40->41->20 MB, 41 MB goal, 0 MB stacks, 0 MB globals, 9 P";

fn dresses() -> Vec<(String, Dress)> {
    fn plain(name: &str, dress: impl Fn(usize, &str) -> String + 'static) -> (String, Dress) {
        (name.to_owned(), Box::new(dress))
    }
    let mut all = vec![
        plain("heroku", |n, l| {
            format!("2026-01-02T{}.123456+00:00 app[web.1]: {l}", clock(n))
        }),
        plain("cf", |n, l| {
            format!("2026-01-02T{}.12+0000 [APP/PROC/WEB/0] ERR {l}", clock(n))
        }),
        plain("fly", |n, l| {
            format!("2026-01-02T{}Z app[148ed21c] iad [info] {l}", clock(n))
        }),
        plain("cloudwatch", |n, l| {
            format!("2026-01-02T{}.123000+00:00 ecs/app/01234abc {l}", clock(n))
        }),
        plain("gitlab", |n, l| {
            format!("2026-01-02T{}.123456Z 01O {l}", clock(n))
        }),
        plain("github", |n, l| {
            format!("2026-01-02T{}.1234567Z {l}", clock(n))
        }),
        plain("foreman", |n, l| format!("{} web.1  | {l}", clock(n))),
        plain("pm2", |_, l| format!("0|app  | {l}")),
        plain("svlogd", |n, l| {
            format!("2026-01-02_{}.12345 {l}", clock(n))
        }),
        plain("tai64n", |n, l| {
            format!(
                "@40000000{:08x}{:08x} {l}",
                0x677_62d1f + n,
                n * 977 % 1_000_000
            )
        }),
        plain("golog", |n, l| format!("2026/01/02 {} {l}", clock(n))),
        plain("klog", |n, l| {
            format!("E0102 {}.602094       1 runtime.go:78] {l}", clock(n))
        }),
        plain("millis", |n, l| format!("Feb 26 {}.767 {l}", clock(n))),
        plain("stern", |_, l| format!("web-7c9f5d-x2x9z app {l}")),
        plain("plugin", |n, l| {
            format!(
                "2021-06-01T{}.797+0200 [DEBUG] provider.aws_v3.42.0_x5: {l}",
                clock(n)
            )
        }),
        plain("compose", |_, l| format!("\x1b[36mapi-1      | \x1b[0m{l}")),
        plain("journald", |n, l| {
            format!("Jan 02 {} node-3 orders[42]: {l}", clock(n))
        }),
        plain("cri", |n, l| {
            format!("2026-01-02T{}.101271368Z stderr F {l}", clock(n))
        }),
        plain("blanks", |_, l| format!("    {l}")),
        plain("logfmt", |n, l| {
            format!(
                "time=\"2026-01-02T{}Z\" level=info msg={l:?} module=app",
                clock(n)
            )
        }),
        plain("journal export", |n, l| {
            let text = serde_json::to_string(l).unwrap();
            format!(
                "{{\"__REALTIME_TIMESTAMP\":\"{}\",\"_PID\":\"12\",\"MESSAGE\":{text}}}",
                1_767_322_045_000_000u64 + n as u64
            )
        }),
        plain("json behind a host", |n, l| {
            let text = serde_json::to_string(l).unwrap();
            format!(
                "2026-01-02T{}.1+00:00 app[web.1]: {{\"lvl\":\"e\",\"said\":{text}}}",
                clock(n)
            )
        }),
    ];
    all.extend(exported());
    all.extend(nested_and_mixed());
    for seed in 0..10 {
        all.push((format!("random {seed}"), random(seed)));
    }
    for seed in 0..4 {
        all.push((
            format!("two at random {seed}"),
            mixed(random(2 * seed + 100), random(2 * seed + 101), seed),
        ));
    }
    for seed in 0..8 {
        all.push((format!("json {seed}"), json(seed)));
    }
    all
}

/// What consoles and collectors of logs give: lists in records, lists of records, records of many lines, rows.
fn exported() -> Vec<(String, Dress)> {
    fn each(name: &str, dress: impl Fn(usize, String) -> String + 'static) -> (String, Dress) {
        (
            name.to_owned(),
            Box::new(move |n, l| dress(n, serde_json::to_string(l).unwrap())),
        )
    }
    vec![
        each("otlp", |n, text| {
            format!(
                "{{\"resourceLogs\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\"orders\"}}}}]}},\
                 \"scopeLogs\":[{{\"logRecords\":[{{\"timeUnixNano\":\"{}\",\"body\":{{\"stringValue\":{text}}}}}]}}]}}]}}",
                1_767_322_045_000_000_000u64 + n as u64
            )
        }),
        each("loki", |n, text| {
            format!(
                "{{\"streams\":[{{\"stream\":{{\"app\":\"orders\"}},\"values\":[[\"{}\",{text}]]}}]}}",
                1_767_322_045_000_000_000u64 + n as u64
            )
        }),
        each("a list, a record a line", |n, text| {
            format!("{}{{\"n\":{n},\"text\":{text}}},", ["[", " "][n.min(1)])
        }),
        each("cloudwatch as it is printed", |n, text| {
            format!(
                "{}\n        {{\n            \"timestamp\": {},\n            \"message\": {text},",
                if n == 0 {
                    "{\n    \"events\": [".to_owned()
                } else {
                    format!("            \"ingestionTime\": {n}\n        }},")
                },
                1_767_322_045_000u64 + n as u64
            )
        }),
        each("gcloud as it is printed", |n, text| {
            format!(
                "{}\n  {{\n    \"insertId\": \"a{n}\",\n    \"labels\": {{\n      \"zone\": \"eu-1a\"\n    }},\n    \
                 \"resource\": {{\n      \"labels\": {{}}\n    }},\n    \"textPayload\": {text}",
                if n == 0 { "[" } else { "  }," },
            )
        }),
        (
            "gcloud as YAML".to_owned(),
            Box::new(|n, l| {
                let is_plain = l
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b".()*".contains(&byte));
                let text = if is_plain && !l.is_empty() {
                    l.to_owned()
                } else {
                    format!("'{}'", l.replace('\'', "''"))
                };
                format!(
                    "---\ninsertId: a{n}\nresource:\n  labels:\n    zone: eu-1a\ntimestamp: '2026-01-02T{}Z'\ntextPayload: {text}",
                    clock(n)
                )
            }),
        ),
        (
            "fluent bit".to_owned(),
            Box::new(|n, l| {
                let text = l
                    .replace('\\', "\\\\")
                    .replace('"', "\\\"")
                    .replace('\t', "\\t");
                format!(
                    "[{n}] kube.var.log.orders: [[{}.{n:09}, {{}}], {{\"log\"=>\"{text}\"}}]",
                    1_767_322_045 + n
                )
            }),
        ),
        (
            "rows".to_owned(),
            Box::new(|n, l| {
                let text = l.replace('"', "\"\"");
                format!("2026-01-02T{}.1Z,orders-{n},\"{text}\",stderr", clock(n))
            }),
        ),
    ]
}

/// Indentation, names before named origins, and two services in one stream.
fn nested_and_mixed() -> Vec<(String, Dress)> {
    let indented = |name: &str, blanks: &'static str| -> (String, Dress) {
        (
            name.to_owned(),
            Box::new(move |_, l| format!("{blanks}{l}")),
        )
    };
    let compose =
        |name: &'static str| -> Dress { Box::new(move |_, l| format!("{name:10} | {l}")) };
    let host = |unit: &'static str| -> Dress {
        Box::new(move |n, l| format!("Jan 02 {} node-3 {unit}[42]: {l}", clock(n)))
    };
    let named = |name: &'static str, then: Dress| -> Dress {
        Box::new(move |n, l| format!("{name} {}", then(n, l)))
    };
    let bare: Dress = Box::new(|_, l| l.to_owned());
    vec![
        indented("a tab", "\t"),
        indented("tabs", "\t\t"),
        indented("seven blanks", "       "),
        (
            "a name before a unit".to_owned(),
            named("eu-1a", host("orders")),
        ),
        (
            "a name before a service".to_owned(),
            named("[prod]", compose("api-1")),
        ),
        (
            "two services of compose".to_owned(),
            mixed(compose("api-1"), compose("worker-1"), 1),
        ),
        (
            "two units".to_owned(),
            mixed(host("orders"), host("mailer"), 2),
        ),
        (
            "a unit and bare lines".to_owned(),
            mixed(host("orders"), bare, 3),
        ),
    ]
}

/// Every record but the application's lines, with its line.
fn records(text: &str) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    let mut sink = |record: Record<'_>| {
        // What only announces a record by its first line may have been before the prefix was known.
        if matches!(
            record.kind,
            Kind::Log(_) | Kind::Race(race::Record::Start) | Kind::Gc(gctrace::Record::Package(_))
        ) {
            return;
        }
        found.push((record.place.line, format!("{:?}", record.kind)));
    };
    let mut reader = LogReader::new();
    reader.push(text.as_bytes(), &mut sink);
    reader.finish(&mut sink);
    found
}

/// How many of the records of a log are the same in a dress.
fn compare(
    name: &str,
    text: &str,
    dress: &(String, Dress),
    failures: &mut String,
) -> (usize, usize) {
    let bare = records(text);
    let mut dressed = String::with_capacity(text.len() * 2);
    // Where each line of the log stands now.
    let mut places = Vec::new();
    let mut cycles = 0;
    for (n, line) in text.lines().enumerate() {
        let lines = dress.1(n, line);
        cycles += lines.matches(OTHERS_CYCLE).count();
        let before = places.last().copied().unwrap_or_default();
        places.push(before + 1 + memchr::memchr_iter(b'\n', lines.as_bytes()).count() as u64);
        writeln!(dressed, "{lines}").unwrap();
    }
    let others = records(&format!("{OTHERS_CYCLE}\n")).remove(0).1;
    let mut found = 0;
    let mut dressed = records(&dressed);
    dressed.retain_mut(|(line, record)| {
        if let Ok(at) = places.binary_search(line) {
            *line = at as u64 + 1;
            return true;
        }
        found += usize::from(*record == others);
        *record != others
    });
    if dressed == bare && found == cycles {
        return (bare.len(), bare.len());
    }
    let at = bare.iter().zip(&dressed).position(|(a, b)| a != b);
    let at = at.unwrap_or(bare.len().min(dressed.len()));
    let shown = |records: &[(u64, String)]| {
        records.get(at).map_or_else(
            || "-".to_owned(),
            |(line, record)| format!("{line} {}", &record[..record.len().min(160)]),
        )
    };
    writeln!(
        failures,
        "{name} as {}: {} records, {} dressed, {found} of {cycles} of the other service; the first that differs:\n  {}\n  {}",
        dress.0,
        bare.len(),
        dressed.len(),
        shown(&bare),
        shown(&dressed),
    )
    .unwrap();
    let same = bare
        .iter()
        .filter(|record| dressed.contains(record))
        .count();
    (bare.len(), same)
}

#[test]
fn a_log_says_the_same_in_every_dress() {
    let dresses = dresses();
    assert!(dresses.len() >= 40);
    let every = std::env::var_os("DUMPVIEW_EVERY_DRESS").is_some();
    let mut failures = String::new();
    let (mut compared, mut at) = (0, 0);
    for folder in [
        "gctrace",
        "schedtrace",
        "inittrace",
        "traceback",
        "race",
        "allocfreetrace",
    ] {
        for (name, text) in samples(folder, "") {
            let Ok(text) = String::from_utf8(text) else {
                continue;
            };
            let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\0')).collect();
            // Lines of Go up to 1.4, `gc9(2): …`, are found behind known prefixes only: two letters stand in every other line.
            if name.starts_with("legacy-go1.4") || name.starts_with("legacy-seed-go1.3") {
                at += 1;
                continue;
            }
            // The first trace of a stream has to be whole, or its prefix is not told from what it was torn from.
            if text.len() > 400_000 || name.starts_with("wordidx-partial-writes") {
                continue;
            }
            for turn in 0..if every { dresses.len() } else { 3 } {
                let step = if every { 1 } else { 13 };
                let dress = &dresses[(at + turn * step) % dresses.len()];
                // JSON in JSON or logfmt is unfolded when the outer one is known, not before.
                let mut outer = ["json", "journal", "logfmt"].iter();
                let is_record = outer.any(|outer| dress.0.contains(outer))
                    || exported().iter().any(|(name, _)| *name == dress.0);
                if name.contains("-json-") && is_record {
                    continue;
                }
                compared += compare(&format!("{folder}/{name}"), &text, dress, &mut failures).0;
            }
            at += 1;
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn many_records_in_a_line_are_those_of_the_log() {
    let mut compared = 0;
    for (folder, of) in [
        ("gctrace", "orders"),
        ("schedtrace", "orders"),
        ("traceback", "nilptr"),
    ] {
        for (name, text) in samples(folder, of) {
            let text = String::from_utf8(text).unwrap();
            let lines: Vec<&str> = text.lines().take(2_000).collect();
            let bare: Vec<String> = of_text(&(lines.join("\n") + "\n"));
            for batch in [7, lines.len()] {
                let batches = lines.chunks(batch).map(|lines| {
                    let records = lines.iter().map(|line| serde_json::json!({"body": line}));
                    serde_json::json!({"host": "a", "records": records.collect::<Vec<_>>()})
                        .to_string()
                });
                // A record that has its last bracket is whole, with a line end behind it or without.
                let dressed = batches.collect::<Vec<_>>().join("\n");
                for end in ["\n", ""] {
                    let dressed = of_text(&format!("{dressed}{end}"));
                    assert_eq!(bare, dressed, "{name} in batches of {batch}");
                    compared += dressed.len();
                }
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
}

/// The records of a log, wherever they stand.
fn of_text(text: &str) -> Vec<String> {
    records(text)
        .into_iter()
        .map(|(_, record)| record)
        .collect()
}
