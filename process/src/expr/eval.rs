//! The evaluator: an expression to an operand, reading only what it must.

use super::ast::{Expr, ExprKind, Literal, TypeExpr};
use super::operand::{Const, Operand, Storage, What};
use super::{ExprError, Expressions, Global, constant, parse};
use crate::addr::Addr;
use crate::types::{Kind, Type, TypeRef};
use crate::value::{Place, ValueError};
use dumpview_model::value::Standing;
use std::sync::Arc;

/// Bytes of a string that comparisons and concatenations are willing to read.
pub const MAX_TEXT: u64 = 16 << 20;

/// What is asked of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Its value.
    Value,
    /// Its type alone.
    Type,
}

/// Evaluates one expression.
pub struct Evaluator<'e> {
    pub(super) on: Expressions<'e>,
    pub(super) text: &'e str,
    /// Only the type is asked for: nothing is read, nothing read is checked.
    pub(super) types_only: bool,
}

impl<'e> Evaluator<'e> {
    pub fn new(on: Expressions<'e>, text: &'e str, asked: Asked) -> Self {
        Self {
            on,
            text,
            types_only: asked == Asked::Type,
        }
    }

    /// The whole expression.
    pub fn evaluate(&self) -> Result<Operand, ExprError> {
        let expr = parse::parse(self.text, &|path| self.on.scope.is_package(path))?;
        self.eval(&expr)
    }

    pub fn error(&self, at: usize, message: impl Into<String>) -> ExprError {
        ExprError::new(self.text, at, message)
    }

    /// The words the user wrote for a part.
    pub(super) fn source(&self, expr: &Expr) -> &str {
        self.text.get(expr.start..expr.end).unwrap_or_default()
    }

