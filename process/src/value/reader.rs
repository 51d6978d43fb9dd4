//! The reader: one typed place in, one tree out, within limits.

use super::{Limits, Place, Sources, ValueError};
use crate::addr::Addr;
use crate::scope::{CaptureSlot, TypeArgument};
use crate::types::{Kind, Shape, Type, TypeRef};
use dumpview_model::value::{
    Address, Data, Field, Float, Origin, Pointee, Reading, Standing, Value, Variable,
};
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::sync::Arc;

/// Calls of the reader inside each other; keeps the stack bounded whatever the limits say.
const MAX_NESTING: usize = 200;

/// How far an error chain is followed below the depth limit.
const MAX_ERRORS: usize = 16;

/// Reads values of one process. Cheap to make; remembers the type names it has used.
pub struct Reader<'r> {
    pub(super) sources: Sources<'r>,
    pub(super) limits: Limits,
    nodes_left: usize,
    /// What all values together may still take.
    total_left: usize,
    nesting: usize,
    errors: usize,
    /// Whether pointers are followed.
    pub(super) follows: bool,
    /// Readings of well-known types inside each other, and what the outermost has looked at so far.
    pub(super) readings: usize,
    pub(super) steps: Cell<usize>,
    /// What is being shown, from the root down: a pointer to one of these is a cycle.
    path: Vec<(Addr, TypeRef)>,
    names: FxHashMap<TypeRef, Arc<str>>,
}

impl<'r> Reader<'r> {
    /// A reader for any number of values; each gets the whole budget.
    pub fn new(sources: Sources<'r>, limits: Limits) -> Self {
        Self {
            sources,
            limits,
            nodes_left: limits.nodes,
            total_left: usize::MAX,
            nesting: 0,
            errors: 0,
            follows: true,
            readings: 0,
            steps: Cell::new(0),
            path: Vec::new(),
            names: FxHashMap::default(),
        }
    }

    /// The same with a budget for all values together; when it is spent, values are read with nothing inside them opened.
    pub const fn within(mut self, total: usize) -> Self {
        self.total_left = total;
        self
    }

    /// Nodes left for the value that is being read.
    pub(super) const fn nodes_left(&self) -> usize {
        self.nodes_left
    }

    /// What is left of it.
    pub const fn left(&self) -> usize {
        self.total_left
    }

    /// The same with another budget of nodes for what is read next.
    pub const fn set_budget(&mut self, nodes: usize) {
        self.limits.nodes = nodes;
    }

    /// Nodes, and text in place of nodes, that the last value took of the budget.
    pub const fn spent(&self) -> usize {
        self.limits.nodes.saturating_sub(self.nodes_left)
    }

    /// The value of type `ty` at `place`. What cannot be had is in the tree, with the reason.
    pub fn read(&mut self, ty: TypeRef, place: Place<'_>) -> Value {
        let budget = self.limits.nodes.min(self.total_left);
        self.nodes_left = budget;
        self.path.clear();
        if let Some(addr) = place.addr() {
            self.path.push((addr, ty));
        }
        let value = self.node(ty, place, 0);
        self.total_left -= budget - self.nodes_left.min(budget);
        value
    }

    /// The value in its own bytes, for places that may hold what is long over: of what pointers lead to only strings are
    /// read, for elements, entries and what is pointed at would be made up.
    pub fn read_unfollowed(&mut self, ty: TypeRef, place: Place<'_>) -> Value {
        self.follows = false;
        let value = self.read(ty, place);
        self.follows = true;
        value
    }

    /// A type's name, shared.
    pub(super) fn name(&mut self, ty: &Type) -> Arc<str> {
        Arc::clone(
            self.names
                .entry(ty.id)
                .or_insert_with(|| ty.name.as_str().into()),
        )
    }

    /// One node of the tree and what hangs below it. Never fails: the failure is the node.
    pub(super) fn node(&mut self, ty: TypeRef, place: Place<'_>, depth: usize) -> Value {
        let known = match self.sources.types.resolve(ty) {
            Ok(known) => known,
            Err(error) => return Value::unreadable("", error),
        };
        let name = self.name(&known);
        self.nodes_left = self.nodes_left.saturating_sub(1);
        if self.nesting >= MAX_NESTING {
            return Value::unreadable(name, "nested too deeply to show");
        }
        self.nesting += 1;
        let read = self.typed(&known, place, depth);
        self.nesting -= 1;
        match read {
            Ok(mut value) => {
                if value.reading.is_none() {
                    value.reading = self.reading(&known, place, &value.data);
                }
                value
            }
            Err(error) => Value::unreadable(name, error),
        }
    }

