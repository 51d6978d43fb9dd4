//! The kinds of death of a Go process, however it is told: by a core or by a log.

use schemars::JsonSchema;
use serde::Serialize;

/// What kind of death it was.
///
/// A core never tells of `Served`: net/http goes on; a log never of `Alive`, `Killed` and `Unknown`: nobody wrote of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, JsonSchema)]
#[schemars(rename = "death-kind")]
#[serde(rename_all = "snake_case")]
pub enum DeathKind {
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
    /// In logs: a panic of an HTTP handler, which net/http recovered: the process went on.
    Served,
    /// In cores: it had not died; gcore of a process that went on.
    Alive,
    /// In cores: killed by a signal that Go's handlers never saw.
    Killed,
    /// In cores: the core does not say.
    Unknown,
}

impl DeathKind {
    /// The word of the JSON contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Fatal => "fatal",
            Self::Deadlock => "deadlock",
            Self::ConcurrentMap => "concurrent_map",
            Self::OutOfMemory => "out_of_memory",
            Self::StackOverflow => "stack_overflow",
            Self::Signal => "signal",
            Self::Quit => "quit",
            Self::Abort => "abort",
            Self::Served => "served",
            Self::Alive => "alive",
            Self::Killed => "killed",
            Self::Unknown => "unknown",
        }
    }

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

    /// What it means, where its name does not say; a fatal error has a message.
    pub fn meaning(self, message: Option<&str>) -> Option<&'static str> {
        Some(match self {
            Self::Quit => {
                "SIGQUIT makes Go print every goroutine and exit: somebody (a person, a liveness probe, a deploy \
                 script) asked for it"
            }
            // `no goroutines (main called runtime.Goexit) - deadlock!` (`runtime/proc.go:checkdead`).
            Self::Deadlock if message.is_some_and(|text| text.contains("runtime.Goexit")) => {
                "main has ended by runtime.Goexit, and so has every other goroutine that could run: runtime.Goexit in main \
                 does not end the program"
            }
            Self::Deadlock => "every goroutine waits for another",
            Self::ConcurrentMap => {
                "a map was used by two goroutines without a lock, and only one of them is named; build with -race to \
                 find the other"
            }
            Self::StackOverflow => "endless recursion, mostly: the calls that repeat show it",
            Self::Alive => "nothing failed here; look at what the goroutines do",
            _ => return None,
        })
    }
}
