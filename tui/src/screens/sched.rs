//! The scheduler: queues of every P over time as heat, threads and idle Ps, the samples one by one.
//!
//! ```text
//!  20 samples over 20 s, 8 Ps; 12% of them idle; at most 91 goroutines waited to run (line 81)
//! ── queues over time ───────────────────────────────
//!  global      91 ░░▒▓█
//!  P0           4 ░  ▒
//!  idle Ps      6 ▂▁▇
//!  threads     14 ▅▅▆
//! ── samples ────────────────────────────────────────
//! ```

use crate::canvas::Canvas;
use crate::data::page::Page;
use crate::data::schedule::{AskSchedule, Schedule};
use crate::data::{OfProcess, Which};
use crate::geometry::cells;
use crate::keys::{Action, Binding, Key, OF_A_LOG};
use crate::rows::{Rows, Shared, Sort};
use crate::screen::Effect;
use crate::table::{Did, Subject, Table, TableScreen, enter};
use crate::theme::Theme;
use crate::widgets::axis;
use crate::widgets::chart::{self, Point, Window};
use dumpview_model::finding::Finding;
use dumpview_model::sched::{Column, Process, Sample};
use dumpview_model::units::{duration, grouped, percent, plural};
use dumpview_view::finding;
use dumpview_view::line::{Line, Role};
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type SchedScreen = TableScreen<Scheduler>;

/// What it is about.
#[derive(Default)]
pub struct Scheduler {
    of: OfProcess<Schedule>,
    /// The last samples, the newest first.
    rows: Option<Arc<Newest>>,
    /// The first P that is shown.
    first_p: usize,
}

struct Newest(Vec<Sample>);

impl Rows<Sample> for Newest {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<Sample> {
        self.0.get(index).cloned()
    }

    fn id(&self, index: usize) -> u64 {
        self.0.get(index).map_or(0, |sample| sample.place.offset)
    }
}

/// Five shades from nothing to the most.
fn shade(theme: &Theme, value: u64, most: u64) -> &'static str {
    const UNICODE: [&str; 5] = [" ", "░", "▒", "▓", "█"];
    const ASCII: [&str; 5] = [" ", ".", ":", "+", "#"];
    let steps = if theme.is_ascii() { ASCII } else { UNICODE };
    let step = if value == 0 {
        0
    } else {
        let scaled = u128::from(value.min(most)) * 3 / u128::from(most.max(1));
        1 + usize::try_from(scaled).unwrap_or(3)
    };
    steps.get(step).copied().unwrap_or(" ")
}

/// Milliseconds of a sample on the axis.
fn nanos(millis: u64) -> i64 {
    i64::try_from(millis.saturating_mul(1_000_000)).unwrap_or(i64::MAX)
}

impl Scheduler {
    fn run(&self) -> Option<&Process> {
        self.of.data.as_ref().map(|data| &*data.run)
    }

