//! The records of a crash or a goroutine dump to one moment: its cause, and how many goroutines it shows.

use super::collect::head;
use super::{Moment, MomentKind};
use bstr::ByteSlice;
use dumpview_parsers::log::{Origin, Place, Stamp};
use dumpview_parsers::traceback::{Record, Recovered};

/// A moment whose records are still coming.
#[derive(Clone, Debug)]
pub(super) struct Crash {
    /// Where it begins.
    pub place: Place,
    /// When its first line was written.
    pub stamp: Option<Stamp>,
    /// By whom.
    pub origin: Origin,
    kind: MomentKind,
    cause: String,
    goroutines: u64,
    /// Ids of goroutines that were printed before; at level crash some are printed again for their threads.
    after_separator: bool,
}

impl Crash {
    /// One that begins here.
    pub fn new(place: Place, stamp: Option<Stamp>, origin: Origin) -> Self {
        Self {
            place,
            stamp,
            origin,
            kind: MomentKind::Dump,
            cause: String::new(),
            goroutines: 0,
            after_separator: false,
        }
    }

    /// Whether a record belongs to another crash than this one: a new cause after goroutines were shown.
    pub fn is_over_at(&self, record: &Record<'_>) -> bool {
        let cause = matches!(
            record,
            Record::Panic(_) | Record::Fatal(_) | Record::Served { .. } | Record::Signal(_)
        );
        cause && self.goroutines > 0 && !self.after_separator
    }

    /// Takes a record.
    pub fn add(&mut self, record: &Record<'_>) {
        match record {
            Record::Panic(text) => {
                let again = if text.recovered == Recovered::No {
                    ""
                } else {
                    " [recovered]"
                };
                self.because(&format!("panic: {}{again}", text.text.to_str_lossy()));
            }
            Record::Fatal(text) => {
                self.because(&format!("fatal error: {}", text.text.to_str_lossy()));
            }
            Record::Served { text, .. } => {
                self.because(&format!("http: panic serving: {}", text.to_str_lossy()));
            }
            Record::Signal(text) if !self.after_separator => {
                self.because(&text.to_str_lossy());
            }
            Record::SignalNote(note) => {
                self.cause.push_str(" [");
                self.cause.push_str(&note.name.to_str_lossy());
                self.cause.push(']');
            }
            Record::Header(header) if header.id != 0 && !self.after_separator => {
                self.goroutines += 1;
            }
            Record::Separator => self.after_separator = true,
            _ => {}
        }
    }

    /// A further cause: of panics in flight each is told, in the order in which they were printed.
    fn because(&mut self, cause: &str) {
        const MOST: usize = 400;
        self.kind = MomentKind::Crash;
        if self.cause.len() < MOST {
            if !self.cause.is_empty() {
                self.cause.push_str("; ");
            }
            self.cause.push_str(cause);
        }
    }

    /// The moment; `None` when nothing but stray lines were seen.
    pub fn finish(self) -> Option<Moment> {
        if self.cause.is_empty() && self.goroutines == 0 {
            return None;
        }
        let text = if self.cause.is_empty() {
            "goroutines were printed".into()
        } else {
            head(self.cause.as_bytes())
        };
        Some(Moment {
            kind: self.kind,
            text,
            goroutines: (self.goroutines > 0).then_some(self.goroutines),
        })
    }
}
