//! The records, by time.

use super::cursor::Cursor;
use super::error::PerfError;
use super::header::Header;
use super::records::{Attr, BuildId, Map, Mode, Record, Sample};

const MAGIC: &[u8] = b"PERFILE2";
const MAGIC_OF_OTHERS: &[u8] = b"2ELIFREP";

/// Types of records (`perf_event_type`, `perf_user_event_type`).
mod kind {
    pub const MMAP: u32 = 1;
    pub const LOST: u32 = 2;
    pub const COMM: u32 = 3;
    pub const FORK: u32 = 7;
    pub const SAMPLE: u32 = 9;
    pub const MMAP2: u32 = 10;
    pub const ATTR: u32 = 64;
    pub const TRACING_DATA: u32 = 66;
    pub const BUILD_ID: u32 = 67;
    pub const AUXTRACE: u32 = 71;
    pub const FEATURE: u32 = 80;
    pub const COMPRESSED: u32 = 81;
    pub const COMPRESSED2: u32 = 83;
    /// From here on records are perf's own, and have no ids behind them.
    pub const USER: u32 = 64;
}

/// Fields of a sample (`perf_event_sample_format`).
mod field {
    pub const IP: u64 = 1;
    pub const TID: u64 = 1 << 1;
    pub const TIME: u64 = 1 << 2;
    pub const ADDR: u64 = 1 << 3;
    pub const READ: u64 = 1 << 4;
    pub const CALLCHAIN: u64 = 1 << 5;
    pub const ID: u64 = 1 << 6;
    pub const CPU: u64 = 1 << 7;
    pub const PERIOD: u64 = 1 << 8;
    pub const STREAM: u64 = 1 << 9;
    pub const IDENTIFIER: u64 = 1 << 16;
}

/// Bits of `misc`: the mode, a mapping of data, a build id in the record, a command that was executed.
const MODE: u16 = 7;
const MMAP_DATA: u16 = 1 << 13;
const COMM_EXEC: u16 = 1 << 13;
const MMAP_BUILD_ID: u16 = 1 << 14;

/// From here on an address of a stack is none, but says in which mode the next ones are (`PERF_CONTEXT_MAX`).
const CONTEXT: u64 = u64::MAX - 4094;
const CONTEXT_KERNEL: u64 = 128u64.wrapping_neg();
const CONTEXT_USER: u64 = 512u64.wrapping_neg();

/// Whether a file begins as one.
pub fn recognizes(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC) || bytes.starts_with(MAGIC_OF_OTHERS)
}

/// A recording.
#[derive(Debug)]
pub struct PerfData<'a> {
    header: Header<'a>,
    bytes: &'a [u8],
    /// Where records stand, by time.
    order: Vec<(u64, u64)>,
    /// Where the records end too early, if they do.
    pub cut_at: Option<u64>,
    /// How many records are compressed, which are not read.
    pub compressed: u64,
}

/// A record as it stands in the file.
struct Raw<'a> {
    kind: u32,
    misc: u16,
    /// What stands behind its header.
    body: Cursor<'a>,
    /// Where the next one stands.
    end: u64,
}

fn raw(bytes: &[u8], at: u64, end: u64) -> Result<Raw<'_>, PerfError> {
    let mut from = Cursor::new(bytes, at, end.saturating_sub(at));
    let what = "a record";
    let kind = from.u32(what)?;
    let (misc, size) = (from.u16(what)?, from.u16(what)?);
    let body = from.of(u64::from(size.saturating_sub(8)));
    from.take(u64::from(size.saturating_sub(8)), what)?;
    let mut next = from.at();
    let mut more = body;
    // Data that is no record follows these.
    match kind {
        kind::AUXTRACE => next = next.saturating_add(more.u64(what)?),
        kind::TRACING_DATA => next = next.saturating_add(u64::from(more.u32(what)?)),
        _ => {}
    }
    Ok(Raw {
        kind,
        misc,
        body,
        end: next,
    })
}

impl<'a> PerfData<'a> {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// When the bytes are none, or nothing says what was counted.
    pub fn read(bytes: &'a [u8]) -> Result<Self, PerfError> {
        if bytes.starts_with(MAGIC_OF_OTHERS) {
            return Err(PerfError::ByteOrder);
        }
        if !bytes.starts_with(MAGIC) {
            return Err(PerfError::Magic);
        }
        let whole = bytes.len() as u64;
        let size = Cursor::new(bytes, 8, 8).u64("the header")?;
        // A pipe has the magic, its own size and nothing else before its records.
        let is_pipe = size <= 16;
        let header = if is_pipe {
            Header {
                data: (size.max(16), whole),
                ..Header::default()
            }
        } else {
            Header::of_file(bytes)?
        };
        let mut data = Self {
            header,
            bytes,
            order: Vec::new(),
            cut_at: None,
            compressed: 0,
        };
        data.find_records(is_pipe)?;
        if data.header.attrs.is_empty() {
            return Err(PerfError::NoEvents);
        }
        // Records of several processors are written one processor after the other.
        data.order.sort_by_key(|(time, _)| *time);
        Ok(data)
    }