    /// What there is, and of each finding as much as `told` makes of it.
    fn headline(&self, told: impl Fn(&Finding) -> Line) -> Vec<Line> {
        let Some(run) = self.run() else {
            return Vec::new();
        };
        let (least, most, _) = run.gomaxprocs;
        let ps = if least == most {
            plural(u64::from(most), "P")
        } else {
            format!("{least} to {most} Ps")
        };
        let time = run.last_millis.saturating_sub(run.first_millis);
        let mut text = format!(" over {}, {ps}", duration(time.saturating_mul(1_000_000)));
        if run.capacity > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a share for people")]
            let idle = run.idle as f64 / run.capacity as f64;
            text.push_str(", ");
            text.push_str(&percent(idle));
            text.push_str(" of them idle");
        }
        if let Some(most) = run.runnable.max() {
            text.push_str("; at most ");
            text.push_str(&plural(most, "goroutine"));
            text.push_str(" waited to run (line ");
            text.push_str(&grouped(run.most_runnable_line));
            text.push(')');
        }
        let mut lines =
            vec![Line::new(Role::Heading, plural(run.samples, "sample")).and(Role::Plain, text)];
        let findings = self.of.data.iter().flat_map(|data| &data.findings);
        lines.extend(findings.take(2).map(told));
        lines
    }

    /// The heat map and the rows below it.
    fn draw_heat(&self, canvas: &mut Canvas<'_>, run: &Process) {
        const NAMES: u16 = 16;
        canvas.rule(
            0,
            "longest queues over time; a column is its worst, full the worst of all",
            false,
        );
        let columns = run.heat.columns();
        let (Some(first), Some(last)) = (columns.first(), columns.last()) else {
            return;
        };
        let window = Window {
            from: nanos(first.from),
            to: nanos(last.to.max(first.from + 1)),
        };
        let width = canvas.width().saturating_sub(NAMES);
        let ps = columns.iter().map(|c| c.local.len()).max().unwrap_or(0);
        let room = usize::from(canvas.height().saturating_sub(5));
        let first_p = self.first_p.min(ps.saturating_sub(room));
        let most = columns
            .iter()
            .flat_map(|column| column.local.iter().copied().chain([column.global]))
            .max()
            .unwrap_or(0);
        let reduced = |value: &dyn Fn(&Column) -> u64| {
            let points = columns
                .iter()
                .map(|column| Point::new(nanos(column.from), value(column)));
            let mut reduced = chart::reduce(points, window, width);
            // A stretch reaches to the next one.
            let mut before = None;
            for slot in &mut reduced {
                before = slot.or(before);
                *slot = before;
            }
            reduced
        };
        let name = |canvas: &mut Canvas<'_>, row: u16, name: String, most: u64| {
            let line = Line::plain(format!(" {name:<8}")).and(Role::Dim, format!("{most:>6}"));
            canvas.line(row, &line);
        };
        let mut row = 1;
        let mut heat = |canvas: &mut Canvas<'_>, title: String, value: &dyn Fn(&Column) -> u64| {
            let values = reduced(value);
            let own = values.iter().flatten().map(|(_, high)| *high).max();
            name(canvas, row, title, own.unwrap_or(0));
            let style = canvas.theme().style(Role::Series(3));
            for (column, value) in (NAMES..).zip(&values) {
                if let Some((_, high)) = value {
                    let symbol = shade(canvas.theme(), *high, most);
                    canvas.cell(column, row, style, symbol);
                }
            }
            row += 1;
        };
        heat(canvas, "global".to_owned(), &|column| column.global);
        for p in (first_p..ps).take(room) {
            heat(canvas, format!("P{p}"), &|column| {
                column.local.get(p).copied().unwrap_or(0)
            });
        }
        let mut below = row;
        for (title, role, value) in [
            (
                "idle Ps",
                Role::Series(1),
                &(|c: &Column| u64::from(c.idle)) as &dyn Fn(&Column) -> u64,
            ),
            ("threads", Role::Series(4), &|c: &Column| {
                u64::from(c.threads)
            }),
        ] {
            let values = reduced(value);
            let own = values
                .iter()
                .flatten()
                .map(|(_, high)| *high)
                .max()
                .unwrap_or(0);
            name(canvas, below, title.to_owned(), own);
            let mut cells = canvas.rows(below, 1);
            let mut cells = cells.columns(NAMES, width);
            chart::spark(&mut cells, 0, &values, own, role);
            below += 1;
        }
        if ps > room {
            let last_p = (first_p + room).saturating_sub(1);
            let more = format!(" P{first_p}-P{last_p} of {ps}");
            canvas.line(below, &Line::new(Role::Dim, more));
        }
        axis::times(&mut canvas.rows(below, 1).columns(NAMES, width), window);
    }
}

impl Subject for Scheduler {
    type Row = Sample;
    type Topic = AskSchedule;

