//! What is seen to a file: text as it stands on the screen, or the JSON of the verb that says the same.

use crate::answer::{Answer, Failure};
use crate::case::core::{Cursor, Session};
use crate::out::whole;
use crate::script::Line;
use dumpview_tui::screen::Standpoint;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Writes a screen of a core; gives a sentence about it.
///
/// # Errors
///
/// When the file exists or cannot be written, or nothing says the same as JSON.
pub fn of_core(
    session: &Session<'_>,
    file: &str,
    text: &[String],
    verb: Option<&str>,
    at: Standpoint,
) -> Result<String, Failure> {
    if !is_json(file) {
        return as_text(file, text);
    }
    let verb = verb.ok_or_else(no_json)?;
    let question = Line::parse(verb)?;
    let mut cursor = Cursor {
        goroutine: at.goroutine,
        frame: at.frame,
    };
    let answer: Box<dyn Answer> = question.ask(session, &mut cursor)?;
    let mut out = Vec::new();
    whole(
        &session.envelope(question.verb()),
        &session.incomplete(),
        &*answer,
        &mut out,
    )
    .map_err(|error| failure(file, &error))?;
    write(file, &out)?;
    Ok(format!(
        "wrote {file}: the answer of dumpview {verb} --json"
    ))
}

/// Whether a file name asks for JSON.
pub fn is_json(file: &str) -> bool {
    Path::new(file)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// For screens that no verb says the same as.
pub fn no_json() -> Failure {
    Failure::no_answer("no verb says the same as JSON; a name that ends in .txt gets the text")
}

/// Writes lines.
///
/// # Errors
///
/// When the file exists or cannot be written.
pub fn as_text(file: &str, text: &[String]) -> Result<String, Failure> {
    let mut out = text.join("\n");
    out.push('\n');
    write(file, out.as_bytes())?;
    Ok(format!("wrote {file}: {} lines", text.len()))
}

/// A file that is there is never overwritten.
fn write(file: &str, bytes: &[u8]) -> Result<(), Failure> {
    let created = OpenOptions::new().write(true).create_new(true).open(file);
    created
        .and_then(|mut out| out.write_all(bytes))
        .map_err(|error| failure(file, &error))
}

fn failure(file: &str, error: &io::Error) -> Failure {
    let why = if error.kind() == io::ErrorKind::AlreadyExists {
        "exists already; choose another name".to_owned()
    } else {
        error.to_string()
    };
    Failure::no_answer(format!("{file}: {why}"))
}
