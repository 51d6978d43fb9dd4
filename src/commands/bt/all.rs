//! The stacks of all goroutines: each is unwound when it is written, so that memory does not grow with their number.
//!
//! Values share one budget, whatever depth was asked for. Every stack may take its part of what is left, so that those that need
//! little leave more to the others and none is without.

use super::{BtFlags, Page, RuntimeFrames, text};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use dumpview_process::postmortem::{Backtrace, BacktraceOptions, Locals};
use dumpview_view::document::Incomplete;
use dumpview_view::{Role, Text, styled};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use std::cell::Cell;
use std::io;

/// Nodes of all values together: some seconds of reading.
const MOST_NODES: usize = 4_000_000;

/// The stacks of all goroutines.
pub struct AllStacks<'c, 'a> {
    case: &'c Case<'a>,
    cursor: Cursor,
    options: BacktraceOptions,
    runtime: RuntimeFrames,
    source: Source,
    /// Stacks whose part of the budget did not suffice.
    cut: Cell<usize>,
}

/// Where stacks come from.
enum Source {
    /// They are unwound, by the goroutines' ids.
    Core(Vec<u64>),
    /// A heap dump has them.
    Recorded(Vec<Backtrace>),
}

impl<'c, 'a> AllStacks<'c, 'a> {
    pub(super) fn of(case: &'c Case<'a>, flags: &BtFlags, cursor: Cursor) -> Result<Self, Failure> {
        let source = if let Some(recorded) = case.recorded_backtraces(true, None, flags.depth) {
            Source::Recorded(recorded?)
        } else {
            let all = case.process.goroutines().map_err(Failure::no_answer)?;
            let mut ids: Vec<u64> = all.list().iter().map(|g| g.id.0).collect();
            ids.sort_unstable();
            Source::Core(ids)
        };
        Ok(Self {
            case,
            cursor,
            options: flags.options(Locals::All),
            runtime: RuntimeFrames::of(flags),
            source,
            cut: Cell::new(0),
        })
    }

    /// Makes one stack after the other.
    fn each<E>(&self, mut show: impl FnMut(&Backtrace) -> Result<(), E>) -> Result<(), E> {
        let ids = match &self.source {
            Source::Recorded(stacks) => return stacks.iter().try_for_each(show),
            Source::Core(ids) => ids,
        };
        self.cut.set(0);
        let mut left = MOST_NODES;
        for (id, remaining) in ids.iter().zip((1..=ids.len()).rev()) {
            // Every goroutine of the list is there.
            let Ok(at) = self.case.at(Some(*id), &self.cursor) else {
                continue;
            };
            let share = left / remaining;
            let mut of_share = share;
            let stack = self.case.backtrace_within(&at, self.options, &mut of_share);
            left -= share - of_share;
            if of_share == 0 {
                self.cut.set(self.cut.get() + 1);
            }
            show(&stack)?;
        }
        Ok(())
    }

    fn why_cut(&self) -> Option<String> {
        let cut = self.cut.get();
        (cut > 0).then(|| {
            format!(
                "in {cut} stacks values are not opened as far as was asked: all together may take {MOST_NODES} nodes; -g ID has more room for each"
            )
        })
    }
}

impl Answer for AllStacks<'_, '_> {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        self.each(|stack| {
            text(stack, self.runtime, Page::Whole, out)?;
            out.line("")
        })?;
        match self.why_cut() {
            Some(why) => out.line(styled(Role::Dim, why)),
            None => Ok(()),
        }
    }

    fn lacks(&self) -> Vec<Incomplete> {
        let why = self.why_cut().into_iter();
        why.map(|why| Incomplete {
            what: "values".to_owned(),
            why,
        })
        .collect()
    }
}

impl Serialize for AllStacks<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("goroutines", &Each(self))?;
        map.end()
    }
}

/// The stacks as a list.
struct Each<'s, 'c, 'a>(&'s AllStacks<'c, 'a>);

impl Serialize for Each<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.0.each(|stack| list.serialize_element(stack))?;
        list.end()
    }
}
