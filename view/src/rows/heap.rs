//! The records of a heap: totals, branches of the dominator tree, references, objects that were found.

use crate::column::{Cell, Column, Row, count, text, tree};
use crate::columns;
use crate::schema::Documented;
use dumpview_model::heap::{
    Amount, HeapBranch, HeapChange, HeapCopies, HeapFates, HeapFound, HeapPlace, HeapRecord,
    HeapReference, HeapTotal,
};
use dumpview_model::value::text::Style;
use dumpview_model::value::{Address, Value};
use std::borrow::Cow;

/// Bytes, or null.
fn bytes<'r>(bytes: Option<u64>) -> Cell<'r> {
    bytes.map_or(Cell::Null, Cell::Count)
}

fn address<'r>(addr: Option<Address>) -> Cell<'r> {
    addr.map_or(Cell::Absent, |addr| Cell::Address(addr.0))
}

/// A part of a whole as a share of one.
#[expect(
    clippy::cast_precision_loss,
    reason = "a share is shown with few digits"
)]
fn share<'r>(part: u64, whole: u64) -> Cell<'r> {
    if whole == 0 {
        return Cell::Null;
    }
    Cell::Float(part as f64 / whole as f64)
}

/// The levels whose depth is drawn as an indent; deeper ones say it in a number.
const DRAWN: usize = 12;

/// The place with its depth drawn.
fn indented(branch: &HeapBranch) -> Cell<'_> {
    let indent = "  ".repeat(branch.depth.min(DRAWN));
    let deeper = match branch.depth {
        0..=DRAWN => String::new(),
        depth => format!("({depth}) "),
    };
    let title = match branch.folded {
        0 => branch.place.title(),
        _ => branch.place.name.clone(),
    };
    tree(&branch.place, format!("{indent}{deeper}{title}"))
}

/// The value on one line.
fn value(found: &HeapFound) -> Cell<'_> {
    let style = Style {
        len: 4,
        string: 32,
        ..Style::default()
    };
    let short = |value| tree(value, style.line(value));
    found.value.as_ref().map_or(Cell::Null, short)
}

impl Documented for HeapTotal {
    const ALL: &'static str =
        "Objects by what they have in common, the largest retained size first.";
    const ABOUT: &'static str = "Objects that have something in common: a type, a package, a root.";
}

impl Row for HeapTotal {
    const KEY: &'static str = "rows";
    const ONE: &'static str = "heap-total";
    const COLUMNS: &'static [Column<Self>] = columns! {
        retained_bytes: "retained" Bytes.or_null(), |t| bytes(t.retained_bytes), "bytes that go if all of them go; null of garbage, which keeps nothing alive";
        share: "of all" Share.or_null(), |t| share(t.retained_bytes.unwrap_or(t.bytes), t.of), "retained bytes of all live ones; of garbage, its bytes of all garbage";
        bytes: "own" Bytes, |t| Cell::Count(t.bytes), "bytes of their slots";
        objects: "objects" Count, |t| Cell::Count(t.objects), "how many there are";
        key: "what" Text, |t| Cell::Text(Cow::Borrowed(&t.key)), "what they have in common";
    };
}

/// An amount of one fate; null of different processes.
fn fate<'r>(
    change: &HeapChange,
    get: impl Fn(&HeapFates) -> Amount,
    of: impl Fn(Amount) -> u64,
) -> Cell<'r> {
    change
        .fates
        .as_ref()
        .map_or(Cell::Null, |fates| Cell::Count(of(get(fates))))
}

impl Documented for HeapChange {
    const ALL: &'static str =
        "Live objects of two moments by what they have in common, those that grew most first.";
    const ABOUT: &'static str = "Live objects that have something in common, at two moments. What became of each is null of different processes.";
}

