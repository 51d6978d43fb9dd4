//! What in a chunk is the same record whatever came before it, read before its turn.
//!
//! What a line is depends on the lines before it. But where nothing stands before the lines of a stream, a trace that fills
//! its line is that trace, and a goroutine that is like another one is that goroutine. Such are read without the reader, by
//! another thread; the reader takes them when it comes to their place, or looks for itself whether the next line is one. What
//! is not known ahead is read a line at a time.

use super::Kind;
use crate::line::MAX_LINE;
use crate::traceback::{self, Alike, Whole};
use crate::{gctrace, schedtrace};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// What a line begins with, behind the end of the one before, after which it is worth looking.
static BEGINNINGS: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["\ngc ", "\nSCHED ", "\n\ngoroutine "].map(Finder::new));

/// Looks through chunks before the reader comes to them, in the order in which it will.
#[derive(Debug, Default)]
pub struct Scout {
    /// Goroutines are given whole where that can be.
    alike: Option<Alike>,
}

/// What was found in a chunk. It holds none of the chunk's bytes, so that both can be sent to another thread, and their
/// memory used again.
#[derive(Debug, Default)]
pub struct Ahead {
    /// In the order of their places.
    found: Vec<Found>,
    /// How many of them are behind the reader.
    passed: usize,
    cycles: Vec<gctrace::Cycle>,
    samples: Vec<schedtrace::Sample<'static>>,
    goroutines: Vec<Whole>,
}

#[derive(Debug)]
struct Found {
    at: usize,
    /// How many bytes it has, with the line end.
    length: u32,
    what: What,
}

/// What was found, by its place among its kind: goroutines are small, and many, and cycles are not.
#[derive(Clone, Copy, Debug)]
enum What {
    Cycle(u32),
    Sample(u32),
    Goroutine(u32),
}

impl Scout {
    /// One that looks for whole goroutines too.
    pub(super) fn with_goroutines() -> Self {
        Self {
            alike: Some(Alike::default()),
        }
    }

    /// Whether it looks for goroutines.
    pub(super) const fn has_goroutines(&self) -> bool {
        self.alike.is_some()
    }

    /// Looks through a chunk.
    pub fn look(&mut self, chunk: &[u8], ahead: &mut Ahead) {
        ahead.clear();
        let mut starts = Starts::of(chunk, self.has_goroutines());
        let mut at = 0;
        while let Some(text) = chunk.get(at..).filter(|text| !text.is_empty()) {
            if let Some((what, length)) = self.first(text, ahead) {
                ahead.found.push(Found { at, length, what });
                at += length as usize;
            } else if let Some(next) = starts.after(at) {
                at = next;
            } else {
                break;
            }
        }
    }

    /// What a text begins with, which is kept, and how many bytes that has.
    fn first(&mut self, text: &[u8], ahead: &mut Ahead) -> Option<(What, u32)> {
        if text.starts_with(b"goroutine ") {
            let whole = self.alike.as_mut()?.whole(text)?;
            let length = u32::try_from(whole.length()).ok()?;
            let number = push(&mut ahead.goroutines, whole)?;
            return Some((What::Goroutine(number), length));
        }
        if !may_begin(text) {
            return None;
        }
        let (line, length) = first_line(text)?;
        let what = if line.first() == Some(&b'g') {
            let gctrace::Record::Cycle(cycle) = gctrace::record(line, 1)? else {
                return None;
            };
            What::Cycle(push(&mut ahead.cycles, cycle)?)
        } else {
            let schedtrace::Record::Sample(sample) = schedtrace::record(line, 1)? else {
                return None;
            };
            What::Sample(push(&mut ahead.samples, sample.without_lists())?)
        };
        Some((what, u32::try_from(length).ok()?))
    }

    /// The record that a text begins with, and how many bytes that has, with the line end; `room` is for what it was found to be.
    pub(super) fn record<'c>(
        &mut self,
        text: &'c [u8],
        room: &mut Ahead,
    ) -> Option<(Kind<'c>, usize)> {
        room.clear();
        let (what, length) = self.first(text, room)?;
        Some((room.kind(what, text)?, length as usize))
    }
}

/// Keeps something, and gives its place.
fn push<T>(all: &mut Vec<T>, one: T) -> Option<u32> {
    let place = u32::try_from(all.len()).ok()?;
    all.push(one);
    Some(place)
}

/// The first line of a text, if it ends there, and its length with that end.
fn first_line(text: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr::memchr(b'\n', text).filter(|end| *end <= MAX_LINE)?;
    let line = text.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1))
}

/// Whether one of the traces that processes print by the thousand may begin here: what is seldom need not be fast.
#[inline]
pub(super) const fn may_begin(text: &[u8]) -> bool {
    matches!(
        text,
        [b'g', b'c', b' ', ..] | [b'S', b'C', b'H', b'E', b'D', b' ', ..]
    )
}

impl Ahead {
    /// How much was found.
    #[cfg(test)]
    pub(super) const fn count(&self) -> usize {
        self.found.len()
    }

    fn clear(&mut self) {
        self.found.clear();
        self.passed = 0;
        self.cycles.clear();
        self.samples.clear();
        self.goroutines.clear();
    }

    /// The record at a place of the chunk, with which the text begins; places rise.
    #[inline]
    pub(super) fn record<'c>(&mut self, at: usize, text: &'c [u8]) -> Option<(Kind<'c>, usize)> {
        loop {
            let first = self.found.get(self.passed)?;
            if first.at > at {
                return None;
            }
            self.passed += 1;
            if first.at == at {
                return Some((self.kind(first.what, text)?, first.length as usize));
            }
        }
    }

    /// What was found, with the texts of what it was found in.
    #[inline]
    fn kind<'c>(&self, what: What, text: &'c [u8]) -> Option<Kind<'c>> {
        Some(match what {
            What::Cycle(place) => {
                let cycle = self.cycles.get(place as usize)?;
                Kind::Gc(gctrace::Record::Cycle(*cycle))
            }
            What::Sample(place) => {
                let sample = self.samples.get(place as usize)?;
                let (line, _) = first_line(text)?;
                Kind::Sched(schedtrace::Record::Sample(sample.with_lists_of(line)))
            }
            What::Goroutine(place) => {
                let whole = self.goroutines.get(place as usize)?;
                Kind::Traceback(traceback::Record::Section(whole.section(text)?))
            }
        })
    }
}

/// Where lines of a chunk begin after which it is worth looking.
struct Starts<'c> {
    chunk: &'c [u8],
    /// Where each of the searches found something last; none before has been passed over.
    next: [Option<usize>; 3],
}

impl<'c> Starts<'c> {
    fn of(chunk: &'c [u8], goroutines: bool) -> Self {
        let next = [Some(0), Some(0), goroutines.then_some(0)];
        Self { chunk, next }
    }

    /// The first such line that begins behind a place.
    fn after(&mut self, at: usize) -> Option<usize> {
        for (next, finder) in self.next.iter_mut().zip(&*BEGINNINGS) {
            if next.is_some_and(|next| next <= at) {
                let rest = self.chunk.get(at..).unwrap_or_default();
                let blanks = finder.needle().iter().take_while(|byte| **byte == b'\n');
                *next = finder.find(rest).map(|found| at + found + blanks.count());
            }
        }
        self.next.iter().flatten().min().copied()
    }
}
