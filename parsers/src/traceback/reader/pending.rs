//! A line whose meaning, or other half, the next line tells.

use super::super::grammar::is_unavailable;
use super::super::head::{ended, fatal, is_note, panic, signal, signal_note, signal_place};
use super::super::records::{Frame, Function, Record, Recovered, Source};
use super::super::{created_by, elided, function, header, source};
use super::{At, CUT, Reader};
use crate::line::{Line, Sink, Taken, Written};

/// A line whose meaning, or other half, the next line tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    pub what: What,
    pub text: Vec<u8>,
    /// Where the text's first part ends: the function's name. Of an unspaced header, how many lines were kept before.
    pub split: usize,
    pub goroutine: Option<u64>,
    pub from: Written,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum What {
    #[default]
    Nothing,
    Call,
    Creator,
    /// A line without parentheses: a C function if a source line with a pc follows, else somebody's log.
    CCall,
    /// A signal if `PC=` follows.
    Signal,
    /// Why a process dies, behind words of the application that had no end, if what must follow does.
    Unfinished,
    /// A header further right in a line that is left to others, if a call follows.
    Header,
    /// A header directly behind a death, with no empty line before it: a line of the panic's text if such a line
    /// follows, or an empty one and the header of the first section.
    Unspaced,
}

impl Reader {
    /// With a first half waiting: whether this line is its second. `None` when the line is to be read on its own.
    pub(super) fn settle(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Option<Taken> {
        match self.pending.what {
            What::Nothing => None,
            What::Call | What::Creator | What::CCall => {
                let found = if line.unterminated || line.cut {
                    certain(line.text)
                } else {
                    source(line.text)
                };
                let c_needs_pc = self.pending.what == What::CCall;
                if let Some(source) = found.filter(|s| !c_needs_pc || s.pc.is_some()) {
                    self.give_pending(Some(source), out);
                    self.foreign = 0;
                    return Some(Taken::Open);
                }
                if line.unterminated {
                    out.unreadable(line, line.text, CUT);
                    self.abandon(true, out);
                    return Some(Taken::Open);
                }
                if line.text.starts_with(b"\t") {
                    out.unreadable(line, line.text, "a source line that is cut or mixed");
                    self.abandon(true, out);
                    return Some(Taken::Open);
                }
                let others = self.pending.what == What::CCall
                    || function(line.text).is_some()
                    || line.text.is_empty();
                if others || self.impatient() {
                    self.abandon(false, out);
                    return None;
                }
                // A log line between the two halves.
                Some(Taken::No)
            }
            What::Signal => {
                if let Some(place) = signal_place(line.text).filter(|_| !line.unterminated) {
                    let pending = &self.pending;
                    self.exception = pending.text.starts_with(b"Exception 0x");
                    out.record(pending.from, Record::Signal(&pending.text));
                    out.record(line, Record::SignalPlace(place));
                    self.pending.what = What::Nothing;
                    self.enter_head();
                    return Some(Taken::Open);
                }
                self.abandon(false, out);
                None
            }
            What::Header => {
                if function(line.text).is_some() || is_unavailable(line.text) {
                    self.give_header(out);
                } else {
                    self.pending.what = What::Nothing;
                }
                None
            }
            What::Unfinished => self.settle_unfinished(line, out),
            What::Unspaced => {
                let blank = self.at == At::Head { blank: true };
                if line.text.is_empty() && !self.impatient() {
                    self.kept.push(line);
                    self.at = At::Head { blank: true };
                    return Some(Taken::Open);
                }
                let is_text = if blank {
                    header(line.text).is_some()
                } else {
                    !follows_header(line.text)
                };
                if is_text {
                    out.log(self.pending.from, &self.pending.text);
                    self.pending.what = What::Nothing;
                } else {
                    self.kept.truncate(self.pending.split);
                    self.give_header(out);
                }
                None
            }
        }
    }

    /// Whether this line proves that the one before ended in a death.
    fn settle_unfinished(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Option<Taken> {
        let blank = self.pending.split > 0;
        if line.text.is_empty() && !blank {
            self.pending.split = 1;
            return Some(Taken::Open);
        }
        let pending = std::mem::take(&mut self.pending);
        let place = signal_place(line.text).filter(|_| !line.unterminated);
        if signal(&pending.text) {
            if let Some(place) = place.filter(|_| !blank) {
                out.record(pending.from, Record::Signal(&pending.text));
                out.record(line, Record::SignalPlace(place));
                self.enter_head();
                return Some(Taken::Open);
            }
            return None;
        }
        let unindented = line.text.trim_ascii_start();
        let found = header(unindented);
        let is_header = found.is_some();
        let follows = is_header
            || signal_note(line.text).is_some()
            || line.text.starts_with(b"\tpanic: ")
            || line.text == b"runtime stack:";
        if !follows {
            return None;
        }
        if let Some(mut text) = panic(&pending.text) {
            // The runtime leaves a line empty before a goroutine; who does not is a logger, which lived.
            if is_header && !blank {
                text.recovered = Recovered::Recovered;
            }
            out.record(pending.from, Record::Panic(text));
        } else if let Some(text) = fatal(&pending.text) {
            out.record(pending.from, Record::Fatal(text));
        }
        self.enter_head();
        self.at = At::Head { blank: true };
        // A logger indents what it prints below its own line.
        let found = found?;
        let blanks = line.text.len() - unindented.len();
        self.indent = line.text.get(..blanks).unwrap_or_default().to_vec();
        Some(self.begin_section(line, Record::Header(found), out))
    }

    pub(super) fn keep(&mut self, what: What, line: &Line<'_>, split: usize) {
        let pending = &mut self.pending;
        pending.what = what;
        pending.text.clear();
        pending.text.extend_from_slice(line.text);
        pending.split = split;
        pending.goroutine = None;
        pending.from = line.into();
    }

    pub(super) fn give_pending(&mut self, source: Option<Source<'_>>, out: &mut Sink<'_, Self>) {
        let pending = &self.pending;
        let record = if pending.what == What::Creator {
            let Some(creator) = created_by(&pending.text) else {
                return;
            };
            Record::CreatedBy { creator, source }
        } else {
            Record::Frame(Frame {
                function: Function::split(&pending.text, pending.split),
                source,
            })
        };
        out.record(pending.from, record);
        self.pending.what = What::Nothing;
    }

    /// The doubtful header is one.
    fn give_header(&mut self, out: &mut Sink<'_, Self>) {
        self.kept.give(out);
        if let Some(found) = header(&self.pending.text) {
            out.record(self.pending.from, Record::Header(found));
        }
        self.pending.what = What::Nothing;
        self.at = At::Section;
        self.foreign = 0;
    }

    /// The second half did not come. `lost`: it was there and unreadable, or the input ended before it.
    pub(super) fn abandon(&mut self, lost: bool, out: &mut Sink<'_, Self>) {
        let from = self.pending.from;
        match self.pending.what {
            What::Nothing | What::Header | What::Unfinished => {}
            What::Unspaced => {
                self.kept.truncate(self.pending.split);
                self.give_header(out);
            }
            What::CCall | What::Signal => out.log(from, &self.pending.text),
            What::Call | What::Creator if lost => self.give_pending(None, out),
            What::Call | What::Creator => {
                out.unreadable(from, &self.pending.text, "its source line is missing");
            }
        }
        self.pending.what = What::Nothing;
    }
}

/// Whether a line can stand where a goroutine's calls begin, or where they are missing.
fn follows_header(text: &[u8]) -> bool {
    text.is_empty()
        || function(text).is_some()
        || is_unavailable(text)
        || created_by(text).is_some()
        || elided(text).is_some()
        || source(text).is_some()
        || header(text).is_some()
        || is_note(text)
        || ended(text)
}

/// What is sure of a source line that the end of the input may have cut: the last number may lack digits.
fn certain(line: &[u8]) -> Option<Source<'_>> {
    let line = line.trim_ascii();
    let space = memchr::memrchr(b' ', line)?;
    source(line.get(..space)?)
}
