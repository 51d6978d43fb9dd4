//! `x[i]`, `x[i:j]`, map lookup, `len` and `cap`.

use super::ExprError;
use super::ast::Expr;
use super::eval::{Evaluator, MAX_TEXT};
use super::operand::{Const, Operand, Storage, What};
use crate::types::{Kind, MapLayout, Shape, Type, TypeRef};
use crate::value::maps::MapTable;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Something with elements in a row.
struct Row {
    /// The type that slicing it gives.
    ty: TypeRef,
    /// Type of an element.
    elem: TypeRef,
    /// First element.
    data: Storage,
    len: u64,
    cap: u64,
}

impl Evaluator<'_> {
    pub(super) fn index(
        &self,
        expr: &Expr,
        x: &Expr,
        indices: &[Expr],
    ) -> Result<Operand, ExprError> {
        let [index] = indices else {
            return Err(self.error(
                expr.at,
                format!("{} is no generic type; one index expected", self.source(x)),
            ));
        };
        let operand = self.eval(x)?;
        if let What::Const(Const::Str(bytes)) = &operand.what {
            return self.byte_of(expr, bytes, index);
        }
        let (ty, known) = self.typed(&operand, x)?;
        if let (Shape::Map { key, elem, layout }, What::Value(_, storage)) =
            (&known.shape, &operand.what)
        {
            let found = self.lookup(expr, x, (*key, *elem, *layout), storage, index)?;
            return Ok(found.standing_of(&operand.standing));
        }
        if let What::Text(_, bytes) = &operand.what {
            return self.byte_of(expr, bytes, index);
        }
        let row = self.row(expr, x, (ty, &known), &operand)?;
        let at = self.eval(index)?;
        let Some(i) = self.integer(&at, index)? else {
            return Ok(Operand::value(row.elem, Storage::Unread));
        };
        let i = u64::try_from(i)
            .ok()
            .filter(|i| *i < row.len || self.types_only);
        let Some(i) = i else {
            return Err(self.error(
                index.at,
                format!(
                    "index {} out of range: len is {}",
                    self.source(index),
                    row.len
                ),
            ));
        };
        let size = self.known(row.elem, x)?.size;
        Ok(
            Operand::value(row.elem, row.data.offset(i.wrapping_mul(size)))
                .standing_of(&operand.standing)
                .standing_of(&at.standing),
        )
    }

    fn byte_of(&self, expr: &Expr, bytes: &[u8], index: &Expr) -> Result<Operand, ExprError> {
        let at = self.eval(index)?;
        let uint8 = self.predeclared("uint8", expr)?;
        let Some(i) = self.integer(&at, index)? else {
            return Ok(Operand::value(uint8, Storage::Unread));
        };
        let byte = usize::try_from(i).ok().and_then(|i| bytes.get(i));
        match byte {
            Some(byte) => Ok(Operand::value(uint8, Storage::bytes(vec![*byte]))),
            None => Err(self.error(
                index.at,
                format!("index {i} out of range: len is {}", bytes.len()),
            )),
        }
    }

    pub(super) fn predeclared(&self, name: &str, expr: &Expr) -> Result<TypeRef, ExprError> {
        let ty = self.on.sources.types.predeclared(name);
        ty.ok_or_else(|| self.error(expr.at, format!("no type {name}")))
    }

    /// Arrays, pointers to arrays, slices and strings as elements in a row.
    fn row(
        &self,
        expr: &Expr,
        x: &Expr,
        (ty, known): (TypeRef, &Arc<Type>),
        operand: &Operand,
    ) -> Result<Row, ExprError> {
        let types = self.on.sources.types;
        let What::Value(_, storage) = &operand.what else {
            return Err(self.error(expr.at, format!("{} cannot be indexed", known.name)));
        };
        match &known.shape {
            Shape::Array { elem, len } => Ok(Row {
                ty: types.slice_of(*elem),
                elem: *elem,
                data: storage.clone(),
                len: *len,
                cap: *len,
            }),
            Shape::Pointer { elem: Some(elem) } => {
                let array = self.known(*elem, x)?;
                let Shape::Array { elem, len } = array.shape else {
                    return Err(self.error(
                        expr.at,
                        format!(
                            "{} is {}, which cannot be indexed",
                            self.source(x),
                            known.name
                        ),
                    ));
                };
                Ok(Row {
                    ty: types.slice_of(elem),
                    elem,
                    data: self.follow(storage, x)?,
                    len,
                    cap: len,
                })
            }
            Shape::Slice { elem } => {
                let (data, len, cap) = self.header(storage, x, true)?;
                Ok(Row {
                    ty,
                    elem: *elem,
                    data,
                    len,
                    cap,
                })
            }
            Shape::String => {
                let (data, len, cap) = self.header(storage, x, false)?;
                Ok(Row {
                    ty,
                    elem: self.predeclared("uint8", expr)?,
                    data,
                    len,
                    cap,
                })
            }
            _ => Err(self.error(
                expr.at,
                format!(
                    "{} is {}, which cannot be indexed",
                    self.source(x),
                    known.name
                ),
            )),
        }
    }

    /// Address, length and capacity of a string or slice.
    fn header(
        &self,
        storage: &Storage,
        x: &Expr,
        has_cap: bool,
    ) -> Result<(Storage, u64, u64), ExprError> {
        if self.types_only {
            return Ok((Storage::Unread, 0, 0));
        }
        let word = |at| self.pointer_at(&storage.offset(at), x);
        let (data, len) = (word(0)?, word(8)?.0);
        let cap = if has_cap { word(16)?.0 } else { len };
        if len > cap || len.cast_signed() < 0 {
            return Err(self.error(
                x.at,
                format!(
                    "{} is corrupt: len {}, cap {}",
                    self.source(x),
                    len.cast_signed(),
                    cap.cast_signed()
                ),
            ));
        }
        Ok((Storage::Memory(data), len, cap))
    }

    /// The element of a map under a key.
    fn lookup(
        &self,
        expr: &Expr,
        x: &Expr,
        (key, elem, layout): (TypeRef, TypeRef, MapLayout),
        storage: &Storage,
        index: &Expr,
    ) -> Result<Operand, ExprError> {
        let wanted = self.eval(index)?;
        let known = self.known(key, x)?;
        let wanted = self.assignable(wanted, (key, &known), index)?;
        if self.types_only {
            return Ok(Operand::value(elem, Storage::Unread));
        }
        let header = self.pointer_at(storage, x)?;
        let missing = |entries: u64| {
            let key = self.source(index);
            self.error(
                index.at,
                format!(
                    "no key {key} in {}, which has {entries} entries",
                    self.source(x)
                ),
            )
        };
        if header.is_null() {
            return Err(missing(0));
        }
        let unreadable = |why| self.unreadable(x, &why);
        let table = MapTable::new(self.on.sources, header, layout).map_err(unreadable)?;
        let (mut found, mut failed) = (None, None);
        let walked = table
            .walk(&mut |slot| {
                let candidate = Operand::value(key, Storage::Memory(slot.key));
                match self.equal(expr, (&candidate, x), (&wanted, index)) {
                    Ok(true) => {
                        found = Some(slot.elem);
                        ControlFlow::Break(())
                    }
                    Ok(false) => ControlFlow::Continue(()),
                    Err(error) => {
                        failed.get_or_insert(error);
                        ControlFlow::Continue(())
                    }
                }
            })
            .map_err(|why| self.unreadable(x, &why))?;
        match (found, failed, walked.doubt) {
            (Some(at), ..) => {
                Ok(Operand::value(elem, Storage::Memory(at)).standing_of(&wanted.standing))
            }
            (None, Some(error), _) => Err(error),
            (None, None, Some(doubt)) => {
                let error = missing(table.count);
                let message = format!("{}; {doubt}", error.message);
                Err(self.error(error.at, message))
            }
            (None, None, None) => Err(missing(table.count)),
        }
    }

    pub(super) fn slice(
        &self,
        expr: &Expr,
        x: &Expr,
        bounds: &[Option<Box<Expr>>; 3],
    ) -> Result<Operand, ExprError> {
        let operand = self.eval(x)?;
        let [low, high, max] = bounds;
        let bound = |part: &Option<Box<Expr>>| -> Result<Option<u64>, ExprError> {
            let Some(part) = part else { return Ok(None) };
            let value = self.eval(part)?;
            let n = self.integer(&value, part)?.unwrap_or(0);
            let n = u64::try_from(n)
                .map_err(|_| self.error(part.at, format!("{} is negative", self.source(part))))?;
            Ok(Some(n))
        };
        let (low, high, max) = (bound(low)?, bound(high)?, bound(max)?);
        let out_of_range = |low: u64, high: u64, cap: u64| {
            self.error(
                expr.at,
                format!("bounds {low}:{high} out of range: cap is {cap}"),
            )
        };
        let text = match &operand.what {
            What::Const(Const::Str(bytes)) => Some(bytes.as_slice()),
            What::Text(_, bytes) => Some(&**bytes),
            _ => None,
        };
        if let Some(bytes) = text {
            let len = bytes.len() as u64;
            let (low, high) = (low.unwrap_or(0), high.unwrap_or(len));
            let range = usize::try_from(low).ok().zip(usize::try_from(high).ok());
            let part = range.and_then(|(low, high)| bytes.get(low..high));
            let part = part.ok_or_else(|| out_of_range(low, high, len))?;
            return Ok(Operand {
                what: What::Text(self.predeclared("string", expr)?, part.into()),
                standing: operand.standing.clone(),
            });
        }
        let (ty, known) = self.typed(&operand, x)?;
        let row = self.row(expr, x, (ty, &known), &operand)?;
        if self.types_only {
            return Ok(Operand::value(row.ty, Storage::Unread));
        }
        let size = self.known(row.elem, x)?.size;
        let Storage::Memory(data) = row.data else {
            return Err(self.error(
                expr.at,
                format!("{} has no address to slice it at", self.source(x)),
            ));
        };
        let (low, high) = (low.unwrap_or(0), high.unwrap_or(row.len));
        let max = max.unwrap_or(row.cap);
        // A string's capacity is its length.
        if low > high || high > max || max > row.cap {
            return Err(out_of_range(low, high, row.cap));
        }
        // An empty rest keeps the base, as the compiler does, not to point past the end.
        let start = if max == low {
            data
        } else {
            data.offset(low.wrapping_mul(size))
        };
        let words = match known.kind {
            Kind::String => vec![start.0, high - low],
            _ => vec![start.0, high - low, max - low],
        };
        Ok(Operand::value(row.ty, Storage::words(&words)).standing_of(&operand.standing))
    }

    /// `len(x)` and `cap(x)`.
    pub(super) fn length(&self, expr: &Expr, name: &str, x: &Expr) -> Result<Operand, ExprError> {
        let operand = self.eval(x)?;
        let int = self.predeclared("int", expr)?;
        let length =
            |n: u64| Operand::value(int, Storage::words(&[n])).standing_of(&operand.standing);
        let undefined =
            |what: &str| Err(self.error(expr.at, format!("{name} is not defined on {what}")));
        match &operand.what {
            What::Const(Const::Str(bytes)) if name == "len" => {
                return Ok(length(bytes.len() as u64));
            }
            What::Text(_, bytes) if name == "len" => return Ok(length(bytes.len() as u64)),
            What::Const(c) => return undefined(c.type_name()),
            _ => {}
        }
        let (ty, known) = self.typed(&operand, x)?;
        let What::Value(_, storage) = &operand.what else {
            return undefined(&known.name);
        };
        if self.types_only {
            return Ok(Operand::value(int, Storage::Unread));
        }
        let unreadable = |why| self.unreadable(x, &why);
        match (&known.shape, name) {
            (Shape::String, "cap") => undefined(&known.name),
            (Shape::Array { .. } | Shape::Slice { .. } | Shape::String, _) => {
                let row = self.row(expr, x, (ty, &known), &operand)?;
                Ok(length(if name == "len" { row.len } else { row.cap }))
            }
            (Shape::Pointer { .. }, _) => {
                // Of a pointer to an array only the type matters, even when it is nil.
                let Shape::Pointer { elem: Some(elem) } = known.shape else {
                    return undefined(&known.name);
                };
                match self.known(elem, x)?.shape {
                    Shape::Array { len, .. } => Ok(length(len)),
                    _ => undefined(&known.name),
                }
            }
            (Shape::Map { layout, .. }, "len") => {
                let header = self.pointer_at(storage, x)?;
                if header.is_null() {
                    return Ok(length(0));
                }
                let table = MapTable::new(self.on.sources, header, *layout).map_err(unreadable)?;
                Ok(length(table.count))
            }
            (Shape::Chan { .. }, _) => {
                let hchan = self.pointer_at(storage, x)?;
                if hchan.is_null() {
                    return Ok(length(0));
                }
                let counts = self.on.sources.chan_counts(hchan).map_err(unreadable)?;
                Ok(length(if name == "len" { counts.0 } else { counts.1 }))
            }
            _ => undefined(&known.name),
        }
    }

    /// A string's bytes.
    pub(super) fn text_of(&self, operand: &Operand, x: &Expr) -> Result<Vec<u8>, ExprError> {
        match &operand.what {
            What::Const(Const::Str(bytes)) => Ok(bytes.clone()),
            What::Text(_, bytes) => Ok(bytes.to_vec()),
            What::Value(_, storage) => {
                let (data, len, _) = self.header(storage, x, false)?;
                if len > MAX_TEXT {
                    return Err(self.error(
                        x.at,
                        format!("a string of {len} bytes is too long for this"),
                    ));
                }
                let Some(place) = data.place().filter(|_| len > 0) else {
                    return Ok(Vec::new());
                };
                let bytes = place.bytes(self.on.sources.memory, len);
                bytes
                    .map(std::borrow::Cow::into_owned)
                    .map_err(|why| self.unreadable(x, &why))
            }
            _ => Err(self.error(x.at, format!("{} is no string", self.source(x)))),
        }
    }
}
