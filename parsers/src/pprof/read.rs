//! Decodes a profile.
//!
//! Go writes samples before the locations that they refer to, and the strings last: the first pass reads everything but the
//! samples, the second one those. Memory is bounded by the length of the input: what a length claims is never allocated.

use super::error::ReadError;
use super::records::{Function, Line, Location, Mapping, Profile, ValueType};
use super::samples::{Samples, Tag, TagValue, TextId};
use super::wire::{Field, Fields, Value};
use std::collections::HashMap;

/// Reads an uncompressed profile.
///
/// # Errors
///
/// When the bytes are none, with the offset of what is wrong.
pub fn read(bytes: &[u8]) -> Result<Profile, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    let parts = Parts::of(bytes)?;
    let mut profile = parts.head()?;
    let mappings = parts.mappings(&mut profile)?;
    let functions = parts.functions(&mut profile)?;
    let locations = parts.locations(&mut profile, &mappings, &functions)?;
    parts.samples(bytes, &mut profile, &locations)?;
    Ok(profile)
}

/// Whether a file that begins so is a profile, uncompressed. Its messages have no order, so a few of them are looked at: each
/// has to be one that a profile has, and none of them may be text.
pub fn recognizes(head: &[u8], is_whole: bool) -> bool {
    /// So many messages of a profile are no chance.
    const ENOUGH: usize = 8;
    const SMALL_WITHIN: usize = 512;
    let mut seen = 0;
    let mut strings = 0;
    // Small numbers are everywhere in a profile, and nowhere in text.
    let is_small = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    if !head.iter().take(SMALL_WITHIN).any(is_small) {
        return false;
    }
    for field in Fields::new(head, 0) {
        let Ok(field) = field else {
            // The head ends within a message.
            return !is_whole && seen > 0;
        };
        let fits = match (field.number, field.value) {
            (1 | 11, Value::Bytes(bytes, _)) => {
                let mut fields = Fields::new(bytes, 0);
                bytes.len() < 24
                    && fields.all(|field| {
                        field.is_ok_and(|f| matches!(f.value, Value::Number(_)) && f.number < 3)
                    })
            }
            (2..=5, Value::Bytes(bytes, _)) => Fields::new(bytes, 0).all(|field| field.is_ok()),
            (6, Value::Bytes(bytes, _)) => {
                strings += 1;
                (strings == 1) == bytes.is_empty() || strings > 1
            }
            (13, _) | (7..=10 | 12 | 14 | 15, Value::Number(_)) => true,
            _ => false,
        };
        if !fits {
            return false;
        }
        seen += 1;
        if seen >= ENOUGH {
            return true;
        }
    }
    seen > 0
}

/// A message of the profile, and where it stands.
type Message<'a> = (&'a [u8], usize);

