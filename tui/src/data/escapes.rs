//! The compiler's decisions, and the lines of source that they are about.

use crate::ask::Topic;
use dumpview_model::escape::Analysis;
use std::sync::Arc;

/// Asks for the compiler's decisions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskEscapes;

impl Topic for AskEscapes {
    type Answer = Arc<Analysis>;
}

/// Asks for a line of a source file that the compiler named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskSourceLine {
    /// The file.
    pub file: String,
    /// The line, from one.
    pub line: u32,
    /// The column, in bytes from one; 0 when not known.
    pub column: u32,
    /// What is to be marked in it.
    pub what: String,
}

impl Topic for AskSourceLine {
    type Answer = SourceLine;
}

/// A line of source with the part that is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// The file, as the compiler named it.
    pub file: String,
    /// Its number.
    pub line: u32,
    /// The text, with blanks for tabs; absent when the file is not at hand.
    pub text: Option<String>,
    /// Columns before the marked part, and how many it takes.
    pub marked: (usize, usize),
}
