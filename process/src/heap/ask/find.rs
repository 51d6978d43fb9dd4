//! Objects of a type that fulfil a condition: an expression in which the object's fields are names.

use crate::addr::Addr;
use crate::expr::{ExprError, Expressions, FrameScope, Global, Local, NameError, Scope, Storage};
use crate::heap::Analysis;
use crate::heap::ask::Of;
use crate::heap::types::Role;
use crate::memory::MemoryExt;
use crate::types::{Shape, TypeRef, Types};
use crate::value::{Limits, Reader, Sources};
use dumpview_heap::ObjId;
use dumpview_model::heap::HeapFound;
use dumpview_model::value::{Address, Data, Standing};
use rayon::prelude::*;
use std::sync::Arc;

/// The object itself, in a condition.
const IT: &str = "it";
/// Embedded structs are looked into so deep.
const DEEPEST: usize = 16;

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// The type, as it was typed.
    pub ty: String,
    /// The expression; every object when it is empty.
    pub expr: String,
}

/// What was found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Finds {
    /// How many fulfil the condition.
    pub count: u64,
    /// How many there are of the type.
    pub of: u64,
    /// Objects of which the condition could not be told, and why not of the first.
    pub undecided: u64,
    /// Why not of the first.
    pub why: Option<String>,
    /// Those that fulfil it, by address, the first [`MOST`] of them; without their values.
    pub objects: Vec<HeapFound>,
}

/// Objects of one answer.
pub const MOST: usize = 1_000_000;
/// Nodes of all the values of one answer, some 200 bytes each.
const NODES: usize = 2_000_000;

/// Reading values for a condition: it looks at scalars, lengths and texts.
const FOR_CONDITIONS: Limits = Limits {
    depth: 1,
    len: 1,
    string: 256,
    nodes: 16,
};
/// Objects that are looked at in one piece of work.
const CHUNK: usize = 4096;

enum Decided {
    Yes,
    No,
    Not(String),
}

impl<'p, 'a> Analysis<'p, 'a> {
    /// Takes a type and what stands behind it apart: the longest beginning that names a type of some object.
    pub fn condition(&self, text: &str) -> Condition {
        let text = text.trim();
        let ends = text.char_indices().filter(|(_, c)| c.is_whitespace());
        let mut ends: Vec<usize> = ends.map(|(at, _)| at).collect();
        ends.push(text.len());
        let is_type = |end: &&usize| {
            let name = text.get(..**end).unwrap_or_default();
            self.labels_named(name).iter().any(|is| *is)
        };
        let end = ends.iter().rev().find(is_type).or(ends.first());
        let (ty, expr) = text
            .split_at_checked(end.copied().unwrap_or(0))
            .unwrap_or((text, ""));
        Condition {
            ty: ty.trim().to_owned(),
            expr: expr.trim().to_owned(),
        }
    }

