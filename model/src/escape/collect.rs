//! Lines to distinct diagnostics and explanations.
//!
//! Most bytes of a file are repeats: builds appended to one file, cached output replayed, the same generic
//! code in many packages. A line is therefore looked up by package, position and text before anything is
//! parsed, and only a new one is read by the grammar. An explanation's lines share its title's position, so
//! they are gathered unread, and the whole is looked up by its hash when the next message comes. Two different
//! explanations of one diagnostic that had the same 64-bit keyed hash would be taken for one.

use super::{
    builds::{Build, BuildSet},
    counts::{Counts, Unrecognized},
    decision::{Place, Step},
    explain::{FlowRow, Open},
    rows::{Row, Said},
    strings::{Strings, Sym},
};
use dumpview_parsers::escape::{
    Category, Line, Message, Position, bare, frame, message, without_prefix,
};
use dumpview_parsers::line::RawLine;
use hashbrown::HashTable;
use rustc_hash::FxHashMap;

/// Unrecognised lines that are kept with their text.
const MAX_UNRECOGNIZED: usize = 200;
/// Bytes of such a line.
const MAX_UNRECOGNIZED_TEXT: usize = 300;

/// Reads lines and keeps what is distinct.
#[derive(Debug)]
pub struct Collector {
    pub(super) strings: Strings,
    pub(super) rows: Vec<Row>,
    pub(super) table: HashTable<u32>,
    pub(super) steps: Vec<Step>,
    pub(super) step_table: HashTable<u32>,
    pub(super) flows: Vec<FlowRow>,
    pub(super) pool: Vec<u32>,
    pub(super) open: Vec<Open>,
    pub(super) spare: Vec<Vec<u8>>,
    pub(super) package: Sym,
    /// In which build a package was last seen, by package handle.
    pub(super) seen: FxHashMap<Sym, u32>,
    pub(super) build_count: u32,
    pub(super) builds: Vec<Build>,
    pub(super) counts: Counts,
    pub(super) unrecognized: Unrecognized,
    pub(super) incomplete: Vec<String>,
    pub(super) go_version: Option<String>,
    /// The last line's `pos: `, with what it was read as.
    pub(super) prefix: Vec<u8>,
    pub(super) prefix_place: Place,
    pub(super) cut_lines: u64,
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
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
            seen: FxHashMap::default(),
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
            for seen in self.seen.values_mut() {
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
        let build = self.build_count;
        let before = self.seen.insert(id, build);
        if before == Some(build) {
            self.seen.insert(id, build.saturating_add(1));
            self.next_build(number);
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

    pub(super) fn set_package(&mut self, package: &[u8]) {
        self.package = self.strings.intern(package);
    }

    fn bare(&mut self, number: u64, text: &[u8]) {
        match bare(text) {
            // The titles of these name their position so.
            Some(Message::MovedToHeap { .. } | Message::Capture { .. }) => {
                self.prefix_place = Place {
                    file: self.strings.intern(b"<unknown line number>"),
                    ..Place::NONE
                };
                self.prefix.clear();
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
