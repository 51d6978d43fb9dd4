//! Which way the numbers of a heap are wrong that is not whole.
//!
//! Without a root or a reference, what only it keeps counts as garbage: live is too low then, garbage too high. Without
//! an object both are too low. What an object keeps alone may be too low, and too high as well: what else refers to
//! it may be what is missing.

use super::{Lacks, Note};
use schemars::JsonSchema;
use serde::Serialize;

/// What a number is of the true one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-bound")]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The number itself.
    Exact,
    /// It may be more in truth.
    Lower,
    /// It may be less in truth.
    Upper,
    /// It may be more or less.
    Unknown,
}

/// What the numbers of a heap are of the true ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-bounds")]
pub struct Bounds {
    /// Objects and bytes that a root reaches.
    pub live: Bound,
    /// Objects and bytes that none reaches.
    pub garbage: Bound,
    /// Retained bytes of a place.
    pub retained: Bound,
}

impl Bounds {
    /// By what is missing.
    pub fn of(notes: &[Note]) -> Self {
        let lacks = |what| notes.iter().any(|note| note.lacks == what);
        let (objects, references) = (lacks(Lacks::Objects), lacks(Lacks::References));
        let surplus = lacks(Lacks::Surplus);
        let fewer = objects || references;
        let bound = |lower, upper| match (lower, upper) {
            (false, false) => Bound::Exact,
            (true, false) => Bound::Lower,
            (false, true) => Bound::Upper,
            (true, true) => Bound::Unknown,
        };
        Self {
            live: bound(fewer, surplus),
            // An object that is not there refers to nothing either.
            garbage: bound(objects, fewer || surplus),
            retained: if fewer || surplus {
                Bound::Unknown
            } else {
                Bound::Exact
            },
        }
    }

    /// In one line; `None` when all numbers are exact.
    pub const fn words(self) -> Option<&'static str> {
        match (self.live, self.garbage) {
            (Bound::Exact, _) => None,
            (Bound::Lower, Bound::Upper) => {
                Some("live is a lower bound and garbage an upper one, retained sizes may be either")
            }
            (Bound::Lower, _) => {
                Some("live is a lower bound, garbage and retained sizes may be too high or too low")
            }
            _ => Some("live, garbage and retained sizes may be too high or too low"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lacks: &[Lacks]) -> Bounds {
        let note = |lacks: &Lacks| Note::new("something", 1, *lacks);
        Bounds::of(&lacks.iter().map(note).collect::<Vec<_>>())
    }

    #[test]
    fn without_a_root_live_is_a_lower_and_garbage_an_upper_bound() {
        let bounds = of(&[Lacks::References]);
        assert_eq!((bounds.live, bounds.garbage), (Bound::Lower, Bound::Upper));
        assert_eq!(bounds.retained, Bound::Unknown);
        assert!(bounds.words().is_some());
    }

    #[test]
    fn what_is_whole_is_exact_and_what_is_not_never_is() {
        assert_eq!(of(&[]).words(), None);
        for lacks in [Lacks::Objects, Lacks::References, Lacks::Surplus] {
            let bounds = of(&[lacks]);
            assert!(bounds.words().is_some());
            for bound in [bounds.live, bounds.garbage, bounds.retained] {
                assert_ne!(bound, Bound::Exact);
            }
        }
        assert_eq!(of(&[Lacks::Objects]).garbage, Bound::Unknown);
    }
}
