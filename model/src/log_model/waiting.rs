//! Records that tell nothing of their process and come before one that does: what the pacer, the scavenger and sysmon
//! print is told by the collection after it. At a restart the first such lines are the new process's.

use crate::log::Whose;
use dumpview_parsers::gctrace;
use dumpview_parsers::log::{Kind, Record};
use std::collections::VecDeque;

/// So many wait; of more the first is taken for the process's that wrote before it.
const MOST: usize = 64;

/// Those that wait, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting(Vec<Record<'static>>);

impl Waiting {
    /// Keeps a record, when it is of that kind.
    pub fn keep(&mut self, record: &Record<'_>) -> bool {
        let kind = match record.kind {
            Kind::Scavenger(scavenger) => Kind::Scavenger(scavenger),
            Kind::Pacer(pacer) => Kind::Pacer(pacer),
            Kind::Gc(gctrace::Record::SysmonForced { pieces }) => {
                Kind::Gc(gctrace::Record::SysmonForced { pieces })
            }
            _ => return false,
        };
        self.0.push(Record { kind, ..*record });
        true
    }

    /// The next that can wait no longer.
    pub fn overflow(&mut self) -> Option<Record<'static>> {
        (self.0.len() > MOST).then(|| self.0.remove(0))
    }

    /// The next that `record` decides, when it is a collection.
    pub fn decided_by(&mut self, record: &Record<'_>) -> Option<Record<'static>> {
        if self.0.is_empty() {
            return None;
        }
        let decides = matches!(
            record.kind,
            Kind::Gc(gctrace::Record::Cycle(_) | gctrace::Record::OldCycle(_))
        );
        decides.then(|| self.next_of(record)).flatten()
    }

    /// The next of all, at the end of the input.
    pub fn next(&mut self) -> Option<Record<'static>> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    fn next_of(&mut self, decider: &Record<'_>) -> Option<Record<'static>> {
        let before = |record: &Record<'_>| {
            record.origin == decider.origin && record.place.line <= decider.place.line
        };
        let at = self.0.iter().position(before)?;
        Some(self.0.remove(at))
    }
}

/// Whether a record is wanted, or only tells of its process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Want {
    Given,
    PassedBy,
}

/// So many are held.
const MOST_HELD: usize = 1024;

/// Cycles whose process later ones tell, and what stands behind them, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(VecDeque<(Record<'static>, Want, Option<Whose>)>);

impl Held {
    /// Holds a record, of which it may be known whose it is.
    pub fn push(&mut self, record: &Record<'static>, want: Want, whose: Option<Whose>) {
        self.0.push_back((*record, want, whose));
    }

    pub fn first(&self) -> Option<(Record<'static>, Want, Option<Whose>)> {
        self.0.front().copied()
    }

    pub fn pop(&mut self) {
        self.0.pop_front();
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.0.len() > MOST_HELD
    }
}