    pub(super) fn eval(&self, expr: &Expr) -> Result<Operand, ExprError> {
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(Operand::constant(match literal {
                Literal::Int(n) => Const::Int(*n),
                Literal::Float(f) => Const::Float(*f),
                Literal::Imaginary(f) => Const::Complex(0.0, *f),
                Literal::Rune(c) => Const::Rune(i128::from(u32::from(*c))),
                Literal::Str(bytes) => Const::Str(bytes.clone()),
            })),
            ExprKind::Paren(inner) => self.eval(inner),
            ExprKind::Name(name) => self.name(expr, name),
            ExprKind::Package(path) => Err(self.error(
                expr.at,
                format!("{path} is a package: a name of it was expected"),
            )),
            ExprKind::Type(ty) => self.type_operand(ty, expr.at),
            ExprKind::Unary("*", x) => self.dereference(expr, x),
            ExprKind::Unary("&", x) => self.address_of(expr, x),
            ExprKind::Unary(op, x) => self.unary(expr, op, x),
            ExprKind::Binary(op @ ("&&" | "||"), a, b) => self.logic(op, a, b),
            ExprKind::Binary(op, a, b) => self.binary(expr, op, a, b),
            ExprKind::Select(x, name) => self.select(expr, x, name),
            ExprKind::Assert(x, ty) => self.assert(expr, x, ty),
            ExprKind::Index(x, indices) => match self.as_type(expr) {
                Some(ty) => Ok(type_of(ty?)),
                None => self.index(expr, x, indices),
            },
            ExprKind::Slice(x, bounds) => self.slice(expr, x, bounds),
            ExprKind::Call(f, arguments) => self.call(expr, f, arguments),
        }
    }

    /// A local, a predeclared constant, a variable of the frame's package, a type: the order of Go's scopes.
    fn name(&self, expr: &Expr, name: &str) -> Result<Operand, ExprError> {
        if let Some(local) = self.on.scope.local(name) {
            return match local.storage {
                Some(storage) => Ok(Operand {
                    what: What::Value(local.ty, self.lazily(storage)),
                    standing: local.standing,
                }),
                None if self.types_only => Ok(Operand::value(local.ty, Storage::Unread)),
                None => {
                    let why = local.standing.why().unwrap_or("it has no location");
                    let word = match local.standing {
                        Standing::OptimizedOut(_) => "optimized out",
                        _ => "unreadable",
                    };
                    Err(self.error(expr.at, format!("{name} is {word}: {why}")))
                }
            };
        }
        match name {
            "true" => return Ok(Operand::constant(Const::Bool(true))),
            "false" => return Ok(Operand::constant(Const::Bool(false))),
            "nil" => return Ok(Operand::constant(Const::Nil)),
            _ => {}
        }
        if let Some(package) = self.on.scope.package()
            && let Some(operand) = self.global(expr.at, package, name)?
        {
            return Ok(operand);
        }
        if let Some(ty) = self.as_type(expr) {
            return Ok(type_of(ty?));
        }
        let frame = match self.on.scope.package() {
            Some(package) => format!("no variable {name} in this frame, nor in package {package}"),
            None => format!("no variable {name}: package variables are written package.{name}"),
        };
        Err(self.error(expr.at, frame))
    }

    /// A package's variable or constant.
    pub(super) fn global(
        &self,
        at: usize,
        package: &str,
        name: &str,
    ) -> Result<Option<Operand>, ExprError> {
        let found = self.on.scope.global(package, name);
        let found = found.map_err(|why| self.error(at, why.to_string()))?;
        Ok(found.map(|global| match global {
            Global::Variable { ty, addr } => Operand::value(ty, self.lazily(Storage::Memory(addr))),
            Global::Constant { ty: None, value } => Operand::constant(Const::Int(value)),
            Global::Constant {
                ty: Some(ty),
                value,
            } => {
                let bytes = self
                    .on
                    .sources
                    .types
                    .resolve(ty)
                    .ok()
                    .and_then(|known| constant::encode(&known, &Const::Int(value)));
                match bytes {
                    Some(bytes) => Operand::value(ty, Storage::bytes(bytes)),
                    None => Operand::constant(Const::Int(value)),
                }
            }
        }))
    }

    fn lazily(&self, storage: Storage) -> Storage {
        if self.types_only {
            Storage::Unread
        } else {
            storage
        }
    }

    /// The type of an operand that has one.
    pub(super) fn typed(
        &self,
        operand: &Operand,
        expr: &Expr,
    ) -> Result<(TypeRef, Arc<Type>), ExprError> {
        match &operand.what {
            What::Value(ty, _) | What::Text(ty, _) => {
                let known = self.on.sources.types.resolve(*ty);
                let known = known.map_err(|e| self.error(expr.at, e.to_string()))?;
                Ok((*ty, known))
            }
            What::Const(c) => Err(self.error(
                expr.at,
                format!("{} is a constant ({})", self.source(expr), c.type_name()),
            )),
            What::Type(_) => Err(self.error(
                expr.at,
                format!("{} is a type, a value was expected", self.source(expr)),
            )),
        }
    }

    /// The number or bool that a typed operand holds; `None` when only types are asked for.
    pub(super) fn scalar(
        &self,
        operand: &Operand,
        known: &Type,
        expr: &Expr,
    ) -> Result<Option<Const>, ExprError> {
        let What::Value(_, storage) = &operand.what else {
            return Err(self.error(expr.at, format!("{} is no number", self.source(expr))));
        };
        let Some(place) = storage.place() else {
            return Ok(None);
        };
        read_scalar(known, place, self.on.sources.memory)
            .map(Some)
            .map_err(|why| self.unreadable(expr, &why))
    }

    /// An integer, typed or not; `None` when only types are asked for.
    pub(super) fn integer(
        &self,
        operand: &Operand,
        expr: &Expr,
    ) -> Result<Option<i128>, ExprError> {
        let value = if let What::Const(c) = &operand.what {
            Some(c.clone())
        } else {
            let (_, known) = self.typed(operand, expr)?;
            if constant::integer_sign(known.kind).is_none() {
                return Err(self.error(
                    expr.at,
                    format!("{} is {}, not an integer", self.source(expr), known.name),
                ));
            }
            self.scalar(operand, &known, expr)?
        };
        match value {
            None => Ok(None),
            Some(Const::Int(n) | Const::Rune(n)) => Ok(Some(n)),
            Some(other) => Err(self.error(
                expr.at,
                format!(
                    "{} is {}, not an integer",
                    self.source(expr),
                    other.type_name()
                ),
            )),
        }
    }

    pub(super) fn unreadable(&self, expr: &Expr, why: &ValueError) -> ExprError {
        self.error(
            expr.at,
            format!("{} is unreadable: {why}", self.source(expr)),
        )
    }

    /// A word of a value, as an address.
    pub(super) fn pointer_at(&self, storage: &Storage, expr: &Expr) -> Result<Addr, ExprError> {
        storage
            .place()
            .map_or(Ok(Addr::NULL), |place| place.ptr(self.on.sources.memory))
            .map_err(|why| self.unreadable(expr, &why))
    }

    /// What a pointer leads to; an error for nil, which names what was nil.
    pub(super) fn follow(&self, storage: &Storage, expr: &Expr) -> Result<Storage, ExprError> {
        self.follow_named(storage, expr, self.source(expr))
    }

    /// [`Self::follow`] for a pointer that has no place of its own in the text.
    pub(super) fn follow_named(
        &self,
        storage: &Storage,
        expr: &Expr,
        name: &str,
    ) -> Result<Storage, ExprError> {
        if self.types_only {
            return Ok(Storage::Unread);
        }
        let addr = self.pointer_at(storage, expr)?;
        if addr.is_null() {
            return Err(self.error(expr.at, format!("{name} is nil")));
        }
        Ok(Storage::Memory(addr))
    }

    pub(super) fn type_name(&self, ty: TypeRef) -> String {
        let known = self.on.sources.types.resolve(ty);
        known.map_or_else(|error| format!("({error})"), |known| known.name.clone())
    }

    /// An operand's type in words.
    pub(super) fn name_of(&self, operand: &Operand) -> String {
        match &operand.what {
            What::Const(c) => format!("a constant ({})", c.type_name()),
            What::Type(_) => "a type".to_owned(),
            What::Value(ty, _) | What::Text(ty, _) => self.type_name(*ty),
        }
    }

    pub(super) fn type_operand(&self, ty: &TypeExpr, at: usize) -> Result<Operand, ExprError> {
        self.resolve_type(ty, at).map(type_of)
    }

    /// A type as written to the type it names.
    pub(super) fn resolve_type(&self, ty: &TypeExpr, at: usize) -> Result<TypeRef, ExprError> {
        let types = self.on.sources.types;
        Ok(match ty {
            TypeExpr::Pointer(elem) => types.pointer_to(self.resolve_type(elem, at)?),
            TypeExpr::Slice(elem) => types.slice_of(self.resolve_type(elem, at)?),
            TypeExpr::Array(len, elem) => types.array_of(self.resolve_type(elem, at)?, *len),
            TypeExpr::Named(name) => self.named_type(name, at)?,
        })
    }

    fn named_type(&self, name: &str, at: usize) -> Result<TypeRef, ExprError> {
        let types = self.on.sources.types;
        if let Some(ty) = types.predeclared(name) {
            return Ok(ty);
        }
        let local = self
            .on
            .scope
            .package()
            .filter(|_| !name.contains('.'))
            .and_then(|package| types.by_name(&format!("{package}.{name}")).ok());
        match local {
            Some(ty) => Ok(ty),
            None => types
                .by_name(name)
                .map_err(|error| self.error(at, error.to_string())),
        }
    }

    /// The type an expression names, when it names one and no variable hides it: `T`, `main.T`, `*T`,
    /// `main.Box[int]`, in parentheses or not.
    pub(super) fn as_type(&self, expr: &Expr) -> Option<Result<TypeRef, ExprError>> {
        match &expr.kind {
            ExprKind::Type(ty) => Some(self.resolve_type(ty, expr.at)),
            ExprKind::Paren(inner) => self.as_type(inner),
            ExprKind::Unary("*", elem) => {
                let elem = self.as_type(elem)?;
                Some(elem.map(|elem| self.on.sources.types.pointer_to(elem)))
            }
            ExprKind::Name(_) | ExprKind::Select(..) | ExprKind::Index(..) => {
                if self.begins_with_variable(expr) {
                    return None;
                }
                let spelled = self.source(expr).replace([' ', '"'], "");
                self.named_type(&spelled, expr.at).ok().map(Ok)
            }
            _ => None,
        }
    }

    fn begins_with_variable(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Name(name) => self.on.scope.local(name).is_some(),
            ExprKind::Select(x, _) | ExprKind::Index(x, _) => self.begins_with_variable(x),
            _ => false,
        }
    }

    /// An address for raw memory: a pointer's or `uintptr`'s value, an integer.
    pub fn as_address(&self, operand: &Operand) -> Result<Addr, ExprError> {
        let fail = |what: String| self.error(0, format!("{what} is no address; try &"));
        match &operand.what {
            What::Const(Const::Int(n)) => {
                u64::try_from(*n).map(Addr).map_err(|_| fail(n.to_string()))
            }
            What::Value(ty, storage) => {
                let known = self.on.sources.types.resolve(*ty);
                let known = known.map_err(|e| self.error(0, e.to_string()))?;
                let word = known.size == 8
                    && (constant::integer_sign(known.kind).is_some()
                        || super::convert::is_pointer_shaped(&known));
                match storage.place() {
                    Some(place) if word => place
                        .ptr(self.on.sources.memory)
                        .map_err(|e| self.error(0, e.to_string())),
                    _ => Err(fail(known.name.clone())),
                }
            }
            _ => Err(fail(self.name_of(operand))),
        }
    }

    /// The address of what a value consists of.
    pub fn as_target(&self, operand: &Operand) -> Result<Addr, ExprError> {
        let What::Value(ty, storage) = &operand.what else {
            return self.as_address(operand);
        };
        let known = self.on.sources.types.resolve(*ty);
        let known = known.map_err(|e| self.error(0, e.to_string()))?;
        let at = match known.kind {
            Kind::Slice | Kind::String => 0,
            Kind::Interface => 8,
            Kind::Struct | Kind::Array => {
                let place = storage.addr();
                return place.ok_or_else(|| {
                    self.error(0, format!("{} stands nowhere in memory", known.name))
                });
            }
            _ => return self.as_address(operand),
        };
        let inside = storage.offset(at);
        let place = inside
            .place()
            .ok_or_else(|| self.error(0, format!("{} is not read", known.name)))?;
        place
            .ptr(self.on.sources.memory)
            .map_err(|e| self.error(0, e.to_string()))
    }
}

