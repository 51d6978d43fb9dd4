//! Records of a log to dumps, crashes among them, race reports and profiles.
//!
//! This is the one place that knows where a crash begins and ends, why it died, and what the application wrote before
//! it: the report without a verb, `goroutines`, `timeline` and the screens take what is given here.

use super::begun::Begun;
use super::dump::{Dump, Summary};
use super::line::LogLine;
use super::open::{Open, ends};
use super::profile::Profile;
use super::race::{OpenRace, Race};
use crate::log::{ProcessId, Whose, head};
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::race::Record as RaceRecord;
use dumpview_parsers::{profile, traceback};
use std::collections::VecDeque;
use std::sync::Arc;

/// Formats of dumps and race reports.
pub const FORMATS: [&str; 2] = ["traceback", "race"];

/// So many lines of the application before a dump are kept.
const BEFORE: usize = 10;
/// So many summaries and races are kept; all are counted.
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

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// The dump that was kept.
    pub dump: Option<Arc<Dump>>,
    /// All dumps, in order; at most a thousand.
    pub dumps: Vec<Arc<Summary>>,
    /// How many dumps there were.
    pub dump_count: usize,
    /// The last goroutine profile.
    pub profile: Option<Arc<Profile>>,
    /// How many goroutine profiles there were.
    pub profile_count: usize,
    /// Races; at most a thousand.
    pub races: Vec<Arc<Race>>,
    /// How many races were reported.
    pub race_count: usize,
}

/// What has come to its end.
#[derive(Clone, Copy, Debug)]
pub enum Ended<'a> {
    /// A crash, or a dump without one.
    Dump(&'a Summary),
    /// A race report.
    Race(&'a Race),
}

/// Who is told of what has come to its end, and where it began.
pub type Each<'e> = dyn FnMut(Begun, Ended<'_>) + 'e;

