//! The memory map: what the core has of the process's memory, what it lacks, and whose it was.
//!
//! ```text
//!  61.3 MiB of address space: 23.1 MiB dumped, 4.0 MiB from files, 34.2 MiB missing
//!  ██████████████████████████▒▒▒▒▒▒▒▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
//!  START           END             SIZE   PERM  HAVE      WHAT
//! ```

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::geometry::{Area, cells};
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Export, Input, Screen, Standpoint, Target};
use crate::widgets::bar;
use crate::widgets::list::ListState;
use dumpview_model::units::bytes;
use dumpview_view::line::{Line, Role};
use std::cell::Cell;

/// The memory of a process.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MemoryMap {
    /// In address order.
    pub regions: Vec<Region>,
    /// What there is to know about the dump as a whole.
    pub notes: Vec<String>,
}

/// Where a region's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Have {
    /// In the core.
    Dumped,
    /// In a file that it maps.
    File,
    /// Nowhere, and why.
    Missing(&'static str),
}

/// A range of addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// First address.
    pub start: u64,
    /// First address after it.
    pub end: u64,
    /// `rwx`, as mapped; empty when not known.
    pub permissions: String,
    /// Where its bytes are.
    pub have: Have,
    /// The file it maps, or what it is for.
    pub what: String,
}

impl Region {
    fn size(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Address,
    Size,
    What,
}

/// The screen.
pub struct MemoryScreen {
    asked: bool,
    data: Option<MemoryMap>,
    failed: Option<String>,
    filter: String,
    search: String,
    order: Order,
    reversed: bool,
    rows: Vec<usize>,
    list: ListState,
    bar_seen: Cell<Area>,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "bytes",
        "the first bytes of the region",
    ),
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "filter",
        "only regions that hold these words (file, permissions, dumped, missing)",
    ),
    Binding::new(
        &[Key::Char('s')],
        Action::Sort,
        "sort",
        "by address, size, file",
    ),
    Binding::new(
        &[Key::Char('r')],
        Action::Reverse,
        "",
        "the other way round",
    ),
];

impl Default for MemoryScreen {
    fn default() -> Self {
        Self {
            asked: false,
            data: None,
            failed: None,
            filter: String::new(),
            search: String::new(),
            order: Order::Address,
            reversed: false,
            rows: Vec::new(),
            list: ListState::default(),
            bar_seen: Cell::default(),
        }
    }
}

const fn word(have: Have) -> &'static str {
    match have {
        Have::Dumped => "dumped",
        Have::File => "from file",
        Have::Missing(_) => "missing",
    }
}

const fn role(have: Have) -> Role {
    match have {
        Have::Dumped => Role::Series(1),
        Have::File => Role::Series(0),
        Have::Missing(_) => Role::Series(3),
    }
}

impl MemoryScreen {
    fn regions(&self) -> &[Region] {
        self.data.as_ref().map_or(&[], |data| &data.regions)
    }

    fn at(&self, row: usize) -> Option<&Region> {
        self.regions().get(*self.rows.get(row)?)
    }

    fn arrange(&mut self) {
        let words: Vec<String> = self
            .filter
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let regions = self.data.as_ref().map_or(&[][..], |data| &data.regions);
        let matches = |region: &Region| {
            let text = text_of(region).to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        let chosen = regions
            .iter()
            .enumerate()
            .filter(|(_, region)| matches(region));
        let mut rows: Vec<usize> = chosen.map(|(index, _)| index).collect();
        let region = |index: &usize| regions.get(*index);
        match self.order {
            Order::Address => {}
            Order::Size => rows.sort_by_key(|i| std::cmp::Reverse(region(i).map(Region::size))),
            Order::What => rows.sort_by_key(|i| region(i).map(|r| &r.what)),
        }
        if self.reversed {
            rows.reverse();
        }
        self.list.set_len(rows.len());
        self.rows = rows;
    }

    fn find(&mut self, forward: bool) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        let (len, from) = (self.rows.len(), self.list.selected().unwrap_or(0));
        let hit = (1..=len)
            .map(|step| {
                if forward {
                    (from + step) % len
                } else {
                    (from + len - step % len) % len
                }
            })
            .find(|row| {
                self.at(*row)
                    .is_some_and(|region| text_of(region).to_lowercase().contains(&word))
            });
        match hit {
            Some(row) if !word.is_empty() => {
                self.list.select(row);
                Vec::new()
            }
            _ => vec![Effect::Say(format!("not found: {}", self.search))],
        }
    }

