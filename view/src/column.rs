//! What a record consists of, once for all who show it: text, JSON, CSV, screens, `--columns`, `--sort`, `--filter`.
//!
//! A record type lists its columns in [`Row::COLUMNS`]; a column that is added there appears everywhere.

use crate::table::Align;
use dumpview_model::units::{bytes, duration, grouped, mib, number, percent};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// A record that can stand in a table.
pub trait Row: 'static {
    /// The key of its list in JSON, and its name for people: `cycles`.
    const KEY: &'static str;
    /// One of them: `cycle`.
    const ONE: &'static str;
    /// What it consists of, in the order of JSON and CSV.
    const COLUMNS: &'static [Column<Self>];
    /// Other names of columns, as people say them: `wait` is `wait_reason`.
    const ALSO: &'static [(&'static str, &'static str)] = &[];
    /// Columns of entries `key=value`, of which a filter may ask for one by its key: `label:user=ann`.
    const KEYED: &'static [&'static str] = &[];
}

/// One column of a record type.
pub struct Column<R: ?Sized> {
    /// In JSON, CSV, `--columns`, `--sort` and `--filter`.
    pub name: &'static str,
    /// Above the column, in text and on screens.
    pub title: &'static str,
    /// What its numbers mean.
    pub unit: Unit,
    /// Its value in a record.
    pub get: fn(&R) -> Cell<'_>,
    /// Whether people see it unless they ask.
    pub shown: Shown,
    /// The object of the record's JSON in which it stands; the record itself when absent.
    pub within: Option<&'static str>,
    /// One sentence, for the documentation.
    pub about: &'static str,
    /// Its shape in JSON.
    pub shape: Shape,
}

/// What a column is in JSON.
#[derive(Clone, Copy)]
pub enum Shape {
    /// What its unit is.
    OfUnit,
    /// That, or null.
    OrNull,
    /// That, or something else.
    Or(fn(&mut SchemaGenerator) -> Schema),
    /// A shape of its own.
    Own(fn(&mut SchemaGenerator) -> Schema),
    /// Keys of the record itself.
    Keys(fn(&mut SchemaGenerator) -> Schema),
}

/// Whether people see a column unless they ask for it. Programs get all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// They do.
    Always,
    /// Only when `--columns` names it.
    Asked,
}

/// What the numbers of a column mean: how they are shown to people and how they are typed in a filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Words.
    Text,
    /// A number that names something (a line, an id): shown as it is.
    Id,
    /// A number of things.
    Count,
    /// Bytes.
    Bytes,
    /// Whole MiB, cut down as the runtime cuts them.
    MiB,
    /// Nanoseconds.
    Nanos,
    /// Milliseconds.
    Millis,
    /// Nanoseconds since 1970.
    UnixNanos,
    /// Whole percent.
    Percent,
    /// A share of one.
    Share,
    /// MiB a second.
    MiBPerSecond,
    /// Yes or no.
    Flag,
    /// An address of the process.
    Address,
    /// A list or an object; people see a short form of it.
    Tree,
}

/// A value of a record.
pub enum Cell<'r> {
    /// The record has none: no key in JSON, an empty cell in CSV.
    Absent,
    /// The record could have one and has none: `null` in JSON.
    Null,
    /// A number.
    Count(u64),
    /// A number that may be negative.
    Signed(i64),
    /// A fraction.
    Float(f64),
    /// Yes or no.
    Flag(bool),
    /// A word of ours.
    Word(&'static str),
    /// Text, which may come from a dump as it is.
    Text(Cow<'r, str>),
    /// An address, `"0x…"` in JSON.
    Address(u64),
    /// Several.
    List(Vec<Self>),
    /// Something with a shape of its own in JSON, and its short form for people and CSV.
    Tree(Box<dyn erased_serde::Serialize + 'r>, Cow<'r, str>),
    /// Entries that stand in the record itself in JSON, and their short form for people and CSV.
    Entries(serde_json::Map<String, serde_json::Value>, Cow<'r, str>),
}

impl<R: ?Sized> Column<R> {
    /// A column that people see.
    pub const fn new(
        name: &'static str,
        title: &'static str,
        unit: Unit,
        get: fn(&R) -> Cell<'_>,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            title,
            unit,
            get,
            shown: Shown::Always,
            within: None,
            about,
            shape: Shape::OfUnit,
        }
    }

    /// A column that people see when they ask for it, under its name.
    pub const fn more(
        name: &'static str,
        unit: Unit,
        get: fn(&R) -> Cell<'_>,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            title: name,
            unit,
            get,
            shown: Shown::Asked,
            within: None,
            about,
            shape: Shape::OfUnit,
        }
    }

    /// The same column, in JSON within an object of that name.
    pub const fn within(self, name: &'static str) -> Self {
        Self {
            within: Some(name),
            ..self
        }
    }

    /// The same column, shown to people only when they ask for it.
    pub const fn asked(self) -> Self {
        Self {
            shown: Shown::Asked,
            ..self
        }
    }

    /// The same column, which is null in records that could have it and have none.
    pub const fn or_null(self) -> Self {
        Self {
            shape: Shape::OrNull,
            ..self
        }
    }

    /// The same column, which may also be a `T`.
    pub const fn or<T: JsonSchema>(self) -> Self {
        Self {
            shape: Shape::Or(SchemaGenerator::subschema_for::<T>),
            ..self
        }
    }

    /// The same column, which is a `T` in JSON.
    pub const fn of<T: JsonSchema>(self) -> Self {
        Self {
            shape: Shape::Own(SchemaGenerator::subschema_for::<T>),
            ..self
        }
    }

    /// The same column, which adds the keys of `T` to the record in JSON.
    pub const fn keys<T: JsonSchema>(self) -> Self {
        Self {
            shape: Shape::Keys(T::json_schema),
            ..self
        }
    }

    /// Its value for people.
    pub fn text(&self, row: &R) -> String {
        self.unit.text(&(self.get)(row))
    }
}

