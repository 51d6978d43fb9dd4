//! Goroutines: grouped by state and identical stacks, or each on its own row.
//!
//! ```text
//!   COUNT  STATE              WAITING   WHERE                                   CREATED BY
//!     512  chan receive                 main.worker main.go:41                  main.main
//! ──────── stack ──────────────────────────────────────────────────────────────────────────
//!  main.worker                          /src/main.go:41
//! ```

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::geometry::cells;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Export, Input, Screen, Standpoint, Target};
use crate::widgets::list::ListState;
use dumpview_model::units::plural;
use dumpview_view::line::{Line, Role};
use std::collections::HashMap;
use std::sync::Arc;

/// All goroutines, in columns: strings and stacks that many share are there once.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Goroutines {
    /// State texts, in a traceback's words.
    pub states: Vec<String>,
    /// Distinct stacks.
    pub stacks: Vec<Stack>,
    /// `go` statements.
    pub creators: Vec<String>,
    /// The goroutines.
    pub rows: Vec<Goroutine>,
}

/// A stack that goroutines share.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stack {
    /// Function and place of the first frame that is the program's own.
    pub function: String,
    /// Its file and line.
    pub place: String,
    /// All calls, innermost first: function, place.
    pub calls: Vec<(String, String)>,
    /// How many of them, at the innermost end, are the runtime's: what was called last of all is not what people look for.
    pub runtime: usize,
    /// Why the outermost frame was not reached, when it was not.
    pub incomplete: Option<String>,
}

/// One goroutine.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Goroutine {
    /// Its id.
    pub id: u64,
    /// Index into [`Goroutines::states`].
    pub state: u32,
    /// Index into [`Goroutines::stacks`].
    pub stack: u32,
    /// Index into [`Goroutines::creators`].
    pub creator: Option<u32>,
    /// How long it has waited at least, in nanoseconds.
    pub waiting: Option<u64>,
    /// `key=value …`
    pub labels: Option<Arc<str>>,
    /// It is the one that died.
    pub crashed: bool,
    /// It belongs to the runtime.
    pub system: bool,
}

/// Goroutines in the same state with the same stack.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    /// Rows of [`Goroutines::rows`].
    members: Vec<u32>,
    longest: Option<u64>,
}

/// What rows go by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    /// Groups by size, goroutines by id.
    Usual,
    State,
    Waiting,
    Where,
}

/// The screen.
pub struct GoroutinesScreen {
    asked: bool,
    data: Goroutines,
    loaded: bool,
    /// How many of them are the runtime's own.
    system: usize,
    failed: Option<String>,
    filter: String,
    search: String,
    grouped: bool,
    show_system: bool,
    order: Order,
    reversed: bool,
    /// Rows of [`Goroutines::rows`], filtered and in order.
    flat: Vec<u32>,
    groups: Vec<Group>,
    list: ListState,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "frames",
        "the frames of the goroutine; of a group: its goroutines, then frames",
    ),
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "filter",
        "keep only rows that hold all these words (state, function, file, creator, label, id)",
    ),
    Binding::new(
        &[Key::Char('t')],
        Action::Group,
        "group",
        "grouped by identical stacks, or each goroutine on its own",
    ),
    Binding::new(
        &[Key::Char('s')],
        Action::Sort,
        "sort",
        "by size or id, by state, by waiting time, by place",
    ),
    Binding::new(
        &[Key::Char('r')],
        Action::Reverse,
        "",
        "the other way round",
    ),
    Binding::new(
        &[Key::Char('a')],
        Action::ShowAll,
        "",
        "the runtime's own goroutines too, or not",
    ),
];

impl Default for GoroutinesScreen {
    fn default() -> Self {
        Self {
            asked: false,
            data: Goroutines::default(),
            loaded: false,
            system: 0,
            failed: None,
            filter: String::new(),
            search: String::new(),
            grouped: true,
            show_system: false,
            order: Order::Usual,
            reversed: false,
            flat: Vec::new(),
            groups: Vec::new(),
            list: ListState::default(),
        }
    }
}

/// Whether a text holds a word whatever its case; the word is lower case already.
fn holds(text: &str, word: &str) -> bool {
    if word.is_empty() {
        return true;
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    text.windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word))
}

