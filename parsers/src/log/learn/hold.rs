//! Lines that are held until their neighbours have told whether what stood before a trace is a prefix.

use super::mark::{self, Mark};
use super::{Candidate, Shape};
use crate::line::{Origin, RawLine};
use crate::log::trace;

/// So many lines, but for parts of records, and so many bytes, are held at most.
const MOST_LINES: usize = 64;
const MOST_BYTES: usize = 256 << 10;

/// So many lines in between may be those of others.
const OTHERS: u32 = 24;

/// A line as it came.
#[derive(Debug)]
pub(in super::super) struct Held {
    text: Vec<u8>,
    number: u64,
    offset: u64,
    unterminated: bool,
    cut: bool,
}

impl Held {
    fn of(raw: &RawLine<'_>) -> Self {
        Self {
            text: raw.text.to_vec(),
            number: raw.number,
            offset: raw.offset,
            unterminated: raw.unterminated,
            cut: raw.cut,
        }
    }

    pub(in super::super) fn raw(&self) -> RawLine<'_> {
        RawLine {
            text: &self.text,
            number: self.number,
            offset: self.offset,
            unterminated: self.unterminated,
            cut: self.cut,
            quiet: false,
        }
    }
}

/// A line without what is known to be around it, as far as the question goes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Tail<'t> {
    /// What is left of it.
    pub text: &'t [u8],
    /// It is a trace of the same writer as it stands: nothing need be taken off.
    pub bare: bool,
}

/// What the neighbours say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Ruling {
    Open,
    Prefix,
    NoPrefix,
}

/// The lines since one that may have a prefix.
#[derive(Debug)]
pub(in super::super) struct Hold {
    pub lines: Vec<Held>,
    bytes: usize,
    pub shape: Shape,
    /// Who wrote the first of them.
    pub origin: Origin,
    mark: Mark,
    /// Lines that are dressed so, and lines that are not.
    alike: u32,
    others: u32,
    /// How many of them are parts of a record that hold no text.
    parts: usize,
}

impl Hold {
    /// Holds the first line. What else that tells may be enough.
    pub(in super::super) fn new(raw: &RawLine<'_>, candidate: Candidate) -> (Self, Ruling) {
        let mut hold = Self {
            lines: vec![Held::of(raw)],
            bytes: raw.text.len(),
            shape: candidate.shape,
            origin: candidate.origin,
            mark: candidate.mark,
            alike: 0,
            others: 0,
            parts: 0,
        };
        let ruling = hold.all_alike(&candidate.behind);
        (hold, ruling)
    }

    /// Takes the next line.
    pub(in super::super) fn push(&mut self, raw: &RawLine<'_>, tail: Tail<'_>) -> Ruling {
        self.lines.push(Held::of(raw));
        self.bytes += raw.text.len();
        let ruling = match self.shape.take(tail.text).filter(|_| !tail.bare) {
            Some(taken) => {
                self.shape.compare(tail.text);
                match &taken.texts {
                    Some(texts) => {
                        self.parts += usize::from(texts.is_empty());
                        self.all_alike(texts)
                    }
                    None => self.alike(tail.text.get(taken.length..).unwrap_or_default()),
                }
            }
            // What is whole without anything taken off speaks against a prefix.
            None if tail.bare && self.mark != Mark::Trace => Ruling::NoPrefix,
            None => {
                self.others += 1;
                if self.mark == Mark::Header && self.others > 4 || self.others > OTHERS {
                    Ruling::NoPrefix
                } else {
                    Ruling::Open
                }
            }
        };
        if ruling == Ruling::Open
            && (self.lines.len() - self.parts >= MOST_LINES
                || self.bytes > MOST_BYTES
                || raw.unterminated)
        {
            return self.last();
        }
        ruling
    }

    /// Takes the texts of records that are like the first one.
    fn all_alike(&mut self, texts: &[Vec<u8>]) -> Ruling {
        let lines = texts.iter().flat_map(|text| {
            text.strip_suffix(b"\n")
                .unwrap_or(text)
                .split(|byte| *byte == b'\n')
        });
        let mut rulings = lines.map(|line| self.alike(line));
        rulings
            .find(|ruling| *ruling != Ruling::Open)
            .unwrap_or(Ruling::Open)
    }

    /// Takes the text of a line that is dressed so.
    fn alike(&mut self, text: &[u8]) -> Ruling {
        self.alike += 1;
        match self.mark {
            Mark::Death if mark::is_header(text) => {
                self.mark = Mark::Header;
                (self.alike, self.others) = (0, 0);
                Ruling::Open
            }
            Mark::Header if mark::is_call(text) => Ruling::Prefix,
            Mark::Header if self.alike > 4 && !mark::is_header(text) => Ruling::NoPrefix,
            Mark::Trace if trace::whole(text, 1).is_some() => Ruling::Prefix,
            Mark::Rule if text.starts_with(b"WARNING: DATA RACE") => Ruling::Prefix,
            Mark::Rule => Ruling::NoPrefix,
            Mark::Report if self.alike >= 3 && self.others <= self.alike => Ruling::Prefix,
            Mark::Block if self.alike >= 3 && self.others == 0 => Ruling::Prefix,
            _ => Ruling::Open,
        }
    }

    /// No more lines come, or no more are held.
    pub(in super::super) fn last(&self) -> Ruling {
        let mostly = self.alike > 0 && self.alike >= self.others.saturating_mul(3);
        match self.mark {
            Mark::Trace | Mark::Report | Mark::Block if mostly => Ruling::Prefix,
            _ => Ruling::NoPrefix,
        }
    }

    /// The shape, when it is that of the stream.
    pub(in super::super) fn learned(&self) -> Shape {
        let mut shape = self.shape.clone();
        shape.settle();
        shape
    }
}
