//! The raw lines of an input, to be looked at anywhere while it is still being read.
//!
//! A plain file is read again where it is looked at; what can be read only once, or was compressed, goes to an unlinked
//! temporary file on the way. In memory is the place of every 64th line, and where records of a kind begin.

use crate::input::unlinked_temporary_file;
use dumpview_model::inventory::Part;
use dumpview_parsers::log::Record;
use dumpview_tui::data::text::{Direction, Mark, TextSource};
use dumpview_view::job::{Job, Stopped};
use dumpview_view::line::Role;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One line in so many has its place in memory.
const STRIDE: u64 = 64;

/// The longest line that is shown whole.
const LONGEST: usize = 1 << 16;

/// The lines.
pub struct Spool {
    file: File,
    index: Mutex<Index>,
    /// Lines are on their way into the file.
    writes: bool,
}

#[derive(Default)]
struct Index {
    /// Offsets of lines 0, 64, 128, …
    places: Vec<u64>,
    /// Lines that have begun.
    lines: u64,
    /// Bytes so far.
    bytes: u64,
    /// Something stands after the last line end.
    open: bool,
    /// From these lines on, from zero, they are of this kind.
    marks: Vec<(u64, Part)>,
    /// The block that was looked at last, and the number of its first line.
    cached: Option<(u64, Vec<u8>)>,
    /// Writing failed: from then on lines are lost.
    lost: Option<String>,
}

/// How a line of a part looks.
const fn mark(part: Part) -> Option<Mark> {
    let (letter, role) = match part {
        Part::Gc => ('g', Role::Series(1)),
        Part::Sched => ('s', Role::Series(5)),
        Part::Traceback | Part::Race | Part::Oom => ('!', Role::Alarm),
        Part::Profile => ('p', Role::Series(4)),
        Part::Unreadable => ('?', Role::Warning),
        Part::Log => return None,
        _ => ('m', Role::Series(0)),
    };
    let name = part.as_str();
    Some(Mark { letter, name, role })
}

impl Spool {
    /// For an input that is about to be read.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or there is no room for a temporary file.
    pub fn new(path: &Path) -> io::Result<Self> {
        let plain = crate::input::stream::is_plain_file(path)?;
        let file = if plain {
            File::open(path)?
        } else {
            unlinked_temporary_file()?
        };
        Ok(Self {
            file,
            index: Mutex::default(),
            writes: !plain,
        })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        // A reader that panicked left the index as it was.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a part of the input, in order.
    pub fn push(&self, chunk: &[u8]) {
        let written = if self.writes {
            (&self.file).write_all(chunk)
        } else {
            Ok(())
        };
        let mut index = self.index();
        if let Err(error) = written {
            index.lost.get_or_insert_with(|| error.to_string());
        }
        if index.lost.is_some() {
            return;
        }
        let start = index.bytes;
        if !index.open && !chunk.is_empty() {
            index.begin_line(start);
        }
        for end in memchr::memchr_iter(b'\n', chunk) {
            index.open = false;
            if end + 1 < chunk.len() {
                index.begin_line(start + end as u64 + 1);
            }
        }
        index.bytes += chunk.len() as u64;
        index.cached = None;
    }

    /// Takes a record of what was pushed.
    pub fn record(&self, record: &Record<'_>) {
        let part = Part::of(&record.kind).unwrap_or(Part::Log);
        let mut index = self.index();
        let line = record.place.line.saturating_sub(1);
        let last = index.marks.last().copied();
        // A record that was held back does not change what was said of later lines.
        let (before, known) = last.unwrap_or((0, Part::Log));
        if known != part && (line > before || last.is_none()) {
            index.marks.push((line, part));
        } else if known != part && line == before {
            // Of several records in a line the trace counts.
            if part != Part::Log
                && let Some(last) = index.marks.last_mut()
            {
                last.1 = part;
            }
        }
    }

    /// Bytes of the input so far.
    /// Why lines are missing, when some are.
    pub fn lost(&self) -> Option<String> {
        self.index().lost.clone()
    }

    /// The lines of a block: up to 64, from a number that is a multiple of it.
    fn block(&self, index: &mut Index, block: u64) -> io::Result<()> {
        let at = |n: u64| usize::try_from(n).ok().and_then(|n| index.places.get(n));
        let Some(start) = at(block).copied() else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let end = at(block + 1).copied().unwrap_or(index.bytes);
        // A block of absurdly long lines is not read whole.
        let size = usize::try_from(end - start)
            .unwrap_or(usize::MAX)
            .min(LONGEST * 64);
        let mut bytes = vec![0; size];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, start + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        index.cached = Some((block, bytes));
        Ok(())
    }

    fn lines_of(&self, block: u64) -> Vec<(u64, String)> {
        let mut index = self.index();
        if self.block(&mut index, block).is_err() {
            return Vec::new();
        }
        let Some((_, bytes)) = &index.cached else {
            return Vec::new();
        };
        (block * STRIDE..)
            .zip(bytes.split(|byte| *byte == b'\n'))
            .take_while(|(line, _)| *line < index.lines)
            .map(|(line, bytes)| (line, shown(bytes)))
            .collect()
    }
}

impl Index {
    fn begin_line(&mut self, at: u64) {
        if self.lines.is_multiple_of(STRIDE) {
            self.places.push(at);
        }
        self.lines += 1;
        self.open = true;
    }
}

fn shown(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let head = bytes.get(..LONGEST).unwrap_or(bytes);
    String::from_utf8_lossy(head).into_owned()
}

impl TextSource for Spool {
    fn len(&self) -> u64 {
        self.index().lines
    }

