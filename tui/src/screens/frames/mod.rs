//! One goroutine: its frames, the variables of a frame as a tree, the source around it.
//!
//! ```text
//!  goroutine 7 [running]                │ main.(*Server).handle  server.go:41
//!  ▶ 3 main.(*Server).handle            │ ▾ s *main.Server
//!    4 main.main                        │     Name  "x"
//!                                       │ ── source ─────────────────────────
//!                                       │   41   return s.cfg.Name
//! ```

mod draw;
mod nodes;

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::geometry::Area;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Export, Input, Screen, Standpoint, Target};
use crate::widgets::list::ListState;
use crate::widgets::tree::{Done, Tree};
use dumpview_model::value::Variable;
use dumpview_view::line::{Line, Role};
use nodes::Node;
use std::cell::Cell;

/// The frames of a goroutine.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Frames {
    /// Its id.
    pub goroutine: u64,
    /// Its state in a traceback's words, with waiting time and labels.
    pub state: String,
    /// Who created it.
    pub creator: Option<String>,
    /// Its calls, innermost first.
    pub calls: Vec<Call>,
    /// The first call that is the program's own.
    pub first: usize,
    /// Why the outermost frame was not reached, when it was not.
    pub incomplete: Option<String>,
    /// The goroutine before, by id.
    pub previous: Option<u64>,
    /// The goroutine after, by id.
    pub next: Option<u64>,
}

/// One call.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Call {
    /// Function as a traceback prints it.
    pub function: String,
    /// Arguments in short; empty where they were not read.
    pub arguments: String,
    /// File and line.
    pub place: String,
    /// It belongs to the runtime.
    pub runtime: bool,
    /// It was inlined into the next.
    pub inlined: bool,
    /// How it was found, when that is less than certain.
    pub doubt: Option<&'static str>,
}

/// The variables of a frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VariablesOf {
    /// Goroutine id.
    pub goroutine: u64,
    /// Frame number.
    pub frame: usize,
    /// Arguments and results first.
    pub variables: Vec<Variable>,
    /// Calls that it has deferred and not made yet, in words.
    pub deferred: Vec<String>,
    /// What there is to say where there are none: words of arguments, or why.
    pub note: Option<String>,
}

/// Source around a frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Source {
    /// Goroutine id.
    pub goroutine: u64,
    /// Frame number.
    pub frame: usize,
    /// The file, or why there is none.
    pub title: String,
    /// Number of the first line.
    pub first: u32,
    /// The marked line's number.
    pub marked: u32,
    /// The lines.
    pub lines: Vec<String>,
    /// Whether the lines are instructions, because the source is not at hand; they are not numbered.
    pub instructions: bool,
    /// Something to know about it: the file is newer than the core.
    pub warning: Option<String>,
}

/// Which part has the keyboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pane {
    Frames,
    Variables,
}

/// The screen.
pub struct FramesScreen {
    wanted: Option<u64>,
    wanted_frame: Option<usize>,
    asked: bool,
    failed: Option<String>,
    data: Option<Frames>,
    /// Frame number of each visible row.
    visible: Vec<usize>,
    show_runtime: bool,
    list: ListState,
    pane: Pane,
    variables: Tree<Node>,
    /// What the variables pane shows, as opposed to what it waits for.
    variables_of: Option<usize>,
    note: Option<String>,
    source: Option<Source>,
    scroll: i32,
    search: String,
    filter: String,
    /// Where the source pane was drawn.
    source_seen: Cell<Area>,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "open",
        "from the frames into the variables; there: open or close",
    ),
    Binding::new(
        &[Key::Char(']')],
        Action::NextGoroutine,
        "next",
        "the next goroutine",
    ),
    Binding::new(
        &[Key::Char('[')],
        Action::PreviousGoroutine,
        "previous",
        "the previous goroutine",
    ),
    Binding::new(
        &[Key::Char('w')],
        Action::NextPane,
        "pane",
        "between frames and variables",
    ),
    Binding::new(
        &[Key::Char('a')],
        Action::ShowAll,
        "runtime",
        "the runtime's own frames too, or not",
    ),
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "",
        "only variables (and what is below them) whose name holds this",
    ),
    Binding::new(
        &[Key::Char('R')],
        Action::Registers,
        "",
        "registers of the frame",
    ),
    Binding::new(
        &[Key::Char('m')],
        Action::Memory,
        "",
        "raw memory of the selected variable",
    ),
    Binding::new(&[Key::Char('J')], Action::ScrollDown, "", "the source down"),
    Binding::new(&[Key::Char('K')], Action::ScrollUp, "", "the source up"),
];

