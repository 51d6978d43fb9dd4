//! Where the time of a heap goes: `cargo bench --bench heap`.
//!
//! Makes its own cores of `benches/programs/orders` with the Go command named by `DUMPVIEW_GO`, called as
//! `$DUMPVIEW_GO RELEASE ARGS…`, and keeps them under the target directory for the next run. `DUMPVIEW_ORDERS` says how
//! many orders each has (`200000,2000000`: some 2 and 20 million objects); a small number will do to see that it runs.
//! Printed are, for each phase, its time, the processors' time (others use the machine too), its time for each object, bytes of the core in a second and the peak of
//! private (anonymous) memory; then the same of the program itself, from nothing and from what it kept in a file, and the
//! size of that; and how much longer an object takes on the largest core than on the smallest. Nothing is asserted: this
//! measures.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../src/raw/map.rs"]
mod map;
mod support;

use dumpview_process::heap::Heap;
use dumpview_process::heap::audit::Audit;
use dumpview_process::heap::suspects::{self, Thresholds};
use dumpview_process::heap::types::Labels;
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use memmap2::Advice;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::{Failed, big_core, private, watched};

const ORDERS: &str = "200000,2000000";
/// Each core is walked so often; printed is the fastest, since others use the machine too.
const RUNS: usize = 3;

fn main() -> Result<(), Failed> {
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        println!("DUMPVIEW_GO is not set: no big cores can be made, nothing was measured");
        return Ok(());
    };
    let orders = std::env::var("DUMPVIEW_ORDERS").unwrap_or_else(|_| ORDERS.to_owned());
    let mut per_object = Vec::new();
    for orders in orders.split(',') {
        let orders = orders.trim();
        let _: u32 = orders.parse()?;
        let (core, exe) = big_core(&go, "orders", &[orders])?;
        let figures = fastest(&core, &exe)?;
        let bytes = fs::metadata(&core)?.len();
        println!(
            "# {orders} orders: a core of {} MB, {} objects, {} threads",
            bytes / 1_000_000,
            figures.objects,
            std::thread::available_parallelism()?
        );
        println!(
            "{:<26} {:>9} {:>9} {:>10} {:>8} {:>15}",
            "phase", "seconds", "cpu", "ns/object", "MB/s", "private peak"
        );
        for phase in &figures.phases {
            print(phase, &figures, bytes);
        }
        let whole = figures.whole();
        print(&whole, &figures, bytes);
        per_object.push(whole.seconds.as_secs_f64() / figures.objects.max(1.0));
        for phase in program(&core, &exe)? {
            print(&phase, &figures, bytes);
        }
    }
    if let [first, .., last] = per_object.as_slice() {
        println!(
            "an object of the last core takes {:.2} times what one of the first takes",
            last / first
        );
    }
    Ok(())
}

/// A phase and what it took.
struct Phase {
    name: &'static str,
    seconds: Duration,
    /// Of all threads, in and for it.
    cpu: f64,
    private: u64,
}

struct Figures {
    objects: f64,
    phases: Vec<Phase>,
}

