//! All that is to be said about a dead process on one page, and the reason of its death in one sentence.

use super::{Check, DeathKind, HeapNumbers, Panic, Postmortem, Signal, audit, findings, panics};
use crate::image::BuildInfo;
use crate::layout::LayoutSource;
use crate::mapped::ExecutableMatch;
use dumpview_model::finding::Finding;
use dumpview_model::frame::Frame;
use dumpview_model::goroutine::Group;
use schemars::JsonSchema;
use serde::Serialize;

/// What this is, why it died, and what the answer can be trusted for.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "info")]
pub struct Summary {
    /// Why it died, in one sentence.
    pub reason: String,
    /// What kind of death it was.
    pub kind: DeathKind,
    /// The signal that ended it; null when none did.
    pub signal: Option<Signal>,
    /// The signal that became a panic or a fatal error; null when none did.
    pub fault: Option<Signal>,
    /// Panics in flight, oldest first; empty when there is none.
    pub panics: Vec<Panic>,
    /// The message behind `fatal error: `; null without one.
    pub fatal_error: Option<String>,
    /// Id of the goroutine that did it; null when none did, or it is not known.
    pub goroutine: Option<u64>,
    /// Id of the thread that did it, as the kernel counts; null when it is not known.
    pub thread: Option<i32>,
    /// The frames of that thread, innermost first, when it died in C code that no goroutine is to blame for; else empty.
    pub c_stack: Vec<Frame>,
    /// The last bytes the runtime printed (its print backlog): not the panic message and not the traceback, which it
    /// keeps nowhere; null when it printed nothing.
    pub printed: Option<String>,
    /// What `go version -m` prints; null when the executable is not at hand, or is no Go program.
    pub build: Option<BuildInfo>,
    /// Who wrote the core: the kernel, gcore, qemu-user.
    pub written_by: &'static str,
    /// Size of the core file in bytes.
    pub size: u64,
    /// Id of the process; null when the core does not say.
    pub pid: Option<i32>,
    /// Its command line, as far as the kernel keeps it (80 bytes); null when the core does not say.
    pub command: Option<String>,
    /// Number of threads.
    pub threads: usize,
    /// Number of goroutines that were not dead, the runtime's own among them; null when they cannot be listed.
    pub goroutines: Option<usize>,
    /// The heap in numbers; null when the runtime's counters cannot be had.
    pub heap: Option<HeapNumbers>,
    /// How executable and core were matched, in words.
    pub executable_match: String,
    /// The library that has the Go program, under an executable that has none (-buildmode=c-shared); null when the executable
    /// is the Go program.
    pub go_library: Option<String>,
    /// Where the layouts of the runtime's structures came from, in words; null when they are not known.
    pub layouts: Option<String>,
    /// What is worth knowing beyond the reason, the worst first.
    pub findings: Vec<Finding>,
    /// The largest groups of goroutines, the runtime's own left out, where no single goroutine is to blame: at most eight;
    /// else empty.
    pub groups: Vec<Group>,
    /// What was walked, against what the runtime counted.
    pub audit: Vec<Check>,
}

/// Frames of C on one page.
const MOST_C_FRAMES: usize = 20;

/// Groups of goroutines on one page.
const MOST_GROUPS: usize = 8;

