//! Where answers go. This is the only place that writes to stdout.

use crate::answer::{Answer, Failure, Stop};
use crate::flags::{ColorChoice, Common};
use crate::talk::complain;
use anstream::AutoStream;
use dumpview_view::choice::Choice;
use dumpview_view::column::{Cell, Column, Object, Row, chosen};
use dumpview_view::document::{Document, Envelope, Incomplete};
use dumpview_view::json;
use dumpview_view::sink::ansi::{Ansi, Styles};
use dumpview_view::sink::csv::Csv;
use dumpview_view::sink::html::Html;
use dumpview_view::sink::markdown::Markdown;
use dumpview_view::{Table, Text};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// The form of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// For people.
    Text,
    /// One document.
    Json,
    /// The rows of its table.
    Csv,
}

/// How the text for people is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Look {
    /// On a terminal, or as plain text.
    Text(Styles),
    /// To be pasted into an issue.
    Markdown,
    /// A page that stands alone.
    Html,
}

impl Look {
    fn of(common: &Common) -> Self {
        match (common.markdown, common.html) {
            (true, _) => Self::Markdown,
            (false, true) => Self::Html,
            (false, false) => Self::Text(styles(common.color)),
        }
    }

    fn write(
        self,
        to: &mut dyn Write,
        print: impl FnOnce(&mut Text<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            Self::Text(styles) => print(&mut Text::new(&mut Ansi::new(to, styles))),
            Self::Markdown => {
                let mut sink = Markdown::new(to);
                print(&mut Text::new(&mut sink))?;
                sink.end()
            }
            Self::Html => {
                let mut sink = Html::begin(to, "dumpview")?;
                print(&mut Text::new(&mut sink))?;
                sink.end()
            }
        }
    }
}

/// Where an answer goes, and in which form.
pub struct Out<'o> {
    to: &'o mut dyn Write,
    form: Form,
    look: Look,
    quiet: bool,
}

/// Whether stdout gets colours.
fn styles(color: ColorChoice) -> Styles {
    let choice = match color {
        ColorChoice::Auto => AutoStream::choice(&io::stdout()),
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    match choice {
        anstream::ColorChoice::Never => Styles::None,
        _ => Styles::Ansi,
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    envelope: &'a Envelope,
    #[serde(flatten)]
    answer: &'a dyn Answer,
    incomplete: Lacks<'a>,
}

/// What the input lacks and what the answer does; the latter is known when it has been written.
struct Lacks<'a> {
    input: &'a [Incomplete],
    answer: &'a dyn Answer,
}

impl Serialize for Lacks<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.input.iter().chain(&self.answer.lacks()))
    }
}

impl<'o> Out<'o> {
    /// Writes to `to` in the form that was asked for.
    pub fn new(to: &'o mut dyn Write, common: &Common) -> Self {
        Self {
            to,
            form: match (common.json, common.csv) {
                (true, _) => Form::Json,
                (false, true) => Form::Csv,
                (false, false) => Form::Text,
            },
            look: Look::of(common),
            quiet: common.quiet,
        }
    }

    /// The form that was asked for.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Whether people read it on a terminal, which shows no files of other programs.
    pub fn is_on_terminal(&self) -> bool {
        self.form == Form::Text && io::stdout().is_terminal()
    }

    /// Says something on stderr, unless nothing but the answer is wanted.
    pub fn complain(&self, message: &str) {
        if !self.quiet {
            complain(message);
        }
    }

    /// Says on stderr what an answer about `name` lacks.
    pub fn complain_of(&self, name: &str, incomplete: &[Incomplete]) {
        for lacks in incomplete {
            self.complain(&format!("{name}: {}", lacks.why));
        }
    }

    /// Writes for people.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn text(&mut self, print: impl FnOnce(&mut Text<'_>) -> io::Result<()>) -> io::Result<()> {
        self.look.write(self.to, print)
    }

    /// The stream itself, for formats of others (SARIF, GitHub's commands).
    pub fn raw(&mut self) -> &mut dyn Write {
        self.to
    }

    /// Writes an answer that is there as a whole.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or has no table and CSV was asked for.
    pub fn whole(
        &mut self,
        envelope: &Envelope,
        incomplete: &[Incomplete],
        answer: &dyn Answer,
    ) -> Result<(), Stop> {
        match self.form {
            Form::Json => whole(envelope, incomplete, answer, self.to)?,
            Form::Csv => answer.csv(self.to).ok_or_else(|| {
                Failure::usage("--csv: this answer is no table\n\nhint: --json has all of it")
            })??,
            Form::Text => self.text(|out| answer.text(out))?,
        }
        Ok(())
    }

    /// Begins an answer whose rows come one by one.
    pub fn stream<'s, R: Row>(
        &'s mut self,
        envelope: Envelope,
        choice: &'s Choice<R>,
    ) -> Stream<'s, R> {
        let columns = match self.form {
            Form::Text => choice.for_people(),
            Form::Json | Form::Csv => choice.for_programs(),
        };
        let to = match self.form {
            Form::Json => To::Json(Start::Waits(self.to, envelope)),
            Form::Csv => To::Csv(Box::new(Csv::new(self.to)), Heading::Due),
            Form::Text if choice.asks_for_table() => To::Table(
                self.to,
                self.look,
                Table::new(columns.iter().map(|c| (c.title, c.unit.align()))),
            ),
            Form::Text => To::Report(self.to, self.look),
        };
        Stream {
            choice,
            columns,
            to,
            held: Vec::new(),
            rows: 0,
        }
    }
}

