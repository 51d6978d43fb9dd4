//! The order of what was typed: flags may stand before the verb, the verb may not stand behind its files.

use super::Cli;
use crate::answer::Failure;
use crate::case::{Kind, recognize_file};
use crate::registry::{self, VERBS};
use crate::verb::{Entry, Inputs};
use crate::words::{nearest, quoted};
use clap::{Arg, ArgAction, CommandFactory};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Words that are verbs of the program itself, not of the registry.
const OWN: [&str; 3] = ["help", super::MAN, super::SCHEMA];

/// What was typed, with the verb first.
///
/// # Errors
///
/// When the verb stands behind its files, or the first word is neither a file nor a verb.
pub fn ordered(typed: &[OsString]) -> Result<Vec<OsString>, Failure> {
    let typed = &pprof_words(&asked_of_profiles(typed)?.unwrap_or_else(|| typed.to_vec()));
    let words = words(typed);
    let Some(first) = words.first().copied() else {
        return Ok(typed.clone());
    };
    let verb = verb_at(typed, &words);
    if !verb.is_empty() {
        let is_verb = |at: &usize| verb.contains(at);
        let behind = (1..typed.len()).filter(|at| !is_verb(at));
        let order = std::iter::once(0).chain(verb.iter().copied()).chain(behind);
        return Ok(order.filter_map(|at| typed.get(at).cloned()).collect());
    }
    let word = typed.get(first).map_or(OsStr::new(""), OsString::as_os_str);
    if word == "-" || Path::new(word).exists() {
        return match late_verb(typed, &words) {
            Some(failure) => Err(failure),
            None => Ok(typed.clone()),
        };
    }
    match no_verb(word, typed, first) {
        Some(failure) => Err(failure),
        None => Ok(typed.clone()),
    }
}

/// The verb of a command line whose order is right.
pub fn verb_of(typed: &[OsString]) -> Option<&'static Entry> {
    let text = |word: &OsString| word.to_str().map(str::to_owned);
    let mut words = typed.iter().skip(1).map_while(text);
    let mut entry = registry::find(&words.next()?)?;
    while let Some(below) = words
        .next()
        .and_then(|word| registry::named_below(entry, &word))
    {
        entry = below;
    }
    Some(entry)
}

/// A profile, or two moments of one, with flags of `pprof` and no verb: `OLD NEW -normalize` is `pprof -base=OLD NEW -normalize`.
/// `None` of anything else.
fn asked_of_profiles(typed: &[OsString]) -> Result<Option<Vec<OsString>>, Failure> {
    let Some(verb) = registry::find("pprof").map(Entry::command) else {
        return Ok(None);
    };
    let flags: Vec<&str> = verb.get_arguments().filter_map(Arg::get_long).collect();
    let letters: Vec<String> = verb
        .get_arguments()
        .filter_map(Arg::get_short)
        .map(String::from)
        .collect();
    // Its name, without dashes and without the value.
    let flag = |word: &OsString| {
        let word = word.to_string_lossy();
        let name = word.split('=').next().unwrap_or_default();
        let name = name.strip_prefix("--").or_else(|| name.strip_prefix('-'));
        name.unwrap_or_default().to_owned()
    };
    let is_of_pprof = |word: &OsString| {
        let name = flag(word);
        flags.contains(&name.as_str())
            || letters.contains(&name)
            || registry::below("pprof").any(|entry| entry.last_word() == name)
    };
    let words = typed.iter().skip(1);
    let mut plain = words.clone().filter(|word| flag(word).is_empty());
    let is_verb = |word: &OsString| {
        let name = word.to_str().unwrap_or_default();
        OWN.contains(&name) || registry::find(name).is_some()
    };
    if !words.clone().any(is_of_pprof) || plain.next().is_none_or(is_verb) {
        return Ok(None);
    }
    let has_base = words
        .clone()
        .any(|word| ["base", "diff_base"].contains(&flag(word).as_str()));
    let is_profile =
        |word: &&OsString| matches!(recognize_file(Path::new(word)), Ok(Kind::Profile));
    let profiles: Vec<&OsString> = words.clone().filter(is_profile).collect();
    let old = match profiles[..] {
        [] => return Ok(None),
        [old, _] if !has_base => Some(old),
        [_, _, third, ..] if !has_base => {
            let all = line(profiles.iter());
            return Err(Failure::usage(format!(
                "'{}' is a third moment, and two are compared\n\nhint: dumpview pprof series {all} shows one after the other\n      dumpview pprof {all} adds them up",
                third.display()
            )));
        }
        _ => None,
    };
    let mut asked = vec!["dumpview".into(), "pprof".into()];
    for word in words {
        if old.is_some_and(|old| std::ptr::eq(old, word)) {
            asked.push("-base".into());
        }
        asked.push(word.clone());
    }
    Ok(Some(asked))
}