    /// Takes nodes from the budget for something large that is one node in the tree.
    pub(super) const fn spend(&mut self, nodes: usize) {
        self.nodes_left = self.nodes_left.saturating_sub(nodes);
    }

    /// Whether composites and pointers at this depth may still be entered.
    pub(super) fn may_enter(&self, depth: usize) -> bool {
        depth < self.limits.depth && self.nodes_left > 0
    }

    /// How many of `len` elements to read: each is a node, and what is left of the budget ends them.
    pub(super) fn most_of(&self, len: u64) -> u64 {
        len.min(self.limits.len.min(self.nodes_left) as u64)
    }

    /// How many of `len` elements to read at this depth.
    pub(super) fn room(&self, depth: usize, len: u64) -> u64 {
        if self.may_enter(depth) {
            self.most_of(len)
        } else {
            0
        }
    }

    fn typed(&mut self, ty: &Type, place: Place<'_>, depth: usize) -> Result<Value, ValueError> {
        let memory = self.sources.memory;
        let data = match &ty.shape {
            Shape::Scalar => scalar(ty, place, memory)?,
            Shape::String => return self.string(ty, place),
            Shape::Slice { elem } => return self.slice(ty, *elem, place, depth),
            Shape::Array { elem, len } => self.array(*elem, *len, place, depth)?,
            Shape::Struct { .. } => self.structure(ty, place, depth),
            Shape::Pointer { elem: None } => Data::UnsafePointer(Address(place.word(memory)?)),
            Shape::Pointer { elem: Some(elem) } => {
                let addr = place.ptr(memory)?;
                self.pointer(*elem, addr, depth)
            }
            Shape::Map { .. } | Shape::Chan { .. } | Shape::Func if !self.follows => {
                let addr = place.ptr(memory)?;
                self.pointer(ty.id, addr, depth)
            }
            Shape::Interface { empty } => self.interface(ty, *empty, place, depth)?,
            Shape::Func => self.func(place, depth)?,
            Shape::Chan { elem } => return self.chan(ty, *elem, place, depth),
            Shape::Map { key, elem, layout } => {
                let header = place.ptr(memory)?;
                return self.map(ty, (*key, *elem, *layout), header, depth);
            }
            Shape::Opaque => {
                return Err(ValueError::Corrupt(format!(
                    "nothing is known of this type but its size, {} bytes",
                    ty.size
                )));
            }
        };
        Ok(Value::new(self.name(ty), data))
    }

    fn structure(&mut self, ty: &Type, place: Place<'_>, depth: usize) -> Data {
        let Shape::Struct { fields } = &ty.shape else {
            return Data::Unreadable("not a struct".to_owned());
        };
        let addr = place.addr().map(|a| Address(a.0));
        let shown = super::known::shown_field(ty);
        // Nodes of a struct stand in place and are bounded by the type, so a spent budget does not cut them
        // off half way; the last resort is a hard limit for absurd types.
        let enter = depth < self.limits.depth && (self.nodes_left > 0 || depth < 2);
        let mut shown_at = None;
        let mut values = Vec::new();
        let mut truncated = 0;
        for field in fields {
            let is_shown = shown == Some(field.name.as_str());
            if !(enter || is_shown) || values.len() >= self.limits.nodes {
                truncated += 1;
                continue;
            }
            let at = place.offset(field.offset);
            let value = match super::known::retyped(self.sources.types, ty, field) {
                Some(target) if is_shown => self.node(target, at, depth),
                _ => self.node(field.ty, at, depth + 1),
            };
            if is_shown {
                shown_at = Some(values.len());
            }
            values.push(Field {
                name: field.name.as_str().into(),
                value,
                embedded: field.embedded,
            });
        }
        Data::Struct {
            addr,
            fields: values,
            truncated,
            shown: shown_at,
        }
    }

    fn array(
        &mut self,
        elem: TypeRef,
        len: u64,
        place: Place<'_>,
        depth: usize,
    ) -> Result<Data, ValueError> {
        let size = self.sources.types.resolve(elem)?.size;
        let elements = (0..self.room(depth, len))
            .map(|i| self.node(elem, place.offset(i.wrapping_mul(size)), depth + 1))
            .collect();
        Ok(Data::Array {
            addr: place.addr().map(|a| Address(a.0)),
            len,
            elements,
        })
    }

