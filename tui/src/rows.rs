//! Rows of a table, of any number: which of them are wanted and in which order is found out by whoever works, a row is
//! made only where it is looked at.

use crate::ask::Topic;
use crate::data::command::{Form, Print};
use crate::data::text::Direction;
use crate::widgets::list::around;
use crate::widgets::text::padded;
use dumpview_view::column::{Cell, Column, Object, Row, Unit, column};
use dumpview_view::document::Document;
use dumpview_view::filter::Filter;
use dumpview_view::job::{Job, Stopped};
use dumpview_view::json;
use dumpview_view::sink::csv::Csv;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

/// Rows that several hold.
pub type Shared<R> = Arc<dyn Rows<R>>;

/// A provider of rows.
pub trait Rows<R>: Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row, made now.
    fn row(&self, index: usize) -> Option<R>;

    /// What tells a row from others while rows come and go.
    fn id(&self, index: usize) -> u64 {
        index as u64
    }

    /// A cell of a row that need not be made for it: what sorting goes by.
    fn cell(&self, _index: usize, _column: &'static str) -> Option<Cell<'static>> {
        None
    }

    /// Rows of rows: those of `kept` that are alike, put together. `None` when each stands for itself.
    fn grouped(&self, _kept: &[u32]) -> Option<Shared<R>> {
        None
    }
}

/// What the order goes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sort {
    /// The name of a column; absent for the order in which rows come.
    pub by: Option<&'static str>,
    /// The other way round.
    pub descending: bool,
}

/// Filters and sorts rows.
pub struct Arrange<R: Row> {
    /// All of them.
    pub rows: Shared<R>,
    /// Which are wanted.
    pub filter: Option<Arc<Filter<R>>>,
    /// In which order.
    pub sort: Sort,
    /// The row that is looked for among them, by its id.
    pub standing: Option<u64>,
}

/// Rows that were filtered and sorted.
pub struct Arranged<R> {
    /// The rows, put together where they are alike.
    pub rows: Shared<R>,
    /// Their order.
    pub order: Arc<[u32]>,
    /// How many met the filter, each for itself.
    pub kept: usize,
    /// Where the row stands that was looked for.
    pub standing: Option<usize>,
}

/// Progress is told once in so many rows.
const STEP: usize = 1024;

impl<R: Row + Send> Topic for Arrange<R> {
    type Answer = Arranged<R>;
    const LONG: Option<&'static str> = Some("filtering and sorting");

    fn alone(&self, job: &Job) -> Option<Result<Self::Answer, String>> {
        Some(self.arranged(job).map_err(|stopped| stopped.to_string()))
    }
}

impl<R: Row> fmt::Debug for Arrange<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arrange {} {} {:?}", self.rows.len(), R::KEY, self.sort)
    }
}

impl<R: Row> Arrange<R> {
    /// Does it.
    ///
    /// # Errors
    ///
    /// When the job was stopped.
    pub fn arranged(&self, job: &Job) -> Result<Arranged<R>, Stopped> {
        let len = self.rows.len();
        let mut kept: Vec<u32> = Vec::with_capacity(len);
        for (at, index) in (0..len).zip(0u32..) {
            if at.is_multiple_of(STEP) {
                job.advance(at, len)?;
            }
            let Some(filter) = &self.filter else {
                kept.push(index);
                continue;
            };
            if self.rows.row(at).is_some_and(|row| filter.holds(&row)) {
                kept.push(index);
            }
        }
        let count = kept.len();
        let (rows, mut order) = match self.rows.grouped(&kept) {
            Some(groups) => {
                let order = (0..groups.len()).zip(0u32..).map(|(_, index)| index);
                let order = order.collect();
                (groups, order)
            }
            None => (Arc::clone(&self.rows), kept),
        };
        match self.sort.by.and_then(column::<R>) {
            Some(column) => sort(&*rows, &mut order, column, self.sort.descending, job)?,
            None if self.sort.descending => order.reverse(),
            None => {}
        }
        let place = |id| {
            let mut order = order.iter();
            order.position(|index| rows.id(*index as usize) == id)
        };
        Ok(Arranged {
            standing: self.standing.and_then(place),
            rows,
            order: order.into(),
            kept: count,
        })
    }
}

/// Sorts by a column; equals keep the order in which they came. Texts are compared once each, not once a comparison:
/// many rows have the same.
fn sort<R: Row>(
    rows: &dyn Rows<R>,
    order: &mut [u32],
    column: &'static Column<R>,
    descending: bool,
    job: &Job,
) -> Result<(), Stopped> {
    let is_text = matches!(column.unit, Unit::Text | Unit::Tree);
    let mut texts: HashMap<String, u64> = HashMap::new();
    let mut keyed: Vec<(Key, u32)> = Vec::with_capacity(order.len());
    for (at, index) in order.iter().enumerate() {
        if at.is_multiple_of(STEP) {
            job.advance(at, order.len())?;
        }
        let cell = rows.cell(*index as usize, column.name).or_else(|| {
            let row = rows.row(*index as usize);
            row.map(|row| (column.get)(&row).into_owned())
        });
        let key = match cell.unwrap_or(Cell::Absent) {
            cell if cell.is_none() => Key::None,
            Cell::Count(n) | Cell::Address(n) => Key::Number(n),
            cell if is_text => {
                let next = texts.len() as u64;
                Key::Number(*texts.entry(cell.to_string()).or_insert(next))
            }
            cell => Key::Cell(Box::new(cell)),
        };
        keyed.push((key, *index));
    }
    if is_text {
        let mut sorted: Vec<(&String, u64)> = texts.iter().map(|(text, n)| (text, *n)).collect();
        sorted.sort_unstable();
        let mut ranks: Vec<u64> = vec![0; sorted.len()];
        for (rank, (_, number)) in (0u64..).zip(sorted) {
            if let Some(slot) = usize::try_from(number).ok().and_then(|n| ranks.get_mut(n)) {
                *slot = rank;
            }
        }
        for (key, _) in &mut keyed {
            if let Key::Number(number) = key {
                let rank = usize::try_from(*number).ok().and_then(|n| ranks.get(n));
                *number = rank.copied().unwrap_or(0);
            }
        }
    }
    job.advance(order.len(), order.len())?;
    keyed.sort_by(|(a, _), (b, _)| if descending { b.order(a) } else { a.order(b) });
    for (slot, (_, index)) in order.iter_mut().zip(keyed) {
        *slot = index;
    }
    Ok(())
}

