//! `info`: what this is, why it died, and what the answer can be trusted for.

mod audit;
mod findings;
mod panics;

use crate::answer::{Answer, Failure};
use crate::case::core::{Cursor, Session};
use crate::flags::NoFlags;
use crate::verb::{About, OnCore, Verb, Word};
use audit::Check;
use dumpview_model::units::bytes;
use dumpview_process::death::{Death, DeathKind, Signal};
use dumpview_process::layout::LayoutSource;
use dumpview_process::process::{ExecutableMatch, core_writer};
use dumpview_view::{Role, Text, styled};
use findings::Finding;
use panics::PanicDoc;
use serde::Serialize;
use std::io;

/// The first screen.
#[derive(Serialize)]
pub struct Info {
    /// One sentence.
    pub(super) reason: String,
    /// `panic`, `deadlock`, …
    kind: &'static str,
    signal: Option<SignalDoc>,
    /// The signal that became a panic or a `fault`.
    fault: Option<SignalDoc>,
    panics: Vec<PanicDoc>,
    fatal_error: Option<String>,
    goroutine: Option<u64>,
    thread: Option<i32>,
    /// The last bytes the runtime printed; not the panic message and not the traceback, which it keeps nowhere.
    pub printed: Option<String>,
    build: Option<Build>,
    /// Who wrote the core: the kernel, gcore, qemu-user.
    written_by: &'static str,
    /// Size of the core file in bytes.
    size: u64,
    pid: Option<i32>,
    command: Option<String>,
    threads: usize,
    goroutines: Option<usize>,
    /// How executable and core were matched.
    executable_match: String,
    /// Where the layouts of the runtime's structures came from.
    layouts: Option<String>,
    /// What is worth knowing beyond the reason.
    pub findings: Vec<Finding>,
    audit: Vec<Check>,
}

#[derive(Serialize)]
struct Build {
    version: String,
    path: Option<String>,
    module: Option<String>,
    settings: Vec<(String, String)>,
}

#[derive(Serialize)]
struct SignalDoc {
    number: i32,
    name: String,
    code: i32,
    code_name: Option<&'static str>,
    fault_addr: Option<String>,
    sender_pid: Option<i32>,
}

impl From<Signal> for SignalDoc {
    fn from(signal: Signal) -> Self {
        Self {
            number: signal.number,
            name: signal.name(),
            code: signal.code,
            code_name: signal.code_name(),
            fault_addr: signal.fault_addr.map(|addr| addr.to_string()),
            sender_pid: signal.sender_pid,
        }
    }
}

/// Sums up an opened process.
pub fn info(session: &Session<'_>) -> Info {
    let process = &session.process;
    let core = process.core;
    let death = process.death();
    let panics = panics::describe(session, death);
    Info {
        reason: reason(death, &panics),
        kind: death.kind.as_str(),
        signal: death.signal.map(SignalDoc::from),
        fault: death.fault.map(SignalDoc::from),
        fatal_error: death.fatal_error.clone(),
        goroutine: death.goroutine.map(|id| id.0),
        thread: death.thread,
        printed: death
            .printed
            .as_ref()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
        build: process.build.as_ref().map(|b| Build {
            version: b.version.clone(),
            path: b.path.clone(),
            module: b.module.clone(),
            settings: b.settings.clone(),
        }),
        written_by: core_writer(core.kind),
        size: core.bytes.len() as u64,
        pid: core.process.as_ref().map(|p| p.pid),
        command: core
            .process
            .as_ref()
            .map(|p| String::from_utf8_lossy(p.arguments).trim().to_owned()),
        threads: core.threads.len(),
        goroutines: process.goroutines().ok().map(|all| all.list().len()),
        executable_match: match &process.executable_match {
            ExecutableMatch::NoExecutable => "no executable".to_owned(),
            ExecutableMatch::Confirmed(by) => format!("confirmed by {by}"),
            ExecutableMatch::Mismatch { why } => format!("mismatch: {why}"),
            ExecutableMatch::Unverified => {
                "not verified: the core has nothing to compare with".to_owned()
            }
        },
        layouts: process.layouts().map(|layouts| match layouts.source() {
            LayoutSource::Dwarf => "the executable's DWARF".to_owned(),
            LayoutSource::Table(release) => format!("built-in table of {release}"),
            LayoutSource::NearestTable(release) => {
                format!("built-in table of {release}, the nearest release that is known")
            }
        }),
        findings: findings::find(session, death),
        audit: audit::check(session),
        panics,
    }
}

