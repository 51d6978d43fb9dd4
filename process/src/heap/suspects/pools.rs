//! What `sync.Pool`s hold: since the last collection, and from the one before (their victims).
//!
//! A pool is emptied over two collections, so a big one is either in heavy use or of a program that seldom collects; in
//! both cases it is memory that nobody uses at the moment. `sync.allPools` and `sync.oldPools` list them
//! (`sync/pool.go`, 1.19–1.27).

use super::Suspect;
use super::facts::Facts;
use crate::addr::Addr;
use crate::memory::MemoryExt;
use crate::types::Shape;
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rustc_hash::FxHashSet;

/// No program has more pools.
const MOST_POOLS: u64 = 1 << 20;

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let Some((local, victim)) = fields(facts) else {
        return Vec::new();
    };
    let least = facts.least(facts.thresholds.pool_percent);
    let memory = &*facts.process.memory;
    let mut seen: FxHashSet<Addr> = FxHashSet::default();
    let mut suspects = Vec::new();
    for list in ["sync.allPools", "sync.oldPools"] {
        let Some(at) = facts.process.symbol(list) else {
            continue;
        };
        let (Ok(array), Ok(len)) = (memory.ptr(at), memory.u64(at.offset(8))) else {
            continue;
        };
        for index in 0..len.min(MOST_POOLS) {
            let Ok(pool) = memory.ptr(array.offset(index * 8)) else {
                break;
            };
            if pool.is_null() || !seen.insert(pool) {
                continue;
            }
            let [now, before] = [local, victim].map(|offset| held(facts, pool.offset(offset)));
            let bytes = now.saturating_add(before);
            if bytes >= least {
                suspects.push(suspect(facts, pool, now, before));
            }
        }
    }
    suspects
}

/// Where a pool keeps what it holds, and what it will drop at the next collection.
fn fields(facts: &Facts<'_, '_, '_>) -> Option<(u64, u64)> {
    let types = facts.process.types();
    let ty = types.resolve(types.by_name("sync.Pool").ok()?).ok()?;
    let Shape::Struct { fields } = &ty.shape else {
        return None;
    };
    let offset = |name: &str| fields.iter().find(|f| f.name == name).map(|f| f.offset);
    Some((offset("local")?, offset("victim")?))
}

fn held(facts: &Facts<'_, '_, '_>, at: Addr) -> u64 {
    let array = facts.process.memory.ptr(at).unwrap_or_default();
    let object = facts.heap.spans.find(array);
    object.map_or(0, |object| facts.retained(object))
}

fn suspect(facts: &Facts<'_, '_, '_>, pool: Addr, now: u64, before: u64) -> Suspect {
    let bytes = now.saturating_add(before);
    let variable = facts.heap.roots.variables.at(pool);
    let (name, next) = match (variable, facts.heap.spans.find(pool)) {
        (Some((_, _, name)), _) => (name.to_owned(), name.to_owned()),
        (None, Some(object)) => {
            let name = facts.name(object);
            (format!("the sync.Pool in {}", name.text), name.word)
        }
        (None, None) => (format!("the sync.Pool at {pool}"), pool.to_string()),
    };
    let text = format!(
        "{name}, a sync.Pool, holds {} for reuse; objects that grow should not be put back beyond a size",
        facts.amount(bytes)
    );
    let suspect = Suspect::new("heap.pool", Severity::Info, text, bytes).ask("heap tree", next);
    suspect.seen(format!(
        "pool at {pool}: {}, and {} that the next collection drops",
        units::bytes(now),
        units::bytes(before)
    ))
}
