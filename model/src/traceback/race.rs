//! A race: two accesses, and what they race on, in a sentence.

use crate::frame::Frame;
use crate::value::Address;
use serde::Serialize;

/// One of the two accesses.
#[derive(Serialize, Clone, PartialEq, Debug, Default)]
pub struct Access {
    /// `read`, `write`, `atomic write`, …
    pub kind: String,
    /// The race detector's number of the goroutine, which no traceback knows; absent for main's.
    pub detector_id: Option<u64>,
    /// It was main's goroutine.
    pub main: bool,
    /// Whether the goroutine had ended when the race was found.
    pub finished: Option<bool>,
    /// The calls, innermost first. Empty when the detector had forgotten them.
    pub frames: Vec<Frame>,
    /// The detector had forgotten the calls.
    pub stack_lost: bool,
    /// The calls that created the goroutine.
    pub created_at: Vec<Frame>,
}

/// One report.
#[derive(Serialize, Clone, PartialEq, Debug, Default)]
pub struct Race {
    /// The line it begins at.
    pub line: u64,
    /// The line that closes it.
    pub last_line: u64,
    /// What both accessed.
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
