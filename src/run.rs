//! From arguments to exit status: opens the input, asks the question, writes the answer.

use crate::answer::{Answer, Exit, Failure, Stop};
use crate::browse;
use crate::case::core::{Case, Cursor, with_case};
use crate::case::{self, Files, Kind, recognize_file, recognize_stdin};
use crate::cli::{self, Cli};
use crate::commands::pprof;
use crate::ending;
use crate::flags::Common;
use crate::input::io_words;
use crate::input::stream::is_piped;
use crate::out::Out;
use crate::pager::Stdout;
use crate::registry::{self, wrong_kind};
use crate::schema;
use crate::script::{self, Line};
use crate::talk::complain;
use crate::verb::{Entry, Group, parsed};
use crate::words::{is_stdin, quoted};
use clap::ArgMatches;
use clap::error::ErrorKind;
use dumpview_view::document::Incomplete;
use dumpview_view::json;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The whole program.
pub fn main() -> ExitCode {
    ending::prepare();
    let mut typed: Vec<OsString> = std::env::args_os().collect();
    if typed.len() == 1 && is_piped() {
        typed.push("-".into());
    }
    let answered = understood(&typed).and_then(|matches| {
        let mut stdout = stdout(&typed, &matches)?;
        let answered = answer(&matches, &mut stdout);
        // What was written before a failure is shown before the failure.
        let finished = stdout.finish();
        answered.and_then(|exit| {
            finished?;
            Ok(exit)
        })
    });
    match answered {
        Ok(exit) => code(exit),
        Err(stop) => stopped(stop, is_json(&typed)),
    }
}

/// Whether a document was asked for, however wrong the rest of the line is.
fn is_json(typed: &[OsString]) -> bool {
    let flags = typed.iter().skip(1).take_while(|word| *word != "--");
    flags.into_iter().any(|word| word == "--json")
}

/// Where the answer goes. What grows while it is read is not paged.
fn stdout(typed: &[OsString], matches: &ArgMatches) -> Result<Stdout, Stop> {
    let common = match registry::typed(matches) {
        Some((_, matches)) => parsed::<Common>(matches)?,
        None if matches.subcommand().is_none() => parsed::<Common>(matches)?,
        None => return Ok(Stdout::direct()),
    };
    let grows = typed.iter().any(|word| word == "-" || word == "--follow");
    Ok(if grows {
        Stdout::direct()
    } else {
        Stdout::paged(&common)
    })
}

fn stopped(stop: Stop, json: bool) -> ExitCode {
    match stop {
        Stop::Done(exit) => code(exit),
        Stop::Failed(failure) => {
            complain(&failure.message);
            if json {
                // Nobody may be left to read it.
                let _ = failure.document(&mut io::stdout().lock());
            }
            code(failure.exit)
        }
        // Whoever read our output has had enough.
        Stop::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => code(Exit::Answered),
        Stop::Write(error) => {
            complain(&format!("cannot write the answer: {}", io_words(&error)));
            code(Exit::Unreadable)
        }
    }
}

/// What was typed, parsed. Help and version are answered here.
fn understood(typed: &[OsString]) -> Result<ArgMatches, Stop> {
    let typed = cli::ordered(typed)?;
    let error = match cli::command().try_get_matches_from(&typed) {
        Ok(matches) => return Ok(matches),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            error.print()?;
            Err(Stop::Done(Exit::Answered))
        }
        // Nothing was typed where a core lies: that is what is meant, rather than help.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            if typed.len() == 1 && case::newest_core(Path::new(".")).is_some() =>
        {
            Err(no_input().into())
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            error.print()?;
            Err(Stop::Done(Exit::Usage))
        }
        _ => Err(cli::told(&error, cli::verb_of(&typed)).into()),
    }
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

fn answer(matches: &ArgMatches, mut stdout: &mut dyn Write) -> Result<Exit, Stop> {
    let exit = match matches.subcommand() {
        Some((cli::MAN, matches)) => {
            cli::man(&cli::verb_name(matches), &mut stdout)?;
            Exit::Answered
        }
        Some((cli::SCHEMA, matches)) => {
            write_schema(matches, &mut stdout)?;
            Exit::Answered
        }
        Some((name, _)) => {
            let (entry, matches) = registry::typed(matches).ok_or_else(|| {
                Failure::usage(format!("no verb {name}\n\nhint: dumpview --help"))
            })?;
            let common = parsed::<Common>(matches)?;
            if let Some(failure) = registry::no_such_verb(entry, matches) {
                return Err(failure.into());
            }
            let typed = entry.typed(matches)?;
            let mut out = Out::new(&mut stdout, &common);
            let asked = Asked {
                entry,
                matches,
                paths: &typed.paths,
                word: typed.word.as_deref(),
                common: &common,
            };
            asked.answer(&mut out)?
        }
        None => open(parsed::<Cli>(matches)?, stdout)?,
    };
    stdout.flush()?;
    Ok(exit)
}

