//! Which records make one dump.
//!
//! A dump begins at a panic, fatal error or signal, or at a section when none is open. It goes on while sections
//! follow each other. Other lines in between end it, unless the process is dying: then its other threads may
//! still write, and the sections after their lines belong to it.

use super::death::{Death, PanicText, RaisedSignal};
use super::dump::{Dump, LogLine, Summary, ThreadStack};
use super::profile::Profile;
use super::race::{Access, Race};
use super::section::{Sections, to_model};
use crate::goroutine::Status;
use crate::value::Address;
use bstr::ByteSlice;
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::profile;
use dumpview_parsers::race::{Record as RaceRecord, Who};
use dumpview_parsers::traceback::{self, Recovered, SignalNote, SignalPlace, Text};
use serde::Serialize;
use std::collections::VecDeque;

/// So many lines of the application before a dump are kept.
const BEFORE: usize = 10;
/// A kept line of the application is cut to this.
const LINE: usize = 400;
/// A dying process may write so many other lines between two sections.
const PATIENCE: u32 = 16;
/// So many summaries, races and unreadable lines are kept; all are counted.
const KEPT: usize = 1000;

/// Which dump's goroutines are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Which {
    /// That of the last crash; the last one when nothing crashed.
    #[default]
    Crash,
    /// By number, from 1.
    Number(usize),
}

/// A line that looked like one of ours and could not be read.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Unrecognized {
    /// Its number, from 1.
    pub line: u64,
    /// Its text; cut when long.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Collected {
    /// The dump that was kept.
    pub dump: Option<Dump>,
    /// All dumps, in order; at most a thousand.
    pub dumps: Vec<Summary>,
    /// How many dumps there were.
    pub dump_count: usize,
    /// The last goroutine profile.
    pub profile: Option<Profile>,
    /// How many goroutine profiles there were.
    pub profile_count: usize,
    /// Races; at most a thousand.
    pub races: Vec<Race>,
    /// How many races were reported.
    pub race_count: usize,
    /// Lines that could not be read; at most a thousand.
    pub unrecognized: Vec<Unrecognized>,
    /// How many could not.
    pub unrecognized_count: usize,
}

/// Records of a log to dumps and races.
#[derive(Debug, Default)]
pub struct Collector {
    which: Which,
    with_sps: bool,
    open: Vec<(Origin, Open)>,
    /// Dumps that are interrupted by one inside a line.
    outer: Vec<Open>,
    before: VecDeque<LogLine>,
    /// The runtime's lines that stand before the first that says why.
    notes: Vec<LogLine>,
    race: Option<OpenRace>,
    in_profile: bool,
    found: Collected,
}

/// A dump whose records are still coming.
#[derive(Debug)]
struct Open {
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
    dying: bool,
}

#[derive(Debug, Default)]
struct OpenRace {
    race: Race,
    at: RacePart,
    /// The detector's numbers, to tell whose creation follows.
    ids: [Option<u64>; 2],
}

#[derive(Clone, Copy, Debug, Default)]
enum RacePart {
    #[default]
    Nothing,
    This,
    Previous,
    Created(usize),
}

impl Collector {
    /// One that keeps the goroutines of this dump, with the stack pointers of their calls when wanted.
    pub fn new(which: Which, with_stack_pointers: bool) -> Self {
        Self {
            which,
            with_sps: with_stack_pointers,
            ..Self::default()
        }
    }

    /// Takes a record. Those of other formats are the application's as far as dumps go.
    pub fn record(&mut self, record: &Record<'_>) {
        match &record.kind {
            Kind::Traceback(traceback) => self.traceback(record, traceback),
            Kind::Log(text) => self.log(record, text),
            Kind::Race(race) => self.race(record, race),
            Kind::Profile(profile) => self.profile(record, profile),
            Kind::Unreadable(u) if matches!(u.format, "traceback" | "race") => {
                self.found.unrecognized_count += 1;
                if self.found.unrecognized.len() < KEPT {
                    self.found.unrecognized.push(Unrecognized {
                        line: record.place.line,
                        text: cut(u.text),
                        why: u.why,
                    });
                }
            }
            _ => {}
        }
    }

    /// The input has ended.
    pub fn finish(mut self) -> Collected {
        self.end_race(0);
        while let Some(outer) = self.outer.pop() {
            self.close(outer);
        }
        for (_, open) in std::mem::take(&mut self.open) {
            self.close(open);
        }
        self.found
    }

    /// Whether a crash has begun: what follows is no longer the application's.
    pub fn is_crashing(&self) -> bool {
        self.open.iter().any(|(_, open)| open.dying)
    }