    /// What a pointer points at, unless it is nil, a cycle, or below the depth limit.
    pub(super) fn pointer(&mut self, elem: TypeRef, addr: Addr, depth: usize) -> Data {
        let pointee = if addr.is_null() || !self.may_enter(depth) || !self.follows {
            Pointee::NotFollowed
        } else if self.path.contains(&(addr, elem)) {
            Pointee::Cycle
        } else {
            // A pointer costs no depth by itself, only a pointer to a pointer does: `**T` chains end too.
            let is_pointer = self
                .sources
                .types
                .resolve(elem)
                .is_ok_and(|t| t.kind == Kind::Pointer);
            self.path.push((addr, elem));
            let value = self.node(elem, Place::Memory(addr), depth + usize::from(is_pointer));
            self.path.pop();
            Pointee::Value(Box::new(value))
        };
        Data::Pointer {
            addr: Address(addr.0),
            pointee,
        }
    }

    fn interface(
        &mut self,
        ty: &Type,
        empty: bool,
        place: Place<'_>,
        depth: usize,
    ) -> Result<Data, ValueError> {
        let memory = self.sources.memory;
        let word = place.ptr(memory)?;
        if word.is_null() {
            return Ok(Data::Interface {
                dynamic_type: None,
                addr: Address(0),
                value: None,
            });
        }
        let descriptor = if empty {
            word
        } else {
            self.sources.itab_type(word)?
        };
        let dynamic = self.sources.types.dynamic(descriptor)?;
        let known = self.sources.types.resolve(dynamic.ty)?;
        let data_place = place.offset(8);
        let data = data_place.ptr(memory)?;
        // An error's chain is what people want to read: it goes on below the depth limit.
        let is_error = ty.name == "error" && self.errors < MAX_ERRORS;
        let inner = if is_error {
            depth.min(self.limits.depth.saturating_sub(1))
        } else {
            depth
        };
        if !self.follows {
            return Ok(Data::Interface {
                dynamic_type: Some(self.name(&known)),
                addr: Address(data.0),
                value: None,
            });
        }
        self.errors += usize::from(is_error);
        let value = if dynamic.direct {
            self.node(dynamic.ty, data_place, inner)
        } else if self.path.contains(&(data, dynamic.ty)) {
            Value::unreadable(self.name(&known), "shown further up (cycle)")
        } else {
            self.path.push((data, dynamic.ty));
            // An interface in an interface costs depth, so that chains of boxes end.
            let is_interface = known.kind == Kind::Interface;
            let value = self.node(
                dynamic.ty,
                Place::Memory(data),
                inner + usize::from(is_interface),
            );
            self.path.pop();
            value
        };
        self.errors -= usize::from(is_error);
        Ok(Data::Interface {
            dynamic_type: Some(self.name(&known)),
            addr: Address(data.0),
            value: Some(Box::new(value)),
        })
    }

    /// Whether an error's chain is being followed: then slices of errors open below the depth limit too.
    pub(super) const fn in_error(&self) -> bool {
        self.errors > 0
    }

    fn func(&mut self, place: Place<'_>, depth: usize) -> Result<Data, ValueError> {
        let memory = self.sources.memory;
        let closure = place.ptr(memory)?;
        if closure.is_null() {
            return Ok(Data::Func {
                addr: Address(0),
                name: None,
                captures: Vec::new(),
            });
        }
        let entry = Place::Memory(closure).ptr(memory)?;
        let name = self.sources.functions.function_name(entry);
        if name.is_none() {
            return Err(ValueError::Corrupt(format!(
                "closure {closure} has code pointer {entry}, where no function is"
            )));
        }
        let captures = if self.may_enter(depth) && !self.path.iter().any(|(a, _)| *a == closure) {
            self.path.push((closure, TypeRef::Descriptor(closure)));
            let captures = self.sources.types.captures(entry);
            let read = captures
                .into_iter()
                .map(|capture| self.capture(&capture, closure, depth))
                .collect();
            self.path.pop();
            read
        } else {
            Vec::new()
        };
        Ok(Data::Func {
            addr: Address(closure.0),
            name,
            captures,
        })
    }

