//! What became of each object between two moments of one process.
//!
//! Go's collector moves nothing, so an object stays in its slot for as long as it is not freed; and what the allocator keeps
//! of a span says what happened to each of its slots since it was last swept (`runtime/mbitmap.go`, `mgcsweep.go`, `mheap.go`,
//! 1.19–1.27). Slots are only freed by a sweep, and each span is swept once a cycle at most. For a slot that is
//! allocated at both moments:
//!
//! | sweeps between | the slot was | so it holds |
//! |---|---|---|
//! | 0 | | the same object |
//! | any | allocated since the last of them | another object |
//! | 1 | marked at it | the same object |
//! | 2 and more | marked at the last | cannot be told by this |
//!
//! Of the last kind are another object: what nothing reached at the first moment, and what the runtime itself calls another
//! type. And where the runtime counts no more frees of a size class than were found, none of it was freed.

use crate::heap::audit::HeapStats;
use crate::heap::spans::{Span, Spans, SweepState};
use crate::heap::types::{Labels, Source};
use crate::heap::{Analysis, Lacks, SpecialKind};
use dumpview_heap::{Bits, Column, Dominators};

/// What an object of either moment is to the other moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fate {
    /// It does not live at its own moment.
    #[default]
    Nothing,
    /// Of the second moment: it lives, and was not there at the first. Of the first: it lived, and is gone.
    Changed,
    /// The same, of an object whose slot holds another object at the other moment.
    Replaced,
    /// It lives at the second moment and was there at the first.
    Survived,
    /// It lives at both moments or another does in its slot: that cannot be told.
    Untold,
}

/// The fate of every object of both moments.
#[derive(Debug)]
pub struct Fates {
    /// By object of the first moment.
    pub old: Column<Fate>,
    /// By object of the second.
    pub new: Column<Fate>,
    /// The object of the second moment and the one of the first whose slot it has, of those that cannot be told.
    pub untold: Vec<(u32, u32)>,
}

/// How two allocated slots at one address are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Told {
    Same,
    Other,
    No,
}

/// One of the two moments: what is asked of its heap.
struct Moment<'m> {
    spans: &'m Spans,
    labels: &'m Labels,
    dominators: &'m Dominators,
    is_dump: bool,
    /// Collections that were over, of a heap dump.
    collections: Option<u64>,
    /// Objects freed so far, by size class; of a heap dump all of them, tiny ones included.
    frees: Vec<i64>,
}

impl<'m> Moment<'m> {
    fn of(analysis: &'m Analysis<'_, '_>) -> Self {
        let process = analysis.process;
        let stats = process.heap_dump.and_then(|dump| dump.memstats.as_ref());
        let counted = || HeapStats::of(&process.runtime()?).ok()?.frees().ok();
        let of_dump = stats.map(|stats| vec![stats.frees.cast_signed()]);
        Self {
            spans: &analysis.heap.spans,
            labels: &analysis.labels,
            dominators: &analysis.dominators,
            is_dump: process.heap_dump.is_some(),
            collections: stats.map(|stats| stats.num_gc),
            frees: of_dump.or_else(counted).unwrap_or_default(),
        }
    }
}

/// Two moments of one process.
pub struct Moments<'m> {
    old: Moment<'m>,
    new: Moment<'m>,
    /// Objects of the first moment that may come back from the dead: those with finalizers, cleanups, weak pointers.
    may_return: Bits,
    /// Whether what nothing reached at the first moment was unreachable indeed.
    garbage_is_sure: bool,
    /// Objects without pointers may be freed without a sweep (`GOEXPERIMENT=runtimefreegc`, 1.26 and later).
    frees_early: bool,
}

impl<'m> Moments<'m> {
    /// Two moments of one process, the older one first.
    pub fn new(old: &'m Analysis<'_, '_>, new: &'m Analysis<'_, '_>) -> Self {
        let mut may_return = Bits::none(old.heap.spans.objects());
        for special in &old.heap.roots.specials {
            if matches!(
                special.kind,
                SpecialKind::Finalizer | SpecialKind::Cleanup | SpecialKind::WeakHandle
            ) {
                may_return.insert(special.object);
            }
        }
        let notes = old.notes();
        let lacks = notes.iter().any(|note| note.lacks == Lacks::References);
        let version = new.process.version.as_ref();
        let frees_early =
            version.is_some_and(|v| v.experiments().any(|name| name == "runtimefreegc"));
        let (old, new) = (Moment::of(old), Moment::of(new));
        Self {
            // A dump does not say what weak pointers there are.
            garbage_is_sure: !lacks && !old.is_dump && !new.is_dump,
            old,
            new,
            may_return,
            frees_early,
        }
    }

    /// Sweeps of a span between the moments; `None` where that is not known.
    fn sweeps(&self, old: &Span, new: &Span) -> Option<u32> {
        match (self.old.is_dump, self.new.is_dump) {
            (false, false) => {
                let from = self.old.spans.swept_at(old)?;
                let grown = self.new.spans.swept_at(new)?.wrapping_sub(from);
                (grown.is_multiple_of(2) && grown < 1 << 31).then_some(grown / 2)
            }
            // The writer waits for the end of a cycle, and for the end of its sweep.
            (true, true) => {
                let grown = self.new.collections?.checked_sub(self.old.collections?)?;
                u32::try_from(grown).ok()
            }
            _ => None,
        }
    }

