//! Goroutines whose sections are alike but for numbers.
//!
//! A dump of hundreds of thousands of goroutines has few stacks: a section that was read once is known again by the text
//! around its numbers, from its first call to the empty line behind it, without taking each line apart anew. Only sections as
//! the runtime prints them are known so: calls of two lines each, and who created the goroutine. Whatever else stands in one
//! is for the reader, a line at a time.
//!
//! Most are known by less: numbers mostly have as many digits as they had before, so a section mostly differs from one that was
//! seen ([`Seen`]) in nothing but some of its digits, at known places.

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
/// A section that is longer is not remembered: the runtime prints a hundred calls of a goroutine at most.
const LONGEST: usize = 64 << 10;
/// So many sections of a pattern are kept as they were printed.
const MOST_SEEN: usize = 4;
/// So many bytes of a section are compared at once.
const BLOCK: usize = 64;

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

/// A whole section, but for its texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole {
    /// How long the first line is.
    header: usize,
    /// How long what stands behind it is, up to the empty line.
    length: usize,
    alike: u64,
    lines: u64,
    creator: Option<u64>,
}

impl Whole {
    /// How many bytes it has, with the ends of the first and of the empty line.
    pub const fn length(&self) -> usize {
        self.header + 1 + self.length + 1
    }

    /// The section that a text begins with, in which this was found, if the first line is a goroutine's header.
    pub fn section<'a>(&self, text: &'a [u8]) -> Option<Section<'a>> {
        let (first, rest) = text.split_at_checked(self.header)?;
        let is_coloured = memchr::memchr2(0x1b, 0, first).is_some();
        let header = header(first).filter(|header| header.id != 0 && !is_coloured)?;
        Some(Section {
            header,
            alike: self.alike,
            creator: self.creator,
            lines: self.lines,
            text: rest.get(1..=self.length)?,
        })
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
    /// The one that came last is the first.
    seen: VecDeque<Seen>,
}

/// A section as it was printed.
#[derive(Debug)]
struct Seen {
    /// Up to the empty line, and the end of that.
    text: Box<[u8]>,
    /// For each byte whether it is a digit of a number that may be another one: all bits or none.
    digits: Box<[u8]>,
    /// The goroutine that created it.
    creator: Option<u64>,
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
    /// A section that begins with the text and is known, if the first line is a header. One that is not is remembered.
    pub fn whole(&mut self, text: &[u8]) -> Option<Whole> {
        let header = memchr::memchr(b'\n', text)?;
        let rest = text.get(header + 1..)?;
        let Some((at, (length, creator))) = self.known(rest) else {
            self.remember(rest);
            return None;
        };
        self.fruitless = 0;
        if at > 0
            && let Some(pattern) = self.patterns.remove(at)
        {
            self.patterns.push_front(pattern);
        }
        let pattern = self.patterns.front()?;
        Some(Whole {
            header,
            length,
            alike: pattern.number,
            lines: pattern.lines.len() as u64,
            creator,
        })
    }

    /// The place of the pattern of a section, how long that is, and the goroutine that created it.
    fn known(&mut self, text: &[u8]) -> Option<(usize, (usize, Option<u64>))> {
        let mut patterns = self.patterns.iter_mut().enumerate();
        let seen = patterns.find_map(|(at, pattern)| Some((at, pattern.has_seen(text)?)));
        seen.or_else(|| {
            let mut patterns = self.patterns.iter_mut().enumerate();
            patterns.find_map(|(at, pattern)| Some((at, pattern.knows(text)?)))
        })
    }

