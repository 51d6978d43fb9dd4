//! What every JSON document begins with, and how one is written while its rows come.

use erased_serde::Serialize as ErasedSerialize;
use serde::Serialize;
use std::io::{self, Write};

/// What every document begins with.
#[derive(Serialize, Debug, Clone)]
pub struct Envelope {
    /// `dumpview.VERB/1`.
    pub schema: String,
    /// What was opened.
    pub input: InputSummary,
}

/// What was opened.
#[derive(Serialize, Debug, Clone, Default)]
pub struct InputSummary {
    /// As typed; several inputs are separated by blanks.
    pub path: String,
    /// What it is: `core`, `log`, `escapes`, `timeline`.
    pub kind: &'static str,
    /// The executable in use.
    pub executable: Option<String>,
    /// `go1.27.3`, where it is known.
    pub go_version: Option<String>,
    /// `amd64` or `arm64`, where it is known.
    pub arch: Option<&'static str>,
}

/// Something that an answer lacks.
#[derive(Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// What is affected: `input` (it was not read whole), `lines` (some could not be read), or a part of a core.
    pub what: String,
    /// Why, and what would mend it.
    pub why: String,
}

impl Envelope {
    /// The envelope of a verb's answer.
    pub fn new(verb: &str, input: InputSummary) -> Self {
        Self {
            schema: format!("dumpview.{verb}/1"),
            input,
        }
    }
}

/// A document on its way out: entries in the order in which they are known, so that nothing has to be held.
pub struct Document<'w> {
    out: &'w mut dyn Write,
    before: &'static [u8],
}

impl<'w> Document<'w> {
    /// Begins with what every document begins with.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn begin(out: &'w mut dyn Write, envelope: &Envelope) -> io::Result<Self> {
        let mut document = Self { out, before: b"{" };
        document.entry("schema", &envelope.schema)?;
        document.entry("input", &envelope.input)?;
        Ok(document)
    }

    /// Adds an entry.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn entry(&mut self, name: &str, value: &dyn ErasedSerialize) -> io::Result<()> {
        self.key(name)?;
        let mut json = serde_json::Serializer::new(&mut *self.out);
        erased_serde::serialize(value, &mut json).map_err(io::Error::from)
    }

    /// Adds the entries of an object.
    ///
    /// # Errors
    ///
    /// When they cannot be written, or `body` is no object.
    pub fn entries(&mut self, body: &dyn ErasedSerialize) -> io::Result<()> {
        let mut text = Vec::new();
        let mut json = serde_json::Serializer::new(&mut text);
        erased_serde::serialize(body, &mut json).map_err(io::Error::from)?;
        let inner = text
            .strip_prefix(b"{")
            .and_then(|text| text.strip_suffix(b"}"))
            .ok_or_else(|| io::Error::other("the body of a document has to be an object"))?;
        if !inner.is_empty() {
            self.out.write_all(self.before)?;
            self.before = b",";
            self.out.write_all(inner)?;
        }
        Ok(())
    }

    /// Begins a list whose elements come through [`Self::element`].
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn list(&mut self, name: &str) -> io::Result<()> {
        self.key(name)?;
        self.out.write_all(b"[")?;
        self.before = b"\n";
        Ok(())
    }

    /// Adds an element, given as JSON, to the list that was begun.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn element(&mut self, json: &[u8]) -> io::Result<()> {
        self.out.write_all(self.before)?;
        self.before = b",\n";
        self.out.write_all(json)
    }

    /// Ends the list.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn end_list(&mut self) -> io::Result<()> {
        self.before = b",";
        self.out.write_all(b"]")
    }

    /// Lets out what was written so far.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the document.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn end(self) -> io::Result<()> {
        self.out.write_all(b"}\n")
    }

    fn key(&mut self, name: &str) -> io::Result<()> {
        self.out.write_all(self.before)?;
        self.before = b",";
        serde_json::to_writer(&mut *self.out, name)?;
        self.out.write_all(b":")
    }
}
