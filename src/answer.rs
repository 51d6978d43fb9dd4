//! An answer, and how the program ends after it.

use crate::input::io_words;
use crate::words::{name, nearest, quoted};
use dumpview_process::postmortem::NoPlace;
use dumpview_view::document::{Incomplete, schema_id};
use dumpview_view::json;
use dumpview_view::text::lines_of;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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

impl Exit {
    /// After an answer that lacks this.
    pub const fn lacking(incomplete: &[Incomplete]) -> Self {
        if incomplete.is_empty() {
            Self::Answered
        } else {
            Self::Damaged
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// One or two lines: what was being done, to what, what was found, what to do about it.
    pub message: String,
}

impl From<NoPlace> for Failure {
    fn from(why: NoPlace) -> Self {
        let hint = match &why {
            NoPlace::NoGoroutine(_) => {
                "\n\nhint: dumpview goroutines lists the ones there are".to_owned()
            }
            NoPlace::NoFrame { goroutine, .. } => {
                format!("\n\nhint: dumpview bt -g {goroutine} numbers them")
            }
            _ => String::new(),
        };
        Self::no_answer(format!("{why}{hint}"))
    }
}

impl Failure {
    /// The question has no answer in this input.
    pub fn no_answer(message: impl std::fmt::Display) -> Self {
        Self {
            exit: Exit::NoAnswer,
            message: message.to_string(),
        }
    }

    /// The question was asked wrongly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }

    /// The system does not give what is in a file: why, and what to do about it.
    pub fn cannot_read(path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "\n\nhint: cores belong to the user who ran the program; try sudo, or chown it to yourself"
                    .to_owned()
            }
            io::ErrorKind::NotFound => beside(path)
                .map(|other| format!("\n\nhint: there is {}", quoted(&other)))
                .unwrap_or_default(),
            io::ErrorKind::IsADirectory => "\n\nhint: name the file in it".to_owned(),
            _ => String::new(),
        };
        Self::unreadable(format!("{}: {}{hint}", name(path), io_words(error)))
    }

    /// Whether it says what to do about it.
    pub fn has_hint(&self) -> bool {
        self.message.contains("\n\nhint: ")
    }

    /// Says what to do about it.
    pub fn hint(&mut self, hint: impl std::fmt::Display) {
        self.message = format!("{}\n\nhint: {hint}", self.message);
    }

    /// The same, with what the file should have been.
    pub fn of(mut self, what: &str) -> Self {
        let end = self.message.find('\n').unwrap_or(self.message.len());
        self.message
            .insert_str(end, &format!(", where {what} is expected"));
        self
    }

    /// The input cannot be read.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Unreadable,
            message: message.into(),
        }
    }
}

/// The name of the document of a failure.
pub const FAILURE: &str = "failure";

/// What a program reads of a failure, in place of an answer.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct FailureDocument<'f> {
    /// `dumpview.failure/1`.
    schema: String,
    /// How the program ends.
    exit: u8,
    /// Why there is no answer.
    error: &'f str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'f str>,
}

impl Failure {
    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn document(&self, out: &mut dyn Write) -> io::Result<()> {
        let (error, hint) = match self.message.split_once("\n\nhint: ") {
            Some((error, hint)) => (error, Some(hint)),
            None => (self.message.as_str(), None),
        };
        let document = FailureDocument {
            schema: schema_id(FAILURE),
            exit: self.exit as u8,
            error,
            hint,
        };
        json::write(&mut *out, &document)?;
        out.write_all(b"\n")
    }
}

/// The file in the same place whose name is most like that of one that is not there.
fn beside(path: &Path) -> Option<String> {
    let place = path.parent().filter(|place| !place.as_os_str().is_empty());
    let typed = path.file_name()?.to_str()?;
    let entries = std::fs::read_dir(place.unwrap_or(Path::new("."))).ok()?;
    let names: Vec<String> = entries
        .take(MOST_BESIDE)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let other = nearest(typed, names.iter().map(String::as_str))?;
    let other = place.map_or(PathBuf::from(other), |place| place.join(other));
    Some(other.display().to_string())
}

/// Names that are looked through for one that was meant.
const MOST_BESIDE: usize = 10_000;

/// Why nothing more is printed, so that `?` serves both reasons.
#[derive(Debug)]
pub enum Stop {
    /// There is no answer.
    Failed(Failure),
    /// It cannot be written.
    Write(io::Error),
    /// All that is to be said is printed already.
    Done(Exit),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// What a verb answers: serialisable, and able to show itself to people.
pub trait Answer: erased_serde::Serialize {
    /// Writes the answer for people.
    fn text(&self, out: &mut Text<'_>) -> io::Result<()>;

    /// Writes its table as comma-separated values; `None` when it has none.
    fn csv(&self, _out: &mut dyn Write) -> Option<io::Result<()>> {
        None
    }

    /// What it lacks beside what its input lacks; asked when it has been written.
    fn lacks(&self) -> Vec<Incomplete> {
        Vec::new()
    }

    /// How the program ends after it, when the answer itself decides.
    fn exit(&self) -> Option<Exit> {
        None
    }
}

erased_serde::serialize_trait_object!(Answer);

/// The answers to the lines of an `-x` script.
#[derive(Serialize, Default)]
pub struct Script<'c> {
    answers: Vec<ScriptAnswer<'c>>,
}

struct ScriptAnswer<'c> {
    command: String,
    schema: String,
    result: Result<Box<dyn Answer + 'c>, Failure>,
}

impl Serialize for ScriptAnswer<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            command: &'a str,
            schema: &'a str,
            #[serde(flatten)]
            answer: Option<&'a dyn Answer>,
            #[serde(skip_serializing_if = "Option::is_none")]
            error: Option<&'a str>,
        }
        let answer: Option<&dyn Answer> = match &self.result {
            Ok(answer) => Some(&**answer),
            Err(_) => None,
        };
        let line = Line {
            command: &self.command,
            schema: &self.schema,
            answer,
            error: self.result.as_ref().err().map(|f| f.message.as_str()),
        };
        line.serialize(serializer)
    }
}

impl<'c> Script<'c> {
    /// Adds the answer, or failure, of one line.
    pub fn push(
        &mut self,
        command: &str,
        verb: &str,
        result: Result<Box<dyn Answer + 'c>, Failure>,
    ) {
        self.answers.push(ScriptAnswer {
            command: command.to_owned(),
            schema: schema_id(verb),
            result,
        });
    }
}

impl Answer for Script<'_> {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for line in &self.answers {
            out.line(styled(Role::Dim, format_args!("> {}", line.command)))?;
            match &line.result {
                Ok(answer) => answer.text(out)?,
                Err(failure) => out.block("", &failure.message)?,
            }
        }
        Ok(())
    }

    fn lacks(&self) -> Vec<Incomplete> {
        let answers = self.answers.iter();
        answers
            .filter_map(|line| line.result.as_ref().ok())
            .flat_map(|answer| answer.lacks())
            .collect()
    }

    fn exit(&self) -> Option<Exit> {
        self.answers
            .iter()
            .find_map(|line| line.result.as_ref().err().map(|failure| failure.exit))
    }
}

/// An answer's text as lines of a screen.
pub fn lines(answer: &dyn Answer) -> Vec<dumpview_view::Line> {
    lines_of(|out| answer.text(out))
}
