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

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::geometry::cells;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::line::{Line, Role};
use crate::screen::{Effect, Export, Input, Screen, Target};
use crate::widgets::bar;
use crate::widgets::chart::{self, Point, Window};
use crate::widgets::list::ListState;
use dumpview_model::finding::{Finding, Severity};
use dumpview_model::gc::{Cycle, Run};
use dumpview_model::stats::Series;
use dumpview_model::units::{duration, grouped, percent, plural};

/// What the collector did, as far as the input has been read.
#[derive(Clone, Debug, Default)]
pub struct Collections {
    /// The process that is shown; none when the input has no cycle.
    pub run: Option<Box<Run>>,
    /// Which of how many processes it is.
    pub number: usize,
    /// How many there are.
    pub runs: usize,
    /// What is worth knowing.
    pub findings: Vec<Finding>,
    /// The application's last lines.
    pub other: Vec<String>,
    /// Lines that looked like a trace and could not be read.
    pub unrecognized: u64,
    /// There will be no more.
    pub ended: bool,
}

/// What the chart on the right (or the only one) shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Heap,
    Phases,
    Pauses,
}

/// The screen.
pub struct GcScreen {
    data: Option<Collections>,
    failed: Option<String>,
    run: usize,
    view: View,
    oldest_first: bool,
    list: ListState,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "line",
        "to the cycle's line in the text",
    ),
    Binding::new(
        &[Key::Char('v')],
        Action::NextPane,
        "chart",
        "another chart: heap, phases, pauses",
    ),
    Binding::new(
        &[Key::Char('r')],
        Action::Reverse,
        "reverse",
        "oldest or newest cycles first",
    ),
    Binding::new(
        &[Key::Char(']')],
        Action::NextGoroutine,
        "",
        "the next process, when several wrote to the input",
    ),
    Binding::new(
        &[Key::Char('[')],
        Action::PreviousGoroutine,
        "",
        "the previous process",
    ),
    Binding::new(
        &[Key::Char('t')],
        Action::Mark,
        "",
        "to the cycle's moment on the timeline",
    ),
];

impl Default for GcScreen {
    fn default() -> Self {
        Self {
            data: None,
            failed: None,
            run: 0,
            view: View::Heap,
            oldest_first: false,
            list: ListState::default(),
        }
    }
}

/// A series as points of a chart.
fn points(series: &Series) -> impl Iterator<Item = Point> {
    series.buckets().iter().map(|bucket| Point {
        at: i64::try_from(bucket.from).unwrap_or(i64::MAX),
        low: bucket.min,
        high: bucket.max,
    })
}

/// The time that a series covers.
fn window(series: &Series) -> Window {
    let end = |at: u64| i64::try_from(at).unwrap_or(i64::MAX);
    let buckets = series.buckets();
    Window {
        from: buckets.first().map_or(0, |bucket| end(bucket.from)),
        to: buckets.last().map_or(1, |bucket| end(bucket.to)),
    }
}

fn greatest(series: &Series) -> u64 {
    series
        .buckets()
        .iter()
        .map(|bucket| bucket.max)
        .max()
        .unwrap_or(0)
}

impl GcScreen {
    fn ask(&self) -> Vec<Effect> {
        vec![Effect::Ask(Request::Collections { run: self.run })]
    }

    fn run(&self) -> Option<&Run> {
        self.data.as_ref()?.run.as_deref()
    }

    /// The cycle of a row.
    fn cycle(&self, row: usize) -> Option<&Cycle> {
        let recent = &self.run()?.recent;
        let index = if self.oldest_first {
            row
        } else {
            recent.len().checked_sub(row + 1)?
        };
        recent.get(index)
    }

    fn take(&mut self, data: Collections) {
        // The cursor stays on its cycle while new ones arrive, but for the newest, which it follows.
        let before = self
            .list
            .selected()
            .filter(|row| self.oldest_first || *row > 0);
        let number = before.and_then(|row| self.cycle(row)).map(Cycle::number);
        self.data = Some(data);
        let len = self.run().map_or(0, |run| run.recent.len());
        self.list.set_len(len);
        let row = number.and_then(|number| {
            (0..len).find(|row| self.cycle(*row).map(Cycle::number) == Some(number))
        });
        self.list.select(row.unwrap_or(0));
    }

    fn headline(&self) -> Vec<Line> {
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
        let findings = self.data.as_ref().map_or(&[][..], |data| &data.findings);
        lines.extend(findings.iter().take(2).map(|finding| {
            let role = if finding.severity == Severity::Info {
                Role::Plain
            } else {
                Role::Warning
            };
            Line::new(role, format!("{}: ", finding.severity.name()))
                .and(Role::Plain, finding.text.clone())
        }));
        lines
    }

