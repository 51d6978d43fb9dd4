//! `==`, `<` and their kin, by Go's rules.

use super::ExprError;
use super::ast::Expr;
use super::constant;
use super::eval::Evaluator;
use super::operand::{Const, Operand, Storage, What};
use crate::types::{Kind, Shape, Type, TypeRef};
use std::cmp::Ordering;
use std::sync::Arc;

/// Structs and arrays inside each other, and elements, that a comparison looks at.
const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: u64 = 1 << 20;

type Side<'s> = (&'s Operand, &'s Expr);

impl Evaluator<'_> {
    /// Both operands with one type: a constant takes the other side's.
    pub(super) fn same_type(
        &self,
        expr: &Expr,
        (left, a): Side<'_>,
        (right, b): Side<'_>,
    ) -> Result<(Operand, Operand), ExprError> {
        match (&left.what, &right.what) {
            (What::Const(_), What::Const(_)) => Ok((left.clone(), right.clone())),
            (What::Const(_), _) => {
                let (ty, known) = self.typed(right, b)?;
                Ok((
                    self.assignable(left.clone(), (ty, &known), a)?,
                    right.clone(),
                ))
            }
            (_, What::Const(_)) => {
                let (ty, known) = self.typed(left, a)?;
                Ok((
                    left.clone(),
                    self.assignable(right.clone(), (ty, &known), b)?,
                ))
            }
            _ => {
                let (x, y) = (self.typed(left, a)?.1, self.typed(right, b)?.1);
                let mixed = x.kind == Kind::Interface || y.kind == Kind::Interface;
                if x.name != y.name && !mixed {
                    return Err(self.error(
                        expr.at,
                        format!(
                            "mismatched types: {} is {}, {} is {}",
                            self.source(a),
                            x.name,
                            self.source(b),
                            y.name
                        ),
                    ));
                }
                Ok((left.clone(), right.clone()))
            }
        }
    }

    pub(super) fn compare(
        &self,
        expr: &Expr,
        op: &str,
        (left, a): Side<'_>,
        (right, b): Side<'_>,
    ) -> Result<bool, ExprError> {
        if let "==" | "!=" = op {
            let equal = self.equal(expr, (left, a), (right, b))?;
            return Ok(equal == (op == "=="));
        }
        let undefined = |what: String| {
            Err(self.error(expr.at, format!("operator {op} is not defined on {what}")))
        };
        let (left, right) = self.same_type(expr, (left, a), (right, b))?;
        let order = match (self.comparable(&left, a)?, self.comparable(&right, b)?) {
            (Some(x), Some(y)) => match order(&x, &y) {
                Some(order) => order,
                None => return undefined(self.name_of(&left)),
            },
            _ if self.types_only => Some(Ordering::Equal),
            _ => return undefined(self.name_of(&left)),
        };
        // NaN is neither less nor greater.
        Ok(order.is_some_and(|order| match op {
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            _ => order.is_ge(),
        }))
    }

    /// Numbers, bools and strings as constants; `None` for everything else, or when only types are asked for.
    fn comparable(&self, operand: &Operand, x: &Expr) -> Result<Option<Const>, ExprError> {
        if let What::Const(c) = &operand.what {
            return Ok(Some(c.clone()));
        }
        let (_, known) = self.typed(operand, x)?;
        if self.types_only {
            return Ok(None);
        }
        match known.shape {
            Shape::Scalar => self.scalar(operand, &known, x),
            Shape::String => Ok(Some(Const::Str(self.text_of(operand, x)?))),
            _ => Ok(None),
        }
    }

    /// `a == b`
    pub(super) fn equal(
        &self,
        expr: &Expr,
        (left, a): Side<'_>,
        (right, b): Side<'_>,
    ) -> Result<bool, ExprError> {
        let is_nil = |operand: &Operand| matches!(operand.what, What::Const(Const::Nil));
        match (is_nil(left), is_nil(right)) {
            (true, true) => return Err(self.error(expr.at, "operator == is not defined on nil")),
            (true, false) => return self.is_nil(expr, right, b),
            (false, true) => return self.is_nil(expr, left, a),
            _ => {}
        }
        let (left, right) = self.same_type(expr, (left, a), (right, b))?;
        if let (Some(x), Some(y)) = (self.comparable(&left, a)?, self.comparable(&right, b)?) {
            let mismatched = || {
                let (left, right) = (self.name_of(&left), self.name_of(&right));
                self.error(expr.at, format!("mismatched types: {left} and {right}"))
            };
            return same(&x, &y).ok_or_else(mismatched);
        }
        if self.types_only {
            return Ok(false);
        }
        self.equal_values(expr, (&left, a), (&right, b), 0)
    }

    fn is_nil(&self, expr: &Expr, operand: &Operand, x: &Expr) -> Result<bool, ExprError> {
        let (_, known) = self.typed(operand, x)?;
        let nilable = matches!(
            known.kind,
            Kind::Pointer
                | Kind::UnsafePointer
                | Kind::Map
                | Kind::Chan
                | Kind::Func
                | Kind::Slice
                | Kind::Interface
        );
        let What::Value(_, storage) = &operand.what else {
            return Err(self.error(expr.at, format!("{} is never nil", known.name)));
        };
        if !nilable {
            return Err(self.error(expr.at, format!("{} is never nil", known.name)));
        }
        // Of each of them the first word says it.
        Ok(self.pointer_at(storage, x)?.is_null())
    }

    fn equal_values(
        &self,
        expr: &Expr,
        (left, a): Side<'_>,
        (right, b): Side<'_>,
        depth: usize,
    ) -> Result<bool, ExprError> {
        if depth > MAX_DEPTH {
            return Err(self.error(expr.at, "nested too deeply to compare"));
        }
        if let (Some(x), Some(y)) = (self.comparable(left, a)?, self.comparable(right, b)?) {
            return Ok(same(&x, &y) == Some(true));
        }
        let ((_, x), (_, y)) = (self.typed(left, a)?, self.typed(right, b)?);
        if x.kind == Kind::Interface || y.kind == Kind::Interface {
            let (Some(left), Some(right)) = (self.held(left, a)?, self.held(right, b)?) else {
                // Two nil interfaces are equal; a nil one equals no value.
                return Ok(self.held(left, a)?.is_none() && self.held(right, b)?.is_none());
            };
            if self.name_of(&left) != self.name_of(&right) {
                return Ok(false);
            }
            return self.equal_values(expr, (&left, a), (&right, b), depth + 1);
        }
        let (What::Value(_, p), What::Value(_, q)) = (&left.what, &right.what) else {
            return Ok(false);
        };
        let part = |ty: TypeRef, offset: u64| {
            let of = |storage: &Storage| Operand::value(ty, storage.offset(offset));
            self.equal_values(expr, (&of(p), a), (&of(q), b), depth + 1)
        };
        match &x.shape {
            Shape::Struct { fields } => {
                for field in fields.iter().filter(|f| f.name != "_") {
                    if !part(field.ty, field.offset)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Shape::Array { elem, len } => {
                let size = self.known(*elem, a)?.size;
                if *len > MAX_ELEMENTS {
                    return Err(self.error(expr.at, format!("{} is too long to compare", x.name)));
                }
                for index in 0..*len {
                    if !part(*elem, index * size)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Shape::Pointer { .. } | Shape::Chan { .. } => {
                Ok(self.pointer_at(p, a)? == self.pointer_at(q, b)?)
            }
            _ => Err(self.error(expr.at, format!("{} compares with nil only", x.name))),
        }
    }

    /// What an interface holds (`None` when nil); any other operand as it is.
    fn held(&self, operand: &Operand, x: &Expr) -> Result<Option<Operand>, ExprError> {
        let (_, known): (_, Arc<Type>) = self.typed(operand, x)?;
        match (&known.shape, &operand.what) {
            (Shape::Interface { .. }, What::Value(_, storage)) => {
                let held = self.dynamic(&known, storage, x)?;
                Ok(held.map(|(ty, _, place)| Operand::value(ty, place)))
            }
            _ => Ok(Some(operand.clone())),
        }
    }
}

/// Whether two constants are equal; `None` when their kinds never are.
fn same(a: &Const, b: &Const) -> Option<bool> {
    match (a, b) {
        (Const::Bool(a), Const::Bool(b)) => Some(a == b),
        (Const::Complex(re, im), Const::Complex(c, d)) => {
            Some((re, im).partial_cmp(&(c, d)) == Some(Ordering::Equal))
        }
        (Const::Complex(re, im), real) | (real, Const::Complex(re, im)) => {
            order(real, &Const::Int(0))?;
            Some((constant::to_float(real), 0.0).partial_cmp(&(*re, *im)) == Some(Ordering::Equal))
        }
        _ => Some(order(a, b)? == Some(Ordering::Equal)),
    }
}

/// Order of two constants: the outer `None` when they have none, the inner one for NaN.
#[expect(
    clippy::option_option,
    reason = "undefined and unordered are different answers"
)]
fn order(a: &Const, b: &Const) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Const::Str(a), Const::Str(b)) => Some(a.cmp(b)),
        (Const::Int(a) | Const::Rune(a), Const::Int(b) | Const::Rune(b)) => Some(a.cmp(b)),
        (
            Const::Int(_) | Const::Rune(_) | Const::Float(_),
            Const::Int(_) | Const::Rune(_) | Const::Float(_),
        ) => constant::to_float(a).partial_cmp(&constant::to_float(b)),
        _ => return None,
    })
}
