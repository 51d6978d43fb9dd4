//! `heap records`: what a heap dump consists of, record by record, as it stands in the file.

use super::{HeapTable, MOST_ROWS};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::TableFlags;
use crate::listing::Listing;
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_model::heap::HeapRecord;
use dumpview_model::units::grouped;
use dumpview_model::value::Address;
use dumpview_parsers::heapdump::{Bucket, Fields, Finalizer, Frame, Goroutine, Record, Records};
use dumpview_view::schema::Rows;
use schemars::JsonSchema;
use serde::Serialize;

/// Rows that are made at once; further ones by `--from`.
const MOST: usize = 1_000_000;
/// Fields of one record that are spelled out.
const MOST_FIELDS: usize = 16;
/// Bytes of a record that are shown in hex.
const MOST_HEX: usize = 32;

/// Which records.
#[derive(Args, Debug, Clone, Default)]
pub struct RecordsFlags {
    /// Only those of this kind: object, goroutine, "stack frame", type, data, memprof, …
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,

    /// Only those in which this text stands, or these bytes, as `0x0a1b`.
    #[arg(long, value_name = "TEXT")]
    pub contains: Option<String>,

    /// Only those from this offset of the file on.
    #[arg(long, value_name = "OFFSET", value_parser = offset)]
    pub from: Option<u64>,

    /// Rows and columns.
    #[command(flatten)]
    pub table: TableFlags,
}

fn offset(text: &str) -> Result<u64, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.map_err(|error| error.to_string())
}

/// What the document says beside its rows.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct RecordsBody {
    /// How many records were wanted.
    count: u64,
    /// How many of those are not among the rows, being too many at once; `--from` goes on behind the last.
    more: u64,
}

/// What is looked for in records.
fn needle(text: &str) -> Result<Vec<u8>, Failure> {
    let Some(digits) = text.strip_prefix("0x") else {
        return Ok(text.as_bytes().to_vec());
    };
    let bytes: Option<Vec<u8>> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect();
    bytes.ok_or_else(|| {
        Failure::usage(format!(
            "--contains {text}: not bytes in hex, two digits each"
        ))
    })
}

fn records(case: &Case<'_>, flags: &RecordsFlags) -> Result<Box<dyn Answer>, Failure> {
    flags.table.choice::<HeapRecord>()?;
    let dump = case.process.heap_dump.ok_or_else(|| {
        Failure::no_answer(
            "a core has no records\n\nhint: dumpview memory says what it consists of",
        )
    })?;
    let finder = flags.contains.as_deref().map(needle).transpose()?;
    let finder = finder.as_deref().map(memchr::memmem::Finder::new);
    let (mut rows, mut count) = (Vec::new(), 0u64);
    let all = Records::new(dump.bytes).map_err(Failure::no_answer)?;
    for located in all.map_while(Result::ok) {
        let kind = located.record.name();
        let span = located.offset..located.end;
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let bytes = dump.bytes.get(place(span.start)..place(span.end));
        let bytes = bytes.unwrap_or_default();
        let wanted = flags.from.is_none_or(|from| located.offset >= from)
            && flags.kind.as_deref().is_none_or(|wanted| wanted == kind)
            && finder.as_ref().is_none_or(|f| f.find(bytes).is_some());
        if !wanted {
            continue;
        }
        count += 1;
        if rows.len() < MOST {
            rows.push(row(&located.record, located.offset, bytes));
        }
    }
    if rows.is_empty() {
        return Err(Failure::no_answer(
            "no record matches\n\nhint: kinds are those of the column `kind`",
        ));
    }
    let more = count - rows.len() as u64;
    let head = (more > 0).then(|| {
        format!(
            "{} of {} records; --from goes on behind the last",
            grouped(rows.len() as u64),
            grouped(count)
        )
    });
    Ok(Box::new(HeapTable {
        about: RecordsBody { count, more },
        listing: Listing::new(rows, &flags.table)?.for_people(MOST_ROWS),
        head: head.into_iter().collect(),
        next: Vec::new(),
    }))
}

fn row(record: &Record<'_>, offset: u64, bytes: &[u8]) -> HeapRecord {
    let (addr, contents, fields) = parts(record);
    let shown = contents.unwrap_or(bytes);
    let shown = shown.get(..MOST_HEX).unwrap_or(shown);
    HeapRecord {
        offset,
        bytes: bytes.len() as u64,
        kind: record.name(),
        addr: addr.map(Address),
        fields,
        hex: in_hex(shown),
    }
}

fn in_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('?');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Offsets of fields, the first of them.
fn offsets(fields: &Fields<'_>) -> String {
    let mut all = fields.clone();
    let shown: Vec<String> = all
        .by_ref()
        .take(MOST_FIELDS)
        .map(|field| match field.kind.name() {
            "Ptr" => field.offset.to_string(),
            kind => format!("{kind} {}", field.offset),
        })
        .collect();
    let more = all.count();
    let tail = if more > 0 {
        format!(" …{more} more")
    } else {
        String::new()
    };
    format!("pointers at [{}{tail}]", shown.join(" "))
}