/// Writes the schema that was asked for.
fn write_schema(matches: &ArgMatches, out: &mut dyn Write) -> Result<(), Stop> {
    if matches.get_flag("markdown") {
        out.write_all(schema::page().as_bytes())?;
        return Ok(());
    }
    let verb = cli::verb_name(matches);
    let schema = if verb.is_empty() {
        schema::all()
    } else {
        schema::one(&verb).ok_or_else(|| {
            Failure::usage(format!(
                "no verb {verb}\n\nhint: dumpview --help lists them"
            ))
        })?
    };
    json::write_pretty(&mut *out, &schema)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// A verb and what it was asked of.
struct Asked<'a> {
    entry: &'static Entry,
    matches: &'a ArgMatches,
    paths: &'a [PathBuf],
    word: Option<&'a str>,
    common: &'a Common,
}

impl Asked<'_> {
    fn answer(&self, out: &mut Out<'_>) -> Result<Exit, Stop> {
        ending::watch(self.common.memory, self.paths);
        let core = self.paths.first().map_or(Path::new(""), PathBuf::as_path);
        let several = self.entry.core.is_none() && self.paths.len() > 1;
        let kind = if several {
            Kind::Stream
        } else {
            kind_of(core, self.common)?
        };
        if kind == Kind::Executable && self.entry.core.is_some() {
            return Err(self.no_core(core).into());
        }
        if let Some(answer) = self.entry.files
            && (kind == Kind::Stream || kind == Kind::Empty || self.entry.reads.contains(&kind))
        {
            let paths = without_executables(self.paths);
            let files = Files {
                paths: &paths,
                word: self.word,
                common: self.common,
            };
            if browse::is_wanted(self.common)
                && let Some(args) = pprof::without_report(self.entry, self.matches)?
            {
                return Ok(browse::browse_profile(&paths, &args, self.common)?);
            }
            // A core or a heap dump that came through a pipe is no log, whatever the verb makes of it.
            let is_log = !matches!(kind, Kind::Core | Kind::HeapDump);
            let live = match self.entry.live {
                Some(live) if is_log && browse::is_wanted(self.common) => {
                    live(&files, self.matches)?
                }
                _ => None,
            };
            return match live {
                Some(live) => Ok(browse::browse_log(core, &live, self.common)?),
                None => answer(&files, self.matches, out),
            };
        }
        match (self.entry.core, kind) {
            (
                Some(ask),
                Kind::Core | Kind::Executable | Kind::Stream | Kind::Empty | Kind::Directory,
            ) => {
                let executable = self.paths.get(1).map(PathBuf::as_path);
                on_core(
                    core,
                    executable,
                    self.common,
                    self.entry.about.name,
                    out,
                    |case| ask(case, self.matches, self.word, &mut Cursor::default()),
                )
            }
            (Some(ask), Kind::HeapDump) if self.entry.heap_dump => {
                let executable = self.paths.get(1).map(PathBuf::as_path);
                let name = self.entry.about.name;
                on_core(core, executable, self.common, name, out, |case| {
                    ask(case, self.matches, self.word, &mut Cursor::default())
                })
            }
            _ => Err(wrong_kind(self.entry.about.name, core, kind).into()),
        }
    }
}

impl Asked<'_> {
    /// An executable stands where the core should: the right order, with the names that were typed.
    fn no_core(&self, executable: &Path) -> Failure {
        let name = quoted(&executable.display().to_string());
        let core = self
            .paths
            .get(1)
            .map(|other| quoted(&other.display().to_string()));
        let verb = match self.entry.about.group {
            Group::Opening => String::new(),
            _ => format!(" {}", self.entry.about.name),
        };
        let word = self
            .word
            .map_or(String::new(), |word| format!(" {}", quoted(word)));
        let core = core.as_deref().unwrap_or("CORE");
        Failure::unreadable(format!(
            "{name}: an executable, where a core dump is expected\n\nhint: dumpview{verb} {core} {name}{word}"
        ))
    }
}

