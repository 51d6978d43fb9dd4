//! Text with meaning: what screens are made of before anybody knows colours or widths.
//!
//! Strings in here may come from a dump as they are: they are escaped once, where they are drawn or exported.

use crate::safe::safe;
use std::borrow::Cow;
use std::fmt;
use unicode_width::UnicodeWidthStr;

/// What a piece of text is. The theme decides how that looks; meaning never rests on colour alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Plain,
    /// Less important: addresses, folded lines, hints.
    Dim,
    /// A heading.
    Heading,
    /// The thing that matters most: a reason of death.
    Alarm,
    /// Worth a look.
    Warning,
    /// In order.
    Good,
    /// A name of a function.
    Name,
    /// A type.
    Type,
    /// A number or another scalar.
    Number,
    /// A string.
    Text,
    /// A key to press.
    Key,
    /// A bar of a series, numbered; eight differ.
    Series(u8),
}

/// A piece of text and what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// The text.
    pub text: Cow<'static, str>,
    /// What it is.
    pub role: Role,
}

/// One line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// Its pieces from left to right.
    pub spans: Vec<Span>,
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::plain(text.to_owned())
    }
}

impl From<&String> for Line {
    fn from(text: &String) -> Self {
        Self::plain(text.clone())
    }
}

impl From<Cow<'_, str>> for Line {
    fn from(text: Cow<'_, str>) -> Self {
        Self::plain(text.into_owned())
    }
}

impl From<fmt::Arguments<'_>> for Line {
    fn from(text: fmt::Arguments<'_>) -> Self {
        Self::plain(text.to_string())
    }
}

impl Line {
    /// A line of one piece.
    pub fn new(role: Role, text: impl Into<Cow<'static, str>>) -> Self {
        Self::default().and(role, text)
    }

    /// Ordinary text.
    pub fn plain(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Role::Plain, text)
    }

    /// With another piece at its end.
    pub fn and(mut self, role: Role, text: impl Into<Cow<'static, str>>) -> Self {
        self.push(role, text);
        self
    }

    /// Adds a piece at its end.
    pub fn push(&mut self, role: Role, text: impl Into<Cow<'static, str>>) {
        let text = text.into();
        self.spans.push(Span { text, role });
    }

    /// The text alone, safe to print.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| safe(&span.text)).collect()
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| safe(&span.text).width()).sum()
    }

    /// Broken at spaces (or anywhere, where a word is too long) into lines of at most `width` columns; all but the
    /// first are indented.
    pub fn wrapped(&self, width: usize, indent: usize) -> Vec<Self> {
        let width = width.max(indent + 8);
        let mut lines = Vec::new();
        let mut line = Self::default();
        let mut used = 0;
        for span in &self.spans {
            let text = safe(&span.text);
            for word in text.split_inclusive(' ') {
                if used + word.trim_end().width() > width && used > indent {
                    lines.push(std::mem::take(&mut line).without_blanks_at_the_end());
                    line.push(Role::Plain, " ".repeat(indent));
                    used = indent;
                }
                let mut rest = word;
                while used + rest.trim_end().width() > width {
                    let (head, tail) = split_at_width(rest, width.saturating_sub(used).max(1));
                    line.push(span.role, head.to_owned());
                    lines.push(std::mem::take(&mut line));
                    line.push(Role::Plain, " ".repeat(indent));
                    used = indent;
                    rest = tail;
                }
                used += rest.width();
                line.push(span.role, rest.to_owned());
            }
        }
        lines.push(line);
        lines
    }

    fn without_blanks_at_the_end(mut self) -> Self {
        if let Some(last) = self.spans.last_mut() {
            let kept = last.text.trim_end_matches(' ').len();
            last.text.to_mut().truncate(kept);
        }
        self
    }
}

/// A line of one piece, from anything that can be shown.
pub fn styled(role: Role, text: impl fmt::Display) -> Line {
    Line::new(role, text.to_string())
}

/// Splits text so that the first part takes at most `width` columns, but at least one character.
pub fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        let mut buffer = [0; 4];
        used += (*c.encode_utf8(&mut buffer)).width();
        if used > width && at > 0 {
            return text.split_at(at);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_break_at_spaces_and_words_that_are_too_long_anywhere() {
        let line = Line::new(Role::Alarm, "panic: one two").and(Role::Plain, " threeandmuchmore");
        let texts: Vec<String> = line.wrapped(12, 2).iter().map(Line::text).collect();
        assert_eq!(texts, ["panic: one", "  two", "  threeandmu", "  chmore"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(split_at_width("日本語", 5), ("日本", "語"));
        assert_eq!(split_at_width("日", 1), ("日", ""));
    }
}
