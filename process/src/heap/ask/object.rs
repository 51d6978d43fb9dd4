//! One object: its value, where it was allocated, what refers to it and to what it refers.

use crate::addr::Addr;
use crate::heap::types::Role;
use crate::heap::{Analysis, SpecialKind, SweepState};
use crate::memory::Memory;
use crate::value::{Gathered, Limits, Place, Reader};
use dumpview_heap::NodeId;
use dumpview_model::heap::{Direction, HeapPlace, HeapReference};
use dumpview_model::value::{Address, Data, Value};
use schemars::JsonSchema;
use serde::Serialize;

/// A call on the stack of an allocation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-site-frame")]
pub struct SiteFrame {
    /// The function, as a traceback prints it.
    pub function: String,
    /// Its file.
    pub file: String,
    /// The line.
    pub line: u32,
}

/// Where an object was allocated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-site")]
pub struct Site {
    /// The stack of the allocation, innermost call first.
    pub frames: Vec<SiteFrame>,
}

/// All that is known of an object.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-object-facts")]
pub struct ObjectFacts {
    /// Its first byte.
    pub addr: Address,
    /// How far into it the address that was asked for leads.
    pub offset: u64,
    /// What it is; absent where nothing tells.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
    /// Bytes of its slot.
    pub bytes: u64,
    /// Number of its size class; 0 is a large object, which has a span of its own.
    pub size_class: u8,
    /// Whether it has no pointers (`noscan`).
    pub noscan: bool,
    /// First byte of its span.
    pub span: Address,
    /// What became of the span in the sweep that is due or going on, in the runtime's words.
    pub sweep: &'static str,
    /// Whether a root reaches it; otherwise it is garbage.
    pub reachable: bool,
    /// Bytes that go when it goes; null of garbage.
    pub retained_bytes: Option<u64>,
    /// Without which it would go, the nearest first; the last is what everything starts from.
    pub dominators: Vec<HeapPlace>,
    /// The nearest of those; null where several roots keep it, or none.
    pub dominator: Option<HeapPlace>,
    /// How many places it refers to.
    pub references: u64,
    /// How many places refer to it.
    pub referrers: u64,
    /// Its value by its type; null where that is not known, or of a part that has none of its own.
    pub value: Option<Value>,
    /// Where it was allocated; null unless the memory profiler sampled it.
    pub site: Option<Site>,
    /// What the runtime attached to it: `finalizer`, `cleanup`, `weak handle`, `profile`.
    pub specials: Vec<&'static str>,
}

/// The chain of dominators is cut there: that of a long list is as long.
const MOST_DOMINATORS: usize = 64;
/// Referrers whose pointers are looked for; to find them costs as much as they are large.
const MOST_NAMED: usize = 1000;

impl Analysis<'_, '_> {
    /// What is known of an object, of which `offset` was asked.
    pub fn object(&self, object: u32, offset: u64, limits: Limits) -> Option<ObjectFacts> {
        let span = self.heap.spans.of_object(object)?;
        let specials = self.heap.roots.specials.iter();
        let specials = specials.filter(|special| special.object == object);
        let mut names: Vec<&'static str> =
            specials.map(|special| special_name(special.kind)).collect();
        names.dedup();
        let mut reader = Reader::new(self.process.sources(), limits);
        let dominators = self.dominators_of(object);
        Some(ObjectFacts {
            addr: Address(self.object_addr(object).0),
            offset,
            ty: self.type_name(object).map(str::to_owned),
            bytes: span.elemsize,
            size_class: span.size_class(),
            noscan: span.is_noscan(),
            span: Address(span.start.0),
            sweep: sweep(span.sweep),
            reachable: self.dominators.is_reached(object),
            retained_bytes: self.retained(object),
            dominator: dominators.first().cloned(),
            dominators,
            references: self.heap.graph.out(object).len() as u64,
            referrers: self.referrers().row(object).len() as u64,
            value: self.value_of(object, &mut reader),
            site: self.site(object),
            specials: names,
        })
    }

    /// Those without which a place would go, the nearest first.
    pub fn dominators_of(&self, node: NodeId) -> Vec<HeapPlace> {
        let mut chain = Vec::new();
        let mut at = node;
        while let Some(above) = self.dominators.idom(at) {
            chain.push(self.place(above));
            if chain.len() >= MOST_DOMINATORS {
                break;
            }
            at = above;
        }
        chain
    }

