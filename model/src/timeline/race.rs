//! The records of a race report to one moment: which functions touched the same memory.

use super::{Moment, MomentKind};
use bstr::ByteSlice;
use dumpview_parsers::log::{Origin, Place, Stamp};
use dumpview_parsers::race::Record;

/// A report whose records are still coming.
#[derive(Clone, Debug)]
pub(super) struct Race {
    /// Where it begins.
    pub place: Place,
    /// When its first line was written.
    pub stamp: Option<Stamp>,
    /// By whom.
    pub origin: Origin,
    /// The innermost function of each access that is not the runtime's.
    functions: Vec<String>,
    /// An access was begun, and its innermost call is to come.
    wanted: bool,
}

impl Race {
    /// One that begins here.
    pub fn new(place: Place, stamp: Option<Stamp>, origin: Origin) -> Self {
        Self {
            place,
            stamp,
            origin,
            functions: Vec::new(),
            wanted: false,
        }
    }

    /// Takes a record of the report.
    pub fn add(&mut self, record: &Record<'_>) {
        match record {
            Record::Access(_) => self.wanted = true,
            // The runtime does what the program's function asked for.
            Record::Frame(frame)
                if self.wanted
                    && self.functions.len() < 2
                    && !frame.function.name.starts_with(b"runtime.") =>
            {
                self.wanted = false;
                let name = frame.function.name.to_str_lossy();
                self.functions.push(name.into_owned());
            }
            Record::Lost if self.wanted && self.functions.len() < 2 => {
                self.wanted = false;
                self.functions
                    .push("a call too long ago to be known".to_owned());
            }
            _ => {}
        }
    }

    /// The moment.
    pub fn finish(self) -> Moment {
        let text = match &self.functions[..] {
            [] => "data race".to_owned(),
            [one] => format!("data race in {one}"),
            [one, other, ..] if one == other => format!("data race in {one}, with itself"),
            [one, other, ..] => format!("data race between {one} and {other}"),
        };
        Moment {
            kind: MomentKind::Race,
            text: text.into(),
            goroutines: None,
        }
    }
}
