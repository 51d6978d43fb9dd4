//! The compiler's JSON log, `-gcflags=-json=0,DIR` (`cmd/compile/internal/logopt/log_opts.go`).
//!
//! `DIR/<escaped package>/<file>.json`: a header line, then one diagnostic a line in the shape of the Language
//! Server Protocol, except that lines and characters count from 1. The texts of explanations are those of
//! `-m=2`, after `escflow:`.

use super::{Step, flow};
use serde::Deserialize;

/// The first line of a log.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct LogHeader {
    /// Format version; 0 is the only one there is.
    pub version: u32,
    /// Import path, `main` for programs.
    pub package: String,
    /// The compiler.
    #[serde(default)]
    pub gc_version: String,
    /// The source file the diagnostics are about.
    #[serde(default)]
    pub file: String,
}

/// One diagnostic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogDiagnostic {
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1; 0 when unknown.
    pub column: u32,
    /// `escape`, `leak`, `canInlineFunction`, `cannotInlineFunction`, `isInBounds`, …
    pub code: String,
    /// The text, empty for many codes.
    pub message: String,
    /// Explanation steps and inlining positions.
    pub notes: Vec<LogNote>,
}

/// One entry of `relatedInformation`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogNote {
    /// The file, taken out of its URI.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1; 0 when unknown.
    pub column: u32,
    /// `escflow:    flow: …`, `inlineLoc`.
    pub message: String,
}

impl LogNote {
    /// The explanation step in it. A `from` step's position is the note's own.
    pub fn step(&self) -> Option<Step<'_>> {
        flow::logged(self.message.strip_prefix("escflow:")?.as_bytes())
    }
}

/// A line of a log that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// Not JSON, or not of this shape.
    #[error("compiler log: {0}")]
    Json(#[from] serde_json::Error),
    /// A version this program does not know.
    #[error("compiler log: version {0}, expected 0")]
    Version(u32),
}

#[derive(Deserialize)]
struct Point {
    line: u32,
    character: u32,
}

#[derive(Deserialize)]
struct Range {
    start: Point,
}

#[derive(Deserialize)]
struct Location {
    uri: String,
    range: Range,
}

#[derive(Deserialize)]
struct Related {
    location: Location,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    range: Range,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default, rename = "relatedInformation")]
    related: Vec<Related>,
}

/// Reads the first line of a log.
///
/// # Errors
///
/// Not JSON of that shape, or another version.
pub fn log_header(line: &[u8]) -> Result<LogHeader, LogError> {
    let header: LogHeader = serde_json::from_slice(line)?;
    if header.version == 0 {
        Ok(header)
    } else {
        Err(LogError::Version(header.version))
    }
}

/// Whether a line is the first one of a log, in a text of which that is not known otherwise.
pub fn begins_log(line: &[u8]) -> bool {
    let may_be = line.starts_with(b"{\"version\":");
    may_be && log_header(line).is_ok_and(|header| !header.gc_version.is_empty())
}

/// Reads one of the other lines.
///
/// # Errors
///
/// Not JSON of that shape.
pub fn log_diagnostic(line: &[u8]) -> Result<LogDiagnostic, LogError> {
    let read: Diagnostic = serde_json::from_slice(line)?;
    Ok(LogDiagnostic {
        line: read.range.start.line,
        column: read.range.start.character,
        code: read.code,
        message: read.message,
        notes: read
            .related
            .into_iter()
            .map(|related| LogNote {
                file: path_of(&related.location.uri),
                line: related.location.range.start.line,
                column: related.location.range.start.character,
                message: related.message,
            })
            .collect(),
    })
}

/// The path in a `file://` URI, with `%XX` decoded.
fn path_of(uri: &str) -> String {
    let escaped = uri.strip_prefix("file://").unwrap_or(uri);
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digit = |at: usize| {
            tail.get(at)
                .and_then(|b| char::from(*b).to_digit(16))
                .and_then(|d| u8::try_from(d).ok())
        };
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            bytes.push(high * 16 + low);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_decoded() {
        assert_eq!(path_of("file://%3Cautogenerated%3E"), "<autogenerated>");
        assert_eq!(path_of("file:///a/b%"), "/a/b%");
    }

    #[test]
    fn other_versions_are_refused() {
        assert!(matches!(
            log_header(br#"{"version":1,"package":"p"}"#),
            Err(LogError::Version(1))
        ));
    }
}
