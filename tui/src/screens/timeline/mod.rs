//! Every input on one axis: lanes over time, a cursor whose moment is described below, a range with its figures.
//!
//! ```text
//!  heap   412 MiB ▂▃▅▇▇▅▂▃▅▇│▅▂▃▅▇        the lanes, reduced to a value a column
//!  goal           ▃▃▃▃▃▃▃▃▃▃│▃▃▃▃▃
//!  gc             ▁ ▁ ▁ ▁▁▁ │▁
//!  moment                   │  !
//!                 0 s                 15 s                 30 s
//! ── events ──────────────────────────────────────────────────────
//!  +12.345 s  gc      gc 12: 45→48→20 MiB, stopped 120 µs
//! ```

mod draw;
mod lanes;

use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::file::FilePlace;
use crate::data::moments::{AskTimeline, Moments};
use crate::data::page::{Page, Target};
use crate::data::text::Direction;
use crate::geometry::Area;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::chart::Window;
use crate::widgets::list::ListState;
use dumpview_model::timeline::{Bounds, Clock, Lane, Placed, What, phases};
use dumpview_model::units::{bytes, duration, plural};
use dumpview_view::filter::Filter;
use dumpview_view::line::{Line, Role};
use dumpview_view::rows::TimelineEvent;
use lanes::{Row, describe, rows};
use std::cell::Cell;

/// The screen.
#[derive(Default)]
pub struct TimelineScreen {
    data: Option<Moments>,
    failed: Option<String>,
    rows: Vec<Row>,
    window: Window,
    all: Window,
    cursor: i64,
    /// The other end of the range.
    mark: Option<i64>,
    /// Only this lane's events are listed.
    lane: Option<Lane>,
    search: String,
    filter: String,
    wanted_events: Option<Filter<TimelineEvent>>,
    /// Indexes of the events that are listed: those of the window and lane that meet the filter.
    listed: Vec<usize>,
    list: ListState,
    plot: Cell<Area>,
    /// A line to go to, asked for before there was anything.
    wanted: Option<u64>,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "line",
        "to the event's line in the text",
    ),
    Binding::new(
        &[Key::Char('+'), Key::Char('=')],
        Action::ZoomIn,
        "nearer",
        "nearer, around the cursor",
    ),
    Binding::new(
        &[Key::Char('-')],
        Action::ZoomOut,
        "further",
        "further away",
    ),
    Binding::new(&[Key::Char('0')], Action::ZoomAll, "all", "all of the time"),
    Binding::new(
        &[Key::Char('m')],
        Action::Mark,
        "range",
        "begin a range here, or forget it",
    ),
    Binding::new(
        &[Key::Char('<'), Key::ShiftLeft],
        Action::ScrollUp,
        "",
        "half a window earlier",
    ),
    Binding::new(
        &[Key::Char('>'), Key::ShiftRight],
        Action::ScrollDown,
        "",
        "half a window later",
    ),
    Binding::new(
        &[Key::Char('s')],
        Action::Sort,
        "lane",
        "events of one lane only, then of the next",
    ),
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "filter",
        "only events like that: words, or conditions (lane=pause and span_ns>1ms)",
    ),
];

impl TimelineScreen {
    fn events(&self) -> &[Placed] {
        self.data.as_ref().map_or(&[], |data| &data.timeline.events)
    }

    fn take(&mut self, data: Moments) {
        let first = self.data.is_none();
        let was_all = self.window == self.all;
        let timeline = &data.timeline;
        let extent = timeline.extent().unwrap_or(Bounds { lo: 0, hi: 1 });
        self.all = Window {
            from: extent.lo,
            to: extent.hi.max(extent.lo + 1),
        };
        self.rows = rows(timeline);
        self.data = Some(data);
        if first || was_all {
            self.window = self.all;
        }
        if first {
            // The worst moment is what people look for.
            let worst = self
                .events()
                .iter()
                .rev()
                .find(|placed| placed.event.lane == Lane::Moment);
            self.cursor = worst
                .and_then(|placed| placed.at)
                .map_or(self.all.from, Bounds::mid);
        }
        self.arrange();
        if let Some(line) = self.wanted.take() {
            self.go_to(line);
        }
    }