/// Records of a log to dumps and races.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    which: Which,
    with_sps: bool,
    open: Vec<Open>,
    /// Dumps that are interrupted by one inside a line.
    outer: Vec<Open>,
    /// By the number of the origin.
    before: Vec<VecDeque<LogLine>>,
    /// The runtime's lines that stand before the first that says why, and where they begin.
    notes: Vec<LogLine>,
    noted: Option<Begun>,
    races: Vec<OpenRace>,
    in_profile: bool,
    found: Collected,
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

    /// Takes a record, and tells `each` what came to its end with it. Records of other formats are the
    /// application's as far as dumps go.
    pub fn record(&mut self, record: &Record<'_>, whose: Whose, each: &mut Each<'_>) {
        match &record.kind {
            Kind::Traceback(traceback) => self.traceback(record, traceback, whose.process, each),
            Kind::Log(text) => self.log(record, text, each),
            Kind::Race(race) => self.race(record, race, whose.process, each),
            Kind::Profile(profile) => self.profile(record, profile),
            _ => {}
        }
    }

    /// The input has ended.
    pub fn finish(&mut self, each: &mut Each<'_>) {
        for race in std::mem::take(&mut self.races) {
            self.end_race(race, None, each);
        }
        while let Some(outer) = self.outer.pop() {
            self.close(outer, each);
        }
        for open in std::mem::take(&mut self.open) {
            self.close(open, each);
        }
    }

    /// What was found so far.
    pub const fn found(&self) -> &Collected {
        &self.found
    }

    /// What was found, for whoever wants nothing else.
    pub fn into_found(self) -> Collected {
        self.found
    }

    /// Whether a crash has begun: what follows is no longer the application's.
    pub fn is_crashing(&self) -> bool {
        self.open.iter().any(|open| open.dying)
    }

    fn open_of(&self, origin: Origin) -> Option<usize> {
        self.open
            .iter()
            .position(|open| open.begun.origin == origin)
    }

    fn log(&mut self, record: &Record<'_>, text: &[u8], each: &mut Each<'_>) {
        if let Some(at) = self.open_of(record.origin) {
            let open = self.open.get_mut(at);
            if open.is_some_and(|open| open.is_over_with(text)) {
                let open = self.open.swap_remove(at);
                self.close(open, each);
            }
        }
        self.notes.clear();
        self.noted = None;
        if text.trim_ascii().is_empty() {
            return;
        }
        let before = self.before(record.origin);
        if ends(text) {
            // What comes is another process's.
            before.clear();
            return;
        }
        let mut line = if before.len() == BEFORE {
            before.pop_front().unwrap_or_default()
        } else {
            LogLine::default()
        };
        line.line = record.place.line;
        line.set(text);
        before.push_back(line);
    }

    /// The application's last lines. The reader bounds how many origins there are.
    fn before(&mut self, origin: Origin) -> &mut VecDeque<LogLine> {
        let index = origin.0 as usize;
        if index >= self.before.len() {
            self.before.resize_with(index + 1, VecDeque::default);
        }
        #[expect(clippy::indexing_slicing, reason = "made so long just now")]
        &mut self.before[index]
    }

    fn traceback(
        &mut self,
        record: &Record<'_>,
        traceback: &traceback::Record<'_>,
        process: ProcessId,
        each: &mut Each<'_>,
    ) {
        use traceback::Record as T;
        let begun = Begun::with(record, process);
        let known = self.open_of(record.origin);
        match traceback {
            T::Embedded { begins: true } => {
                if let Some(at) = known {
                    let open = self.open.swap_remove(at);
                    self.outer.push(open);
                }
                let open = self.begin(begun).embedded();
                self.open.push(open);
                return;
            }
            T::Embedded { begins: false } => {
                if let Some(at) = known {
                    let open = self.open.swap_remove(at);
                    self.close(open, each);
                }
                self.open.extend(self.outer.pop());
                return;
            }
            T::Note(text) if known.is_none() => {
                if self.notes.is_empty() {
                    self.noted = Some(begun);
                }
                if self.notes.len() < BEFORE {
                    self.notes.push(LogLine {
                        line: record.place.line,
                        text: head(text).into_owned(),
                    });
                }
                return;
            }
            _ => {}
        }
        let at = self.place_of(begun, traceback, each);
        if let Some(open) = self.open.get_mut(at) {
            open.add(record, traceback);
        }
    }

    /// The index of the dump that a record belongs to; it is begun when there is none.
    fn place_of(
        &mut self,
        begun: Begun,
        traceback: &traceback::Record<'_>,
        each: &mut Each<'_>,
    ) -> usize {
        if let Some(at) = self.open_of(begun.origin) {
            let open = self.open.get(at);
            if open.is_some_and(|open| !open.is_over_at(traceback)) {
                return at;
            }
            let open = self.open.swap_remove(at);
            self.close(open, each);
        }
        let open = self.begin(begun);
        self.open.push(open);
        self.open.len() - 1
    }

    fn begin(&mut self, begun: Begun) -> Open {
        self.found.dump_count += 1;
        let before = self.before(begun.origin).iter().cloned().collect();
        let notes = std::mem::take(&mut self.notes);
        let mut open = Open::new(begun, self.found.dump_count, before, notes, self.with_sps);
        if let Some(noted) = self.noted.take() {
            open.begun = noted;
        }
        open
    }

    fn close(&mut self, open: Open, each: &mut Each<'_>) {
        let begun = open.begun;
        let Some(dump) = open.finish() else {
            self.found.dump_count -= 1;
            return;
        };
        let summary = dump.summary();
        each(begun, Ended::Dump(&summary));
        if self.found.dumps.len() < KEPT {
            self.found.dumps.push(Arc::new(summary));
        }
        let better = match self.which {
            Which::Number(number) => dump.number == number,
            Which::Crash => self
                .found
                .dump
                .as_ref()
                .is_none_or(|kept| dump.is_fatal() || !kept.is_fatal()),
        };
        if better {
            self.found.dump = Some(Arc::new(dump));
        }
    }

    fn profile(&mut self, record: &Record<'_>, profile: &profile::Record<'_>) {
        if matches!(profile, profile::Record::Header(_)) {
            let begun = Profile::begin(record.place.line, profile);
            self.in_profile = begun.is_some();
            if begun.is_some() {
                self.found.profile = begun.map(Arc::new);
                self.found.profile_count += 1;
            }
        } else if self.in_profile
            && let Some(open) = &mut self.found.profile
        {
            Arc::make_mut(open).add(profile);
        }
    }

    fn race(
        &mut self,
        record: &Record<'_>,
        race: &RaceRecord<'_>,
        process: ProcessId,
        each: &mut Each<'_>,
    ) {
        let line = record.place.line;
        let mut open = self.races.iter();
        let known = open.position(|open| open.begun.origin == record.origin);
        match (race, known) {
            (RaceRecord::Start, known) => {
                if let Some(at) = known {
                    let open = self.races.swap_remove(at);
                    self.end_race(open, None, each);
                }
                self.races.push(OpenRace::new(Begun::with(record, process)));
            }
            (RaceRecord::End, Some(at)) => {
                let open = self.races.swap_remove(at);
                self.end_race(open, Some(line), each);
            }
            (RaceRecord::Found(_) | RaceRecord::Note(_) | RaceRecord::End, _) => {}
            (other, known) => {
                if let Some(open) = known.and_then(|at| self.races.get_mut(at)) {
                    open.add(line, other);
                }
            }
        }
    }

    fn end_race(&mut self, open: OpenRace, line: Option<u64>, each: &mut Each<'_>) {
        let begun = open.begun;
        let race = open.finish(line);
        each(begun, Ended::Race(&race));
        self.found.race_count += 1;
        if self.found.races.len() < KEPT {
            self.found.races.push(Arc::new(race));
        }
    }
}
