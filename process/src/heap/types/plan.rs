//! Where in a value of a type pointers are, and what they lead to: worked out once a type.

use crate::addr::Addr;
use crate::types::{FieldType, MapLayout, Shape, Type, TypeRef, Types};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A type by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct TypeId(pub u32);

/// What stands at a place in a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::heap) enum Link {
    /// A pointer to one value.
    Pointer(TypeId),
    /// Pointer, length, capacity.
    Slice(TypeId),
    /// Pointer, length.
    Text,
    /// A pointer to the header of a map of this type.
    Map(TypeId),
    /// A pointer to a channel of these elements.
    Chan(TypeId),
    /// A pointer to a function with its captures.
    Func,
    /// A type word or itab, and a pointer or a value.
    Interface { empty: bool },
    /// As many values of a type, one after the other.
    Array { of: TypeId, count: u64 },
}

/// A type, ready to be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::heap) struct Plan {
    pub size: u64,
    /// Whether a value holds any pointer as the collector sees it; `unsafe.Pointer` counts.
    pub has_pointers: bool,
    /// Objects that pointers to the type lead to may be of a larger one that begins with it: [`Plans::made_as`].
    pub is_head: bool,
    /// By offset.
    pub links: Vec<(u64, Link)>,
    /// Key, element and layout of a map type.
    pub map: Option<(TypeId, TypeId, MapLayout)>,
}

/// What most questions want of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::heap) struct Extent {
    pub size: u64,
    pub has_pointers: bool,
    pub is_head: bool,
    /// How many links there are.
    pub links: usize,
}

impl Plan {
    const fn extent(&self) -> Extent {
        Extent {
            size: self.size,
            has_pointers: self.has_pointers,
            is_head: self.is_head,
            links: self.links.len(),
        }
    }
}

/// Arrays up to this many elements are laid out flat.
const FLAT: u64 = 8;
/// Types nest no deeper; a deeper one is damage.
const DEEPEST: u32 = 32;
/// Parts of one type that are looked at: damaged descriptors may nest small arrays so that no end is in sight.
const MOST_STEPS: u32 = 1 << 18;
/// Links of one type beyond this are left out: no compiler makes a struct with so many fields.
const MOST_LINKS: usize = 1 << 16;

/// Whether [`Plans::made_as`] knows more of a type.
fn is_head(name: &str) -> bool {
    matches!(name, "time.Timer" | "time.Ticker")
        || name.starts_with("internal/sync.node[")
        || name.starts_with("internal/concurrent.node[")
}

/// Types and their plans.
pub(in crate::heap) struct Plans<'t, 'a> {
    types: &'t Types<'a>,
    ids: FxHashMap<TypeRef, TypeId>,
    by_descriptor: FxHashMap<Addr, TypeId>,
    list: Vec<TypeRef>,
    laid: Vec<Option<Arc<Plan>>>,
    /// Parts that may still be looked at for the type that is being laid out.
    steps: u32,
}

impl<'t, 'a> Plans<'t, 'a> {
    pub fn new(types: &'t Types<'a>) -> Self {
        Self {
            types,
            ids: FxHashMap::default(),
            by_descriptor: FxHashMap::default(),
            list: Vec::new(),
            laid: Vec::new(),
            steps: MOST_STEPS,
        }
    }

    /// The number of a type. DWARF and the runtime's descriptor of one type get the same number.
    pub fn id(&mut self, ty: TypeRef) -> TypeId {
        if let Some(known) = self.ids.get(&ty) {
            return *known;
        }
        let descriptor = match ty {
            TypeRef::Descriptor(addr) => Some(addr),
            _ => self.types.resolve(ty).ok().and_then(|ty| ty.descriptor),
        };
        let known = descriptor.and_then(|at| self.by_descriptor.get(&at).copied());
        let id = known.unwrap_or_else(|| {
            let id = TypeId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
            self.list.push(ty);
            self.laid.push(None);
            if let Some(at) = descriptor {
                self.by_descriptor.insert(at, id);
            }
            id
        });
        self.ids.insert(ty, id);
        id
    }

    pub fn type_ref(&self, id: TypeId) -> Option<TypeRef> {
        self.list.get(id.0 as usize).copied()
    }

    /// The types by number.
    pub fn type_refs(&self) -> &[TypeRef] {
        &self.list
    }

    pub fn resolve(&self, id: TypeId) -> Option<Arc<Type>> {
        self.types.resolve(self.type_ref(id)?).ok()
    }

    pub fn name(&self, id: TypeId) -> String {
        self.resolve(id)
            .map_or_else(|| "?".to_owned(), |ty| ty.name.clone())
    }

    /// What most questions want of a type's plan; `None` when the type cannot be read.
    #[inline]
    pub fn extent(&mut self, id: TypeId) -> Option<Extent> {
        if let Some(Some(known)) = self.laid.get(id.0 as usize) {
            return Some(known.extent());
        }
        Some(self.plan(id)?.extent())
    }

    /// A link of a type's plan by its number, and its offset.
    #[inline]
    pub fn link(&self, id: TypeId, number: usize) -> Option<(u64, Link)> {
        let plan = self.laid.get(id.0 as usize)?.as_ref()?;
        plan.links.get(number).copied()
    }

