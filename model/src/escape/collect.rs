//! Lines to distinct diagnostics and explanations.
//!
//! Most bytes of a file are repeats: builds appended to one file, cached output replayed, the same generic
//! code in many packages. A line is therefore looked up by package, position and text before anything is
//! parsed, and only a new one is read by the grammar. An explanation's lines share its title's position, so
//! they are gathered unread, and the whole is looked up by its hash when the next message comes. Two different
//! explanations of one diagnostic that had the same 64-bit keyed hash would be taken for one.
//!
//! Explanation lines carry their position each, so outputs of compilers that wrote at the same time come
//! apart again: a few explanations are open at once.

use super::{
    builds::{Build, BuildSet},
    decision::{Kind, Place, Step},
    strings::{Strings, Sym},
};
use dumpview_parsers::escape::{
    Category, Inlining, Line, Message, Position, RawLine, Step as TextStep, bare, frame, message,
    without_prefix,
};
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// Explanations of one diagnostic that are kept; later different ones are only counted.
const MAX_FLOWS: usize = 32;
/// Explanations that may be open at once.
const MAX_OPEN: usize = 4;
/// Bytes of one explanation that are kept. The longest seen is 60 KiB (go/types with `-l`).
const MAX_EXPLANATION: usize = 4 << 20;
/// Unrecognised lines that are kept with their text.
const MAX_UNRECOGNIZED: usize = 200;
/// Bytes of such a line.
const MAX_UNRECOGNIZED_TEXT: usize = 300;

/// How many lines there were of each category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts([u64; Category::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Category::ALL.len()])
    }
}

impl Counts {
    /// Lines of one category.
    pub fn of(&self, category: Category) -> u64 {
        self.0.get(category as usize).copied().unwrap_or(0)
    }

    /// All lines.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    fn add(&mut self, category: Category) {
        if let Some(count) = self.0.get_mut(category as usize) {
            *count += 1;
        }
    }
}

/// Lines that no part of the program knows.
#[derive(Clone, Debug, Default)]
pub struct Unrecognized {
    /// The first of them: line number and text, shortened.
    pub lines: Vec<(u64, String)>,
    /// How many there were.
    pub count: u64,
}

/// What a distinct diagnostic says, as far as decisions need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// A decision.
    Decided {
        kind: Kind,
        what: Sym,
        to_result: Option<(Sym, i32)>,
        function: Option<Sym>,
    },
    /// The title of an explanation.
    Title {
        what: Sym,
        function: Option<Sym>,
        /// For a parameter: where it leaks to and with how many dereferences.
        leak: Option<(Sym, i32)>,
    },
    /// `can inline F` and `cannot inline F`: a function is declared here.
    Declares { function: Sym },
    /// `inlining call to F`.
    Inlined { function: Sym },
    /// Nothing decisions need.
    Other,
}

/// A distinct diagnostic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub package: Sym,
    pub place: Place,
    pub message: Sym,
    pub said: Said,
    pub category: Category,
    pub builds: BuildSet,
    pub count: u32,
    /// Index of its first flow, [`NO_FLOW`] when there is none.
    pub flow: u32,
}

pub(super) const NO_FLOW: u32 = u32::MAX;

/// A distinct explanation of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlowRow {
    pub next: u32,
    pub start: usize,
    pub len: usize,
    pub builds: BuildSet,
    pub count: u32,
    hash: u64,
}

/// An explanation whose lines are being gathered.
#[derive(Debug, Default)]
struct Open {
    row: u32,
    package: Option<Sym>,
    file: Option<Sym>,
    line: u32,
    column: u32,
    builds: BuildSet,
    text: Vec<u8>,
    overflowed: bool,
}

