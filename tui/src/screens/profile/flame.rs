//! The tree of calls as a picture: a row a level, the outermost call on top, and a call as wide as what was counted there.
//!
//! ```text
//! main.treeHandler  1.07s, 52.7% of all; itself 10ms
//! |all 2.03s -----------------------------------------------------|
//! |net/http.(*conn).serve 1.52s -----------------|runtime.gcBgMa|
//! ```
//!
//! Of a difference a call is as wide as before and now together; what grew is red and has a plus, what shrank is blue and has a
//! minus.

use super::{NEXT_TYPE, SOURCE, Shown, Told, ask, is_older, look};
use crate::ask::Answer;
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::page::Page;
use crate::data::profile::{AskFlame, AskVerdict, Pictured, Select, Selection, Verdict};
use crate::data::text::Direction;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::icicle::{Icicle, Piece};
use crate::widgets::list::around;
use dumpview_model::finding::Finding;
use dumpview_model::profile::measure::{label, percentage};
use dumpview_model::profile::{FlameNode, Way};
use dumpview_view::finding::headline;
use dumpview_view::line::{Line, Role};

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "zoom",
        "the call gets the whole width; Esc goes back",
    ),
    Binding::new(
        &[Key::Char('c')],
        Action::Keeps,
        "callers",
        "whom the function calls, wherever it is called from; again: who calls it; again: everything",
    ),
    NEXT_TYPE,
    SOURCE,
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "labels",
        "only samples with such labels, as -tagfocus takes them: endpoint=tree",
    ),
];

/// So many findings stand above the picture.
const MOST_THAT_MATTERS: usize = 3;

/// The screen.
#[derive(Default)]
pub struct FlameScreen {
    question: AskFlame,
    /// What is shown is the answer to.
    shown: AskFlame,
    told: Told<AskFlame>,
    /// What matters in it, where the input is a profile: the first screen says it.
    matters: Vec<Line>,
    icicle: Icicle,
    search: String,
    /// What is found by the search, and how much that is.
    hits: Vec<bool>,
    found: u64,
}

impl FlameScreen {
    fn ask(&mut self) -> Vec<Effect> {
        self.told.ask(self.question.clone())
    }

    fn nodes(&self) -> &[FlameNode] {
        self.told
            .data
            .as_ref()
            .map_or(&[], |data| &data.flame.nodes)
    }

    fn node(&self) -> Option<&FlameNode> {
        self.nodes().get(self.icicle.selected()?)
    }

    /// The function of the cursor; the whole is none, but where it is one that is looked at from.
    fn function(&self) -> Option<&str> {
        let at = self.icicle.selected()?;
        let is_one = at > 0 || self.question.way != Way::All;
        self.nodes()
            .get(at)
            .filter(|_| is_one)
            .map(|node| node.name.as_str())
    }

    fn looked_at(&self) -> Option<&Selection> {
        self.told.data.as_ref().map(|data| &data.selection)
    }

    /// What matters first, of each the first sentence; the screen of the verdict has it whole.
    fn take_verdict(&mut self, verdict: &Verdict) {
        let findings = verdict.findings.iter().take(MOST_THAT_MATTERS);
        let lines = findings.map(|finding| {
            let first = finding.text.split(". ").next().unwrap_or_default();
            headline(&Finding {
                text: first.to_owned(),
                ..finding.clone()
            })
        });
        self.matters = lines.collect();
    }

    fn answer(&mut self, mut answer: Answer) -> Vec<Effect> {
        if let Some(told) = answer.about::<AskVerdict>() {
            match told {
                Ok(verdict) => self.take_verdict(&verdict),
                Err(_) => self.matters.clear(),
            }
            return Vec::new();
        }
        let shown = self.looked_at();
        if shown.is_some_and(|shown| is_older(shown, &answer)) {
            return self.ask();
        }
        let (is_new, mut effects) = self.told.take(answer);
        if is_new {
            if self.looked_at().is_some_and(|of| of.number.is_some()) {
                let select = Select::default();
                effects.push(Effect::Ask(AskVerdict { select }.into()));
            }
            // Where nobody else keeps what is selected, the next question says it again.
            self.question.select = match self.looked_at() {
                Some(of) if of.number.is_none() => Select {
                    index: Some(of.index),
                    labels: Some(of.labels.clone()),
                },
                _ => Select::default(),
            };
            self.shown = self.question.clone();
            self.icicle = Icicle::of(self.nodes().iter().map(|node| Piece {
                depth: node.depth,
                size: node.width(),
                label: self.label(node),
                role: Role::Plain,
            }));
            self.mark();
        } else if !effects.is_empty() {
            // What cannot be answered is not what is shown.
            self.question = self.shown.clone();
        }
        effects
    }

