//! The command line, made from the registry. Nothing here does any work.

mod manual;
mod order;
mod wrong;

pub use order::{ordered, verb_of};
pub use wrong::{told, told_of_line};

use crate::answer::{Failure, Stop};
use crate::flags::Common;
use crate::registry::{self, VERBS};
use crate::verb::Entry;
use clap::{Arg, ArgMatches, Command, CommandFactory, Parser, builder::styling};
use std::io::Write;
use std::path::PathBuf;

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold());

/// Tells why a Go process died and where its memory and time went, from whatever it left behind.
///
/// Give it a core dump and the executable: it says why the process died, shows the crashing goroutine's stack
/// and the locals of its frames. The executable may be left out when it still stands where the core says.
/// Inputs may be compressed with zstd or gzip.
#[derive(Parser, Debug)]
#[command(
    name = "dumpview",
    version,
    styles = STYLES,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  dumpview core.44457 ./app\n  dumpview bt core.44457 ./app -g 7 --full\n  \
                  dumpview print core.44457 ./app 'main.Config.Hosts[0]'\n  \
                  dumpview core.before core.after ./app\n  \
                  dumpview core.44457 ./app -x 'goroutine 7' -x bt -x 'frame 2' -x locals"
)]
pub struct Cli {
    /// What the process left: a core dump, a log, compiler output.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// The executable that the process ran; or a later core or heap dump of the same process, to be compared with.
    #[arg(value_name = "EXE")]
    pub executable: Option<PathBuf>,

    /// The executable, behind two cores or two heap dumps.
    #[arg(value_name = "EXE", id = "exe-of-both", hide = true)]
    pub executable_of_both: Option<PathBuf>,

    /// Print what a shell completes commands with, and nothing else.
    #[arg(long, value_name = "SHELL")]
    pub completions: Option<clap_complete::Shell>,

    /// Run a debugger command on it, like delve's; may be repeated, in order.
    #[arg(short = 'x', long = "exec", value_name = "COMMAND")]
    pub script: Vec<String>,

    /// Flags that every verb takes.
    #[command(flatten)]
    pub common: Common,
}

/// Prints the man page.
pub const MAN: &str = "man";
/// Prints the JSON Schema of what verbs print with `--json`.
pub const SCHEMA: &str = "schema";

/// The flags of a verb when none was typed, for FILE without a verb.
///
/// # Errors
///
/// When a flag of the verb has no default.
pub fn defaults(entry: &Entry) -> Result<ArgMatches, Failure> {
    let mut line = Cli::command()
        .subcommand(entry.command())
        .try_get_matches_from(["dumpview", entry.last_word(), "FILE"])
        .map_err(|error| Failure::usage(error.to_string()))?;
    let verb = line.remove_subcommand();
    verb.map(|(_, matches)| matches)
        .ok_or_else(|| Failure::usage(entry.about.name))
}

/// The whole command line.
pub fn command() -> Command {
    let verbs = VERBS
        .iter()
        .filter(|entry| entry.is_on_command_line() && entry.above().is_none());
    let of = Arg::new("verb")
        .value_name("VERB")
        .num_args(0..)
        .help("Of one verb only");
    Cli::command()
        .help_template(manual::help_template())
        .subcommands(verbs.map(registry::command))
        .subcommand(
            Command::new(SCHEMA)
                .about("The JSON Schema of what verbs print with --json")
                .hide(true)
                .arg(of),
        )
        .subcommand(
            Command::new(MAN)
                .about("The man page on stdout, of the program or of a verb")
                .hide(true)
                .arg(
                    Arg::new("verb")
                        .num_args(0..)
                        .help("Whose page; the program's own when left out"),
                ),
        )
}

/// Writes the man page of one of the verbs, or of the program when none is named.
///
/// # Errors
///
/// When there is no such verb, or it cannot be written.
pub fn man(verb: &str, out: &mut dyn Write) -> Result<(), Stop> {
    let mut program = command();
    // Gives every verb the name of its page and its synopsis.
    program.build();
    let words = verb.split_whitespace();
    let page = words
        .into_iter()
        .try_fold(&program, |command, word| command.find_subcommand(word));
    let page = page
        .cloned()
        .map(clap_mangen::Man::new)
        .ok_or_else(|| Failure::usage(format!("no such verb: {verb}")))?;
    page.render(out)?;
    out.write_all(manual::SECTIONS.as_bytes())?;
    Ok(())
}

/// The words of a verb's name, as `man` and `schema` take them: `heap top` in one word or in two.
pub fn verb_name(matches: &ArgMatches) -> String {
    let words = matches.get_many::<String>("verb").into_iter().flatten();
    words.map(String::as_str).collect::<Vec<_>>().join(" ")
}
