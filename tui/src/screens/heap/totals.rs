//! Live objects by what they have in common: what there is (types), and what keeps it (roots).
//!
//! ```text
//!  agrees with the runtime's counters: 1,234,567 objects, 210 MiB allocated
//!    RETAINED  OF ALL               OWN  OBJECTS  WHAT
//!    48.2 MiB   61.0% ███████▍   32 MiB  500,001  main.Session
//! ```

use super::{KEEPS, OBJECT, draw_head, to_kept, to_place};
use crate::canvas::Canvas;
use crate::data::heap::{AskTotals, Totals, TotalsBy};
use crate::data::page::{Page, Target};
use crate::keys::{Action, Binding, Key};
use crate::rows::{Rows, Shared, Sort};
use crate::screen::Effect;
use crate::table::{Did, Subject, Table, TableScreen, enter};
use dumpview_model::heap::HeapTotal;
use dumpview_view::line::{Line, Role};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// What there is.
pub type TypesScreen = TableScreen<OfHeap<Types>>;
/// What keeps it.
pub type RootsScreen = TableScreen<OfHeap<Roots>>;

/// What one of the screens is about.
pub trait Ways: 'static {
    /// Which screen it is.
    const PAGE: Page;
    /// What objects are put together by, one after the other.
    const BY: &'static [TotalsBy];
    /// Its keys.
    const KEYS: &'static [Binding];
}

/// What objects are.
pub struct Types;

/// What keeps them.
pub struct Roots;

const BY: &[Key] = &[Key::Char('t')];

impl Ways for Types {
    const PAGE: Page = Page::Types;
    const BY: &'static [TotalsBy] = &[TotalsBy::Type, TotalsBy::Package, TotalsBy::SizeClass];
    const KEYS: &'static [Binding] = &[
        enter("objects", "the objects of the type"),
        Binding::new(
            BY,
            Action::Group,
            "group",
            "by type, by package, by size class",
        ),
    ];
}

impl Ways for Roots {
    const PAGE: Page = Page::Roots;
    const BY: &'static [TotalsBy] = &[
        TotalsBy::Root,
        TotalsBy::Variable,
        TotalsBy::Goroutine,
        TotalsBy::Label,
    ];
    const KEYS: &'static [Binding] = &[
        enter("keeps", "what it keeps: the dominator tree from there on"),
        Binding::new(
            BY,
            Action::Group,
            "group",
            "by root, by package variable, by goroutine, by profiler label",
        ),
        OBJECT,
        KEEPS,
    ];
}

/// The subject of both.
pub struct OfHeap<W> {
    data: Option<Arc<Each>>,
    head: Vec<Line>,
    /// Index into [`Ways::BY`].
    by: usize,
    ways: PhantomData<W>,
}

struct Each(Arc<[HeapTotal]>);

impl Rows<HeapTotal> for Each {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<HeapTotal> {
        self.0.get(index).cloned()
    }
}

impl<W> Default for OfHeap<W> {
    fn default() -> Self {
        Self {
            data: None,
            head: Vec::new(),
            by: 0,
            ways: PhantomData,
        }
    }
}

impl<W: Ways> OfHeap<W> {
    fn by(&self) -> TotalsBy {
        W::BY.get(self.by).copied().unwrap_or(TotalsBy::Type)
    }
}

/// A root that stands for several has no name of its own.
fn root(total: &HeapTotal) -> Option<String> {
    (!total.key.starts_with('(')).then(|| total.key.clone())
}

impl<W: Ways> Subject for OfHeap<W> {
    type Row = HeapTotal;
    type Topic = AskTotals;

    const PAGE: Page = W::PAGE;
    const KEYS: &'static [Binding] = W::KEYS;

    fn question(&self, _process: usize) -> AskTotals {
        AskTotals(self.by())
    }

    fn take(&mut self, data: Totals) {
        self.head = data.head;
        self.data = Some(Arc::new(Each(data.rows)));
    }

    fn rows(&self) -> Option<Result<Shared<HeapTotal>, String>> {
        let data = Arc::clone(self.data.as_ref()?);
        Some(Ok(data))
    }

    fn manner(&self) -> (Sort, &'static [&'static str]) {
        let by = Some("retained_bytes");
        let descending = true;
        (Sort { by, descending }, &[])
    }

    fn draw(&self, canvas: &mut Canvas<'_>, _table: &Table<HeapTotal>) -> Range<u16> {
        draw_head(canvas, &self.head)..canvas.height()
    }

    fn head(&self) -> Vec<Line> {
        self.head.clone()
    }

    fn enter(&mut self, total: &HeapTotal) -> Did {
        Did::Want(match self.by() {
            TotalsBy::Type => vec![Effect::Go(Target::Instances {
                ty: total.key.clone(),
            })],
            TotalsBy::Package | TotalsBy::SizeClass => {
                vec![Effect::Say(
                    "t shows types, whose objects can be listed".to_owned(),
                )]
            }
            TotalsBy::Label => vec![Effect::Say("t shows goroutines by themselves".to_owned())],
            TotalsBy::Root | TotalsBy::Variable | TotalsBy::Goroutine => to_kept(root(total)),
        })
    }

    fn act_on(&mut self, action: Action, total: Option<&HeapTotal>) -> Did {
        let name = total.and_then(root);
        match action {
            Action::Group => {
                self.by = (self.by + 1) % W::BY.len();
                Did::Ask
            }
            Action::Object => Did::Want(to_place(name)),
            Action::Keeps => Did::Want(to_kept(name)),
            Action::Back if self.by > 0 => {
                self.by = 0;
                Did::Ask
            }
            action => self.act(action),
        }
    }

    fn role(&self, column: &'static str, _total: &HeapTotal) -> Option<Role> {
        (column == "key").then_some(match self.by() {
            TotalsBy::Type => Role::Type,
            _ => Role::Name,
        })
    }

    fn status(&self, table: &Table<HeapTotal>) -> String {
        let all = self.data.as_ref().map_or(0, |data| data.len());
        format!("by {}: {} of {all}", self.by().as_str(), table.len())
    }

    fn copy(&self, total: &HeapTotal) -> Option<String> {
        Some(total.key.clone())
    }

    fn verb(&self) -> Option<String> {
        Some(format!("heap top --by {}", self.by().as_str()))
    }
}