    fn log(&mut self, record: &Record<'_>, text: &[u8]) {
        if let Some(at) = self
            .open
            .iter()
            .position(|(origin, _)| *origin == record.origin)
        {
            let ended = ends(text);
            let over = self.open.get_mut(at).is_some_and(|(_, open)| {
                open.foreign += 1;
                open.foreign > if open.dying { PATIENCE } else { 0 }
            });
            if ended || over {
                let (_, open) = self.open.swap_remove(at);
                self.close(open);
            }
        }
        self.notes.clear();
        if text.is_empty() {
            return;
        }
        if ends(text) {
            // What comes is another process's.
            self.before.clear();
            return;
        }
        let mut line = if self.before.len() == BEFORE {
            self.before.pop_front().unwrap_or_else(|| LogLine {
                line: 0,
                text: String::new(),
            })
        } else {
            LogLine {
                line: 0,
                text: String::new(),
            }
        };
        line.line = record.place.line;
        line.text.clear();
        line.text
            .push_str(&text.get(..LINE).unwrap_or(text).to_str_lossy());
        self.before.push_back(line);
    }

    fn traceback(&mut self, record: &Record<'_>, traceback: &traceback::Record<'_>) {
        use traceback::Record as T;
        match traceback {
            T::Embedded { begins: true } => {
                if let Some(at) = self
                    .open
                    .iter()
                    .position(|(origin, _)| *origin == record.origin)
                {
                    let (_, open) = self.open.swap_remove(at);
                    self.outer.push(open);
                }
                let mut open = self.begin(record);
                open.dump.embedded = true;
                self.open.push((record.origin, open));
                return;
            }
            T::Embedded { begins: false } => {
                if let Some(at) = self
                    .open
                    .iter()
                    .position(|(origin, _)| *origin == record.origin)
                {
                    let (_, open) = self.open.swap_remove(at);
                    self.close(open);
                }
                if let Some(outer) = self.outer.pop() {
                    self.open.push((record.origin, outer));
                }
                return;
            }
            T::Note(text) if !self.open.iter().any(|(origin, _)| *origin == record.origin) => {
                if self.notes.len() < BEFORE {
                    self.notes.push(LogLine {
                        line: record.place.line,
                        text: cut(text),
                    });
                }
                return;
            }
            _ => {}
        }
        let at = self.place_of(record, traceback);
        if let Some((_, open)) = self.open.get_mut(at) {
            open.add(record, traceback);
        }
    }

    /// The index of the dump that a record belongs to; it is begun when there is none.
    fn place_of(&mut self, record: &Record<'_>, traceback: &traceback::Record<'_>) -> usize {
        let known = self
            .open
            .iter()
            .position(|(origin, _)| *origin == record.origin);
        let goes_on = |(_, open): &(Origin, Open)| !open.is_over_at(traceback);
        if let Some(at) = known {
            if self.open.get(at).is_some_and(goes_on) {
                return at;
            }
            let (_, open) = self.open.swap_remove(at);
            self.close(open);
        }
        let open = self.begin(record);
        self.open.push((record.origin, open));
        self.open.len() - 1
    }

    fn begin(&mut self, record: &Record<'_>) -> Open {
        self.found.dump_count += 1;
        let line = self
            .notes
            .first()
            .map_or(record.place.line, |note| note.line);
        Open {
            dump: Dump {
                number: self.found.dump_count,
                line,
                last_line: record.place.line,
                before: self.before.iter().cloned().collect(),
                ..Dump::default()
            },
            death: Death {
                line: record.place.line,
                notes: std::mem::take(&mut self.notes),
                ..Death::default()
            },
            sections: Sections::new(self.with_sps),
            thread: None,
            has_sections: false,
            after_separator: false,
            foreign: 0,
            dying: false,
        }
    }

    fn close(&mut self, open: Open) {
        let Some(dump) = open.finish() else {
            self.found.dump_count -= 1;
            return;
        };
        let summary = dump.summary();
        let better = match self.which {
            Which::Number(number) => dump.number == number,
            Which::Crash => self
                .found
                .dump
                .as_ref()
                .is_none_or(|kept| dump.is_fatal() || !kept.is_fatal()),
        };
        if self.found.dumps.len() < KEPT {
            self.found.dumps.push(summary);
        }
        if better {
            self.found.dump = Some(dump);
        }
    }

    fn profile(&mut self, record: &Record<'_>, profile: &profile::Record<'_>) {
        if matches!(profile, profile::Record::Header(_)) {
            let begun = Profile::begin(record.place.line, profile);
            self.in_profile = begun.is_some();
            if begun.is_some() {
                self.found.profile = begun;
                self.found.profile_count += 1;
            }
        } else if self.in_profile
            && let Some(open) = &mut self.found.profile
        {
            open.add(profile);
        }
    }

    fn race(&mut self, record: &Record<'_>, race: &RaceRecord<'_>) {
        let line = record.place.line;
        match race {
            RaceRecord::Start => {
                self.end_race(line);
                self.race = Some(OpenRace {
                    race: Race {
                        line,
                        ..Race::default()
                    },
                    ..OpenRace::default()
                });
            }
            RaceRecord::End => self.end_race(line),
            RaceRecord::Found(_) | RaceRecord::Note(_) => {}
            other => {
                if let Some(open) = &mut self.race {
                    open.race.last_line = line;
                    open.add(other);
                }
            }
        }
    }

