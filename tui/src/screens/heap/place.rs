//! One place of the heap: an object, a variable, a goroutine. What it is, its value, why it is alive, what refers to it, to
//! what it refers. Lines that name a place lead there; Esc comes back.
//!
//! ```text
//!  0xc000123400 main.Session
//!  keeps 4.1 KiB, 96 B of its own · referred to by 2 places, refers to 3
//!  ▾ value
//!      ID = 17
//!      Cart = *main.Cart 0xc000200000                      ← Enter goes there
//!  ▾ kept by, from a root
//!      main.registry
//!        .sessions → 0xc000100000 map[int]*main.Session
//! ```

use super::{draw_head, to_kept};
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::heap::{AskPlace, Fact, Place};
use crate::data::page::{Page, Standpoint, Target};
use crate::data::text::Direction;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::screens::heap::KEEPS;
use crate::widgets::tree::{Children, Done, Tree};
use dumpview_view::line::{Line, Role};

/// The screen.
pub struct PlaceScreen {
    wanted: String,
    asked: bool,
    failed: Option<String>,
    place: Option<Place>,
    tree: Tree<Node>,
    search: String,
    filter: String,
}

struct Node {
    line: Line,
    go: Option<Target>,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "go there",
        "to the object that the line names; of a line that names none: open or close",
    ),
    KEEPS,
    Binding::new(
        &[Key::Char('r')],
        Action::References,
        "references",
        "all references to and from it, as a table",
    ),
    Binding::new(&[Key::Char('m')], Action::Memory, "bytes", "its raw memory"),
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "",
        "only lines that hold this",
    ),
];

impl PlaceScreen {
    /// Of a place, by its name.
    pub fn new(wanted: String) -> Self {
        Self {
            wanted,
            asked: false,
            failed: None,
            place: None,
            tree: Tree::default(),
            search: String::new(),
            filter: String::new(),
        }
    }

    /// Makes the lines anew: those that the filter lets through, each with all above it.
    fn arrange(&mut self) {
        self.tree.clear();
        let Some(place) = &self.place else { return };
        let filter = self.filter.to_lowercase();
        for fact in &place.facts {
            if holds(fact, &filter) {
                add(&mut self.tree, None, fact, &filter);
            }
        }
        self.tree.refresh();
    }

    fn selected(&self) -> Option<&Node> {
        self.tree.get(self.tree.selected()?)
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        if word.is_empty() {
            return Vec::new();
        }
        let hit = |(_, node): &(usize, usize)| {
            let node = self.tree.get(*node);
            node.is_some_and(|node| node.line.text().to_lowercase().contains(&word))
        };
        let hits: Vec<bool> = self.tree.rows().iter().map(hit).collect();
        let hit = |row: &usize| hits.get(*row).copied().unwrap_or(false);
        if self.tree.list.find(direction, hit) {
            return Vec::new();
        }
        vec![Effect::Say(format!("not found: {}", self.search))]
    }

    fn name(&self) -> String {
        match &self.place {
            Some(place) if !place.name.is_empty() => place.name.clone(),
            _ => self.wanted.clone(),
        }
    }

    fn enter(&mut self) -> Vec<Effect> {
        if let Some(go) = self.selected().and_then(|node| node.go.clone()) {
            return vec![Effect::Go(go)];
        }
        self.tree.act(Action::Enter);
        Vec::new()
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Enter => return self.enter(),
            Action::Keeps => return to_kept(Some(self.name())),
            Action::References => {
                return vec![Effect::Go(Target::References { name: self.name() })];
            }
            Action::Memory => {
                let name = self.name();
                return vec![if name.starts_with("0x") {
                    Effect::Go(Target::Command {
                        line: format!("x --addr {name} --count 256"),
                        at: Standpoint::default(),
                    })
                } else {
                    Effect::Say("a root has no bytes of its own".to_owned())
                }];
            }
            Action::NextFound => return self.find(Direction::Forwards),
            Action::PreviousFound => return self.find(Direction::Backwards),
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                self.arrange();
            }
            Action::Back => return vec![Effect::Back],
            action => {
                // A line that names a place opens with the key to the right, like others.
                if self.tree.act(action) == Done::Out {
                    return vec![Effect::Back];
                }
            }
        }
        Vec::new()
    }
}

fn holds(fact: &Fact, filter: &str) -> bool {
    filter.is_empty()
        || fact.line.text().to_lowercase().contains(filter)
        || fact.below.iter().any(|fact| holds(fact, filter))
}

fn add(tree: &mut Tree<Node>, parent: Option<usize>, fact: &Fact, filter: &str) -> usize {
    let node = Node {
        line: fact.line.clone(),
        go: fact.go.clone(),
    };
    let node = match parent {
        None => tree.add_root(node, Children::None),
        parent => tree.add(node, parent, Children::None),
    };
    // Below a line that the filter names everything stays.
    let below_filter = if fact.line.text().to_lowercase().contains(filter) {
        ""
    } else {
        filter
    };
    let below = fact.below.iter().filter(|fact| holds(fact, below_filter));
    let below: Vec<usize> = below
        .map(|fact| add(tree, Some(node), fact, below_filter))
        .collect();
    if !below.is_empty() {
        tree.set_children(node, Children::Known(below));
    }
    if fact.open || !filter.is_empty() {
        tree.open(node);
    }
    node
}

impl Screen for PlaceScreen {
    fn page(&self) -> Page {
        Page::Object
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked || self.failed.is_some() => {
                self.asked = true;
                let place = self.wanted.clone();
                return vec![Effect::Ask(AskPlace { place }.into())];
            }
            Input::Answer(mut answer) => match answer.about::<AskPlace>() {
                Some(Ok(place)) => {
                    self.failed = None;
                    self.place = Some(place);
                    self.arrange();
                    // On the first line that says something, not on the heading above it.
                    self.tree.list.step(1);
                }
                Some(Err(why)) => self.failed = Some(why),
                None => {}
            },
            Input::Stopped => self.failed = Some("stopped before it was read".to_owned()),
            Input::Act(action) => return self.act(action),
            Input::Filter(text) => {
                text.clone_into(&mut self.filter);
                self.arrange();
            }
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Wheel { rows, .. } => self.tree.list.step(rows),
            Input::Click { column, row } => {
                if let Some(at) = self.tree.list.row_at(column, row) {
                    if self.tree.list.selected() == Some(at) {
                        return self.enter();
                    }
                    self.tree.list.select(at);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        if let Some(why) = &self.failed {
            canvas.wrapped(0, &Line::new(Role::Alarm, why.clone()));
            return;
        }
        let Some(place) = &self.place else {
            canvas.line(0, &Line::new(Role::Dim, "reading…"));
            return;
        };
        let top = draw_head(canvas, &place.head);
        let mut below = canvas.rows(top, canvas.height().saturating_sub(top));
        self.tree.draw(&mut below, true, |node| {
            let mut line = node.line.clone();
            if node.go.is_some() {
                line.push(Role::Key, " →");
            }
            line
        });
    }

    fn selection(&self) -> Option<String> {
        Some(self.selected()?.line.text().trim().to_owned())
    }

    fn export(&self) -> Option<Export> {
        let place = self.place.as_ref()?;
        let mut text: Vec<String> = place.head.iter().map(Line::text).collect();
        text.extend(self.tree.rows().iter().filter_map(|(depth, node)| {
            let node = self.tree.get(*node)?;
            Some(format!("{}{}", "  ".repeat(*depth), node.line.text()))
        }));
        Some(Export::lines(text, Some(place.verb.clone())))
    }

    fn status(&self) -> Option<Line> {
        Some(Line::plain(self.name()))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }
}
