//! What the record around a text tells of it.

use crate::line::Stamp;

/// What was in a record.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// The text, or those of many records in one line.
    pub texts: Vec<Vec<u8>>,
    pub stamp: Option<Stamp>,
    /// Who wrote it, by the fields that name a process, a container or a host.
    pub writer: Vec<u8>,
}

impl Inside {
    /// A text of which the record tells nothing.
    pub fn of(text: Vec<u8>) -> Self {
        Self {
            texts: vec![text],
            ..Self::default()
        }
    }
}