impl GoroutinesScreen {
    /// Filters, groups and sorts anew. Shared texts are looked at once, not once a goroutine.
    fn arrange(&mut self) {
        let words: Vec<String> = self
            .filter
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let ids: Vec<Option<u64>> = words.iter().map(|word| word.parse().ok()).collect();
        let data = &self.data;
        let each = |texts: &mut dyn Iterator<Item = Vec<bool>>| texts.collect::<Vec<_>>();
        let found = |text: &[&str]| -> Vec<bool> {
            words
                .iter()
                .map(|word| text.iter().any(|text| holds(text, word)))
                .collect()
        };
        let states = each(&mut data.states.iter().map(|state| found(&[state])));
        let creators = each(&mut data.creators.iter().map(|creator| found(&[creator])));
        let stacks = each(&mut data.stacks.iter().map(|stack| {
            let calls = stack
                .calls
                .iter()
                .flat_map(|(f, p)| [f.as_str(), p.as_str()]);
            found(&calls.collect::<Vec<_>>())
        }));
        let has = |table: &[Vec<bool>], index: u32, word: usize| {
            let row = table.get(index as usize);
            row.and_then(|row| row.get(word)).copied().unwrap_or(false)
        };
        let matches = |g: &Goroutine| {
            words
                .iter()
                .zip(&ids)
                .enumerate()
                .all(|(word, (text, id))| {
                    has(&states, g.state, word)
                        || has(&stacks, g.stack, word)
                        || g.creator
                            .is_some_and(|creator| has(&creators, creator, word))
                        || g.labels.as_ref().is_some_and(|labels| holds(labels, text))
                        || *id == Some(g.id)
                })
        };
        let shown = |g: &&Goroutine| (self.show_system || !g.system) && matches(g);
        let rows = (0u32..).zip(&data.rows);
        self.flat = rows.filter(|(_, g)| shown(g)).map(|(i, _)| i).collect();
        let mut by_stack: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
        for index in &self.flat {
            if let Some(g) = data.rows.get(*index as usize) {
                by_stack.entry((g.state, g.stack)).or_default().push(*index);
            }
        }
        self.groups = by_stack
            .into_values()
            .map(|members| Group {
                longest: members
                    .iter()
                    .filter_map(|i| data.rows.get(*i as usize)?.waiting)
                    .max(),
                members,
            })
            .collect();
        self.sort();
    }

    fn sort(&mut self) {
        let data = &self.data;
        let row = |index: u32| data.rows.get(index as usize);
        let state = |index: u32| row(index).and_then(|g| data.states.get(g.state as usize));
        let place = |index: u32| {
            let stack = row(index).and_then(|g| data.stacks.get(g.stack as usize));
            stack.map(|stack| (&stack.function, &stack.place))
        };
        let first = |group: &Group| group.members.first().copied().unwrap_or(u32::MAX);
        let id = |index: u32| row(index).map(|g| g.id);
        self.groups.sort_by_cached_key(|g| (id(first(g)), first(g)));
        match self.order {
            Order::Usual => {
                self.flat.sort_by_key(|i| id(*i));
                self.groups
                    .sort_by_key(|g| std::cmp::Reverse(g.members.len()));
            }
            Order::State => {
                self.flat.sort_by_key(|i| state(*i));
                self.groups.sort_by_key(|g| state(first(g)));
            }
            Order::Waiting => {
                self.flat
                    .sort_by_key(|i| std::cmp::Reverse(row(*i).and_then(|g| g.waiting)));
                self.groups.sort_by_key(|g| std::cmp::Reverse(g.longest));
            }
            Order::Where => {
                self.flat.sort_by_key(|i| place(*i));
                self.groups.sort_by_key(|g| place(first(g)));
            }
        }
        if self.reversed {
            self.flat.reverse();
            self.groups.reverse();
        }
        let len = if self.grouped {
            self.groups.len()
        } else {
            self.flat.len()
        };
        self.list.set_len(len);
    }

    /// The goroutine a row stands for: a group's first.
    fn at(&self, row: usize) -> Option<&Goroutine> {
        let index = if self.grouped {
            *self.groups.get(row)?.members.first()?
        } else {
            *self.flat.get(row)?
        };
        self.data.rows.get(index as usize)
    }

    fn row(&self, index: usize, width: usize) -> Line {
        let Some(g) = self.at(index) else {
            return Line::default();
        };
        let group = self.groups.get(index).filter(|_| self.grouped);
        let first = match group {
            Some(group) => format!("{:>8}", group.members.len()),
            None => format!("{:>8}", g.id),
        };
        let crashed = match group {
            Some(group) => group
                .members
                .iter()
                .any(|i| self.data.rows.get(*i as usize).is_some_and(|g| g.crashed)),
            None => g.crashed,
        };
        let state = self
            .data
            .states
            .get(g.state as usize)
            .map_or("?", String::as_str);
        let waiting = group.map_or(g.waiting, |group| group.longest);
        let waiting = waiting
            .map(dumpview_model::units::duration)
            .unwrap_or_default();
        let stack = self.data.stacks.get(g.stack as usize);
        let mut line = Line::new(Role::Alarm, if crashed { "*" } else { " " })
            .and(Role::Number, first)
            .and(Role::Plain, format!("  {} ", fit(state, 22)))
            .and(Role::Dim, format!("{waiting:>10}  "));
        if let Some(stack) = stack {
            let room = width.saturating_sub(46);
            let place = short_place(&stack.place);
            line.push(
                Role::Name,
                fit(
                    &stack.function,
                    room.saturating_sub(place.len() + 1).clamp(12, 60),
                ),
            );
            line.push(Role::Dim, format!(" {place}"));
        }
        if let Some(labels) = &g.labels {
            line.push(Role::Text, format!("  {{{labels}}}"));
        }
        line
    }

