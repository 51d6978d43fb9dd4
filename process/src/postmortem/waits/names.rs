//! What an object is called: the package variable or the variable of a waiter's frame that leads to it.
//!
//! Variables are followed by their types, through fields, elements and a few pointers; what is found must be of the object's
//! own type and stand at its very address, so a name is never a guess, though it need not be the only one.

use super::blocked::Blocked;
use super::{Crowd, is_waiting_room};
use crate::addr::Addr;
use crate::dwarf::Location;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::types::{Shape, TypeRef, Types};
use dumpview_model::waits::ObjectKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// Pointers that are followed from a variable.
const MOST_POINTERS: u8 = 3;
/// Elements of an array or a slice that are looked at.
const MOST_ELEMENTS: u64 = 1024;
/// Parts that are looked at for all package variables, and for a frame.
const MOST_PARTS: usize = 400_000;
const MOST_FRAME_PARTS: usize = 4_000;
/// Objects whose waiters' frames are searched: the others are known by their address.
const MOST_BY_FRAME: usize = 64;
/// Calls of a waiter's stack that are searched.
const MOST_CALLS: usize = 6;

/// The type that an object of a kind has.
pub(super) const fn type_name(kind: ObjectKind) -> Option<&'static str> {
    match kind {
        ObjectKind::Mutex => Some("sync.Mutex"),
        ObjectKind::RwMutex => Some("sync.RWMutex"),
        ObjectKind::WaitGroup => Some("sync.WaitGroup"),
        ObjectKind::Cond => Some("sync.Cond"),
        ObjectKind::Once => Some("sync.Once"),
        _ => None,
    }
}

pub(super) fn name(process: &Process<'_>, crowd: &Crowd<'_>, found: &mut Blocked) {
    let mut wanted: FxHashMap<(ObjectKind, Addr), usize> = FxHashMap::default();
    for (index, of) in found.objects.iter().enumerate() {
        let kind = of.object.kind;
        if type_name(kind).is_some() || kind == ObjectKind::Channel {
            wanted.insert((kind, of.addr), index);
        }
    }
    if wanted.is_empty() {
        return;
    }
    let types = process.types();
    let mut finder = Finder::new(process, &wanted, MOST_PARTS);
    let mut variables: Vec<_> = types
        .package_variables(process.arch())
        .filter(|variable| !is_waiting_room(&variable.name))
        .filter_map(|variable| Some((variable.place.ok()?, variable.ty, variable.name)))
        .collect();
    // The program's own first: the budget is for them.
    variables.sort_by_key(|(.., name)| !name.starts_with("main."));
    for (at, ty, name) in variables {
        finder.open.push_back((ty, at, name, 0));
    }
    finder.run();
    let mut names = finder.names;
    let mut order: Vec<usize> = wanted.values().copied().collect();
    order.sort_by_key(|index| {
        let of = found.objects.get(*index);
        (
            of.map(|of| std::cmp::Reverse(of.object.waiters.len())),
            *index,
        )
    });
    let unnamed: Vec<usize> = order
        .into_iter()
        .filter(|index| !names.contains_key(index))
        .take(MOST_BY_FRAME)
        .collect();
    for index in unnamed {
        let Some(of) = found.objects.get(index) else {
            continue;
        };
        let key = (of.object.kind, of.addr);
        let one = std::iter::once((key, index)).collect();
        if let Some(name) = in_frames(process, crowd, of.example, &one, index) {
            names.insert(index, name);
        }
    }
    for (index, name) in names {
        if let Some(of) = found.objects.get_mut(index) {
            of.object.name = Some(name);
        }
    }
}

/// The name of an object in the frames of one of its waiters.
fn in_frames(
    process: &Process<'_>,
    crowd: &Crowd<'_>,
    waiter: usize,
    wanted: &FxHashMap<(ObjectKind, Addr), usize>,
    index: usize,
) -> Option<String> {
    let g = crowd.all.get(waiter)?;
    let at = process.unwound(g);
    let own = at.calls.iter().enumerate();
    let own = own.filter(|(_, call)| !is_waiting_room(&call.name));
    for (number, call) in own.take(MOST_CALLS) {
        let Ok(declared) = process.declared(&at, call) else {
            continue;
        };
        let mut finder = Finder::new(process, wanted, MOST_FRAME_PARTS);
        for variable in declared.variables {
            match &variable.location {
                Some(Location::Memory(start)) => {
                    finder
                        .open
                        .push_back((variable.ty, *start, variable.name.clone(), 0));
                }
                Some(Location::Pieces(pieces)) => {
                    for piece in pieces {
                        let Ok(bytes) = &piece.bytes else {
                            continue;
                        };
                        finder.word_of(variable.ty, piece.offset, bytes, &variable.name);
                    }
                }
                None => {}
            }
        }
        finder.run();
        if let Some(name) = finder.names.remove(&index) {
            return Some(format!("{name} in frame {number} of goroutine {}", g.id.0));
        }
    }
    None
}

/// Values that are looked through for the objects that are wanted.
struct Finder<'f, 'a> {
    process: &'f Process<'a>,
    wanted: &'f FxHashMap<(ObjectKind, Addr), usize>,
    /// Type, place, name, pointers followed.
    open: VecDeque<(TypeRef, Addr, String, u8)>,
    seen: FxHashSet<(Addr, TypeRef)>,
    names: FxHashMap<usize, String>,
    left: usize,
    /// Whether a type can lead to an object, by type.
    leads: FxHashMap<TypeRef, bool>,
}