/// Reads lines and keeps what is distinct.
#[derive(Debug)]
pub struct Collector {
    pub(super) strings: Strings,
    pub(super) rows: Vec<Row>,
    table: HashTable<u32>,
    pub(super) steps: Vec<Step>,
    step_table: HashTable<u32>,
    pub(super) flows: Vec<FlowRow>,
    pub(super) pool: Vec<u32>,
    open: Vec<Open>,
    spare: Vec<Vec<u8>>,
    package: Sym,
    /// In which build a package was last seen, by package handle.
    seen: Vec<(Sym, u32)>,
    pub(super) build_count: u32,
    pub(super) builds: Vec<Build>,
    pub(super) counts: Counts,
    pub(super) unrecognized: Unrecognized,
    pub(super) incomplete: Vec<String>,
    pub(super) go_version: Option<String>,
    /// The last line's `pos: `, with what it was read as.
    prefix: Vec<u8>,
    prefix_place: Place,
    cut_lines: u64,
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

fn row_key(package: Sym, place: Place, message: Sym) -> u64 {
    FxBuildHasher.hash_one((package, place, message))
}

fn saturating_add(count: &mut u32) {
    *count = count.saturating_add(1);
}

impl Collector {
    /// A collector that has read nothing.
    pub fn new() -> Self {
        Self {
            strings: Strings::default(),
            rows: Vec::new(),
            table: HashTable::new(),
            steps: Vec::new(),
            step_table: HashTable::new(),
            flows: Vec::new(),
            pool: Vec::new(),
            open: Vec::new(),
            spare: Vec::new(),
            package: Sym::EMPTY,
            seen: Vec::new(),
            build_count: 1,
            builds: vec![Build::default()],
            counts: Counts::default(),
            unrecognized: Unrecognized::default(),
            incomplete: Vec::new(),
            go_version: None,
            prefix: Vec::new(),
            prefix_place: Place::NONE,
            cut_lines: 0,
        }
    }

    /// Whether anything was read that only a compiler prints.
    pub fn saw_compiler_output(&self) -> bool {
        Category::ALL
            .into_iter()
            .any(|category| category.is_compiler() && self.counts.of(category) > 0)
    }

    /// Reads one line.
    pub fn line(&mut self, line: RawLine<'_>) {
        let text = line.text;
        // The common case first: the next line of the explanation that is open.
        if !self.prefix.is_empty()
            && !line.unterminated
            && !line.cut
            && let Some(message) = text.strip_prefix(self.prefix.as_slice())
        {
            self.diagnostic(line.number, message);
            return;
        }
        if memchr::memchr(0x1b, text).is_some() {
            let plain = without_escapes(text);
            self.fresh(RawLine {
                text: &plain,
                ..line
            });
        } else {
            self.fresh(line);
        }
    }

    /// A line whose position is not that of the line before.
    fn fresh(&mut self, line: RawLine<'_>) {
        let text = without_prefix(line.text);
        let text = if line.number == 1 {
            text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
        } else {
            text
        };
        if line.cut {
            self.cut_lines += 1;
        }
        match frame(text) {
            Line::Package(package) => self.package(line.number, package),
            Line::Diagnostic { position, message } => {
                if line.unterminated && !ends_itself(message) {
                    self.unfinished(line, text);
                    return;
                }
                let place = self.intern_position(&position);
                self.prefix.clear();
                self.prefix
                    .extend_from_slice(text.get(..text.len() - message.len()).unwrap_or_default());
                self.prefix_place = place;
                self.diagnostic(line.number, message);
            }
            Line::Dump => {
                self.count(Category::Dump);
                if !text.is_empty() {
                    self.build_mut().dumps = true;
                }
            }
            Line::Bare(text) => {
                if line.unterminated && bare(text).is_none() {
                    self.unfinished(line, text);
                    return;
                }
                self.bare(line.number, text);
            }
        }
    }

    /// Another input follows: it begins a build of its own.
    pub fn begin_input(&mut self) {
        self.close_all();
        self.package = Sym::EMPTY;
        self.prefix.clear();
        if self.counts.total() > 0 {
            let build = self.build_count;
            self.next_build(1);
            for (_, seen) in &mut self.seen {
                *seen = build;
            }
        }
    }

