//! Which format reads a line.

use super::formats::{Formats, Starts};
use super::{Sink, Strip, Unwrapper};
use crate::line::{Line, LineReader, Origin};

/// Chunks of a log to records.
#[derive(Debug, Default)]
pub struct LogReader {
    lines: LineReader,
    unwrapper: Unwrapper,
    origins: Origins,
}

/// The readers of each origin, by its number. The unwrapper bounds how many there are.
#[derive(Debug, Default)]
struct Origins {
    starts: Starts,
    formats: Vec<Formats>,
}

impl Origins {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) {
        let index = line.origin.0 as usize;
        if index >= self.formats.len() {
            self.formats.resize_with(index + 1, Formats::default);
        }
        if let Some(formats) = self.formats.get_mut(index) {
            formats.line(&self.starts, line, out);
        }
    }

    fn finish(&mut self, out: &mut Sink<'_>) {
        for formats in &mut self.formats {
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

    /// Gives the records that `chunk` completes.
    pub fn push(&mut self, chunk: &[u8], out: &mut Sink<'_>) {
        let Self {
            lines,
            unwrapper,
            origins,
        } = self;
        lines.push(chunk, |raw| {
            unwrapper.line(&raw, &mut |line| origins.line(line, out));
        });
    }

    /// The input has ended: gives what was open.
    pub fn finish(&mut self, out: &mut Sink<'_>) {
        let Self {
            lines,
            unwrapper,
            origins,
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
