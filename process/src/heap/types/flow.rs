//! Types flow along typed pointers to a fixed point.
//!
//! An object that gets a label, or a better one, waits to be looked at; what its pointers lead to gets labels in turn.
//! A label only ever gives way to a stronger one, of which there are three, so this ends; and it runs in one order, so
//! that conflicts fall the same way every time.

use super::SIZE_CLASSES;
use super::interfaces::Interfaces;
use super::label::{Label, Labels, Role, Source, Strength};
use super::places::Places;
use super::plan::{Link, Plans, TypeId};
use crate::addr::Addr;
use crate::heap::pointers::word_at;
use crate::heap::span::{PAGE, Span};
use crate::heap::spans::Spans;
use crate::heap::{Heap, Pointers};
use crate::layout::Layouts;
use crate::memory::Memory;
use crate::process::Process;
use crate::types::Types;
use rustc_hash::FxHashSet;
use std::borrow::Cow;

/// The flow of types through one heap.
pub(super) struct Flow<'f, 'a> {
    pub process: &'f Process<'a>,
    pub memory: &'f dyn Memory,
    pub types: &'f Types<'a>,
    pub spans: &'f Spans,
    pub pointers: &'f Pointers<'f>,
    pub plans: Plans<'f, 'a>,
    pub interfaces: Interfaces<'f>,
    pub places: Places,
    pub labels: Labels,
    /// Objects whose references are to be looked at, and where each starts.
    waiting: Vec<(u32, Addr)>,
    /// The stretch of memory that was read last, and where it starts.
    near: (Addr, &'f [u8]),
    /// Records of blocked senders (`sudog`) that were looked at.
    pub senders: FxHashSet<Addr>,
}

/// What a pointer says of what it leads to.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub role: Role,
    pub ty: TypeId,
    pub code: Addr,
    /// Bytes that are claimed to be there; 0 when the claim does not say.
    pub bytes: u64,
    /// Whether those bytes hold pointers.
    pub has_pointers: bool,
    /// Whether a pointer into the middle says as much: slices and strings.
    pub anywhere: bool,
}

impl<'f, 'a> Flow<'f, 'a> {
    pub fn new(process: &'f Process<'a>, heap: &'f Heap<'_>, layouts: &dyn Layouts) -> Self
    where
        'a: 'f,
    {
        let types = process.types();
        Self {
            process,
            memory: &*process.memory,
            types,
            spans: &heap.spans,
            pointers: &heap.pointers,
            plans: Plans::new(types),
            interfaces: Interfaces::new(&*process.memory, layouts),
            places: Places::of(layouts),
            labels: Labels::for_objects(heap.spans.objects()),
            waiting: Vec::new(),
            near: (Addr::NULL, &[]),
            senders: FxHashSet::default(),
        }
    }

    /// Looks at everything that waits, and at what that leads to.
    pub fn run(&mut self) {
        while let Some((object, start)) = self.waiting.pop() {
            let (Some(label), Some(span)) = (self.labels.of(object).copied(), self.spans.at(start))
            else {
                continue;
            };
            let size = span.end().since(start).unwrap_or(0).min(span.elemsize);
            let bytes = self.read(start, size);
            self.follow(&label, &bytes);
        }
    }

