//! Where a verb writes its lines, whichever sink they go to.

use crate::line::Line;
use std::io;

/// Something that takes lines in order: a terminal, a stream, the lines of a screen.
pub trait Lines {
    /// Takes the next line.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn line(&mut self, line: Line) -> io::Result<()>;
}

/// Lines kept in memory, as a screen wants them.
impl Lines for Vec<Line> {
    fn line(&mut self, line: Line) -> io::Result<()> {
        self.push(line);
        Ok(())
    }
}

/// The text of an answer on its way out. Strings in it may come from a dump as they are: the sink escapes them.
pub struct Text<'l> {
    lines: &'l mut dyn Lines,
}

impl<'l> Text<'l> {
    /// Text that goes to `lines`.
    pub fn new(lines: &'l mut dyn Lines) -> Self {
        Self { lines }
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn line(&mut self, line: impl Into<Line>) -> io::Result<()> {
        self.lines.line(line.into())
    }

    /// Adds the lines of a text that was laid out over several, each behind `indent`.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn block(&mut self, indent: &str, text: &str) -> io::Result<()> {
        text.lines()
            .try_for_each(|line| self.line(format!("{indent}{line}")))
    }

    /// Adds an empty line.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn blank(&mut self) -> io::Result<()> {
        self.lines.line(Line::default())
    }
}

/// What `print` writes, as lines.
pub fn lines_of(print: impl FnOnce(&mut Text<'_>) -> io::Result<()>) -> Vec<Line> {
    let mut lines = Vec::new();
    // Keeping a line in memory does not fail.
    let _ = print(&mut Text::new(&mut lines));
    lines
}
