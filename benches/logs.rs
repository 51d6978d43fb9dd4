//! Throughput and memory of `dumpview gc` and `dumpview sched`: `cargo bench --bench logs`.
//!
//! Makes its input in the temporary directory: a recorded trace of the corpus, repeated with numbers and times that
//! rise as one process's do, to 1 GB (`DUMPVIEW_BENCH_BYTES`; 5000000000 shows that memory does not grow). Prints
//! MB/s of processor time, MB/s on the clock, and the peak of resident memory, for that input and for one of a
//! hundredth of it.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program that measures and prints, and has nothing to go on with when it cannot"
)]

use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A recorded trace, of its kind only.
fn recorded(name: &str, starts: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus/logs")
        .join(name);
    let mut text = String::new();
    flate2::read::GzDecoder::new(File::open(path).expect("corpus"))
        .read_to_string(&mut text)
        .expect("corpus");
    text.lines()
        .filter(|line| line.starts_with(starts))
        .map(str::to_owned)
        .collect()
}

/// The lines again and again; `number` puts the n-th number and time in place of what a line had.
fn repeat(lines: &[String], bytes: u64, path: &Path, number: impl Fn(&str, u64) -> String) {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).expect("temporary file"));
    let mut written = 0;
    for (n, line) in (1..).zip(lines.iter().cycle()) {
        let line = number(line, n);
        out.write_all(line.as_bytes()).expect("room for the input");
        written += line.len() as u64;
        if written >= bytes {
            break;
        }
    }
    out.flush().expect("room for the input");
}

/// `gc 7 @0.114s 10%: …` as the n-th cycle, half a second after the one before: cycles of a process do not overlap.
fn cycle(line: &str, n: u64) -> String {
    let rest = line.split_once("s ").expect("a cycle").1;
    let millis = n * 500;
    format!("gc {n} @{}.{:03}s {rest}\n", millis / 1000, millis % 1000)
}

/// `SCHED 109ms: …` as the n-th sample, one each 100 ms.
fn sample(line: &str, n: u64) -> String {
    let rest = line.split_once("ms: ").expect("a sample").1;
    format!("SCHED {}ms: {rest}\n", n * 100)
}

/// User and system seconds, seconds on the clock, and the peak of resident memory in KiB, of one run.
fn measure(verb: &str, path: &Path) -> (f64, f64, u64) {
    let before = children_seconds();
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dumpview"))
        .args([verb, "--plain"])
        .arg(path)
        .stdout(Stdio::null())
        .spawn()
        .expect("dumpview runs");
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    let ended = loop {
        if let Ok(text) = fs::read_to_string(&status) {
            let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
            let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok());
            peak = peak.max(kib.unwrap_or(0));
        }
        if let Some(status) = child.try_wait().expect("dumpview ends") {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert!(ended.success(), "{verb}: {ended}");
    let clock = start.elapsed().as_secs_f64();
    (children_seconds() - before, clock, peak)
}

/// Processor seconds of children that have ended: fields 16 and 17 of /proc/self/stat, in ticks of 10 ms.
fn children_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    let ticks = fields.get(13).unwrap_or(&0.0) + fields.get(14).unwrap_or(&0.0);
    ticks / 100.0
}

fn main() {
    let bytes: u64 = env::var("DUMPVIEW_BENCH_BYTES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000_000);
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = dir.path().join("input.txt");
    type Number = fn(&str, u64) -> String;
    let cases: [(&str, &str, &str, Number); 2] = [
        ("gc", "gctrace/orders-go1.27.3.txt.gz", "gc ", cycle),
        (
            "sched",
            "schedtrace/orders-go1.27.3.txt.gz",
            "SCHED ",
            sample,
        ),
    ];
    for (verb, name, starts, number) in cases {
        let lines = recorded(name, starts);
        for target in [bytes / 100, bytes] {
            repeat(&lines, target, &path, number);
            let megabytes = fs::metadata(&path).expect("temporary file").len() as f64 / 1e6;
            let (processor, clock, peak) = measure(verb, &path);
            println!(
                "{verb}, {megabytes:.0} MB: {:.0} MB/s of processor time, {:.0} MB/s on the clock, peak {:.1} MiB",
                megabytes / processor.max(0.01),
                megabytes / clock,
                peak as f64 / 1024.0
            );
        }
    }
}
