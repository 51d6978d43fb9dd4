//! One question about an opened process, however it was asked: as a verb of the command line or as a line of an
//! `-x` script. Both ways lead to the same commands.

use crate::answer::{Answer, Failure};
use crate::cli::{
    BtFlags, DisassFlags, FrameFlags, GoroutinesFlags, RegsFlags, VarsFlags, Verb, XFlags,
};
use crate::commands;
use crate::commands::bt::LocalsOf;
use crate::commands::locals::Which;
use crate::session::{Cursor, Move, Session};
use clap::Parser;
use std::path::{Path, PathBuf};

/// A question with its flags. In a script the input is already open, so only these remain.
#[derive(Parser, Debug)]
#[command(
    no_binary_name = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    name = ""
)]
pub enum Question {
    /// Why it died, the crashing goroutine's stack and its locals: what FILE without a verb shows.
    Report,
    /// What this is and why it died.
    Info,
    /// All goroutines.
    #[command(visible_aliases = ["grs"])]
    Goroutines(GoroutinesFlags),
    /// Goes to a goroutine; later commands speak of it.
    #[command(visible_aliases = ["gr"])]
    Goroutine {
        /// Its id.
        id: u64,
    },
    /// Goes to a frame; later commands speak of it.
    Frame {
        /// Its number, as `bt` shows it.
        number: usize,
    },
    /// Goes towards callers.
    Up {
        /// How many frames.
        #[arg(default_value_t = 1)]
        count: usize,
    },
    /// Goes towards callees.
    Down {
        /// How many frames.
        #[arg(default_value_t = 1)]
        count: usize,
    },
    /// OS threads.
    Threads,
    /// Frames of a goroutine.
    #[command(visible_aliases = ["stack"])]
    Bt(BtFlags),
    /// Local variables.
    Locals(FrameFlags),
    /// Arguments and results.
    Args(FrameFlags),
    /// Value of an expression.
    #[command(visible_aliases = ["p"])]
    Print(Expression),
    /// Type of an expression.
    Whatis(Expression),
    /// Package variables.
    Vars {
        /// How.
        #[command(flatten)]
        flags: VarsFlags,
        /// Regular expression.
        regex: Option<String>,
    },
    /// Functions.
    Funcs {
        /// Regular expression.
        regex: Option<String>,
    },
    /// Types.
    Types {
        /// Regular expression.
        regex: Option<String>,
    },
    /// Source files.
    Sources {
        /// Regular expression.
        regex: Option<String>,
    },
    /// Source lines.
    #[command(visible_aliases = ["ls"])]
    List {
        /// How.
        #[command(flatten)]
        flags: FrameFlags,
        /// `FILE:LINE`, `LINE` or a function.
        place: Option<String>,
    },
    /// Registers.
    Regs(RegsFlags),
    /// Instructions of a frame's function.
    #[command(visible_aliases = ["disassemble"])]
    Disass(DisassFlags),
    /// Raw memory.
    #[command(visible_aliases = ["examinemem"])]
    X(XFlags),
}

/// An expression and where its names are looked up.
#[derive(clap::Args, Debug)]
pub struct Expression {
    /// How.
    #[command(flatten)]
    pub flags: FrameFlags,
    /// The expression; all that follows the flags.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required = true,
        value_name = "EXPR"
    )]
    words: Vec<String>,
}

impl Expression {
    /// The expression as one text.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// What a verb asks, and of which files.
pub struct Asked {
    /// The verb's name, for the schema.
    pub verb: &'static str,
    /// The core.
    pub core: PathBuf,
    /// The executable, when typed.
    pub executable: Option<PathBuf>,
    /// The question.
    pub question: Question,
}

impl Question {
    /// Reads a line of an `-x` script.
    ///
    /// # Errors
    ///
    /// When the line is no command, with clap's suggestion of what it may have meant.
    pub fn from_script(line: &str) -> Result<Self, Failure> {
        Self::try_parse_from(line.split_whitespace()).map_err(|error| {
            let text = error.to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            Failure::usage(format!("-x '{line}': {}", text.trim_end()))
        })
    }

