//! From arguments to exit status: opens the input, asks the verb, writes the answer.

use crate::answer::{Answer, Exit, Failure};
use crate::cli::{Cli, ColorChoice, Common, CoreInput, Verb};
use crate::commands;
use crate::session::{Session, with_session};
use crate::text::Text;
use anstream::AutoStream;
use clap::{CommandFactory, Parser};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; everything else is wrong usage.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Answered
            };
            return if error.print().is_ok() {
                code(exit)
            } else {
                code(Exit::Answered)
            };
        }
    };
    let common = cli.common.clone();
    match answer(cli) {
        Ok(exit) => code(exit),
        Err(Stop::Failed(failure)) => {
            complain(&common, &failure.message);
            code(failure.exit)
        }
        // Whoever read our output has had enough.
        Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            code(Exit::Answered)
        }
        Err(Stop::Write(error)) => {
            complain(&common, &format!("cannot write the answer: {error}"));
            code(Exit::Unreadable)
        }
    }
}

/// Why nothing more is printed.
enum Stop {
    Failed(Failure),
    Write(io::Error),
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

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// One message on stderr.
fn complain(common: &Common, message: &str) {
    let mut stderr = AutoStream::new(io::stderr(), color(common));
    // Nowhere left to report that stderr is gone.
    let _ = writeln!(stderr, "dumpview: {message}");
}

fn color(common: &Common) -> anstream::ColorChoice {
    match common.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
}

fn answer(cli: Cli) -> Result<Exit, Stop> {
    let common = &cli.common;
    match cli.verb {
        None => Err(Failure::usage("no input given\n\nhint: dumpview --help").into()),
        Some(Verb::Info { input }) => on_core(&input, common, "info", |session| {
            Ok(Box::new(commands::info::info(session)))
        }),
        Some(Verb::Threads { input }) => on_core(&input, common, "threads", |session| {
            Ok(Box::new(commands::threads::threads(session)))
        }),
        Some(Verb::Regs { input, flags }) => on_core(&input, common, "regs", |session| {
            Ok(Box::new(commands::regs::regs(session, &flags)?))
        }),
        Some(Verb::X { input, flags }) => on_core(&input, common, "x", |session| {
            Ok(Box::new(commands::x::x(session, &flags)?))
        }),
        Some(Verb::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "dumpview", &mut script);
            io::stdout().write_all(&script)?;
            Ok(Exit::Answered)
        }
        Some(Verb::Man) => {
            clap_mangen::Man::new(Cli::command()).render(&mut io::stdout())?;
            Ok(Exit::Answered)
        }
        Some(_) => Err(Failure::usage("not built yet").into()),
    }
}

/// Asks one question of a core and writes the answer.
fn on_core(
    input: &CoreInput,
    common: &Common,
    verb: &str,
    ask: impl FnOnce(&Session<'_>) -> Result<Box<dyn Answer>, Failure>,
) -> Result<Exit, Stop> {
    on_paths(&input.core, input.executable.as_deref(), common, verb, ask)
}

fn on_paths(
    core: &Path,
    executable: Option<&Path>,
    common: &Common,
    verb: &str,
    ask: impl FnOnce(&Session<'_>) -> Result<Box<dyn Answer>, Failure>,
) -> Result<Exit, Stop> {
    let written = with_session(core, executable, common, |session| {
        let answer = ask(session)?;
        Ok(write(session, verb, &*answer))
    })?;
    Ok(written?)
}

/// Writes an answer to stdout, and what the input lacks to stderr.
fn write(session: &Session<'_>, verb: &str, answer: &dyn Answer) -> io::Result<Exit> {
    let common = session.common;
    if !common.quiet {
        for shortfall in &session.process.shortfalls {
            complain(common, &format!("{}: {}", shortfall.what, shortfall.why));
        }
    }
    let mut out = BufWriter::new(AutoStream::new(io::stdout().lock(), color(common)));
    if common.json {
        answer.write_document(&session.envelope(verb), &mut out)?;
    } else {
        answer.text(&mut Text::new(&mut out))?;
    }
    out.flush()?;
    Ok(if session.is_damaged() {
        Exit::Damaged
    } else {
        Exit::Answered
    })
}
