//! Which line belongs to a profile.

use super::line::{line, values};
use super::records::{Header, Record, Values};
use crate::line::{Format, Line, Sink, Taken, Written};

/// What a profile counts, and so what its records look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Counts {
    Stacks,
    Memory,
    Contention,
}

impl Counts {
    const fn of_header(header: Header<'_>) -> Self {
        match header {
            Header::Count { .. } => Self::Stacks,
            Header::Heap { .. } => Self::Memory,
            Header::Block | Header::Mutex => Self::Contention,
        }
    }

    const fn of_values(values: Values) -> Self {
        match values {
            Values::Count(_) => Self::Stacks,
            Values::Memory(_) => Self::Memory,
            Values::Contention { .. } => Self::Contention,
        }
    }
}

/// Reads text profiles.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The profile whose records may still come.
    profile: Option<Counts>,
    /// The line before was of that profile.
    open: bool,
    /// A first line that may be prose; the next line tells.
    doubtful: Option<Doubtful>,
}

#[derive(Clone, Debug)]
struct Doubtful {
    text: Vec<u8>,
    written: Written,
}

/// Whether a line can only be a profile's first one. A program's own count profile may have any name, and prose
/// ends in ` profile: total 5` as well; those that the runtime has are known by name.
fn is_certain(header: Header<'_>) -> bool {
    let Header::Count { name, .. } = header else {
        return true;
    };
    [&b"goroutine"[..], b"goroutineleak", b"threadcreate"]
        .iter()
        .any(|known| {
            name.strip_suffix(*known)
                .is_some_and(|before| before.last().is_none_or(u8::is_ascii_whitespace))
        })
}

/// Whether a line could be of a profile; almost every other line is told here.
fn may_be(text: &[u8]) -> bool {
    match text {
        [] => false,
        [b'#', b' ' | b'\t', ..] => true,
        [b'-', b'-', ..] => text.len() < 20,
        [b'0'..=b'9' | b'-', ..] => {
            let digits = text
                .iter()
                .skip(1)
                .take(20)
                .position(|b| !b.is_ascii_digit());
            matches!(
                digits.and_then(|n| text.get(n + 1..)),
                Some([b' ', b'@' | b'0'..=b'9' | b'-', ..] | [b':', b' ', ..])
            ) || text.last().is_some_and(u8::is_ascii_digit)
        }
        // Every other first line ends in a number.
        _ => text.last().is_some_and(u8::is_ascii_digit),
    }
}

impl Reader {
    /// The doubtful first line turns out to be one, or to be the application's own.
    fn settle(&mut self, is_header: bool, out: &mut Sink<'_, Self>) {
        let Some(doubtful) = self.doubtful.take() else {
            return;
        };
        match line(&doubtful.text) {
            Some(header) if is_header => out.record(doubtful.written, header),
            _ => out.log(doubtful.written, &doubtful.text),
        }
    }

    fn header(&mut self, line: &Line<'_>, header: Header<'_>, out: &mut Sink<'_, Self>) -> Taken {
        self.settle(false, out);
        if is_certain(header) {
            self.profile = Some(Counts::of_header(header));
            out.record(line, Record::Header(header));
        } else {
            self.doubtful = Some(Doubtful {
                text: line.text.to_vec(),
                written: line.into(),
            });
        }
        self.open = true;
        Taken::Open
    }

    /// A line that is none of a profile's, though it may have meant to be.
    fn other(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        let why = if self.profile.is_none() {
            None
        } else if line.text.starts_with(b"#\t0x") || line.text.starts_with(b"# labels: {") {
            Some("not a frame or labels of a profile")
        } else if values(line.text).is_ok() {
            Some("the addresses of a profile's record are no hexadecimal numbers")
        } else {
            None
        };
        match why {
            Some(why) => {
                out.unreadable(line, line.text, why);
                self.open = true;
                Taken::Open
            }
            None => self.rest(out),
        }
    }

    fn rest(&mut self, out: &mut Sink<'_, Self>) -> Taken {
        self.settle(false, out);
        self.open = false;
        Taken::No
    }
}

impl Format for Reader {
    type Record<'r> = Record<'r>;

    const NAME: &'static str = "profile";

    fn rests(&self) -> bool {
        self.profile.is_none() && !self.open && self.doubtful.is_none()
    }

    fn may_begin(&self, text: &[u8]) -> bool {
        matches!(text, [b'#' | b'-', ..])
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        if !may_be(line.text) {
            if line.text.is_empty() && self.open && self.doubtful.is_none() {
                return Taken::Open;
            }
            return self.rest(out);
        }
        let Some(record) = super::line(line.text) else {
            if line.text.starts_with(b"# runtime.MemStats") {
                self.profile = None;
            }
            return self.other(line, out);
        };
        let ours = self.profile.is_some()
            || matches!(record, Record::Header(header) if is_certain(header));
        if ours && (line.unterminated || line.cut) {
            self.settle(false, out);
            out.unreadable(line, line.text, "the line is not whole");
            self.open = true;
            return Taken::Open;
        }
        match record {
            Record::Header(header) => return self.header(line, header, out),
            Record::Sample(sample) => {
                let found = Counts::of_values(sample.values);
                let follows = self.doubtful.is_some() && found == Counts::Stacks;
                self.settle(follows, out);
                if follows {
                    self.profile = Some(Counts::Stacks);
                }
                match self.profile {
                    Some(counts) if counts == found => {
                        out.record(line, record);
                    }
                    Some(_) => {
                        out.unreadable(line, line.text, "a record of another kind of profile");
                    }
                    None if sample.stack.iter().next().is_some() => {
                        out.unreadable(line, line.text, "the profile's first line is missing");
                    }
                    None => return self.rest(out),
                }
            }
            Record::Frame(frame) if self.profile.is_none() => {
                // Such a line without its profile is rare enough in prose, and a comment without a function is not.
                if frame.function.is_empty() {
                    return self.rest(out);
                }
                self.settle(false, out);
                out.unreadable(line, line.text, "the profile's first line is missing");
            }
            _ if self.profile.is_none() => return self.rest(out),
            _ => out.record(line, record),
        }
        self.open = true;
        Taken::Open
    }

    fn finish(&mut self, out: &mut Sink<'_, Self>) {
        self.settle(false, out);
        *self = Self::default();
    }
}
