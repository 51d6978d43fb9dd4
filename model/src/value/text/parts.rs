//! Composite values taken apart into what opens them, their items, and what closes them.

use super::Style;
use crate::value::quote::{escape, is_printable, quote};
use crate::value::{Chan, Data, Field, Value, Variable};
use std::fmt::Write;

/// Whether the text begins with the type's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    Yes,
    No,
}

/// One part of a composite's text: what stands before the value, and the value.
pub(super) enum Part<'v> {
    Value(&'v Value, Typed),
    Named(&'v str, &'v Value),
    Entry(&'v Value, &'v Value),
    Captured(&'v Variable),
    More(u64),
    /// All of it was left out.
    Nothing,
}

/// A composite taken apart: what opens it, its parts, what separates and closes them.
pub(super) struct Parts<'v> {
    pub(super) open: String,
    pub(super) items: Vec<Part<'v>>,
    pub(super) separator: &'static str,
    pub(super) close: &'static str,
}

impl Style {
    /// The parts of structs, arrays, slices, maps, channels and closures.
    pub(super) fn take_apart<'v>(
        &self,
        value: &'v Value,
        typed: Typed,
        depth: usize,
    ) -> Option<Parts<'v>> {
        let ty = escape(&value.ty);
        let room = if depth >= self.depth { 0 } else { self.len };
        let header = |text: String| match typed {
            Typed::Yes => text,
            Typed::No => String::new(),
        };
        let brackets = |open, parts| Parts {
            open,
            items: parts,
            separator: ",",
            close: "]",
        };
        Some(match &value.data {
            Data::Struct {
                fields, truncated, ..
            } => Parts {
                open: header(format!("{ty} ")) + "{",
                items: fields_of(fields, room, *truncated),
                separator: ", ",
                close: "}",
            },
            Data::Array { len, elements, .. } => {
                let open = header(format!("{ty} "));
                match self.bytes(elements, *len, room) {
                    Some(text) => closed(open + &text),
                    None => brackets(open + "[", elements_of(elements, *len, room)),
                }
            }
            Data::Slice {
                addr,
                len,
                cap,
                elements,
            } => {
                let open = header(format!("{ty} len: {len}, cap: {cap}, "));
                if addr.is_nil() && *len == 0 {
                    return Some(closed(open + "nil"));
                }
                match self.bytes(elements, *len, room) {
                    Some(text) => closed(open + &text),
                    None => brackets(open + "[", elements_of(elements, *len, room)),
                }
            }
            Data::Map {
                len,
                entries,
                truncated,
                ..
            } => Parts {
                separator: ", ",
                ..brackets(
                    header(format!("{ty} len: {len}, ")) + "[",
                    limited(entries, room, *truncated, |(k, v)| Part::Entry(k, v)),
                )
            },
            Data::Chan(chan) => brackets(
                format!("{}[", chan_header(&ty, chan)),
                elements_of(&chan.elements, chan.len, room),
            ),
            Data::Func {
                addr,
                name,
                captures,
            } => Parts {
                open: match name {
                    Some(name) => escape(name).into_owned(),
                    None => format!("({ty})({addr})"),
                } + if captures.is_empty() { "" } else { " {" },
                items: limited(captures, room, 0, Part::Captured),
                separator: ", ",
                close: if captures.is_empty() { "" } else { "}" },
            },
            _ => return None,
        })
    }

    /// Bytes as people read them: what is text as a string, the rest in hex; `None` when the elements are no bytes.
    fn bytes(&self, elements: &[Value], len: u64, room: usize) -> Option<String> {
        if room == 0 || elements.is_empty() {
            return None;
        }
        let room = room.max(self.string);
        let byte = |element: &Value| match (&*element.ty, &element.data) {
            ("uint8", Data::Uint(byte)) if element.reading.is_none() => u8::try_from(*byte).ok(),
            _ => None,
        };
        let mut bytes: Vec<u8> = elements
            .iter()
            .take(room)
            .map(byte)
            .collect::<Option<_>>()?;
        // A character that the end of what was read cuts in two is left out.
        let whole = bytes.len() as u64 == len;
        match std::str::from_utf8(&bytes) {
            Err(cut) if !whole && cut.error_len().is_none() && cut.valid_up_to() > 0 => {
                bytes.truncate(cut.valid_up_to());
            }
            _ => {}
        }
        let is_text = |text: &str| {
            text.chars()
                .all(|c| is_printable(c) || matches!(c, '\n' | '\r' | '\t'))
        };
        let mut out = match std::str::from_utf8(&bytes) {
            Ok(text) if is_text(text) => quote(&bytes),
            // A character that the end of what was read cuts in two.
            _ => bytes.iter().fold("0x".to_owned(), |mut out, byte| {
                let _ = write!(out, "{byte:02x}");
                out
            }),
        };
        let more = len.saturating_sub(bytes.len() as u64);
        if more > 0 {
            let _ = write!(out, "…{more} more");
        }
        Some(out)
    }
}

