//! How the text of a line is taken out of it: a prefix, a field, a prefix inside the field.

use super::field::Field;
use super::json;
use super::mark::{self, Mark};
use super::template::Template;
use crate::line::Stamp;

/// How lines of a stream are dressed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Shape {
    before: Template,
    field: Option<Field>,
    inside: Template,
}

/// The text of a line, and what its dress told.
#[derive(Debug, Default)]
pub(in super::super) struct Taken {
    /// Those of its records, where they stand in a field of such; none where it is a part of one that has no text.
    pub texts: Option<Vec<Vec<u8>>>,
    /// How long the prefix is.
    pub length: usize,
    pub stamp: Option<Stamp>,
    pub writer: Vec<u8>,
}

impl Shape {
    /// How a line is dressed in which a trace begins here; the trace is looked at again in its field.
    pub(super) fn around(text: &[u8], found: (usize, Mark)) -> Option<(Self, Mark)> {
        let (at, mark) = found;
        if let Some(shaped) = Self::of_field(text, at) {
            return Some(shaped);
        }
        let tail = text.get(at..)?;
        // A line of a prefix goes to its end.
        let fits = match mark {
            Mark::Header => mark::is_header(tail),
            Mark::Trace => mark::is_line(tail),
            Mark::Death | Mark::Rule | Mark::Report | Mark::Block => true,
        };
        let before = Template::of(text.get(..at)?);
        (fits && !before.is_indent()).then_some((
            Self {
                before,
                field: None,
                inside: Template::default(),
            },
            mark,
        ))
    }

    /// The same when it stands in a field of a record.
    fn of_field(text: &[u8], at: usize) -> Option<(Self, Mark)> {
        let head = text.get(..at)?;
        // What stands before the first of a list is no prefix.
        let json = memchr::memchr(b'{', head).filter(|start| !json::is_between(head, *start));
        let wanted = |text: &[u8]| {
            let (at, mark) = marked(text)?;
            Some((Template::of(text.get(..at)?), mark))
        };
        let of_record = |start: usize| Some((start, Field::with(text.get(start..)?, &wanted)?));
        let of_quotes = || {
            let start = memchr::memrchr2(b'"', b'\'', head)?;
            Some((start, Field::quoted(text.get(start..)?, &wanted)?))
        };
        let (start, (field, (inside, mark))) = json
            .and_then(of_record)
            .or_else(|| of_record(0))
            .or_else(of_quotes)?;
        let before = if field.is_of_lines() {
            Template::default()
        } else {
            Template::of(text.get(..start)?)
        };
        let field = Some(field);
        Some((
            Self {
                before,
                field,
                inside,
            },
            mark,
        ))
    }

    pub(in super::super) fn has_field(&self) -> bool {
        self.field.is_some()
    }

    /// Whether nothing of it is sure not to be found in an application's lines.
    pub(super) fn is_plain(&self) -> bool {
        self.field.is_none() && self.before.is_plain()
    }

    /// The text of a line that is dressed so.
    pub(in super::super) fn take(&self, text: &[u8]) -> Option<Taken> {
        let found = self.before.find(text)?;
        let mut taken = Taken {
            length: found.length,
            stamp: found.stamp,
            ..Taken::default()
        };
        self.before.writer(text, &mut taken.writer);
        let Some(field) = &self.field else {
            return Some(taken);
        };
        let inside = field.of(text.get(found.length..)?)?;
        taken.stamp = inside.stamp.or(taken.stamp);
        if !inside.writer.is_empty() {
            if !taken.writer.is_empty() {
                taken.writer.push(b' ');
            }
            taken.writer.extend_from_slice(&inside.writer);
        }
        let mut texts = inside.texts;
        if !self.inside.is_empty() {
            for text in &mut texts {
                if let Some(found) = self.inside.find(text) {
                    taken.stamp = found.stamp.or(taken.stamp);
                    self.inside.writer(text, &mut taken.writer);
                    text.drain(..found.length);
                }
            }
        }
        taken.texts = Some(texts);
        Some(taken)
    }

    /// Compares a line that is dressed so with those before it.
    pub(super) fn compare(&mut self, text: &[u8]) {
        self.before.compare(text);
        if let Some(field) = &self.field
            && !self.inside.is_empty()
            && let Some(found) = self.before.find(text)
            && let Some(inner) = text.get(found.length..).and_then(|rest| field.of(rest))
        {
            inner
                .texts
                .iter()
                .for_each(|text| self.inside.compare(text));
        }
    }

    /// The lines of the records of a line in one of which a trace was found, from that one on.
    pub(super) fn behind_the_first(&self, text: &[u8]) -> Vec<Vec<u8>> {
        let inside = self.field.as_ref().and_then(|field| {
            let found = self.before.find(text)?;
            field.of(text.get(found.length..)?)
        });
        let texts = inside.map(|inside| inside.texts).unwrap_or_default();
        let lines = texts
            .iter()
            .flat_map(|text| text.split(|byte| *byte == b'\n'));
        let mut lines = lines.skip_while(|line| marked(line).is_none());
        lines.next();
        lines.map(<[u8]>::to_vec).collect()
    }

    /// No more lines are compared.
    pub(super) fn settle(&mut self) {
        self.before.settle();
        self.inside.settle();
    }
}

/// Where a trace begins in what a field holds. Of many lines it is one that is a trace as it stands; dumps in them are read
/// where dumps inside lines are.
fn marked(text: &[u8]) -> Option<(usize, Mark)> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if memchr::memchr(b'\n', text).is_some() {
        let mut lines = text.split(|byte| *byte == b'\n');
        return lines.any(mark::is_line).then_some((0, Mark::Trace));
    }
    let mut whole = Vec::with_capacity(text.len() + 1);
    whole.push(b' ');
    whole.extend_from_slice(text);
    let (at, mark) = mark::first(&whole)?;
    let tail = whole.get(at..)?;
    let fits = match mark {
        Mark::Header => mark::is_header(tail),
        Mark::Trace => mark::is_line(tail),
        Mark::Death | Mark::Rule | Mark::Report | Mark::Block => true,
    };
    fits.then_some((at - 1, mark))
}
