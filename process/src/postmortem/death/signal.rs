//! Signals in words: names and descriptions as the runtime prints them, codes as `sigaction(2)` names them.

use crate::addr::Addr;
use dumpview_model::value::Address;
use dumpview_parsers::core::SignalInfo;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A signal with what came with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signal {
    /// Number, linux numbering.
    pub number: i32,
    /// `si_code`.
    pub code: i32,
    /// Where the fault was, for signals that a fault raised.
    pub fault_addr: Option<Addr>,
    /// Who sent it, for signals that a process sent.
    pub sender_pid: Option<i32>,
}

/// `si_code` of a signal that `kill(2)` sent.
const SI_USER: i32 = 0;
/// `si_code` of a signal that `tkill(2)` or `tgkill(2)` sent: a thread to itself, mostly.
const SI_TKILL: i32 = -6;
/// `si_code` of a signal that `sigqueue(3)` sent.
const SI_QUEUE: i32 = -1;

impl Signal {
    /// From a siginfo: the word at 16 is the fault address or the sender's pid, depending on the code.
    pub fn from_info(info: &SignalInfo) -> Self {
        Self::new(info.signal, info.code, info.word)
    }

    /// From number, code and the word at offset 16 of the siginfo.
    pub fn new(number: i32, code: i32, word: u64) -> Self {
        let sent = matches!(code, SI_USER | SI_TKILL | SI_QUEUE);
        let faults = matches!(number, 4 | 5 | 7 | 8 | 11);
        Self {
            number,
            code,
            fault_addr: (faults && !sent).then_some(Addr(word)),
            // The low half is the pid, the high half the uid.
            sender_pid: sent
                .then(|| i32::try_from(word & 0xffff_ffff).ok())
                .flatten(),
        }
    }

    /// `SIGSEGV`; `signal 34` for numbers without a name.
    pub fn name(&self) -> String {
        match self.entry() {
            Some((name, _)) => (*name).to_owned(),
            None => format!("signal {}", self.number),
        }
    }

    /// `segmentation violation`, in the runtime's words (`runtime/sigtab_linux_generic.go`).
    pub fn description(&self) -> Option<&'static str> {
        self.entry().map(|(_, description)| *description)
    }

    /// Whether another process, or the process itself, sent it with `kill`.
    pub const fn was_sent(&self) -> bool {
        matches!(self.code, SI_USER | SI_TKILL | SI_QUEUE)
    }

    /// The code by name, for the signals whose codes people look up.
    pub fn code_name(&self) -> Option<&'static str> {
        Some(match (self.number, self.code) {
            (_, SI_USER) => "SI_USER",
            (_, SI_TKILL) => "SI_TKILL",
            (_, SI_QUEUE) => "SI_QUEUE",
            (_, 128) => "SI_KERNEL",
            (11, 1) => "SEGV_MAPERR",
            (11, 2) => "SEGV_ACCERR",
            (11, 3) => "SEGV_BNDERR",
            (11, 4) => "SEGV_PKUERR",
            (7, 1) => "BUS_ADRALN",
            (7, 2) => "BUS_ADRERR",
            (7, 3) => "BUS_OBJERR",
            (8, 1) => "FPE_INTDIV",
            (8, 2) => "FPE_INTOVF",
            (8, 3) => "FPE_FLTDIV",
            (4, 1) => "ILL_ILLOPC",
            (4, 2) => "ILL_ILLOPN",
            (5, 1) => "TRAP_BRKPT",
            _ => return None,
        })
    }

    fn entry(&self) -> Option<&'static (&'static str, &'static str)> {
        const NAMES: [(&str, &str); 31] = [
            ("SIGHUP", "terminal line hangup"),
            ("SIGINT", "interrupt"),
            ("SIGQUIT", "quit"),
            ("SIGILL", "illegal instruction"),
            ("SIGTRAP", "trace trap"),
            ("SIGABRT", "abort"),
            ("SIGBUS", "bus error"),
            ("SIGFPE", "floating-point exception"),
            ("SIGKILL", "kill"),
            ("SIGUSR1", "user-defined signal 1"),
            ("SIGSEGV", "segmentation violation"),
            ("SIGUSR2", "user-defined signal 2"),
            ("SIGPIPE", "write to broken pipe"),
            ("SIGALRM", "alarm clock"),
            ("SIGTERM", "termination"),
            ("SIGSTKFLT", "stack fault"),
            ("SIGCHLD", "child status has changed"),
            ("SIGCONT", "continue"),
            ("SIGSTOP", "stop, unblockable"),
            ("SIGTSTP", "keyboard stop"),
            ("SIGTTIN", "background read from tty"),
            ("SIGTTOU", "background write to tty"),
            ("SIGURG", "urgent condition on socket"),
            ("SIGXCPU", "cpu limit exceeded"),
            ("SIGXFSZ", "file size limit exceeded"),
            ("SIGVTALRM", "virtual alarm clock"),
            ("SIGPROF", "profiling alarm clock"),
            ("SIGWINCH", "window size change"),
            ("SIGIO", "i/o now possible"),
            ("SIGPWR", "power failure restart"),
            ("SIGSYS", "bad system call"),
        ];
        NAMES.get(usize::try_from(self.number).ok()?.checked_sub(1)?)
    }
}

