//! The text of a line that stands in one field of a record.

use super::inside::Inside;
use super::{csv, json, logfmt, quoted, yaml};

/// Where the text stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Field {
    /// The way that leads to it in each record of the line.
    Json(Vec<json::Step>),
    /// The key of a field that has a line of its own, in JSON or in YAML.
    Member(Language, String),
    /// What stands in such quotes, to the end of the line but for brackets.
    Quoted(u8),
    /// The key before `=`.
    Logfmt(Vec<u8>),
    /// Which column of a row, and how many it has.
    Csv((usize, usize)),
}

/// How fields that have lines of their own are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    Json,
    Yaml,
}

impl Language {
    fn member(self, line: &[u8]) -> Option<(String, String)> {
        match self {
            Self::Json => json::member(line),
            Self::Yaml => yaml::member(line),
        }
    }

    fn is_around_members(self, line: &[u8]) -> bool {
        match self {
            Self::Json => json::is_around_members(line),
            Self::Yaml => yaml::is_around_members(line),
        }
    }
}

impl Field {
    /// The field of a record in which a text stands that is as it is wanted, and what was found there.
    pub fn with<T>(record: &[u8], wanted: &dyn Fn(&[u8]) -> Option<T>) -> Option<(Self, T)> {
        if json::is_of_records(record) {
            let (way, found) = json::way_to(record, wanted)?;
            return Some((Self::Json(way), found));
        }
        let members = [
            (Language::Json, json::member(record)),
            (Language::Yaml, yaml::quoted_member(record)),
        ];
        for (language, member) in members {
            if let Some((key, text)) = member
                && let Some(found) = wanted(text.as_bytes())
            {
                return Some((Self::Member(language, key), found));
            }
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
            Self::Member(language, wanted) => match language.member(record) {
                Some((key, text)) if key == *wanted => Some(Inside::of(text.into_bytes())),
                // What the process wrote is in the field; what is around it nobody wrote.
                _ => language.is_around_members(record).then(Inside::default),
            },
            Self::Quoted(quote) => quoted::text(*quote, record).map(Inside::of),
            Self::Logfmt(key) => logfmt::under(key, record),
            Self::Csv(column) => csv::in_column(*column, record),
        }
    }

    /// What stands in quotes that the record begins with, if it is as it is wanted.
    pub fn quoted<T>(record: &[u8], wanted: &dyn Fn(&[u8]) -> Option<T>) -> Option<(Self, T)> {
        let quote = *record.first()?;
        let found = wanted(&quoted::text(quote, record)?)?;
        Some((Self::Quoted(quote), found))
    }

    /// Whether its records begin where their line does, whatever stands there.
    pub const fn is_of_lines(&self) -> bool {
        !matches!(self, Self::Json(_) | Self::Quoted(_))
    }
}
