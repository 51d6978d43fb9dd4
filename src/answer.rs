//! An answer and how it leaves: text for people, or one JSON document in the envelope all verbs share.

use dumpview_view::{Role, Text};
use serde::Serialize;
use std::io::{self, Write};

/// How the program ends. The numbers are a contract (README, "Exit status").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Answered.
    Answered = 0,
    /// The question has no answer in this input.
    NoAnswer = 1,
    /// Wrong usage.
    Usage = 2,
    /// The input cannot be read or is not what it was said to be.
    Unreadable = 3,
    /// Answered, but from a damaged input.
    Damaged = 4,
}

/// Why there is no answer.
#[derive(Debug)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// One or two lines: what was being done, to what, what was found, what to do about it.
    pub message: String,
}

impl Failure {
    /// The question has no answer in this input.
    pub fn no_answer(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::NoAnswer,
            message: message.into(),
        }
    }

    /// The question was asked wrongly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }

    /// The input cannot be read.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Unreadable,
            message: message.into(),
        }
    }
}

/// What a verb answers: serialisable, and able to show itself to people.
pub trait Answer: erased::Json {
    /// Writes the answer for people.
    fn text(&self, out: &mut Text<'_>) -> io::Result<()>;

    /// How the program ends after it, when the answer itself decides.
    fn exit(&self) -> Option<Exit> {
        None
    }
}

/// Serialisation behind a trait object, without another dependency: an answer writes itself into its envelope.
pub mod erased {
    use super::{Document, Envelope, Serialize, Write, io};

    /// Something that can be written as the body of a document.
    pub trait Json {
        /// Writes the document with this body.
        fn write_document(&self, envelope: &Envelope, out: &mut dyn Write) -> io::Result<()>;

        /// The body alone, to stand inside another document.
        fn to_value(&self) -> serde_json::Result<serde_json::Value>;
    }

    impl<T: Serialize> Json for T {
        fn write_document(&self, envelope: &Envelope, out: &mut dyn Write) -> io::Result<()> {
            serde_json::to_writer(
                &mut *out,
                &Document {
                    envelope,
                    body: self,
                },
            )?;
            out.write_all(b"\n")
        }

        fn to_value(&self) -> serde_json::Result<serde_json::Value> {
            serde_json::to_value(self)
        }
    }
}

/// The answers to the lines of an `-x` script.
#[derive(Serialize, Default)]
pub struct Script {
    answers: Vec<ScriptAnswer>,
}

struct ScriptAnswer {
    command: String,
    schema: String,
    result: Result<Box<dyn Answer>, Failure>,
}

impl Serialize for ScriptAnswer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = match &self.result {
            Ok(answer) => answer.to_value().map_err(serde::ser::Error::custom)?,
            Err(failure) => serde_json::json!({ "error": failure.message }),
        };
        if let Some(map) = body.as_object_mut() {
            map.insert("command".to_owned(), self.command.clone().into());
            map.insert("schema".to_owned(), self.schema.clone().into());
        }
        body.serialize(serializer)
    }
}

impl Script {
    /// Adds the answer, or failure, of one line.
    pub fn push(&mut self, command: &str, verb: &str, result: Result<Box<dyn Answer>, Failure>) {
        let schema = format!("dumpview.{verb}/1");
        self.answers.push(ScriptAnswer {
            command: command.to_owned(),
            schema,
            result,
        });
    }
}

impl Answer for Script {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for line in &self.answers {
            out.line(dumpview_view::styled(
                Role::Dim,
                format_args!("> {}", line.command),
            ))?;
            match &line.result {
                Ok(answer) => answer.text(out)?,
                Err(failure) => out.line(&failure.message)?,
            }
        }
        Ok(())
    }

    fn exit(&self) -> Option<Exit> {
        self.answers
            .iter()
            .find_map(|line| line.result.as_ref().err().map(|failure| failure.exit))
    }
}

#[derive(Serialize)]
struct Document<'a, T> {
    #[serde(flatten)]
    envelope: &'a Envelope,
    #[serde(flatten)]
    body: &'a T,
}

/// What every document begins with.
#[derive(Serialize, Debug, Clone)]
pub struct Envelope {
    /// `dumpview.VERB/1`.
    pub schema: String,
    /// What was opened.
    pub input: InputSummary,
    /// What is missing from it.
    pub incomplete: Vec<Incomplete>,
}

/// What was opened.
#[derive(Serialize, Debug, Clone)]
pub struct InputSummary {
    /// As typed.
    pub path: String,
    /// `core`, `executable`, …
    pub kind: &'static str,
    /// The executable in use.
    pub executable: Option<String>,
    /// `go1.27.3`.
    pub go_version: Option<String>,
    /// `amd64` or `arm64`.
    pub arch: Option<&'static str>,
}

/// Something that is missing from the input.
#[derive(Serialize, Debug, Clone)]
pub struct Incomplete {
    /// What is affected.
    pub what: String,
    /// Why, and what would mend it.
    pub why: String,
}
