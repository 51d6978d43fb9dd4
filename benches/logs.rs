//! Throughput and memory of `dumpview gc` and `dumpview sched`: `cargo bench --bench logs`.
//!
//! Makes its input in the temporary directory: a recorded trace of the corpus, repeated with numbers and times that
//! rise as one process's do, to 1 GB (`DUMPVIEW_BENCH_BYTES`; 5000000000 shows that memory does not grow). Prints
//! MB/s of processor time, MB/s on the clock, and the peak of resident memory, for that input and for one of a
//! hundredth of it; and what `wc`, or `grep -c` for a word of the trace, takes for the same file in the same run, since
//! machines differ. A third of the size each: application lines of which one in a hundred is a collection, and
//! goroutines (a recorded dump's sections with rising ids).

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program that measures and prints, and has nothing to go on with when it cannot"
)]

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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

/// The recorded cycles as those of a process that is at rest: each takes as long as it did, and finds the heap of the last.
/// Heaps that begin anew every few lines would be several processes'.
fn at_rest(lines: &[String]) -> Vec<String> {
    const BETWEEN: &str = " ms cpu, ";
    let halves = |line: &str| {
        let (times, heap) = line.split_once(BETWEEN).expect("a cycle");
        let times = times.split_once("%: ").expect("a cycle").1;
        (times.to_owned(), heap.to_owned())
    };
    let heap = halves(lines.last().expect("a cycle")).1;
    let times = lines.iter().map(|line| halves(line).0);
    times
        .map(|times| format!("{times}{BETWEEN}{heap}"))
        .collect()
}

/// What a cycle says behind its time, as the n-th cycle, half a second after the one before: cycles of a process do not overlap.
fn cycle(line: &str, n: u64) -> String {
    let millis = n * 500;
    format!(
        "gc {n} @{}.{:03}s 0%: {line}\n",
        millis / 1000,
        millis % 1000
    )
}

/// `SCHED 109ms: …` as the n-th sample, one each 100 ms.
fn sample(line: &str, n: u64) -> String {
    let rest = line.split_once("ms: ").expect("a sample").1;
    format!("SCHED {}ms: {rest}\n", n * 100)
}

/// User and system seconds, seconds on the clock, and the peak of resident memory in KiB, of one run.
fn measure(program: &str, args: &[&str], path: &Path) -> (f64, f64, u64) {
    let before = children_seconds();
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(args)
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // Into a pipe: `grep` ends at the first match when nobody can read what it counts.
    let mut said = child.stdout.take().expect("a pipe");
    let drain = thread::spawn(move || io::copy(&mut said, &mut io::sink()));
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    let ended = loop {
        if let Ok(text) = fs::read_to_string(&status) {
            let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
            let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok());
            peak = peak.max(kib.unwrap_or(0));
        }
        if let Some(status) = child.try_wait().expect("the program ends") {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    drain.join().expect("it reads").expect("it can be read");
    assert!(ended.success(), "{program}: {ended}");
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

/// Lines as services write them, one of a hundred a collection.
fn mixed(lines: &[String], bytes: u64, path: &Path) {
    const WORDS: [&str; 16] = [
        "indexed",
        "documents",
        "request",
        "served",
        "user",
        "session",
        "cache",
        "miss",
        "order",
        "shipped",
        "query",
        "rows",
        "worker",
        "finished",
        "batch",
        "status",
    ];
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).expect("temporary file"));
    let (mut written, mut n, mut dice) = (0, 0, 1usize);
    let mut cycles = lines.iter().cycle();
    while written < bytes {
        n += 1;
        let line = if n % 100 == 0
            && let Some(line) = cycles.next()
        {
            cycle(line, n / 100)
        } else {
            let mut line = format!(
                "2026/11/21 {:02}:{:02}:{:02}",
                n / 3600 % 24,
                n / 60 % 60,
                n % 60
            );
            for _ in 0..5 + n % 9 {
                dice = dice
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                line.push(' ');
                line.push_str(WORDS.get(dice >> 60).expect("sixteen words"));
            }
            line + &format!(" id={} took {}ms\n", dice >> 48, n % 900)
        };
        written += line.len() as u64;
        out.write_all(line.as_bytes()).expect("room for the input");
    }
    out.flush().expect("room for the input");
}