    /// Lists the events of the window; the cursor of the list goes to the event at or before the moment.
    fn arrange(&mut self) {
        let Some(data) = &self.data else { return };
        let range = Bounds {
            lo: self.window.from,
            hi: self.window.to,
        };
        let seen = data.timeline.range(range);
        let start = data
            .timeline
            .events
            .partition_point(|p| p.at.map_or(i64::MAX, Bounds::mid) < range.lo);
        let in_lane = |placed: &Placed| self.lane.is_none_or(|lane| placed.event.lane == lane);
        let is_wanted = |placed: &Placed| {
            let filter = self.wanted_events.as_ref();
            filter.is_none_or(|filter| filter.holds(&TimelineEvent::new(&data.timeline, placed)))
        };
        let listed = seen
            .iter()
            .enumerate()
            .filter(|(_, placed)| in_lane(placed) && is_wanted(placed));
        self.listed = listed.map(|(index, _)| start + index).collect();
        self.list.set_len(self.listed.len());
        self.follow_cursor();
    }

    fn filter_by(&mut self, text: &str) -> Vec<Effect> {
        text.clone_into(&mut self.filter);
        match Filter::typed(text) {
            Ok(filter) => {
                self.wanted_events = filter;
                self.arrange();
                Vec::new()
            }
            // Half a condition is typed: what is listed stays.
            Err(why) => vec![Effect::Say(why.replace("\n\n", "; "))],
        }
    }

    fn follow_cursor(&mut self) {
        let events = self
            .data
            .as_ref()
            .map_or(&[][..], |data| &data.timeline.events);
        let time = |index: &usize| {
            events
                .get(*index)
                .and_then(|p| p.at)
                .map_or(i64::MAX, Bounds::mid)
        };
        let row = self
            .listed
            .partition_point(|index| time(index) <= self.cursor);
        self.list.select(row.saturating_sub(1));
    }

    fn at(&self, row: usize) -> Option<&Placed> {
        self.events().get(*self.listed.get(row)?)
    }

    /// The cursor goes to the event of the list.
    fn follow_list(&mut self) {
        let at = self.list.selected().and_then(|row| self.at(row)?.at);
        if let Some(at) = at {
            self.cursor = at.mid();
        }
    }

    fn width(&self) -> u16 {
        self.plot.get().width.max(20)
    }

    fn step(&mut self, columns: i64) {
        let column = self.window.length() / i128::from(self.width());
        let by = i64::try_from(column.max(1))
            .unwrap_or(i64::MAX)
            .saturating_mul(columns);
        self.cursor = self
            .cursor
            .saturating_add(by)
            .clamp(self.all.from, self.all.to);
        if self.cursor < self.window.from || self.cursor > self.window.to {
            self.pan(columns.signum());
        }
        self.follow_cursor();
    }

    fn pan(&mut self, halves: i64) {
        let half = i64::try_from(self.window.length() / 2)
            .unwrap_or(i64::MAX)
            .max(1);
        let by = half.saturating_mul(halves);
        let by = by.clamp(
            self.all.from.saturating_sub(self.window.from),
            self.all.to.saturating_sub(self.window.to),
        );
        self.window = Window {
            from: self.window.from + by,
            to: self.window.to + by,
        };
        self.cursor = self.cursor.clamp(self.window.from, self.window.to);
        self.arrange();
    }

    fn zoom(&mut self, nearer: bool) {
        /// As near as microseconds.
        const NEAREST: i128 = 10_000;
        let length = if nearer {
            self.window.length() / 2
        } else {
            self.window.length() * 2
        };
        let length = length.clamp(NEAREST.min(self.all.length()), self.all.length());
        let (all_from, all_to) = (i128::from(self.all.from), i128::from(self.all.to));
        let from =
            (i128::from(self.cursor) - length / 2).clamp(all_from, (all_to - length).max(all_from));
        let end = |at: i128| i64::try_from(at).unwrap_or(i64::MAX);
        self.window = Window {
            from: end(from),
            to: end(from + length),
        };
        self.arrange();
    }

    /// To the moment of a line of the input: its own event, or the nearest before it.
    fn go_to(&mut self, line: u64) {
        let before = |placed: &&Placed| {
            placed.at.is_some() && placed.event.place.line <= line && placed.event.place.line > 0
        };
        let found = self
            .events()
            .iter()
            .filter(before)
            .max_by_key(|placed| placed.event.place.line);
        let Some((at, lane)) = found.and_then(|placed| Some((placed.at?.mid(), placed.event.lane)))
        else {
            return;
        };
        self.cursor = at;
        if self.lane.is_some_and(|only| only != lane) {
            self.lane = None;
        }
        if at < self.window.from || at > self.window.to {
            self.window = self.all;
        }
        self.arrange();
        let row = (0..self.list.len()).find(|row| {
            let placed = self.at(*row);
            placed.is_some_and(|p| {
                p.at.map(Bounds::mid) == Some(at)
                    && p.event.place.line <= line
                    && p.event.lane == lane
            })
        });
        if let Some(row) = row {
            self.list.select(row);
        }
    }

