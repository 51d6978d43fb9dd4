//! What a verb is: a value with a name, words for help, flags, and a function that answers.
//!
//! A verb implements [`Verb`] and, by what it reads, [`OnCore`] or [`OnFiles`] or both; one line in the registry makes it
//! known to the command line, `-x`, the `:` prompt, help, man pages and completions.

use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::core::{Case, Cursor};
use crate::case::{Files, Kind, recognize_file};
use crate::flags::LogFlags;
use crate::out::Out;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use dumpview_model::log_model::LogModel;
use dumpview_parsers::log::Record;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::io;
use std::path::PathBuf;

/// Where a verb stands in help.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Questions about a core.
    Core,
    /// What a process printed.
    Log,
    /// What the compiler printed.
    Compiler,
    /// Moves of `-x` scripts and the `:` prompt, which no command line needs.
    Script,
    /// What FILE without a verb asks.
    Opening,
}

/// A verb's own last word, behind the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// It takes none.
    None,
    /// It may have one: its name and what it is.
    Optional(&'static str, &'static str),
    /// It needs one.
    Required(&'static str, &'static str),
    /// It needs one or more, which reach it as one text.
    Several(&'static str, &'static str),
}

/// What stands behind the verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inputs {
    /// `CORE [EXE]`, and the verb's own word.
    Core(Word),
    /// `OLD NEW [EXE]`: two cores, or two heap dumps. NEW is the one that is opened; OLD reaches the verb as its word.
    TwoMoments,
    /// `FILE`, a log.
    Log,
    /// `FILE [EXE]`: a core or a log.
    CoreOrLog,
    /// `FILE…`.
    Files,
    /// The verb's own word, its name and what it is, and then `FILE…`.
    WordThenFiles(&'static str, &'static str),
}

/// What help says of a verb.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name; of a verb below another one, both words: `heap top`.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Where it stands in help.
    pub group: Group,
    /// One line.
    pub line: &'static str,
    /// What it is asked of.
    pub inputs: Inputs,
    /// Command lines that show it, one a line.
    pub examples: &'static [&'static str],
    /// What else to know: exit status, what passes through.
    pub notes: &'static str,
}

impl About {
    /// A verb about a core, with neither examples nor aliases.
    pub const fn core(name: &'static str, line: &'static str, word: Word) -> Self {
        Self {
            name,
            aliases: &[],
            group: Group::Core,
            line,
            inputs: Inputs::Core(word),
            examples: &[],
            notes: "",
        }
    }

    /// A verb about a log.
    pub const fn log(name: &'static str, line: &'static str) -> Self {
        Self {
            group: Group::Log,
            inputs: Inputs::Log,
            ..Self::core(name, line, Word::None)
        }
    }
}

/// A verb.
pub trait Verb: 'static {
    /// Its flags, without the inputs.
    type Args: Args;
    /// What its document says beside what every document says: the shape of its answers in JSON.
    type Body: JsonSchema;
    /// What help says of it.
    const ABOUT: About;
}

/// A verb that is asked of an opened process: on the command line, in an `-x` script, at the `:` prompt.
pub trait OnCore: Verb {
    /// Whether it can be asked of a heap dump too, which has objects, goroutines and package data of a process, and no
    /// threads.
    const ON_HEAP_DUMP: bool = false;

    /// Answers. `cursor` says which goroutine and frame are meant when the flags do not. What is long may be made while it is
    /// written.
    ///
    /// # Errors
    ///
    /// When the question has no answer in this input, or was asked wrongly.
    fn ask<'c>(
        case: &'c Case<'_>,
        args: &Self::Args,
        word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer + 'c>, Failure>;
}

/// A verb that reads files of other kinds than cores.
pub trait OnFiles: Verb {
    /// The kinds it reads.
    const READS: &'static [Kind];

    /// The screens that show a log while it comes, when what was asked can be shown so.
    fn live(_files: &Files<'_>, _args: &Self::Args) -> Option<Live> {
        None
    }

    /// Answers.
    ///
    /// # Errors
    ///
    /// When the question has no answer in these inputs, they cannot be read, or the answer cannot be written.
    fn answer(files: &Files<'_>, args: &Self::Args, out: &mut Out<'_>) -> Result<Exit, Stop>;
}

/// The screen that comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum First {
    /// What is in it.
    Overview,
    /// The collector.
    Gc,
    /// The scheduler.
    Sched,
    /// Memory statistics.
    Memstats,
    /// Traced allocations.
    Alloc,
}