    /// The plan of a type; `None` when the type cannot be read.
    pub fn plan(&mut self, id: TypeId) -> Option<Arc<Plan>> {
        if let Some(Some(known)) = self.laid.get(id.0 as usize) {
            return Some(Arc::clone(known));
        }
        let ty = self.resolve(id)?;
        self.steps = MOST_STEPS;
        let mut plan = Plan {
            size: ty.size,
            has_pointers: false,
            is_head: is_head(&ty.name),
            links: Vec::new(),
            map: None,
        };
        self.lay(&ty, 0, &mut plan, DEEPEST)?;
        if let Shape::Map { key, elem, layout } = &ty.shape {
            plan.map = Some((self.id(*key), self.id(*elem), *layout));
        }
        let plan = Arc::new(plan);
        if let Some(place) = self.laid.get_mut(id.0 as usize) {
            *place = Some(Arc::clone(&plan));
        }
        Some(plan)
    }

    fn lay(&mut self, ty: &Type, at: u64, plan: &mut Plan, deep: u32) -> Option<()> {
        let deep = deep.checked_sub(1)?;
        self.steps = self.steps.checked_sub(1)?;
        if plan.links.len() > MOST_LINKS {
            return None;
        }
        let link = match &ty.shape {
            Shape::Scalar | Shape::Opaque => return Some(()),
            Shape::String => Link::Text,
            Shape::Slice { elem } => Link::Slice(self.id(*elem)),
            Shape::Pointer { elem: Some(elem) } => Link::Pointer(self.id(*elem)),
            Shape::Pointer { elem: None } => {
                plan.has_pointers = true;
                return Some(());
            }
            Shape::Func => Link::Func,
            Shape::Interface { empty } => Link::Interface { empty: *empty },
            Shape::Map { .. } => Link::Map(self.id(ty.id)),
            Shape::Chan { elem } => Link::Chan(self.id(*elem)),
            Shape::Array { elem, len } => {
                let inner = self.types.resolve(*elem).ok()?;
                if *len <= FLAT {
                    for index in 0..*len {
                        self.lay(
                            &inner,
                            at.checked_add(index.checked_mul(inner.size)?)?,
                            plan,
                            deep,
                        )?;
                    }
                    return Some(());
                }
                let of = self.id(*elem);
                let element = self.plan_within(of, &inner, deep)?;
                if !element.has_pointers {
                    return Some(());
                }
                plan.has_pointers = true;
                if element.links.is_empty() {
                    return Some(());
                }
                Link::Array { of, count: *len }
            }
            // What a `sync.Pool` queues: the two words of an interface, put down as pointers (`sync/poolqueue.go`, 1.19–1.27).
            Shape::Struct { .. } if ty.name == "sync.eface" => Link::Interface { empty: true },
            Shape::Struct { fields } => {
                let pointee = self.atomic_pointee(ty, fields);
                for field in fields {
                    if let (Some(of), "v") = (pointee, field.name.as_str()) {
                        plan.has_pointers = true;
                        plan.links
                            .push((at.checked_add(field.offset)?, Link::Pointer(of)));
                        continue;
                    }
                    let inner = self.types.resolve(field.ty).ok()?;
                    self.lay(&inner, at.checked_add(field.offset)?, plan, deep)?;
                }
                return Some(());
            }
        };
        plan.has_pointers = true;
        plan.links.push((at, link));
        Some(())
    }

    /// What an `atomic.Pointer[T]` points at. Its word is an `unsafe.Pointer`, and a field without bytes, `_ [0]*T`, names
    /// the type (`sync/atomic/type.go`, 1.19–1.27).
    fn atomic_pointee(&mut self, ty: &Type, fields: &[FieldType]) -> Option<TypeId> {
        if !ty.name.starts_with("sync/atomic.Pointer[") {
            return None;
        }
        let first = self.types.resolve(fields.first()?.ty).ok()?;
        let Shape::Array { elem, len: 0 } = first.shape else {
            return None;
        };
        let pointer = self.types.resolve(elem).ok()?;
        match pointer.shape {
            Shape::Pointer { elem: Some(to) } => Some(self.id(to)),
            _ => None,
        }
    }

    /// The type that an object really has when a pointer to a value of this type, which stands at its start, leads to
    /// it. `first` is the value's first byte.
    pub fn made_as(&mut self, id: TypeId, first: u8) -> Option<TypeId> {
        let known = self.resolve(id)?;
        let name = known.name.as_str();
        let real = if matches!(name, "time.Timer" | "time.Ticker") {
            // Since 1.23 (`runtime/time.go:newTimer`).
            "runtime.timeTimer".to_owned()
        } else {
            // A node of `sync.Map` (1.24 and later) or `unique` (1.23) is the head of an entry or of the next level, and
            // says which (`internal/sync/hashtriemap.go`, before `internal/concurrent`).
            let arguments = name
                .strip_prefix("internal/sync.node[")
                .or_else(|| name.strip_prefix("internal/concurrent.node["))?;
            let package = name.split_once(".node[")?.0;
            let kind = if first & 1 != 0 { "entry" } else { "indirect" };
            format!("{package}.{kind}[{arguments}")
        };
        let found = self.types.by_name(&real).ok()?;
        Some(self.id(found))
    }

    /// The plan of an array's element, within the depth that is left.
    fn plan_within(&mut self, id: TypeId, ty: &Type, deep: u32) -> Option<Arc<Plan>> {
        if let Some(Some(known)) = self.laid.get(id.0 as usize) {
            return Some(Arc::clone(known));
        }
        let mut plan = Plan {
            size: ty.size,
            has_pointers: false,
            is_head: is_head(&ty.name),
            links: Vec::new(),
            map: None,
        };
        self.lay(ty, 0, &mut plan, deep)?;
        Some(Arc::new(plan))
    }
}