/// What rows are sorted by: most columns hold numbers, and there may be millions of rows.
enum Key {
    None,
    Number(u64),
    Cell(Box<Cell<'static>>),
}

impl Key {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::None, Self::None) => Ordering::Equal,
            (Self::None, _) => Ordering::Less,
            (_, Self::None) => Ordering::Greater,
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Cell(a), Self::Cell(b)) => a.order(b),
            (Self::Number(a), Self::Cell(b)) => Cell::Count(*a).order(b),
            (Self::Cell(a), Self::Number(b)) => a.order(&Cell::Count(*b)),
        }
    }
}

/// Looks for the next row that holds a text in what people see of it, once around.
pub struct FindRow<R> {
    /// Where to look.
    pub among: Arc<Arranged<R>>,
    /// The text, in lower case.
    pub word: String,
    /// The row from which on is looked, which comes last.
    pub from: usize,
    /// Where to go on.
    pub direction: Direction,
}

impl<R: Row + Send> Topic for FindRow<R> {
    type Answer = Option<usize>;
    const LONG: Option<&'static str> = Some("searching rows");

    fn alone(&self, job: &Job) -> Option<Result<Self::Answer, String>> {
        Some(self.found(job).map_err(|stopped| stopped.to_string()))
    }
}

impl<R> fmt::Debug for FindRow<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FindRow {:?} from {}", self.word, self.from)
    }
}

impl<R: Row> FindRow<R> {
    /// Looks.
    ///
    /// # Errors
    ///
    /// When the job was stopped.
    pub fn found(&self, job: &Job) -> Result<Option<usize>, Stopped> {
        let Arranged { rows, order, .. } = &*self.among;
        let holds = |row: &R| {
            R::COLUMNS
                .iter()
                .any(|column| column.text(row).to_lowercase().contains(&self.word))
        };
        for (step, at) in around(order.len(), self.from, self.direction).enumerate() {
            if step.is_multiple_of(STEP) {
                job.advance(step, order.len())?;
            }
            let index = order.get(at).copied().unwrap_or(u32::MAX);
            if rows.row(index as usize).is_some_and(|row| holds(&row)) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

/// What a table shows, for a file.
pub struct Printed<R: Row> {
    /// What stands above it.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Arc<Arranged<R>>,
    /// The columns that people see.
    pub columns: Vec<&'static Column<R>>,
}

impl<R: Row> Printed<R> {
    fn each(&self) -> impl Iterator<Item = R> + '_ {
        let order = self.rows.order.iter();
        order.filter_map(|index| self.rows.rows.row(*index as usize))
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        use unicode_width::UnicodeWidthStr;
        let cells = |row: &R| -> Vec<String> {
            let cells = self.columns.iter().map(|column| column.text(row));
            cells
                .map(|cell| dumpview_view::safe::safe(&cell).into_owned())
                .collect()
        };
        let mut widths: Vec<usize> = self.columns.iter().map(|c| c.title.width()).collect();
        for row in self.each() {
            for (width, cell) in widths.iter_mut().zip(cells(&row)) {
                *width = cell.width().max(*width);
            }
        }
        for line in &self.head {
            writeln!(out, "{line}")?;
        }
        let line = |cells: Vec<String>| {
            let cells = cells.iter().zip(&self.columns).zip(&widths);
            let cells: Vec<String> = cells
                .map(|((cell, column), width)| padded(cell, *width, column.unit.align()))
                .collect();
            cells.join("  ").trim_end().to_owned()
        };
        let titles = self
            .columns
            .iter()
            .map(|column| column.title.to_uppercase());
        writeln!(out, "{}", line(titles.collect()))?;
        for row in self.each() {
            writeln!(out, "{}", line(cells(&row)))?;
        }
        Ok(())
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut document = Document::bare(out);
        document.list(R::KEY)?;
        for row in self.each() {
            document.element(&json::bytes(&Object(&row))?)?;
        }
        document.end_list()?;
        document.end()
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns: Vec<&Column<R>> = R::COLUMNS.iter().collect();
        let mut csv = Csv::new(out);
        csv.head(&columns)?;
        self.each().try_for_each(|row| csv.row(&columns, &row))?;
        csv.flush()
    }
}

impl<R: Row> Print for Printed<R> {
    fn print(&self, form: Form, out: &mut dyn Write) -> io::Result<Option<usize>> {
        match form {
            Form::Text => self.text(out)?,
            Form::Json => self.json(out)?,
            Form::Csv => self.csv(out)?,
        }
        Ok(Some(self.rows.order.len()))
    }
}