/// A text without parts.
fn closed(text: String) -> Parts<'static> {
    Parts {
        open: text,
        items: Vec::new(),
        separator: "",
        close: "",
    }
}

impl Part<'_> {
    pub(super) fn is_small(&self) -> bool {
        match self {
            Self::Value(value, _) => matches!(
                value.data,
                Data::Bool(_)
                    | Data::Int(_)
                    | Data::Uint(_)
                    | Data::Float(_)
                    | Data::Complex { .. }
            ),
            Self::More(_) | Self::Nothing => true,
            _ => false,
        }
    }
}

/// `chan int 2/5 closed, 3 receivers waiting `: always said, since it is what a channel is about.
fn chan_header(ty: &str, chan: &Chan) -> String {
    let mut header = format!("{ty} {}/{} ", chan.len, chan.cap);
    if chan.closed {
        header.push_str("closed ");
    }
    for (count, who) in [
        (chan.recv_waiters, "receivers"),
        (chan.send_waiters, "senders"),
    ] {
        match count {
            Some(0) => {}
            Some(1) => {
                let _ = write!(header, "(1 {} waiting) ", who.trim_end_matches('s'));
            }
            Some(n) => {
                let _ = write!(header, "({n} {who} waiting) ");
            }
            None => {
                let _ = write!(header, "(waiting {who} unreadable) ");
            }
        }
    }
    header
}

fn elements_of(elements: &[Value], len: u64, room: usize) -> Vec<Part<'_>> {
    let left_out = len.saturating_sub(elements.len() as u64);
    limited(elements, room, left_out, |e| Part::Value(e, Typed::No))
}

/// Fields that say something. A blank field without size (`_ noCopy`) is there for the compiler; a struct of
/// which nothing is shown is `{…}`.
fn fields_of(fields: &[Field], room: usize, left_out: u64) -> Vec<Part<'_>> {
    let says_something = |field: &&Field| {
        let empty = match &field.value.data {
            Data::Struct {
                fields, truncated, ..
            } => fields.is_empty() && *truncated == 0,
            Data::Array { len, .. } => *len == 0,
            _ => false,
        };
        !(empty && &*field.name == "_")
    };
    let spoken: Vec<&Field> = fields.iter().filter(says_something).collect();
    let mut parts: Vec<_> = spoken
        .iter()
        .take(room)
        .map(|f| Part::Named(&f.name, &f.value))
        .collect();
    match left_out + (spoken.len() - parts.len()) as u64 {
        0 => {}
        _ if parts.is_empty() => parts.push(Part::Nothing),
        more => parts.push(Part::More(more)),
    }
    parts
}

/// The first `room` items as parts, and how many more there are.
fn limited<'v, T>(
    items: &'v [T],
    room: usize,
    left_out: u64,
    part: impl Fn(&'v T) -> Part<'v>,
) -> Vec<Part<'v>> {
    let mut parts: Vec<_> = items.iter().take(room).map(part).collect();
    let more = left_out + (items.len() - parts.len()) as u64;
    if more > 0 {
        parts.push(Part::More(more));
    }
    parts
}
