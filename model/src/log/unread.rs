//! Lines that looked like a record and could not be read: all are counted, the first ones are kept.
//!
//! There is one such list a log, with one limit and one length at which a text is cut, whichever verb shows it.

use bstr::ByteSlice;
use dumpview_parsers::log::{Kind, Record};
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

/// So many lines are kept.
const KEPT: usize = 1000;

/// A kept text of the input is cut after this many bytes.
const LONGEST: usize = 400;

/// The head of a text of the input, as JSON has it: what is no UTF-8 is replaced, nothing is escaped.
pub fn head(text: &[u8]) -> Cow<'_, str> {
    text.get(..LONGEST).unwrap_or(text).to_str_lossy()
}

/// A line that looked like a record and could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UnreadLine {
    /// Its number in the input, from 1.
    pub line: u64,
    /// What it looked like: the name of a format (`gctrace`).
    pub format: &'static str,
    /// Its text, cut after 400 bytes.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Lines that could not be read, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unread {
    lines: Arc<Vec<UnreadLine>>,
    /// How many there were of each format.
    counts: Vec<(&'static str, u64)>,
}

impl Unread {
    /// Takes a record, when it is such a line.
    pub fn record(&mut self, record: &Record<'_>) {
        let Kind::Unreadable(lost) = &record.kind else {
            return;
        };
        match self.counts.iter_mut().find(|(of, _)| *of == lost.format) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((lost.format, 1)),
        }
        if self.lines.len() < KEPT {
            Arc::make_mut(&mut self.lines).push(UnreadLine {
                line: record.place.line,
                format: lost.format,
                text: head(lost.text).into_owned(),
                why: lost.why,
            });
        }
    }

    /// The first 1,000.
    pub fn lines(&self) -> &[UnreadLine] {
        &self.lines
    }

    /// How many there were, those that were not kept included.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// How many looked like one of these formats.
    pub fn count_of(&self, formats: &[&str]) -> u64 {
        let of = self.counts.iter().filter(|(of, _)| formats.contains(of));
        of.map(|(_, count)| count).sum()
    }

    /// The first that looked like one of these formats.
    pub fn first_of(&self, formats: &[&str]) -> Option<&UnreadLine> {
        let mut lines = self.lines.iter();
        lines.find(|line| formats.contains(&line.format))
    }
}
