//! Lines of text: the answer to a command, the help.

use crate::canvas::Canvas;
use crate::data::command::{Export, RunCommand};
use crate::data::page::{Page, Standpoint};
use crate::data::text::Direction;
use crate::keys::{Action, Binding};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::list::ListState;
use dumpview_view::line::{Line, Role};

/// The screen.
pub struct OutputScreen {
    page: Page,
    command: Option<String>,
    at: Standpoint,
    asked: bool,
    lines: Vec<Line>,
    search: String,
    list: ListState,
}

impl OutputScreen {
    /// Of lines that are there.
    pub fn of(page: Page, lines: Vec<Line>) -> Self {
        let mut list = ListState::default();
        list.set_len(lines.len());
        Self {
            page,
            command: None,
            at: Standpoint::default(),
            asked: true,
            lines,
            search: String::new(),
            list,
        }
    }

    /// Of the answer to a command.
    pub fn asking(command: String, at: Standpoint) -> Self {
        Self {
            command: Some(command),
            at,
            asked: false,
            ..Self::of(Page::Answer, Vec::new())
        }
    }

    fn set(&mut self, lines: Vec<Line>) {
        self.lines = lines;
        self.list.set_len(self.lines.len());
    }

    fn fail(&mut self, why: &str) {
        let lines = why
            .lines()
            .map(|line| Line::new(Role::Alarm, line.to_owned()));
        self.set(lines.collect());
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let (word, lines) = (self.search.to_lowercase(), &self.lines);
        let holds = |line: &Line| line.text().to_lowercase().contains(&word);
        let found = !word.is_empty()
            && self
                .list
                .find(direction, |row| lines.get(*row).is_some_and(holds));
        if found {
            return Vec::new();
        }
        vec![Effect::Say(format!("not found: {}", self.search))]
    }
}

impl Screen for OutputScreen {
    fn page(&self) -> Page {
        self.page
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked => {
                self.asked = true;
                let line = self.command.clone().unwrap_or_default();
                return vec![Effect::Ask(RunCommand { line, at: self.at }.into())];
            }
            Input::Answer(mut answer) => match answer.about::<RunCommand>() {
                Some(Ok(said)) => self.set(said.lines),
                Some(Err(why)) => self.fail(&why),
                None => {}
            },
            Input::Stopped => self.fail("stopped"),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Act(Action::NextFound) => return self.find(Direction::Forwards),
            Input::Act(Action::PreviousFound) => return self.find(Direction::Backwards),
            Input::Act(Action::Back | Action::Left) => return vec![Effect::Back],
            Input::Act(action) => {
                self.list.act(action);
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
        let title = self.command.as_deref().unwrap_or(self.page.title());
        canvas.rule(0, title, true);
        let height = canvas.height().saturating_sub(1);
        if self.lines.is_empty() {
            canvas.line(
                1,
                &Line::new(
                    Role::Dim,
                    if self.command.is_some() {
                        "asking…"
                    } else {
                        ""
                    },
                ),
            );
        }
        self.list.draw(&mut canvas.rows(1, height), true, |index| {
            self.lines.get(index).cloned().unwrap_or_default()
        });
    }

    fn selection(&self) -> Option<String> {
        self.lines.get(self.list.selected()?).map(Line::text)
    }

    fn export(&self) -> Option<Export> {
        let text = self.lines.iter().map(Line::text).collect();
        Some(Export::lines(text, self.command.clone()))
    }

    fn standpoint(&self) -> Standpoint {
        self.at
    }
}
