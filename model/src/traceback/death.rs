//! Why a process died, from the lines above its goroutines.

use super::line::LogLine;
use crate::value::Address;
use schemars::JsonSchema;
use serde::Serialize;

/// What kind of death a log tells of.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug, JsonSchema)]
#[schemars(rename = "log-death-kind")]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A panic that nothing recovered.
    Panic,
    /// A fatal error of the runtime other than those below.
    Fatal,
    /// All goroutines were asleep, or all of a synctest bubble.
    Deadlock,
    /// A map was written while another goroutine used it.
    ConcurrentMap,
    /// The allocator got no memory.
    OutOfMemory,
    /// A goroutine's stack outgrew its limit.
    StackOverflow,
    /// A signal that a fault raised, or that was sent and that Go dies of.
    Signal,
    /// SIGQUIT: somebody asked for a stack dump.
    Quit,
    /// SIGABRT that came from outside or from C.
    Abort,
    /// A panic of an HTTP handler, which net/http recovered: the process went on.
    Served,
}

impl Cause {
    /// The kind of a fatal error's message. Messages are the runtime's, 1.3 to 1.27.
    pub fn of_fatal_error(message: &str) -> Self {
        if message.contains("deadlock!") {
            Self::Deadlock
        } else if message.starts_with("concurrent map") {
            Self::ConcurrentMap
        } else if message.contains("out of memory") || message.contains("cannot allocate memory") {
            Self::OutOfMemory
        } else if message == "stack overflow" {
            Self::StackOverflow
        } else if message == "fault" || message == "unexpected signal during runtime execution" {
            Self::Signal
        } else {
            Self::Fatal
        }
    }
}

/// A panic as printed.
#[derive(Serialize, Clone, PartialEq, Eq, Debug, Default, JsonSchema)]
#[schemars(rename = "log-panic")]
pub struct PanicText {
    /// Its value as printed; may have several lines.
    pub text: String,
    /// Whether a deferred call recovered it before the next one.
    pub recovered: bool,
    /// Whether the same value was panicked with again, so that it is printed once (Go 1.25 and later).
    pub repanicked: bool,
    /// The line it stands at, from 1.
    pub line: u64,
}

/// A signal as printed.
#[derive(Serialize, Clone, PartialEq, Eq, Debug, Default, JsonSchema)]
#[schemars(rename = "log-signal")]
pub struct RaisedSignal {
    /// `SIGSEGV`; a number in old releases and on Windows.
    pub name: String,
    /// What it means, as printed; empty when nothing was.
    pub description: String,
    /// `si_code`, as a number; null when not printed.
    pub code: Option<u64>,
    /// The address of the fault; null when not printed.
    pub addr: Option<Address>,
    /// Where the thread was; null when not printed.
    pub pc: Option<Address>,
}

/// Why a process died.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Death {
    /// The line it begins at.
    pub line: u64,
    /// The panics in flight, oldest first.
    pub panics: Vec<PanicText>,
    /// The text of the fatal error.
    pub fatal_error: Option<String>,
    /// The signal that it died of.
    pub signal: Option<RaisedSignal>,
    /// The signal that became a panic or a fatal error.
    pub fault: Option<RaisedSignal>,
    /// Other lines of the runtime: `runtime: goroutine stack exceeds 1000000000-byte limit`.
    pub notes: Vec<LogLine>,
    /// The goroutine that crashed.
    pub goroutine: Option<u64>,
    /// The client that net/http served when it caught the panic.
    pub client: Option<String>,
}

impl Death {
    /// What kind of end it was.
    pub fn kind(&self) -> Cause {
        if self.client.is_some() {
            return Cause::Served;
        }
        if let Some(text) = &self.fatal_error {
            return Cause::of_fatal_error(text);
        }
        if let Some(last) = self.panics.last() {
            return if last.text.starts_with("deadlock: ") {
                Cause::Deadlock
            } else {
                Cause::Panic
            };
        }
        match self.signal.as_ref().map(|signal| signal.name.as_str()) {
            Some("SIGQUIT") => Cause::Quit,
            Some("SIGABRT") => Cause::Abort,
            _ => Cause::Signal,
        }
    }

    /// Why it died, in one sentence.
    pub fn reason(&self) -> String {
        let fault = self
            .fault
            .as_ref()
            .map_or_else(String::new, |fault| format!(" [{fault}]"));
        let panics = || {
            let texts: Vec<&str> = self
                .panics
                .iter()
                .map(|panic| panic.text.as_str())
                .collect();
            texts.join(", then ")
        };
        if let Some(client) = &self.client {
            return format!("survived a panic while serving {client}: {}", panics());
        }
        match (&self.fatal_error, self.panics.last(), &self.signal) {
            (Some(text), None, _) => format!("fatal error: {text}{fault}"),
            (Some(text), Some(_), _) => {
                format!("fatal error: {text}{fault}, while panicking: {}", panics())
            }
            (None, Some(last), _) => {
                // The one that nothing recovered is the last; what it began with is told with it.
                let began = match self.panics.first() {
                    Some(first) if first.text != last.text => {
                        format!(" (after the panic: {})", first.text)
                    }
                    _ => String::new(),
                };
                format!("panic: {}{fault}{began}", last.text)
            }
            (None, None, Some(signal)) if signal.name == "SIGQUIT" => {
                format!("asked to dump its goroutines: {signal}")
            }
            (None, None, Some(signal)) => signal.to_string(),
            (None, None, None) => String::new(),
        }
    }

    /// What that means and what to do, for ends whose name does not say.
    pub fn meaning(&self) -> Option<&'static str> {
        Some(match self.kind() {
            Cause::Quit => {
                "SIGQUIT makes Go print every goroutine and exit: somebody (a person, a liveness probe, a deploy \
                 script) asked for it"
            }
            Cause::Deadlock => "every goroutine waits for another",
            Cause::ConcurrentMap => {
                "a map was used by two goroutines without a lock, and only one of them is named; build with -race to \
                 find the other"
            }
            Cause::StackOverflow => "endless recursion, mostly: the calls that repeat show it",
            _ => {
                let addr = self.fault.as_ref().or(self.signal.as_ref())?.addr?.0;
                let nil = self
                    .panics
                    .iter()
                    .any(|p| p.text.contains("nil pointer dereference"));
                return (nil && addr > 0 && addr < 4096).then_some(
                    "a field of a nil pointer was used; the fault address is the field's offset",
                );
            }
        })
    }
}

impl std::fmt::Display for RaisedSignal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        if !self.description.is_empty() {
            write!(f, ": {}", self.description)?;
        }
        if let Some(addr) = self.addr {
            write!(f, ", address {addr}")?;
        }
        Ok(())
    }
}
