//! The text of a line that stands in one field of a record.

use super::{csv, json, logfmt};
use crate::line::Stamp;

/// Where the text stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Field {
    /// The way that leads to it in each record of the line.
    Json(Vec<json::Step>),
    /// The key of a field of JSON that has a line of its own.
    Member(String),
    /// The key before `=`.
    Logfmt(Vec<u8>),
    /// Which column of a row, and how many it has.
    Csv((usize, usize)),
}

/// What was in a record.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// The text, or those of many records in one line.
    pub texts: Vec<Vec<u8>>,
    pub stamp: Option<Stamp>,
    /// Who wrote it, by the fields that name a process, a container or a host.
    pub writer: Vec<u8>,
}

impl Field {
    /// The field of a record in which a text stands that is as it is wanted, and what was found there.
    pub fn with<T>(record: &[u8], wanted: &dyn Fn(&[u8]) -> Option<T>) -> Option<(Self, T)> {
        if json::is_of_records(record) {
            let (way, found) = json::way_to(record, wanted)?;
            return Some((Self::Json(way), found));
        }
        if let Some((key, text)) = json::member(record) {
            return Some((Self::Member(key), wanted(text.as_bytes())?));
        }
        if let Some((column, found)) = csv::column_of(record, wanted) {
            return Some((Self::Csv(column), found));
        }
        let (key, found) = logfmt::key_of(record, wanted)?;
        Some((Self::Logfmt(key), found))
    }

    /// What a record has in this field.
    pub fn of(&self, record: &[u8]) -> Option<Inside> {
        match self {
            Self::Json(way) => json::at_end_of(way, record),
            Self::Member(wanted) => match json::member(record) {
                Some((key, text)) if key == *wanted => Some(Inside {
                    texts: vec![text.into_bytes()],
                    ..Inside::default()
                }),
                // What the process wrote is in the field; what is around it nobody wrote.
                _ => json::is_around_members(record).then(Inside::default),
            },
            Self::Logfmt(key) => logfmt::under(key, record),
            Self::Csv(column) => csv::in_column(*column, record),
        }
    }

    /// Whether its records begin where their line does, whatever stands there.
    pub const fn is_of_lines(&self) -> bool {
        !matches!(self, Self::Json(_))
    }
}