    fn heading(&self) -> Line {
        let mark = |name: &str, order: Order| {
            let mark = if self.order == order { "*" } else { "" };
            format!("{name}{mark}")
        };
        let first = mark(if self.grouped { "COUNT" } else { "ID" }, Order::Usual);
        let state = mark("STATE", Order::State);
        let waiting = mark("WAITING", Order::Waiting);
        let place = mark("WHERE", Order::Where);
        Line::new(
            Role::Dim,
            format!(" {first:>8}  {state:<22} {waiting:>10}  {place}"),
        )
    }

    fn find(&mut self, forward: bool) -> Vec<Effect> {
        if self.search.is_empty() || self.list.is_empty() {
            return Vec::new();
        }
        let word = self.search.to_lowercase();
        let (len, from) = (self.list.len(), self.list.selected().unwrap_or(0));
        let hit = (1..=len)
            .map(|step| {
                if forward {
                    (from + step) % len
                } else {
                    (from + len - step % len) % len
                }
            })
            .find(|row| {
                let Some(g) = self.at(*row) else { return false };
                let stack = self.data.stacks.get(g.stack as usize);
                stack.is_some_and(|s| {
                    s.calls
                        .iter()
                        .any(|(f, p)| holds(f, &word) || holds(p, &word))
                }) || self
                    .data
                    .states
                    .get(g.state as usize)
                    .is_some_and(|s| holds(s, &word))
                    || g.labels.as_ref().is_some_and(|labels| holds(labels, &word))
                    || g.id.to_string() == word
            });
        match hit {
            Some(row) => {
                self.list.select(row);
                Vec::new()
            }
            None => vec![Effect::Say(format!("not found: {}", self.search))],
        }
    }

    fn enter(&mut self) -> Vec<Effect> {
        let Some(row) = self.list.selected() else {
            return Vec::new();
        };
        let go = |id| {
            vec![Effect::Go(Target::Goroutine {
                id: Some(id),
                frame: None,
            })]
        };
        match (self.at(row), self.groups.get(row).filter(|_| self.grouped)) {
            (Some(g), None) => go(g.id),
            (Some(g), Some(group)) if group.members.len() == 1 => go(g.id),
            (Some(_), Some(group)) => {
                // The group's goroutines, one by one; Esc brings the groups back.
                let members = group.members.clone();
                self.grouped = false;
                self.flat = members;
                self.list.set_len(self.flat.len());
                self.list.select(0);
                vec![Effect::Say(
                    "the goroutines of the group; Esc shows all groups again".to_owned(),
                )]
            }
            _ => Vec::new(),
        }
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if self.list.act(action) {
            return Vec::new();
        }
        match action {
            Action::Enter | Action::Right => return self.enter(),
            Action::Back | Action::Left => {
                if !self.grouped {
                    self.grouped = true;
                    self.arrange();
                } else if !self.filter.is_empty() {
                    self.filter.clear();
                    self.arrange();
                } else if action == Action::Back {
                    return vec![Effect::Back];
                }
            }
            Action::Group => {
                self.grouped = !self.grouped;
                self.arrange();
            }
            Action::ShowAll => {
                self.show_system = !self.show_system;
                self.arrange();
            }
            Action::Sort => {
                self.order = match self.order {
                    Order::Usual => Order::State,
                    Order::State => Order::Waiting,
                    Order::Waiting => Order::Where,
                    Order::Where => Order::Usual,
                };
                self.sort();
            }
            Action::Reverse => {
                self.reversed = !self.reversed;
                self.sort();
            }
            Action::NextFound => return self.find(true),
            Action::PreviousFound => return self.find(false),
            _ => {}
        }
        Vec::new()
    }
}

