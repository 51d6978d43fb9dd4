//! A named value and how far it can be trusted.

use super::{Address, Data, Value};
use std::sync::Arc;

/// How far a shown value can be trusted. Everything but `Exact` comes with a reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// What the program held.
    Exact,
    /// Worked out from the machine code where the compiler's record has lost it, and how.
    Inferred(String),
    /// What was last stored in its place, which the function does not use again.
    Stale(String),
    /// The compiler kept no copy at this point.
    OptimizedOut(String),
    /// It exists, and its bytes or its type cannot be had.
    Unreadable(String),
}

impl Standing {
    /// The word of the JSON contract.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Inferred(_) => "inferred",
            Self::Stale(_) => "stale",
            Self::OptimizedOut(_) => "optimized_out",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// Why it is not exact.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Exact => None,
            Self::Inferred(why)
            | Self::Stale(why)
            | Self::OptimizedOut(why)
            | Self::Unreadable(why) => Some(why),
        }
    }
}

/// What kind of variable it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Declared in the function's body.
    Local,
    /// A parameter, the receiver included.
    Argument,
    /// A result.
    Result,
    /// Captured by a closure.
    Capture,
    /// A package's variable, or the value of an expression.
    Global,
}

impl Origin {
    /// The word of the JSON contract; `None` where the contract has none.
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Local => Some("local"),
            Self::Argument => Some("argument"),
            Self::Result => Some("result"),
            Self::Capture => Some("capture"),
            Self::Global => None,
        }
    }
}

/// The reason of a part that the compiler kept no copy of, in the words of everyone who gives it.
pub const OPTIMIZED_OUT: &str = "optimized out";

/// A variable of a frame, a closure or a package.
#[derive(Clone, PartialEq, Debug)]
pub struct Variable {
    /// As in the source.
    pub name: Arc<str>,
    /// Type as in the source; an escaped variable has the variable's type, not the pointer's.
    pub ty: Arc<str>,
    /// The value; absent when it cannot be shown.
    pub value: Option<Value>,
    /// How far to trust it.
    pub standing: Standing,
    /// Where it lives in memory, when it does.
    pub addr: Option<Address>,
    /// What kind of variable.
    pub origin: Origin,
    /// Lives on the heap, because it escaped.
    pub escaped: bool,
}

impl Variable {
    /// Without a value that could not be had at all: its reason becomes the standing. (A value of which only
    /// parts are missing stays, with the reasons inside.)
    #[must_use]
    pub fn settled(mut self) -> Self {
        if let Some(Value {
            data: Data::Unreadable(why),
            ..
        }) = &self.value
        {
            self.standing = if why == OPTIMIZED_OUT {
                Standing::OptimizedOut("the compiler kept no copy at this point".to_owned())
            } else {
                Standing::Unreadable(why.clone())
            };
            self.value = None;
        }
        self
    }
}