/// What was typed behind `pprof`, with two dashes where pprof has one, and with reports that pprof has as flags as verbs:
/// `pprof -peek=main FILE -cum` is `pprof peek main FILE --cum`.
fn pprof_words(typed: &[OsString]) -> Vec<OsString> {
    let mut words = typed.iter().cloned();
    let mut ordered: Vec<OsString> = words.by_ref().take(1).collect();
    // Flags of the program may stand before it.
    let before = words.by_ref().take_while(|word| word != "pprof");
    let before: Vec<OsString> = before.collect();
    let is_flag = |word: &OsString| word.to_string_lossy().starts_with("--");
    if before.len() + 1 == typed.len() || !before.iter().all(is_flag) {
        return typed.to_vec();
    }
    ordered.push("pprof".into());
    let mut rest: Vec<OsString> = before;
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            rest.push(word);
            rest.extend(words.by_ref());
            break;
        }
        let text = word.to_string_lossy();
        let report = text.strip_prefix("--").or_else(|| text.strip_prefix('-'));
        let (name, value) = report.map_or(("", None), |report| match report.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (report, None),
        });
        let below = registry::below("pprof").find(|entry| entry.last_word() == name);
        match below {
            Some(entry) if ordered.len() == 2 => {
                ordered.push(name.into());
                if matches!(entry.about.inputs, Inputs::WordThenFiles(..)) {
                    ordered.extend(value.map(OsString::from).or_else(|| words.next()));
                }
            }
            // Flags of one letter have one dash; those of several may.
            _ if name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                let name = text.trim_start_matches('-');
                rest.push(format!("--{name}").into());
            }
            _ => rest.push(word),
        }
    }
    ordered.extend(rest);
    ordered
}

/// Indices of what is neither a flag nor the value of one.
fn words(typed: &[OsString]) -> Vec<usize> {
    let valued = valued_flags();
    let mut words = Vec::new();
    let mut at = 1;
    while let Some(token) = typed.get(at) {
        let text = token.to_string_lossy();
        if text == "--" {
            words.extend(at + 1..typed.len());
            break;
        }
        if text.len() > 1 && text.starts_with('-') {
            at += if valued.contains(text.as_ref()) { 2 } else { 1 };
            continue;
        }
        words.push(at);
        at += 1;
    }
    words
}

/// Flags whose value is the next word.
fn valued_flags() -> BTreeSet<String> {
    let mut flags = BTreeSet::new();
    let mut add = |arg: &Arg| {
        let takes_next = !arg.is_require_equals_set();
        if !takes_next || !matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) {
            return;
        }
        flags.extend(arg.get_short().map(|short| format!("-{short}")));
        flags.extend(arg.get_long().map(|long| format!("--{long}")));
    };
    Cli::command().get_arguments().for_each(&mut add);
    for entry in VERBS.iter().filter(|entry| entry.is_on_command_line()) {
        let command = entry.command();
        command
            .get_arguments()
            .filter(|arg| !arg.is_positional())
            .for_each(&mut add);
    }
    flags
}

