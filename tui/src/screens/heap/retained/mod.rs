//! Who keeps the memory: the dominator tree, opened level by level, or as a picture in which width is bytes.
//!
//! ```text
//!  RETAINED   OF ALL                OWN  PLACE
//!  48.2 MiB    61.0% ████████▊        0  ▾ main.registry
//!  48.1 MiB    60.9% ████████▋   32 MiB    ▸ 0xc000100000 map[int]*main.Session entries
//! ```
//!
//! | file | in charge of |
//! |---|---|
//! | `tree` | the tree as lines |
//! | `picture` | the picture |

mod picture;
mod tree;

use super::{OBJECT, draw_head, name_of, to_kept, to_place};
use crate::ask::Answer;
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::heap::{AskBelow, AskPicture, Below, PicturePiece};
use crate::data::page::{Page, Target};
use crate::data::text::Direction;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::screens::heap::KEEPS;
use crate::widgets::tree::{Children, Done, Tree};
use dumpview_model::heap::HeapBranch;
use dumpview_model::units::percent;
use dumpview_view::line::{Line, Role};
use picture::{Clicked, Drawn};
use tree::title;

/// The screen: of all that lives, or of what one place keeps.
pub struct RetainedScreen {
    from: Option<String>,
    asked: bool,
    failed: Option<String>,
    loaded: bool,
    head: Vec<Line>,
    tree: Tree<HeapBranch>,
    /// Nodes that were opened one below the other since the last key.
    at_once: usize,
    picture: Option<Drawn>,
    as_picture: bool,
    search: String,
    filter: String,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "open",
        "open or close; in the picture: zoom in, Esc zooms out",
    ),
    Binding::new(
        &[Key::Char('i')],
        Action::Picture,
        "picture",
        "as a picture in which width is bytes, or as a tree",
    ),
    OBJECT,
    KEEPS,
];

/// The number of the node that everything stands below.
const ALL: usize = usize::MAX;

impl Default for RetainedScreen {
    fn default() -> Self {
        Self::starting(None)
    }
}

impl RetainedScreen {
    /// Of what a place keeps.
    pub fn of(name: String) -> Self {
        Self::starting(Some(name))
    }

    fn starting(from: Option<String>) -> Self {
        Self {
            from,
            asked: false,
            failed: None,
            loaded: false,
            head: Vec::new(),
            tree: Tree::default(),
            at_once: 0,
            picture: None,
            as_picture: false,
            search: String::new(),
            filter: String::new(),
        }
    }

    fn ask(&mut self) -> Vec<Effect> {
        self.asked = true;
        let place = self.from.clone();
        vec![Effect::Ask(AskBelow { place, node: ALL }.into())]
    }

    /// The branch of the cursor in the tree.
    fn branch(&self) -> Option<&HeapBranch> {
        self.tree.get(self.tree.selected()?)
    }

    /// The piece of the cursor in the picture.
    fn piece(&self) -> Option<&PicturePiece> {
        self.picture.as_ref()?.piece()
    }

    fn name(&self) -> Option<String> {
        let branch = self.branch()?;
        if branch.folded > 0 {
            return None;
        }
        name_of(&branch.place)
    }

    /// Takes what is below a node. Where that is one place only, it is opened at once: it says nothing by itself.
    fn take(&mut self, below: Below) -> Vec<Effect> {
        if below.node == ALL {
            self.loaded = true;
            self.failed = None;
            self.head = below.head;
            self.tree.clear();
            let parent = below
                .place
                .map(|place| self.tree.add_root(place, Children::Known(Vec::new())));
            let children = self.add(parent, below.branches);
            let only = only(&children).filter(|_| parent.is_some());
            if let Some(parent) = parent {
                self.tree.set_children(parent, Children::Known(children));
                self.tree.open(parent);
            }
            self.open_at_once(only)
        } else {
            let children = self.add(Some(below.node), below.branches);
            let only = only(&children);
            let children = if children.is_empty() {
                Children::None
            } else {
                Children::Known(children)
            };
            self.tree.set_children(below.node, children);
            self.open_at_once(only)
        }
    }

    fn open_at_once(&mut self, node: Option<usize>) -> Vec<Effect> {
        self.tree.refresh();
        let done = match node.filter(|_| self.at_once < AT_ONCE) {
            Some(node) => self.tree.toggle(node, false),
            None => Done::Nothing,
        };
        self.at_once += 1;
        self.after(done)
    }

    fn add(&mut self, parent: Option<usize>, branches: Vec<HeapBranch>) -> Vec<usize> {
        let mut all = Vec::new();
        for branch in branches {
            let can_open = branch.folded == 0 && branch.children > 0;
            let children = if can_open && name_of(&branch.place).is_some() {
                Children::Unknown
            } else {
                Children::None
            };
            all.push(match parent {
                None => self.tree.add_root(branch, children),
                parent => self.tree.add(branch, parent, children),
            });
        }
        all
    }

    fn answer(&mut self, mut answer: Answer) -> Vec<Effect> {
        match answer.about::<AskBelow>() {
            Some(Ok(below)) => return self.take(below),
            Some(Err(why)) if self.loaded => return vec![Effect::Say(why)],
            Some(Err(why)) => self.failed = Some(why),
            None => {}
        }
        match answer.about::<AskPicture>() {
            Some(Ok(picture)) => self.picture = Some(Drawn::of(picture)),
            Some(Err(why)) => {
                self.as_picture = self.picture.is_some();
                return vec![Effect::Say(why)];
            }
            None => {}
        }
        Vec::new()
    }

