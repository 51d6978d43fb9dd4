//! zstd (RFC 8878): frame after frame, held against their checksums, and what a cut file holds. The decoder keeps back as
//! much as later blocks may refer to, and when they do not come that is given too.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::error::Error;
use std::io::{self, Read};

/// A last block without bytes, and room for a checksum, which is not held against anything.
const END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// Reads all frames.
pub struct Zstd<R> {
    from: R,
    decoder: FrameDecoder,
    state: State,
}

enum State {
    /// In a frame.
    Within,
    /// Something went wrong, told when all that came before it was given.
    Failed(io::Error),
    /// Nothing comes any more.
    Over,
}

impl<R: Read> Zstd<R> {
    /// A reader at the start of a frame.
    ///
    /// # Errors
    ///
    /// When the frame's header cannot be read.
    pub fn new(from: R) -> io::Result<Self> {
        let mut zstd = Self {
            from,
            decoder: FrameDecoder::new(),
            state: State::Within,
        };
        zstd.begin()?;
        Ok(zstd)
    }

    /// Begins the next frame that holds something, or ends with the input.
    fn begin(&mut self) -> io::Result<()> {
        loop {
            let mut first = [0];
            if fill(&mut self.from, &mut first)? == 0 {
                self.state = State::Over;
                return Ok(());
            }
            let head = first.as_slice().chain(&mut self.from);
            match self.decoder.init(head) {
                Ok(()) => return Ok(()),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.from.by_ref().take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error.to_string())),
            }
        }
    }

    /// Decodes until so many bytes can be given, or the frame is over.
    fn decode(&mut self, wanted: usize) -> io::Result<()> {
        while self.decoder.can_collect() < wanted && !self.decoder.is_finished() {
            let more = BlockDecodingStrategy::UptoBytes(wanted - self.decoder.can_collect());
            let decoded = self.decoder.decode_blocks(&mut self.from, more);
            decoded.map_err(|error| words(&error))?;
        }
        Ok(())
    }

    /// A frame was given whole: whether it is what was packed.
    fn check(&self) -> io::Result<()> {
        let (told, found) = (
            self.decoder.get_checksum_from_data(),
            self.decoder.get_calculated_checksum(),
        );
        match (told, found) {
            (Some(told), Some(found)) if told != found => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "damaged: the checksum of what was unpacked is another",
            )),
            _ => Ok(()),
        }
    }
}

/// What went wrong in the middle: the input ended, or is not what was packed.
fn words(error: &FrameDecoderError) -> io::Error {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let is_end = |cause: &(dyn Error + 'static)| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof)
    };
    while cause.is_some_and(|cause| !is_end(cause)) {
        cause = cause.and_then(Error::source);
    }
    if cause.is_some() {
        let why = "cut short: the zstd stream ends in the middle";
        return io::Error::new(io::ErrorKind::UnexpectedEof, why);
    }
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged: {error}"))
}

/// Reads one byte, if there is one.
fn fill(from: &mut impl Read, byte: &mut [u8; 1]) -> io::Result<usize> {
    loop {
        match from.read(byte) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !buf.is_empty() {
            if matches!(self.state, State::Within)
                && let Err(error) = self.decode(buf.len())
            {
                let all = BlockDecodingStrategy::UptoBlocks(1);
                if self.decoder.decode_blocks(END.as_slice(), all).is_err() {
                    self.state = State::Over;
                    return Err(error);
                }
                self.state = State::Failed(error);
            }
            let given = self.decoder.read(buf)?;
            if given > 0 {
                return Ok(given);
            }
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(0),
                State::Failed(error) => return Err(error),
                State::Within => {
                    self.check()?;
                    self.state = State::Within;
                    let begun = self.begin();
                    if begun.is_err() {
                        self.state = State::Over;
                    }
                    begun?;
                    if matches!(self.state, State::Over) {
                        return Ok(0);
                    }
                }
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    fn lines() -> String {
        let lines: Vec<String> = (0..200_000).map(|n| format!("line {n}")).collect();
        lines.join("\n")
    }

    fn packed() -> Vec<u8> {
        compress_to_vec(lines().as_bytes(), CompressionLevel::Fastest)
    }

    #[test]
    fn a_cut_frame_gives_what_it_holds() {
        let (lines, packed) = (lines(), packed());
        for part in 1..10 {
            let cut = packed.get(..packed.len() * part / 10).unwrap();
            let mut text = Vec::new();
            let ended = Zstd::new(cut).unwrap().read_to_end(&mut text);
            assert!(ended.is_err(), "{part}");
            assert!(lines.as_bytes().starts_with(&text));
            // All but the block that was cut, which holds 128 KiB.
            let least = (lines.len() * part / 12).saturating_sub(256 << 10);
            assert!(text.len() > least, "{part}: {}", text.len());
        }
    }

    #[test]
    fn frames_follow_each_other_and_some_are_skipped() {
        let mut several = vec![0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        for _ in 0..2 {
            several.extend(packed());
        }
        let mut text = Vec::new();
        Zstd::new(several.as_slice())
            .unwrap()
            .read_to_end(&mut text)
            .unwrap();
        assert_eq!(text, lines().repeat(2).as_bytes());
        several.push(0);
        let ended = Zstd::new(several.as_slice())
            .unwrap()
            .read_to_end(&mut Vec::new());
        assert!(ended.is_err());
    }

    #[test]
    fn what_was_changed_is_told() {
        let (lines, packed) = (lines(), packed());
        let has_checksum = packed.get(4).is_some_and(|flags| flags & 4 != 0);
        assert!(has_checksum, "the encoder writes none");
        for at in (20..packed.len()).step_by(packed.len() / 50) {
            let mut changed = packed.clone();
            changed[at] ^= 1;
            let mut text = Vec::new();
            let read = Zstd::new(changed.as_slice()).and_then(|mut z| z.read_to_end(&mut text));
            assert!(read.is_err() || text == lines.as_bytes(), "byte {at}");
        }
    }
}