    fn draw_heap(canvas: &mut Canvas<'_>, run: &Run) {
        let series = &run.series;
        canvas.rule(0, "heap in MiB: live, collected, goal (-)", false);
        let height = canvas.height().saturating_sub(2);
        let most = greatest(&series.peak).max(greatest(&series.goal)).max(1);
        let label = grouped(most);
        let left = cells(label.len()) + 1;
        chart::label(&mut canvas.rows(1, height).columns(0, left), &label);
        let time = window(&series.peak);
        let width = canvas.width().saturating_sub(left);
        let peak = chart::reduce(points(&series.peak), time, width);
        let live = chart::reduce(points(&series.live), time, width);
        let goal = chart::reduce(points(&series.goal), time, width);
        let mut plot = canvas.rows(1, height);
        let mut plot = plot.columns(left, width);
        let mark = plot.theme().glyphs.horizontal;
        let (mut last_peak, mut last_live) = (None, None);
        for column in 0..width {
            let at = |columns: &[Option<(u64, u64)>]| {
                columns.get(usize::from(column)).copied().flatten()
            };
            // Between two cycles that stand in different columns the heap was not measured: it is drawn as it was.
            last_peak = at(&peak).map(|(_, high)| high).or(last_peak);
            last_live = at(&live).map(|(low, _)| low).or(last_live);
            let (high, low) = (last_peak.unwrap_or(0), last_live.unwrap_or(0));
            let low = low.min(high);
            chart::stack(
                &mut plot,
                column,
                &[(low, Role::Series(0)), (high - low, Role::Series(5))],
                most,
            );
            if let Some(row) = at(&goal).and_then(|(_, goal)| chart::row_of(goal, most, height)) {
                let style = plot.theme().style(Role::Warning);
                plot.cell(column, row, style, mark);
            }
        }
        let foot = Line::new(
            Role::Dim,
            format!("{} to {}", moment(time.from), moment(time.to)),
        );
        canvas.line_at(left, height + 1, &foot);
    }

    fn draw_phases(&self, canvas: &mut Canvas<'_>, run: &Run) {
        canvas.rule(
            0,
            "wall time of the last cycles: marking, world stopped",
            false,
        );
        let height = canvas.height().saturating_sub(1);
        let width = usize::from(canvas.width());
        let shown: Vec<&Cycle> = run
            .recent
            .iter()
            .rev()
            .take(width.saturating_sub(10))
            .collect();
        let most = shown
            .iter()
            .map(|cycle| cycle.wall().0)
            .max()
            .unwrap_or(1)
            .max(1);
        let label = duration(most);
        let left = cells(label.chars().count()) + 1;
        chart::label(&mut canvas.rows(1, height).columns(0, left), &label);
        let selected = self
            .list
            .selected()
            .and_then(|row| self.cycle(row))
            .map(|cycle| cycle.place);
        let mut plot = canvas.rows(1, height);
        let mut plot = plot.columns(left, cells(width));
        for (column, cycle) in (0..).zip(shown.iter().rev()) {
            let stopped = cycle.pause().0;
            let rest = cycle.wall().0.saturating_sub(stopped);
            let chosen = selected == Some(cycle.place);
            let role = if chosen {
                Role::Series(2)
            } else {
                Role::Series(1)
            };
            chart::stack(
                &mut plot,
                column,
                &[(rest, role), (stopped, Role::Series(3))],
                most,
            );
        }
    }

    fn draw_pauses(canvas: &mut Canvas<'_>, run: &Run) {
        let pause = &run.times.pause;
        canvas.rule(0, "how long the world stood still", false);
        let rows = u64::from(canvas.height().saturating_sub(2)).max(1);
        let (Some(min), Some(max)) = (pause.min(), pause.max()) else {
            return;
        };
        // Buckets double: pauses spread over orders of magnitude.
        let mut edges = vec![min.max(1_000)];
        while edges.last().is_some_and(|edge| *edge <= max) && (edges.len() as u64) < 40 {
            let next = edges.last().map_or(max, |edge| edge.saturating_mul(2));
            edges.push(next);
        }
        let mut counts: Vec<(u64, u64, u64)> = edges
            .windows(2)
            .enumerate()
            .filter_map(|(index, pair)| match pair {
                [from, to] => Some((
                    *from,
                    *to,
                    pause.between(if index == 0 { 0 } else { *from }, *to),
                )),
                _ => None,
            })
            .collect();
        while counts.len() as u64 > rows {
            let Some((from, to, count)) = counts
                .get(1)
                .copied()
                .zip(counts.first().copied())
                .map(|(b, a)| (a.0, b.1, a.2 + b.2))
            else {
                break;
            };
            counts.remove(0);
            if let Some(first) = counts.first_mut() {
                *first = (from, to, count);
            }
        }
        let most = counts.iter().map(|(_, _, count)| *count).max().unwrap_or(1);
        for (row, (_, to, count)) in (1..).zip(&counts) {
            let line = Line::new(Role::Plain, format!(" under {:>9} ", duration(*to)))
                .and(Role::Number, format!("{:>8} ", grouped(*count)));
            let column = canvas.line(row, &line);
            let room = canvas.width().saturating_sub(column);
            let bar = bar::share(&canvas.theme().glyphs, *count, most, room, Role::Series(3));
            canvas.line_at(column, row, &bar);
        }
        let quantile = |q| {
            pause
                .quantile(q)
                .map_or_else(|| "?".to_owned(), |q| duration(q.value))
        };
        let foot = format!(
            " median {}, 99% {}, longest {}",
            quantile(0.5),
            quantile(0.99),
            duration(max)
        );
        canvas.line(
            canvas.height().saturating_sub(1),
            &Line::new(Role::Dim, foot),
        );
    }

