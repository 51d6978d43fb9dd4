//! stdin that is watched: what the application writes passes through to stdout until it crashes.
//!
//! Whole lines pass, as they came. When a dump begins at the very start of the input, somebody piped a dump here,
//! and nothing passes. After a crash has begun only the application's own lines pass: the rest is in the report.

use crate::input::log::Ended;
use crate::input::stream;
use dumpview_model::log_model::LogModel;
use dumpview_parsers::log::{Kind, LogReader, Record};
use dumpview_parsers::traceback::Record as Traceback;
use std::io::{self, Read, Write};
use std::path::Path;

/// Why reading ended early.
pub(super) enum Stop {
    /// stdin could not be read.
    Read(io::Error),
    /// Whoever reads our output has had enough.
    Write(io::Error),
}

/// Where the stream stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    /// Nothing was decided yet: only empty lines came.
    Start,
    /// The application speaks.
    Passing,
    /// A crash or dump begins at this offset.
    Crash(u64),
}

/// What is kept while reading.
struct Watch {
    model: LogModel,
    at: At,
    /// The unfinished last line of what was read, which passes when the next chunk tells what it is.
    held: Vec<u8>,
    /// The offset of `held`.
    begin: u64,
    /// The application's lines since the crash began.
    after: Vec<u8>,
}

impl Watch {
    fn record(&mut self, record: &Record<'_>) {
        self.model.record(record, &mut |_| {});
        match (self.at, &record.kind) {
            (At::Crash(_), Kind::Log(text)) => {
                self.after.extend_from_slice(text);
                self.after.push(b'\n');
            }
            (At::Crash(_), _) => {}
            (At::Start, Kind::Traceback(Traceback::Served { .. } | Traceback::Note(_))) => {
                self.at = At::Passing;
            }
            (At::Start, Kind::Traceback(_) | Kind::Profile(_) | Kind::Race(_)) => {
                self.at = At::Crash(record.place.offset);
            }
            (_, Kind::Traceback(_)) if self.model.tracebacks.is_crashing() => {
                self.at = At::Crash(record.place.offset);
            }
            (At::Start, Kind::Log(text)) if text.trim_ascii().is_empty() => {}
            _ => self.at = At::Passing,
        }
    }

    /// Writes what may pass of what was read.
    fn pass(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let whole = self
            .held
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let passes = match self.at {
            At::Start => 0,
            At::Passing => whole,
            At::Crash(offset) => {
                let before = offset.saturating_sub(self.begin);
                usize::try_from(before).unwrap_or(0).min(whole)
            }
        };
        out.write_all(self.held.get(..passes).unwrap_or_default())?;
        let done = if matches!(self.at, At::Crash(_)) {
            self.held.len()
        } else {
            passes
        };
        self.held.drain(..done);
        self.begin += done as u64;
        out.write_all(&self.after)?;
        self.after.clear();
        out.flush()
    }
}

/// Reads stdin to its end.
pub(super) fn read(mut reader: LogReader, model: LogModel) -> Result<(LogModel, Ended), Stop> {
    // What passes keeps its colours, so it goes around the stream that takes them off.
    let out = &mut io::stdout().lock();
    let mut input = stream::open(Path::new("-")).map_err(Stop::Read)?;
    let mut chunk = vec![0u8; stream::CHUNK];
    let mut ended = Ended::default();
    let mut watch = Watch {
        model,
        at: At::Start,
        held: Vec::new(),
        begin: 0,
        after: Vec::new(),
    };
    loop {
        let n = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if ended.bytes == 0 => return Err(Stop::Read(error)),
            Err(error) => {
                ended.lost = Some(format!("{error} after {} bytes", ended.bytes));
                break;
            }
        };
        let read = chunk.get(..n).unwrap_or_default();
        ended.bytes += n as u64;
        watch.held.extend_from_slice(read);
        reader.push(read, &mut |record| watch.record(&record));
        watch.pass(out).map_err(Stop::Write)?;
    }
    reader.finish(&mut |record| watch.record(&record));
    if watch.at == At::Passing && !watch.held.is_empty() {
        watch.held.push(b'\n');
    }
    watch.pass(out).map_err(Stop::Write)?;
    watch.model.finish(|_| String::new(), &mut |_| {});
    Ok((watch.model, ended))
}
