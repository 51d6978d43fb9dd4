//! What the runtime attaches to objects: finalizers, cleanups, weak handles, profile records.
//!
//! `mspan.specials` is a list in the order of offsets (`runtime/mheap.go`, 1.19–1.27). The kinds were renumbered in
//! 1.23 and 1.25, so they are asked for by name. Which of them keep something alive is what
//! `runtime/mgcmark.go:markrootSpans` and `gcScanFinalizer` say: a finalizer keeps all that its object refers to (not
//! the object) and its function; a cleanup its function; a weak handle the word that stands for the object.

use super::Note;
use super::span::Span;
use super::spans::Spans;
use super::stored::stored;
use crate::addr::Addr;
use crate::layout::Layouts;
use crate::memory::MemoryExt;
use crate::runtime::Runtime;

/// What a special is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SpecialKind {
    /// `runtime.SetFinalizer`.
    Finalizer,
    /// `runtime.AddCleanup` (1.24 and later).
    Cleanup,
    /// A `weak.Pointer` or `unique.Handle` (1.23 and later).
    WeakHandle,
    /// The allocation was sampled: the record names its stack.
    Profile,
    /// Pinned more than once (`runtime.Pinner`).
    PinCounter,
    /// Of no interest to who keeps what.
    Other,
}

/// One special.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Special {
    /// What it is.
    pub kind: SpecialKind,
    /// The object it is attached to.
    pub object: u32,
    /// Where the record stands.
    pub addr: Addr,
    /// First word of its payload: a finalizer's or cleanup's function, a weak handle, a profile bucket.
    pub payload: Addr,
    /// A second pointer that it keeps: the argument of a cleanup (1.26 and later).
    pub argument: Addr,
}

stored!(
    enum SpecialKind {
        Finalizer,
        Cleanup,
        WeakHandle,
        Profile,
        PinCounter,
        Other,
    }
);
stored!(struct Special { kind, object, addr, payload, argument });

/// All objects together have no more specials than this for each of them, and a million; beyond, a list closes on itself.
const MOST_PER_OBJECT: u64 = 8;

struct Kinds {
    named: Vec<(u64, SpecialKind)>,
}

impl Kinds {
    fn of(layouts: &dyn Layouts) -> Self {
        let names = [
            ("runtime._KindSpecialFinalizer", SpecialKind::Finalizer),
            ("runtime._KindSpecialCleanup", SpecialKind::Cleanup),
            ("runtime._KindSpecialWeakHandle", SpecialKind::WeakHandle),
            ("runtime._KindSpecialProfile", SpecialKind::Profile),
            ("runtime._KindSpecialPinCounter", SpecialKind::PinCounter),
        ];
        let named = names.iter().filter_map(|(name, kind)| {
            let number = u64::try_from(layouts.constant(name)?).ok()?;
            Some((number, *kind))
        });
        Self {
            named: named.collect(),
        }
    }

    fn kind(&self, number: u64) -> SpecialKind {
        let found = self.named.iter().find(|(n, _)| *n == number);
        found.map_or(SpecialKind::Other, |(_, kind)| *kind)
    }
}

/// Every special of every object, in address order of the objects; lists that break off are noted.
pub fn specials(runtime: &Runtime<'_>, spans: &Spans, notes: &mut Vec<Note>) -> Vec<Special> {
    let field = |path: &str| runtime.layouts.field("runtime.special", path);
    let (Some(next), Some(offset), Some(kind), Some(size)) = (
        field("next"),
        field("offset"),
        field("kind"),
        runtime.layouts.size_of("runtime.special"),
    ) else {
        notes.push(Note::references("specials whose layout is not known", 1));
        return Vec::new();
    };
    let kinds = Kinds::of(runtime.layouts);
    let argument = runtime
        .layouts
        .field("runtime.specialCleanup", "cleanup.arg");
    let function = runtime
        .layouts
        .field("runtime.specialCleanup", "cleanup.fn");
    let mut all = Vec::new();
    let mut broken = 0;
    let mut left = u64::from(spans.objects()) * MOST_PER_OBJECT + (1 << 20);
    for span in spans.list() {
        let mut at = span.specials;
        let mut before = 0u64;
        while !at.is_null() {
            let Some(fewer) = left.checked_sub(1) else {
                broken += 1;
                break;
            };
            left = fewer;
            let read = |field: crate::layout::Field| {
                runtime.memory.uint(at.offset(field.offset), field.size)
            };
            let (Ok(offset), Ok(number), Ok(following)) = (read(offset), read(kind), read(next))
            else {
                broken += 1;
                break;
            };
            if offset < before {
                // The list is in the order of offsets: one that goes back leads in a circle.
                broken += 1;
                break;
            }
            before = offset;
            let kind = kinds.kind(number);
            let word = |from: u64| runtime.memory.ptr(at.offset(from)).unwrap_or_default();
            let (payload, argument) = match (kind, function, argument) {
                (SpecialKind::Cleanup, Some(function), Some(argument)) => {
                    (word(function.offset), word(argument.offset))
                }
                _ => (word(size), Addr::NULL),
            };
            if let Some(object) = object_at(spans, span, offset) {
                all.push(Special {
                    kind,
                    object,
                    addr: at,
                    payload,
                    argument,
                });
            }
            at = Addr(following);
        }
    }
    if broken > 0 {
        notes.push(Note::references("lists of specials that break off", broken));
    }
    all
}

fn object_at(spans: &Spans, span: &Span, offset: u64) -> Option<u32> {
    let slot = span.slot_at(span.start.offset(offset))?;
    spans.object_in(span, slot)
}
