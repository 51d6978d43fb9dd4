//! A value as a whole, where a line has no room for it.

use super::page::Standpoint;
use crate::ask::Topic;
use dumpview_view::line::Line;

/// Asks for all of a value, as seen from a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskWhole {
    /// The goroutine and frame.
    pub at: Standpoint,
    /// The expression.
    pub expr: String,
}

impl Topic for AskWhole {
    type Answer = Content;
    const LONG: Option<&'static str> = Some("reading the value");
}

/// Something to be read from its beginning to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Lines.
    Lines(Vec<Line>),
    /// Bytes, which may be a text.
    Bytes {
        /// The first of them.
        bytes: Vec<u8>,
        /// How many there are.
        len: u64,
    },
}

impl Content {
    /// Whether they are bytes that people cannot read as they are.
    pub fn is_binary(&self) -> bool {
        let Self::Bytes { bytes, len } = self else {
            return false;
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            // The end of what was read may cut a character in two.
            Err(cut) if cut.error_len().is_none() && (bytes.len() as u64) < *len => {
                let whole = bytes.get(..cut.valid_up_to()).unwrap_or_default();
                std::str::from_utf8(whole).unwrap_or_default()
            }
            Err(_) => return true,
        };
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x1b');
        text.chars().any(control)
    }
}
