//! Which line belongs to which record.

use super::head::{Head, head};
use super::records::{Ends, Object, Record, Stack};
use crate::line::{Format, Line, Sink, Taken, Written};
use crate::traceback;

/// So many lines of others may stand within a record.
const FOREIGN: u8 = 4;
/// A traceback has at most 100 frames and a note; what a damaged input has beyond is not kept.
const MOST_CALLS: usize = 1024;

/// Reads allocation traces.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    open: Option<Open>,
    /// Text of the open record's stack: functions and files, one after the other.
    text: Vec<u8>,
    ends: Vec<Ends>,
    type_name: Vec<u8>,
    /// The dump between `tracegc()` and `end tracegc` is being read.
    collection: bool,
    /// Lines of others in it, one after the other.
    foreign: u8,
    /// Lines have numbers in front, as articles print them.
    numbered: bool,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    what: What,
    written: Written,
    goroutine: Option<u64>,
    /// A function's line was read and its file's is to come.
    file_due: bool,
    cut: bool,
    foreign: u8,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Alloc(Object, bool),
    Free(Object),
}

/// `12 text` → `text`: the line number that an article has in front.
fn without_number(text: &[u8]) -> Option<&[u8]> {
    let digits = text
        .iter()
        .take(6)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let rest = text.get(digits..)?;
    match rest {
        [] => (digits > 0).then_some(rest),
        [b' ', rest @ ..] => (digits > 0).then_some(rest),
        _ => None,
    }
}

/// Whether a line begins as a record's first one does.
pub(crate) fn is_ours(text: &[u8]) -> bool {
    text.starts_with(b"tracealloc(") || text.starts_with(b"tracefree(")
}

/// Where a record begins within a line: the program may have written part of a line of its own before. A call of
/// `runtime.tracealloc` is none.
fn anchor(text: &[u8]) -> Option<usize> {
    if text.last() != Some(&b')') {
        return None;
    }
    ["tracealloc(0x", "tracefree(0x"].iter().find_map(|word| {
        memchr::memmem::find(text, word.as_bytes())
            .filter(|at| at.checked_sub(1).and_then(|at| text.get(at)) != Some(&b'.'))
    })
}

/// The line without blanks in front, and whether there were any. Pages of articles have no-break spaces.
fn unindented(text: &[u8]) -> (&[u8], bool) {
    let mut rest = text;
    while let [b' ' | b'\t', after @ ..] | [0xc2, 0xa0, after @ ..] = rest {
        rest = after;
    }
    (rest, rest.len() < text.len())
}

/// What a line is to an open record.
enum Part {
    Goroutine(u64),
    Function,
    File,
    /// `created by`, a note of the runtime's, frames left out by it.
    Note,
    Cut,
    None,
}

impl Reader {
    /// Gives the open record.
    fn close(&mut self, cut: bool, out: &mut Sink<'_, Self>) {
        let Some(open) = self.open.take() else {
            return;
        };
        let stack = Stack {
            text: &self.text,
            ends: &self.ends,
            goroutine: open.goroutine,
            cut: open.cut || cut || open.file_due,
        };
        let record = match open.what {
            What::Alloc(object, typed) => Record::Alloc {
                object,
                type_name: typed.then_some(&self.type_name),
                stack,
            },
            What::Free(object) => Record::Free { object, stack },
        };
        out.record(open.written, record);
    }

    fn begin(&mut self, line: &Line<'_>, what: What) -> Taken {
        self.text.clear();
        self.ends.clear();
        self.open = Some(Open {
            what,
            written: line.into(),
            goroutine: None,
            file_due: false,
            cut: false,
            foreign: 0,
        });
        Taken::Open
    }

    fn first(&mut self, line: &Line<'_>, text: &[u8], out: &mut Sink<'_, Self>) -> Taken {
        let found = head(text).filter(|_| !line.cut);
        match found {
            Some(Head::Alloc(object, type_name)) => {
                self.close(false, out);
                self.collection = false;
                self.type_name.clear();
                self.type_name
                    .extend_from_slice(type_name.unwrap_or_default());
                self.begin(line, What::Alloc(object, type_name.is_some()))
            }
            Some(Head::Free(object)) => {
                self.close(false, out);
                self.collection = false;
                self.begin(line, What::Free(object))
            }
            Some(Head::Collection) => {
                self.close(false, out);
                self.collection = true;
                out.record(line, Record::Collection);
                Taken::Open
            }
            Some(Head::CollectionEnd) => {
                self.close(false, out);
                self.collection = false;
                Taken::Yes
            }
            None if is_ours(text) => {
                self.close(false, out);
                let why = "not a whole tracealloc or tracefree line";
                out.unreadable(line, line.text, why);
                Taken::Yes
            }
            None => Taken::No,
        }
    }

