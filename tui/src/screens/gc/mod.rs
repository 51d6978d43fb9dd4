//! The collector: heap over time, phases and pauses, the cycles one by one; also while a pipe feeds it.
//!
//! ```text
//!  1,204 cycles in 5 min 3 s, 0.8% of CPU; the world stood still for 812 ms, at most 3.4 ms (line 8,121)
//! ── heap, MiB ─────────────────────────────── phases of the last cycles ──────────────
//!  412 ▂▅▇                                     ▂▂▅▂
//! ── cycles ────────────────────────────────────────────────────────────────────────────
//!    CYCLE       AT     STW    MARK   BEFORE   PEAK   LIVE   GOAL  CPU
//! ── the application's last lines ──────────────────────────────────────────────────────
//! ```

mod charts;

use crate::canvas::Canvas;
use crate::data::Which;
use crate::data::collections::{AskCollections, Collector};
use crate::data::page::Page;
use crate::geometry::cells;
use crate::keys::{Action, Binding, Key, OF_A_LOG};
use crate::rows::{Rows, Shared};
use crate::screen::Effect;
use crate::table::{Did, Subject, Table, TableScreen, enter};
use dumpview_model::finding::Finding;
use dumpview_model::gc::{Cycle, Process};
use dumpview_model::units::{duration, grouped, percent, plural};
use dumpview_view::finding;
use dumpview_view::line::{Line, Role};
use std::ops::Range;
use std::sync::Arc;

/// The screen.
pub type GcScreen = TableScreen<Gc>;

/// What the chart on the right (or the only one) shows.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum View {
    #[default]
    Heap,
    Phases,
    Pauses,
}

/// What it is about.
#[derive(Default)]
pub struct Gc {
    data: Collector,
    /// The last cycles, the newest first.
    rows: Option<Arc<Newest>>,
    view: View,
}

struct Newest(Vec<Cycle>);

impl Rows<Cycle> for Newest {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, index: usize) -> Option<Cycle> {
        self.0.get(index).copied()
    }

    fn id(&self, index: usize) -> u64 {
        self.0.get(index).map_or(0, |cycle| cycle.place.offset)
    }
}

impl Gc {
    fn run(&self) -> Option<&Process> {
        self.data.of.data.as_ref().map(|data| &*data.run)
    }

    /// What there is, and of each finding as much as `told` makes of it.
    fn headline(&self, told: impl Fn(&Finding) -> Line) -> Vec<Line> {
        let Some(run) = self.run() else {
            return Vec::new();
        };
        let mut line = Line::new(Role::Heading, plural(run.cycles, "cycle"));
        if let (Some(begin), Some(end)) = (run.begin(), run.end()) {
            line.push(
                Role::Plain,
                format!(" in {}", duration(end.0.saturating_sub(begin.0))),
            );
        }
        if let Some(cpu) = run.last.cpu_percent() {
            line.push(Role::Plain, format!(", {cpu}% of CPU since the start"));
        }
        let pause = &run.times.pause;
        let total = u64::try_from(pause.sum()).unwrap_or(u64::MAX);
        line.push(
            Role::Plain,
            format!("; the world stood still for {} in all", duration(total)),
        );
        if let Some(worst) = &run.extremes.pause {
            line.push(
                Role::Plain,
                format!(
                    ", at most {} (line {})",
                    duration(worst.pause().0),
                    grouped(worst.place.line)
                ),
            );
        }
        let mut lines = vec![line];
        if let Some(missing) = Some(run.missing()).filter(|n| *n > 0) {
            lines.push(Line::new(
                Role::Warning,
                format!(
                    "{} of this process are not in the input",
                    plural(missing, "more cycle")
                ),
            ));
        }
        let findings = self.data.of.data.iter().flat_map(|data| &data.findings);
        lines.extend(findings.take(2).map(told));
        lines
    }

    fn draw_charts(&self, canvas: &mut Canvas<'_>, run: &Process, selected: Option<&Cycle>) {
        let width = canvas.width();
        if width < 110 {
            match self.view {
                View::Heap => Self::draw_heap(canvas, run, selected),
                View::Phases => Self::draw_phases(canvas, run, selected),
                View::Pauses => Self::draw_pauses(canvas, run),
            }
            return;
        }
        let half = width / 2;
        Self::draw_heap(
            &mut canvas.columns(0, half.saturating_sub(1)),
            run,
            selected,
        );
        let mut right = canvas.columns(half, width - half);
        if self.view == View::Pauses {
            Self::draw_pauses(&mut right, run);
        } else {
            Self::draw_phases(&mut right, run, selected);
        }
    }
}

impl Subject for Gc {
    type Row = Cycle;
    type Topic = AskCollections;

