//! Compressed inputs: zstd (what coredumpctl keeps) and gzip (what people keep).
//!
//! Decompressed into a temporary file that is already unlinked, with zero pages left as holes: a 1.2 GB core
//! of which 40 MB are data takes 40 MB of disk and no memory.

use super::error::InputError;
use flate2::read::MultiGzDecoder;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

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
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// Decompresses `bytes` into an unlinked temporary file.
///
/// # Errors
///
/// When the stream is damaged or the temporary directory has no room. A stream that ends early gives what it
/// had: a dump cut short still answers.
pub fn to_temporary_file(format: Format, bytes: &[u8]) -> Result<File, InputError> {
    let mut out = unlinked_temporary_file()?;
    match format {
        Format::Gzip => copy_sparse(MultiGzDecoder::new(bytes), &mut out)?,
        Format::Zstd => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(bytes)
                .map_err(|error| InputError::Decompress(error.to_string()))?;
            copy_sparse(decoder, &mut out)?;
        }
    }
    Ok(out)
}

/// Keeps all that `from` gives in an unlinked temporary file.
///
/// # Errors
///
/// When it is damaged from the start or the temporary directory has no room.
pub fn kept(from: impl Read) -> Result<File, InputError> {
    let mut out = unlinked_temporary_file()?;
    copy_sparse(from, &mut out)?;
    Ok(out)
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
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into()))
}

/// Copies all that `from` gives, seeking over pages of zeros.
fn copy_sparse(mut from: impl Read, out: &mut File) -> Result<(), InputError> {
    let mut chunk = vec![0u8; CHUNK];
    let mut size = 0u64;
    loop {
        let (filled, end) = fill(&mut from, &mut chunk);
        let data = chunk.get(..filled).unwrap_or_default();
        let mut within = 0u64;
        for page in data.chunks(PAGE) {
            if page.iter().all(|byte| *byte == 0) {
                within += page.len() as u64;
            } else {
                out.seek(SeekFrom::Start(size + within))?;
                out.write_all(page)?;
                within += page.len() as u64;
            }
        }
        size += filled as u64;
        match end {
            None => {}
            Some(Ok(())) => break,
            Some(Err(error)) if size == 0 => return Err(InputError::Decompress(error.to_string())),
            // Cut or damaged in the middle: what came before is good.
            Some(Err(_)) => break,
        }
    }
    out.set_len(size)?;
    Ok(())
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
            let mut file = to_temporary_file(Format::Gzip, packed).unwrap();
            file.rewind().unwrap();
            let mut back = Vec::new();
            file.read_to_end(&mut back).unwrap();
            back
        };
        assert_eq!(read(&packed), data);
        let cut = read(&packed[..packed.len() / 2]);
        assert!(!cut.is_empty() && data.starts_with(&cut));
    }
}
