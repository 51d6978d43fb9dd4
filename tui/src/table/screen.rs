//! The screen of a table: asks, takes, draws and searches for every subject alike. A subject adds what stands around its
//! table and where its rows lead.

use super::draw::Look;
use super::{KEYS, Table};
use crate::ask::{Answer, Topic};
use crate::canvas::Canvas;
use crate::data::Which;
use crate::data::command::Export;
use crate::data::file::FilePlace;
use crate::data::page::{Page, Standpoint, Target};
use crate::data::text::Direction;
use crate::keys::{Action, Binding};
use crate::rows::{Arrange, FindRow, Shared, Sort};
use crate::screen::{Effect, Input, Screen};
use dumpview_view::column::{Column, Row};
use dumpview_view::line::{Line, Role};
use std::ops::Range;

/// What a screen of a table is about.
pub trait Subject: 'static {
    /// Its rows.
    type Row: Row + Send;
    /// What it asks for.
    type Topic: Topic;

    /// Which screen it is.
    const PAGE: Page;
    /// The keys that it has of its own.
    const KEYS: &'static [Binding];
    /// Keys that several subjects share.
    const SHARED_KEYS: &'static [Binding] = &[];
    /// The columns that people see first, by name; those that the registry shows when empty.
    const COLUMNS: &'static [&'static str] = &[];
    /// It grows: it is asked for again whenever there is more of the input.
    const GROWS: bool = false;

    /// The question, about the process of a number where several wrote to the input.
    fn question(&self, process: usize) -> Self::Topic;

    /// Takes an answer.
    fn take(&mut self, answer: <Self::Topic as Topic>::Answer);

    /// Its rows as they come: none before there is an answer, and an error that says why there are none.
    fn rows(&self) -> Option<Result<Shared<Self::Row>, String>>;

    /// The order to begin with, and columns that say nothing about the rows that are shown now.
    fn manner(&self) -> (Sort, &'static [&'static str]) {
        (Sort::default(), &[])
    }

    /// Draws what stands around the table; gives the rows that are left for it.
    fn draw(&self, canvas: &mut Canvas<'_>, table: &Table<Self::Row>) -> Range<u16>;

    /// Of so many columns, those at the right that the subject draws on itself, beside its table.
    fn beside(&self, _width: u16) -> u16 {
        0
    }

    /// What stands above the table, for a file.
    fn head(&self) -> Vec<Line> {
        Vec::new()
    }

    /// The line of the input that a row was told by.
    fn line_of(&self, _row: &Self::Row) -> Option<u64> {
        None
    }

    /// Where Enter leads.
    fn enter(&mut self, row: &Self::Row) -> Did {
        let line = self.line_of(row).map(Target::text_line);
        Did::Want(line.map(Effect::Go).into_iter().collect())
    }

    /// An action that no table knows.
    fn act(&mut self, action: Action) -> Did {
        match action {
            Action::Back => Did::Want(vec![Effect::Back]),
            _ => Did::Want(Vec::new()),
        }
    }

    /// The same, on the row of the cursor.
    fn act_on(&mut self, action: Action, _row: Option<&Self::Row>) -> Did {
        self.act(action)
    }

    /// A click outside the table.
    fn click(&mut self, _column: u16, _row: u16, _table: &mut Table<Self::Row>) {}

    /// A mark before a row, and how it looks.
    fn mark(&self, _row: &Self::Row) -> Option<(char, Role)> {
        None
    }

    /// How a column of a row looks, where its unit does not say it all.
    fn role(&self, _column: &'static str, _row: &Self::Row) -> Option<Role> {
        None
    }

    /// Which of how many processes is shown.
    fn process(&self) -> Which {
        Which::default()
    }

    /// Words for the right end of the bar.
    fn status(&self, table: &Table<Self::Row>) -> String;

    /// What is copied of a row; the row as it stands when absent.
    fn copy(&self, _row: &Self::Row) -> Option<String> {
        None
    }

    /// The line of a file that a row is about: of the input, by default.
    fn file(&self, row: &Self::Row) -> Option<FilePlace> {
        let line = self.line_of(row)?;
        Some(FilePlace::Input { line })
    }

    /// What commands speak of at a row.
    fn standpoint(&self, _row: &Self::Row) -> Standpoint {
        Standpoint::default()
    }

    /// The verb that says the same.
    fn verb(&self) -> Option<String> {
        None
    }
}

/// What a subject did about a key.
pub enum Did {
    /// Something that wants these.
    Want(Vec<Effect>),
    /// Other rows are to be shown from now on, with a sentence about it.
    Rows(Option<String>),
    /// Its question is another one now.
    Ask,
}

/// The screen.
pub struct TableScreen<S: Subject> {
    subject: S,
    table: Table<S::Row>,
    asked: bool,
    loaded: bool,
    failed: Option<String>,
    process: usize,
}