    fn remember(&mut self, text: &[u8]) {
        self.fruitless = self.fruitless.saturating_add(1);
        if self.fruitless > FRUITLESS && !self.fruitless.is_multiple_of(SELDOM) {
            return;
        }
        let near = text.get(..LONGEST).unwrap_or(text);
        let whole = memmem::find(near, b"\n\n").and_then(|end| text.get(..=end));
        let Some(lines) = whole.and_then(Pattern::of) else {
            return;
        };
        self.count += 1;
        self.patterns.truncate(MOST - 1);
        self.patterns.push_front(Pattern {
            number: self.count,
            lines,
            seen: VecDeque::new(),
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

    /// How long the section is that begins with the text and is one that was seen but for digits, and the goroutine that
    /// created it.
    fn has_seen(&mut self, text: &[u8]) -> Option<(usize, Option<u64>)> {
        let at = self.seen.iter().position(|seen| seen.is(text))?;
        if at > 0 {
            self.seen.swap(0, at);
        }
        let seen = self.seen.front()?;
        Some((seen.text.len() - 1, seen.creator))
    }

    /// The same of one that differs in numbers only. It is remembered as it was printed.
    fn knows(&mut self, text: &[u8]) -> Option<(usize, Option<u64>)> {
        let (length, creator) = self.fits(text, |_, _| {})?;
        if length < LONGEST {
            self.seen.truncate(MOST_SEEN - 1);
            let seen = self.see(text.get(..=length)?, creator)?;
            self.seen.push_front(seen);
        }
        Some((length, creator))
    }

    /// Remembers a section that fits as it was printed.
    fn see(&self, text: &[u8], creator: Option<u64>) -> Option<Seen> {
        let mut digits = vec![0; text.len()].into_boxed_slice();
        let mut fill = |from: usize, length: usize| {
            if let Some(number) = digits.get_mut(from..from + length) {
                number.fill(u8::MAX);
            }
        };
        self.fits(text, |numbers, at| {
            for number in memmem::find_iter(numbers, b"0x") {
                let from = number + 2;
                let number = numbers.get(from..).unwrap_or_default().iter();
                let length = number.take_while(|byte| is_digit(**byte) != 0).count();
                fill(at + from, length);
            }
        })?;
        Some(Seen {
            text: text.into(),
            digits,
            creator,
        })
    }

    /// The same by its parts; `numbers` is given each stretch whose hexadecimal numbers may be others.
    fn fits<'t>(
        &self,
        text: &'t [u8],
        mut numbers: impl FnMut(&'t [u8], usize),
    ) -> Option<(usize, Option<u64>)> {
        let mut rest = text;
        let mut creator = None;
        for part in &self.lines {
            rest = match part {
                Part::Call { start, inlined } => {
                    let rest = rest.strip_prefix(&**start)?;
                    let end = rest.iter().position(|byte| !is_argument_byte(*byte))?;
                    let from = text.len() - rest.len();
                    let (args, rest) = rest.split_at_checked(end)?;
                    let rest = rest.strip_prefix(b")")?;
                    numbers(args, from);
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
                        let pointers = rest;
                        rest = hexadecimal(rest.strip_prefix(b" fp=0x")?)?;
                        rest = hexadecimal(rest.strip_prefix(b" sp=0x")?)?;
                        let length = pointers.len() - rest.len();
                        numbers(pointers.get(..length)?, text.len() - pointers.len());
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

impl Seen {
    /// Whether a text begins as this one, but for digits of its numbers.
    fn is(&self, text: &[u8]) -> bool {
        let Some(text) = text.get(..self.text.len()) else {
            return false;
        };
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let (of_this, rest_of_this) = self.text.as_chunks::<BLOCK>();
        let (digits, rest_of_digits) = self.digits.as_chunks::<BLOCK>();
        // Without a way out inside a block, so that its bytes are compared at once.
        let mut all = blocks.iter().zip(of_this).zip(digits);
        all.all(|((text, of_this), digits)| {
            let bytes = text.iter().zip(of_this).zip(digits);
            bytes.fold(0, |differs, byte| differs | difference(byte)) == 0
        }) && rest
            .iter()
            .zip(rest_of_this)
            .zip(rest_of_digits)
            .all(|byte| difference(byte) == 0)
    }
}

/// What a byte has in place of another one, unless both are digits of a number.
#[inline]
const fn difference(((byte, other), digit): ((&u8, &u8), &u8)) -> u8 {
    (*byte ^ *other) & !(*digit & is_digit(*byte))
}

/// All bits when it is a digit of the numbers that the runtime prints, which have no capitals.
#[inline]
const fn is_digit(byte: u8) -> u8 {
    let is = (byte.wrapping_sub(b'0') < 10) | (byte.wrapping_sub(b'a') < 6);
    (is as u8).wrapping_neg()
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
            seen: VecDeque::new(),
        };
        let text = [line, b"\n\n"].concat();
        let knows_itself = plain && pattern.fits(&text, |_, _| {}).is_some();
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
