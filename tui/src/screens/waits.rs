//! Who waits for whom, as a tree from the goroutines that others wait for: what they have, who waits for that, what those have.
//!
//! ```text
//!  51 goroutines blocked on 2 objects
//!  51 goroutines wait to lock main.shared.mu, which probably goroutine 18 has in main.nap locks.go:21 [sleep]
//!  ▾ goroutine 18, 50 behind it: main.nap locks.go:21 [sleep]
//!    ▾ probably holds sync.Mutex main.shared.mu (0x5d2f60)  [locked]
//!      ▸ 50 goroutines wait to lock it: main.(*pool).want locks.go:35 [sync.Mutex.Lock]
//! ```

use crate::ask::Answer;
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::frames::{AskFrames, Frames};
use crate::data::page::{Page, Standpoint, Target};
use crate::data::text::Direction;
use crate::data::waits::AskWaits;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::stack;
use crate::widgets::tree::{Children, Done, Tree};
use dumpview_model::units::plural;
use dumpview_model::waits::{Node, Tree as Graph, Waits};
use dumpview_view::line::{Line, Role};
use std::cell::Cell;
use std::sync::Arc;

/// The screen.
#[derive(Default)]
pub struct WaitsScreen {
    asked: bool,
    failed: Option<String>,
    graph: Option<Graph<Arc<Waits>>>,
    head: Vec<Line>,
    tree: Tree<Row>,
    search: String,
    filter: String,
    /// The stack of the cursor's goroutine, which a wide terminal has room for.
    stack: Option<Frames>,
    /// The goroutine whose stack was asked for last.
    stack_of: Option<u64>,
    /// Whether the last frame had that room.
    wide: Cell<bool>,
}

/// A node, and its words.
struct Row {
    node: Node,
    text: String,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "frames",
        "the frames of a goroutine; opens or closes what is none",
    ),
    Binding::new(
        &[Key::Char('o')],
        Action::Object,
        "holder",
        "the goroutine that the line is about, or that could end the wait",
    ),
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "filter",
        "only trees in which something holds this",
    ),
];

/// From this width on there is room for a stack beside the tree.
const WIDE: u16 = 160;

/// Findings that are shown above the tree.
const FINDINGS: usize = 3;
/// A filter looks so far down.
const LEVELS: usize = 3;
/// Trees that are open from the start, and their levels.
const OPEN: usize = 8;
/// Nodes of an open tree that are opened with it.
const OPEN_BELOW: usize = 4;

impl WaitsScreen {
    fn ask(&mut self) -> Vec<Effect> {
        self.asked = true;
        vec![Effect::Ask(AskWaits.into())]
    }

    fn take(&mut self, waits: Arc<Waits>) {
        self.failed = None;
        let blocked = plural(waits.blocked as u64, "goroutine");
        let objects = plural(waits.objects.len() as u64, "object");
        self.head = vec![Line::new(
            Role::Heading,
            format!("{blocked} blocked on {objects}"),
        )];
        let findings = waits.findings.iter().take(FINDINGS);
        self.head
            .extend(findings.map(|finding| Line::new(Role::Warning, finding.text.clone())));
        let notes = waits.incomplete.iter();
        self.head
            .extend(notes.map(|why| Line::new(Role::Dim, format!("incomplete: {why}"))));
        self.graph = Some(Graph::new(waits));
        self.plant();
    }

    /// Makes the trees that hold what is filtered by, and opens the first of them.
    fn plant(&mut self) {
        let Some(graph) = self.graph.take() else {
            return;
        };
        let wanted = self.filter.to_lowercase();
        self.tree.clear();
        let roots: Vec<usize> = graph
            .roots()
            .into_iter()
            .filter(|node| holds(&graph, node, &wanted, LEVELS))
            .map(|node| {
                let (row, children) = made(&graph, node);
                self.tree.add_root(row, children)
            })
            .collect();
        self.graph = Some(graph);
        for root in roots.into_iter().take(OPEN) {
            for node in self.open(root).into_iter().take(OPEN_BELOW) {
                self.open(node);
            }
        }
        self.tree.refresh();
    }

    /// Makes what stands below a node, and opens it; which nodes these are.
    fn open(&mut self, node: usize) -> Vec<usize> {
        if matches!(self.tree.children(node), Some(Children::None) | None) {
            return Vec::new();
        }
        let known = self.below(node);
        self.tree.open(node);
        known
    }