/// A signal.
#[derive(JsonSchema)]
#[schemars(rename = "signal")]
#[expect(dead_code, reason = "read by the derive only")]
struct SignalShape {
    /// Its number.
    number: i32,
    /// `SIGSEGV`.
    name: String,
    /// `si_code`: who raised it, or what was wrong.
    code: i32,
    /// The name of `code`: `SEGV_MAPERR`; null when it has none.
    code_name: Option<String>,
    /// The address that was accessed; null when the signal is not of a fault.
    fault_addr: Option<Address>,
    /// Who sent it; null when nobody did.
    sender_pid: Option<i32>,
}

/// The keys that are written below, under their own descriptions.
impl JsonSchema for Signal {
    fn schema_name() -> Cow<'static, str> {
        SignalShape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        SignalShape::json_schema(generator)
    }
}

impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut signal = serializer.serialize_struct("Signal", 6)?;
        signal.serialize_field("number", &self.number)?;
        signal.serialize_field("name", &self.name())?;
        signal.serialize_field("code", &self.code)?;
        signal.serialize_field("code_name", &self.code_name())?;
        let fault_addr = self.fault_addr.map(|addr| addr.to_string());
        signal.serialize_field("fault_addr", &fault_addr)?;
        signal.serialize_field("sender_pid", &self.sender_pid)?;
        signal.end()
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        if let Some(description) = self.description() {
            write!(f, ": {description}")?;
        }
        match self.code_name() {
            Some(code) => write!(f, " ({code}")?,
            None => write!(f, " (code {}", self.code)?,
        }
        if let Some(addr) = self.fault_addr {
            write!(f, " at {addr}")?;
        }
        if let Some(pid) = self.sender_pid {
            write!(f, " from pid {pid}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_an_address_and_a_sent_signal_a_sender() {
        let fault = Signal::new(11, 1, 0x18);
        assert_eq!(
            fault.to_string(),
            "SIGSEGV: segmentation violation (SEGV_MAPERR at 0x18)"
        );
        let sent = Signal::new(11, 0, (1000 << 32) + 4711);
        assert_eq!((sent.fault_addr, sent.sender_pid), (None, Some(4711)));
        assert_eq!(
            Signal::new(3, 0, 1).to_string(),
            "SIGQUIT: quit (SI_USER from pid 1)"
        );
        assert_eq!(Signal::new(64, 0, 0).name(), "signal 64");
        assert_eq!(Signal::new(-1, 0, 0).name(), "signal -1");
    }
}
