//! What matters in a profile: its findings, each in as many lines as it takes.

use super::{NEXT_TYPE, Shown, Told, is_older, look};
use crate::ask::Answer;
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::page::Page;
use crate::data::profile::{AskVerdict, Select};
use crate::data::text::Direction;
use crate::keys::{Action, Binding, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::list::ListState;
use dumpview_model::finding::Finding;
use dumpview_view::filter::Filter;
use dumpview_view::finding::{evidence, headline};
use dumpview_view::line::{Line, Role};

const KEYS: &[Binding] = &[
    NEXT_TYPE,
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "filter",
        "only findings like that: words, or conditions (severity=critical and id~gc)",
    ),
];

/// What stands before the sentence of a finding is so wide.
const INDENT: &str = "            ";
/// Columns of a sentence on a screen of eighty.
const SENTENCE: usize = 66;

/// The screen.
#[derive(Default)]
pub struct VerdictScreen {
    select: Select,
    told: Told<AskVerdict>,
    filter: String,
    /// The filter as it was understood last.
    wanted: Option<Filter<Finding>>,
    search: String,
    /// Lines of the findings that meet the filter.
    lines: Vec<Line>,
    list: ListState,
}

/// A sentence in pieces that a narrow screen shows whole.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match pieces.last_mut() {
            Some(piece) if piece.chars().count() + 1 + word.chars().count() <= SENTENCE => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

fn lines_of(finding: &Finding) -> Vec<Line> {
    let mut pieces = pieces(&finding.text).into_iter();
    let first = Finding {
        text: pieces.next().unwrap_or_default(),
        ..finding.clone()
    };
    let mut lines = vec![headline(&first)];
    lines.extend(pieces.map(|piece| Line::plain(format!("{INDENT}{piece}"))));
    lines.extend(evidence(finding));
    lines
}

impl VerdictScreen {
    fn ask(&mut self) -> Vec<Effect> {
        let select = self.select.clone();
        self.told.ask(AskVerdict { select })
    }

    fn answer(&mut self, answer: Answer) -> Vec<Effect> {
        let shown = self.told.data.as_ref().map(|data| &data.selection);
        if shown.is_some_and(|shown| is_older(shown, &answer)) {
            return self.ask();
        }
        let (is_new, effects) = self.told.take(answer);
        if is_new {
            self.select = Select::default();
            self.lay_out();
        }
        effects
    }

    fn lay_out(&mut self) {
        let all = self.told.data.iter().flat_map(|data| &data.findings);
        let wanted = self.wanted.as_ref();
        let kept = all.filter(|finding| wanted.is_none_or(|wanted| wanted.holds(finding)));
        self.lines = kept.flat_map(lines_of).collect();
        if self.lines.is_empty() {
            let why = match self.wanted {
                Some(_) => "no finding is like that",
                None => "too little was counted to judge",
            };
            self.lines.push(Line::new(Role::Dim, why));
        }
        self.list.set_len(self.lines.len());
    }

    /// Another filter; what was shown stays when it is not understood, since it may be half typed.
    fn filter_by(&mut self, text: &str) -> Vec<Effect> {
        text.clone_into(&mut self.filter);
        match Filter::typed(text) {
            Ok(wanted) => {
                self.wanted = wanted;
                self.lay_out();
                Vec::new()
            }
            Err(why) => vec![Effect::Say(why.replace("\n\n", "; "))],
        }
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        let lines = &self.lines;
        let holds = |row: &usize| {
            let line = lines.get(*row).map(|line| line.text().to_lowercase());
            line.is_some_and(|line| line.contains(&word))
        };
        if word.is_empty() || self.list.find(direction, holds) {
            return Vec::new();
        }
        vec![Effect::Say(format!("not found: {}", self.search))]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Back if !self.filter.is_empty() => self.filter_by(""),
            Action::Back => vec![Effect::Back],
            Action::Next => {
                self.select.index = self.told.data.as_ref().map(|data| data.selection.next());
                self.ask()
            }
            Action::NextFound => self.find(Direction::Forwards),
            Action::PreviousFound => self.find(Direction::Backwards),
            action => {
                self.list.act(action);
                Vec::new()
            }
        }
    }
}

impl Screen for VerdictScreen {
    fn page(&self) -> Page {
        Page::Table("Verdict")
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
            Input::Filter(text) => return self.filter_by(text),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Wheel { rows, .. } => self.list.step(rows),
            Input::Click { column, row } => {
                if let Some(index) = self.list.row_at(column, row) {
                    self.list.select(index);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let Some(data) = &self.told.data else {
            canvas.wrapped(0, &self.told.instead());
            return;
        };
        let head = data.head.iter();
        let top = head.fold(0, |row, line| canvas.wrapped(row, line));
        let height = canvas.height().saturating_sub(top);
        let mut below = canvas.rows(top, height);
        self.list.draw(&mut below, true, |index| {
            self.lines.get(index).cloned().unwrap_or_default()
        });
    }

    fn selection(&self) -> Option<String> {
        let line = self.lines.get(self.list.selected()?)?;
        Some(line.text())
    }

    fn export(&self) -> Option<Export> {
        let data = self.told.data.as_ref()?;
        let lines = data.head.iter().chain(&self.lines).map(Line::text);
        Some(Export::lines(lines.collect(), Some("pprof top".to_owned())))
    }

    fn status(&self) -> Option<Line> {
        let data = self.told.data.as_ref()?;
        let selection = data.selection.words();
        let filter = match self.filter.as_str() {
            "" => String::new(),
            filter => format!("filter: {filter}  "),
        };
        Some(Line::plain(format!("{filter}{selection}")))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }
}
