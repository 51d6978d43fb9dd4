//! What the compiler put on the heap: a tree by package, file and function; the reason, the line of source with its
//! caret, and the flow's steps of the decision that is selected.

mod explain;

use crate::ask::Answer;
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::escapes::{AskEscapes, AskSourceLine, SourceLine};
use crate::data::file::FilePlace;
use crate::data::page::{Page, Target};
use crate::data::text::Direction;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::tree::{Children, Done, Tree};
use dumpview_model::escape::{Analysis, Decision, Select};
use dumpview_model::units::{grouped, plural};
use dumpview_view::filter::Filter;
use dumpview_view::line::{Line, Role};
use dumpview_view::rows::decision;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a node is.
#[derive(Clone, Debug)]
enum Node {
    /// A package, file or function, and its decisions, as indexes.
    Group {
        name: String,
        level: Level,
        members: Vec<usize>,
    },
    /// A decision.
    Leaf(usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    Package,
    File,
    Function,
}

/// The screen.
#[derive(Default)]
pub struct EscapesScreen {
    asked: bool,
    failed: Option<String>,
    data: Option<Arc<Analysis>>,
    filter: String,
    select: Select,
    /// Also what stays on the stack, and leaking parameters.
    all: bool,
    by_name: bool,
    shown: usize,
    tree: Tree<Node>,
    search: String,
    source: Option<SourceLine>,
    scroll: usize,
}

const KEYS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "open",
        "open or close; on a decision: to its line in the text",
    ),
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "filter",
        "only decisions like that: words, or conditions (reason=interface and function~Encode)",
    ),
    Binding::new(
        &[Key::Char('s')],
        Action::Sort,
        "sort",
        "most decisions first, or by name",
    ),
    Binding::new(
        &[Key::Char('a')],
        Action::ShowAll,
        "all",
        "also what does not allocate: leaking parameters, what stays on the stack",
    ),
    Binding::new(
        &[Key::Char('J')],
        Action::ScrollDown,
        "",
        "the explanation down",
    ),
    Binding::new(
        &[Key::Char('K')],
        Action::ScrollUp,
        "",
        "the explanation up",
    ),
];

impl EscapesScreen {
    /// Groups and sorts anew.
    fn arrange(&mut self) {
        let Some(analysis) = self.data.clone() else {
            return;
        };
        let wanted = |decision: &Decision| {
            (self.all || self.select.any_kind() || decision.kind().is_heap())
                && self.select.matches(&analysis, decision)
        };
        let mut packages: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        self.shown = 0;
        let mut names = BTreeMap::new();
        for (index, decision) in analysis.decisions.iter().enumerate() {
            if wanted(decision) {
                self.shown += 1;
                let name: &String = names
                    .entry(decision.package)
                    .or_insert_with(|| analysis.text(decision.package).into_owned());
                match packages.get_mut(name) {
                    Some(members) => members.push(index),
                    None => {
                        packages.insert(name.clone(), vec![index]);
                    }
                }
            }
        }
        self.tree.clear();
        let one = packages.len() == 1;
        for (name, members) in self.sorted(packages) {
            let name = if name.is_empty() {
                "(no package named)".to_owned()
            } else {
                name
            };
            let root = self.tree.add_root(
                Node::Group {
                    name,
                    level: Level::Package,
                    members,
                },
                Children::Unknown,
            );
            if one {
                self.open(root);
            }
        }
        self.tree.refresh();
    }

    fn sorted(&self, groups: BTreeMap<String, Vec<usize>>) -> Vec<(String, Vec<usize>)> {
        let mut groups: Vec<_> = groups.into_iter().collect();
        if !self.by_name {
            groups.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
        }
        groups
    }