/// Why it died, in one sentence.
fn reason(death: &Death, panics: &[PanicDoc]) -> String {
    let signal = |prefix: &str| {
        death
            .signal
            .map_or_else(|| prefix.to_owned(), |s| format!("{prefix}{s}"))
    };
    match death.kind {
        DeathKind::Panic => {
            let last = panics
                .iter()
                .rev()
                .find(|panic| !panic.recovered)
                .or(panics.last());
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
            None => signal(""),
        },
        DeathKind::Quit => signal("asked to dump its goroutines: "),
        DeathKind::Abort => signal(""),
        DeathKind::Alive => "it had not died: the core was taken of the running process".to_owned(),
        DeathKind::Killed => signal("killed by a signal that Go's handlers never saw: "),
        DeathKind::Unknown => "the core does not say why it died".to_owned(),
    }
}

impl Info {
    /// The reason and what is behind it: the head of the report.
    pub fn head(&self, out: &mut Text<'_>) -> io::Result<()> {
        out.line(styled(Role::Alarm, &self.reason))?;
        if self.panics.len() > 1 {
            for (index, panic) in self.panics.iter().enumerate() {
                let recovered = if panic.recovered { " [recovered]" } else { "" };
                out.line(format_args!(
                    "  panic {}: {}{recovered}",
                    index + 1,
                    panic.text
                ))?;
            }
        }
        for panic in &self.panics {
            panic.value_text(out)?;
        }
        Ok(())
    }
}

impl Answer for Info {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        self.head(out)?;
        out.line("")?;
        self.rest(out)
    }
}

impl Info {
    /// What this is.
    pub fn facts(&self, out: &mut Text<'_>) -> io::Result<()> {
        let version = self
            .build
            .as_ref()
            .map_or("not a Go program", |b| b.version.as_str());
        let field = |out: &mut Text<'_>, name: &str, value: &str| {
            out.line(
                styled(Role::Dim, format_args!("{name:<11} ")).and(Role::Plain, value.to_owned()),
            )
        };
        let pid = self
            .pid
            .map_or_else(String::new, |pid| format!(", pid {pid}"));
        field(
            out,
            "command",
            &format!("{}{pid}", self.command.as_deref().unwrap_or("?")),
        )?;
        field(out, "Go", version)?;
        if let Some(module) = self
            .build
            .as_ref()
            .and_then(|b| b.module.as_ref().or(b.path.as_ref()))
        {
            field(out, "module", module)?;
        }
        let size = bytes(self.size);
        field(
            out,
            "core",
            &format!(
                "{size}, written by {}, {} threads",
                self.written_by, self.threads
            ),
        )?;
        if let Some(count) = self.goroutines {
            field(out, "goroutines", &count.to_string())?;
        }
        field(out, "executable", &self.executable_match)?;
        if let Some(layouts) = &self.layouts {
            field(out, "layouts", layouts)?;
        }
        Ok(())
    }

    /// What was walked against what the runtime counted.
    pub fn checks(&self, out: &mut Text<'_>) -> io::Result<()> {
        for check in &self.audit {
            check.text(out)?;
        }
        Ok(())
    }

    /// Facts, findings and the audit.
    pub fn rest(&self, out: &mut Text<'_>) -> io::Result<()> {
        self.facts(out)?;
        if let Some(printed) = self.printed.as_ref().filter(|text| !text.trim().is_empty()) {
            out.line("")?;
            out.line(styled(Role::Heading, "last printed by the runtime"))?;
            for line in printed.lines() {
                out.line(format_args!("  {}", line.replace('\t', "    ")))?;
            }
        }
        if !self.findings.is_empty() {
            out.line("")?;
            out.line(styled(Role::Heading, "findings"))?;
            for finding in &self.findings {
                finding.text(out)?;
            }
        }
        out.line("")?;
        out.line(styled(
            Role::Heading,
            "checked against the runtime's own counters",
        ))?;
        self.checks(out)
    }
}

/// `info`.
pub struct InfoVerb;

impl Verb for InfoVerb {
    type Args = NoFlags;
    const ABOUT: About = About::core(
        "info",
        "What this is, Go version, why it died, self-audit, findings",
        Word::None,
    );
}

impl OnCore for InfoVerb {
    fn ask(
        session: &Session<'_>,
        _args: &NoFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(info(session)))
    }
}
