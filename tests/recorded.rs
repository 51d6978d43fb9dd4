//! What the binary says of itself and of a few inputs, word for word, in `tests/recorded/`.
//!
//! Other tests compare the JSON of a verb with what is known about its input. People read its text, its help, its man
//! page, and press Tab: that is compared here, so that no word of it changes unseen. The list of verbs is the binary's own:
//! a verb without a recorded answer fails. After a change that is meant, `INSTA_UPDATE=always cargo test --test recorded`
//! writes the files anew, and their difference is reviewed like code.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{Call, run};
    use crate::samples::{self, corpus};
    use rayon::prelude::*;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;
    use std::time::SystemTime;

    const NIL: &str = "fixtures/crash-nilptr-noopt-go1.27.3-amd64.core.zst";
    const WRAPPED: &str = "fixtures/crash-wrapped-noopt-go1.27.3-amd64.core.zst";
    const CRASH: &str = "fixtures/crash-noopt-go1.27.3-amd64.exe.zst";
    const DEADLOCK: &str = "fixtures/crash-deadlock-stripped-go1.19-amd64.core.zst";
    const STRIPPED: &str = "fixtures/crash-stripped-go1.19-amd64.exe.zst";
    const TYPES: &str = "fixtures/types-all-noopt-go1.27.3-arm64.core.zst";
    const TYPES_EXE: &str = "fixtures/types-noopt-go1.27.3-arm64.exe.zst";
    const CGO: &str = "fixtures/cgo-callback-panic-noopt-go1.19-amd64.core.zst";
    const CGO_EXE: &str = "fixtures/cgo-noopt-go1.19-amd64.exe.zst";
    const CPU: &str = "pprof/go1.27.3/cpu.pb.gz";
    const LOG: &str = "timeline/traced-go1.27.3.log.zst";
    const LOG_CORE: &str = "timeline/traced-go1.27.3.core.zst";
    const LOG_EXE: &str = "timeline/traced-go1.27.3.exe.zst";
    /// Where the sources of [`CRASH`] are in this repository, wherever they were built.
    const SOURCES: &str = "--source-path=/tmp/dumpview-corpus/src-go1.27.3/crash=programs/crash";

    /// The name of a recorded answer, and the question, asked in [`folder`]. The first word is the verb, if it is one.
    const ANSWERS: &[(&str, &[&str])] = &[
        ("core", &[NIL, CRASH, SOURCES]),
        ("core-wrapped", &[WRAPPED, CRASH]),
        ("core-cgo", &[CGO, CGO_EXE]),
        ("core-alone", &[NIL]),
        ("core-of-another-program", &[NIL, STRIPPED]),
        (
            "core-script",
            &[
                NIL,
                CRASH,
                SOURCES,
                "-x",
                "goroutine 1",
                "-x",
                "bt",
                "-x",
                "frame 14",
                "-x",
                "args",
                "-x",
                "list",
            ],
        ),
        ("log", &[LOG]),
        ("log-oom", &["logs/oom/public-kernel-5.x-memcg.txt"]),
        ("info", &["info", NIL, CRASH]),
        ("info-stripped", &["info", DEADLOCK, STRIPPED, "-v"]),
        ("goroutines", &["goroutines", NIL, CRASH, "--system"]),
        (
            "goroutines-group",
            &["goroutines", DEADLOCK, STRIPPED, "--group"],
        ),
        (
            "goroutines-log",
            &["goroutines", "logs/traceback/deadlocks-go1.27.3.txt.gz"],
        ),
        ("waits", &["waits", DEADLOCK, STRIPPED]),
        (
            "waits-log",
            &["waits", "logs/traceback/deadlocks-go1.27.3.txt.gz"],
        ),
        ("threads", &["threads", NIL, CRASH]),
        ("bt", &["bt", NIL, CRASH]),
        ("bt-full", &["bt", WRAPPED, CRASH, "--full", "--runtime"]),
        ("bt-all", &["bt", DEADLOCK, STRIPPED, "--all"]),
        (
            "bt-arm64",
            &["bt", TYPES, TYPES_EXE, "--full", "--depth", "2"],
        ),
        ("bt-cgo", &["bt", CGO, CGO_EXE, "--runtime"]),
        ("locals", &["locals", NIL, CRASH, "-f", "12"]),
        (
            "locals-arm64",
            &["locals", TYPES, TYPES_EXE, "-f", "12", "--depth", "1"],
        ),
        ("args", &["args", NIL, CRASH, "-f", "15"]),
        ("print", &["print", NIL, CRASH, "runtime.buildVersion"]),
        (
            "print-computed",
            &[
                "print",
                NIL,
                CRASH,
                "len(runtime.buildVersion) * 2 + 1 == 17",
            ],
        ),
        ("print-unknown", &["print", NIL, CRASH, "main.nothing"]),
        ("whatis", &["whatis", NIL, CRASH, "runtime.allgs"]),
        ("vars", &["vars", NIL, CRASH, "^main\\."]),
        ("funcs", &["funcs", NIL, CRASH, "^main\\.[a-f]"]),
        ("types", &["types", NIL, CRASH, "^main\\."]),
        ("sources", &["sources", NIL, CRASH, "/crash/"]),
        ("list", &["list", NIL, CRASH, SOURCES, "-f", "12"]),
        ("list-function", &["list", NIL, CRASH, SOURCES, "main.main"]),
        ("heap", &["heap", NIL, CRASH]),
        ("heap-stripped", &["heap", DEADLOCK, STRIPPED]),
        ("heap-top", &["heap", "top", NIL, CRASH, "--top", "12"]),
        (
            "heap-top-root",
            &["heap", "top", NIL, CRASH, "--by", "root", "--top", "8"],
        ),
        ("heap-tree", &["heap", "tree", NIL, CRASH, "runtime.allm"]),
        (
            "heap-object",
            &["heap", "object", NIL, CRASH, "&os.Stdout.file.name"],
        ),
        ("heap-refs", &["heap", "refs", NIL, CRASH, "os.Stdout"]),
        (
            "heap-paths",
            &["heap", "paths", NIL, CRASH, "--type", "os.file"],
        ),
        (
            "heap-find",
            &[
                "heap",
                "find",
                NIL,
                CRASH,
                "os.file",
                "name == \"/dev/stdout\"",
            ],
        ),
        (
            "heap-find-mistyped",
            &["heap", "find", NIL, CRASH, "os.file", "nmae == 1"],
        ),
        ("heap-strings", &["heap", "strings", NIL, CRASH]),
        ("heap-garbage", &["heap", "garbage", NIL, CRASH]),
        (
            "heap-suspects",
            &[
                "heap",
                NIL,
                CRASH,
                "--threshold",
                "least_bytes=1024",
                "--threshold",
                "dominator-percent=30",
            ],
        ),
        (
            "print-retained",
            &[
                "print",
                NIL,
                CRASH,
                "--retained",
                "runtime.allgs",
                "--depth",
                "1",
            ],
        ),
        (
            "goroutines-retained",
            &["goroutines", NIL, CRASH, "--retained"],
        ),
        ("heap-mistyped", &["heap", "tpo", NIL, CRASH]),
        ("regs", &["regs", NIL, CRASH]),
        ("memory", &["memory", NIL, CRASH]),
        (
            "export",
            &["export", "--to", "folded", "-o", "/dev/stdout", NIL, CRASH],
        ),
        (
            "disass",
            &["disass", NIL, CRASH, "-f", "12", "--count", "40", "-v"],
        ),
        (
            "disass-arm64",
            &["disass", TYPES, TYPES_EXE, "--count", "40"],
        ),
        (
            "x",
            &[
                "x",
                NIL,
                CRASH,
                "--addr",
                "0x1b3fd8e5c418",
                "--count",
                "4",
                "--size",
                "8",
            ],
        ),
        (
            "escapes",
            &["escapes", "escapes/pgo-devirt-m2-go1.27.3.txt.gz"],
        ),
        ("gc", &["gc", "logs/gctrace/legacy-go1.6-scvg.txt"]),
        ("gc-log", &["gc", LOG]),
        ("gc-csv", &["gc", "logs/gctrace/seed-go1.23.4.txt", "--csv"]),
        ("sched", &["sched", LOG]),
        (
            "alloc",
            &["alloc", "logs/allocfreetrace/alloctr-go1.22.10.txt.gz"],
        ),
        (
            "memstats",
            &["memstats", "logs/memstats/memprint-plusv-go1.22.10.txt.gz"],
        ),
        ("timeline", &["timeline", LOG, LOG_CORE, LOG_EXE]),
        ("pprof", &["pprof", CPU]),
        ("pprof-opened", &["pprof/go1.27.3/heap.before.pb.gz"]),
        (
            "pprof-peek",
            &["pprof", "-peek", "hashAll$", CPU, "-unit=ms"],
        ),
        (
            "pprof-list",
            &[
                "pprof",
                "list",
                "main.hashAll",
                CPU,
                "-source_path",
                "pprof",
            ],
        ),
        (
            "pprof-list-no-source",
            &[
                "pprof",
                "list",
                "sha256.blockAVX2",
                CPU,
                "-source_path=nowhere",
            ],
        ),
        (
            "pprof-text",
            &[
                "pprof",
                "top",
                "pprof/go1.27.3/goroutine.debug1.txt.zst",
                "-cum",
                "-nodecount=5",
            ],
        ),
        (
            "pprof-exec",
            &[
                "pprof",
                CPU,
                "-x",
                "top3 -cum",
                "-x",
                "samples",
                "-x",
                "tags",
            ],
        ),
        ("pprof-mistyped", &["pprof", "top", CPU, "-nodecounts=5"]),
        ("pprof-no-match", &["pprof", "peek", "nothing-of-it", CPU]),
        ("nothing-to-open", &["info", "no such file"]),
        ("verb-misspelt", &["gorutines", NIL]),
    ];

    /// The verbs that `--help` lists, but for `help` itself.
    fn verbs() -> Vec<String> {
        let help = run(["--help"]).out;
        let (_, list) = help
            .split_once("\nA core, and the executable it is of:\n")
            .expect("a list of verbs");
        let (list, _) = list.split_once("\nInputs:\n").expect("the end of the list");
        let verbs: Vec<String> = list
            .lines()
            // A line that begins further right goes on with the one before it.
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .filter(|verb| verb != "help")
            .collect();
        assert!(verbs.len() > 10, "{verbs:?}");
        verbs
    }

    /// A folder that looks like the corpus to the questions. Its sources are older than every core, whatever times a checkout
    /// gave the files: `list` says when a source is the younger one.
    fn folder() -> &'static Path {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        FOLDER.get_or_init(|| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded");
            let _ = fs::remove_dir_all(&folder);
            let sources = folder.join("programs/crash");
            fs::create_dir_all(&sources).expect("scratch folder");
            for path in samples::all("programs/crash") {
                let copy = sources.join(samples::name(&path));
                fs::copy(&path, &copy).expect("a source");
                let file = File::options().write(true).open(&copy).expect("a source");
                file.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
            }
            for part in ["escapes", "fixtures", "logs", "pprof", "timeline"] {
                symlink(corpus(part), folder.join(part)).expect("a link");
            }
            folder
        })
    }

    /// What a person sees who asks this.
    fn shown(args: &[&str]) -> String {
        let ran = Call::new(args).folder(folder()).run();
        let quoted: Vec<String> = args
            .iter()
            .map(|arg| {
                if arg.contains(' ') {
                    format!("'{arg}'")
                } else {
                    (*arg).to_owned()
                }
            })
            .collect();
        let mut text = format!("$ dumpview {}\n{}", quoted.join(" "), ran.out);
        if !ran.err.is_empty() {
            let _ = write!(text, "-- stderr\n{}", ran.err);
        }
        if ran.status != 0 {
            let _ = writeln!(text, "-- status {}", ran.status);
        }
        text
    }

    /// Compares each text with the file of its name in `tests/recorded/FOLDER/`, and the files with the names: none may
    /// be left of a question that nobody asks any more.
    fn compare(folder: &str, texts: Vec<(String, String)>) {
        let mut settings = insta::Settings::clone_current();
        let directory = format!("recorded/{folder}");
        settings.set_snapshot_path(&directory);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let names: BTreeSet<String> = texts.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names.len(), texts.len(), "every name once");
        settings.bind(|| {
            for (name, text) in texts {
                insta::assert_snapshot!(name, text);
            }
        });
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        for entry in fs::read_dir(tests.join(&directory)).expect("recorded answers") {
            let file = entry.expect("an entry").file_name();
            let name = file.to_string_lossy();
            if let Some(name) = name.strip_suffix(".snap") {
                assert!(
                    names.contains(name),
                    "{directory}/{name}.snap belongs to no question"
                );
            }
        }
    }

    #[test]
    fn every_verb_has_a_recorded_answer() {
        let asked: BTreeSet<&str> = ANSWERS.iter().map(|(_, args)| args[0]).collect();
        let missing: Vec<String> = verbs()
            .into_iter()
            .filter(|verb| !asked.contains(verb.as_str()))
            .collect();
        assert_eq!(missing, [""; 0], "add a question to ANSWERS for each");
    }

    #[test]
    fn answers_read_as_recorded() {
        let texts: Vec<(String, String)> = ANSWERS
            .par_iter()
            .map(|(name, args)| ((*name).to_owned(), shown(args)))
            .collect();
        compare("answers", texts);
    }

    #[test]
    fn help_reads_as_recorded() {
        let mut texts = vec![
            ("dumpview".to_owned(), shown(&["--help"])),
            ("dumpview.short".to_owned(), shown(&["-h"])),
        ];
        for verb in verbs() {
            texts.push((format!("{verb}.short"), shown(&[&verb, "-h"])));
            let long = shown(&[&verb, "--help"]);
            texts.push((verb, long));
        }
        compare("help", texts);
    }

    #[test]
    fn man_pages_and_completions_read_as_recorded() {
        let mut texts = vec![("dumpview.1".to_owned(), shown(&["man"]))];
        for verb in verbs() {
            texts.push((format!("dumpview-{verb}.1"), shown(&["man", &verb])));
        }
        for shell in ["bash", "zsh", "fish"] {
            texts.push((shell.to_owned(), shown(&["--completions", shell])));
        }
        compare("made", texts);
    }
}
