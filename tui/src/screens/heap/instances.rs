//! The objects of a type, those that keep most first. There may be millions: rows are made where they are looked at.

use super::{KEEPS, OBJECT, to_kept, to_place};
use crate::ask::Topic;
use crate::canvas::Canvas;
use crate::data::page::Page;
use crate::keys::{Action, Binding};
use crate::rows::{Shared, Sort};
use crate::table::{Did, Subject, Table, TableScreen, enter};
use dumpview_model::heap::HeapFound;
use dumpview_model::units::{grouped, plural};
use dumpview_view::line::{Line, Role};
use std::ops::Range;

/// Asks for the live objects of a type, whose rows are made where they are looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskInstances {
    /// The type, as the types screen names it.
    pub ty: String,
    /// Which of them.
    pub which: Which,
}

/// Which objects of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// All that live.
    Live,
    /// Those that were born between two moments.
    Born,
}

impl Topic for AskInstances {
    type Answer = Shared<HeapFound>;
    const LONG: Option<&'static str> = Some("looking for objects");
    const NEEDS_HEAP: bool = true;
}

/// The screen.
pub type InstancesScreen = TableScreen<Instances>;

/// What it is about.
pub struct Instances {
    ty: String,
    which: Which,
    rows: Option<Shared<HeapFound>>,
}

impl Instances {
    /// Of a type.
    pub const fn of(ty: String) -> Self {
        Self::those(ty, Which::Live)
    }

    /// Of a type, those that were born between two moments.
    pub const fn born(ty: String) -> Self {
        Self::those(ty, Which::Born)
    }

    const fn those(ty: String, which: Which) -> Self {
        let rows = None;
        Self { ty, which, rows }
    }

    fn len(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows.len())
    }

    fn title(&self) -> Line {
        let what = match self.which {
            Which::Live => "live object",
            Which::Born => "new object",
        };
        let count = plural(self.len() as u64, what);
        Line::plain(format!("{count} of ")).and(Role::Type, self.ty.clone())
    }
}

impl Subject for Instances {
    type Row = HeapFound;
    type Topic = AskInstances;

    const PAGE: Page = Page::Instances;
    const KEYS: &'static [Binding] = &[
        enter("object", "the object itself: fields, references, path"),
        OBJECT,
        KEEPS,
    ];
    const COLUMNS: &'static [&'static str] = &["retained_bytes", "bytes", "addr", "value"];

    fn question(&self, _process: usize) -> AskInstances {
        let (ty, which) = (self.ty.clone(), self.which);
        AskInstances { ty, which }
    }

    fn take(&mut self, rows: Shared<HeapFound>) {
        self.rows = Some(rows);
    }

    fn rows(&self) -> Option<Result<Shared<HeapFound>, String>> {
        self.rows.clone().map(Ok)
    }

    fn manner(&self) -> (Sort, &'static [&'static str]) {
        let by = Some("retained_bytes");
        let descending = true;
        (Sort { by, descending }, &["type"])
    }

    fn draw(&self, canvas: &mut Canvas<'_>, _table: &Table<HeapFound>) -> Range<u16> {
        canvas.line(0, &self.title());
        1..canvas.height()
    }

    fn head(&self) -> Vec<Line> {
        vec![self.title()]
    }

    fn enter(&mut self, found: &HeapFound) -> Did {
        Did::Want(to_place(Some(found.addr.to_string())))
    }

    fn act_on(&mut self, action: Action, found: Option<&HeapFound>) -> Did {
        let name = found.map(|found| found.addr.to_string());
        match action {
            Action::Object => Did::Want(to_place(name)),
            Action::Keeps => Did::Want(to_kept(name)),
            action => self.act(action),
        }
    }

    fn status(&self, table: &Table<HeapFound>) -> String {
        format!(
            "{} of {}",
            grouped(table.len() as u64),
            grouped(self.len() as u64)
        )
    }

    fn copy(&self, found: &HeapFound) -> Option<String> {
        Some(found.addr.to_string())
    }

    fn verb(&self) -> Option<String> {
        let is_verb = self.which == Which::Live;
        is_verb.then(|| format!("heap find {}", self.ty))
    }
}
