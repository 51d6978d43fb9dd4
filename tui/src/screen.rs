//! What a screen is: a component with its own cursor, sort and filter.
//!
//! `update` changes the state and says what is to be done about it; it does no work itself and draws nothing. `draw`
//! shows the state. What a screen needs to know it asks for ([`Request`]) and is told later ([`Answer`]).

use crate::ask::{Answer, Request};
use crate::canvas::Canvas;
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
    /// There is more of the input than before.
    Fresh {
        /// There will be no more.
        ended: bool,
    },
    /// Go to a line of the input, from one.
    Line(u64),
}

/// Where one can go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A screen by its title.
    Screen(&'static str),
    /// The goroutines, filtered.
    Goroutines {
        /// The filter; empty for all.
        filter: String,
    },
    /// The frames of a goroutine.
    Goroutine {
        /// Its id; the one that crashed when absent.
        id: Option<u64>,
        /// The frame to stand on.
        frame: Option<usize>,
    },
    /// A line of the raw input, from one.
    TextLine(u64),
    /// The moment on the timeline of a line of the raw input.
    Moment {
        /// The line, from one.
        line: u64,
    },
    /// The first line of the raw input that holds a text.
    FindText {
        /// The text.
        text: String,
    },
    /// A line on a screen of its own.
    WholeLine {
        /// The line.
        text: String,
    },
    /// The answer to a command.
    Command {
        /// As typed.
        line: String,
        /// The goroutine and frame it speaks of.
        at: Standpoint,
    },
}

/// The goroutine and frame that commands speak of when they do not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standpoint {
    /// Goroutine id.
    pub goroutine: Option<u64>,
    /// Frame number.
    pub frame: Option<usize>,
}

/// What a screen wants done.
#[derive(Clone, PartialEq, Debug)]
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

/// What is shown, for a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Export {
    /// As lines of text.
    pub text: Vec<String>,
    /// The verb that says the same as JSON, when there is one (`locals -g 7 -f 2`).
    pub verb: Option<String>,
}

/// A screen.
pub trait Screen {
    /// One word for the bar at the top.
    fn title(&self) -> &'static str;

    /// The keys that it has of its own.
    fn keys(&self) -> &'static [Binding];

    /// Changes its state.
    fn update(&mut self, input: Input<'_>) -> Vec<Effect>;

    /// Shows its state.
    fn draw(&self, canvas: &mut Canvas<'_>);

    /// What `y` copies.
    fn selection(&self) -> Option<String>;

    /// What `e` writes.
    fn export(&self) -> Export;

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