impl<S: Subject + Default> Default for TableScreen<S> {
    fn default() -> Self {
        Self::of(S::default())
    }
}

impl<S: Subject> TableScreen<S> {
    /// About a subject.
    pub fn of(subject: S) -> Self {
        Self {
            subject,
            table: Table::new(S::COLUMNS),
            asked: false,
            loaded: false,
            failed: None,
            process: 0,
        }
    }
}

impl<S: Subject> TableScreen<S> {
    /// Its own keys, then those of every table.
    const ALL_KEYS: &'static [&'static [Binding]] = &[S::KEYS, S::SHARED_KEYS, KEYS];

    /// Whether an answer is to one of its questions.
    pub fn awaits(answer: &Answer) -> bool {
        answer.is_about::<S::Topic>()
            || answer.is_about::<Arrange<S::Row>>()
            || answer.is_about::<FindRow<S::Row>>()
    }

    fn ask(&mut self) -> Vec<Effect> {
        self.asked = true;
        vec![Effect::Ask(self.subject.question(self.process).into())]
    }

    fn answer(&mut self, mut answer: Answer) -> Vec<Effect> {
        if let Some(told) = answer.about::<S::Topic>() {
            return match told {
                Ok(data) => self.take(data),
                Err(why) if self.loaded => vec![Effect::Say(why)],
                Err(why) => {
                    self.failed = Some(why);
                    Vec::new()
                }
            };
        }
        if let Some(Ok(arranged)) = answer.about::<Arrange<S::Row>>() {
            self.table.take(arranged);
        }
        match answer.about::<FindRow<S::Row>>() {
            Some(Ok(place)) => self.table.found(place),
            _ => Vec::new(),
        }
    }

    fn take(&mut self, data: <S::Topic as Topic>::Answer) -> Vec<Effect> {
        self.subject.take(data);
        self.failed = None;
        if !std::mem::replace(&mut self.loaded, true) {
            return self.show();
        }
        // With other columns it is another table.
        let goes_on = self.table.all.is_some() && self.table.hidden == self.subject.manner().1;
        match self.subject.rows() {
            Some(Ok(rows)) if goes_on => self.table.set(rows),
            _ => self.show(),
        }
    }

    /// Shows the subject's rows from the first on, in the order that they have to begin with.
    fn show(&mut self) -> Vec<Effect> {
        let Some(Ok(rows)) = self.subject.rows() else {
            return Vec::new();
        };
        let (sort, hidden) = self.subject.manner();
        self.table.show(rows, sort, hidden)
    }

    fn did(&mut self, did: Did) -> Vec<Effect> {
        match did {
            Did::Want(effects) => effects,
            Did::Ask => self.ask(),
            Did::Rows(said) => {
                let mut effects = self.show();
                effects.extend(said.map(Effect::Say));
                effects
            }
        }
    }

    fn enter(&mut self) -> Vec<Effect> {
        match self.table.selected() {
            Some(row) => {
                let did = self.subject.enter(&row);
                self.did(did)
            }
            None => Vec::new(),
        }
    }

    /// Another process of those that wrote to the input.
    fn turn(&mut self, direction: Direction) -> Vec<Effect> {
        let processes = self.subject.process().processes;
        if processes < 2 {
            let all = format!("one process wrote all {} of the input", S::Row::KEY);
            return vec![Effect::Say(all)];
        }
        self.process = match direction {
            Direction::Forwards => (self.process + 1) % processes,
            Direction::Backwards => (self.process + processes - 1) % processes,
        };
        self.ask()
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if self.table.list.act(action) {
            return Vec::new();
        }
        match action {
            Action::Enter | Action::Right => self.enter(),
            Action::Sort => self.table.sort_by_next(),
            Action::Reverse => self.table.reverse(),
            Action::NextFound => self.table.find(Direction::Forwards),
            Action::PreviousFound => self.table.find(Direction::Backwards),
            Action::Next if self.subject.process().processes > 0 => self.turn(Direction::Forwards),
            Action::Previous if self.subject.process().processes > 0 => {
                self.turn(Direction::Backwards)
            }
            Action::ToTimeline => {
                let row = self.table.selected();
                let line = row.and_then(|row| self.subject.line_of(&row));
                let page = Page::Timeline;
                let go = line.map(|line| Effect::Go(Target::Line { page, line }));
                go.into_iter().collect()
            }
            Action::Whole => {
                let row = self.table.selected();
                let lines = row.map(|row| columns_of(&row)).unwrap_or_default();
                vec![Effect::Go(Target::Whole { lines })]
            }
            // What was gone into comes first, then the filter, then the way back.
            Action::Back if !self.table.filter.is_empty() => {
                match self.subject.act_on(action, None) {
                    Did::Want(_) => self.table.filter_by(""),
                    did @ (Did::Rows(_) | Did::Ask) => self.did(did),
                }
            }
            action => {
                let row = self.table.selected();
                let did = self.subject.act_on(action, row.as_ref());
                self.did(did)
            }
        }
    }

    fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        if let Some(by) = self.table.heading_at(column, row) {
            return self.table.sort_by(by);
        }
        match self.table.list.row_at(column, row) {
            Some(place) if self.table.list.selected() == Some(place) => return self.enter(),
            Some(place) => self.table.list.select(place),
            None => self.subject.click(column, row, &mut self.table),
        }
        Vec::new()
    }
}

