//! Operators: on constants exactly, on typed values in the width of their type.

use super::ExprError;
use super::ast::Expr;
use super::constant::{self, ArithmeticError, Operands};
use super::eval::{Evaluator, encoded};
use super::operand::{Const, Operand, Storage, What};
use crate::types::{Kind, Shape};
use dumpview_model::value::Standing;

impl Evaluator<'_> {
    pub(super) fn unary(&self, expr: &Expr, op: &str, x: &Expr) -> Result<Operand, ExprError> {
        let operand = self.eval(x)?;
        let fail = |why: ArithmeticError| self.error(expr.at, why.to_string());
        if let What::Const(c) = &operand.what {
            return Ok(Operand::constant(constant::unary(op, c).map_err(fail)?));
        }
        let (ty, known) = self.typed(&operand, x)?;
        let Some(value) = self.scalar(&operand, &known, x)? else {
            return Ok(Operand::value(ty, Storage::Unread));
        };
        let result = constant::unary(op, &value).map_err(fail)?;
        Ok(encoded(ty, &known, result).standing_of(&operand.standing))
    }

    /// `&&` and `||` leave the right side alone when the left one decides.
    pub(super) fn logic(&self, op: &str, a: &Expr, b: &Expr) -> Result<Operand, ExprError> {
        let left = self.eval(a)?;
        let decided = self.boolean(&left, a)?;
        if !self.types_only && decided == (op == "||") {
            return Ok(Operand::constant(Const::Bool(decided)).standing_of(&left.standing));
        }
        let right = self.eval(b)?;
        let result = self.boolean(&right, b)?;
        Ok(Operand::constant(Const::Bool(result))
            .standing_of(&left.standing)
            .standing_of(&right.standing))
    }

    fn boolean(&self, operand: &Operand, expr: &Expr) -> Result<bool, ExprError> {
        let value = if let What::Const(c) = &operand.what {
            Some(c.clone())
        } else {
            let (_, known) = self.typed(operand, expr)?;
            if known.kind != Kind::Bool {
                None
            } else if self.types_only {
                Some(Const::Bool(false))
            } else {
                self.scalar(operand, &known, expr)?
            }
        };
        match value {
            Some(Const::Bool(b)) => Ok(b),
            _ => Err(self.error(
                expr.at,
                format!(
                    "{} is {}, not a bool",
                    self.source(expr),
                    self.name_of(operand)
                ),
            )),
        }
    }

    pub(super) fn binary(
        &self,
        expr: &Expr,
        op: &str,
        a: &Expr,
        b: &Expr,
    ) -> Result<Operand, ExprError> {
        let (left, right) = (self.eval(a)?, self.eval(b)?);
        if matches!(op, "==" | "!=" | "<" | "<=" | ">" | ">=") {
            let result = self.compare(expr, op, (&left, a), (&right, b))?;
            return Ok(Operand::constant(Const::Bool(result))
                .standing_of(&left.standing)
                .standing_of(&right.standing));
        }
        if matches!(op, "<<" | ">>") {
            return self.shift(expr, op, (&left, a), (&right, b));
        }
        let fail = |why: ArithmeticError| self.error(expr.at, why.to_string());
        if let (What::Const(x), What::Const(y)) = (&left.what, &right.what) {
            return Ok(Operand::constant(
                constant::binary(op, x, y, Operands::Untyped).map_err(fail)?,
            ));
        }
        let (left, right) = self.same_type(expr, (&left, a), (&right, b))?;
        let (ty, known) = self.typed(&left, a)?;
        if known.kind == Kind::String {
            if op != "+" {
                return Err(fail(constant::undefined(op, "strings")));
            }
            if self.types_only {
                return Ok(Operand::value(ty, Storage::Unread));
            }
            let bytes = [self.text_of(&left, a)?, self.text_of(&right, b)?].concat();
            return Ok(Operand {
                what: What::Text(ty, bytes.into()),
                standing: Standing::Exact,
            }
            .standing_of(&left.standing)
            .standing_of(&right.standing));
        }
        if !matches!(known.shape, Shape::Scalar) || known.kind == Kind::Bool {
            return Err(fail(constant::undefined(op, known.name.as_str())));
        }
        let (Some(x), Some(y)) = (
            self.scalar(&left, &known, a)?,
            self.scalar(&right, &known, b)?,
        ) else {
            return Ok(Operand::value(ty, Storage::Unread));
        };
        let result = constant::binary(op, &x, &y, Operands::Typed).map_err(fail)?;
        Ok(encoded(ty, &known, result)
            .standing_of(&left.standing)
            .standing_of(&right.standing))
    }

    fn shift(
        &self,
        expr: &Expr,
        op: &str,
        (left, a): (&Operand, &Expr),
        (right, b): (&Operand, &Expr),
    ) -> Result<Operand, ExprError> {
        let fail = |why: ArithmeticError| self.error(expr.at, why.to_string());
        let by = self.integer(right, b)?.unwrap_or(0);
        if let What::Const(c) = &left.what {
            let n = match c {
                Const::Int(n) | Const::Rune(n) => *n,
                other => {
                    return Err(fail(ArithmeticError::CannotShift(
                        other.type_name().to_owned(),
                    )));
                }
            };
            let shifted = constant::shift(op, n, by, None).map_err(fail)?;
            return Ok(Operand::constant(Const::Int(shifted)).standing_of(&right.standing));
        }
        let (ty, known) = self.typed(left, a)?;
        if constant::integer_sign(known.kind).is_none() {
            return Err(fail(ArithmeticError::CannotShift(known.name.clone())));
        }
        let Some(Const::Int(n)) = self.scalar(left, &known, a)? else {
            return Ok(Operand::value(ty, Storage::Unread));
        };
        let bits = u32::try_from(known.size * 8).unwrap_or(64);
        let shifted = constant::shift(op, n, by, Some(bits)).map_err(fail)?;
        Ok(encoded(ty, &known, Const::Int(shifted))
            .standing_of(&left.standing)
            .standing_of(&right.standing))
    }
}
