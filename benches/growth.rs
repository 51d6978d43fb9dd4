//! What a question takes for each goroutine, on cores of 1,000, 10,000 and 100,000 of them, all made by the same program:
//! `cargo bench --bench growth`.
//!
//! The cost of an answer grows with what it tells: time for each goroutine falls to a level and stays there. Makes its own
//! cores with the Go command named by `DUMPVIEW_GO`, called as `$DUMPVIEW_GO RELEASE ARGS…`. Printed are the best
//! time of each question, what processors worked for it, microseconds for each goroutine, that over the same of ten times fewer, and the peak of
//! private (anonymous) memory. What is kept of a heap between runs is not used. Nothing is asserted: this measures.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod support;

use std::process::Command;
use std::time::Duration;
use support::{Failed, big_core, watched};

const COUNTS: [u32; 3] = [1_000, 10_000, 100_000];
const RUNS: usize = 3;

const QUESTIONS: [(&str, &[&str]); 6] = [
    ("goroutines", &[]),
    ("goroutines", &["--with-stacks", "--json"]),
    ("bt", &["--all"]),
    ("bt", &["--all", "--full"]),
    ("waits", &[]),
    ("heap", &["--no-cache"]),
];

fn main() -> Result<(), Failed> {
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        println!("DUMPVIEW_GO is not set: no cores can be made, nothing was measured");
        return Ok(());
    };
    println!(
        "{:<36} {:>10} {:>10} {:>10} {:>14} {:>8} {:>12}",
        "question", "goroutines", "best", "processor", "for each", "ratio", "private peak"
    );
    for (verb, flags) in QUESTIONS {
        let mut fewer = None;
        for count in COUNTS {
            let (core, exe) = big_core(&go, "goroutines", &[&count.to_string()])?;
            let (mut best, mut worked, mut peak) = (Duration::MAX, Duration::MAX, 0);
            for _ in 0..RUNS {
                let mut command = Command::new(env!("CARGO_BIN_EXE_dumpview"));
                let run = watched(command.arg(verb).args([&core, &exe]).args(flags))?;
                if !run.ended.success() {
                    println!("! {verb}: {}", run.ended);
                }
                best = best.min(run.seconds);
                worked = worked.min(run.worked);
                peak = peak.max(run.private);
            }
            let each = best.as_secs_f64() * 1e6 / f64::from(count);
            let ratio = fewer.map_or_else(String::new, |fewer: f64| format!("{:.2}", each / fewer));
            let name = [&[verb], flags].concat().join(" ");
            println!(
                "{name:<36} {count:>10} {:>8.3} s {:>8.2} s {each:>11.1} µs {ratio:>8} {:>9} MB",
                best.as_secs_f64(),
                worked.as_secs_f64(),
                peak >> 20
            );
            fewer = Some(each);
        }
    }
    Ok(())
}
