//! Lines to records.
//!
//! ```text
//!            panic, fatal error, signal            header, runtime stack         blank
//!   Rest ─────────────────────────────▶ Head ─────────────────────────▶ Section ◀────▶ Between
//!     │                                                                    ▲
//!     └──────────────────────────── header ────────────────────────────────┘
//! ```
//!
//! A call is two lines, so the first is kept until the second comes. What is none of a traceback's in the
//! middle of one (a log line of another thread) is left to others and does not end it, unless much of it comes.
//!
//! Up to Go 1.22 the second line of a panic's text stands in column 0 and can be anything. Such lines are left
//! to others too, and given again as [`Record::More`] when a blank line and a section prove that the panic's
//! text was still going on.

use super::head::{
    ended, fatal, is_note, panic, register, served, signal, signal_note, signal_place, text,
};
use super::records::{Frame, Function, Record, Source};
use super::{created_by, elided, function, header, originating_from, source};
use crate::log::{self, Format, Kind, Line, Origin, Place, Sink, Stamp, Taken, Unreadable};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Looked for in every line that is nobody's, so it is prepared once.
static GOROUTINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("goroutine "));

/// After so many lines of others in a row a traceback is over.
const PATIENCE: u32 = 32;
/// Why a line without its end is not read when its last number or name may lack a part.
const CUT: &str = "the input ends in the middle of it";
/// How much of what may be the rest of a panic's text is kept.
const KEPT: usize = 64 << 10;

/// Reads tracebacks.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    at: At,
    /// Lines of others since the last one of ours.
    foreign: u32,
    /// Blanks before the header, which stand before all lines of a dump that was pasted or indented.
    indent: usize,
    pending: Pending,
    /// What may be the rest of a panic's text.
    kept: Kept,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum At {
    #[default]
    Rest,
    /// After the first line of a death. `blank`: the line before was empty.
    Head { blank: bool },
    /// Among the calls of a goroutine.
    Section,
    /// After an empty line.
    Between,
}

/// A line whose meaning, or other half, the next line tells.
#[derive(Clone, Debug, Default)]
struct Pending {
    what: What,
    text: Vec<u8>,
    /// Where the text's first part ends: the function's name.
    split: usize,
    goroutine: Option<u64>,
    from: From,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum What {
    #[default]
    Nothing,
    Call,
    Creator,
    /// A line without parentheses: a C function if a source line with a pc follows, else somebody's log.
    CCall,
    /// A signal if `PC=` follows.
    Signal,
    /// A header in a doubtful place, if a call follows.
    Header,
}

/// Where and when a line was written.
#[derive(Clone, Copy, Debug, Default)]
struct From {
    place: Place,
    stamp: Option<Stamp>,
    origin: Origin,
}

impl From {
    const fn of(line: &Line<'_>) -> Self {
        Self {
            place: line.place,
            stamp: line.stamp,
            origin: line.origin,
        }
    }

    fn give(self, kind: Kind<'_>, out: &mut Sink<'_>) {
        out(log::Record {
            place: self.place,
            stamp: self.stamp,
            origin: self.origin,
            kind,
        });
    }

    fn record(self, record: Record<'_>, out: &mut Sink<'_>) {
        self.give(Kind::Traceback(record), out);
    }

    fn unreadable(self, text: &[u8], why: &'static str, out: &mut Sink<'_>) {
        let format = "traceback";
        self.give(Kind::Unreadable(Unreadable { format, text, why }), out);
    }
}

/// Lines that may belong to a panic's text.
#[derive(Clone, Debug, Default)]
struct Kept {
    text: Vec<u8>,
    lines: Vec<(From, usize)>,
    /// There was more than is kept: nothing of it is given.
    spilled: bool,
}

impl Kept {
    fn clear(&mut self) {
        self.text.clear();
        self.lines.clear();
        self.spilled = false;
    }

    fn push(&mut self, line: &Line<'_>) {
        if self.text.len() + line.text.len() > KEPT {
            self.spilled = true;
            return;
        }
        self.text.extend_from_slice(line.text);
        self.lines.push((From::of(line), self.text.len()));
    }