    /// Asks for what is below a node of the tree.
    fn after(&mut self, done: Done) -> Vec<Effect> {
        match done {
            Done::Ask(node) => {
                let place = self.tree.get(node).and_then(|b| name_of(&b.place));
                vec![Effect::Ask(AskBelow { place, node }.into())]
            }
            Done::Out => vec![Effect::Back],
            Done::Moved | Done::Nothing => Vec::new(),
        }
    }

    /// What stands for several of a type leads to the objects of that type.
    fn folded(&self) -> Option<Vec<Effect>> {
        let branch = self.branch().filter(|branch| branch.folded > 0)?;
        Some(vec![match branch.place.ty.clone() {
            Some(ty) => Effect::Go(Target::Instances { ty }),
            None => Effect::Say("too small to be told apart".to_owned()),
        }])
    }

    fn toggle_picture(&mut self) -> Vec<Effect> {
        self.as_picture = !self.as_picture;
        if self.as_picture && self.picture.is_none() {
            let place = self.from.clone();
            return vec![Effect::Ask(AskPicture { place }.into())];
        }
        Vec::new()
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        if word.is_empty() {
            return Vec::new();
        }
        let hit = |(_, node): &(usize, usize)| {
            let branch = self.tree.get(*node);
            branch.is_some_and(|branch| title(branch).to_lowercase().contains(&word))
        };
        let hits: Vec<bool> = self.tree.rows().iter().map(hit).collect();
        let hit = |row: &usize| hits.get(*row).copied().unwrap_or(false);
        if self.tree.list.find(direction, hit) {
            return Vec::new();
        }
        vec![Effect::Say(format!(
            "not found among what is open: {}",
            self.search
        ))]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        self.at_once = 0;
        if self.as_picture {
            let drawn = self.picture.as_mut();
            if let Some(effects) = drawn.and_then(|drawn| drawn.act(action)) {
                return effects;
            }
        } else if matches!(action, Action::Enter)
            && let Some(effects) = self.folded()
        {
            return effects;
        }
        match action {
            Action::Picture => self.toggle_picture(),
            Action::Object => to_place(self.name()),
            Action::Keeps => to_kept(self.name()),
            Action::NextFound => self.find(Direction::Forwards),
            Action::PreviousFound => self.find(Direction::Backwards),
            Action::Back if self.as_picture && self.from.is_none() => {
                self.as_picture = false;
                Vec::new()
            }
            Action::Back => vec![Effect::Back],
            _ if self.as_picture => Vec::new(),
            action => {
                let done = self.tree.act(action);
                self.after(done)
            }
        }
    }

    fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        if self.as_picture {
            let clicked = self.picture.as_mut().map(|drawn| drawn.click(column, row));
            return match clicked {
                Some(Clicked::Again) => self.act(Action::Enter),
                _ => Vec::new(),
            };
        }
        if let Some(at) = self.tree.list.row_at(column, row) {
            if self.tree.list.selected() == Some(at) {
                return self.act(Action::Enter);
            }
            self.tree.list.select(at);
        }
        Vec::new()
    }
}

/// A list of one element below the other is not opened to its end.
const AT_ONCE: usize = 6;

/// The node, where there is one.
fn only(nodes: &[usize]) -> Option<usize> {
    match nodes {
        [node] => Some(*node),
        _ => None,
    }
}

/// A part of all that lives; in a column there is no room for words.
#[expect(clippy::cast_precision_loss, reason = "a share of bytes")]
fn share(part: u64, of: u64) -> String {
    percent(part as f64 / of.max(1) as f64).replace("less than ", "<")
}

impl Screen for RetainedScreen {
    fn page(&self) -> Page {
        match self.from {
            None => Page::Retained,
            Some(_) => Page::Kept,
        }
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked || self.failed.is_some() => return self.ask(),
            Input::Answer(answer) => return self.answer(answer),
            Input::Stopped if !self.loaded => {
                self.failed = Some("stopped before it was read".to_owned());
            }
            Input::Act(action) => return self.act(action),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Filter(text) => {
                text.clone_into(&mut self.filter);
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Wheel { rows, .. } => self.tree.list.step(rows),
            Input::Click { column, row } => return self.click(column, row),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        if let Some(why) = &self.failed {
            canvas.wrapped(0, &Line::new(Role::Alarm, why.clone()));
            return;
        }
        if !self.loaded {
            canvas.line(0, &Line::new(Role::Dim, "reading…"));
            return;
        }
        let top = draw_head(canvas, &self.head);
        let mut below = canvas.rows(top, canvas.height().saturating_sub(top));
        match &self.picture {
            Some(drawn) if self.as_picture => drawn.draw(&mut below),
            None if self.as_picture => {
                below.line(0, &Line::new(Role::Dim, "drawing…"));
            }
            _ => tree::draw(&self.tree, &mut below),
        }
    }

    fn selection(&self) -> Option<String> {
        if self.as_picture {
            return self.piece().map(|piece| piece.name.clone());
        }
        self.name().or_else(|| self.branch().map(title))
    }

    fn export(&self) -> Option<Export> {
        let mut text: Vec<String> = self.head.iter().map(Line::text).collect();
        text.extend(tree::lines(&self.tree));
        let from = self.from.as_deref().unwrap_or_default();
        let verb = format!("heap tree {from}");
        Some(Export::lines(text, Some(verb.trim_end().to_owned())))
    }

    fn status(&self) -> Option<Line> {
        let what = self
            .from
            .clone()
            .unwrap_or_else(|| "all that lives".to_owned());
        let drawn = self.picture.as_ref().filter(|_| self.as_picture);
        let is_zoomed = drawn.is_some_and(Drawn::is_zoomed);
        let zoomed = if is_zoomed { "zoomed: " } else { "" };
        Some(Line::plain(format!("{zoomed}{what}")))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }
}
