//! What every JSON document begins with, and how one is written while its rows come.

use crate::json;
use dumpview_model::finding::Finding;
use dumpview_model::log::{self, UnreadLine};
use dumpview_model::timeline::Timeline;
use dumpview_model::units::plural;
use erased_serde::Serialize as ErasedSerialize;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The name of a verb's document. A verb below another stands behind a dot: `dumpview.heap.top/1`.
pub fn schema_id(verb: &str) -> String {
    format!("dumpview.{}/1", verb.replace(' ', "."))
}

/// What every document begins with.
#[derive(Serialize, Debug, Clone, JsonSchema)]
#[schemars(rename = "envelope")]
pub struct Envelope {
    /// Which document this is: `dumpview.VERB/1`. The number rises when keys change their meaning.
    pub schema: String,
    /// What was opened.
    pub input: InputSummary,
}

/// What was opened.
#[derive(Serialize, Debug, Clone, Default, JsonSchema)]
#[schemars(rename = "input")]
pub struct InputSummary {
    /// As typed; several inputs are separated by blanks.
    pub path: String,
    /// What it is: `core`, `log`, `escapes` (compiler output), `profile`, `timeline` (several inputs).
    pub kind: &'static str,
    /// Path of the executable in use; null without one.
    pub executable: Option<String>,
    /// `go1.27.3`; null where it is not known.
    pub go_version: Option<String>,
    /// `amd64` or `arm64`; null where it is not known.
    pub arch: Option<&'static str>,
}

/// Something that an answer lacks.
#[derive(Serialize, Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename = "incomplete")]
pub struct Incomplete {
    /// What is affected: `input` (it was not read whole), `lines` (some could not be read), the key of the rows that are
    /// missing (`cycles`, `samples`), or a part of a core.
    pub what: String,
    /// Why, and what would mend it.
    pub why: String,
}

/// A line that looked like a record and could not be read.
#[derive(Serialize, Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename = "unrecognized")]
pub struct Unrecognized {
    /// The input, as typed; absent where there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its number in the input, from 1.
    pub line: u64,
    /// What it looked like: the name of a format (`gctrace`).
    pub format: &'static str,
    /// Its text, cut after 400 bytes.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Lines that could not be read, as every document about a log has them.
#[derive(Serialize, Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Unread {
    /// Lines that looked like a record and could not be read, in order: the first 1000 of each input.
    #[serde(rename = "unrecognized")]
    pub lines: Vec<Unrecognized>,
    /// How many there were, those that are not listed included.
    #[serde(rename = "unrecognized_count")]
    pub count: u64,
}

/// What every document about a log has beside its own: what is worth knowing, and what could not be read.
#[derive(Serialize, Debug, Clone, JsonSchema)]
#[schemars(inline)]
pub struct LogTail {
    /// What is worth knowing, the worst first; empty when nothing is.
    pub findings: Vec<Finding>,
    /// What could not be read.
    #[serde(flatten)]
    pub unread: Unread,
}

impl Unrecognized {
    /// A line of a log, of the input that is named where there are several.
    pub fn of(line: &UnreadLine, source: Option<&String>) -> Self {
        Self {
            source: source.cloned(),
            line: line.line,
            format: line.format,
            text: line.text.clone(),
            why: line.why,
        }
    }
}

impl Unread {
    /// What a model could not read of an input, which is named where there are several.
    pub fn of(unread: &log::Unread, source: Option<&String>) -> Self {
        let lines = unread.lines().iter();
        Self {
            lines: lines.map(|line| Unrecognized::of(line, source)).collect(),
            count: unread.count(),
        }
    }

    /// What was not read of the inputs of a timeline.
    pub fn of_timeline(timeline: &Timeline) -> Self {
        let sources = &timeline.sources;
        let lines = timeline.unread.iter().map(|lost| {
            let source = sources.get(lost.source);
            Unrecognized::of(&lost.line, source.map(|source| &source.name))
        });
        Self {
            lines: lines.collect(),
            count: sources.iter().map(|of| of.unread).sum(),
        }
    }

    /// What an answer lacks for it.
    pub fn incomplete(&self) -> Option<Incomplete> {
        let first = self.lines.first()?;
        let what = if self.count == 1 { "a trace" } else { "traces" };
        let source = first.source.as_ref();
        let of = source.map_or_else(String::new, |source| format!(" of {source}"));
        Some(Incomplete {
            what: "lines".to_owned(),
            why: format!(
                "{} looked like {what} and could not be read, the first is line {}{of}: {}",
                plural(self.count, "line"),
                first.line,
                first.why
            ),
        })
    }
}

impl Envelope {
    /// The envelope of a verb's answer.
    pub fn new(verb: &str, input: InputSummary) -> Self {
        Self {
            schema: schema_id(verb),
            input,
        }
    }

    /// The envelope of an answer about a log.
    pub fn of_log(verb: &str, path: impl Into<String>) -> Self {
        Self::new(
            verb,
            InputSummary {
                path: path.into(),
                kind: "log",
                ..InputSummary::default()
            },
        )
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
        let mut document = Self::bare(out);
        document.entry("schema", &envelope.schema)?;
        document.entry("input", &envelope.input)?;
        Ok(document)
    }

    /// Begins without that: for a file of rows, whose name says what it is of.
    pub fn bare(out: &'w mut dyn Write) -> Self {
        Self { out, before: b"{" }
    }

    /// Adds an entry.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn entry(&mut self, name: &str, value: &dyn ErasedSerialize) -> io::Result<()> {
        self.key(name)?;
        let mut writer = json::serializer(&mut *self.out);
        erased_serde::serialize(value, &mut writer).map_err(io::Error::from)
    }

    /// Adds the entries of an object.
    ///
    /// # Errors
    ///
    /// When they cannot be written, or `body` is no object.
    pub fn entries(&mut self, body: &dyn ErasedSerialize) -> io::Result<()> {
        let mut text = Vec::new();
        erased_serde::serialize(body, &mut json::serializer(&mut text)).map_err(io::Error::from)?;
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
        json::write(&mut *self.out, name)?;
        self.out.write_all(b":")
    }
}
