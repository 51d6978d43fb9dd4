//! A made-up process for tests: memory written word by word, types declared on the spot.
//!
//! The layouts are deliberately none of any release, so that a test passes only if fields are read by name.

use super::{FunctionNames, Globals, Limits, Place, Reader, Shared, Sources, TypeSource};
use crate::addr::Addr;
use crate::layout::{Field, LayoutSource, Layouts};
use crate::memory::{CoreMemory, Memory, ReadResult, Region, RegionSource};
use crate::scope::CaptureSlot;
use crate::types::{Dynamic, FieldType, Kind, MapLayout, Shape, Type, TypeError, TypeRef};
use dumpview_model::value::Value;
use dumpview_model::value::text::Style;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Field, offset, size.
type Fields = &'static [(&'static str, u64, u64)];

/// Runtime structures of no release: field, offset, size.
const LAYOUTS: [(&str, Fields); 7] = [
    (
        "runtime.hchan",
        &[
            ("qcount", 8, 8),
            ("dataqsiz", 0, 8),
            ("buf", 24, 8),
            ("elemsize", 16, 2),
            ("closed", 20, 4),
            ("timer", 32, 8),
            ("sendx", 40, 8),
            ("recvx", 48, 8),
            ("recvq.first", 56, 8),
            ("sendq.first", 72, 8),
        ],
    ),
    ("runtime.sudog", &[("next", 16, 8)]),
    (
        "runtime.hmap",
        &[
            ("count", 8, 8),
            ("flags", 0, 1),
            ("B", 1, 1),
            ("buckets", 16, 8),
            ("oldbuckets", 24, 8),
        ],
    ),
    (
        "internal/runtime/maps.Map",
        &[
            ("used", 8, 8),
            ("dirPtr", 0, 8),
            ("dirLen", 16, 8),
            ("globalDepth", 24, 1),
        ],
    ),
    (
        "internal/runtime/maps.table",
        &[
            ("capacity", 0, 2),
            ("localDepth", 2, 1),
            ("groups.data", 8, 8),
            ("groups.lengthMask", 16, 8),
        ],
    ),
    ("internal/abi.ITab", &[("Type", 16, 8)]),
    ("runtime.g", &[("goid", 0, 8)]),
];

/// Memory that counts how often it is read.
pub(crate) struct Counting<'m> {
    memory: CoreMemory<'m>,
    reads: AtomicU64,
}

impl<'m> Counting<'m> {
    pub(crate) const fn new(memory: CoreMemory<'m>) -> Self {
        let reads = AtomicU64::new(0);
        Self { memory, reads }
    }

    /// Reads so far.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

impl Memory for Counting<'_> {
    fn bytes(&self, addr: Addr, len: u64) -> ReadResult<Cow<'_, [u8]>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.memory.bytes(addr, len)
    }

    fn run(&self, addr: Addr, max: u64) -> ReadResult<&[u8]> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.memory.run(addr, max)
    }
}

/// The process under construction.
#[derive(Default)]
pub(crate) struct World {
    regions: BTreeMap<u64, Vec<u8>>,
    types: Mutex<Vec<Arc<Type>>>,
    descriptors: BTreeMap<u64, (TypeRef, bool)>,
    constants: BTreeMap<(String, i64), Vec<String>>,
    functions: BTreeMap<u64, &'static str>,
    variables: BTreeMap<&'static str, u64>,
    captures: BTreeMap<u64, Vec<CaptureSlot>>,
    pub(crate) shared: Shared,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A region of zeros.
    pub(crate) fn map(&mut self, at: u64, len: usize) -> &mut Self {
        self.regions.insert(at, vec![0; len]);
        self
    }

