//! A type as its runtime descriptor (`abi.Type`) describes it, read from the process's memory.
//!
//! `internal/abi/type.go`, up to Go 1.20 `runtime/type.go`. The head is the same in Go 1.19–1.27:
//!
//! ```text
//!  0 Size   8 PtrBytes  16 Hash u32  20 TFlag u8  21 Align  22 FieldAlign  23 Kind u8
//! 24 Equal 32 GCData    40 Str NameOff  44 PtrToThis TypeOff   48 what the kind adds
//! ```
//!
//! "Stored directly in the interface word" is bit 0x20 of Kind up to Go 1.25 and bit 0x20 of TFlag since; neither
//! bit had another meaning in the other releases, so both are looked at. Maps differ by release: see
//! [`Types::map_layout_at`]. Types that `reflect` makes at run time are on the heap and are all unnamed, so
//! everything about them but their string is found by pointers, and the string is not needed.

use super::{FieldType, Kind, MapLayout, Shape, Type, TypeError, TypeRef, Types};
use crate::addr::Addr;
use crate::image::GoVersion;
use crate::memory::{Memory, MemoryExt};

/// Size of `abi.Type`; what the kind adds starts here.
pub(super) const HEAD: u64 = 48;
const TFLAG_UNCOMMON: u8 = 1;
const TFLAG_EXTRA_STAR: u8 = 2;
const TFLAG_NAMED: u8 = 4;
/// TFlag and Kind bit: the interface word holds the value.
const DIRECT: u8 = 0x20;
/// A struct with more fields than this is refused: no compiler accepts one.
const MAX_FIELDS: u64 = 1 << 16;
/// A name longer than this is cut.
const MAX_NAME: u64 = 1 << 16;

/// The head of a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) addr: Addr,
    pub(super) size: u64,
    pub(super) kind: Kind,
    tflag: u8,
    raw_kind: u8,
    name_offset: i32,
}

impl Header {
    pub(super) const fn is_direct(&self) -> bool {
        (self.tflag | self.raw_kind) & DIRECT != 0
    }

    pub(super) const fn is_named(&self) -> bool {
        self.tflag & TFLAG_NAMED != 0
    }

    pub(super) const fn is_uncommon(&self) -> bool {
        self.tflag & TFLAG_UNCOMMON != 0
    }

    /// Where what the kind adds stands, `at` bytes from the descriptor's start.
    pub(super) const fn at(&self, at: u64) -> Addr {
        self.addr.offset(at)
    }
}

/// Whether maps are `runtime.hmap`: up to Go 1.23, and by choice in 1.24 and 1.25.
fn has_hmap(version: &GoVersion) -> bool {
    version.minor < 24
        || version.minor < 26 && version.experiments().any(|name| name == "noswissmap")
}

/// A name as `internal/abi.Name` encodes it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) tag: String,
    pub(super) embedded: bool,
}

