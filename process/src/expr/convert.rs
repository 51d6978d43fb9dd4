//! `T(x)`, the built-in functions, and constants that take the type of what they meet.

use super::ExprError;
use super::ast::{Expr, ExprKind};
use super::constant::{self, integer_sign};
use super::eval::{Evaluator, encoded};
use super::operand::{Const, Operand, Storage, What};
use crate::types::{Kind, Shape, Type, TypeRef};
use dumpview_model::value::Standing;
use std::sync::Arc;

/// Runes that `string([]rune)` is willing to read.
const MAX_RUNES: u64 = 1 << 20;

/// From here on a number rounds beyond the largest float32: half a unit of its last place above it.
const FLOAT32_OVERFLOWS: f64 = 3.402_823_567_797_336_6e38;

/// Types whose value is one pointer-sized word.
pub fn is_pointer_shaped(ty: &Type) -> bool {
    matches!(
        ty.kind,
        Kind::Pointer | Kind::UnsafePointer | Kind::Map | Kind::Chan | Kind::Func
    )
}

impl Evaluator<'_> {
    /// `f(args)`: a conversion when `f` is a type, else one of the functions that need no running process.
    pub(super) fn call(
        &self,
        expr: &Expr,
        f: &Expr,
        arguments: &[Expr],
    ) -> Result<Operand, ExprError> {
        if let Some(ty) = self.as_type(f) {
            let [x] = arguments else {
                return Err(self.error(expr.at, "a conversion takes one operand"));
            };
            return self.convert(expr, ty?, x);
        }
        if let ExprKind::Name(name) = &f.kind
            && self.on.scope.local(name).is_none()
        {
            match (name.as_str(), arguments) {
                ("len" | "cap", [x]) => return self.length(expr, name, x),
                ("real" | "imag", [x]) => return self.part(name, x),
                ("len" | "cap" | "real" | "imag", _) => {
                    return Err(self.error(expr.at, format!("{name} takes one operand")));
                }
                _ => {}
            }
        }
        // `main.T(x)` with a name that is nothing at all: say what is unknown, not that it cannot be called.
        let called = self.eval(f).map(|f| self.name_of(&f));
        match called {
            Ok(_) => Err(self.error(
                expr.at,
                format!("{} cannot be called: the process is dead", self.source(f)),
            )),
            Err(error) => Err(self.error(
                error.at,
                format!(
                    "{} (and functions of a dead process cannot be called)",
                    error.message
                ),
            )),
        }
    }

    /// `real(x)` and `imag(x)`.
    fn part(&self, name: &str, x: &Expr) -> Result<Operand, ExprError> {
        let operand = self.eval(x)?;
        let pick = |c: &Const| match (c, name) {
            (Const::Complex(re, _), "real") => Some(*re),
            (Const::Complex(_, im), _) => Some(*im),
            (Const::Int(_) | Const::Rune(_) | Const::Float(_), "real") => {
                Some(constant::to_float(c))
            }
            (Const::Int(_) | Const::Rune(_) | Const::Float(_), _) => Some(0.0),
            _ => None,
        };
        let undefined = || {
            self.error(
                x.at,
                format!("{name} is not defined on {}", self.name_of(&operand)),
            )
        };
        if let What::Const(c) = &operand.what {
            return pick(c)
                .map(|f| Operand::constant(Const::Float(f)))
                .ok_or_else(undefined);
        }
        let (_, known) = self.typed(&operand, x)?;
        let float = match known.kind {
            Kind::Complex64 => self.predeclared("float32", x)?,
            Kind::Complex128 => self.predeclared("float64", x)?,
            _ => return Err(undefined()),
        };
        match self.scalar(&operand, &known, x)? {
            None => Ok(Operand::value(float, Storage::Unread)),
            Some(c) => {
                let known = self.known(float, x)?;
                let part = pick(&c).ok_or_else(undefined)?;
                Ok(encoded(float, &known, Const::Float(part)).standing_of(&operand.standing))
            }
        }
    }

    /// `T(x)`: Go's conversions, and from any integer to any pointer.
    fn convert(&self, expr: &Expr, ty: TypeRef, x: &Expr) -> Result<Operand, ExprError> {
        let operand = self.eval(x)?;
        let to = self.known(ty, expr)?;
        let converted = match &operand.what {
            What::Const(c) => self.convert_constant(x, (ty, &to), c)?,
            What::Text(_, bytes) if to.kind == Kind::String => Operand {
                what: What::Text(ty, Arc::clone(bytes)),
                standing: Standing::Exact,
            },
            What::Text(..) => {
                return Err(self.error(
                    x.at,
                    format!("a computed string does not convert to {}", to.name),
                ));
            }
            What::Value(from, storage) => self.convert_value(expr, x, (ty, &to), *from, storage)?,
            What::Type(_) => {
                return Err(self.error(
                    x.at,
                    format!("{} is a type, a value was expected", self.source(x)),
                ));
            }
        };
        Ok(converted.standing_of(&operand.standing))
    }

    fn convert_constant(
        &self,
        x: &Expr,
        (ty, to): (TypeRef, &Type),
        c: &Const,
    ) -> Result<Operand, ExprError> {
        match c {
            Const::Int(n) | Const::Rune(n) if is_pointer_shaped(to) => {
                let word = u64::try_from(*n)
                    .map_err(|_| self.error(x.at, format!("{n} is no address")))?;
                Ok(Operand::value(ty, self.computed(Storage::words(&[word]))))
            }
            Const::Int(n) | Const::Rune(n) if to.kind == Kind::String => {
                let c = u32::try_from(*n).ok().and_then(char::from_u32);
                let text = c.unwrap_or(char::REPLACEMENT_CHARACTER).to_string();
                Ok(Operand {
                    what: What::Text(ty, text.into_bytes().into()),
                    standing: Standing::Exact,
                })
            }
            // Of a literal that is written with a fraction, Go wants one that vanishes.
            _ => self.represent(x, (ty, to), c),
        }
    }

    /// A constant as a value of a type that can hold it exactly (floats: nearly).
    pub(super) fn represent(
        &self,
        x: &Expr,
        (ty, to): (TypeRef, &Type),
        c: &Const,
    ) -> Result<Operand, ExprError> {
        let fail = |why: &str| {
            Err(self.error(
                x.at,
                format!("{} ({}) {why} {}", self.source(x), c.type_name(), to.name),
            ))
        };
        // A complex constant without an imaginary part is a real one.
        let real = match c {
            Const::Complex(re, im) if *im == 0.0 => Const::Float(*re),
            other => other.clone(),
        };
        let c = match (&real, integer_sign(to.kind)) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the fraction is known to be zero and the range is checked after"
            )]
            (Const::Float(f), Some(_)) if f.fract() == 0.0 && f.abs() < 1e30 => {
                Const::Int(*f as i128)
            }
            (Const::Float(_), Some(_)) => return fail("is truncated by"),
            _ => c.clone(),
        };
        if let (Const::Int(n) | Const::Rune(n), Some(_)) = (&c, integer_sign(to.kind))
            && constant::wrap(to, *n) != *n
        {
            return fail("overflows");
        }
        if let (Const::Float(f), Kind::Float32) = (&c, to.kind)
            && f.abs() >= FLOAT32_OVERFLOWS
        {
            return fail("overflows");
        }
        if let (Const::Str(bytes), Kind::String) = (&c, to.kind) {
            return Ok(Operand {
                what: What::Text(ty, bytes.as_slice().into()),
                standing: Standing::Exact,
            });
        }
        let nil = matches!(
            to.kind,
            Kind::Slice
                | Kind::Interface
                | Kind::Pointer
                | Kind::UnsafePointer
                | Kind::Map
                | Kind::Chan
                | Kind::Func
        );
        let bytes = match (&c, nil) {
            (Const::Nil, true) => usize::try_from(to.size)
                .ok()
                .map(|size| vec![0; size.min(64)]),
            _ => constant::encode(to, &c),
        };
        match bytes {
            Some(bytes) => Ok(Operand::value(ty, self.computed(Storage::bytes(bytes)))),
            None => fail("is no"),
        }
    }

    fn computed(&self, storage: Storage) -> Storage {
        if self.types_only {
            Storage::Unread
        } else {
            storage
        }
    }

    fn convert_value(
        &self,
        expr: &Expr,
        x: &Expr,
        (ty, to): (TypeRef, &Type),
        from_type: TypeRef,
        storage: &Storage,
    ) -> Result<Operand, ExprError> {
        let from = self.known(from_type, x)?;
        let number = |ty: &Type| matches!(ty.shape, Shape::Scalar) && ty.kind != Kind::Bool;
        let word = |ty: &Type| ty.kind == Kind::Uintptr || is_pointer_shaped(ty);
        let element = |shape: &Shape| match shape {
            Shape::Slice { elem } => self.known(*elem, x).ok().map(|elem| elem.kind),
            _ => None,
        };
        let same = Operand::value(ty, storage.clone());
        if word(&from) && word(to) {
            return Ok(same);
        }
        if integer_sign(from.kind).is_some() && is_pointer_shaped(to) && from.size == 8 {
            return Ok(same);
        }
        if number(&from) && number(to) {
            let operand = Operand::value(from_type, storage.clone());
            let Some(value) = self.scalar(&operand, &from, x)? else {
                return Ok(Operand::value(ty, Storage::Unread));
            };
            return self.convert_number(expr, (ty, to), value);
        }
        match (from.kind, to.kind) {
            (Kind::Bool, Kind::Bool) => Ok(same),
            (Kind::String, Kind::String) => Ok(same),
            // Both begin with address and length.
            (Kind::Slice, Kind::String) if element(&from.shape) == Some(Kind::Uint8) => Ok(same),
            (Kind::Slice, Kind::String) if element(&from.shape) == Some(Kind::Int32) => {
                self.runes(x, ty, storage)
            }
            (Kind::String, Kind::Slice) if element(&to.shape) == Some(Kind::Uint8) => {
                if self.types_only {
                    return Ok(same);
                }
                let data = self.pointer_at(storage, x)?;
                let len = self.pointer_at(&storage.offset(8), x)?;
                Ok(Operand::value(ty, Storage::words(&[data.0, len.0, len.0])))
            }
            (kind, Kind::String) if integer_sign(kind).is_some() => {
                let operand = Operand::value(from_type, storage.clone());
                match self.scalar(&operand, &from, x)? {
                    Some(c) => self.convert_constant(x, (ty, to), &c),
                    None => Ok(same),
                }
            }
            (Kind::Interface, Kind::Interface) if from.name == to.name => Ok(same),
            (a, b) if a == b && a != Kind::Interface && self.same_shape(&from, to) => Ok(same),
            _ => Err(self.error(
                expr.at,
                format!(
                    "{} ({}) does not convert to {}",
                    self.source(x),
                    from.name,
                    to.name
                ),
            )),
        }
    }

    /// Integers wrap, floats lose their fraction. A float whose whole part the integer type cannot hold becomes what
    /// the machine makes of it, which Go leaves open: that is an error here.
    fn convert_number(
        &self,
        expr: &Expr,
        (ty, to): (TypeRef, &Type),
        value: Const,
    ) -> Result<Operand, ExprError> {
        let complex = |kind| matches!(kind, Kind::Complex64 | Kind::Complex128);
        if matches!(value, Const::Complex(..)) != complex(to.kind) {
            let what = value.type_name();
            return Err(self.error(expr.at, format!("{what} does not convert to {}", to.name)));
        }
        let value = match (value, integer_sign(to.kind)) {
            (Const::Float(f), Some(_)) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "losing the fraction is meant, and what does not fit is refused below"
                )]
                let whole = f.trunc() as i128;
                if !f.is_finite() || constant::wrap(to, whole) != whole {
                    let why = format!("{f} does not fit into {}", to.name);
                    return Err(self.error(expr.at, why));
                }
                Const::Int(whole)
            }
            (value, _) => value,
        };
        Ok(encoded(ty, to, value))
    }

    /// Types of the same underlying shape, as far as their parts' names say.
    fn same_shape(&self, a: &Type, b: &Type) -> bool {
        if a.size != b.size {
            return false;
        }
        let name = |ty: TypeRef| self.type_name(ty);
        match (&a.shape, &b.shape) {
            (Shape::Struct { fields: a }, Shape::Struct { fields: b }) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| {
                        a.name == b.name && a.offset == b.offset && name(a.ty) == name(b.ty)
                    })
            }
            (Shape::Array { elem: a, len: n }, Shape::Array { elem: b, len: m }) => {
                n == m && name(*a) == name(*b)
            }
            (Shape::Slice { elem: a }, Shape::Slice { elem: b }) => name(*a) == name(*b),
            _ => false,
        }
    }

    /// `string([]rune)`
    fn runes(&self, x: &Expr, ty: TypeRef, storage: &Storage) -> Result<Operand, ExprError> {
        if self.types_only {
            return Ok(Operand::value(ty, Storage::Unread));
        }
        let data = self.pointer_at(storage, x)?;
        let len = self.pointer_at(&storage.offset(8), x)?.0;
        if len > MAX_RUNES {
            return Err(self.error(x.at, format!("{len} runes are too many for this")));
        }
        let memory = self.on.sources.memory;
        let bytes = if len == 0 {
            Vec::new()
        } else {
            let read = memory.bytes(data, len * 4);
            read.map_err(|why| self.unreadable(x, &why.into()))?
                .into_owned()
        };
        let text: String = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|rune| {
                char::from_u32(u32::from_le_bytes(*rune)).unwrap_or(char::REPLACEMENT_CHARACTER)
            })
            .collect();
        Ok(Operand {
            what: What::Text(ty, text.into_bytes().into()),
            standing: Standing::Exact,
        })
    }

    /// An operand as a value of the type it is used with: a constant takes it, a value must have it already or
    /// be one that an interface can hold.
    pub(super) fn assignable(
        &self,
        operand: Operand,
        (ty, to): (TypeRef, &Type),
        x: &Expr,
    ) -> Result<Operand, ExprError> {
        if let What::Const(c) = &operand.what {
            if to.kind != Kind::Interface || *c == Const::Nil {
                return self.represent(x, (ty, to), c);
            }
            // In an interface a constant has its default type.
            let default = self.predeclared(c.type_name(), x)?;
            let known = self.known(default, x)?;
            return self.represent(x, (default, &known), c);
        }
        let (_, known) = self.typed(&operand, x)?;
        if to.kind == Kind::Interface || known.name == to.name {
            return Ok(operand);
        }
        Err(self.error(
            x.at,
            format!("{} is {}, not {}", self.source(x), known.name, to.name),
        ))
    }
}
