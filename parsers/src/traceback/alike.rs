//! Goroutines whose sections are alike but for numbers.
//!
//! A dump of hundreds of thousands of goroutines has few stacks: a section that was read once is known again by the text
//! around its numbers, from its first call to the empty line behind it, without taking each line apart anew. Only sections as
//! the runtime prints them are known so: calls of two lines each, and who created the goroutine. Whatever else stands in one
//! is for the reader, a line at a time.

use super::grammar::is_argument_byte;
use super::records::{Frame, Record, Section};
use super::{created_by, function, header, source};
use crate::scan::hex_digits;
use memchr::memmem;
use std::collections::VecDeque;

/// So many are remembered, those that came last.
const MOST: usize = 32;
/// After so many sections that are like none before, one of so many is remembered.
const FRUITLESS: u32 = 64;
const SELDOM: u32 = 16;

impl<'a> Section<'a> {
    /// Its calls, and who created it.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let mut lines = Lines(self.text);
        std::iter::from_fn(move || {
            let (first, second) = (lines.next()?, lines.next()?);
            let source = source(second);
            if let Some(function) = function(first) {
                return Some(Record::Frame(Frame { function, source }));
            }
            let creator = created_by(first)?;
            Some(Record::CreatedBy { creator, source })
        })
    }

    /// Where its last record begins, counted in lines from the header.
    pub const fn last_record(&self) -> u64 {
        self.lines.saturating_sub(1)
    }
}

/// Lines with their ends.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'\n', self.0)?;
        let line = self.0.get(..end)?;
        self.0 = self.0.get(end + 1..)?;
        Some(line)
    }
}

/// The sections that are remembered.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    /// The one that was met last is the first.
    patterns: VecDeque<Pattern>,
    /// Patterns so far.
    count: u64,
    /// Sections since the last one that was known.
    fruitless: u32,
}

/// A section but for its numbers.
#[derive(Debug)]
struct Pattern {
    number: u64,
    lines: Vec<Part>,
}

/// What a line is but for its numbers.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Up to the parenthesis.
    Call { start: Box<[u8]>, inlined: bool },
    /// Up to the frame pointer; `pc` is the program counter as printed.
    Source {
        start: Box<[u8]>,
        has_pointers: bool,
        pc: Option<Box<[u8]>>,
    },
    /// Up to the number of the goroutine.
    Creator {
        start: Box<[u8]>,
        has_goroutine: bool,
    },
}

impl Alike {
    /// A section that begins with the text and is known, and how many bytes it has, with the empty line behind it. One that is
    /// not is remembered.
    pub fn section<'a>(&mut self, text: &'a [u8]) -> Option<(Section<'a>, usize)> {
        if !text.starts_with(b"goroutine ") {
            return None;
        }
        let end = memchr::memchr(b'\n', text)?;
        let first = text.get(..end)?;
        let is_coloured = memchr::memchr2(0x1b, 0, first).is_some();
        let header = header(first).filter(|header| header.id != 0 && !is_coloured)?;
        let rest = text.get(end + 1..)?;
        let mut patterns = self.patterns.iter().enumerate();
        let found = patterns.find_map(|(at, pattern)| Some((at, pattern.fits(rest)?)));
        let Some((at, (length, creator))) = found else {
            self.remember(rest);
            return None;
        };
        self.fruitless = 0;
        if let Some(pattern) = self.patterns.remove(at) {
            self.patterns.push_front(pattern);
        }
        let pattern = self.patterns.front()?;
        let section = Section {
            header,
            alike: pattern.number,
            creator,
            lines: pattern.lines.len() as u64,
            text: rest.get(..length)?,
        };
        Some((section, end + 1 + length + 1))
    }

    fn remember(&mut self, text: &[u8]) {
        self.fruitless = self.fruitless.saturating_add(1);
        if self.fruitless > FRUITLESS && !self.fruitless.is_multiple_of(SELDOM) {
            return;
        }
        let whole = memmem::find(text, b"\n\n").and_then(|end| text.get(..=end));
        let Some(lines) = whole.and_then(Pattern::of) else {
            return;
        };
        self.count += 1;
        self.patterns.truncate(MOST - 1);
        self.patterns.push_front(Pattern {
            number: self.count,
            lines,
        });
    }
}

impl Pattern {
    /// The parts of a section's lines; `None` when it has one that is not of the plainest kind.
    fn of(text: &[u8]) -> Option<Vec<Part>> {
        if memchr::memchr3(0x1b, 0, b'\r', text).is_some() {
            return None;
        }
        let mut lines = Lines(text);
        let mut parts = Vec::new();
        while let Some(line) = lines.next() {
            if matches!(parts.iter().nth_back(1), Some(Part::Creator { .. })) {
                return None;
            }
            parts.push(Part::call(line).or_else(|| Part::creator(line))?);
            parts.push(Part::source(lines.next()?)?);
        }
        (!parts.is_empty()).then_some(parts)
    }

