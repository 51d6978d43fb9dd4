//! `goroutines` on big dumps: `cargo bench --bench tracebacks`.
//!
//! Makes its own dumps: with the Go command named by `DUMPVIEW_GO` (called as `$DUMPVIEW_GO RELEASE ARGS…`) a program
//! parks 200,000 goroutines and panics at GOTRACEBACK=system and =all; without one, a section is repeated with rising
//! ids. Printed are the median CPU time (user and system, of the process alone), throughput by it, wall time and
//! peak resident memory of the real binary. Nothing is asserted: this measures.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const RELEASE: &str = "1.27.3";
const COUNT: usize = 200_000;
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{:<40} {:>8} {:>10} {:>10} {:>10} {:>10}",
        "dump", "MB", "CPU s", "MB/s", "wall s", "peak MB"
    );
    for level in ["system", "all"] {
        let dump = dump(level)?;
        let size = fs::metadata(&dump)?.len();
        for flags in [&["--group"][..], &[], &["--json"]] {
            let mut runs: Vec<Cost> = (0..RUNS)
                .map(|_| cost(&dump, flags))
                .collect::<Result<_, _>>()?;
            runs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
            let median = runs.get(RUNS / 2).ok_or("no runs")?;
            #[expect(clippy::cast_precision_loss, reason = "figures for people")]
            let mb = size as f64 / 1e6;
            println!(
                "{:<40} {mb:>8.0} {:>10.2} {:>10.0} {:>10.2} {:>10.0}",
                format!("{level} {}", flags.join(" ")),
                median.cpu,
                mb / median.cpu,
                median.wall,
                median.peak_mb
            );
        }
    }
    Ok(())
}

struct Cost {
    cpu: f64,
    wall: f64,
    peak_mb: f64,
}

/// One run, by GNU time.
fn cost(dump: &Path, flags: &[&str]) -> Result<Cost, Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let output = Command::new("/usr/bin/time")
        .args([
            "-f",
            "%U %S %M",
            env!("CARGO_BIN_EXE_dumpview"),
            "goroutines",
        ])
        .arg(dump)
        .args(flags)
        .stdout(Stdio::null())
        .output()
        .map_err(|error| format!("/usr/bin/time (GNU time): {error}"))?;
    let wall = begun.elapsed().as_secs_f64();
    let text = String::from_utf8(output.stderr)?;
    let last = text.lines().last().ok_or("nothing was measured")?;
    let numbers: Vec<f64> = last.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [user, system, peak] = numbers.as_slice() else {
        return Err(format!("not measured: {text}").into());
    };
    Ok(Cost {
        cpu: user + system,
        wall,
        peak_mb: peak / 1e3,
    })
}

/// The dump of a level, made unless an earlier run left it.
fn dump(level: &str) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("big");
    fs::create_dir_all(&directory)?;
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        let path = directory.join(format!("synthetic-{level}.txt"));
        if !path.exists() {
            fs::write(&path, synthetic(level == "system"))?;
        }
        return Ok(path);
    };
    let path = directory.join(format!("dump-{level}.txt"));
    if path.exists() {
        return Ok(path);
    }
    let exe = directory.join("dumping");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/programs/goroutines/main.go");
    let built = Command::new(&go)
        .args([RELEASE, "build", "-o"])
        .args([&exe, &source])
        .status()?;
    if !built.success() {
        return Err(format!("{go} {RELEASE} build {}: {built}", source.display()).into());
    }
    let part = path.with_extension("part");
    Command::new(&exe)
        .arg(COUNT.to_string())
        .env("GOTRACEBACK", level)
        .stdout(Stdio::null())
        .stderr(fs::File::create(&part)?)
        .status()?;
    fs::rename(part, &path)?;
    Ok(path)
}

/// Sections like those of the program, with ids and addresses that rise.
fn synthetic(system: bool) -> String {
    let mut out = "panic: synthetic\n\n".to_owned();
    for id in 1..=COUNT {
        let at = 0xc000_0000_usize + id * 0x800;
        let head = if system {
            format!(" gp={at:#x} m=nil")
        } else {
            String::new()
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "goroutine {id}{head} [chan receive]:");
        if system {
            frame(
                &mut out,
                "runtime.gopark(0x0?, 0x0?, 0x0?, 0x0?, 0x0?)",
                "/usr/local/go/src/runtime/proc.go:474",
                at,
                system,
            );
            frame(
                &mut out,
                "runtime.chanrecv(0xc000012345, 0x0, 0x1)",
                "/usr/local/go/src/runtime/chan.go:667",
                at + 0x40,
                system,
            );
        }
        for depth in 0..3 + id % 5 {
            frame(
                &mut out,
                &format!("main.worker({at:#x}, {depth:#x})"),
                "/src/app/main.go:25",
                at + 0x80 * depth,
                system,
            );
        }
        if system {
            frame(
                &mut out,
                "runtime.goexit({})",
                "/usr/local/go/src/runtime/asm_amd64.s:1264",
                at + 0x600,
                system,
            );
        }
        out.push_str("created by main.main in goroutine 1\n\t/src/app/main.go:51 +0x1f5\n\n");
    }
    out
}

fn frame(out: &mut String, call: &str, place: &str, at: usize, system: bool) {
    let _ = write!(out, "{call}\n\t{place} +0xca");
    if system {
        let _ = write!(out, " fp={:#x} sp={at:#x} pc=0x48d1ea", at + 0x38);
    }
    out.push('\n');
}
