//! Compressed inputs: zstd (what coredumpctl keeps) and gzip (what people keep).
//!
//! Decompressed into a temporary file that is already unlinked, with zero pages left as holes: a 1.2 GB core
//! of which 40 MB are data takes 40 MB of disk and no memory.

use super::error::{InputError, io_words};
use super::zstd::Zstd;
use dumpview_model::units::bytes;
use flate2::read::MultiGzDecoder;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

const PAGE: usize = 4096;
const CHUNK: usize = 256 * PAGE;

/// A compression format that is read here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// RFC 8878.
    Zstd,
    /// RFC 1952.
    Gzip,
}

impl Format {
    /// Told from the first bytes, never from the name.
    pub fn recognize(bytes: &[u8]) -> Option<Self> {
        match bytes {
            // A frame, or one to be skipped, with which parallel packers begin.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// Decompresses `packed` into an unlinked temporary file.
///
/// # Errors
///
/// When the stream is damaged from the start or the temporary directory has no room. A stream that ends early, or is
/// damaged later, gives what it had: a dump cut short still answers.
pub fn to_temporary_file(format: Format, packed: &[u8]) -> Result<Kept, InputError> {
    let mut out = unlinked_temporary_file()?;
    let lost = match format {
        Format::Gzip => copy_sparse(MultiGzDecoder::new(packed), &mut out)?,
        Format::Zstd => {
            let decoder =
                Zstd::new(packed).map_err(|error| InputError::Decompress(error.to_string()))?;
            copy_sparse(decoder, &mut out)?
        }
    };
    Ok(Kept { file: out, lost })
}

/// What an input gave, in a temporary file.
pub struct Kept {
    /// The file, which goes away with its last user.
    pub file: File,
    /// Why it did not give all, when so.
    pub lost: Option<String>,
}

/// Keeps all that `from` gives in an unlinked temporary file.
///
/// # Errors
///
/// When it is damaged from the start or the temporary directory has no room.
pub fn kept(from: impl Read) -> Result<Kept, InputError> {
    let mut out = unlinked_temporary_file()?;
    let lost = copy_sparse(from, &mut out)?;
    Ok(Kept { file: out, lost })
}

/// A file that goes away with its last user.
///
/// # Errors
///
/// When the temporary directory cannot be written to.
pub fn unlinked_temporary_file() -> io::Result<File> {
    let directory = std::env::temp_dir();
    let mut last = None;
    for attempt in 0..64u32 {
        let path = directory.join(format!(".dumpview-{}-{attempt}", std::process::id()));
        match OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
        {
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = Some(error),
            Err(error) => return Err(no_place(&directory, &error)),
        }
    }
    let taken = || io::ErrorKind::AlreadyExists.into();
    Err(no_place(&directory, &last.unwrap_or_else(taken)))
}

/// The directory is at fault, not the input.
fn no_place(directory: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!(
        "the temporary directory {} (TMPDIR) cannot be written to: {}",
        directory.display(),
        io_words(error)
    ))
}

/// Bytes that may be unpacked: others need the disk too.
fn room() -> u64 {
    let about = rustix::fs::statvfs(std::env::temp_dir());
    about.map_or(u64::MAX, |about| {
        let free = about.f_bavail.saturating_mul(about.f_frsize);
        free / 10 * 9
    })
}

/// Copies all that `from` gives, seeking over pages of zeros; gives why that is not all.
fn copy_sparse(mut from: impl Read, out: &mut File) -> Result<Option<String>, InputError> {
    let mut chunk = vec![0u8; CHUNK];
    let (mut size, mut room) = (0u64, room());
    let lost = loop {
        let (filled, end) = fill(&mut from, &mut chunk);
        let data = chunk.get(..filled).unwrap_or_default();
        let mut within = 0u64;
        for page in data.chunks(PAGE) {
            if page.iter().all(|byte| *byte == 0) {
                within += page.len() as u64;
            } else {
                let Some(left) = room.checked_sub(page.len() as u64) else {
                    return Err(no_room().into());
                };
                room = left;
                out.seek(SeekFrom::Start(size + within))?;
                out.write_all(page)?;
                within += page.len() as u64;
            }
        }
        size += filled as u64;
        match end {
            None => {}
            Some(Ok(())) => break None,
            Some(Err(error)) if size == 0 => return Err(InputError::Decompress(error.to_string())),
            // Cut or damaged in the middle: what came before is good.
            Some(Err(error)) => {
                break Some(format!(
                    "{error}: what was unpacked before, {}, is read",
                    bytes(size)
                ));
            }
        }
    };
    out.set_len(size)?;
    Ok(lost)
}

fn no_room() -> io::Error {
    let directory = std::env::temp_dir();
    io::Error::other(format!(
        "what it unpacks to needs more than nine tenths of what is free in {} (TMPDIR)",
        directory.display()
    ))
}

/// Fills as much of `chunk` as the reader has; the second value is set at its end or error.
fn fill(from: &mut impl Read, chunk: &mut [u8]) -> (usize, Option<io::Result<()>>) {
    let mut filled = 0;
    while let Some(rest) = chunk.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => return (filled, Some(Ok(()))),
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(Err(error))),
        }
    }
    (filled, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_pages_survive_and_a_cut_stream_gives_what_it_had() {
        let mut data = vec![7u8; 3 * PAGE + 5];
        data[PAGE..2 * PAGE].fill(0);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        gz.write_all(&data).unwrap();
        let packed = gz.finish().unwrap();
        let read = |packed: &[u8]| {
            let mut kept = to_temporary_file(Format::Gzip, packed).unwrap();
            kept.file.rewind().unwrap();
            let mut back = Vec::new();
            kept.file.read_to_end(&mut back).unwrap();
            (back, kept.lost.is_some())
        };
        assert_eq!(read(&packed), (data.clone(), false));
        let (cut, lost) = read(&packed[..packed.len() / 2]);
        assert!(!cut.is_empty() && data.starts_with(&cut) && lost);
    }
}
