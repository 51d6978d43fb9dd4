//! Whole-process figures on big cores: `cargo bench --bench cores`.
//!
//! Makes its own cores (a 1.3 GB heap, 200,000 goroutines) with the Go command named by `DUMPVIEW_GO`, called as
//! `$DUMPVIEW_GO RELEASE ARGS…`, and keeps them under the target directory for the next run. Each question
//! is asked several times with a warm cache; printed are the median wall time and the peak of private
//! (anonymous) memory. When `dlv` is on the PATH it is asked the same in the same run, so that the ratio can
//! be quoted whatever the machine. Nothing is asserted: this measures.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RELEASE: &str = "1.27.3";
const RUNS: usize = 7;

/// One question and how the tools are asked it.
struct Question {
    name: &'static str,
    dumpview: &'static [&'static str],
    delve: Option<&'static str>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        println!("DUMPVIEW_GO is not set: no big cores can be made, nothing was measured");
        return Ok(());
    };
    let cases = [
        (
            "heap",
            vec![
                Question {
                    name: "bt",
                    dumpview: &["bt"],
                    delve: Some("goroutine 1 bt"),
                },
                Question {
                    name: "info",
                    dumpview: &["info"],
                    delve: None,
                },
            ],
        ),
        (
            "goroutines",
            vec![
                Question {
                    name: "goroutines --group",
                    dumpview: &["goroutines", "--group"],
                    delve: Some("goroutines -g go -exec"),
                },
                Question {
                    name: "goroutines --with-stacks --json",
                    dumpview: &["goroutines", "--with-stacks", "--json"],
                    delve: None,
                },
                Question {
                    name: "bt",
                    dumpview: &["bt"],
                    delve: None,
                },
            ],
        ),
    ];
    let delve = Command::new("dlv").arg("version").output().is_ok();
    println!("{:<44} {:>10} {:>14}", "question", "median", "private peak");
    for (program, questions) in cases {
        let (core, exe) = big_core(&go, program)?;
        let size = fs::metadata(&core)?.len();
        println!("# {program}: core of {} MB", size / 1_000_000);
        for question in questions {
            let mut command = Command::new(env!("CARGO_BIN_EXE_dumpview"));
            let (verb, flags) = question
                .dumpview
                .split_first()
                .ok_or("a question without a verb")?;
            command.arg(verb).args([&core, &exe]).args(flags);
            report(&format!("dumpview {}", question.name), &mut command, RUNS)?;
            if let (true, Some(line)) = (delve, question.delve) {
                let script = core.with_extension("dlv");
                fs::write(&script, format!("{line}\nexit\n"))?;
                let mut command = Command::new("dlv");
                command.args(["core", "--allow-non-terminal-interactive=true"]);
                command.args([&exe, &core]).arg("--init").arg(&script);
                report(&format!("dlv      {line}"), &mut command, 1)?;
            }
        }
    }
    Ok(())
}

/// The core and executable of a bench program, made unless an earlier run left them.
fn big_core(go: &str, program: &str) -> Result<(PathBuf, PathBuf), Box<dyn std::error::Error>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("big")
        .join(program);
    let (core, exe) = (directory.join("core"), directory.join(program));
    if core.exists() && exe.exists() {
        return Ok((core, exe));
    }
    fs::create_dir_all(&directory)?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/programs")
        .join(program)
        .join("main.go");
    let built = Command::new(go)
        .args([RELEASE, "build", "-o"])
        .arg(&exe)
        .arg(&source)
        .status()?;
    if !built.success() {
        return Err(format!("{go} {RELEASE} build {}: {built}", source.display()).into());
    }
    // A shell, because the core size limit is a property of the process that starts the program.
    let run = format!("ulimit -c unlimited && exec ./{program}");
    Command::new("sh")
        .args(["-c", &run])
        .current_dir(&directory)
        .env("GOTRACEBACK", "crash")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let left = fs::read_dir(&directory)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("core"))
        });
    let left = left.ok_or("the program left no core: is kernel.core_pattern a plain file name?")?;
    fs::rename(left, &core)?;
    Ok((core, exe))
}

/// Runs a command once to warm up and `runs` times to measure, and prints the medians.
fn report(
    name: &str,
    command: &mut Command,
    runs: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if runs > 1 {
        measure(command)?;
    }
    let mut times = Vec::new();
    let mut peak = 0;
    for _ in 0..runs {
        let (time, private) = measure(command)?;
        times.push(time);
        peak = peak.max(private);
    }
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    println!(
        "{name:<44} {:>8.3} s {:>11.1} MB",
        median.as_secs_f64(),
        f64::from(peak) / 1024.0
    );
    Ok(())
}

/// Wall time and the peak of `RssAnon` in KiB, sampled while it runs.
fn measure(command: &mut Command) -> Result<(Duration, u32), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line
            .and_then(|l| l.trim().trim_end_matches(" kB").parse().ok())
            .unwrap_or(0);
        peak = peak.max(kib);
        if child.try_wait()?.is_some() {
            return Ok((start.elapsed(), peak));
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}