impl FramesScreen {
    /// Of a goroutine (the one that crashed when absent), standing on a frame (the first of the program when absent).
    pub fn new(goroutine: Option<u64>, frame: Option<usize>) -> Self {
        Self {
            wanted: goroutine,
            wanted_frame: frame,
            asked: false,
            failed: None,
            data: None,
            visible: Vec::new(),
            show_runtime: false,
            list: ListState::default(),
            pane: Pane::Frames,
            variables: Tree::default(),
            variables_of: None,
            note: None,
            source: None,
            scroll: 0,
            search: String::new(),
            filter: String::new(),
            source_seen: Cell::default(),
        }
    }

    fn frame(&self) -> Option<usize> {
        self.visible.get(self.list.selected()?).copied()
    }

    /// The rows that are visible; the cursor goes to `frame` or the nearest after it.
    fn arrange(&mut self, frame: usize) {
        let Some(data) = &self.data else { return };
        let all_runtime = data.calls.iter().all(|call| call.runtime);
        let shown = |(index, call): &(usize, &Call)| {
            self.show_runtime || all_runtime || !call.runtime || *index == frame
        };
        self.visible = data
            .calls
            .iter()
            .enumerate()
            .filter(shown)
            .map(|(index, _)| index)
            .collect();
        self.list.set_len(self.visible.len());
        let row = self.visible.partition_point(|index| *index < frame);
        self.list.select(row);
    }

    /// Asks for what the other panes show of the frame.
    fn ask(&mut self) -> Vec<Effect> {
        let (Some(data), Some(frame)) = (&self.data, self.frame()) else {
            return Vec::new();
        };
        let goroutine = data.goroutine;
        self.scroll = 0;
        vec![
            Effect::Ask(Request::Variables { goroutine, frame }),
            Effect::Ask(Request::Source { goroutine, frame }),
        ]
    }

    fn take_frames(&mut self, data: Frames) -> Vec<Effect> {
        let frame = self.wanted_frame.take().unwrap_or(data.first);
        self.wanted = Some(data.goroutine);
        self.data = Some(data);
        self.variables.clear();
        self.variables_of = None;
        self.source = None;
        self.arrange(frame);
        self.ask()
    }

    fn take_variables(&mut self, found: VariablesOf) {
        let here = self.data.as_ref().map(|data| data.goroutine);
        if here != Some(found.goroutine) || self.frame() != Some(found.frame) {
            return;
        }
        self.variables.clear();
        for variable in found.variables {
            nodes::add_variable(&mut self.variables, None, variable);
        }
        for call in found.deferred {
            nodes::add_note(&mut self.variables, format!("deferred {call}"));
        }
        self.note = found.note;
        self.variables_of = Some(found.frame);
        self.variables.refresh();
        self.open_small();
        self.apply_filter();
    }

    /// A frame's only variable, or its few, are opened: what people would do first.
    fn open_small(&mut self) {
        const FEW: usize = 3;
        let roots: Vec<usize> = self
            .variables
            .rows()
            .iter()
            .map(|(_, node)| *node)
            .collect();
        if roots.len() > FEW {
            return;
        }
        for node in roots {
            if nodes::is_known(&self.variables, node) {
                nodes::open(&mut self.variables, node);
            }
        }
        self.variables.refresh();
    }

    fn apply_filter(&mut self) {
        let filter = self.filter.to_lowercase();
        let found = self.variables.rows().iter().position(|(_, node)| {
            let name = self
                .variables
                .get(*node)
                .map(|node| node.name.to_lowercase());
            !filter.is_empty() && name.is_some_and(|name| name.contains(&filter))
        });
        if let Some(row) = found {
            self.variables.list.select(row);
        }
    }

