//! Long answers on a terminal go through a pager, as git's do: `PAGER`, else `less`, which ends by itself when all of it
//! fits the screen. Nothing else is ever paged: not a pipe, not a file, not an answer that grows while it is read.

use crate::flags::Common;
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;

/// Where answers go.
pub struct Stdout {
    to: To,
    /// What has not been written yet, so that the pager is started by an answer and not by a mistake.
    buffer: Vec<u8>,
}

enum To {
    Direct(BufWriter<StdoutLock<'static>>),
    /// A pager that has not been started.
    Waiting(String),
    Paged(Child, Option<BufWriter<ChildStdin>>),
}

/// How much is held back before the pager is started.
const BUFFER: usize = 8 << 10;

impl Stdout {
    /// Standard output itself.
    pub fn direct() -> Self {
        Self {
            to: To::Direct(BufWriter::new(io::stdout().lock())),
            buffer: Vec::new(),
        }
    }

    /// Standard output through a pager, where one is wanted.
    pub fn paged(common: &Common) -> Self {
        match pager(common) {
            Some(command) => Self {
                to: To::Waiting(command),
                buffer: Vec::new(),
            },
            None => Self::direct(),
        }
    }

    /// Hands over everything, and waits until the pager is left.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        let written = self
            .start_if(!self.buffer.is_empty())
            .and_then(|()| self.flush_out());
        if let To::Paged(child, stdin) = &mut self.to {
            drop(stdin.take());
            child.wait()?;
        }
        written
    }

    fn start_if(&mut self, due: bool) -> io::Result<()> {
        let To::Waiting(command) = &self.to else {
            return Ok(());
        };
        if !due {
            return Ok(());
        }
        self.to = match start(command) {
            Some((child, stdin)) => {
                // Ctrl-C is the pager's own from here on: it must not lose the terminal to a shell.
                let _ = flag::register(SIGINT, Arc::default());
                To::Paged(child, Some(BufWriter::new(stdin)))
            }
            // No pager is no reason not to answer.
            None => To::Direct(BufWriter::new(io::stdout().lock())),
        };
        let held = std::mem::take(&mut self.buffer);
        self.write_out(&held)
    }

    fn write_out(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.to {
            To::Direct(out) => out.write_all(bytes),
            To::Paged(_, Some(out)) => out.write_all(bytes),
            To::Paged(_, None) => Err(io::ErrorKind::BrokenPipe.into()),
            To::Waiting(_) => {
                self.buffer.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn flush_out(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Direct(out) => out.flush(),
            To::Paged(_, Some(out)) => out.flush(),
            To::Paged(_, None) | To::Waiting(_) => Ok(()),
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.start_if(self.buffer.len() + bytes.len() > BUFFER)?;
        self.write_out(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flush_out()
    }
}

/// The pager's command, where there is a terminal to page on and nobody asked for none.
fn pager(common: &Common) -> Option<String> {
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    if common.no_pager || dumb || !io::stdout().is_terminal() {
        return None;
    }
    let command = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    let command = command.trim();
    (!command.is_empty() && command != "cat").then(|| command.to_owned())
}

fn start(command: &str) -> Option<(Child, ChildStdin)> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped());
    // As git sets them: F ends when all fits, R keeps colours, X leaves the text on the screen.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            shell.env(name, value);
        }
    }
    let is_there = |name: &str| {
        let name = name.split(' ').next().unwrap_or_default();
        let paths = std::env::var_os("PATH").unwrap_or_default();
        name.contains('/') || std::env::split_paths(&paths).any(|dir| dir.join(name).is_file())
    };
    // A shell would only complain of what it does not find.
    if !is_there(command) {
        return None;
    }
    let mut child = shell.spawn().ok()?;
    let stdin = child.stdin.take()?;
    Some((child, stdin))
}
