//! What was nil where the program died of it, as its source calls it: `r.Origin`, `s.cache`, `main.config.next`.
//!
//! [`crate::flow`] follows the pointer back to a variable's part and the words loaded on the way; here they get the names of
//! variables and fields.

use super::arrange::is_compilers;
use super::known::Scopes;
use super::variables::{Context, Frame};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use crate::flow::{Came, Wanted};
use crate::types::{Kind, Shape, Type, TypeRef, Types};
use std::sync::Arc;

/// Structs within structs that are opened on the way to a field.
const MOST_LEVELS: usize = 16;

/// What was nil.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NilValue {
    /// The expression of the source: `r.Origin`.
    pub expr: String,
    /// What kind of value it is.
    pub kind: Kind,
    /// The field that was to be read or written, of what a pointer should point at: `Host`, `mu.state`.
    pub field: Option<String>,
    /// Whose variable it is: the calls inlined there are counted as [`Frame::inline_depth`] counts them. Of what a package
    /// variable leads to, the innermost.
    pub inline_depth: usize,
}

/// A word of the program: what it is called, its type, and the byte of that type at which it stands.
struct Word {
    expr: String,
    ty: Arc<Type>,
    at: u64,
    level: usize,
}

impl<'a> Scopes<'a> {
    /// The nil value through which a frame's instruction went to an address in the first page.
    pub fn nil_dereferenced(
        &self,
        types: &Types<'a>,
        frame: &Frame<'_>,
        addr: Addr,
    ) -> Option<NilValue> {
        self.context(types, frame).ok()?.nil(addr)
    }

    /// The nil map that a frame's call was to write to.
    pub fn nil_map(&self, types: &Types<'a>, frame: &Frame<'_>) -> Option<NilValue> {
        self.context(types, frame).ok()?.passed_map()
    }
}

impl Context<'_, '_> {
    fn nil(&self, addr: Addr) -> Option<NilValue> {
        let (point, program) = (self.frame.point?, self.frame.program?);
        let followed = self.followed();
        let access = followed.with(|wanted| point.nil_pointer(program, wanted, addr))?;
        let word = self.word_of(&followed, &access.pointer)?;
        let offset = u64::try_from(access.offset).ok()?;
        match (&word.ty.shape, word.at) {
            (Shape::Pointer { elem }, 0) => {
                let field = elem.and_then(|elem| self.field(elem, offset));
                Some(NilValue {
                    field: field.map(|(path, ..)| path).filter(|path| !path.is_empty()),
                    expr: word.expr,
                    kind: Kind::Pointer,
                    inline_depth: word.level,
                })
            }
            (Shape::Interface { .. } | Shape::Func | Shape::Map { .. }, 0) => Some(NilValue {
                expr: word.expr,
                kind: word.ty.kind,
                field: None,
                inline_depth: word.level,
            }),
            _ => None,
        }
    }

    fn passed_map(&self) -> Option<NilValue> {
        let (point, program) = (self.frame.point?, self.frame.program?);
        // The second argument of `runtime.mapassign` and its like, after the map's type.
        let register = match program.arch {
            Arch::Amd64 => Reg(3),
            Arch::Arm64 => Reg(1),
        };
        let followed = self.followed();
        let came = followed.with(|wanted| point.argument(program, wanted, register))?;
        let word = self.word_of(&followed, &came)?;
        (word.ty.kind == Kind::Map && word.at == 0).then_some(NilValue {
            expr: word.expr,
            kind: Kind::Map,
            field: None,
            inline_depth: word.level,
        })
    }

    /// What a value is called.
    fn word_of(&self, followed: &Parts, came: &Came) -> Option<Word> {
        match came {
            Came::Part(number) => {
                let (variable, offset) = followed.part(*number)?;
                self.variable_word(variable, offset)
            }
            Came::Slot(at) => {
                let (variable, start) = followed.object(*at)?;
                let offset = u64::try_from(at.checked_sub(start)?).ok()?;
                self.variable_word(variable, offset)
            }
            Came::Global(addr) => {
                let mut all = self.types.package_variables(self.frame.registers.arch());
                all.find_map(|variable| {
                    let start = variable.place.as_ref().ok()?;
                    let ty = self.types.resolve(variable.ty).ok()?;
                    let offset = addr.since(*start).filter(|offset| *offset < ty.size)?;
                    let level = self.frame.inline_depth;
                    self.within(variable.name, variable.ty, offset, level)
                })
            }
            Came::Loaded(base, offset) => self.behind(followed, base, *offset),
            Came::Entry(_) => None,
        }
    }

    /// What stands behind where a value points.
    fn behind(&self, followed: &Parts, base: &Came, offset: i64) -> Option<Word> {
        let offset = u64::try_from(offset).ok()?;
        if let Some(captured) = self.captured_word(followed, base, offset) {
            return Some(captured);
        }
        let pointer = self.word_of(followed, base)?;
        let level = pointer.level;
        match (&pointer.ty.shape, pointer.at) {
            (Shape::Pointer { elem: Some(elem) }, 0) => {
                // A variable that escaped has a pointer to it in its place.
                if let Some(variable) = pointer.expr.strip_prefix('&') {
                    return self.within(variable.to_owned(), *elem, offset, level);
                }
                let ty = self.types.resolve(*elem).ok()?;
                let expr = match ty.shape {
                    Shape::Struct { .. } => pointer.expr,
                    _ => format!("(*{})", pointer.expr),
                };
                self.within(expr, *elem, offset, level)
            }
            (Shape::Slice { elem }, 0) => {
                let size = self.types.resolve(*elem).ok()?.size;
                let index = offset.checked_div(size)?;
                let expr = format!("{}[{index}]", pointer.expr);
                self.within(expr, *elem, offset % size, level)
            }
            _ => None,
        }
    }

