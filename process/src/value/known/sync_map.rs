//! `sync.Map`: how many entries it has, which no field says.

use super::At;
use crate::addr::Addr;
use crate::types::Shape;
use crate::value::maps::MapTable;
use crate::value::{Place, Reader};
use std::ops::ControlFlow;

/// A hash has 64 bits, and a level of the trie takes four of them.
const MOST_LEVELS: usize = 17;
/// Entries, and nodes of the trie, that are counted.
const MOST: u64 = 100_000;

pub(super) fn sync_map(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let entries = match reader.field(at, "m") {
        Some(trie) => in_trie(reader, &trie)?,
        None => in_maps(reader, at)?,
    };
    Some(match entries {
        1 => "1 entry".to_owned(),
        MOST.. => format!("at least {MOST} entries"),
        _ => format!("{entries} entries"),
    })
}

/// Since Go 1.24 (`internal/sync/hashtriemap.go`): inner nodes with sixteen children, entries with the same hash in
/// a chain.
fn in_trie(reader: &Reader<'_>, trie: &At<'_>) -> Option<u64> {
    let root = reader.field(trie, "root")?;
    let Some(root) = reader.load(&root) else {
        // Nothing was ever stored.
        return (reader.unsigned(trie, "inited")? == 0).then_some(0);
    };
    // A node of the trie says whether it is an entry; its type is the inner node's with the other name.
    let entry = root.ty.name.strip_prefix("internal/sync.indirect")?;
    let first = root.place.addr()?;
    let entry = reader.named_at(&format!("internal/sync.entry{entry}"), first)?;
    let offset = |at: &At<'_>, path| reader.field(at, path)?.place.addr()?.since(first);
    let is_entry = offset(&root, "node.isEntry")?;
    let overflow = offset(&entry, "overflow.v")?;
    let children = reader.field(&root, "children")?;
    let (at, size) = (offset(&root, "children")?, children.ty.size);

    let memory = reader.sources.memory;
    let word = |at| Place::Memory(at).ptr(memory).ok();
    let (mut entries, mut seen) = (0, 0);
    let mut inner = vec![(first, 0)];
    while let Some((node, level)) = inner.pop() {
        let bytes = memory.bytes(node.offset(at), size).ok()?;
        let children = bytes.as_chunks::<8>().0.iter();
        for child in children.map(|child| Addr(u64::from_le_bytes(*child))) {
            if child.is_null() {
                continue;
            }
            seen += 1;
            match Place::Memory(child.offset(is_entry)).uint(memory, 1).ok()? {
                0 if level < MOST_LEVELS => inner.push((child, level + 1)),
                1 => {
                    let mut chain = child;
                    while !chain.is_null() && entries < MOST {
                        entries += 1;
                        chain = word(chain.offset(overflow))?;
                    }
                }
                _ => return None,
            }
            if entries >= MOST {
                return Some(MOST);
            }
            // More inner nodes than entries are no trie.
            if seen > 2 * MOST {
                return None;
            }
        }
    }
    Some(entries)
}

/// Up to Go 1.23 (`sync/map.go`): a map that readers see, and one that has more entries when `amended`. The value of
/// a deleted entry is nil.
fn in_maps(reader: &Reader<'_>, at: &At<'_>) -> Option<u64> {
    let read = reader.field(at, "read")?;
    let seen = match reader.field(&read, "v") {
        // `atomic.Value`, up to Go 1.19.
        Some(held) if matches!(held.ty.shape, Shape::Interface { .. }) => reader.dynamic(&held)?,
        _ => reader.load_or_nil(&read)?,
    };
    let map = match seen {
        None => reader.field(at, "dirty")?,
        Some(seen) if reader.flag(&seen, "amended")? => reader.field(at, "dirty")?,
        Some(seen) => reader.field(&seen, "m")?,
    };
    let Shape::Map { elem, layout, .. } = map.ty.shape else {
        return None;
    };
    let header = Addr(reader.word(&map)?);
    if header.is_null() {
        return Some(0);
    }
    let table = MapTable::new(reader.sources, header, layout).ok()?;
    let value = reader.sources.types.resolve(elem).ok()?;
    let Shape::Pointer { elem: Some(entry) } = value.shape else {
        return None;
    };
    let entry = reader.typed_at(entry, Place::Memory(header))?;
    let offset = reader.field(&entry, "p")?.place.addr()?.since(header)?;
    let memory = reader.sources.memory;
    let mut entries = Some(0);
    let walked = table
        .walk(&mut |slot| {
            let held = Place::Memory(slot.elem)
                .ptr(memory)
                .and_then(|entry| Place::Memory(entry.offset(offset)).word(memory));
            entries = match (entries, held) {
                (Some(n), Ok(held)) => Some(n + u64::from(held != 0)),
                _ => None,
            };
            match entries {
                Some(..MOST) => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        })
        .ok()?;
    entries.filter(|_| walked.doubt.is_none())
}