impl Figures {
    fn whole(&self) -> Phase {
        Phase {
            name: "all of these",
            seconds: self.phases.iter().map(|phase| phase.seconds).sum(),
            cpu: self.phases.iter().map(|phase| phase.cpu).sum(),
            private: self
                .phases
                .iter()
                .map(|phase| phase.private)
                .max()
                .unwrap_or(0),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn print(phase: &Phase, figures: &Figures, bytes: u64) {
    let seconds = phase.seconds.as_secs_f64();
    println!(
        "{:<26} {seconds:>9.3} {:>9.2} {:>10.1} {:>8.0} {:>12.1} MB",
        phase.name,
        phase.cpu,
        seconds * 1e9 / figures.objects.max(1.0),
        bytes as f64 / 1e6 / seconds.max(1e-9),
        phase.private as f64 / 1e6
    );
}

fn fastest(core: &Path, exe: &Path) -> Result<Figures, Failed> {
    let mut best = phases(core, exe)?;
    for _ in 1..RUNS {
        let next = phases(core, exe)?;
        if next.whole().seconds < best.whole().seconds {
            best = next;
        }
    }
    Ok(best)
}

/// The phases of a heap from nothing, one after the other.
fn phases(core: &Path, exe: &Path) -> Result<Figures, Failed> {
    let map = |path| map::map(&File::open(path)?, Advice::Random);
    let (core, exe) = (map(core)?, map(exe)?);
    let sections = SectionArena::default();
    let mut phases = Vec::new();
    let core = CoreFile::parse(&core)?;
    let exe = Executable::parse(&exe, &sections)?;
    let process = timed(&mut phases, "open", || {
        Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default())
    });
    let heap = timed(&mut phases, "objects and references", || {
        Heap::read(&process)
    })?;
    let labels = timed(&mut phases, "types", || Labels::find(&process, &heap))?;
    let dominators = timed(&mut phases, "dominators", || heap.dominators());
    let runtime = process.runtime().ok_or("no runtime")?;
    let audit = timed(&mut phases, "audit", || Audit::of(&runtime, &heap.spans));
    if !audit.agrees() {
        println!("! what was walked differs from what the runtime counted");
    }
    let thresholds = Thresholds::default();
    timed(&mut phases, "suspects", || {
        suspects::find(&process, &heap, &labels, &dominators, &thresholds)
    });
    Ok(Figures {
        objects: f64::from(heap.spans.objects()),
        phases,
    })
}

/// Runs a part of the work with an eye on its memory.
fn timed<T>(phases: &mut Vec<Phase>, name: &'static str, work: impl FnOnce() -> T) -> T {
    let (done, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let (value, (seconds, cpu)) = std::thread::scope(|scope| {
        scope.spawn(|| {
            let status = Path::new("/proc/self/status");
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(private(status), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let (start, cpu) = (Instant::now(), cpu());
        let value = work();
        let seconds = (start.elapsed(), self::cpu() - cpu);
        peak.fetch_max(private(Path::new("/proc/self/status")), Ordering::Relaxed);
        done.store(true, Ordering::Relaxed);
        (value, seconds)
    });
    phases.push(Phase {
        name,
        seconds,
        cpu,
        private: peak.into_inner(),
    });
    value
}

/// Seconds that processors spent on this program: two successive times of `/proc/self/stat`, user and system.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, fields) = text.rsplit_once(')').unwrap_or_default();
    let times = fields.split_whitespace().skip(11).take(2);
    // USER_HZ is 100 on every Linux.
    times
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// What the program is asked: of nothing, of nothing with a file to write, and of that file.
const QUESTIONS: [(&str, &[&str], &[&str]); 7] = [
    ("heap --no-cache", &["heap"], &["--no-cache"]),
    ("heap, first", &["heap"], &[]),
    ("heap, again", &["heap"], &[]),
    ("heap top, again", &["heap", "top"], &[]),
    (
        "heap top --by package",
        &["heap", "top"],
        &["--by", "package"],
    ),
    ("heap tree, again", &["heap", "tree"], &[]),
    (
        "heap paths, again",
        &["heap", "paths"],
        &["--type", "main.Order"],
    ),
];

/// The program itself, with a cache of its own that is empty at first.
fn program(core: &Path, exe: &Path) -> Result<Vec<Phase>, Failed> {
    let cache = core.with_file_name("cache");
    let _ = fs::remove_dir_all(&cache);
    let mut phases = Vec::new();
    for (name, verb, flags) in QUESTIONS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dumpview"));
        command.args(verb).args([core, exe]).args(flags);
        let run = watched(command.env("XDG_CACHE_HOME", &cache))?;
        if !run.ended.success() {
            println!("! {name}: {}", run.ended);
        }
        phases.push(Phase {
            name,
            seconds: run.seconds,
            cpu: run.worked.as_secs_f64(),
            private: run.private,
        });
    }
    let kept = fs::read_dir(cache.join("dumpview"))?.filter_map(Result::ok);
    let bytes: u64 = kept
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum();
    println!("kept in {} MB", bytes / 1_000_000);
    Ok(phases)
}