/// Writes the document of an answer that is there as a whole.
///
/// # Errors
///
/// When it cannot be written.
pub fn whole(
    envelope: &Envelope,
    incomplete: &[Incomplete],
    answer: &dyn Answer,
    out: &mut dyn Write,
) -> io::Result<()> {
    let whole = Whole {
        envelope,
        answer,
        incomplete: Lacks {
            input: incomplete,
            answer,
        },
    };
    json::write(&mut *out, &whole)?;
    out.write_all(b"\n")
}

/// A document that has to be begun: its head waits for the first row, so that an input without any gives no half
/// document.
enum Start<'s> {
    Waits(&'s mut dyn Write, Envelope),
    Began(Document<'s>),
    /// Between the two.
    Moving,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    Due,
    Written,
}

enum To<'s> {
    Json(Start<'s>),
    Csv(Box<Csv<'s>>, Heading),
    /// People asked for columns, an order or a part of the rows: they get the table.
    Table(&'s mut dyn Write, Look, Table),
    /// Rows are not shown one by one.
    Report(&'s mut dyn Write, Look),
}

/// A row in the form in which it will be written.
enum Made {
    Bytes(Vec<u8>),
    Cells(Vec<String>),
}

/// An answer whose rows come one by one.
pub struct Stream<'s, R: Row> {
    choice: &'s Choice<R>,
    columns: Vec<&'static Column<R>>,
    to: To<'s>,
    /// Rows that wait for their order.
    held: Vec<(Cell<'static>, Made)>,
    rows: usize,
}

impl<R: Row> Stream<'_, R> {
    /// Takes a row.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn row(&mut self, row: &R) -> io::Result<()> {
        if matches!(self.to, To::Report(..)) || !self.choice.wants(row) {
            return Ok(());
        }
        let key = self.choice.key(row);
        if key.is_none() && self.choice.top().is_some_and(|top| self.rows >= top) {
            return Ok(());
        }
        self.rows += 1;
        match key {
            Some(key) => {
                let made = self.make(row)?;
                self.held.push((key, made));
                Ok(())
            }
            None => self.write(row),
        }
    }

    /// A row in the form in which it will be written, to be kept until its turn.
    fn make(&self, row: &R) -> io::Result<Made> {
        Ok(match &self.to {
            To::Json(_) if self.choice.named().is_none() => Made::Bytes(json::bytes(&Object(row))?),
            To::Json(_) => Made::Bytes(json::bytes(&chosen(row, &self.columns))?),
            To::Csv(..) => {
                let cells = self.columns.iter().map(|c| (c.get)(row).to_string());
                Made::Cells(cells.collect())
            }
            To::Table(..) | To::Report(..) => {
                Made::Cells(self.columns.iter().map(|c| c.text(row)).collect())
            }
        })
    }

    fn write(&mut self, row: &R) -> io::Result<()> {
        if let To::Csv(csv, heading) = &mut self.to {
            begin(csv, heading, &self.columns)?;
            return csv.row(&self.columns, row);
        }
        let made = self.make(row)?;
        self.give(made)
    }

    fn give(&mut self, made: Made) -> io::Result<()> {
        match (&mut self.to, made) {
            (To::Json(start), Made::Bytes(json)) => begun::<R>(start)?.element(&json),
            (To::Csv(csv, heading), Made::Cells(cells)) => {
                begin(csv, heading, &self.columns)?;
                csv.line(cells)
            }
            (To::Table(_, _, table), Made::Cells(cells)) => {
                table.row(cells);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether rows were asked for of which none came.
    pub const fn found_nothing(&self) -> bool {
        self.rows == 0 && self.choice.filters()
    }

    /// All that has come was given: what was made of it may be waited for.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn settled(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Json(Start::Began(document)) => document.flush(),
            To::Csv(csv, _) => csv.flush(),
            _ => Ok(()),
        }
    }

    /// Ends the answer: `tail` are the entries of the document behind its rows, `report` is what people read.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish(
        mut self,
        tail: impl FnOnce(&mut Document<'_>) -> io::Result<()>,
        report: impl FnOnce(&mut Text<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut held = std::mem::take(&mut self.held);
        held.sort_by(|a, b| self.choice.order(&a.0, &b.0));
        let top = self.choice.top().unwrap_or(usize::MAX);
        for (_, made) in held.into_iter().take(top) {
            self.give(made)?;
        }
        match self.to {
            To::Json(mut start) => {
                begun::<R>(&mut start)?.end_list()?;
                if let Start::Began(mut document) = start {
                    tail(&mut document)?;
                    document.end()?;
                }
                Ok(())
            }
            To::Csv(mut csv, mut heading) => {
                begin(&mut csv, &mut heading, &self.columns)?;
                csv.flush()
            }
            To::Table(out, look, table) => look.write(out, |text| table.write(text)),
            To::Report(out, look) => look.write(out, report),
        }
    }
}

/// The names of the columns stand before the first row, and where there is none.
fn begin<R: Row>(
    csv: &mut Csv<'_>,
    heading: &mut Heading,
    columns: &[&'static Column<R>],
) -> io::Result<()> {
    match std::mem::replace(heading, Heading::Written) {
        Heading::Due => csv.head(columns),
        Heading::Written => Ok(()),
    }
}

fn begun<'a, 's, R: Row>(start: &'a mut Start<'s>) -> io::Result<&'a mut Document<'s>> {
    if matches!(start, Start::Waits(..))
        && let Start::Waits(out, envelope) = std::mem::replace(start, Start::Moving)
    {
        let mut document = Document::begin(out, &envelope)?;
        document.list(R::KEY)?;
        *start = Start::Began(document);
    }
    match start {
        Start::Began(document) => Ok(document),
        _ => Err(io::Error::other("a document that failed goes on")),
    }
}
