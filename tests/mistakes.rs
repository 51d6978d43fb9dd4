//! What is typed wrongly, and the one helpful answer to it, word for word in `tests/recorded/mistakes.txt`.
//!
//! After a change that is meant, `INSTA_UPDATE=always cargo test --test mistakes` writes it anew.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::Call;
    use crate::samples::corpus;
    use rayon::prelude::*;
    use std::fs::{self, File};
    use std::path::{Path, PathBuf};

    /// The core, executable and log that the lines name, as they stand in the folder where they are typed.
    const FILES: &[(&str, &str)] = &[
        (
            "core.7",
            "fixtures/crash-nilptr-noopt-go1.27.3-amd64.core.zst",
        ),
        ("app", "fixtures/crash-noopt-go1.27.3-amd64.exe.zst"),
        ("gc.log", "timeline/traced-go1.27.3.log.zst"),
    ];

    /// Words that clap, Rust or the system would say.
    const FOREIGN: &[&str] = &[
        "error:",
        "Usage:",
        "tip:",
        "For more information",
        "os error",
        "subcommand",
        "argument",
        "panicked",
        "Err(",
        "invalid digit",
        "unexpected",
    ];

    /// What is typed, with the exit status.
    const LINES: &[(i32, &str)] = &[
        // Order.
        (0, "--json info core.7"),
        (0, "-q --color never bt core.7 app"),
        (0, "-g 1 bt core.7 app"),
        (0, "bt --json core.7 app --json"),
        (2, "core.7 app bt"),
        (2, "core.7 bt"),
        (2, "core.7 bt app -g 1"),
        (2, "core.7 app heap top"),
        (2, "core.7 heap --by type top"),
        (3, "app core.7"),
        (3, "bt app core.7"),
        (3, "print app core.7 main.x"),
        (3, "app"),
        (3, "bt app"),
        (3, "core.7 core.7"),
        (3, "bt core.7 gc.log"),
        // Names of verbs.
        (2, "gorutines core.7"),
        (2, "goroutine core.7"),
        (2, "heep top core.7"),
        (2, "heap tpo core.7"),
        (2, "heap nothing core.7"),
        (0, "backtrace core.7 app"),
        (2, "help gorutines"),
        (2, "Info core.7"),
        (2, "top cpu.pb.gz"),
        (2, "top core.7"),
        (2, "pprof web cpu.pb.gz"),
        (2, "pprof -web cpu.pb.gz"),
        // Flags.
        (2, "goroutines core.7 app --filer x"),
        (2, "bt core.7 --dpeth 3"),
        (2, "info core.7 --group"),
        (2, "info core.7 --top 3"),
        (2, "--wat core.7"),
        (2, "bt core.7 -Z"),
        (2, "info core.7 --json --csv"),
        // Values.
        (2, "bt core.7 -g abc"),
        (2, "bt core.7 -g -1"),
        (2, "bt core.7 -g 99999999999999999999999"),
        (2, "bt core.7 -g"),
        (2, "bt core.7 --goroutine="),
        (2, "locals core.7 -f 3.5"),
        (2, "--color sometimes info core.7"),
        (2, "gc gc.log --sort nothing"),
        (2, "gc gc.log --columns nothing"),
        (2, "gc gc.log --filter pause_ns>>3"),
        (2, "gc gc.log --filter forced=maybe"),
        (2, "gc gc.log --filter number=some"),
        (1, "gc gc.log --filter number>100000"),
        (1, "gc gc.log --filter number>100000 --json"),
        (2, "goroutines core.7 --filter colour=red"),
        (2, "goroutines core.7 --filter waiting>soon"),
        (1, "goroutines core.7 --filter id=987654321"),
        (2, "--json"),
        (2, "gc gc.log --since yesterday"),
        (2, "gc gc.log --strip-prefix ("),
        (2, "export core.7 --to doc -o x"),
        (2, "x core.7 --addr zz"),
        // Conditions, in the one language that every --filter has.
        (2, "escapes m.txt --filter kind:heap"),
        (2, "escapes m.txt --filter size>3"),
        (2, "escapes m.txt --filter line>many"),
        (2, "escapes m.txt --filter"),
        (1, "escapes m.txt --filter what=nothing"),
        (1, "escapes m.txt --filter what=nothing --json"),
        (2, "gc gc.log --filter pause_ns:3"),
        (2, "gc gc.log --filter ="),
        (2, "gc gc.log --filter not"),
        (2, "gc gc.log --filter number=1)"),
        (2, "pprof -flat -cum cpu.pb.gz"),
        (2, "pprof top --lines --files cpu.pb.gz"),
        (2, "pprof top -cum=maybe cpu.pb.gz"),
        // What is missing, and what is too much.
        (2, "bt"),
        (2, "print"),
        (2, "print core.7 app"),
        (2, "funcs core.7 app ("),
        (2, "print core.7"),
        (2, "gc"),
        (2, "bt core.7 app one two"),
        (2, "gc gc.log gc.log"),
        (2, "export core.7"),
        // Files.
        (3, "core.missing"),
        (3, "core.6"),
        (3, "bt core.missing app"),
        (3, "bt core.7 ap"),
        (3, "nowhere/core.7"),
        (3, "bt core.7/x"),
        (3, "."),
        (3, "bt ."),
        (3, "packed.xz"),
        (3, "bt packed.lz4"),
        (3, "many.tar"),
        (3, "empty"),
        (3, "gc core.7"),
        (3, "escapes core.7"),
        (3, "gc app"),
        (3, "bt gc.log"),
        (3, "heap top gc.log"),
        (1, "goroutines text"),
        (3, "pprof top text"),
        (3, "pprof top dump"),
        (2, "pprof top localhost:6060/debug/pprof/heap"),
        (2, "localhost:6060"),
        (2, "pprof https+insecure://h/debug/pprof/heap"),
        (3, "-"),
        // Places.
        (1, "bt core.7 -g 99999"),
        (1, "locals core.7 -f 99"),
        (1, "print core.7 app nothing.here"),
        (2, "print core.7 app 1+"),
        (1, "list core.7 nofile.go:12"),
        (1, "whatis core.7 main.nothing"),
        // Scripts.
        (2, "core.7 app -x gorutines"),
        (2, "core.7 app -x bt --dpeth"),
        (2, "core.7 app -x=bt\u{a0}--dpeth"),
        (2, "core.7 app -x="),
        (2, "core.7 app -x"),
    ];

    fn folder() -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes");
        fs::create_dir_all(&folder).unwrap();
        for (name, of) in FILES {
            let at = folder.join(name);
            if !at.exists() {
                let packed = File::open(corpus(of)).unwrap();
                let half = folder.join(format!("{name}.half"));
                zstd_into(packed, &half);
                fs::rename(half, at).unwrap();
            }
        }
        let mut tar = vec![0u8; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (name, bytes) in [
            ("packed.xz", &b"\xfd7zXZ\0\0\x04"[..]),
            ("packed.lz4", b"\x04\x22\x4d\x18\x64"),
            ("many.tar", &tar),
            ("empty", b""),
            ("text", b"nothing happened\n"),
            (
                "dump",
                b"goroutine 1 [running]:\nmain.main()\n\t/x/main.go:3 +0x1d\n\n",
            ),
            (
                "cpu.pb.gz",
                include_bytes!("../corpus/pprof/go1.27.3/cpu.pb.gz"),
            ),
            (
                "m.txt",
                b"# example.com/m\n./m.go:3:6: can inline f\n./m.go:4:2: moved to heap: x\n",
            ),
        ] {
            fs::write(folder.join(name), bytes).unwrap();
        }
        folder
    }

    fn zstd_into(packed: File, to: &Path) {
        let mut from = ruzstd::decoding::StreamingDecoder::new(packed).unwrap();
        std::io::copy(&mut from, &mut File::create(to).unwrap()).unwrap();
    }

    /// What a line is answered with, or what is wrong with that.
    fn answer(folder: &Path, status: i32, line: &str) -> Result<String, String> {
        let ran = Call::new(line.split(' ')).folder(folder).run();
        let is = |holds: bool, what: &str| {
            let told = || format!("{line}: {what}: {} {}", ran.status, ran.err);
            holds.then_some(()).ok_or_else(told)
        };
        is(ran.status == status, "exit status")?;
        if status == 0 {
            return Ok(format!("$ dumpview {line}\nanswered\n"));
        }
        if line.split(' ').any(|word| word == "--json") {
            let said: serde_json::Value = serde_json::from_str(&ran.out)
                .map_err(|error| format!("{line}: no document: {error}"))?;
            is(
                said["schema"] == "dumpview.failure/1",
                "the document of a failure",
            )?;
            is(said["exit"] == status, "its exit status")?;
            let error = said["error"].as_str().unwrap_or_default();
            is(
                !error.is_empty() && ran.err.contains(error),
                "the same words",
            )?;
        } else {
            is(ran.out.is_empty(), "nothing on stdout")?;
        }
        is(ran.err.starts_with("dumpview: "), "begins with the program")?;
        is(ran.err.lines().count() <= 6, "short")?;
        is(status != 2 || ran.err.contains("\nhint: "), "has a hint")?;
        for word in FOREIGN {
            is(!ran.err.contains(word), word)?;
        }
        Ok(format!("$ dumpview {line}\n{}exit {status}\n", ran.err))
    }

    #[test]
    fn every_mistake_has_one_helpful_answer() {
        let folder = folder();
        let answers: Vec<Result<String, String>> = LINES
            .par_iter()
            .map(|(status, line)| answer(&folder, *status, line))
            .collect();
        let wrong: Vec<&String> = answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let answers: Vec<String> = answers.into_iter().flatten().collect();
        assert!(answers.len() >= 60);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("recorded");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("mistakes", answers.join("\n")));
    }
}
