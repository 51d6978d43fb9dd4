//! The bytes of a log: a file, a pipe or stdin, in memory that does not grow with it.
//!
//! It is read in a thread of its own. A file is read, unpacked and looked through ([`Scout`]) there while what was read before
//! is worked with. A pipe's writer may be silent for hours while somebody presses Ctrl-C: then what was read until now is the
//! input, and its summary is the answer.

use super::follow::Followed;
use super::interrupt::Interrupt;
use super::stream;
use crate::memory;
use dumpview_parsers::log::{Ahead, Scout, Stamp};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How reading ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// How many bytes were read, after decompression.
    pub bytes: u64,
    /// Why not all of it was, when so.
    pub lost: Option<String>,
    /// Somebody pressed Ctrl-C.
    pub interrupted: bool,
}

/// Bytes of a log.
#[derive(Debug)]
pub struct Chunk<'c> {
    /// The bytes.
    pub bytes: &'c [u8],
    /// What is known of them, where a scout went ahead.
    pub ahead: Option<&'c mut Ahead>,
    /// When they arrived, of an input that is followed and was waited for: they were written just before.
    pub arrived: Option<Stamp>,
}

/// How often a silent input is looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long a writer may go on after Ctrl-C.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Parts on their way between the threads.
const IN_FLIGHT: usize = 1;