    fn told(&self, spans: (&Span, &Span), slot: u32, objects: (u32, u32)) -> Told {
        let (old, new) = spans;
        let Some(sweeps) = self.sweeps(old, new) else {
            return Told::No;
        };
        if sweeps == 0 {
            return if self.frees_early && new.is_noscan() {
                Told::No
            } else {
                Told::Same
            };
        }
        let Some(is_new) = self.new.spans.is_new(new, slot) else {
            return Told::No;
        };
        if is_new {
            return Told::Other;
        }
        if sweeps == 1 {
            // What is being swept may have been marked in this cycle or in the one before.
            let is_plain = new.sweep != SweepState::Sweeping
                && !new.user_arena
                && !(self.frees_early && new.is_noscan());
            return if is_plain { Told::Same } else { Told::No };
        }
        let was_garbage = self.garbage_is_sure
            && !self.old.dominators.is_reached(objects.0)
            && !self.may_return.has(objects.0);
        if was_garbage || self.types_differ(objects) {
            Told::Other
        } else {
            Told::No
        }
    }

    /// Whether the runtime wrote different types beside both.
    fn types_differ(&self, (old, new): (u32, u32)) -> bool {
        let named = |of: &Moment<'_>, object| {
            let label = *of.labels.of(object)?;
            let ty = of.labels.type_ref(label.ty)?;
            (label.source == Source::Header).then_some((label.role, ty))
        };
        match (named(&self.old, old), named(&self.new, new)) {
            (Some(old), Some(new)) => old != new,
            _ => false,
        }
    }

    /// The fate of every object.
    pub fn fates(&self) -> Fates {
        let (old, new) = (self.old.spans, self.new.spans);
        let lived = |object| self.old.dominators.is_reached(object);
        let lives = |object| self.new.dominators.is_reached(object);
        let gone = |object| {
            if lived(object) {
                Fate::Changed
            } else {
                Fate::Nothing
            }
        };
        let born = |object| {
            if lives(object) {
                Fate::Changed
            } else {
                Fate::Nothing
            }
        };
        let mut fates = Fates {
            old: Column::from_vec((0..old.objects()).map(gone).collect()),
            new: Column::from_vec((0..new.objects()).map(born).collect()),
            untold: Vec::new(),
        };
        let mut freed = Freed::between(self);
        for span in old.list() {
            freed.add(span, i64::from(span.allocated));
        }
        for span in new.list() {
            let Some(before) = self.span_before(span) else {
                continue;
            };
            for slot in new.slots(span) {
                let (Some(now), Some(then)) =
                    (new.object_in(span, slot), old.object_in(before, slot))
                else {
                    continue;
                };
                match self.told((before, span), slot, (then, now)) {
                    Told::Same => {
                        freed.add(span, -1);
                        fates.stayed(then, now, lives(now));
                    }
                    Told::Other => fates.replaced(then, now),
                    Told::No => {
                        freed.add(span, -1);
                        fates.untold.push((now, then));
                    }
                }
            }
        }
        let untold = std::mem::take(&mut fates.untold);
        for (now, then) in untold {
            let span = new.of_object(now);
            if span.is_some_and(|span| freed.is_all(span)) {
                fates.stayed(then, now, lives(now));
            } else {
                fates.cannot_tell(then, now, lives(now));
            }
        }
        fates
    }

    /// The span of the first moment that stood where one of the second does, cut into slots alike.
    fn span_before(&self, span: &Span) -> Option<&Span> {
        let before = self.old.spans.at(span.start)?;
        let is_alike = before.start == span.start
            && before.npages == span.npages
            && before.elemsize == span.elemsize
            && before.is_noscan() == span.is_noscan()
            && before.user_arena == span.user_arena;
        is_alike.then_some(before)
    }
}

impl Fates {
    fn stayed(&mut self, then: u32, now: u32, lives: bool) {
        if lives {
            self.new.set(now, Fate::Survived);
            // What nothing reached before, and is reached now, was not among the live ones that are compared.
            if self.old.at(then) != Fate::Nothing {
                self.old.set(then, Fate::Survived);
            }
        }
    }

    fn replaced(&mut self, then: u32, now: u32) {
        for (fates, object) in [(&mut self.old, then), (&mut self.new, now)] {
            if fates.at(object) == Fate::Changed {
                fates.set(object, Fate::Replaced);
            }
        }
    }

    /// An object that does not live now is gone, whichever it was.
    fn cannot_tell(&mut self, then: u32, now: u32, lives: bool) {
        if lives {
            self.new.set(now, Fate::Untold);
            if self.old.at(then) != Fate::Nothing {
                self.old.set(then, Fate::Untold);
            }
            self.untold.push((now, then));
        }
    }
}

/// Frees that the runtime counts and that were not found, by size class: as many objects may have been freed unseen.
struct Freed {
    /// A dump counts them all together.
    by_class: bool,
    unseen: Vec<Option<i64>>,
}

impl Freed {
    fn between(moments: &Moments<'_>) -> Self {
        let (old, new) = (&moments.old, &moments.new);
        let pairs = old.frees.iter().zip(&new.frees);
        let are_alike = old.is_dump == new.is_dump;
        let unseen = pairs.filter(|_| are_alike);
        Self {
            by_class: !new.is_dump,
            unseen: unseen.map(|(old, new)| new.checked_sub(*old)).collect(),
        }
    }

    fn of(&mut self, span: &Span) -> Option<&mut Option<i64>> {
        let at = if self.by_class {
            usize::from(span.size_class())
        } else {
            0
        };
        self.unseen.get_mut(at)
    }

    /// So many objects of a span were freed for all that is seen.
    fn add(&mut self, span: &Span, objects: i64) {
        if let Some(Some(unseen)) = self.of(span) {
            *unseen -= objects;
        }
    }

    /// Whether all that was freed was seen.
    fn is_all(&mut self, span: &Span) -> bool {
        matches!(self.of(span), Some(Some(0)))
    }
}