    /// A variable that the function captured, by its offset in the closure.
    fn captured_word(&self, followed: &Parts, base: &Came, offset: u64) -> Option<Word> {
        // RDX, and R26, by their numbers in DWARF.
        let context = match self.frame.registers.arch() {
            Arch::Amd64 => Reg(1),
            Arch::Arm64 => Reg(26),
        };
        let is_closure = match base {
            Came::Entry(register) => *register == context,
            Came::Part(number) => {
                let (variable, _) = followed.part(*number)?;
                self.name(variable.die)? == ".closureptr"
            }
            _ => false,
        };
        if !is_closure {
            return None;
        }
        let (variable, at) = followed.capture(offset)?;
        self.variable_word(variable, offset.checked_sub(at)?)
    }

    fn name(&self, die: u64) -> Option<String> {
        let name = self.dwarf.name_of(die)?;
        Some(String::from_utf8_lossy(name).into_owned())
    }

    fn variable_word(&self, variable: Declared, offset: u64) -> Option<Word> {
        let Declared { die, level } = variable;
        let name = self.name(die)?;
        if is_compilers(&name) {
            return None;
        }
        let ty = self
            .dwarf
            .ask(die, |a| a.reference(gimli::constants::DW_AT_type))?;
        self.within(name, TypeRef::Die(ty), offset, level)
    }

    /// The word at an offset in a value: the field that holds it.
    fn within(&self, expr: String, ty: TypeRef, offset: u64, level: usize) -> Option<Word> {
        let (path, ty, at) = self.field(ty, offset)?;
        let expr = match path.as_str() {
            "" => expr,
            path if path.starts_with('[') => format!("{expr}{path}"),
            path => format!("{expr}.{path}"),
        };
        Some(Word {
            expr,
            ty,
            at,
            level,
        })
    }

    /// The innermost field at an offset of a type: its path, its type, and how far into it the offset is.
    fn field(&self, ty: TypeRef, offset: u64) -> Option<(String, Arc<Type>, u64)> {
        let mut ty = self.types.resolve(ty).ok()?;
        let mut at = offset;
        let mut path = String::new();
        for _ in 0..MOST_LEVELS {
            let (inner, step, start) = match &ty.shape {
                Shape::Struct { fields } => {
                    let covers = |of: &&crate::types::FieldType| {
                        let size = self.types.resolve(of.ty).map_or(0, |ty| ty.size);
                        of.offset <= at && at - of.offset < size
                    };
                    let field = fields.iter().find(covers)?;
                    (field.ty, field.name.clone(), field.offset)
                }
                Shape::Array { elem, .. } => {
                    let size = self.types.resolve(*elem).ok()?.size;
                    let index = at.checked_div(size)?;
                    (*elem, format!("[{index}]"), index * size)
                }
                _ => return Some((path, ty, at)),
            };
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(&step);
            at -= start;
            ty = self.types.resolve(inner).ok()?;
        }
        None
    }

    /// All variables of the frame, as [`crate::flow`] follows them; those of the innermost call first.
    fn followed(&self) -> Parts {
        let mut parts = Parts::default();
        let numbered = self.known.levels.iter().enumerate().rev();
        let all =
            numbered.flat_map(|(number, level)| level.variables.iter().map(move |v| (number, v)));
        for (level, raw) in all {
            let declared = Declared {
                die: raw.die,
                level,
            };
            if let Some(offset) = raw.closure_offset {
                parts.captures.push((offset, declared));
            }
            if is_compilers(&raw.name) && raw.name != ".closureptr" {
                continue;
            }
            self.parts_of(raw, level, &mut parts.list, &mut parts.objects);
            parts.declared.resize(parts.objects.len(), declared);
        }
        parts
    }
}

/// A variable's DIE, and the inlined call that it is of.
#[derive(Clone, Copy)]
struct Declared {
    die: u64,
    level: usize,
}

/// The variables of a frame by their places.
#[derive(Default)]
struct Parts {
    list: Vec<super::infer::Part>,
    objects: Vec<(i64, u64)>,
    /// Whose the objects are.
    declared: Vec<Declared>,
    /// Captured variables by their offset in the closure.
    captures: Vec<(u64, Declared)>,
}

impl Parts {
    fn with<T>(&self, ask: impl FnOnce(&Wanted<'_>) -> T) -> T {
        let parts: Vec<_> = self.list.iter().map(super::infer::Part::followed).collect();
        ask(&Wanted {
            parts: &parts,
            owners: &[],
            objects: &self.objects,
        })
    }

    /// The variable that a part is of, and at which of its bytes it begins.
    fn part(&self, number: usize) -> Option<(Declared, u64)> {
        let part = self.list.get(number)?;
        let (die, offset) = part.place();
        let level = part.level;
        Some((Declared { die, level }, offset))
    }

    /// The variable that lives at an offset of the frame, and where it begins.
    fn object(&self, at: i64) -> Option<(Declared, i64)> {
        let covers = |((start, size), _): &(&(i64, u64), &Declared)| {
            *start <= at && at < start.saturating_add_unsigned(*size)
        };
        let ((start, _), of) = self.objects.iter().zip(&self.declared).find(covers)?;
        Some((*of, *start))
    }

    /// The captured variable at an offset of the closure, and where it begins.
    fn capture(&self, offset: u64) -> Option<(Declared, u64)> {
        let before = self.captures.iter().filter(|(at, _)| *at <= offset);
        before.max_by_key(|(at, _)| *at).map(|(at, of)| (*of, *at))
    }
}
