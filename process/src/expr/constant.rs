//! Arithmetic: exact for untyped constants, cut to the type's width for typed ones.

use super::operand::Const;
use crate::types::{Kind, Type};

/// Shifts of untyped constants beyond this leave the integers we count with.
const MAX_SHIFT: i128 = 126;

/// Why there is no result.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArithmeticError {
    /// The language has no such operation.
    #[error("operator {op} is not defined on {on}")]
    Undefined {
        /// As it is written.
        op: String,
        /// On what, in words.
        on: String,
    },
    /// A divisor of zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A constant beyond what constants can be here.
    #[error("constant overflow")]
    Overflow,
    /// Only integers can be shifted.
    #[error("cannot shift {0}")]
    CannotShift(String),
    /// A negative count.
    #[error("shift by {0}")]
    ShiftBy(i128),
}

/// Whose arithmetic it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operands {
    /// Constants': exact, and an error where it cannot be.
    Untyped,
    /// The machine's: integers wrap around, floats are divided by zero.
    Typed,
}

/// What an operator makes of two constants of one kind.
pub fn binary(
    op: &str,
    a: &Const,
    b: &Const,
    operands: Operands,
) -> Result<Const, ArithmeticError> {
    use Const::{Bool, Complex, Float, Int, Rune, Str};
    Ok(match (op, a, b) {
        ("&&", Bool(a), Bool(b)) => Bool(*a && *b),
        ("||", Bool(a), Bool(b)) => Bool(*a || *b),
        ("+", Str(a), Str(b)) => Str([a.as_slice(), b.as_slice()].concat()),
        (_, Complex(..), Int(_) | Rune(_) | Float(_) | Complex(..))
        | (_, Int(_) | Rune(_) | Float(_), Complex(..)) => complex(op, a, b)?,
        (_, Float(_), Int(_) | Rune(_) | Float(_)) | (_, Int(_) | Rune(_), Float(_)) => {
            let (a, b) = (to_float(a), to_float(b));
            if op == "/" && b == 0.0 && operands == Operands::Untyped {
                return Err(ArithmeticError::DivisionByZero);
            }
            Float(match op {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "/" => a / b,
                _ => return Err(undefined(op, "floats")),
            })
        }
        (_, Int(x) | Rune(x), Int(y) | Rune(y)) => {
            let result = integer(op, *x, *y, operands)?;
            if matches!((a, b), (Int(_), Int(_))) {
                Int(result)
            } else {
                Rune(result)
            }
        }
        _ => {
            let on = format!("{} and {}", a.type_name(), b.type_name());
            return Err(undefined(op, on));
        }
    })
}

pub(super) fn undefined(op: &str, on: impl Into<String>) -> ArithmeticError {
    ArithmeticError::Undefined {
        op: op.to_owned(),
        on: on.into(),
    }
}

fn integer(op: &str, a: i128, b: i128, operands: Operands) -> Result<i128, ArithmeticError> {
    let exact = match op {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        // The low 64 bits of a typed product are right whatever the high ones do.
        "*" if operands == Operands::Typed => Some(a.wrapping_mul(b)),
        "*" => a.checked_mul(b),
        "/" | "%" if b == 0 => return Err(ArithmeticError::DivisionByZero),
        "/" => a.checked_div(b),
        "%" => a.checked_rem(b),
        "&" => Some(a & b),
        "|" => Some(a | b),
        "^" => Some(a ^ b),
        "&^" => Some(a & !b),
        _ => return Err(undefined(op, "integers")),
    };
    exact.ok_or(ArithmeticError::Overflow)
}

fn complex(op: &str, a: &Const, b: &Const) -> Result<Const, ArithmeticError> {
    let ((a, b), (c, d)) = (to_complex(a), to_complex(b));
    let (re, im) = match op {
        "+" => (a + c, b + d),
        "-" => (a - c, b - d),
        "*" => (a * c - b * d, a * d + b * c),
        "/" => {
            let by = c * c + d * d;
            ((a * c + b * d) / by, (b * c - a * d) / by)
        }
        _ => return Err(undefined(op, "complex numbers")),
    };
    Ok(Const::Complex(re, im))
}

