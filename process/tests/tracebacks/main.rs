//! Stacks against the runtime's own word: for every core with the standard error of the process that left it,
//! each frame of each goroutine must have the function, arguments, file, line, pc, sp and fp that were printed.
//!
//! Cores are large and live outside the repository: `DUMPVIEW_CORES=DIR cargo test --test tracebacks -- --ignored`
//! with `DIR/NAME.core`, `DIR/NAME.stderr.txt` and the executable as `NAME.exe` or without some of NAME's
//! dash-separated parts. It fails when it compared nothing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod printed;

use dumpview_process::addr::Addr;
use dumpview_process::arch::Registers;
use dumpview_process::image::{CoreFile, Executable, Files, SectionArena};
use dumpview_process::layout::Layouts;
use dumpview_process::mapped::OpenOptions;
use dumpview_process::memory::MemoryExt;
use dumpview_process::process::Process;
use dumpview_process::symbols::{Symbols, printed_args};
use dumpview_process::unwind::{LogicalFrame, Natives, Stack, StackKind, Unwinder};
use printed::{PrintedFrame, PrintedGoroutine};
use std::path::{Path, PathBuf};

struct NoFiles;

impl<'a> Files<'a> for NoFiles {
    fn image(&self, _: &str) -> Option<&'a Executable<'a>> {
        None
    }
}

/// The executable of a core: the core's name less a run of its middle parts.
fn executable_of(core: &Path) -> Option<PathBuf> {
    let name = core.file_stem()?.to_str()?;
    let parts: Vec<&str> = name.split('-').collect();
    let shorter = (1..parts.len()).flat_map(|from| (from..parts.len()).map(move |to| (from, to)));
    shorter
        .map(|(from, to)| [&parts[..from], &parts[to..]].concat().join("-"))
        .map(|name| core.with_file_name(name + ".exe"))
        .find(|path| path.exists())
}

#[derive(Default)]
struct Tally {
    cores: usize,
    frames: usize,
    wrong: Vec<String>,
}

#[test]
fn frames_are_the_ones_the_runtime_printed() {
    let Ok(dir) = std::env::var("DUMPVIEW_CORES") else {
        println!("nothing was compared: DUMPVIEW_CORES does not name a directory of cores");
        return;
    };
    let mut tally = Tally::default();
    let mut cores: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "core"))
        .collect();
    cores.sort();
    for core in cores {
        let stderr = core.with_extension("stderr.txt");
        if let (Ok(text), Some(exe)) = (std::fs::read(stderr), executable_of(&core)) {
            compare(&core, &exe, &String::from_utf8_lossy(&text), &mut tally);
        }
    }
    println!("{} frames in {} cores", tally.frames, tally.cores);
    let shown = tally.wrong.iter().take(50).cloned().collect::<Vec<_>>();
    assert!(
        shown.is_empty(),
        "{} wrong:\n{}",
        tally.wrong.len(),
        shown.join("\n")
    );
    assert!(tally.frames > 0, "nothing was compared");
}

fn compare(core_path: &Path, exe_path: &Path, stderr: &str, tally: &mut Tally) {
    let name = core_path
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let printed = printed::goroutines(stderr);
    // Without pcs (GOTRACEBACK below crash) there is nothing to compare exactly.
    if !printed.iter().any(|g| g.frames.iter().any(|f| f.pc != 0)) {
        return;
    }
    let core_bytes = std::fs::read(core_path).unwrap();
    let exe_bytes = std::fs::read(exe_path).unwrap();
    let arena = SectionArena::default();
    let core = CoreFile::parse(&core_bytes).unwrap();
    let exe = Executable::parse(&exe_bytes, &arena).unwrap();
    let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
    let symbols = process.symbols().expect("function tables");
    let layouts = process.layouts().expect("layouts");
    let natives = Natives::new(&process);
    let unwinder = Unwinder::new(&process.memory, symbols, layouts, process.arch())
        .expect("layouts of g and m")
        .with_natives(&natives);
    let goroutines = process.goroutines().expect("goroutines");
    tally.cores += 1;
    for printed in printed.iter().filter(|g| g.id != 0 && !g.frames.is_empty()) {
        let mut wrong = |what: String| {
            tally
                .wrong
                .push(format!("{name}: {}: {what}", printed.header));
        };
        let Some(g) = goroutines.list().iter().find(|g| g.id.0 == printed.id) else {
            wrong("not in the core".to_owned());
            continue;
        };
        let registers = thread_of(&process, layouts, g.m);
        let stack = unwinder.goroutine(g.addr, registers.as_ref());
        let checker = Checker {
            process: &process,
            symbols,
            stack: &stack,
        };
        match checker.check(printed) {
            Ok(frames) => tally.frames += frames,
            Err(why) => wrong(why),
        }
    }
}