    /// How long the section is that begins with the text and differs in numbers only, and the goroutine that created it.
    fn fits(&self, text: &[u8]) -> Option<(usize, Option<u64>)> {
        let mut rest = text;
        let mut creator = None;
        for part in &self.lines {
            rest = match part {
                Part::Call { start, inlined } => {
                    let rest = rest.strip_prefix(&**start)?;
                    let end = rest.iter().position(|byte| !is_argument_byte(*byte))?;
                    let (args, rest) = rest.split_at_checked(end)?;
                    let rest = rest.strip_prefix(b")")?;
                    let begins = args.first().is_none_or(|first| begins_arguments(*first));
                    (begins && (args == b"...") == *inlined).then_some(rest)?
                }
                Part::Source {
                    start,
                    has_pointers,
                    pc,
                } => {
                    let mut rest = rest.strip_prefix(&**start)?;
                    if *has_pointers {
                        rest = hexadecimal(rest.strip_prefix(b" fp=0x")?)?;
                        rest = hexadecimal(rest.strip_prefix(b" sp=0x")?)?;
                    }
                    match pc {
                        Some(pc) => rest.strip_prefix(b" pc=0x")?.strip_prefix(&**pc)?,
                        None => rest,
                    }
                }
                Part::Creator {
                    start,
                    has_goroutine,
                } => {
                    let rest = rest.strip_prefix(&**start)?;
                    if *has_goroutine {
                        let (goroutine, rest) = decimal(rest)?;
                        creator = Some(goroutine);
                        rest
                    } else {
                        rest
                    }
                }
            };
            rest = rest.strip_prefix(b"\n")?;
        }
        rest.starts_with(b"\n")
            .then_some((text.len() - rest.len(), creator))
    }
}

impl Part {
    fn call(line: &[u8]) -> Option<Self> {
        let call = function(line)?;
        let plain = line.first().is_some_and(u8::is_ascii_lowercase)
            && call
                .args
                .first()
                .is_none_or(|first| begins_arguments(*first));
        let start = line.get(..=call.name.len())?;
        plain.then(|| Self::Call {
            start: start.into(),
            inlined: call.is_inlined(),
        })
    }

    fn source(line: &[u8]) -> Option<Self> {
        let read = source(line).filter(|source| !source.file.is_empty())?;
        let is_whole = line.starts_with(b"\t") && line.last()?.is_ascii_hexdigit();
        let (start, pointers) = match memmem::rfind(line, b" fp=0x") {
            Some(at) => line.split_at_checked(at)?,
            None => (line, &b""[..]),
        };
        let has_pointers = read.fp.is_some() && read.sp.is_some();
        let pc = match memmem::find(pointers, b" pc=0x") {
            Some(at) => Some(pointers.get(at + 6..)?),
            None => None,
        };
        let plain = is_whole
            && read.fp.is_some() == read.sp.is_some()
            && has_pointers != pointers.is_empty()
            && read.pc.is_some() == pc.is_some();
        let part = Self::Source {
            start: start.into(),
            has_pointers,
            pc: pc.map(Into::into),
        };
        // It has to know itself, whatever stands in a file's name.
        let pattern = Pattern {
            number: 0,
            lines: vec![part],
        };
        let text = [line, b"\n\n"].concat();
        let knows_itself = plain && pattern.fits(&text).is_some();
        pattern.lines.into_iter().next().filter(|_| knows_itself)
    }

    fn creator(line: &[u8]) -> Option<Self> {
        let creator = created_by(line)?;
        let start = match creator.goroutine {
            Some(_) => line.get(..line.len() - digits_at_end(line))?,
            None => line,
        };
        Some(Self::Creator {
            start: start.into(),
            has_goroutine: creator.goroutine.is_some(),
        })
    }
}

/// What the reader takes for the first byte of arguments without further looking.
const fn begins_arguments(byte: u8) -> bool {
    matches!(byte, b'0' | b'.' | b'{' | b'_')
}

fn digits_at_end(line: &[u8]) -> usize {
    let digits = line.iter().rev();
    digits.take_while(|byte| byte.is_ascii_digit()).count()
}

/// What stands behind a hexadecimal number.
fn hexadecimal(text: &[u8]) -> Option<&[u8]> {
    let mut bytes = text.iter();
    let end = bytes.position(|byte| !byte.is_ascii_hexdigit())?;
    let (digits, rest) = text.split_at_checked(end)?;
    hex_digits(digits).map(|_| rest)
}

fn decimal(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut bytes = text.iter();
    let end = bytes.position(|byte| !byte.is_ascii_digit())?;
    let (digits, rest) = text.split_at_checked(end)?;
    Some((str::from_utf8(digits).ok()?.parse().ok()?, rest))
}
