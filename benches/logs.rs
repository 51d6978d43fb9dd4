//! Throughput and memory of `dumpview gc` and `dumpview sched`: `cargo bench --bench logs`.
//!
//! Makes its input in the temporary directory: a recorded trace of the corpus, repeated with numbers and times that
//! rise as one process's do, to 1 GB (`DUMPVIEW_BENCH_BYTES`; 5000000000 shows that memory does not grow). Prints
//! MB/s of processor time, MB/s on the clock, and the peak of its own memory, for that input and for one of a
//! hundredth of it; and how many times that is what `wc`, or `grep -c` for a word of the trace, takes for the same file in the
//! same run, since machines differ: on all processors, and on one of them (`taskset`). Of several runs, one after the other of
//! each, the best counts, since machines do other things too. A third of the size each: application lines of which one in a
//! hundred is a collection, and goroutines (a recorded dump's sections with rising ids).

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
use std::process::Command;
use std::time::Duration;

#[expect(dead_code, reason = "others need big cores")]
mod support;

use support::watched;

/// So often each program runs.
const RUNS: usize = 5;

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
            let (id, took) = (dice >> 48, n % 900);
            // As a person writes it, as log/slog does with its two handlers, and as klog does.
            line + &match n % 4 {
                0 => format!(" id={id} took {took}ms\n"),
                1 => format!(
                    " level=INFO msg=served path=/v1/orders/{id} status=200 runtime={took}ms\n"
                ),
                2 => format!(
                    " {{\"level\":\"INFO\",\"msg\":\"served\",\"id\":{id},\"status\":200,\"ms\":{took}}}\n"
                ),
                _ => format!(
                    " controller.go:{took}] \"Reconciled\" controller=\"node\" status=\"ok\" key=\"ns/pod-{id}\"\n"
                ),
            }
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

/// The best of several runs.
#[derive(Clone, Copy, Default)]
struct Best {
    seconds: f64,
    worked: f64,
    private: u64,
}

impl Best {
    fn add(&mut self, program: &[&str], path: &Path) {
        let [name, args @ ..] = program else { return };
        let run = watched(Command::new(name).args(args).arg(path)).expect("the program runs");
        assert!(run.ended.success(), "{name}: {}", run.ended);
        let least = |known: f64, new: Duration| match known {
            0.0 => new.as_secs_f64(),
            known => known.min(new.as_secs_f64()),
        };
        self.seconds = least(self.seconds, run.seconds);
        self.worked = least(self.worked, run.worked);
        self.private = self.private.max(run.private);
    }
}

/// Prints what a verb takes for a file, and how often that is what another program takes.
fn report(verb: &str, path: &Path, beside: &[&str]) {
    let megabytes = fs::metadata(path).expect("temporary file").len() as f64 / 1e6;
    let own = [env!("CARGO_BIN_EXE_dumpview"), verb, "--plain"];
    let alone = [&["taskset", "-c", "0"], own.as_slice()].concat();
    let (mut all, mut one, mut other) = (Best::default(), Best::default(), Best::default());
    for _ in 0..RUNS {
        all.add(&own, path);
        one.add(&alone, path);
        other.add(beside, path);
    }
    println!(
        "{verb}, {megabytes:.0} MB: {:.0} MB/s of processor time, {:.0} MB/s on the clock, {:.0} MB/s on one processor, peak \
         {:.1} MiB; {:.2} x {}, {:.2} x on one processor",
        megabytes / all.worked.max(0.01),
        megabytes / all.seconds,
        megabytes / one.seconds,
        all.private as f64 / f64::from(1 << 20),
        all.seconds / other.seconds,
        beside.join(" "),
        one.seconds / other.seconds
    );
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