impl Unit {
    /// Numbers lean right, words left.
    pub const fn align(self) -> Align {
        match self {
            Self::Text | Self::Flag | Self::Tree | Self::UnixNanos => Align::Left,
            _ => Align::Right,
        }
    }

    /// What the documentation says of it.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Id | Self::Count => "number",
            Self::Bytes => "bytes",
            Self::MiB => "MiB",
            Self::Nanos => "ns",
            Self::Millis => "ms",
            Self::UnixNanos => "ns since 1970",
            Self::Percent => "percent",
            Self::Share => "share of 1",
            Self::MiBPerSecond => "MiB/s",
            Self::Flag => "true or false",
            Self::Address => "address",
            Self::Tree => "list or object",
        }
    }

    /// A value as people read it; `-` where there is none.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a fraction is shown with few digits"
    )]
    pub fn text(self, cell: &Cell<'_>) -> String {
        match cell {
            Cell::Absent | Cell::Null => "-".to_owned(),
            // Bytes that may be less than none are a difference.
            Cell::Signed(n) if self == Self::Bytes => {
                let sign = match n {
                    0 => "",
                    1.. => "+",
                    _ => "-",
                };
                format!("{sign}{}", bytes(n.unsigned_abs()))
            }
            // So is time.
            Cell::Signed(n) if self == Self::Nanos && *n < 0 => {
                format!("-{}", duration(n.unsigned_abs()))
            }
            Cell::Count(n) => match self {
                Self::Count => grouped(*n),
                Self::Bytes => bytes(*n),
                Self::MiB => mib(*n),
                Self::Nanos => duration(*n),
                Self::Millis => duration(n.saturating_mul(1_000_000)),
                Self::Percent => format!("{n}%"),
                Self::Share => percent(*n as f64),
                _ => n.to_string(),
            },
            Cell::Float(n) => match self {
                Self::Share => percent(*n),
                Self::MiBPerSecond => format!("{} MiB/s", number(*n)),
                _ => number(*n),
            },
            Cell::List(cells) => {
                let words: Vec<String> = cells.iter().map(|cell| self.text(cell)).collect();
                words.join(" ")
            }
            Cell::Flag(true) => "yes".to_owned(),
            Cell::Flag(false) => String::new(),
            plain => plain.to_string(),
        }
    }
}

/// As it stands in CSV: exact, without units.
impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent | Self::Null => Ok(()),
            Self::Count(n) => n.fmt(f),
            Self::Signed(n) => n.fmt(f),
            Self::Float(n) => n.fmt(f),
            Self::Flag(is) => is.fmt(f),
            Self::Word(word) => f.write_str(word),
            Self::Text(text) => f.write_str(text),
            Self::Address(addr) => write!(f, "{addr:#x}"),
            Self::List(cells) => {
                for (index, cell) in cells.iter().enumerate() {
                    if index > 0 {
                        f.write_str(" ")?;
                    }
                    cell.fmt(f)?;
                }
                Ok(())
            }
            Self::Tree(_, short) | Self::Entries(_, short) => f.write_str(short),
        }
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Count(n) => serializer.serialize_u64(*n),
            Self::Signed(n) => serializer.serialize_i64(*n),
            Self::Float(n) => serializer.serialize_f64(*n),
            Self::Flag(is) => serializer.serialize_bool(*is),
            Self::Word(word) => serializer.serialize_str(word),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Address(addr) => serializer.collect_str(&format_args!("{addr:#x}")),
            Self::List(cells) => {
                let mut list = serializer.serialize_seq(Some(cells.len()))?;
                for cell in cells {
                    list.serialize_element(cell)?;
                }
                list.end()
            }
            Self::Tree(tree, _) => erased_serde::serialize(&**tree, serializer),
            Self::Entries(map, _) => map.serialize(serializer),
        }
    }
}

