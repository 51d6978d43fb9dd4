//! Lines that belong together, until one comes that does not.

use super::json::{Indented, Step};
use super::metrics::{self, Scraped};
use super::names::{Name, lookup};
use super::object::RING;
use super::pairs::Pairs;
use super::records::{Field, Form, Record, Snapshot, Value};
use super::value::value_of;
use crate::line::{Format, Line, Sink, Written};

/// Where a line stood, and its text when it may have to be given back.
#[derive(Clone, Debug)]
struct Saved {
    text: Vec<u8>,
    written: Written,
}

/// What kind of lines they are.
#[derive(Clone, Debug)]
pub(super) enum Manner {
    /// Names with values.
    Fields,
    /// `# NAME = value`
    Footer,
    /// Indented JSON.
    Indented(Indented),
    /// runtime/metrics.
    Metrics,
    /// Prometheus' text.
    Prometheus,
    /// Numbers.
    Nameless(Vec<u64>),
}

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Went {
    /// It belongs to the block.
    On,
    /// It is the block's last.
    Last,
    /// It is the block's and could not be read.
    Wrong(&'static str),
    /// It stands between the block's lines and is none of them.
    Between,
    /// It does not belong to the block.
    Out,
}

/// Lines that belong together.
#[derive(Clone, Debug)]
pub(super) struct Block {
    manner: Manner,
    pub(super) snapshot: Snapshot,
    written: Written,
    /// There is enough of it to be a snapshot.
    certain: bool,
    /// It began with a line that says what it is.
    headed: bool,
    /// Fields so far, and those of them whose names are no common words.
    fields: usize,
    uncommon: usize,
    /// The lines, until it is certain.
    lines: Vec<Saved>,
    /// Lines of an array of a field that have come, of which no more than a MemStats has are waited for.
    nested: Option<usize>,
    /// Names stand before their values without a sign.
    spaced: bool,
}

impl Block {
    pub(super) fn new(manner: Manner, line: &Line<'_>) -> Self {
        let form = match manner {
            Manner::Fields => Form::Named,
            Manner::Footer => Form::Profile,
            Manner::Indented(_) => Form::Json,
            Manner::Metrics => Form::Metrics,
            Manner::Prometheus => Form::Prometheus,
            Manner::Nameless(_) => Form::Nameless,
        };
        let mut snapshot = Snapshot::new(form);
        snapshot.lines = 0;
        Self {
            manner,
            snapshot,
            written: line.into(),
            certain: false,
            headed: false,
            fields: 0,
            uncommon: 0,
            lines: Vec::new(),
            nested: None,
            spaced: false,
        }
    }

    /// Offers a line: its text without a logger's time.
    pub(super) fn line(&mut self, line: &Line<'_>, text: &[u8], pairs: &mut Pairs) -> Went {
        let torn = line.unterminated || line.cut;
        let torn_number = torn && text.last().is_some_and(u8::is_ascii_digit);
        let in_array = matches!(self.manner, Manner::Fields) && self.in_array(text);
        let went = match &mut self.manner {
            Manner::Fields if in_array => Went::On,
            // What `gops stats` prints may stand below what `gops memstats` does.
            Manner::Fields if text.is_empty() && self.snapshot.form == Form::Gops => Went::Between,
            Manner::Fields => self.pairs(text, pairs, torn),
            Manner::Footer => self.footer(text, torn),
            Manner::Nameless(_) if torn => Went::Out,
            _ if torn_number => Went::Wrong(TORN),
            Manner::Indented(indented) => match indented.line(text, &mut self.snapshot) {
                Step::Field(field) => {
                    // Any JSON can have a key of that name; two of them are no accident.
                    self.fields += 1;
                    let common = Name { field, exact: true }.is_common();
                    self.uncommon += usize::from(!common);
                    self.certain |= self.fields >= 2 && self.uncommon > 0;
                    Went::On
                }
                Step::Part => Went::On,
                Step::End => Went::Last,
                Step::Foreign => Went::Out,
            },
            Manner::Metrics => {
                let added = metrics::runtime(text)
                    .is_some_and(|metric| metrics::add(&mut self.snapshot, metric));
                self.certain |= added;
                if added { Went::On } else { Went::Out }
            }
            Manner::Prometheus => match metrics::prometheus(text) {
                Some(Scraped::Field(field, value)) if self.snapshot.get(field).is_none() => {
                    self.snapshot.set(field, value);
                    self.certain = true;
                    Went::On
                }
                Some(Scraped::Other) => Went::Between,
                _ => Went::Out,
            },
            Manner::Nameless(numbers) => match number(text) {
                Some(n) if numbers.len() < 4 => {
                    numbers.push(n);
                    Went::On
                }
                _ => Went::Out,
            },
        };
        if matches!(went, Went::On | Went::Last) {
            self.snapshot.lines += 1;
        }
        if self.certain {
            self.lines.clear();
        } else if self.lines.len() > UNDECIDED {
            return Went::Out;
        } else if went == Went::On {
            self.lines.push(Saved {
                text: line.text.to_vec(),
                written: line.into(),
            });
        }
        if matches!(&self.manner, Manner::Nameless(numbers) if numbers.len() == 4)
            && self.name_numbers()
        {
            self.lines.clear();
            return Went::Last;
        }
        went
    }

    /// Whether a line is of one of the arrays, which stand among the fields by their names: in one line (`PauseNs [0 0 …]`)
    /// or in as many as their numbers (`BySize: [{`). An empty line is none of a field's, and ends nothing while names
    /// without a sign before their values are read.
    fn in_array(&mut self, text: &[u8]) -> bool {
        /// As many as BySize may take.
        const MOST: usize = 2000;
        let text = text.trim_ascii();
        let text = text.strip_suffix(b",").unwrap_or(text);
        if let Some(lines) = self.nested {
            let ends = text.starts_with(b"}]") || text.ends_with(b"]");
            self.nested = (!ends && lines < MOST).then_some(lines + 1);
            return true;
        }
        if text.is_empty() {
            return self.spaced && self.fields > 0;
        }
        let names = [&b"BySize"[..], b"PauseNs", b"PauseEnd"];
        let Some(rest) = names.iter().find_map(|name| text.strip_prefix(*name)) else {
            return false;
        };
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b":").unwrap_or(rest);
        let rest = rest.strip_prefix(b"=").unwrap_or(rest).trim_ascii_start();
        if !rest.starts_with(b"[") || self.fields == 0 {
            return false;
        }
        if !rest.ends_with(b"]") {
            self.nested = Some(0);
        }
        true
    }

    /// Weighs a field. One that is telling is enough; a common word needs two others, or one that is none.
    fn count(&mut self, name: Name) {
        self.fields += 1;
        self.uncommon += usize::from(!name.is_common());
        self.certain |= self.headed
            || name.is_telling()
            || self.fields >= 3
            || self.fields >= 2 && self.uncommon > 0;
    }

    fn pairs(&mut self, text: &[u8], pairs: &mut Pairs, torn: bool) -> Went {
        pairs.scan(text);
        let fresh = pairs
            .list
            .iter()
            .all(|pair| self.snapshot.get(pair.name.field).is_none());
        if !pairs.are_whole(text) || !fresh {
            return Went::Out;
        }
        self.spaced |= pairs.spaced;
        let torn = torn && pairs.torn_at_end(text);
        if torn
            && let Some(last) = pairs.list.pop()
            && !self.certain
            && pairs.list.is_empty()
            && !last.name.is_telling()
        {
            return Went::Out;
        }
        for pair in &pairs.list {
            self.snapshot.set(pair.name.field, pair.value);
            self.count(pair.name);
        }
        if pairs.are_of_gops(text) {
            self.snapshot.form = Form::Gops;
        }
        if torn {
            return Went::Wrong(TORN);
        }
        Went::On
    }

    fn footer(&mut self, text: &[u8], torn: bool) -> Went {
        if text == b"# runtime.MemStats" && !self.headed && self.fields == 0 {
            self.headed = true;
            return Went::On;
        }
        let Some((name, value)) = text
            .strip_prefix(b"# ")
            .and_then(|text| text.split_at_checked(memchr::memmem::find(text, b" = ")?))
        else {
            return Went::Out;
        };
        let value = value.get(3..).unwrap_or_default();
        let last = text.last();
        if torn && !matches!(last, Some(b']' | b'e')) {
            return Went::Wrong(TORN);
        }
        match self.footer_value(name, value) {
            Some(fields) => {
                for field in fields.into_iter().flatten() {
                    self.count(Name { field, exact: true });
                }
                Went::On
            }
            None if self.certain => Went::Wrong("not a number of memory statistics"),
            None => Went::Out,
        }
    }

    fn footer_value(&mut self, name: &[u8], value: &[u8]) -> Option<[Option<Field>; 2]> {
        let two = match name {
            b"Stack" => Some([Field::StackInuse, Field::StackSys]),
            b"MSpan" => Some([Field::MSpanInuse, Field::MSpanSys]),
            b"MCache" => Some([Field::MCacheInuse, Field::MCacheSys]),
            b"PauseNs" => {
                self.snapshot.pause_ns = ring(value)?;
                return Some([None; 2]);
            }
            b"PauseEnd" => {
                self.snapshot.pause_end = ring(value)?;
                return Some([None; 2]);
            }
            _ => None,
        };
        if let Some([in_use, sys]) = two {
            let at = memchr::memmem::find(value, b" / ")?;
            self.footer_field(in_use, value.get(..at)?)?;
            self.footer_field(sys, value.get(at + 3..)?)?;
            return Some([Some(in_use), Some(sys)]);
        }
        let field = lookup(name).filter(|name| name.exact)?.field;
        self.footer_field(field, value)?;
        Some([Some(field), None])
    }

    fn footer_field(&mut self, field: Field, value: &[u8]) -> Option<()> {
        let (rest, value) = value_of(field, value)?;
        let plain = matches!(value, Value::Integer(_) | Value::Float(_) | Value::Bool(_));
        if !rest.is_empty() || !plain || self.snapshot.get(field).is_some() {
            return None;
        }
        self.snapshot.set(field, value);
        Some(())
    }

    /// Four numbers whose relations are those of Alloc, TotalAlloc, HeapAlloc and HeapSys: the first and the third
    /// are the same in every Go program, the second is no less, and the last is made of whole pages.
    fn name_numbers(&mut self) -> bool {
        let Manner::Nameless(numbers) = &mut self.manner else {
            return false;
        };
        let [alloc, total, heap, sys] = numbers[..] else {
            return false;
        };
        let fits = alloc == heap
            && alloc >= 1 << 12
            && total >= alloc
            && sys >= heap
            && sys.is_multiple_of(1 << 13);
        if !fits {
            // The oldest line is given back and the next ones are looked at.
            numbers.remove(0);
            return false;
        }
        let fields = [
            Field::Alloc,
            Field::TotalAlloc,
            Field::HeapAlloc,
            Field::HeapSys,
        ];
        for (field, n) in fields.into_iter().zip([alloc, total, heap, sys]) {
            self.snapshot.set(field, Value::Integer(n));
        }
        self.certain = true;
        true
    }

    /// Gives back lines that can be no part of it any more.
    pub(super) fn give_back<F: Format>(&mut self, out: &mut Sink<'_, F>) {
        if let Manner::Nameless(numbers) = &self.manner {
            while self.lines.len() > numbers.len() {
                let saved = self.lines.remove(0);
                self.snapshot.lines -= 1;
                out.log(saved.written, &saved.text);
            }
            if let Some(first) = self.lines.first() {
                self.written = first.written;
            }
        }
    }

    /// It is complete: gives the snapshot, or its lines.
    pub(super) fn close<F>(self, out: &mut Sink<'_, F>)
    where
        F: for<'r> Format<Record<'r> = Record<'r>>,
    {
        if self.certain {
            if matches!(&self.manner, Manner::Indented(indented) if !indented.is_whole()) {
                let why = "an array of these memory statistics breaks off";
                out.unreadable(self.written, b"", why);
            }
            out.record(self.written, Record::Snapshot(&self.snapshot));
        } else {
            for saved in &self.lines {
                out.log(saved.written, &saved.text);
            }
        }
    }
}

/// How many lines may be kept before it is clear what they are.
const UNDECIDED: usize = 16;

pub(super) const TORN: &str = "the input ends within a number";

/// A line of nothing but a number.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 20 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// `[1 2 …]`
fn ring(text: &[u8]) -> Option<Vec<u64>> {
    let inner = text.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let ring: Option<Vec<u64>> = inner.split(|b| *b == b' ').map(number).collect();
    ring.filter(|ring| ring.len() == RING)
}
