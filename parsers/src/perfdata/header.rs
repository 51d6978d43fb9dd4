//! What was counted, and which builds of files were mapped.

use super::cursor::Cursor;
use super::error::PerfError;
use super::records::{Attr, BuildId};
use std::collections::HashMap;

/// `HEADER_BUILD_ID` and `HEADER_EVENT_DESC` of `tools/perf/util/header.h`.
const BUILD_ID: u32 = 2;
const EVENT_DESC: u32 = 12;
/// Bits of a `perf_event_attr`: `freq` and `sample_id_all`.
const FREQUENCY: u64 = 1 << 10;
const SAMPLE_ID_ALL: u64 = 1 << 18;
/// The attr of the first release, whose last field is the flags and what follows them up to `bp_addr`.
const LEAST_ATTR: u32 = 64;
/// The record says how long its build id is (`PERF_RECORD_MISC_BUILD_ID_SIZE`).
const BUILD_ID_SIZE: u16 = 1 << 15;

/// A recording of all tracepoints has some thousands of events.
const MOST_EVENTS: usize = 1 << 14;

/// The tables of a file.
#[derive(Debug, Default)]
pub struct Header<'a> {
    pub attrs: Vec<Attr>,
    /// Which of them samples mean by a number.
    pub by_id: HashMap<u64, usize>,
    pub build_ids: Vec<BuildId<'a>>,
    /// Where the records stand, and how many bytes they are.
    pub data: (u64, u64),
    /// Something of it could not be read.
    pub is_damaged: bool,
}

/// An attr, which says itself how long it is, and the number of bytes that it took.
fn attr(from: &mut Cursor<'_>) -> Result<Attr, PerfError> {
    let start = *from;
    let what = "an event";
    let kind = from.u32(what)?;
    let size = from.u32(what)?.max(LEAST_ATTR);
    let config = from.u64(what)?;
    let period = from.u64(what)?;
    let sample_type = from.u64(what)?;
    let read_format = from.u64(what)?;
    let flags = from.u64(what)?;
    *from = start;
    from.take(u64::from(size), what)?;
    Ok(Attr {
        kind,
        config,
        period,
        is_frequency: flags & FREQUENCY != 0,
        has_sample_ids: flags & SAMPLE_ID_ALL != 0,
        sample_type,
        read_format,
        ids: Vec::new(),
        name: String::new(),
    })
}

/// Numbers up to the end.
fn ids(from: &mut Cursor<'_>) -> Vec<u64> {
    std::iter::from_fn(|| from.u64("an id").ok()).collect()
}

impl<'a> Header<'a> {
    /// The tables of a file that was written as one.
    pub fn of_file(bytes: &'a [u8]) -> Result<Self, PerfError> {
        let mut from = Cursor::new(bytes, 16, bytes.len() as u64);
        let what = "the header";
        let attr_size = from.u64(what)?;
        let mut section =
            || -> Result<(u64, u64), PerfError> { Ok((from.u64(what)?, from.u64(what)?)) };
        let attrs = section()?;
        let data = section()?;
        section()?;
        let mut features = [0u64; 4];
        for word in &mut features {
            *word = from.u64(what)?;
        }
        let mut header = Self {
            data,
            ..Self::default()
        };
        let mut all = Cursor::new(bytes, attrs.0, attrs.1);
        // Each number stands in the file once: events that claim the same ones would be read over and over.
        let mut left = bytes.len() as u64 / 8;
        while all.left() > 0 && attr_size > 16 {
            let mut one = Cursor::new(bytes, all.at(), attr_size.min(all.left()));
            all.take(attr_size, "an event")?;
            let mut of = attr(&mut one)?;
            let mut place = Cursor::new(bytes, all.at() - 16, 16);
            let (at, len) = (place.u64(what)?, place.u64(what)?);
            of.ids = ids(&mut Cursor::new(bytes, at, len.min(left.saturating_mul(8))));
            header.is_damaged |= of.ids.len() as u64 != len / 8;
            left = left.saturating_sub(of.ids.len() as u64);
            header.push(of);
        }
        // Their sections stand behind the records, in the order of their bits.
        let at = data.0.saturating_add(data.1);
        let mut sections = Cursor::new(bytes, at, bytes.len() as u64);
        for feature in 0..256u32 {
            let word = usize::try_from(feature / 64).ok();
            let word = word.and_then(|at| features.get(at)).copied().unwrap_or(0);
            if word & (1 << (feature % 64)) == 0 {
                continue;
            }
            let place = sections
                .u64(what)
                .and_then(|at| Ok((at, sections.u64(what)?)));
            let Ok((at, len)) = place else {
                // A recording that was broken off has no sections yet.
                header.is_damaged = true;
                break;
            };
            header.feature(feature, Cursor::new(bytes, at, len));
        }
        Ok(header)
    }

