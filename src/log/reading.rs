//! What every verb on a log does: reads it, gives its rows as they come, sums up, says what is missing.
//!
//! A verb states only what is its own ([`Reading`]): which records it reads, when one happened, how they are added up, and
//! what it says at the end.

use super::args::LogArgs;
use super::drive::{OneInput, Step, drive};
use super::window::{Window, Within};
use crate::answer::{Exit, Failure, Stop};
use crate::case::{Files, Kind, recognize_file};
use crate::flags::{Common, LogFlags, no_match};
use crate::input::log::Ended;
use crate::out::{Form, Out};
use crate::verb::{self, About, First};
use crate::words::name;
use clap::Args;
use dumpview_model::log;
use dumpview_model::log_model::{Fresh, LogModel, Parts};
use dumpview_model::units::plural;
use dumpview_parsers::log::{Origin, Others, Record};
use dumpview_view::Text;
use dumpview_view::choice::Choice;
use dumpview_view::column::Row;
use dumpview_view::document::{Document, Envelope, Incomplete, LogTail, Unread};
use dumpview_view::line::Line;
use dumpview_view::schema::{And, Documented, Rows};
use dumpview_view::text::lines_of;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;
use std::mem::take;
use std::path::Path;

/// What makes rows of something, as the writer takes them.
pub type Each<'e, R> = &'e mut dyn FnMut(&R) -> io::Result<()>;

/// What becomes of a record that has no time, when only a stretch is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timeless {
    /// It is left out, and that is told.
    LeftOut,
    /// It is in every stretch.
    Kept,
}

/// When a record happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// With the one before.
    WithPrevious,
    /// It does not say.
    Unknown,
    /// Nanoseconds since its process started.
    At(u64),
}

/// What one verb makes of a log, and what it was asked for beside the table.
pub trait Reading: Default + 'static {
    /// Its own flags.
    type Own: Args + Clone;
    /// One record of its list.
    type Row: Documented;
    /// What it says in the end, for programs.
    type Summary<'m>: Serialize + JsonSchema;
    /// The shape of its document: [`Body`], unless it has others.
    type Body: JsonSchema;
    /// What help says of it.
    const ABOUT: About;
    /// What it reads, as messages name it: `gctrace line`.
    const LINE: &'static str;
    /// How to get a log with such lines.
    const HINT: &'static str;
    /// The kinds of input that it reads.
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];
    /// What it collects.
    const PARTS: Parts;
    /// The screen that shows it while it comes, where there is one.
    const FIRST: Option<First> = None;
    /// What becomes of records without a time.
    const TIMELESS: Timeless = Timeless::LeftOut;

    /// What was asked; it may take from the flags what it does itself.
    ///
    /// # Errors
    ///
    /// When a flag cannot be understood.
    fn asked(_args: &mut LogArgs<Self::Own>, _form: Form) -> Result<Self, Failure> {
        Ok(Self::default())
    }

    /// Whether the whole log is asked for, not something about it.
    fn is_whole(_own: &Self::Own) -> bool {
        true
    }

    /// The answer, when it is another than the rows of a log.
    fn instead(
        _files: &Files<'_>,
        _args: &LogArgs<Self::Own>,
        _out: &mut Out<'_>,
    ) -> Option<Result<Exit, Stop>> {
        None
    }

    /// Whether a record is one of those that are not passed on to stderr.
    fn is_ours(record: &Record<'_>) -> bool;

    /// When a record happened, by the clock of its process. Without a clock, those that are ours may be of any time.
    fn when(record: &Record<'_>) -> When {
        if Self::is_ours(record) {
            When::Unknown
        } else {
            When::WithPrevious
        }
    }

    /// The row that has come, when rows are given as they come.
    fn fresh<'f>(&mut self, _fresh: Fresh<'f>) -> Option<&'f Self::Row> {
        None
    }

    /// All inputs have ended: gives the rows that waited for that.
    ///
    /// # Errors
    ///
    /// When a row cannot be given.
    fn finish(&self, _inputs: &Inputs, _each: Each<'_, Self::Row>) -> io::Result<()> {
        Ok(())
    }

    /// Whether anything was found that can be summed up.
    fn found(&self, inputs: &Inputs) -> bool;

    /// Why nothing was, when the verb knows better than that there is no such line.
    fn why_nothing(&self, _model: &LogModel) -> Option<String> {
        None
    }

    /// Which rows are missing between others, in words.
    fn gap(_model: &LogModel) -> Option<String> {
        None
    }

    /// What it says in the end: entries of the document.
    fn summary<'m>(&self, model: &'m LogModel) -> Self::Summary<'m>;

    /// The report for people.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn text(&self, inputs: &Inputs, out: &mut Text<'_>) -> io::Result<()>;
}

/// The document of a verb on a log.
pub type Body<R> = Rows<<R as Reading>::Row, And<<R as Reading>::Summary<'static>, LogTail>>;