    /// Bytes from an address, as many as the core has.
    pub fn read(&mut self, at: Addr, size: u64) -> Cow<'f, [u8]> {
        // Most of the heap is in few stretches of the core, and looking for one costs more than reading from it.
        let (start, stretch) = self.near;
        let inside = at.since(start).and_then(|from| {
            let end = usize::try_from(from.checked_add(size)?).ok()?;
            stretch.get(usize::try_from(from).ok()?..end)
        });
        if let Some(bytes) = inside {
            return Cow::Borrowed(bytes);
        }
        if let Ok(stretch) = self.memory.run(at, u64::MAX)
            && !stretch.is_empty()
        {
            self.near = (at, stretch);
            let inside = usize::try_from(size)
                .ok()
                .and_then(|size| stretch.get(..size));
            if let Some(bytes) = inside {
                return Cow::Borrowed(bytes);
            }
        }
        self.memory.bytes(at, size).unwrap_or_else(|_| {
            let run = self.memory.run(at, size);
            run.map_or(Cow::Borrowed(&[]), Cow::Borrowed)
        })
    }

    /// What an object with a label refers to.
    fn follow(&mut self, label: &Label, bytes: &[u8]) {
        let whole = bytes.len() as u64;
        match label.role {
            Role::Value => self.values(label.ty, bytes, 0, 1, label.source),
            Role::Backing | Role::ChanBuffer => {
                if let Some(extent) = self.plans.extent(label.ty) {
                    let count = whole / extent.size.max(1);
                    self.values(label.ty, bytes, 0, count, label.source);
                }
            }
            Role::StringBytes | Role::Tiny | Role::MapExtra => {}
            Role::MapHeader
            | Role::MapEntries
            | Role::MapDirectory
            | Role::MapTable
            | Role::Chan
            | Role::Closure => self.follow_part(label, bytes),
        }
    }

    /// `count` values of a type from an offset on.
    pub fn values(&mut self, ty: TypeId, bytes: &[u8], at: u64, count: u64, source: Source) {
        let Some(extent) = self.plans.extent(ty) else {
            return;
        };
        if extent.links == 0 || extent.size == 0 {
            return;
        }
        for index in 0..count {
            let from = at + index * extent.size;
            if from >= bytes.len() as u64 {
                break;
            }
            // Plans may be added meanwhile, so none is borrowed.
            for number in 0..extent.links {
                if let Some((offset, link)) = self.plans.link(ty, number) {
                    self.link(link, bytes, from + offset, source);
                }
            }
        }
    }

    /// What stands at one place.
    pub fn link(&mut self, link: Link, bytes: &[u8], at: u64, source: Source) {
        let word = Addr(word_at(bytes, at));
        match link {
            Link::Array { of, count } => self.values(of, bytes, at, count, source),
            Link::Interface { empty } => {
                let data = Addr(word_at(bytes, at + 8));
                if !word.is_null() && self.spans.at(data).is_some() {
                    self.interface(word, data, empty, source);
                }
            }
            _ if word.is_null() || self.spans.at(word).is_none() => {}
            Link::Pointer(ty) => self.pointer_to(ty, word, source),
            Link::Slice(ty) => {
                let Some(plan) = self.plans.extent(ty) else {
                    return;
                };
                let capacity = word_at(bytes, at + 16);
                let claim = Claim {
                    role: Role::Backing,
                    ty,
                    code: Addr::NULL,
                    bytes: capacity.saturating_mul(plan.size),
                    has_pointers: plan.has_pointers,
                    anywhere: true,
                };
                self.claim(word, claim, source);
            }
            Link::Text => {
                let claim = Claim {
                    role: Role::StringBytes,
                    ty: TypeId::default(),
                    code: Addr::NULL,
                    bytes: word_at(bytes, at + 8),
                    has_pointers: false,
                    anywhere: true,
                };
                self.claim(word, claim, source);
            }
            Link::Map(ty) => self.part(Role::MapHeader, ty, word, source),
            Link::Chan(ty) => self.part(Role::Chan, ty, word, source),
            Link::Func => self.closure(word, source),
        }
    }

    /// A pointer to one value of a type.
    pub fn pointer_to(&mut self, ty: TypeId, at: Addr, source: Source) {
        let Some(plan) = self.plans.extent(ty) else {
            return;
        };
        if plan.is_head
            && let Some(first) = self.read(at, 1).first()
            && let Some(real) = self.plans.made_as(ty, *first)
            && let Some(whole) = self.plans.extent(real)
            && let Some(span) = self.spans.at(at)
            && self.fits(span, whole.size)
        {
            let claim = Claim {
                role: Role::Value,
                ty: real,
                code: Addr::NULL,
                bytes: whole.size,
                has_pointers: whole.has_pointers,
                anywhere: false,
            };
            self.claim(at, claim, source);
            return;
        }
        let claim = Claim {
            role: Role::Value,
            ty,
            code: Addr::NULL,
            bytes: plan.size,
            has_pointers: plan.has_pointers,
            anywhere: false,
        };
        self.claim(at, claim, source);
    }

    /// The two words of an interface.
    pub fn interface(&mut self, word: Addr, data: Addr, empty: bool, source: Source) {
        let found = self
            .interfaces
            .dynamic(self.types, &mut self.plans, word, empty);
        let Some((ty, direct)) = found else {
            return;
        };
        if !direct {
            self.pointer_to(ty, data, source);
            return;
        }
        // The word is the value: a pointer, a map, a channel, a function, or a struct of one of those.
        if let Some(plan) = self.plans.plan(ty)
            && let Some((0, link)) = plan.links.first().copied()
        {
            self.link(link, &data.0.to_le_bytes(), 0, source);
        }
    }

    /// A claim of what the object at an address is.
    pub fn claim(&mut self, at: Addr, claim: Claim, source: Source) {
        let spans: &'f Spans = self.spans;
        let Some(span) = spans.at(at) else {
            return;
        };
        let Some(slot) = span.slot_at(at) else {
            return;
        };
        let Some(object) = spans.object_in(span, slot) else {
            return;
        };
        if span.user_arena {
            // One object to the collector, many values of any type to the program.
            return;
        }
        let base = span.start.offset(u64::from(slot) * span.elemsize);
        let start = base.offset(self.header_of(span));
        if span.is_noscan() && span.elemsize == 16 && !claim.has_pointers && claim.bytes < 16 {
            // Cut from a tiny block, together with who knows what.
            let tiny = Claim {
                role: Role::Tiny,
                ty: TypeId::default(),
                code: Addr::NULL,
                ..claim
            };
            self.label(object, start, tiny, Strength::Part, source, span);
            return;
        }
        if claim.has_pointers == span.is_noscan() && !Self::hides_pointers(claim.role) {
            self.labels.refused += u64::from(at == start);
            return;
        }
        let strength = if at == start && self.fits(span, claim.bytes) {
            Strength::Fits
        } else if at == start || claim.anywhere {
            Strength::Part
        } else {
            // A pointer to a field says nothing of what the field is in.
            return;
        };
        self.label(object, start, claim, strength, source, span);
    }

    /// Parts whose pointers the runtime hides from the collector in some cases: entries of maps without pointers.
    fn hides_pointers(role: Role) -> bool {
        matches!(
            role,
            Role::MapEntries | Role::MapHeader | Role::Chan | Role::ChanBuffer | Role::Closure
        )
    }

    /// Enters a label unless there is one as good.
    pub fn label(
        &mut self,
        object: u32,
        start: Addr,
        claim: Claim,
        strength: Strength,
        source: Source,
        span: &Span,
    ) {
        let label = Label {
            role: claim.role,
            ty: claim.ty,
            code: claim.code,
            source,
            strength,
        };
        if let Some(now) = self.labels.of(object) {
            // The runtime's own types name the bucket, the element, the table; the pointer says what they are part of. Both
            // are right.
            let refines = match claim.role {
                Role::MapEntries | Role::ChanBuffer | Role::MapDirectory => {
                    now.strength == Strength::Certain
                }
                Role::MapTable => now.strength <= strength || now.strength == Strength::Certain,
                _ => false,
            };
            if refines && matches!(now.role, Role::Value | Role::Backing) {
                let (source, strength) = (now.source, now.strength);
                let refined = Label {
                    source,
                    strength,
                    ..label
                };
                self.labels.set(object, refined);
                self.waiting.push((object, start));
                return;
            }
            if now.strength >= strength {
                let same = (now.role, now.ty, now.code) == (label.role, label.ty, label.code);
                self.labels.conflicts +=
                    u64::from(!same && now.strength == strength && strength == Strength::Fits);
                return;
            }
        }
        self.labels.set(object, label);
        if !span.is_noscan() || matches!(label.role, Role::MapEntries | Role::Chan) {
            self.waiting.push((object, start));
        }
    }

    /// Bytes of the header that a slot of the span starts with.
    pub fn header_of(&self, span: &Span) -> u64 {
        self.pointers.header_size(span)
    }

    /// Whether the allocator would have chosen this slot for so many bytes.
    pub fn fits(&self, span: &Span, bytes: u64) -> bool {
        if bytes == 0 {
            return false;
        }
        if span.size_class() == 0 {
            return bytes.div_ceil(PAGE).saturating_mul(PAGE) == span.bytes();
        }
        let with_header = bytes.saturating_add(self.header_of(span));
        let class = usize::from(span.size_class());
        let smaller = class.checked_sub(1).and_then(|at| SIZE_CLASSES.get(at));
        with_header <= span.elemsize && smaller.is_none_or(|size| *size < with_header)
    }
}