    fn enter(&self) -> Vec<Effect> {
        let Some(region) = self.list.selected().and_then(|row| self.at(row)) else {
            return Vec::new();
        };
        if let Have::Missing(why) = region.have {
            return vec![Effect::Say(format!("there are no bytes: {why}"))];
        }
        let line = format!("x --addr {:#x} --count 1024", region.start);
        vec![Effect::Go(Target::Command {
            line,
            at: Standpoint::default(),
        })]
    }

    /// Totals by where the bytes are: dumped, from files, missing.
    fn totals(&self) -> [u64; 3] {
        let mut totals = [0u64; 3];
        for region in self.regions() {
            let [dumped, file, missing] = &mut totals;
            let total = match region.have {
                Have::Dumped => dumped,
                Have::File => file,
                Have::Missing(_) => missing,
            };
            *total = total.saturating_add(region.size());
        }
        totals
    }

    /// The bar: which columns each region has. Gaps between regions are not drawn, address space is mostly gaps.
    fn columns(&self, width: u16) -> Vec<u16> {
        let sizes: Vec<u64> = self.regions().iter().map(Region::size).collect();
        if sizes.len() <= usize::from(width) {
            return bar::parts(&sizes, width);
        }
        let total: u128 = sizes
            .iter()
            .map(|size| u128::from(*size))
            .sum::<u128>()
            .max(1);
        let mut before = 0u128;
        let column =
            |bytes: u128| cells(usize::try_from(bytes * u128::from(width) / total).unwrap_or(0));
        sizes
            .iter()
            .map(|size| {
                let from = column(before);
                before += u128::from(*size);
                column(before) - from
            })
            .collect()
    }

    fn draw_bar(&self, canvas: &mut Canvas<'_>) {
        let widths = self.columns(canvas.width());
        let selected = self
            .list
            .selected()
            .and_then(|row| self.rows.get(row))
            .copied();
        let glyphs = canvas.theme().glyphs;
        let mut column = 0;
        for (index, (region, width)) in self.regions().iter().zip(widths).enumerate() {
            let symbol = match (region.have, canvas.theme().is_ascii()) {
                (Have::Dumped, _) => glyphs.full,
                (Have::File, false) => "▒",
                (Have::File, true) => "=",
                (Have::Missing(_), false) => "░",
                (Have::Missing(_), true) => ".",
            };
            let style = canvas.theme().style(role(region.have));
            for _ in 0..width {
                canvas.cell(column, 0, style, symbol);
                canvas.cell(
                    column,
                    1,
                    style,
                    if selected == Some(index) { "^" } else { " " },
                );
                column += 1;
            }
        }
    }
}

fn text_of(region: &Region) -> String {
    let why = if let Have::Missing(why) = region.have {
        why
    } else {
        ""
    };
    format!(
        "{:#018x} {:#018x} {} {} {} {}",
        region.start,
        region.end,
        region.permissions,
        word(region.have),
        why,
        region.what
    )
}

fn row(region: &Region) -> Line {
    let why = if let Have::Missing(why) = region.have {
        format!(" ({why})")
    } else {
        String::new()
    };
    Line::new(
        Role::Dim,
        format!("{:#018x} {:#018x}", region.start, region.end),
    )
    .and(Role::Number, format!(" {:>10}  ", bytes(region.size())))
    .and(Role::Plain, format!("{:<4} ", region.permissions))
    .and(role(region.have), format!("{:<9} ", word(region.have)))
    .and(Role::Plain, region.what.clone())
    .and(Role::Dim, why)
}