/// Address, contents and the fields in words.
fn parts<'r>(record: &'r Record<'_>) -> (Option<u64>, Option<&'r [u8]>, String) {
    match record {
        Record::Eof => (None, None, String::new()),
        Record::Object(o) => {
            let old = o.old.map_or(String::new(), |old| {
                format!(" type {:#x} kind {}", old.ty, old.kind)
            });
            let words = format!("{} bytes{old}, {}", o.contents.len(), offsets(&o.fields));
            (Some(o.addr), Some(o.contents), words)
        }
        Record::OtherRoot(r) => {
            let words = format!("{} → {:#x}", text(r.description), r.pointer);
            (Some(r.pointer), None, words)
        }
        Record::Type(t) => {
            let pointer = if t.is_pointer { ", pointer" } else { "" };
            let words = format!("{} of {} bytes{pointer}", text(t.name), t.size);
            (Some(t.addr), None, words)
        }
        Record::Goroutine(g) => (Some(g.addr), None, goroutine(g)),
        Record::Frame(f) => (Some(f.sp), Some(f.contents), frame(f)),
        Record::Params(p) => {
            let order = if p.big_endian { "big" } else { "little" };
            let words = format!(
                "{order} endian, {} byte pointers, heap {:#x}–{:#x}, {}, {}, {} CPUs",
                p.pointer_size,
                p.heap_start,
                p.heap_end,
                text(p.arch),
                text(p.text),
                p.ncpu
            );
            (None, None, words)
        }
        Record::Finalizer(f) | Record::QueuedFinalizer(f) => (Some(f.object), None, finalizer(f)),
        Record::Itab(i) => (Some(i.addr), None, format!("type {:#x}", i.ty)),
        Record::Thread(t) => {
            let words = format!("m {}, thread {}", t.id, t.system_id);
            (Some(t.m), None, words)
        }
        Record::MemStats(m) => {
            let words = format!(
                "HeapAlloc {} HeapObjects {} HeapSys {} Sys {} NumGC {}",
                m.heap_alloc, m.heap_objects, m.heap_sys, m.sys, m.num_gc
            );
            (None, None, words)
        }
        Record::Data(d) | Record::Bss(d) => {
            let words = format!("{} bytes, {}", d.contents.len(), offsets(&d.fields));
            (Some(d.addr), Some(d.contents), words)
        }
        Record::Defer(d) => {
            let words = format!(
                "of g {:#x}, sp {:#x}, pc {:#x}, function {:#x}, code {:#x}, link {:#x}",
                d.g, d.sp, d.pc, d.function, d.code, d.link
            );
            (Some(d.addr), None, words)
        }
        Record::Panic(p) => {
            let words = format!(
                "of g {:#x}, argument {:#x} of type {:#x}, link {:#x}",
                p.g, p.argument, p.argument_type, p.link
            );
            (Some(p.addr), None, words)
        }
        Record::Bucket(b) => (Some(b.id), None, bucket(b)),
        Record::AllocSample(s) => (Some(s.object), None, format!("bucket {:#x}", s.bucket)),
    }
}

fn goroutine(g: &Goroutine<'_>) -> String {
    let system = if g.is_system { ", system" } else { "" };
    format!(
        "goroutine {}, status {:#x} {}{system}, sp {:#x}, gopc {:#x}, m {:#x}, context {:#x}, defer {:#x}, panic {:#x}",
        g.id,
        g.status,
        text(g.wait_reason),
        g.sp,
        g.gopc,
        g.m,
        g.context,
        g.top_defer,
        g.top_panic
    )
}

fn frame(f: &Frame<'_>) -> String {
    format!(
        "{} depth {}, {} bytes, entry {:#x}, pc {:#x}, continues at {:#x}, {}",
        text(f.function),
        f.depth,
        f.contents.len(),
        f.entry,
        f.pc,
        f.continuation_pc,
        offsets(&f.fields)
    )
}

fn finalizer(f: &Finalizer) -> String {
    format!(
        "function {:#x}, code {:#x}, argument type {:#x}, object type {:#x}",
        f.function, f.code, f.argument_type, f.object_type
    )
}

fn bucket(b: &Bucket<'_>) -> String {
    let stack = b.stack.clone().take(MOST_FIELDS);
    let stack: Vec<String> = stack
        .map(|p| format!("{} {}:{}", text(p.function), text(p.file), p.line))
        .collect();
    format!(
        "{} allocations, {} frees of {} bytes at {}",
        b.allocs,
        b.frees,
        b.size,
        stack.join(" ← ")
    )
}

/// `heap records`.
pub struct HeapRecordsVerb;

impl Verb for HeapRecordsVerb {
    type Args = RecordsFlags;
    type Body = Rows<HeapRecord, RecordsBody>;
    const ABOUT: About = About {
        examples: &[
            "dumpview heap records dump.bin --kind goroutine",
            "dumpview heap records dump.bin --contains session-17 --columns offset,kind,addr,hex",
            "dumpview x dump.bin ./app --addr 0xc000012000     (memory in hex, by address)",
        ],
        ..About::core(
            "heap records",
            "The records of a heap dump as they stand in the file: offset, kind, fields; search in them",
            Word::None,
        )
    };
}

impl OnCore for HeapRecordsVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &RecordsFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        records(case, args)
    }
}
