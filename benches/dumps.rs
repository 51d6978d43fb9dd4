//! How fast a heap dump is read, and a Java heap dump written: `cargo bench --bench dumps`.
//!
//! Makes its own dump with the Go command named by `DUMPVIEW_GO`, called as `$DUMPVIEW_GO RELEASE ARGS…`, and keeps it under the
//! target directory. `DUMPVIEW_ORDERS` says how many orders it has (some 600 bytes of dump each). The program itself is measured, on
//! one thread: bytes of the dump in a second of processor time, so that others who use the machine do not count. Nothing is
//! asserted: this measures.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

type Failed = Box<dyn std::error::Error>;

const RELEASE: &str = "1.27.3";
const ORDERS: &str = "1500000";
/// Each is asked so often; printed is the fastest.
const RUNS: usize = 3;

fn main() -> Result<(), Failed> {
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        println!("DUMPVIEW_GO is not set: no big dump can be made, nothing was measured");
        return Ok(());
    };
    let orders = std::env::var("DUMPVIEW_ORDERS").unwrap_or_else(|_| ORDERS.to_owned());
    let _: u32 = orders.parse()?;
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dumps");
    fs::create_dir_all(&directory)?;
    let (dump, exe) = (
        directory.join(format!("orders-{orders}.dump")),
        directory.join("orders"),
    );
    if !dump.exists() || !exe.exists() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/programs/orders/main.go");
        let built = Command::new(&go)
            .args([RELEASE, "build", "-o"])
            .args([&exe, &source])
            .status()?;
        let ran = Command::new(&exe).arg(&orders).arg(&dump).status()?;
        if !built.success() || !ran.success() {
            return Err(format!("orders: built {built}, ran {ran}").into());
        }
    }
    let size = fs::metadata(&dump)?.len();
    println!("a dump of {} MB", size / 1_000_000);
    let hprof = directory.join("orders.hprof");
    let (dump, exe, hprof_name) = (
        dump.to_string_lossy(),
        exe.to_string_lossy(),
        hprof.to_string_lossy(),
    );
    for (name, args) in [
        ("heap top DUMP", vec!["heap", "top", &dump]),
        ("heap top DUMP EXE", vec!["heap", "top", &dump, &exe]),
        (
            "export --to hprof DUMP EXE",
            vec![
                "export",
                "--to",
                "hprof",
                "--force",
                "-o",
                &hprof_name,
                &dump,
                &exe,
            ],
        ),
    ] {
        let mut fastest = f64::INFINITY;
        for _ in 0..RUNS {
            fastest = fastest.min(cpu(&args)?);
        }
        let written = match fs::metadata(&hprof) {
            Ok(about) if args.contains(&"hprof") => about.len(),
            _ => size,
        };
        #[expect(clippy::cast_precision_loss, reason = "a rate is rounded")]
        let rate = written as f64 / 1e6 / fastest;
        println!("{name:<28} {fastest:>7.2} s of one processor {rate:>7.0} MB/s");
    }
    let _ = fs::remove_file(hprof);
    Ok(())
}

/// Seconds of processor time that a run of the program takes on one thread.
fn cpu(args: &[&str]) -> Result<f64, Failed> {
    let before = of_children();
    let ended = Command::new(env!("CARGO_BIN_EXE_dumpview"))
        .args(args)
        .arg("--no-cache")
        .env("RAYON_NUM_THREADS", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !ended.success() {
        return Err(format!("{args:?}: {ended}").into());
    }
    Ok(of_children() - before)
}

/// Seconds that processors spent on children that have ended, by `/proc/self/stat`.
fn of_children() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, fields) = text.rsplit_once(')').unwrap_or_default();
    let times = fields.split_whitespace().skip(13).take(2);
    // USER_HZ is 100 on every Linux.
    let ticks = times.filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