    fn below(&mut self, node: usize) -> Vec<usize> {
        let (Some(graph), Some(row)) = (&self.graph, self.tree.get(node)) else {
            return Vec::new();
        };
        let made: Vec<_> = graph
            .children(&row.node)
            .into_iter()
            .map(|child| made(graph, child))
            .collect();
        let added = made.into_iter();
        let added: Vec<usize> = added
            .map(|(row, children)| self.tree.add(row, Some(node), children))
            .collect();
        let children = if added.is_empty() {
            Children::None
        } else {
            Children::Known(added.clone())
        };
        self.tree.set_children(node, children);
        added
    }

    fn selected(&self) -> Option<&Row> {
        self.tree.get(self.tree.selected()?)
    }

    /// The goroutine of the cursor: itself, or who could end the wait.
    fn goroutine(&self) -> Option<u64> {
        let row = self.selected()?;
        match &row.node {
            Node::Goroutine { id, .. } => Some(*id),
            Node::Object { of: Some(id), .. } => Some(*id),
            Node::Step { circle, step } => {
                let step = self.graph.as_ref()?.step(*circle, *step)?;
                Some(step.goroutine)
            }
            Node::Object { index, of: None } => {
                let object = self.graph.as_ref()?.waits().objects.get(*index)?;
                object.parties.first().map(|party| party.goroutine)
            }
            Node::Crowd { ids, .. } => ids.first().copied(),
            Node::Circle(index) => {
                let circle = self.graph.as_ref()?.waits().circles.get(*index)?;
                circle.steps.first().map(|step| step.goroutine)
            }
        }
    }

    /// Asks for the stack of the cursor's goroutine, where there is room for it.
    fn ask_stack(&mut self) -> Vec<Effect> {
        let goroutine = self.goroutine().filter(|_| self.wide.get());
        let Some(id) = goroutine.filter(|id| self.stack_of != Some(*id)) else {
            return Vec::new();
        };
        self.stack_of = Some(id);
        vec![Effect::Ask(AskFrames(Some(id)).into())]
    }

    fn after(&mut self, done: Done) -> Vec<Effect> {
        match done {
            Done::Ask(node) => {
                self.below(node);
                self.tree.refresh();
                Vec::new()
            }
            Done::Out => vec![Effect::Back],
            Done::Moved | Done::Nothing => Vec::new(),
        }
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        if word.is_empty() {
            return Vec::new();
        }
        let hit = |(_, node): &(usize, usize)| {
            let row = self.tree.get(*node);
            row.is_some_and(|row| row.text.to_lowercase().contains(&word))
        };
        let hits: Vec<bool> = self.tree.rows().iter().map(hit).collect();
        let hit = |row: &usize| hits.get(*row).copied().unwrap_or(false);
        if self.tree.list.find(direction, hit) {
            return Vec::new();
        }
        let why = format!("not found among what is open: {}", self.search);
        vec![Effect::Say(why)]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        let is_goroutine = self
            .selected()
            .is_some_and(|row| matches!(row.node, Node::Goroutine { .. } | Node::Step { .. }));
        match action {
            Action::Enter if is_goroutine => self.to_frames(),
            Action::Object => self.to_frames(),
            Action::NextFound => self.find(Direction::Forwards),
            Action::PreviousFound => self.find(Direction::Backwards),
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                self.plant();
                Vec::new()
            }
            Action::Back => vec![Effect::Back],
            action => {
                let done = self.tree.act(action);
                self.after(done)
            }
        }
    }

    fn to_frames(&self) -> Vec<Effect> {
        vec![match self.goroutine() {
            Some(id) => Effect::Go(Target::Goroutine {
                id: Some(id),
                frame: None,
            }),
            None => Effect::Say("no goroutine is known that could end this wait".to_owned()),
        }]
    }

    fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        if let Some(at) = self.tree.list.row_at(column, row) {
            if self.tree.list.selected() == Some(at) {
                return self.act(Action::Enter);
            }
            self.tree.list.select(at);
        }
        Vec::new()
    }
}

/// Whether a node, or something below it as far down as so many levels, has a text in its words.
fn holds(graph: &Graph<Arc<Waits>>, node: &Node, wanted: &str, levels: usize) -> bool {
    let below = || graph.children(node).into_iter();
    wanted.is_empty()
        || graph.text(node).to_lowercase().contains(wanted)
        || levels > 0 && below().any(|child| holds(graph, &child, wanted, levels - 1))
}