    fn line(&self, number: u64) -> String {
        let mut index = self.index();
        let block = number / STRIDE;
        if index.cached.as_ref().is_none_or(|(have, _)| *have != block)
            && let Err(error) = self.block(&mut index, block)
        {
            return format!("(cannot be read again: {error})");
        }
        let within = usize::try_from(number % STRIDE).unwrap_or(0);
        let bytes = index.cached.as_ref().map(|(_, bytes)| bytes.as_slice());
        let line = bytes
            .unwrap_or_default()
            .split(|byte| *byte == b'\n')
            .nth(within);
        shown(line.unwrap_or_default())
    }

    fn find(
        &self,
        text: &str,
        from: u64,
        direction: Direction,
        job: &Job,
    ) -> Result<Option<u64>, Stopped> {
        let backwards = direction == Direction::Backwards;
        let word = text.to_lowercase();
        let total = self.len();
        let blocks = total.div_ceil(STRIDE);
        if blocks == 0 {
            return Ok(None);
        }
        let first = from.min(total - 1) / STRIDE;
        // The first block is looked at twice: from the line on, and at the end up to it.
        for step in 0..=blocks {
            let done = step.saturating_mul(STRIDE).min(total);
            job.advance(
                usize::try_from(done).unwrap_or(usize::MAX),
                usize::try_from(total).unwrap_or(usize::MAX),
            )?;
            let block = if backwards {
                (first + blocks - step % blocks) % blocks
            } else {
                (first + step) % blocks
            };
            let in_turn = |line: u64| match (step, backwards) {
                (0, false) => line >= from,
                (0, true) => line <= from,
                _ => true,
            };
            let lines = self.lines_of(block);
            let holds = |(line, text): &(u64, String)| {
                in_turn(*line) && text.to_lowercase().contains(&word)
            };
            let found = if backwards {
                lines.iter().rev().find(|line| holds(line))
            } else {
                lines.iter().find(|line| holds(line))
            };
            if let Some((line, _)) = found {
                return Ok(Some(*line));
            }
        }
        Ok(None)
    }

    fn mark(&self, number: u64) -> Option<Mark> {
        let index = self.index();
        let at = index.marks.partition_point(|(line, _)| *line <= number);
        let (_, part) = index.marks.get(at.checked_sub(1)?)?;
        mark(*part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dumpview_parsers::log::LogReader;

    fn spool_of(text: &[u8], step: usize) -> Spool {
        let spool = Spool {
            file: unlinked_temporary_file().unwrap(),
            index: Mutex::default(),
            writes: true,
        };
        let mut reader = LogReader::new();
        for chunk in text.chunks(step) {
            spool.push(chunk);
            reader.push(chunk, &mut |record| spool.record(&record));
        }
        reader.finish(&mut |record| spool.record(&record));
        spool
    }

    #[test]
    fn lines_are_those_of_the_input_however_it_arrives() {
        let lines: Vec<String> = (0..1000)
            .map(|n| format!("line {n} {}\r\n", "x".repeat(n % 97)))
            .collect();
        let text = lines.concat();
        let text = format!("{text}last without end");
        for step in [1, 7, 4096, text.len()] {
            let spool = spool_of(text.as_bytes(), step);
            assert_eq!(spool.len(), 1001);
            for (number, line) in (0..).zip(text.lines()) {
                assert_eq!(spool.line(number), line);
            }
        }
        assert_eq!(spool_of(b"", 1).len(), 0);
        assert_eq!(spool_of(b"\n\n", 1).len(), 2);
    }

    #[test]
    fn searches_go_around_once_in_both_directions() {
        let lines: Vec<String> = (0..300).map(|n| format!("line {n}\n")).collect();
        let text = lines.concat();
        let spool = spool_of(text.as_bytes(), 4096);
        let job = Job::new("");
        let find = |text, from, direction| spool.find(text, from, direction, &job);
        let forwards = |text, from| find(text, from, Direction::Forwards).unwrap();
        let backwards = |text, from| find(text, from, Direction::Backwards).unwrap();
        assert_eq!(forwards("LINE 150", 0), Some(150));
        assert_eq!(forwards("line 10", 150), Some(10));
        assert_eq!(forwards("line 10", 109), Some(109));
        assert_eq!(backwards("line 10", 99), Some(10));
        assert_eq!(backwards("line 29", 5), Some(299));
        assert_eq!(backwards("line 3", 3), Some(3));
        assert_eq!(forwards("nothing", 7), None);
        assert_eq!(job.progress().of, 300);
        job.stop();
        assert_eq!(find("line 150", 0, Direction::Forwards), Err(Stopped));
    }

    #[test]
    fn traces_are_marked_and_the_applications_lines_are_not() {
        let text = "hello\ngc 1 @0.009s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, \
                    4 MB goal, 0 MB stacks, 0 MB globals, 12 P\nbye\n";
        let spool = spool_of(text.as_bytes(), 5);
        let letters: Vec<Option<char>> = (0..3).map(|n| spool.mark(n).map(|m| m.letter)).collect();
        assert_eq!(letters, [None, Some('g'), None]);
    }
}