    fn find(&mut self, forward: bool) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        if word.is_empty() {
            return Vec::new();
        }
        let texts: Vec<String> = match self.pane {
            Pane::Frames => {
                let call = |index: &usize| self.data.as_ref()?.calls.get(*index);
                let text = |call: &Call| format!("{} {}", call.function, call.place).to_lowercase();
                self.visible
                    .iter()
                    .map(|i| call(i).map(text).unwrap_or_default())
                    .collect()
            }
            Pane::Variables => {
                let text = |(_, node): &(usize, usize)| {
                    self.variables
                        .get(*node)
                        .map(|n| n.line().text().to_lowercase())
                };
                self.variables
                    .rows()
                    .iter()
                    .map(|row| text(row).unwrap_or_default())
                    .collect()
            }
        };
        let list = if self.pane == Pane::Frames {
            &mut self.list
        } else {
            &mut self.variables.list
        };
        let (len, from) = (texts.len(), list.selected().unwrap_or(0));
        let hit = (1..=len)
            .map(|step| {
                if forward {
                    (from + step) % len
                } else {
                    (from + len - step % len) % len
                }
            })
            .find(|row| texts.get(*row).is_some_and(|text| text.contains(&word)));
        match hit {
            Some(row) => {
                list.select(row);
                if self.pane == Pane::Frames {
                    self.ask()
                } else {
                    Vec::new()
                }
            }
            None => vec![Effect::Say(format!("not found: {}", self.search))],
        }
    }

    fn go_to(goroutine: Option<u64>, end: &str) -> Vec<Effect> {
        match goroutine {
            Some(id) => vec![Effect::Ask(Request::Frames(Some(id)))],
            None => vec![Effect::Say(format!("this is the {end} goroutine"))],
        }
    }

    fn command(&self, line: String) -> Vec<Effect> {
        vec![Effect::Go(Target::Command {
            line,
            at: self.standpoint(),
        })]
    }

    /// What a tree action asks for.
    fn after(&mut self, done: Done) -> Vec<Effect> {
        match done {
            Done::Ask(node) => self.expand(node),
            Done::Out => {
                self.pane = Pane::Frames;
                Vec::new()
            }
            Done::Moved | Done::Nothing => Vec::new(),
        }
    }

    /// Opens a node: from what is known of it, or by asking for more.
    fn expand(&mut self, node: usize) -> Vec<Effect> {
        let (Some(data), Some(frame)) = (&self.data, self.frame()) else {
            return Vec::new();
        };
        let goroutine = data.goroutine;
        match nodes::open(&mut self.variables, node) {
            nodes::Opened::Known => {
                self.variables.refresh();
                Vec::new()
            }
            nodes::Opened::Ask { node, expr, len } => vec![Effect::Ask(Request::Expand {
                goroutine,
                frame,
                node,
                expr,
                len,
            })],
            nodes::Opened::Cannot(why) => {
                self.variables.refresh();
                vec![Effect::Say(why)]
            }
        }
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        let goroutines = self.data.as_ref().map(|data| (data.previous, data.next));
        match (action, self.pane) {
            (Action::NextGoroutine, _) => return Self::go_to(goroutines.and_then(|g| g.1), "last"),
            (Action::PreviousGoroutine, _) => {
                return Self::go_to(goroutines.and_then(|g| g.0), "first");
            }
            (Action::NextPane, pane) => {
                self.pane = if pane == Pane::Frames {
                    Pane::Variables
                } else {
                    Pane::Frames
                };
            }
            (Action::ShowAll, _) => {
                let frame = self.frame().unwrap_or(0);
                self.show_runtime = !self.show_runtime;
                self.arrange(frame);
            }
            (Action::Registers, _) => return self.command("regs".to_owned()),
            (Action::Memory, _) => {
                let node = self
                    .variables
                    .selected()
                    .and_then(|node| self.variables.get(node));
                return match node.and_then(Node::address) {
                    Some(addr) => self.command(format!("x --addr {addr} --count 256")),
                    None => vec![Effect::Say(
                        "the selected variable is not in memory".to_owned(),
                    )],
                };
            }
            (Action::ScrollUp, _) => self.scroll -= 1,
            (Action::ScrollDown, _) => self.scroll += 1,
            (Action::NextFound, _) => return self.find(true),
            (Action::PreviousFound, _) => return self.find(false),
            (Action::Back, Pane::Variables) => self.pane = Pane::Frames,
            (Action::Back, Pane::Frames) => return vec![Effect::Back],
            (Action::Enter | Action::Right, Pane::Frames) => {
                if !self.variables.rows().is_empty() {
                    self.pane = Pane::Variables;
                }
            }
            (action, Pane::Frames) => {
                if self.list.act(action) {
                    return self.ask();
                }
            }
            (action, Pane::Variables) => {
                let done = self.variables.act(action);
                return self.after(done);
            }
        }
        Vec::new()
    }

    fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        if let Some(index) = self.list.row_at(column, row) {
            self.pane = Pane::Frames;
            self.list.select(index);
            return self.ask();
        }
        if let Some(index) = self.variables.list.row_at(column, row) {
            let again =
                self.pane == Pane::Variables && self.variables.list.selected() == Some(index);
            self.pane = Pane::Variables;
            self.variables.list.select(index);
            if again && let Some(node) = self.variables.selected() {
                let done = self.variables.toggle(node, true);
                return self.after(done);
            }
        }
        Vec::new()
    }
}