    /// Makes the children of a group.
    fn open(&mut self, node: usize) {
        let (Some(analysis), Some(Node::Group { level, members, .. })) =
            (self.data.clone(), self.tree.get(node).cloned())
        else {
            return;
        };
        self.tree.open(node);
        let children: Vec<usize> = match level {
            Level::Function => members
                .iter()
                .map(|index| {
                    self.tree
                        .add(Node::Leaf(*index), Some(node), Children::None)
                })
                .collect(),
            Level::Package | Level::File => {
                let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
                for index in members {
                    let Some(decision) = analysis.decisions.get(index) else {
                        continue;
                    };
                    let name = if level == Level::Package {
                        analysis.text(decision.place.file).into_owned()
                    } else {
                        let function = decision
                            .function
                            .map(|(name, _)| analysis.text(name).into_owned());
                        function.unwrap_or_else(|| "(function not known)".to_owned())
                    };
                    groups.entry(name).or_default().push(index);
                }
                let below = if level == Level::Package {
                    Level::File
                } else {
                    Level::Function
                };
                let groups = self.sorted(groups);
                groups
                    .into_iter()
                    .map(|(name, members)| {
                        self.tree.add(
                            Node::Group {
                                name,
                                level: below,
                                members,
                            },
                            Some(node),
                            Children::Unknown,
                        )
                    })
                    .collect()
            }
        };
        let only = (children.len() == 1)
            .then(|| children.first().copied())
            .flatten();
        self.tree.set_children(node, Children::Known(children));
        // What is alone on its level is opened with it.
        if let Some(only) = only {
            self.open(only);
        }
    }

    fn decision(&self) -> Option<&Decision> {
        let Some(Node::Leaf(index)) = self.tree.get(self.tree.selected()?) else {
            return None;
        };
        self.data.as_ref()?.decisions.get(*index)
    }

    /// Asks for the source line of the selected decision.
    fn ask(&mut self) -> Vec<Effect> {
        self.scroll = 0;
        let (Some(decision), Some(analysis)) = (self.decision(), self.data.as_ref()) else {
            return Vec::new();
        };
        let line = AskSourceLine {
            file: analysis.text(decision.place.file).into_owned(),
            line: decision.place.line,
            column: decision.place.column,
            what: analysis.text(decision.what).into_owned(),
        };
        vec![Effect::Ask(line.into())]
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        let node = |(_, node): &(usize, usize)| self.tree.get(*node);
        let text = |row| node(row).map(|node| self.line(node).text().to_lowercase());
        let texts: Vec<Option<String>> = self.tree.rows().iter().map(text).collect();
        let holds = |row: &usize| {
            let text = texts.get(*row).and_then(Option::as_ref);
            text.is_some_and(|text| text.contains(&word))
        };
        if !word.is_empty() && self.tree.list.find(direction, holds) {
            return self.ask();
        }
        vec![Effect::Say(format!(
            "not found among what is open: {} (f filters all)",
            self.search
        ))]
    }

    fn after(&mut self, done: Done) -> Vec<Effect> {
        if let Done::Ask(node) = done {
            self.open(node);
            self.tree.refresh();
        }
        self.ask()
    }

    fn answer(&mut self, mut answer: Answer) -> Vec<Effect> {
        match answer.about::<AskEscapes>() {
            Some(Ok(data)) => {
                self.data = Some(data);
                self.arrange();
            }
            Some(Err(why)) => self.failed = Some(why),
            None => {}
        }
        match answer.about::<AskSourceLine>() {
            Some(Ok(line)) => self.source = Some(line),
            Some(Err(why)) => return vec![Effect::Say(why)],
            None => {}
        }
        Vec::new()
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Sort => {
                self.by_name = !self.by_name;
                self.arrange();
            }
            Action::ShowAll => {
                self.all = !self.all;
                self.arrange();
            }
            Action::ScrollDown => self.scroll += 1,
            Action::ScrollUp => self.scroll = self.scroll.saturating_sub(1),
            Action::NextFound => return self.find(Direction::Forwards),
            Action::PreviousFound => return self.find(Direction::Backwards),
            Action::Enter if self.decision().is_some() => {
                let place = self.decision().map(|decision| decision.place);
                let text = |analysis: &Arc<Analysis>| place.map(|place| analysis.place(place));
                let text = self.data.as_ref().and_then(text);
                return text
                    .map(|text| Effect::Go(Target::FindText { text }))
                    .into_iter()
                    .collect();
            }
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                self.select = Select::default();
                self.arrange();
            }
            Action::Back => return vec![Effect::Back],
            action => {
                let done = self.tree.act(action);
                return self.after(done);
            }
        }
        Vec::new()
    }
}

