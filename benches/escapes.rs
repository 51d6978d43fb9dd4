//! Throughput and memory of `dumpview escapes`: `cargo bench --bench escapes`.
//!
//! Makes its input in the temporary directory: `-m=2` output of the whole standard library when `DUMPVIEW_GO`
//! names a command that takes `RELEASE ARGS…` (else `-m=2` of net/http from the corpus), repeated to 1 GB
//! (`DUMPVIEW_BENCH_BYTES`). Prints MB/s of processor time, MB/s on the clock, and the peak of its own
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
use std::path::Path;
use std::process::{Command, Stdio};

#[expect(dead_code, reason = "others need big cores")]
mod support;

use support::watched;

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
        let mut command = Command::new(env!("CARGO_BIN_EXE_dumpview"));
        let run = watched(command.args(["escapes", "--by", "package"]).arg(&path));
        let run = run.expect("dumpview runs");
        assert!(run.ended.success());
        let megabytes = size as f64 / 1e6;
        println!(
            "{name}, {megabytes:.0} MB: {:.0} MB/s of processor time, {:.0} MB/s on the clock, peak {} MiB",
            megabytes / run.worked.as_secs_f64().max(0.01),
            megabytes / run.seconds.as_secs_f64(),
            run.private >> 20
        );
    }
}
