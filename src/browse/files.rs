//! Files of this machine: opened in an editor, and shown around a line where no process is there to be asked.

use crate::answer::Failure;
use crate::commands::list::{Excerpt, excerpt, on_this_machine};
use crate::flags::Common;
use crate::input::stream::is_plain_file;
use dumpview_tui::data::file::{FilePlace, OpenFile};
use dumpview_tui::data::frames::Source;
use std::path::Path;

/// The file that a place is in. `input` is what the screens were opened on.
///
/// # Errors
///
/// When it is not on this machine, or an editor could not show it at its line.
pub fn open(common: &Common, input: &Path, place: &FilePlace) -> Result<OpenFile, Failure> {
    match place {
        FilePlace::Source { file, line } => {
            let path = on_this_machine(common, file)?;
            Ok(OpenFile {
                // An editor would take a name that begins with a dash for an option.
                path: path.canonicalize().unwrap_or(path),
                line: *line,
            })
        }
        FilePlace::Input { line } => {
            if !is_plain_file(input).unwrap_or(false) {
                let why = "the input is no plain file that an editor could open at a line (e writes it to one)";
                return Err(Failure::no_answer(why));
            }
            Ok(OpenFile {
                path: input.canonicalize().unwrap_or_else(|_| input.to_owned()),
                line: *line,
            })
        }
    }
}

/// The lines around one of a source file; why there are none otherwise.
pub fn around(common: &Common, place: &str, written: &Path) -> Source {
    /// Lines to have before and after the one that is meant, for scrolling.
    const AROUND: u32 = 200;
    let mut source = Source {
        title: "source".to_owned(),
        ..Source::default()
    };
    let Some(FilePlace::Source { file, line }) = FilePlace::of_source(place) else {
        return source;
    };
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    match excerpt(common, file, line, AROUND, written) {
        Ok(excerpt) => show(excerpt, &mut source),
        Err(failure) => source.warning = Some(failure.message.replace("\n\n", "; ")),
    }
    source
}

/// Puts lines of a file where a screen shows source.
pub fn show(excerpt: Excerpt, source: &mut Source) {
    source.title = format!("{}:{}", excerpt.found, excerpt.line);
    source.first = excerpt.lines.first().map_or(1, |line| line.number);
    source.marked = excerpt.line;
    source.warning = excerpt
        .newer_than_core
        .then(|| "this file was changed after the input was written: lines may not fit".to_owned());
    source.lines = excerpt.lines.into_iter().map(|line| line.text).collect();
}
