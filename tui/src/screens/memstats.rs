//! Memory statistics: the heap and what the system gave from snapshot to snapshot, where the memory of one of them is, the
//! snapshots one by one.
//!
//! ```text
//!  12 snapshots in 3 min 2 s; at the end 40.0 MiB from the system, 3.1 MiB of objects
//! ── memory by time: objects, unused, rest of Sys ──── where Sys of line 81 is ───────────
//!  50 MiB ▂▅▇                                           3.1 MiB ██▏ objects
//! ── snapshots ───────────────────────────────────────────────────────────────────────────
//!    LINE  TIME  HEAPALLOC  HEAPINUSE  SYS
//! ```

use crate::canvas::Canvas;
use crate::data::page::Page;
use crate::data::statistics::{AskStatistics, Statistics};
use crate::data::{OfProcess, Which};
use crate::geometry::cells;
use crate::keys::{Action, Binding, Key, OF_A_LOG};
use crate::rows::{Rows, Shared, Sort};
use crate::screen::Effect;
use crate::table::{Did, Subject, Table, TableScreen, enter};
use crate::widgets::axis::{self, Axis};
use crate::widgets::bar;
use crate::widgets::chart::{self, Point, Window};
use dumpview_model::finding::Finding;
use dumpview_model::memstats::{Field, Snapshot, Value, elapsed};
use dumpview_model::units::{bytes, duration, grouped, plural};
use dumpview_view::finding;
use dumpview_view::line::{Line, Role};
use dumpview_view::rows::MemorySnapshot;
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type MemstatsScreen = TableScreen<Memory>;

/// From this width on both charts stand side by side.
const WIDE: u16 = 110;

/// What it is about.
#[derive(Default)]
pub struct Memory {
    of: OfProcess<Statistics>,
    /// The only chart of a narrow terminal is the one of a snapshot.
    parts: bool,
}

/// The newest first.
struct Newest(Arc<[MemorySnapshot]>);

impl Rows<MemorySnapshot> for Newest {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<MemorySnapshot> {
        self.0.iter().nth_back(index).cloned()
    }

    fn id(&self, index: usize) -> u64 {
        let row = self.0.iter().nth_back(index);
        row.map_or(0, |row| row.snapshot.place.offset)
    }
}

/// Where in the middle of what a printed number can mean it stands in a chart.
fn amount(snapshot: &Snapshot, field: Field) -> Option<u64> {
    match snapshot.get(field)? {
        Value::Integer(n) => Some(n),
        Value::Amount(amount) => {
            let (least, most) = amount.range();
            Some(least.midpoint(most))
        }
        _ => None,
    }
}

/// A field as it was printed.
fn printed(snapshot: &Snapshot, field: Field) -> Option<String> {
    match snapshot.get(field)? {
        Value::Integer(n) => Some(bytes(n)),
        Value::Amount(amount) => Some(amount.to_string()),
        _ => None,
    }
}

fn objects(snapshot: &Snapshot) -> Option<u64> {
    amount(snapshot, Field::HeapAlloc).or_else(|| amount(snapshot, Field::Alloc))
}

/// What the process had of the system and did not give back.
fn held(snapshot: &Snapshot) -> Option<u64> {
    let sys = amount(snapshot, Field::Sys)?;
    let released = amount(snapshot, Field::HeapReleased).unwrap_or(0);
    Some(sys.saturating_sub(released))
}

impl Memory {
    fn snapshots(&self) -> &[MemorySnapshot] {
        self.of.data.as_ref().map_or(&[], |data| &data.snapshots)
    }