    /// Gives the lines as parts of the panic's text; empty ones at the end are the gap before the section.
    fn give(&mut self, out: &mut Sink<'_>) {
        let mut start = 0;
        let full = self.text.len();
        for (from, end) in &self.lines {
            if !self.spilled && (start < full) {
                let line = self.text.get(start..*end).unwrap_or_default();
                from.record(Record::More(text(line)), out);
            }
            start = *end;
        }
        self.clear();
    }
}

impl Format for Reader {
    fn expects(&self, text: &[u8]) -> bool {
        match (self.pending.what, text) {
            // A source line: it ends in a number.
            (What::Call | What::Creator, [b'\t', .., last]) => last.is_ascii_hexdigit(),
            (What::Nothing, [b'c', b'r', b'e', b'a', b't', b'e', b'd', b' ', ..]) => {
                self.at == At::Section
            }
            // A call: `(` stands before arguments only.
            (What::Nothing, [b'a'..=b'z' | b'A'..=b'Z', .., b')']) => {
                let open = memchr::memrchr(b'(', text).and_then(|at| text.get(at + 1));
                self.at == At::Section && matches!(open, Some(b'0' | b'.' | b')' | b'{' | b'_'))
            }
            _ => false,
        }
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        let line = self.without_indent(*line);
        if self.pending.what != What::Nothing
            && let Some(taken) = self.settle(&line, out)
        {
            return taken;
        }
        if line.unterminated && self.at != At::Rest && ends_in_a_number(line.text) {
            From::of(&line).unreadable(line.text, CUT, out);
            return Taken::Open;
        }
        match self.at {
            At::Rest => self.rest(&line, out),
            At::Head { blank } => self.head(&line, blank, out),
            At::Section => self.section(&line, out),
            At::Between => self.between(&line, out),
        }
    }

