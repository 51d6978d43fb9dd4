//! Heap dumps: what `runtime/debug.WriteHeapDump` writes.
//!
//! A line that names the format, then records: a tag, then its fields. Numbers are unsigned varints, texts and memory are a
//! length and bytes. Nothing says how long a record is and nothing lists them, so what follows a record that cannot be
//! read is lost, and a dump that was cut short is what stands before the cut.
//!
//! The writer is `runtime/heapdump.go`. Its header counts formats, not releases: 1.7 to 1.27 write the same line, and the
//! release is in the parameters ([`Params::text`]).
//!
//! | header | written by | what differs |
//! |---|---|---|
//! | `go1.3 heap dump` | 1.3 | objects name a type, types list their pointers |
//! | `go1.4 heap dump` | 1.4 | objects list their pointers |
//! | `go1.5`, `go1.6 heap dump` | 1.5, 1.6 | the architecture is a text |
//! | `go1.7 heap dump` | 1.7–1.27 | the type of an interface table may be no pointer |
//!
//! ```
//! use dumpview_parsers::heapdump::{Record, Records};
//!
//! let dump = b"go1.7 heap dump\n\x01\x80\x20\x08\x00\x10\0\0\0\0\0\0\x01\x00\x00\x00";
//! let mut records = Records::new(dump).unwrap();
//! let Some(Ok(object)) = records.next() else { panic!() };
//! let Record::Object(found) = object.record else { panic!() };
//! assert_eq!((object.offset, found.addr, found.contents.len()), (16, 0x1000, 8));
//! assert_eq!(found.fields.map(|field| field.offset).collect::<Vec<_>>(), [0]);
//! assert!(matches!(records.next(), Some(Ok(end)) if end.record == Record::Eof));
//! assert!(records.next().is_none());
//! ```

mod cursor;
mod error;
mod fields;
mod read;
mod record;
#[cfg(test)]
mod tests;

pub use error::DumpError;
pub use fields::{Field, FieldKind, Fields};
pub use read::{Located, Records};
pub use record::{
    AllocSample, Bucket, Defer, Finalizer, Frame, Goroutine, Itab, MemStats, ModuleData, Object,
    OldObject, OldType, OtherRoot, Panic, Params, PlaceInCode, Record, Stack, Thread, Type,
};

/// Which of the formats a dump has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Format {
    /// Go 1.3.
    Go13,
    /// Go 1.4.
    Go14,
    /// Go 1.5 and 1.6.
    Go15,
    /// Go 1.7 and later.
    Go17,
}

/// The lines that a dump may begin with.
const HEADERS: [(&[u8], Format); 5] = [
    (b"go1.3 heap dump\n", Format::Go13),
    (b"go1.4 heap dump\n", Format::Go14),
    (b"go1.5 heap dump\n", Format::Go15),
    (b"go1.6 heap dump\n", Format::Go15),
    (b"go1.7 heap dump\n", Format::Go17),
];

impl Format {
    /// The format that these bytes begin with, and where its records start.
    pub fn of(bytes: &[u8]) -> Option<(Self, usize)> {
        let found = HEADERS.iter().find(|(line, _)| bytes.starts_with(line))?;
        Some((found.1, found.0.len()))
    }
}
