//! Takes off what log machinery put around a line.

use super::{Line, Origin, Place};
use crate::lines::RawLine;

/// Learns the prefix of a stream and takes it off.
#[derive(Debug, Default)]
pub struct Unwrapper {}

impl Unwrapper {
    /// Gives the line that `raw` completes, if it does.
    pub fn line(&mut self, raw: &RawLine<'_>, each: &mut dyn FnMut(&Line<'_>)) {
        each(&Line {
            text: raw.text,
            place: Place {
                line: raw.number,
                offset: raw.offset,
            },
            stamp: None,
            origin: Origin(0),
            unterminated: raw.unterminated,
            cut: raw.cut,
        });
    }

    /// The input has ended.
    pub fn finish(&mut self, _each: &mut dyn FnMut(&Line<'_>)) {}

    /// The name that the prefix gave an origin; empty for lines without one.
    pub fn origin_name(&self, _origin: Origin) -> &[u8] {
        &[]
    }
}
