//! Lines to records. A report stands between two rules; programs print on while one is printed, so a line that
//! no report has is left to others.

use super::grammar::{RULE, access, creation, found};
use super::records::Record;
use crate::log::{self, Format, Kind, Line, Sink, Taken, Unreadable};
use crate::traceback::{Frame, Function, function, source};

/// After so many lines of others in a row a report is over.
const PATIENCE: u32 = 32;

/// Reads race reports.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    at: At,
    /// Lines of others since the last one of ours.
    foreign: u32,
    /// A call whose source line is still to come, and the length of its name.
    call: Option<(Vec<u8>, usize, Start)>,
}

/// Where and when a line was written.
#[derive(Clone, Copy, Debug)]
struct Start {
    place: log::Place,
    stamp: Option<log::Stamp>,
    origin: log::Origin,
}

impl Start {
    const fn of(line: &Line<'_>) -> Self {
        Self {
            place: line.place,
            stamp: line.stamp,
            origin: line.origin,
        }
    }

    fn give(self, kind: Kind<'_>, out: &mut Sink<'_>) {
        out(log::Record {
            place: self.place,
            stamp: self.stamp,
            origin: self.origin,
            kind,
        });
    }

    fn unreadable(self, text: &[u8], why: &'static str, out: &mut Sink<'_>) {
        let format = "race";
        self.give(Kind::Unreadable(Unreadable { format, text, why }), out);
    }
}

#[derive(Clone, Copy, Debug, Default)]
enum At {
    #[default]
    Rest,
    /// A rule was read, which opens a report if `WARNING` follows.
    Rule(Start),
    Report,
}

impl Format for Reader {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        let here = Start::of(line);
        if let At::Rule(rule) = self.at {
            self.at = At::Rest;
            if line.text == b"WARNING: DATA RACE" {
                return self.start(rule, out);
            }
            rule.give(Kind::Log(RULE), out);
        }
        match self.at {
            At::Report => self.report(line, out),
            _ if line.text == RULE => {
                self.at = At::Rule(here);
                Taken::Open
            }
            // Pastes lose the rule.
            _ if line.text == b"WARNING: DATA RACE" => self.start(here, out),
            _ => match found(line.text) {
                Some(count) => {
                    here.give(Kind::Race(Record::Found(count)), out);
                    Taken::Yes
                }
                None => Taken::No,
            },
        }
    }

    fn finish(&mut self, out: &mut Sink<'_>) {
        if let At::Rule(rule) = self.at {
            rule.give(Kind::Log(RULE), out);
        }
        self.lose_call(out);
        *self = Self::default();
    }
}

impl Reader {
    fn start(&mut self, from: Start, out: &mut Sink<'_>) -> Taken {
        from.give(Kind::Race(Record::Start), out);
        self.at = At::Report;
        self.foreign = 0;
        Taken::Open
    }

    fn report(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
        let here = Start::of(line);
        if self.call.is_some()
            && let Some(source) = source(line.text).filter(|_| line.text.starts_with(b" "))
            && let Some((text, split, from)) = self.call.take()
        {
            let (name, args) = text.split_at_checked(split).unwrap_or_default();
            let args = args.strip_prefix(b"(").and_then(|a| a.strip_suffix(b")"));
            let frame = Frame {
                function: Function {
                    name,
                    args: args.unwrap_or_default(),
                },
                source: Some(source),
            };
            from.give(Kind::Race(Record::Frame(frame)), out);
            return self.more();
        }
        if line.text.is_empty() {
            return self.more();
        }
        let record = if let Some(access) = access(line.text) {
            Record::Access(access)
        } else if let Some((goroutine, finished)) = creation(line.text) {
            Record::Creation {
                goroutine,
                finished,
            }
        } else if line.text == RULE {
            self.lose_call(out);
            here.give(Kind::Race(Record::End), out);
            self.at = At::Rest;
            return Taken::Yes;
        } else if let Some(indented) = line.text.strip_prefix(b"  ") {
            if indented.trim_ascii() == b"[failed to restore the stack]" {
                Record::Lost
            } else if let Some(call) = function(indented) {
                let split = call.name.len();
                self.lose_call(out);
                self.call = Some((indented.to_vec(), split, here));
                return self.more();
            } else {
                here.unreadable(line.text, "neither a call nor its source line", out);
                return self.more();
            }
        } else if line.text.ends_with(b":") {
            // `Location is global 'x' …`, `Mutex M1 (0x…) created at:`
            Record::Note(line.text)
        } else {
            return self.other();
        };
        self.lose_call(out);
        here.give(Kind::Race(record), out);
        self.more()
    }

    fn more(&mut self) -> Taken {
        self.foreign = 0;
        Taken::Open
    }

    fn other(&mut self) -> Taken {
        self.foreign += 1;
        if self.foreign > PATIENCE {
            self.at = At::Rest;
        }
        Taken::No
    }

    fn lose_call(&mut self, out: &mut Sink<'_>) {
        if let Some((text, _, from)) = self.call.take() {
            from.unreadable(&text, "its source line is missing", out);
        }
    }
}
