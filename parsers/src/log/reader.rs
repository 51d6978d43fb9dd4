//! Which format reads a line.

use super::{Format, Kind, Line, Origin, Record, Sink, Taken, Unwrapper};
use crate::lines::LineReader;
use crate::{
    alloctrace, checkfinalizers, gctrace, inittrace, memstats, oom, pacertrace, profile, race,
    scavtrace, schedtrace, traceback,
};

/// Chunks of a log to records.
#[derive(Debug, Default)]
pub struct LogReader {
    lines: LineReader,
    unwrapper: Unwrapper,
    formats: Formats,
}

/// The readers of one origin.
#[derive(Debug, Default)]
struct Formats {
    open: Option<usize>,
    gctrace: gctrace::Reader,
    scavtrace: scavtrace::Reader,
    pacertrace: pacertrace::Reader,
    inittrace: inittrace::Reader,
    checkfinalizers: checkfinalizers::Reader,
    schedtrace: schedtrace::Reader,
    alloctrace: alloctrace::Reader,
    race: race::Reader,
    traceback: traceback::Reader,
    profile: profile::Reader,
    memstats: memstats::Reader,
    oom: oom::Reader,
}

impl Formats {
    /// In the order in which a line is offered.
    fn all(&mut self) -> [&mut dyn Format; 12] {
        [
            &mut self.gctrace,
            &mut self.scavtrace,
            &mut self.pacertrace,
            &mut self.inittrace,
            &mut self.checkfinalizers,
            &mut self.schedtrace,
            &mut self.alloctrace,
            &mut self.race,
            &mut self.traceback,
            &mut self.profile,
            &mut self.memstats,
            &mut self.oom,
        ]
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) {
        let open = self.open.take();
        let mut all = self.all();
        let first = open.and_then(|index| Some((index, all.get_mut(index)?.line(line, out))));
        let mut taken = first;
        if !matches!(first, Some((_, Taken::Yes | Taken::Open))) {
            taken = None;
            for (index, format) in all.iter_mut().enumerate() {
                if Some(index) == open {
                    continue;
                }
                let answer = format.line(line, out);
                if answer != Taken::No {
                    taken = Some((index, answer));
                    break;
                }
            }
        }
        match taken {
            Some((index, Taken::Open)) => self.open = Some(index),
            Some(_) => {}
            None => out(Record {
                place: line.place,
                stamp: line.stamp,
                origin: line.origin,
                kind: Kind::Log(line.text),
            }),
        }
    }

    fn finish(&mut self, out: &mut Sink<'_>) {
        for format in self.all() {
            format.finish(out);
        }
    }
}

impl LogReader {
    /// A reader at the start of an input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the records that `chunk` completes.
    pub fn push(&mut self, chunk: &[u8], out: &mut Sink<'_>) {
        let Self {
            lines,
            unwrapper,
            formats,
        } = self;
        lines.push(chunk, |raw| {
            unwrapper.line(&raw, &mut |line| formats.line(line, out));
        });
    }

    /// The input has ended: gives what was open.
    pub fn finish(&mut self, out: &mut Sink<'_>) {
        let Self {
            lines,
            unwrapper,
            formats,
        } = self;
        lines.finish(|raw| unwrapper.line(&raw, &mut |line| formats.line(line, out)));
        unwrapper.finish(&mut |line| formats.line(line, out));
        formats.finish(out);
    }

    /// The name that the prefix gave an origin; empty for lines without one.
    pub fn origin_name(&self, origin: Origin) -> &[u8] {
        self.unwrapper.origin_name(origin)
    }
}
