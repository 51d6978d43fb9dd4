//! Which line belongs to a profile.

use super::line::{line, values};
use super::records::{Header, Record, Values};
use crate::log::{self, Format, Kind, Line, Sink, Taken, Unreadable};

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
    place: log::Place,
    stamp: Option<log::Stamp>,
    origin: log::Origin,
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
    fn give(line: &Line<'_>, kind: Kind<'_>, out: &mut Sink<'_>) {
        out(log::Record {
            place: line.place,
            stamp: line.stamp,
            origin: line.origin,
            kind,
        });
    }

    fn unreadable(line: &Line<'_>, why: &'static str, out: &mut Sink<'_>) {
        let text = line.text;
        Self::give(
            line,
            Kind::Unreadable(Unreadable {
                format: "profile",
                text,
                why,
            }),
            out,
        );
    }

    /// The doubtful first line turns out to be one, or to be the application's own.
    fn settle(&mut self, is_header: bool, out: &mut Sink<'_>) {
        let Some(doubtful) = self.doubtful.take() else {
            return;
        };
        let kind = match line(&doubtful.text) {
            Some(header) if is_header => Kind::Profile(header),
            _ => Kind::Log(&doubtful.text),
        };
        out(log::Record {
            place: doubtful.place,
            stamp: doubtful.stamp,
            origin: doubtful.origin,
            kind,
        });
    }

    fn header(&mut self, line: &Line<'_>, header: Header<'_>, out: &mut Sink<'_>) -> Taken {
        self.settle(false, out);
        if is_certain(header) {
            self.profile = Some(Counts::of_header(header));
            Self::give(line, Kind::Profile(Record::Header(header)), out);
        } else {
            self.doubtful = Some(Doubtful {
                text: line.text.to_vec(),
                place: line.place,
                stamp: line.stamp,
                origin: line.origin,
            });
        }
        self.open = true;
        Taken::Open
    }

    /// A line that is none of a profile's, though it may have meant to be.
    fn other(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
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
                Self::unreadable(line, why, out);
                self.open = true;
                Taken::Open
            }
            None => self.rest(out),
        }
    }

    fn rest(&mut self, out: &mut Sink<'_>) -> Taken {
        self.settle(false, out);
        self.open = false;
        Taken::No
    }
}

impl Format for Reader {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
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
            Self::unreadable(line, "the line is not whole", out);
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
                        Self::give(line, Kind::Profile(record), out);
                    }
                    Some(_) => Self::unreadable(line, "a record of another kind of profile", out),
                    None if sample.stack.iter().next().is_some() => {
                        Self::unreadable(line, "the profile's first line is missing", out);
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
                Self::unreadable(line, "the profile's first line is missing", out);
            }
            _ if self.profile.is_none() => return self.rest(out),
            _ => Self::give(line, Kind::Profile(record), out),
        }
        self.open = true;
        Taken::Open
    }

    fn finish(&mut self, out: &mut Sink<'_>) {
        self.settle(false, out);
        *self = Self::default();
    }
}
