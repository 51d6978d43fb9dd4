//! Values as JSON has them: a number where it is exact, else what was printed and the range that it means.

use dumpview_parsers::memstats::{Amount, Field, Value};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A number of which digits were not printed, or whose unit has two meanings.
#[derive(Serialize, Clone, PartialEq, Debug, JsonSchema)]
#[schemars(rename = "rounded")]
pub struct Rounded {
    /// As printed.
    pub written: String,
    /// The least that it may be, in the unit of the key.
    pub min: u64,
    /// The most that it may be, in the unit of the key.
    pub max: u64,
}

impl From<Amount> for Rounded {
    fn from(amount: Amount) -> Self {
        let (min, max) = amount.range();
        Self {
            written: amount.to_string(),
            min,
            max,
        }
    }
}

/// A value of a field.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(super) enum Number {
    /// A number.
    Integer(u64),
    /// A share.
    Float(f64),
    /// A flag.
    Bool(bool),
    /// A number that is not exact.
    Rounded(Rounded),
}

impl Number {
    /// Writes a value of a field.
    pub(super) fn serialize_of<S: Serializer>(value: &Value, to: S) -> Result<S::Ok, S::Error> {
        let number = match *value {
            Value::Integer(n) => Self::Integer(n),
            Value::Float(n) => Self::Float(n),
            Value::Bool(b) => Self::Bool(b),
            Value::Amount(amount) => Self::Rounded(amount.into()),
        };
        number.serialize(to)
    }
}

/// Writes a field by its name.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(super) fn name<S: Serializer>(field: &Field, to: S) -> Result<S::Ok, S::Error> {
    field.name().serialize(to)
}
