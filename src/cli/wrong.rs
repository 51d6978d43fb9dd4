//! What was typed wrongly, in the words of this program: which verb, which flag, and what was probably meant.

use crate::answer::Failure;
use crate::registry;
use crate::verb::Entry;
use crate::words::{nearest, short};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

/// Says what was wrong. `entry` is the verb, where one was typed.
pub fn told(error: &clap::Error, entry: Option<&Entry>) -> Failure {
    let (what, hint) = said(error, entry);
    let hint = hint.unwrap_or_else(|| match entry {
        None => "dumpview --help".to_owned(),
        Some(entry) => format!("dumpview {} --help says what it takes", entry.about.name),
    });
    let before = entry.map_or(String::new(), |entry| format!("{}: ", entry.about.name));
    Failure::usage(format!("{before}{what}\n\nhint: {hint}"))
}

/// Says what was wrong with a line of a script.
pub fn told_of_line(error: &clap::Error, line: &str, entry: Option<&Entry>) -> Failure {
    let (what, hint) = said(error, entry);
    let hint = hint.unwrap_or_else(|| match entry {
        None => "the commands are the verbs on cores: bt, goroutines, frame 2, locals, print …"
            .to_owned(),
        Some(entry) => format!("dumpview {} --help says what it takes", entry.about.name),
    });
    let line = short(line);
    Failure::usage(format!("-x '{line}': {what}\n\nhint: {hint}"))
}

fn said(error: &clap::Error, entry: Option<&Entry>) -> Told {
    match error.kind() {
        ErrorKind::UnknownArgument => unknown(error, entry),
        ErrorKind::InvalidSubcommand => {
            let typed = text(error, ContextKind::InvalidSubcommand);
            let meant = nearest(&typed, registry::VERBS.iter().flat_map(Entry::names));
            let hint = meant.map(|verb| format!("did you mean {verb}?"));
            (format!("{typed}: no verb"), hint)
        }
        ErrorKind::InvalidValue => no_such_value(error),
        ErrorKind::ValueValidation => unreadable_value(error),
        ErrorKind::MissingRequiredArgument => missing(error, entry),
        ErrorKind::ArgumentConflict => conflict(error),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => {
            let flag = text(error, ContextKind::InvalidArg);
            (format!("{flag}: its value is missing"), None)
        }
        ErrorKind::TooManyValues => {
            let typed = text(error, ContextKind::InvalidValue);
            (format!("{typed}: one word too many"), None)
        }
        ErrorKind::InvalidUtf8 => ("a word that is not UTF-8".to_owned(), None),
        ErrorKind::MissingSubcommand => ("no command".to_owned(), None),
        kind => (kind.to_string(), None),
    }
}

/// What is wrong, and what to do about it where that is more than to read the help.
type Told = (String, Option<String>);

fn text(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => short(text),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    }
}

/// A flag's name without the name of its value: of `--frame <N>`, `--frame`.
fn flag_only(arg: &str) -> &str {
    arg.split([' ', '=']).next().unwrap_or(arg)
}

fn unknown(error: &clap::Error, entry: Option<&Entry>) -> Told {
    let typed = text(error, ContextKind::InvalidArg);
    if !typed.starts_with('-') || typed == "-" {
        return (format!("{typed}: one word too many"), None);
    }
    if typed.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) {
        return (
            format!("{typed}: a negative number, where none can stand"),
            None,
        );
    }
    let flag = flag_only(&typed).to_owned();
    let name = flag.trim_start_matches('-');
    if let Some(hint) = entry.and_then(|entry| registry::instead(entry.about.name, name)) {
        return (format!("{flag}: no such flag"), Some(hint.to_owned()));
    }
    let mine = entry.map(flags_of).unwrap_or_default();
    if let Some(meant) = nearest(name, mine.iter().map(String::as_str)) {
        return (
            format!("{flag}: no such flag"),
            Some(format!("did you mean --{meant}?")),
        );
    }
    let others: Vec<&str> = registry::VERBS
        .iter()
        .filter(|other| other.is_on_command_line() && flags_of(other).iter().any(|f| f == name))
        .map(|other| other.about.name)
        .collect();
    let hint = match (entry, others.as_slice()) {
        (_, []) => None,
        (_, [several @ .., last]) if !several.is_empty() => Some(format!(
            "{flag} is a flag of {} and {last}",
            several.join(", ")
        )),
        (_, [one, ..]) => Some(format!("{flag} is a flag of {one}")),
    };
    (format!("{flag}: no such flag"), hint)
}

/// The long names of a verb's flags, and those that every verb has.
fn flags_of(entry: &Entry) -> Vec<String> {
    let mut program = super::command();
    // Flags that every verb takes reach the verbs when the whole is built.
    program.build();
    let mut words = entry.about.name.split(' ');
    let command = words.try_fold(&program, |command, word| command.find_subcommand(word));
    command
        .into_iter()
        .flat_map(clap::Command::get_arguments)
        .filter_map(|arg| arg.get_long().map(str::to_owned))
        .collect()
}

fn no_such_value(error: &clap::Error) -> Told {
    let flag = text(error, ContextKind::InvalidArg);
    let flag = flag_only(&flag);
    let value = text(error, ContextKind::InvalidValue);
    let known = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(known)) => known.clone(),
        _ => Vec::new(),
    };
    if value.is_empty() {
        let hint = (!known.is_empty()).then(|| format!("{flag} {}", known.join("|")));
        return (format!("{flag}: its value is missing"), hint);
    }
    let hint = match nearest(&value, known.iter().map(String::as_str)) {
        Some(meant) => format!(
            "did you mean {flag} {meant}? There are {}",
            known.join(", ")
        ),
        None => format!("there are {}", known.join(", ")),
    };
    (format!("{flag}: no '{value}'"), Some(hint))
}

fn unreadable_value(error: &clap::Error) -> Told {
    let flag = text(error, ContextKind::InvalidArg);
    let flag = flag_only(&flag);
    let value = text(error, ContextKind::InvalidValue);
    if value.is_empty() {
        return (format!("{flag}: its value is missing"), None);
    }
    let source = error.source();
    let why = if let Some(int) = source.and_then(|source| source.downcast_ref::<ParseIntError>()) {
        match int.kind() {
            IntErrorKind::PosOverflow => "is too large".to_owned(),
            _ => "is no number: a whole one from 0 on is needed".to_owned(),
        }
    } else if source
        .and_then(|source| source.downcast_ref::<ParseFloatError>())
        .is_some()
    {
        "is no number".to_owned()
    } else {
        source.map_or("cannot be read".to_owned(), ToString::to_string)
    };
    (format!("{flag}: '{value}' {why}"), None)
}

fn missing(error: &clap::Error, entry: Option<&Entry>) -> Told {
    let names = text(error, ContextKind::InvalidArg);
    let usage = entry.map(|entry| format!("dumpview {} {}", entry.about.name, entry.shape()));
    let what = match entry {
        Some(entry) if names.contains(&entry.shape()) => "of what? Its input is missing".to_owned(),
        _ => format!("{names} is missing"),
    };
    (what, usage)
}

fn conflict(error: &clap::Error) -> Told {
    let typed = text(error, ContextKind::InvalidArg);
    let other = text(error, ContextKind::PriorArg);
    let (typed, other) = (flag_only(&typed), flag_only(&other));
    if other.is_empty() {
        return (
            format!("{typed}: cannot stand with what else was typed"),
            None,
        );
    }
    if typed == other {
        return (format!("{typed}: typed twice"), None);
    }
    (format!("{typed} and {other}: only one of them"), None)
}