    fn find_records(&mut self, is_pipe: bool) -> Result<(), PerfError> {
        let (mut at, len) = self.header.data;
        let whole = self.bytes.len() as u64;
        // A recording that was broken off says that it has none.
        let end = if len == 0 {
            whole
        } else {
            at.saturating_add(len)
        };
        if end > whole && !is_pipe {
            self.cut_at = Some(whole);
        }
        let end = end.min(whole);
        while at < end {
            let raw = match raw(self.bytes, at, end) {
                Ok(raw) if raw.end > at + 7 => raw,
                _ => {
                    self.cut_at = Some(at);
                    break;
                }
            };
            let mut body = raw.body;
            match raw.kind {
                kind::ATTR if is_pipe => self.header.attr(body)?,
                kind::BUILD_ID => self.header.build_id(&mut body, raw.misc)?,
                kind::FEATURE => {
                    let feature = body.u64("a feature")?;
                    self.header
                        .feature(u32::try_from(feature).unwrap_or(u32::MAX), body);
                }
                kind::COMPRESSED | kind::COMPRESSED2 => self.compressed += 1,
                kind if kind < kind::USER => {
                    let time = self.time(&raw).unwrap_or(0);
                    self.order.push((time, at));
                }
                _ => {}
            }
            at = raw.end;
        }
        Ok(())
    }

    /// What was counted.
    pub fn attrs(&self) -> &[Attr] {
        &self.header.attrs
    }

    /// Builds of files that were mapped.
    pub fn build_ids(&self) -> &[BuildId<'a>] {
        &self.header.build_ids
    }

    /// Whether a table of the file could not be read: names of events and build ids may be missing.
    pub const fn is_damaged(&self) -> bool {
        self.header.is_damaged
    }

    /// The records, by time. One that cannot be read says why.
    pub fn records(&self) -> impl Iterator<Item = Result<Record<'a>, PerfError>> {
        let end = self.header.data.0.saturating_add(self.header.data.1);
        let end = if self.header.data.1 == 0 {
            u64::MAX
        } else {
            end
        };
        self.order.iter().filter_map(move |(_, at)| {
            let record = raw(self.bytes, *at, end).and_then(|raw| self.record(&raw));
            record.transpose()
        })
    }

    /// When a record was written. What every record ends with is as long as the fields that are asked for.
    fn time(&self, raw: &Raw<'a>) -> Option<u64> {
        let attr = self.header.attrs.first()?;
        if attr.sample_type & field::TIME == 0 {
            return None;
        }
        if raw.kind == kind::SAMPLE {
            let mut body = raw.body;
            return self.fields(&mut body).ok()?.1.time;
        }
        if !attr.has_sample_ids {
            return None;
        }
        const AFTER: [u64; 5] = [
            field::TIME,
            field::ID,
            field::STREAM,
            field::CPU,
            field::IDENTIFIER,
        ];
        let behind = AFTER.iter().filter(|of| attr.sample_type & **of != 0);
        let from_end = 8 * behind.count() as u64;
        let mut body = raw.body;
        body.take(body.left().checked_sub(from_end)?, "a time")
            .ok()?;
        body.u64("a time").ok()
    }

    fn record(&self, raw: &Raw<'a>) -> Result<Option<Record<'a>>, PerfError> {
        let mut body = raw.body;
        let what = "a record";
        Ok(match raw.kind {
            kind::MMAP | kind::MMAP2 if raw.misc & MMAP_DATA == 0 => map(raw)?,
            kind::COMM => Some(Record::Comm {
                pid: body.u32(what)?,
                tid: body.u32(what)?,
                name: body.text(),
                is_exec: raw.misc & COMM_EXEC != 0,
            }),
            kind::FORK => Some(Record::Fork {
                pid: body.u32(what)?,
                parent: body.u32(what)?,
                tid: body.u32(what)?,
                parent_tid: body.u32(what)?,
            }),
            kind::LOST => {
                body.u64(what)?;
                Some(Record::Lost(body.u64(what)?))
            }
            kind::SAMPLE => Some(Record::Sample(self.sample(raw)?)),
            _ => None,
        })
    }

    /// The event of a sample, by the number that stands in it, and its fields up to the period.
    fn fields(&self, body: &mut Cursor<'a>) -> Result<(usize, Fields), PerfError> {
        let attrs = &self.header.attrs;
        let first = attrs.first().ok_or(PerfError::NoEvents)?;
        let by_id = |id: u64| self.header.by_id.get(&id).copied();
        if attrs.len() > 1 && first.sample_type & field::IDENTIFIER != 0 {
            let id = body.of(8).u64("a sample")?;
            let event = by_id(id).unwrap_or(0);
            let attr = attrs.get(event).unwrap_or(first);
            return Ok((event, Fields::read(attr.sample_type, body)?));
        }
        // Without it all events have the same fields.
        let fields = Fields::read(first.sample_type, body)?;
        Ok((fields.id.and_then(by_id).unwrap_or(0), fields))
    }

    fn sample(&self, raw: &Raw<'a>) -> Result<Sample, PerfError> {
        let mut body = raw.body;
        let (event, fields) = self.fields(&mut body)?;
        let attr = self.header.attrs.get(event).ok_or(PerfError::NoEvents)?;
        if attr.sample_type & field::READ != 0 {
            skip_counters(attr.read_format, &mut body)?;
        }
        let mode = match raw.misc & MODE {
            1 => Mode::Kernel,
            2 => Mode::User,
            _ => Mode::Other,
        };
        let mut stack = Vec::new();
        if attr.sample_type & field::CALLCHAIN != 0 {
            chain(mode, &mut body, &mut stack)?;
        }
        if stack.is_empty() {
            stack.extend(fields.ip.map(|ip| (mode, ip)));
        }
        let period = fields
            .period
            .unwrap_or(if attr.is_frequency { 1 } else { attr.period });
        Ok(Sample {
            event,
            pid: fields.ids.map(|(pid, _)| pid),
            tid: fields.ids.map(|(_, tid)| tid),
            time: fields.time,
            period,
            stack,
        })
    }
}

