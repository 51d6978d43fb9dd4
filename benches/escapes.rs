//! Throughput and memory of `dumpview escapes`: `cargo bench --bench escapes`.
//!
//! Makes its input in the temporary directory: `-m=2` output of the whole standard library when `DUMPVIEW_GO`
//! names a command that takes `RELEASE ARGS…` (else `-m=2` of net/http from the corpus), repeated to 1 GB
//! (`DUMPVIEW_BENCH_BYTES`). Prints MB/s of processor time, MB/s on the clock, and the peak of resident
//! memory, for the repeated input and for the same once.

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

const RELEASE: &str = "1.25.5";

fn input(dir: &Path) -> (String, Vec<u8>) {
    if let Ok(go) = env::var("DUMPVIEW_GO") {
        let path = dir.join("std.txt");
        let file = File::create(&path).expect("temporary file");
        fs::write(dir.join("go.mod"), "module bench\n").expect("temporary file");
        let status = Command::new(go)
            .args([RELEASE, "build", "-gcflags=-m=2", "std"])
            .env("GOCACHE", dir.join("cache"))
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(file)
            .status()
            .expect("DUMPVIEW_GO runs");
        assert!(status.success());
        return (
            format!("go{RELEASE} build -gcflags=-m=2 std"),
            fs::read(path).expect("temporary file"),
        );
    }
    let packed = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus/escapes/std-nethttp-m2-go1.24.11.txt.gz");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(File::open(packed).expect("corpus"))
        .read_to_end(&mut text)
        .expect("corpus");
    ("go1.24.11 build -gcflags=-m=2 net/http".to_owned(), text)
}

fn repeat(text: &[u8], bytes: u64, path: &Path) -> u64 {
    let mut out = BufWriter::new(File::create(path).expect("temporary file"));
    let mut written = 0;
    while written < bytes {
        out.write_all(text).expect("room for the input");
        written += text.len() as u64;
    }
    out.flush().expect("room for the input");
    written
}

/// User and system seconds, and the peak of resident memory in KiB, of one run.
fn measure(path: &Path) -> (f64, f64, u64) {
    let before = children_seconds();
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dumpview"))
        .args(["escapes", "--by", "package"])
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
    assert!(ended.success());
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
    let bytes = env::var("DUMPVIEW_BENCH_BYTES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000_000);
    let dir = tempfile::tempdir().expect("temporary directory");
    let (name, text) = input(dir.path());
    let path = dir.path().join("input.txt");
    for target in [1, bytes] {
        let size = repeat(&text, target, &path);
        let (processor, clock, peak) = measure(&path);
        let megabytes = size as f64 / 1e6;
        println!(
            "{name}, {megabytes:.0} MB: {:.0} MB/s of processor time, {:.0} MB/s on the clock, peak {} MiB",
            megabytes / processor.max(0.01),
            megabytes / clock,
            peak / 1024
        );
    }
}
