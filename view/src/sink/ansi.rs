//! Lines to a stream, with escape sequences for their roles when the stream's reader understands them.
//!
//! This is the only place that writes a verb's text, so it is the only place that has to escape it.

use crate::line::{Line, Role};
use crate::safe::safe;
use crate::text::Lines;
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

/// Whether roles become escape sequences.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Styles {
    /// They do: the stream is a terminal that shows colours.
    Ansi,
    /// They vanish.
    None,
}

/// Lines to a stream.
pub struct Ansi<'w> {
    out: &'w mut dyn Write,
    styles: Styles,
}

impl<'w> Ansi<'w> {
    /// Writes to `out`.
    pub fn new(out: &'w mut dyn Write, styles: Styles) -> Self {
        Self { out, styles }
    }
}

/// How a role looks in the sixteen colours that every colour terminal has. Meaning never rests on colour alone.
const fn style(role: Role) -> Style {
    match role {
        Role::Heading => Style::new().bold(),
        Role::Alarm => AnsiColor::Red.on_default().bold(),
        Role::Warning => AnsiColor::Yellow.on_default().bold(),
        Role::Name | Role::Key => AnsiColor::Cyan.on_default(),
        Role::Dim => Style::new().dimmed(),
        Role::Good => AnsiColor::Green.on_default(),
        Role::Plain | Role::Type | Role::Number | Role::Text | Role::Series(_) => Style::new(),
    }
}

impl Lines for Ansi<'_> {
    fn line(&mut self, line: Line) -> io::Result<()> {
        for span in &line.spans {
            let text = safe(&span.text);
            match self.styles {
                Styles::None => self.out.write_all(text.as_bytes())?,
                Styles::Ansi => {
                    let style = style(span.role);
                    write!(self.out, "{style}{text}{style:#}")?;
                }
            }
        }
        self.out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn roles_are_sequences_only_where_they_are_understood_and_text_is_always_escaped() {
        let line = Line::new(Role::Alarm, "died\u{202e}").and(Role::Plain, " here\n");
        let mut out = Vec::new();
        for styles in [Styles::None, Styles::Ansi] {
            Text::new(&mut Ansi::new(&mut out, styles))
                .line(line.clone())
                .unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "died\\u202e here\\n\n\u{1b}[1m\u{1b}[31mdied\\u202e\u{1b}[0m here\\n\n"
        );
    }
}
