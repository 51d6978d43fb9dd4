//! Which format reads a line.

use super::formats::{Formats, Starts};
use super::seek::Places;
use super::{Kind, Record, Sink, Strip, Unwrapper};
use crate::line::{Line, LineReader, Origin, Stamp, Written};
use crate::traceback::Alike;
use std::cell::Cell;
use std::ops::ControlFlow;

/// Chunks of a log to records.
#[derive(Debug, Default)]
pub struct LogReader {
    lines: LineReader,
    unwrapper: Unwrapper,
    origins: Origins,
    lines_of_others: Others,
    /// Goroutines are given whole where that can be.
    alike: Option<Alike>,
    /// When what is read now was written, where it says nothing of that itself.
    arrived: Option<Stamp>,
}

/// What is done with the application's own lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Others {
    /// Each is given.
    #[default]
    Given,
    /// Nobody asks for them: those in which nothing of a trace stands may be left out.
    LeftOut,
}

/// The readers of each origin, by its number. The unwrapper bounds how many there are.
#[derive(Debug, Default)]
struct Origins {
    starts: Starts,
    all: Vec<OfOrigin>,
}

#[derive(Debug, Default)]
struct OfOrigin {
    formats: Formats,
    /// A line of it has come, and nothing is open.
    rests: bool,
}

impl Origins {
    /// Whether a line in which no word of a trace stands is the application's own.
    #[inline]
    fn passes(&mut self, line: &Line<'_>) -> bool {
        let of = self.all.get_mut(line.origin.0 as usize);
        of.is_some_and(|OfOrigin { formats, rests }| {
            let passes = *rests && formats.passes(line.text);
            if passes {
                formats.pass(line.text);
            }
            passes
        })
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) {
        let index = line.origin.0 as usize;
        if index >= self.all.len() {
            self.all.resize_with(index + 1, OfOrigin::default);
        }
        if let Some(OfOrigin { formats, rests }) = self.all.get_mut(index) {
            formats.line(&self.starts, line, out);
            *rests = formats.rest();
        }
    }

    /// Whether something of an origin is open.
    #[inline]
    fn is_busy(&self, origin: Origin) -> bool {
        let of = self.all.get(origin.0 as usize);
        of.is_some_and(|of| !of.rests)
    }

    /// Whether the next goroutine of a dump may begin, of lines without a name.
    fn are_between_goroutines(&self) -> bool {
        let bare = self.all.first();
        bare.is_some_and(|of| of.formats.is_between_goroutines())
    }

    fn finish(&mut self, out: &mut Sink<'_>) {
        for OfOrigin { formats, .. } in &mut self.all {
            formats.finish(&self.starts, out);
        }
    }
}

impl LogReader {
    /// A reader at the start of an input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a prefix off every line, before the known ones are looked for.
    #[must_use]
    pub fn with_strip(mut self, strip: Strip) -> Self {
        self.unwrapper.strip(strip);
        self
    }

    /// Does so with the application's own lines.
    #[must_use]
    pub fn with_others(mut self, others: Others) -> Self {
        self.lines_of_others = others;
        self
    }

    /// Gives a goroutine as one record ([`crate::traceback::Record::Section`]) where its calls are those of another one:
    /// for who wants to know what a log says, not what became of each of its lines.
    #[must_use]
    pub fn with_whole_goroutines(mut self) -> Self {
        self.alike = Some(Alike::default());
        self
    }

    /// What comes from here on was written just then; lines with a time of their own keep that.
    pub const fn arrived(&mut self, at: Option<Stamp>) {
        self.arrived = at;
    }

    /// Gives the records that `chunk` completes.
    pub fn push(&mut self, chunk: &[u8], out: &mut Sink<'_>) {
        let arrived = self.arrived;
        if arrived.is_none() {
            return self.read(chunk, out);
        }
        self.read(chunk, &mut |record| {
            out(Record {
                stamp: record.stamp.or(arrived),
                ..record
            });
        });
    }

    fn read(&mut self, chunk: &[u8], out: &mut Sink<'_>) {
        let mut places = Places::of(chunk);
        let mut from = 0;
        while from < chunk.len() {
            from = self.goroutines(chunk, from, out);
            from = self.lines(chunk, from, &mut places, out);
        }
    }

    /// Reads lines from a place on, until goroutines may follow that are read whole; gives where that is.
    fn lines(
        &mut self,
        chunk: &[u8],
        from: usize,
        places: &mut Places<'_>,
        out: &mut Sink<'_>,
    ) -> usize {
        let Self {
            lines,
            unwrapper,
            origins,
            lines_of_others,
            alike,
            ..
        } = self;
        // Whether the writer of the last line is in the middle of something: then words tell nothing of the next one.
        let busy = Cell::new(origins.is_busy(Origin(0)));
        let any = |from, to| busy.get() || places.any(from, to);
        let alone = |line: &[u8]| Places::of(line).any(0, line.len());
        lines.push_sought(chunk, from, any, alone, |raw| {
            if raw.quiet
                && let Some(line) = unwrapper.plain(&raw)
                && origins.passes(&line)
            {
                if *lines_of_others == Others::Given {
                    out(Record::new((&line).into(), Kind::Log(line.text)));
                }
                return ControlFlow::Continue(());
            }
            unwrapper.line(&raw, &mut |line| {
                origins.line(line, out);
                busy.set(origins.is_busy(line.origin));
            });
            if raw.text.is_empty() && alike.is_some() && origins.are_between_goroutines() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    }

    /// Reads goroutines whole from a place on, as long as there are such; gives where that ends.
    fn goroutines(&mut self, chunk: &[u8], from: usize, out: &mut Sink<'_>) -> usize {
        let mut at = from;
        let Some(alike) = &mut self.alike else {
            return at;
        };
        let Some(OfOrigin { formats, .. }) = self.origins.all.first_mut() else {
            return at;
        };
        if !formats.is_between_goroutines() || !self.unwrapper.is_bare() {
            return at;
        }
        while let Some(place) = self.lines.next_line()
            && let Some(text) = chunk.get(at..)
            && let Some((section, length)) = alike.section(text)
        {
            let written = Written {
                place,
                ..Written::default()
            };
            let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
            if !formats.goroutine(written, first, section, out) {
                break;
            }
            // The header and the empty line stand around its lines.
            self.lines.skip(section.lines + 2, length as u64);
            at += length;
        }
        at
    }

    /// The same, for tests: no line passes before it was looked at.
    #[cfg(test)]
    pub(super) fn push_looking_at_each(&mut self, chunk: &[u8], out: &mut Sink<'_>) {
        let (unwrapper, origins) = (&mut self.unwrapper, &mut self.origins);
        self.lines.push(chunk, |raw| {
            unwrapper.line(&raw, &mut |line| origins.line(line, out));
        });
    }

    /// The input has ended: gives what was open.
    pub fn finish(&mut self, out: &mut Sink<'_>) {
        let arrived = self.arrived;
        let out: &mut Sink<'_> = &mut |record: Record<'_>| {
            out(Record {
                stamp: record.stamp.or(arrived),
                ..record
            });
        };
        let Self {
            lines,
            unwrapper,
            origins,
            ..
        } = self;
        lines.finish(|raw| unwrapper.line(&raw, &mut |line| origins.line(line, out)));
        unwrapper.finish(&mut |line| origins.line(line, out));
        origins.finish(out);
    }

    /// The name that the prefix gave an origin; empty for lines without one.
    pub fn origin_name(&self, origin: Origin) -> &[u8] {
        self.unwrapper.origin_name(origin)
    }
}
