//! Encodes a profile: protocol buffers by hand, since it is six messages of numbers.

use super::records::{Function, Location, Mapping, Profile, ValueType};
use super::samples::{SampleRef, TagValue, Texts};
use std::collections::HashMap;
use std::io::{self, Write};

/// Numbers of the fields of `message Profile`.
mod field {
    pub const SAMPLE_TYPE: u32 = 1;
    pub const SAMPLE: u32 = 2;
    pub const MAPPING: u32 = 3;
    pub const LOCATION: u32 = 4;
    pub const FUNCTION: u32 = 5;
    pub const STRING: u32 = 6;
    pub const DROP_FRAMES: u32 = 7;
    pub const KEEP_FRAMES: u32 = 8;
    pub const TIME_NANOS: u32 = 9;
    pub const DURATION_NANOS: u32 = 10;
    pub const PERIOD_TYPE: u32 = 11;
    pub const PERIOD: u32 = 12;
    pub const COMMENT: u32 = 13;
    pub const DEFAULT_SAMPLE_TYPE: u32 = 14;
    pub const DOC_URL: u32 = 15;
}

/// The table of strings, whose first is empty.
#[derive(Default)]
struct Strings<'p> {
    list: Vec<&'p str>,
    numbers: HashMap<&'p str, u64>,
}

impl<'p> Strings<'p> {
    fn number(&mut self, text: &'p str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        self.list.push(text);
        let number = self.list.len() as u64;
        self.numbers.insert(text, number);
        number
    }
}

/// One message.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push((value & 0x7f) as u8);
    }

    /// A number; zero is what is not written.
    fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
    }

    fn signed(&mut self, field: u32, value: i64) {
        self.number(field, value.cast_unsigned());
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// A list of numbers in one piece.
    fn packed(&mut self, field: u32, values: impl Iterator<Item = u64>) {
        let mut list = Self::default();
        values.for_each(|value| list.varint(value));
        if !list.0.is_empty() {
            self.bytes(field, &list.0);
        }
    }
}

impl Profile {
    /// Writes it, uncompressed.
    ///
    /// # Errors
    ///
    /// When `out` does not take it.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut strings = Strings::default();
        let mut part = |field: u32, message: Message| {
            let mut framed = Message::default();
            framed.bytes(field, &message.0);
            out.write_all(&framed.0)
        };
        for kind in &self.sample_types {
            part(field::SAMPLE_TYPE, value_type(kind, &mut strings))?;
        }
        for one in self.samples.iter() {
            part(field::SAMPLE, sample(one, &self.texts, &mut strings))?;
        }
        for (index, one) in self.mappings.iter().enumerate() {
            part(field::MAPPING, mapping(index, one, &mut strings))?;
        }
        for (index, one) in self.locations.iter().enumerate() {
            part(field::LOCATION, location(index, one))?;
        }
        for (index, one) in self.functions.iter().enumerate() {
            part(field::FUNCTION, function(index, one, &mut strings))?;
        }
        if let Some(kind) = &self.period_type {
            part(field::PERIOD_TYPE, value_type(kind, &mut strings))?;
        }
        let mut rest = Message::default();
        rest.signed(field::TIME_NANOS, self.time_nanos);
        rest.signed(field::DURATION_NANOS, self.duration_nanos);
        rest.signed(field::PERIOD, self.period);
        rest.packed(
            field::COMMENT,
            self.comments.iter().map(|line| strings.number(line)),
        );
        let shown = self.default_sample_type.as_deref().unwrap_or_default();
        rest.number(field::DEFAULT_SAMPLE_TYPE, strings.number(shown));
        rest.number(field::DOC_URL, strings.number(&self.doc_url));
        rest.number(field::DROP_FRAMES, strings.number(&self.drop_frames));
        rest.number(field::KEEP_FRAMES, strings.number(&self.keep_frames));
        rest.bytes(field::STRING, b"");
        for text in strings.list {
            rest.bytes(field::STRING, text.as_bytes());
        }
        out.write_all(&rest.0)
    }
}

