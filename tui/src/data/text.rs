//! The raw lines of an input.

use crate::ask::Topic;
use dumpview_view::job::{Job, Stopped};
use dumpview_view::line::Role;
use std::fmt;
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

    /// The next line that holds a text in any case, from `from` on (which counts), once around.
    ///
    /// # Errors
    ///
    /// When the job was stopped.
    fn find(
        &self,
        text: &str,
        from: u64,
        direction: Direction,
        job: &Job,
    ) -> Result<Option<u64>, Stopped>;
}

/// Where a search goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Towards the end.
    Forwards,
    /// Towards the beginning.
    Backwards,
}

/// Looks for the next line that holds a text.
#[derive(Clone)]
pub struct FindLine {
    /// Where to look.
    pub source: Arc<dyn TextSource>,
    /// The text.
    pub text: String,
    /// The line to start with, from zero.
    pub from: u64,
    /// Where to go on.
    pub direction: Direction,
}

impl Topic for FindLine {
    type Answer = Option<u64>;
    const LONG: Option<&'static str> = Some("searching lines");

    fn alone(&self, job: &Job) -> Option<Result<Self::Answer, String>> {
        let found = self.source.find(&self.text, self.from, self.direction, job);
        Some(found.map_err(|stopped| stopped.to_string()))
    }
}

impl fmt::Debug for FindLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "FindLine {:?} {:?} from {}",
            self.text, self.direction, self.from
        )
    }
}