/// What a document says in the end, where one object says it all.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Summed<S> {
    /// What all rows come to.
    pub summary: S,
}

/// What was read of the inputs.
pub struct Inputs {
    /// The inputs as messages name them.
    pub names: Vec<String>,
    /// All that was collected.
    pub model: LogModel,
    /// What could not be read of all inputs but the last, whose lines are the model's.
    unread: Vec<log::Unread>,
    /// Bytes read.
    bytes: u64,
    /// Why an input was not read whole.
    lost: Vec<Incomplete>,
    /// Rows outside of --since and --until.
    outside: u64,
    /// Rows without a time to compare with them.
    timeless: u64,
}

impl From<LogModel> for Inputs {
    fn from(model: LogModel) -> Self {
        Self {
            names: Vec::new(),
            model,
            unread: Vec::new(),
            bytes: 0,
            lost: Vec::new(),
            outside: 0,
            timeless: 0,
        }
    }
}

impl Inputs {
    /// What could not be read, with the name of the input for a verb that takes several.
    pub fn unread<R: Reading>(&self) -> Unread {
        let mut all = Unread::default();
        let inputs = self.unread.iter().chain([&self.model.unread]);
        for (index, unread) in inputs.enumerate() {
            let name = self.names.get(index);
            let of = Unread::of(
                unread,
                name.filter(|_| R::ABOUT.inputs == verb::Inputs::Files),
            );
            all.lines.extend(of.lines);
            all.count += of.count;
        }
        all
    }

    /// What an answer lacks.
    pub fn incomplete<R: Reading>(&self) -> Vec<Incomplete> {
        let mut incomplete = self.lost.clone();
        incomplete.extend(self.unread::<R>().incomplete());
        incomplete.extend(R::gap(&self.model).map(|why| Incomplete {
            what: R::Row::KEY.to_owned(),
            why,
        }));
        if self.timeless > 0 {
            let rows = plural(self.timeless, R::Row::ONE);
            incomplete.push(Incomplete {
                what: R::Row::KEY.to_owned(),
                why: format!("{rows} left out, without a time to compare with --since and --until"),
            });
        }
        incomplete
    }

    /// The inputs as messages name them, together.
    pub fn name(&self) -> String {
        self.names.join(" ")
    }

    /// Why there is nothing to sum up, and how to get a log that has something.
    pub fn nothing<R: Reading>(&self, reading: &R) -> Failure {
        let unread = self.unread::<R>();
        let (line, one) = (R::LINE, R::Row::ONE);
        let why = if self.bytes == 0 {
            "is empty".to_owned()
        } else if self.timeless > 0 {
            format!(
                "{} without a time that --since and --until could be compared with: durations (90s) need lines that say \
                 when their process started, clock times need time stamps before the lines",
                plural(self.timeless, one)
            )
        } else if self.outside > 0 {
            format!(
                "{}, all of them outside of --since and --until",
                plural(self.outside, one)
            )
        } else if let Some(first) = unread.lines.first() {
            format!(
                "no whole {line}, but {} that could not be read (the first is line {}: {})",
                plural(unread.count, "line"),
                first.line,
                first.why
            )
        } else if let Some(why) = reading.why_nothing(&self.model) {
            why
        } else {
            format!("no {line} in it")
        };
        Failure::no_answer(format!("{}: {why}\n\nhint: {}", self.name(), R::HINT))
    }
}

fn lost(ended: &Ended) -> Vec<Incomplete> {
    let lost = ended.lost.iter().map(|why| Incomplete {
        what: "input".to_owned(),
        why: why.clone(),
    });
    lost.collect()
}

/// Reads inputs whole, giving the rows as they come.
///
/// # Errors
///
/// When an input cannot be read, a flag cannot be understood, or a row cannot be given.
pub fn read<R: Reading>(
    reading: &mut R,
    paths: &[impl AsRef<Path>],
    flags: &LogFlags,
    common: &Common,
    each: &mut dyn FnMut(Step<&R::Row>) -> io::Result<()>,
) -> Result<Inputs, Stop> {
    let mut inputs = Inputs::from(LogModel::new(R::PARTS));
    // A core needs its executable, which says nothing itself.
    let is_executable = |path: &&Path| {
        R::READS.contains(&Kind::Core)
            && recognize_file(path).is_ok_and(|kind| kind == Kind::Executable)
    };
    let executable = paths.iter().map(AsRef::as_ref).find(is_executable);
    let said = paths.iter().map(AsRef::as_ref);
    for (source, path) in said.filter(|path| Some(*path) != executable).enumerate() {
        if source > 0 {
            inputs.unread.push(take(&mut inputs.model.unread));
            inputs.model.begin_input();
        }
        let input = OneInput {
            path,
            executable,
            flags,
            common,
        };
        one(reading, &input, &mut inputs, each)?;
        inputs.names.push(name(path));
    }
    reading.finish(&inputs, &mut |row| each(Step::Item(row)))?;
    Ok(inputs)
}

