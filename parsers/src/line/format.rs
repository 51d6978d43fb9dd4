//! What a format's reader is, and what it gives.

use super::{Line, Written};

/// What a reader gives: its format's record, or what became of a text that is none.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Given<'a, R> {
    /// A record.
    Record(R),
    /// Looked like a record and could not be read.
    Unreadable(Unreadable<'a>),
    /// Was kept for what might follow, and is the application's own.
    Log(&'a [u8]),
}

/// A line that began like a record and is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unreadable<'a> {
    /// The format that it looked like: the name of its folder here.
    pub format: &'static str,
    /// The text, as far as it was there.
    pub text: &'a [u8],
    /// What is wrong with it.
    pub why: &'static str,
}

/// Takes what a reader gives. It borrows from the line or from the reader, so it is copied out or used at once.
type Each<'s, F> = dyn for<'r> FnMut(Written, Given<'r, <F as Format>::Record<'r>>) + 's;

/// Where the records of a format go.
pub struct Sink<'s, F: Format + ?Sized>(&'s mut Each<'s, F>);

impl<'s, F: Format + ?Sized> Sink<'s, F> {
    /// One that hands everything on.
    pub fn new(each: &'s mut Each<'s, F>) -> Self {
        Self(each)
    }

    /// Hands on what another reader of this format gave.
    pub fn give<'r>(&mut self, written: Written, given: Given<'r, F::Record<'r>>) {
        (self.0)(written, given);
    }

    /// Gives a record.
    pub fn record(&mut self, written: impl Into<Written>, record: F::Record<'_>) {
        (self.0)(written.into(), Given::Record(record));
    }

    /// Reports a text that looked like a record.
    pub fn unreadable(&mut self, written: impl Into<Written>, text: &[u8], why: &'static str) {
        let format = F::NAME;
        let lost = Unreadable { format, text, why };
        (self.0)(written.into(), Given::Unreadable(lost));
    }

    /// Gives the application's own text back.
    pub fn log(&mut self, written: impl Into<Written>, text: &[u8]) {
        (self.0)(written.into(), Given::Log(text));
    }
}

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
pub trait Format: 'static {
    /// What it reads lines to.
    type Record<'r>;

    /// The name of its folder here.
    const NAME: &'static str;

    /// Whether a record could begin with a line that begins with this byte (`None`: an empty line). Others are
    /// not offered while the reader is at rest, so that an application's own lines cost little.
    fn begins(&self, _first: Option<u8>) -> bool {
        true
    }

    /// Whether nothing is open, so that no line but a first one matters.
    fn rests(&self) -> bool;

    /// Whether a record could begin with a line that has none of the words by which first lines are sought in whole chunks.
    fn may_begin(&self, _text: &[u8]) -> bool {
        false
    }

    /// Whether the line is so plainly the next of the open record that no torn trace need be looked for in it.
    fn expects(&self, _text: &[u8]) -> bool {
        false
    }

    /// Offers a line. Records may be given at once, or when a later line completes them.
    fn line(&mut self, line: &Line<'_>, out: &mut Sink<'_, Self>) -> Taken;

    /// The input, or this origin's part of it, has ended: what is open is given or reported.
    fn finish(&mut self, out: &mut Sink<'_, Self>);
}
