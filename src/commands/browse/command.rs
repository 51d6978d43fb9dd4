//! The `:` prompt: the commands of `-x`, and their text as lines of a screen.

use crate::answer::{Failure, lines};
use crate::case::core::{Cursor, Session};
use crate::script::Line as Command;
use dumpview_tui::ask::Answer;
use dumpview_tui::screen::Standpoint;

/// Runs a line, as seen from a goroutine and frame.
///
/// # Errors
///
/// When the line is no command, or has no answer here.
pub fn run(session: &Session<'_>, line: &str, at: Standpoint) -> Result<Answer, Failure> {
    let command = Command::parse(line)?;
    let mut cursor = Cursor {
        goroutine: at.goroutine,
        frame: at.frame,
    };
    let answer = command.ask(session, &mut cursor)?;
    let moves = command.moves();
    Ok(Answer::Command {
        lines: lines(&*answer),
        moved: moves.then_some(Standpoint {
            goroutine: cursor.goroutine,
            frame: cursor.frame,
        }),
    })
}
