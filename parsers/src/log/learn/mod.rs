//! A prefix that nobody listed, learned from what stands behind it.
//!
//! Where the tail of a line is a trace's, and the tails of its neighbours behind the same beginning are what must
//! follow, that beginning is the prefix of the stream, whatever it is. Until that is known the lines are held, and then
//! they are read as if it had been known before: the first line of a crash is not lost.
//!
//! | file | in charge of |
//! |---|---|
//! | `mark` | where in a line a trace may begin, and what must follow it |
//! | `template` | a prefix as words, numbers, times and signs |
//! | `field` | the text that is one field of a record |
//! | `json`, `yaml`, `logfmt`, `csv`, `quoted` | the records that have such |
//! | `inside` | what such a record tells of the text |
//! | `names` | which other fields tell the writer and the time |
//! | `shape` | both together: how a line's text is taken out of it |
//! | `hold` | the lines that are held until it is decided |

mod csv;
mod field;
mod hold;
mod inside;
mod json;
mod logfmt;
mod mark;
mod names;
mod quoted;
mod shape;
mod template;
#[cfg(test)]
mod tests;
mod yaml;

pub(super) use hold::{Hold, Ruling, Tail};
pub(super) use shape::Shape;

#[cfg(test)]
pub(super) use mark::WORDS;

use crate::line::Origin;
use mark::Mark;

/// So many shapes of lines are kept of a log.
pub(super) const MOST_SHAPES: usize = 16;

/// What a line may be, when its neighbours agree.
#[derive(Debug)]
pub(super) struct Candidate {
    shape: Shape,
    mark: Mark,
    /// Who wrote it, by what is known of the prefix.
    origin: Origin,
    /// The texts of other records that stand in the line behind it.
    behind: Vec<Vec<u8>>,
}

/// A trace behind something that is not known, if there is one in a line. `bare`: traces of this log stand at the start
/// of lines, so that what stands before one of a single line is the application's.
pub(super) fn candidate(text: &[u8], bare: bool, origin: Origin) -> Option<Candidate> {
    let found = mark::first(text)?;
    let (shape, mark) = Shape::around(text, found)?;
    let plain = shape.is_plain();
    if mark == Mark::Trace && bare && !shape.has_field() || plain && bare {
        return None;
    }
    Some(Candidate {
        behind: shape.behind_the_first(text),
        shape,
        mark,
        origin,
    })
}
