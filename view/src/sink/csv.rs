//! Rows as comma-separated values, exact and without units.

use crate::column::{Cell, Column, Row};
use std::fmt::Write as _;
use std::io::{self, Write};

/// The system's own error, so that a reader that left is told from a full disk.
fn system(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// Lines of comma-separated values on their way out.
pub struct Csv<'w> {
    out: csv::Writer<&'w mut dyn Write>,
    /// The cell that is being written: most are numbers, and there are millions.
    cell: String,
}

impl<'w> Csv<'w> {
    /// Writes to `out`.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out: csv::Writer::from_writer(out),
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
                Cell::Count(n) => self
                    .out
                    .write_field(itoa::Buffer::new().format(n))
                    .map_err(system)?,
                Cell::Absent | Cell::Null => self.out.write_field("").map_err(system)?,
                cell => {
                    self.cell.clear();
                    // Writing to a string cannot fail.
                    let _ = write!(self.cell, "{cell}");
                    self.out.write_field(&self.cell).map_err(system)?;
                }
            }
        }
        self.out.write_record(None::<&[u8]>).map_err(system)
    }

    /// Writes cells of no record type.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn line<C: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = C>) -> io::Result<()> {
        self.out.write_record(cells).map_err(system)
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
