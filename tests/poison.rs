//! Nothing raw reaches a terminal: every question to the binary, asked of inputs whose names and texts are full of what
//! a terminal obeys, on a pseudo-terminal and into pipes, and the screens.

#[cfg(test)]
#[path = "support/elf.rs"]
mod elf;
#[cfg(test)]
#[path = "support/poison.rs"]
mod poison;
#[cfg(test)]
#[path = "support/pty.rs"]
mod pty;
#[cfg(test)]
#[path = "support/questions.rs"]
mod questions;
#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::elf;
    use crate::poison::{self, Place, offence};
    use crate::pty::Pty;
    use crate::questions::QUESTIONS;
    use crate::run::Call;
    use crate::samples::{self, corpus};
    use rayon::prelude::*;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::{Mutex, OnceLock};

    /// A word of each source of text: the path of a mapped file (and with it the executable that is looked for), a file
    /// of Go's and its argument on the command line, types, a function, a method's receiver, fields, a value, labels, a module,
    /// a function and labels of a profile, what a heap dump names.
    const WORDS: &[&str] = &[
        "mbtuosf9",
        "nilptr",
        "Request",
        "StoreError",
        "blocked.go",
        "lockMutex",
        "aggregates",
        "Payload",
        "handling request",
        "request",
        "example.com/corpus",
        "labelled",
        "treeHandler",
        "endpoint",
        "leakRecv",
        "holderStackObj",
        "main.live",
        "dumpview-corpus",
    ];

    const BLOCKED: &str = "fixtures/crash-blocked-noopt-go1.27.3-amd64.core.zst";
    const CRASH: &str = "fixtures/crash-noopt-go1.27.3-amd64.exe.zst";
    const CPU: &str = "pprof/go1.27.3/cpu.pb.gz";
    const LOG: &str = "timeline/traced-go1.27.3.log.zst";
    const DUMP: &str = "heapdumps/known-go1.27.3.dump.zst";
    const DUMP_EXE: &str = "heapdumps/known-go1.27.3.exe.zst";

    /// Sources of text that no recorded question has.
    const MORE: &[&[&str]] = &[
        &["goroutines", BLOCKED, CRASH],
        &["goroutines", BLOCKED, CRASH, "--with-stacks"],
        &["waits", BLOCKED, CRASH],
        &["vars", BLOCKED, CRASH, "."],
        &["heap", "strings", BLOCKED, CRASH],
        &["heap", "top", DUMP, DUMP_EXE],
        &["heap", "top", DUMP],
        &["goroutines", DUMP, DUMP_EXE],
        &[
            "export",
            "--to",
            "folded",
            "-o",
            "/dev/stdout",
            BLOCKED,
            CRASH,
        ],
        &[
            "export",
            "--to",
            "dot",
            "--waits",
            "-o",
            "/dev/stdout",
            BLOCKED,
            CRASH,
        ],
        &[
            "escapes",
            "escapes/pgo-devirt-m2-go1.27.3.txt.gz",
            "--github",
        ],
        &["escapes", "escapes/pgo-devirt-m2-go1.27.3.txt.gz", "--csv"],
        &[
            "goroutines",
            "logs/traceback/blockers-labels-on-go1.26.6.txt.gz",
        ],
        &[
            "logs/traceback/blockers-labels-on-go1.26.6.txt.gz",
            "--markdown",
        ],
        &[
            "logs/traceback/blockers-labels-on-go1.26.6.txt.gz",
            "--html",
        ],
        &[BLOCKED, CRASH, "--markdown"],
        &[
            "pprof",
            "svg",
            "-o",
            "/dev/stdout",
            "pprof/go1.27.3/cpu.pb.gz",
        ],
        &["pprof", "dot", CPU],
        &["pprof", "traces", CPU],
        &["pprof", "raw", CPU],
        &["pprof", "tree", CPU],
        &["pprof", "tags", CPU],
        &["pprof", "flame", CPU],
        &["pprof", "folded", CPU],
        &["pprof", "callgrind", CPU],
        &["pprof", "speedscope", "-o", "/dev/stdout", CPU],
    ];

    /// The poisoned copy of a file of the corpus, in a folder and under a name that are poisoned too.
    fn copy(file: &str) -> PathBuf {
        static DONE: OnceLock<Mutex<BTreeMap<String, PathBuf>>> = OnceLock::new();
        let mut done = DONE.get_or_init(Mutex::default).lock().unwrap();
        let made = done.entry(file.to_owned()).or_insert_with(|| {
            let mut bytes = samples::bytes(&corpus(file));
            let binary = bytes.contains(&0);
            if binary {
                bytes = elf::plain_debug(&bytes);
                poison::poison(&mut bytes, WORDS);
            } else {
                bytes = poison::poison_text(&bytes);
            }
            let path = folder().join(format!("{}-{}", file.replace('/', "-"), poison::name()));
            fs::write(&path, bytes).expect("a copy");
            path
        });
        made.clone()
    }

    fn folder() -> &'static Path {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        FOLDER.get_or_init(|| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
                .join("poison")
                .join(poison::name());
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).expect("scratch folder");
            folder
        })
    }

    /// The question, of the poisoned copies.
    fn of_copies(args: &[&str]) -> Vec<String> {
        let copied = |arg: &&str| {
            if corpus(arg).is_file() {
                copy(arg).to_str().expect("UTF-8").to_owned()
            } else {
                (*arg).to_owned()
            }
        };
        args.iter().map(copied).collect()
    }

    /// Whether an answer of which nothing was raw has said that something of it would have been.
    fn shows_poison(output: &[u8]) -> bool {
        const SPELT: &[&str] = &[
            "\\x1b", "\\u{1b}", "\\u001b", "\\u202e", "\\u009b", "\\x9b", "\\u200b", "\\u2066",
            "\\x7f",
        ];
        SPELT
            .iter()
            .any(|spelt| memchr::memmem::find(output, spelt.as_bytes()).is_some())
    }

    #[test]
    fn no_answer_carries_what_a_terminal_obeys() {
        let questions: Vec<&[&str]> = QUESTIONS
            .iter()
            .map(|(_, args)| *args)
            .chain(MORE.iter().copied())
            .collect();
        let silent = Mutex::new(Vec::new());
        let faults: Vec<String> = questions
            .par_iter()
            .flat_map_iter(|args| {
                let asked = of_copies(args);
                let borrowed: Vec<&str> = asked.iter().map(String::as_str).collect();
                let mut faults = Vec::new();
                let mut shown = false;
                let mut judge = |how: &str, output: &[u8], place: Place| {
                    shown |= shows_poison(output);
                    if let Some(fault) = offence(output, place) {
                        faults.push(format!("{args:?} {how}: {fault}"));
                    }
                };
                for (how, choice) in [("coloured", "auto"), ("plain", "never")] {
                    let mut call = borrowed.clone();
                    call.extend(["--no-pager", "--plain", "--color", choice]);
                    let pty = Pty::open(&call, 50, 200);
                    pty.end();
                    judge(how, &pty.output(), Place::Lines);
                }
                for more in [&[][..], &["--json"]] {
                    let ran = Call::new(&borrowed).args(more).run();
                    judge("on stdout", ran.out.as_bytes(), Place::File);
                    judge("on stderr", ran.err.as_bytes(), Place::File);
                }
                if !shown {
                    silent.lock().unwrap().push(*args);
                }
                faults
            })
            .collect();
        assert!(
            faults.is_empty(),
            "{}\n{} faults",
            faults.join("\n"),
            faults.len()
        );
        // Those that name nothing of their input: mistyped, asked for what is not there.
        let silent = silent.into_inner().unwrap();
        assert!(
            silent.len() <= questions.len() / 8,
            "nothing that was poisoned in {silent:#?}"
        );
    }

    /// What is typed is said back in many ways.
    #[test]
    fn no_complaint_carries_what_a_terminal_obeys() {
        let asked = [
            "ODD",
            "ODD BLOCKED CRASH",
            "info ODD",
            "info BLOCKED ODD",
            "info BLOCKED CRASH ODD",
            "BLOCKED CRASH bt ODD",
            "info BLOCKED --color ODD",
            "goroutines BLOCKED CRASH --filter ODD",
            "goroutines BLOCKED CRASH --sort ODD",
            "goroutines BLOCKED CRASH --columns ODD",
            "goroutines BLOCKED CRASH --top ODD",
            "goroutines BLOCKED CRASH --waiting-on ODD",
            "print BLOCKED CRASH ODD",
            "print BLOCKED CRASH main.full -f ODD",
            "list BLOCKED CRASH ODD",
            "list BLOCKED CRASH main.main --source-path ODD",
            "vars BLOCKED CRASH ODD",
            "funcs BLOCKED CRASH (ODD",
            "heap top BLOCKED CRASH --by ODD",
            "heap tree BLOCKED CRASH ODD",
            "heap find BLOCKED CRASH os.file ODD",
            "heap BLOCKED CRASH --threshold ODD",
            "heap ODD",
            "export --to ODD -o /dev/null BLOCKED CRASH",
            "export --to folded -o /nowhere/ODD BLOCKED CRASH",
            "BLOCKED CRASH -x ODD",
            "BLOCKED CRASH -x print ODD",
            "gc LOG --since ODD",
            "gc LOG --filter number>ODD",
            "sched CRASH",
            "escapes BLOCKED",
            "pprof list ODD LOG",
            "pprof top -ODD LOG",
            "pprof http://ODD/debug/pprof/heap",
            "man ODD",
            "help ODD",
            "--completions ODD",
            "BLOCKED CRASH --memory ODD",
            "BLOCKED CRASH --ODD",
        ];
        let of = |word: &str| match word {
            "BLOCKED" => of_copies(&[BLOCKED]).remove(0),
            "CRASH" => of_copies(&[CRASH]).remove(0),
            "LOG" => of_copies(&[LOG]).remove(0),
            word => word.replace("ODD", &poison::name()),
        };
        let said: Vec<String> = asked
            .par_iter()
            .flat_map_iter(|args| {
                let mut faults = Vec::new();
                let words: Vec<String> = args.split(' ').map(of).collect();
                let mut call: Vec<&str> = words.iter().map(String::as_str).collect();
                let ran = Call::new(&call).run();
                for (how, output) in [("stdout", &ran.out), ("stderr", &ran.err)] {
                    if let Some(fault) = offence(output.as_bytes(), Place::File) {
                        faults.push(format!("{how}: {fault}"));
                    }
                }
                call.extend(["--no-pager", "--plain"]);
                let pty = Pty::open(&call, 50, 200);
                pty.end();
                let output = pty.output();
                faults.extend(
                    offence(&output, Place::Lines).map(|fault| format!("terminal: {fault}")),
                );
                if !shows_poison(&output) && !shows_poison(ran.err.as_bytes()) {
                    faults.push(format!("says nothing back: {}", ran.err));
                }
                faults
                    .into_iter()
                    .map(move |fault| format!("{args}: {fault}").escape_debug().to_string())
            })
            .collect();
        assert!(said.is_empty(), "{}", said.join("\n"));
    }

    /// Every numbered screen of every kind of input, with help, what Enter opens, and what a search finds.
    #[test]
    fn no_screen_carries_what_a_terminal_obeys() {
        let inputs: &[&[&str]] = &[
            &[BLOCKED, CRASH],
            &[DUMP, DUMP_EXE],
            &[LOG],
            &["logs/traceback/blockers-labels-on-go1.26.6.txt.gz"],
            &["escapes/pgo-devirt-m2-go1.27.3.txt.gz"],
            &["logs/allocfreetrace/alloctr-with-gctrace-go1.19.txt.gz"],
            &["logs/memstats/memprint-logfmt-go1.27.3.txt"],
            &[CPU],
        ];
        let walk = |args: &[&str]| {
            let asked = of_copies(args);
            let borrowed: Vec<&str> = asked.iter().map(String::as_str).collect();
            let mut pty = Pty::open(&borrowed, 40, 140);
            pty.settled();
            for screen in "123456789".chars() {
                pty.press(&screen.to_string());
                pty.settled();
                for keys in ["\r", "j\r", "?", "\x1b", ":print main.full\r", "\x1b\x1b"] {
                    pty.press(keys);
                    pty.settled();
                }
            }
            let output = pty.output();
            let raw = offence(&output, Place::Screen).map(|fault| format!("{args:?}: {fault}"));
            let silent = (!shows_poison(&output)).then(|| format!("{args:?} showed no poison"));
            raw.or(silent)
        };
        // Nearly all of the time is waiting until a screen has settled.
        let faults: Vec<String> = std::thread::scope(|scope| {
            let walks: Vec<_> = inputs
                .iter()
                .map(|args| scope.spawn(move || walk(args)))
                .collect();
            let ended = walks.into_iter().map(|walk| walk.join().expect("a walk"));
            ended.flatten().collect()
        });
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
