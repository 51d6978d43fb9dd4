//! How fast a profile is answered, beside `go tool pprof` on the same file: `cargo bench --bench profiles`.
//!
//! Makes its own profiles: 100,000 samples of depth 40 (about 2 MB once packed), and one of 200 MB that is not packed. Each
//! question is asked of both programs in turn, so that what else the machine does meets both; printed is the least of each, in
//! seconds that a processor worked, and the peak of memory that is the process's own. Then the flame graph is opened on a pseudo-terminal:
//! how long its first paint takes, and each frame after a key. Nothing is asserted: this measures.
//! `DUMPVIEW_GO` names the Go command, called as `$DUMPVIEW_GO RELEASE ARGS…`; without it only ours is asked.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "it is the tests', which do more with a terminal"
)]
#[path = "../tests/support/pty.rs"]
mod pty;
#[path = "support/mod.rs"]
#[allow(dead_code, reason = "made for cores, of which a part serves here")]
mod support;

use dumpview_parsers::pprof::{Function, Line, Location, Profile, ValueType};
use flate2::Compression;
use flate2::write::GzEncoder;
use pty::Pty;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use support::{Failed, watched};

const RUNS: usize = 5;
const DEPTH: u32 = 40;
const FUNCTIONS: u32 = 2_000;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(limit)).unwrap_or(0)
    }
}

/// A CPU profile whose stacks share their outer calls, as those of a program do.
fn made(samples: usize) -> Profile {
    let mut random = Random(88_172_645_463_325_252);
    let mut profile = Profile {
        sample_types: vec![
            ValueType::new("samples", "count"),
            ValueType::new("cpu", "nanoseconds"),
        ],
        period_type: Some(ValueType::new("cpu", "nanoseconds")),
        period: 10_000_000,
        duration_nanos: 1_000_000_000_000,
        time_nanos: 1,
        ..Profile::default()
    };
    for function in 0..FUNCTIONS {
        let name = format!(
            "example.com/shop/part{}.(*Worker{function}).step",
            function % 50
        );
        profile.functions.push(Function {
            system_name: name.clone(),
            name,
            file: format!("/src/shop/part{}/worker.go", function % 50),
            start_line: 10,
        });
        // Three places in each. At one in twelve a function is inlined that is called elsewhere too.
        for line in 0..3 {
            let number = u64::from(function) * 3 + line;
            let of = |function| Line {
                function,
                line: 11 + i64::try_from(line).unwrap_or(0),
                column: 0,
            };
            let inlined = (number % 12 == 0).then(|| of(function / 12));
            profile.locations.push(Location {
                id: number + 1,
                address: 0x40_0000 + number * 16,
                lines: inlined.into_iter().chain([of(function)]).collect(),
                ..Location::default()
            });
        }
    }
    let mut stack: Vec<u32> = Vec::new();
    for _ in 0..samples {
        // The outer calls stay for a while.
        stack.truncate(usize::try_from(random.below(DEPTH)).unwrap_or(0));
        while stack.len() < usize::try_from(DEPTH).unwrap_or(0) {
            // A place calls four others.
            let caller = stack.last().copied().unwrap_or(0);
            stack.push((caller * 4 + random.below(4) + 1) % (FUNCTIONS * 3));
        }
        let innermost_first: Vec<u32> = stack.iter().rev().copied().collect();
        let hits = i64::from(random.below(5)) + 1;
        profile
            .samples
            .push(&innermost_first, &[hits, hits * 10_000_000], &[]);
    }
    profile
}

fn file(name: &str, samples: usize, is_packed: bool) -> Result<PathBuf, Failed> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("profiles");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    if !path.exists() {
        let profile = made(samples);
        let mut out = File::create(&path)?;
        if is_packed {
            let mut packed = GzEncoder::new(out, Compression::default());
            profile.write(&mut packed)?;
            packed.finish()?;
        } else {
            profile.write(&mut out)?;
        }
    }
    Ok(path)
}

/// The least that a run took of a processor and the least of the peaks.
#[derive(Clone, Copy)]
struct Best {
    seconds: Duration,
    private: u64,
}

fn better(best: Option<Best>, command: &mut Command) -> Result<Option<Best>, Failed> {
    // One processor, as a small machine has.
    let run = watched(command.env("GOMAXPROCS", "1"))?;
    if !run.ended.success() {
        return Err(format!("{command:?}: {}", run.ended).into());
    }
    let before = best.unwrap_or(Best {
        seconds: run.worked,
        private: run.private,
    });
    Ok(Some(Best {
        seconds: before.seconds.min(run.worked),
        private: before.private.min(run.private),
    }))
}

/// Opens the flame graph, and goes about in it.
fn on_screen(path: &Path) {
    let path = path.to_string_lossy();
    let begun = Instant::now();
    let mut pty = Pty::open(&[&path], 45, 140);
    pty.see("of all; itself");
    let first = begun.elapsed();
    pty.settled();
    let mut times: Vec<Duration> = Vec::new();
    // One in, one out: each changes the frame.
    for key in ["j", "k"].iter().cycle().take(60) {
        let before = pty.wait("now", |_| true).contents_formatted();
        let begun = Instant::now();
        pty.press(key);
        pty.wait("a frame", |screen| screen.contents_formatted() != before);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let longest = times.last().copied().unwrap_or_default();
    println!(
        "  flame   {first:.1?} to the first picture; a key: {median:.1?} median, {longest:.1?} at most, of {}",
        times.len()
    );
    pty.press("q");
}

fn main() -> Result<(), Failed> {
    let tool = std::env::var("DUMPVIEW_GO")
        .ok()
        .map(|go| -> Result<String, Failed> {
            let output = Command::new(go)
                .args(["1.27.3", "tool", "-n", "pprof"])
                .output()?;
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        });
    let tool = tool.transpose()?;
    for (name, samples, is_packed) in [
        ("packed.pb.gz", 100_000, true),
        ("plain.pb", 2_200_000, false),
    ] {
        let path = file(name, samples, is_packed)?;
        let size = fs::metadata(&path)?.len();
        println!("{name}: {samples} samples, {:.1} MB", megabytes(size));
        let (mut ours, mut theirs) = (None, None);
        for _ in 0..RUNS {
            let mut command = Command::new(env!("CARGO_BIN_EXE_dumpview"));
            ours = better(
                ours,
                command.args(["pprof", "top", "-nodecount=10"]).arg(&path),
            )?;
            if let Some(tool) = tool.as_ref().filter(|_| is_packed) {
                let mut command = Command::new(tool);
                theirs = better(
                    theirs,
                    command
                        .args(["-symbolize=none", "-top", "-nodecount=10"])
                        .arg(&path),
                )?;
            }
        }
        on_screen(&path);
        let Some(ours) = ours else { continue };
        let rate = megabytes(size) / ours.seconds.as_secs_f64();
        println!(
            "  ours    {:.3} s, {:.0} MB own memory, {rate:.0} MB/s of the file",
            ours.seconds.as_secs_f64(),
            megabytes(ours.private)
        );
        if let Some(theirs) = theirs {
            let (time, memory) = (
                theirs.seconds.as_secs_f64() / ours.seconds.as_secs_f64(),
                megabytes(theirs.private) / megabytes(ours.private).max(0.1),
            );
            println!(
                "  pprof   {:.3} s, {:.0} MB: {time:.1} times the time, {memory:.1} times the memory",
                theirs.seconds.as_secs_f64(),
                megabytes(theirs.private)
            );
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
