//! From arguments to exit status: opens the input, asks the question, writes the answer.

use crate::answer::{Answer, Exit, Failure, Script};
use crate::cli::{Cli, Common, Verb};
use crate::commands;
use crate::commands::browse::{self, First};
use crate::commands::log::LogArgs;
use crate::input;
use crate::question::Question;
use crate::session::{Cursor, Session, with_session};
use anstream::AutoStream;
use clap::{CommandFactory, Parser};
use dumpview_view::Text;
use dumpview_view::safe::safe;
use dumpview_view::sink::ansi::{Ansi, Styles};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; everything else is wrong usage. A reader that left is neither.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Answered
            };
            let _ = error.print();
            return code(exit);
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
    // A message may name what stands in a dump: paths, names. Nowhere is left to report that stderr is gone.
    for (index, line) in message.lines().enumerate() {
        let who = if index == 0 { "dumpview: " } else { "" };
        let _ = writeln!(stderr, "{who}{}", safe(line));
    }
}

fn color(common: &Common) -> anstream::ColorChoice {
    common.color.into()
}

fn answer(cli: Cli) -> Result<Exit, Stop> {
    let common = &cli.common;
    match cli.verb {
        Some(Verb::Escapes { flags }) => escapes(&flags, common),
        Some(Verb::Goroutines { args }) if commands::goroutines::is_on_text(&args) => {
            on_text(common, |out, complain| {
                commands::goroutines::run(&args, common, out, complain)
            })
        }
        Some(Verb::Gc { flags }) if flags.is_live() && browse::is_wanted(common) => {
            Ok(browse::browse_log(&flags.log, common, First::Gc)?)
        }
        Some(Verb::Gc { flags }) => on_text(common, |out, complain| {
            commands::gc::run(&flags, common, out, complain)
        }),
        Some(Verb::Sched { flags }) if flags.is_live() && browse::is_wanted(common) => {
            Ok(browse::browse_log(&flags.log, common, First::Sched)?)
        }
        Some(Verb::Sched { flags }) => on_text(common, |out, complain| {
            commands::sched::run(&flags, common, out, complain)
        }),
        Some(Verb::Alloc { flags }) => on_text(common, |out, complain| {
            commands::alloc::run(&flags, common, out, complain)
        }),
        Some(Verb::Memstats { flags }) => on_text(common, |out, complain| {
            commands::memstats::run(&flags, common, out, complain)
        }),
        Some(Verb::Timeline { flags }) => on_text(common, |out, complain| {
            commands::timeline::run(&flags, common, out, complain)
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
        Some(verb) => {
            let asked = verb
                .asked()
                .ok_or_else(|| Failure::usage("a verb without a question"))?;
            on_core(
                &asked.core,
                asked.executable.as_deref(),
                common,
                asked.verb,
                |session| asked.question.ask(session, &mut Cursor::default()),
            )
        }
        None => {
            let no_input = || Failure::usage("no input given\n\nhint: dumpview --help");
            let file: PathBuf = cli.file.ok_or_else(no_input)?;
            let executable = cli.executable.as_deref();
            let screens = cli.script.is_empty() && browse::is_wanted(common);
            if executable.is_none() && commands::escapes::recognizes(&file) {
                let flags = commands::escapes::EscapesArgs::of(file);
                if screens {
                    return Ok(browse::browse_escapes(&flags, common)?);
                }
                return escapes(&flags, common);
            }
            if executable.is_none() && screens && is_text(&file) {
                let args = LogArgs {
                    file,
                    ..LogArgs::default()
                };
                return Ok(browse::browse_log(&args, common, First::Overview)?);
            }
            if executable.is_none() && cli.script.is_empty() && is_text(&file) {
                return on_text(common, |out, complain| {
                    commands::log::report::run(&file, common, out, complain)
                });
            }
            if screens {
                return Ok(browse::browse_core(&file, executable, common)?);
            }
            if cli.script.is_empty() {
                on_core(&file, executable, common, "report", |session| {
                    Question::Report.ask(session, &mut Cursor::default())
                })
            } else {
                let lines: Result<Vec<_>, _> = cli
                    .script
                    .iter()
                    .map(|line| Ok((line, Question::from_script(line)?)))
                    .collect();
                let lines: Vec<(&String, Question)> = lines.map_err(Stop::Failed)?;
                on_core(&file, executable, common, "script", |session| {
                    Ok(Box::new(run_script(session, &lines)))
                })
            }
        }
    }
}

/// Whether a file is neither core nor executable, so that it can only be text. What cannot be opened is left to who opens
/// it next, to say why.
fn is_text(file: &Path) -> bool {
    !file.is_dir() && matches!(input::recognize_file(file), Ok(input::Kind::Other))
}

/// Compiler output, which is no process.
fn escapes(flags: &commands::escapes::EscapesArgs, common: &Common) -> Result<Exit, Stop> {
    on_text(common, |out, complain| {
        commands::escapes::run(flags, common, out, complain)
    })
}

/// A verb that reads text and writes its own answer.
fn on_text(
    common: &Common,
    ask: impl FnOnce(&mut dyn Write, &mut dyn FnMut(&str)) -> Result<io::Result<Exit>, Failure>,
) -> Result<Exit, Stop> {
    let mut out = BufWriter::new(AutoStream::new(io::stdout().lock(), color(common)));
    let exit = ask(&mut out, &mut |message| complain(common, message))??;
    out.flush()?;
    Ok(exit)
}

/// Asks the lines of a script in order. A line without an answer does not stop the rest: in text its failure
/// stands where its answer would.
fn run_script(session: &Session<'_>, lines: &[(&String, Question)]) -> Script {
    let mut cursor = Cursor::default();
    let mut script = Script::default();
    for (line, question) in lines {
        script.push(line, question.verb(), question.ask(session, &mut cursor));
    }
    script
}

fn on_core(
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
    let stdout = io::stdout().lock();
    if common.json {
        // Untouched: what takes colours out of text would take bytes out of strings too (a DEL, for one).
        let mut out = BufWriter::new(stdout);
        answer.write_document(&session.envelope(verb), &mut out)?;
        out.flush()?;
    } else {
        let mut out = BufWriter::new(AutoStream::new(stdout, color(common)));
        answer.text(&mut Text::new(&mut Ansi::new(&mut out, Styles::Ansi)))?;
        out.flush()?;
    }
    let damaged = if session.is_damaged() {
        Exit::Damaged
    } else {
        Exit::Answered
    };
    Ok(answer.exit().unwrap_or(damaged))
}
