//! The raw lines of an input.

use crate::ask::Topic;
use dumpview_view::column::{Cell, Column, Row};
use dumpview_view::columns;
use dumpview_view::filter::Filter;
use dumpview_view::job::{Job, Stopped};
use dumpview_view::line::Role;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// What a line was recognised as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// A letter for it.
    pub letter: char,
    /// Its format's name.
    pub name: &'static str,
    /// How it looks.
    pub role: Role,
}

/// The lines of an input, which may still be growing.
pub trait TextSource: Send + Sync {
    /// Lines there are so far.
    fn len(&self) -> u64;

    /// Whether there is none yet.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A line, from zero, without its end; lossy where it is no UTF-8, and cut where it is absurdly long.
    fn line(&self, index: u64) -> String;

    /// What it was recognised as; `None` for the application's own lines.
    fn mark(&self, index: u64) -> Option<Mark>;

    /// The next line that holds a text in any case, from `from` on (which counts), once around.
    ///
    /// # Errors
    ///
    /// When the job was stopped.
    fn find(
        &self,
        text: &str,
        from: u64,
        direction: Direction,
        job: &Job,
    ) -> Result<Option<u64>, Stopped>;
}

/// Where a search goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Towards the end.
    Forwards,
    /// Towards the beginning.
    Backwards,
}

/// Looks for the next line that holds a text.
#[derive(Clone)]
pub struct FindLine {
    /// Where to look.
    pub source: Arc<dyn TextSource>,
    /// The text.
    pub text: String,
    /// The line to start with, from zero.
    pub from: u64,
    /// Where to go on.
    pub direction: Direction,
    /// Only among these lines, which are in order; all when absent.
    pub among: Option<Arc<Vec<u64>>>,
}

impl FindLine {
    /// Looks among some of the lines.
    fn found_among(&self, lines: &[u64], job: &Job) -> Result<Option<u64>, Stopped> {
        let word = self.text.to_lowercase();
        let start = lines.partition_point(|line| match self.direction {
            Direction::Forwards => *line < self.from,
            Direction::Backwards => *line <= self.from,
        });
        let (before, after) = lines.split_at_checked(start).unwrap_or((lines, &[]));
        let holds = |line: &&u64| self.source.line(**line).to_lowercase().contains(&word);
        let order: Box<dyn Iterator<Item = &u64>> = match self.direction {
            Direction::Forwards => Box::new(after.iter().chain(before)),
            Direction::Backwards => Box::new(before.iter().rev().chain(after.iter().rev())),
        };
        for (done, line) in order.enumerate() {
            job.advance(done, lines.len())?;
            if holds(&line) {
                return Ok(Some(*line));
            }
        }
        Ok(None)
    }
}

/// A line as it is filtered.
pub struct TextLine {
    source: Arc<dyn TextSource>,
    index: u64,
}

impl Row for TextLine {
    const KEY: &'static str = "lines";
    const ONE: &'static str = "line";
    const COLUMNS: &'static [Column<Self>] = columns! {
        kind: "kind" Text, |l| Cell::Word(l.source.mark(l.index).map_or("log", |mark| mark.name)), "what it was recognised as";
        line: "line" Id, |l| Cell::Count(l.index + 1), "its number, from 1";
        text: "text" Text, |l| Cell::Text(Cow::Owned(l.source.line(l.index))), "its text";
    };
}

/// Looks for the lines that meet a filter.
#[derive(Clone)]
pub struct FilterLines {
    /// Where to look.
    pub source: Arc<dyn TextSource>,
    /// The filter, as it was typed.
    pub typed: String,
    /// What it means.
    pub filter: Arc<Filter<TextLine>>,
    /// The line to begin with, from zero.
    pub from: u64,
}

/// Lines that meet a filter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filtered {
    /// The filter, as it was typed.
    pub typed: String,
    /// The line that was begun with, from zero.
    pub from: u64,
    /// The lines, in order, from zero.
    pub lines: Vec<u64>,
    /// Lines from here on were not there yet.
    pub end: u64,
}

impl Topic for FilterLines {
    type Answer = Filtered;
    const LONG: Option<&'static str> = Some("filtering lines");

    fn alone(&self, job: &Job) -> Option<Result<Self::Answer, String>> {
        Some(self.filtered(job).map_err(|stopped| stopped.to_string()))
    }
}

impl FilterLines {
    fn filtered(&self, job: &Job) -> Result<Filtered, Stopped> {
        let end = self.source.len();
        let mut lines = Vec::new();
        for index in self.from..end {
            let done = usize::try_from(index).unwrap_or(usize::MAX);
            job.advance(done, usize::try_from(end).unwrap_or(usize::MAX))?;
            let source = Arc::clone(&self.source);
            if self.filter.holds(&TextLine { source, index }) {
                lines.push(index);
            }
        }
        Ok(Filtered {
            typed: self.typed.clone(),
            from: self.from,
            lines,
            end,
        })
    }
}

impl fmt::Debug for FilterLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FilterLines {:?} from {}", self.typed, self.from)
    }
}

impl Topic for FindLine {
    type Answer = Option<u64>;
    const LONG: Option<&'static str> = Some("searching lines");

    fn alone(&self, job: &Job) -> Option<Result<Self::Answer, String>> {
        let found = match &self.among {
            Some(lines) => self.found_among(lines, job),
            None => self.source.find(&self.text, self.from, self.direction, job),
        };
        Some(found.map_err(|stopped| stopped.to_string()))
    }
}

impl fmt::Debug for FindLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "FindLine {:?} {:?} from {}",
            self.text, self.direction, self.from
        )
    }
}
