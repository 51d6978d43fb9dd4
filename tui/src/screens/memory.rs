//! The memory map: what the core has of the process's memory, what it lacks, and whose it was.
//!
//! ```text
//!  61.3 MiB: 23.1 MiB dumped, 4.0 MiB from files, 4.0 MiB missing, 30.2 MiB reserved
//!  ██████████████████████████▒▒▒▒▒▒▒▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
//!  START           END             SIZE   PERM  BYTES     WHAT
//! ```

use crate::canvas::Canvas;
use crate::data::memory::{AskMemory, Have, MemoryMap, Region};
use crate::data::page::{Page, Standpoint, Target};
use crate::geometry::{Area, cells};
use crate::keys::{Action, Binding, Key};
use crate::rows::{Rows, Shared};
use crate::screen::Effect;
use crate::table::{Did, Subject, Table, TableScreen, enter};
use crate::widgets::bar;
use dumpview_model::units::bytes;
use dumpview_view::line::{Line, Role};
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type MapScreen = TableScreen<Memory>;

/// What it is about.
#[derive(Default)]
pub struct Memory {
    data: Option<Arc<MemoryMap>>,
    bar_seen: Cell<Area>,
}

const fn role(have: Have) -> Role {
    match have {
        Have::Dumped => Role::Series(1),
        Have::File => Role::Series(0),
        Have::Reserved => Role::Dim,
        Have::Missing(_) => Role::Series(3),
    }
}

impl Rows<Region> for MemoryMap {
    fn len(&self) -> usize {
        self.regions.len()
    }

    fn row(&self, index: usize) -> Option<Region> {
        self.regions.get(index).cloned()
    }
}

impl Memory {
    fn regions(&self) -> &[Region] {
        self.data.as_ref().map_or(&[], |data| &data.regions)
    }

    /// Totals by where the bytes are: dumped, from files, reserved, missing.
    fn totals(&self) -> [u64; 4] {
        let mut totals = [0u64; 4];
        for region in self.regions() {
            let [dumped, file, reserved, missing] = &mut totals;
            let total = match region.have {
                Have::Dumped => dumped,
                Have::File => file,
                Have::Reserved => reserved,
                Have::Missing(_) => missing,
            };
            *total = total.saturating_add(region.size());
        }
        totals
    }

    /// The bar: which columns each region has. Gaps between regions and what is only reserved are not drawn, address space is
    /// mostly that.
    fn columns(&self, width: u16) -> Vec<u16> {
        let drawn = |region: &Region| match region.have {
            Have::Reserved => 0,
            _ => region.size(),
        };
        let sizes: Vec<u64> = self.regions().iter().map(drawn).collect();
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

    fn draw_bar(&self, canvas: &mut Canvas<'_>, selected: Option<usize>) {
        let widths = self.columns(canvas.width());
        let glyphs = canvas.theme().glyphs;
        let mut column = 0;
        for (index, (region, width)) in self.regions().iter().zip(widths).enumerate() {
            let symbol = match (region.have, canvas.theme().is_ascii()) {
                (Have::Dumped, _) => glyphs.full,
                (Have::File, false) => "▒",
                (Have::File, true) => "=",
                (Have::Reserved | Have::Missing(_), false) => "░",
                (Have::Reserved | Have::Missing(_), true) => ".",
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

impl Subject for Memory {
    type Row = Region;
    type Topic = AskMemory;

    const PAGE: Page = Page::Memory;
    const KEYS: &'static [Binding] = &[
        enter("bytes", "the first bytes of the region"),
        Binding::new(
            &[Key::Char('t')],
            Action::Group,
            "account",
            "where every byte is, or the memory map",
        ),
    ];

    fn question(&self, _process: usize) -> AskMemory {
        AskMemory
    }

    fn take(&mut self, data: MemoryMap) {
        self.data = Some(Arc::new(data));
    }

    fn rows(&self) -> Option<Result<Shared<Region>, String>> {
        let data = Arc::clone(self.data.as_ref()?);
        Some(Ok(data))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, table: &Table<Region>) -> Range<u16> {
        let [dumped, file, reserved, missing] = self.totals();
        let all = [dumped, file, reserved, missing].into_iter();
        let sum = bytes(all.fold(0, u64::saturating_add));
        let head = Line::plain(format!("{sum}: "))
            .and(role(Have::Dumped), format!("{} dumped", bytes(dumped)))
            .and(Role::Plain, ", ")
            .and(role(Have::File), format!("{} from files", bytes(file)))
            .and(Role::Plain, ", ")
            .and(
                role(Have::Missing("")),
                format!("{} missing", bytes(missing)),
            )
            .and(Role::Plain, ", ")
            .and(
                role(Have::Reserved),
                format!("{} reserved", bytes(reserved)),
            );
        canvas.line(0, &head);
        let mut strip = canvas.rows(1, 2);
        self.bar_seen.set(strip.area());
        self.draw_bar(&mut strip, table.selected_index());
        let notes = self.data.iter().flat_map(|data| &data.notes);
        let top = notes.fold(3, |top, note| {
            canvas.wrapped(top, &Line::new(Role::Warning, note.clone()))
        });
        top..canvas.height()
    }

    fn enter(&mut self, region: &Region) -> Did {
        Did::Want(vec![match region.have {
            Have::Reserved => Effect::Say("there are no bytes: it is only reserved".to_owned()),
            Have::Missing(why) => Effect::Say(format!("there are no bytes: {why}")),
            Have::Dumped | Have::File => Effect::Go(Target::Command {
                line: format!("x --addr {:#x} --count 1024", region.start),
                at: Standpoint::default(),
            }),
        }])
    }

    fn click(&mut self, column: u16, row: u16, table: &mut Table<Region>) {
        let bar = self.bar_seen.get();
        if !bar.contains(column, row) {
            return;
        }
        let mut end = bar.x;
        let hit = self.columns(bar.width).iter().position(|width| {
            end += width;
            column < end
        });
        if let Some(index) = hit {
            table.select_index(index);
        }
    }

    fn role(&self, column: &'static str, region: &Region) -> Option<Role> {
        (column == "have").then(|| role(region.have))
    }

    fn status(&self, table: &Table<Region>) -> String {
        format!("{} of {} regions", table.len(), self.regions().len())
    }
}