impl Screen for GoroutinesScreen {
    fn title(&self) -> &'static str {
        "Goroutines"
    }

    fn keys(&self) -> &'static [Binding] {
        KEYS
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked => {
                self.asked = true;
                return vec![Effect::Ask(Request::Goroutines)];
            }
            // Of a log they are known at its end.
            Input::Shown | Input::Fresh { ended: true } if !self.loaded => {
                return vec![Effect::Ask(Request::Goroutines)];
            }
            Input::Answer(Answer::Goroutines(data)) => {
                self.system = data.rows.iter().filter(|g| g.system).count();
                self.data = *data;
                self.loaded = true;
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
            Input::Act(action) => return self.act(action),
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
        if !self.loaded {
            let line = match &self.failed {
                Some(why) => Line::new(Role::Alarm, why.clone()),
                None => Line::new(Role::Dim, "reading goroutines…"),
            };
            canvas.line(0, &line);
            return;
        }
        let (width, height) = (canvas.width(), canvas.height());
        let below = (height / 3).min(cells(12));
        canvas.line(0, &self.heading());
        let rows = height.saturating_sub(below + 1);
        if self.list.is_empty() {
            canvas.line(
                1,
                &Line::new(
                    Role::Dim,
                    "  no goroutine is like that; Esc forgets the filter",
                ),
            );
        }
        self.list.draw(&mut canvas.rows(1, rows), true, |index| {
            self.row(index, usize::from(width))
        });
        let selected = self.list.selected().and_then(|row| self.at(row));
        let title = match selected {
            Some(g) if self.grouped => format!("stack of goroutine {} and others like it", g.id),
            Some(g) => format!("stack of goroutine {}", g.id),
            None => "stack".to_owned(),
        };
        canvas.rule(rows + 1, &title, false);
        let Some(stack) = selected.and_then(|g| self.data.stacks.get(g.stack as usize)) else {
            return;
        };
        let mut lower = canvas.rows(rows + 2, below.saturating_sub(1));
        let mut lines = Vec::new();
        if stack.runtime > 0 {
            let folded = format!(
                "  … {} of the runtime",
                plural(stack.runtime as u64, "call")
            );
            lines.push(Line::new(Role::Dim, folded));
        }
        let calls = stack.calls.iter().skip(stack.runtime);
        lines.extend(
            calls
                .take(usize::from(lower.height()))
                .map(|(function, place)| {
                    Line::new(Role::Name, format!("  {function}"))
                        .and(Role::Dim, format!("  {place}"))
                }),
        );
        if let Some(why) = &stack.incomplete {
            lines.push(Line::new(Role::Warning, format!("  incomplete: {why}")));
        }
        let creator = selected.and_then(|g| self.data.creators.get(g.creator? as usize));
        if let Some(creator) = creator {
            lines.push(Line::new(Role::Dim, format!("  created by {creator}")));
        }
        for (row, line) in (0..lower.height()).zip(&lines) {
            lower.line(row, line);
        }
    }

    fn selection(&self) -> Option<String> {
        let g = self.at(self.list.selected()?)?;
        let stack = self.data.stacks.get(g.stack as usize)?;
        let state = self.data.states.get(g.state as usize)?;
        let mut text = format!("goroutine {} [{state}]:", g.id);
        for (function, place) in &stack.calls {
            for part in ["\n", function, "\n\t", place] {
                text.push_str(part);
            }
        }
        Some(text)
    }

    fn export(&self) -> Export {
        const WIDE: usize = 400;
        let mut text = vec![self.heading().text()];
        text.extend((0..self.list.len()).map(|row| self.row(row, WIDE).text()));
        Export {
            text,
            verb: Some(
                if self.grouped {
                    "goroutines --group"
                } else {
                    "goroutines"
                }
                .to_owned(),
            ),
        }
    }

    fn standpoint(&self) -> Standpoint {
        Standpoint {
            goroutine: self
                .list
                .selected()
                .and_then(|row| self.at(row))
                .map(|g| g.id),
            frame: None,
        }
    }

    fn status(&self) -> Option<Line> {
        let filter = if self.filter.is_empty() {
            String::new()
        } else {
            format!("filter: {}  ", self.filter)
        };
        let all = self.data.rows.len();
        let hidden = if self.show_system || self.system == 0 {
            String::new()
        } else {
            format!(", {} of the runtime hidden (a)", self.system)
        };
        self.loaded.then(|| {
            let groups = if self.grouped {
                format!(" in {} groups", self.groups.len())
            } else {
                String::new()
            };
            Line::plain(format!(
                "{filter}{} of {all}{groups}{hidden}",
                self.flat.len()
            ))
        })
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }
}

/// Padded or cut to a width.
pub fn fit(text: &str, width: usize) -> String {
    let text = dumpview_view::safe::safe(text);
    let have = unicode_width::UnicodeWidthStr::width(&*text);
    if have <= width {
        format!("{text}{}", " ".repeat(width - have))
    } else {
        let (head, _) = dumpview_view::line::split_at_width(&text, width.saturating_sub(1).max(1));
        format!("{head}~")
    }
}

/// `main.go:41` of `/src/app/main.go:41`.
pub fn short_place(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}