    /// Something of the input could not be had.
    pub fn lost(&mut self, what: String) {
        self.incomplete.push(what);
    }

    pub(super) fn current_build(&mut self) -> &mut Build {
        self.build_mut()
    }

    fn build_mut(&mut self) -> &mut Build {
        if self.builds.is_empty() {
            self.builds.push(Build::default());
        }
        let last = self.builds.len() - 1;
        // Never empty: see above.
        #[expect(clippy::indexing_slicing, reason = "the list was just made non-empty")]
        &mut self.builds[last]
    }

    pub(super) fn build_set(&self) -> BuildSet {
        BuildSet::of(self.build_count)
    }

    fn count(&mut self, category: Category) {
        self.counts.add(category);
        self.build_mut().lines += 1;
    }

    pub(super) fn intern_position(&mut self, position: &Position<'_>) -> Place {
        Place {
            file: self.strings.intern(position.file),
            line: position.line,
            column: position.column,
        }
    }

    fn package(&mut self, number: u64, text: &[u8]) {
        self.close_all();
        // `# [pkg]` is how vet repeats the header, `# pkg [pkg.test]` a package compiled for its test.
        if text.starts_with(b"[") {
            self.count(Category::Noise);
            return;
        }
        let id = self.strings.intern(text);
        let path = text
            .iter()
            .position(|b| *b == b' ')
            .and_then(|end| text.get(..end))
            .unwrap_or(text);
        self.package = self.strings.intern(path);
        self.begin_block(id, number);
        self.count(Category::Package);
    }

    /// A package's output begins; if the package was seen in this build, so does the next build.
    pub(super) fn begin_block(&mut self, id: Sym, number: u64) {
        match self.seen.binary_search_by_key(&id, |(sym, _)| *sym) {
            Ok(at) => {
                let build = self.build_count;
                if let Some((_, seen)) = self.seen.get_mut(at) {
                    if *seen == build {
                        *seen = build + 1;
                        self.next_build(number);
                    } else {
                        *seen = build;
                    }
                }
            }
            Err(at) => self.seen.insert(at, (id, self.build_count)),
        }
        let build = self.build_mut();
        if build.first_line == 0 {
            build.first_line = number;
        }
    }

    fn next_build(&mut self, number: u64) {
        self.build_count = self.build_count.saturating_add(1);
        if self.build_count <= BuildSet::LAST {
            self.builds.push(Build {
                first_line: number,
                ..Build::default()
            });
        }
    }

    /// A message at the position of the last prefix.
    fn diagnostic(&mut self, number: u64, text: &[u8]) {
        let place = self.prefix_place;
        if matches!(text.first(), Some(b' ' | b'\t')) {
            self.continued(number, place, text);
            return;
        }
        // An inlinable function's body is long and of no use here.
        let key = if text.starts_with(b"can inline ") {
            memchr::memmem::find(text, b" as: ").map_or(text, |end| text.get(..end).unwrap_or(text))
        } else {
            text
        };
        let symbol = self.strings.intern(key);
        let builds = self.build_set();
        let id = if let Some(known) = self.find_row(place, symbol) {
            known
        } else if let Some(read) = message(text) {
            self.insert(place, symbol, &read)
        } else {
            self.unknown(number, text, Some(place));
            return;
        };
        let Some((category, said)) = self.seen_again(id, builds) else {
            return;
        };
        self.note(category);
        if matches!(said, Said::Title { .. } | Said::Decided { .. }) {
            self.open_explanation(id, place, builds);
        }
    }

    /// The diagnostic of the current package at a place with this text.
    pub(super) fn find_row(&self, place: Place, symbol: Sym) -> Option<u32> {
        let (package, rows) = (self.package, &self.rows);
        self.table
            .find(row_key(package, place, symbol), |id| {
                rows.get(*id as usize).is_some_and(|row| {
                    row.message == symbol && row.place == place && row.package == package
                })
            })
            .copied()
    }

