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

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::geometry::cells;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Export, Input, Screen, Target};
use crate::widgets::list::ListState;
use dumpview_model::finding::{Finding, Severity};
use dumpview_model::gc::{Cycle, Process};
use dumpview_model::units::{duration, grouped, percent, plural};
use dumpview_view::line::{Line, Role};
use std::sync::Arc;

/// What the collector did, as far as the input has been read.
#[derive(Clone, Debug, Default)]
pub struct Collections {
    /// The process that is shown; none when the input has no cycle.
    pub run: Option<Arc<Process>>,
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

impl GcScreen {
    fn ask(&self) -> Vec<Effect> {
        vec![Effect::Ask(Request::Collections { run: self.run })]
    }

    fn run(&self) -> Option<&Process> {
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
        let which = match &data.run {
            Some(process) if data.runs > 1 => {
                let (id, at) = (process.id, data.number + 1);
                format!("process {id} ({at} of {})  ", data.runs)
            }
            _ => String::new(),
        };
        let unread = if data.unrecognized > 0 {
            format!("{} unreadable  ", plural(data.unrecognized, "line"))
        } else {
            String::new()
        };
        let share = self
            .run()
            .and_then(Process::cpu_share)
            .map_or(String::new(), |share| {
                format!("{} of CPU  ", percent(share))
            });
        let state = if data.ended { "ended" } else { "live" };
        Some(Line::plain(format!("{which}{unread}{share}{state}")))
    }
}
