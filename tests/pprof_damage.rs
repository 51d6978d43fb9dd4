//! Damaged and hostile profiles: a message with where it is wrong, or an answer, in bounded memory and time; never a crash.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{Call, Ran};
    use crate::samples::corpus;
    use dumpview_parsers::pprof::{Builder, Profile, Sample, Tag, TagValue, ValueType};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;
    use std::path::Path;

    /// KiB of data that a run may have.
    const MEMORY: u64 = 400_000;

    const REPORTS: &[&str] = &[
        "top",
        "tree",
        "traces",
        "tags",
        "raw",
        "dot",
        "callgrind",
        "folded",
        "flame",
        "svg",
        "html",
        "speedscope",
        "proto",
        "topproto",
        "comments",
    ];

    /// Asks about bytes in a file, with little memory. It ends by itself, and says why when it has no answer.
    fn asked(folder: &Path, bytes: &[u8], args: &[&str]) -> Ran {
        asked_within(MEMORY, folder, bytes, args)
    }

    fn asked_within(memory: u64, folder: &Path, bytes: &[u8], args: &[&str]) -> Ran {
        std::fs::write(folder.join("input"), bytes).unwrap();
        // What is no text goes into a file.
        let is_binary = args.iter().any(|arg| ["proto", "topproto"].contains(arg));
        let output = is_binary.then_some(&"-output=made");
        let words = ["pprof"].iter().chain(args).chain(output).chain(&["input"]);
        let ran = Call::limited(memory, words).folder(folder).run();
        assert!(ran.status >= 0, "{args:?}: {ran:?}");
        assert!(!ran.err.contains("panicked"), "{args:?}: {}", ran.err);
        assert!(ran.status == 0 || !ran.err.is_empty(), "{args:?}: {ran:?}");
        ran
    }

    fn refused(folder: &Path, bytes: &[u8], said: &str) {
        let ran = asked(folder, bytes, &["top"]);
        assert!(ran.status > 0 && ran.err.contains(said), "{said}: {ran:?}");
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn written(profile: &Profile) -> Vec<u8> {
        let mut bytes = Vec::new();
        profile.write(&mut bytes).unwrap();
        bytes
    }

    /// Stacks, the innermost call first, with the values of two types.
    fn profile(stacks: &[(&[&str], i64)]) -> Profile {
        let mut builder = Builder::default();
        let samples: Vec<Sample> = stacks
            .iter()
            .map(|(stack, value)| Sample {
                locations: stack.iter().map(|name| builder.place(name)).collect(),
                values: vec![*value, *value],
                labels: Vec::new(),
            })
            .collect();
        let mut profile = builder.profile;
        profile.sample_types = vec![
            ValueType::new("count", "count"),
            ValueType::new("space", "bytes"),
        ];
        for sample in &samples {
            profile.add(sample);
        }
        profile
    }

    fn small() -> Vec<u8> {
        written(&profile(&[
            (&["main.a", "main.main"], 3),
            (&["main.b", "main.a", "main.main"], 5),
        ]))
    }

    /// A number as protocol buffers have it.
    fn varint(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).unwrap());
        bytes
    }

    /// A field with bytes in it.
    fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
        [
            varint(number << 3 | 2),
            varint(bytes.len() as u64),
            bytes.to_vec(),
        ]
        .concat()
    }

    #[test]
    fn a_small_profile_that_is_cut_at_any_byte_is_told_with_the_offset() {
        let folder = tempfile::tempdir().unwrap();
        let whole = small();
        assert!(whole.len() < 400, "{}", whole.len());
        let (mut told, mut answered) = (0, 0);
        for cut in 0..whole.len() {
            let ran = asked(folder.path(), &whole[..cut], &["top"]);
            if ran.status == 0 {
                answered += 1;
                continue;
            }
            let has_offset = ran.err.contains("offset 0x");
            assert!(has_offset || cut < 8, "cut at {cut}: {}", ran.err);
            told += 1;
        }
        // Where it is cut between two messages at its end, what is left may be a profile.
        assert!(told > whole.len() * 9 / 10, "{told}, {answered} answered");
    }

    #[test]
    fn a_packed_profile_that_is_cut_or_changed_anywhere_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let whole = packed(&small());
        let (mut told, mut tried) = (0, 0);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x55;
            for bytes in [&whole[..at], &flipped] {
                tried += 1;
                told += usize::from(asked(folder.path(), bytes, &["top"]).status != 0);
            }
        }
        // What a flipped bit of the header says (a name, a time) may not matter: those are less than ten bytes.
        assert!(told >= tried - 10, "{told} of {tried}");
        let whole = std::fs::read(corpus("pprof/go1.27.3/heap.pb.gz")).unwrap();
        let (mut told, mut tried) = (0, 0);
        for part in 1..20 {
            let cut = whole.len() * part / 20;
            let mut flipped = whole.clone();
            flipped[cut] ^= 0x55;
            for bytes in [&whole[..cut], &flipped] {
                tried += 1;
                told += usize::from(asked(folder.path(), bytes, &["top"]).status != 0);
            }
        }
        assert!(told >= tried - 2, "{told} of {tried}");
    }

    #[test]
    fn numbers_that_lead_nowhere_are_told_with_the_offset() {
        let folder = tempfile::tempdir().unwrap();
        let strings = [field(6, b""), field(6, b"count")].concat();
        // The name of a type, of a function, of a file: strings that are not there.
        let kind = |string: u64| field(1, &[vec![0x08], varint(string), vec![0x10, 0x01]].concat());
        for string in [2, 1 << 31, u64::MAX] {
            let bytes = [kind(string), strings.clone()].concat();
            let number = string.cast_signed();
            refused(folder.path(), &bytes, &format!("string {number} of 2"));
            let function = field(5, &[vec![0x08, 0x01, 0x10], varint(string)].concat());
            let bytes = [kind(1), function, strings.clone()].concat();
            refused(folder.path(), &bytes, &format!("string {number} of 2"));
        }
        // A sample of a place that is not there, a place of a function that is not.
        let sample = field(2, &[0x08, 0x07, 0x10, 0x01]);
        let bytes = [kind(1), sample, strings.clone()].concat();
        refused(folder.path(), &bytes, "no location has the number 7");
        let location = field(4, &[&[0x08, 0x01][..], &field(4, &[0x08, 0x09])].concat());
        let bytes = [kind(1), location.clone(), strings.clone()].concat();
        refused(folder.path(), &bytes, "no function has the number 9");
        let ran = asked(folder.path(), &bytes, &["top"]);
        assert!(ran.err.contains("offset 0x"), "{}", ran.err);
    }

    #[test]
    fn places_that_come_round_again_and_again_are_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        // Two functions call each other a hundred thousand times.
        let round: Vec<&str> = ["main.a", "main.b"]
            .into_iter()
            .cycle()
            .take(100_000)
            .collect();
        let bytes = written(&profile(&[(&round, 3), (&["main.a", "main.a"], 4)]));
        let ran = asked(folder.path(), &bytes, &["top", "--json"]);
        let told = ran.json();
        let rows = told["rows"].as_array().unwrap();
        let of = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
        assert_eq!(
            (&of("main.a")["flat"], &of("main.a")["cum"]),
            (&7.into(), &7.into())
        );
        assert_eq!(
            (&of("main.b")["flat"], &of("main.b")["cum"]),
            (&0.into(), &3.into())
        );
        // Pictures of so many levels are deep, and no more than that.
        for report in REPORTS {
            asked(folder.path(), &bytes, &[report]);
        }
        // A place with a function inlined into itself.
        let line = field(4, &[0x08, 0x01]);
        let location = field(4, &[&[0x08, 0x01][..], &line.repeat(1000)].concat());
        let bytes = [
            field(1, &[0x08, 0x01, 0x10, 0x01]),
            field(2, &[0x08, 0x01, 0x10, 0x02]),
            location,
            field(5, &[0x08, 0x01, 0x10, 0x01]),
            field(6, b""),
            field(6, b"count"),
        ]
        .concat();
        let ran = asked(folder.path(), &bytes, &["top", "--json"]);
        assert_eq!(ran.json()["rows"][0]["cum"], 2, "{}", ran.out);
    }

    #[test]
    fn values_at_the_ends_of_what_64_bits_hold_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = written(&profile(&[
            (&["main.a", "main.main"], i64::MAX),
            (&["main.b", "main.a", "main.main"], i64::MAX),
            (&["main.main"], i64::MIN),
            (&["main.b", "main.main"], -1),
            (&[], 7),
        ]));
        std::fs::write(folder.path().join("ends"), &bytes).unwrap();
        for report in REPORTS {
            for flags in [
                &[][..],
                &["-mean"],
                &["-diff_base=ends"],
                &["-lines", "-drop_negative"],
            ] {
                let ran = asked(folder.path(), &bytes, &[&[*report], flags].concat());
                assert_eq!(ran.status, 0, "{report} {flags:?}: {}", ran.err);
            }
        }
        assert_eq!(asked(folder.path(), &bytes, &[]).status, 0);
        assert_eq!(asked(folder.path(), &bytes, &["series", "ends"]).status, 0);
        // What shrank by more than can be said shrank, all the same.
        let mut least = profile(&[(&["main.a", "main.main"], i64::MIN)]);
        least.sample_types[1] = ValueType::new("cpu", "nanoseconds");
        let least = written(&least);
        let ran = asked(folder.path(), &least, &[]);
        let said = ran.out.lines().next().unwrap();
        assert!(said.contains(" more at some places, "), "{said}");
        assert!(!said.contains("places, -"), "{said}");
    }

    #[test]
    fn what_is_claimed_and_not_there_takes_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        // A list of a thousand million places, of values, of strings, a sample of so many bytes: none of them is there.
        let billion = varint(1_000_000_000);
        for (what, claim) in [
            (
                "places",
                [vec![0x12], billion.clone(), vec![0x0a], billion.clone()].concat(),
            ),
            ("a string", [vec![0x32], billion.clone()].concat()),
            ("a type", [vec![0x0a], billion.clone()].concat()),
            ("comments", [vec![0x6a], billion.clone()].concat()),
            ("all there is", [vec![0x12], varint(u64::MAX)].concat()),
        ] {
            let ran = asked(folder.path(), &[claim.clone(), small()].concat(), &["top"]);
            assert!(
                ran.status > 0 && ran.err.contains("offset 0x"),
                "{what}: {ran:?}"
            );
        }
        // Numbers of places, functions and mappings may be anything: what is made by number is not as long as that.
        let sparse = [
            field(1, &[0x08, 0x01, 0x10, 0x01]),
            field(2, &[&[0x08][..], &varint(u64::MAX), &[0x10, 0x02]].concat()),
            field(3, &[&[0x08][..], &varint(1 << 40)].concat()),
            field(
                4,
                &[
                    &[0x08][..],
                    &varint(u64::MAX),
                    &field(4, &[&[0x08][..], &varint(1 << 62)].concat()),
                ]
                .concat(),
            ),
            field(5, &[&[0x08][..], &varint(1 << 62), &[0x10, 0x01]].concat()),
            field(6, b""),
            field(6, b"count"),
        ]
        .concat();
        let ran = asked(folder.path(), &sparse, &["top", "--json"]);
        assert_eq!(ran.json()["rows"][0]["flat"], 2, "{}", ran.out);
    }

    #[test]
    fn what_would_fill_memory_is_not_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        // 512 MiB of nothing in half a megabyte, and of samples that are well formed.
        let head = small();
        let sample = field(2, &[0x08, 0x01, 0x10, 0x02, 0x10, 0x02]);
        let mut of_samples = sample.repeat((1 << 20) / sample.len());
        of_samples.truncate((1 << 20) / sample.len() * sample.len());
        for piece in [vec![0; 1 << 20], of_samples] {
            let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
            bomb.write_all(&head).unwrap();
            for _ in 0..512 {
                bomb.write_all(&piece).unwrap();
            }
            let bomb = bomb.finish().unwrap();
            assert!(bomb.len() < 8 << 20, "{}", bomb.len());
            // A quarter of a gigabyte is unpacked before it is told, in a buffer that doubles.
            let ran = asked_within(1_000_000, folder.path(), &bomb, &["top"]);
            assert!(
                ran.status > 0 && ran.err.contains("which is no profile"),
                "{ran:?}"
            );
        }
    }

    /// A profile whose names, files and labels hold something.
    fn named_with(what: &str) -> Vec<u8> {
        let mut builder = Builder::default();
        let places = ["a", "b"].map(|name| builder.place(&format!("main.{what}{name}")));
        let mut profile = builder.profile;
        for function in &mut profile.functions {
            function.file = format!("/src/{what}x.go");
        }
        profile.sample_types = vec![ValueType::new("cpu", "nanoseconds")];
        let (key, value) = (
            profile.texts.number("key"),
            profile.texts.number(&format!("v{what}w")),
        );
        profile.add(&Sample {
            locations: vec![places[0], places[1]],
            values: vec![5],
            labels: Vec::new(),
        });
        profile.samples.rewrite(|sample| {
            sample.tags.push(Tag {
                key,
                value: TagValue::Text(value),
            });
            true
        });
        let mut bytes = Vec::new();
        profile.write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_name_of_several_lines_is_one_in_every_report() {
        let work = tempfile::tempdir().unwrap();
        std::fs::write(work.path().join("broken"), named_with("\n")).unwrap();
        std::fs::write(work.path().join("plain"), named_with("NEWLINE")).unwrap();
        let mut compared = 0;
        for report in [
            "top",
            "tree",
            "peek=main",
            "list=main",
            "traces",
            "tags",
            "raw",
            "flame",
            "folded",
            "callgrind",
            "dot",
            "svg",
        ] {
            let flag = format!("-{report}");
            let told = |file: &str| {
                let ran = Call::new(["pprof", &flag, file]).folder(work.path()).run();
                assert_eq!(ran.status, 0, "{report}: {}", ran.err);
                ran.out.replace(file, "FILE")
            };
            let (ours, plain) = (told("broken"), told("plain"));
            assert!(
                plain.contains("NEWLINE") && plain.lines().count() > 0,
                "{plain}"
            );
            assert_eq!(
                ours.lines().count(),
                plain.lines().count(),
                "{report}: {ours}"
            );
            // Graphviz has its own escape for the end of a line.
            if report != "dot" {
                assert_eq!(ours.replace("\\n", "NEWLINE"), plain, "{report}");
            }
            compared += 1;
        }
        assert_eq!(compared, 12);
    }
}