    /// The value of an object by its label; `None` of a part that has none of its own.
    pub fn value_of(&self, object: u32, reader: &mut Reader<'_>) -> Option<Value> {
        let label = self.labels.of(object)?;
        let types = self.process.types();
        let start = self.value_addr(object)?;
        // What a variable of a map, channel or function type holds is the address of such an object.
        let word = Gathered::whole(start.0.to_le_bytes().to_vec());
        match label.role {
            Role::Value => Some(reader.read(self.labels.type_ref(label.ty)?, Place::Memory(start))),
            Role::Backing | Role::ChanBuffer => {
                let elem = self.labels.type_ref(label.ty)?;
                let size = types.resolve(elem).ok()?.size;
                let end = self.object_addr(object).offset(self.size(object));
                let len = end.since(start)?.checked_div(size)?;
                Some(reader.read(types.array_of(elem, len), Place::Memory(start)))
            }
            Role::MapHeader => {
                Some(reader.read(self.labels.type_ref(label.ty)?, Place::Gathered(&word, 0)))
            }
            Role::Closure => {
                Some(reader.read(types.by_name("func()").ok()?, Place::Gathered(&word, 0)))
            }
            Role::StringBytes => self.text(object, start),
            Role::Chan
            | Role::Tiny
            | Role::MapEntries
            | Role::MapDirectory
            | Role::MapTable
            | Role::MapExtra => None,
        }
    }

    /// Where an object begins behind the word that the runtime may keep in front of it.
    pub fn value_addr(&self, object: u32) -> Option<Addr> {
        let span = self.heap.spans.of_object(object)?;
        let addr = self.object_addr(object);
        let header = self.heap.pointers.header(span, span.slot_at(addr)?);
        Some(addr.offset(header.map_or(0, |(_, at)| at)))
    }

    /// The bytes of strings, as far as they are text: how long the strings are, only those who refer to them know.
    fn text(&self, object: u32, start: Addr) -> Option<Value> {
        let len = self.size(object);
        let bytes = self
            .process
            .memory
            .bytes(start, len.min(LONGEST_TEXT))
            .ok()?;
        let end = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        let bytes = bytes.get(..end)?.to_vec();
        let len = if len > LONGEST_TEXT { len } else { end as u64 };
        Some(Value::new("string bytes", Data::String { bytes, len }))
    }

    /// References to a place, the largest retained size first, then from it, in the order of their places; at most so many
    /// of each.
    pub fn references(&self, node: NodeId, most: usize) -> Vec<HeapReference> {
        let names = self.names();
        let mut referrers: Vec<NodeId> = self.referrers().row(node).to_vec();
        referrers.sort_by_key(|n| (std::cmp::Reverse(self.retained(*n)), *n));
        let mut all = Vec::new();
        for (index, from) in referrers.into_iter().take(most).enumerate() {
            let found = if index < MOST_NAMED {
                names.between(from, node)
            } else {
                Vec::new()
            };
            if found.is_empty() {
                all.push(self.reference(Direction::In, from, None));
            }
            let found = found.into_iter();
            all.extend(found.map(|r| self.reference(Direction::In, from, Some(r.name))));
        }
        let out = names.references(node).into_iter().take(most);
        all.extend(out.map(|r| self.reference(Direction::Out, r.to, Some(r.name))));
        all
    }

    fn reference(&self, direction: Direction, end: NodeId, field: Option<String>) -> HeapReference {
        HeapReference {
            direction,
            place: self.place(end),
            field: field.filter(|name| !name.is_empty()),
            bytes: self.size(end),
            retained_bytes: self.retained(end),
        }
    }
}

/// Bytes of a text that are read.
const LONGEST_TEXT: u64 = 1 << 16;

const fn special_name(kind: SpecialKind) -> &'static str {
    match kind {
        SpecialKind::Finalizer => "finalizer",
        SpecialKind::Cleanup => "cleanup",
        SpecialKind::WeakHandle => "weak handle",
        SpecialKind::Profile => "profile",
        SpecialKind::PinCounter => "pin counter",
        SpecialKind::Other => "other",
    }
}

const fn sweep(state: SweepState) -> &'static str {
    match state {
        SweepState::Unswept => "unswept",
        SweepState::Sweeping => "sweeping",
        SweepState::Swept => "swept",
        SweepState::CachedUnswept => "cached, unswept",
        SweepState::Cached => "cached",
        SweepState::Unknown => "unknown",
    }
}
