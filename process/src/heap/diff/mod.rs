//! Two moments of a process: what was born, what died, what survived, and who keeps what grew.
//!
//! | file | in charge of |
//! |---|---|
//! | `kin` | whether two inputs are of one process |
//! | `fate` | what became of each object |
//! | `growth` | who keeps what was born |

mod fate;
mod growth;
mod kin;

pub use fate::{Fate, Fates};
pub use kin::{Kin, WrongOrder, kin};

use super::Analysis;
use super::ask::GroupBy;
use crate::memory::Memory;
use dumpview_heap::{ObjId, Objects};
use dumpview_model::heap::{Amount, HeapChange, HeapFates, HeapGrowth};
use fate::Moments;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::OnceLock;

/// What differs between two moments.
#[derive(Debug)]
pub struct Diff {
    /// What the inputs are to each other.
    pub kin: Kin,
    /// What lived at the first.
    pub old: Amount,
    /// What lives at the second.
    pub new: Amount,
    /// What became of it; `None` of different processes.
    pub fates: Option<HeapFates>,
    /// Of what cannot be told, what has the very bytes that stood there before.
    pub unchanged: Amount,
    /// The same by what objects have in common.
    pub rows: Vec<HeapChange>,
    /// Who keeps what was born, of the types that grew most.
    pub growth: Vec<HeapGrowth>,
}

/// Compares two moments, the older one first. Objects of different processes are compared by what they are only.
///
/// # Errors
///
/// When they are of one process, and the older one was given for the younger.
pub fn diff<'o, 'n>(
    old: &Analysis<'o, 'o>,
    new: &Analysis<'n, 'n>,
    by: GroupBy,
) -> Result<Diff, WrongOrder> {
    Ok(Comparison::of(old, new)?.by(by))
}

/// Two moments, object by object, of which several things may be asked.
pub struct Comparison<'c, 'o, 'n> {
    old: &'c Analysis<'o, 'o>,
    new: &'c Analysis<'n, 'n>,
    kin: Kin,
    fates: Option<Fates>,
    growth: OnceLock<Vec<HeapGrowth>>,
    unchanged: OnceLock<Amount>,
}

impl<'c, 'o, 'n> Comparison<'c, 'o, 'n> {
    /// Compares two moments, the older one first.
    ///
    /// # Errors
    ///
    /// As [`diff`].
    pub fn of(old: &'c Analysis<'o, 'o>, new: &'c Analysis<'n, 'n>) -> Result<Self, WrongOrder> {
        let kin = kin(old, new)?;
        let fates = matches!(kin, Kin::Same(_)).then(|| Moments::new(old, new).fates());
        Ok(Self {
            old,
            new,
            kin,
            fates,
            growth: OnceLock::new(),
            unchanged: OnceLock::new(),
        })
    }

    /// What differs, by what objects have in common; of different processes always by type.
    pub fn by(&self, by: GroupBy) -> Diff {
        let (old, new, fates) = (self.old, self.new, self.fates.as_ref());
        let by = match fates {
            None => GroupBy::Objects(super::ask::TotalBy::Type),
            Some(_) => by,
        };
        let rows = rows((old, new), fates, by);
        let growth = || fates.map(|fates| growth::growth(old, new, fates));
        let unchanged = || fates.map(|fates| unchanged(old, new, &fates.untold));
        Diff {
            kin: self.kin.clone(),
            old: old.live,
            new: new.live,
            fates: fates.map(|_| total(&rows)),
            unchanged: *self
                .unchanged
                .get_or_init(|| unchanged().unwrap_or_default()),
            growth: self
                .growth
                .get_or_init(|| growth().unwrap_or_default())
                .clone(),
            rows,
        }
    }

    /// Whether an object of the second moment lives and was not there at the first; `None` of different processes.
    pub fn is_born(&self, object: u32) -> Option<bool> {
        let fate = self.fates.as_ref()?.new.at(object);
        Some(matches!(fate, Fate::Changed | Fate::Replaced))
    }
}

fn total(rows: &[HeapChange]) -> HeapFates {
    let mut total = HeapFates::default();
    for row in rows {
        if let Some(fates) = &row.fates {
            for (sum, part) in [
                (&mut total.born, fates.born),
                (&mut total.died, fates.died),
                (&mut total.survived, fates.survived),
                (&mut total.untold, fates.untold),
            ] {
                sum.objects += part.objects;
                sum.bytes = sum.bytes.saturating_add(part.bytes);
            }
        }
    }
    total
}