impl Screen for FramesScreen {
    fn title(&self) -> &'static str {
        "Frames"
    }

    fn keys(&self) -> &'static [Binding] {
        KEYS
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked => {
                self.asked = true;
                return vec![Effect::Ask(Request::Frames(self.wanted))];
            }
            Input::Answer(Answer::Frames(data)) => return self.take_frames(*data),
            Input::Answer(Answer::Variables(found)) => self.take_variables(*found),
            Input::Answer(Answer::Source(source)) => {
                let here = self.data.as_ref().map(|data| data.goroutine) == Some(source.goroutine);
                if here && self.frame() == Some(source.frame) {
                    self.source = Some(*source);
                }
            }
            Input::Answer(Answer::Expanded { node, value }) => {
                nodes::expanded(&mut self.variables, node, value);
                self.variables.refresh();
            }
            Input::Answer(Answer::Failed(why)) => {
                if self.data.is_some() {
                    return vec![Effect::Say(why)];
                }
                self.failed = Some(why);
            }
            Input::Act(action) => return self.act(action),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(true);
            }
            Input::Filter(text) => {
                text.clone_into(&mut self.filter);
                self.pane = Pane::Variables;
                self.apply_filter();
            }
            Input::Wheel { rows, column, row } => {
                if self.source_seen.get().contains(column, row) {
                    self.scroll += i32::from(rows);
                } else if self.variables.list.contains(column, row) {
                    self.variables.list.step(rows);
                } else {
                    self.list.step(rows);
                    return self.ask();
                }
            }
            Input::Click { column, row } => return self.click(column, row),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let Some(data) = &self.data else {
            let line = match &self.failed {
                Some(why) => Line::new(Role::Alarm, why.clone()),
                None => Line::new(Role::Dim, "unwinding…"),
            };
            canvas.line(0, &line);
            return;
        };
        let width = canvas.width();
        let left = (width * 2 / 5).min(70);
        self.draw_frames(&mut canvas.columns(0, left), data);
        canvas.columns(left, 1).divider(0);
        let mut right = canvas.columns(left + 2, width.saturating_sub(left + 2));
        let height = right.height();
        let lower = (height * 2 / 5).max(5).min(height);
        self.draw_variables(&mut right.rows(0, height - lower), data);
        self.draw_source(&mut right.rows(height - lower, lower));
    }

    fn selection(&self) -> Option<String> {
        match self.pane {
            Pane::Variables => {
                let node = self.variables.get(self.variables.selected()?)?;
                Some(node.line().text().trim().to_owned())
            }
            Pane::Frames => {
                let call = self.data.as_ref()?.calls.get(self.frame()?)?;
                Some(format!(
                    "{}({})\n\t{}",
                    call.function, call.arguments, call.place
                ))
            }
        }
    }

    fn export(&self) -> Export {
        let Some(data) = &self.data else {
            return Export::default();
        };
        let mut text = vec![format!("goroutine {} [{}]:", data.goroutine, data.state)];
        for index in &self.visible {
            if let Some(call) = data.calls.get(*index) {
                text.push(format!("{index:>4}  {}({})", call.function, call.arguments));
                text.push(format!("        {}", call.place));
            }
        }
        text.push(String::new());
        text.extend(self.variables.rows().iter().filter_map(|(depth, node)| {
            let node = self.variables.get(*node)?;
            Some(format!("{}{}", "  ".repeat(*depth), node.line().text()))
        }));
        Export {
            text,
            verb: Some(format!("bt -g {} --full", data.goroutine)),
        }
    }

    fn standpoint(&self) -> Standpoint {
        Standpoint {
            goroutine: self
                .data
                .as_ref()
                .map(|data| data.goroutine)
                .or(self.wanted),
            frame: self.frame(),
        }
    }

    fn status(&self) -> Option<Line> {
        let data = self.data.as_ref()?;
        Some(Line::plain(format!(
            "goroutine {} [{}]",
            data.goroutine, data.state
        )))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }

    fn names(&self) -> Vec<String> {
        let rows = self.variables.rows().iter();
        rows.filter(|(depth, _)| *depth == 0)
            .filter_map(|(_, node)| self.variables.get(*node))
            .map(|node| node.name.clone())
            .collect()
    }
}
