//! Which lines are looked at.

use super::line::{has_words, line};
use super::records::Record;
use crate::line::{Format, Line, Sink, Taken};
use crate::search::Words;
use std::sync::LazyLock;

/// What stands in every line that opens a report, or tells of a kill by itself.
pub(crate) const WORDS: [&str; 5] = [
    "oom_reaper",
    "oom-kill",
    ".oom.group",
    "Killed process ",
    "Kill process ",
];

static SEARCH: LazyLock<Words> = LazyLock::new(|| Words::new(&WORDS));

/// A report's lines stand among so many others: call traces, zones, the table's rows.
const NEAR: u32 = 400;

/// Reads out-of-memory reports.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// Lines that may still pass before a report is over.
    near: u32,
}

/// `anon-rss:259644kB`, `gfp_mask=0xcc0`
fn has_numbers(text: &[u8]) -> bool {
    ["-vm:", "-rss:", "gfp_mask=", "nodemask="]
        .iter()
        .any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
}

impl Format for Reader {
    type Record<'r> = Record<'r>;

    const NAME: &'static str = "oom";

    fn rests(&self) -> bool {
        self.near == 0
    }

    fn may_begin(&self, text: &[u8]) -> bool {
        text.first() == Some(&b'[') || text.starts_with(b"memory: usage ")
    }

    fn line(&mut self, raw: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken {
        let text = raw.text;
        if SEARCH.first(text, 0).is_none() {
            // Rows and counters have no word of their own; they are looked for near those that have.
            if self.near == 0 && !self.may_begin(text) {
                return Taken::No;
            }
            self.near = self.near.saturating_sub(1);
        }
        let whole = !raw.unterminated && !raw.cut;
        let found = line(text).filter(|record| {
            // What has few words of its own counts near the others; a row has a form like no other line.
            let strong = matches!(
                record,
                Record::Killed(_)
                    | Record::Chosen { .. }
                    | Record::Invoked { .. }
                    | Record::Choice { .. }
                    | Record::Reaped { .. }
                    | Record::Group { .. }
                    | Record::Task(_)
            );
            // Counters open the report in an excerpt.
            let counter = matches!(record, Record::Usage { .. });
            strong || counter || self.near > 0
        });
        match found {
            // A row's last word may be cut, a number may not.
            Some(record) if whole || matches!(record, Record::Task(_) | Record::Cgroup { .. }) => {
                self.near = NEAR;
                out.record(raw, record);
            }
            // Prose mentions the killer as well; a report has its numbers, with units or `=`.
            None if !has_words(text) || !has_numbers(text) => return Taken::No,
            _ => out.unreadable(raw, text, "not a whole line of an out-of-memory report"),
        }
        Taken::Yes
    }

    fn finish(&mut self, _out: &mut Sink<'_, Self>) {
        self.near = 0;
    }
}