impl Types<'_> {
    pub(crate) fn memory(&self) -> &dyn Memory {
        &*self.memory
    }

    /// Reads and checks the head of a descriptor.
    pub(super) fn header(&self, addr: Addr) -> Result<Header, TypeError> {
        let refuse = |why| Err(TypeError::NotADescriptor { addr, why });
        if addr.is_null() {
            return refuse("nil");
        }
        if !addr.0.is_multiple_of(8) {
            return refuse("not aligned");
        }
        let head: [u8; 48] = self.memory().array(addr)?;
        let word = |at: usize| {
            let bytes = head.get(at..at + 8).and_then(|b| b.try_into().ok());
            bytes.map_or(0, u64::from_le_bytes)
        };
        let byte = |at: usize| head.get(at).copied().unwrap_or(0);
        let (size, pointer_bytes) = (word(0), word(8));
        let align = byte(21);
        let Some(kind) = Kind::from_abi(byte(23) & 0x1f) else {
            return refuse("its kind is none of Go's");
        };
        if pointer_bytes > size || !pointer_bytes.is_multiple_of(8) {
            return refuse("more pointer bytes than bytes");
        }
        if !align.is_power_of_two() || align > 64 || !size.is_multiple_of(u64::from(align)) {
            return refuse("impossible alignment");
        }
        let name_offset = head.get(40..44).and_then(|b| b.try_into().ok());
        Ok(Header {
            addr,
            size,
            kind,
            tflag: byte(20),
            raw_kind: byte(23),
            name_offset: name_offset.map_or(0, i32::from_le_bytes),
        })
    }

    pub(super) fn read_descriptor(&self, addr: Addr) -> Result<Type, TypeError> {
        let header = self.header(addr)?;
        let memory = self.memory();
        let elem = |at| memory.ptr(header.at(at)).map(TypeRef::Descriptor);
        let shape = match header.kind {
            Kind::String => Shape::String,
            Kind::Array => {
                let (elem, len) = (elem(HEAD)?, memory.u64(header.at(64))?);
                Shape::Array { elem, len }
            }
            Kind::Slice => Shape::Slice { elem: elem(HEAD)? },
            Kind::Pointer => Shape::Pointer {
                elem: Some(elem(HEAD)?),
            },
            Kind::UnsafePointer => Shape::Pointer { elem: None },
            Kind::Func => Shape::Func,
            Kind::Chan => Shape::Chan { elem: elem(HEAD)? },
            Kind::Interface => Shape::Interface {
                empty: memory.u64(header.at(64))? == 0,
            },
            Kind::Struct => Shape::Struct {
                fields: self.fields(&header)?,
            },
            Kind::Map => Shape::Map {
                key: elem(HEAD)?,
                elem: elem(56)?,
                layout: self.map_layout_at(&header)?,
            },
            _ => Shape::Scalar,
        };
        Ok(Type {
            id: TypeRef::Descriptor(addr),
            name: self.descriptor_name(addr),
            size: header.size,
            kind: header.kind,
            shape,
            descriptor: Some(addr),
        })
    }

    fn fields(&self, header: &Header) -> Result<Vec<FieldType>, TypeError> {
        let mut fields = Vec::new();
        for field in self.raw_fields(header)? {
            let (name, ty, offset) = field?;
            let name = self.name_at(name)?;
            fields.push(FieldType {
                name: name.text,
                ty: TypeRef::Descriptor(ty),
                offset,
                embedded: name.embedded,
            });
        }
        Ok(fields)
    }

    /// The tags of the fields of the struct type at a descriptor.
    ///
    /// # Errors
    ///
    /// When the descriptor, or a name in it, cannot be read.
    pub fn field_tags(&self, addr: Addr) -> Result<Vec<String>, TypeError> {
        let header = self.header(addr)?;
        if header.kind != Kind::Struct {
            return Ok(Vec::new());
        }
        self.raw_fields(&header)?
            .map(|field| Ok(self.name_at(field?.0)?.tag))
            .collect()
    }

    /// Name, type and offset of each field of a struct.
    pub(super) fn raw_fields(
        &self,
        header: &Header,
    ) -> Result<impl Iterator<Item = Result<(Addr, Addr, u64), TypeError>>, TypeError> {
        let table = self.memory().ptr(header.at(56))?;
        let count = self.memory().u64(header.at(64))?;
        if count > MAX_FIELDS {
            return Err(TypeError::NotADescriptor {
                addr: header.addr,
                why: "more fields than a struct can have",
            });
        }
        Ok((0..count).map(move |index| {
            let at = table.offset(index * 24);
            Ok((
                self.memory().ptr(at)?,
                self.memory().ptr(at.offset(8))?,
                self.memory().u64(at.offset(16))?,
            ))
        }))
    }

    /// The map layout a descriptor states. Which of three forms it has depends on the release (and on
    /// `GOEXPERIMENT=noswissmap` in 1.24–1.25); the numbers must then agree with each other, else unknown.
    fn map_layout_at(&self, header: &Header) -> Result<MapLayout, TypeError> {
        match &self.version {
            Some(version) if has_hmap(version) => self.hmap(header),
            Some(version) if version.minor < 27 => self.swiss_1_24(header),
            Some(_) => self.swiss_1_27(header),
            None => match self.swiss_1_27(header)? {
                Some(layout) => return Ok(layout),
                None => match self.swiss_1_24(header)? {
                    Some(layout) => return Ok(layout),
                    None => self.hmap(header),
                },
            },
        }
        .map(|layout| layout.unwrap_or(MapLayout::Unknown))
    }

    fn hmap(&self, header: &Header) -> Result<Option<MapLayout>, TypeError> {
        let memory = self.memory();
        let key_slot = u64::from(memory.u8(header.at(80))?);
        let elem_slot = u64::from(memory.u8(header.at(81))?);
        let bucket = u64::from(memory.u16(header.at(82))?);
        let flags = memory.u32(header.at(84))?;
        // tophash, keys, elements, overflow pointer; the pointer may need padding before it.
        let least = 8 + 8 * key_slot + 8 * elem_slot + 8;
        Ok(
            (bucket >= least && bucket < least + 8).then_some(MapLayout::Hmap {
                key_slot,
                elem_slot,
                bucket,
                indirect_key: flags & 1 != 0,
                indirect_elem: flags & 2 != 0,
            }),
        )
    }

    fn swiss_1_24(&self, header: &Header) -> Result<Option<MapLayout>, TypeError> {
        let memory = self.memory();
        let group = memory.u64(header.at(80))?;
        let slot = memory.u64(header.at(88))?;
        let elem_offset = memory.u64(header.at(96))?;
        let flags = memory.u32(header.at(104))?;
        let agrees = slot.checked_mul(8).and_then(|s| s.checked_add(8)) == Some(group);
        Ok((agrees && elem_offset <= slot).then(|| MapLayout::Swiss {
            group,
            keys: 8,
            key_stride: slot,
            elems: 8 + elem_offset,
            elem_stride: slot,
            indirect_key: flags & 4 != 0,
            indirect_elem: flags & 8 != 0,
        }))
    }

    fn swiss_1_27(&self, header: &Header) -> Result<Option<MapLayout>, TypeError> {
        let memory = self.memory();
        let word = |at| memory.u64(header.at(at));
        let (group, keys, key_stride) = (word(80)?, word(88)?, word(96)?);
        let (elems, elem_stride) = (word(104)?, word(112)?);
        let flags = memory.u32(header.at(128))?;
        let end = |start: u64, stride: u64| {
            let last = stride.checked_mul(7).and_then(|all| all.checked_add(start));
            last.filter(|end| *end <= group)
        };
        let agrees =
            keys >= 8 && end(keys, key_stride).is_some() && end(elems, elem_stride).is_some();
        Ok((agrees && elems >= keys).then_some(MapLayout::Swiss {
            group,
            keys,
            key_stride,
            elems,
            elem_stride,
            indirect_key: flags & 4 != 0,
            indirect_elem: flags & 8 != 0,
        }))
    }

    /// The package path of a type that has a name, when its uncommon part states one.
    pub(super) fn package_path(&self, header: &Header) -> Option<String> {
        if !header.is_uncommon() {
            return None;
        }
        let at = header.at(self.kind_size(header.kind));
        let offset = self.memory().i32(at).ok()?;
        let name = self
            .name_at(self.resolve_offset(header.addr, offset)?)
            .ok()?;
        (!name.text.is_empty()).then_some(name.text)
    }

    /// Size of `abi.Type` with what a kind adds; the uncommon part follows.
    pub(super) fn kind_size(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Pointer | Kind::Slice | Kind::Func => 56,
            Kind::Array => 72,
            Kind::Chan => 64,
            Kind::Interface | Kind::Struct => 80,
            Kind::Map => match &self.version {
                Some(version) if has_hmap(version) => 88,
                Some(version) if version.minor < 27 => 112,
                _ => 136,
            },
            _ => HEAD,
        }
    }

    /// An offset (`NameOff`, `TypeOff`) of the module that holds the descriptor `from`, as an address. Types made
    /// by reflect have offsets of another kind (negative, into `runtime.reflectOffs`) and get `None`.
    pub(super) fn resolve_offset(&self, from: Addr, offset: i32) -> Option<Addr> {
        let module = self.module_of(from)?;
        let at = module.types.offset(u64::try_from(offset).ok()?);
        (at < module.etypes).then_some(at)
    }

    /// The string the runtime has for a type, without the extra star; package paths are shortened in it.
    pub(super) fn runtime_string(&self, header: &Header) -> Option<String> {
        let name = self.name_at(self.resolve_offset(header.addr, header.name_offset)?);
        let text = name.ok()?.text;
        let starred = header.tflag & TFLAG_EXTRA_STAR != 0;
        match text.strip_prefix('*') {
            Some(rest) if starred => Some(rest.to_owned()),
            _ => Some(text),
        }
    }

    /// Reads a name: flag byte (2 has a tag, 8 embedded), uvarint length, bytes, and the tag likewise.
    pub(super) fn name_at(&self, addr: Addr) -> Result<Name, TypeError> {
        if addr.is_null() {
            return Ok(Name::default());
        }
        let flags = self.memory().u8(addr)?;
        let (text, after) = self.counted_text(addr.offset(1))?;
        let tag = if flags & 2 != 0 {
            self.counted_text(after)?.0
        } else {
            String::new()
        };
        Ok(Name {
            text,
            tag,
            embedded: flags & 8 != 0,
        })
    }

    fn counted_text(&self, addr: Addr) -> Result<(String, Addr), TypeError> {
        let mut len = 0u64;
        let mut at = addr;
        for shift in [0, 7, 14, 21] {
            let byte = self.memory().u8(at)?;
            at = at.offset(1);
            len |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let bytes = self.memory().bytes(at, len.min(MAX_NAME))?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Ok((text, at.offset(len)));
            }
        }
        Err(TypeError::NotADescriptor {
            addr,
            why: "a name with an impossible length",
        })
    }
}