    /// Bytes at an address inside a mapped region.
    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) -> &mut Self {
        // Nothing that was read before holds any more.
        self.shared = Shared::default();
        let (start, region) = self.regions.range_mut(..=at).next_back().unwrap();
        let from = usize::try_from(at - start).unwrap();
        region[from..from + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Words at an address.
    pub(crate) fn words(&mut self, at: u64, words: &[u64]) -> &mut Self {
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        self.put(at, &bytes)
    }

    pub(crate) fn describe(&mut self, at: u64, ty: TypeRef, direct: bool) -> &mut Self {
        self.descriptors.insert(at, (ty, direct));
        self
    }

    pub(crate) fn constant(&mut self, ty: &str, value: i64, name: &str) -> &mut Self {
        let names = self.constants.entry((ty.to_owned(), value)).or_default();
        names.push(name.to_owned());
        self
    }

    pub(crate) fn function(&mut self, entry: u64, name: &'static str, captures: Vec<CaptureSlot>) {
        self.functions.insert(entry, name);
        self.captures.insert(entry, captures);
    }

    pub(crate) fn ty(&self, name: &str, size: u64, kind: Kind, shape: Shape) -> TypeRef {
        let mut types = self.types.lock().unwrap();
        if let Some(known) = types.iter().find(|t| t.name == name && !name.is_empty()) {
            return known.id;
        }
        let id = TypeRef::Made(u32::try_from(types.len()).unwrap());
        types.push(Arc::new(Type {
            id,
            name: name.to_owned(),
            size,
            kind,
            shape,
            descriptor: None,
        }));
        id
    }

    /// A predeclared type, or a named one of a predeclared kind: `scalar("main.Color", "uint8")`.
    pub(crate) fn scalar(&self, name: &str, kind: &str) -> TypeRef {
        let (kind, size) = match kind {
            "bool" => (Kind::Bool, 1),
            "int" => (Kind::Int, 8),
            "int8" => (Kind::Int8, 1),
            "int16" => (Kind::Int16, 2),
            "int32" => (Kind::Int32, 4),
            "int64" => (Kind::Int64, 8),
            "uint" => (Kind::Uint, 8),
            "uint8" => (Kind::Uint8, 1),
            "uint16" => (Kind::Uint16, 2),
            "uint32" => (Kind::Uint32, 4),
            "uint64" => (Kind::Uint64, 8),
            "uintptr" => (Kind::Uintptr, 8),
            "float32" => (Kind::Float32, 4),
            "float64" => (Kind::Float64, 8),
            "complex64" => (Kind::Complex64, 8),
            "complex128" => (Kind::Complex128, 16),
            "string" => return self.ty(name, 16, Kind::String, Shape::String),
            "unsafe.Pointer" => {
                return self.ty(name, 8, Kind::UnsafePointer, Shape::Pointer { elem: None });
            }
            _ => panic!("no kind {kind}"),
        };
        self.ty(name, size, kind, Shape::Scalar)
    }

    /// A predeclared type.
    pub(crate) fn basic(&self, name: &str) -> TypeRef {
        self.scalar(name, name)
    }

    pub(crate) fn get(&self, id: TypeRef) -> Arc<Type> {
        self.resolve(id).unwrap()
    }

    /// A struct; a field's name beginning with `+` is embedded.
    pub(crate) fn structure(&self, name: &str, fields: &[(&str, TypeRef)]) -> TypeRef {
        let (mut offset, mut all) = (0u64, Vec::new());
        for (field, ty) in fields {
            let size = self.get(*ty).size;
            let align = size.clamp(1, 8).next_power_of_two().min(8);
            offset = offset.next_multiple_of(align);
            all.push(FieldType {
                name: field.trim_start_matches('+').to_owned(),
                ty: *ty,
                offset,
                embedded: field.starts_with('+'),
            });
            offset += size;
        }
        self.ty(
            name,
            offset.next_multiple_of(8),
            Kind::Struct,
            Shape::Struct { fields: all },
        )
    }

    /// A struct type whose fields may refer to it: declared first, its fields later.
    pub(crate) fn define(&self, id: TypeRef, defined: TypeRef) {
        let shape = self.get(defined);
        let mut types = self.types.lock().unwrap();
        let TypeRef::Made(index) = id else { panic!() };
        let slot = &mut types[index as usize];
        let known = Type::clone(slot);
        *slot = Arc::new(Type {
            size: shape.size,
            shape: shape.shape.clone(),
            ..known
        });
    }

    pub(crate) fn interface(&self, name: &str, empty: bool) -> TypeRef {
        self.ty(name, 16, Kind::Interface, Shape::Interface { empty })
    }

    pub(crate) fn func(&self, name: &str) -> TypeRef {
        self.ty(name, 8, Kind::Func, Shape::Func)
    }

    pub(crate) fn chan(&self, elem: TypeRef) -> TypeRef {
        let name = format!("chan {}", self.get(elem).name);
        self.ty(&name, 8, Kind::Chan, Shape::Chan { elem })
    }

    pub(crate) fn map_of(&self, key: TypeRef, elem: TypeRef, layout: MapLayout) -> TypeRef {
        let name = format!("map[{}]{}", self.get(key).name, self.get(elem).name);
        self.ty(&name, 8, Kind::Map, Shape::Map { key, elem, layout })
    }

    pub(crate) fn memory(&self) -> CoreMemory<'_> {
        let regions = self.regions.iter().map(|(start, bytes)| Region {
            start: Addr(*start),
            end: Addr(start + bytes.len() as u64),
            source: RegionSource::Core(bytes),
        });
        CoreMemory::new([regions.collect::<Vec<_>>()])
    }

    pub(crate) fn counting(&self) -> Counting<'_> {
        Counting::new(self.memory())
    }

    pub(crate) fn sources<'r>(&'r self, memory: &'r dyn Memory) -> Sources<'r> {
        Sources {
            memory,
            types: self,
            layouts: self,
            functions: self,
            globals: self,
            shared: &self.shared,
        }
    }

    /// The value at an address, within limits.
    pub(crate) fn read_within(&self, ty: TypeRef, at: u64, limits: Limits) -> Value {
        let memory = self.memory();
        Reader::new(self.sources(&memory), limits).read(ty, Place::Memory(Addr(at)))
    }

    /// The value at an address as text.
    pub(crate) fn line(&self, ty: TypeRef, at: u64) -> String {
        Style::default().line(&self.read_within(ty, at, Limits::default()))
    }
}

