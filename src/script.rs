//! Lines of an `-x` script and of the `:` prompt: the verbs on cores, asked of a process that is open already.

use crate::answer::{Answer, Failure, Script};
use crate::case::core::{Case, Cursor};
use crate::cli::told_of_line;
use crate::registry::{self, VERBS};
use crate::verb::{Entry, Group, script_word};
use crate::words::short;
use clap::{ArgMatches, Command};

/// A line that was understood.
pub struct Line {
    entry: &'static Entry,
    matches: ArgMatches,
}

/// The language of scripts.
fn command() -> Command {
    let verbs = VERBS
        .iter()
        .filter(|entry| entry.core.is_some() && entry.above().is_none());
    Command::new("")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .subcommand_required(true)
        .subcommands(verbs.map(registry::script_command))
}

/// The names of the commands.
pub fn names() -> Vec<String> {
    let verbs = VERBS.iter().filter(|entry| entry.core.is_some());
    verbs.map(|entry| entry.about.name.to_owned()).collect()
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// When the line is no command, with what it may have meant.
    pub fn parse(line: &str) -> Result<Self, Failure> {
        let matches = command()
            .try_get_matches_from(line.split_whitespace())
            .map_err(|error| {
                let verb = line.split_whitespace().next().and_then(registry::find);
                told_of_line(&error, line, verb)
            })?;
        let found = registry::typed(&matches);
        found
            .map(|(entry, matches)| Self {
                entry,
                matches: matches.clone(),
            })
            .ok_or_else(|| Failure::usage(format!("-x '{}': no command", short(line))))
    }

    /// The verb's name.
    pub const fn verb(&self) -> &'static str {
        self.entry.about.name
    }

    /// Whether it goes somewhere.
    pub fn moves(&self) -> bool {
        self.entry.about.group == Group::Script
    }

    /// Asks it; `cursor` is moved by the commands that move.
    ///
    /// # Errors
    ///
    /// When the question has no answer in this input, or was asked wrongly.
    pub fn ask<'c>(
        &self,
        case: &'c Case<'_>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer + 'c>, Failure> {
        let ask = self.entry.core.ok_or_else(|| {
            Failure::usage(format!("{}: not a question about a core", self.verb()))
        })?;
        let word = script_word(&self.matches);
        ask(case, &self.matches, word.as_deref(), cursor)
    }
}

/// Asks the lines of a script in order. A line without an answer does not stop the rest: in text its failure
/// stands where its answer would.
pub fn run<'c>(case: &'c Case<'_>, lines: &[(&String, Line)]) -> Script<'c> {
    let mut cursor = Cursor::default();
    let mut script = Script::default();
    for (text, line) in lines {
        script.push(text, line.verb(), line.ask(case, &mut cursor));
    }
    script
}
