//! What the application wrote between its traces, passed on as it comes: `app 2>&1 | dumpview gc -` loses nothing.
//!
//! It goes to stderr, because stdout is the answer's; `-q` keeps it back. A line that a trace took is not passed on,
//! what was left of a line that a trace stood in is. Lines that no record speaks of yet (a crash that is still being
//! printed) wait for the next record, the next chunk or the end.

use dumpview_parsers::log::{Kind, Record};
use dumpview_view::safe::safe_bytes;
use std::collections::VecDeque;
use std::io::{self, Write};

/// More than this much waiting text is passed on as it is.
const MAX_WAITING: usize = 1 << 20;

/// A line that is not passed on yet.
struct Waiting {
    number: u64,
    text: Vec<u8>,
    /// A trace took it, or a part of it.
    taken: bool,
    /// What was left of it, when a trace took a part.
    left: Option<Vec<u8>>,
}

/// Passes on what is not a trace.
pub struct Passing<'w> {
    out: &'w mut dyn Write,
    /// Whether control characters are shown instead of sent.
    escape: bool,
    /// Whether a record is one of the traces that the verb reads.
    is_ours: fn(&Record<'_>) -> bool,
    waiting: VecDeque<Waiting>,
    bytes_waiting: usize,
    /// Number of the unfinished line.
    number: u64,
    unfinished: Vec<u8>,
    /// The unfinished line is too long to be a trace: it passes as it comes.
    overlong: bool,
    /// The last line that a record spoke of.
    decided: u64,
}

impl<'w> Passing<'w> {
    /// Passes to `out`; `escape` when that is a terminal.
    pub fn new(out: &'w mut dyn Write, escape: bool, is_ours: fn(&Record<'_>) -> bool) -> Self {
        Self {
            out,
            escape,
            is_ours,
            waiting: VecDeque::new(),
            bytes_waiting: 0,
            number: 1,
            unfinished: Vec::new(),
            overlong: false,
            decided: 0,
        }
    }

    /// Takes a chunk, before its records come.
    pub fn chunk(&mut self, chunk: &[u8]) -> io::Result<()> {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', chunk) {
            self.more(chunk.get(start..end).unwrap_or_default())?;
            self.end_line()?;
            start = end + 1;
        }
        self.more(chunk.get(start..).unwrap_or_default())
    }

    fn more(&mut self, part: &[u8]) -> io::Result<()> {
        if self.overlong {
            return self.write(part);
        }
        self.unfinished.extend_from_slice(part);
        if self.unfinished.len() > MAX_WAITING {
            self.flush_until(u64::MAX)?;
            self.overlong = true;
            let head = std::mem::take(&mut self.unfinished);
            self.write(&head)?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.overlong) {
            self.out.write_all(b"\n")?;
        } else {
            let text = std::mem::take(&mut self.unfinished);
            self.bytes_waiting += text.len();
            self.waiting.push_back(Waiting {
                number: self.number,
                text,
                taken: false,
                left: None,
            });
        }
        self.number += 1;
        Ok(())
    }

    /// Takes a record of the chunk.
    pub fn record(&mut self, record: &Record<'_>) {
        let line = record.place.line;
        self.decided = self.decided.max(line);
        let Some(first) = self.waiting.front().map(|waiting| waiting.number) else {
            return;
        };
        let index = line
            .checked_sub(first)
            .and_then(|i| usize::try_from(i).ok());
        let Some(waiting) = index.and_then(|index| self.waiting.get_mut(index)) else {
            return;
        };
        if (self.is_ours)(record) {
            waiting.taken = true;
        } else if let Kind::Log(text) = &record.kind {
            waiting.left.get_or_insert_default().extend_from_slice(text);
        }
    }

    /// The chunk's records have all come: passes on the lines up to the last one that a record spoke of.
    pub fn settle(&mut self) -> io::Result<()> {
        let until = if self.bytes_waiting > MAX_WAITING {
            u64::MAX
        } else {
            self.decided
        };
        self.flush_until(until)?;
        self.out.flush()
    }

    /// The input has ended: passes on all that is left.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.overlong || !self.unfinished.is_empty() {
            self.end_line()?;
        }
        self.flush_until(u64::MAX)?;
        self.out.flush()
    }

    fn flush_until(&mut self, line: u64) -> io::Result<()> {
        while let Some(waiting) = self.waiting.pop_front_if(|waiting| waiting.number <= line) {
            self.bytes_waiting -= waiting.text.len();
            // A line that is wholly the application's passes as it was, prefix and all.
            let text = if waiting.taken {
                waiting.left.filter(|left| !left.trim_ascii().is_empty())
            } else {
                Some(waiting.text)
            };
            if let Some(text) = text {
                self.write(&text)?;
                self.out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        if self.escape {
            for (index, cell) in text.split(|byte| *byte == b'\t').enumerate() {
                if index > 0 {
                    self.out.write_all(b"\t")?;
                }
                self.out.write_all(safe_bytes(cell).as_bytes())?;
            }
            Ok(())
        } else {
            self.out.write_all(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dumpview_parsers::log::LogReader;

    fn passed(chunks: &[&[u8]]) -> String {
        let mut out = Vec::new();
        let mut passing =
            Passing::new(&mut out, false, |record| matches!(record.kind, Kind::Gc(_)));
        let mut reader = LogReader::new();
        for chunk in chunks {
            passing.chunk(chunk).unwrap();
            reader.push(chunk, &mut |record| passing.record(&record));
            passing.settle().unwrap();
        }
        reader.finish(&mut |record| passing.record(&record));
        passing.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn all_but_the_traces_passes_in_order() {
        let gc = "gc 1 @0.009s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, \
                  0 MB stacks, 0 MB globals, 12 P\n";
        let all = format!(
            "a\n{gc}b\n\npanic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\nexit status 2"
        );
        let want = all.replace(gc, "") + "\n";
        assert_eq!(passed(&[all.as_bytes()]), want);
        let bytes: Vec<&[u8]> = all.as_bytes().chunks(7).collect();
        assert_eq!(passed(&bytes), want);
    }

    #[test]
    fn an_endless_line_passes_whole() {
        let part = vec![b'x'; 1 << 19];
        let chunks: Vec<&[u8]> = (0..8).map(|_| part.as_slice()).collect();
        assert_eq!(passed(&chunks).len(), (8 << 19) + 1);
    }
}
