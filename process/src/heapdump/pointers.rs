//! Where pointers stand in what a dump holds.

use super::HeapDump;
use crate::addr::Addr;
use dumpview_parsers::heapdump::{Field, FieldKind, Fields, Format, OldObject, Type};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// What dumps of 1.3 say of objects: a type, of which the object is a value, an array or a channel.
#[derive(Debug, Default)]
pub(super) struct OldTypes {
    /// Size and pointers of a value, by the type's address.
    types: FxHashMap<u64, (u64, Vec<u64>)>,
    /// Type and kind of an object, by the place of its bytes.
    objects: FxHashMap<u64, OldObject>,
}

/// Kinds of objects (`runtime/mgc0.h`, 1.3).
const ARRAY: u64 = 1;
const CHANNEL: u64 = 2;
const CONSERVATIVE: u64 = 127;

impl OldTypes {
    /// Remembers a type. Types stand before the objects that are of them.
    pub fn learn(&mut self, ty: &Type<'_>) {
        if let Some(old) = &ty.old {
            let fields = old.fields.clone().map(|field| field.offset);
            self.types.insert(ty.addr, (ty.size, fields.collect()));
        }
    }

    /// Remembers an object, and says whether it may hold pointers.
    pub fn add(&mut self, offset: u64, object: &OldObject) -> bool {
        let of_type = self.types.get(&object.ty);
        let may = object.kind == CONSERVATIVE || of_type.is_some_and(|(_, list)| !list.is_empty());
        if may {
            self.objects.insert(offset, *object);
        }
        may
    }

    /// Calls `visit` with the offset of each word of an object that may be a pointer.
    fn visit(
        &self,
        offset: u64,
        size: u64,
        header: u64,
        pointer: u64,
        visit: &mut impl FnMut(u64),
    ) {
        let Some(object) = self.objects.get(&offset) else {
            return;
        };
        if object.kind == CONSERVATIVE {
            (0..size / pointer).for_each(|word| visit(word * pointer));
            return;
        }
        let Some((step, list)) = self.types.get(&object.ty) else {
            return;
        };
        let first = if object.kind == CHANNEL { header } else { 0 };
        let several = matches!(object.kind, ARRAY | CHANNEL) && *step > 0;
        let mut at = first;
        while at < size {
            list.iter()
                .filter_map(|field| at.checked_add(*field))
                .filter(|at| at.checked_add(pointer).is_some_and(|end| end <= size))
                .for_each(&mut *visit);
            if !several {
                break;
            }
            at = at.saturating_add(*step);
        }
    }
}

impl<'a> HeapDump<'a> {
    /// Calls `visit` with the value of every word of a slot that may be a pointer; nil ones are 0.
    #[inline]
    pub fn values(&self, size: u64, slot: u32, mut visit: impl FnMut(u64)) {
        let bytes = self.slots.bytes(slot, size);
        self.pointers(size, slot, |offset| visit(self.word(bytes, offset)));
    }

    /// Calls `visit` with the offset of every word of a slot, by its size and its number, that may be a pointer.
    #[inline]
    pub fn pointers(&self, size: u64, slot: u32, mut visit: impl FnMut(u64)) {
        let pointer = self.pointer_size();
        let Some(offset) = self.slots.offset(slot) else {
            return;
        };
        if self.format == Format::Go13 {
            let header = self.params.channel_header.unwrap_or(0);
            self.old_types
                .visit(offset, size, header, pointer, &mut visit);
            return;
        }
        let list = usize::try_from(offset + size).unwrap_or(usize::MAX);
        for field in Fields::at(self.bytes, list, self.format) {
            let at = self.pointer_of(field);
            if at.checked_add(pointer).is_some_and(|end| end <= size) {
                visit(at);
            }
        }
    }

    /// Where the pointer of a field stands. The first word of an interface never leads to an object.
    pub const fn pointer_of(&self, field: Field) -> u64 {
        match field.kind {
            FieldKind::Pointer | FieldKind::String | FieldKind::Slice => field.offset,
            FieldKind::Iface | FieldKind::Eface => field.offset.saturating_add(self.pointer_size()),
        }
    }

    /// Calls `visit` with the place and the value of every word of some memory that may be a pointer, nil ones left out.
    pub fn words(&self, bytes: &[u8], fields: &Fields<'a>, mut visit: impl FnMut(u64, u64)) {
        for field in fields.clone() {
            let at = self.pointer_of(field);
            let value = self.word(bytes, at);
            if value != 0 {
                visit(at, value);
            }
        }
    }
}

impl<'a> HeapDump<'a> {
    /// The bytes of a span's pages; zeros where it has no object.
    pub fn span_bytes(&self, start: Addr) -> Cow<'a, [u8]> {
        let spans = self.slots.spans();
        let Ok(at) = spans.binary_search_by_key(&start, |span| span.start) else {
            return Cow::Borrowed(&[]);
        };
        let Some(span) = spans.get(at) else {
            return Cow::Borrowed(&[]);
        };
        if span.nelems == 1 {
            return Cow::Borrowed(self.slots.bytes(span.first, span.elemsize));
        }
        let size = usize::try_from(span.elemsize).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size.saturating_mul(span.nelems as usize)];
        let bits = self.slots.bits(span);
        let has = |slot: usize| {
            bits.get(slot / 64)
                .is_some_and(|word| word >> (slot % 64) & 1 != 0)
        };
        let mut number = span.first;
        for (slot, place) in bytes.chunks_exact_mut(size.max(1)).enumerate() {
            if has(slot) {
                let contents = self.slots.bytes(number, span.elemsize);
                if contents.len() == place.len() {
                    place.copy_from_slice(contents);
                }
                number += 1;
            }
        }
        Cow::Owned(bytes)
    }
}