/// Inputs without the executables beside heap dumps, which tell a verb on texts nothing.
fn without_executables(paths: &[PathBuf]) -> Vec<PathBuf> {
    let kinds: Vec<Kind> = match paths {
        // The kind of a single one is known.
        [] | [_] => Vec::new(),
        several => several
            .iter()
            .map(|path| recognize_file(path).unwrap_or(Kind::Stream))
            .collect(),
    };
    let has_dump = kinds.contains(&Kind::HeapDump);
    (0..)
        .zip(paths)
        .filter(|(at, _)| !has_dump || kinds.get(*at) != Some(&Kind::Executable))
        .map(|(_, path)| path.clone())
        .collect()
}

/// The kind of an input. What comes through a pipe is looked at where no screen waits for it.
fn kind_of(path: &Path, common: &Common) -> Result<Kind, Failure> {
    match case::kind_of(path)? {
        Kind::Stream if is_stdin(path) && !browse::is_wanted(common) => Ok(recognize_stdin()),
        kind => Ok(kind),
    }
}

/// The kind of an input that decides which screens open: of a pipe, too, the first bytes are waited for.
fn opened_as(path: &Path, common: &Common) -> Result<Kind, Failure> {
    const PATIENCE: Duration = Duration::from_secs(1);
    let kind = kind_of(path, common)?;
    if kind != Kind::Stream || !is_stdin(path) {
        return Ok(kind);
    }
    let (came, waiting) = mpsc::channel::<()>();
    thread::spawn(move || {
        if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            complain("standard input: nothing has come yet, and what comes decides what is shown");
        }
    });
    let first = recognize_stdin();
    drop(came);
    Ok(if first == Kind::Profile { first } else { kind })
}

/// FILE without a verb: what it is, and the most important first.
fn open(cli: Cli, stdout: &mut dyn Write) -> Result<Exit, Stop> {
    if let Some(shell) = cli.completions {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut cli::command(), "dumpview", &mut script);
        stdout.write_all(&script)?;
        return Ok(Exit::Answered);
    }
    let common = cli.common.clone();
    let file = cli.file.clone().ok_or_else(no_input)?;
    let executable = cli.executable.as_deref();
    let mut out = Out::new(stdout, &common);
    if let Some(kind) = executable.and_then(|second| moment(&file, second)) {
        return moments(&cli, kind, &common, &mut out);
    }
    if let Some(extra) = &cli.executable_of_both {
        let extra = extra.display();
        return Err(Failure::usage(format!(
            "'{extra}' is one word too many: {} and {} are not two moments of a process\n\nhint: dumpview CORE [EXE]",
            file.display(),
            executable.unwrap_or(Path::new("")).display(),
        ))
        .into());
    }
    // An executable goes with a core, whatever else the file looks like: opening it says what is wrong.
    let kind = match opened_as(&file, &common) {
        Ok(kind @ (Kind::HeapDump | Kind::Profile)) if cli.script.is_empty() => kind,
        Ok(Kind::HeapDump) => Kind::HeapDump,
        _ if executable.is_some() || !cli.script.is_empty() => Kind::Core,
        kind => kind?,
    };
    if kind == Kind::Directory && executable.is_none() && pprof::has_profiles(&file) {
        return Err(wrong_kind("dumpview", &file, kind).into());
    }
    if !cli.script.is_empty() {
        let lines: Vec<(&String, Line)> = cli
            .script
            .iter()
            .map(|line| Ok((line, Line::parse(line)?)))
            .collect::<Result<_, Failure>>()?;
        return on_core(&file, executable, &common, "script", &mut out, |case| {
            Ok(Box::new(script::run(case, &lines)))
        });
    }
    if browse::is_wanted(&common)
        && let Some(exit) = browse::browse(&file, executable, kind, &common)?
    {
        return Ok(exit);
    }
    match registry::opening(kind) {
        Some(entry) => {
            let paths: Vec<PathBuf> = std::iter::once(file).chain(cli.executable).collect();
            let defaults = cli::defaults(entry)?;
            let asked = Asked {
                entry,
                matches: &defaults,
                paths: &paths,
                word: None,
                common: &common,
            };
            asked.answer(&mut out)
        }
        None => Err(wrong_kind("dumpview", &file, kind).into()),
    }
}