/// All columns of a row, one a line, those too that a table does not show.
fn columns_of<R: Row>(row: &R) -> Vec<Line> {
    let wide = R::COLUMNS.iter().map(|column| column.name.len()).max();
    let wide = wide.unwrap_or(0);
    let line = |column: &Column<R>| {
        let text = column.text(row);
        let says_something = !matches!(text.trim(), "" | "-");
        says_something.then(|| {
            let name = column.name;
            Line::new(Role::Dim, format!("{name:<wide$}  ")).and(Role::Plain, text)
        })
    };
    R::COLUMNS.iter().filter_map(line).collect()
}

impl<S: Subject> Screen for TableScreen<S> {
    fn page(&self) -> Page {
        S::PAGE
    }

    fn keys(&self) -> &'static [&'static [Binding]] {
        Self::ALL_KEYS
    }

    fn update(&mut self, input: Input<'_>) -> Vec<Effect> {
        match input {
            // What was asked for and has not failed is on its way.
            Input::Shown if S::GROWS || !self.asked || self.failed.is_some() => self.ask(),
            Input::Fresh { ended } if S::GROWS || (ended && !self.loaded) => self.ask(),
            Input::Answer(answer) => self.answer(answer),
            Input::Stopped if !self.loaded => {
                self.failed = Some("stopped before it was read".to_owned());
                Vec::new()
            }
            Input::Filter(text) => self.table.filter_by(text),
            Input::Search(text) => {
                text.clone_into(&mut self.table.search);
                self.table.find(Direction::Forwards)
            }
            Input::Act(action) => self.act(action),
            Input::Wheel { rows, .. } => {
                self.table.list.step(rows);
                Vec::new()
            }
            Input::Click { column, row } => self.click(column, row),
            _ => Vec::new(),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        match (&self.failed, self.loaded) {
            (Some(why), _) => {
                canvas.wrapped(0, &Line::new(Role::Alarm, why.clone()));
                return;
            }
            (None, false) => {
                canvas.line(0, &Line::new(Role::Dim, "reading…"));
                return;
            }
            (None, true) => {}
        }
        let rows = self.subject.draw(canvas, &self.table);
        let room = canvas.width();
        let room = room.saturating_sub(self.subject.beside(room));
        let mut area = canvas.rows(rows.start, rows.end.saturating_sub(rows.start));
        let mut area = area.columns(0, room);
        let empty = match self.subject.rows() {
            Some(Err(why)) => Some(Line::new(Role::Dim, why)),
            _ if self.table.shown.is_none() => Some(Line::new(Role::Dim, "sorting…")),
            _ => None,
        };
        if let Some(line) = empty {
            area.line(0, &line);
            return;
        }
        self.table.draw(
            &mut area,
            &Look {
                mark: &|row| self.subject.mark(row),
                role: &|column, row| self.subject.role(column, row),
            },
        );
        if self.table.is_empty() && !self.table.filter.is_empty() {
            let nothing = format!("  no {} is like that; Esc forgets the filter", S::Row::ONE);
            area.line(1, &Line::new(Role::Dim, nothing));
        }
    }

    fn selection(&self) -> Option<String> {
        let row = self.table.selected()?;
        self.subject
            .copy(&row)
            .or_else(|| Some(self.table.line_of(&row)))
    }

    fn export(&self) -> Option<Export> {
        let head = self.subject.head().iter().map(Line::text).collect();
        let export = self.table.export(head)?;
        Some(Export {
            verb: self.subject.verb(),
            ..export
        })
    }

    fn file(&self) -> Option<FilePlace> {
        self.subject.file(&self.table.selected()?)
    }

    fn standpoint(&self) -> Standpoint {
        let row = self.table.selected();
        row.map_or_else(Standpoint::default, |row| self.subject.standpoint(&row))
    }

    fn status(&self) -> Option<Line> {
        if !self.loaded {
            return None;
        }
        let filter = match self.table.filter.as_str() {
            "" => String::new(),
            filter => format!("filter: {filter}  "),
        };
        let Which {
            id,
            number,
            processes,
        } = self.subject.process();
        let which = if processes > 1 {
            format!("process {id} ({} of {processes})  ", number + 1)
        } else {
            String::new()
        };
        let own = self.subject.status(&self.table);
        Some(Line::plain(format!("{filter}{which}{own}")))
    }

    fn filter(&self) -> Option<&str> {
        Some(&self.table.filter)
    }
}
