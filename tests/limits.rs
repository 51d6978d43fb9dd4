//! What there is no memory for.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod limits {
    use crate::run::{BINARY, Call, run};
    use crate::samples;
    use std::fmt::Write as _;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    fn scratch(name: &str) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
    }

    /// Goroutines in functions of these numbers.
    fn goroutines(count: u32, function: impl Fn(u32) -> u32) -> String {
        let mut text = String::new();
        for id in 1..=count {
            let at = function(id);
            let _ = write!(
                text,
                "goroutine {id} [chan receive]:\nmain.w{at}(0x{at:x})\n\t/src/main{at}.go:{at} +0x1d\n\n"
            );
        }
        text
    }

    /// Goroutines of which no two stand alike: nothing of them can be kept once for all.
    fn all_different(count: u32) -> String {
        goroutines(count, |id| id)
    }

    #[test]
    fn what_does_not_fit_is_answered_in_part_and_says_so() {
        let log = scratch("all-different.txt");
        fs::write(&log, all_different(200_000)).unwrap();
        for verb in [
            &["goroutines"][..],
            &["goroutines", "--each"],
            &["timeline"],
            &[],
        ] {
            let flags = ["--memory", "64M", "--json"].iter();
            let args = verb.iter().chain(flags).map(PathBuf::from);
            let ran = run(args.chain([log.clone()]));
            assert_eq!(ran.status, 4, "{verb:?}: {}", ran.err);
            let document = ran.json();
            let why = document["incomplete"].to_string();
            assert!(why.contains("--memory"), "{verb:?}: {why}");
        }
        // Of as many goroutines that stand alike all are there.
        fs::write(&log, goroutines(50_000, |id| id % 7)).unwrap();
        let args = ["goroutines", "--memory", "64M"].map(PathBuf::from);
        let ran = run(args.into_iter().chain([log]));
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(ran.out.contains("50,000 goroutines"), "{}", ran.out);
    }

    #[test]
    fn decisions_that_do_not_fit_are_left_out_and_it_is_said() {
        let log = scratch("decisions.txt");
        let mut text = String::new();
        for i in 0..600_000 {
            let _ = writeln!(
                text,
                "./a{}.go:{}:7: x{i} escapes to heap",
                i % 90,
                i % 900 + 1
            );
        }
        fs::write(&log, text).unwrap();
        for verb in [&["escapes"][..], &[]] {
            let flags = ["--memory", "256M", "--plain"].iter();
            let args = verb.iter().chain(flags).map(PathBuf::from);
            let ran = run(args.chain([log.clone()]));
            assert_eq!(ran.status, 4, "{verb:?}: {}", ran.err);
            let said = ran.out.clone() + &ran.err;
            assert!(said.contains("--memory"), "{verb:?}: {said}");
            assert!(ran.out.contains("escapes to heap"), "{verb:?}: {}", ran.out);
        }
    }

    /// A stack is as deep as a log says, and its middle is kept once.
    #[test]
    fn one_goroutine_of_a_million_frames_is_one_goroutine() {
        let log = scratch("deep.txt");
        let frames = "main.f(0x1)\n\t/a/b.go:12 +0x1d\n".repeat(1_000_000);
        fs::write(
            &log,
            format!("panic: deep\n\ngoroutine 1 [running]:\n{frames}"),
        )
        .unwrap();
        let ran = run([Path::new("goroutines"), "--json".as_ref(), &log]);
        let document = ran.json();
        if ran.status == 0 {
            assert_eq!(document["goroutines"].as_array().unwrap().len(), 1);
        } else {
            let why = document["incomplete"].to_string();
            assert_eq!((ran.status, why.contains("--memory")), (4, true), "{why}");
        }
    }

    /// Every verb that reads logs, and the report without one.
    const OF_LOGS: &[&[&str]] = &[
        &[],
        &["goroutines"],
        &["goroutines", "--each", "--json"],
        &["waits"],
        &["gc"],
        &["sched"],
        &["alloc"],
        &["memstats"],
        &["timeline"],
        &["escapes"],
    ];

    /// `--memory` is a fact: the system refuses what goes beyond it by more than a tick's worth, and that is never heard of.
    #[test]
    fn no_log_takes_more_memory_than_it_may() {
        const LIMIT: u64 = 64 << 10;
        const TICK: u64 = 160 << 10;
        let lines =
            |count: u32, line: &dyn Fn(u32) -> String| -> String { (0..count).map(line).collect() };
        let inputs = [
            ("alike", goroutines(150_000, |id| id % 7)),
            ("different", all_different(60_000)),
            (
                "headers",
                lines(200_000, &|id| format!("goroutine {id} [running]:\n")),
            ),
            (
                "frames",
                "panic: deep\n\ngoroutine 1 [running]:\n".to_owned()
                    + &lines(150_000, &|at| {
                        format!("main.f{at}(0x1)\n\t/a/b.go:{at} +0x1d\n")
                    }),
            ),
            (
                "decisions",
                lines(150_000, &|at| {
                    format!(
                        "./a{}.go:{}:7: x{at} escapes to heap\n",
                        at % 90,
                        at % 900 + 1
                    )
                }),
            ),
            ("empty", "\n".repeat(2 << 20)),
            ("ends", "\r\n".repeat(1 << 20)),
            ("one", "abcdefgh".repeat(1 << 19)),
            ("nothing", "\0".repeat(4 << 20)),
            ("begun", "gc 1 @0.0".repeat(1 << 18)),
            ("cut", "gc 1 @0.01\n".repeat(1 << 17)),
            ("nested", "[".repeat(4 << 20)),
            ("objects", "{\"a\":".repeat(1 << 19)),
            (
                "docker",
                "{\"log\":\"\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-01T00:00:00Z\"}\n"
                    .repeat(1 << 15),
            ),
        ];
        for (name, text) in inputs {
            let log = scratch(&format!("memory-{name}.txt"));
            fs::write(&log, text).unwrap();
            for verb in OF_LOGS {
                let args = [*verb, &["--plain", "--memory", "64M"][..]].concat();
                let args = args.iter().map(Path::new).chain([log.as_path()]);
                let ran = Call::limited(LIMIT + TICK, args).run();
                let what = format!("{name} {verb:?}: {}: {}", ran.status, ran.err);
                // What is no compiler output, or nothing at all, is refused.
                assert!(matches!(ran.status, 0 | 1 | 3 | 4), "{what}");
                assert!(!ran.err.contains("the system gives no more"), "{what}");
                let told = ran.out.contains("--memory") || ran.err.contains("--memory");
                assert!(
                    ran.status != 4 || told || ran.out.contains("ncomplete"),
                    "{what}"
                );
            }
            fs::remove_file(&log).unwrap();
        }
    }

    #[test]
    fn a_limit_that_nothing_fits_in_ends_with_words() {
        let dump = scratch("limits.dump");
        fs::write(&dump, dump_bytes()).unwrap();
        for limit in ["31M", "12", "much"] {
            let ran = run([
                Path::new("info"),
                "--memory".as_ref(),
                limit.as_ref(),
                &dump,
            ]);
            assert_eq!(ran.status, 2, "{}", ran.err);
        }
        // A cap of the system's stands for a machine that has no more: an answer or words, and no signal.
        let log = scratch("all-different-too.txt");
        fs::write(&log, all_different(200_000)).unwrap();
        let command = format!(
            "ulimit -d 60000; exec {BINARY} goroutines {}",
            log.display()
        );
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{talk}");
        assert!(talk.contains("out of memory"), "{talk}");
    }

    /// Whatever is written, a disk that has no room for it is told.
    #[test]
    fn what_cannot_be_written_fails() {
        let log = samples::corpus("logs/gctrace/seed-go1.23.4.txt");
        let log = log.to_str().unwrap();
        for asked in [
            "--help",
            "-h",
            "--version",
            "man gc",
            "--completions bash",
            "help gc",
        ] {
            full(asked);
        }
        for asked in ["gc", "gc --json", "gc --csv", "timeline", ""] {
            full(&format!("{asked} '{log}'"));
        }
    }

    fn full(asked: &str) {
        let command = format!("exec {BINARY} {asked} >/dev/full");
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{asked}: {talk}");
        assert!(talk.contains("cannot write the answer"), "{asked}: {talk}");
    }

    /// Where the sources of the committed cores were.
    const SOURCES: &str = "/tmp/dumpview-corpus/src-go1.27.3/crash";

    /// A dump names files, and whoever made it might name anything.
    #[test]
    fn sources_are_files_of_a_size_that_sources_have() {
        let fixture = |name: &str| {
            let path = scratch(&format!("limits-{name}"));
            let packed = samples::corpus("fixtures").join(format!("{name}.zst"));
            fs::write(&path, samples::bytes(&packed)).unwrap();
            path
        };
        let core = fixture("crash-nilptr-noopt-go1.27.3-amd64.core");
        let exe = fixture("crash-noopt-go1.27.3-amd64.exe");
        let folder = scratch("limits-sources");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let source = folder.join("nilptr.go");
        let asked = || {
            let map = format!("--source-path={SOURCES}={}", folder.display());
            run([
                Path::new("list"),
                &core,
                &exe,
                "-f".as_ref(),
                "12".as_ref(),
                map.as_ref(),
            ])
        };
        let huge = fs::File::create(&source).unwrap();
        huge.set_len(2 << 30).unwrap();
        let ran = asked();
        assert_eq!(ran.status, 1, "{}", ran.err);
        assert!(ran.err.contains("larger than 64 MiB"), "{}", ran.err);
        for command in ["mkfifo", "ln -s /dev/zero"] {
            fs::remove_file(&source).unwrap();
            let command = format!("{command} '{}'", source.display());
            let made = Command::new("sh").args(["-c", &command]).status().unwrap();
            assert!(made.success());
            // A run that reads them never ends. Where the program was built, the source itself may be found.
            let ran = asked();
            let known = ran.status == 1 || ran.out.contains("func ");
            assert!(known, "{command}: {} {}", ran.out, ran.err);
        }
    }

    fn dump_bytes() -> Vec<u8> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/heapdumps");
        samples::bytes(&corpus.join("known-go1.22.10.dump.zst"))
    }
}
