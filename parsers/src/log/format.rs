//! What a format's reader is to the log's.

use super::{Line, Record};

/// Where records go. They borrow from the line or from the reader, so they are copied out or used at once.
pub type Sink<'s> = dyn FnMut(Record<'_>) + 's;

/// What became of a line that was offered to a format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It is none of this format's; a record that was open has been given, and the reader is at rest.
    No,
    /// It was read (or reported as unreadable), and nothing is open.
    Yes,
    /// It was read, and the next line of this origin is to be offered here first.
    Open,
}

/// A push reader of one format: no I/O, no memory that grows with the input.
pub trait Format {
    /// Whether a record could begin with a line that begins with this byte (`None`: an empty line). Others are
    /// not offered while the reader is at rest, so that an application's own lines cost little.
    fn begins(&self, _first: Option<u8>) -> bool {
        true
    }

    /// Whether the line is so plainly the next of the open record that no torn trace need be looked for in it.
    fn expects(&self, _text: &[u8]) -> bool {
        false
    }

    /// Offers a line. Records may be given at once, or when a later line completes them.
    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_>) -> Taken;

    /// The input, or this origin's part of it, has ended: what is open is given or reported.
    fn finish(&mut self, out: &mut Sink<'_>);
}
