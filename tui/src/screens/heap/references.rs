//! All references of a place, in and out.

use super::{KEEPS, OBJECT, name_of, to_kept, to_place};
use crate::canvas::Canvas;
use crate::data::heap::AskReferences;
use crate::data::page::Page;
use crate::keys::{Action, Binding};
use crate::rows::{Rows, Shared};
use crate::table::{Did, Subject, Table, TableScreen, enter};
use dumpview_model::heap::HeapReference;
use dumpview_model::units::grouped;
use dumpview_view::line::{Line, Role};
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type ReferencesScreen = TableScreen<References>;

/// What it is about.
pub struct References {
    place: String,
    rows: Option<Arc<Each>>,
}

struct Each(Arc<[HeapReference]>);

impl Rows<HeapReference> for Each {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<HeapReference> {
        self.0.get(index).cloned()
    }
}

impl References {
    /// Of a place.
    pub const fn of(place: String) -> Self {
        Self { place, rows: None }
    }
}

impl Subject for References {
    type Row = HeapReference;
    type Topic = AskReferences;

    const PAGE: Page = Page::References;
    const KEYS: &'static [Binding] = &[enter("object", "the other end"), OBJECT, KEEPS];

    fn question(&self, _process: usize) -> AskReferences {
        let place = self.place.clone();
        AskReferences { place }
    }

    fn take(&mut self, rows: Arc<[HeapReference]>) {
        self.rows = Some(Arc::new(Each(rows)));
    }

    fn rows(&self) -> Option<Result<Shared<HeapReference>, String>> {
        let rows = Arc::clone(self.rows.as_ref()?);
        Some(Ok(rows))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, _table: &Table<HeapReference>) -> Range<u16> {
        let title = Line::plain("references to and from ").and(Role::Name, self.place.clone());
        canvas.line(0, &title);
        1..canvas.height()
    }

    fn enter(&mut self, reference: &HeapReference) -> Did {
        Did::Want(to_place(name_of(&reference.place)))
    }

    fn act_on(&mut self, action: Action, reference: Option<&HeapReference>) -> Did {
        let name = reference.and_then(|reference| name_of(&reference.place));
        match action {
            Action::Object => Did::Want(to_place(name)),
            Action::Keeps => Did::Want(to_kept(name)),
            action => self.act(action),
        }
    }

    fn status(&self, table: &Table<HeapReference>) -> String {
        let all = self.rows.as_ref().map_or(0, |rows| rows.len());
        format!("{} of {}", grouped(table.len() as u64), grouped(all as u64))
    }

    fn verb(&self) -> Option<String> {
        Some(format!("heap refs {}", self.place))
    }
}