    pub(super) fn seen_again(&mut self, row: u32, builds: BuildSet) -> Option<(Category, Said)> {
        let row = self.rows.get_mut(row as usize)?;
        saturating_add(&mut row.count);
        row.builds.insert(builds);
        Some((row.category, row.said))
    }

    /// Counts a line and lets the build know what it shows of its flags.
    pub(super) fn note(&mut self, category: Category) {
        self.count(category);
        let build = self.build_mut();
        match category {
            Category::CanInline | Category::CannotInline | Category::InliningCall => {
                build.inlining = true;
            }
            Category::Explanation | Category::Step => {
                build.explained = true;
                build.escapes = true;
            }
            Category::Dump => build.dumps = true,
            category if category.is_escape() => build.escapes = true,
            _ => {}
        }
    }

    pub(super) fn insert(&mut self, place: Place, symbol: Sym, read: &Message<'_>) -> u32 {
        let said = self.said(read);
        self.insert_said(place, symbol, said, read.category())
    }

    pub(super) fn insert_said(
        &mut self,
        place: Place,
        symbol: Sym,
        said: Said,
        category: Category,
    ) -> u32 {
        let package = self.package;
        let id = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push(Row {
            package,
            place,
            message: symbol,
            said,
            category,
            builds: BuildSet::default(),
            count: 0,
            flow: NO_FLOW,
        });
        let rows = &self.rows;
        self.table
            .insert_unique(row_key(package, place, symbol), id, |id| {
                rows.get(*id as usize)
                    .map_or(0, |row| row_key(row.package, row.place, row.message))
            });
        id
    }

    pub(super) fn set_package(&mut self, package: &[u8]) {
        self.package = self.strings.intern(package);
    }

    fn said(&mut self, read: &Message<'_>) -> Said {
        let strings = &mut self.strings;
        let decided = |kind, what| Said::Decided {
            kind,
            what,
            to_result: None,
            function: None,
        };
        match *read {
            Message::EscapesToHeap { expression } => {
                decided(Kind::EscapesToHeap, strings.intern(expression))
            }
            Message::MovedToHeap { name } => decided(Kind::MovedToHeap, strings.intern(name)),
            Message::DoesNotEscape {
                function,
                expression,
            } => Said::Decided {
                kind: Kind::DoesNotEscape,
                what: strings.intern(expression),
                to_result: None,
                function: function.map(|function| strings.intern(function)),
            },
            Message::LeakingParam { param } => decided(Kind::LeakingParam, strings.intern(param)),
            Message::LeakingParamContent { param } => {
                decided(Kind::LeakingParamContent, strings.intern(param))
            }
            Message::LeakingParamToResult {
                param,
                result,
                level,
            } => Said::Decided {
                kind: Kind::LeakingParamToResult,
                what: strings.intern(param),
                to_result: Some((strings.intern(result), level)),
                function: None,
            },
            Message::LeakingClosureReference { name } => {
                decided(Kind::LeakingClosureReference, strings.intern(name))
            }
            Message::EscapeTitle {
                expression,
                function,
            } => Said::Title {
                what: strings.intern(expression),
                function: function.map(|function| strings.intern(function)),
                leak: None,
            },
            Message::LeakTitle {
                param,
                destination,
                function,
                derefs,
            } => Said::Title {
                what: strings.intern(param),
                function: function.map(|function| strings.intern(function)),
                leak: Some((strings.intern(destination), derefs)),
            },
            Message::Inlining(
                Inlining::Can { function, .. } | Inlining::Cannot { function, .. },
            ) => Said::Declares {
                function: strings.intern(function),
            },
            Message::Inlining(Inlining::Call { function }) => Said::Inlined {
                function: strings.intern(function),
            },
            _ => Said::Other,
        }
    }