    fn part(&mut self, text: &[u8]) -> Part {
        if text == b"..." {
            return Part::Cut;
        }
        if let Some(header) = traceback::header(text) {
            return Part::Goroutine(header.id);
        }
        if text.starts_with(b"created by ") || text.starts_with(b"runtime: ") {
            return Part::Note;
        }
        if traceback::elided(text).is_some() {
            return Part::Cut;
        }
        let room = self.ends.len() < MOST_CALLS;
        let (text, indented) = unindented(text);
        if indented {
            let Some(source) = traceback::source(text) else {
                return Part::None;
            };
            if let Some(last) = self.ends.last_mut()
                && last.line == 0
                && last.file == last.function
                && last.file == self.text.len()
            {
                self.text.extend_from_slice(source.file);
                last.file = self.text.len();
                last.line = source.line;
            }
            return Part::File;
        }
        if let Some(function) = traceback::function(text) {
            if room {
                self.text.extend_from_slice(function.name);
                let end = self.text.len();
                self.ends.push(Ends {
                    function: end,
                    file: end,
                    line: 0,
                });
            }
            return Part::Function;
        }
        Part::None
    }

    /// A line while a record is open.
    fn more(&mut self, mut open: Open, text: &[u8], out: &mut Sink<'_, Self>) -> Taken {
        let part = self.part(text);
        match part {
            Part::None => {
                open.foreign += 1;
                let end = text.is_empty() || open.foreign > FOREIGN;
                self.open = Some(open);
                if end {
                    self.close(!text.is_empty(), out);
                    return if text.is_empty() {
                        Taken::Yes
                    } else {
                        Taken::No
                    };
                }
                // The record stays: the next lines may be its own again.
                return Taken::No;
            }
            Part::Goroutine(id) => open.goroutine = Some(id),
            Part::Function => {
                open.cut |= open.file_due;
                open.file_due = true;
            }
            Part::File => open.file_due = false,
            Part::Note => {}
            Part::Cut => open.cut = true,
        }
        open.foreign = 0;
        self.open = Some(open);
        Taken::Open
    }
}

impl Format for Reader {
    type Record<'r> = Record<'r>;

    const NAME: &'static str = "alloctrace";

    fn rests(&self) -> bool {
        self.open.is_none() && !self.collection
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        let text = line.text;
        let rests = self.rests();
        if rests {
            // Two letters tell almost every line.
            match text {
                [b't', b'r', ..] => return self.first(line, text, out),
                [b'e', b'n', b'd', ..] if text == b"end tracegc" => return Taken::Yes,
                _ => {}
            }
        }
        if let Some(at) = anchor(text).filter(|at| *at > 0) {
            let (before, inner) = text.split_at(at);
            if without_number(before).is_some_and(<[u8]>::is_empty) {
                self.numbered = true;
            } else {
                out.log(line, before);
            }
            return self.first(line, inner, out);
        }
        if rests {
            return Taken::No;
        }
        let text = if self.numbered {
            without_number(text).unwrap_or(text)
        } else {
            text
        };
        if let [b't', b'r', ..] | [b'e', b'n', ..] = text {
            let taken = self.first(line, text, out);
            if taken != Taken::No {
                return taken;
            }
        }
        if line.unterminated || line.cut {
            self.close(true, out);
            let of_a_stack = !matches!(self.part(text), Part::None);
            return if of_a_stack { Taken::Yes } else { Taken::No };
        }
        if let Some(open) = self.open.take() {
            return self.more(open, text, out);
        }
        // The dump of a collection: goroutines as they stand, which are no news.
        let known = text.trim_ascii().is_empty() || !matches!(self.part(text), Part::None);
        self.text.clear();
        self.ends.clear();
        if known {
            self.foreign = 0;
            return Taken::Open;
        }
        // A crash ends it without `end tracegc`.
        self.foreign += 1;
        let death = [&b"panic: "[..], b"fatal error: ", b"SIG"]
            .iter()
            .any(|word| text.starts_with(word));
        self.collection = !death && self.foreign <= FOREIGN;
        Taken::No
    }

    fn finish(&mut self, out: &mut Sink<'_, Self>) {
        self.close(true, out);
        *self = Self::default();
    }
}