/// Screens of a log in place of an answer.
pub struct Live {
    /// The screen that comes first.
    pub first: First,
    /// How the log is read.
    pub flags: LogFlags,
    /// Whether a record is one of those that are not passed on when the screens were left.
    pub is_ours: fn(&Record<'_>) -> bool,
    /// What the shell comes back to: what was seen, in short.
    pub sum_up: fn(LogModel, &mut Out<'_>) -> io::Result<()>,
}

impl Live {
    /// The screens of a log that no verb was asked of.
    pub fn overview() -> Self {
        Self {
            first: First::Overview,
            flags: LogFlags::default(),
            is_ours: |_| false,
            sum_up: |_, _| Ok(()),
        }
    }
}

type LiveFiles = fn(&Files<'_>, &ArgMatches) -> Result<Option<Live>, Failure>;
type AskCore = for<'c> fn(
    &'c Case<'_>,
    &ArgMatches,
    Option<&str>,
    &mut Cursor,
) -> Result<Box<dyn Answer + 'c>, Failure>;
type AnswerFiles = fn(&Files<'_>, &ArgMatches, &mut Out<'_>) -> Result<Exit, Stop>;

/// A verb with its type erased, as the registry has it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What help says of it.
    pub about: About,
    flags: fn(Command) -> Command,
    /// The JSON Schema of what its document says beside what every document says.
    pub body: fn(&mut SchemaGenerator) -> Schema,
    /// Asks it of a process, when it can be.
    pub core: Option<AskCore>,
    /// Whether the process may have left a heap dump rather than a core.
    pub heap_dump: bool,
    /// Asks it of files, when it can be.
    pub files: Option<AnswerFiles>,
    /// The screens in place of its answer, where it has such.
    pub live: Option<LiveFiles>,
    /// The kinds of files that it reads.
    pub reads: &'static [Kind],
}

/// The flags of a kind among those that were typed.
///
/// # Errors
///
/// What they cannot be together, or what a value cannot be.
pub fn parsed<A: FromArgMatches>(matches: &ArgMatches) -> Result<A, Failure> {
    A::from_arg_matches(matches).map_err(|error| {
        let why = error.to_string();
        Failure::usage(why.strip_prefix("error: ").unwrap_or(&why).trim_end())
    })
}

/// The entry of a verb about cores.
pub const fn core<V: OnCore>() -> Entry {
    Entry {
        about: V::ABOUT,
        flags: |command| V::Args::augment_args(command),
        body: V::Body::json_schema,
        core: Some(|case, matches, word, cursor| V::ask(case, &parsed(matches)?, word, cursor)),
        heap_dump: V::ON_HEAP_DUMP,
        files: None,
        live: None,
        reads: &[],
    }
}

/// The entry of a verb about files.
pub const fn files<V: OnFiles>() -> Entry {
    Entry {
        about: V::ABOUT,
        flags: |command| V::Args::augment_args(command),
        body: V::Body::json_schema,
        core: None,
        heap_dump: false,
        files: Some(|files, matches, out| V::answer(files, &parsed(matches)?, out)),
        live: Some(|files, matches| Ok(V::live(files, &parsed(matches)?))),
        reads: V::READS,
    }
}

/// The entry of a verb about both.
pub const fn both<V: OnCore + OnFiles>() -> Entry {
    Entry {
        files: files::<V>().files,
        live: files::<V>().live,
        reads: V::READS,
        ..core::<V>()
    }
}

/// The inputs of a command line.
pub struct Typed {
    /// The files, the core first.
    pub paths: Vec<PathBuf>,
    /// The verb's own word.
    pub word: Option<String>,
}

/// The id of the positional argument.
const WORDS: &str = "words";

impl Entry {
    /// Whether it stands on the command line.
    pub fn is_on_command_line(&self) -> bool {
        !matches!(self.about.group, Group::Script | Group::Opening)
    }

    /// Whether it is meant by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.about.name == name || self.about.aliases.contains(&name)
    }

