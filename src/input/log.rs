//! Logs to records: a file, a pipe or stdin through the log reader, in memory that does not grow with it.

use super::stream;
use dumpview_parsers::log::{LogReader, Sink};
use std::io::{self, Read};
use std::path::Path;

/// How reading ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// How many bytes were read, after decompression.
    pub bytes: u64,
    /// Why not all of it was, when so.
    pub lost: Option<String>,
}

/// Reads an input to its end (`-` is stdin).
///
/// # Errors
///
/// When it cannot be opened, or its first read fails.
pub fn read(path: &Path, reader: &mut LogReader, out: &mut Sink<'_>) -> io::Result<Ended> {
    let mut input = stream::open(path)?;
    let mut chunk = vec![0u8; stream::CHUNK];
    let mut ended = Ended::default();
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => {
                ended.bytes += n as u64;
                reader.push(chunk.get(..n).unwrap_or_default(), out);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if ended.bytes == 0 => return Err(error),
            // A compressed file cut short: what came before is good.
            Err(error) => {
                ended.lost = Some(format!("{error} after {} bytes", ended.bytes));
                break;
            }
        }
    }
    reader.finish(out);
    Ok(ended)
}
