//! Lists of fields: where in a piece of memory pointers stand.

use super::cursor::Cursor;
use super::{DumpError, Format};

/// What stands at a place that may hold a pointer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FieldKind {
    /// A pointer; the only kind since 1.5.
    Pointer,
    /// A string: its first word points at bytes (1.3).
    String,
    /// A slice: its first word points at an array (1.3).
    Slice,
    /// An interface with methods: an itab, and a data word (1.3, 1.4).
    Iface,
    /// An empty interface: a type, and a data word (1.3, 1.4).
    Eface,
}

impl FieldKind {
    const fn of(format: Format, kind: u64) -> Option<Self> {
        Some(match (format, kind) {
            (_, 1) => Self::Pointer,
            (Format::Go13, 2) => Self::String,
            (Format::Go13, 3) => Self::Slice,
            (Format::Go13, 4) => Self::Iface,
            (Format::Go13, 5) => Self::Eface,
            (_, 2) => Self::Iface,
            (_, 3) => Self::Eface,
            _ => return None,
        })
    }

    /// In the words of the format's description.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pointer => "Ptr",
            Self::String => "String",
            Self::Slice => "Slice",
            Self::Iface => "Iface",
            Self::Eface => "Eface",
        }
    }
}

/// A place that may hold a pointer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// What stands there.
    pub kind: FieldKind,
    /// Its first byte, from the start of the memory.
    pub offset: u64,
}

/// A list of fields, read as it is gone through. Offsets ascend in objects and package data; a frame has two such runs,
/// and may name a place twice. They may lie outside the memory: the writer of a damaged dump owes nothing.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    cursor: Cursor<'a>,
    format: Format,
}

impl PartialEq for Fields<'_> {
    fn eq(&self, other: &Self) -> bool {
        Iterator::eq(self.clone(), other.clone())
    }
}

impl<'a> Fields<'a> {
    /// The list that stands at an offset of a dump: what [`Self::offset`] gave.
    pub const fn at(dump: &'a [u8], offset: usize, format: Format) -> Self {
        Self {
            cursor: Cursor {
                bytes: dump,
                at: offset,
            },
            format,
        }
    }

    /// A list without fields.
    pub(super) const fn none(format: Format) -> Self {
        Self::at(&[], 0, format)
    }

    /// Where in the dump the list starts.
    pub const fn offset(&self) -> usize {
        self.cursor.at
    }

    /// Checks the list at the cursor and passes it.
    pub(super) fn pass(cursor: &mut Cursor<'a>, format: Format) -> Result<Self, DumpError> {
        let list = Self {
            cursor: *cursor,
            format,
        };
        loop {
            // Nearly all lists are pairs of small numbers.
            let offset = cursor.offset();
            match cursor.number("the kind of a field")? {
                0 => return Ok(list),
                1 => {}
                kind if FieldKind::of(format, kind).is_some() => {}
                kind => return Err(DumpError::FieldKind { offset, kind }),
            }
            cursor.number("the offset of a field")?;
        }
    }
}

impl Iterator for Fields<'_> {
    type Item = Field;

    #[inline]
    fn next(&mut self) -> Option<Field> {
        let kind = self.cursor.number("").ok()?;
        if kind == 0 {
            // What follows is no longer the list.
            self.cursor.bytes = &[];
            return None;
        }
        let kind = FieldKind::of(self.format, kind)?;
        let offset = self.cursor.number("").ok()?;
        Some(Field { kind, offset })
    }
}