impl Postmortem<'_> {
    /// All of it.
    pub fn summary(&self) -> Summary {
        let process = &self.process;
        let core = process.core;
        let death = self.death();
        let panics = self.panics();
        let crowd = findings::crowd(self);
        let groups = crowd.as_ref().map(|all| {
            let mut groups = all.group(&all.list);
            groups.truncate(MOST_GROUPS);
            groups
        });
        Summary {
            reason: self.reason_of(&panics),
            kind: death.kind,
            signal: death.signal,
            fault: death.fault,
            fatal_error: death.fatal_error.clone(),
            goroutine: death.goroutine.map(|id| id.0),
            thread: death.thread,
            c_stack: self.c_stack(),
            printed: death
                .printed
                .as_ref()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            build: process.build.clone(),
            written_by: core.kind.writer(),
            size: core.bytes.len() as u64,
            pid: core.process.as_ref().map(|p| p.pid),
            command: core
                .process
                .as_ref()
                .map(|p| String::from_utf8_lossy(p.arguments).trim().to_owned()),
            threads: core.threads.len(),
            goroutines: process.goroutines().ok().map(|all| all.list().len()),
            heap: HeapNumbers::of(process),
            executable_match: match &process.executable_match {
                ExecutableMatch::NoExecutable => "no executable".to_owned(),
                ExecutableMatch::Confirmed(by) => format!("confirmed by {by}"),
                ExecutableMatch::Mismatch { why } => format!("mismatch: {why}"),
                ExecutableMatch::Unverified => {
                    "not verified: the core has nothing to compare with".to_owned()
                }
            },
            go_library: process.go_library.clone(),
            layouts: process.layouts().map(|layouts| match layouts.source() {
                LayoutSource::Dwarf => "the executable's DWARF".to_owned(),
                LayoutSource::Table(release) => format!("built-in table of {release}"),
                LayoutSource::NearestTable(release) => {
                    format!("built-in table of {release}, the nearest release that is known")
                }
            }),
            findings: findings::find(self, crowd.as_ref()),
            groups: groups.unwrap_or_default(),
            audit: audit::check(process),
            panics,
        }
    }

    /// The panics in flight, oldest first.
    pub fn panics(&self) -> Vec<Panic> {
        let records = self.death().panics.iter();
        records
            .map(|record| panics::describe(&self.process, record))
            .collect()
    }

    /// Why it died, in one sentence.
    pub fn reason(&self) -> String {
        self.reason_of(&self.panics())
    }

    /// The frames of the thread that a signal killed in C code, innermost first; none where a goroutine is to blame.
    fn c_stack(&self) -> Vec<Frame> {
        let (process, death) = (&self.process, self.death());
        let by_signal = matches!(death.kind, DeathKind::Signal | DeathKind::Abort);
        if !by_signal || death.goroutine.is_some() {
            return Vec::new();
        }
        let mut threads = process.core.threads.iter().enumerate();
        let Some((index, thread)) = threads.find(|(_, t)| Some(t.tid) == death.thread) else {
            return Vec::new();
        };
        let known = process.threads().get(index);
        let stack = process.thread_stack(thread, known.and_then(|thread| thread.m));
        let calls = process.calls(&stack);
        let in_c = calls.first().is_some_and(|call| {
            let symbols = process.symbols();
            symbols.is_ok_and(|symbols| symbols.find(call.lookup_pc).is_none())
        });
        let frames = calls.into_iter().map(|call| call.frame);
        frames.filter(|_| in_c).take(MOST_C_FRAMES).collect()
    }

    /// ` in main, main.c:9`: the innermost C function of the thread that died whose line is known.
    fn place_in_c(&self) -> String {
        let stack = self.c_stack();
        let Some((frame, file)) = stack.iter().find_map(|f| Some((f, f.file.as_deref()?))) else {
            return String::new();
        };
        let file = file.rsplit('/').next().unwrap_or(file);
        let line = frame.line.unwrap_or(0);
        format!(" in {}, {file}:{line}", frame.function)
    }

    fn reason_of(&self, panics: &[Panic]) -> String {
        let death = self.death();
        let signal = |prefix: &str| {
            death
                .signal
                .map_or_else(|| prefix.to_owned(), |s| format!("{prefix}{s}"))
        };
        match death.kind {
            DeathKind::Panic => {
                let raised = || panics.iter().rev().filter(|panic| !panic.goexit);
                let last = raised()
                    .find(|panic| !panic.recovered)
                    .or_else(|| raised().next());
                let text = last.map_or("a panic whose value cannot be read", |panic| {
                    panic.text.as_str()
                });
                let fault = death
                    .fault
                    .map_or_else(String::new, |fault| format!(" [{fault}]"));
                format!("panic: {text}{fault}")
            }
            DeathKind::Fatal
            | DeathKind::Deadlock
            | DeathKind::ConcurrentMap
            | DeathKind::OutOfMemory
            | DeathKind::StackOverflow => {
                let text = death
                    .fatal_error
                    .as_deref()
                    .unwrap_or("its message is not in the core");
                format!("fatal error: {text}")
            }
            DeathKind::Signal => match &death.fatal_error {
                Some(text) => signal(&format!("fatal error: {text}: ")),
                None => signal("") + &self.place_in_c(),
            },
            DeathKind::Quit => signal("asked to dump its goroutines: "),
            DeathKind::Abort => signal("") + &self.place_in_c(),
            DeathKind::Alive => {
                "it had not died: the core was taken of the running process".to_owned()
            }
            DeathKind::Killed => signal("killed by a signal that Go's handlers never saw: "),
            DeathKind::Unknown | DeathKind::Served => {
                "the core does not say why it died".to_owned()
            }
        }
    }
}
