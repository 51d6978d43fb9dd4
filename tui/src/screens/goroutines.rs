//! Goroutines: grouped by state and identical stacks, or each on its own row.
//!
//! ```text
//!   COUNT  STATE              WAITING   WHERE                                   CREATED BY
//!     512  chan receive                 main.worker main.go:41                  main.main
//! ──────── stack ──────────────────────────────────────────────────────────────────────────
//!  main.worker                          /src/main.go:41
//! ```

use crate::canvas::Canvas;
use crate::data::file::FilePlace;
use crate::data::goroutines::{AskGoroutines, Goroutine, Goroutines, Listed, Stack};
use crate::data::page::{Page, Standpoint, Target};
use crate::geometry::cells;
use crate::keys::{Action, Binding, Key};
use crate::rows::{Rows, Shared, Sort};
use crate::screen::Effect;
use crate::table::{Did, Subject, Table, TableScreen, enter};
use dumpview_model::units::plural;
use dumpview_view::line::{Line, Role};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type GoroutinesScreen = TableScreen<OfProcess>;

/// What it is about.
#[derive(Default)]
pub struct OfProcess {
    all: Option<Arc<Goroutines>>,
    /// How many of them are the runtime's own.
    system: usize,
    show_system: bool,
    manner: Manner,
    /// What is shown, as it is now.
    rows: Option<Arc<Each>>,
}

/// What is shown.
#[derive(Clone, Default)]
enum Manner {
    /// Those in the same state with the same stack on one row.
    #[default]
    Grouped,
    /// Each on its own row.
    Each,
    /// Those of a group, each on its own row.
    OfGroup(Arc<[u32]>),
}

/// Goroutines, each for itself until they have been filtered.
struct Each {
    all: Arc<Goroutines>,
    rows: Vec<u32>,
    /// Where they are to be put together: how many are in the same state with the same stack.
    alike: Option<HashMap<(u32, u32), usize>>,
}

/// Those in the same state with the same stack put together.
struct Groups {
    all: Arc<Goroutines>,
    groups: Vec<Arc<[u32]>>,
}

impl Rows<Listed> for Each {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, index: usize) -> Option<Listed> {
        let first = *self.rows.get(index)?;
        let alike = self.alike.as_ref().zip(self.all.get(first));
        let alike = alike.and_then(|(alike, g)| alike.get(&(g.state, g.stack)));
        Some(Listed {
            all: Arc::clone(&self.all),
            first,
            group: None,
            alike: alike.copied().unwrap_or(1),
        })
    }

    fn id(&self, index: usize) -> u64 {
        let index = self.rows.get(index).copied().unwrap_or(u32::MAX);
        self.all.get(index).map_or(0, |g| g.id)
    }

    fn grouped(&self, kept: &[u32]) -> Option<Shared<Listed>> {
        self.alike.as_ref()?;
        let mut groups: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
        for place in kept {
            let index = self.rows.get(*place as usize).copied().unwrap_or(u32::MAX);
            if let Some(g) = self.all.get(index) {
                groups.entry((g.state, g.stack)).or_default().push(index);
            }
        }
        let mut groups: Vec<Arc<[u32]>> = groups.into_values().map(Arc::from).collect();
        groups.sort_by_key(|group| {
            let first = group.first().copied().unwrap_or(u32::MAX);
            (self.all.get(first).map(|g| g.id), first)
        });
        Some(Arc::new(Groups {
            all: Arc::clone(&self.all),
            groups,
        }))
    }
}

impl Rows<Listed> for Groups {
    fn len(&self) -> usize {
        self.groups.len()
    }

    fn row(&self, index: usize) -> Option<Listed> {
        let group = self.groups.get(index)?;
        Some(Listed {
            all: Arc::clone(&self.all),
            first: *group.first()?,
            group: Some(Arc::clone(group)),
            alike: group.len(),
        })
    }

    fn id(&self, index: usize) -> u64 {
        let group = self.groups.get(index);
        let first = group.and_then(|group| self.all.get(*group.first()?));
        first.map_or(0, |g| g.id)
    }
}