/// A row, and whether it opens.
fn made(graph: &Graph<Arc<Waits>>, node: Node) -> (Row, Children) {
    let children = match &node {
        // Few have something that others wait for; asking takes a look into a map.
        Node::Goroutine { .. } if graph.children(&node).is_empty() => Children::None,
        _ => Children::Unknown,
    };
    let text = graph.text(&node);
    (Row { node, text }, children)
}

const fn role(node: &Node) -> Role {
    match node {
        Node::Circle(_) => Role::Alarm,
        Node::Goroutine { .. } | Node::Step { .. } => Role::Plain,
        Node::Object { .. } => Role::Type,
        Node::Crowd { .. } => Role::Dim,
    }
}

impl Screen for WaitsScreen {
    fn page(&self) -> Page {
        Page::Waits
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked || self.failed.is_some() => return self.ask(),
            Input::Fresh { ended: true } if self.asked => return self.ask(),
            Input::Answer(mut answer) => return self.answer(&mut answer),
            Input::Stopped if self.graph.is_none() => {
                self.failed = Some("stopped before it was read".to_owned());
            }
            Input::Act(action) => {
                let mut effects = self.act(action);
                effects.extend(self.ask_stack());
                return effects;
            }
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Filter(text) => {
                text.clone_into(&mut self.filter);
                self.plant();
            }
            Input::Wheel { rows, .. } => self.tree.list.step(rows),
            Input::Click { column, row } => return self.click(column, row),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        self.wide.set(canvas.width() >= WIDE);
        if let Some(why) = &self.failed {
            canvas.wrapped(0, &Line::new(Role::Alarm, why.clone()));
            return;
        }
        if self.graph.is_none() {
            canvas.line(0, &Line::new(Role::Dim, "reading…"));
            return;
        }
        let head = self.head.iter();
        let top = head.fold(0, |top, line| canvas.wrapped(top, line));
        let mut below = canvas.rows(top, canvas.height().saturating_sub(top));
        if self.tree.rows().is_empty() {
            let nothing = match self.filter.as_str() {
                "" => "no goroutine waits for something that another could end",
                _ => "no wait is like that; Esc forgets the filter",
            };
            below.line(0, &Line::new(Role::Dim, nothing));
            return;
        }
        let width = below.width();
        let stack = self.stack.as_ref().filter(|_| width >= WIDE);
        if let Some(stack) = stack {
            let left = width - width * 2 / 5;
            below.columns(left, 1).divider(0);
            stack::draw(&mut below.columns(left + 1, width - left - 1), stack);
        }
        let room = if stack.is_some() {
            width - width * 2 / 5
        } else {
            width
        };
        let mut below = below.columns(0, room);
        self.tree.draw(&mut below, true, |row| {
            Line::new(role(&row.node), row.text.clone())
        });
    }

    fn selection(&self) -> Option<String> {
        self.selected().map(|row| row.text.clone())
    }

    fn export(&self) -> Option<Export> {
        self.graph.as_ref()?;
        let mut text: Vec<String> = self.head.iter().map(Line::text).collect();
        text.extend(self.tree.rows().iter().filter_map(|(depth, node)| {
            let row = self.tree.get(*node)?;
            Some(format!("{}{}", "  ".repeat(*depth), row.text))
        }));
        Some(Export::lines(text, Some("waits --graph".to_owned())))
    }

    fn standpoint(&self) -> Standpoint {
        Standpoint {
            goroutine: self.goroutine(),
            frame: None,
        }
    }

    fn status(&self) -> Option<Line> {
        let waits = self.graph.as_ref()?.waits();
        Some(Line::plain(format!("{} blocked", waits.blocked)))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }
}

impl WaitsScreen {
    fn answer(&mut self, answer: &mut Answer) -> Vec<Effect> {
        match answer.about::<AskWaits>() {
            Some(Ok(waits)) => self.take(waits),
            Some(Err(why)) if self.graph.is_some() => return vec![Effect::Say(why)],
            Some(Err(why)) => self.failed = Some(why),
            None => {}
        }
        if let Some(Ok(frames)) = answer.about::<AskFrames>() {
            self.stack = Some(frames).filter(|frames| Some(frames.goroutine) == self.stack_of);
        }
        self.ask_stack()
    }
}