fn one<R: Reading>(
    reading: &mut R,
    input: &OneInput<'_>,
    inputs: &mut Inputs,
    each: &mut dyn FnMut(Step<&R::Row>) -> io::Result<()>,
) -> Result<(), Stop> {
    let flags = input.flags;
    let mut window: Window = Window::parse(flags.since.as_deref(), flags.until.as_deref())?;
    let mut within = Within::Yes;
    let others = if R::PARTS.has_lines() {
        Others::Given
    } else {
        Others::LeftOut
    };
    let (ended, reader) = drive(input, R::is_ours, others, &mut |step| {
        let record = match step {
            Step::Item(record) => record,
            Step::Settled => return each(Step::Settled),
        };
        let time = match R::when(record) {
            When::WithPrevious => None,
            When::Unknown => Some(None),
            When::At(ns) => Some(Some(ns)),
        };
        if let Some(time) = time {
            within = match window.admits(time, record.stamp) {
                Within::Unknown if R::TIMELESS == Timeless::Kept => Within::Yes,
                within => within,
            };
            match within {
                Within::Yes => {}
                Within::No => inputs.outside += 1,
                Within::Unknown => inputs.timeless += 1,
            }
        }
        // What stands between rows goes with the one before.
        let mut given = Ok(());
        let mut give = |fresh: Fresh<'_>| {
            if let (Some(row), Ok(())) = (reading.fresh(fresh), &given) {
                given = each(Step::Item(row));
            }
        };
        if within == Within::Yes {
            inputs.model.record(record, &mut give);
        } else {
            inputs.model.pass_by(record, &mut give);
        }
        given
    })?;
    let origins = |origin: Origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned();
    let mut given = Ok(());
    inputs.model.finish(origins, &mut |fresh| {
        if let (Some(row), Ok(())) = (reading.fresh(fresh), &given) {
            given = each(Step::Item(row));
        }
    });
    given?;
    inputs.bytes += ended.bytes;
    inputs.lost.extend(lost(&ended));
    Ok(())
}

/// Reads inputs and answers.
///
/// # Errors
///
/// When there is nothing to answer of, an input cannot be read, or the answer cannot be written.
pub fn answer<R: Reading>(
    mut reading: R,
    files: &Files<'_>,
    flags: &LogFlags,
    choice: &Choice<R::Row>,
    out: &mut Out<'_>,
) -> Result<Exit, Stop> {
    let paths: Vec<String> = files
        .paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let envelope = Envelope::of_log(R::ABOUT.name, paths.join(" "));
    let mut stream = out.stream(envelope, choice);
    let inputs = read(
        &mut reading,
        files.paths,
        flags,
        files.common,
        &mut |step| match step {
            Step::Item(row) => stream.row(row),
            Step::Settled => stream.settled(),
        },
    )?;
    if !reading.found(&inputs) {
        return Err(inputs.nothing(&reading).into());
    }
    if stream.found_nothing() {
        return Err(no_match(choice).into());
    }
    let incomplete = inputs.incomplete::<R>();
    stream.finish(
        |document| tail(&reading, &inputs, &incomplete, document),
        |out| reading.text(&inputs, out),
    )?;
    out.complain_of(&inputs.name(), &incomplete);
    Ok(Exit::lacking(&incomplete))
}

/// What a verb says of a log that was read elsewhere, without flags.
///
/// # Errors
///
/// When there is nothing of its kind in it.
pub fn told<R: Reading<Own: Default>>(model: LogModel, name: String) -> Result<Vec<Line>, Failure> {
    let reading = R::asked(&mut LogArgs::default(), Form::Text)?;
    let mut inputs = Inputs::from(model);
    inputs.names.push(name);
    if !reading.found(&inputs) {
        return Err(inputs.nothing(&reading));
    }
    Ok(lines_of(|out| reading.text(&inputs, out)))
}

/// Writes for people what was read elsewhere.
///
/// # Errors
///
/// When it cannot be written.
pub fn sum_up<R: Reading>(model: LogModel, out: &mut Out<'_>) -> io::Result<()> {
    let (reading, inputs) = (R::default(), Inputs::from(model));
    if reading.found(&inputs) {
        out.text(|out| reading.text(&inputs, out))
    } else {
        Ok(())
    }
}

fn tail<R: Reading>(
    reading: &R,
    inputs: &Inputs,
    incomplete: &[Incomplete],
    document: &mut Document<'_>,
) -> io::Result<()> {
    document.entries(&reading.summary(&inputs.model))?;
    document.entries(&LogTail {
        findings: inputs.model.findings(),
        unread: inputs.unread::<R>(),
    })?;
    document.entry("incomplete", &incomplete)
}