fn map<'a>(raw: &Raw<'a>) -> Result<Option<Record<'a>>, PerfError> {
    const LONGEST: u64 = 20;
    let mut body = raw.body;
    let what = "a mapping";
    let pid = body.u32(what)?;
    body.u32(what)?;
    let (start, len, offset) = (body.u64(what)?, body.u64(what)?, body.u64(what)?);
    let mut build_id: &[u8] = &[];
    if raw.kind == kind::MMAP2 {
        let mut of = body.of(24);
        body.take(24, what)?;
        if raw.misc & MMAP_BUILD_ID != 0 {
            let size = of.u32(what)?.to_le_bytes();
            let size = u64::from(size.first().copied().unwrap_or(0)).min(LONGEST);
            build_id = of.take(size, what)?;
        }
        // Protection and flags: what cannot be executed is data.
        let protection = body.u32(what)?;
        body.u32(what)?;
        if protection & 4 == 0 {
            return Ok(None);
        }
    }
    Ok(Some(Record::Map(Map {
        pid: (raw.misc & MODE == 2).then_some(pid),
        start,
        len,
        offset,
        file: body.text(),
        build_id,
    })))
}

/// Fields of a sample that stand before its stack.
#[derive(Default)]
struct Fields {
    ip: Option<u64>,
    ids: Option<(u32, u32)>,
    time: Option<u64>,
    id: Option<u64>,
    period: Option<u64>,
}

impl Fields {
    fn read(sample_type: u64, body: &mut Cursor<'_>) -> Result<Self, PerfError> {
        let what = "a sample";
        let mut fields = Self::default();
        let has = |field: u64| sample_type & field != 0;
        if has(field::IDENTIFIER) {
            fields.id = Some(body.u64(what)?);
        }
        if has(field::IP) {
            fields.ip = Some(body.u64(what)?);
        }
        if has(field::TID) {
            fields.ids = Some((body.u32(what)?, body.u32(what)?));
        }
        if has(field::TIME) {
            fields.time = Some(body.u64(what)?);
        }
        if has(field::ADDR) {
            body.u64(what)?;
        }
        if has(field::ID) {
            fields.id = Some(body.u64(what)?);
        }
        for other in [field::STREAM, field::CPU] {
            if has(other) {
                body.u64(what)?;
            }
        }
        if has(field::PERIOD) {
            fields.period = Some(body.u64(what)?);
        }
        Ok(fields)
    }
}

/// Passes over counters (`struct read_format`).
fn skip_counters(format: u64, body: &mut Cursor<'_>) -> Result<(), PerfError> {
    const TIMES: u64 = 3;
    const ID: u64 = 4;
    const GROUP: u64 = 8;
    const LOST: u64 = 16;
    let what = "counters";
    let times = u64::from((format & TIMES).count_ones());
    let each = 1 + u64::from((format & (ID | LOST)).count_ones());
    let words = if format & GROUP != 0 {
        body.u64(what)?.saturating_mul(each).saturating_add(times)
    } else {
        each + times
    };
    body.take(words.saturating_mul(8), what).map(drop)
}

/// The addresses of a stack, without the marks between them.
fn chain(
    mut mode: Mode,
    body: &mut Cursor<'_>,
    stack: &mut Vec<(Mode, u64)>,
) -> Result<(), PerfError> {
    let what = "a stack";
    let count = body.u64(what)?;
    let mut addresses = body.of(count.saturating_mul(8));
    body.take(count.saturating_mul(8), what)?;
    while addresses.left() > 0 {
        match addresses.u64(what)? {
            CONTEXT_KERNEL => mode = Mode::Kernel,
            CONTEXT_USER => mode = Mode::User,
            address if address >= CONTEXT => mode = Mode::Other,
            address => stack.push((mode, address)),
        }
    }
    Ok(())
}
