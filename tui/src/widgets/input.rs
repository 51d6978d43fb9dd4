//! A line of text being typed, with history and completion.

use crate::keys::Key;

/// The text and where the next character goes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InputLine {
    text: String,
    /// Byte offset, on a character.
    cursor: usize,
}

impl InputLine {
    /// A line that already says something, the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let cursor = text.len();
        Self { text, cursor }
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub fn before_cursor(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    /// Says something else, the cursor at its end.
    pub fn set(&mut self, text: impl Into<String>) {
        *self = Self::new(text);
    }

    /// Adds what was pasted; only its first line, without control characters.
    pub fn paste(&mut self, text: &str) {
        for c in text.lines().next().unwrap_or_default().chars() {
            self.insert(c);
        }
    }

    fn insert(&mut self, c: char) {
        if !c.is_control() {
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    fn previous(&self) -> usize {
        let before = self.before_cursor().chars().next_back();
        self.cursor - before.map_or(0, char::len_utf8)
    }

    fn next(&self) -> usize {
        let after = self.text.get(self.cursor..).and_then(|t| t.chars().next());
        self.cursor + after.map_or(0, char::len_utf8)
    }

    /// Edits; false when the key is none of a line.
    pub fn edit(&mut self, key: Key) -> bool {
        match key {
            Key::Char(c) => self.insert(c),
            Key::Backspace | Key::Ctrl('h') => {
                let from = self.previous();
                self.text.drain(from..self.cursor);
                self.cursor = from;
            }
            Key::Delete | Key::Ctrl('d') => {
                let to = self.next();
                self.text.drain(self.cursor..to);
            }
            Key::Left | Key::Ctrl('b') => self.cursor = self.previous(),
            Key::Right | Key::Ctrl('f') => self.cursor = self.next(),
            Key::Home | Key::Ctrl('a') => self.cursor = 0,
            Key::End | Key::Ctrl('e') => self.cursor = self.text.len(),
            Key::Ctrl('u') => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            Key::Ctrl('k') => self.text.truncate(self.cursor),
            Key::Ctrl('w') => {
                let kept = self.before_cursor().trim_end();
                let from = kept.rfind(' ').map_or(0, |at| at + 1);
                self.text.drain(from..self.cursor);
                self.cursor = from;
            }
            _ => return false,
        }
        true
    }

    /// Completes the word before the cursor to what all candidates that begin with it share; gives the candidates
    /// when there are several.
    pub fn complete<'c>(&mut self, candidates: &'c [String]) -> Vec<&'c str> {
        let before = self.before_cursor();
        let word = before.rsplit(' ').next().unwrap_or_default();
        let matching: Vec<&str> = candidates
            .iter()
            .map(String::as_str)
            .filter(|candidate| candidate.starts_with(word))
            .collect();
        let Some(first) = matching.first() else {
            return Vec::new();
        };
        let shared = matching.iter().fold(first.len(), |shared, other| {
            let same = first
                .bytes()
                .zip(other.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            shared.min(same)
        });
        let start = self.cursor - word.len();
        let mut replacement = first.get(..shared).unwrap_or(word).to_owned();
        if matching.len() == 1 {
            replacement.push(' ');
        }
        self.text.replace_range(start..self.cursor, &replacement);
        self.cursor = start + replacement.len();
        if matching.len() == 1 {
            Vec::new()
        } else {
            matching
        }
    }
}

/// Lines that were entered before, newest last.
#[derive(Clone, Debug, Default)]
pub struct History {
    lines: Vec<String>,
    /// How far back one is; zero is the line being typed.
    back: usize,
}

impl History {
    /// Keeps a line, unless it is the last one again.
    pub fn push(&mut self, line: &str) {
        if !line.is_empty() && self.lines.last().is_none_or(|last| last != line) {
            self.lines.push(line.to_owned());
        }
        self.back = 0;
    }

    /// The line before; `None` at the oldest.
    pub fn older(&mut self) -> Option<&str> {
        if self.back < self.lines.len() {
            self.back += 1;
        }
        self.at()
    }

    /// The line after; `None` past the newest.
    pub fn newer(&mut self) -> Option<&str> {
        self.back = self.back.saturating_sub(1);
        self.at()
    }

    fn at(&self) -> Option<&str> {
        let index = self.lines.len().checked_sub(self.back)?;
        self.lines.get(index).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_edit_by_characters_not_bytes() {
        let mut line = InputLine::new("añb");
        line.edit(Key::Left);
        line.edit(Key::Backspace);
        line.edit(Key::Char('n'));
        assert_eq!(line.text(), "anb");
        line.edit(Key::End);
        line.edit(Key::Char(' '));
        line.paste("word two\nnot this");
        assert_eq!(line.text(), "anb word two");
        line.edit(Key::Ctrl('w'));
        assert_eq!(line.text(), "anb word ");
        line.edit(Key::Ctrl('u'));
        assert_eq!(line.text(), "");
        assert!(!line.edit(Key::Enter));
    }

    #[test]
    fn completion_goes_as_far_as_all_agree() {
        let words: Vec<String> = ["goroutine", "goroutines", "print"]
            .map(str::to_owned)
            .into();
        let mut line = InputLine::new("go");
        assert_eq!(line.complete(&words), ["goroutine", "goroutines"]);
        assert_eq!(line.text(), "goroutine");
        let mut line = InputLine::new("p");
        assert!(line.complete(&words).is_empty());
        assert_eq!(line.text(), "print ");
        assert!(line.complete(&["cfg".to_owned()]).is_empty());
        assert_eq!(line.text(), "print cfg ");
    }

    #[test]
    fn history_goes_back_and_forth() {
        let mut history = History::default();
        history.push("bt");
        history.push("bt");
        history.push("locals");
        assert_eq!(history.older(), Some("locals"));
        assert_eq!(history.older(), Some("bt"));
        assert_eq!(history.older(), Some("bt"));
        assert_eq!(history.newer(), Some("locals"));
        assert_eq!(history.newer(), None);
    }
}