impl Row for HeapChange {
    const KEY: &'static str = "rows";
    const ONE: &'static str = "heap-change";
    const COLUMNS: &'static [Column<Self>] = columns! {
        growth_bytes: "grown" Bytes, |c| Cell::Signed(c.new.bytes.cast_signed() - c.old.bytes.cast_signed()), "new bytes less old ones";
        old_bytes: "old" Bytes, |c| Cell::Count(c.old.bytes), "bytes of their slots at the first moment";
        new_bytes: "new" Bytes, |c| Cell::Count(c.new.bytes), "bytes of their slots at the second";
        old_objects: Count, |c| Cell::Count(c.old.objects), "how many lived at the first moment";
        new_objects: Count, |c| Cell::Count(c.new.objects), "how many live at the second";
        born: "born" Count.or_null(), |c| fate(c, |f| f.born, |a| a.objects), "objects that live at the second moment and were not there at the first";
        died: "died" Count.or_null(), |c| fate(c, |f| f.died, |a| a.objects), "objects that lived at the first and do not at the second";
        survived: "survived" Count.or_null(), |c| fate(c, |f| f.survived, |a| a.objects), "objects that live at the second and were there at the first";
        untold: "untold" Count.or_null(), |c| fate(c, |f| f.untold, |a| a.objects), "objects of the second of which it cannot be told: something lived in their slot at the first";
        born_bytes: Bytes.or_null(), |c| fate(c, |f| f.born, |a| a.bytes), "bytes of those that were born";
        died_bytes: Bytes.or_null(), |c| fate(c, |f| f.died, |a| a.bytes), "bytes of those that died";
        survived_bytes: Bytes.or_null(), |c| fate(c, |f| f.survived, |a| a.bytes), "bytes of those that survived";
        untold_bytes: Bytes.or_null(), |c| fate(c, |f| f.untold, |a| a.bytes), "bytes of those of which it cannot be told";
        key: "what" Text, |c| Cell::Text(Cow::Borrowed(&c.key)), "what they have in common";
    };
}

impl Documented for HeapBranch {
    const ALL: &'static str =
        "The dominator tree, depth first, the largest first among its equals.";
    const ABOUT: &'static str = "A place in the dominator tree: without it all below it goes.";
}

impl Row for HeapBranch {
    const KEY: &'static str = "tree";
    const ONE: &'static str = "heap-branch";
    const COLUMNS: &'static [Column<Self>] = columns! {
        retained_bytes: "retained" Bytes, |b| Cell::Count(b.retained_bytes), "bytes that go when it goes";
        share: "of all" Share.or_null(), |b| share(b.retained_bytes, b.of), "those of all live bytes";
        bytes: "own" Bytes, |b| Cell::Count(b.bytes), "bytes of its slot; 0 of a root";
        children: "below" Count, |b| Cell::Count(b.children), "how many places it immediately dominates";
        place: "place" Tree.of::<HeapPlace>(), indented, "what it is";
        depth: Count, |b| Cell::Count(b.depth as u64), "how deep below the place that was asked for";
        folded: Count, |b| Cell::Count(b.folded), "how many places the line stands for; 0 for a line of its own";
        addr: Address, |b| address(b.place.addr), "address of an object's first byte";
        type: Text.or_null(), |b| text(b.place.ty.as_deref()), "what an object is, or all that the line stands for";
        goroutine: Id, |b| count(b.place.goroutine), "id of the goroutine that a root belongs to";
        name: Text, |b| Cell::Text(Cow::Borrowed(&b.place.name)), "its name, as the heap verbs take it";
    };
}

impl Documented for HeapReference {
    const ALL: &'static str = "References to the object, the largest retained size first, then from it, in the order of their places.";
    const ABOUT: &'static str = "A reference.";
}

impl Row for HeapReference {
    const KEY: &'static str = "references";
    const ONE: &'static str = "heap-reference";
    const COLUMNS: &'static [Column<Self>] = columns! {
        direction: "way" Text, |r| Cell::Word(r.direction.as_str()), "`in`: something refers to the object; `out`: the object refers to something";
        retained_bytes: "retained" Bytes.or_null(), |r| bytes(r.retained_bytes), "bytes that go when the other end goes; null of garbage";
        bytes: "own" Bytes, |r| Cell::Count(r.bytes), "bytes of the other end's slot; 0 of a root";
        field: "by" Text.or_null(), |r| text(r.field.as_deref()), "the field, element, entry or variable that holds the pointer; null where it is not known";
        place: "other end" Tree.of::<HeapPlace>(), |r| tree(&r.place, r.place.title()), "the other end";
        addr: Address, |r| address(r.place.addr), "the other end's address";
        type: Text.or_null(), |r| text(r.place.ty.as_deref()), "what an object at the other end is";
    };
}