/// A dump with so many goroutines: one section again and again.
fn dump(count: u64, path: &Path) {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).expect("temporary file"));
    out.write_all(
        b"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:12 +0x1d\n\n",
    )
    .expect("room");
    for id in 2..=count {
        write!(
            out,
            "goroutine {id} gp=0xc{id:09x} m=nil [chan receive, 3 minutes]:\nruntime.gopark(0xc0000b2058?, 0x0?, 0x60?, \
             0x0?, 0x0?)\n\t/go/src/runtime/proc.go:461 +0xce fp=0xc00006ef00 sp=0xc00006eee0 pc=0x47c6ce\n\
             runtime.chanrecv(0xc0000a2070, 0x0, 0x1)\n\t/go/src/runtime/chan.go:667 +0x46d fp=0xc00006ef78 \
             sp=0xc00006ef00 pc=0x413fed\nruntime.chanrecv1(0x0?, 0x0?)\n\t/go/src/runtime/chan.go:509 +0x12 \
             fp=0xc00006efa0 sp=0xc00006ef78 pc=0x413b52\nmain.(*pool).work(0xc0000a20e0, {{0x4d1b60, 0xc0000141c8}}, \
             0x{id:x})\n\t/src/app/pool.go:88 +0x9f fp=0xc00006efc8 sp=0xc00006efa0 pc=0x4a1b7f\nmain.start.func1()\n\
             \t/src/app/pool.go:51 +0x25 fp=0xc00006efe0 sp=0xc00006efc8 pc=0x4a1ac5\nruntime.goexit({{}})\n\
             \t/go/src/runtime/asm_amd64.s:1693 +0x1 fp=0xc00006efe8 sp=0xc00006efe0 pc=0x482c81\ncreated by \
             main.start in goroutine 1\n\t/src/app/pool.go:50 +0x5d\n\n"
        )
        .expect("room for the input");
    }
    out.flush().expect("room for the input");
}

/// Prints what a verb takes for a file, and how often that is what another program takes.
fn report(verb: &str, path: &Path, beside: &[&str]) {
    let megabytes = fs::metadata(path).expect("temporary file").len() as f64 / 1e6;
    let (processor, clock, peak) =
        measure(env!("CARGO_BIN_EXE_dumpview"), &[verb, "--plain"], path);
    print!(
        "{verb}, {megabytes:.0} MB: {:.0} MB/s of processor time, {:.0} MB/s on the clock, peak {:.1} MiB",
        megabytes / processor.max(0.01),
        megabytes / clock,
        peak as f64 / 1024.0
    );
    if let [program, args @ ..] = beside {
        let (other, other_clock, _) = measure(program, args, path);
        print!(
            "; {:.2} x {} ({:.2} x on the clock)",
            processor / other.max(0.01),
            beside.join(" "),
            clock / other_clock
        );
    }
    println!();
}

fn main() {
    let bytes: u64 = env::var("DUMPVIEW_BENCH_BYTES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000_000);
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = dir.path().join("input.txt");
    type Number = fn(&str, u64) -> String;
    let cycles = at_rest(&recorded("gctrace/orders-go1.27.3.txt.gz", "gc "));
    let samples = recorded("schedtrace/orders-go1.27.3.txt.gz", "SCHED ");
    let cases: [(&str, &[String], Number); 2] =
        [("gc", &cycles, cycle), ("sched", &samples, sample)];
    for (verb, lines, number) in cases {
        for target in [bytes / 100, bytes] {
            repeat(lines, target, &path, number);
            report(verb, &path, &["wc"]);
        }
    }
    mixed(&cycles, bytes / 3, &path);
    println!("one line of a hundred a collection:");
    report("gc", &path, &["grep", "-c", "gc "]);
    dump(200_008 * bytes / 1_000_000_000, &path);
    println!("goroutines:");
    report("goroutines", &path, &["grep", "-c", "goroutine"]);
}
