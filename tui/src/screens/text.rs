//! The raw input, line by line, with the records in it marked by colour and by a letter.

use crate::ask::Answer;
use crate::canvas::Canvas;
use crate::data::command::{Export, Form, Print};
use crate::data::file::FilePlace;
use crate::data::page::{Page, Target};
use crate::data::text::{Direction, FilterLines, Filtered, FindLine, TextLine, TextSource};
use crate::geometry::cells;
use crate::keys::{Action, Binding, ENTER, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::list::ListState;
use dumpview_view::filter::Filter;
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
    filter: String,
    wanted: Option<Arc<Filter<TextLine>>>,
    /// The lines that meet the filter, in order, from zero; all when absent.
    kept: Option<Arc<Vec<u64>>>,
    /// As far as the filter has looked.
    looked: u64,
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
    Binding::new(
        &[Key::Char('f')],
        Action::Filter,
        "filter",
        "only lines like that: words, or conditions (kind=traceback, kind!=log and line>100)",
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
            filter: String::new(),
            wanted: None,
            kept: None,
            looked: 0,
        }
    }

    fn refresh(&mut self) {
        let len = match &self.kept {
            Some(kept) => kept.len(),
            None => usize::try_from(self.source.len()).unwrap_or(usize::MAX),
        };
        self.list.set_len(len);
        if self.follow {
            self.list.act(Action::Bottom);
        }
    }

    /// The line that stands on a row, from zero.
    fn line_at(&self, row: usize) -> Option<u64> {
        match &self.kept {
            Some(kept) => kept.get(row).copied(),
            None => Some(row as u64),
        }
    }

    fn selected(&self) -> Option<u64> {
        self.line_at(self.list.selected()?)
    }

    /// Stands on a line, or on the next one that is shown.
    fn select(&mut self, line: u64) {
        let row = match &self.kept {
            Some(kept) => kept.partition_point(|kept| *kept < line),
            None => usize::try_from(line).unwrap_or(usize::MAX),
        };
        self.list.select(row);
    }

    /// Another filter; what is shown stays until it is known what meets it.
    fn filter_by(&mut self, text: &str) -> Vec<Effect> {
        text.clone_into(&mut self.filter);
        match Filter::typed(text) {
            Ok(Some(filter)) => {
                self.wanted = Some(Arc::new(filter));
                self.looked = 0;
                self.look()
            }
            Ok(None) => {
                let at = self.selected();
                (self.wanted, self.kept) = (None, None);
                self.refresh();
                if let (Some(line), false) = (at, self.follow) {
                    self.select(line);
                }
                Vec::new()
            }
            Err(why) => vec![Effect::Say(why.replace("\n\n", "; "))],
        }
    }

    /// Looks for lines that meet the filter among those that it has not seen.
    fn look(&self) -> Vec<Effect> {
        let Some(filter) = &self.wanted else {
            return Vec::new();
        };
        let look = FilterLines {
            source: Arc::clone(&self.source),
            typed: self.filter.clone(),
            filter: Arc::clone(filter),
            from: self.looked,
        };
        vec![Effect::Ask(look.into())]
    }

    fn take(&mut self, found: Filtered) {
        // Another one was typed meanwhile, or all of them are wanted again.
        if self.wanted.is_none() || found.typed != self.filter || found.from != self.looked {
            return;
        }
        let at = self.selected();
        let mut lines = match &self.kept {
            Some(kept) if found.from > 0 => kept.to_vec(),
            _ => Vec::new(),
        };
        lines.extend(found.lines);
        self.looked = found.end;
        self.kept = Some(Arc::new(lines));
        self.refresh();
        if let (Some(line), false) = (at, self.follow) {
            self.select(line);
        }
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
            among: self.kept.clone(),
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
                        Effect::Go(Target::Whole {
                            lines: vec![Line::plain(self.source.line(line))],
                        })
                    })
                    .into_iter()
                    .collect();
            }
            Action::Back if !self.filter.is_empty() => return self.filter_by(""),
            Action::Back => return vec![Effect::Back],
            _ => {}
        }
        Vec::new()
    }

    fn answer(&mut self, mut answer: Answer) -> Vec<Effect> {
        match answer.about::<FilterLines>() {
            Some(Ok(found)) => self.take(found),
            Some(Err(why)) => return vec![Effect::Say(why)],
            None => {}
        }
        match answer.about::<FindLine>() {
            Some(Ok(Some(line))) => {
                self.follow = false;
                self.refresh();
                self.select(line);
                Vec::new()
            }
            Some(Ok(None)) => vec![Effect::Say(format!("not found: {}", self.search))],
            Some(Err(why)) => vec![Effect::Say(why)],
            None => Vec::new(),
        }
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
                return self.look();
            }
            Input::Line(number) => {
                let line = number.saturating_sub(1);
                self.follow = false;
                // Who is sent to a line wants to see that one.
                if self
                    .kept
                    .as_ref()
                    .is_some_and(|kept| kept.binary_search(&line).is_err())
                {
                    self.filter_by("");
                }
                self.refresh();
                self.select(line);
            }
            Input::Filter(text) => return self.filter_by(text),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                if !text.is_empty() {
                    return self.find(Direction::Forwards);
                }
            }
            Input::Answer(answer) => return self.answer(answer),
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
                    if self.kept.is_some() {
                        "no line is like that; Esc forgets the filter"
                    } else if self.ended {
                        "the input is empty"
                    } else {
                        "waiting for the first line…"
                    },
                ),
            );
            return;
        }
        let digits = self.source.len().to_string().len().max(4);
        let lower = self.search.to_lowercase();
        let mut found = Vec::new();
        let area = canvas.area();
        let mut row = 0u16;
        self.list.draw(canvas, true, |index| {
            let Some(index) = self.line_at(index) else {
                return Line::default();
            };
            let text = self.source.line(index).replace('\t', "    ");
            let mark = self.source.mark(index);
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
        let shown = Raw {
            source: Arc::clone(&self.source),
            kept: self.kept.clone(),
        };
        Some(Export {
            shown: Arc::new(shown),
            verb: None,
        })
    }

    fn file(&self) -> Option<FilePlace> {
        let line = self.selected()? + 1;
        Some(FilePlace::Input { line })
    }

    fn status(&self) -> Option<Line> {
        let line = self.selected()?;
        let mark = self
            .source
            .mark(line)
            .map_or(String::new(), |mark| format!("{}  ", mark.name));
        let follow = if self.follow { "following  " } else { "" };
        let filter = match (&self.kept, self.filter.as_str()) {
            (Some(kept), filter) => format!("filter: {filter}  {} lines  ", kept.len()),
            (None, _) => String::new(),
        };
        Some(Line::plain(format!(
            "{filter}{follow}{mark}line {} of {}",
            line + 1,
            self.source.len()
        )))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.filter)
    }
}

/// The lines that are shown, as they are.
struct Raw {
    source: Arc<dyn TextSource>,
    kept: Option<Arc<Vec<u64>>>,
}

impl Print for Raw {
    fn print(&self, form: Form, out: &mut dyn Write) -> io::Result<Option<usize>> {
        if form != Form::Text {
            return Ok(None);
        }
        let all = 0..self.source.len();
        let lines: Box<dyn Iterator<Item = u64>> = match &self.kept {
            Some(kept) => Box::new(kept.iter().copied()),
            None => Box::new(all),
        };
        let mut written = 0;
        for line in lines {
            writeln!(out, "{}", self.source.line(line))?;
            written += 1;
        }
        Ok(Some(written))
    }
}
