//! A race report: its records put together, two accesses, and what they race on, in a sentence.

use super::begun::Begun;
use super::section::to_model;
use crate::frame::Frame;
use crate::log::ProcessId;
use crate::value::Address;
use bstr::ByteSlice;
use dumpview_parsers::race::{Record, Who};
use schemars::JsonSchema;
use serde::Serialize;

/// One of the two accesses of a race.
#[derive(Serialize, Clone, PartialEq, Debug, Default, JsonSchema)]
#[schemars(rename = "race-access")]
pub struct Access {
    /// `read`, `write`, `atomic write`, …
    pub kind: String,
    /// The race detector's own number of the goroutine, which is no goroutine id; null for main's.
    pub detector_id: Option<u64>,
    /// Whether it was main's goroutine.
    pub main: bool,
    /// Whether the goroutine had ended when the race was found; null for main's, and when not printed.
    pub finished: Option<bool>,
    /// The calls, innermost first; empty when the detector had forgotten them.
    pub frames: Vec<Frame>,
    /// Whether the detector had forgotten the calls.
    pub stack_lost: bool,
    /// The calls that created the goroutine, innermost first; empty when not printed.
    pub created_at: Vec<Frame>,
}

/// A race report.
#[derive(Serialize, Clone, PartialEq, Debug, Default, JsonSchema)]
#[schemars(rename = "race")]
pub struct Race {
    /// The line it begins at, from 1.
    pub line: u64,
    /// The line that closes it, from 1.
    pub last_line: u64,
    /// Who printed it: the number that every verb on that log counts.
    pub process: ProcessId,
    /// What both accessed; null when not printed.
    pub addr: Option<Address>,
    /// The access that found the race.
    pub access: Access,
    /// The one before.
    pub previous: Access,
}

impl Access {
    /// The first call of the program itself.
    pub fn location(&self) -> Option<&Frame> {
        self.frames
            .iter()
            .find(|frame| frame.is_users())
            .or(self.frames.first())
    }

    fn who(&self) -> String {
        if self.main {
            return "main's goroutine".to_owned();
        }
        let state = if self.finished == Some(true) {
            ", which had ended,"
        } else {
            ""
        };
        match self.created_at.iter().find(|frame| frame.is_users()) {
            Some(by) => format!("a goroutine{state} created in {}", at(by)),
            None => format!("a goroutine{state} whose creation is not told"),
        }
    }

    fn place(&self) -> String {
        match self.location() {
            Some(frame) => format!("in {}", at(frame)),
            None => {
                "at a place that the detector no longer knew (GORACE=history_size=7 keeps more)"
                    .to_owned()
            }
        }
    }
}

/// `main.f (/src/main.go:12)`
fn at(frame: &Frame) -> String {
    match (&frame.file, frame.line) {
        (Some(file), Some(line)) => format!("{} ({file}:{line})", frame.function),
        _ => frame.function.clone(),
    }
}

impl Race {
    /// What the two accesses race on.
    pub fn sentence(&self) -> String {
        let (this, other) = (&self.access, &self.previous);
        let one_place =
            this.location().is_some() && this.location().map(at) == other.location().map(at);
        let kinds = if this.kind == other.kind {
            format!("{}s", this.kind)
        } else {
            format!("a {} and a {}", this.kind, other.kind)
        };
        if one_place {
            let (one, two) = (this.who(), other.who());
            let by = if one == two {
                format!(
                    "two goroutines, each {}",
                    one.trim_start_matches("a goroutine ")
                )
            } else {
                format!("{one} and {two}")
            };
            return format!(
                "the same line races with itself: {kinds} {} by {by}",
                this.place()
            );
        }
        format!(
            "a {} {} by {} races with the {} before it {} by {}",
            this.kind,
            this.place(),
            this.who(),
            other.kind,
            other.place(),
            other.who()
        )
    }

    /// Which functions touched the same memory, in few words.
    pub fn title(&self) -> String {
        let function = |access: &Access| match access.location() {
            Some(frame) => frame.function.clone(),
            None => "a call too long ago to be known".to_owned(),
        };
        let (this, other) = (function(&self.access), function(&self.previous));
        if this == other {
            format!("data race in {this}, with itself")
        } else {
            format!("data race between {this} and {other}")
        }
    }

    /// The same race as another: the same two places. A loop reports one race many times.
    pub fn is_like(&self, other: &Self) -> bool {
        let places = |race: &Self| {
            let mut both = [
                race.access.location().map(at),
                race.previous.location().map(at),
            ];
            both.sort();
            both
        };
        places(self) == places(other)
    }
}

/// A report whose records are still coming.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenRace {
    /// When its first line was written, and by whom.
    pub begun: Begun,
    race: Race,
    at: RacePart,
    /// The detector's numbers, to tell whose creation follows.
    ids: [Option<u64>; 2],
}

#[derive(Clone, Copy, Debug, Default)]
enum RacePart {
    #[default]
    Nothing,
    This,
    Previous,
    Created(usize),
}

impl OpenRace {
    /// One that begins with this record.
    pub fn new(begun: Begun) -> Self {
        let line = begun.place.line;
        Self {
            race: Race {
                line,
                last_line: line,
                process: begun.process,
                ..Race::default()
            },
            begun,
            ..Self::default()
        }
    }

    /// The report, whose last line this is.
    pub fn finish(self, line: Option<u64>) -> Race {
        let mut race = self.race;
        race.last_line = line.unwrap_or(race.last_line);
        race
    }

    /// Takes a record of the report that stands at `line`.
    pub fn add(&mut self, line: u64, record: &Record<'_>) {
        self.race.last_line = line;
        match record {
            Record::Access(access) => {
                let part = usize::from(access.previous);
                self.at = if access.previous {
                    RacePart::Previous
                } else {
                    RacePart::This
                };
                let id = match access.who {
                    Who::Goroutine(id) => Some(id),
                    Who::Main => None,
                };
                if let Some(slot) = self.ids.get_mut(part) {
                    *slot = id;
                }
                self.race.addr = self.race.addr.or(access.addr.map(Address));
                let kind = access.kind.to_str_lossy().to_ascii_lowercase();
                *self.access(part) = Access {
                    kind,
                    detector_id: id,
                    main: access.who == Who::Main,
                    ..Access::default()
                };
            }
            Record::Creation {
                goroutine,
                finished,
            } => {
                let whose = self.ids.iter().position(|id| *id == Some(*goroutine));
                if let Some(part) = whose {
                    self.access(part).finished = Some(*finished);
                    self.at = RacePart::Created(part);
                } else {
                    self.at = RacePart::Nothing;
                }
            }
            Record::Lost => match self.at {
                RacePart::This => self.race.access.stack_lost = true,
                RacePart::Previous => self.race.previous.stack_lost = true,
                RacePart::Created(_) | RacePart::Nothing => {}
            },
            Record::Frame(frame) => {
                let frame = to_model(frame);
                match self.at {
                    RacePart::This => self.race.access.frames.push(frame),
                    RacePart::Previous => self.race.previous.frames.push(frame),
                    RacePart::Created(part) => self.access(part).created_at.push(frame),
                    RacePart::Nothing => {}
                }
            }
            _ => {}
        }
    }

    const fn access(&mut self, part: usize) -> &mut Access {
        if part == 0 {
            &mut self.race.access
        } else {
            &mut self.race.previous
        }
    }
}
