//! Values of a Go program as a tree, whatever memory they were read from.
//!
//! A reader fills the tree within its limits; views print it ([`text`]) or serialize it ([`json`], the
//! contract of `docs/json.md`). The tree is honest by construction: a part that could not be had is an
//! [`Data::Unreadable`] node with the reason, a part left out is counted in `truncated`, and nothing is ever
//! a made-up zero. Strings stay bytes, because a dead process owes nobody valid UTF-8; they are escaped at
//! the moment they become text ([`quote`]).

pub mod duration;
pub mod float;
pub mod json;
pub mod quote;
mod schema;
pub mod text;
mod variable;

pub use float::Float;
pub use schema::StandingShape;
pub use variable::{OPTIMIZED_OUT, Origin, Standing, Variable};

use std::fmt;
use std::sync::Arc;

/// An address of the dead process; prints and serializes as `0x…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Address(pub u64);

impl Address {
    /// Whether this is the nil pointer.
    pub const fn is_nil(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// One value with its type's name.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    /// Static type as Go prints it, with full import paths. Shared, since elements repeat it.
    pub ty: Arc<str>,
    /// What it holds.
    pub data: Data,
    /// How people read it, where that says more than the data does.
    pub reading: Option<Reading>,
    /// What is not right about it, although it could be shown: a map whose entries disagree with its own
    /// count, a queue that could not be walked to its end.
    pub doubt: Option<String>,
}

/// How people read a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reading {
    /// Says everything the data says: `1.5s`, `2026-11-21T10:00:00Z`, `locked, 2 waiters`.
    Whole(String),
    /// Says in a line what the value is, and not everything: `GET /x HTTP/1.1`. Who asks for the value itself is
    /// shown its fields too.
    Summary(String),
    /// What the value says of itself, where its fields say it too and more: the message of a wrapped error. Shown
    /// with the fields of what was asked for, and not where values stand on one line.
    Beside(String),
    /// A name for the number, shown with it: `main.Blue`.
    Name(String),
}

impl Reading {
    /// The words, for a `text` key.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Whole(text) | Self::Summary(text) | Self::Beside(text) | Self::Name(text) => text,
        }
    }
}

/// What a value holds, by the shape of its type.
#[derive(Clone, PartialEq, Debug)]
pub enum Data {
    /// A bool.
    Bool(bool),
    /// A signed integer of any width.
    Int(i64),
    /// An unsigned integer of any width, `uintptr` included.
    Uint(u64),
    /// A float; knows its width, since that decides how many digits are meant.
    Float(Float),
    /// A complex number.
    Complex {
        /// Real part.
        re: Float,
        /// Imaginary part.
        im: Float,
    },
    /// A string: the bytes that were read, of `len` that there are.
    String {
        /// The first bytes.
        bytes: Vec<u8>,
        /// How long the program's string is.
        len: u64,
    },
    /// A struct.
    Struct {
        /// Where it stands, when it stands in memory.
        addr: Option<Address>,
        /// Fields in declaration order.
        fields: Vec<Field>,
        /// Fields left out (all of them, at the depth limit).
        truncated: u64,
        /// For wrappers (`atomic.Pointer[T]`): the one field that people mean.
        shown: Option<usize>,
    },
    /// An array.
    Array {
        /// Where it stands, when it stands in memory.
        addr: Option<Address>,
        /// Number of elements it has.
        len: u64,
        /// The first elements.
        elements: Vec<Value>,
    },
    /// A slice; nil when `addr` is.
    Slice {
        /// First element's address.
        addr: Address,
        /// Length.
        len: u64,
        /// Capacity.
        cap: u64,
        /// The first elements.
        elements: Vec<Value>,
    },
    /// A pointer; nil when `addr` is.
    Pointer {
        /// What it holds.
        addr: Address,
        /// What is there.
        pointee: Pointee,
    },
    /// An interface; nil when it has no dynamic type.
    Interface {
        /// Dynamic type.
        dynamic_type: Option<Arc<str>>,
        /// The data word: an address, or the value itself for pointer-shaped types.
        addr: Address,
        /// The dynamic value; absent when nil.
        value: Option<Box<Value>>,
    },
    /// A map; nil when `addr` is.
    Map {
        /// The map's header.
        addr: Address,
        /// Entries as the header counts them.
        len: u64,
        /// Entries, sorted by key where keys have an order.
        entries: Vec<(Value, Value)>,
        /// Entries left out.
        truncated: u64,
    },
    /// A channel; nil when `addr` is.
    Chan(Chan),
    /// A func value; nil when `addr` is.
    Func {
        /// The closure object.
        addr: Address,
        /// Name of the function, when the code pointer leads to one.
        name: Option<Arc<str>>,
        /// Captured variables.
        captures: Vec<Variable>,
    },
    /// An `unsafe.Pointer`.
    UnsafePointer(Address),
    /// This part could not be had.
    Unreadable(String),
}