/// `a << b` or `a >> b` of a constant, or of a typed integer of `bits` bits.
pub fn shift(op: &str, a: i128, by: i128, bits: Option<u32>) -> Result<i128, ArithmeticError> {
    if by < 0 {
        return Err(ArithmeticError::ShiftBy(by));
    }
    let amount = u32::try_from(by).unwrap_or(u32::MAX);
    match (op, bits) {
        (">>", _) => Ok(a >> amount.min(127)),
        (_, Some(bits)) if amount >= bits => Ok(0),
        (_, Some(_)) => Ok(a.wrapping_shl(amount)),
        (_, None) => {
            let shifted = a.wrapping_shl(amount);
            let fits = by <= MAX_SHIFT && shifted >> amount == a;
            fits.then_some(shifted).ok_or(ArithmeticError::Overflow)
        }
    }
}

/// What an operator before its operand makes of it.
pub fn unary(op: &str, a: &Const) -> Result<Const, ArithmeticError> {
    use Const::{Bool, Complex, Float, Int, Rune};
    Ok(match (op, a) {
        ("!", Bool(b)) => Bool(!b),
        ("+", Int(_) | Rune(_) | Float(_) | Complex(..)) => a.clone(),
        ("-", Int(n)) => Int(n.checked_neg().ok_or(ArithmeticError::Overflow)?),
        ("-", Rune(n)) => Rune(n.checked_neg().ok_or(ArithmeticError::Overflow)?),
        ("-", Float(f)) => Float(-f),
        ("-", Complex(re, im)) => Complex(-re, -im),
        ("^", Int(n)) => Int(!n),
        ("^", Rune(n)) => Rune(!n),
        _ => return Err(undefined(op, a.type_name())),
    })
}

/// The number as a double.
#[expect(
    clippy::cast_precision_loss,
    reason = "Go's conversion rounds the same way"
)]
pub fn to_float(a: &Const) -> f64 {
    match a {
        Const::Int(n) | Const::Rune(n) => *n as f64,
        Const::Float(f) | Const::Complex(f, _) => *f,
        _ => f64::NAN,
    }
}

fn to_complex(a: &Const) -> (f64, f64) {
    match a {
        Const::Complex(re, im) => (*re, *im),
        real => (to_float(real), 0.0),
    }
}

/// Whether a kind is an integer's, and then whether it has a sign.
pub const fn integer_sign(kind: Kind) -> Option<bool> {
    match kind {
        Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => Some(true),
        Kind::Uint | Kind::Uint8 | Kind::Uint16 | Kind::Uint32 | Kind::Uint64 | Kind::Uintptr => {
            Some(false)
        }
        _ => None,
    }
}

/// An integer cut to the width of an integer type, as the machine does; a type of another kind cuts nothing.
pub fn wrap(ty: &Type, n: i128) -> i128 {
    let Some(signed) = integer_sign(ty.kind) else {
        return n;
    };
    let bits = u32::try_from(ty.size.saturating_mul(8)).map_or(64, |bits| bits.clamp(1, 64));
    let unused = 128 - bits;
    if signed {
        (n << unused) >> unused
    } else {
        ((n << unused).cast_unsigned() >> unused).cast_signed()
    }
}

/// A number's bytes as a float of `size` bytes, rounded once: by way of a double an integer would be rounded twice.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "Go's conversion rounds the same way"
)]
fn float_bytes(number: &Const, size: u64) -> Vec<u8> {
    let single = match number {
        Const::Int(n) | Const::Rune(n) => *n as f32,
        other => to_float(other) as f32,
    };
    if size == 4 {
        single.to_le_bytes().to_vec()
    } else {
        to_float(number).to_le_bytes().to_vec()
    }
}

/// A constant's bytes as a value of a scalar type; wraps integers.
pub fn encode(ty: &Type, constant: &Const) -> Option<Vec<u8>> {
    match (ty.kind, constant) {
        (Kind::Bool, Const::Bool(b)) => Some(vec![u8::from(*b)]),
        (kind, Const::Int(n) | Const::Rune(n)) if integer_sign(kind).is_some() => {
            let mut bytes = n.to_le_bytes().to_vec();
            bytes.truncate(usize::try_from(ty.size).ok()?);
            Some(bytes)
        }
        (Kind::Float32 | Kind::Float64, Const::Int(_) | Const::Rune(_) | Const::Float(_)) => {
            Some(float_bytes(constant, ty.size))
        }
        (
            Kind::Complex64 | Kind::Complex128,
            Const::Int(_) | Const::Rune(_) | Const::Float(_) | Const::Complex(..),
        ) => {
            let (re, im) = to_complex(constant);
            let half = ty.size / 2;
            let part = |f| float_bytes(&Const::Float(f), half);
            Some([part(re), part(im)].concat())
        }
        _ => None,
    }
}
