//! Maps since Go 1.24: `internal/runtime/maps.Map`, groups of eight slots under a control word.
//!
//! ```text
//! Map ─ dirLen 0 ─▶ one group (at most eight entries; nil when it never held one)
//!     └ dirLen n ─▶ n table pointers ─▶ table ─▶ lengthMask+1 groups
//! group: ctrl[8] | slots                    (internal/runtime/maps/group.go)
//! ```
//!
//! A control byte with its top bit clear means the slot is full; `0x80` is empty and `0xfe` deleted. A table
//! stands in the directory once for every combination of the hash bits it does not look at, so a table is
//! visited when its pointer is first seen. Where keys and elements stand in a group is the type's to say
//! ([`MapLayout`](crate::types::MapLayout)), which covers the split groups of Go 1.27 too.

use super::{MapTable, Slot, ValueError, Visit};
use crate::addr::Addr;
use crate::memory::MemoryExt;
use crate::types::{Entries, SLOTS};
use rustc_hash::FxHashSet;
use std::ops::ControlFlow;

/// Top bit of a control byte: the slot is empty or deleted.
const NOT_FULL: u8 = 0x80;
/// Directories double; a larger one would not fit into user space.
const MAX_DIRECTORY: u64 = 1 << 40;
/// Groups of one table (`maxTableCapacity` is 1024 slots; left room for a release that raises it).
const MAX_GROUPS: u64 = 1 << 32;
/// Unreadable tables and groups after which a walk gives up.
const MAX_FAILURES: u32 = 16;

/// Strides of a group, and what went wrong so far.
struct Walk<'w, 'r> {
    table: &'w MapTable<'r>,
    entries: Entries,
    failures: u32,
    doubt: Option<String>,
}

impl MapTable<'_> {
    pub(super) fn walk_swiss(&self, visit: Visit<'_>) -> Result<Option<String>, ValueError> {
        let Some(entries) = self.layout.entries() else {
            return Ok(None);
        };
        let mut walk = Walk {
            table: self,
            entries,
            failures: 0,
            doubt: None,
        };
        let map = self
            .sources
            .structure("internal/runtime/maps.Map", self.header);
        let directory = map.ptr("dirPtr")?;
        let len = map.uint("dirLen")?;
        if len > MAX_DIRECTORY {
            return Err(ValueError::Corrupt(format!(
                "map {} has a directory of {len} tables",
                self.header
            )));
        }
        let _ = match (len, directory.is_null()) {
            (0, true) => ControlFlow::Continue(()),
            (0, false) => walk.groups(directory, 1, visit),
            _ => walk.directory(directory, len, visit),
        };
        Ok(walk.doubt)
    }
}

impl Walk<'_, '_> {
    fn directory(&mut self, directory: Addr, len: u64, visit: Visit<'_>) -> ControlFlow<()> {
        let mut seen = FxHashSet::default();
        for index in 0..len {
            let slot = directory.offset(index * 8);
            let table = match self.table.sources.memory.ptr(slot) {
                Ok(table) => table,
                Err(error) => {
                    self.fail(&error.into())?;
                    continue;
                }
            };
            if !seen.insert(table) {
                continue;
            }
            match self.groups_of(table) {
                Ok((groups, count)) => self.groups(groups, count, visit)?,
                Err(error) => self.fail(&error)?,
            }
        }
        ControlFlow::Continue(())
    }

    /// A table's groups: the first one's address, and how many there are.
    fn groups_of(&self, table: Addr) -> Result<(Addr, u64), ValueError> {
        let table = self
            .table
            .sources
            .structure("internal/runtime/maps.table", table);
        let groups = table.ptr("groups.data")?;
        let mask = table.uint("groups.lengthMask")?;
        let capacity = table.uint("capacity")?;
        let count = mask.saturating_add(1);
        if count > MAX_GROUPS || count * SLOTS != capacity {
            return Err(ValueError::Corrupt(format!(
                "table {} has {count} groups and room for {capacity} entries",
                table.addr
            )));
        }
        Ok((groups, count))
    }

    fn groups(&mut self, first: Addr, count: u64, visit: Visit<'_>) -> ControlFlow<()> {
        for index in 0..count {
            let group = first.offset(index.wrapping_mul(self.entries.stride));
            match self.group(group, visit) {
                Ok(flow) => flow?,
                Err(error) => self.fail(&error)?,
            }
        }
        ControlFlow::Continue(())
    }

    fn group(&self, at: Addr, visit: Visit<'_>) -> Result<ControlFlow<()>, ValueError> {
        let memory = self.table.sources.memory;
        let Entries { keys, elems, .. } = self.entries;
        let ctrl: [u8; 8] = memory.array(at)?;
        for (index, state) in (0u64..).zip(ctrl) {
            if state & NOT_FULL != 0 {
                continue;
            }
            let mut key = at.offset(keys.at(index));
            let mut elem = at.offset(elems.at(index));
            if keys.indirect {
                key = memory.ptr(key)?;
            }
            if elems.indirect {
                elem = memory.ptr(elem)?;
            }
            if visit(Slot { key, elem }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Notes a part that could not be read; breaks when there are too many of them.
    fn fail(&mut self, error: &ValueError) -> ControlFlow<()> {
        self.failures += 1;
        self.doubt
            .get_or_insert_with(|| format!("some groups could not be read: {error}"));
        if self.failures >= MAX_FAILURES {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