    /// Takes what a section says, or the record that stands for it in a pipe.
    pub fn feature(&mut self, feature: u32, mut from: Cursor<'a>) {
        let read = match feature {
            BUILD_ID => self.build_ids(&mut from),
            EVENT_DESC => self.names(&mut from),
            _ => Ok(()),
        };
        self.is_damaged |= read.is_err();
    }

    /// Takes the record that stands for an event in a pipe.
    pub fn attr(&mut self, mut from: Cursor<'_>) -> Result<(), PerfError> {
        let mut of = attr(&mut from)?;
        of.ids = ids(&mut from);
        self.push(of);
        Ok(())
    }

    fn push(&mut self, attr: Attr) {
        if self.attrs.len() >= MOST_EVENTS {
            self.is_damaged = true;
            return;
        }
        for id in &attr.ids {
            self.by_id.entry(*id).or_insert(self.attrs.len());
        }
        self.attrs.push(attr);
    }

    /// Takes a build id (`struct perf_record_header_build_id`).
    pub fn build_id(&mut self, from: &mut Cursor<'a>, misc: u16) -> Result<(), PerfError> {
        /// Longest, and of those who do not say it.
        const LONGEST: u64 = 20;
        let what = "a build id";
        from.u32(what)?;
        let id = from.take(LONGEST, what)?;
        let size = from.take(4, what)?.first().copied().unwrap_or(0);
        let size = if misc & BUILD_ID_SIZE != 0 && size > 0 {
            usize::from(size)
        } else {
            id.len()
        };
        self.build_ids.push(BuildId {
            file: from.text(),
            id: id.get(..size).unwrap_or(id),
        });
        Ok(())
    }

    fn build_ids(&mut self, from: &mut Cursor<'a>) -> Result<(), PerfError> {
        let what = "a build id";
        while from.left() > 0 {
            let mut one = *from;
            one.u32(what)?;
            let (misc, size) = (one.u16(what)?, one.u16(what)?);
            // The header counts, and without it nothing goes on.
            from.take(u64::from(size.max(8)), what)?;
            let mut one = one.of(u64::from(size.saturating_sub(8)));
            self.build_id(&mut one, misc)?;
        }
        Ok(())
    }

    /// Names of events, each with the numbers that samples name it by.
    fn names(&mut self, from: &mut Cursor<'a>) -> Result<(), PerfError> {
        let what = "the names of events";
        let count = from.u32(what)?;
        let size = from.u32(what)?;
        // Each is named once.
        for _ in 0..count.min(u32::try_from(self.attrs.len()).unwrap_or(u32::MAX)) {
            let mut one = *from;
            let of = attr(&mut one)?;
            from.take(u64::from(size), what)?;
            let count = from.u32(what)?;
            let len = from.u32(what)?;
            let name = from.take(u64::from(len), what)?;
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            let mut numbers = Vec::new();
            for _ in 0..count {
                numbers.push(from.u64(what)?);
            }
            let is_same = |known: &Attr| {
                known.name.is_empty()
                    && (known.kind, known.config) == (of.kind, of.config)
                    && (known.ids == numbers || numbers.is_empty())
            };
            let same = match numbers.first() {
                Some(id) => self.by_id.get(id).copied(),
                None => self.attrs.iter().position(is_same),
            };
            let same = same.and_then(|at| self.attrs.get_mut(at));
            if let Some(known) = same.filter(|known| is_same(known)) {
                known.name = String::from_utf8_lossy(name).into_owned();
            }
        }
        Ok(())
    }
}
