//! Maps of both generations: every entry once, in the table's order, and the count checked.
//!
//! [`MapTable::walk`] visits the slots that hold an entry and gives the addresses of key and element; reading
//! them is the caller's. What the walk could not reach, or a count that disagrees with the header, comes back
//! as a doubt beside the entries.

mod hmap;
mod show;
mod swiss;
#[cfg(test)]
mod tests;

use super::{Sources, ValueError};
use crate::addr::Addr;
use crate::types::MapLayout;
use std::ops::ControlFlow;

/// An entry's key and element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Where the key stands.
    pub key: Addr,
    /// Where the element stands.
    pub elem: Addr,
}

/// What a visitor says to each slot: go on, or enough.
pub type Visit<'v> = &'v mut dyn FnMut(Slot) -> ControlFlow<()>;

/// A map's table, found and not yet walked.
#[derive(Clone, Copy)]
pub struct MapTable<'r> {
    sources: Sources<'r>,
    header: Addr,
    layout: MapLayout,
    /// Entries as the header counts them.
    pub count: u64,
}

/// What a walk came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Walked {
    /// Entries visited.
    pub entries: u64,
    /// The visitor had enough.
    pub stopped: bool,
    /// What could not be reached, in words.
    pub doubt: Option<String>,
}

impl<'r> MapTable<'r> {
    /// The map whose header is at `header`, which must not be nil.
    pub fn new(sources: Sources<'r>, header: Addr, layout: MapLayout) -> Result<Self, ValueError> {
        let (structure, count) = match layout {
            MapLayout::Hmap { .. } => ("runtime.hmap", "count"),
            MapLayout::Swiss { .. } => ("internal/runtime/maps.Map", "used"),
            MapLayout::Unknown => {
                return Err(ValueError::Corrupt(
                    "the layout of this map's table is not known".to_owned(),
                ));
            }
        };
        let count = sources.structure(structure, header).uint(count)?;
        Ok(Self {
            sources,
            header,
            layout,
            count,
        })
    }

    /// Visits every entry. The doubt says what is missing, a count that disagrees included.
    pub fn walk(&self, visit: Visit<'_>) -> Result<Walked, ValueError> {
        let mut walked = Walked::default();
        let mut counting = |slot: Slot| {
            walked.entries += 1;
            let flow = visit(slot);
            walked.stopped |= flow.is_break();
            flow
        };
        let doubt = match self.layout {
            MapLayout::Hmap { .. } => self.walk_hmap(&mut counting)?,
            MapLayout::Swiss { .. } => self.walk_swiss(&mut counting)?,
            MapLayout::Unknown => None,
        };
        walked.doubt = doubt.or_else(|| {
            let differs = !walked.stopped && walked.entries != self.count;
            differs.then(|| {
                format!(
                    "the map counts {} entries, {} were found",
                    self.count, walked.entries
                )
            })
        });
        Ok(walked)
    }
}

/// Notices when a linked list bites its own tail (Brent's algorithm): at most twice the cycle's length is
/// walked before it shows.
#[derive(Clone, Copy, Debug)]
pub struct Laps {
    steps: u64,
    limit: u64,
    mark: Addr,
    next_mark: u64,
}

impl Laps {
    /// A walk of at most `limit` steps.
    pub const fn new(limit: u64) -> Self {
        Self {
            steps: 0,
            limit,
            mark: Addr::NULL,
            next_mark: 1,
        }
    }

    /// One step onto `addr`; an error when the walk runs in a circle or too far.
    pub fn step(&mut self, addr: Addr) -> Result<(), ValueError> {
        if addr == self.mark {
            return Err(ValueError::Corrupt(format!(
                "the list runs in a circle through {addr}"
            )));
        }
        self.steps += 1;
        if self.steps > self.limit {
            return Err(ValueError::Corrupt(format!(
                "the list has more than {} members",
                self.limit
            )));
        }
        if self.steps == self.next_mark {
            self.mark = addr;
            self.next_mark *= 2;
        }
        Ok(())
    }

    /// Steps so far.
    pub const fn steps(&self) -> u64 {
        self.steps
    }
}
