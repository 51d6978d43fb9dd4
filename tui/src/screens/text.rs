//! The raw input, line by line, with the records in it marked by colour and by a letter.

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::geometry::cells;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Export, Input, Screen, Target};
use crate::widgets::list::ListState;
use dumpview_view::line::{Line, Role, split_at_width};
use dumpview_view::safe::safe;
use std::sync::Arc;

/// What a line was recognised as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// A letter for it.
    pub letter: char,
    /// Its format's name.
    pub name: &'static str,
    /// How it looks.
    pub role: Role,
}

/// The lines of an input, which may still be growing.
pub trait TextSource: Send + Sync {
    /// Lines there are so far.
    fn len(&self) -> u64;

    /// Whether there is none yet.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A line, from zero, without its end; lossy where it is no UTF-8, and cut where it is absurdly long.
    fn line(&self, index: u64) -> String;

    /// What it was recognised as; `None` for the application's own lines.
    fn mark(&self, index: u64) -> Option<Mark>;
}

/// The screen.
pub struct TextScreen {
    source: Arc<dyn TextSource>,
    list: ListState,
    /// Columns scrolled to the right.
    left: usize,
    search: String,
    searching: bool,
    /// At the end, and to stay there.
    follow: bool,
    ended: bool,
}

const KEYS: &[Binding] = &[
    Binding::new(
        &[Key::Char('F')],
        Action::Follow,
        "follow",
        "stay at the end as more comes in",
    ),
    Binding::new(
        &[Key::Char('t')],
        Action::Mark,
        "moment",
        "to this line's moment on the timeline",
    ),
    Binding::new(ENTER, Action::Enter, "", "the whole line, wrapped"),
];

impl TextScreen {
    /// Over an input; `live` follows its end.
    pub fn new(source: Arc<dyn TextSource>, live: bool) -> Self {
        Self {
            source,
            list: ListState::default(),
            left: 0,
            search: String::new(),
            searching: false,
            follow: live,
            ended: !live,
        }
    }

    fn refresh(&mut self) {
        self.list
            .set_len(usize::try_from(self.source.len()).unwrap_or(usize::MAX));
        if self.follow {
            self.list.act(Action::Bottom);
        }
    }

    fn selected(&self) -> Option<u64> {
        self.list.selected().map(|row| row as u64)
    }

    fn find(&mut self, backwards: bool) -> Vec<Effect> {
        let at = self.selected().unwrap_or(0);
        if self.search.is_empty() {
            return vec![Effect::Say("nothing to search for yet: /".to_owned())];
        }
        self.searching = true;
        let last = self.source.len().saturating_sub(1);
        let from = match (backwards, at) {
            (false, at) if at >= last => 0,
            (false, at) => at + 1,
            (true, 0) => last,
            (true, at) => at - 1,
        };
        vec![Effect::Ask(Request::FindLine {
            text: self.search.clone(),
            from,
            backwards,
        })]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if self.list.act(action) {
            self.follow = action == Action::Bottom && !self.ended;
            return Vec::new();
        }
        match action {
            Action::Left => self.left = self.left.saturating_sub(20),
            Action::Right => self.left += 20,
            Action::Follow => {
                self.follow = true;
                self.refresh();
            }
            Action::NextFound => return self.find(false),
            Action::PreviousFound => return self.find(true),
            Action::Mark => {
                let line = self.selected().map(|line| line + 1);
                return line
                    .map(|line| Effect::Go(Target::Moment { line }))
                    .into_iter()
                    .collect();
            }
            Action::Enter => {
                return self
                    .selected()
                    .map(|line| {
                        Effect::Go(Target::WholeLine {
                            text: self.source.line(line),
                        })
                    })
                    .into_iter()
                    .collect();
            }
            Action::Back => return vec![Effect::Back],
            _ => {}
        }
        Vec::new()
    }
}

impl Screen for TextScreen {
    fn title(&self) -> &'static str {
        "Text"
    }

    fn keys(&self) -> &'static [Binding] {
        KEYS
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown => self.refresh(),
            Input::Fresh { ended } => {
                self.ended |= ended;
                self.refresh();
            }
            Input::Line(number) => {
                self.follow = false;
                self.refresh();
                self.list
                    .select(usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX));
            }
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                if !text.is_empty() {
                    return self.find(false);
                }
            }
            Input::Answer(Answer::FoundLine(found)) => {
                self.searching = false;
                match found {
                    Some(line) => {
                        self.follow = false;
                        self.refresh();
                        self.list
                            .select(usize::try_from(line).unwrap_or(usize::MAX));
                    }
                    None => return vec![Effect::Say(format!("not found: {}", self.search))],
                }
            }
            Input::Answer(Answer::Failed(why)) => return vec![Effect::Say(why)],
            Input::Act(action) => return self.act(action),
            Input::Wheel { rows, .. } => {
                self.follow = false;
                self.list.step(rows);
            }
            Input::Click { column, row } => {
                if let Some(index) = self.list.row_at(column, row) {
                    self.follow = false;
                    self.list.select(index);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        if self.list.is_empty() {
            canvas.line(
                0,
                &Line::new(
                    Role::Dim,
                    if self.ended {
                        "the input is empty"
                    } else {
                        "waiting for the first line…"
                    },
                ),
            );
            return;
        }
        let digits = self.list.len().to_string().len().max(4);
        let lower = self.search.to_lowercase();
        let mut found = Vec::new();
        let area = canvas.area();
        let mut row = 0u16;
        self.list.draw(canvas, true, |index| {
            let text = self.source.line(index as u64).replace('\t', "    ");
            let mark = self.source.mark(index as u64);
            let (letter, role) = mark.map_or((' ', Role::Plain), |mark| (mark.letter, mark.role));
            let text = safe(&text);
            let (_, shown) = if self.left == 0 {
                ("", &*text)
            } else {
                split_at_width(&text, self.left)
            };
            if !lower.is_empty() {
                let column = shown.to_lowercase().find(&lower);
                found.extend(column.map(|column| (row, column + digits + 4)));
            }
            row += 1;
            Line::new(Role::Dim, format!("{:>digits$} ", index + 1))
                .and(role, format!("{letter} "))
                .and(role, shown.to_owned())
        });
        let style = canvas.theme().found();
        for (row, column) in found {
            if row < area.height {
                canvas.style_cells(
                    cells(column.saturating_sub(1)),
                    row,
                    cells(self.search.chars().count()),
                    style,
                );
            }
        }
    }

    fn selection(&self) -> Option<String> {
        self.selected().map(|line| self.source.line(line))
    }

    fn export(&self) -> Export {
        const MOST: u64 = 1_000_000;
        Export {
            text: (0..self.source.len().min(MOST))
                .map(|line| self.source.line(line))
                .collect(),
            verb: None,
        }
    }

    fn status(&self) -> Option<Line> {
        let line = self.selected()?;
        let mark = self
            .source
            .mark(line)
            .map_or(String::new(), |mark| format!("{}  ", mark.name));
        let follow = if self.follow { "following  " } else { "" };
        Some(Line::plain(format!(
            "{follow}{mark}line {} of {}",
            line + 1,
            self.source.len()
        )))
    }
}