/// Numbers that refer to a message begin at one; zero is none.
fn reference(index: u32) -> u64 {
    u64::from(index) + 1
}

fn value_type<'p>(kind: &'p ValueType, strings: &mut Strings<'p>) -> Message {
    let mut message = Message::default();
    message.number(1, strings.number(&kind.kind));
    message.number(2, strings.number(&kind.unit));
    message
}

fn sample<'p>(sample: SampleRef<'_>, texts: &'p Texts, strings: &mut Strings<'p>) -> Message {
    let mut message = Message::default();
    message.packed(1, sample.stack.iter().map(reference));
    message.packed(2, sample.values.iter().map(|value| value.cast_unsigned()));
    for tag in sample.tags {
        let mut part = Message::default();
        part.number(1, strings.number(texts.text(tag.key)));
        match tag.value {
            TagValue::Text(text) => part.number(2, strings.number(texts.text(text))),
            TagValue::Number(number, unit) => {
                part.signed(3, number);
                part.number(4, strings.number(texts.text(unit)));
            }
        }
        message.bytes(3, &part.0);
    }
    message
}

fn mapping<'p>(index: usize, mapping: &'p Mapping, strings: &mut Strings<'p>) -> Message {
    let mut message = Message::default();
    message.number(1, index as u64 + 1);
    message.number(2, mapping.start);
    message.number(3, mapping.limit);
    message.number(4, mapping.offset);
    message.number(5, strings.number(&mapping.file));
    message.number(6, strings.number(&mapping.build_id));
    message.number(7, u64::from(mapping.has_functions));
    message.number(8, u64::from(mapping.has_filenames));
    message.number(9, u64::from(mapping.has_line_numbers));
    message.number(10, u64::from(mapping.has_inline_frames));
    message
}

fn location(index: usize, location: &Location) -> Message {
    let mut message = Message::default();
    message.number(1, index as u64 + 1);
    message.number(2, location.mapping.map_or(0, reference));
    message.number(3, location.address);
    for line in &location.lines {
        let mut part = Message::default();
        part.number(1, reference(line.function));
        part.signed(2, line.line);
        part.signed(3, line.column);
        message.bytes(4, &part.0);
    }
    message.number(5, u64::from(location.is_folded));
    message
}

fn function<'p>(index: usize, function: &'p Function, strings: &mut Strings<'p>) -> Message {
    let mut message = Message::default();
    message.number(1, index as u64 + 1);
    message.number(2, strings.number(&function.name));
    message.number(3, strings.number(&function.system_name));
    message.number(4, strings.number(&function.file));
    message.signed(5, function.start_line);
    message
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, Sample, ValueType};

    #[test]
    fn a_small_profile_is_these_bytes() {
        let mut builder = Builder::default();
        let (outer, inner) = (builder.place("a"), builder.place("b"));
        assert_eq!(builder.place("a"), outer);
        let mut profile = builder.profile;
        profile.sample_types.push(ValueType::new("n", ""));
        profile.add(&Sample {
            locations: vec![inner, outer],
            values: vec![300],
            ..Sample::default()
        });
        let mut bytes = Vec::new();
        profile.write(&mut bytes).unwrap();
        let expected: &[u8] = &[
            10, 2, 8, 1, // sample type n
            18, 8, 10, 2, 2, 1, 18, 2, 0xac, 2, // b called by a: 300
            34, 6, 8, 1, 34, 2, 8, 1, 34, 6, 8, 2, 34, 2, 8, 2, // two locations
            42, 6, 8, 1, 16, 2, 24, 2, 42, 6, 8, 2, 16, 3, 24, 3, // two functions
            50, 0, 50, 1, b'n', 50, 1, b'a', 50, 1, b'b',
        ];
        assert_eq!(bytes, expected);
    }
}
