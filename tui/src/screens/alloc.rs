//! Traced allocations: how much of which size class, what became of the selected sum, the sums one by one.
//!
//! ```text
//!  315 objects, 91.2 KiB allocated over 2 collections; 40 freed, 275 live (80.1 KiB)
//! ── bytes by size class: live, freed ──────────── what became of *main.node ──────────────
//!  20 KiB ▂▅▇                                       live   4.0 KiB ██▏  64 objects
//! ── sums by type ──────────────────────────────────────────────────────────────────────────
//! ```

use crate::canvas::Canvas;
use crate::data::file::FilePlace;
use crate::data::page::{Page, Target};
use crate::data::statistics::{Allocations, AskAllocations};
use crate::data::{OfProcess, Which};
use crate::geometry::cells;
use crate::keys::{Action, Binding, Key};
use crate::rows::{Rows, Shared};
use crate::screen::Effect;
use crate::table::{Did, Subject, Table, TableScreen, enter};
use crate::widgets::axis::{self, Axis};
use crate::widgets::bar;
use crate::widgets::chart;
use dumpview_model::alloc::{By, Totals};
use dumpview_model::finding::Finding;
use dumpview_model::units::{bytes, grouped, plural};
use dumpview_view::finding;
use dumpview_view::line::{Line, Role};
use dumpview_view::rows::Allocation;
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type AllocScreen = TableScreen<Allocated>;

/// From this width on both charts stand side by side.
const WIDE: u16 = 110;

/// What it is about.
pub struct Allocated {
    of: OfProcess<Allocations>,
    by: By,
    /// The only chart of a narrow terminal is the one of a sum.
    one: bool,
}

impl Default for Allocated {
    fn default() -> Self {
        Self {
            of: OfProcess::default(),
            by: By::Type,
            one: false,
        }
    }
}

struct Each(Arc<[Allocation]>);

impl Rows<Allocation> for Each {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<Allocation> {
        self.0.get(index).cloned()
    }
}