/// Indices of the words that name the verb, when the first word is one: of `heap top`, both.
fn verb_at(typed: &[OsString], words: &[usize]) -> Vec<usize> {
    let text = |at: usize| typed.get(at).and_then(|word| word.to_str());
    let mut at = Vec::new();
    let mut words = words.iter().copied();
    let Some(first) = words.next() else {
        return at;
    };
    let Some(name) = text(first) else {
        return at;
    };
    if OWN.contains(&name) {
        at.push(first);
        return at;
    }
    let Some(mut entry) = registry::find(name).filter(|entry| entry.is_on_command_line()) else {
        return at;
    };
    at.push(first);
    for word in words {
        let Some(below) = text(word).and_then(|name| registry::named_below(entry, name)) else {
            break;
        };
        entry = below;
        at.push(word);
    }
    at
}

/// What to say of a verb that stands behind its files.
fn late_verb(typed: &[OsString], words: &[usize]) -> Option<Failure> {
    let names_file = |at: usize| typed.get(at).is_some_and(|word| Path::new(word).exists());
    let place = (1..words.len()).find(|place| {
        let rest = words.get(*place..).unwrap_or_default();
        rest.first().is_some_and(|at| !names_file(*at)) && !verb_at(typed, rest).is_empty()
    })?;
    let verb = verb_at(typed, words.get(place..).unwrap_or_default());
    let name = line(verb.iter().filter_map(|at| typed.get(*at)));
    let rest = (1..typed.len()).filter(|at| !verb.contains(at));
    let right = line(rest.filter_map(|at| typed.get(at)));
    Some(Failure::usage(format!(
        "{name}: a verb, which stands before its files\n\nhint: dumpview {name} {right}"
    )))
}

/// What to say of a first word that is no file, when it may have been meant for a verb.
fn no_verb(word: &OsStr, typed: &[OsString], at: usize) -> Option<Failure> {
    let word = word.to_str()?;
    let is_word = word
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !is_word {
        return None;
    }
    if let Some(failure) = below_another(word, typed, at) {
        return Some(failure);
    }
    let names = VERBS
        .iter()
        .filter(|entry| entry.is_on_command_line() && entry.above().is_none())
        .flat_map(Entry::names);
    let meant = nearest(word, names);
    if meant.is_none() && typed.len() == 2 {
        // One word that is like no verb is a file that is not there.
        return None;
    }
    let hint = meant.map_or_else(
        || "dumpview --help lists the verbs".to_owned(),
        |verb| {
            let replaced = typed.iter().enumerate().skip(1).map(|(index, word)| {
                if index == at {
                    OsStr::new(verb)
                } else {
                    word.as_os_str()
                }
            });
            format!("did you mean dumpview {}?", line(replaced))
        },
    );
    Some(Failure::usage(format!(
        "{word}: no verb, and no file of that name\n\nhint: {hint}"
    )))
}

/// What to say of the name of a verb that stands below another, which reads the file that was typed: of `top FILE`.
fn below_another(word: &str, typed: &[OsString], at: usize) -> Option<Failure> {
    let files = typed.iter().skip(at + 1).map(Path::new);
    let kind = files
        .filter(|path| path.is_file())
        .find_map(|path| recognize_file(path).ok())?;
    let reads = |entry: &&Entry| match kind {
        Kind::Core | Kind::HeapDump => entry.core.is_some(),
        kind => entry.reads.contains(&kind),
    };
    let below = VERBS
        .iter()
        .filter(|entry| entry.above().is_some() && entry.last_word() == word);
    let meant = below.into_iter().find(reads)?;
    let rest = line(
        typed
            .iter()
            .skip(1)
            .enumerate()
            .filter(|(index, _)| index + 1 != at)
            .map(|(_, word)| word),
    );
    Some(Failure::usage(format!(
        "{word}: no verb, and no file of that name\n\nhint: did you mean dumpview {} {rest}?",
        meant.about.name
    )))
}

/// Words as a shell takes them.
fn line<S: AsRef<OsStr>>(words: impl Iterator<Item = S>) -> String {
    let quoted = words.map(|word| quoted(&word.as_ref().to_string_lossy()));
    quoted.collect::<Vec<_>>().join(" ")
}