    /// The verb's name, for the schema.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Info => "info",
            Self::Goroutines(_) => "goroutines",
            Self::Goroutine { .. } => "goroutine",
            Self::Frame { .. } | Self::Up { .. } | Self::Down { .. } => "frame",
            Self::Threads => "threads",
            Self::Bt(_) => "bt",
            Self::Locals(_) => "locals",
            Self::Args(_) => "args",
            Self::Print(_) => "print",
            Self::Whatis(_) => "whatis",
            Self::Vars { .. } => "vars",
            Self::Funcs { .. } => "funcs",
            Self::Types { .. } => "types",
            Self::Sources { .. } => "sources",
            Self::List { .. } => "list",
            Self::Regs(_) => "regs",
            Self::Disass(_) => "disass",
            Self::X(_) => "x",
        }
    }

    /// Asks it of an opened process. `cursor` says which goroutine and frame are meant when the question
    /// does not, and is moved by `goroutine`, `frame`, `up` and `down`.
    ///
    /// # Errors
    ///
    /// When the question has no answer in this input, or was asked wrongly.
    pub fn ask(
        &self,
        session: &Session<'_>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(match self {
            Self::Report => Box::new(commands::report::report(session)),
            Self::Info => Box::new(commands::info::info(session)),
            Self::Goroutines(flags) => Box::new(commands::goroutines::goroutines(session, flags)?),
            Self::Threads => Box::new(commands::threads::threads(session)),
            Self::Bt(flags) => Box::new(commands::bt::bt(session, flags, cursor, LocalsOf::All)?),
            Self::Locals(flags) => Box::new(commands::locals::variables(
                session,
                flags,
                Which::Locals,
                cursor,
            )?),
            Self::Args(flags) => Box::new(commands::locals::variables(
                session,
                flags,
                Which::Args,
                cursor,
            )?),
            Self::Print(e) => Box::new(commands::print::print(
                session,
                &e.flags,
                &e.text(),
                cursor,
            )?),
            Self::Whatis(e) => Box::new(commands::print::whatis(
                session,
                &e.flags,
                &e.text(),
                cursor,
            )?),
            Self::Vars { flags, regex } => Box::new(commands::print::vars(
                session,
                flags.values,
                regex.as_deref(),
            )?),
            Self::Funcs { regex } => Box::new(commands::listing::funcs(session, regex.as_deref())?),
            Self::Types { regex } => Box::new(commands::listing::types(session, regex.as_deref())?),
            Self::Sources { regex } => {
                Box::new(commands::listing::sources(session, regex.as_deref())?)
            }
            Self::List { flags, place } => Box::new(commands::list::list(
                session,
                flags,
                place.as_deref(),
                cursor,
            )?),
            Self::Regs(flags) => Box::new(commands::regs::regs(session, flags, cursor)?),
            Self::Disass(flags) => Box::new(commands::disass::disass(session, flags, cursor)?),
            Self::X(flags) => Box::new(commands::x::x(session, flags)?),
            Self::Goroutine { id } => Box::new(cursor.move_to_goroutine(session, *id)?),
            Self::Frame { number } => Box::new(cursor.move_to_frame(session, Move::To(*number))?),
            Self::Up { count } => Box::new(cursor.move_to_frame(session, Move::Out(*count))?),
            Self::Down { count } => Box::new(cursor.move_to_frame(session, Move::In(*count))?),
        })
    }
}

impl Verb {
    /// The question and the files it is asked of; `None` for verbs that are about no input.
    pub fn asked(self) -> Option<Asked> {
        let of = |input: crate::cli::CoreInput, question: Question| {
            Some(Asked {
                verb: question.verb(),
                core: input.core,
                executable: input.executable,
                question,
            })
        };
        let with_word = |words: Vec<String>, question: &dyn Fn(Option<String>) -> Question| {
            let (core, executable, word) = split(words);
            let question = question(word);
            Some(Asked {
                verb: question.verb(),
                core,
                executable,
                question,
            })
        };
        let expression = |words: Vec<String>, flags: FrameFlags| {
            let mut words = words;
            // With nothing but a core, the expression is what is missing: its parser says so.
            let text = if words.len() > 1 { words.pop() } else { None }.unwrap_or_default();
            let mut paths = words.into_iter().map(PathBuf::from);
            let (core, executable) = (paths.next().unwrap_or_default(), paths.next());
            (
                core,
                executable,
                Expression {
                    flags,
                    words: vec![text],
                },
            )
        };
        match self {
            Self::Info { input } => of(input, Question::Info),
            Self::Goroutines { args } => of(args.input, Question::Goroutines(args.flags)),
            Self::Threads { input } => of(input, Question::Threads),
            Self::Bt { input, flags } => of(input, Question::Bt(flags)),
            Self::Locals { input, flags } => of(input, Question::Locals(flags)),
            Self::Args { input, flags } => of(input, Question::Args(flags)),
            Self::Print { input, flags } => {
                let (core, executable, expression) = expression(input.words, flags);
                let question = Question::Print(expression);
                Some(Asked {
                    verb: question.verb(),
                    core,
                    executable,
                    question,
                })
            }
            Self::Whatis { input, flags } => {
                let (core, executable, expression) = expression(input.words, flags);
                let question = Question::Whatis(expression);
                Some(Asked {
                    verb: question.verb(),
                    core,
                    executable,
                    question,
                })
            }
            Self::Vars { input, flags } => with_word(input.words, &|regex| Question::Vars {
                flags: flags.clone(),
                regex,
            }),
            Self::Funcs { input } => with_word(input.words, &|regex| Question::Funcs { regex }),
            Self::Types { input } => with_word(input.words, &|regex| Question::Types { regex }),
            Self::Sources { input } => with_word(input.words, &|regex| Question::Sources { regex }),
            Self::List { input, flags } => with_word(input.words, &|place| Question::List {
                flags: flags.clone(),
                place,
            }),
            Self::Regs { input, flags } => of(input, Question::Regs(flags)),
            Self::Disass { input, flags } => of(input, Question::Disass(flags)),
            Self::X { input, flags } => of(input, Question::X(flags)),
            Self::Escapes { .. }
            | Self::Gc { .. }
            | Self::Sched { .. }
            | Self::Alloc { .. }
            | Self::Memstats { .. }
            | Self::Timeline { .. }
            | Self::Completions { .. }
            | Self::Man => None,
        }
    }
}

/// `CORE [EXE] [WORD]`: of two words the second is the executable when it names a file.
fn split(words: Vec<String>) -> (PathBuf, Option<PathBuf>, Option<String>) {
    let mut words = words.into_iter();
    let core = PathBuf::from(words.next().unwrap_or_default());
    match (words.next(), words.next()) {
        (None, _) => (core, None, None),
        (Some(second), Some(third)) => (core, Some(second.into()), Some(third)),
        (Some(second), None) if Path::new(&second).exists() => (core, Some(second.into()), None),
        (Some(second), None) => (core, None, Some(second)),
    }
}