    fn finish(&mut self, out: &mut Sink<'_>) {
        self.abandon(true, out);
        *self = Self::default();
    }
}

impl Reader {
    fn without_indent<'l>(&self, line: Line<'l>) -> Line<'l> {
        if self.indent == 0 {
            return line;
        }
        let blanks = line
            .text
            .iter()
            .take(self.indent)
            .take_while(|b| **b == b' ')
            .count();
        Line {
            text: line.text.get(blanks..).unwrap_or_default(),
            ..line
        }
    }

    /// With a first half waiting: whether this line is its second. `None` when the line is to be read on its own.
    fn settle(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Option<Taken> {
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
                    From::of(line).unreadable(line.text, CUT, out);
                    self.abandon(true, out);
                    return Some(Taken::Open);
                }
                if line.text.starts_with(b"\t") {
                    From::of(line).unreadable(line.text, "a source line that is cut or mixed", out);
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
                    pending.from.record(Record::Signal(&pending.text), out);
                    From::of(line).record(Record::SignalPlace(place), out);
                    self.pending.what = What::Nothing;
                    self.enter_head();
                    return Some(Taken::Open);
                }
                self.abandon(false, out);
                None
            }
            What::Header => {
                if function(line.text).is_some() || is_unavailable(line.text) {
                    self.kept.give(out);
                    let pending = &self.pending;
                    if let Some(found) = header(&pending.text) {
                        pending.from.record(Record::Header(found), out);
                    }
                    self.pending.what = What::Nothing;
                    self.at = At::Section;
                    self.foreign = 0;
                } else {
                    self.abandon(false, out);
                }
                None
            }
        }
    }

    fn rest(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        let from = From::of(line);
        match line.text.first() {
            Some(b'p') => {
                if let Some(text) = panic(line.text) {
                    from.record(Record::Panic(text), out);
                    self.enter_head();
                    return Taken::Open;
                }
            }
            Some(b'f') => {
                if let Some(text) = fatal(line.text) {
                    from.record(Record::Fatal(text), out);
                    self.enter_head();
                    return Taken::Open;
                }
            }
            Some(b'S' | b'E') if signal(line.text) => {
                self.keep(What::Signal, line, 0);
                return Taken::Open;
            }
            Some(b'g') => {
                if let Some(found) = header(line.text) {
                    from.record(Record::Header(found), out);
                    self.at = At::Section;
                    self.foreign = 0;
                    return Taken::Open;
                }
            }
            Some(b'r') if line.text == b"runtime stack:" => {
                from.record(Record::RuntimeStack, out);
                self.at = At::Section;
                self.foreign = 0;
                return Taken::Open;
            }
            Some(b'r' | b'u' | b'a') if is_note(line.text) => {
                from.record(Record::Note(line.text), out);
                return Taken::Yes;
            }
            _ => {}
        }
        self.rest_inside(line, out)
    }

    /// A dump or panic that begins further right in the line.
    fn rest_inside(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        let Some(at) = GOROUTINE.find(line.text) else {
            if let Some((client, text)) = served(line.text) {
                From::of(line).record(Record::Served { client, text }, out);
                self.enter_head();
                return Taken::Open;
            }
            return Taken::No;
        };
        let (before, tail) = line.text.split_at_checked(at).unwrap_or_default();
        if header(tail).is_some() {
            self.indent = if before.iter().all(|b| *b == b' ') {
                before.len()
            } else {
                0
            };
            let at_header = Line {
                text: tail,
                ..*line
            };
            self.keep(What::Header, &at_header, 0);
            return Taken::No;
        }
        super::embedded::read(tail, line, out)
    }

    /// After `panic: `, `fatal error: ` or a signal: up to the first section.
    fn head(&mut self, line: &Line<'_>, blank: bool, out: &mut Sink<'_>) -> Taken {
        let from = From::of(line);
        if line.text.is_empty() {
            self.kept.push(line);
            self.at = At::Head { blank: true };
            return self.patient();
        }
        if let Some(found) = header(line.text) {
            if blank {
                self.kept.give(out);
                from.record(Record::Header(found), out);
                self.at = At::Section;
                self.foreign = 0;
            } else {
                self.keep(What::Header, line, 0);
            }
            return Taken::Open;
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
            self.at = At::Section;
            self.foreign = 0;
            from.record(Record::RuntimeStack, out);
            return Taken::Open;
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
        from.record(record, out);
        self.at = At::Head { blank: false };
        self.foreign = 0;
        Taken::Open
    }

    /// Among the calls of a goroutine.
    fn section(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        let from = From::of(line);
        if let Some(call) = function(line.text) {
            self.foreign = 0;
            let split = call.name.len();
            self.keep(What::Call, line, split);
            return Taken::Open;
        }
        let record = match line.text.first() {
            None => {
                self.at = At::Between;
                return self.patient();
            }
            Some(b'c') if created_by(line.text).is_some() => {
                if let Some(creator) = created_by(line.text) {
                    self.keep(What::Creator, line, creator.function.len());
                    self.pending.goroutine = creator.goroutine;
                }
                self.foreign = 0;
                return Taken::Open;
            }
            Some(b'.') => elided(line.text).map(Record::Elided),
            Some(b'[') => originating_from(line.text).map(Record::Ancestor),
            Some(b'\t' | b' ') if is_unavailable(line.text) => {
                Some(Record::Unavailable(line.text.trim_ascii()))
            }
            Some(b'n') if line.text.starts_with(b"non-Go function at pc=0x") => {
                let pc = line.text.get(20..).and_then(source);
                pc.map(|pc| {
                    Record::Frame(Frame {
                        function: Function {
                            name: b"non-Go function",
                            args: b"",
                        },
                        source: Some(pc),
                    })
                })
            }
            _ => None,
        };
        if let Some(record) = record {
            from.record(record, out);
            self.foreign = 0;
            return Taken::Open;
        }
        self.not_in_section(line, out)
    }

    /// A line that no section has: another one begins, the dump goes on otherwise, or it is somebody else's.
    fn not_in_section(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        let from = From::of(line);
        if let Some(found) = header(line.text) {
            from.record(Record::Header(found), out);
            self.at = At::Section;
            self.foreign = 0;
            return Taken::Open;
        }
        if line.text == b"-----" {
            from.record(Record::Separator, out);
            self.at = At::Between;
            self.foreign = 0;
            return Taken::Open;
        }
        if line.text == b"runtime stack:" {
            from.record(Record::RuntimeStack, out);
            self.at = At::Section;
            self.foreign = 0;
            return Taken::Open;
        }
        if let Some((name, value)) = register(line.text) {
            from.record(Record::Register { name, value }, out);
            self.foreign = 0;
            return Taken::Open;
        }
        if is_note(line.text) {
            from.record(Record::Note(line.text), out);
            return Taken::Open;
        }
        if panic(line.text).is_some() || fatal(line.text).is_some() || signal(line.text) {
            self.leave();
            return self.rest(line, out);
        }
        if let Some(why) = torn(line) {
            from.unreadable(line.text, why, out);
            return Taken::Open;
        }
        if ended(line.text) || self.impatient() {
            self.leave();
            return Taken::No;
        }
        if self.at == At::Section && looks_like_c(line.text) {
            self.keep(What::CCall, line, line.text.len());
            return Taken::Open;
        }
        self.rest_inside(line, out)
    }

    /// After an empty line.
    fn between(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        if line.text.is_empty() {
            return self.patient();
        }
        // Double-spaced pastes have an empty line after every line.
        if matches!(line.text.first(), Some(b'.' | b'[' | b'c')) || function(line.text).is_some() {
            self.at = At::Section;
            return self.section(line, out);
        }
        self.not_in_section(line, out)
    }

    fn enter_head(&mut self) {
        self.kept.clear();
        self.at = At::Head { blank: false };
        self.foreign = 0;
    }

    fn leave(&mut self) {
        self.at = At::Rest;
        self.foreign = 0;
        self.indent = 0;
        self.kept.clear();
    }

    /// Counts a line of others; whether it was one too many.
    fn impatient(&mut self) -> bool {
        self.foreign += 1;
        self.foreign > PATIENCE
    }

    /// Takes an empty line, unless too many came.
    fn patient(&mut self) -> Taken {
        if self.impatient() {
            self.leave();
            return Taken::No;
        }
        Taken::Open
    }

    fn keep(&mut self, what: What, line: &Line<'_>, split: usize) {
        let pending = &mut self.pending;
        pending.what = what;
        pending.text.clear();
        pending.text.extend_from_slice(line.text);
        pending.split = split;
        pending.goroutine = None;
        pending.from = From::of(line);
    }

    fn give_pending(&mut self, source: Option<Source<'_>>, out: &mut Sink<'_>) {
        let pending = &self.pending;
        let record = if pending.what == What::Creator {
            let Some(creator) = created_by(&pending.text) else {
                return;
            };
            Record::CreatedBy { creator, source }
        } else {
            let (name, args) = pending
                .text
                .split_at_checked(pending.split)
                .unwrap_or_default();
            let args = args
                .strip_prefix(b"(")
                .and_then(|a| a.strip_suffix(b")"))
                .unwrap_or_default();
            Record::Frame(Frame {
                function: Function { name, args },
                source,
            })
        };
        pending.from.record(record, out);
        self.pending.what = What::Nothing;
    }

    /// The second half did not come. `lost`: it was there and unreadable, or the input ended before it.
    fn abandon(&mut self, lost: bool, out: &mut Sink<'_>) {
        let from = self.pending.from;
        match self.pending.what {
            What::Nothing | What::Header => {}
            What::CCall | What::Signal => from.give(Kind::Log(&self.pending.text), out),
            What::Call | What::Creator if lost => self.give_pending(None, out),
            What::Call | What::Creator => {
                from.unreadable(&self.pending.text, "its source line is missing", out);
            }
        }
        self.pending.what = What::Nothing;
    }
}

