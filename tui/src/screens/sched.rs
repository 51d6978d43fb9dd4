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

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::geometry::cells;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Export, Input, Screen, Target};
use crate::theme::Theme;
use crate::widgets::chart::{self, Point, Window};
use crate::widgets::list::ListState;
use dumpview_model::finding::{Finding, Severity};
use dumpview_model::sched::{Column, Process, Recent};
use dumpview_model::units::{duration, grouped, percent, plural};
use dumpview_view::line::{Line, Role};
use std::sync::Arc;

/// What the scheduler did, as far as the input has been read.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// The process that is shown; none when the input has no sample.
    pub run: Option<Arc<Process>>,
    /// Which of how many processes it is.
    pub number: usize,
    /// How many there are.
    pub runs: usize,
    /// What is worth knowing.
    pub findings: Vec<Finding>,
    /// There will be no more.
    pub ended: bool,
}

/// The screen.
#[derive(Default)]
pub struct SchedScreen {
    data: Option<Schedule>,
    failed: Option<String>,
    run: usize,
    oldest_first: bool,
    /// The first P that is shown.
    first_p: usize,
    list: ListState,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "line",
        "to the sample's line in the text",
    ),
    Binding::new(
        &[Key::Char('r')],
        Action::Reverse,
        "reverse",
        "oldest or newest samples first",
    ),
    Binding::new(
        &[Key::Char('J')],
        Action::ScrollDown,
        "",
        "the next Ps, when there are more than fit",
    ),
    Binding::new(&[Key::Char('K')], Action::ScrollUp, "", "the Ps before"),
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
        "to the sample's moment on the timeline",
    ),
];

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

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl SchedScreen {
    fn ask(&self) -> Vec<Effect> {
        vec![Effect::Ask(Request::Schedule { run: self.run })]
    }

    fn run(&self) -> Option<&Process> {
        self.data.as_ref()?.run.as_deref()
    }

    fn sample(&self, row: usize) -> Option<&Recent> {
        let recent = &self.run()?.recent;
        let index = if self.oldest_first {
            row
        } else {
            recent.len().checked_sub(row + 1)?
        };
        recent.get(index)
    }

    fn take(&mut self, data: Schedule) {
        // The cursor stays on its sample while new ones arrive, but for the newest, which it follows.
        let before = self
            .list
            .selected()
            .filter(|row| self.oldest_first || *row > 0);
        let place = before
            .and_then(|row| self.sample(row))
            .map(|sample| sample.place);
        self.data = Some(data);
        let len = self.run().map_or(0, |run| run.recent.len());
        self.list.set_len(len);
        let row = place.and_then(|place| {
            (0..len).find(|row| self.sample(*row).is_some_and(|s| s.place == place))
        });
        self.list.select(row.unwrap_or(0));
    }

    fn headline(&self) -> Vec<Line> {
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
        let findings = self.data.as_ref().map_or(&[][..], |data| &data.findings);
        lines.extend(findings.iter().take(2).map(|finding| {
            let role = match finding.severity {
                Severity::Info => Role::Plain,
                _ => Role::Warning,
            };
            Line::new(role, format!("{}: ", finding.severity.name()))
                .and(Role::Plain, finding.text.clone())
        }));
        lines
    }

    /// The heat map and the rows below it.
    fn draw_heat(&self, canvas: &mut Canvas<'_>, run: &Process) {
        const NAMES: u16 = 16;
        canvas.rule(
            0,
            "longest queues over time; a column is the worst of its stretch",
            false,
        );
        let columns = run.heat.columns();
        let (Some(first), Some(last)) = (columns.first(), columns.last()) else {
            return;
        };
        let window = Window {
            from: signed(first.from),
            to: signed(last.to.max(first.from + 1)),
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
                .map(|column| Point::new(signed(column.from), value(column)));
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
        let foot = format!(
            "{} to {}",
            duration(first.from.saturating_mul(1_000_000)),
            duration(last.to.saturating_mul(1_000_000))
        );
        let more = if ps > room {
            format!(
                "   P{first_p} to P{} of {ps} Ps (J, K)",
                (first_p + room).saturating_sub(1)
            )
        } else {
            String::new()
        };
        canvas.line_at(NAMES, below, &Line::new(Role::Dim, format!("{foot}{more}")));
    }

    fn heading() -> Line {
        Line::new(
            Role::Dim,
            format!(
                "{:>12} {:>9} {:>8} {:>9} {:>8} {:>7}  {}",
                "AT", "IDLE PS", "THREADS", "SPINNING", "IDLE", "GLOBAL", "LOCAL"
            ),
        )
    }

    fn row(sample: &Recent) -> Line {
        #[expect(clippy::cast_precision_loss, reason = "shown in milliseconds")]
        let at = sample.millis as f64 / 1e3;
        let spinning = sample
            .spinningthreads
            .map_or_else(|| "-".to_owned(), |n| n.to_string());
        let local: Vec<String> = sample.local.iter().map(u64::to_string).collect();
        let busy = sample.local.iter().any(|n| *n > 0) || sample.runqueue > 0;
        let queues = if busy { Role::Warning } else { Role::Plain };
        Line::new(Role::Dim, format!("{at:>10.3} s"))
            .and(
                Role::Series(1),
                format!(
                    " {:>9}",
                    format_args!("{}/{}", sample.idleprocs, sample.gomaxprocs).to_string()
                ),
            )
            .and(
                Role::Plain,
                format!(
                    " {:>8} {spinning:>9} {:>8}",
                    sample.threads, sample.idlethreads
                ),
            )
            .and(
                queues,
                format!(" {:>7}  [{}]", sample.runqueue, local.join(" ")),
            )
    }

    fn enter(&self) -> Vec<Effect> {
        let sample = self.list.selected().and_then(|row| self.sample(row));
        let go = |sample: &Recent| Effect::Go(Target::TextLine(sample.place.line));
        sample.map(go).into_iter().collect()
    }

    fn turn(&mut self, forward: bool) -> Vec<Effect> {
        let runs = self.data.as_ref().map_or(0, |data| data.runs);
        if runs < 2 {
            return vec![Effect::Say(
                "one process wrote all samples of the input".to_owned(),
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

impl Screen for SchedScreen {
    fn title(&self) -> &'static str {
        "Scheduler"
    }

    fn keys(&self) -> &'static [Binding] {
        KEYS
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown | Input::Fresh { .. } => return self.ask(),
            Input::Answer(Answer::Schedule(data)) => self.take(*data),
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
                    Action::ScrollDown => self.first_p += 1,
                    Action::ScrollUp => self.first_p = self.first_p.saturating_sub(1),
                    Action::Reverse => {
                        self.oldest_first = !self.oldest_first;
                        self.list.select(0);
                    }
                    Action::Mark => {
                        let sample = self.list.selected().and_then(|row| self.sample(row));
                        let go = |sample: &Recent| {
                            Effect::Go(Target::Moment {
                                line: sample.place.line,
                            })
                        };
                        return sample.map(go).into_iter().collect();
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
            let line = match &self.failed {
                Some(why) => Line::new(Role::Alarm, why.clone()),
                None => Line::new(Role::Dim, "reading…"),
            };
            canvas.line(0, &line);
            return;
        };
        let Some(run) = &data.run else {
            let line = if data.ended {
                "no sample of the scheduler is in the input: run the program with GODEBUG=schedtrace=1000"
            } else {
                "no sample yet; waiting for the first schedtrace line…"
            };
            canvas.line(0, &Line::new(Role::Dim, line));
            return;
        };
        let (width, height) = (canvas.width(), canvas.height());
        let mut top = 0;
        let head = self.headline();
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
        let waits = run.waits.as_ref().map(|waits| {
            let counts: Vec<String> = waits
                .counts
                .iter()
                .take(6)
                .map(|count| {
                    let state = if count.reason.is_empty() {
                        count.status
                    } else {
                        &count.reason
                    };
                    format!("{} {state}", grouped(count.count))
                })
                .collect();
            Line::new(Role::Heading, plural(waits.alive, "goroutine")).and(
                Role::Plain,
                format!(" at line {}: {}", grouped(waits.line), counts.join(", ")),
            )
        });
        if let Some(waits) = waits {
            canvas.line(top, &waits);
            top += 1;
        }
        canvas.rule(top, "samples", true);
        canvas.line(top + 1, &Self::heading());
        let rows = height.saturating_sub(top + 2);
        self.list
            .draw(&mut canvas.rows(top + 2, rows), true, |row| {
                self.sample(row).map(Self::row).unwrap_or_default()
            });
    }

    fn selection(&self) -> Option<String> {
        self.sample(self.list.selected()?)
            .map(|sample| Self::row(sample).text())
    }

    fn export(&self) -> Export {
        let mut text: Vec<String> = self.headline().iter().map(Line::text).collect();
        text.push(Self::heading().text());
        let rows = (0..self.list.len()).filter_map(|row| self.sample(row));
        text.extend(rows.map(|sample| Self::row(sample).text()));
        Export {
            text,
            verb: Some("sched".to_owned()),
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
        let state = if data.ended { "ended" } else { "live" };
        Some(Line::plain(format!("{which}{state}")))
    }
}