    fn open_explanation(&mut self, row: u32, place: Place, builds: BuildSet) {
        // Titles at one position follow each other; the earlier is then complete.
        while let Some(at) = self
            .open
            .iter()
            .position(|open| open.is_at(self.package, place))
        {
            self.close(at);
        }
        if self.open.len() >= MAX_OPEN {
            self.close(0);
        }
        let mut text = self.spare.pop().unwrap_or_default();
        text.clear();
        self.open.push(Open {
            row,
            package: Some(self.package),
            file: Some(place.file),
            line: place.line,
            column: place.column,
            builds,
            text,
            overflowed: false,
        });
    }

    fn continued(&mut self, number: u64, place: Place, text: &[u8]) {
        let package = self.package;
        let open = match self.open.last_mut() {
            Some(last) if last.is_at(package, place) => Some(last),
            _ => self
                .open
                .iter_mut()
                .rev()
                .find(|open| open.is_at(package, place)),
        };
        // An indented word of the type checker, or a step whose title is not here.
        let is_step = starts_step(text);
        match open {
            Some(open) if is_step => {
                if open.text.len() + text.len() < MAX_EXPLANATION {
                    open.text.extend_from_slice(text);
                    open.text.push(b'\n');
                } else {
                    open.overflowed = true;
                }
                self.note(Category::Step);
            }
            _ => match message(text) {
                Some(read) => self.note(read.category()),
                None => self.unknown(number, text, Some(place)),
            },
        }
    }

    fn close(&mut self, at: usize) {
        let open = self.open.remove(at);
        if !open.text.is_empty() {
            self.explanation(&open);
        }
        self.spare.push(open.text);
    }

    pub(super) fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close(0);
        }
    }

    fn explanation(&mut self, open: &Open) {
        let hash = self.strings.hash(&open.text);
        if self.known_flow(open.row, hash, open.builds) {
            return;
        }
        let start = self.pool.len();
        let mut rest = open.text.as_slice();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, tail) = rest.split_at(end);
            rest = tail.get(1..).unwrap_or_default();
            if let Some(Message::Step(step)) = message(line) {
                let step = self.step(&step, None);
                self.push_step(step);
            } else {
                // A step torn by another writer: it was counted as a step and must not pass for one.
                self.cut_lines += 1;
                self.push_step(Step::Truncated);
            }
        }
        if open.overflowed {
            self.push_step(Step::Truncated);
        }
        self.add_flow(open.row, hash, start, open.builds);
    }

    /// Counts an explanation that was had before, or that is one too many.
    pub(super) fn known_flow(&mut self, row: u32, hash: u64, builds: BuildSet) -> bool {
        let mut at = self.rows.get(row as usize).map_or(NO_FLOW, |row| row.flow);
        let mut seen = 0;
        while let Some(flow) = self.flows.get_mut(at as usize) {
            if flow.hash == hash {
                saturating_add(&mut flow.count);
                flow.builds.insert(builds);
                return true;
            }
            seen += 1;
            at = flow.next;
        }
        seen >= MAX_FLOWS
    }

    pub(super) fn add_flow(&mut self, row: u32, hash: u64, start: usize, builds: BuildSet) {
        let id = u32::try_from(self.flows.len()).unwrap_or(NO_FLOW);
        self.flows.push(FlowRow {
            next: NO_FLOW,
            start,
            len: self.pool.len() - start,
            builds,
            count: 1,
            hash,
        });
        let Some(row) = self.rows.get_mut(row as usize) else {
            return;
        };
        if row.flow == NO_FLOW {
            row.flow = id;
            return;
        }
        let mut at = row.flow;
        while let Some(flow) = self.flows.get_mut(at as usize) {
            if flow.next == NO_FLOW {
                flow.next = id;
                return;
            }
            at = flow.next;
        }
    }

    pub(super) fn step(&mut self, step: &TextStep<'_>, place: Option<Place>) -> Step {
        match *step {
            TextStep::Flow {
                destination,
                source,
            } => Step::Flow {
                destination: self.strings.intern(destination),
                source: self.strings.intern(source),
            },
            TextStep::From {
                expression,
                why,
                position,
            } => {
                let printed = position.map(|position| self.intern_position(&position));
                Step::From {
                    expression: self.strings.intern(expression),
                    why: self.strings.intern(why),
                    place: printed.or(place).unwrap_or(Place::NONE),
                }
            }
            TextStep::Truncated => Step::Truncated,
        }
    }

    pub(super) fn push_step(&mut self, step: Step) {
        let hash = FxBuildHasher.hash_one(step);
        let steps = &self.steps;
        let found = self
            .step_table
            .find(hash, |id| steps.get(*id as usize) == Some(&step))
            .copied();
        let id = found.unwrap_or_else(|| {
            let id = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
            self.steps.push(step);
            let steps = &self.steps;
            self.step_table.insert_unique(hash, id, |id| {
                steps
                    .get(*id as usize)
                    .map_or(0, |step| FxBuildHasher.hash_one(step))
            });
            id
        });
        self.pool.push(id);
    }

    fn bare(&mut self, number: u64, text: &[u8]) {
        match bare(text) {
            Some(read @ (Message::MovedToHeap { .. } | Message::Capture { .. })) => {
                self.prefix_place = Place::NONE;
                self.prefix.clear();
                let _ = read;
                self.diagnostic(number, text);
            }
            Some(read) => self.note(read.category()),
            None => self.unknown(number, text, None),
        }
    }

    pub(super) fn unknown(&mut self, number: u64, text: &[u8], place: Option<Place>) {
        self.count(Category::Unrecognized);
        self.unrecognized.count += 1;
        if self.unrecognized.lines.len() < MAX_UNRECOGNIZED {
            let text = text.get(..MAX_UNRECOGNIZED_TEXT).unwrap_or(text);
            let mut shown = String::new();
            if place.is_some() {
                shown.push_str(&String::from_utf8_lossy(&self.prefix));
            }
            shown.push_str(&String::from_utf8_lossy(text));
            self.unrecognized.lines.push((number, shown));
        }
    }

    /// The last line, cut where the writer stopped: what it said is not known.
    fn unfinished(&mut self, line: RawLine<'_>, text: &[u8]) {
        let shown = String::from_utf8_lossy(text.get(..120).unwrap_or(text)).into_owned();
        self.incomplete
            .push(format!("line {} has no end: {shown}", line.number));
    }

    /// Ends reading: closes what is open and reports what was lost.
    pub(super) fn end(&mut self) {
        self.close_all();
        if self.cut_lines > 0 {
            self.incomplete.push(format!(
                "{} lines were torn or too long to read",
                self.cut_lines
            ));
        }
    }
}

