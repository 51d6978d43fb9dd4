//! Rows as comma-separated values, exact and without units.

use crate::column::{Column, Row};
use std::io::{self, Write};

/// Cells of no record type.
///
/// # Errors
///
/// When they cannot be written.
pub fn line<C: AsRef<[u8]>>(
    cells: impl IntoIterator<Item = C>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = csv::Writer::from_writer(out);
    line.write_record(cells)?;
    line.flush()
}

/// The names of columns.
///
/// # Errors
///
/// When they cannot be written.
pub fn head<R: Row>(columns: &[&Column<R>], out: &mut dyn Write) -> io::Result<()> {
    line(columns.iter().map(|column| column.name), out)
}

/// A row.
///
/// # Errors
///
/// When it cannot be written.
pub fn row<R: Row>(columns: &[&Column<R>], row: &R, out: &mut dyn Write) -> io::Result<()> {
    let cells = columns.iter().map(|column| (column.get)(row).to_string());
    line(cells, out)
}

/// Names and rows.
///
/// # Errors
///
/// When they cannot be written.
pub fn write<R: Row>(columns: &[&Column<R>], rows: &[R], out: &mut dyn Write) -> io::Result<()> {
    head(columns, out)?;
    rows.iter().try_for_each(|one| row(columns, one, out))
}
