//! The `:` prompt and files to write.

use super::page::Standpoint;
use crate::ask::Topic;
use dumpview_view::line::Line;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

/// Runs a command, as `-x` takes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunCommand {
    /// As typed.
    pub line: String,
    /// The goroutine and frame it speaks of.
    pub at: Standpoint,
}

impl Topic for RunCommand {
    type Answer = Said;
    const LONG: Option<&'static str> = Some("answering the command");
}

/// The answer to a command.
#[derive(Clone, PartialEq, Debug)]
pub struct Said {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Where the command went, when it was one that goes somewhere.
    pub moved: Option<Standpoint>,
    /// What the command changed, when that is all that it did: there is nothing to read.
    pub changed: Option<String>,
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// As it stands on the screen.
    Text,
    /// As JSON.
    Json,
    /// As CSV.
    Csv,
}

impl Form {
    /// What the end of a file's name asks for.
    pub fn of(file: &str) -> Self {
        let end = file.rsplit_once('.').map_or("", |(_, end)| end);
        if end.eq_ignore_ascii_case("json") {
            Self::Json
        } else if end.eq_ignore_ascii_case("csv") {
            Self::Csv
        } else {
            Self::Text
        }
    }
}

/// Something that can be written to a file.
pub trait Print: Send + Sync {
    /// Writes it; gives how many lines or rows there were, or `None` when it has no such form.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn print(&self, form: Form, out: &mut dyn Write) -> io::Result<Option<usize>>;
}

/// Lines have the form of text only.
impl Print for Vec<String> {
    fn print(&self, form: Form, out: &mut dyn Write) -> io::Result<Option<usize>> {
        if form != Form::Text {
            return Ok(None);
        }
        for line in self {
            writeln!(out, "{line}")?;
        }
        Ok(Some(self.len()))
    }
}

/// What is shown, for a file.
#[derive(Clone)]
pub struct Export {
    /// It.
    pub shown: Arc<dyn Print>,
    /// The verb that says the same as JSON, for what has no JSON of its own (`locals -g 7 -f 2`).
    pub verb: Option<String>,
}

impl Export {
    /// Of lines.
    pub fn lines(text: Vec<String>, verb: Option<String>) -> Self {
        Self {
            shown: Arc::new(text),
            verb,
        }
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("verb", &self.verb)
            .finish_non_exhaustive()
    }
}

/// Writes what a screen shows to a file; answered with a sentence about it.
#[derive(Debug)]
pub struct WriteFile {
    /// The file.
    pub file: String,
    /// What to write.
    pub export: Export,
    /// The goroutine and frame it speaks of.
    pub at: Standpoint,
}

impl Topic for WriteFile {
    type Answer = String;
    const LONG: Option<&'static str> = Some("writing the file");
}