impl TypeSource for World {
    fn resolve(&self, ty: TypeRef) -> Result<Arc<Type>, TypeError> {
        let TypeRef::Made(index) = ty else {
            return Err(TypeError::Foreign);
        };
        let types = self.types.lock().unwrap();
        types.get(index as usize).cloned().ok_or(TypeError::Foreign)
    }

    fn dynamic(&self, type_word: Addr) -> Result<Dynamic, TypeError> {
        let known = self.descriptors.get(&type_word.0);
        let (ty, direct) = *known.ok_or(TypeError::NotADescriptor {
            addr: type_word,
            why: "outside the type data",
        })?;
        Ok(Dynamic { ty, direct })
    }

    fn by_name(&self, name: &str) -> Result<TypeRef, TypeError> {
        let types = self.types.lock().unwrap();
        let found = types.iter().find(|t| t.name == name).map(|t| t.id);
        found.ok_or_else(|| TypeError::Unknown(name.to_owned()))
    }

    fn predeclared(&self, name: &str) -> Option<TypeRef> {
        const NAMES: [&str; 17] = [
            "bool",
            "int",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "uintptr",
            "float32",
            "float64",
            "complex64",
            "complex128",
            "string",
        ];
        match name {
            "any" => Some(self.interface("interface {}", true)),
            "byte" => Some(self.basic("uint8")),
            "rune" => Some(self.basic("int32")),
            _ => NAMES.contains(&name).then(|| self.basic(name)),
        }
    }

    fn pointer_to(&self, elem: TypeRef) -> TypeRef {
        let name = format!("*{}", self.get(elem).name);
        self.ty(&name, 8, Kind::Pointer, Shape::Pointer { elem: Some(elem) })
    }

    fn slice_of(&self, elem: TypeRef) -> TypeRef {
        let name = format!("[]{}", self.get(elem).name);
        self.ty(&name, 24, Kind::Slice, Shape::Slice { elem })
    }

    fn array_of(&self, elem: TypeRef, len: u64) -> TypeRef {
        let of = self.get(elem);
        let name = format!("[{len}]{}", of.name);
        let size = of.size.saturating_mul(len);
        self.ty(&name, size, Kind::Array, Shape::Array { elem, len })
    }

    fn constant_names(&self, ty: &Type, value: i64) -> Vec<String> {
        let names = self.constants.get(&(ty.name.clone(), value));
        names.cloned().unwrap_or_default()
    }

    fn tags(&self, _ty: &Type) -> Option<Vec<String>> {
        None
    }

    fn captures(&self, entry: Addr) -> Vec<CaptureSlot> {
        self.captures.get(&entry.0).cloned().unwrap_or_default()
    }
}

impl FunctionNames for World {
    fn function_name(&self, pc: Addr) -> Option<Arc<str>> {
        self.functions.get(&pc.0).map(|name| (*name).into())
    }
}

impl Globals for World {
    fn variable(&self, name: &str) -> Option<Addr> {
        self.variables.get(name).map(|at| Addr(*at))
    }

    fn reached(&self) -> Option<i64> {
        Some(1_000_000_000)
    }
}

impl Layouts for World {
    fn field(&self, structure: &str, path: &str) -> Option<Field> {
        let (_, fields) = LAYOUTS.iter().find(|(name, _)| *name == structure)?;
        let (_, offset, size) = fields.iter().find(|(name, ..)| *name == path)?;
        Some(Field {
            offset: *offset,
            size: *size,
        })
    }

    fn size_of(&self, _structure: &str) -> Option<u64> {
        None
    }

    fn constant(&self, _name: &str) -> Option<i64> {
        None
    }

    fn source(&self) -> LayoutSource {
        LayoutSource::Table("none".to_owned())
    }
}
