//! Bytes to lines, across the borders of the chunks they arrive in.
//!
//! No I/O: whoever reads gives chunks. Only the unfinished last line of a chunk is copied. A line longer than
//! [`MAX_LINE`] gives its head and is marked, so that a file without line ends costs no memory.

use super::Place;
use std::ops::ControlFlow;

/// The longest line kept whole. The longest real one (`can inline F with cost N as: …` and composite
/// conversions) is some tens of kilobytes.
pub const MAX_LINE: usize = 1 << 20;

/// One line and where it stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawLine<'a> {
    /// The text, without `\n` and a `\r` before it.
    pub text: &'a [u8],
    /// Counted from 1.
    pub number: u64,
    /// Offset of its first byte in the input.
    pub offset: u64,
    /// The input ended before the line did.
    pub unterminated: bool,
    /// The line was longer than [`MAX_LINE`]; `text` is its head.
    pub cut: bool,
    /// Whoever looked through the chunk found nothing in this line.
    pub quiet: bool,
}

/// What is known of a line besides its text.
#[derive(Clone, Copy, Default)]
struct Ends {
    unterminated: bool,
    quiet: bool,
}

/// Splits a stream into lines.
#[derive(Clone, Debug, Default)]
pub struct LineReader {
    /// The unfinished line of earlier chunks.
    carry: Vec<u8>,
    /// Bytes of that line that were dropped for its length.
    dropped: u64,
    /// Lines finished so far.
    number: u64,
    /// Offset of the unfinished line.
    offset: u64,
}

impl LineReader {
    /// A reader at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives each line that ends in `chunk` to `each`.
    pub fn push(&mut self, chunk: &[u8], mut each: impl FnMut(RawLine<'_>)) {
        self.push_sought(
            chunk,
            0,
            |_, _| true,
            |_| true,
            |line| {
                each(line);
                ControlFlow::Continue(())
            },
        );
    }

    /// The same from a place on, until `each` breaks off; gives where that was, the end of the chunk otherwise. `any` tells
    /// whether there is something in a part of the chunk, and is asked of each line that is whole in it, in order; `alone`
    /// tells the same of a line that came in several chunks, so that chunks make no difference.
    pub fn push_sought(
        &mut self,
        chunk: &[u8],
        from: usize,
        mut any: impl FnMut(usize, usize) -> bool,
        alone: impl Fn(&[u8]) -> bool,
        mut each: impl FnMut(RawLine<'_>) -> ControlFlow<()>,
    ) -> usize {
        let mut start = from;
        for end in memchr::memchr_iter(b'\n', chunk.get(from..).unwrap_or_default()) {
            let end = from + end;
            let line = chunk.get(start..end).unwrap_or_default();
            let from = std::mem::replace(&mut start, end + 1);
            let flow = if self.carry.is_empty() && line.len() <= MAX_LINE {
                let ends = Ends {
                    quiet: !any(from, end),
                    unterminated: false,
                };
                self.give(line, line.len() as u64 + 1, ends, &mut each)
            } else {
                self.keep(line);
                let carry = std::mem::take(&mut self.carry);
                let length = carry.len() as u64 + std::mem::take(&mut self.dropped) + 1;
                let ends = Ends {
                    quiet: carry.len() <= MAX_LINE && !alone(&carry),
                    unterminated: false,
                };
                let flow = self.give(&carry, length, ends, &mut each);
                self.carry = carry;
                self.carry.clear();
                flow
            };
            if flow.is_break() {
                return start;
            }
        }
        self.keep(chunk.get(start..).unwrap_or_default());
        chunk.len()
    }

    /// Where the next line begins, when nothing of it has come.
    pub const fn next_line(&self) -> Option<Place> {
        if !self.carry.is_empty() {
            return None;
        }
        Some(Place {
            line: self.number + 1,
            offset: self.offset,
        })
    }

    /// Passes over lines that somebody else has read, when nothing of the next one has come.
    pub const fn skip(&mut self, lines: u64, bytes: u64) {
        self.number += lines;
        self.offset += bytes;
    }

    /// Gives what stood after the last line end, if anything did.
    pub fn finish(&mut self, mut each: impl FnMut(RawLine<'_>)) {
        if !self.carry.is_empty() {
            let carry = std::mem::take(&mut self.carry);
            let ends = Ends {
                unterminated: true,
                ..Ends::default()
            };
            let _ = self.give(&carry, carry.len() as u64, ends, &mut |line| {
                each(line);
                ControlFlow::Continue(())
            });
        }
    }

    fn keep(&mut self, part: &[u8]) {
        // One byte more than is allowed marks the line as cut.
        let room = (MAX_LINE + 1).saturating_sub(self.carry.len());
        let kept = part.len().min(room);
        self.carry
            .extend_from_slice(part.get(..kept).unwrap_or_default());
        self.dropped += (part.len() - kept) as u64;
    }

    fn give(
        &mut self,
        line: &[u8],
        length: u64,
        ends: Ends,
        each: &mut impl FnMut(RawLine<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.number += 1;
        let cut = line.len() > MAX_LINE;
        let text = line.get(..MAX_LINE).unwrap_or(line);
        let flow = each(RawLine {
            text: text.strip_suffix(b"\r").unwrap_or(text),
            number: self.number,
            offset: self.offset,
            unterminated: ends.unterminated,
            cut,
            quiet: ends.quiet,
        });
        self.offset += length;
        flow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(chunks: &[&[u8]]) -> Vec<(Vec<u8>, u64, u64, bool)> {
        let mut out = Vec::new();
        let mut reader = LineReader::new();
        let mut each = |line: RawLine<'_>| {
            out.push((
                line.text.to_vec(),
                line.number,
                line.offset,
                line.unterminated,
            ));
        };
        for chunk in chunks {
            reader.push(chunk, &mut each);
        }
        reader.finish(&mut each);
        out
    }

    #[test]
    fn lines_cross_chunks() {
        assert_eq!(
            lines(&[b"a\r\nb", b"c", b"\n\nd"]),
            [
                (b"a".to_vec(), 1, 0, false),
                (b"bc".to_vec(), 2, 3, false),
                (b"".to_vec(), 3, 6, false),
                (b"d".to_vec(), 4, 7, true),
            ]
        );
    }

    #[test]
    fn an_endless_line_costs_no_memory() {
        let mut reader = LineReader::new();
        let chunk = vec![b'x'; 1 << 19];
        for _ in 0..20 {
            reader.push(&chunk, |_| panic!("no line ended"));
        }
        assert!(reader.carry.capacity() < 4 * MAX_LINE);
        let mut seen = Vec::new();
        reader.push(b"\nnext\n", |line| {
            seen.push((line.text.len(), line.cut, line.offset));
        });
        assert_eq!(seen, [(MAX_LINE, true, 0), (4, false, 20 * (1 << 19) + 1)]);
    }

    proptest! {
        #[test]
        fn any_cutting_into_chunks_gives_the_same_lines(
            text in "[ab\r\n]{0,60}", cuts in proptest::collection::vec(0usize..60, 0..6)
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.push(0);
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            prop_assert_eq!(lines(&chunks), lines(&[bytes]));
        }
    }
}
