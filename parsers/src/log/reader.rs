//! Which format reads a line.

use super::ahead::{Ahead, Scout, may_begin};
use super::formats::{Formats, Starts};
use super::seek::Places;
use super::{Kind, Record, Sink, Strip, Unwrapper};
use crate::line::{Line, LineReader, Origin, Stamp, Written};
use crate::traceback;
use std::cell::Cell;
use std::ops::ControlFlow;

/// Chunks of a log to records.
#[derive(Debug, Default)]
pub struct LogReader {
    lines: LineReader,
    unwrapper: Unwrapper,
    origins: Origins,
    lines_of_others: Others,
    /// Looks what the next line is, where nobody did so ahead.
    scout: Scout,
    /// What that is.
    next: Ahead,
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

    /// Whether a trace, of lines without a name, is that and nothing else.
    fn take_traces(&self) -> bool {
        let bare = self.all.first();
        bare.is_some_and(|of| of.formats.takes_traces())
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
        self.scout = Scout::with_goroutines();
        self
    }

    /// One that looks through the chunks before they are given to this reader.
    pub fn scout(&self) -> Scout {
        if self.scout.has_goroutines() {
            Scout::with_goroutines()
        } else {
            Scout::default()
        }
    }

    /// What comes from here on was written just then; lines with a time of their own keep that.
    pub const fn arrived(&mut self, at: Option<Stamp>) {
        self.arrived = at;
    }

    /// Gives the records that `chunk` completes.
    pub fn push(&mut self, chunk: &[u8], out: &mut Sink<'_>) {
        self.push_ahead(chunk, None, out);
    }

    /// The same, where a scout of this reader has looked through this chunk, and through all those before it.
    pub fn push_ahead(&mut self, chunk: &[u8], ahead: Option<&mut Ahead>, out: &mut Sink<'_>) {
        let arrived = self.arrived;
        if arrived.is_none() {
            return self.read(chunk, ahead, out);
        }
        self.read(chunk, ahead, &mut |record| {
            out(Record {
                stamp: record.stamp.or(arrived),
                ..record
            });
        });
    }

    fn read(&mut self, chunk: &[u8], mut ahead: Option<&mut Ahead>, out: &mut Sink<'_>) {
        let mut places = Places::of(chunk);
        let mut from = 0;
        while from < chunk.len() {
            from = self.known(chunk, from, &mut ahead, out);
            from = self.lines(chunk, from, &mut places, out);
        }
    }

    /// Reads lines from a place on, until what follows may be known without taking it apart; gives where that is.
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
            scout,
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
            // Traces come in rows, and goroutines after an empty line.
            let ends = if raw.text.is_empty() {
                scout.has_goroutines() && origins.are_between_goroutines()
            } else {
                may_begin(raw.text) && unwrapper.is_bare() && origins.take_traces()
            };
            if ends {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    }

    /// Reads traces and goroutines that are known for such as they stand from a place on, as long as there are any; gives
    /// where that ends.
    fn known(
        &mut self,
        chunk: &[u8],
        from: usize,
        ahead: &mut Option<&mut Ahead>,
        out: &mut Sink<'_>,
    ) -> usize {
        let mut at = from;
        let Some(OfOrigin { formats, .. }) = self.origins.all.first_mut() else {
            return at;
        };
        if !self.unwrapper.is_bare() {
            return at;
        }
        while (formats.takes_traces() || formats.is_between_goroutines())
            && let Some(place) = self.lines.next_line()
            && let Some(text) = chunk.get(at..)
            && let Some((kind, length)) = match ahead {
                Some(ahead) => ahead.record(at, text),
                None => self.scout.record(text, &mut self.next),
            }
        {
            let written = Written {
                place,
                ..Written::default()
            };
            let mut lines = 1;
            if let Kind::Traceback(traceback::Record::Section(section)) = kind {
                let first = memchr::memchr(b'\n', text).and_then(|end| text.get(..end));
                let first = first.unwrap_or_default();
                if !formats.is_between_goroutines()
                    || !formats.goroutine(written, first, section, out)
                {
                    break;
                }
                // The header and the empty line stand around its lines.
                lines = section.lines + 2;
            } else if formats.takes_traces() {
                out(Record::new(written, kind));
            } else {
                break;
            }
            self.lines.skip(lines, length as u64);
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