/// What is sure of a source line that the end of the input may have cut: the last number may lack digits.
fn certain(line: &[u8]) -> Option<Source<'_>> {
    let line = line.trim_ascii();
    let space = memchr::memrchr(b' ', line)?;
    source(line.get(..space)?)
}

/// Lines that would be read as well without their last digits.
fn ends_in_a_number(line: &[u8]) -> bool {
    line.starts_with(b"created by ") || line.starts_with(b"PC=0x") || register(line).is_some()
}

fn is_unavailable(line: &[u8]) -> bool {
    line.ends_with(b"; stack unavailable") || line.ends_with(b"stack trace unavailable)")
}

/// Why a line that has the marks of a call, or of a source line, is none.
fn torn(line: &Line<'_>) -> Option<&'static str> {
    let text = line.text;
    if line.unterminated && !text.is_empty() {
        return Some(CUT);
    }
    if text.starts_with(b"\t")
        && (source(text).is_some() || memchr::memmem::find(text, b".go:").is_some())
    {
        return Some("a source line without its call");
    }
    if text.starts_with(b"goroutine ") && memchr::memmem::find(text, b" [").is_some() {
        return Some("a goroutine's header that is cut or mixed");
    }
    (memchr::memmem::find(text, b"(0x").is_some() && !text.contains(&b' '))
        .then_some("a call that is cut or mixed")
}

/// A line that could be the name of a C function as a symbolizer prints it.
fn looks_like_c(line: &[u8]) -> bool {
    line.len() < 512 && line == b"non-Go function"
        || line
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_:~<>*&,.()@$".contains(b))
            && !line.is_empty()
}
