//! The attributes of one DIE, asked by what they mean.

use super::{Die, Dwarf, UnitEntry};
use gimli::AttributeValue;
use gimli::constants as dw;
use std::borrow::Cow;

/// Go's vendor attributes (`cmd/internal/dwarf/dwarf.go`).
pub(crate) mod go {
    use gimli::constants::DwAt;
    /// Reflect kind of a type.
    pub(crate) const KIND: DwAt = DwAt(0x2900);
    /// Key type of a map.
    pub(crate) const KEY: DwAt = DwAt(0x2901);
    /// Element type of a map, channel or slice.
    pub(crate) const ELEM: DwAt = DwAt(0x2902);
    /// An embedded field.
    pub(crate) const EMBEDDED_FIELD: DwAt = DwAt(0x2903);
    /// Offset of the type's descriptor from `moduledata.types`.
    pub(crate) const RUNTIME_TYPE: DwAt = DwAt(0x2904);
    /// The name in a unit's package clause.
    pub(crate) const PACKAGE_NAME: DwAt = DwAt(0x2905);
    /// Index into the dictionary of a generic function.
    pub(crate) const DICT_INDEX: DwAt = DwAt(0x2906);
    /// Offset of a captured variable in the closure object.
    pub(crate) const CLOSURE_OFFSET: DwAt = DwAt(0x2907);
}

/// A DIE's attributes together with what is needed to read them.
#[derive(Clone, Copy)]
pub(crate) struct Attributes<'r, 'a> {
    dwarf: &'r Dwarf<'a>,
    unit: &'r UnitEntry<'a>,
    die: &'r Die<'a>,
}

impl<'r, 'a> Attributes<'r, 'a> {
    pub(crate) const fn new(
        dwarf: &'r Dwarf<'a>,
        unit: &'r UnitEntry<'a>,
        die: &'r Die<'a>,
    ) -> Self {
        Self { dwarf, unit, die }
    }

    pub(crate) fn name(&self) -> Option<&'a [u8]> {
        let value = self.die.attr_value(dw::DW_AT_name)?;
        let text = self
            .dwarf
            .sections()
            .attr_string(&self.unit.unit, value)
            .ok()?;
        Some(text.slice())
    }

    pub(crate) fn has(&self, at: dw::DwAt) -> bool {
        self.die.has_attr(at)
    }

    pub(crate) fn unsigned(&self, at: dw::DwAt) -> Option<u64> {
        match self.die.attr_value(at)? {
            AttributeValue::Addr(value) => Some(value),
            value @ AttributeValue::DebugAddrIndex(_) => self
                .dwarf
                .sections()
                .attr_address(&self.unit.unit, value)
                .ok()?,
            AttributeValue::FileIndex(value) => Some(value),
            AttributeValue::Sdata(value) => u64::try_from(value).ok(),
            value => value.udata_value(),
        }
    }

    pub(crate) fn flag(&self, at: dw::DwAt) -> bool {
        match self.die.attr_value(at) {
            Some(AttributeValue::Flag(set)) => set,
            Some(value) => value.udata_value().is_some_and(|v| v != 0),
            None => false,
        }
    }

    /// A reference to another DIE, as an offset of `.debug_info`.
    pub(crate) fn reference(&self, at: dw::DwAt) -> Option<u64> {
        match self.die.attr_value(at)? {
            AttributeValue::UnitRef(within) => Some(self.unit.section_offset(within)),
            AttributeValue::DebugInfoRef(offset) => Some(offset.0 as u64),
            _ => None,
        }
    }
}

/// A name as people write it: Go escapes dots (and more) after the last slash of an import path as `%2e`, and
/// puts the package before unexported fields of an unnamed struct (`struct { main.n int }`), which `%T` does not.
pub(crate) fn name_text(raw: &[u8]) -> Cow<'_, str> {
    let text = unescape(raw);
    if text.contains("struct { ") {
        return Cow::Owned(unqualify_fields(&text));
    }
    text
}

/// A type's name as `%T` prints it. A type declared in a function has `·N` behind its name in DWARF, which
/// tells it from others of the same name; people and descriptors do not write it.
pub(crate) fn type_name_text(raw: &[u8]) -> String {
    let text = name_text(raw);
    let Some((first, rest)) = text.split_once('·') else {
        return text.into_owned();
    };
    let mut out = first.to_owned();
    for part in rest.split('·') {
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

fn unescape(raw: &[u8]) -> Cow<'_, str> {
    if !raw.contains(&b'%') {
        return String::from_utf8_lossy(raw);
    }
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, tail)) = rest.split_first() {
        let escaped = match (*first, hex(tail.first()), hex(tail.get(1))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        out.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() {
            tail.get(2..).unwrap_or_default()
        } else {
            tail
        };
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// A field name stands after `{ ` or `; ` and before a type; an embedded field or a method does not.
fn unqualify_fields(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = "";
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let starts_field = previous.ends_with('{') || previous.ends_with(';');
        let is_name = starts_field && !word.contains(['(', '*', '[', ';', '"', '{', '}']);
        let type_follows = words
            .peek()
            .is_some_and(|next| !next.starts_with(['}', '"']));
        let shown = match word.rsplit_once('.') {
            Some((_, name)) if is_name && type_follows => name,
            _ => word,
        };
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(shown);
        previous = word;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_import_paths_are_shown_as_written() {
        assert_eq!(
            name_text(b"gopkg.in/yaml%2ev3.Node"),
            "gopkg.in/yaml.v3.Node"
        );
        assert_eq!(name_text(b"main.T"), "main.T");
        assert_eq!(name_text(b"100%"), "100%");
        assert_eq!(name_text(b"%zz%2"), "%zz%2");
    }

    #[test]
    fn local_types_lose_their_number() {
        let shown = |raw: &'static str| type_name_text(raw.as_bytes());
        assert_eq!(shown("*main.T·12"), "*main.T");
        assert_eq!(
            shown("map[main.K·1]main.Box[main.V·2]"),
            "map[main.K]main.Box[main.V]"
        );
    }

    #[test]
    fn unexported_fields_of_unnamed_structs_lose_their_package() {
        let shown = |raw: &'static str| name_text(raw.as_bytes()).into_owned();
        assert_eq!(
            shown("*struct { runtime.gList; a/b.n int32; C *x.D }"),
            "*struct { runtime.gList; n int32; C *x.D }"
        );
        assert_eq!(
            shown("struct { main.T \"tag\"; main.f func(a.b) struct { main.g int } }"),
            "struct { main.T \"tag\"; f func(a.b) struct { g int } }"
        );
    }
}
