//! Functions of a profile by what they cost.

use super::{NEXT_TYPE, SOURCE, ask};
use crate::canvas::Canvas;
use crate::data::page::Page;
use crate::data::profile::{AskFunctions, Functions, Select};
use crate::keys::{Action, Binding};
use crate::rows::{Rows, Shared, Sort};
use crate::table::{Did, Subject, Table, TableScreen, enter};
use dumpview_model::units::grouped;
use dumpview_view::line::Line;
use dumpview_view::rows::CostRow;
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type FunctionsScreen = TableScreen<Costs>;

/// What it is about.
#[derive(Default)]
pub struct Costs {
    select: Select,
    data: Option<Functions>,
}

struct Each(Arc<[CostRow]>);

impl Rows<CostRow> for Each {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<CostRow> {
        self.0.get(index).cloned()
    }
}

impl Subject for Costs {
    type Row = CostRow;
    type Topic = AskFunctions;

    const PAGE: Page = Page::Table("Functions");
    const KEYS: &'static [Binding] = &[
        enter("calls", "callers and callees of the function (peek)"),
        NEXT_TYPE,
        SOURCE,
    ];
    /// What is looked at may have been changed on another screen.
    const GROWS: bool = true;

    fn question(&self, _process: usize) -> AskFunctions {
        let select = self.select.clone();
        AskFunctions { select }
    }

    fn take(&mut self, functions: Functions) {
        self.select = Select::default();
        self.data = Some(functions);
    }

    fn rows(&self) -> Option<Result<Shared<CostRow>, String>> {
        let rows = Arc::clone(&self.data.as_ref()?.rows);
        Some(Ok(Arc::new(Each(rows))))
    }

    fn manner(&self) -> (Sort, &'static [&'static str]) {
        let empty = self.data.as_ref().map(|data| CostRow::empty(data.unit));
        (Sort::default(), empty.unwrap_or_default())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, _table: &Table<CostRow>) -> Range<u16> {
        let head = self.head();
        let top = head.iter().fold(0, |row, line| canvas.wrapped(row, line));
        top..canvas.height()
    }

    fn head(&self) -> Vec<Line> {
        self.data
            .as_ref()
            .map_or_else(Vec::new, |data| data.head.clone())
    }

    fn enter(&mut self, row: &CostRow) -> Did {
        Did::Want(ask("peek", Some(&row.function)))
    }

    fn act_on(&mut self, action: Action, row: Option<&CostRow>) -> Did {
        match action {
            Action::Object => Did::Want(ask("list", row.map(|row| row.function.as_str()))),
            Action::Next => {
                self.select.index = self.data.as_ref().map(|data| data.selection.next());
                Did::Ask
            }
            action => self.act(action),
        }
    }

    fn status(&self, table: &Table<CostRow>) -> String {
        let Some(data) = &self.data else {
            return String::new();
        };
        let selection = data.selection.words();
        let (shown, all) = (table.len() as u64, data.rows.len() as u64);
        format!("{selection}; {} of {}", grouped(shown), grouped(all))
    }

    fn copy(&self, row: &CostRow) -> Option<String> {
        Some(row.function.clone())
    }

    fn verb(&self) -> Option<String> {
        Some("pprof top".to_owned())
    }
}
