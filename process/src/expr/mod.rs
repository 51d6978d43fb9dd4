//! Expressions over a dead process: `print` and `whatis`.
//!
//! ```text
//! text ─▶ token ─▶ parse ─▶ ast ─▶ eval (select, index, operators, convert, compare, constant) ─▶ a typed place ─▶ value
//! ```
//!
//! Go's own rules, as far as they make sense without a process that runs: precedence, untyped constants, integer
//! widths and overflow, promoted fields, mismatched types. Where a debugger may do more than Go, it does: an integer
//! converts to any pointer, so that an address in some output can be looked at; nothing else is bent.
//!
//! Evaluation is lazy: an operand is a place with a type until its bytes are needed, so `a.b[3].c` reads two
//! pointers and `whatis` reads nothing at all. Names come through [`Scope`], types and memory through
//! [`Sources`]. Every error knows its place in the text.

mod ast;
mod compare;
mod constant;
mod convert;
mod error;
mod eval;
mod frame;
mod index;
mod operand;
mod operators;
mod parse;
mod scope;
mod select;
mod token;

#[cfg(test)]
mod tests;

pub use error::ExprError;
pub use frame::FrameScope;
pub use operand::Storage;
pub use scope::{Global, Local, NameError, Scope};

use crate::types::TypeRef;
use crate::value::{Limits, Reader, Sources};
use dumpview_model::value::{Address, Data, Origin, Pointee, Standing, Value, Variable};
use eval::{Asked, Evaluator};
use operand::{Const, Operand, What};

/// Evaluates expressions in one scope of one process.
#[derive(Clone, Copy)]
pub struct Expressions<'e> {
    /// Memory, types, layouts, functions.
    pub sources: Sources<'e>,
    /// Names.
    pub scope: &'e dyn Scope,
}

impl Expressions<'_> {
    /// The value of an expression; named after it.
    pub fn print(&self, text: &str, limits: Limits) -> Result<Variable, ExprError> {
        let evaluator = Evaluator::new(*self, text, Asked::Value);
        let operand = evaluator.evaluate()?;
        let standing = operand.standing.clone();
        let (value, addr) = match &operand.what {
            What::Type(ty) => {
                let name = evaluator.type_name(*ty);
                return Err(evaluator.error(0, format!("{name} is a type; try whatis")));
            }
            What::Const(constant) => (constant_value(constant), None),
            What::Text(ty, bytes) => {
                let len = bytes.len() as u64;
                let bytes = bytes.to_vec();
                (
                    Value::new(evaluator.type_name(*ty), Data::String { bytes, len }),
                    None,
                )
            }
            What::Value(ty, storage) => {
                let mut reader = Reader::new(self.sources, limits);
                let addr = storage.addr().map(|a| Address(a.0));
                let value = storage.place().map_or_else(
                    || Value::unreadable(evaluator.type_name(*ty), "not read"),
                    |place| reader.read(*ty, place),
                );
                (value, addr)
            }
        };
        Ok(Variable {
            name: text.trim().into(),
            ty: value.ty.clone(),
            value: Some(value),
            standing,
            addr,
            origin: Origin::Global,
            escaped: false,
        }
        .settled())
    }

    /// The type of an expression, found without reading what it would read.
    pub fn whatis(&self, text: &str) -> Result<String, ExprError> {
        let evaluator = Evaluator::new(*self, text, Asked::Type);
        let operand = evaluator.evaluate()?;
        Ok(match &operand.what {
            What::Const(constant) => constant.type_name().to_owned(),
            What::Type(ty) | What::Text(ty, _) | What::Value(ty, _) => evaluator.type_name(*ty),
        })
    }

    /// The typed place an expression leads to, for those that read memory themselves (`x`, heap objects).
    pub fn address(&self, text: &str) -> Result<crate::addr::Addr, ExprError> {
        let evaluator = Evaluator::new(*self, text, Asked::Value);
        let operand = evaluator.evaluate()?;
        evaluator.as_address(&operand)
    }

    /// The address of what the value of an expression consists of: where a pointer, slice, string, map, channel or
    /// function points to, where the value in an interface lies; of any other value in memory, where that stands.
    pub fn target(&self, text: &str) -> Result<crate::addr::Addr, ExprError> {
        let evaluator = Evaluator::new(*self, text, Asked::Value);
        let operand = evaluator.evaluate()?;
        evaluator.as_target(&operand)
    }

    /// The type of an expression's value and where it is; `None` of a constant, a text, a type.
    pub fn place(&self, text: &str) -> Result<Option<(TypeRef, Storage)>, ExprError> {
        let evaluator = Evaluator::new(*self, text, Asked::Value);
        Ok(match evaluator.evaluate()?.what {
            What::Value(ty, storage) => Some((ty, storage)),
            _ => None,
        })
    }

    /// Whether an expression is true or false, found without reading what it would read.
    pub fn is_condition(&self, text: &str) -> Result<bool, ExprError> {
        let evaluator = Evaluator::new(*self, text, Asked::Type);
        let operand = evaluator.evaluate()?;
        Ok(match &operand.what {
            What::Const(constant) => matches!(constant, Const::Bool(_)),
            What::Value(ty, _) => {
                let known = self.sources.types.resolve(*ty);
                known.is_ok_and(|ty| ty.kind == crate::types::Kind::Bool)
            }
            What::Type(_) | What::Text(..) => false,
        })
    }
}

/// A constant as the value of its default type.
fn constant_value(constant: &Const) -> Value {
    let data = match constant {
        Const::Bool(b) => Data::Bool(*b),
        Const::Int(n) | Const::Rune(n) => match (i64::try_from(*n), u64::try_from(*n)) {
            (Ok(n), _) => Data::Int(n),
            (_, Ok(n)) => Data::Uint(n),
            _ => Data::Unreadable("the constant does not fit into 64 bits".to_owned()),
        },
        Const::Float(f) => Data::Float(dumpview_model::value::Float::Double(*f)),
        Const::Complex(re, im) => Data::Complex {
            re: dumpview_model::value::Float::Double(*re),
            im: dumpview_model::value::Float::Double(*im),
        },
        Const::Str(bytes) => Data::String {
            len: bytes.len() as u64,
            bytes: bytes.clone(),
        },
        Const::Nil => Data::Pointer {
            addr: Address(0),
            pointee: Pointee::NotFollowed,
        },
    };
    Value::new(constant.type_name(), data)
}

impl Operand {
    /// An operand as trustworthy as its parts.
    fn standing_of(self, other: &Standing) -> Self {
        let standing = match (&self.standing, other) {
            (Standing::Exact, other) => other.clone(),
            (Standing::Inferred(_), worse) if *worse != Standing::Exact => worse.clone(),
            (own, _) => own.clone(),
        };
        Self { standing, ..self }
    }
}
