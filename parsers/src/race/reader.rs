//! Lines to records. A report stands between two rules; programs print on while one is printed, so a line that
//! no report has is left to others.

use super::grammar::{RULE, access, creation, found};
use super::records::Record;
use crate::line::{Format, Line, Sink, Taken, Written};
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
    call: Option<(Vec<u8>, usize, Written)>,
}

#[derive(Clone, Copy, Debug, Default)]
enum At {
    #[default]
    Rest,
    /// A rule was read, which opens a report if `WARNING` follows.
    Rule(Written),
    Report,
}

impl Format for Reader {
    type Record<'r> = Record<'r>;

    const NAME: &'static str = "race";

    fn rests(&self) -> bool {
        matches!(self.at, At::Rest) && self.call.is_none()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        if let At::Rule(rule) = self.at {
            self.at = At::Rest;
            if line.text == b"WARNING: DATA RACE" {
                return self.start(rule, out);
            }
            out.log(rule, RULE);
        }
        match self.at {
            At::Report => self.report(line, out),
            _ if line.text == RULE => {
                self.at = At::Rule(line.into());
                Taken::Open
            }
            // Pastes lose the rule.
            _ if line.text == b"WARNING: DATA RACE" => self.start(line.into(), out),
            _ => match found(line.text) {
                Some(count) => {
                    out.record(line, Record::Found(count));
                    Taken::Yes
                }
                None => Taken::No,
            },
        }
    }

    fn finish(&mut self, out: &mut Sink<'_, Self>) {
        if let At::Rule(rule) = self.at {
            out.log(rule, RULE);
        }
        self.lose_call(out);
        *self = Self::default();
    }
}

impl Reader {
    fn start(&mut self, from: Written, out: &mut Sink<'_, Self>) -> Taken {
        out.record(from, Record::Start);
        self.at = At::Report;
        self.foreign = 0;
        Taken::Open
    }

    fn report(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        if self.call.is_some()
            && let Some(source) = source(line.text).filter(|_| line.text.starts_with(b" "))
            && let Some((text, split, from)) = self.call.take()
        {
            let frame = Frame {
                function: Function::split(&text, split),
                source: Some(source),
            };
            out.record(from, Record::Frame(frame));
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
            out.record(line, Record::End);
            self.at = At::Rest;
            return Taken::Yes;
        } else if let Some(indented) = line.text.strip_prefix(b"  ") {
            if indented.trim_ascii() == b"[failed to restore the stack]" {
                Record::Lost
            } else if let Some(call) = function(indented) {
                let split = call.name.len();
                self.lose_call(out);
                self.call = Some((indented.to_vec(), split, line.into()));
                return self.more();
            } else {
                out.unreadable(line, line.text, "neither a call nor its source line");
                return self.more();
            }
        } else if line.text.ends_with(b":") {
            // `Location is global 'x' …`, `Mutex M1 (0x…) created at:`
            Record::Note(line.text)
        } else {
            return self.other();
        };
        self.lose_call(out);
        out.record(line, record);
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

    fn lose_call(&mut self, out: &mut Sink<'_, Self>) {
        if let Some((text, _, from)) = self.call.take() {
            out.unreadable(from, &text, "its source line is missing");
        }
    }
}
