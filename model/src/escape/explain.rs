//! Explanations: gathered unread below their title, and kept once as interned steps.
//!
//! Explanation lines carry their position each, so outputs of compilers that wrote at the same time come
//! apart again: a few explanations are open at once.

use super::{
    builds::BuildSet,
    collect::Collector,
    decision::{Place, Step},
    rows::{NO_FLOW, saturating_add},
    strings::Sym,
};
use dumpview_parsers::escape::{Category, Message, Step as TextStep, message};
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// Explanations of one diagnostic that are kept; later different ones are only counted.
const MAX_FLOWS: usize = 32;

/// Explanations that may be open at once.
const MAX_OPEN: usize = 4;

/// Bytes of one explanation that are kept. The longest seen is 60 KiB (go/types with `-l`).
const MAX_EXPLANATION: usize = 4 << 20;

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
pub(super) struct Open {
    row: u32,
    package: Option<Sym>,
    file: Option<Sym>,
    line: u32,
    column: u32,
    builds: BuildSet,
    text: Vec<u8>,
    overflowed: bool,
}

impl Open {
    fn is_at(&self, package: Sym, place: Place) -> bool {
        self.line == place.line
            && self.column == place.column
            && self.file == Some(place.file)
            && self.package == Some(package)
    }
}

impl Collector {
    pub(super) fn open_explanation(&mut self, row: u32, place: Place, builds: BuildSet) {
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

    pub(super) fn continued(&mut self, number: u64, place: Place, text: &[u8]) {
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
