//! What stays of objects beside their pointers: of the runtime's own all of it, of others what says how long and how full they are.

use super::Keep;
use super::lengths::lengths;
use crate::addr::Addr;
use crate::heap::Analysis;
use crate::heap::types::{Label, Role};
use crate::types::{MapLayout, Shape};
use std::collections::BTreeMap;

/// What stays of an object beside its addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Stays {
    Nothing,
    /// All of it.
    Whole,
    /// So many bytes at its start.
    Head(u64),
    /// Lengths and capacities, at these places of each element of such a size.
    Lengths(u64, Vec<u64>),
    /// The control words of groups of such a size: which slots are full.
    Groups(u64),
    /// The same of buckets (up to 1.23): a byte a slot.
    Buckets(u64),
}

/// Objects of the heap.
pub struct Objects<'r, 'p, 'a> {
    analysis: &'r Analysis<'p, 'a>,
    /// By label.
    stays: Vec<Stays>,
    /// Types that are kept because of their name, with how many objects they have.
    pub kept: Vec<(String, u64)>,
}

/// Bytes of a slot's control byte that say that it is full; what else it holds is a part of the key's hash.
const FULL: u8 = 0x80;
/// The least `tophash` of a full slot (`runtime/map.go:minTopHash`, 1.19–1.23).
const MIN_TOP_HASH: u8 = 5;
/// Bytes at the end of a page with pointer bits, and with marks (`heapBitsInSpan`, `spanInlineMarkBits`).
const BITS: u64 = 128;
/// Slots up to this size have theirs there.
const MOST_WITH_BITS: u64 = 512;

impl<'r, 'p, 'a> Objects<'r, 'p, 'a> {
    /// Decides by the types of objects.
    pub fn of(analysis: &'r Analysis<'p, 'a>, keep: Keep<'_>) -> Self {
        let labels = &analysis.labels;
        let mut named: BTreeMap<String, u64> = BTreeMap::new();
        let mut counts = vec![0u64; labels.list().len()];
        for object in 0..analysis.heap.spans.objects() {
            if let Some(id) = labels.id(object)
                && let Some(count) = counts.get_mut(id.0 as usize)
            {
                *count += 1;
            }
        }
        let all = (0u32..).zip(labels.list()).zip(counts);
        let stays = all.map(|((id, label), count)| {
            let name = labels.name(crate::heap::types::LabelId(id));
            if keep(name) {
                *named.entry(name.to_owned()).or_default() += count;
                return Stays::Whole;
            }
            stays(analysis, label, name)
        });
        let stays = stays.collect();
        Self {
            analysis,
            stays,
            kept: named.into_iter().collect(),
        }
    }

    /// Copies what stays of a part of a span; what are addresses has been copied already.
    pub fn refine(&self, at: u64, from: &[u8], to: &mut [u8]) {
        let heap = &self.analysis.heap;
        let Some(span) = heap.spans.at(Addr(at)) else {
            return;
        };
        if span.is_noscan() {
            to.fill(0);
        }
        let end = at + from.len() as u64;
        let mut piece = Piece { at, from, to };
        let header = heap.pointers.header_size(span);
        for (object, slot) in (span.first..).zip(heap.spans.slots(span)) {
            let start = span.start.0 + u64::from(slot) * span.elemsize;
            if start + span.elemsize <= at {
                continue;
            }
            if start >= end {
                break;
            }
            let label = self.analysis.labels.id(object);
            let stays = label.and_then(|id| self.stays.get(id.0 as usize));
            stay(
                stays.unwrap_or(&Stays::Nothing),
                (start, span.elemsize, header),
                &mut piece,
            );
        }
        let marks = heap.spans.inline_marks && (16..=MOST_WITH_BITS).contains(&span.elemsize);
        let bits = heap.pointers.has_headers()
            && !span.is_noscan()
            && span.elemsize <= MOST_WITH_BITS
            && !span.user_arena;
        let tail = u64::from(marks) * BITS + u64::from(bits) * span.bytes() / 64;
        piece.copy(span.end().0 - tail, tail);
    }
}