impl Open {
    fn is_at(&self, package: Sym, place: Place) -> bool {
        self.line == place.line
            && self.column == place.column
            && self.file == Some(place.file)
            && self.package == Some(package)
    }
}

/// Whether an indented message is a step by its first word; the rest is read when the explanation is new.
fn starts_step(text: &[u8]) -> bool {
    let word = text
        .iter()
        .position(|b| *b != b' ' && *b != b'\t')
        .and_then(|start| text.get(start..))
        .unwrap_or_default();
    word.starts_with(b"from ")
        || word.starts_with(b"flow: ")
        || word.starts_with(b"warning: truncated explanation")
}

/// Whether a message shows by its end that nothing is missing.
fn ends_itself(text: &[u8]) -> bool {
    let complete = matches!(text.last(), Some(b':'));
    complete
        || text.ends_with(b" escapes to heap")
        || text.ends_with(b" does not escape")
        || text == b"zero-copy string->[]byte conversion"
        || text == b"Found IsInBounds"
        || text == b"Found IsSliceInBounds"
}

/// The text without terminal control sequences (`ESC [ … letter`).
fn without_escapes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(0x1b, rest) {
        let (before, sequence) = rest.split_at(at);
        out.extend_from_slice(before);
        let end = match sequence.get(1) {
            Some(b'[') => sequence
                .iter()
                .skip(2)
                .position(|b| (0x40..=0x7e).contains(b))
                .map_or(sequence.len(), |end| end + 3),
            _ => 1,
        };
        rest = sequence.get(end..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}