impl Screen for MemoryScreen {
    fn title(&self) -> &'static str {
        "Memory"
    }

    fn keys(&self) -> &'static [Binding] {
        KEYS
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked => {
                self.asked = true;
                return vec![Effect::Ask(Request::Memory)];
            }
            Input::Answer(Answer::Memory(data)) => {
                self.data = Some(*data);
                self.arrange();
            }
            Input::Answer(Answer::Failed(why)) => self.failed = Some(why),
            Input::Filter(text) => {
                text.clone_into(&mut self.filter);
                self.arrange();
            }
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(true);
            }
            Input::Wheel { rows, .. } => self.list.step(rows),
            Input::Click { column, row } => {
                let bar = self.bar_seen.get();
                if bar.contains(column, row) {
                    let mut end = bar.x;
                    let hit = self.columns(bar.width).iter().position(|width| {
                        end += width;
                        column < end
                    });
                    if let Some(at) =
                        hit.and_then(|index| self.rows.iter().position(|r| *r == index))
                    {
                        self.list.select(at);
                    }
                } else if let Some(index) = self.list.row_at(column, row) {
                    if self.list.selected() == Some(index) {
                        return self.enter();
                    }
                    self.list.select(index);
                }
            }
            Input::Act(action) => {
                if self.list.act(action) {
                    return Vec::new();
                }
                match action {
                    Action::Enter | Action::Right => return self.enter(),
                    Action::Back if !self.filter.is_empty() => {
                        self.filter.clear();
                        self.arrange();
                    }
                    Action::Back => return vec![Effect::Back],
                    Action::Sort => {
                        self.order = match self.order {
                            Order::Address => Order::Size,
                            Order::Size => Order::What,
                            Order::What => Order::Address,
                        };
                        self.arrange();
                    }
                    Action::Reverse => {
                        self.reversed = !self.reversed;
                        self.arrange();
                    }
                    Action::NextFound => return self.find(true),
                    Action::PreviousFound => return self.find(false),
                    _ => {}
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let Some(data) = &self.data else {
            let line = match &self.failed {
                Some(why) => Line::new(Role::Alarm, why.clone()),
                None => Line::new(Role::Dim, "reading…"),
            };
            canvas.line(0, &line);
            return;
        };
        let [dumped, file, missing] = self.totals();
        let sum = bytes(dumped.saturating_add(file).saturating_add(missing));
        let head = Line::plain(format!("{sum} were mapped: "))
            .and(role(Have::Dumped), format!("{} dumped", bytes(dumped)))
            .and(Role::Plain, ", ")
            .and(
                role(Have::File),
                format!("{} from files at hand", bytes(file)),
            )
            .and(Role::Plain, ", ")
            .and(
                role(Have::Missing("")),
                format!("{} missing", bytes(missing)),
            );
        canvas.line(0, &head);
        let width = canvas.width();
        let mut strip = canvas.rows(1, 2);
        self.bar_seen.set(strip.area());
        self.draw_bar(&mut strip);
        let mut top = 3;
        for note in &data.notes {
            for line in Line::new(Role::Warning, note.clone()).wrapped(usize::from(width), 2) {
                canvas.line(top, &line);
                top += 1;
            }
        }
        let mark = |name: &str, order: Order| {
            let mark = if self.order == order { "*" } else { "" };
            format!("{name}{mark}")
        };
        let start = mark("START", Order::Address);
        let size = mark("SIZE", Order::Size);
        let what = mark("WHAT", Order::What);
        let heading = format!("{start:<18} END                {size:>10}  PERM BYTES     {what}");
        canvas.line(top, &Line::new(Role::Dim, heading));
        let rest = canvas.height().saturating_sub(top + 1);
        self.list
            .draw(&mut canvas.rows(top + 1, rest), true, |index| {
                self.at(index).map(row).unwrap_or_default()
            });
    }

    fn selection(&self) -> Option<String> {
        self.at(self.list.selected()?)
            .map(|region| row(region).text())
    }

    fn export(&self) -> Export {
        let rows = 0..self.rows.len();
        Export {
            text: rows
                .filter_map(|index| self.at(index))
                .map(|region| row(region).text())
                .collect(),
            verb: None,
        }
    }

    fn status(&self) -> Option<Line> {
        let all = self.regions().len();
        Some(Line::plain(format!("{} of {all} regions", self.rows.len())))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }
}
