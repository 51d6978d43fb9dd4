//! After the first line of a death, up to the first section: more of the panic's text, notes, other panics.

use super::super::head::{ended, fatal, is_note, panic, signal, signal_note, signal_place, text};
use super::super::records::Record;
use super::super::{function, header};
use super::pending::What;
use super::{At, Reader};
use crate::line::{Line, Sink, Taken, Written};

/// How much of what may be the rest of a panic's text is kept.
const KEPT: usize = 64 << 10;

/// Lines that may belong to a panic's text.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    text: Vec<u8>,
    lines: Vec<(Written, usize)>,
    /// There was more than is kept: nothing of it is given.
    spilled: bool,
}

impl Kept {
    pub fn clear(&mut self) {
        self.text.clear();
        self.lines.clear();
        self.spilled = false;
    }

    pub fn push(&mut self, line: &Line<'_>) {
        if self.text.len() + line.text.len() > KEPT {
            self.spilled = true;
            return;
        }
        self.text.extend_from_slice(line.text);
        self.lines.push((line.into(), self.text.len()));
    }

    /// Forgets the last lines, so that this many stay.
    pub fn truncate(&mut self, count: usize) {
        self.lines.truncate(count);
        let end = self.lines.last().map_or(0, |(_, end)| *end);
        self.text.truncate(end);
    }

    /// Gives the lines as parts of the panic's text; empty ones at the end are the gap before the section.
    pub fn give(&mut self, out: &mut Sink<'_, Reader>) {
        let mut start = 0;
        let full = self.text.len();
        for (from, end) in &self.lines {
            if !self.spilled && (start < full) {
                let line = self.text.get(start..*end).unwrap_or_default();
                out.record(*from, Record::More(text(line)));
            }
            start = *end;
        }
        self.clear();
    }
}

impl Reader {
    /// After `panic: `, `fatal error: ` or a signal: up to the first section.
    pub(super) fn head(&mut self, line: &Line<'_>, blank: bool, out: &mut Sink<'_, Self>) -> Taken {
        if line.text.is_empty() {
            self.kept.push(line);
            self.at = At::Head { blank: true };
            return self.patient();
        }
        if let Some(found) = header(line.text) {
            if blank {
                self.kept.give(out);
                return self.begin_section(line, Record::Header(found), out);
            }
            self.keep(What::Unspaced, line, self.kept.lines.len());
            self.kept.push(line);
            return Taken::Open;
        }
        // Windows prints the stack of the thread that faulted without a header (runtime/signal_windows.go).
        if blank && self.exception && function(line.text).is_some() {
            self.kept.clear();
            out.record(line, Record::RuntimeStack);
            self.at = At::Section;
            return self.section(line, out);
        }
        let record = if let Some(text) = panic(line.text) {
            Record::Panic(text)
        } else if let Some(text) = fatal(line.text) {
            Record::Fatal(text)
        } else if let Some(note) = signal_note(line.text) {
            Record::SignalNote(note)
        } else if let Some(place) = signal_place(line.text) {
            Record::SignalPlace(place)
        } else if is_note(line.text) {
            Record::Note(line.text)
        } else if line.text == b"runtime stack:" {
            self.kept.give(out);
            return self.begin_section(line, Record::RuntimeStack, out);
        } else if let Some(more) = line.text.strip_prefix(b"\t") {
            Record::More(text(more))
        } else if ended(line.text) || self.impatient() {
            self.leave();
            return Taken::No;
        } else if signal(line.text) {
            self.keep(What::Signal, line, 0);
            return Taken::Open;
        } else {
            let taken = self.rest_inside(line, out);
            if taken == Taken::No {
                self.kept.push(line);
                self.at = At::Head { blank: false };
            }
            return taken;
        };
        self.kept.give(out);
        out.record(line, record);
        self.at = At::Head { blank: false };
        self.foreign = 0;
        Taken::Open
    }
}