    /// What there is, and of each finding as much as `told` makes of it.
    fn headline(&self, told: impl Fn(&Finding) -> Line) -> Vec<Line> {
        let all = self.snapshots();
        let (Some(data), Some(first), Some(last)) = (&self.of.data, all.first(), all.last()) else {
            return Vec::new();
        };
        let last = &last.snapshot;
        let mut text = elapsed(&first.snapshot, last)
            .filter(|ns| *ns > 0)
            .map_or_else(String::new, |ns| format!(" in {}", duration(ns)));
        let live = printed(last, Field::HeapAlloc).or_else(|| printed(last, Field::Alloc));
        let said = [
            printed(last, Field::Sys).map(|sys| format!("{sys} from the system")),
            live.map(|live| format!("{live} of objects, live or not yet swept")),
            last.integer(Field::NumGC).map(|n| plural(n, "collection")),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        if !said.is_empty() {
            text.push_str("; at the end ");
            text.push_str(&said.join(", "));
        }
        let mut lines =
            vec![Line::new(Role::Heading, plural(data.count, "snapshot")).and(Role::Plain, text)];
        lines.extend(data.findings.iter().take(2).map(told));
        lines
    }

    /// When each snapshot was printed, since the first, where all were stamped by one clock; else its number.
    fn moments(&self) -> (Vec<i64>, bool) {
        let all = self.snapshots();
        let since = |of: &MemorySnapshot| {
            let ns = elapsed(&all.first()?.snapshot, &of.snapshot)?;
            i64::try_from(ns).ok()
        };
        let stamped: Option<Vec<i64>> = all.iter().map(since).collect();
        let stamped = stamped.filter(|at| at.last() > at.first() && at.is_sorted());
        match stamped {
            Some(at) => (at, true),
            None => ((0..).take(all.len()).collect(), false),
        }
    }

    fn draw_series(&self, canvas: &mut Canvas<'_>, selected: Option<u64>) {
        let all = self.snapshots();
        let (at, stamped) = self.moments();
        let has = |value: fn(&Snapshot) -> Option<u64>| {
            all.iter().any(|of| value(&of.snapshot).is_some())
        };
        let mut title = "memory: objects".to_owned();
        if has(|of| amount(of, Field::HeapInuse)) {
            title.push_str(", unused in their spans");
        }
        if has(held) {
            title.push_str(", the rest of Sys");
        }
        if has(|of| amount(of, Field::HeapReleased)) {
            title.push_str(" less what was given back");
        }
        canvas.rule(0, &title, false);
        let window = Window {
            from: 0,
            to: at.last().copied().unwrap_or(0).max(1),
        };
        let height = canvas.height().saturating_sub(2);
        let sums = all
            .iter()
            .flat_map(|of| [objects(&of.snapshot), held(&of.snapshot)]);
        let axis = Axis::of_bytes(sums.flatten().max().unwrap_or(0), height);
        let left = axis.width(bytes);
        axis.draw(&mut canvas.rows(1, height).columns(0, left), bytes);
        let width = canvas.width().saturating_sub(left);
        let curve = |value: &dyn Fn(&Snapshot) -> Option<u64>| {
            let points = at.iter().zip(all);
            let points = points.filter_map(|(at, of)| Some(Point::new(*at, value(&of.snapshot)?)));
            chart::connected(&chart::reduce(points, window, width))
        };
        let live = curve(&objects);
        let inuse = curve(&|of| amount(of, Field::HeapInuse));
        let whole = curve(&held);
        let mut plot = canvas.rows(1, height);
        let mut plot = plot.columns(left, width);
        for column in 0..width {
            let of = |curve: &[Option<u64>]| curve.get(usize::from(column)).copied().flatten();
            let live = of(&live).unwrap_or(0);
            let inuse = of(&inuse).unwrap_or(0).max(live);
            let whole = of(&whole).unwrap_or(0).max(inuse);
            let parts = [
                (live, Role::Series(0)),
                (inuse - live, Role::Series(5)),
                (whole - inuse, Role::Series(4)),
            ];
            chart::stack(&mut plot, column, &parts, axis.top);
        }
        let place = |of: &MemorySnapshot| Some(of.snapshot.place.offset) == selected;
        let chosen = all.iter().position(place).and_then(|index| at.get(index));
        if let Some(column) = chosen.and_then(|at| window.column(*at, width)) {
            let style = plot.theme().selected(true);
            for row in 0..height {
                plot.style_cells(column, row, 1, style);
            }
        }
        let mut foot = canvas.rows(height + 1, 1);
        let mut foot = foot.columns(left, width);
        if stamped {
            axis::times(&mut foot, window);
            return;
        }
        let name = |(at, of): (&i64, &MemorySnapshot)| {
            let column = window.column(*at, width)?;
            Some((column, format!("line {}", grouped(of.snapshot.place.line))))
        };
        let names: Vec<(u16, String)> = at.iter().zip(all).filter_map(name).collect();
        axis::labels(&mut foot, &names);
    }

    /// Where the memory of a snapshot is; what it has of fields where that is no account of Sys.
    fn draw_parts(canvas: &mut Canvas<'_>, row: &MemorySnapshot) {
        let snapshot = &row.snapshot;
        let line = grouped(snapshot.place.line);
        let Some(parts) = snapshot.parts() else {
            canvas.rule(0, &format!("what line {line} says"), false);
            for (row, (field, _)) in (1..canvas.height()).zip(snapshot.fields()) {
                let value = if field.is_bytes() {
                    printed(snapshot, field)
                } else {
                    snapshot.integer(field).map(grouped)
                };
                let name = Line::new(Role::Dim, format!(" {:<14}", field.name()));
                canvas.line(row, &name.and(Role::Plain, value.unwrap_or_default()));
            }
            return;
        };
        canvas.rule(
            0,
            &format!("where the {} of line {line} are", bytes(parts.sys)),
            false,
        );
        let mut largest = parts.parts;
        largest.sort_by_key(|part| std::cmp::Reverse(part.bytes));
        let most = largest.first().map_or(1, |part| part.bytes);
        let room = (canvas.width() / 4).min(30);
        for (row, part) in (1..canvas.height()).zip(&largest) {
            let bar = bar::share(
                &canvas.theme().glyphs,
                part.bytes,
                most,
                room,
                Role::Series(0),
            );
            let blanks = usize::from(room).saturating_sub(bar.width());
            let mut line = Line::new(Role::Number, format!("{:>11} ", bytes(part.bytes)));
            line.spans.extend(bar.spans);
            let what = format!("{} {}", " ".repeat(blanks), part.what);
            canvas.line(row, &line.and(Role::Plain, what));
        }
    }
}

impl Subject for Memory {
    type Row = MemorySnapshot;
    type Topic = AskStatistics;