impl Screen for EscapesScreen {
    fn page(&self) -> Page {
        Page::Escapes
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked => {
                self.asked = true;
                return vec![Effect::Ask(AskEscapes.into())];
            }
            Input::Answer(answer) => return self.answer(answer),
            Input::Filter(text) => {
                text.clone_into(&mut self.filter);
                match Filter::typed(text) {
                    Ok(filter) => {
                        self.select = decision::select(filter);
                        self.arrange();
                    }
                    // Half a word is typed: what is shown stays.
                    Err(why) => return vec![Effect::Say(why.replace("\n\n", "; "))],
                }
            }
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Act(action) => return self.act(action),
            Input::Wheel { rows, .. } => {
                self.tree.list.step(rows);
                return self.ask();
            }
            Input::Click { column, row } => {
                if let Some(index) = self.tree.list.row_at(column, row) {
                    let again = self.tree.list.selected() == Some(index);
                    self.tree.list.select(index);
                    if again && let Some(node) = self.tree.selected() {
                        let done = self.tree.toggle(node, true);
                        return self.after(done);
                    }
                    return self.ask();
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        if self.data.is_none() {
            let line = match &self.failed {
                Some(why) => Line::new(Role::Alarm, why.clone()),
                None => Line::new(Role::Dim, "reading the compiler's output…"),
            };
            canvas.line(0, &line);
            return;
        }
        let (width, height) = (canvas.width(), canvas.height());
        let beside = width >= 110;
        let (left, top) = if beside {
            (width / 2, height)
        } else {
            (width, height.saturating_sub(10).max(height / 2))
        };
        {
            let mut area = canvas.columns(0, left);
            let mut area = area.rows(0, top);
            if self.tree.rows().is_empty() {
                area.line(0, &Line::new(Role::Dim, "nothing is like that; Esc forgets the filter, a shows what is not on the heap"));
            }
            self.tree.draw(&mut area, true, |node| self.line(node));
        }
        let mut area = if beside {
            canvas.columns(left, 1).divider(0);
            canvas.columns(left + 2, width.saturating_sub(left + 2))
        } else {
            canvas.rows(top, 1).rule(0, "why", false);
            canvas.rows(top + 1, height.saturating_sub(top + 1))
        };
        let room = usize::from(area.width());
        let lines = self.explanation();
        let lines = lines.iter().flat_map(|(line, exact)| {
            if *exact {
                vec![line.clone()]
            } else {
                line.wrapped(room, 4)
            }
        });
        for (row, line) in (0..area.height()).zip(lines.skip(self.scroll)) {
            area.line(row, &line);
        }
    }

    fn selection(&self) -> Option<String> {
        let node = self.tree.get(self.tree.selected()?)?;
        match (node, self.decision(), &self.data) {
            (Node::Leaf(_), Some(decision), Some(analysis)) => Some(format!(
                "{}: {}",
                analysis.place(decision.place),
                self.line(node).text().trim()
            )),
            _ => Some(self.line(node).text()),
        }
    }

    fn export(&self) -> Option<Export> {
        let rows = self.tree.rows().iter();
        let text = rows.filter_map(|(depth, node)| {
            Some(format!(
                "{}{}",
                "  ".repeat(*depth),
                self.line(self.tree.get(*node)?).text()
            ))
        });
        let verb = Some("escapes".to_owned());
        Some(Export::lines(text.collect(), verb))
    }

    fn file(&self) -> Option<FilePlace> {
        let place = self.decision()?.place;
        FilePlace::of_source(&self.data.as_ref()?.place(place))
    }

    fn status(&self) -> Option<Line> {
        let data = self.data.as_ref()?;
        let filter = if self.filter.is_empty() {
            String::new()
        } else {
            format!("filter: {}  ", self.filter)
        };
        let what = if self.all { "decisions" } else { "on the heap" };
        Some(Line::plain(format!(
            "{filter}{} {what} of {}",
            grouped(self.shown as u64),
            plural(data.decisions.len() as u64, "decision")
        )))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }
}
