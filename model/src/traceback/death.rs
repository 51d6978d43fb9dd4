//! Why a process died, from the lines above its goroutines.

use super::line::LogLine;
use crate::death_kind::DeathKind;
use crate::value::Address;
use schemars::JsonSchema;
use serde::Serialize;

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
    pub fn kind(&self) -> DeathKind {
        if self.client.is_some() {
            return DeathKind::Served;
        }
        if let Some(text) = &self.fatal_error {
            return DeathKind::of_fatal_error(text);
        }
        if let Some(last) = self.panics.last() {
            return if last.text.starts_with("deadlock: ") {
                DeathKind::Deadlock
            } else {
                DeathKind::Panic
            };
        }
        match self.signal.as_ref().map(|signal| signal.name.as_str()) {
            Some("SIGQUIT") => DeathKind::Quit,
            Some("SIGABRT") => DeathKind::Abort,
            _ => DeathKind::Signal,
        }
    }

    /// Why it died, in one sentence.
    pub fn reason(&self) -> String {
        let fault = self
            .fault
            .as_ref()
            .or(self.signal.as_ref().filter(|_| self.fatal_error.is_some()))
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
        if let Some(meaning) = self.kind().meaning(self.fatal_error.as_deref()) {
            return Some(meaning);
        }
        let addr = self.fault.as_ref().or(self.signal.as_ref())?.addr?.0;
        let nil = self
            .panics
            .iter()
            .any(|p| p.text.contains("nil pointer dereference"));
        (nil && addr > 0 && addr < 4096)
            .then_some("a field of a nil pointer was used; the fault address is the field's offset")
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
