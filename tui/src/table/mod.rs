//! A table of any rows of the registry: cursor, columns, order, filter and search, the same on every screen that has one.
//!
//! Rows are made for the visible window only. Few of them are filtered and sorted at once, many on another thread, while
//! the old ones stay on the screen.

mod draw;
mod screen;

pub use screen::{Did, Subject, TableScreen};

use crate::data::command::Export;
use crate::data::text::Direction;
use crate::keys::{Action, Binding, ENTER, Key, WHOLE};
use crate::rows::{Arrange, Arranged, FindRow, Printed, Shared, Sort};
use crate::screen::Effect;
use crate::widgets::list::ListState;
use draw::Layout;
use dumpview_view::column::{Column, Row, Unit};
use dumpview_view::filter::Filter;
use dumpview_view::job::Job;
use std::cell::RefCell;
use std::sync::Arc;

/// More rows than that are filtered and sorted on another thread: it would take longer than between two frames.
const AT_ONCE: usize = 20_000;

/// The keys of every table.
pub const KEYS: &[Binding] = &[
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "filter",
        "only rows like that: words, or conditions (state~chan and id>9)",
    ),
    Binding::new(
        &[Key::Char('s')],
        Action::Sort,
        "sort",
        "by the next column; a click on a heading sorts by it",
    ),
    Binding::new(
        &[Key::Char('S'), Key::Char('r')],
        Action::Reverse,
        "",
        "the other way round",
    ),
    WHOLE,
];

/// Enter, with a word for where it leads.
pub const fn enter(short: &'static str, help: &'static str) -> Binding {
    Binding::new(ENTER, Action::Enter, short, help)
}

/// The table.
pub struct Table<R: Row> {
    /// What the screen has.
    all: Option<Shared<R>>,
    /// What is seen of it.
    shown: Option<Arc<Arranged<R>>>,
    sort: Sort,
    filter: String,
    /// The filter as it was understood last.
    wanted: Option<Arc<Filter<R>>>,
    search: String,
    /// Names of columns that people see first; those that the registry shows when empty.
    columns: &'static [&'static str],
    hidden: &'static [&'static str],
    list: ListState,
    layout: RefCell<Layout<R>>,
}