    const PAGE: Page = Page::Memstats;
    const KEYS: &'static [Binding] = &[
        enter("line", "to the snapshot's line in the text"),
        Binding::new(
            &[Key::Char('v')],
            Action::NextPane,
            "chart",
            "another chart: all snapshots, where the memory of the selected one is",
        ),
    ];
    const SHARED_KEYS: &'static [Binding] = OF_A_LOG;
    const COLUMNS: &'static [&'static str] = &[
        "line",
        "time",
        "Alloc",
        "HeapAlloc",
        "HeapInuse",
        "Sys",
        "HeapObjects",
        "NumGC",
    ];
    const GROWS: bool = true;

    fn question(&self, process: usize) -> AskStatistics {
        AskStatistics { process }
    }

    fn take(&mut self, of: OfProcess<Statistics>) {
        self.of = of;
    }

    fn rows(&self) -> Option<Result<Shared<MemorySnapshot>, String>> {
        Some(match (&self.of.data, self.of.ended) {
            (Some(data), _) => Ok(Arc::new(Newest(Arc::clone(&data.snapshots)))),
            (None, true) => Err(
                "no memory statistics are in the input: print runtime.MemStats (%+v, JSON)"
                    .to_owned(),
            ),
            (None, false) => Err("no memory statistics yet; waiting for the first…".to_owned()),
        })
    }

    fn manner(&self) -> (Sort, &'static [&'static str]) {
        let named = |field| move |of: &MemorySnapshot| of.snapshot.get(field).is_some();
        let twice = self.snapshots().iter().any(named(Field::HeapAlloc));
        let hidden: &[&str] = if twice { &["Alloc"] } else { &["HeapAlloc"] };
        (Sort::default(), hidden)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, table: &Table<MemorySnapshot>) -> Range<u16> {
        let (width, height) = (canvas.width(), canvas.height());
        if self.snapshots().is_empty() {
            return 0..height;
        }
        let mut top = 0;
        let head = self.headline(finding::short);
        let head = head
            .iter()
            .flat_map(|line| line.wrapped(usize::from(width), 2));
        for line in head.take(4) {
            canvas.line(top, &line);
            top += 1;
        }
        // What few snapshots leave of the screen is the charts'.
        let half = (height.saturating_sub(top) / 2).clamp(4, 16);
        let left = height.saturating_sub(top + cells(table.len()) + 2);
        let charts = left.clamp(half, 24);
        let selected = table.selected();
        let place = selected.as_ref().map(|row| row.snapshot.place.offset);
        let mut area = canvas.rows(top, charts);
        // One snapshot is no series.
        let one = self.snapshots().len() == 1;
        match &selected {
            Some(row) if one => Self::draw_parts(&mut area, row),
            Some(row) if width >= WIDE => {
                let half = width / 2;
                self.draw_series(&mut area.columns(0, half - 1), place);
                Self::draw_parts(&mut area.columns(half, width - half), row);
            }
            Some(row) if self.parts => Self::draw_parts(&mut area, row),
            _ => self.draw_series(&mut area, place),
        }
        top += charts;
        canvas.rule(top, "snapshots", true);
        top + 1..height
    }

    fn head(&self) -> Vec<Line> {
        self.headline(finding::headline)
    }

    fn line_of(&self, row: &MemorySnapshot) -> Option<u64> {
        Some(row.snapshot.place.line).filter(|line| *line > 0)
    }

    fn act(&mut self, action: Action) -> Did {
        match action {
            Action::NextPane => self.parts = !self.parts,
            Action::Back => return Did::Want(vec![Effect::Back]),
            _ => {}
        }
        Did::Want(Vec::new())
    }

    fn role(&self, column: &'static str, _row: &MemorySnapshot) -> Option<Role> {
        match column {
            "Alloc" | "HeapAlloc" => Some(Role::Series(0)),
            "HeapInuse" => Some(Role::Series(5)),
            "Sys" => Some(Role::Series(4)),
            _ => Some(Role::Plain),
        }
    }

    fn process(&self) -> Which {
        self.of.which()
    }

    fn status(&self, _table: &Table<MemorySnapshot>) -> String {
        if self.of.ended { "ended" } else { "live" }.to_owned()
    }

    fn verb(&self) -> Option<String> {
        Some("memstats".to_owned())
    }
}