fn rows(
    (old, new): (&Analysis<'_, '_>, &Analysis<'_, '_>),
    fates: Option<&Fates>,
    by: GroupBy,
) -> Vec<HeapChange> {
    let mut rows: FxHashMap<String, HeapChange> = FxHashMap::default();
    add_moment(&mut rows, old, (fates, false), by);
    add_moment(&mut rows, new, (fates, true), by);
    let named = rows.into_iter().map(|(key, change)| HeapChange {
        key,
        fates: fates.map(|_| change.fates.unwrap_or_default()),
        ..change
    });
    let mut rows: Vec<HeapChange> = named
        .filter(|row| row.old.objects > 0 || row.new.objects > 0)
        .collect();
    let grown = |row: &HeapChange| i128::from(row.new.bytes) - i128::from(row.old.bytes);
    rows.sort_by(|a, b| {
        let size = |row: &HeapChange| Reverse((grown(row), row.new.bytes));
        size(a).cmp(&size(b)).then_with(|| a.key.cmp(&b.key))
    });
    rows
}

/// Adds what lives at one of the moments; the second one when so said.
fn add_moment(
    rows: &mut FxHashMap<String, HeapChange>,
    of: &Analysis<'_, '_>,
    (fates, is_new): (Option<&Fates>, bool),
    by: GroupBy,
) {
    let grouping = of.grouping(by);
    let mut changes = vec![HeapChange::default(); grouping.names.len()];
    of.heap.spans.runs(&mut |run| {
        for object in run.first.0..run.first.0.saturating_add(run.count) {
            let change = changes.get_mut(grouping.of.at(object) as usize);
            let Some(change) = change.filter(|_| of.dominators.is_reached(object)) else {
                continue;
            };
            let amount = if is_new {
                &mut change.new
            } else {
                &mut change.old
            };
            amount.add(run.size);
            if let Some(fates) = fates {
                count(change, fates, (object, is_new), run.size);
            }
        }
    });
    for (name, change) in grouping.names.into_iter().zip(changes) {
        merge(rows.entry(name).or_default(), &change);
    }
}

/// Counts an object by its fate. What survived, and what cannot be told, lives at the second moment and is counted there.
fn count(change: &mut HeapChange, fates: &Fates, (object, is_new): (u32, bool), size: u64) {
    let of = change.fates.get_or_insert_default();
    let fate = if is_new {
        fates.new.at(object)
    } else {
        fates.old.at(object)
    };
    match (fate, is_new) {
        (Fate::Changed | Fate::Replaced, true) => of.born.add(size),
        (Fate::Changed | Fate::Replaced, false) => of.died.add(size),
        (Fate::Survived, true) => of.survived.add(size),
        (Fate::Untold, true) => of.untold.add(size),
        (Fate::Survived | Fate::Untold, false) | (Fate::Nothing, _) => {}
    }
}

/// Groups of one name are one row.
fn merge(row: &mut HeapChange, part: &HeapChange) {
    let add = |sum: &mut Amount, part: Amount| {
        sum.objects += part.objects;
        sum.bytes = sum.bytes.saturating_add(part.bytes);
    };
    add(&mut row.old, part.old);
    add(&mut row.new, part.new);
    if let Some(fates) = part.fates {
        let sum = row.fates.get_or_insert_default();
        add(&mut sum.born, fates.born);
        add(&mut sum.died, fates.died);
        add(&mut sum.survived, fates.survived);
        add(&mut sum.untold, fates.untold);
    }
}

/// Of what cannot be told, what has the very bytes that stood there before.
fn unchanged(old: &Analysis<'_, '_>, new: &Analysis<'_, '_>, untold: &[(u32, u32)]) -> Amount {
    let mut amount = Amount::default();
    for (object, _) in untold {
        let (addr, size) = (
            new.object_addr(*object),
            new.heap.spans.size(ObjId(*object)),
        );
        let bytes = |of: &Analysis<'_, '_>| of.process.memory.run(addr, size).map(<[u8]>::to_vec);
        if let (Ok(then), Ok(now)) = (bytes(old), bytes(new))
            && then == now
            && now.len() as u64 == size
        {
            amount.add(size);
        }
    }
    amount
}
