//! The built binary, asked about one core.

use super::run::Call;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// One core with its executable.
pub struct Dumpview {
    core: PathBuf,
    exe: Option<PathBuf>,
}

/// What one call printed.
pub struct Answer {
    /// The document, when stdout was one.
    pub json: Value,
    /// Exit status, -1 when a signal ended it.
    pub status: i32,
    /// The talk.
    pub stderr: String,
}

impl Answer {
    /// One line for a message, when the answer is not one.
    pub fn failure(&self) -> Option<String> {
        match self.status {
            0 | 4 if !self.json.is_null() => None,
            status => Some(format!("status {status}: {}", self.stderr.trim())),
        }
    }

    /// The list under `key`, empty when there is none.
    pub fn list(&self, key: &str) -> &[Value] {
        self.json[key].as_array().map_or(&[], Vec::as_slice)
    }
}

impl Dumpview {
    /// Asks about `core`, with `exe` unless the case has none.
    pub fn new(core: &Path, exe: Option<&Path>) -> Self {
        Self {
            core: core.to_owned(),
            exe: exe.map(Path::to_owned),
        }
    }

    /// `dumpview VERB CORE [EXE] ARGS --json`.
    pub fn ask(&self, verb: &str, args: &[&str]) -> Answer {
        let call = Call::new([OsStr::new(verb), self.core.as_os_str()]);
        let exe = self.exe.iter().map(|exe| exe.as_os_str());
        let ran = call.args(exe).args(args).args(["--json"]).run();
        Answer {
            json: serde_json::from_str(&ran.out).unwrap_or(Value::Null),
            status: ran.status,
            stderr: ran.err,
        }
    }
}