impl<'f, 'a> Finder<'f, 'a> {
    fn new(
        process: &'f Process<'a>,
        wanted: &'f FxHashMap<(ObjectKind, Addr), usize>,
        left: usize,
    ) -> Self {
        Self {
            process,
            wanted,
            open: VecDeque::new(),
            seen: FxHashSet::default(),
            names: FxHashMap::default(),
            left,
            leads: FxHashMap::default(),
        }
    }

    fn types(&self) -> &'f Types<'a> {
        self.process.types()
    }

    fn run(&mut self) {
        while let Some((ty, at, name, pointers)) = self.open.pop_front() {
            self.value(ty, at, &name, pointers, 0);
            if self.left == 0 || self.names.len() == self.wanted.len() {
                return;
            }
        }
    }

    fn found(&mut self, kind: ObjectKind, at: Addr, name: &str) {
        if let Some(index) = self.wanted.get(&(kind, at)) {
            self.names.entry(*index).or_insert_with(|| name.to_owned());
        }
    }

    /// A pointer or a channel that a part of a variable in registers is.
    fn word_of(&mut self, ty: TypeRef, offset: u64, bytes: &[u8], name: &str) {
        let Ok(known) = self.types().resolve(ty) else {
            return;
        };
        let word = bytes.get(..8).and_then(|word| word.try_into().ok());
        let Some(word) = word.map(u64::from_le_bytes).filter(|_| offset == 0) else {
            return;
        };
        match &known.shape {
            Shape::Pointer { elem: Some(elem) } => {
                self.open.push_back((*elem, Addr(word), name.to_owned(), 1));
            }
            Shape::Chan { .. } => self.found(ObjectKind::Channel, Addr(word), name),
            _ => {}
        }
    }

    /// Whether values of a type have parts that are worth a look: a struct, a pointer, a channel.
    fn leads(&mut self, ty: TypeRef) -> bool {
        if let Some(known) = self.leads.get(&ty) {
            return *known;
        }
        self.leads.insert(ty, false);
        let Ok(known) = self.types().resolve(ty) else {
            return false;
        };
        let leads = match &known.shape {
            Shape::Struct { fields } => {
                is_object(&known.name) || fields.iter().any(|field| self.leads(field.ty))
            }
            Shape::Array { elem, .. } => self.leads(*elem),
            Shape::Pointer { elem: Some(_) } | Shape::Chan { .. } | Shape::Slice { .. } => true,
            _ => false,
        };
        self.leads.insert(ty, leads);
        leads
    }

    fn value(&mut self, ty: TypeRef, at: Addr, name: &str, pointers: u8, depth: u8) {
        if self.left == 0 || depth > 16 || at.is_null() || !self.leads(ty) {
            return;
        }
        self.left -= 1;
        let Ok(known) = self.types().resolve(ty) else {
            return;
        };
        let memory = &*self.process.memory;
        match &known.shape {
            Shape::Struct { fields } => {
                for kind in ObjectKind::ALL {
                    if type_name(*kind) == Some(&*known.name) {
                        self.found(*kind, at, name);
                    }
                }
                for field in fields {
                    let name = format!("{name}.{}", field.name);
                    self.value(
                        field.ty,
                        at.offset(field.offset),
                        &name,
                        pointers,
                        depth + 1,
                    );
                }
            }
            Shape::Array { elem, len } => {
                self.elements(*elem, at, *len, name, pointers, depth);
            }
            Shape::Slice { elem } => {
                let (Ok(start), Ok(len)) = (memory.ptr(at), memory.u64(at.offset(8))) else {
                    return;
                };
                if pointers < MOST_POINTERS && self.seen.insert((start, *elem)) {
                    self.elements(*elem, start, len, name, pointers + 1, depth);
                }
            }
            Shape::Pointer { elem: Some(elem) } => {
                if let Ok(to) = memory.ptr(at)
                    && pointers < MOST_POINTERS
                    && !to.is_null()
                    && self.seen.insert((to, *elem))
                {
                    self.open
                        .push_back((*elem, to, name.to_owned(), pointers + 1));
                }
            }
            Shape::Chan { .. } => {
                if let Ok(to) = memory.ptr(at) {
                    self.found(ObjectKind::Channel, to, name);
                }
            }
            _ => {}
        }
    }

    fn elements(&mut self, elem: TypeRef, at: Addr, len: u64, name: &str, pointers: u8, depth: u8) {
        if !self.leads(elem) {
            return;
        }
        let size = self.types().resolve(elem).map_or(0, |ty| ty.size);
        if size == 0 {
            return;
        }
        for index in 0..len.min(MOST_ELEMENTS) {
            let name = format!("{name}[{index}]");
            self.value(elem, at.offset(index * size), &name, pointers, depth + 1);
        }
    }
}

/// Whether a type is one of those that are waited for.
fn is_object(name: &str) -> bool {
    let mut kinds = ObjectKind::ALL.iter();
    kinds.any(|kind| type_name(*kind) == Some(name))
}
