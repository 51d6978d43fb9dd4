//! `x.f` with promoted fields, `x.(T)`, `*p`, `&x`.

use super::ExprError;
use super::ast::{Expr, ExprKind, Literal, TypeExpr};
use super::eval::Evaluator;
use super::operand::{Operand, Storage, What};
use crate::types::{FieldType, Kind, Shape, Type, TypeRef};
use std::sync::Arc;

/// Embedding inside embedding; Go programs have two or three.
const MAX_EMBEDDING: usize = 16;
/// Embedded fields of one level that are looked into.
const MAX_EMBEDDED: usize = 1000;
/// Field names listed when one is not found.
const MAX_LISTED: usize = 12;

impl Evaluator<'_> {
    pub(super) fn select(&self, expr: &Expr, x: &Expr, name: &str) -> Result<Operand, ExprError> {
        if let Some(package) = self.package_of(x) {
            if let Some(operand) = self.global(x.at, &package, name)? {
                return Ok(operand);
            }
            if let Some(ty) = self.as_type(expr) {
                return Ok(Operand {
                    what: What::Type(ty?),
                    standing: dumpview_model::value::Standing::Exact,
                });
            }
            return Err(self.nothing_called((expr, x), &package, name));
        }
        let operand = self.eval(x)?;
        let (ty, known) = self.typed(&operand, x)?;
        let What::Value(_, storage) = &operand.what else {
            return Err(self.error(expr.at, format!("{} has no fields", known.name)));
        };
        let selected = self.field(expr, x, (ty, known), storage.clone(), name)?;
        Ok(selected.standing_of(&operand.standing))
    }

    /// The package that the left side of a dot names, unless a variable hides it.
    fn package_of(&self, x: &Expr) -> Option<String> {
        match &x.kind {
            ExprKind::Package(path) => Some(path.clone()),
            ExprKind::Literal(Literal::Str(path)) => String::from_utf8(path.clone()).ok(),
            ExprKind::Name(name) => {
                let scope = self.on.scope;
                let hidden = scope.local(name).is_some()
                    || scope
                        .package()
                        .is_some_and(|package| matches!(scope.global(package, name), Ok(Some(_))));
                (!hidden).then(|| name.clone())
            }
            _ => None,
        }
    }

    fn nothing_called(&self, (expr, x): (&Expr, &Expr), package: &str, name: &str) -> ExprError {
        if self.on.scope.is_package(package) {
            let message = format!("no variable, constant or type {name} in package {package}");
            return self.error(expr.at, message);
        }
        let message = format!(
            "no variable {package} in this frame, and no package variable {package}.{name}"
        );
        self.error(x.at, message)
    }

    /// A field of a struct, of what a pointer points at, or a variable that a closure captured.
    fn field(
        &self,
        expr: &Expr,
        x: &Expr,
        (ty, mut known): (TypeRef, Arc<Type>),
        mut storage: Storage,
        name: &str,
    ) -> Result<Operand, ExprError> {
        if let Shape::Pointer { elem: Some(elem) } = known.shape {
            storage = self.follow(&storage, x)?;
            known = self.known(elem, expr)?;
        }
        match &known.shape {
            Shape::Struct { fields } => match self.promoted(fields, name) {
                Found::Path(path) => self.walk(path, storage, x),
                Found::Ambiguous => Err(self.error(
                    expr.at,
                    format!(
                        "{name} is ambiguous in {}: name the embedded field first",
                        known.name
                    ),
                )),
                Found::Nothing => {
                    let names: Vec<_> = fields.iter().map(|f| f.name.as_str()).collect();
                    let mut has = names
                        .get(..names.len().min(MAX_LISTED))
                        .unwrap_or_default()
                        .join(", ");
                    if names.len() > MAX_LISTED {
                        has.push_str(", …");
                    }
                    let message = if names.is_empty() {
                        format!("{} has no fields", known.name)
                    } else {
                        format!("no field {name} in {} (it has {has})", known.name)
                    };
                    Err(self.error(expr.at, message))
                }
            },
            Shape::Interface { .. } => {
                let holds = match self.dynamic(&known, &storage, x) {
                    Ok(Some((_, dynamic, _))) => format!(
                        "it holds {0}: write {1}.({0}).{name}",
                        dynamic.name,
                        self.source(x)
                    ),
                    Ok(None) => "it is nil".to_owned(),
                    Err(error) => error.message,
                };
                Err(self.error(
                    expr.at,
                    format!("{} is an interface without fields; {holds}", self.source(x)),
                ))
            }
            Shape::Func => self.captured(expr, x, &storage, name),
            _ => {
                let what = self.type_name(ty);
                Err(self.error(
                    expr.at,
                    format!("{} is {what}, which has no fields", self.source(x)),
                ))
            }
        }
    }

    /// The field of this name at the shallowest depth of embedding, as Go finds it.
    fn promoted(&self, fields: &[FieldType], name: &str) -> Found {
        let mut level: Vec<(Vec<FieldType>, Vec<FieldType>)> = vec![(Vec::new(), fields.to_vec())];
        for _ in 0..MAX_EMBEDDING {
            let mut found = level.iter().filter_map(|(path, fields)| {
                let field = fields.iter().find(|f| f.name == name)?.clone();
                Some([path.as_slice(), &[field]].concat())
            });
            match (found.next(), found.next()) {
                (Some(path), None) => return Found::Path(path),
                (Some(_), Some(_)) => return Found::Ambiguous,
                _ => {}
            }
            let mut deeper = Vec::new();
            for (path, fields) in &level {
                for field in fields.iter().filter(|f| f.embedded) {
                    let Some(inner) = self.embedded_fields(field.ty) else {
                        continue;
                    };
                    deeper.push((
                        [path.as_slice(), std::slice::from_ref(field)].concat(),
                        inner,
                    ));
                }
            }
            deeper.truncate(MAX_EMBEDDED);
            level = deeper;
        }
        Found::Nothing
    }

    /// Fields of an embedded struct or pointer to one.
    fn embedded_fields(&self, ty: TypeRef) -> Option<Vec<FieldType>> {
        let types = self.on.sources.types;
        let mut known = types.resolve(ty).ok()?;
        if let Shape::Pointer { elem: Some(elem) } = known.shape {
            known = types.resolve(elem).ok()?;
        }
        match &known.shape {
            Shape::Struct { fields } => Some(fields.clone()),
            _ => None,
        }
    }

    /// Goes along a path of fields, through the embedded pointers on the way.
    fn walk(
        &self,
        path: Vec<FieldType>,
        mut storage: Storage,
        x: &Expr,
    ) -> Result<Operand, ExprError> {
        let last = path.len().saturating_sub(1);
        for (index, field) in path.into_iter().enumerate() {
            storage = storage.offset(field.offset);
            if index == last {
                return Ok(Operand::value(field.ty, storage));
            }
            if self.known(field.ty, x)?.kind == Kind::Pointer {
                let embedded = format!("the embedded {} of {}", field.name, self.source(x));
                storage = self.follow_named(&storage, x, &embedded)?;
            }
        }
        Err(self.error(x.at, "no such field"))
    }

    /// A variable captured by a closure.
    fn captured(
        &self,
        expr: &Expr,
        x: &Expr,
        storage: &Storage,
        name: &str,
    ) -> Result<Operand, ExprError> {
        if self.types_only {
            return Err(self.error(
                expr.at,
                "what a closure captures is known only when it is looked at; use print",
            ));
        }
        let closure = self.follow(storage, x)?;
        let entry = self.pointer_at(&closure, x)?;
        let captures = self.on.sources.types.captures(entry);
        let Some(capture) = captures.iter().find(|c| c.name == name) else {
            let names: Vec<_> = captures.iter().map(|c| c.name.as_str()).collect();
            let has = if names.is_empty() {
                "captures nothing that is known".to_owned()
            } else {
                format!("captures {}", names.join(", "))
            };
            return Err(self.error(expr.at, format!("{} {has}, not {name}", self.source(x))));
        };
        let slot = closure.offset(capture.offset);
        let place = if capture.by_reference {
            self.follow(&slot, expr)?
        } else {
            slot
        };
        Ok(Operand::value(capture.ty, place))
    }

    pub(super) fn known(&self, ty: TypeRef, expr: &Expr) -> Result<Arc<Type>, ExprError> {
        let known = self.on.sources.types.resolve(ty);
        known.map_err(|error| self.error(expr.at, error.to_string()))
    }

    pub(super) fn dereference(&self, expr: &Expr, x: &Expr) -> Result<Operand, ExprError> {
        if let Some(ty) = self.as_type(expr) {
            return Ok(Operand {
                what: What::Type(ty?),
                standing: dumpview_model::value::Standing::Exact,
            });
        }
        let operand = self.eval(x)?;
        let (_, known) = self.typed(&operand, x)?;
        let (Shape::Pointer { elem }, What::Value(_, storage)) = (&known.shape, &operand.what)
        else {
            return Err(self.error(
                expr.at,
                format!("{} is {}, not a pointer", self.source(x), known.name),
            ));
        };
        let Some(elem) = elem else {
            return Err(self.error(
                expr.at,
                format!(
                    "{} is an unsafe.Pointer: convert it first, (*T)({0})",
                    self.source(x)
                ),
            ));
        };
        Ok(Operand::value(*elem, self.follow(storage, x)?).standing_of(&operand.standing))
    }

    pub(super) fn address_of(&self, expr: &Expr, x: &Expr) -> Result<Operand, ExprError> {
        let operand = self.eval(x)?;
        let types = self.on.sources.types;
        match &operand.what {
            What::Value(ty, Storage::Memory(addr)) => {
                let pointer = Operand::value(types.pointer_to(*ty), Storage::words(&[addr.0]));
                Ok(pointer.standing_of(&operand.standing))
            }
            What::Value(ty, Storage::Unread) => {
                Ok(Operand::value(types.pointer_to(*ty), Storage::Unread))
            }
            _ => Err(self.error(
                expr.at,
                format!(
                    "{} has no address: it is computed, or in registers",
                    self.source(x)
                ),
            )),
        }
    }

    /// The dynamic type and value of an interface; `None` when nil.
    pub(super) fn dynamic(
        &self,
        known: &Type,
        storage: &Storage,
        x: &Expr,
    ) -> Result<Option<(TypeRef, Arc<Type>, Storage)>, ExprError> {
        let sources = self.on.sources;
        let word = self.pointer_at(storage, x)?;
        if word.is_null() {
            return Ok(None);
        }
        let descriptor = match known.shape {
            Shape::Interface { empty: false } => sources
                .itab_type(word)
                .map_err(|why| self.unreadable(x, &why))?,
            _ => word,
        };
        let dynamic = sources.types.dynamic(descriptor);
        let dynamic = dynamic.map_err(|why| self.unreadable(x, &why.into()))?;
        let data = storage.offset(8);
        let held = if dynamic.direct {
            data
        } else {
            Storage::Memory(self.pointer_at(&data, x)?)
        };
        Ok(Some((dynamic.ty, self.known(dynamic.ty, x)?, held)))
    }

    /// `x.(T)`; `x.(data)` is whatever it holds.
    pub(super) fn assert(
        &self,
        expr: &Expr,
        x: &Expr,
        ty: &TypeExpr,
    ) -> Result<Operand, ExprError> {
        let operand = self.eval(x)?;
        let (_, known) = self.typed(&operand, x)?;
        let (Shape::Interface { .. }, What::Value(_, storage)) = (&known.shape, &operand.what)
        else {
            return Err(self.error(
                expr.at,
                format!("{} is {}, not an interface", self.source(x), known.name),
            ));
        };
        let whatever = *ty == TypeExpr::Named("data".to_owned());
        let wanted = if whatever {
            None
        } else {
            Some(self.resolve_type(ty, expr.at)?)
        };
        if let (true, Some(wanted)) = (self.types_only, wanted) {
            return Ok(Operand::value(wanted, Storage::Unread));
        }
        if self.types_only {
            return Err(self.error(
                expr.at,
                "what it holds is known only when it is read; use print",
            ));
        }
        let Some((held, dynamic, place)) = self.dynamic(&known, storage, x)? else {
            return Err(self.error(
                expr.at,
                format!("{} is nil, it holds no {}", self.source(x), ty.name()),
            ));
        };
        if let Some(wanted) = wanted {
            let wanted = self.known(wanted, expr)?;
            if wanted.name != dynamic.name {
                let why = if matches!(wanted.shape, Shape::Interface { .. }) {
                    "asserting to another interface needs its method sets; name the type it holds: "
                } else {
                    ""
                };
                return Err(self.error(
                    expr.at,
                    format!(
                        "{why}{} holds {}, not {}",
                        self.source(x),
                        dynamic.name,
                        wanted.name
                    ),
                ));
            }
        }
        Ok(Operand::value(held, place).standing_of(&operand.standing))
    }
}

/// What looking for a field came to.
enum Found {
    Path(Vec<FieldType>),
    Ambiguous,
    Nothing,
}
