//! What a screen is: a component with its own cursor, sort and filter.
//!
//! `update` changes the state and says what is to be done about it; it does no work itself and draws nothing. `draw`
//! shows the state. What a screen needs to know it asks for ([`Request`]) and is told later ([`Answer`]).

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
use crate::data::command::Export;
use crate::data::file::FilePlace;
use crate::data::page::{Page, Standpoint, Target};
use crate::keys::{Action, Binding};
use dumpview_view::line::Line;

/// What happens to a screen.
#[derive(Debug)]
pub enum Input<'a> {
    /// It is shown: for the first time, or again.
    Shown,
    /// A key of the table.
    Act(Action),
    /// A click on a cell of the screen.
    Click {
        /// Column.
        column: u16,
        /// Row.
        row: u16,
    },
    /// The mouse moved to a cell with its button down.
    Drag {
        /// Column.
        column: u16,
        /// Row.
        row: u16,
    },
    /// The wheel turned over a cell, down when positive.
    Wheel {
        /// Rows.
        rows: i16,
        /// Column.
        column: u16,
        /// Row.
        row: u16,
    },
    /// The text of the filter, as it is typed.
    Filter(&'a str),
    /// A text to search for.
    Search(&'a str),
    /// What it had asked for.
    Answer(Answer),
    /// What it had asked for was stopped; there will be no answer.
    Stopped,
    /// There is more of the input than before.
    Fresh {
        /// There will be no more.
        ended: bool,
    },
    /// Go to a line of the input, from one.
    Line(u64),
}

/// What a screen wants done.
#[derive(PartialEq, Debug)]
pub enum Effect {
    /// Answer this.
    Ask(Request),
    /// Go there.
    Go(Target),
    /// Go back.
    Back,
    /// Say this in the footer.
    Say(String),
}

/// A screen.
pub trait Screen {
    /// Which screen it is.
    fn page(&self) -> Page;

    /// The keys that it has of its own, in tables.
    fn keys(&self) -> &'static [&'static [Binding]];

    /// Changes its state.
    fn update(&mut self, input: Input<'_>) -> Vec<Effect>;

    /// Shows its state.
    fn draw(&self, canvas: &mut Canvas<'_>);

    /// What `y` copies.
    fn selection(&self) -> Option<String>;

    /// What `e` writes; nothing before there is anything.
    fn export(&self) -> Option<Export>;

    /// The line of a file that what is selected is about.
    fn file(&self) -> Option<FilePlace> {
        None
    }

    /// Where it stands, for commands.
    fn standpoint(&self) -> Standpoint {
        Standpoint::default()
    }

    /// A word for the right end of the bar at the top: a filter, a count.
    fn status(&self) -> Option<Line> {
        None
    }

    /// The filter it goes by now.
    fn filter(&self) -> Option<&str> {
        None
    }

    /// Names that a command could use here, for completion.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}
