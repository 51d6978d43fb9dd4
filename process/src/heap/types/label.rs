//! The answer: a label for each object.

use super::plan::TypeId;
use crate::addr::Addr;
use crate::types::TypeRef;
use dumpview_heap::Column;
use rustc_hash::FxHashMap;

/// What an object is, seen from the type of its label.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Role {
    /// One value of the type.
    Value,
    /// An array that slices of the type lie in.
    Backing,
    /// Bytes of strings.
    StringBytes,
    /// Objects below 16 bytes without pointers, several to a slot.
    Tiny,
    /// The header of a map of the type (`hmap`, `maps.Map`).
    MapHeader,
    /// Buckets of a map (to 1.23), or groups (since 1.24).
    MapEntries,
    /// The directory of a map of several tables.
    MapDirectory,
    /// A table of a map.
    MapTable,
    /// What a map with hidden overflow buckets keeps them by.
    MapExtra,
    /// A channel whose elements are of the type, and their buffer when it stands in one piece with it.
    Chan,
    /// The buffer of a channel.
    ChanBuffer,
    /// A function with its captures; [`Label::code`] says which.
    Closure,
}

/// Who says so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Source {
    /// The runtime: an allocation header, a large span's type, a finalizer's or cleanup's function.
    Header,
    /// A package variable, and what follows from its type.
    Variable,
    /// A variable of a frame, and what follows.
    Local,
    /// The type word of an interface whose own place has no known type, and what follows.
    Interface,
}

/// How good the witness is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Strength {
    /// It may be the first field or the head of what is really there, or a look into its middle.
    Part,
    /// The type fills the slot as the allocator would have chosen it.
    Fits,
    /// The runtime's own word.
    Certain,
}

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Label {
    /// What it is of the type.
    pub role: Role,
    /// The type; meaningless for string bytes, tiny blocks and closures.
    pub ty: TypeId,
    /// Entry of a closure's code; else null.
    pub code: Addr,
    /// Who says so.
    pub source: Source,
    /// How good the witness is.
    pub strength: Strength,
}

/// A label by number; labels are few, objects many.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LabelId(pub u32);

/// How many labels are remembered beside the table of all.
const RECENT: usize = 16;

/// The labels of all objects.
#[derive(Debug, Default)]
pub struct Labels {
    /// For each object, 1 + its label's number, or 0.
    of: Column<u32>,
    list: Vec<Label>,
    types: Vec<TypeRef>,
    ids: FxHashMap<Label, u32>,
    /// Labels given of late, by a digit of their type: one after the other mostly has the same few.
    recent: [Option<(Label, u32)>; RECENT],
    names: FxHashMap<u32, String>,
    /// Witnesses that fitted alike and disagreed with the one before.
    pub conflicts: u64,
    /// Witnesses that could not be: a type with pointers in a slot without, or the other way round.
    pub refused: u64,
}

/// Live bytes by who named their type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// By allocation headers and large spans.
    pub header: u64,
    /// From package variables.
    pub variable: u64,
    /// From locals.
    pub local: u64,
    /// From interfaces.
    pub interface: u64,
    /// Not known.
    pub none: u64,
}

impl Share {
    /// Adds an object of that label.
    pub fn add(&mut self, label: Option<&Label>, size: u64) {
        let place = match label.map(|label| label.source) {
            Some(Source::Header) => &mut self.header,
            Some(Source::Variable) => &mut self.variable,
            Some(Source::Local) => &mut self.local,
            Some(Source::Interface) => &mut self.interface,
            None => &mut self.none,
        };
        *place = place.saturating_add(size);
    }

    /// Bytes whose type is known.
    pub const fn typed(&self) -> u64 {
        self.header + self.variable + self.local + self.interface
    }

    /// Known bytes of a hundred.
    pub fn percent(&self) -> f64 {
        let all = self.typed() + self.none;
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let of = |n: u64| n as f64;
        if all == 0 {
            100.0
        } else {
            of(self.typed()) * 100.0 / of(all)
        }
    }
}

impl Labels {
    pub(super) fn for_objects(count: u32) -> Self {
        Self {
            of: Column::filled(0, count as usize),
            ..Self::default()
        }
    }

    /// Settled labels of these parts; `of` has no number beyond `labels`.
    pub(super) fn of_parts(
        of: Column<u32>,
        types: Vec<TypeRef>,
        labels: Vec<(Label, String)>,
        (conflicts, refused): (u64, u64),
    ) -> Self {
        let (list, names): (Vec<_>, Vec<_>) = labels.into_iter().unzip();
        Self {
            of,
            list,
            types,
            names: (0u32..).zip(names).collect(),
            conflicts,
            refused,
            ..Self::default()
        }
    }

    /// For each object, 1 + its label's number, or 0.
    pub(super) const fn numbers(&self) -> &Column<u32> {
        &self.of
    }

    /// The types that labels know by numbers.
    pub(super) fn types(&self) -> &[TypeRef] {
        &self.types
    }

    /// The label of an object; `None` when nothing tells what it is.
    pub fn of(&self, object: u32) -> Option<&Label> {
        self.list.get(self.id(object)?.0 as usize)
    }

    /// The number of an object's label.
    pub fn id(&self, object: u32) -> Option<LabelId> {
        let number = self.of.at(object).checked_sub(1)?;
        Some(LabelId(number))
    }

    /// Every label there is, by number.
    pub fn list(&self) -> &[Label] {
        &self.list
    }

    /// A label in words: `main.Order`, `[]main.Line backing`, `map[string]int entries`, `string bytes`.
    pub fn name(&self, id: LabelId) -> &str {
        self.names.get(&id.0).map_or("?", String::as_str)
    }

    /// The type that labels know by a number.
    pub fn type_ref(&self, ty: TypeId) -> Option<TypeRef> {
        self.types.get(ty.0 as usize).copied()
    }

    /// The number of a label, a new one when it has none.
    fn number(&mut self, label: Label) -> u32 {
        let at = (label.ty.0 as usize + label.role as usize) % RECENT;
        if let Some(Some((recent, id))) = self.recent.get(at)
            && *recent == label
        {
            return *id;
        }
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX - 1);
        let id = *self.ids.entry(label).or_insert_with(|| {
            self.list.push(label);
            next
        });
        if let Some(recent) = self.recent.get_mut(at) {
            *recent = Some((label, id));
        }
        id
    }

    pub(super) fn set(&mut self, object: u32, label: Label) {
        let id = self.number(label);
        self.of.set(object, id + 1);
    }

    /// Ends the labelling: gives each label its words, and keeps the types that they speak of.
    pub(super) fn settle(&mut self, types: Vec<TypeRef>, name: impl Fn(&Label) -> String) {
        self.types = types;
        for (id, label) in (0u32..).zip(&self.list) {
            self.names.insert(id, name(label));
        }
        self.ids = FxHashMap::default();
    }

    /// Bytes by source, of the objects that `wanted` picks, given each object's size.
    pub fn share(&self, sizes: impl Iterator<Item = (u32, u64)>) -> Share {
        let mut share = Share::default();
        for (object, size) in sizes {
            share.add(self.of(object), size);
        }
        share
    }
}