/// A computed scalar as a value of its type.
pub(super) fn encoded(ty: TypeRef, known: &Type, result: Const) -> Operand {
    let result = match result {
        Const::Int(n) | Const::Rune(n) => Const::Int(constant::wrap(known, n)),
        other => other,
    };
    match constant::encode(known, &result) {
        Some(bytes) => Operand::value(ty, Storage::bytes(bytes)),
        None => Operand::constant(result),
    }
}

/// An operand that is a type.
fn type_of(ty: TypeRef) -> Operand {
    Operand {
        what: What::Type(ty),
        standing: Standing::Exact,
    }
}

/// A scalar from memory to the constant arithmetic is done with.
pub fn read_scalar(
    ty: &Type,
    place: Place<'_>,
    memory: &dyn crate::memory::Memory,
) -> Result<Const, ValueError> {
    let float = |at: Place<'_>, size: u64| -> Result<f64, ValueError> {
        let bits = at.uint(memory, size)?;
        Ok(match u32::try_from(bits) {
            Ok(bits) if size == 4 => f64::from(f32::from_bits(bits)),
            _ => f64::from_bits(bits),
        })
    };
    Ok(match ty.kind {
        Kind::Bool => Const::Bool(place.uint(memory, 1)? != 0),
        Kind::Float32 | Kind::Float64 => Const::Float(float(place, ty.size)?),
        Kind::Complex64 | Kind::Complex128 => {
            let half = ty.size / 2;
            Const::Complex(float(place, half)?, float(place.offset(half), half)?)
        }
        kind => match constant::integer_sign(kind) {
            Some(true) => Const::Int(place.int(memory, ty.size)?.into()),
            Some(false) => Const::Int(place.uint(memory, ty.size)?.into()),
            None => {
                return Err(ValueError::Corrupt(format!("{} is no scalar", ty.name)));
            }
        },
    })
}