    /// What leaves nothing of the profile.
    fn filtered_out(&self) -> Option<String> {
        let is_nothing = |data: &&Pictured| {
            let all = data.flame.nodes.first();
            all.is_none_or(|all| all.width() == 0) && !data.selection.filters.is_empty()
        };
        let data = self.told.data.as_ref().filter(is_nothing)?;
        Some(data.selection.filters.join(", "))
    }

    fn amount(&self, value: i64) -> String {
        let unit = self
            .told
            .data
            .as_ref()
            .map_or("", |data| data.flame.unit.as_str());
        label(value, unit)
    }

    fn is_difference(&self) -> bool {
        self.told
            .data
            .as_ref()
            .is_some_and(|data| data.flame.is_difference)
    }

    fn change(&self, node: &FlameNode) -> String {
        let flame = self.told.data.as_ref().map(|data| &data.flame);
        flame.map_or(String::new(), |flame| flame.change(node))
    }

    fn label(&self, node: &FlameNode) -> String {
        if self.is_difference() {
            format!("{} {}", self.change(node), node.name)
        } else {
            format!("{} {}", node.name, self.amount(node.value))
        }
    }

    /// Marks what the search finds, and sums it up: what lies within something found was counted with it.
    fn mark(&mut self) {
        let word = self.search.to_lowercase();
        let mut hits = Vec::with_capacity(self.nodes().len());
        let (mut found, mut within) = (0u64, None);
        for node in self.nodes() {
            if within.is_some_and(|depth| node.depth <= depth) {
                within = None;
            }
            let hit = !word.is_empty() && node.name.to_lowercase().contains(&word);
            if hit && within.is_none() {
                found = found.saturating_add(node.width());
                within = Some(node.depth);
            }
            hits.push(hit);
        }
        (self.hits, self.found) = (hits, found);
        let is_difference = self.is_difference();
        let nodes = self
            .told
            .data
            .as_ref()
            .map_or(&[][..], |data| &data.flame.nodes);
        let hits = &self.hits;
        self.icicle.paint(|index| {
            let node = nodes.get(index);
            match node {
                _ if hits.get(index) == Some(&true) => Role::Key,
                Some(node) if is_difference => match node.value.cmp(&node.before) {
                    std::cmp::Ordering::Greater => Role::Alarm,
                    std::cmp::Ordering::Less => Role::Type,
                    std::cmp::Ordering::Equal => Role::Dim,
                },
                Some(node) => Role::Series(series(&node.name)),
                None => Role::Plain,
            }
        });
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        if self.search.is_empty() {
            return Vec::new();
        }
        let from = self.icicle.selected().unwrap_or(0);
        let mut order = around(self.hits.len(), from, direction);
        let next = order.find(|at| self.hits.get(*at) == Some(&true) && self.icicle.is_seen(*at));
        match next {
            Some(next) => {
                self.icicle.select(next);
                Vec::new()
            }
            None => vec![Effect::Say(format!("not found: {}", self.search))],
        }
    }

    /// Looks at the function of the cursor from the next way.
    fn turn(&mut self) -> Vec<Effect> {
        self.question.way = match (&self.question.way, self.function()) {
            (Way::All, Some(name)) => Way::Callees(name.to_owned()),
            (Way::Callees(name), _) => Way::Callers(name.clone()),
            (Way::Callers(_), _) => Way::All,
            (Way::All, None) => return vec![Effect::Say("this is no function".to_owned())],
        };
        self.ask()
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if self.icicle.act(action) {
            return Vec::new();
        }
        match action {
            Action::Enter if self.icicle.zoom_in() => Vec::new(),
            Action::Enter => vec![Effect::Say("this has the whole width already".to_owned())],
            Action::Back if self.icicle.zoom_out() => Vec::new(),
            Action::Back if self.question.way != Way::All => {
                self.question.way = Way::All;
                self.ask()
            }
            Action::Back => vec![Effect::Back],
            Action::Keeps => self.turn(),
            Action::Object => ask("list", self.function()),
            Action::Next => {
                self.question.select.index = self.looked_at().map(Selection::next);
                self.ask()
            }
            Action::NextFound => self.find(Direction::Forwards),
            Action::PreviousFound => self.find(Direction::Backwards),
            _ => Vec::new(),
        }
    }

    fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        match self.icicle.piece_at(column, row) {
            Some(piece) if self.icicle.selected() == Some(piece) => self.act(Action::Enter),
            Some(piece) => {
                self.icicle.select(piece);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// What is said of the call of the cursor.
    fn head(&self) -> Line {
        if let Some(filters) = self.filtered_out() {
            return Line::new(Role::Warning, format!("no sample is left by {filters}"));
        }
        let Some(node) = self.node() else {
            return Line::new(Role::Dim, "nothing was counted");
        };
        let line = Line::new(Role::Name, node.name.clone());
        let flame = self.told.data.as_ref().map(|data| &data.flame);
        if let Some(flame) = flame.filter(|flame| flame.is_difference) {
            let (before, now) = flame.sides();
            return line.and(
                Role::Plain,
                format!(
                    "  {}: {} {before}, {} {now}",
                    self.change(node),
                    self.amount(node.before),
                    self.amount(node.value)
                ),
            );
        }
        let all = flame.map_or(0, |flame| flame.total);
        line.and(
            Role::Plain,
            format!(
                "  {}, {} of all; itself {}",
                self.amount(node.value),
                percentage(node.value, all).trim(),
                self.amount(node.own)
            ),
        )
    }
}

/// What is of one package looks alike.
fn series(name: &str) -> u8 {
    let path = name.rfind('/').map_or(0, |slash| slash + 1);
    let end = name.get(path..).and_then(|rest| rest.find('.'));
    let package = name.get(..path + end.unwrap_or(0)).unwrap_or(name);
    let sum = package.bytes().fold(7u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    u8::try_from(sum % 7).unwrap_or(0)
}

impl Screen for FlameScreen {
    fn page(&self) -> Page {
        Page::Table("Flame")
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match self.told.shown(&input) {
            Shown::Ask => return self.ask(),
            Shown::Look => return look(),
            Shown::No => {}
        }
        match input {
            Input::Answer(answer) => return self.answer(answer),
            Input::Act(action) => return self.act(action),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                self.mark();
                return self.find(Direction::Forwards);
            }
            Input::Filter(text) => {
                self.question.select.labels = Some(text.to_owned());
                return self.ask();
            }
            Input::Wheel { rows, .. } => {
                let action = if rows > 0 { Action::Down } else { Action::Up };
                return self.act(action);
            }
            Input::Click { column, row } => return self.click(column, row),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        if self.told.data.is_none() {
            canvas.wrapped(0, &self.told.instead());
            return;
        }
        canvas.line(0, &self.head());
        // The picture is what the screen is for.
        let room = usize::from(canvas.height() / 6);
        let mut top = 1;
        for line in self.matters.iter().take(room) {
            canvas.line(top, line);
            top += 1;
        }
        let height = canvas.height().saturating_sub(top);
        self.icicle.draw(&mut canvas.rows(top, height));
    }

    fn selection(&self) -> Option<String> {
        self.node().map(|node| node.name.clone())
    }

    fn export(&self) -> Option<Export> {
        self.told.data.as_ref()?;
        let lines = self.nodes().iter().map(|node| {
            let indent = "  ".repeat(node.depth);
            let amount = if self.is_difference() {
                self.change(node)
            } else {
                self.amount(node.value)
            };
            format!("{amount:>10}  {indent}{}", node.name)
        });
        Some(Export::lines(
            lines.collect(),
            Some("pprof flame".to_owned()),
        ))
    }

    fn status(&self) -> Option<Line> {
        let data = self.told.data.as_ref()?;
        let mut words = vec![data.selection.words()];
        match &self.question.way {
            Way::All => {}
            Way::Callees(name) => words.push(format!("called by {name}")),
            Way::Callers(name) => words.push(format!("callers of {name}")),
        }
        if self.icicle.is_zoomed() {
            words.push("zoomed".to_owned());
        }
        if !self.search.is_empty() {
            let part = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
            // Of a difference there is no whole: what was before and what is now are wide together.
            let all = if data.flame.is_difference {
                part(self.nodes().first().map_or(0, FlameNode::width))
            } else {
                data.flame.total
            };
            let share = percentage(part(self.found), all);
            words.push(format!("/{}: {}", self.search, share.trim()));
        }
        Some(Line::plain(words.join(", ")))
    }

    fn filter(&self) -> Option<&str> {
        let wanted = self.question.select.labels.as_ref();
        wanted
            .or_else(|| self.looked_at().map(|of| &of.labels))
            .map(String::as_str)
    }
}