    /// From where times are shown: the axis' zero.
    fn time(at: i64) -> String {
        let sign = if at < 0 { "-" } else { "+" };
        let ns = at.unsigned_abs();
        let (seconds, fraction) = (ns / 1_000_000_000, ns % 1_000_000_000 / 1_000);
        format!("{sign}{seconds}.{fraction:06} s")
    }

    /// The same by the wall clock, when the axis has one; UTC.
    fn wall(&self, at: i64) -> Option<String> {
        let axis = self.data.as_ref()?.timeline.axis;
        if axis.clock != Clock::Wall {
            return None;
        }
        let ns = axis.zero.checked_add(at)?;
        let day = ns.div_euclid(1_000_000_000).rem_euclid(86_400);
        let millis = ns.rem_euclid(1_000_000_000) / 1_000_000;
        Some(format!(
            "{:02}:{:02}:{:02}.{millis:03} UTC",
            day / 3600,
            day / 60 % 60,
            day % 60
        ))
    }

    fn row(placed: &Placed) -> Line {
        let at = placed
            .at
            .map_or_else(|| "?".to_owned(), |at| Self::time(at.mid()));
        let doubt = placed.at.map_or(0, Bounds::plus_minus);
        let doubt = u64::try_from(doubt).unwrap_or(0);
        let doubt = if doubt > 1_000_000 {
            format!(" ±{}", duration(doubt))
        } else {
            String::new()
        };
        let role = match placed.event.lane {
            Lane::Moment => Role::Alarm,
            Lane::Gc => Role::Series(1),
            Lane::Sched => Role::Series(5),
            _ => Role::Dim,
        };
        Line::new(Role::Number, format!("{at:>16}"))
            .and(Role::Dim, format!("{doubt:<10}"))
            .and(role, format!("  {:<9} ", placed.event.lane.as_str()))
            .and(Role::Plain, describe(&placed.event))
    }

    /// Figures of the range between mark and cursor.
    fn figures(&self) -> Option<Line> {
        let mark = self.mark?;
        let (lo, hi) = (mark.min(self.cursor), mark.max(self.cursor));
        let events = self.data.as_ref()?.timeline.range(Bounds { lo, hi });
        let (mut cycles, mut stopped, mut longest, mut lines) = (0u64, 0u64, 0u64, 0u64);
        let (mut heap, mut runnable) = (None::<(u64, u64)>, 0);
        for placed in events {
            match &placed.event.what {
                What::Cycle(cycle) => {
                    cycles += 1;
                    let pause: u64 = phases(cycle)
                        .filter(|phase| phase.stop_the_world)
                        .map(|phase| phase.ns)
                        .sum();
                    stopped += pause;
                    longest = longest.max(pause);
                    let (low, high) = (cycle.heap_live.to_bytes().0, cycle.heap_end.to_bytes().0);
                    heap = Some(heap.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
                }
                What::Sched(sample) => runnable = runnable.max(sample.waiting()),
                What::Log { .. } => lines += 1,
                _ => {}
            }
        }
        let length = u64::try_from(hi.saturating_sub(lo)).unwrap_or(0);
        let mut text = format!(
            "{}: {}",
            duration(length),
            plural(events.len() as u64, "event")
        );
        if cycles > 0 {
            text.push_str(
                &format_args!(
                    "; {}, world stopped {} in all, at most {}",
                    plural(cycles, "cycle"),
                    duration(stopped),
                    duration(longest)
                )
                .to_string(),
            );
        }
        if let Some((low, high)) = heap {
            text.push_str(&format_args!("; heap {} to {}", bytes(low), bytes(high)).to_string());
        }
        if runnable > 0 {
            text.push_str(
                &format_args!("; at most {} waited to run", plural(runnable, "goroutine"))
                    .to_string(),
            );
        }
        if lines > 0 {
            text.push_str(&format_args!("; {}", plural(lines, "line")).to_string());
        }
        Some(Line::new(Role::Heading, "range ").and(Role::Plain, text))
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        let (events, listed) = (self.data.as_ref(), &self.listed);
        let events = events.map_or(&[][..], |data| &data.timeline.events);
        let holds = |row: &usize| {
            let placed = listed.get(*row).and_then(|index| events.get(*index));
            placed.is_some_and(|placed| Self::row(placed).text().to_lowercase().contains(&word))
        };
        if !word.is_empty() && self.list.find(direction, holds) {
            self.follow_list();
            return Vec::new();
        }
        let why = format!("not found in this window: {}", self.search);
        vec![Effect::Say(why)]
    }

    fn enter(&self) -> Vec<Effect> {
        let placed = self.list.selected().and_then(|row| self.at(row));
        match placed.map(|placed| placed.event.place.line) {
            Some(0) => vec![Effect::Say(
                "this was read from a core, which has no lines".to_owned(),
            )],
            Some(line) => vec![Effect::Go(Target::text_line(line))],
            None => Vec::new(),
        }
    }

    /// The next lane that has events, then all.
    fn next_lane(&mut self) {
        let mut lanes: Vec<Lane> = self
            .events()
            .iter()
            .map(|placed| placed.event.lane)
            .collect();
        lanes.sort_unstable();
        lanes.dedup();
        self.lane = match self.lane {
            None => lanes.first().copied(),
            Some(lane) => lanes.into_iter().find(|next| *next > lane),
        };
        self.arrange();
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Left => self.step(-1),
            Action::Right => self.step(1),
            Action::ZoomIn => self.zoom(true),
            Action::ZoomOut => self.zoom(false),
            Action::ZoomAll => {
                self.window = self.all;
                self.arrange();
            }
            Action::ScrollUp => self.pan(-1),
            Action::ScrollDown => self.pan(1),
            Action::Mark => {
                self.mark = if self.mark.is_some() {
                    None
                } else {
                    Some(self.cursor)
                }
            }
            Action::Sort => self.next_lane(),
            Action::NextFound => return self.find(Direction::Forwards),
            Action::PreviousFound => return self.find(Direction::Backwards),
            Action::Enter => return self.enter(),
            Action::Back if self.mark.is_some() => self.mark = None,
            Action::Back if !self.filter.is_empty() => return self.filter_by(""),
            Action::Back => return vec![Effect::Back],
            action => {
                if self.list.act(action) {
                    self.follow_list();
                }
            }
        }
        Vec::new()
    }
}