impl Data {
    /// Whether it has parts: then its text begins with its type.
    pub const fn is_composite(&self) -> bool {
        matches!(
            self,
            Self::Struct { .. } | Self::Array { .. } | Self::Slice { .. } | Self::Map { .. }
        )
    }
}

/// A channel.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Chan {
    /// The `hchan`.
    pub addr: Address,
    /// Elements in the buffer.
    pub len: u64,
    /// Size of the buffer.
    pub cap: u64,
    /// Closed.
    pub closed: bool,
    /// Buffered elements, oldest first.
    pub elements: Vec<Value>,
    /// Goroutines waiting to receive; absent when the queue could not be walked.
    pub recv_waiters: Option<u64>,
    /// Goroutines waiting to send; absent when the queue could not be walked.
    pub send_waiters: Option<u64>,
}

/// What a pointer points at.
#[derive(Clone, PartialEq, Debug)]
pub enum Pointee {
    /// Not looked at: nil, or at the depth limit.
    NotFollowed,
    /// Already shown further up.
    Cycle,
    /// This.
    Value(Box<Value>),
}

/// A field of a struct.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// Name; an embedded field has its type's base name.
    pub name: Arc<str>,
    /// What it holds.
    pub value: Value,
    /// Embedded.
    pub embedded: bool,
}

impl Value {
    /// A value without a reading and without doubt.
    pub fn new(ty: impl Into<Arc<str>>, data: Data) -> Self {
        Self {
            ty: ty.into(),
            data,
            reading: None,
            doubt: None,
        }
    }

    /// Stands where a value of type `ty` could not be had.
    pub fn unreadable(ty: impl Into<Arc<str>>, why: impl fmt::Display) -> Self {
        Self::new(ty, Data::Unreadable(why.to_string()))
    }

    /// The `text` of the JSON contract.
    pub fn reading_text(&self) -> Option<&str> {
        self.reading.as_ref().map(Reading::as_str)
    }

    /// The address that it holds, when it is a pointer of some kind and not nil.
    pub const fn leads_to(&self) -> Option<Address> {
        let addr = match &self.data {
            Data::Pointer { addr, .. }
            | Data::Slice { addr, .. }
            | Data::Map { addr, .. }
            | Data::Func { addr, .. }
            | Data::Interface { addr, .. }
            | Data::UnsafePointer(addr) => *addr,
            Data::Chan(chan) => chan.addr,
            _ => return None,
        };
        if addr.is_nil() { None } else { Some(addr) }
    }

    /// Number of nodes in this tree, itself included: what a reader's budget counts.
    pub fn nodes(&self) -> usize {
        let inner: usize = match &self.data {
            Data::Struct { fields, .. } => fields.iter().map(|f| f.value.nodes()).sum(),
            Data::Array { elements, .. } | Data::Slice { elements, .. } => {
                elements.iter().map(Self::nodes).sum()
            }
            Data::Chan(chan) => chan.elements.iter().map(Self::nodes).sum(),
            Data::Pointer {
                pointee: Pointee::Value(value),
                ..
            }
            | Data::Interface {
                value: Some(value), ..
            } => value.nodes(),
            Data::Map { entries, .. } => entries.iter().map(|(k, v)| k.nodes() + v.nodes()).sum(),
            Data::Func { captures, .. } => captures
                .iter()
                .filter_map(|c| c.value.as_ref().map(Self::nodes))
                .sum(),
            _ => 0,
        };
        inner + 1
    }
}
