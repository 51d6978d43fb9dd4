//! Among the calls of a goroutine, and between two of them.

use super::super::grammar::is_unavailable;
use super::super::head::{ended, fatal, is_note, panic, register, signal};
use super::super::records::{Frame, Function, Record};
use super::super::{created_by, elided, function, header, originating_from, source};
use super::pending::What;
use super::{At, CUT, Reader};
use crate::line::{Line, Sink, Taken};

impl Reader {
    /// Among the calls of a goroutine.
    pub(super) fn section(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
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
            out.record(line, record);
            self.foreign = 0;
            return Taken::Open;
        }
        self.not_in_section(line, out)
    }

    /// A line that no section has: another one begins, the dump goes on otherwise, or it is somebody else's.
    pub(super) fn not_in_section(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        if let Some(found) = header(line.text) {
            return self.begin_section(line, Record::Header(found), out);
        }
        if line.text == b"-----" {
            out.record(line, Record::Separator);
            self.at = At::Between;
            self.foreign = 0;
            return Taken::Open;
        }
        if line.text == b"runtime stack:" {
            return self.begin_section(line, Record::RuntimeStack, out);
        }
        if let Some((name, value)) = register(line.text) {
            out.record(line, Record::Register { name, value });
            self.foreign = 0;
            return Taken::Open;
        }
        if is_note(line.text) {
            out.record(line, Record::Note(line.text));
            return Taken::Open;
        }
        if panic(line.text).is_some() || fatal(line.text).is_some() || signal(line.text) {
            self.leave();
            return self.rest(line, out);
        }
        if let Some(why) = torn(line) {
            out.unreadable(line, line.text, why);
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
    pub(super) fn between(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
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
