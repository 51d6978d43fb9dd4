//! The `:` prompt: the commands of `-x`, and their text as lines of a screen.

use crate::answer::Failure;
use crate::question::Question;
use crate::session::{Cursor, Session};
use crate::text::{Role as TextRole, Text};
use dumpview_tui::ask::Answer;
use dumpview_tui::line::{Line, Role};
use dumpview_tui::screen::Standpoint;

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
    let mut text = Vec::new();
    answer
        .text(&mut Text::new(&mut text))
        .map_err(|error| Failure::no_answer(error.to_string()))?;
    Ok(Answer::Command {
        lines: lines(&String::from_utf8_lossy(&text)),
        moved: moves.then_some(Standpoint {
            goroutine: cursor.goroutine,
            frame: cursor.frame,
        }),
    })
}

/// Text of a command as lines: its styles become roles again. Strings of the dump in it are escaped already, so every
/// escape sequence is one of ours.
pub fn lines(text: &str) -> Vec<Line> {
    let mut role = Role::Plain;
    text.lines()
        .map(|text| {
            let mut line = Line::default();
            for (index, piece) in text.split('\x1b').enumerate() {
                let rest = match piece.split_once('m').filter(|_| index > 0) {
                    Some((codes, rest)) => {
                        role = role_of(codes, role);
                        rest
                    }
                    None => piece,
                };
                if !rest.is_empty() {
                    line.push(role, rest.to_owned());
                }
            }
            line
        })
        .collect()
}

/// The role of a sequence, `[1` or `[31`; several of them in a row add up to the most telling one.
fn role_of(codes: &str, before: Role) -> Role {
    if matches!(codes, "[0" | "[") {
        return Role::Plain;
    }
    let all = [
        (TextRole::Heading, Role::Heading),
        (TextRole::Alarm, Role::Alarm),
        (TextRole::Name, Role::Name),
        (TextRole::Dim, Role::Dim),
    ];
    let found = all.into_iter().find(|(styled, _)| {
        let style = crate::text::styled(*styled, "");
        style.to_string().contains(&format!("\x1b{codes}m"))
    });
    match (found, before) {
        // Alarm is bold and red: what came first is not lost to what comes second.
        (Some((_, Role::Heading)), Role::Alarm) => Role::Alarm,
        (_, Role::Heading) if codes.starts_with("[3") => Role::Alarm,
        (Some((_, role)), _) => role,
        (None, role) => role,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::styled;

    #[test]
    fn styles_become_roles_again() {
        for (text, role) in [
            (TextRole::Heading, Role::Heading),
            (TextRole::Alarm, Role::Alarm),
            (TextRole::Name, Role::Name),
            (TextRole::Dim, Role::Dim),
        ] {
            let printed = format!("{}, and plain\nnext", styled(text, "this"));
            let lines = lines(&printed);
            assert_eq!(lines.len(), 2);
            assert_eq!(lines[0].text(), "this, and plain");
            assert_eq!(lines[0].spans[0].role, role);
            assert_eq!(lines[0].spans[1].role, Role::Plain);
        }
    }
}
