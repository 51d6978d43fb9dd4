//! The built binary, run once: with arguments, something on stdin, and patience that ends.
//!
//! One place for all tests, so that every run has the same surroundings (a UTF-8 locale, no colours asked for or
//! forbidden, no width of somebody's terminal) and none can hang a test for ever.

#![allow(
    dead_code,
    reason = "every test takes this file in for itself and uses its own part of it"
)]

#[path = "schema.rs"]
pub mod schema;

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The built binary.
pub const BINARY: &str = env!("CARGO_BIN_EXE_dumpview");

/// What runs keep for the next: not where the user's own runs do.
pub const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// Settings of every run: those of whoever runs the tests are another's.
pub const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/config");

/// Nothing takes that long, even on a busy machine; a run that takes longer hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// A run of the binary that is being prepared.
pub struct Call {
    command: Command,
    input: Vec<u8>,
    /// How much is written at once.
    piece: usize,
}

/// What a run left.
#[derive(Debug)]
pub struct Ran {
    /// The exit status, -1 when a signal ended it.
    pub status: i32,
    /// The answer, which has to be UTF-8.
    pub out: String,
    /// The talk, with what is no UTF-8 replaced: lines of the input are passed on as they are.
    pub err: String,
}

impl Ran {
    /// The answer as the JSON document that it should be, which is as its schema says when it is one of ours.
    pub fn json(&self) -> Value {
        let document: Value = serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.out, self.err));
        if document["schema"].is_string() {
            schema::Schema::get().check(&document);
        }
        document
    }
}

/// Runs `dumpview ARGS` with nothing on stdin.
pub fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Ran {
    Call::new(args).run()
}

/// Runs `dumpview ARGS` with `input` on stdin.
pub fn run_with<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>, input: &[u8]) -> Ran {
    Call::new(args).input(input).run()
}

/// Sends a signal by its name.
pub fn signal(name: &str, id: u32) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &id.to_string()])
        .status();
    assert!(sent.expect("kill").success());
}

impl Call {
    /// `dumpview ARGS`.
    pub fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(BINARY);
        command.args(args);
        Self::of(command)
    }

    /// `dumpview ARGS` that may have so many KiB of data.
    pub fn limited<A: AsRef<OsStr>>(kib: u64, args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new("sh");
        let limit = format!("ulimit -d {kib} && exec \"$0\" \"$@\"");
        command.args(["-c", &limit, BINARY]).args(args);
        Self::of(command)
    }

    /// A command that runs a copy of the binary, or the binary below another program.
    pub fn of(mut command: Command) -> Self {
        command.env("LC_ALL", "C.UTF-8");
        command.env("XDG_CACHE_HOME", CACHE);
        command.env("XDG_CONFIG_HOME", CONFIG);
        for choice in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"] {
            command.env_remove(choice);
        }
        Self {
            command,
            input: Vec::new(),
            piece: usize::MAX,
        }
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// A variable of its environment.
    pub fn env(mut self, name: &str, value: &Path) -> Self {
        self.command.env(name, value);
        self
    }

    /// What stands on stdin.
    pub fn input(mut self, input: &[u8]) -> Self {
        self.input = input.to_vec();
        self
    }

    /// Writes stdin in pieces of so many bytes.
    pub fn in_pieces(mut self, piece: usize) -> Self {
        self.piece = piece;
        self
    }

    /// Runs it in a folder.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Starts it with its three ends in the test's hands, for what happens while it runs.
    pub fn start(mut self) -> Child {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{:?}: {e}", self.command))
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Ran {
        let (input, piece) = (std::mem::take(&mut self.input), self.piece);
        let called = format!("{:?}", self.command);
        let mut child = self.start();
        let mut stdin = child.stdin.take().expect("a pipe");
        let writer = std::thread::spawn(move || {
            // It may leave before it has read all.
            let _ = input
                .chunks(piece)
                .try_for_each(|chunk| stdin.write_all(chunk));
        });
        let ran = wait(child, &called);
        writer.join().expect("stdin");
        ran
    }
}

/// Waits until a run has ended, and gives what it left on the ends that nobody took.
pub fn wait(child: Child, called: &str) -> Ran {
    let id = child.id();
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    let Ok(output) = ended.recv_timeout(PATIENCE) else {
        signal("KILL", id);
        panic!("hangs: {called}");
    };
    let output = output.expect("the binary runs");
    Ran {
        status: code(output.status),
        out: String::from_utf8(output.stdout).unwrap_or_else(|e| panic!("{called}: {e}")),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}
