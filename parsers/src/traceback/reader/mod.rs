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

mod head;
mod pending;
mod section;

use super::embedded;
use super::head::{fatal, is_note, may_be_inside, panic, register, served, signal, unfinished};
use super::header;
use super::records::{Record, Recovered, Text};
use crate::line::{Format, Given, Line, Sink, Taken};
use head::Kept;
use memchr::memmem::{self, Finder};
use pending::{Pending, What};
use std::sync::LazyLock;

static GOROUTINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("goroutine "));

/// After so many lines of others in a row a traceback is over.
const PATIENCE: u32 = 32;
/// So many words that may begin a header are looked at in a line.
const ATTEMPTS: usize = 8;
/// Why a line without its end is not read when its last number or name may lack a part.
const CUT: &str = "the input ends in the middle of it";

/// Reads tracebacks.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    at: At,
    /// Lines of others since the last one of ours.
    foreign: u32,
    /// Blanks before the header, which stand before all lines of a dump that was pasted or indented.
    indent: Vec<u8>,
    pending: Pending,
    /// A Windows exception began it: its first stack has no header.
    exception: bool,
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

impl Format for Reader {
    type Record<'r> = Record<'r>;

    const NAME: &'static str = "traceback";

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

    fn rests(&self) -> bool {
        self.at == At::Rest && self.pending.what == What::Nothing && self.indent.is_empty()
    }

    fn may_begin(&self, text: &[u8]) -> bool {
        matches!(text.first(), Some(b'r' | b'u' | b'a' | b'o' | b'b' | b' ')) && is_note(text)
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        let line = self.without_indent(*line);
        if self.pending.what != What::Nothing
            && let Some(taken) = self.settle(&line, out)
        {
            return taken;
        }
        if line.unterminated && self.at != At::Rest && ends_in_a_number(line.text) {
            out.unreadable(&line, line.text, CUT);
            return Taken::Open;
        }
        match self.at {
            At::Rest => self.rest(&line, out),
            At::Head { blank } => self.head(&line, blank, out),
            At::Section => self.section(&line, out),
            At::Between => self.between(&line, out),
        }
    }

    fn finish(&mut self, out: &mut Sink<'_, Self>) {
        self.abandon(true, out);
        *self = Self::default();
    }
}

impl Reader {
    /// Whether an empty line was the last, so that the next goroutine may begin.
    pub(crate) fn is_between(&self) -> bool {
        self.at == At::Between && self.pending.what == What::Nothing && self.indent.is_empty()
    }

    /// A whole section went by, with the empty line behind it.
    pub(crate) const fn passed(&mut self) {
        self.foreign = 1;
    }

    fn without_indent<'l>(&self, line: Line<'l>) -> Line<'l> {
        let shared = self.indent.iter().zip(line.text);
        let blanks = shared.take_while(|(blank, byte)| blank == byte).count();
        Line {
            text: line.text.get(blanks..).unwrap_or_default(),
            ..line
        }
    }

    fn rest(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        match line.text.first() {
            Some(b'p') => {
                if let Some(text) = panic(line.text) {
                    out.record(line, Record::Panic(text));
                    self.enter_head();
                    return Taken::Open;
                }
            }
            Some(b'f') => {
                if let Some(text) = fatal(line.text) {
                    out.record(line, Record::Fatal(text));
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
                    return self.begin_section(line, Record::Header(found), out);
                }
            }
            Some(b'r') if line.text == b"runtime stack:" => {
                return self.begin_section(line, Record::RuntimeStack, out);
            }
            Some(b'r' | b'u' | b'a' | b'o' | b'b' | b' ') if is_note(line.text) => {
                out.record(line, Record::Note(line.text));
                return Taken::Yes;
            }
            _ => {}
        }
        self.rest_inside(line, out)
    }

    /// A dump or panic that begins further right in the line.
    fn rest_inside(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        if !may_be_inside(line.text) {
            return Taken::No;
        }
        let mut is_header = false;
        for at in GOROUTINE.find_iter(line.text).take(ATTEMPTS) {
            is_header = true;
            let (before, tail) = line.text.split_at_checked(at).unwrap_or_default();
            if header(tail).is_some() {
                self.indent.clear();
                if before.iter().all(u8::is_ascii_whitespace) {
                    self.indent.extend_from_slice(before);
                }
                let at_header = Line {
                    text: tail,
                    ..*line
                };
                self.keep(What::Header, &at_header, 0);
                return Taken::No;
            }
            if let Some(inside) = embedded::dump(line.text, at) {
                return Self::inside(&inside, line, out);
            }
        }
        if !is_header && let Some((client, text)) = served(line.text) {
            out.record(line, Record::Served { client, text });
            self.enter_head();
            return Taken::Open;
        }
        if self.at == At::Rest {
            self.unfinished(line);
        }
        Taken::No
    }

    /// Keeps a death that was written behind words of the application that had no end, until the next line proves it.
    fn unfinished(&mut self, line: &Line<'_>) {
        let observed = memmem::find(line.text, b"Observed a panic\"")
            .and_then(|_| embedded::cause(line.text))
            .map(|cause| [b"panic: ", cause.as_slice()].concat());
        let text = observed.as_deref().or_else(|| unfinished(line.text));
        if let Some(text) = text {
            self.keep(What::Unfinished, &Line { text, ..*line }, 0);
        }
    }

    /// A dump that stood inside one line. The line stays the application's own, and is given first.
    fn inside(inside: &embedded::Inside, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        out.log(line, line.text);
        out.record(line, Record::Embedded { begins: true });
        if let Some(text) = &inside.cause {
            let recovered = Recovered::Recovered;
            out.record(line, Record::Panic(Text { text, recovered }));
        }
        let mut inner = Self::default();
        if inside.cause.is_some() {
            inner.at = At::Head { blank: true };
        }
        let mut lines = inside.lines.split(|b| *b == b'\n').peekable();
        while let Some(text) = lines.next() {
            let last = lines.peek().is_none();
            if last && text.is_empty() {
                break;
            }
            let part = Line {
                text,
                unterminated: last && line.cut,
                cut: false,
                ..*line
            };
            inner.line(
                &part,
                &mut Sink::new(&mut |written, given| {
                    if !matches!(given, Given::Log(_)) {
                        out.give(written, given);
                    }
                }),
            );
        }
        inner.finish(out);
        out.record(line, Record::Embedded { begins: false });
        Taken::Yes
    }

    /// A section begins with this line.
    fn begin_section(
        &mut self,
        line: &Line<'_>,
        record: Record<'_>,
        out: &mut Sink<'_, Self>,
    ) -> Taken {
        out.record(line, record);
        self.at = At::Section;
        self.foreign = 0;
        Taken::Open
    }

    fn enter_head(&mut self) {
        self.kept.clear();
        self.at = At::Head { blank: false };
        self.foreign = 0;
    }

    fn leave(&mut self) {
        self.at = At::Rest;
        self.foreign = 0;
        self.exception = false;
        self.indent.clear();
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
}

/// Lines that would be read as well without their last digits.
fn ends_in_a_number(line: &[u8]) -> bool {
    line.starts_with(b"created by ") || line.starts_with(b"PC=0x") || register(line).is_some()
}