    const PAGE: Page = Page::Gc;
    const KEYS: &'static [Binding] = &[
        enter("line", "to the cycle's line in the text"),
        Binding::new(
            &[Key::Char('v')],
            Action::NextPane,
            "chart",
            "another chart: heap, phases, pauses",
        ),
    ];
    const SHARED_KEYS: &'static [Binding] = OF_A_LOG;
    const COLUMNS: &'static [&'static str] = &[
        "number",
        "start_ns",
        "pause_ns",
        "mark_ns",
        "heap_start_mib",
        "heap_end_mib",
        "heap_live_mib",
        "goal_mib",
        "cpu_percent",
    ];
    const GROWS: bool = true;

    fn question(&self, process: usize) -> AskCollections {
        AskCollections { process }
    }

    fn take(&mut self, data: Collector) {
        self.rows = data.of.data.as_ref().map(|data| {
            let newest = data.run.recent.iter().rev().copied();
            Arc::new(Newest(newest.collect()))
        });
        self.data = data;
    }

    fn rows(&self) -> Option<Result<Shared<Cycle>, String>> {
        Some(match (&self.rows, self.data.of.ended) {
            (Some(rows), _) => Ok(Arc::<Newest>::clone(rows)),
            (None, true) => Err(
                "no collection is in the input: run the program with GODEBUG=gctrace=1".to_owned(),
            ),
            (None, false) => {
                Err("no collection yet; waiting for the first gctrace line…".to_owned())
            }
        })
    }

    fn draw(&self, canvas: &mut Canvas<'_>, table: &Table<Cycle>) -> Range<u16> {
        let (width, height) = (canvas.width(), canvas.height());
        let Some(run) = self.run() else {
            Self::draw_other(canvas, 2, &self.data);
            return 0..2;
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
        let other = cells(self.data.other.len()).min(if height >= 30 { 5 } else { 2 });
        let foot = if other > 0 { other + 1 } else { 0 };
        let half = (height.saturating_sub(top + foot) / 2).clamp(4, 16);
        // What few cycles leave of the screen is the charts'.
        let left = height.saturating_sub(top + foot + cells(table.len()) + 2);
        let charts = left.clamp(half, 24);
        let selected = table.selected();
        self.draw_charts(&mut canvas.rows(top, charts), run, selected.as_ref());
        top += charts;
        let title = if run.cycles > run.recent.len() as u64 {
            format!("the last {} cycles", run.recent.len())
        } else {
            "cycles".to_owned()
        };
        let notes = selected.map_or_else(String::new, |cycle| {
            let notes = notes(&cycle).join(", ");
            let about = format!("; cycle {}: {notes}", cycle.number());
            if notes.is_empty() { notes } else { about }
        });
        canvas.rule(top, &format!("{title}{notes}"), true);
        let end = height.saturating_sub(foot);
        if other > 0 {
            Self::draw_other(canvas, end, &self.data);
        }
        top + 1..end
    }

    fn head(&self) -> Vec<Line> {
        self.headline(finding::headline)
    }

    fn line_of(&self, cycle: &Cycle) -> Option<u64> {
        Some(cycle.place.line)
    }

    fn act(&mut self, action: Action) -> Did {
        match action {
            Action::NextPane => {
                self.view = match self.view {
                    View::Heap => View::Phases,
                    View::Phases => View::Pauses,
                    View::Pauses => View::Heap,
                }
            }
            Action::Back => return Did::Want(vec![Effect::Back]),
            _ => {}
        }
        Did::Want(Vec::new())
    }

    fn mark(&self, cycle: &Cycle) -> Option<(char, Role)> {
        (!notes(cycle).is_empty()).then_some(('!', Role::Warning))
    }

    fn role(&self, column: &'static str, _cycle: &Cycle) -> Option<Role> {
        match column {
            "pause_ns" => Some(Role::Series(3)),
            "mark_ns" => Some(Role::Series(1)),
            "heap_live_mib" => Some(Role::Series(0)),
            _ => None,
        }
    }

    fn process(&self) -> Which {
        self.data.of.which()
    }

    fn status(&self, _table: &Table<Cycle>) -> String {
        let unread = match self.data.unread {
            0 => String::new(),
            n => format!("{} unreadable  ", plural(n, "line")),
        };
        let share = self.run().and_then(Process::cpu_share);
        let share = share.map_or_else(String::new, |share| format!("{} of CPU  ", percent(share)));
        let state = if self.data.of.ended { "ended" } else { "live" };
        format!("{unread}{share}{state}")
    }

    fn verb(&self) -> Option<String> {
        Some("gc".to_owned())
    }
}

/// What is unusual about a cycle, in words.
fn notes(cycle: &Cycle) -> Vec<String> {
    let mut notes = Vec::new();
    if cycle.sysmon_forced {
        notes.push("forced by sysmon".to_owned());
    } else if cycle.forced() {
        notes.push("forced by the program".to_owned());
    }
    if cycle.leak_check() {
        notes.push("looked for leaked goroutines".to_owned());
    }
    if cycle.lost_before > 0 {
        notes.push(format!(
            "{} before it missing",
            plural(cycle.lost_before, "cycle")
        ));
    }
    if cycle.doubtful {
        notes.push("may be another process's".to_owned());
    }
    if let Some(over) = cycle.over_goal().filter(|over| over.0 > 0) {
        notes.push(format!("{} MiB over its goal", over.0));
    }
    notes
}
