//! One dump, from the first line that says why, or the first section, to its last.
//!
//! A dump begins at a panic, fatal error or signal, or at a section when none is open. It goes on while sections
//! follow each other. Other lines in between end it, unless the process is dying: then its other threads may
//! still write, and the sections after their lines belong to it.

use super::begun::Begun;
use super::death::{Death, PanicText, RaisedSignal};
use super::dump::{Dump, ThreadStack};
use super::line::LogLine;
use super::section::{Sections, to_model};
use crate::goroutine::Status;
use crate::log::head;
use crate::value::Address;
use bstr::ByteSlice;
use dumpview_parsers::log::Record;
use dumpview_parsers::traceback::{self, Recovered, SignalNote, SignalPlace, Text};

/// A dying process may write so many other lines between two sections.
const PATIENCE: u32 = 16;
/// So many stacks of threads are kept.
const MOST_THREADS: usize = 1000;
/// So many of the runtime's own lines are kept.
const NOTES: usize = 10;

/// A dump whose records are still coming.
#[derive(Clone, Debug)]
pub(super) struct Open {
    /// When its first line was written, and by whom.
    pub begun: Begun,
    dump: Dump,
    death: Death,
    sections: Sections,
    /// The stack of a thread that is being read.
    thread: Option<ThreadStack>,
    /// Sections were seen since the last line that says why.
    has_sections: bool,
    after_separator: bool,
    /// Lines of others since the last record.
    foreign: u32,
    /// The process is dying: other lines may stand between its sections.
    pub dying: bool,
}

impl Open {
    /// One that begins here: the `number`th of its log, after these lines of the application and of the runtime.
    pub fn new(
        begun: Begun,
        number: usize,
        before: Vec<LogLine>,
        notes: Vec<LogLine>,
        with_stack_pointers: bool,
    ) -> Self {
        let line = begun.place.line;
        Self {
            dump: Dump {
                number,
                line: notes.first().map_or(line, |note| note.line),
                last_line: line,
                process: begun.process,
                before,
                ..Dump::default()
            },
            death: Death {
                line,
                notes,
                ..Death::default()
            },
            sections: Sections::new(with_stack_pointers),
            thread: None,
            has_sections: false,
            after_separator: false,
            foreign: 0,
            dying: false,
            begun,
        }
    }

    /// It stands inside one line of something else.
    pub fn embedded(mut self) -> Self {
        self.dump.embedded = true;
        self
    }

    /// Takes a line of the application. Gives whether the dump is over with it.
    pub fn is_over_with(&mut self, text: &[u8]) -> bool {
        self.foreign += 1;
        ends(text) || self.foreign > if self.dying { PATIENCE } else { 0 }
    }

    /// Whether a record belongs to another dump than this one.
    pub fn is_over_at(&self, record: &traceback::Record<'_>) -> bool {
        use traceback::Record as T;
        match record {
            T::Panic(_) | T::Fatal(_) | T::Served { .. } => self.has_sections,
            T::Signal(_) => self.has_sections && !self.after_separator,
            T::Header(header) | T::Section(traceback::Section { header, .. }) if header.id != 0 => {
                let again = self.sections.has(header.id) && !self.after_separator;
                again || self.foreign > 0 && !self.dying
            }
            _ => false,
        }
    }

    /// Takes a record of the dump.
    pub fn add(&mut self, record: &Record<'_>, traceback: &traceback::Record<'_>) {
        use traceback::Record as T;
        let line = record.place.line;
        self.dump.last_line = self.dump.last_line.max(line);
        self.foreign = 0;
        match traceback {
            T::Frame(frame) => match &mut self.thread {
                Some(thread) => thread.frames.push(to_model(frame)),
                None => self.sections.frame(frame),
            },
            T::Header(header) => {
                self.sections.close();
                self.end_thread();
                if header.id == 0 {
                    let m = match header.m {
                        traceback::M::Id { id, .. } => Some(id),
                        _ => None,
                    };
                    self.begin_thread(line, m);
                } else {
                    self.sections.header(header);
                    self.blame(header);
                }
                self.has_sections = true;
            }
            T::Section(section) => {
                self.dump.last_line = self.dump.last_line.max(line + section.last_record());
                self.sections.close();
                self.end_thread();
                self.sections.header(&section.header);
                self.blame(&section.header);
                self.sections.calls(section);
                self.has_sections = true;
            }
            T::RuntimeStack => {
                self.sections.close();
                self.end_thread();
                self.begin_thread(line, None);
                self.has_sections = true;
            }
            T::CreatedBy { creator, source } => self.sections.created_by(creator, *source),
            T::Elided(elided) => self.sections.elided(*elided),
            T::Unavailable(_) => self.sections.unavailable(),
            T::Ancestor(id) => self.sections.ancestor(*id),
            T::Separator => self.after_separator = true,
            T::Register { name, value } => {
                if !self.after_separator && self.dump.registers.len() < 64 {
                    self.dump
                        .registers
                        .push((name.to_str_lossy().into_owned(), *value));
                }
            }
            _ => self.why(line, traceback),
        }
    }