    fn heading() -> Line {
        Line::new(
            Role::Dim,
            format!(
                "{:>8} {:>11} {:>10} {:>10} {:>7} {:>7} {:>7} {:>7} {:>4}  {}",
                "CYCLE",
                "AT",
                "STOPPED",
                "MARKING",
                "BEFORE",
                "PEAK",
                "LIVE",
                "GOAL",
                "CPU",
                "NOTES"
            ),
        )
    }

    fn row(cycle: &Cycle) -> Line {
        let at = cycle
            .start()
            .map_or_else(|| "?".to_owned(), |at| format!("{:.3} s", at.as_secs_f64()));
        let mib = |size: Option<u64>| size.map_or_else(|| "-".to_owned(), |size| size.to_string());
        let cpu = cycle
            .cpu_percent()
            .map_or_else(|| "-".to_owned(), |cpu| format!("{cpu}%"));
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
        Line::new(Role::Number, format!("{:>8}", cycle.number()))
            .and(Role::Dim, format!(" {at:>11}"))
            .and(
                Role::Series(3),
                format!(" {:>10}", duration(cycle.pause().0)),
            )
            .and(
                Role::Series(1),
                format!(" {:>10}", duration(cycle.mark().0)),
            )
            .and(
                Role::Plain,
                format!(" {:>7} {:>7} ", cycle.heap_before().0, cycle.heap_peak().0),
            )
            .and(
                Role::Series(0),
                format!("{:>7}", mib(cycle.live().map(|live| live.0))),
            )
            .and(
                Role::Plain,
                format!(" {:>7} {cpu:>4}  ", mib(cycle.goal().map(|goal| goal.0))),
            )
            .and(Role::Warning, notes.join(", "))
    }

    fn enter(&self) -> Vec<Effect> {
        let cycle = self.list.selected().and_then(|row| self.cycle(row));
        cycle
            .map(|cycle| Effect::Go(Target::TextLine(cycle.place.line)))
            .into_iter()
            .collect()
    }

    fn turn(&mut self, forward: bool) -> Vec<Effect> {
        let runs = self.data.as_ref().map_or(0, |data| data.runs);
        if runs < 2 {
            return vec![Effect::Say(
                "one process wrote all cycles of the input".to_owned(),
            )];
        }
        self.run = if forward {
            (self.run + 1) % runs
        } else {
            (self.run + runs - 1) % runs
        };
        self.ask()
    }
}

