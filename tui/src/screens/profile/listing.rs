//! Functions of a profile by what they cost, and what matters in it: lists of lines, some of which are about a function.

use super::{NEXT_TYPE, SOURCE, ask};
use crate::ask::Answer;
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::page::Page;
use crate::data::profile::{AskListing, Listed, Listing};
use crate::data::text::Direction;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::list::ListState;
use dumpview_view::line::{Line, Role};

const FUNCTIONS: &[Binding] = &[
    Binding::new(
        ENTER,
        Action::Enter,
        "calls",
        "callers and callees of the function (peek)",
    ),
    Binding::new(
        &[Key::Char('s')],
        Action::Sort,
        "sort",
        "by what functions cost themselves, or with all that they call",
    ),
    NEXT_TYPE,
    SOURCE,
];

const FINDINGS: &[Binding] = &[NEXT_TYPE];

/// The functions.
pub struct FunctionsScreen(Lines);

impl Default for FunctionsScreen {
    fn default() -> Self {
        Self(Lines::of(Listing::Flat))
    }
}

/// What matters.
pub struct VerdictScreen(Lines);

impl Default for VerdictScreen {
    fn default() -> Self {
        Self(Lines::of(Listing::Findings))
    }
}

struct Lines {
    of: Listing,
    index: Option<usize>,
    asked: bool,
    failed: Option<String>,
    data: Option<Listed>,
    search: String,
    list: ListState,
}

impl Lines {
    fn of(of: Listing) -> Self {
        Self {
            of,
            index: None,
            asked: false,
            failed: None,
            data: None,
            search: String::new(),
            list: ListState::default(),
        }
    }

    fn ask(&mut self) -> Vec<Effect> {
        self.asked = true;
        let (of, index) = (self.of, self.index);
        vec![Effect::Ask(AskListing { of, index }.into())]
    }

    fn answer(&mut self, mut answer: Answer) -> Vec<Effect> {
        match answer.about::<AskListing>() {
            Some(Ok(listed)) => {
                self.failed = None;
                self.index = Some(listed.index);
                self.list.set_len(listed.rows.len());
                self.data = Some(listed);
            }
            Some(Err(why)) if self.data.is_some() => return vec![Effect::Say(why)],
            Some(Err(why)) => self.failed = Some(why),
            None => {}
        }
        Vec::new()
    }

    fn rows(&self) -> &[(Line, Option<String>)] {
        self.data.as_ref().map_or(&[], |data| &data.rows)
    }

    fn function(&self) -> Option<&str> {
        self.rows().get(self.list.selected()?)?.1.as_deref()
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let word = self.search.to_lowercase();
        let rows = self.data.as_ref().map_or(&[][..], |data| &data.rows);
        let holds = |row: &usize| {
            let line = rows.get(*row).map(|(line, _)| line.text().to_lowercase());
            line.is_some_and(|line| line.contains(&word))
        };
        if word.is_empty() || self.list.find(direction, holds) {
            return Vec::new();
        }
        vec![Effect::Say(format!("not found: {}", self.search))]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Back => vec![Effect::Back],
            Action::Enter => ask("peek", self.function()),
            Action::Object => ask("list", self.function()),
            Action::Sort => {
                self.of = match self.of {
                    Listing::Flat => Listing::Cum,
                    Listing::Cum => Listing::Flat,
                    Listing::Findings => Listing::Findings,
                };
                self.ask()
            }
            Action::Next => {
                let types = self.data.as_ref().map_or(1, |data| data.types.len().max(1));
                self.index = Some((self.index.unwrap_or(0) + 1) % types);
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

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked || self.failed.is_some() => return self.ask(),
            Input::Answer(answer) => return self.answer(answer),
            Input::Act(action) => return self.act(action),
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
        let Some(data) = &self.data else {
            let line = match &self.failed {
                Some(why) => Line::new(Role::Alarm, why.clone()),
                None => Line::new(Role::Dim, "reading…"),
            };
            canvas.wrapped(0, &line);
            return;
        };
        let head = data.head.iter();
        let top = head.fold(0, |row, line| canvas.wrapped(row, line));
        let height = canvas.height().saturating_sub(top);
        self.list
            .draw(&mut canvas.rows(top, height), true, |index| {
                data.rows
                    .get(index)
                    .map(|(line, _)| line.clone())
                    .unwrap_or_default()
            });
    }

    fn selection(&self) -> Option<String> {
        let (line, function) = self.rows().get(self.list.selected()?)?;
        Some(function.clone().unwrap_or_else(|| line.text()))
    }

    fn export(&self) -> Option<Export> {
        let data = self.data.as_ref()?;
        let rows = data.rows.iter().map(|(line, _)| line);
        let lines = data.head.iter().chain(rows).map(Line::text);
        Some(Export::lines(lines.collect(), Some("pprof top".to_owned())))
    }

    fn status(&self) -> Option<Line> {
        let data = self.data.as_ref()?;
        let kind = data.types.get(data.index).map_or("", String::as_str);
        let by = match self.of {
            Listing::Flat => ", by flat",
            Listing::Cum => ", by cum",
            Listing::Findings => "",
        };
        Some(Line::plain(format!("{kind}{by}")))
    }
}

/// A screen of lines: all but its name and keys is theirs.
macro_rules! screen {
    ($screen:ident $name:literal $keys:ident) => {
        impl Screen for $screen {
            fn page(&self) -> Page {
                Page::Table($name)
            }

            fn keys(&self) -> &'static [&'static [Binding]] {
                &[$keys]
            }

            fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
                self.0.update(input)
            }

            fn draw(&self, canvas: &mut Canvas<'_>) {
                self.0.draw(canvas);
            }

            fn selection(&self) -> Option<String> {
                self.0.selection()
            }

            fn export(&self) -> Option<Export> {
                self.0.export()
            }

            fn status(&self) -> Option<Line> {
                self.0.status()
            }
        }
    };
}

screen!(FunctionsScreen "Functions" FUNCTIONS);
screen!(VerdictScreen "Verdict" FINDINGS);