impl Cell<'_> {
    /// Order of a column: nothing first, then by number or by text.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => a
                .total_cmp(&b)
                .then_with(|| self.exact().cmp(&other.exact())),
            (Some(_), None) if other.is_none() => Ordering::Greater,
            (None, Some(_)) if self.is_none() => Ordering::Less,
            _ => self.to_string().cmp(&other.to_string()),
        }
    }

    /// Whether the record has none.
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// Its number, when it is one.
    #[expect(
        clippy::cast_precision_loss,
        reason = "equals are told apart by `exact`"
    )]
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Count(n) | Self::Address(n) => Some(*n as f64),
            Self::Signed(n) => Some(*n as f64),
            Self::Float(n) => Some(*n),
            Self::Flag(is) => Some(*is as u8 as f64),
            _ => None,
        }
    }

    /// A whole number without loss.
    fn exact(&self) -> i128 {
        match self {
            Self::Count(n) | Self::Address(n) => i128::from(*n),
            Self::Signed(n) => i128::from(*n),
            _ => 0,
        }
    }

    /// The same without borrowing from the record; a tree keeps its short form only.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Absent => Cell::Absent,
            Self::Null => Cell::Null,
            Self::Count(n) => Cell::Count(n),
            Self::Signed(n) => Cell::Signed(n),
            Self::Float(n) => Cell::Float(n),
            Self::Flag(is) => Cell::Flag(is),
            Self::Word(word) => Cell::Word(word),
            Self::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Self::Address(addr) => Cell::Address(addr),
            Self::List(cells) => Cell::List(cells.into_iter().map(Cell::into_owned).collect()),
            Self::Tree(_, short) | Self::Entries(_, short) => {
                Cell::Text(Cow::Owned(short.into_owned()))
            }
        }
    }
}

/// A number as a cell, or none.
pub fn count<'r>(number: Option<impl Into<u64>>) -> Cell<'r> {
    number.map_or(Cell::Absent, |n| Cell::Count(n.into()))
}

/// Text as a cell, or none.
pub fn text(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Null, |text| Cell::Text(Cow::Borrowed(text)))
}

/// A record as a JSON object.
pub struct Object<'r, R>(pub &'r R);

/// Neighbouring columns that stand in one object.
struct Within<'r, R: 'static> {
    row: &'r R,
    columns: &'static [Column<R>],
}

impl<R: Row> Serialize for Object<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for columns in R::COLUMNS.chunk_by(|a, b| a.within == b.within) {
            let row = self.0;
            match columns.first().and_then(|column| column.within) {
                Some(name) => map.serialize_entry(name, &Within { row, columns })?,
                None => entries(row, columns, &mut map)?,
            }
        }
        map.end()
    }
}

impl<R> Serialize for Within<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        entries(self.row, self.columns, &mut map)?;
        map.end()
    }
}

fn entries<R, M: SerializeMap>(
    row: &R,
    columns: &[Column<R>],
    map: &mut M,
) -> Result<(), M::Error> {
    for column in columns {
        match (column.get)(row) {
            Cell::Absent => {}
            Cell::Entries(entries, _) => {
                for (name, value) in &entries {
                    map.serialize_entry(name, value)?;
                }
            }
            cell => map.serialize_entry(column.name, &cell)?,
        }
    }
    Ok(())
}

/// A record's values in some columns, as a JSON object: each stands where it stands in the whole record.
pub fn chosen<R: Row>(row: &R, columns: &[&Column<R>]) -> impl Serialize {
    let mut object = serde_json::Map::new();
    for column in columns {
        let cell = (column.get)(row);
        let within = match column.within {
            _ if matches!(cell, Cell::Absent) => continue,
            None => &mut object,
            Some(name) => {
                let within = object.entry(name).or_insert_with(|| serde_json::json!({}));
                match within.as_object_mut() {
                    Some(within) => within,
                    None => continue,
                }
            }
        };
        match cell {
            Cell::Entries(entries, _) => within.extend(entries),
            // A cell that cannot be shown has no place in a document.
            cell => {
                let value = serde_json::to_value(cell).unwrap_or_default();
                within.insert(column.name.to_owned(), value);
            }
        }
    }
    object
}

/// The column of a name.
pub fn column<R: Row>(name: &str) -> Option<&'static Column<R>> {
    let also = R::ALSO.iter().find(|(also, _)| *also == name);
    let name = also.map_or(name, |(_, name)| name);
    R::COLUMNS.iter().find(|column| column.name == name)
}

/// All names, for messages.
pub(crate) fn names<R: Row>() -> String {
    let names = R::COLUMNS.iter().map(|column| column.name);
    let also = R::ALSO.iter().map(|(also, _)| *also);
    let names: Vec<&str> = names.chain(also).collect();
    format!("the columns are {}", names.join(", "))
}

/// A value with a shape of its own, told to people in `short`.
pub fn tree<'r>(value: impl Serialize + 'r, short: impl Into<Cow<'r, str>>) -> Cell<'r> {
    Cell::Tree(Box::new(value), short.into())
}