/// The parts of what was allocated, each with its objects and bytes and how it looks.
fn fates(totals: &Totals) -> [(&'static str, u64, u64, Role); 3] {
    let gone = totals.freed_bytes.saturating_add(totals.live_bytes);
    [
        ("live", totals.live, totals.live_bytes, Role::Series(0)),
        ("freed", totals.freed, totals.freed_bytes, Role::Series(1)),
        (
            "vanished",
            totals.vanished,
            totals.bytes.saturating_sub(gone),
            Role::Series(2),
        ),
    ]
}

impl Allocated {
    /// What there is, and of each finding as much as `told` makes of it.
    fn headline(&self, told: impl Fn(&Finding) -> Line) -> Vec<Line> {
        let Some(data) = &self.of.data else {
            return Vec::new();
        };
        let all = &data.all;
        let allocated = format!(
            "{}, {} allocated",
            plural(all.count, "object"),
            bytes(all.bytes)
        );
        let rest = format!(
            " over {}; {} freed, {} live ({})",
            plural(u64::from(data.collections), "collection"),
            grouped(all.freed),
            grouped(all.live),
            bytes(all.live_bytes)
        );
        let mut lines = vec![Line::new(Role::Heading, allocated).and(Role::Plain, rest)];
        lines.extend(data.findings.iter().take(2).map(told));
        lines
    }

    fn draw_sizes(canvas: &mut Canvas<'_>, data: &Allocations, selected: Option<&Allocation>) {
        canvas.rule(0, "bytes allocated by size class: live, freed", false);
        let height = canvas.height().saturating_sub(2);
        let most = data.sizes.iter().map(|(_, totals)| totals.bytes).max();
        let axis = Axis::of_bytes(most.unwrap_or(0), height);
        let left = axis.width(bytes);
        axis.draw(&mut canvas.rows(1, height).columns(0, left), bytes);
        let width = canvas.width().saturating_sub(left);
        let broad = (width / cells(data.sizes.len().max(1))).clamp(1, 8);
        let chosen = selected.filter(|row| row.by == By::Size);
        let mut plot = canvas.rows(1, height);
        let mut plot = plot.columns(left, width);
        let mut names = Vec::new();
        // What the allocator has more classes of than there are columns is at the end, and left out.
        let shown = usize::from(width / broad);
        for (number, (size, totals)) in (0..).zip(data.sizes.iter().take(shown)) {
            let first = number * broad;
            names.push((first, bytes(*size)));
            let is_chosen = chosen.is_some_and(|row| row.key == size.to_string());
            for column in first..first + broad.saturating_sub(1).max(1) {
                let parts = fates(totals).map(|(_, _, bytes, role)| (bytes, role));
                chart::stack(&mut plot, column, &parts, axis.top);
                if is_chosen {
                    let style = plot.theme().selected(true);
                    for row in 0..height {
                        plot.style_cells(column, row, 1, style);
                    }
                }
            }
        }
        axis::labels(&mut canvas.rows(height + 1, 1).columns(left, width), &names);
    }

    /// What became of the objects of a sum, and who allocated them where that is known.
    fn draw_sum(canvas: &mut Canvas<'_>, row: &Allocation) {
        let name = match row.by {
            By::Size => format!("objects of {} B", row.key),
            _ => row.key.clone(),
        };
        canvas.rule(0, &format!("what became of {name}"), false);
        let room = canvas.width().saturating_sub(42).min(40);
        let mut top = 1;
        for (what, objects, size, role) in fates(&row.totals) {
            let count = plural(objects, "object");
            let line = Line::new(role, format!(" {what:<9}"))
                .and(Role::Number, format!("{:>11}", bytes(size)))
                .and(Role::Plain, format!("{count:>18} "));
            let end = canvas.line(top, &line);
            let bar = bar::share(&canvas.theme().glyphs, size, row.totals.bytes, room, role);
            canvas.line_at(end, top, &bar);
            top += 1;
        }
        if let Some(ages) = row.totals.ages() {
            let text = format!(" freed at an age of {ages} collections (median / most)");
            canvas.line(top, &Line::new(Role::Dim, text));
            top += 1;
        }
        for (function, place) in &row.calls {
            let line =
                Line::new(Role::Name, format!(" {function}")).and(Role::Dim, format!("  {place}"));
            canvas.line(top, &line);
            top += 1;
        }
    }
}

impl Subject for Allocated {
    type Row = Allocation;
    type Topic = AskAllocations;

    const PAGE: Page = Page::Alloc;
    const KEYS: &'static [Binding] = &[
        enter("record", "to the first record of it in the text"),
        Binding::new(
            &[Key::Char('t')],
            Action::Group,
            "group",
            "by type, by size class, by stack",
        ),
        Binding::new(
            &[Key::Char('v')],
            Action::NextPane,
            "chart",
            "another chart: all size classes, what became of the selected sum",
        ),
        Binding::new(
            &[Key::Char(']')],
            Action::Next,
            "",
            "the next process, when several wrote to the input",
        ),
        Binding::new(
            &[Key::Char('[')],
            Action::Previous,
            "",
            "the previous process",
        ),
    ];
    const COLUMNS: &'static [&'static str] =
        &["bytes", "count", "live_bytes", "live", "freed", "key"];
    const GROWS: bool = true;

    fn question(&self, process: usize) -> AskAllocations {
        AskAllocations {
            process,
            by: self.by,
        }
    }

    fn take(&mut self, of: OfProcess<Allocations>) {
        self.of = of;
    }

    fn rows(&self) -> Option<Result<Shared<Allocation>, String>> {
        Some(match (&self.of.data, self.of.ended) {
            (Some(data), _) => Ok(Arc::new(Each(Arc::clone(&data.rows)))),
            (None, true) => Err(
                "no allocations are in the input: run the program with GODEBUG=allocfreetrace=1 (up to Go 1.22)"
                    .to_owned(),
            ),
            (None, false) => Err("no allocation yet; waiting for the first tracealloc line…".to_owned()),
        })
    }

    fn draw(&self, canvas: &mut Canvas<'_>, table: &Table<Allocation>) -> Range<u16> {
        let (width, height) = (canvas.width(), canvas.height());
        let Some(data) = &self.of.data else {
            return 0..height;
        };
        let mut top = 0;
        let head = self.headline(finding::short);
        let head = head
            .iter()
            .flat_map(|line| line.wrapped(usize::from(width), 2));
        for line in head.take(4) {
            canvas.line(top, &line);
            top += 1;
        }
        let charts = (height.saturating_sub(top) * 2 / 5).clamp(5, 20);
        let selected = table.selected();
        let mut area = canvas.rows(top, charts);
        match &selected {
            Some(row) if width >= WIDE => {
                let half = width / 2;
                Self::draw_sizes(&mut area.columns(0, half - 1), data, Some(row));
                Self::draw_sum(&mut area.columns(half, width - half), row);
            }
            Some(row) if self.one => Self::draw_sum(&mut area, row),
            row => Self::draw_sizes(&mut area, data, row.as_ref()),
        }
        top += charts;
        canvas.rule(top, &format!("sums by {}", data.by.as_str()), true);
        top + 1..height
    }

    fn head(&self) -> Vec<Line> {
        self.headline(finding::headline)
    }

    fn enter(&mut self, row: &Allocation) -> Did {
        let text = match row.by {
            By::Size => row.key.parse().ok().map(|size: u64| format!(", {size:#x}")),
            // An object without a type has no name in the trace.
            By::Type if row.key.starts_with('(') => None,
            By::Type | By::Stack => Some(row.key.clone()),
        };
        let text = text.unwrap_or_else(|| "tracealloc(".to_owned());
        Did::Want(vec![Effect::Go(Target::FindText { text })])
    }

    fn act(&mut self, action: Action) -> Did {
        match action {
            Action::NextPane => self.one = !self.one,
            Action::Group => {
                let at = By::ALL.iter().position(|by| *by == self.by);
                let next = at.map_or(0, |at| (at + 1) % By::ALL.len());
                self.by = By::ALL.get(next).copied().unwrap_or(By::Type);
                return Did::Ask;
            }
            Action::Back => return Did::Want(vec![Effect::Back]),
            _ => {}
        }
        Did::Want(Vec::new())
    }

    fn role(&self, column: &'static str, _row: &Allocation) -> Option<Role> {
        match column {
            "live" | "live_bytes" => Some(Role::Series(0)),
            "freed" => Some(Role::Series(1)),
            "key" => Some(Role::Type),
            _ => Some(Role::Plain),
        }
    }

    fn process(&self) -> Which {
        self.of.which()
    }

    fn status(&self, table: &Table<Allocation>) -> String {
        format!("{} sums", grouped(table.len() as u64))
    }

    fn file(&self, row: &Allocation) -> Option<FilePlace> {
        let own = |(function, _): &&(String, String)| *function == row.key;
        let (_, place) = row.calls.iter().find(own)?;
        let (file, line) = place.rsplit_once(':')?;
        Some(FilePlace::Source {
            file: file.to_owned(),
            line: line.parse().ok()?,
        })
    }

    fn verb(&self) -> Option<String> {
        Some("alloc".to_owned())
    }
}