    fn capture(&mut self, capture: &CaptureSlot, closure: Addr, depth: usize) -> Variable {
        let slot = Place::Memory(closure.offset(capture.offset));
        let place = if capture.by_reference {
            slot.ptr(self.sources.memory).map(Place::Memory)
        } else {
            Ok(slot)
        };
        let (ty, is_known) = match capture.argument {
            None => (capture.ty, true),
            Some(argument) => match self.type_argument(argument, capture.ty, closure) {
                Some(real) => (real, true),
                None => (capture.ty, !self.is_pointer(capture.ty)),
            },
        };
        // What a pointer to a type that is not known leads to is not known either.
        let follows = self.follows;
        self.follows = follows && is_known;
        let value = match &place {
            Ok(place) => self.node(ty, *place, depth + 1),
            Err(error) => Value::unreadable("", error),
        };
        self.follows = follows;
        Variable {
            name: capture.name.as_str().into(),
            ty: self
                .sources
                .types
                .resolve(ty)
                .map_or_else(|_| "".into(), |ty| self.name(&ty)),
            value: Some(value),
            standing: Standing::Exact,
            addr: place.ok().and_then(Place::addr).map(|a| Address(a.0)),
            origin: Origin::Capture,
            escaped: capture.by_reference,
        }
        .settled()
    }

    fn is_pointer(&self, ty: TypeRef) -> bool {
        let known = self.sources.types.resolve(ty);
        known.is_ok_and(|ty| ty.kind == Kind::Pointer)
    }

    /// The type that a stand-in stands for in one closure; `None` unless it is one of the same kind and size.
    fn type_argument(
        &self,
        argument: TypeArgument,
        stand_in: TypeRef,
        closure: Addr,
    ) -> Option<TypeRef> {
        let TypeArgument::At { dictionary, index } = argument else {
            return None;
        };
        let memory = self.sources.memory;
        let dictionary = Place::Memory(closure.offset(dictionary)).ptr(memory).ok()?;
        let word = Place::Memory(dictionary.offset(index * 8))
            .ptr(memory)
            .ok()?;
        let real = self.sources.types.dynamic(word).ok()?.ty;
        let (known, shape) = (
            self.sources.types.resolve(real).ok()?,
            self.sources.types.resolve(stand_in).ok()?,
        );
        (known.kind == shape.kind && known.size == shape.size).then_some(real)
    }

    /// How people read it: well-known types, and the names of constants.
    fn reading(&mut self, ty: &Arc<Type>, place: Place<'_>, data: &Data) -> Option<Reading> {
        if let Some(reading) = self.known_reading(ty, place, data) {
            return Some(reading);
        }
        let value = match data {
            Data::Int(n) => *n,
            Data::Uint(n) => n.cast_signed(),
            _ => return None,
        };
        let names = self.sources.types.constant_names(ty, value);
        names.into_iter().next().map(Reading::Name)
    }
}

impl Sources<'_> {
    /// The type word of an itab: `internal/abi.ITab.Type` since Go 1.22, `runtime.itab._type` before.
    pub(crate) fn itab_type(&self, itab: Addr) -> Result<Addr, ValueError> {
        self.ptr_field(
            &[("internal/abi.ITab", "Type"), ("runtime.itab", "_type")],
            itab,
        )
    }
}

/// Booleans, integers, floats and complex numbers.
fn scalar(
    ty: &Type,
    place: Place<'_>,
    memory: &dyn crate::memory::Memory,
) -> Result<Data, ValueError> {
    let float = |at: Place<'_>, size: u64| -> Result<Float, ValueError> {
        let bits = at.uint(memory, size)?;
        Ok(match u32::try_from(bits) {
            Ok(bits) if size == 4 => Float::Single(f32::from_bits(bits)),
            _ => Float::Double(f64::from_bits(bits)),
        })
    };
    Ok(match ty.kind {
        Kind::Bool => match place.uint(memory, 1)? {
            0 => Data::Bool(false),
            1 => Data::Bool(true),
            other => {
                return Err(ValueError::Corrupt(format!("bool holds {other:#x}")));
            }
        },
        Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => {
            Data::Int(place.int(memory, ty.size)?)
        }
        Kind::Uint | Kind::Uint8 | Kind::Uint16 | Kind::Uint32 | Kind::Uint64 | Kind::Uintptr => {
            Data::Uint(place.uint(memory, ty.size)?)
        }
        Kind::Float32 => Data::Float(float(place, 4)?),
        Kind::Float64 => Data::Float(float(place, 8)?),
        Kind::Complex64 => Data::Complex {
            re: float(place, 4)?,
            im: float(place.offset(4), 4)?,
        },
        Kind::Complex128 => Data::Complex {
            re: float(place, 8)?,
            im: float(place.offset(8), 8)?,
        },
        kind => {
            return Err(ValueError::Corrupt(format!(
                "type {} is a scalar of kind {kind:?}",
                ty.name
            )));
        }
    })
}
