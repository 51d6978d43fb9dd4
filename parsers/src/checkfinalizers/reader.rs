//! Lines to records: the report that follows the warning.

use super::Record;
use super::parse;
use crate::line::{Format, Line, Sink, Taken};

/// Reads reports. Lines of the queue need no reader: they are whole by themselves.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The warning has been seen, and neither the fatal error nor anything else.
    inside: bool,
}

impl Format for Reader {
    type Record<'r> = Record<'r>;

    const NAME: &'static str = "checkfinalizers";

    fn begins(&self, first: Option<u8>) -> bool {
        first == Some(b'W')
    }

    fn rests(&self) -> bool {
        !self.inside
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        let record = if line.text == b"WARNING: LIKELY CLEANUP/FINALIZER ISSUES" {
            self.inside = true;
            Some(Record::Warning)
        } else if !self.inside {
            return Taken::No;
        } else if line.text.is_empty() {
            return Taken::Open;
        } else {
            parse::report(line.text)
        };
        let Some(record) = record else {
            self.inside = false;
            return Taken::No;
        };
        out.record(line, record);
        Taken::Open
    }

    fn finish(&mut self, _out: &mut Sink<'_, Self>) {
        self.inside = false;
    }
}
