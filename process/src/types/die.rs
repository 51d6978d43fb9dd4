//! A type as a DIE describes it.
//!
//! How Go writes types (`cmd/link/internal/ld/dwarf.go:newtype`): `go_kind` on a DIE says what it is, whatever
//! its tag. A named type is a plain typedef over the DIE that carries the attributes; maps, channels and
//! interfaces are typedefs that carry the attributes themselves; a string and a slice are structures. C types
//! (cgo) have no `go_kind` and go by their tag.

use super::{FieldType, Kind, MapLayout, Shape, Type, TypeError, TypeRef, Types};
use crate::addr::Addr;
use crate::dwarf::{
    Attributes, Die, Dwarf, DwarfError, MAX_REFERENCES, UnitEntry, go, malformed, name_text,
    type_name_text,
};
use gimli::constants as dw;

/// A struct with more members than this is cut there; the compiler's own limit is far below.
const MAX_FIELDS: usize = 1 << 16;

/// What resolving one DIE works with.
struct Source<'r, 'a> {
    dwarf: &'r Dwarf<'a>,
    unit: &'r UnitEntry<'a>,
    die: &'r Die<'a>,
    attributes: Attributes<'r, 'a>,
    offset: u64,
    depth: usize,
}

/// Kind, shape and size.
type Made = (Kind, Shape, u64);

