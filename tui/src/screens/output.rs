//! Lines of text: the answer to a command, the help.

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::keys::{Action, Binding};
use crate::screen::{Effect, Export, Input, Screen, Standpoint};
use crate::widgets::list::ListState;
use dumpview_view::line::{Line, Role};

/// The screen.
pub struct OutputScreen {
    title: &'static str,
    command: Option<String>,
    at: Standpoint,
    asked: bool,
    lines: Vec<Line>,
    search: String,
    list: ListState,
}

impl OutputScreen {
    /// Of lines that are there.
    pub fn of(title: &'static str, lines: Vec<Line>) -> Self {
        let mut list = ListState::default();
        list.set_len(lines.len());
        Self {
            title,
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
            ..Self::of("Answer", Vec::new())
        }
    }

    fn set(&mut self, lines: Vec<Line>) {
        self.lines = lines;
        self.list.set_len(self.lines.len());
    }

    fn find(&mut self, forward: bool) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        let (len, from) = (self.lines.len(), self.list.selected().unwrap_or(0));
        let hit = (1..=len)
            .map(|step| {
                if forward {
                    (from + step) % len
                } else {
                    (from + len - step % len) % len
                }
            })
            .find(|row| {
                let line = self.lines.get(*row);
                line.is_some_and(|line| line.text().to_lowercase().contains(&word))
            });
        match hit {
            Some(row) if !word.is_empty() => {
                self.list.select(row);
                Vec::new()
            }
            _ => vec![Effect::Say(format!("not found: {}", self.search))],
        }
    }
}

impl Screen for OutputScreen {
    fn title(&self) -> &'static str {
        self.title
    }

    fn keys(&self) -> &'static [Binding] {
        &[]
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked => {
                self.asked = true;
                let line = self.command.clone().unwrap_or_default();
                return vec![Effect::Ask(Request::Command { line, at: self.at })];
            }
            Input::Answer(Answer::Command { lines, .. }) => self.set(lines),
            Input::Answer(Answer::Failed(why)) => {
                let lines = why
                    .lines()
                    .map(|line| Line::new(Role::Alarm, line.to_owned()));
                self.set(lines.collect());
            }
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(true);
            }
            Input::Act(Action::NextFound) => return self.find(true),
            Input::Act(Action::PreviousFound) => return self.find(false),
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
        let title = self.command.as_deref().unwrap_or(self.title);
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

    fn export(&self) -> Export {
        Export {
            text: self.lines.iter().map(Line::text).collect(),
            verb: self.command.clone(),
        }
    }

    fn standpoint(&self) -> Standpoint {
        self.at
    }
}