/// Gives the bytes of an input as they come, until its end, Ctrl-C, or until `each` has had enough. With `follow` it goes
/// on as a file grows, across rotation and truncation. A `scout` looks through a file from its beginning to its end, or
/// through nothing.
///
/// # Errors
///
/// When it cannot be opened, or its first read fails.
pub fn chunks(
    path: &Path,
    follow: bool,
    scout: Option<Scout>,
    each: &mut dyn FnMut(Chunk<'_>) -> ControlFlow<()>,
) -> io::Result<Ended> {
    let mut short = false;
    let each: Each<'_> = &mut |chunk| {
        each(chunk)?;
        short = memory::is_short();
        if short {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let stdin = path.as_os_str() == "-";
    let mut ended = if follow && !stdin {
        followed(path, each)?
    } else if !stdin && path.metadata()?.is_file() {
        // Where there is one processor, what is looked at ahead is only looked at twice; and what was found takes memory.
        let many = thread::available_parallelism().is_ok_and(|many| many.get() > 1);
        let scout = scout.filter(|_| many && !memory::is_scarce());
        let from = Source::File { scout };
        read(path, from, each)?
    } else {
        // What stands in a file was written at any time, whoever opened it.
        let is_file = Path::new("/dev/stdin").metadata();
        let is_live = follow && !is_file.is_ok_and(|file| file.is_file());
        read(path, Source::Pipe { is_live }, each)?
    };
    if short {
        let read = ended.bytes;
        ended.lost = Some(format!("stopped after {read} bytes: {}", memory::why()));
    }
    Ok(ended)
}

/// Who takes the chunks.
type Each<'e> = &'e mut dyn FnMut(Chunk<'_>) -> ControlFlow<()>;

impl<'c> Chunk<'c> {
    /// Bytes that may have been there for long.
    const fn old(bytes: &'c [u8]) -> Self {
        Self {
            bytes,
            ahead: None,
            arrived: None,
        }
    }

    /// Bytes that were written just now.
    fn new(bytes: &'c [u8]) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let ns = now.and_then(|now| i64::try_from(now.as_nanos()).ok());
        Self {
            bytes,
            ahead: None,
            arrived: ns.map(Stamp::Utc),
        }
    }
}

/// A read went wrong: fatal at the start; later what came before is good (a compressed file cut short).
fn failed(mut ended: Ended, error: io::Error) -> io::Result<Ended> {
    if ended.bytes == 0 {
        return Err(error);
    }
    ended.lost = Some(format!("{error} after {} bytes", ended.bytes));
    Ok(ended)
}

/// What is read.
enum Source {
    /// It is there to its end; what is read is full.
    File { scout: Option<Scout> },
    /// What comes is given at once. What comes through a live one was written just then.
    Pipe { is_live: bool },
}

/// What was read, and what is known of it. The memory is used again.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    ahead: Option<Ahead>,
    /// Why nothing comes behind it, when that is not its end.
    error: Option<io::Error>,
}

impl Part {
    /// Reads the next part of an input; nothing at its end.
    fn read(&mut self, input: &mut dyn Read, from: &mut Source) {
        self.bytes.resize(stream::CHUNK, 0);
        let mut length = 0;
        while let Some(room) = self.bytes.get_mut(length..).filter(|room| !room.is_empty()) {
            match input.read(room) {
                Ok(0) => break,
                Ok(n) => length += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
            if matches!(from, Source::Pipe { .. }) {
                break;
            }
        }
        self.bytes.truncate(length);
        if let Source::File { scout: Some(scout) } = from {
            scout.look(&self.bytes, self.ahead.get_or_insert_default());
        }
    }

    /// Whether nothing comes behind it.
    const fn is_last(&self) -> bool {
        self.bytes.is_empty() || self.error.is_some()
    }
}

/// Reads an input in a thread of its own, which is left behind in a read that may never return; it owns all it uses.
fn read(path: &Path, mut from: Source, each: Each<'_>) -> io::Result<Ended> {
    let is_file = matches!(from, Source::File { .. });
    let is_live = matches!(from, Source::Pipe { is_live: true });
    let interrupt = Interrupt::watch()?;
    let (full, parts) = mpsc::sync_channel::<Part>(IN_FLIGHT);
    let (empty, spare) = mpsc::channel::<Part>();
    let path = path.to_owned();
    let reading = thread::Builder::new().spawn(move || {
        let mut input = match stream::open(&path) {
            Ok(input) => input,
            Err(error) => {
                let _ = full.send(Part {
                    error: Some(error),
                    ..Part::default()
                });
                return;
            }
        };
        loop {
            let mut part = spare.try_recv().unwrap_or_default();
            part.read(&mut input, &mut from);
            let is_last = part.is_last();
            if full.send(part).is_err() || is_last {
                return;
            }
        }
    })?;
    let mut ended = Ended::default();
    let mut deadline = None;
    loop {
        if interrupt.came() && !ended.interrupted {
            ended.interrupted = true;
            if is_file {
                ended.lost = Some(format!("interrupted after {} bytes", ended.bytes));
                return Ok(ended);
            }
            // The writer often stops at the same Ctrl-C, with last words: they are waited for.
            deadline = Some(Instant::now() + LAST_WORDS);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(ended);
        }
        match parts.recv_timeout(TICK) {
            Ok(mut part) => {
                ended.bytes += part.bytes.len() as u64;
                let chunk = Chunk {
                    ahead: part.ahead.as_mut(),
                    ..if is_live {
                        Chunk::new(&part.bytes)
                    } else {
                        Chunk::old(&part.bytes)
                    }
                };
                let has_enough = !part.bytes.is_empty() && each(chunk).is_break();
                if let Some(error) = part.error.take() {
                    return failed(ended, error);
                }
                if has_enough || part.bytes.is_empty() {
                    return Ok(ended);
                }
                // The reader may have left with its last part.
                let _ = empty.send(part);
            }
            Err(RecvTimeoutError::Timeout) if ended.interrupted => return Ok(ended),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return match reading.join() {
                    Ok(()) => Ok(ended),
                    Err(panic) => std::panic::resume_unwind(panic),
                };
            }
        }
    }
}

fn followed(path: &Path, each: Each<'_>) -> io::Result<Ended> {
    let mut input = Followed::open(path)?;
    let interrupt = Interrupt::watch()?;
    let mut was_waited_for = false;
    let mut chunk = vec![0u8; stream::CHUNK];
    let mut ended = Ended::default();
    loop {
        if interrupt.came() {
            ended.interrupted = true;
            return Ok(ended);
        }
        match input.read(&mut chunk) {
            Ok(0) => {
                was_waited_for = true;
                thread::sleep(TICK);
            }
            Ok(n) => {
                ended.bytes += n as u64;
                let bytes = chunk.get(..n).unwrap_or_default();
                let came = if was_waited_for {
                    Chunk::new(bytes)
                } else {
                    Chunk::old(bytes)
                };
                if each(came).is_break() {
                    return Ok(ended);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return failed(ended, error),
        }
    }
}
