//! The loop that verbs on logs share: bytes to records to the verb, and what is none of the verb's to stderr.

use super::Passing;
use super::dump::{core, heap_dump, is_core, is_heap_dump};
use crate::answer::{Failure, Stop};
use crate::flags::{Common, LogFlags};
use crate::input::log::{Ended, chunks};
use crate::words::is_stdin;
use dumpview_parsers::log::{LogReader, Others, Record};
use std::io::{self, BufWriter, IsTerminal};
use std::ops::ControlFlow;
use std::path::Path;

/// An input, and how it is read.
pub struct OneInput<'f> {
    /// The file.
    pub path: &'f Path,
    /// What cores are of, when that was typed.
    pub executable: Option<&'f Path>,
    /// How a log is read.
    pub flags: &'f LogFlags,
    /// Flags that every verb takes.
    pub common: &'f Common,
}

/// What one is told while an input is read.
#[derive(Clone, Copy, Debug)]
pub enum Step<T> {
    /// The next item.
    Item(T),
    /// All that has come was given: what was made of it may be waited for.
    Settled,
}

/// Gives every record of an input to `each`, until the end or until `each` fails (whoever reads its output left).
/// Lines of stdin of which no record `is_ours` are passed on to stderr, unless quiet; the application's own lines are `others`
/// when they are not. Gives back the reader, which knows the
/// names of origins.
///
/// # Errors
///
/// When the input cannot be read, or `each` fails.
pub fn drive(
    input: &OneInput<'_>,
    is_ours: fn(&Record<'_>) -> bool,
    others: Others,
    each: &mut dyn FnMut(Step<&Record<'_>>) -> io::Result<()>,
) -> Result<(Ended, LogReader), Stop> {
    let OneInput {
        path,
        executable,
        flags,
        common,
    } = *input;
    let mut reader = flags.reader()?;
    if is_heap_dump(path) {
        let ended = heap_dump(path, &mut |record| each(Step::Item(record)))?;
        return Ok((ended, reader));
    }
    if is_core(path) {
        let ended = core(path, executable, common, &mut |record| {
            each(Step::Item(record))
        })?;
        return Ok((ended, reader));
    }
    let stderr = io::stderr();
    let is_terminal = stderr.is_terminal();
    let mut stderr = BufWriter::new(stderr.lock());
    let mut passing =
        (is_stdin(path) && !common.quiet).then(|| Passing::new(&mut stderr, is_terminal, is_ours));
    if passing.is_none() {
        reader = reader.with_others(others).with_whole_goroutines();
    }
    let mut failed = None;
    let scout = Some(reader.scout());
    let ended = chunks(path, flags.follow, scout, &mut |chunk| {
        if let Some(pass) = &mut passing
            && pass.chunk(chunk.bytes).is_err()
        {
            // Nobody listens to stderr; the answer is still wanted.
            passing = None;
        }
        reader.arrived(chunk.arrived);
        reader.push_ahead(chunk.bytes, chunk.ahead, &mut |record| {
            if let Some(pass) = &mut passing {
                pass.record(&record);
            }
            if failed.is_none() {
                failed = each(Step::Item(&record)).err();
            }
        });
        if let Some(pass) = &mut passing
            && pass.settle().is_err()
        {
            passing = None;
        }
        if failed.is_none() {
            failed = each(Step::Settled).err();
        }
        if failed.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
    .map_err(|error| Failure::cannot_read(path, &error))?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    reader.finish(&mut |record| {
        if let Some(pass) = &mut passing {
            pass.record(&record);
        }
        if failed.is_none() {
            failed = each(Step::Item(&record)).err();
        }
    });
    if let Some(pass) = &mut passing {
        let _ = pass.finish();
    }
    match failed {
        Some(error) => Err(error.into()),
        None => Ok((ended, reader)),
    }
}