/// Everything but the samples, as it stands in the file.
#[derive(Default)]
struct Parts<'a> {
    sample_types: Vec<Message<'a>>,
    samples: usize,
    mappings: Vec<Message<'a>>,
    locations: Vec<Message<'a>>,
    functions: Vec<Message<'a>>,
    strings: Vec<&'a [u8]>,
    period_type: Option<Message<'a>>,
    comments: Vec<(u64, usize)>,
    time_nanos: Option<i64>,
    duration_nanos: i64,
    period: i64,
    drop_frames: (i64, usize),
    keep_frames: (i64, usize),
    default_sample_type: (i64, usize),
    doc_url: (i64, usize),
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, ReadError> {
        let mut parts = Self::default();
        for field in Fields::new(bytes, 0) {
            parts.take(&field?)?;
        }
        Ok(parts)
    }

    fn take(&mut self, field: &Field<'a>) -> Result<(), ReadError> {
        match field.number {
            1 => self.sample_types.push(field.bytes()?),
            2 => self.samples += usize::from(field.bytes().is_ok()),
            3 => self.mappings.push(field.bytes()?),
            4 => self.locations.push(field.bytes()?),
            5 => self.functions.push(field.bytes()?),
            6 => {
                let (text, at) = field.bytes()?;
                if self.strings.is_empty() && !text.is_empty() {
                    return Err(ReadError::FirstString { at });
                }
                self.strings.push(text);
            }
            7 => self.drop_frames = (field.signed()?, field.at),
            8 => self.keep_frames = (field.signed()?, field.at),
            9 => {
                if self.time_nanos.is_some_and(|time| time != 0) {
                    return Err(ReadError::Concatenated { at: field.at });
                }
                self.time_nanos = Some(field.signed()?);
            }
            10 => self.duration_nanos = field.signed()?,
            11 => self.period_type = Some(field.bytes()?),
            12 => self.period = field.signed()?,
            13 => {
                let at = field.at;
                field.each(|index| self.comments.push((index, at)))?;
            }
            14 => self.default_sample_type = (field.signed()?, field.at),
            15 => self.doc_url = (field.signed()?, field.at),
            _ => {}
        }
        Ok(())
    }

    fn string(&self, index: i64, at: usize) -> Result<String, ReadError> {
        let text = usize::try_from(index)
            .ok()
            .and_then(|index| self.strings.get(index));
        let text = text.ok_or(ReadError::NoString {
            at,
            index,
            count: self.strings.len(),
        })?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    fn named(&self, (index, at): (i64, usize)) -> Result<String, ReadError> {
        // What was not written is the empty string, in a table without strings too.
        if index == 0 {
            return Ok(String::new());
        }
        self.string(index, at)
    }

    fn value_type(&self, (bytes, at): Message<'_>) -> Result<ValueType, ReadError> {
        let mut of = ValueType::default();
        for field in Fields::new(bytes, at) {
            let field = field?;
            match field.number {
                1 => of.kind = self.named((field.signed()?, at))?,
                2 => of.unit = self.named((field.signed()?, at))?,
                _ => {}
            }
        }
        Ok(of)
    }

    fn head(&self) -> Result<Profile, ReadError> {
        let types = self.sample_types.iter();
        let types: Result<Vec<ValueType>, ReadError> =
            types.map(|message| self.value_type(*message)).collect();
        let comments = self.comments.iter();
        let comments: Result<Vec<String>, ReadError> = comments
            .map(|(index, at)| self.named((index.cast_signed(), *at)))
            .collect();
        let shown = self.named(self.default_sample_type)?;
        Ok(Profile {
            sample_types: types?,
            time_nanos: self.time_nanos.unwrap_or(0),
            duration_nanos: self.duration_nanos,
            period_type: self
                .period_type
                .map(|message| self.value_type(message))
                .transpose()?,
            period: self.period,
            comments: comments?,
            default_sample_type: (!shown.is_empty()).then_some(shown),
            doc_url: self.named(self.doc_url)?,
            drop_frames: self.named(self.drop_frames)?,
            keep_frames: self.named(self.keep_frames)?,
            ..Profile::default()
        })
    }

    fn mappings(&self, profile: &mut Profile) -> Result<Ids, ReadError> {
        let mut ids = Ids::new("mapping", self.mappings.len());
        for (bytes, at) in &self.mappings {
            let mut of = Mapping::default();
            for field in Fields::new(bytes, *at) {
                let field = field?;
                match field.number {
                    1 => of.id = field.number()?,
                    2 => of.start = field.number()?,
                    3 => of.limit = field.number()?,
                    4 => of.offset = field.number()?,
                    5 => of.file = self.named((field.signed()?, *at))?,
                    6 => of.build_id = self.named((field.signed()?, *at))?,
                    7 => of.has_functions = field.number()? != 0,
                    8 => of.has_filenames = field.number()? != 0,
                    9 => of.has_line_numbers = field.number()? != 0,
                    10 => of.has_inline_frames = field.number()? != 0,
                    _ => {}
                }
            }
            ids.add(of.id, *at)?;
            profile.mappings.push(of);
        }
        Ok(ids)
    }

    fn functions(&self, profile: &mut Profile) -> Result<Ids, ReadError> {
        let mut ids = Ids::new("function", self.functions.len());
        profile.functions.reserve(self.functions.len());
        for (bytes, at) in &self.functions {
            let (mut of, mut id) = (Function::default(), 0);
            for field in Fields::new(bytes, *at) {
                let field = field?;
                match field.number {
                    1 => id = field.number()?,
                    2 => of.name = self.named((field.signed()?, *at))?,
                    3 => of.system_name = self.named((field.signed()?, *at))?,
                    4 => of.file = self.named((field.signed()?, *at))?,
                    5 => of.start_line = field.signed()?,
                    _ => {}
                }
            }
            ids.add(id, *at)?;
            profile.functions.push(of);
        }
        Ok(ids)
    }

    fn locations(
        &self,
        profile: &mut Profile,
        mappings: &Ids,
        functions: &Ids,
    ) -> Result<Ids, ReadError> {
        let mut ids = Ids::new("location", self.locations.len());
        profile.locations.reserve(self.locations.len());
        for (bytes, at) in &self.locations {
            let mut of = Location::default();
            for field in Fields::new(bytes, *at) {
                let field = field?;
                match field.number {
                    1 => of.id = field.number()?,
                    // A mapping that is not there is none (profile/encode.go:postDecode).
                    2 => of.mapping = mappings.index(field.number()?),
                    3 => of.address = field.number()?,
                    4 => of.lines.push(line(field.bytes()?, functions)?),
                    5 => of.is_folded = field.number()? != 0,
                    _ => {}
                }
            }
            ids.add(of.id, *at)?;
            profile.locations.push(of);
        }
        Ok(ids)
    }

    fn samples(
        &self,
        bytes: &[u8],
        profile: &mut Profile,
        locations: &Ids,
    ) -> Result<(), ReadError> {
        let width = profile.sample_types.len();
        let mut texts = InternedStrings {
            parts: self,
            known: HashMap::new(),
        };
        // Most places have numbers of two bytes.
        let mut samples =
            Samples::with_capacity(self.samples, width, bytes.len() / 2, self.locations.len());
        let mut stack = Vec::new();
        let mut tags = Vec::new();
        for field in Fields::new(bytes, 0) {
            let field = field?;
            if field.number != 2 {
                continue;
            }
            let (bytes, at) = field.bytes()?;
            let mut values = 0;
            let mut missing = None;
            stack.clear();
            tags.clear();
            for field in Fields::new(bytes, at) {
                let field = field?;
                match field.number {
                    1 => field.each(|id| match locations.index(id) {
                        Some(index) => stack.push(index),
                        None => missing = missing.or(Some(id)),
                    })?,
                    2 => field.each(|value| {
                        samples.value(value.cast_signed());
                        values += 1;
                    })?,
                    3 => tags.extend(texts.tag(field.bytes()?, profile)?),
                    _ => {}
                }
            }
            if let Some(id) = missing {
                let what = "location";
                return Err(ReadError::NoSuch { at, what, id });
            }
            if values != width || width == 0 {
                return Err(ReadError::Values {
                    at,
                    found: values,
                    expected: width,
                });
            }
            samples.close(&stack, width, &tags);
        }
        profile.samples = samples;
        Ok(())
    }
}

