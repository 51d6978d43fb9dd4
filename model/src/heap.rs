//! What is told of a heap: who keeps the memory, by object, by type, by root.

use crate::value::{Address, Value};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// So many objects of so many bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "heap-amount")]
pub struct Amount {
    /// Objects: allocated slots.
    pub objects: u64,
    /// Bytes of their slots.
    pub bytes: u64,
}

/// What a place of the heap's graph is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, JsonSchema)]
#[schemars(rename = "heap-place-kind")]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// An object.
    Object,
    /// A package variable, or package data whose variable is not known.
    Variable,
    /// A goroutine with its frames.
    Goroutine,
    /// A frame of a goroutine.
    Frame,
    /// Registers of a goroutine that was stopped at any instruction.
    Registers,
    /// The finalizer of an object.
    Finalizer,
    /// The cleanup of an object.
    Cleanup,
    /// What weak pointers know an object by.
    WeakHandle,
    /// Finalizers that are due.
    FinalizerQueue,
    /// Cleanups that are due.
    CleanupQueue,
    /// Blocks that Ps cut tiny objects from.
    TinyBlocks,
}

/// A place of the heap's graph: an object, or a root.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-place")]
pub struct HeapPlace {
    /// What it is.
    pub kind: PlaceKind,
    /// How it is called, as the heap verbs take it: an object's address, `main.cache`, `goroutine 7`,
    /// `goroutine 7 frame 2 main.run`.
    pub name: String,
    /// Of an object: its first byte; of a variable: where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<Address>,
    /// Of an object: what it is, `main.Order`, `[]main.Line backing`; absent where nothing tells.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
    /// Id of the goroutine, of a goroutine, its frames and registers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goroutine: Option<u64>,
    /// Number of the frame, as `bt` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
    /// The package variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
}

impl HeapPlace {
    /// As people read it: an object with its type.
    pub fn title(&self) -> String {
        match (self.kind, &self.ty) {
            (PlaceKind::Object, ty) => {
                format!("{} {}", self.name, ty.as_deref().unwrap_or(UNKNOWN_TYPE))
            }
            _ => self.name.clone(),
        }
    }
}

/// What stands in place of a type that nothing tells.
pub const UNKNOWN_TYPE: &str = "(type not known)";

/// Objects of one key: a type, a package, a root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapTotal {
    /// What they have in common.
    pub key: String,
    /// Objects.
    pub objects: u64,
    /// Bytes of their slots.
    pub bytes: u64,
    /// Bytes that go if all of them go; `None` for garbage, which keeps nothing alive.
    pub retained_bytes: Option<u64>,
    /// All live bytes, of which the retained ones are a part.
    pub of: u64,
}

/// What became of objects of one key (a type, a package, a root) between two moments.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HeapChange {
    /// What they have in common.
    pub key: String,
    /// Live ones of the first moment.
    pub old: Amount,
    /// Live ones of the second.
    pub new: Amount,
    /// What became of them; `None` of different processes.
    pub fates: Option<HeapFates>,
}

/// Objects by what became of them between two moments of one process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "heap-fates")]
pub struct HeapFates {
    /// They live now and were not there before.
    pub born: Amount,
    /// They lived before, and do not now.
    pub died: Amount,
    /// They live now and were there before.
    pub survived: Amount,
    /// Something lives now where something lived before, and whether it is the same cannot be told.
    pub untold: Amount,
}

/// Who keeps the objects of a type that were born between two moments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-growth")]
pub struct HeapGrowth {
    /// Their type.
    #[serde(rename = "type")]
    pub ty: String,
    /// All that were born.
    pub born: Amount,
    /// The root without which they would go, those that keep most first; of what several roots keep only together,
    /// `(kept by several)`.
    pub keepers: Vec<HeapKeeper>,
    /// Those of roots that are not named.
    pub elsewhere: Amount,
}

/// A root, and what it keeps of a growth.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-keeper")]
pub struct HeapKeeper {
    /// The root.
    pub root: String,
    /// So much of what was born.
    pub kept: Amount,
    /// A shortest path to it, as most of it is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<HeapPath>,
}

impl Amount {
    /// One object more.
    pub const fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// A place in the dominator tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapBranch {
    /// How deep below the place that was asked for; 0 is that place.
    pub depth: usize,
    /// What it is.
    pub place: HeapPlace,
    /// Its own bytes; 0 of a root.
    pub bytes: u64,
    /// Bytes that go when it goes.
    pub retained_bytes: u64,
    /// All live bytes.
    pub of: u64,
    /// How many places it immediately dominates.
    pub children: u64,
    /// For a line that stands for several places, of one type or too small to list: how many.
    pub folded: u64,
}

/// Which way a reference goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Direction {
    /// Something refers to the object.
    In,
    /// The object refers to something.
    Out,
}

impl Direction {
    /// The word in JSON and text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// A reference from or to an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapReference {
    /// Which way.
    pub direction: Direction,
    /// The place at the other end.
    pub place: HeapPlace,
    /// The field, element, entry or variable that holds the pointer; `None` where that is not known.
    pub field: Option<String>,
    /// Bytes of the object at the other end; 0 of a root.
    pub bytes: u64,
    /// Bytes that go when the place at the other end goes; `None` for garbage.
    pub retained_bytes: Option<u64>,
}

/// One step of a path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-step")]
pub struct HeapStep {
    /// The object.
    #[serde(flatten)]
    pub place: HeapPlace,
    /// The field of the place before, or the variable, that leads here; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How many of the objects that were asked for are here or beyond.
    pub count: u64,
    /// Bytes that go when it goes; absent for garbage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained_bytes: Option<u64>,
    /// How many steps to objects of the same type follow that are left out: the elements of a list; absent when none do.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A shortest path from a root, shared by some of the objects that were asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-path")]
pub struct HeapPath {
    /// Where it starts.
    pub root: HeapPlace,
    /// How many of the objects that were asked for it leads to.
    pub count: u64,
    /// The objects on it, from the root on.
    pub steps: Vec<HeapStep>,
}

/// A text, or bytes, that are on the heap several times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapCopies {
    /// The first of them.
    pub addr: Address,
    /// What they consist of.
    pub content: Vec<u8>,
    /// Whether strings lead there; else slices of bytes.
    pub is_string: bool,
    /// Bytes of each.
    pub len: u64,
    /// How many there are.
    pub count: u64,
    /// Bytes of all their slots.
    pub bytes: u64,
    /// Bytes that one of them would do without.
    pub wasted_bytes: u64,
}

/// A record of a heap dump.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapRecord {
    /// Where in the file it starts.
    pub offset: u64,
    /// Bytes of it there.
    pub bytes: u64,
    /// What it is, in the words of the format's description.
    pub kind: &'static str,
    /// The address that it is about.
    pub addr: Option<Address>,
    /// Its fields in words.
    pub fields: String,
    /// The first bytes of what it holds, in hex.
    pub hex: String,
}

/// An object that was looked for.
#[derive(Clone, PartialEq, Debug)]
pub struct HeapFound {
    /// Its first byte.
    pub addr: Address,
    /// What it is.
    pub ty: Arc<str>,
    /// Bytes of its slot.
    pub bytes: u64,
    /// Bytes that go when it goes; `None` for garbage.
    pub retained_bytes: Option<u64>,
    /// Its value by its type; `None` for a part that has no value of its own, and where it was not read.
    pub value: Option<Value>,
}
