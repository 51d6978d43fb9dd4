//! Which format reads a line.

use super::formats::{Formats, Starts};
use super::seek::Places;
use super::{Kind, Record, Sink, Strip, Unwrapper};
use crate::line::{Line, LineReader, Origin};

/// Chunks of a log to records.
#[derive(Debug, Default)]
pub struct LogReader {
    lines: LineReader,
    unwrapper: Unwrapper,
    origins: Origins,
    lines_of_others: Others,
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

    /// Gives the records that `chunk` completes.
    pub fn push(&mut self, chunk: &[u8], out: &mut Sink<'_>) {
        let Self {
            lines,
            unwrapper,
            origins,
            lines_of_others,
        } = self;
        let mut places = Places::of(chunk);
        let any = |from, to| places.any(from, to);
        let alone = |line: &[u8]| Places::of(line).any(0, line.len());
        lines.push_sought(chunk, any, alone, |raw| {
            if raw.quiet
                && let Some(line) = unwrapper.plain(&raw)
                && origins.passes(&line)
            {
                if *lines_of_others == Others::Given {
                    out(Record::new((&line).into(), Kind::Log(line.text)));
                }
                return;
            }
            unwrapper.line(&raw, &mut |line| origins.line(line, out));
        });
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
