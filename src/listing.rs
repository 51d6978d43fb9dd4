//! An answer that is nothing but a table: rows of the registry, and the columns that were asked for.

use crate::answer::{Answer, Failure};
use crate::flags::TableFlags;
use dumpview_model::units::grouped;
use dumpview_view::choice::Choice;
use dumpview_view::column::{Object, Row, chosen};
use dumpview_view::{Role, Table, Text, styled};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::io::{self, Write};

/// Rows of one type.
pub struct Listing<R: Row> {
    rows: Vec<R>,
    choice: Choice<R>,
    /// People see no more unless they say how many.
    most: usize,
    top_was_typed: bool,
}

impl<R: Row> Listing<R> {
    /// The wanted ones of these rows, in the wanted order.
    ///
    /// # Errors
    ///
    /// When the flags cannot be understood, or nothing matches the filter.
    pub fn new(rows: Vec<R>, flags: &TableFlags) -> Result<Self, Failure> {
        let choice = flags.choice()?;
        let rows = choice.choose(rows);
        if rows.is_empty() {
            return Err(Failure::no_answer(format!("no {} matches", R::ONE)));
        }
        Ok(Self {
            rows,
            choice,
            most: usize::MAX,
            top_was_typed: flags.top.is_some(),
        })
    }

    /// The same, of which people see the first `most` unless they say how many; programs get all.
    #[must_use]
    pub fn for_people(self, most: usize) -> Self {
        let most = if self.top_was_typed { usize::MAX } else { most };
        Self { most, ..self }
    }
}

/// The rows as JSON has them.
struct Rows<'a, R: Row>(&'a Listing<R>);

impl<R: Row> Serialize for Rows<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Listing { rows, choice, .. } = self.0;
        match choice.named() {
            None => serializer.collect_seq(rows.iter().map(Object)),
            Some(columns) => serializer.collect_seq(rows.iter().map(|row| chosen(row, columns))),
        }
    }
}

impl<R: Row> Serialize for Listing<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(R::KEY, &Rows(self))?;
        map.end()
    }
}

impl<R: Row> Answer for Listing<R> {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let columns = self.choice.for_people();
        // What a single column holds was asked for: it can be piped as it is.
        if let [column] = columns.as_slice() {
            return self
                .rows
                .iter()
                .try_for_each(|row| out.line(column.text(row)));
        }
        let mut table = Table::new(columns.iter().map(|c| (c.title, c.unit.align())));
        for row in self.rows.iter().take(self.most) {
            table.row(columns.iter().map(|column| column.text(row)));
        }
        table.write(out)?;
        let more = self.rows.len().saturating_sub(self.most);
        if more > 0 {
            let more = format!("{} more; --top 0 shows all", grouped(more as u64));
            out.line(styled(Role::Dim, more))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        let columns = self.choice.for_programs();
        Some(dumpview_view::sink::csv::write(&columns, &self.rows, out))
    }
}
