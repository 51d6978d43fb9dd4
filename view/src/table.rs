//! Columns: each as wide as its widest cell, the last one ragged.

use crate::line::Line;
use crate::safe::safe;
use crate::text::Text;
use std::borrow::Cow;
use std::io;
use unicode_width::UnicodeWidthStr;

/// Which side of a column its cells lean to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows of plain cells under headings.
pub struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these headings.
    pub fn new(columns: impl IntoIterator<Item = (&'static str, Align)>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // Escaped here already, since an escaped cell is wider than the cell.
        let cells = cells.into_iter().map(|cell| match safe(&cell) {
            Cow::Borrowed(_) => cell,
            Cow::Owned(escaped) => escaped,
        });
        self.rows.push(cells.collect());
    }

    /// Writes headings and rows.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write(&self, out: &mut Text<'_>) -> io::Result<()> {
        let heading = |index: usize| self.columns.get(index).map_or("", |(name, _)| *name);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|index| {
                let cells = self
                    .rows
                    .iter()
                    .filter_map(|row| row.get(index))
                    .map(|cell| cell.width());
                cells.max().unwrap_or(0).max(heading(index).width())
            })
            .collect();
        let mut write = |cells: &dyn Fn(usize) -> String| -> io::Result<()> {
            let mut line = String::new();
            for (index, ((_, align), width)) in self.columns.iter().zip(&widths).enumerate() {
                let cell = cells(index);
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                if index > 0 {
                    line.push_str("  ");
                }
                match align {
                    Align::Left => line.extend([cell, pad]),
                    Align::Right => line.extend([pad, cell]),
                }
            }
            out.line(Line::plain(line.trim_end().to_owned()))
        };
        write(&|index| heading(index).to_owned())?;
        for row in &self.rows {
            write(&|index| row.get(index).cloned().unwrap_or_default())?;
        }
        Ok(())
    }
}
