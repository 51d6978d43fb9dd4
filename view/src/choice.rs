//! `--columns`, `--sort`, `--filter` and `--top`: which rows and columns of a table are wanted, in which order.

use crate::column::{Cell, Column, Row, Shown, column, names};
use crate::filter::Filter;
use std::cmp::Ordering;

/// What people typed, as far as they did.
#[derive(Clone, Debug, Default)]
pub struct Words<'w> {
    /// Names of columns, in the wanted order.
    pub columns: &'w [String],
    /// A name of a column; `-` before it turns the order round.
    pub sort: Option<&'w str>,
    /// Conditions.
    pub filter: Option<&'w str>,
    /// At most this many rows; 0 for all.
    pub top: Option<usize>,
}

/// The order of rows.
struct Sort<R: ?Sized + 'static> {
    by: &'static Column<R>,
    descending: bool,
}

/// A choice of rows and columns that was understood.
pub struct Choice<R: ?Sized + 'static> {
    columns: Option<Vec<&'static Column<R>>>,
    sort: Option<Sort<R>>,
    filter: Option<Filter<R>>,
    top: Option<usize>,
}

impl<R: Row> Choice<R> {
    /// Understands what was typed.
    ///
    /// # Errors
    ///
    /// With a sentence for people, when a column does not exist or the filter cannot be understood.
    pub fn new(words: &Words<'_>) -> Result<Self, String> {
        let named = |name: &str, flag: &str| {
            column::<R>(name).ok_or_else(|| {
                format!(
                    "{flag}: there is no column {name}\n\nhint: {}",
                    names::<R>()
                )
            })
        };
        let columns = (!words.columns.is_empty()).then(|| {
            let typed = words.columns.iter().map(|name| name.trim());
            let typed = typed.filter(|name| !name.is_empty());
            let columns = typed.map(|name| named(name, "--columns"));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            if columns.is_empty() {
                let known = names::<R>();
                return Err(format!("--columns: none is named\n\nhint: {known}"));
            }
            Ok(columns)
        });
        let sort = words.sort.map(|word| {
            let (name, descending) = match word.strip_prefix('-') {
                Some(name) => (name, true),
                None => (word, false),
            };
            named(name, "--sort").map(|by| Sort { by, descending })
        });
        let filter = words
            .filter
            .map(|text| Filter::parse(text).map_err(|why| format!("--filter: {why}")));
        Ok(Self {
            columns: columns.transpose()?,
            sort: sort.transpose()?,
            filter: filter.transpose()?,
            top: words.top.filter(|top| *top > 0),
        })
    }

    /// Whether a row is wanted.
    pub fn wants(&self, row: &R) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.holds(row))
    }

    /// What the order goes by.
    pub fn key(&self, row: &R) -> Option<Cell<'static>> {
        let sort = self.sort.as_ref()?;
        Some((sort.by.get)(row).into_owned())
    }

    /// The order of two keys; equals keep the order in which they came.
    pub fn order(&self, a: &Cell<'_>, b: &Cell<'_>) -> Ordering {
        match &self.sort {
            Some(sort) if sort.descending => b.order(a),
            _ => a.order(b),
        }
    }

    /// The wanted ones of rows that are all there, in the wanted order.
    pub fn choose(&self, mut rows: Vec<R>) -> Vec<R> {
        rows.retain(|row| self.wants(row));
        if let Some(sort) = &self.sort {
            rows.sort_by(|a, b| self.order(&(sort.by.get)(a), &(sort.by.get)(b)));
        }
        rows.truncate(self.top.unwrap_or(usize::MAX));
        rows
    }

    /// How many rows at most.
    pub const fn top(&self) -> Option<usize> {
        self.top
    }

    /// The columns that were named, if any were.
    pub fn named(&self) -> Option<&[&'static Column<R>]> {
        self.columns.as_deref()
    }

    /// Whether only some rows are wanted.
    pub const fn filters(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether anything was asked that a table answers and a report does not.
    pub const fn asks_for_table(&self) -> bool {
        self.columns.is_some() || self.sort.is_some() || self.filter.is_some() || self.top.is_some()
    }

    /// The columns for people.
    pub fn for_people(&self) -> Vec<&'static Column<R>> {
        self.columns.clone().unwrap_or_else(|| {
            R::COLUMNS
                .iter()
                .filter(|column| column.shown == Shown::Always)
                .collect()
        })
    }

    /// The columns for programs.
    pub fn for_programs(&self) -> Vec<&'static Column<R>> {
        self.columns
            .clone()
            .unwrap_or_else(|| R::COLUMNS.iter().collect())
    }
}