/// What stays of an object in its slot.
fn stay(stays: &Stays, (start, size, header): (u64, u64, u64), piece: &mut Piece<'_>) {
    let body = start + header;
    let elements = |of: u64| {
        let count = (size - header.min(size)).checked_div(of).unwrap_or(0);
        (0..count).map(move |index| body + index * of)
    };
    match stays {
        Stays::Nothing => {}
        Stays::Whole => piece.copy(start, size),
        Stays::Head(bytes) => piece.copy(start, (*bytes).min(size)),
        Stays::Lengths(of, places) => {
            for element in elements(*of) {
                for place in places {
                    piece.copy(element + place, 8);
                }
            }
        }
        Stays::Groups(of) => {
            for group in elements(*of) {
                piece.put(group, 8, |byte| if byte & FULL == 0 { 0 } else { byte });
            }
        }
        Stays::Buckets(of) => {
            for bucket in elements(*of) {
                piece.put(bucket, 8, |byte| byte.min(MIN_TOP_HASH));
            }
        }
    }
}

/// A part of memory as it is, and as it becomes.
struct Piece<'m> {
    at: u64,
    from: &'m [u8],
    to: &'m mut [u8],
}

impl Piece<'_> {
    fn copy(&mut self, start: u64, bytes: u64) {
        self.put(start, bytes, |byte| byte);
    }

    /// Copies what lies in this part, each byte as it becomes.
    fn put(&mut self, start: u64, bytes: u64, become_: impl Fn(u8) -> u8) {
        let end = start
            .saturating_add(bytes)
            .min(self.at + self.from.len() as u64);
        let start = start.max(self.at);
        if start >= end {
            return;
        }
        let range = usize::try_from(start - self.at).unwrap_or(usize::MAX)
            ..usize::try_from(end - self.at).unwrap_or(usize::MAX);
        if let (Some(from), Some(to)) = (self.from.get(range.clone()), self.to.get_mut(range)) {
            for (from, to) in from.iter().zip(to) {
                *to = become_(*from);
            }
        }
    }
}

/// What stays of objects of a label.
fn stays(analysis: &Analysis<'_, '_>, label: &Label, name: &str) -> Stays {
    let process = analysis.process;
    let ty = analysis.labels.type_ref(label.ty);
    let of_runtime = |name: &str| {
        let bare = name.trim_start_matches("[]").trim_start_matches('*');
        bare.starts_with("runtime.") || bare.starts_with("internal/runtime/")
    };
    match label.role {
        Role::Value | Role::Backing if of_runtime(name) => Stays::Whole,
        Role::MapHeader | Role::MapTable | Role::MapDirectory => Stays::Whole,
        Role::Chan => {
            let runtime = process.runtime();
            let size = runtime.and_then(|runtime| runtime.layouts.size_of("runtime.hchan"));
            size.map_or(Stays::Nothing, Stays::Head)
        }
        Role::MapEntries => {
            let ty = ty.and_then(|ty| process.types().resolve(ty).ok());
            match ty.as_ref().map(|ty| &ty.shape) {
                Some(Shape::Map { layout, .. }) => match layout {
                    MapLayout::Swiss { group, .. } => Stays::Groups(*group),
                    MapLayout::Hmap { bucket, .. } => Stays::Buckets(*bucket),
                    MapLayout::Unknown => Stays::Nothing,
                },
                _ => Stays::Nothing,
            }
        }
        Role::Value | Role::Backing => {
            let mut places = Vec::new();
            let size = ty.and_then(|ty| lengths(process, ty, 0, &mut places));
            match size {
                Some(size) if !places.is_empty() => Stays::Lengths(size, places),
                _ => Stays::Nothing,
            }
        }
        _ => Stays::Nothing,
    }
}