impl Types<'_> {
    pub(super) fn read_die(&self, offset: u64, depth: usize) -> Result<Type, TypeError> {
        if depth > MAX_REFERENCES {
            return Err(unexpected(offset, "a type that refers to itself"));
        }
        let dwarf = self.dwarf().ok_or(TypeError::Foreign)?;
        let (unit, die) = dwarf.die(offset)?;
        let source = Source {
            dwarf,
            unit,
            die: &die,
            attributes: Attributes::new(dwarf, unit, &die),
            offset,
            depth,
        };
        let attributes = source.attributes;
        let name = attributes.name().map(type_name_text);
        let go_kind = attributes
            .unsigned(go::KIND)
            .and_then(|number| Kind::from_abi(u8::try_from(number).ok()?));
        let descriptor = self.descriptor_of_die(&source);

        // A plain typedef (or C's const, volatile …) is its target under another name.
        if go_kind.is_none()
            && let dw::DW_TAG_typedef
            | dw::DW_TAG_const_type
            | dw::DW_TAG_volatile_type
            | dw::DW_TAG_restrict_type
            | dw::DW_TAG_atomic_type = die.tag()
            && let Some(target) = attributes.reference(dw::DW_AT_type)
        {
            let target = self.resolve_within(TypeRef::Die(target), depth + 1)?;
            // Typedefs local to a generic function stand for a type parameter; their own name says nothing.
            let name = name.filter(|name| !name.starts_with(".param"));
            return Ok(Type {
                id: TypeRef::Die(offset),
                name: name.unwrap_or_else(|| target.name.clone()),
                size: target.size,
                kind: target.kind,
                shape: target.shape.clone(),
                descriptor: descriptor.or(target.descriptor),
            });
        }

        let (kind, shape, size) = match go_kind {
            Some(kind) => self.go_shape(&source, kind)?,
            None => self.c_shape(&source)?,
        };
        let name = match name {
            Some(name) => name,
            None => self.unnamed(&source, &shape),
        };
        Ok(Type {
            id: TypeRef::Die(offset),
            name,
            size,
            kind,
            shape,
            descriptor,
        })
    }

    /// Address of the descriptor named by `go_runtime_type`, which is an offset from `moduledata.types`
    /// although its form is an address. The `uintptr` DIE of Go up to 1.22 carries an absolute address; such
    /// values lie beyond `etypes` and are dropped.
    fn descriptor_of_die(&self, source: &Source<'_, '_>) -> Option<Addr> {
        let main = self.modules.first()?;
        let offset = source.attributes.unsigned(go::RUNTIME_TYPE)?;
        let within = offset != 0 && offset < main.etypes.since(main.types)?;
        within.then(|| main.types.offset(offset))
    }

    fn go_shape(&self, source: &Source<'_, '_>, kind: Kind) -> Result<Made, TypeError> {
        let attributes = source.attributes;
        let size = attributes.unsigned(dw::DW_AT_byte_size);
        let reference = |at, what| {
            attributes
                .reference(at)
                .map(TypeRef::Die)
                .ok_or_else(|| unexpected(source.offset, what))
        };
        Ok(match kind {
            Kind::String => (kind, Shape::String, 16),
            Kind::Slice => {
                let elem = reference(go::ELEM, "a slice without an element type")?;
                (kind, Shape::Slice { elem }, 24)
            }
            Kind::Array => self.array(source)?,
            Kind::Struct => {
                let fields = source.members()?;
                (kind, Shape::Struct { fields }, size.unwrap_or(0))
            }
            Kind::Pointer => {
                let elem = attributes.reference(dw::DW_AT_type).map(TypeRef::Die);
                (kind, Shape::Pointer { elem }, 8)
            }
            Kind::UnsafePointer => (kind, Shape::Pointer { elem: None }, 8),
            Kind::Func => (kind, Shape::Func, 8),
            Kind::Interface => {
                let words = reference(dw::DW_AT_type, "an interface without its words")?;
                let words = self.resolve_within(words, source.depth + 1)?;
                let empty = words.name == "runtime.eface";
                (kind, Shape::Interface { empty }, 16)
            }
            Kind::Chan => {
                let elem = reference(go::ELEM, "a channel without an element type")?;
                (kind, Shape::Chan { elem }, 8)
            }
            Kind::Map => {
                let key = reference(go::KEY, "a map without a key type")?;
                let elem = reference(go::ELEM, "a map without an element type")?;
                let header = reference(dw::DW_AT_type, "a map without a header")?;
                let sizes = self.size_of(key).zip(self.size_of(elem));
                let layout = sizes
                    .and_then(|(k, e)| self.map_layout(header, k, e, source.depth))
                    .unwrap_or(MapLayout::Unknown);
                (kind, Shape::Map { key, elem, layout }, 8)
            }
            scalar => {
                let size =
                    size.ok_or_else(|| unexpected(source.offset, "a type without a size"))?;
                (scalar, Shape::Scalar, size)
            }
        })
    }

    fn c_shape(&self, source: &Source<'_, '_>) -> Result<Made, TypeError> {
        let attributes = source.attributes;
        let size = attributes.unsigned(dw::DW_AT_byte_size);
        Ok(match source.die.tag() {
            dw::DW_TAG_base_type | dw::DW_TAG_enumeration_type => {
                let size =
                    size.ok_or_else(|| unexpected(source.offset, "a type without a size"))?;
                let encoding = attributes.unsigned(dw::DW_AT_encoding);
                let encoding = encoding.and_then(|e| u8::try_from(e).ok()).map(dw::DwAte);
                match scalar_kind(encoding.unwrap_or(dw::DW_ATE_unsigned), size) {
                    Some(kind) => (kind, Shape::Scalar, size),
                    None => (Kind::Foreign, Shape::Opaque, size),
                }
            }
            // Also the compiler's own structures (`hash<K,V>`), which have go_kind 0 up to Go 1.20.
            dw::DW_TAG_structure_type | dw::DW_TAG_class_type => match size {
                Some(size) => {
                    let fields = source.members()?;
                    (Kind::Struct, Shape::Struct { fields }, size)
                }
                None => (Kind::Foreign, Shape::Opaque, 0),
            },
            dw::DW_TAG_pointer_type | dw::DW_TAG_reference_type => {
                let elem = attributes.reference(dw::DW_AT_type).map(TypeRef::Die);
                let kind = if elem.is_some() {
                    Kind::Pointer
                } else {
                    Kind::UnsafePointer
                };
                (kind, Shape::Pointer { elem }, 8)
            }
            dw::DW_TAG_array_type => self.array(source)?,
            _ => (Kind::Foreign, Shape::Opaque, size.unwrap_or(0)),
        })
    }

    fn array(&self, source: &Source<'_, '_>) -> Result<Made, TypeError> {
        let elem = source
            .attributes
            .reference(dw::DW_AT_type)
            .map(TypeRef::Die)
            .ok_or_else(|| unexpected(source.offset, "an array without an element type"))?;
        // C writes int a[2][3] as one array with two subranges.
        let mut len = 1u64;
        source.children(|child| {
            if child.tag() == dw::DW_TAG_subrange_type {
                let attributes = Attributes::new(source.dwarf, source.unit, child);
                let bound = attributes.unsigned(dw::DW_AT_upper_bound);
                let count = attributes
                    .unsigned(dw::DW_AT_count)
                    .or_else(|| bound?.checked_add(1));
                len = len.saturating_mul(count.unwrap_or(0));
            }
        })?;
        let mut size = source.attributes.unsigned(dw::DW_AT_byte_size);
        if size.is_none() {
            let elem = self.resolve_within(elem, source.depth + 1)?;
            size = elem.size.checked_mul(len);
        }
        let size = size.ok_or_else(|| unexpected(source.offset, "an array larger than memory"))?;
        Ok((Kind::Array, Shape::Array { elem, len }, size))
    }

    /// What to call a DIE without a name: C's pointers and arrays.
    fn unnamed(&self, source: &Source<'_, '_>, shape: &Shape) -> String {
        let of = |elem: TypeRef| {
            self.resolve_within(elem, source.depth + 1)
                .map_or_else(|_| "?".to_owned(), |ty| ty.name.clone())
        };
        match shape {
            Shape::Pointer { elem: Some(elem) } => format!("*{}", of(*elem)),
            Shape::Pointer { elem: None } => "unsafe.Pointer".to_owned(),
            Shape::Array { elem, len } => format!("[{len}]{}", of(*elem)),
            Shape::Struct { .. } => "struct {...}".to_owned(),
            _ => "?".to_owned(),
        }
    }

    /// The layout of a map from the structures DWARF describes for this one map type, which hold for any
    /// release: `hash<K,V>` with its `bucket<K,V>`, or `map<K,V>` with the group its tables refer to. A key or
    /// element is stored as a pointer when its place is smaller than its type.
    ///
    /// Key and element are asked for their size only: `type M map[string]M` is a legal type.
    fn map_layout(&self, header: TypeRef, key: u64, elem: u64, depth: usize) -> Option<MapLayout> {
        let resolve = |id| self.resolve_within(id, depth + 1).ok();
        let target = |id| match resolve(id)?.shape {
            Shape::Pointer { elem } => resolve(elem?),
            _ => None,
        };
        let slot_of = |array: &FieldType| Some(self.size_of(array.ty)? / 8);
        let header = target(header)?;
        if let Some(buckets) = field(&header, "buckets") {
            let bucket = target(buckets.ty)?;
            let values = field(&bucket, "values").or_else(|| field(&bucket, "elems"))?;
            let key_slot = slot_of(field(&bucket, "keys")?)?;
            let elem_slot = slot_of(values)?;
            return Some(MapLayout::Hmap {
                key_slot,
                elem_slot,
                bucket: bucket.size,
                indirect_key: key > key_slot,
                indirect_elem: elem > elem_slot,
            });
        }
        let table = match resolve(field(&header, "dirPtr")?.ty)?.shape {
            Shape::Pointer { elem } => target(elem?)?,
            _ => return None,
        };
        let groups = resolve(field(&table, "groups")?.ty)?;
        let group = target(field(&groups, "data")?.ty)?;
        if let Some(slots) = field(&group, "slots") {
            let Shape::Array { elem: slot, .. } = resolve(slots.ty)?.shape else {
                return None;
            };
            let slot = resolve(slot)?;
            let (key_at, elem_at) = (field(&slot, "key")?, field(&slot, "elem")?);
            return Some(MapLayout::Swiss {
                group: group.size,
                keys: slots.offset + key_at.offset,
                key_stride: slot.size,
                elems: slots.offset + elem_at.offset,
                elem_stride: slot.size,
                indirect_key: key > self.size_of(key_at.ty)?,
                indirect_elem: elem > self.size_of(elem_at.ty)?,
            });
        }
        let (keys, elems) = (field(&group, "keys")?, field(&group, "elems")?);
        let (key_stride, elem_stride) = (slot_of(keys)?, slot_of(elems)?);
        Some(MapLayout::Swiss {
            group: group.size,
            keys: keys.offset,
            key_stride,
            elems: elems.offset,
            elem_stride,
            indirect_key: key > key_stride,
            indirect_elem: elem > elem_stride,
        })
    }

    /// Size of a DIE's type without resolving what it is made of: resolving would come back here in types that
    /// contain themselves, and damaged DWARF could make that branch without end.
    fn size_of(&self, id: TypeRef) -> Option<u64> {
        let TypeRef::Die(mut offset) = id else {
            return None;
        };
        let dwarf = self.dwarf()?;
        for _ in 0..MAX_REFERENCES {
            let (unit, die) = dwarf.die(offset).ok()?;
            let attributes = Attributes::new(dwarf, unit, &die);
            if let Some(size) = attributes.unsigned(dw::DW_AT_byte_size) {
                return Some(size);
            }
            match die.tag() {
                dw::DW_TAG_typedef => offset = attributes.reference(dw::DW_AT_type)?,
                dw::DW_TAG_pointer_type | dw::DW_TAG_subroutine_type => return Some(8),
                _ => return None,
            }
        }
        None
    }
}

