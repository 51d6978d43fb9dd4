//! What is read from its beginning to its end: the answer to a command, a value, a line, the help.

mod layout;

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::data::command::{Export, Form, Print, RunCommand};
use crate::data::page::{Page, Standpoint};
use crate::data::text::Direction;
use crate::data::value::{AskWhole, Content};
use crate::keys::{Action, Binding, Key};
use crate::screen::{Effect, Input, Screen};
use crate::widgets::list::{ListState, around};
use dumpview_model::units::plural;
use dumpview_view::line::{Line, Role};
use layout::{Layout, Manner};
use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Arc;

/// The screen.
pub struct OutputScreen {
    page: Page,
    title: String,
    ask: Option<Asks>,
    at: Standpoint,
    asked: bool,
    content: Content,
    manner: Manner,
    search: String,
    /// As it was laid out for the last frame.
    seen: RefCell<Seen>,
}

/// Where the content comes from.
enum Asks {
    /// A command.
    Command(String),
    /// The value of an expression.
    Value(String),
}

#[derive(Default)]
struct Seen {
    width: u16,
    stale: bool,
    layout: Layout,
    list: ListState,
}

const FILTER: Binding = Binding::new(
    &[Key::Char('f')],
    Action::Filter,
    "filter",
    "only lines that hold this",
);
const WRAP: Binding = Binding::new(
    &[Key::Char('w')],
    Action::Wrap,
    "wrap",
    "break long lines, or cut them off",
);
const HEX: Binding = Binding::new(
    &[Key::Char('x')],
    Action::Hex,
    "hex",
    "bytes in hex, or as text",
);
const LINES: &[Binding] = &[FILTER, WRAP];
const BYTES: &[Binding] = &[FILTER, HEX];

impl OutputScreen {
    /// Of lines that are there; `wrap` breaks those that are too long.
    pub fn of(page: Page, lines: Vec<Line>, wrap: bool) -> Self {
        Self {
            page,
            title: page.title().to_owned(),
            ask: None,
            at: Standpoint::default(),
            asked: true,
            content: Content::Lines(lines),
            manner: Manner {
                wrap,
                ..Manner::default()
            },
            search: String::new(),
            seen: RefCell::new(Seen {
                stale: true,
                ..Seen::default()
            }),
        }
    }

    /// Of the answer to a command.
    pub fn asking(command: String, at: Standpoint) -> Self {
        Self {
            title: command.clone(),
            ask: Some(Asks::Command(command)),
            at,
            asked: false,
            ..Self::of(Page::Answer, Vec::new(), false)
        }
    }

    /// Of all of a value.
    pub fn of_value(expr: String, at: Standpoint) -> Self {
        Self {
            title: expr.clone(),
            ask: Some(Asks::Value(expr)),
            at,
            asked: false,
            ..Self::of(Page::Value, Vec::new(), true)
        }
    }

    fn question(&self) -> Option<Request> {
        let at = self.at;
        Some(match self.ask.as_ref()? {
            Asks::Command(line) => RunCommand {
                line: line.clone(),
                at,
            }
            .into(),
            Asks::Value(expr) => AskWhole {
                expr: expr.clone(),
                at,
            }
            .into(),
        })
    }

    fn set(&mut self, content: Content) {
        self.manner.hex = content.is_binary();
        self.content = content;
        self.seen.get_mut().stale = true;
    }

    fn fail(&mut self, why: &str) {
        let lines = why
            .lines()
            .map(|line| Line::new(Role::Alarm, line.to_owned()));
        self.set(Content::Lines(lines.collect()));
        self.manner.wrap = true;
    }

    fn answer(&mut self, mut answer: Answer) {
        let told = match answer.about::<RunCommand>() {
            Some(said) => Some(said.map(|said| Content::Lines(said.lines))),
            None => answer.about::<AskWhole>(),
        };
        match told {
            Some(Ok(content)) => self.set(content),
            Some(Err(why)) => self.fail(&why),
            None => {}
        }
    }

    fn filter_by(&mut self, text: &str) {
        text.clone_into(&mut self.manner.filter);
        self.seen.get_mut().stale = true;
    }

    fn find(&mut self, direction: Direction) -> Vec<Effect> {
        let seen = self.seen.get_mut();
        let found = match self.search.as_str() {
            "" => Vec::new(),
            word => seen.layout.found(&self.content, word),
        };
        let from = seen.list.selected().unwrap_or(0);
        let mut rows = around(seen.list.len(), from, direction);
        match rows.find(|row| found.binary_search(row).is_ok()) {
            Some(row) => {
                seen.list.select(row);
                Vec::new()
            }
            None => vec![Effect::Say(format!("not found: {}", self.search))],
        }
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match (action, &self.content) {
            (Action::NextFound, _) => return self.find(Direction::Forwards),
            (Action::PreviousFound, _) => return self.find(Direction::Backwards),
            (Action::Back, _) if !self.manner.filter.is_empty() => self.filter_by(""),
            (Action::Back | Action::Left, _) => return vec![Effect::Back],
            (Action::Wrap, Content::Lines(_)) => {
                self.manner.wrap = !self.manner.wrap;
                self.seen.get_mut().stale = true;
            }
            (Action::Hex, Content::Bytes { .. }) => {
                self.manner.hex = !self.manner.hex;
                let seen = self.seen.get_mut();
                seen.stale = true;
                // A row here has nothing to do with a row there.
                seen.list.select(0);
            }
            (action, _) => {
                self.seen.get_mut().list.act(action);
            }
        }
        Vec::new()
    }