impl Screen for GcScreen {
    fn title(&self) -> &'static str {
        "GC"
    }

    fn keys(&self) -> &'static [Binding] {
        KEYS
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown | Input::Fresh { .. } => return self.ask(),
            Input::Answer(Answer::Collections(data)) => self.take(*data),
            Input::Answer(Answer::Failed(why)) => self.failed = Some(why),
            Input::Act(action) => {
                if self.list.act(action) {
                    return Vec::new();
                }
                match action {
                    Action::Enter | Action::Right => return self.enter(),
                    Action::Back => return vec![Effect::Back],
                    Action::NextGoroutine => return self.turn(true),
                    Action::PreviousGoroutine => return self.turn(false),
                    Action::Reverse => {
                        self.oldest_first = !self.oldest_first;
                        self.list.select(0);
                    }
                    Action::NextPane => {
                        self.view = match self.view {
                            View::Heap => View::Phases,
                            View::Phases => View::Pauses,
                            View::Pauses => View::Heap,
                        }
                    }
                    Action::Mark => {
                        let cycle = self.list.selected().and_then(|row| self.cycle(row));
                        let go = |cycle: &Cycle| {
                            Effect::Go(Target::Moment {
                                line: cycle.place.line,
                            })
                        };
                        return cycle.map(go).into_iter().collect();
                    }
                    _ => {}
                }
            }
            Input::Wheel { rows, .. } => self.list.step(rows),
            Input::Click { column, row } => {
                if let Some(index) = self.list.row_at(column, row) {
                    if self.list.selected() == Some(index) {
                        return self.enter();
                    }
                    self.list.select(index);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let Some(data) = &self.data else {
            canvas.line(0, &Line::new(Role::Dim, "reading…"));
            return;
        };
        let Some(run) = &data.run else {
            let line = if data.ended {
                "no collection is in the input: run the program with GODEBUG=gctrace=1"
            } else {
                "no collection yet; waiting for the first gctrace line…"
            };
            canvas.line(0, &Line::new(Role::Dim, line));
            Self::draw_other(canvas, 2, data);
            return;
        };
        let (width, height) = (canvas.width(), canvas.height());
        let mut top = 0;
        for line in self
            .headline()
            .iter()
            .flat_map(|line| line.wrapped(usize::from(width), 2))
            .take(4)
        {
            canvas.line(top, &line);
            top += 1;
        }
        let other = cells(data.other.len()).min(if height >= 30 { 5 } else { 2 });
        let foot = if other > 0 { other + 1 } else { 0 };
        let charts = (height.saturating_sub(top + foot) / 2).clamp(4, 16);
        let mut upper = canvas.rows(top, charts);
        if width >= 110 {
            let half = width / 2;
            Self::draw_heap(&mut upper.columns(0, half.saturating_sub(1)), run);
            let mut right = upper.columns(half, width - half);
            if self.view == View::Pauses {
                Self::draw_pauses(&mut right, run);
            } else {
                self.draw_phases(&mut right, run);
            }
        } else {
            match self.view {
                View::Heap => Self::draw_heap(&mut upper, run),
                View::Phases => self.draw_phases(&mut upper, run),
                View::Pauses => Self::draw_pauses(&mut upper, run),
            }
        }
        top += charts;
        let title = if run.cycles > run.recent.len() as u64 {
            format!("the last {} cycles; heap in MiB", run.recent.len())
        } else {
            "cycles; heap in MiB".to_owned()
        };
        canvas.rule(top, &title, true);
        canvas.line(top + 1, &Self::heading());
        let rows = height.saturating_sub(top + 2 + foot);
        self.list
            .draw(&mut canvas.rows(top + 2, rows), true, |row| {
                self.cycle(row).map(Self::row).unwrap_or_default()
            });
        if other > 0 {
            Self::draw_other(canvas, height.saturating_sub(foot), data);
        }
    }

    fn selection(&self) -> Option<String> {
        self.cycle(self.list.selected()?)
            .map(|cycle| Self::row(cycle).text())
    }

    fn export(&self) -> Export {
        let mut text: Vec<String> = self.headline().iter().map(Line::text).collect();
        text.push(Self::heading().text());
        text.extend(
            (0..self.list.len())
                .filter_map(|row| self.cycle(row))
                .map(|cycle| Self::row(cycle).text()),
        );
        Export {
            text,
            verb: Some("gc".to_owned()),
        }
    }

    fn status(&self) -> Option<Line> {
        let data = self.data.as_ref()?;
        let which = if data.runs > 1 {
            format!("process {} of {}  ", data.number + 1, data.runs)
        } else {
            String::new()
        };
        let unread = if data.unrecognized > 0 {
            format!("{} unreadable  ", plural(data.unrecognized, "line"))
        } else {
            String::new()
        };
        let share = self
            .run()
            .and_then(Run::cpu_share)
            .map_or(String::new(), |share| {
                format!("{} of CPU  ", percent(share))
            });
        let state = if data.ended { "ended" } else { "live" };
        Some(Line::plain(format!("{which}{unread}{share}{state}")))
    }
}

impl GcScreen {
    fn draw_other(canvas: &mut Canvas<'_>, top: u16, data: &Collections) {
        if data.other.is_empty() {
            return;
        }
        canvas.rule(
            top,
            "the application's last lines (all of them: Text)",
            false,
        );
        let rows = canvas.height().saturating_sub(top + 1);
        let skip = data.other.len().saturating_sub(usize::from(rows));
        for (row, text) in (top + 1..).zip(data.other.iter().skip(skip)) {
            canvas.line(row, &Line::new(Role::Dim, format!("  {text}")));
        }
    }
}

/// A moment since the start, in nanoseconds.
fn moment(at: i64) -> String {
    u64::try_from(at).map_or_else(|_| "0".to_owned(), duration)
}