fn line((bytes, at): Message<'_>, functions: &Ids) -> Result<Line, ReadError> {
    let mut of = Line::default();
    let mut id = 0;
    for field in Fields::new(bytes, at) {
        let field = field?;
        match field.number {
            1 => id = field.number()?,
            2 => of.line = field.signed()?,
            3 => of.column = field.signed()?,
            _ => {}
        }
    }
    let what = "function";
    of.function = functions
        .index(id)
        .ok_or(ReadError::NoSuch { at, what, id })?;
    Ok(of)
}

/// Strings of labels, which are few beside the samples that name them.
struct InternedStrings<'p, 'a> {
    parts: &'p Parts<'a>,
    known: HashMap<i64, TextId>,
}

impl InternedStrings<'_, '_> {
    fn number(
        &mut self,
        index: i64,
        at: usize,
        profile: &mut Profile,
    ) -> Result<TextId, ReadError> {
        if let Some(known) = self.known.get(&index) {
            return Ok(*known);
        }
        let number = profile.texts.number(&self.parts.named((index, at))?);
        self.known.insert(index, number);
        Ok(number)
    }

    /// A number that is zero and has no unit is no label (profile/encode.go:postDecode).
    fn tag(
        &mut self,
        (bytes, at): Message<'_>,
        profile: &mut Profile,
    ) -> Result<Option<Tag>, ReadError> {
        let (mut key, mut text, mut number, mut unit) = (0, 0, 0, 0);
        for field in Fields::new(bytes, at) {
            let field = field?;
            match field.number {
                1 => key = field.signed()?,
                2 => text = field.signed()?,
                3 => number = field.signed()?,
                4 => unit = field.signed()?,
                _ => {}
            }
        }
        let key = self.number(key, at, profile)?;
        let value = if text != 0 {
            TagValue::Text(self.number(text, at, profile)?)
        } else if number != 0 || unit != 0 {
            TagValue::Number(number, self.number(unit, at, profile)?)
        } else {
            return Ok(None);
        };
        Ok(Some(Tag { key, value }))
    }
}

/// Numbers of messages to their indexes. They are 1, 2, 3 … almost always.
struct Ids {
    what: &'static str,
    /// An index and one, by number; zero where there is none.
    dense: Vec<u32>,
    sparse: HashMap<u64, u32>,
    count: u32,
}

impl Ids {
    fn new(what: &'static str, count: usize) -> Self {
        Self {
            what,
            dense: vec![0; count + 1],
            sparse: HashMap::new(),
            count: 0,
        }
    }

    fn add(&mut self, id: u64, at: usize) -> Result<(), ReadError> {
        let what = self.what;
        if id == 0 {
            return Err(ReadError::Zero { at, what });
        }
        let next = self.count.checked_add(1);
        let next = next.ok_or(ReadError::TooMany { what })?;
        let place = usize::try_from(id).ok();
        let before = match place.and_then(|id| self.dense.get_mut(id)) {
            Some(place) => std::mem::replace(place, next),
            None => self.sparse.insert(id, next).unwrap_or(0),
        };
        if before != 0 {
            return Err(ReadError::Twice { at, what, id });
        }
        self.count = next;
        Ok(())
    }

    #[inline]
    fn index(&self, id: u64) -> Option<u32> {
        let place = usize::try_from(id).ok();
        let next = match place.and_then(|id| self.dense.get(id)) {
            Some(next) => *next,
            None => self.sparse.get(&id).copied()?,
        };
        next.checked_sub(1)
    }
}
