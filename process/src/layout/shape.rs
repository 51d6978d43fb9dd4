//! What both sources of layouts have in common: structures with members, and how a dotted path is followed
//! through them.
//!
//! A source says what stands behind a reference of its own kind (a DIE's offset, a name in a table); the walk
//! from `mheap` over `central[3]` to `mcentral.partial` is written once, here.

use super::Field;
use std::sync::Arc;

/// One member of a structure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Member<R> {
    /// As the runtime spells it; an embedded field carries the name of its type.
    pub name: Box<str>,
    /// From the start of the structure, in bytes.
    pub offset: u64,
    /// Its type.
    pub shape: R,
    /// Embedded: its members are reachable without naming it.
    pub embedded: bool,
}

/// What a type is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Node<R> {
    /// Nothing with names inside: numbers, pointers, functions, channels.
    Scalar,
    /// Members in the order of declaration.
    Struct(Vec<Member<R>>),
    /// `count` elements of one type.
    Array { element: R, count: u64 },
}

/// A type as far as layouts care: its size and its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Shape<R> {
    /// In bytes.
    pub size: u64,
    /// The parts.
    pub node: Node<R>,
}

/// A source of shapes.
pub(super) trait Shapes {
    /// How this source names a type.
    type Ref: Copy;

    /// The type behind a reference; `None` when the source is damaged there.
    fn shape(&self, of: Self::Ref) -> Option<Arc<Shape<Self::Ref>>>;
}

/// Types may be embedded in each other this deep; deeper is damage (a cycle).
const MAX_EMBEDDING: u8 = 6;

/// Follows a dotted path from `root`. A part is a member's name; `name[n]` is element `n` of an array member,
/// within its bounds; `[n]` at the start is element `n` of a root that is an array itself.
pub(super) fn resolve<S: Shapes>(shapes: &S, root: S::Ref, path: &str) -> Option<Field> {
    let mut at = root;
    let mut offset = 0u64;
    for part in path.split('.') {
        let (name, index) = match part.split_once('[') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(']')?.parse::<u64>().ok()?)),
            None => (part, None),
        };
        let root_itself = name.is_empty() && index.is_some() && offset == 0;
        if !root_itself {
            let (member_offset, shape) = member(shapes, at, name, MAX_EMBEDDING)?;
            offset = offset.checked_add(member_offset)?;
            at = shape;
        }
        if let Some(index) = index {
            let Node::Array { element, count } = shapes.shape(at)?.node else {
                return None;
            };
            let stride = shapes.shape(element)?.size;
            offset = offset.checked_add(index.checked_mul(stride)?)?;
            at = element;
            if index >= count {
                return None;
            }
        }
    }
    Some(Field {
        offset,
        size: shapes.shape(at)?.size,
    })
}

/// Offset and type of a member by name: the structure's own first, then those promoted from embedded ones.
fn member<S: Shapes>(shapes: &S, of: S::Ref, name: &str, depth: u8) -> Option<(u64, S::Ref)> {
    let shape = shapes.shape(of)?;
    let Node::Struct(members) = &shape.node else {
        return None;
    };
    if let Some(own) = members.iter().find(|m| m.name.as_ref() == name) {
        return Some((own.offset, own.shape));
    }
    let deeper = depth.checked_sub(1)?;
    members.iter().filter(|m| m.embedded).find_map(|outer| {
        let (offset, inner) = member(shapes, outer.shape, name, deeper)?;
        Some((outer.offset.checked_add(offset)?, inner))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake(Vec<Arc<Shape<usize>>>);

    impl Shapes for Fake {
        type Ref = usize;
        fn shape(&self, of: usize) -> Option<Arc<Shape<usize>>> {
            self.0.get(of).cloned()
        }
    }

    fn structure(size: u64, members: &[(&str, u64, usize, bool)]) -> Arc<Shape<usize>> {
        let members = members
            .iter()
            .map(|(name, offset, shape, embedded)| Member {
                name: (*name).into(),
                offset: *offset,
                shape: *shape,
                embedded: *embedded,
            })
            .collect();
        Arc::new(Shape {
            size,
            node: Node::Struct(members),
        })
    }

    fn fake() -> Fake {
        let word = Arc::new(Shape {
            size: 8,
            node: Node::Scalar,
        });
        let array = Arc::new(Shape {
            size: 48,
            node: Node::Array {
                element: 1,
                count: 3,
            },
        });
        Fake(vec![
            word,
            structure(16, &[("lo", 0, 0, false), ("hi", 8, 0, false)]),
            array,
            structure(
                64,
                &[
                    ("stack", 0, 1, false),
                    ("all", 16, 2, false),
                    ("stack2", 64, 1, true),
                    ("self", 0, 3, true),
                ],
            ),
        ])
    }

    #[test]
    fn paths_go_through_structures_arrays_and_embedding() {
        let field = |offset, size| Some(Field { offset, size });
        let at = |path| resolve(&fake(), 3, path);
        assert_eq!(at("stack"), field(0, 16));
        assert_eq!(at("stack.hi"), field(8, 8));
        assert_eq!(at("all"), field(16, 48));
        assert_eq!(at("all[2].hi"), field(16 + 32 + 8, 8));
        assert_eq!(resolve(&fake(), 2, "[1].hi"), field(24, 8));
        assert_eq!(resolve(&fake(), 2, "[3].hi"), None);
        assert_eq!(at("hi"), field(72, 8), "promoted from the embedded stack2");
    }

    #[test]
    fn what_is_not_there_is_none_and_cycles_end() {
        for path in [
            "",
            "nope",
            "stack.nope",
            "all[3]",
            "all[x]",
            "stack[0]",
            "stack.hi.x",
        ] {
            assert_eq!(resolve(&fake(), 3, path), None, "{path}");
        }
    }
}
