//! What benches on cores share: big cores that they make themselves, and the memory of a process that is its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a bench fails with.
pub type Failed = Box<dyn std::error::Error>;

const RELEASE: &str = "1.27.3";

/// The core and executable of a bench program that was started with these words, made unless an earlier run left them.
pub fn big_core(go: &str, program: &str, words: &[&str]) -> Result<(PathBuf, PathBuf), Failed> {
    let named = [&[program], words].concat();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("big")
        .join(named.join("-"));
    let (core, exe) = (directory.join("core"), directory.join(program));
    if core.exists() && exe.exists() {
        return Ok((core, exe));
    }
    fs::create_dir_all(&directory)?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/programs")
        .join(program)
        .join("main.go");
    let built = Command::new(go)
        .args([RELEASE, "build", "-o"])
        .arg(&exe)
        .arg(&source)
        .status()?;
    if !built.success() {
        return Err(format!("{go} {RELEASE} build {}: {built}", source.display()).into());
    }
    // A shell, because the core size limit is a property of the process that starts the program.
    let run = format!("ulimit -c unlimited && exec ./{}", named.join(" "));
    Command::new("sh")
        .args(["-c", &run])
        .current_dir(&directory)
        .env("GOTRACEBACK", "crash")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let is_core = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("core"))
    };
    let left = fs::read_dir(&directory)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(is_core)
        .ok_or("the program left no core: is kernel.core_pattern a plain file name?")?;
    fs::rename(left, &core)?;
    Ok((core, exe))
}

/// Bytes of memory that are the process's own (`RssAnon`), from its `/proc/PID/status`.
pub fn private(status: &Path) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// What a run of a program took.
pub struct Run {
    /// From its start to its end.
    pub seconds: Duration,
    /// What of that processors worked for it, which does not grow with what else the machine does.
    pub worked: Duration,
    /// The peak of its own memory, in bytes, looked at while it ran.
    pub private: u64,
    /// How it ended.
    pub ended: ExitStatus,
}

/// What processors worked for the children that have ended, from the times of `/proc/self/stat`, which are hundredths of seconds.
fn of_children() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program may hold blanks; the state is the first word after it, and these times the fourteenth and the next.
    let words = text.rsplit(") ").next().unwrap_or_default();
    let times = words.split(' ').skip(13).take(2);
    let ticks: u64 = times.filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Runs a program to its end, with an eye on its memory.
pub fn watched(command: &mut Command) -> Result<Run, Failed> {
    // Into a pipe: `grep` ends at the first match when nobody can read what it counts.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let (start, before) = (Instant::now(), of_children());
    let mut child = command.spawn()?;
    let said = child.stdout.take();
    std::thread::spawn(move || said.map(|mut said| io::copy(&mut said, &mut io::sink())));
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    loop {
        peak = peak.max(private(&status));
        if let Some(ended) = child.try_wait()? {
            let seconds = start.elapsed();
            return Ok(Run {
                seconds,
                worked: of_children().saturating_sub(before),
                private: peak,
                ended,
            });
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}