impl OfProcess {
    /// Makes the rows of what is shown now.
    fn arrange(&mut self) {
        let Some(all) = &self.all else { return };
        let shown = |g: &Goroutine| self.show_system || !g.system;
        let rows: Vec<u32> = match &self.manner {
            Manner::OfGroup(members) => members.to_vec(),
            Manner::Grouped | Manner::Each => {
                let rows = (0u32..).zip(&all.rows).filter(|(_, g)| shown(g));
                rows.map(|(index, _)| index).collect()
            }
        };
        let alike = matches!(self.manner, Manner::Grouped).then(|| {
            let mut alike = HashMap::new();
            for g in rows.iter().filter_map(|index| all.get(*index)) {
                *alike.entry((g.state, g.stack)).or_default() += 1;
            }
            alike
        });
        self.rows = Some(Arc::new(Each {
            all: Arc::clone(all),
            rows,
            alike,
        }));
    }

    fn shows(&mut self, manner: Manner, said: Option<&str>) -> Did {
        self.manner = manner;
        self.arrange();
        Did::Rows(said.map(str::to_owned))
    }
}

/// The stack below the list, as far as there is room.
fn stack_lines(listed: &Listed, stack: &Stack, room: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    if stack.runtime > 0 {
        let folded = plural(stack.runtime as u64, "call");
        lines.push(Line::new(Role::Dim, format!("  … {folded} of the runtime")));
    }
    let calls = stack.calls.iter().skip(stack.runtime);
    lines.extend(calls.take(usize::from(room)).map(|(function, place)| {
        Line::new(Role::Name, format!("  {function}")).and(Role::Dim, format!("  {place}"))
    }));
    if let Some(why) = &stack.incomplete {
        lines.push(Line::new(Role::Warning, format!("  incomplete: {why}")));
    }
    if let Some(creator) = listed.creator() {
        lines.push(Line::new(Role::Dim, format!("  created by {creator}")));
    }
    lines
}

impl Subject for OfProcess {
    type Row = Listed;
    type Topic = AskGoroutines;

