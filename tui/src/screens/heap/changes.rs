//! Two moments of a process: what was born, what died, what survived, and who keeps what grew.
//!
//! ```text
//!  live: 12,345 objects, 3.1 MiB, then 90,123 objects, 21 MiB
//!  of 90,000 new main.session, 89,990 are kept by main.registry (18 MiB)
//!       GROWN       NEW    BORN  DIED  SURVIVED  UNTOLD  WHAT
//!   +18.0 MiB  19.1 MiB  90,000    10     1,000       0  main.session
//! ```

use super::{KEEPS, draw_head, to_kept};
use crate::canvas::Canvas;
use crate::data::heap::{AskChanges, Changes, TotalsBy};
use crate::data::page::{Page, Target};
use crate::keys::{Action, Binding, Key};
use crate::rows::{Rows, Shared, Sort};
use crate::screen::Effect;
use crate::table::{Did, Subject, Table, TableScreen, enter};
use dumpview_model::heap::{HeapChange, HeapGrowth};
use dumpview_view::line::{Line, Role};
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type ChangesScreen = TableScreen<OfMoments>;

/// What objects are put together by, one after the other.
const BY: &[TotalsBy] = &[
    TotalsBy::Type,
    TotalsBy::Package,
    TotalsBy::Root,
    TotalsBy::Goroutine,
];

/// What it is about.
#[derive(Default)]
pub struct OfMoments {
    data: Option<Arc<Each>>,
    head: Vec<Line>,
    growth: Arc<[HeapGrowth]>,
    /// Index into [`BY`].
    by: usize,
}

struct Each(Arc<[HeapChange]>);

impl Rows<HeapChange> for Each {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<HeapChange> {
        self.0.get(index).cloned()
    }
}

impl OfMoments {
    fn by(&self) -> TotalsBy {
        BY.get(self.by).copied().unwrap_or(TotalsBy::Type)
    }

    /// The root that keeps most of what was born of a type; the key itself where roots are listed.
    fn keeper(&self, change: &HeapChange) -> Option<String> {
        let root = match self.by() {
            TotalsBy::Type => {
                let growth = self.growth.iter().find(|growth| growth.ty == change.key);
                growth?.keepers.first()?.root.clone()
            }
            TotalsBy::Root | TotalsBy::Goroutine => change.key.clone(),
            _ => return None,
        };
        // What stands for several has no name to go by.
        (!root.starts_with('(')).then_some(root)
    }
}

impl Subject for OfMoments {
    type Row = HeapChange;
    type Topic = AskChanges;

    const PAGE: Page = Page::Changes;
    const KEYS: &'static [Binding] = &[
        enter(
            "new objects",
            "the objects of the type that were born; of a root: what it keeps",
        ),
        Binding::new(
            &[Key::Char('t')],
            Action::Group,
            "group",
            "by type, by package, by root, by goroutine",
        ),
        KEEPS,
    ];

    fn question(&self, _process: usize) -> AskChanges {
        AskChanges(self.by())
    }

    fn take(&mut self, data: Changes) {
        self.head = data.head;
        self.growth = data.growth;
        self.data = Some(Arc::new(Each(data.rows)));
    }

    fn rows(&self) -> Option<Result<Shared<HeapChange>, String>> {
        let data = Arc::clone(self.data.as_ref()?);
        Some(Ok(data))
    }

    fn manner(&self) -> (Sort, &'static [&'static str]) {
        let by = Some("growth_bytes");
        let descending = true;
        // What grew and what there is say what there was.
        (Sort { by, descending }, &["old_bytes"])
    }

    fn draw(&self, canvas: &mut Canvas<'_>, _table: &Table<HeapChange>) -> Range<u16> {
        draw_head(canvas, &self.head)..canvas.height()
    }

    fn head(&self) -> Vec<Line> {
        self.head.clone()
    }

    fn enter(&mut self, change: &HeapChange) -> Did {
        Did::Want(match self.by() {
            TotalsBy::Type => vec![Effect::Go(Target::Born {
                ty: change.key.clone(),
            })],
            TotalsBy::Root | TotalsBy::Goroutine => to_kept(self.keeper(change)),
            _ => vec![Effect::Say(
                "t shows types, whose objects can be listed".to_owned(),
            )],
        })
    }

    fn act_on(&mut self, action: Action, change: Option<&HeapChange>) -> Did {
        match action {
            Action::Group => {
                self.by = (self.by + 1) % BY.len();
                Did::Ask
            }
            Action::Keeps => Did::Want(match change.and_then(|change| self.keeper(change)) {
                Some(root) => to_kept(Some(root)),
                None => vec![Effect::Say(
                    "no root is known to keep what grew here".to_owned(),
                )],
            }),
            Action::Back if self.by > 0 => {
                self.by = 0;
                Did::Ask
            }
            action => self.act(action),
        }
    }

    fn role(&self, column: &'static str, _change: &HeapChange) -> Option<Role> {
        (column == "key").then_some(match self.by() {
            TotalsBy::Type => Role::Type,
            _ => Role::Name,
        })
    }

    fn status(&self, table: &Table<HeapChange>) -> String {
        let all = self.data.as_ref().map_or(0, |data| data.len());
        format!("by {}: {} of {all}", self.by().as_str(), table.len())
    }

    fn copy(&self, change: &HeapChange) -> Option<String> {
        Some(change.key.clone())
    }

    fn verb(&self) -> Option<String> {
        Some(format!("heap diff OLD NEW --by {}", self.by().as_str()))
    }
}