/// The kind of two inputs when they may be two moments of a process.
fn moment(old: &Path, new: &Path) -> Option<Kind> {
    let kind = recognize_file(new).ok()?;
    let is_moment = matches!(kind, Kind::Core | Kind::HeapDump | Kind::Profile) && old != new;
    (is_moment && recognize_file(old).is_ok_and(|old| old == kind)).then_some(kind)
}

/// Two moments without a verb: what differs.
fn moments(cli: &Cli, kind: Kind, common: &Common, out: &mut Out<'_>) -> Result<Exit, Stop> {
    let executable = cli.executable_of_both.as_deref();
    let files = cli.file.iter().chain(&cli.executable);
    let [old, new] = files.collect::<Vec<_>>()[..] else {
        return Err(no_input().into());
    };
    if let Some(third) = executable.filter(|third| moment(new, third) == Some(kind)) {
        let hint = if kind == Kind::Profile {
            format!(
                "\n      dumpview pprof series {} {} {} shows one after the other",
                old.display(),
                new.display(),
                third.display()
            )
        } else {
            String::new()
        };
        return Err(Failure::usage(format!(
            "'{}' is a third moment, and two are compared\n\nhint: dumpview {} {} says what differs between the first and the last{hint}",
            third.display(),
            old.display(),
            third.display(),
        ))
        .into());
    }
    if browse::is_wanted(common) {
        return Ok(browse::browse_moments(old, new, executable, kind, common)?);
    }
    if kind == Kind::Profile {
        let paths: Vec<PathBuf> = executable
            .map(Path::to_owned)
            .into_iter()
            .chain([new.clone()])
            .collect();
        let files = Files {
            paths: &paths,
            word: None,
            common,
        };
        return pprof::compared(&files, old, out);
    }
    let entry = registry::find("heap diff").ok_or_else(|| Failure::usage("no verb heap diff"))?;
    let paths: Vec<PathBuf> = std::iter::once(new.clone())
        .chain(cli.executable_of_both.clone())
        .collect();
    let defaults = cli::defaults(entry)?;
    let word = old.display().to_string();
    let asked = Asked {
        entry,
        matches: &defaults,
        paths: &paths,
        word: Some(&word),
        common,
    };
    asked.answer(out)
}

/// What to do when nothing was named: the newest core of this folder is what people mean most often.
fn no_input() -> Failure {
    let hint = match case::newest_core(Path::new(".")) {
        Some(core) => format!(
            "the newest core here: dumpview {}",
            quoted(&core.to_string_lossy())
        ),
        None => {
            "dumpview --help; a core or a log is what it opens, and where systemd keeps cores, \
                 coredumpctl dump -o core gives the newest"
                .to_owned()
        }
    };
    Failure::usage(format!("no input given\n\nhint: {hint}"))
}

fn on_core(
    core: &Path,
    executable: Option<&Path>,
    common: &Common,
    verb: &str,
    out: &mut Out<'_>,
    ask: impl for<'c> FnOnce(&'c Case<'_>) -> Result<Box<dyn Answer + 'c>, Failure>,
) -> Result<Exit, Stop> {
    with_case(core, executable, common, |case| {
        let answer = ask(case).map_err(|mut failure| {
            // What is not there may be what the core lost, or what only the executable tells.
            if case.is_damaged() {
                complain_of(&case.incomplete(), out);
            }
            if case.process.executable.is_none()
                && failure.exit == Exit::NoAnswer
                && !failure.has_hint()
            {
                let core = quoted(&core.display().to_string());
                failure.hint(format_args!(
                    "the executable tells more: dumpview {verb} {core} EXE"
                ));
            }
            failure
        })?;
        Ok(write(case, verb, &*answer, out))
    })?
}

/// What a core lacks, to stderr.
fn complain_of(incomplete: &[Incomplete], out: &Out<'_>) {
    for lacks in incomplete {
        out.complain(&format!("{}: {}", lacks.what, lacks.why));
    }
}

/// Writes an answer about a core, and what the core lacks to stderr.
fn write(
    case: &Case<'_>,
    verb: &str,
    answer: &dyn Answer,
    out: &mut Out<'_>,
) -> Result<Exit, Stop> {
    let incomplete = case.incomplete();
    complain_of(&incomplete, out);
    out.whole(&case.envelope(verb), &incomplete, answer)?;
    // What is left for the next run is written after this.
    out.raw().flush()?;
    let damaged = if case.is_damaged() {
        Exit::Damaged
    } else {
        Exit::Answered
    };
    Ok(answer.exit().unwrap_or(damaged))
}
