//! A line of a file, to be opened in the user's editor.

use crate::ask::Topic;
use std::path::PathBuf;

/// A line that something on a screen is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FilePlace {
    /// Of a source file, by the path that the input names.
    Source {
        /// The path.
        file: String,
        /// The line, from one.
        line: u64,
    },
    /// Of the input itself, from one.
    Input {
        /// The line.
        line: u64,
    },
}

impl FilePlace {
    /// What `file:line` names, or `file:line:column`.
    pub fn of_source(place: &str) -> Option<Self> {
        let (rest, last) = place.trim().rsplit_once(':')?;
        let last: u64 = last.parse().ok()?;
        let with_column = rest.rsplit_once(':');
        let with_column = with_column.and_then(|(file, line)| Some((file, line.parse().ok()?)));
        let (file, line) = with_column.unwrap_or((rest, last));
        (!file.is_empty()).then(|| Self::Source {
            file: file.to_owned(),
            line,
        })
    }
}

/// Asks for the file on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskFile(pub FilePlace);

impl Topic for AskFile {
    type Answer = OpenFile;
}

/// A file on this machine, and a line of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenFile {
    /// The file.
    pub path: PathBuf,
    /// The line, from one.
    pub line: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_and_a_line() {
        let source = |place| match FilePlace::of_source(place) {
            Some(FilePlace::Source { file, line }) => Some((file, line)),
            _ => None,
        };
        assert_eq!(source("/a/b.go:12"), Some(("/a/b.go".to_owned(), 12)));
        assert_eq!(source("b.go:12:7"), Some(("b.go".to_owned(), 12)));
        assert_eq!(source("/a:1/b.go:12"), Some(("/a:1/b.go".to_owned(), 12)));
        assert_eq!(source("0x45ab10"), None);
        assert_eq!(source(":7"), None);
    }
}
