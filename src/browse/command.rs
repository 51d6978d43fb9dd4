//! The `:` prompt: the commands of `-x`, and their text as lines of a screen.

use crate::answer::{Failure, lines};
use crate::case::core::{Case, Cursor};
use crate::script::Line as Command;
use dumpview_tui::data::command::{RunCommand, Said};
use dumpview_tui::data::page::Standpoint;

/// Runs a line, as seen from a goroutine and frame.
///
/// # Errors
///
/// When the line is no command, or has no answer here.
pub fn run(case: &Case<'_>, asked: &RunCommand) -> Result<Said, Failure> {
    let command = Command::parse(&asked.line)?;
    let mut cursor = Cursor {
        goroutine: asked.at.goroutine,
        frame: asked.at.frame,
    };
    let answer = command.ask(case, &mut cursor)?;
    let moves = command.moves();
    Ok(Said {
        lines: lines(&*answer),
        moved: moves.then_some(Standpoint {
            goroutine: cursor.goroutine,
            frame: cursor.frame,
        }),
        changed: None,
    })
}