    const PAGE: Page = Page::Table("Scheduler");
    const KEYS: &'static [Binding] = &[
        enter("line", "to the sample's line in the text"),
        Binding::new(
            &[Key::Char('J')],
            Action::ScrollDown,
            "",
            "the next Ps, when there are more than fit",
        ),
        Binding::new(&[Key::Char('K')], Action::ScrollUp, "", "the Ps before"),
    ];
    const SHARED_KEYS: &'static [Binding] = OF_A_LOG;
    const COLUMNS: &'static [&'static str] = &[
        "millis",
        "gomaxprocs",
        "idleprocs",
        "threads",
        "spinningthreads",
        "idlethreads",
        "runqueue",
        "local",
    ];
    const GROWS: bool = true;

    fn question(&self, process: usize) -> AskSchedule {
        AskSchedule { process }
    }

    fn take(&mut self, of: OfProcess<Schedule>) {
        self.rows = of.data.as_ref().map(|data| {
            let newest = data.run.recent.iter().rev().cloned();
            Arc::new(Newest(newest.collect()))
        });
        self.of = of;
    }

    fn rows(&self) -> Option<Result<Shared<Sample>, String>> {
        Some(match (&self.rows, self.of.ended) {
            (Some(rows), _) => Ok(Arc::<Newest>::clone(rows)),
            (None, true) => Err(
                "no sample of the scheduler is in the input: run the program with GODEBUG=schedtrace=1000".to_owned(),
            ),
            (None, false) => {
                Err("no sample yet; waiting for the first schedtrace line…".to_owned())
            }
        })
    }

    fn manner(&self) -> (Sort, &'static [&'static str]) {
        (Sort::default(), &["offset"])
    }

    fn draw(&self, canvas: &mut Canvas<'_>, _table: &Table<Sample>) -> Range<u16> {
        let (width, height) = (canvas.width(), canvas.height());
        let Some(run) = self.run() else {
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
        let ps = run.heat.columns().iter().map(|c| c.local.len()).max();
        let wanted = cells(ps.unwrap_or(0)).saturating_add(5);
        let map = wanted.min(height.saturating_sub(top) * 3 / 5).max(6);
        self.draw_heat(&mut canvas.rows(top, map), run);
        top += map;
        if let Some(waits) = waits(run) {
            canvas.line(top, &waits);
            top += 1;
        }
        canvas.rule(top, "samples", true);
        top + 1..height
    }

    fn head(&self) -> Vec<Line> {
        self.headline(finding::headline)
    }

    fn line_of(&self, sample: &Sample) -> Option<u64> {
        Some(sample.place.line)
    }

    fn act(&mut self, action: Action) -> Did {
        match action {
            Action::ScrollDown => self.first_p += 1,
            Action::ScrollUp => self.first_p = self.first_p.saturating_sub(1),
            Action::Back => return Did::Want(vec![Effect::Back]),
            _ => {}
        }
        Did::Want(Vec::new())
    }

    fn role(&self, column: &'static str, sample: &Sample) -> Option<Role> {
        let waits = sample.runqueue > 0 || sample.local.iter().any(|n| *n > 0);
        match column {
            "idleprocs" => Some(Role::Series(1)),
            "runqueue" | "local" if waits => Some(Role::Warning),
            _ => None,
        }
    }

    fn process(&self) -> Which {
        self.of.which()
    }

    fn status(&self, _table: &Table<Sample>) -> String {
        if self.of.ended { "ended" } else { "live" }.to_owned()
    }

    fn verb(&self) -> Option<String> {
        Some("sched".to_owned())
    }
}

/// How many goroutines were in which state, where the last sample said it.
fn waits(run: &Process) -> Option<Line> {
    let waits = run.waits.as_ref()?;
    let counts = waits.counts.iter().take(6).map(|count| {
        let state = if count.reason.is_empty() {
            count.status
        } else {
            &count.reason
        };
        format!("{} {state}", grouped(count.count))
    });
    let counts: Vec<String> = counts.collect();
    let text = format!(" at line {}: {}", grouped(waits.line), counts.join(", "));
    Some(Line::new(Role::Heading, plural(waits.alive, "goroutine")).and(Role::Plain, text))
}