    /// Lays it out anew where the width or the manner is another one; the cursor stays on its line.
    fn lay_out(&self, width: u16) {
        let mut seen = self.seen.borrow_mut();
        if seen.width == width && !seen.stale {
            return;
        }
        let at = seen.list.selected();
        let line = at.and_then(|at| seen.layout.rows.get(at)).map(|r| r.line);
        seen.layout = Layout::new(&self.content, usize::from(width), &self.manner);
        let rows = seen.layout.rows.len();
        seen.list.set_len(rows);
        if let Some(line) = line {
            let row = seen.layout.row_of(line);
            seen.list.select(row);
        }
        (seen.width, seen.stale) = (width, false);
    }
}

impl Screen for OutputScreen {
    fn page(&self) -> Page {
        self.page
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        match self.content {
            Content::Lines(_) => &[LINES],
            Content::Bytes { .. } => &[BYTES],
        }
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Shown if !self.asked => {
                self.asked = true;
                return self.question().map(Effect::Ask).into_iter().collect();
            }
            Input::Answer(answer) => self.answer(answer),
            Input::Stopped => self.fail("stopped"),
            Input::Filter(text) => self.filter_by(text),
            Input::Search(text) => {
                text.clone_into(&mut self.search);
                return self.find(Direction::Forwards);
            }
            Input::Act(action) => return self.act(action),
            Input::Wheel { rows, .. } => self.seen.get_mut().list.step(rows),
            Input::Click { column, row } => {
                let list = &mut self.seen.get_mut().list;
                if let Some(index) = list.row_at(column, row) {
                    list.select(index);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        canvas.rule(0, &self.title, true);
        self.lay_out(canvas.width());
        let seen = self.seen.borrow();
        let mut below = canvas.rows(1, canvas.height().saturating_sub(1));
        if seen.layout.rows.is_empty() {
            let why = match (&self.content, &self.ask) {
                (_, Some(_)) if !self.manner.filter.is_empty() => {
                    "no line is like that; Esc forgets the filter"
                }
                (Content::Lines(lines), Some(_)) if lines.is_empty() => "asking…",
                _ => "",
            };
            below.line(0, &Line::new(Role::Dim, why));
        }
        let rows = &seen.layout.rows;
        seen.list.draw(&mut below, true, |index| {
            rows.get(index)
                .map(|row| row.text.clone())
                .unwrap_or_default()
        });
    }

    fn selection(&self) -> Option<String> {
        let seen = self.seen.borrow();
        match &self.content {
            Content::Lines(lines) => {
                let row = seen.layout.rows.get(seen.list.selected()?)?;
                lines.get(row.line).map(Line::text)
            }
            // Of a value people want all of it.
            Content::Bytes { .. } if self.manner.hex => {
                let rows = seen.layout.rows.iter().map(|row| row.text.text());
                Some(rows.collect::<Vec<_>>().join("\n"))
            }
            Content::Bytes { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
        }
    }

    fn export(&self) -> Option<Export> {
        match (&self.content, &self.ask) {
            (Content::Lines(lines), ask) => {
                let verb = match ask {
                    Some(Asks::Command(line)) => Some(line.clone()),
                    _ => None,
                };
                Some(Export::lines(lines.iter().map(Line::text).collect(), verb))
            }
            (Content::Bytes { bytes, .. }, _) => Some(Export {
                shown: Arc::new(Exactly(bytes.clone())),
                verb: None,
            }),
        }
    }

    fn standpoint(&self) -> Standpoint {
        self.at
    }

    fn status(&self) -> Option<Line> {
        let filter = match self.manner.filter.as_str() {
            "" => String::new(),
            filter => format!("filter: {filter}  "),
        };
        let Content::Bytes { bytes, len } = &self.content else {
            return (!filter.is_empty()).then(|| Line::plain(filter));
        };
        let known = if bytes.len() as u64 == *len {
            String::new()
        } else {
            format!("the first {} of ", bytes.len())
        };
        Some(Line::plain(format!(
            "{filter}{known}{}",
            plural(*len, "byte")
        )))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.manner.filter)
    }
}

/// A value's bytes, as they are.
struct Exactly(Vec<u8>);

impl Print for Exactly {
    fn print(&self, form: Form, out: &mut dyn Write) -> io::Result<Option<usize>> {
        if form != Form::Text {
            return Ok(None);
        }
        out.write_all(&self.0)?;
        Ok(Some(self.0.split(|byte| *byte == b'\n').count()))
    }
}