impl<'a> Source<'_, 'a> {
    /// The members of a structure; C's bit fields are left out, since no Go type says them.
    fn members(&self) -> Result<Vec<FieldType>, TypeError> {
        let mut fields = Vec::new();
        self.children(|child| {
            if child.tag() != dw::DW_TAG_member || fields.len() >= MAX_FIELDS {
                return;
            }
            let attributes = Attributes::new(self.dwarf, self.unit, child);
            let bit_field = attributes.unsigned(dw::DW_AT_bit_size).is_some();
            if let Some(ty) = attributes.reference(dw::DW_AT_type)
                && !bit_field
            {
                let name = attributes.name().map(name_text).unwrap_or_default();
                fields.push(FieldType {
                    name: name.into_owned(),
                    ty: TypeRef::Die(ty),
                    offset: attributes
                        .unsigned(dw::DW_AT_data_member_location)
                        .unwrap_or(0),
                    embedded: attributes.flag(go::EMBEDDED_FIELD),
                });
            }
        })?;
        Ok(fields)
    }

    /// Calls `each` for every direct child.
    fn children(&self, mut each: impl FnMut(&Die<'a>)) -> Result<(), TypeError> {
        if !self.die.has_children() {
            return Ok(());
        }
        let fail = |error| TypeError::from(malformed(self.offset, error));
        let mut entries = self
            .unit
            .unit
            .entries_raw(Some(self.die.offset()))
            .map_err(fail)?;
        let mut child = Die::null();
        let mut first = true;
        while !entries.is_empty() {
            let depth = entries.next_depth();
            if !first && depth <= 0 {
                break;
            }
            let is_die = entries.read_entry(&mut child).map_err(fail)?;
            if is_die && !first && depth == 1 {
                each(&child);
            }
            first = false;
        }
        Ok(())
    }
}

