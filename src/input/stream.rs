//! Text inputs as a stream: files, pipes and stdin (`-`), decompressed and turned into UTF-8 on the way.
//!
//! Unlike a core, a text is read once from front to back and may be longer than memory, so it is neither
//! mapped nor unpacked to disk. PowerShell's `>` writes UTF-16 with a byte order mark, which is recoded here;
//! everything else passes as it is.

use super::decompress::Format;
use super::zstd::Zstd;
use flate2::read::MultiGzDecoder;
use rustix::fs::{FileType, fstat};
use std::fs::File;
use std::io::{self, BufRead, Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// How much is read at once.
pub const CHUNK: usize = 1 << 18;

/// What was taken of standard input to see what it is, before it is read.
static TAKEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Standard input from its beginning.
pub fn stdin() -> impl Read + Send {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    Cursor::new(std::mem::take(&mut *taken)).chain(io::stdin())
}

/// Whether something comes from a pipe or a file on standard input. A pipe that nobody writes to, as of a service or of ssh, may
/// stay open for ever: one that is silent for a second is none.
pub fn is_piped() -> bool {
    const PATIENCE: Duration = Duration::from_secs(1);
    let kind = fstat(io::stdin()).map(|about| FileType::from_raw_mode(about.st_mode));
    if !matches!(kind, Ok(FileType::Fifo | FileType::RegularFile)) {
        return false;
    }
    let (came, waiting) = mpsc::channel();
    thread::spawn(move || {
        let has_bytes = io::stdin().lock().fill_buf().map(|begin| !begin.is_empty());
        let _ = came.send(has_bytes.unwrap_or(false));
    });
    waiting.recv_timeout(PATIENCE).unwrap_or(false)
}

/// The first bytes of standard input, unpacked, as far as they come at once; they are read again by whoever reads it.
pub fn head_of_stdin(most: u64) -> Vec<u8> {
    // What cannot be read is an error of whoever reads it.
    let head = io::stdin().lock().fill_buf().unwrap_or_default().to_vec();
    if Format::recognize(&head).is_none() {
        return head;
    }
    // A packed block may be longer than what is buffered: as much is read as it takes.
    let all = Arc::<Mutex<Vec<u8>>>::default();
    let tee = Tee {
        from: io::stdin(),
        taken: Arc::clone(&all),
    };
    let mut unpacked = Vec::new();
    if let Ok(decoder) = decode(Box::new(tee)) {
        let _ = decoder.take(most).read_to_end(&mut unpacked);
    }
    let all = std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner));
    *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = all;
    unpacked
}

/// Keeps what it gives.
struct Tee {
    from: io::Stdin,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Read for Tee {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.extend_from_slice(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Opens a text input.
///
/// # Errors
///
/// When it cannot be opened or its first bytes cannot be read.
pub fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let raw: Box<dyn Read + Send> = if path.as_os_str() == "-" {
        Box::new(stdin())
    } else {
        Box::new(File::open(path)?)
    };
    decode(raw)
}

/// Whether a path is a file whose bytes are the text itself, so that they can be read again in any place.
///
/// # Errors
///
/// When it cannot be opened or its first bytes cannot be read.
pub fn is_plain_file(path: &Path) -> io::Result<bool> {
    if path.as_os_str() == "-" || !path.metadata()?.is_file() {
        return Ok(false);
    }
    let (head, _) = peek(File::open(path)?, 4)?;
    let recoded = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    Ok(!recoded && Format::recognize(&head).is_none())
}

/// Looks at the first bytes and puts the right decoder in front of the rest.
///
/// # Errors
///
/// When the first bytes cannot be read.
pub fn decode(raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let (head, raw) = peek(raw, 4)?;
    let unpacked: Box<dyn Read + Send> = match Format::recognize(&head) {
        None => Box::new(raw),
        Some(Format::Gzip) => Box::new(MultiGzDecoder::new(raw)),
        Some(Format::Zstd) => Box::new(Zstd::new(raw)?),
    };
    let (head, unpacked) = peek(unpacked, 2)?;
    Ok(match head.as_slice() {
        [0xff, 0xfe] => Box::new(Utf16::new(unpacked, u16::from_le_bytes)),
        [0xfe, 0xff] => Box::new(Utf16::new(unpacked, u16::from_be_bytes)),
        _ => Box::new(unpacked),
    })
}

/// Reads up to `n` bytes and gives them along with a reader that begins with them.
fn peek<R: Read>(mut from: R, n: usize) -> io::Result<(Vec<u8>, impl Read + use<R>)> {
    let mut head = Vec::with_capacity(n);
    from.by_ref().take(n as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(from)))
}

/// UTF-16 to UTF-8. What is no UTF-16 becomes U+FFFD.
struct Utf16<R> {
    from: R,
    unit: fn([u8; 2]) -> u16,
    /// Bytes read and not yet turned into units.
    raw: Vec<u8>,
    /// A high surrogate whose low one is still to come.
    high: Option<u16>,
    ready: Cursor<Vec<u8>>,
    ended: bool,
}

impl<R: Read> Utf16<R> {
    fn new(from: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self {
            from,
            unit,
            raw: Vec::new(),
            high: None,
            ready: Cursor::new(Vec::new()),
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        let before = self.raw.len();
        self.raw.resize(CHUNK, 0);
        let read = self
            .from
            .read(self.raw.get_mut(before..).unwrap_or_default())?;
        self.raw.truncate(before + read);
        self.ended = read == 0;
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        units.extend(
            self.raw
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| (self.unit)(*pair)),
        );
        let odd = self.raw.len() % 2;
        self.raw.drain(..self.raw.len() - odd);
        if !self.ended && units.last().is_some_and(|u| (0xd800..0xdc00).contains(u)) {
            self.high = units.pop();
        }
        let text: String = char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        self.ready = Cursor::new(text.into_bytes());
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let given = self.ready.read(buf)?;
            if given > 0 || self.ended || buf.is_empty() {
                return Ok(given);
            }
            self.refill()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: Vec<u8>) -> String {
        let mut text = String::new();
        decode(Box::new(Cursor::new(bytes)))
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn utf16_of_both_orders_becomes_utf8() {
        let text = "\u{feff}a ← 😀\r\n";
        let le = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(all(le), text);
        assert_eq!(all(be), text);
    }

    #[test]
    fn short_and_plain_inputs_pass() {
        for text in ["", "a", "plain\n"] {
            assert_eq!(all(text.as_bytes().to_vec()), text);
        }
    }

    #[test]
    fn gzip_is_unpacked() {
        use std::io::Write;
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"text").unwrap();
        assert_eq!(all(gz.finish().unwrap()), "text");
    }
}
