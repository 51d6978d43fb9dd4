//! Values in package data that have no symbol: what `var cfg = &Config{…}` leads to. The linker keeps no name for it
//! (`main..stmp_0` is not written), yet most of a program may hang below. It is known by the typed pointer that leads
//! there from a package variable, and called by that pointer's name.

use super::NamedBy;
use super::within::push_path;
use crate::addr::Addr;
use crate::heap::pointers::word_at;
use crate::heap::roots::{StaticValue, Variables};
use crate::heap::types::{Interfaces, Link, Plan, Plans, TypeId};
use crate::memory::Memory;
use crate::process::Process;
use crate::symbols::Span;
use crate::types::{TypeRef, Types};
use rustc_hash::FxHashSet;
use std::fmt::Write;
use std::sync::Arc;

/// More values than this are not looked at: no program has so many, a damaged one may seem to.
const MOST: usize = 1 << 20;
/// Elements of one array that are looked at.
const MOST_ELEMENTS: u64 = 1 << 16;

struct Search<'s, 'a> {
    types: &'s Types<'a>,
    memory: &'s dyn Memory,
    plans: Plans<'s, 'a>,
    interfaces: Interfaces<'s>,
    variables: &'s Variables,
    /// `data` and `bss` of every module.
    data: Vec<Span>,
    seen: FxHashSet<Addr>,
    found: Vec<StaticValue>,
    waiting: Vec<StaticValue>,
}

/// Finds them, from what package variables are at the moment of the dump.
pub(in crate::heap) fn statics(process: &Process<'_>, variables: &Variables) -> Vec<StaticValue> {
    let (Some(layouts), Ok(symbols)) = (process.layouts(), process.symbols()) else {
        return Vec::new();
    };
    let data = symbols.modules().filter_map(|m| m.data.as_ref());
    let types = process.types();
    let mut search = Search {
        types,
        memory: &*process.memory,
        plans: Plans::new(types),
        interfaces: Interfaces::new(&*process.memory, layouts),
        variables,
        data: data.flat_map(|m| [m.data, m.bss]).collect(),
        seen: FxHashSet::default(),
        found: Vec::new(),
        waiting: Vec::new(),
    };
    for variable in types.package_variables(process.arch()) {
        let Ok(start) = variable.place else { continue };
        search.look_into(&StaticValue {
            start,
            end: start,
            ty: variable.ty,
            count: 1,
            name: variable.name.into_boxed_str(),
        });
        while let Some(next) = search.waiting.pop() {
            search.look_into(&next);
            search.found.push(next);
        }
    }
    search.found
}

impl Search<'_, '_> {
    fn look_into(&mut self, value: &StaticValue) {
        let id = self.plans.id(value.ty);
        let Some(plan) = self.plans.plan(id) else {
            return;
        };
        let Some(size) = plan.size.checked_mul(value.count) else {
            return;
        };
        let Ok(bytes) = self.memory.bytes(value.start, size) else {
            return;
        };
        self.values(&plan, &bytes, (0, value.count), value);
    }

    fn values(&mut self, plan: &Arc<Plan>, bytes: &[u8], at: (u64, u64), value: &StaticValue) {
        for index in 0..at.1.min(MOST_ELEMENTS) {
            let from = at.0 + index * plan.size;
            for (offset, link) in &plan.links {
                self.link(*link, bytes, from + offset, value);
            }
        }
    }

    fn link(&mut self, link: Link, bytes: &[u8], at: u64, value: &StaticValue) {
        let word = Addr(word_at(bytes, at));
        let (target, ty, count) = match link {
            Link::Pointer(ty) => (word, ty, 1),
            Link::Slice(ty) => (word, ty, word_at(bytes, at + 16)),
            Link::Interface { empty } => {
                let data = Addr(word_at(bytes, at + 8));
                if word.is_null() || !self.is_unnamed(data) {
                    return;
                }
                let held = self
                    .interfaces
                    .dynamic(self.types, &mut self.plans, word, empty);
                match held {
                    Some((ty, false)) => (data, ty, 1),
                    Some((ty, true)) => match self.plans.plan(ty).as_deref() {
                        Some(Plan { links, .. }) => match links.first() {
                            Some((0, Link::Pointer(to))) => (data, *to, 1),
                            _ => return,
                        },
                        None => return,
                    },
                    None => return,
                }
            }
            Link::Array { of, count } => {
                if let Some(plan) = self.plans.plan(of) {
                    self.values(&plan, bytes, (at, count), value);
                }
                return;
            }
            Link::Text | Link::Map(_) | Link::Chan(_) | Link::Func => return,
        };
        if self.is_unnamed(target) && self.seen.len() < MOST && self.seen.insert(target) {
            self.keep(target, ty, count, at, value);
        }
    }

    /// Whether an address is in package data where no symbol is that a program has a name for: external linkers keep the
    /// compiler's own, `main..stmp_0`.
    fn is_unnamed(&self, at: Addr) -> bool {
        let named = self.variables.at(at);
        self.data.iter().any(|range| range.contains(at))
            && named.is_none_or(|(start, _, name)| start == at && name.contains(".."))
    }

    /// Remembers a value with pointers in it; others keep nothing.
    fn keep(&mut self, start: Addr, ty: TypeId, count: u64, at: u64, from: &StaticValue) {
        let (Some(plan), Some(of)) = (self.plans.plan(ty), self.plans.type_ref(ty)) else {
            return;
        };
        let whole = plan.size.checked_mul(count);
        let Some(end) = whole.and_then(|size| start.0.checked_add(size)).map(Addr) else {
            return;
        };
        let last = Addr(end.0.saturating_sub(1));
        if !plan.has_pointers || count == 0 || !self.data.iter().any(|r| r.contains(last)) {
            return;
        }
        self.waiting.push(StaticValue {
            start,
            end,
            ty: of,
            count,
            name: from.word_name(self.types, at).0.into_boxed_str(),
        });
    }
}

impl StaticValue {
    /// The word `offset` bytes behind the start, in words: `main.cfg.routes[3].handler`.
    pub(super) fn word_name(&self, types: &Types<'_>, offset: u64) -> (String, NamedBy) {
        let mut name = self.name.to_string();
        let mut offset = offset;
        if self.count > 1
            && let Some(size) = types.resolve(self.ty).ok().map(|ty| ty.size)
            && let Some(index) = offset.checked_div(size)
        {
            let _ = write!(name, "[{index}]");
            offset %= size;
        }
        let by = push_path(types, self.ty, offset, &mut name, NamedBy::Variable);
        (name, by)
    }

    /// The type, where the value is one.
    pub(in crate::heap) fn single(&self) -> Option<TypeRef> {
        (self.count == 1).then_some(self.ty)
    }
}
