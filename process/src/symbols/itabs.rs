//! Interface tables: which concrete types the program has turned into which interfaces.
//!
//! `runtime.itabTable` is a hash table of all of them, those the linker made included, since start-up adds
//! these (`runtime/iface.go:itabsinit`). A core that lost it still has the linker's own, listed by moduledata.
//! The head of an itab is an ABI between compiler and runtime, the same in every release:
//! `{inter, type, hash u32, pad, fun…}`.

use super::module_data::{ItabList, ModuleData};
use crate::addr::Addr;
use crate::layout::{Layouts, Structure};
use crate::memory::{Memory, MemoryExt};
use std::collections::BTreeSet;

/// Bytes of an itab without methods, or whose type does not implement its interface.
const ITAB_SIZE: u64 = 32;

/// More tables than any program has; a damaged length must not fill memory.
const MOST: u64 = 1 << 24;

/// One interface table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Itab {
    /// Where it stands.
    pub addr: Addr,
    /// Descriptor of the interface.
    pub inter: Addr,
    /// Descriptor of the concrete type.
    pub ty: Addr,
    /// Whether the type implements the interface; false remembers a failed assertion.
    pub implements: bool,
}

impl Itab {
    /// The table at `addr`; `None` when it cannot be read or names no types.
    pub fn read(memory: &dyn Memory, addr: Addr) -> Option<Self> {
        let inter = memory.ptr(addr).ok()?;
        let ty = memory.ptr(addr.offset(8)).ok()?;
        let implements = memory.u64(addr.offset(24)).ok()? != 0;
        (!inter.is_null() && !ty.is_null()).then_some(Self {
            addr,
            inter,
            ty,
            implements,
        })
    }
}

/// Every interface table that can be found, in address order, once each. `table` is the address of the variable
/// `runtime.itabTable`; `modules` are read when it is not known.
pub fn itabs<'m>(
    memory: &dyn Memory,
    layouts: &dyn Layouts,
    table: Option<Addr>,
    modules: impl Iterator<Item = &'m ModuleData>,
) -> Vec<Itab> {
    let mut addrs = BTreeSet::new();
    if let Some(table) = table.and_then(|at| memory.ptr(at).ok()) {
        from_table(memory, layouts, table, &mut addrs);
    }
    if addrs.is_empty() {
        for module in modules {
            match module.itabs {
                Some(ItabList::Links(links)) => {
                    let len = links.len.min(MOST);
                    let pointers = (0..len).map_while(|n| memory.ptr(links.ptr.offset(n * 8)).ok());
                    addrs.extend(pointers);
                }
                Some(ItabList::BackToBack(span)) => {
                    back_to_back(memory, layouts, (span.start, span.end), &mut addrs);
                }
                None => {}
            }
        }
    }
    addrs
        .into_iter()
        .filter_map(|addr| Itab::read(memory, addr))
        .collect()
}

fn from_table(memory: &dyn Memory, layouts: &dyn Layouts, table: Addr, out: &mut BTreeSet<Addr>) {
    let table = Structure {
        memory,
        layouts,
        name: "runtime.itabTableType",
        addr: table,
    };
    let (Ok(size), Ok((entries, _))) = (table.uint("size"), table.addr_of("entries")) else {
        return;
    };
    let slots = (0..size.min(MOST)).map_while(|n| memory.ptr(entries.offset(n * 8)).ok());
    out.extend(slots.filter(|addr| !addr.is_null()));
}

/// 1.27: tables one after the other, each as long as its interface has methods (`internal/abi:ITab.Size`).
fn back_to_back(
    memory: &dyn Memory,
    layouts: &dyn Layouts,
    (start, end): (Addr, Addr),
    out: &mut BTreeSet<Addr>,
) {
    let Some(methods) = layouts.field("internal/abi.InterfaceType", "Methods") else {
        return;
    };
    let mut at = start;
    while at < end && (out.len() as u64) < MOST {
        let Some(itab) = Itab::read(memory, at) else {
            return;
        };
        out.insert(at);
        let len = memory.u64(itab.inter.offset(methods.offset).offset(8));
        let more = match len {
            Ok(len) if itab.implements && len < MOST => len.saturating_sub(1) * 8,
            Ok(_) => 0,
            Err(_) => return,
        };
        at = at.offset(ITAB_SIZE + more);
    }
}