    /// The lines that say why.
    fn why(&mut self, line: u64, record: &traceback::Record<'_>) {
        use traceback::Record as T;
        match record {
            T::Panic(text) => {
                self.dying = true;
                self.death.panics.push(panic(line, text));
            }
            T::Served { client, text } => {
                self.death.client = Some(client.to_str_lossy().into_owned());
                self.death.panics.push(PanicText {
                    text: text.to_str_lossy().into_owned(),
                    recovered: true,
                    repanicked: false,
                    line,
                });
            }
            T::Fatal(text) => {
                self.dying = true;
                // Of several threads that fault, the first says what went wrong.
                if self.has_sections || self.death.fatal_error.is_none() {
                    self.death.fatal_error = Some(text.text.to_str_lossy().into_owned());
                }
            }
            T::More(text) => self.more(text),
            T::Signal(text) if !self.after_separator => {
                self.dying = true;
                let text = text.to_str_lossy();
                let (name, description) = text.split_once(": ").unwrap_or((&text, ""));
                self.death.signal = Some(RaisedSignal {
                    name: name.to_owned(),
                    description: description.to_owned(),
                    ..RaisedSignal::default()
                });
            }
            T::SignalPlace(place) if !self.after_separator => self.signal_place(place),
            T::SignalNote(note) => self.death.fault = Some(raised(note)),
            T::Note(text) if self.death.notes.len() < NOTES => {
                self.death.notes.push(LogLine {
                    line,
                    text: head(text).into_owned(),
                });
            }
            _ => {}
        }
    }

    /// A further line of the text that was begun last.
    fn more(&mut self, text: &Text<'_>) {
        let begun = match (&mut self.death.fatal_error, self.death.panics.last_mut()) {
            (Some(fatal), _) => fatal,
            (None, Some(panic)) => {
                panic.recovered |= text.recovered != Recovered::No;
                panic.repanicked |= text.recovered == Recovered::Repanicked;
                &mut panic.text
            }
            (None, None) => return,
        };
        begun.push('\n');
        begun.push_str(&text.text.to_str_lossy());
    }

    fn signal_place(&mut self, place: &SignalPlace) {
        if let Some(signal) = &mut self.death.signal {
            signal.pc = Some(Address(place.pc));
            signal.code = place.sigcode;
            signal.addr = place.addr.map(Address);
        }
    }

    /// The first goroutine of a crash that runs is the one that crashed. A signal that asks for a dump is nobody's.
    fn blame(&mut self, header: &traceback::Header<'_>) {
        let asked = self
            .death
            .signal
            .as_ref()
            .is_some_and(|signal| signal.name == "SIGQUIT");
        let first = self.sections.len() == 0;
        let ran = matches!(
            self.sections.current(),
            Some((_, Status::Running | Status::Syscall))
        );
        // Windows prints the stack that an exception came from first, and without a header.
        let signal = self.death.signal.as_ref();
        let thread = !self.dump.threads.is_empty()
            && signal.is_some_and(|signal| signal.name.starts_with("Exception"));
        if self.death.goroutine.is_none() && first && ran && !asked && !thread && self.has_cause() {
            self.death.goroutine = Some(header.id);
        }
    }

    const fn has_cause(&self) -> bool {
        let death = &self.death;
        !death.panics.is_empty() || death.fatal_error.is_some() || death.signal.is_some()
    }

    fn begin_thread(&mut self, line: u64, m: Option<u64>) {
        self.thread = Some(ThreadStack {
            line,
            m,
            frames: Vec::new(),
        });
    }

    fn end_thread(&mut self) {
        if let Some(thread) = self.thread.take()
            && self.dump.threads.len() < MOST_THREADS
        {
            self.dump.threads.push(thread);
        }
    }

    /// The dump; `None` when nothing but stray lines were seen.
    pub fn finish(mut self) -> Option<Dump> {
        self.end_thread();
        let has_cause = self.has_cause();
        let crashed = self.death.goroutine;
        let read = self.sections.finish(crashed.filter(|_| self.dying));
        let mut dump = self.dump;
        dump.goroutines = read.goroutines;
        dump.goroutines.settle();
        dump.repeated = read.repeated;
        if has_cause {
            dump.death = Some(self.death);
        }
        (has_cause || !dump.goroutines.list.is_empty() || !dump.threads.is_empty()).then_some(dump)
    }
}

fn panic(line: u64, text: &Text<'_>) -> PanicText {
    PanicText {
        text: text.text.to_str_lossy().into_owned(),
        recovered: text.recovered != Recovered::No,
        repanicked: text.recovered == Recovered::Repanicked,
        line,
    }
}

fn raised(note: &SignalNote<'_>) -> RaisedSignal {
    RaisedSignal {
        name: note.name.to_str_lossy().into_owned(),
        description: note.description.to_str_lossy().into_owned(),
        code: Some(note.code),
        addr: Some(Address(note.addr)),
        pc: Some(Address(note.pc)),
    }
}

/// What the go command prints after the process has ended.
pub(super) fn ends(text: &[u8]) -> bool {
    text.starts_with(b"exit status ") || text.starts_with(b"signal: ")
}