/// The beginning of a content, quoted.
fn sample(copies: &HeapCopies) -> Cell<'_> {
    const SHOWN: usize = 48;
    let (shown, more) = match copies.content.get(..SHOWN) {
        Some(begin) if copies.content.len() > SHOWN => (begin, "…"),
        _ => (copies.content.as_slice(), ""),
    };
    let quoted = format!("{:?}{more}", String::from_utf8_lossy(shown));
    Cell::Text(Cow::Owned(quoted))
}

impl Documented for HeapCopies {
    const ALL: &'static str =
        "Texts and bytes that are there several times, the most wasted bytes first.";
    const ABOUT: &'static str = "A text, or bytes, that are there several times.";
}

impl Row for HeapCopies {
    const KEY: &'static str = "strings";
    const ONE: &'static str = "heap-copies";
    const COLUMNS: &'static [Column<Self>] = columns! {
        wasted_bytes: "wasted" Bytes, |c| Cell::Count(c.wasted_bytes), "bytes that one of them would do without";
        count: "copies" Count, |c| Cell::Count(c.count), "how many there are";
        bytes: "own" Bytes, |c| Cell::Count(c.bytes), "bytes of all their slots";
        len: "length" Bytes, |c| Cell::Count(c.len), "bytes of each, by the header that refers to it";
        kind: "of" Text, |c| Cell::Word(if c.is_string { "string" } else { "[]byte" }), "`string` or `[]byte`: what refers to them";
        addr: "first" Address, |c| Cell::Address(c.addr.0), "the first of them";
        text: "text" Text, sample, "its first 48 bytes, quoted; what is no UTF-8 is U+FFFD";
    };
}

impl Documented for HeapRecord {
    const ALL: &'static str = "Records in the order of the file.";
    const ABOUT: &'static str = "A record of a heap dump.";
}

impl Row for HeapRecord {
    const KEY: &'static str = "records";
    const ONE: &'static str = "heap-record";
    const COLUMNS: &'static [Column<Self>] = columns! {
        offset: "offset" Count, |r| Cell::Count(r.offset), "where in the file it starts";
        bytes: "bytes" Bytes, |r| Cell::Count(r.bytes), "bytes of it there";
        kind: "record" Text, |r| Cell::Word(r.kind), "what it is, in the words of the format's description";
        addr: "address" Address, |r| address(r.addr), "the address that it is about: an object's, a type's, a `g`'s, a stack pointer";
        fields: "fields" Text, |r| Cell::Text(Cow::Borrowed(&r.fields)), "its fields in words";
        hex: Text, |r| Cell::Text(Cow::Borrowed(&r.hex)), "the first 32 bytes of what it holds, in hex";
    };
}

impl Documented for HeapFound {
    const ALL: &'static str = "Objects in the order of their addresses.";
    const ABOUT: &'static str = "An object.";
}

impl Row for HeapFound {
    const KEY: &'static str = "objects";
    const ONE: &'static str = "heap-object";
    const COLUMNS: &'static [Column<Self>] = columns! {
        addr: "address" Address, |f| Cell::Address(f.addr.0), "its first byte";
        retained_bytes: "retained" Bytes.or_null(), |f| bytes(f.retained_bytes), "bytes that go when it goes; null of garbage";
        bytes: "own" Bytes, |f| Cell::Count(f.bytes), "bytes of its slot";
        type: Text, |f| Cell::Text(Cow::Borrowed(&f.ty)), "what it is";
        value: "value" Tree.of::<Option<Value>>(), value, "its value; null of a part that has none of its own, and behind the end of the answer's budget";
    };
}