    const PAGE: Page = Page::Goroutines;
    const KEYS: &'static [Binding] = &[
        enter(
            "frames",
            "the frames of the goroutine; of a group: its goroutines, then frames",
        ),
        Binding::new(
            &[Key::Char('t')],
            Action::Group,
            "group",
            "grouped by identical stacks, or each goroutine on its own",
        ),
        Binding::new(
            &[Key::Char('a')],
            Action::ShowAll,
            "",
            "the runtime's own goroutines too, or not",
        ),
        Binding::new(
            &[Key::Char('d')],
            Action::Keeps,
            "",
            "what the goroutine keeps on the heap; of a group, its first",
        ),
        Binding::new(
            &[Key::Char('v')],
            Action::Picture,
            "",
            "all stacks as one tree of calls; of a core what was sampled of memory, too (t)",
        ),
    ];

    fn question(&self, _process: usize) -> AskGoroutines {
        AskGoroutines
    }

    fn take(&mut self, all: Goroutines) {
        self.system = all.rows.iter().filter(|g| g.system).count();
        self.all = Some(Arc::new(all));
        self.arrange();
    }

    fn rows(&self) -> Option<Result<Shared<Listed>, String>> {
        let rows = Arc::clone(self.rows.as_ref()?);
        Some(Ok(rows))
    }

    fn manner(&self) -> (Sort, &'static [&'static str]) {
        let (by, descending, hidden): (_, _, &[&str]) = match self.manner {
            // Marks say which one crashed, and `a` whether the runtime's own are there.
            Manner::Grouped => ("count", true, &["id", "crashed", "system"]),
            Manner::Each | Manner::OfGroup(_) => ("id", false, &["count", "crashed", "system"]),
        };
        let by = Some(by);
        (Sort { by, descending }, hidden)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, table: &Table<Listed>) -> Range<u16> {
        let (width, height) = (canvas.width(), canvas.height());
        let beside = self.beside(width);
        let below = (height / 3).min(cells(12));
        let end = if beside > 0 {
            height
        } else {
            height.saturating_sub(below)
        };
        let selected = table.selected();
        let id = |listed: &Listed| listed.goroutine().map_or(0, |g| g.id);
        let title = match &selected {
            Some(listed) if listed.group.is_some() => {
                format!("stack of goroutine {} and others like it", id(listed))
            }
            Some(listed) => format!("stack of goroutine {}", id(listed)),
            None => "stack".to_owned(),
        };
        let mut pane = if beside > 0 {
            canvas.divider(width.saturating_sub(beside));
            canvas.columns(width.saturating_sub(beside) + 1, beside - 1)
        } else {
            canvas.rows(end, below)
        };
        pane.rule(0, &title, false);
        if let Some((listed, stack)) = selected.as_ref().and_then(|l| Some((l, l.stack()?))) {
            let rows = pane.height().saturating_sub(1);
            let mut lower = pane.rows(1, rows);
            let lines = stack_lines(listed, stack, lower.height());
            for (row, line) in (0..lower.height()).zip(&lines) {
                lower.line(row, line);
            }
        }
        0..end
    }

    /// A wide terminal has room for the stack beside the list.
    fn beside(&self, width: u16) -> u16 {
        const WIDE: u16 = 160;
        if width < WIDE { 0 } else { width / 5 * 2 }
    }

    fn enter(&mut self, listed: &Listed) -> Did {
        match &listed.group {
            // The group's goroutines, one by one; Esc brings the groups back.
            Some(group) if group.len() > 1 => {
                let said = "the goroutines of the group; Esc shows all groups again";
                self.shows(Manner::OfGroup(Arc::clone(group)), Some(said))
            }
            _ => Did::Want(vec![Effect::Go(Target::Goroutine {
                id: listed.goroutine().map(|g| g.id),
                frame: None,
            })]),
        }
    }

    fn act(&mut self, action: Action) -> Did {
        match (action, &self.manner) {
            (Action::Group, Manner::Grouped) => self.shows(Manner::Each, None),
            (Action::Group, _)
            | (Action::Back | Action::Left, Manner::Each | Manner::OfGroup(_)) => {
                self.shows(Manner::Grouped, None)
            }
            (Action::ShowAll, _) => {
                self.show_system = !self.show_system;
                self.shows(self.manner.clone(), None)
            }
            (Action::Picture, _) => Did::Want(vec![Effect::Go(Target::Flame)]),
            (Action::Back, Manner::Grouped) => Did::Want(vec![Effect::Back]),
            _ => Did::Want(Vec::new()),
        }
    }

    fn act_on(&mut self, action: Action, listed: Option<&Listed>) -> Did {
        match (action, listed.and_then(Listed::goroutine)) {
            (Action::Keeps, Some(g)) => Did::Want(vec![Effect::Go(Target::Kept {
                name: format!("goroutine {}", g.id),
            })]),
            (action, _) => self.act(action),
        }
    }

    fn mark(&self, listed: &Listed) -> Option<(char, Role)> {
        listed.crashed().then_some(('*', Role::Alarm))
    }

    fn role(&self, column: &'static str, _listed: &Listed) -> Option<Role> {
        match column {
            "function" => Some(Role::Name),
            "place" | "created_by" => Some(Role::Dim),
            "labels" => Some(Role::Text),
            _ => None,
        }
    }

    fn status(&self, table: &Table<Listed>) -> String {
        let all = self.all.as_ref().map_or(0, |all| all.rows.len());
        let groups = match self.manner {
            Manner::Grouped => format!(" in {} groups", table.len()),
            Manner::Each | Manner::OfGroup(_) => String::new(),
        };
        let hidden = if self.show_system || self.system == 0 {
            String::new()
        } else {
            format!(", {} of the runtime hidden (a)", self.system)
        };
        format!("{} of {all}{groups}{hidden}", table.kept())
    }

    fn copy(&self, listed: &Listed) -> Option<String> {
        let (g, stack) = (listed.goroutine()?, listed.stack()?);
        let mut text = format!("goroutine {} [{}]:", g.id, listed.state()?);
        for (function, place) in &stack.calls {
            for part in ["\n", function, "\n\t", place] {
                text.push_str(part);
            }
        }
        Some(text)
    }

    fn file(&self, listed: &Listed) -> Option<FilePlace> {
        let stack = listed.stack()?;
        FilePlace::of_source(&stack.place)
    }

    fn standpoint(&self, listed: &Listed) -> Standpoint {
        Standpoint {
            goroutine: listed.goroutine().map(|g| g.id),
            frame: None,
        }
    }
}
