//! Memory: where every byte is, and the memory map behind it.
//!
//! ```text
//!  61.3 MiB mapped: 57.1 MiB in the core, 4.2 MiB not dumped
//!  aaaaaaaaaaaaaaaabbbbccccccccddddddddddddddddddddeeeeeeeeeffffffffff
//!             BYTES      SIZE  OF ALL            WHAT
//!  a     20,971,520  20.0 MiB   32.6% ████       live objects
//! ```
//!
//! Each part has a letter, which stands before it and fills its share of the bar; what was only reserved has neither.

use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::heap::{Account, AccountPart, AskAccount};
use crate::data::page::{Page, Standpoint};
use crate::geometry::Area;
use crate::keys::{Action, Binding, Key};
use crate::rows::{Rows, Shared};
use crate::screen::{Effect, Input, Screen};
use crate::screens::memory::MapScreen;
use crate::table::{Did, Subject, Table, TableScreen};
use crate::widgets::bar;
use dumpview_model::units::plural;
use dumpview_view::line::{Line, Role};
use ratatui::style::Modifier;
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

/// The account and the map, one of which is shown.
#[derive(Default)]
pub struct MemoryScreen {
    account: TableScreen<Accounting>,
    map: MapScreen,
    shows_map: bool,
}

impl MemoryScreen {
    fn shown(&self) -> &dyn Screen {
        if self.shows_map {
            &self.map
        } else {
            &self.account
        }
    }

    fn shown_mut(&mut self) -> &mut dyn Screen {
        if self.shows_map {
            &mut self.map
        } else {
            &mut self.account
        }
    }
}

impl Screen for MemoryScreen {
    fn page(&self) -> Page {
        Page::Memory
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        self.shown().keys()
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Act(Action::Group) => {
                self.shows_map = !self.shows_map;
                self.shown_mut().update(Input::Shown)
            }
            // Each knows its own by the topic.
            Input::Answer(answer) if TableScreen::<Accounting>::awaits(&answer) => {
                self.account.update(Input::Answer(answer))
            }
            Input::Answer(answer) => self.map.update(Input::Answer(answer)),
            input => self.shown_mut().update(input),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        self.shown().draw(canvas);
    }

    fn selection(&self) -> Option<String> {
        self.shown().selection()
    }

    fn export(&self) -> Option<Export> {
        self.shown().export()
    }

    fn standpoint(&self) -> Standpoint {
        self.shown().standpoint()
    }

    fn status(&self) -> Option<Line> {
        self.shown().status()
    }

    fn filter(&self) -> Option<&str> {
        self.shown().filter()
    }
}

/// What the account is about.
#[derive(Default)]
pub struct Accounting {
    data: Option<Account>,
    rows: Option<Arc<Each>>,
    bar_seen: Cell<Area>,
}

struct Each(Vec<AccountPart>);

impl Rows<AccountPart> for Each {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<AccountPart> {
        self.0.get(index).cloned()
    }
}

/// The letter of a part, by its place in the account.
fn letter(index: usize) -> char {
    let letters = ('a'..='z').chain('A'..='Z');
    letters.cycle().nth(index % 52).unwrap_or('?')
}

/// How a part looks, in the bar and before its row.
fn series(index: usize) -> Role {
    Role::Series(u8::try_from(index % 7).unwrap_or(0))
}

impl Accounting {
    fn parts(&self) -> &[AccountPart] {
        self.data.as_ref().map_or(&[], |data| &data.parts)
    }

    /// The cells of each part in a bar.
    fn cells(&self, width: u16) -> Vec<u16> {
        let used = |part: &AccountPart| if part.reserved { 0 } else { part.bytes };
        let sizes: Vec<u64> = self.parts().iter().map(used).collect();
        bar::parts(&sizes, width)
    }

    fn index_of(&self, part: &AccountPart) -> Option<usize> {
        self.parts().iter().position(|other| other == part)
    }

    fn draw_bar(&self, canvas: &mut Canvas<'_>, selected: Option<usize>) {
        let mut column = 0;
        for (index, width) in self.cells(canvas.width()).into_iter().enumerate() {
            let style = canvas.theme().style(series(index));
            let filled = style.add_modifier(Modifier::REVERSED);
            let letter = letter(index).to_string();
            for _ in 0..width {
                canvas.cell(column, 0, filled, &letter);
                let mark = if selected == Some(index) { "^" } else { " " };
                canvas.cell(column, 1, style, mark);
                column += 1;
            }
        }
    }
}

impl Subject for Accounting {
    type Row = AccountPart;
    type Topic = AskAccount;

    const PAGE: Page = Page::Memory;
    const KEYS: &'static [Binding] = &[Binding::new(
        &[Key::Char('t')],
        Action::Group,
        "map",
        "the memory map, or where every byte is",
    )];

    fn question(&self, _process: usize) -> AskAccount {
        AskAccount
    }

    fn take(&mut self, data: Account) {
        self.rows = Some(Arc::new(Each(data.parts.clone())));
        self.data = Some(data);
    }

    fn rows(&self) -> Option<Result<Shared<AccountPart>, String>> {
        let rows = Arc::clone(self.rows.as_ref()?);
        Some(Ok(rows))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, table: &Table<AccountPart>) -> Range<u16> {
        let Some(data) = &self.data else {
            return 0..canvas.height();
        };
        let top = data
            .head
            .iter()
            .fold(0, |row, line| canvas.wrapped(row, line));
        let mut strip = canvas.rows(top, 2);
        self.bar_seen.set(strip.area());
        let selected = table.selected().and_then(|part| self.index_of(&part));
        self.draw_bar(&mut strip, selected);
        // The table comes first where there is no room for both.
        let height = canvas.height();
        let rows = u16::try_from(data.checks.len()).unwrap_or(u16::MAX);
        let room = height.saturating_sub(top + 2);
        let end = if !data.checks.is_empty() && room > rows.saturating_add(8) {
            let end = height - rows - 1;
            canvas.rule(end, "checked against the runtime's own counters", false);
            let mut below = canvas.rows(end + 1, rows);
            for (row, line) in (0..).zip(&data.checks) {
                below.line(row, line);
            }
            end
        } else {
            height
        };
        top + 2..end
    }

    fn head(&self) -> Vec<Line> {
        self.data
            .iter()
            .flat_map(|data| data.head.clone())
            .collect()
    }

    fn enter(&mut self, part: &AccountPart) -> Did {
        Did::Want(vec![Effect::Say(format!("{}: {}", part.name, part.what))])
    }

    fn click(&mut self, column: u16, row: u16, table: &mut Table<AccountPart>) {
        let bar = self.bar_seen.get();
        if !bar.contains(column, row) {
            return;
        }
        let mut end = bar.x;
        let hit = self.cells(bar.width).iter().position(|width| {
            end += width;
            column < end
        });
        if let Some(index) = hit {
            table.select_index(index);
        }
    }

    fn mark(&self, part: &AccountPart) -> Option<(char, Role)> {
        let index = self.index_of(part).filter(|_| !part.reserved)?;
        Some((letter(index), series(index)))
    }

    fn role(&self, _column: &'static str, part: &AccountPart) -> Option<Role> {
        part.reserved.then_some(Role::Dim)
    }

    fn status(&self, table: &Table<AccountPart>) -> String {
        plural(table.len() as u64, "part")
    }

    fn verb(&self) -> Option<String> {
        Some("memory".to_owned())
    }
}
