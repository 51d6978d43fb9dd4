//! Whole-process figures on big cores: `cargo bench --bench cores`.
//!
//! Makes its own cores (a 1.3 GB heap, 200,000 goroutines) with the Go command named by `DUMPVIEW_GO`, called as
//! `$DUMPVIEW_GO RELEASE ARGS…`, and keeps them under the target directory for the next run. Each question
//! is asked several times with a warm cache; printed are the median wall time, what processors worked for it, and the peak of private
//! (anonymous) memory. When `dlv` is on the PATH it is asked the same in the same run, so that the ratio can
//! be quoted whatever the machine. Nothing is asserted: this measures.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod support;

use std::fs;
use std::process::Command;
use support::{Failed, big_core, watched};

const RUNS: usize = 7;

/// One question and how the tools are asked it.
struct Question {
    name: &'static str,
    dumpview: &'static [&'static str],
    delve: Option<&'static str>,
}

fn main() -> Result<(), Failed> {
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
    println!(
        "{:<44} {:>10} {:>10} {:>14}",
        "question", "median", "processor", "private peak"
    );
    for (program, questions) in cases {
        let (core, exe) = big_core(&go, program, &[])?;
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

/// Runs a command once to warm up and `runs` times to measure, and prints the medians.
#[expect(clippy::cast_precision_loss, reason = "shown")]
fn report(name: &str, command: &mut Command, runs: usize) -> Result<(), Failed> {
    if runs > 1 {
        watched(command)?;
    }
    let mut times = Vec::new();
    let mut peak = 0;
    for _ in 0..runs {
        let run = watched(command)?;
        if !run.ended.success() {
            println!("! {name}: {}", run.ended);
        }
        times.push((run.seconds, run.worked));
        peak = peak.max(run.private);
    }
    times.sort();
    let (median, worked) = times.get(times.len() / 2).copied().unwrap_or_default();
    println!(
        "{name:<44} {:>8.3} s {:>8.2} s {:>11.1} MB",
        median.as_secs_f64(),
        worked.as_secs_f64(),
        peak as f64 / f64::from(1 << 20)
    );
    Ok(())
}