    /// All its names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.about.name).chain(self.about.aliases.iter().copied())
    }

    /// What stands behind it on the command line, in short: `CORE [EXE] EXPR`.
    pub fn shape(&self) -> String {
        match self.about.inputs {
            Inputs::Core(Word::None) => "CORE [EXE]".to_owned(),
            Inputs::Core(Word::Optional(name, _)) => format!("CORE [EXE] [{name}]"),
            Inputs::Core(Word::Required(name, _) | Word::Several(name, _)) => {
                format!("CORE [EXE] {name}")
            }
            Inputs::TwoMoments => "OLD NEW [EXE]".to_owned(),
            Inputs::Log | Inputs::Files => "FILE".to_owned(),
            Inputs::WordThenFiles(name, _) => format!("{name} FILE"),
            Inputs::CoreOrLog => "FILE [EXE]".to_owned(),
        }
    }

    /// The last word of its name, under which it stands below another verb.
    pub fn last_word(&self) -> &'static str {
        let name = self.about.name;
        name.rsplit_once(' ').map_or(name, |(_, last)| last)
    }

    /// The verb that it stands below, when it stands below one.
    pub fn above(&self) -> Option<&'static str> {
        self.about.name.rsplit_once(' ').map(|(above, _)| above)
    }

    /// The verb with its inputs, which stand before its flags: flags may begin headings of their own.
    fn with(&self, inputs: Option<Arg>) -> Command {
        let command = Command::new(self.last_word())
            .visible_aliases(self.about.aliases)
            .args(inputs);
        let mut after = "Examples:\n  ".to_owned();
        if self.about.examples.is_empty() {
            after.push_str(&self.example());
        } else {
            after.push_str(&self.about.examples.join("\n  "));
        }
        if !self.about.notes.is_empty() {
            after.push_str("\n\n");
            after.push_str(self.about.notes);
        }
        // The line last: a struct of flags has words of its own.
        let command = (self.flags)(command)
            .about(self.about.line)
            .long_about(None);
        command.after_help(after)
    }

    /// A line to type, for verbs that name none themselves.
    fn example(&self) -> String {
        let name = self.about.name;
        match self.about.inputs {
            Inputs::Core(Word::None | Word::Optional(..)) => {
                format!("dumpview {name} core.44457 ./app")
            }
            Inputs::Core(Word::Required(word, _) | Word::Several(word, _)) => {
                format!("dumpview {name} core.44457 ./app {word}")
            }
            Inputs::TwoMoments => format!("dumpview {name} core.1 core.2 ./app"),
            Inputs::CoreOrLog => {
                format!("dumpview {name} core.44457 ./app\n  dumpview {name} app.log")
            }
            Inputs::WordThenFiles(word, _) => format!("dumpview {name} {word} FILE"),
            Inputs::Log | Inputs::Files => {
                format!("dumpview {name} app.log\n  ./app 2>&1 | dumpview {name} -")
            }
        }
    }

    /// The verb on the command line, with its inputs.
    pub fn command(&self) -> Command {
        self.with(Some(self.words()))
    }

    /// The inputs on the command line.
    fn words(&self) -> Arg {
        let words = |help: String| {
            Arg::new(WORDS)
                .value_name(leak(self.shape()))
                .help(help)
                .required(true)
                .action(ArgAction::Append)
                .value_parser(clap::value_parser!(std::ffi::OsString))
        };
        let exe =
            "the executable that the process ran (looked for where the core says when left out)";
        let core = |what: &str| words(format!("The core dump; {exe}{what}"));
        match self.about.inputs {
            Inputs::Core(Word::None) => core("").num_args(1..=2),
            Inputs::Core(Word::Optional(_, what)) => core(&format!("; {what}")).num_args(1..=3),
            Inputs::Core(Word::Required(_, what)) => core(&format!("; {what}"))
                .num_args(1..=3)
                .allow_hyphen_values(false),
            Inputs::Core(Word::Several(_, what)) => core(&format!("; {what}")).num_args(1..),
            Inputs::TwoMoments => words(format!(
                "Two core dumps, or two heap dumps, the older one first; {exe}"
            ))
            .num_args(1..=3),
            Inputs::Log => words("The log, plain or compressed (`-` for stdin)".to_owned())
                .num_args(1)
                .action(ArgAction::Set),
            Inputs::CoreOrLog => words(
                "A core, and the executable that the process ran; or a log, plain or compressed (`-` for stdin)"
                    .to_owned(),
            )
            .num_args(1..=2),
            Inputs::Files => {
                words("The inputs, plain or compressed (`-` for stdin)".to_owned()).num_args(1..)
            }
            Inputs::WordThenFiles(name, what) => words(format!(
                "{name}, {what}; and the inputs, plain or compressed (`-` for stdin)"
            ))
            .num_args(1..),
        }
    }

    /// The verb in a script, where the input is open already.
    pub fn script_command(&self) -> Command {
        let word = |name: &'static str, what: &'static str| {
            Arg::new(WORDS)
                .value_name(name)
                .help(what)
                .num_args(1..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(clap::value_parser!(std::ffi::OsString))
        };
        self.with(match self.about.inputs {
            Inputs::Core(Word::Optional(name, what)) => Some(word(name, what)),
            Inputs::Core(Word::Required(name, what) | Word::Several(name, what)) => {
                Some(word(name, what).required(true))
            }
            Inputs::TwoMoments => Some(word("OLD", "the older core or heap dump").required(true)),
            _ => None,
        })
    }

    /// How many words may stand behind the verb.
    const fn most_words(&self) -> usize {
        match self.about.inputs {
            Inputs::Core(Word::None) | Inputs::CoreOrLog => 2,
            Inputs::Files | Inputs::WordThenFiles(..) | Inputs::Core(Word::Several(..)) => {
                usize::MAX
            }
            Inputs::Core(_) | Inputs::TwoMoments => 3,
            Inputs::Log => 1,
        }
    }

    /// What was typed behind the verb on the command line.
    ///
    /// # Errors
    ///
    /// When there are more words than the verb takes, or its own is missing.
    pub fn typed(&self, matches: &ArgMatches) -> Result<Typed, Failure> {
        let mut words: Vec<PathBuf> = all_words(matches).map(PathBuf::from).collect();
        if let Some(extra) = words.get(self.most_words()) {
            return Err(Failure::usage(format!(
                "'{}' is one word too many\n\nhint: dumpview {} --help says what it takes",
                extra.display(),
                self.about.name
            )));
        }
        let text = |word: PathBuf| word.to_string_lossy().into_owned();
        let has_exe = words.get(1).is_some_and(|second| second.is_file());
        let word = match self.about.inputs {
            Inputs::Core(Word::Required(..)) => {
                let is_last =
                    |words: &[PathBuf]| !words.last().is_some_and(|word| is_executable(word));
                let has_word = words.len() > 2 || words.len() == 2 && is_last(&words);
                has_word.then(|| words.pop().map(text)).flatten()
            }
            Inputs::Core(Word::Optional(..)) => match words.len() {
                3 => words.pop().map(text),
                // Of two words the second is the executable when it names a file.
                2 if !has_exe => words.pop().map(text),
                _ => None,
            },
            Inputs::Core(Word::Several(..)) => {
                let own = words.split_off(words.len().min(if has_exe { 2 } else { 1 }));
                let own: Vec<String> = own.into_iter().map(text).collect();
                (!own.is_empty()).then(|| own.join(" "))
            }
            Inputs::TwoMoments if words.len() > 1 => Some(text(words.remove(0))),
            Inputs::WordThenFiles(..) if words.len() > 1 => Some(text(words.remove(0))),
            _ => None,
        };
        let missing = match self.about.inputs {
            Inputs::Core(Word::Required(name, _) | Word::Several(name, _)) => Some(name),
            Inputs::TwoMoments => Some("NEW"),
            Inputs::WordThenFiles(name, _) => Some(name),
            _ => None,
        };
        match missing {
            Some(name) if word.is_none() => {
                let own = self.about.name;
                Err(Failure::usage(format!(
                    "{own}: {name} is missing\n\nhint: dumpview {own} {}",
                    self.shape()
                )))
            }
            _ => Ok(Typed { paths: words, word }),
        }
    }
}

/// Whether a word names an executable, and so cannot be meant for anything else.
fn is_executable(word: &std::path::Path) -> bool {
    word.is_file() && recognize_file(word).is_ok_and(|kind| kind == Kind::Executable)
}

/// The words of a script's line behind the flags, as one text.
pub fn script_word(matches: &ArgMatches) -> Option<String> {
    let words: Vec<String> = all_words(matches)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The first word behind the verb: the input, or a verb that was mistyped.
pub fn first_word(matches: &ArgMatches) -> Option<PathBuf> {
    all_words(matches).next().map(PathBuf::from)
}

/// The verb's command, which takes a word more: a verb below it that was mistyped is told with the words behind it.
pub fn with_room(command: Command) -> Command {
    command.mut_arg(WORDS, |words| words.num_args(1..))
}

fn all_words(matches: &ArgMatches) -> impl Iterator<Item = std::ffi::OsString> + '_ {
    matches
        .try_get_many::<std::ffi::OsString>(WORDS)
        .ok()
        .flatten()
        .into_iter()
        .flatten()
        .cloned()
}

/// clap keeps names for as long as the program runs; there are a few dozen of these.
fn leak(name: String) -> &'static str {
    Box::leak(name.into_boxed_str())
}
