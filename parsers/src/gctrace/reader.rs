//! Lines to records.

use crate::log::{Format, Line, Sink, Taken};

/// Reads collector traces.
#[derive(Clone, Debug, Default)]
pub struct Reader {}

impl Format for Reader {
    fn line(&mut self, _line: &Line<'_>, _out: &mut Sink<'_>) -> Taken {
        Taken::No
    }

    fn finish(&mut self, _out: &mut Sink<'_>) {}
}