impl<R: Row + Send> Table<R> {
    fn new(columns: &'static [&'static str]) -> Self {
        Self {
            all: None,
            shown: None,
            sort: Sort::default(),
            filter: String::new(),
            wanted: None,
            search: String::new(),
            columns,
            hidden: &[],
            list: ListState::default(),
            layout: RefCell::default(),
        }
    }

    /// Rows that are seen.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether none is seen.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many rows met the filter, each for itself where alike ones are put together.
    pub fn kept(&self) -> usize {
        self.shown.as_ref().map_or(0, |shown| shown.kept)
    }

    /// A row that is seen, by its place.
    pub fn at(&self, place: usize) -> Option<R> {
        let shown = self.shown.as_ref()?;
        shown.rows.row(*shown.order.get(place)? as usize)
    }

    /// The row of the cursor.
    pub fn selected(&self) -> Option<R> {
        self.at(self.list.selected()?)
    }

    /// The place of a row in what the screen gave, before it was sorted.
    pub fn selected_index(&self) -> Option<usize> {
        let order = &self.shown.as_ref()?.order;
        Some(*order.get(self.list.selected()?)? as usize)
    }

    /// Moves the cursor to the row of that place in what the screen gave.
    pub fn select_index(&mut self, index: usize) {
        let order = self.shown.as_ref().map(|shown| &shown.order);
        let place = order.and_then(|order| order.iter().position(|n| *n as usize == index));
        if let Some(place) = place {
            self.list.select(place);
        }
    }

    /// Takes other rows, which may be what the old ones have become.
    fn set(&mut self, rows: Shared<R>) -> Vec<Effect> {
        self.all = Some(rows);
        self.arrange()
    }

    /// Other rows, another order to begin with, and columns that say nothing about them.
    fn show(
        &mut self,
        rows: Shared<R>,
        sort: Sort,
        hidden: &'static [&'static str],
    ) -> Vec<Effect> {
        self.sort = sort;
        self.hidden = hidden;
        self.list.select(0);
        self.shown = None;
        self.layout.take();
        self.set(rows)
    }

    /// Filters and sorts anew; the cursor stays on its row while others come, but for the newest, which it follows.
    fn arrange(&mut self) -> Vec<Effect> {
        let follows = self.sort == Sort::default() && self.list.selected() == Some(0);
        self.arrange_at(follows)
    }

    /// The same; the cursor goes to the first row, where what the order is about begins.
    fn arrange_anew(&mut self) -> Vec<Effect> {
        self.arrange_at(true)
    }

    fn arrange_at(&mut self, first: bool) -> Vec<Effect> {
        let Some(rows) = &self.all else {
            return Vec::new();
        };
        let shown = self.shown.as_ref();
        let standing = shown.filter(|_| !first).and_then(|shown| {
            let index = *shown.order.get(self.list.selected()?)?;
            Some(shown.rows.id(index as usize))
        });
        let arrange = Arrange {
            rows: Arc::clone(rows),
            filter: self.wanted.clone(),
            sort: self.sort,
            standing,
        };
        if rows.len() > AT_ONCE {
            return vec![Effect::Ask(arrange.into())];
        }
        if let Ok(arranged) = arrange.arranged(&Job::new("")) {
            self.take(arranged);
        }
        Vec::new()
    }

    fn take(&mut self, arranged: Arranged<R>) {
        self.list.set_len(arranged.order.len());
        self.list.select(arranged.standing.unwrap_or(0));
        self.shown = Some(Arc::new(arranged));
    }

    /// Another filter; what was shown stays when it is not understood, since it may be half typed.
    fn filter_by(&mut self, text: &str) -> Vec<Effect> {
        text.clone_into(&mut self.filter);
        match Filter::typed(text) {
            Ok(filter) => {
                self.wanted = filter.map(Arc::new);
                self.arrange()
            }
            Err(why) => vec![Effect::Say(why.replace("\n\n", "; "))],
        }
    }

    fn sort_by(&mut self, by: &'static Column<R>) -> Vec<Effect> {
        let again = self.sort.by == Some(by.name);
        self.sort = if again {
            Sort {
                descending: !self.sort.descending,
                ..self.sort
            }
        } else {
            Sort {
                by: Some(by.name),
                descending: most_first(by.unit),
            }
        };
        self.arrange_anew()
    }

    fn sort_by_next(&mut self) -> Vec<Effect> {
        let columns = self.seen();
        let next = columns
            .iter()
            .position(|column| Some(column.name) == self.sort.by)
            .map_or(0, |at| at + 1);
        match columns.get(next).or(columns.first()) {
            Some(by) => self.sort_by(by),
            None => Vec::new(),
        }
    }

    fn reverse(&mut self) -> Vec<Effect> {
        self.sort.descending = !self.sort.descending;
        self.arrange_anew()
    }

    fn find(&self, direction: Direction) -> Vec<Effect> {
        let (Some(shown), false) = (&self.shown, self.search.is_empty()) else {
            return Vec::new();
        };
        vec![Effect::Ask(
            FindRow {
                among: Arc::clone(shown),
                word: self.search.to_lowercase(),
                from: self.list.selected().unwrap_or(0),
                direction,
            }
            .into(),
        )]
    }

    fn found(&mut self, place: Option<usize>) -> Vec<Effect> {
        match place {
            Some(place) => {
                self.list.select(place);
                Vec::new()
            }
            None => vec![Effect::Say(format!("not found: {}", self.search))],
        }
    }

    /// The columns that people saw in the last frame; those of the registry before the first.
    fn seen(&self) -> Vec<&'static Column<R>> {
        let seen = self.layout.borrow().columns();
        if seen.is_empty() {
            draw::first(self.columns, self.hidden)
        } else {
            seen
        }
    }

    /// The column whose heading stands on a cell.
    fn heading_at(&self, column: u16, row: u16) -> Option<&'static Column<R>> {
        self.layout.borrow().heading_at(column, row)
    }

    fn export(&self, head: Vec<String>) -> Option<Export> {
        let printed = Printed {
            head,
            rows: self.shown.clone()?,
            columns: self.seen(),
        };
        Some(Export {
            shown: Arc::new(printed),
            verb: None,
        })
    }

    fn line_of(&self, row: &R) -> String {
        let cells = self.seen().into_iter().map(|column| column.text(row));
        cells.collect::<Vec<_>>().join("  ")
    }
}

/// Of amounts the largest are what people look for.
const fn most_first(unit: Unit) -> bool {
    !matches!(
        unit,
        Unit::Text | Unit::Tree | Unit::Id | Unit::Address | Unit::UnixNanos
    )
}
