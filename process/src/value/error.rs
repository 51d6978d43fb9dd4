//! Why a value, or a part of one, could not be had.

use crate::dwarf::NoLocation;
use crate::layout::FieldError;
use crate::memory::ReadError;
use crate::types::TypeError;

/// The reason that stands in the place of a value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// Memory has no such bytes.
    #[error(transparent)]
    Memory(#[from] ReadError),
    /// A field of a runtime structure could not be read.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A register or piece of the variable holds nothing at this point.
    #[error(transparent)]
    Piece(#[from] NoLocation),
    /// No piece of the variable has the bytes.
    #[error("{0}")]
    NoPiece(String),
    /// The type is not known.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// The bytes are there and cannot be what the type says.
    #[error("corrupt: {0}")]
    Corrupt(String),
}
