//! All types that can be named: from DWARF, or from the descriptors when the executable is stripped.
//!
//! Up to Go 1.26 `typelinks` lists the unnamed types that reflection may look for, and everything else worth
//! naming is reachable from them; since 1.27 the descriptors lie back to back and are walked
//! (`runtime/type.go:moduleTypelinks`, `internal/abi.Type.DescriptorSize`).

use super::descriptor::{HEAD, Header};
use super::{Kind, TypeError, TypeModule, TypeRef, Types};
use crate::addr::Addr;
use crate::memory::MemoryExt;
use rustc_hash::{FxHashMap, FxHashSet};

/// More types than this are not walked: the largest known programs have a tenth of it.
const MAX_TYPES: usize = 4 << 20;

/// A type with its full name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ListedType {
    /// Full name.
    pub name: String,
    /// The type.
    pub ty: TypeRef,
}

impl Types<'_> {
    /// Every type that has a name of its own or is spelled in the program, by name, each name once: those of
    /// DWARF, and those that only have a descriptor.
    pub fn all(&self) -> &[ListedType] {
        self.listed.get_or_init(|| {
            let mut all = self.described();
            let dies = self.dwarf().map(|dwarf| dwarf.index().types.as_slice());
            all.extend(
                dies.unwrap_or_default()
                    .iter()
                    .filter(|named| is_source_name(&named.name))
                    .map(|named| ListedType {
                        name: named.name.clone().into_owned(),
                        ty: TypeRef::Die(named.die),
                    }),
            );
            // DIEs sort before descriptors of the same name and stay.
            all.sort_unstable();
            all.dedup_by(|later, first| later.name == first.name);
            all
        })
    }

    fn described(&self) -> Vec<ListedType> {
        self.descriptors()
            .into_iter()
            .map(|header| ListedType {
                name: self.descriptor_name(header.addr),
                ty: TypeRef::Descriptor(header.addr),
            })
            .filter(|listed| is_source_name(&listed.name))
            .collect()
    }

    /// Every descriptor that the linker wrote and that can be found, by address.
    fn descriptors(&self) -> Vec<Header> {
        let mut found = FxHashSet::default();
        let mut waiting = Vec::new();
        for module in &self.modules {
            // A walk that meets damage keeps what it found.
            let _ = match module.descriptors_len {
                Some(len) => self.walk_descriptors(module, len, &mut waiting),
                None => self.type_links(module, &mut waiting),
            };
        }
        while let Some(addr) = waiting.pop() {
            if found.len() >= MAX_TYPES || !found.insert(addr) {
                continue;
            }
            if let Ok(header) = self.header(addr) {
                let _ = self.parts(&header, &mut waiting);
            }
        }
        let mut found: Vec<Header> = found
            .into_iter()
            .filter_map(|addr| self.header(addr).ok())
            .collect();
        found.sort_by_key(|header| header.addr);
        found
    }

    /// The map types by the types of their buckets or groups (`abi.MapType.Group`; `Bucket` up to Go 1.23), which the
    /// compiler makes and which no source names. Named maps share them with the plain one, which is the one given.
    pub(crate) fn maps_by_entries(&self) -> FxHashMap<Addr, TypeRef> {
        let mut maps = FxHashMap::default();
        let mut descriptors = self.descriptors();
        descriptors.retain(|header| header.kind == Kind::Map);
        descriptors.sort_by_key(|header| (header.is_named(), header.addr));
        for header in descriptors {
            if let Ok(entries) = self.memory().ptr(header.at(64)) {
                let map = self.of_descriptor(header.addr);
                maps.entry(entries).or_insert(map);
            }
        }
        maps
    }

    fn type_links(&self, module: &TypeModule, out: &mut Vec<Addr>) -> Result<(), TypeError> {
        let Some((table, count)) = module.typelinks else {
            return Ok(());
        };
        for index in 0..count.min(MAX_TYPES as u64) {
            let offset = self.memory().i32(table.offset(index * 4))?;
            out.extend(self.resolve_offset(module.types, offset));
        }
        Ok(())
    }

    fn walk_descriptors(
        &self,
        module: &TypeModule,
        len: u64,
        out: &mut Vec<Addr>,
    ) -> Result<(), TypeError> {
        let end = module.types.offset(len).min(module.etypes);
        let mut at = module.types.offset(8);
        while at < end && out.len() < MAX_TYPES {
            at = Addr(at.0.next_multiple_of(8));
            let header = self.header(at)?;
            out.push(at);
            at = at.offset(self.descriptor_size(&header)?);
        }
        Ok(())
    }

    /// `internal/abi.Type.DescriptorSize`.
    fn descriptor_size(&self, header: &Header) -> Result<u64, TypeError> {
        let memory = self.memory();
        let base = self.kind_size(header.kind);
        let (uncommon, methods) = if header.is_uncommon() {
            (16, u64::from(memory.u16(header.at(base + 4))?) * 16)
        } else {
            (0, 0)
        };
        let parts = match header.kind {
            Kind::Func => {
                let outputs = memory.u16(header.at(50))? & 0x7fff;
                (u64::from(memory.u16(header.at(48))?) + u64::from(outputs)) * 8
            }
            Kind::Interface => memory.u64(header.at(64))?.min(1 << 24) * 8,
            Kind::Struct => memory.u64(header.at(64))?.min(1 << 24) * 24,
            _ => 0,
        };
        Ok(base + uncommon + methods + parts)
    }

    /// The types a type is made of.
    fn parts(&self, header: &Header, out: &mut Vec<Addr>) -> Result<(), TypeError> {
        let memory = self.memory();
        match header.kind {
            Kind::Pointer | Kind::Slice | Kind::Array | Kind::Chan => {
                out.push(memory.ptr(header.at(HEAD))?);
            }
            Kind::Map => {
                out.push(memory.ptr(header.at(HEAD))?);
                out.push(memory.ptr(header.at(56))?);
            }
            Kind::Struct => {
                for field in self.raw_fields(header)? {
                    out.push(field?.1);
                }
            }
            Kind::Func => {
                let uncommon = if header.is_uncommon() { 16 } else { 0 };
                let types = header.at(self.kind_size(Kind::Func) + uncommon);
                let count = memory.u16(header.at(48))? + (memory.u16(header.at(50))? & 0x7fff);
                for index in 0..u64::from(count) {
                    out.push(memory.ptr(types.offset(index * 8))?);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Leaves out the compiler's own structures: `hash<string,int>`, `noalg.map.group[K]V`, `go.shape.int`.
fn is_source_name(name: &str) -> bool {
    let bare = name.trim_start_matches(['*', '[', ']']);
    let internal = [
        "noalg.",
        "groupReference<",
        "map<",
        "table<",
        "hash<",
        "bucket<",
        "hchan<",
    ];
    let internal = internal.iter().any(|prefix| bare.starts_with(prefix));
    !internal
        && !name.contains("go.shape.")
        && !bare.starts_with("waitq<")
        && !bare.starts_with("sudog<")
        && !name.starts_with(".param")
        && name != "?"
}
