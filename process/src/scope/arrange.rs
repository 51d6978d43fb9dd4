//! Variables as they are shown: what each is to its function, how far it is to be believed, which hides which.

use super::FrameVariables;
use crate::dwarf::Location;
use crate::types::TypeRef;
use dumpview_model::value as model;

/// What a variable is to its function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Declared in the body.
    Local,
    /// A parameter or receiver.
    Argument,
    /// A result, named or `~r0`.
    Result,
    /// Captured by this closure from the function around it.
    Capture,
}

/// How far a shown variable can be trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The bytes at the location are the variable's.
    Exact,
    /// The location is not the compiler's but follows from the machine code, and how. Shown with `~`.
    Inferred(String),
    /// The bytes may be old or another variable's, and why. Shown with `?`.
    Stale(&'static str),
    /// The compiler recorded no location for this pc, and why none was found.
    OptimizedOut(&'static str),
    /// There is a location and it cannot be read: why.
    Unreadable(String),
}

impl Standing {
    /// What is said of a variable without a location when nothing more is known.
    pub(super) const NO_COPY: Self =
        Self::OptimizedOut("the compiler kept no copy of it at this point");

    /// In the model's words.
    pub fn to_model(&self) -> model::Standing {
        match self {
            Self::Exact => model::Standing::Exact,
            Self::Inferred(how) => model::Standing::Inferred(how.clone()),
            Self::Stale(why) => model::Standing::Stale((*why).to_owned()),
            Self::OptimizedOut(why) => model::Standing::OptimizedOut((*why).to_owned()),
            Self::Unreadable(why) => model::Standing::Unreadable(why.clone()),
        }
    }
}

/// One variable of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// As in the source: `x`, never `&x`.
    pub name: String,
    /// Its type, with real type arguments where the dictionary was found.
    pub ty: TypeRef,
    /// The line of its declaration.
    pub line: Option<u64>,
    /// What it is to its function.
    pub origin: Origin,
    /// It lives on the heap (or, captured by reference, wherever it was declared).
    pub escaped: bool,
    /// A variable of the same name in an inner block hides it.
    pub shadowed: bool,
    /// Whether and how far to believe the location.
    pub standing: Standing,
    /// Where it is; absent when [`Self::standing`] says why.
    pub location: Option<Location>,
    /// Its type is a stand-in (`go.shape.int`): the real type argument is not known here.
    pub shaped: bool,
}

/// The function whose range-over-func loop has its body in this function: `main.f` of `main.f-range1`.
///
/// The body is a closure that the iterator calls, so the frame of the function around it lies further out on the
/// same stack (Go 1.23, `cmd/compile/internal/rangefunc/rewrite.go`).
pub fn range_body_parent(function: &str) -> Option<&str> {
    let (parent, number) = function.rsplit_once("-range")?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(parent)
}

impl FrameVariables {
    /// Adds the variables of the frame around a range-over-func body. Names the body has hide the outer ones,
    /// unless they are captures that cannot be had: then the captured variable itself is shown.
    pub fn add_outer(&mut self, outer: Self) {
        for variable in outer.variables {
            let own = self.variables.iter_mut().find(|v| v.name == variable.name);
            let hidden = own.is_some_and(|own| {
                let lost = own.origin == Origin::Capture && own.location.is_none();
                own.shadowed |= lost && variable.location.is_some();
                !own.shadowed
            });
            self.variables.push(Variable {
                shadowed: variable.shadowed || hidden,
                ..variable
            });
        }
    }
}

/// Names that no source has: `.dict`, `.closureptr`, the state of a range-over-func loop (`#yield1`), the homes of parts of
/// variables (`x.ptr`, Go 1.27; of variables of inlined calls too, under the function that they were inlined into).
pub(super) fn is_compilers(name: &str) -> bool {
    let bare = name.trim_start_matches('&');
    bare.contains('.') || bare.contains('#') || bare == "_" || bare.is_empty()
}

/// Decides between variables of one name, and puts the list in order.
pub(super) fn arrange(mut found: Vec<(usize, Variable)>) -> Vec<Variable> {
    // An escaping result may be there twice, once without location (Go 1.24).
    let mut index = 0;
    while index < found.len() {
        let twin = found.get(index).is_some_and(|(block, this)| {
            let parameter = |v: &Variable| matches!(v.origin, Origin::Argument | Origin::Result);
            this.location.is_none()
                && found.iter().enumerate().any(|(at, (other, that))| {
                    at != index
                        && other == block
                        && that.name == this.name
                        && (that.location.is_some() || at < index)
                        && (parameter(this) || parameter(that) || this.line == that.line)
                })
        });
        if twin {
            found.remove(index);
        } else {
            index += 1;
        }
    }
    // The innermost block wins, in it the last declaration.
    let winners: Vec<bool> = found
        .iter()
        .enumerate()
        .map(|(at, (block, this))| {
            !found.iter().enumerate().any(|(other, (inner, that))| {
                that.name == this.name
                    && other != at
                    && (*inner, that.line, other) > (*block, this.line, at)
            })
        })
        .collect();
    let mut variables: Vec<Variable> = found
        .into_iter()
        .zip(winners)
        .map(|((_, variable), wins)| Variable {
            shadowed: !wins,
            ..variable
        })
        .collect();
    variables.sort_by_key(|v| match v.origin {
        Origin::Argument => (0, None),
        Origin::Result => (1, None),
        Origin::Capture => (2, None),
        Origin::Local => (3, v.line),
    });
    variables
}

#[cfg(test)]
mod tests {
    use super::range_body_parent;

    #[test]
    fn the_body_of_a_range_loop_belongs_to_the_function_around_it() {
        assert_eq!(range_body_parent("main.f-range1"), Some("main.f"));
        assert_eq!(
            range_body_parent("main.f-range1-range2"),
            Some("main.f-range1")
        );
        assert_eq!(
            range_body_parent("main.f.func2-range13"),
            Some("main.f.func2")
        );
        assert_eq!(range_body_parent("main.f-range1.func2"), None);
        assert_eq!(range_body_parent("main.f-range"), None);
        assert_eq!(range_body_parent("main.f"), None);
    }
}