    fn end_race(&mut self, line: u64) {
        let Some(open) = self.race.take() else { return };
        let mut race = open.race;
        race.last_line = race.last_line.max(line);
        self.found.race_count += 1;
        if self.found.races.len() < KEPT {
            self.found.races.push(race);
        }
    }
}

impl OpenRace {
    fn add(&mut self, record: &RaceRecord<'_>) {
        match record {
            RaceRecord::Access(access) => {
                let part = usize::from(access.previous);
                self.at = if access.previous {
                    RacePart::Previous
                } else {
                    RacePart::This
                };
                let id = match access.who {
                    Who::Goroutine(id) => Some(id),
                    Who::Main => None,
                };
                if let Some(slot) = self.ids.get_mut(part) {
                    *slot = id;
                }
                self.race.addr = self.race.addr.or(access.addr.map(Address));
                let kind = access.kind.to_str_lossy().to_ascii_lowercase();
                *self.access(part) = Access {
                    kind,
                    detector_id: id,
                    main: access.who == Who::Main,
                    ..Access::default()
                };
            }
            RaceRecord::Creation {
                goroutine,
                finished,
            } => {
                let whose = self.ids.iter().position(|id| *id == Some(*goroutine));
                if let Some(part) = whose {
                    self.access(part).finished = Some(*finished);
                    self.at = RacePart::Created(part);
                } else {
                    self.at = RacePart::Nothing;
                }
            }
            RaceRecord::Lost => match self.at {
                RacePart::This => self.race.access.stack_lost = true,
                RacePart::Previous => self.race.previous.stack_lost = true,
                RacePart::Created(_) | RacePart::Nothing => {}
            },
            RaceRecord::Frame(frame) => {
                let frame = to_model(frame);
                match self.at {
                    RacePart::This => self.race.access.frames.push(frame),
                    RacePart::Previous => self.race.previous.frames.push(frame),
                    RacePart::Created(part) => self.access(part).created_at.push(frame),
                    RacePart::Nothing => {}
                }
            }
            _ => {}
        }
    }

    const fn access(&mut self, part: usize) -> &mut Access {
        if part == 0 {
            &mut self.race.access
        } else {
            &mut self.race.previous
        }
    }
}

impl Open {
    /// Whether a record belongs to another dump than this one.
    fn is_over_at(&self, record: &traceback::Record<'_>) -> bool {
        use traceback::Record as T;
        match record {
            T::Panic(_) | T::Fatal(_) | T::Served { .. } => self.has_sections,
            T::Signal(_) => self.has_sections && !self.after_separator,
            T::Header(header) if header.id != 0 => {
                let again = self.sections.has(header.id) && !self.after_separator;
                again || self.foreign > 0 && !self.dying
            }
            _ => false,
        }
    }

    fn add(&mut self, record: &Record<'_>, traceback: &traceback::Record<'_>) {
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
            T::RuntimeStack => {
                self.sections.close();
                self.end_thread();
                self.begin_thread(line, None);
                self.has_sections = true;
            }
            T::CreatedBy { creator, source } => self.sections.created_by(creator, *source),
            T::Elided(elided) => self.sections.elided(*elided),
            T::Unavailable(_) => self.sections.unavailable(),
            T::Ancestor(_) => self.sections.ancestor(),
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
                self.death.fatal_error = Some(text.text.to_str_lossy().into_owned());
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
            T::Note(text) if self.death.notes.len() < BEFORE => {
                self.death.notes.push(LogLine {
                    line,
                    text: cut(text),
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
            signal.pc = Some(place.pc);
            signal.code = place.sigcode;
            signal.addr = place.addr;
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
        if self.death.goroutine.is_none() && first && ran && !asked && self.has_cause() {
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
            && self.dump.threads.len() < KEPT
        {
            self.dump.threads.push(thread);
        }
    }

    /// The dump; `None` when nothing but stray lines were seen.
    fn finish(mut self) -> Option<Dump> {
        self.end_thread();
        let has_cause = self.has_cause();
        let crashed = self.death.goroutine;
        let read = self.sections.finish(crashed.filter(|_| self.dying));
        let mut dump = self.dump;
        dump.goroutines = read.goroutines;
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
        addr: Some(note.addr),
        pc: Some(note.pc),
    }
}

/// What the go command prints after the process has ended.
fn ends(text: &[u8]) -> bool {
    text.starts_with(b"exit status ") || text.starts_with(b"signal: ")
}

fn cut(text: &[u8]) -> String {
    text.get(..LINE).unwrap_or(text).to_str_lossy().into_owned()
}