impl Screen for TimelineScreen {
    fn page(&self) -> Page {
        Page::Timeline
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if self.data.as_ref().is_none_or(|data| !data.ended) => {
                return vec![Effect::Ask(AskTimeline.into())];
            }
            Input::Fresh { ended: true } => return vec![Effect::Ask(AskTimeline.into())],
            Input::Answer(mut answer) => match answer.about::<AskTimeline>() {
                Some(Ok(data)) => self.take(data),
                Some(Err(why)) => self.failed = Some(why),
                None => {}
            },
            Input::Line(line) if self.data.is_none() => self.wanted = Some(line),
            Input::Line(line) => self.go_to(line),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Filter(text) => return self.filter_by(text),
            Input::Act(action) => return self.act(action),
            Input::Wheel { rows, column, row } => {
                if self.plot.get().contains(column, row) {
                    self.zoom(rows < 0);
                } else {
                    self.list.step(rows);
                    self.follow_list();
                }
            }
            Input::Click { column, row } => {
                let plot = self.plot.get();
                if plot.contains(column, row) {
                    self.cursor = self.window.moment(column - plot.x, plot.width);
                    self.mark = None;
                    self.follow_cursor();
                } else if let Some(index) = self.list.row_at(column, row) {
                    if self.list.selected() == Some(index) {
                        return self.enter();
                    }
                    self.list.select(index);
                    self.follow_list();
                }
            }
            Input::Drag { column, row } => {
                let plot = self.plot.get();
                if plot.contains(column, row) {
                    self.mark.get_or_insert(self.cursor);
                    self.cursor = self.window.moment(column - plot.x, plot.width);
                    self.follow_cursor();
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        self.draw_all(canvas);
    }

    fn selection(&self) -> Option<String> {
        let placed = self.at(self.list.selected()?)?;
        Some(Self::row(placed).text())
    }

    fn export(&self) -> Option<Export> {
        let rows = (0..self.list.len()).filter_map(|row| self.at(row));
        let text = rows.map(|placed| Self::row(placed).text()).collect();
        Some(Export::lines(text, Some("timeline".to_owned())))
    }

    fn file(&self) -> Option<FilePlace> {
        let line = self.at(self.list.selected()?)?.event.place.line;
        (line > 0).then_some(FilePlace::Input { line })
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }

    fn status(&self) -> Option<Line> {
        let data = self.data.as_ref()?;
        let filter = match self.filter.as_str() {
            "" => String::new(),
            filter => format!("filter: {filter}  "),
        };
        let length = u64::try_from(self.window.length()).unwrap_or(u64::MAX);
        let state = if data.ended {
            ""
        } else {
            "  (as far as it was read)"
        };
        Some(Line::plain(format!(
            "{filter}window {} of {}{state}",
            duration(length),
            duration(u64::try_from(self.all.length()).unwrap_or(u64::MAX))
        )))
    }
}
