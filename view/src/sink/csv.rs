//! Rows as comma-separated values, exact and without units.

use crate::column::{Cell, Column, Row};
use dumpview_model::value::quote::{escape, is_printable};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Lines of comma-separated values on their way out, as RFC 4180 has them but for their ends: a line feed alone.
pub struct Csv<'w> {
    out: &'w mut dyn Write,
    /// The line that is being made: most cells are numbers, and there are millions.
    line: Vec<u8>,
    /// The cell that is being made.
    cell: String,
}

impl<'w> Csv<'w> {
    /// Writes to `out`.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            line: Vec::new(),
            cell: String::new(),
        }
    }

    /// Writes the names of columns.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn head<R: Row>(&mut self, columns: &[&Column<R>]) -> io::Result<()> {
        self.line(columns.iter().map(|column| column.name))
    }

    /// Writes a row.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn row<R: Row>(&mut self, columns: &[&Column<R>], row: &R) -> io::Result<()> {
        for column in columns {
            match (column.get)(row) {
                Cell::Count(n) => {
                    self.line
                        .extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
                }
                Cell::Absent | Cell::Null => {}
                cell => {
                    self.cell.clear();
                    // Writing to a string cannot fail.
                    let _ = write!(self.cell, "{cell}");
                    quote(&self.cell, &mut self.line);
                }
            }
            self.line.push(b',');
        }
        self.end_line()
    }

    /// Writes cells of no record type.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn line<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) -> io::Result<()> {
        for cell in cells {
            quote(cell.as_ref(), &mut self.line);
            self.line.push(b',');
        }
        self.end_line()
    }

    /// The comma behind the last cell becomes the end of the line.
    fn end_line(&mut self) -> io::Result<()> {
        self.line.pop();
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }

    /// Lets out what was written so far.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A cell without what a terminal must not be given; lines and tabs of its own stay.
fn safe(cell: &str) -> Cow<'_, str> {
    let stays = |c: char| matches!(c, '\n' | '\t');
    if cell.chars().all(|c| stays(c) || is_printable(c)) {
        return Cow::Borrowed(cell);
    }
    let mut out = String::with_capacity(cell.len() + 8);
    for part in cell.split_inclusive(stays) {
        let text = part.trim_end_matches(stays);
        out.push_str(&escape(text));
        out.push_str(part.get(text.len()..).unwrap_or_default());
    }
    Cow::Owned(out)
}

/// Adds a cell, in quotes where it would be read as something else without.
fn quote(cell: &str, line: &mut Vec<u8>) {
    let cell = safe(cell);
    if !cell.contains([',', '"', '\n', '\r']) {
        return line.extend_from_slice(cell.as_bytes());
    }
    line.push(b'"');
    line.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
    line.push(b'"');
}

/// Writes names and rows.
///
/// # Errors
///
/// When they cannot be written.
pub fn write<R: Row>(columns: &[&Column<R>], rows: &[R], out: &mut dyn Write) -> io::Result<()> {
    let mut csv = Csv::new(out);
    csv.head(columns)?;
    rows.iter().try_for_each(|row| csv.row(columns, row))?;
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        let mut out = Vec::new();
        let mut csv = Csv::new(&mut out);
        csv.line(["a", "", r#"f("a, b")"#, "two\nlines"]).unwrap();
        csv.line(["1", "\u{1b}]0;x\u{7}\tb\u{202e}\n\r"]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "a,,\"f(\"\"a, b\"\")\",\"two\nlines\"\n1,\"\\x1b]0;x\\a\tb\\u202e\n\\r\"\n"
        );
    }
}
