//! What is seen to a file: as it stands on the screen, as its registry of columns says it, or the JSON of the verb that says
//! the same.

use crate::answer::Failure;
use crate::case::core::{Case, Cursor};
use crate::input::io_words;
use crate::out::whole;
use crate::script::Line;
use dumpview_tui::data::command::{Form, WriteFile};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};

/// Writes a screen of a core; gives a sentence about it. What has no JSON of its own is written as the verb says it.
///
/// # Errors
///
/// When the file exists or cannot be written, or nothing says the same in the form that is asked for.
pub fn of_core(case: &Case<'_>, write: &WriteFile) -> Result<String, Failure> {
    if let Some(said) = shown(write)? {
        return Ok(said);
    }
    let verb = write.export.verb.as_deref();
    let verb = verb.filter(|_| Form::of(&write.file) == Form::Json);
    let verb = verb.ok_or_else(no_such_form)?;
    let question = Line::parse(verb)?;
    let mut cursor = Cursor {
        goroutine: write.at.goroutine,
        frame: write.at.frame,
    };
    let answer = question.ask(case, &mut cursor)?;
    let file = &write.file;
    let mut out = create(file)?;
    whole(
        &case.envelope(question.verb()),
        &case.incomplete(),
        &*answer,
        &mut out,
    )
    .and_then(|()| out.flush())
    .map_err(|error| failure(file, &error))?;
    Ok(format!(
        "wrote {file}: the answer of dumpview {verb} --json"
    ))
}

/// For what no screen and no verb has.
pub fn no_such_form() -> Failure {
    Failure::no_answer("this has no such form; a name that ends in .txt gets the text")
}

/// Writes what a screen shows; gives a sentence about it, or nothing when it has no such form.
///
/// # Errors
///
/// When the file exists or cannot be written.
pub fn shown(write: &WriteFile) -> Result<Option<String>, Failure> {
    let file = &write.file;
    let form = Form::of(file);
    let mut out = create(file)?;
    let printed = write.export.shown.print(form, &mut out);
    let printed = printed.and_then(|printed| out.flush().map(|()| printed));
    let Some(n) = printed.map_err(|error| failure(file, &error))? else {
        // Nothing was written into it.
        let _ = std::fs::remove_file(file);
        return Ok(None);
    };
    let what = if form == Form::Text { "lines" } else { "rows" };
    Ok(Some(format!("wrote {file}: {n} {what}")))
}

/// A file that is there is never overwritten.
fn create(file: &str) -> Result<BufWriter<File>, Failure> {
    let created = OpenOptions::new().write(true).create_new(true).open(file);
    created
        .map(BufWriter::new)
        .map_err(|error| failure(file, &error))
}

fn failure(file: &str, error: &io::Error) -> Failure {
    let why = if error.kind() == io::ErrorKind::AlreadyExists {
        "exists already; choose another name".to_owned()
    } else {
        io_words(error)
    };
    Failure::no_answer(format!("{file}: {why}"))
}
