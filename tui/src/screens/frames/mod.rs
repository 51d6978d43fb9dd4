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
mod expression;
mod nodes;

use crate::ask::Answer;
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::file::FilePlace;
use crate::data::frames::{
    AskFrames, AskSource, AskValue, AskVariables, Call, Frames, Source, VariablesOf,
};
use crate::data::page::{Page, Standpoint, Target};
use crate::data::text::Direction;
use crate::geometry::Area;
use crate::keys::{Action, Binding, ENTER, Key, WHOLE};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::list::ListState;
use crate::widgets::tree::{Done, Tree};
use dumpview_view::line::{Line, Role};
use nodes::Node;
use std::cell::Cell;

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
        Action::Next,
        "next",
        "the next goroutine",
    ),
    Binding::new(
        &[Key::Char('[')],
        Action::Previous,
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
    Binding::new(
        &[Key::Char('o')],
        Action::Object,
        "object",
        "the object on the heap that the selected variable leads to or lives in",
    ),
    Binding::new(
        &[Key::Char('d')],
        Action::Keeps,
        "",
        "what the selected variable keeps, or the goroutine: the dominator tree from there on",
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
            Effect::Ask(AskVariables { goroutine, frame }.into()),
            Effect::Ask(AskSource { goroutine, frame }.into()),
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

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        if word.is_empty() {
            return Vec::new();
        }
        let holds = |text: String| text.to_lowercase().contains(&word);
        let found = match self.pane {
            Pane::Frames => {
                let calls = self.data.as_ref().map_or(&[][..], |data| &data.calls);
                let call = |row: &usize| calls.get(*self.visible.get(*row)?);
                let text = |call: &Call| format!("{} {}", call.function, call.place);
                self.list
                    .find(direction, |row| call(row).map(text).is_some_and(holds))
            }
            Pane::Variables => {
                let node = |(_, node): &(usize, usize)| self.variables.get(*node);
                let text = |row| node(row).is_some_and(|node| holds(node.line().text()));
                let hits: Vec<bool> = self.variables.rows().iter().map(text).collect();
                let hit = |row: &usize| hits.get(*row).copied().unwrap_or(false);
                self.variables.list.find(direction, hit)
            }
        };
        match (found, self.pane) {
            (true, Pane::Frames) => self.ask(),
            (true, Pane::Variables) => Vec::new(),
            (false, _) => vec![Effect::Say(format!("not found: {}", self.search))],
        }
    }

    fn go_to(goroutine: Option<u64>, end: &str) -> Vec<Effect> {
        match goroutine {
            Some(id) => vec![Effect::Ask(AskFrames(Some(id)).into())],
            None => vec![Effect::Say(format!("this is the {end} goroutine"))],
        }
    }

    fn command(&self, line: String) -> Vec<Effect> {
        vec![Effect::Go(Target::Command {
            line,
            at: self.standpoint(),
        })]
    }

    /// The variable of the cursor.
    fn variable(&self) -> Option<&Node> {
        self.variables.get(self.variables.selected()?)
    }

    /// All of what is selected.
    fn whole(&self) -> Vec<Effect> {
        let expr = match self.pane {
            Pane::Variables => self.variable().and_then(Node::whole),
            Pane::Frames => None,
        };
        let target = match (expr, self.selection()) {
            (Some(expr), _) => Target::Value {
                expr,
                at: self.standpoint(),
            },
            (None, Some(text)) => Target::Whole {
                // A traceback's places are behind a tab, which no screen shows as one.
                lines: text.replace('\t', "    ").lines().map(Line::from).collect(),
            },
            (None, None) => return Vec::new(),
        };
        vec![Effect::Go(target)]
    }

    /// From a variable to its object, from the frames to the goroutine.
    fn to_heap(&self, action: Action) -> Vec<Effect> {
        let name = match self.pane {
            Pane::Variables => {
                let object = self.variable().and_then(Node::object);
                object.map(|addr| addr.to_string())
            }
            Pane::Frames => {
                let data = self.data.as_ref();
                data.map(|data| format!("goroutine {}", data.goroutine))
            }
        };
        let Some(name) = name else {
            let why = "the selected variable leads to no object";
            return vec![Effect::Say(why.to_owned())];
        };
        vec![Effect::Go(match action {
            Action::Keeps => Target::Kept { name },
            _ => Target::Place { name },
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
            nodes::Opened::Ask { node, expr, len } => {
                let value = AskValue {
                    goroutine,
                    frame,
                    node,
                    expr,
                    len,
                };
                vec![Effect::Ask(value.into())]
            }
            nodes::Opened::Whole(expr) => {
                self.variables.refresh();
                let at = self.standpoint();
                vec![Effect::Go(Target::Value { expr, at })]
            }
            nodes::Opened::Cannot(why) => {
                self.variables.refresh();
                vec![Effect::Say(why)]
            }
        }
    }

    fn answer(&mut self, mut answer: Answer) -> Vec<Effect> {
        if let Some(told) = answer.about::<AskFrames>() {
            return match told {
                Ok(data) => self.take_frames(data),
                Err(why) if self.data.is_some() => vec![Effect::Say(why)],
                Err(why) => {
                    self.failed = Some(why);
                    Vec::new()
                }
            };
        }
        let mut failed = None;
        match answer.about::<AskVariables>() {
            Some(Ok(found)) => self.take_variables(found),
            Some(Err(why)) => failed = Some(why),
            None => {}
        }
        match answer.about::<AskSource>() {
            Some(Ok(source)) => {
                let here = self.data.as_ref().map(|data| data.goroutine) == Some(source.goroutine);
                if here && self.frame() == Some(source.frame) {
                    self.source = Some(source);
                }
            }
            Some(Err(why)) => failed = Some(why),
            None => {}
        }
        match answer.about::<AskValue>() {
            Some(Ok(found)) => {
                nodes::expanded(&mut self.variables, found.node, found.value);
                self.variables.refresh();
            }
            Some(Err(why)) => failed = Some(why),
            None => {}
        }
        failed.map(Effect::Say).into_iter().collect()
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        let goroutines = self.data.as_ref().map(|data| (data.previous, data.next));
        match (action, self.pane) {
            (Action::Next, _) => return Self::go_to(goroutines.and_then(|g| g.1), "last"),
            (Action::Previous, _) => {
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
            (Action::Object | Action::Keeps, _) => return self.to_heap(action),
            (Action::Whole, _) => return self.whole(),
            (Action::Memory, _) => {
                return match self.variable().and_then(Node::address) {
                    Some(addr) => self.command(format!("x --addr {addr} --count 256")),
                    None => vec![Effect::Say(
                        "the selected variable is not in memory".to_owned(),
                    )],
                };
            }
            (Action::ScrollUp, _) => self.scroll -= 1,
            (Action::ScrollDown, _) => self.scroll += 1,
            (Action::NextFound, _) => return self.find(Direction::Forwards),
            (Action::PreviousFound, _) => return self.find(Direction::Backwards),
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
    fn page(&self) -> Page {
        Page::Frames
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS, &[WHOLE]]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked => {
                self.asked = true;
                return vec![Effect::Ask(AskFrames(self.wanted).into())];
            }
            Input::Answer(answer) => return self.answer(answer),
            Input::Act(action) => return self.act(action),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
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
        // Where there is nothing to read variables from, the names of functions have the room.
        let nothing = self.note.is_some() && self.variables.rows().is_empty();
        let left = if nothing {
            width * 3 / 5
        } else {
            (width * 2 / 5).min(70)
        };
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

    fn export(&self) -> Option<Export> {
        let data = self.data.as_ref()?;
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
        let verb = format!("bt -g {} --full", data.goroutine);
        Some(Export::lines(text, Some(verb)))
    }

    fn file(&self) -> Option<FilePlace> {
        let call = self.data.as_ref()?.calls.get(self.frame()?)?;
        FilePlace::of_source(&call.place)
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