fn field<'t>(ty: &'t Type, name: &str) -> Option<&'t FieldType> {
    match &ty.shape {
        Shape::Struct { fields } => fields.iter().find(|f| f.name == name),
        _ => None,
    }
}

/// The Go kind with the representation of a C scalar.
const fn scalar_kind(encoding: dw::DwAte, size: u64) -> Option<Kind> {
    Some(match (encoding, size) {
        (dw::DW_ATE_boolean, 1) => Kind::Bool,
        (dw::DW_ATE_signed | dw::DW_ATE_signed_char, 1) => Kind::Int8,
        (dw::DW_ATE_signed, 2) => Kind::Int16,
        (dw::DW_ATE_signed, 4) => Kind::Int32,
        (dw::DW_ATE_signed, 8) => Kind::Int64,
        (dw::DW_ATE_unsigned | dw::DW_ATE_unsigned_char, 1) => Kind::Uint8,
        (dw::DW_ATE_unsigned | dw::DW_ATE_UTF, 2) => Kind::Uint16,
        (dw::DW_ATE_unsigned | dw::DW_ATE_UTF, 4) => Kind::Uint32,
        (dw::DW_ATE_unsigned, 8) => Kind::Uint64,
        (dw::DW_ATE_float, 4) => Kind::Float32,
        (dw::DW_ATE_float, 8) => Kind::Float64,
        (dw::DW_ATE_complex_float, 8) => Kind::Complex64,
        (dw::DW_ATE_complex_float, 16) => Kind::Complex128,
        _ => return None,
    })
}

const fn unexpected(offset: u64, what: &'static str) -> TypeError {
    TypeError::Dwarf(DwarfError::Unexpected { offset, what })
}
