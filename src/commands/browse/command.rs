//! The `:` prompt: the commands of `-x`, and their text as lines of a screen.

use crate::answer::Failure;
use crate::question::Question;
use crate::session::{Cursor, Session};
use dumpview_tui::ask::Answer;
use dumpview_tui::screen::Standpoint;
use dumpview_view::text::lines_of;

/// Runs a line, as seen from a goroutine and frame.
///
/// # Errors
///
/// When the line is no command, or has no answer here.
pub fn run(session: &Session<'_>, line: &str, at: Standpoint) -> Result<Answer, Failure> {
    let question = Question::from_script(line)?;
    let mut cursor = Cursor {
        goroutine: at.goroutine,
        frame: at.frame,
    };
    let answer = question.ask(session, &mut cursor)?;
    let moves = matches!(
        question,
        Question::Goroutine { .. }
            | Question::Frame { .. }
            | Question::Up { .. }
            | Question::Down { .. }
    );
    Ok(Answer::Command {
        lines: lines_of(|out| answer.text(out)),
        moved: moves.then_some(Standpoint {
            goroutine: cursor.goroutine,
            frame: cursor.frame,
        }),
    })
}
