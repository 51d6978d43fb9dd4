//! The built binary, asked about one core.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One core with its executable.
pub struct Dumpview {
    core: PathBuf,
    exe: Option<PathBuf>,
}

/// What one call printed.
pub struct Answer {
    /// The document, when stdout was one.
    pub json: Value,
    /// Exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// The talk.
    pub stderr: String,
}

impl Answer {
    /// One line for a message, when the answer is not one.
    pub fn failure(&self) -> Option<String> {
        match self.status {
            Some(0 | 4) if !self.json.is_null() => None,
            status => Some(format!("status {status:?}: {}", self.stderr.trim())),
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
        let output = Command::new(env!("CARGO_BIN_EXE_dumpview"))
            .arg(verb)
            .arg(&self.core)
            .args(&self.exe)
            .args(args)
            .arg("--json")
            .output()
            .expect("the built binary runs");
        Answer {
            json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            status: output.status.code(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
