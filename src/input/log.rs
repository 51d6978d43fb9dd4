//! The bytes of a log: a file, a pipe or stdin, in memory that does not grow with it.
//!
//! A file is read in this thread. A pipe is read in another one, because its writer may be silent for hours while
//! somebody presses Ctrl-C: then what was read until now is the input, and its summary is the answer.

use super::follow::Followed;
use super::interrupt::Interrupt;
use super::stream;
use crate::memory;
use dumpview_parsers::log::Stamp;
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
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'c> {
    /// The bytes.
    pub bytes: &'c [u8],
    /// When they arrived, of an input that is followed and was waited for: they were written just before.
    pub arrived: Option<Stamp>,
}

/// How often a silent input is looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long a writer may go on after Ctrl-C.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Chunks on their way between the threads.
const IN_FLIGHT: usize = 4;

/// Gives the bytes of an input as they come, until its end, Ctrl-C, or until `each` has had enough. With `follow` it goes
/// on as a file grows, across rotation and truncation.
///
/// # Errors
///
/// When it cannot be opened, or its first read fails.
pub fn chunks(
    path: &Path,
    follow: bool,
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
        followed(path, each)
    } else if !stdin && path.metadata()?.is_file() {
        plain(path, each)
    } else {
        piped(path, follow, each)
    }?;
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
            arrived: None,
        }
    }

    /// Bytes that were written just now.
    fn new(bytes: &'c [u8]) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let ns = now.and_then(|now| i64::try_from(now.as_nanos()).ok());
        Self {
            bytes,
            arrived: ns.map(Stamp::Utc),
        }
    }
}

fn plain(path: &Path, each: Each<'_>) -> io::Result<Ended> {
    let mut input = stream::open(path)?;
    let interrupt = Interrupt::watch()?;
    let mut chunk = vec![0u8; stream::CHUNK];
    let mut ended = Ended::default();
    loop {
        if interrupt.came() {
            ended.interrupted = true;
            ended.lost = Some(format!("interrupted after {} bytes", ended.bytes));
            return Ok(ended);
        }
        match input.read(&mut chunk) {
            Ok(0) => return Ok(ended),
            Ok(n) => {
                ended.bytes += n as u64;
                if each(Chunk::old(chunk.get(..n).unwrap_or_default())).is_break() {
                    return Ok(ended);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return failed(ended, error),
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

fn piped(path: &Path, follow: bool, each: Each<'_>) -> io::Result<Ended> {
    // What stands in a file was written at any time, whoever opened it.
    let is_file = Path::new("/dev/stdin").metadata();
    let is_live = follow && !is_file.is_ok_and(|file| file.is_file());
    let interrupt = Interrupt::watch()?;
    let (full, chunks) = mpsc::sync_channel::<io::Result<Vec<u8>>>(IN_FLIGHT);
    let (empty, spare) = mpsc::channel::<Vec<u8>>();
    let path = path.to_owned();
    // It is left behind in a read that may never return; it owns all it uses.
    thread::spawn(move || {
        let mut input = match stream::open(&path) {
            Ok(input) => input,
            Err(error) => {
                let _ = full.send(Err(error));
                return;
            }
        };
        loop {
            let mut chunk = spare.try_recv().unwrap_or_default();
            chunk.resize(stream::CHUNK, 0);
            let result = match input.read(&mut chunk) {
                Ok(n) => {
                    chunk.truncate(n);
                    Ok(chunk)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let last = result.as_ref().map_or(true, Vec::is_empty);
            if full.send(result).is_err() || last {
                return;
            }
        }
    });
    let mut ended = Ended::default();
    let mut deadline = None;
    loop {
        if interrupt.came() && !ended.interrupted {
            // The writer often stops at the same Ctrl-C, with last words: they are waited for.
            ended.interrupted = true;
            deadline = Some(Instant::now() + LAST_WORDS);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(ended);
        }
        match chunks.recv_timeout(TICK) {
            Ok(Ok(chunk)) if chunk.is_empty() => return Ok(ended),
            Ok(Ok(chunk)) => {
                ended.bytes += chunk.len() as u64;
                let came = if is_live {
                    Chunk::new(&chunk)
                } else {
                    Chunk::old(&chunk)
                };
                if each(came).is_break() {
                    return Ok(ended);
                }
                // The reader may have left with its last chunk.
                let _ = empty.send(chunk);
            }
            Ok(Err(error)) => return failed(ended, error),
            Err(RecvTimeoutError::Timeout) if ended.interrupted => return Ok(ended),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(ended),
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