    /// Why an expression is no condition on objects of the type: it cannot be parsed, a name in it means nothing, it is
    /// neither true nor false.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn check(&self, condition: &Condition) -> Result<(), String> {
        let expr = condition.expr.as_str();
        let all = self.of_type(&condition.ty);
        let Some(it) = all.iter().find_map(|object| self.typed(*object)) else {
            return Ok(());
        };
        if expr.is_empty() {
            return Ok(());
        }
        let scope = self.scope_of(it);
        let expressions = Expressions {
            sources: self.process.sources(),
            scope: &scope,
        };
        match expressions.is_condition(expr) {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("{expr} is no condition: neither true nor false")),
            Err(error) => Err(worded(&error)),
        }
    }

    fn scope_of(&self, it: (TypeRef, Storage)) -> ObjectScope<'p, 'a> {
        ObjectScope {
            it,
            sources: self.process.sources(),
            types: self.process.types(),
            others: self.process.scope(None),
        }
    }

    /// The objects that fulfil a condition, of those that a root reaches or of garbage.
    pub fn find(&self, condition: &Condition, of: Of) -> Finds {
        let mut all = self.of_type(&condition.ty);
        all.retain(|object| self.dominators.is_reached(*object) == (of == Of::Live));
        let mut finds = Finds {
            of: all.len() as u64,
            ..Finds::default()
        };
        let mut chosen = Vec::new();
        if condition.expr.is_empty() {
            finds.count = finds.of;
            chosen.extend(all.iter().take(MOST));
        } else {
            let decided: Vec<Vec<Decided>> = all
                .par_chunks(CHUNK)
                .map(|chunk| {
                    chunk
                        .iter()
                        .map(|id| self.decide(*id, &condition.expr))
                        .collect()
                })
                .collect();
            for (object, decided) in all.iter().zip(decided.into_iter().flatten()) {
                match decided {
                    Decided::No => {}
                    Decided::Yes => {
                        finds.count += 1;
                        if chosen.len() < MOST {
                            chosen.push(*object);
                        }
                    }
                    Decided::Not(why) => {
                        finds.undecided += 1;
                        finds.why.get_or_insert(why);
                    }
                }
            }
        }
        let ty: Arc<str> = condition.ty.as_str().into();
        let found = chosen.into_iter().map(|object| HeapFound {
            addr: Address(self.object_addr(object).0),
            ty: match self.type_name(object) {
                Some(name) if *name != *ty => name.into(),
                _ => Arc::clone(&ty),
            },
            bytes: self.size(object),
            retained_bytes: self.retained(object),
            value: None,
        });
        finds.objects = found.collect();
        finds
    }

    /// Reads the values of what was found, in its order, until the budget of an answer is spent; of how many the value was
    /// not read any more.
    pub fn read_values(&self, found: &mut [HeapFound], limits: Limits) -> u64 {
        let mut reader = Reader::new(self.process.sources(), limits);
        let mut left = NODES;
        let mut unread = 0;
        for one in found {
            if left == 0 {
                unread += 1;
                continue;
            }
            reader.set_budget(limits.nodes.min(left));
            let object = self.heap.find(Addr(one.addr.0));
            one.value = object.and_then(|object| self.value_of(object.0, &mut reader));
            // A row costs something too.
            left = left.saturating_sub(reader.spent().max(1));
        }
        unread
    }

    fn decide(&self, object: u32, expr: &str) -> Decided {
        let Some(it) = self.typed(object) else {
            return Decided::Not("what this part of a value holds has no fields".to_owned());
        };
        let scope = self.scope_of(it);
        let expressions = Expressions {
            sources: self.process.sources(),
            scope: &scope,
        };
        match expressions.print(expr, FOR_CONDITIONS) {
            Ok(variable) => match variable.value.map(|value| value.data) {
                Some(Data::Bool(true)) => Decided::Yes,
                Some(Data::Bool(false)) => Decided::No,
                _ => Decided::Not(format!("{expr} is no condition: neither true nor false")),
            },
            Err(error) => Decided::Not(worded(&error)),
        }
    }

    /// An object as a value in memory, or as the word that leads to it.
    fn typed(&self, object: u32) -> Option<(TypeRef, Storage)> {
        let label = self.labels.of(object)?;
        let start = self.value_addr(object)?;
        let ty = self.labels.type_ref(label.ty)?;
        match label.role {
            Role::Value => Some((ty, Storage::Memory(start))),
            Role::MapHeader => Some((ty, Storage::words(&[start.0]))),
            Role::Backing => {
                let types = self.process.types();
                let size = types.resolve(ty).ok()?.size;
                let end = self.heap.spans.place(ObjId(object).0)?;
                let len = end.0.offset(end.1).since(start)?.checked_div(size)?;
                Some((types.array_of(ty, len), Storage::Memory(start)))
            }
            _ => None,
        }
    }
}

/// An error with its place.
fn worded(error: &ExprError) -> String {
    format!(
        "column {}: {}\n{}",
        error.column(),
        error.message,
        error.pointer()
    )
}

/// The fields of an object as names, before those of packages.
struct ObjectScope<'s, 'a> {
    it: (TypeRef, Storage),
    sources: Sources<'s>,
    types: &'s Types<'a>,
    others: FrameScope<'s, 'a>,
}

impl ObjectScope<'_, '_> {
    /// A field of a struct, or of one embedded in it, the shallowest first.
    fn field(&self, name: &str) -> Option<(TypeRef, Storage)> {
        let mut level = vec![self.it.clone()];
        for _ in 0..DEEPEST {
            let mut below = Vec::new();
            for (ty, storage) in level {
                let known = self.types.resolve(ty).ok()?;
                let Shape::Struct { fields } = &known.shape else {
                    continue;
                };
                for field in fields {
                    let at = storage.offset(field.offset);
                    if field.name == name {
                        return Some((field.ty, at));
                    }
                    if field.embedded {
                        below.extend(self.embedded(field.ty, at));
                    }
                }
            }
            level = below;
        }
        None
    }

    /// An embedded struct, or the one that an embedded pointer leads to.
    fn embedded(&self, ty: TypeRef, at: Storage) -> Option<(TypeRef, Storage)> {
        match &self.types.resolve(ty).ok()?.shape {
            Shape::Struct { .. } => Some((ty, at)),
            Shape::Pointer { elem: Some(elem) } => {
                let to: Addr = self.sources.memory.ptr(at.addr()?).ok()?;
                (!to.is_null()).then_some((*elem, Storage::Memory(to)))
            }
            _ => None,
        }
    }
}

impl Scope for ObjectScope<'_, '_> {
    fn local(&self, name: &str) -> Option<Local> {
        let (ty, storage) = if name == IT {
            self.it.clone()
        } else {
            self.field(name)?
        };
        Some(Local {
            ty,
            storage: Some(storage),
            standing: Standing::Exact,
        })
    }

    fn global(&self, package: &str, name: &str) -> Result<Option<Global>, NameError> {
        self.others.global(package, name)
    }

    fn package(&self) -> Option<&str> {
        self.others.package()
    }

    fn is_package(&self, path: &str) -> bool {
        self.others.is_package(path)
    }
}
