//! The raw input, line by line, with the records in it marked by colour and by a letter.

use crate::canvas::Canvas;
use crate::data::command::{Export, Form, Print};
use crate::data::page::{Page, Target};
use crate::data::text::{Direction, FindLine, TextSource};
use crate::geometry::cells;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::list::ListState;
use dumpview_view::line::{Line, Role, split_at_width};
use dumpview_view::safe::safe;
use std::io::{self, Write};
use std::sync::Arc;

/// The screen.
pub struct TextScreen {
    source: Arc<dyn TextSource>,
    list: ListState,
    /// Columns scrolled to the right.
    left: usize,
    search: String,
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
        Action::ToTimeline,
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

    fn find(&self, direction: Direction) -> Vec<Effect> {
        let at = self.selected().unwrap_or(0);
        if self.search.is_empty() {
            return vec![Effect::Say("nothing to search for yet: /".to_owned())];
        }
        let last = self.source.len().saturating_sub(1);
        let from = match (direction, at) {
            (Direction::Forwards, at) if at >= last => 0,
            (Direction::Forwards, at) => at + 1,
            (Direction::Backwards, 0) => last,
            (Direction::Backwards, at) => at - 1,
        };
        let find = FindLine {
            source: Arc::clone(&self.source),
            text: self.search.clone(),
            from,
            direction,
        };
        vec![Effect::Ask(find.into())]
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
            Action::NextFound => return self.find(Direction::Forwards),
            Action::PreviousFound => return self.find(Direction::Backwards),
            Action::ToTimeline => {
                let line = self.selected().map(|line| line + 1);
                return line
                    .map(|line| {
                        Effect::Go(Target::Line {
                            page: Page::Timeline,
                            line,
                        })
                    })
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
    fn page(&self) -> Page {
        Page::Text
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        &[KEYS]
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
                    return self.find(Direction::Forwards);
                }
            }
            Input::Answer(mut answer) => match answer.about::<FindLine>() {
                Some(Ok(Some(line))) => {
                    self.follow = false;
                    self.refresh();
                    self.list
                        .select(usize::try_from(line).unwrap_or(usize::MAX));
                }
                Some(Ok(None)) => {
                    return vec![Effect::Say(format!("not found: {}", self.search))];
                }
                Some(Err(why)) => return vec![Effect::Say(why)],
                None => {}
            },
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

    fn export(&self) -> Option<Export> {
        Some(Export {
            shown: Arc::new(Raw(Arc::clone(&self.source))),
            verb: None,
        })
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

/// All lines, as they are.
struct Raw(Arc<dyn TextSource>);

impl Print for Raw {
    fn print(&self, form: Form, out: &mut dyn Write) -> io::Result<Option<usize>> {
        if form != Form::Text {
            return Ok(None);
        }
        let len = self.0.len();
        for index in 0..len {
            writeln!(out, "{}", self.0.line(index))?;
        }
        Ok(Some(usize::try_from(len).unwrap_or(usize::MAX)))
    }
}