/// Registers of the thread of an m, by thread id.
fn thread_of(process: &Process<'_>, layouts: &dyn Layouts, m: Addr) -> Option<Registers> {
    let field = layouts.field("runtime.m", "procid")?;
    let tid = process.memory.u64(m.offset(field.offset)).ok()?;
    let thread = process
        .core
        .threads
        .iter()
        .find(|t| u64::try_from(t.tid) == Ok(tid))?;
    Some(thread.registers.clone())
}

struct Checker<'c, 'a> {
    process: &'c Process<'a>,
    symbols: &'c Symbols<'c>,
    stack: &'c Stack,
}

impl Checker<'_, '_> {
    /// Compares from the first frame that was printed: the goroutine that died printed itself from within, and
    /// by now stands deeper in the runtime.
    fn check(&self, printed: &PrintedGoroutine) -> Result<usize, String> {
        let ours = self.stack.logical(self.symbols, None);
        let leading = printed.frames.iter().take_while(|f| f.inlined()).count();
        let anchor = printed
            .frames
            .get(leading)
            .ok_or("no physical frame was printed")?;
        let own = |f: &&LogicalFrame<'_>| {
            self.stack.frames[f.physical].stack != StackKind::System && !f.inlined
        };
        let at = ours
            .iter()
            .position(|f| own(&f) && f.cfa.0 == anchor.fp)
            .ok_or_else(|| {
                format!(
                    "no frame for {}: {:?}",
                    anchor.function, self.stack.incomplete
                )
            })?;
        let ours = &ours[at - leading..];
        let (head, tail) = printed
            .frames
            .split_at(printed.elided_at.unwrap_or(printed.frames.len()));
        if printed.elided_at.is_none() && ours.len() != head.len() {
            return Err(format!("{} frames, {} printed", ours.len(), head.len()));
        }
        if ours.len() < head.len() + tail.len() {
            return Err(format!("only {} frames", ours.len()));
        }
        let outer = &ours[ours.len() - tail.len()..];
        for (want, have) in head.iter().zip(ours).chain(tail.iter().zip(outer)) {
            self.check_frame(want, have)?;
        }
        if !self.stack.is_complete() {
            return Err(format!("incomplete: {:?}", self.stack.incomplete));
        }
        Ok(head.len() + tail.len())
    }

    fn check_frame(&self, want: &PrintedFrame, have: &LogicalFrame<'_>) -> Result<(), String> {
        let frame = self.stack.frames[have.physical];
        let place = format!("{}:{}", have.file.unwrap_or("?"), have.line.unwrap_or(0));
        let mut pairs = vec![
            ("function", want.function.clone(), have.function.to_string()),
            ("place", format!("{}:{}", want.file, want.line), place),
            (
                "inlined",
                want.inlined().to_string(),
                have.inlined.to_string(),
            ),
        ];
        if !want.inlined() {
            let hex = |n: u64| format!("{n:#x}");
            let words = frame.arg_words(self.symbols, self.process.arch());
            let args = printed_args(&words.unwrap_or_default(), &self.process.memory);
            pairs.extend([
                ("pc", hex(want.pc), hex(have.pc.0)),
                ("sp", hex(want.sp), hex(have.sp.0)),
                ("fp", hex(want.fp), hex(have.cfa.0)),
            ]);
            // Up to 1.20 the runtime looked liveness up at the call site of what is inlined, not at the pc.
            let old = self
                .process
                .version
                .as_ref()
                .is_some_and(|v| !v.at_least(21));
            if !(old && have.lookup_pc != frame.lookup_pc(self.symbols)) {
                pairs.push(("arguments", shape(&want.args), shape(&args)));
            }
        }
        match pairs.iter().find(|(_, want, have)| want != have) {
            Some((what, want, have)) => Err(format!(
                "{}: {what} {have}, printed {want}",
                want_name(&pairs)
            )),
            None => Ok(()),
        }
    }
}

fn want_name(pairs: &[(&str, String, String)]) -> String {
    pairs[0].1.clone()
}

/// Arguments with their liveness, without the values of dead ones, which may have changed since they were printed.
fn shape(args: &str) -> String {
    args.split(", ")
        .map(|word| {
            if let Some(dead) = word.find('?') {
                let lead = word.len() - word.trim_start_matches('{').len();
                return format!("{}{}", &word[..lead], &word[dead..]);
            }
            word.to_owned()
        })
        .collect::<Vec<_>>()
        .join(", ")
}
