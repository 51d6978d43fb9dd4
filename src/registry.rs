//! All verbs. The command line, `-x`, the `:` prompt, help, man pages and completions are made from this table.

use crate::answer::Failure;
use crate::case::Kind;
use crate::commands::{
    alloc, bt, contents, disass, escapes, export, gc, goroutines, heap, info, list, listing,
    locals, memory, memstats, moves, pprof, print, regs, report, sched, threads, timeline, waits,
    x,
};
use crate::verb::{Entry, both, core, files, first_word, with_room};
use crate::words::{nearest, quoted};
use clap::{ArgMatches, Command};
use std::path::Path;

/// The verbs, in the order of help.
pub const VERBS: &[Entry] = &[
    core::<info::InfoVerb>(),
    both::<goroutines::GoroutinesVerb>(),
    both::<waits::WaitsVerb>(),
    core::<threads::ThreadsVerb>(),
    core::<bt::BtVerb>(),
    core::<locals::LocalsVerb>(),
    core::<locals::ArgsVerb>(),
    core::<print::PrintVerb>(),
    core::<print::WhatisVerb>(),
    core::<print::VarsVerb>(),
    core::<listing::FuncsVerb>(),
    core::<listing::TypesVerb>(),
    core::<listing::SourcesVerb>(),
    core::<list::ListVerb>(),
    core::<regs::RegsVerb>(),
    core::<disass::DisassVerb>(),
    core::<x::XVerb>(),
    core::<heap::HeapVerb>(),
    core::<heap::HeapTopVerb>(),
    core::<heap::HeapTreeVerb>(),
    core::<heap::HeapObjectVerb>(),
    core::<heap::HeapRefsVerb>(),
    core::<heap::HeapPathsVerb>(),
    core::<heap::HeapFindVerb>(),
    core::<heap::HeapSetVerb>(),
    core::<heap::HeapStringsVerb>(),
    core::<heap::HeapGarbageVerb>(),
    core::<heap::HeapDiffVerb>(),
    core::<heap::HeapRecordsVerb>(),
    core::<memory::MemoryVerb>(),
    both::<export::ExportVerb>(),
    files::<escapes::EscapesVerb>(),
    files::<gc::GcVerb>(),
    files::<sched::SchedVerb>(),
    files::<alloc::AllocVerb>(),
    files::<memstats::MemstatsVerb>(),
    files::<timeline::TimelineVerb>(),
    files::<pprof::PprofVerb>(),
    files::<pprof::PprofTopVerb>(),
    files::<pprof::PprofTextVerb>(),
    files::<pprof::PprofTreeVerb>(),
    files::<pprof::PprofPeekVerb>(),
    files::<pprof::PprofListVerb>(),
    files::<pprof::PprofDisasmVerb>(),
    files::<pprof::PprofWeblistVerb>(),
    files::<pprof::PprofTracesVerb>(),
    files::<pprof::PprofTagsVerb>(),
    files::<pprof::PprofRawVerb>(),
    files::<pprof::PprofCommentsVerb>(),
    files::<pprof::PprofDotVerb>(),
    files::<pprof::PprofCallgrindVerb>(),
    files::<pprof::PprofFlameVerb>(),
    files::<pprof::PprofSvgVerb>(),
    files::<pprof::PprofHtmlVerb>(),
    files::<pprof::PprofSpeedscopeVerb>(),
    files::<pprof::PprofFoldedVerb>(),
    files::<pprof::PprofProtoVerb>(),
    files::<pprof::PprofTopprotoVerb>(),
    files::<pprof::PprofSeriesVerb>(),
    core::<report::ReportVerb>(),
    files::<contents::ContentsVerb>(),
    core::<moves::GoroutineVerb>(),
    core::<moves::FrameVerb>(),
    core::<moves::UpVerb>(),
    core::<moves::DownVerb>(),
];

/// The verb of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    VERBS.iter().find(|entry| entry.is_called(name))
}

/// The verbs that stand below one.
pub fn below(name: &str) -> impl Iterator<Item = &'static Entry> {
    VERBS
        .iter()
        .filter(move |entry| entry.above() == Some(name))
}

/// The verb below another one that is meant by a word.
pub fn named_below(entry: &Entry, word: &str) -> Option<&'static Entry> {
    below(entry.about.name)
        .find(|below| below.last_word() == word || below.about.aliases.contains(&word))
}

/// A verb on the command line, with the verbs below it.
pub fn command(entry: &Entry) -> Command {
    let mut below = below(entry.about.name).peekable();
    if below.peek().is_none() {
        return entry.command();
    }
    // Without an input the verbs below are what there is to know.
    nested(with_room(entry.command()).arg_required_else_help(true)).subcommands(below.map(command))
}

/// A verb in a script, with the verbs below it.
pub fn script_command(entry: &Entry) -> Command {
    let below = below(entry.about.name).filter(|entry| entry.core.is_some());
    let mut below = below.peekable();
    if below.peek().is_none() {
        return entry.script_command();
    }
    nested(entry.script_command()).subcommands(below.map(script_command))
}

fn nested(command: Command) -> Command {
    command
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .disable_help_subcommand(true)
}

/// The verb that was typed, below others or not, and what was typed behind it.
pub fn typed(matches: &ArgMatches) -> Option<(&'static Entry, &ArgMatches)> {
    let (name, mut matches) = matches.subcommand()?;
    let mut entry = find(name)?;
    while let Some((word, behind)) = matches.subcommand() {
        entry = named_below(entry, word)?;
        matches = behind;
    }
    Some((entry, matches))
}

/// Why a first word that names no file is none, when it may be meant for a verb below this one.
pub fn no_such_verb(entry: &Entry, matches: &ArgMatches) -> Option<Failure> {
    let word = first_word(matches)?;
    // Standard input is a file.
    let typed = word
        .to_str()
        .filter(|typed| *typed != "-" && !word.exists())?;
    let name = entry.about.name;
    let known: Vec<&str> = below(name).map(Entry::last_word).collect();
    if let Some(hint) = instead(name, typed) {
        return Some(Failure::usage(format!(
            "{typed}: no verb below {name}\n\nhint: {hint}"
        )));
    }
    let is_word = !known.is_empty() && typed.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let hint = match nearest(typed, known.iter().copied()) {
        Some(verb) => format!("did you mean dumpview {name} {verb}?"),
        None => format!("below {name} there are {}", known.join(", ")),
    };
    is_word.then(|| {
        Failure::usage(format!(
            "{typed}: no file, and no verb below {name}\n\nhint: {hint}"
        ))
    })
}

/// What serves instead of a picture of go tool pprof, which graphviz would have to draw and a browser to show.
pub fn instead(verb: &str, word: &str) -> Option<&'static str> {
    let is_picture = matches!(
        word,
        "web" | "http" | "png" | "gif" | "pdf" | "ps" | "gv" | "evince" | "eog"
    );
    (is_picture && verb.split(' ').next() == Some("pprof")).then_some(
        "dumpview FILE and dumpview pprof flame FILE show the calls in the terminal, dumpview pprof svg FILE > flame.svg \
         makes a file for a browser",
    )
}

/// What FILE without a verb asks of an input of this kind.
pub fn opening(kind: Kind) -> Option<&'static Entry> {
    find(match kind {
        // What is no core says so when it is opened as one.
        Kind::Core | Kind::Executable | Kind::Directory | Kind::HeapDump => "report",
        Kind::Log | Kind::Stream | Kind::Empty => "log",
        Kind::Compiler => "escapes",
        Kind::Profile => "pprof",
        _ => return None,
    })
}

/// The verbs that read this kind of input, by name.
pub fn readers(kind: Kind) -> Vec<&'static str> {
    VERBS
        .iter()
        // A verb below another reads what that one reads.
        .filter(|entry| entry.is_on_command_line() && entry.above().is_none())
        .filter(|entry| match kind {
            Kind::Core => entry.core.is_some() || entry.reads.contains(&kind),
            Kind::HeapDump => entry.heap_dump || entry.reads.contains(&kind),
            kind => entry.reads.contains(&kind),
        })
        .map(|entry| entry.about.name)
        .collect()
}

/// What answers of a directory in which profiles lie.
fn series_of(directory: &Path) -> String {
    let name = quoted(&directory.display().to_string());
    format!(
        "name the file in it; dumpview pprof series {name} shows its profiles one after the other"
    )
}

/// Why a verb cannot answer of an input of this kind, and which verbs can.
pub fn wrong_kind(verb: &str, path: &Path, kind: Kind) -> Failure {
    let name = path.display();
    let readers = readers(kind);
    let hint = if let Kind::Foreign(foreign) = kind {
        match foreign.command {
            "" => "dumpview reads what Go processes on Linux leave".to_owned(),
            command => command.replace("FILE", &quoted(&name.to_string())),
        }
    } else if kind == Kind::Executable {
        format!(
            "it goes with the core of its process: dumpview CORE {}",
            quoted(&name.to_string())
        )
    } else if kind == Kind::Trace {
        // What of it a verb reads: who waited where (`net`, `syscall` and `sched` too).
        format!(
            "go tool trace -pprof=sync {} > sync.pb.gz; then dumpview sync.pb.gz",
            quoted(&name.to_string())
        )
    } else if kind == Kind::Directory && pprof::has_profiles(path) {
        series_of(path)
    } else if readers.is_empty() {
        format!("no verb reads {} yet", kind.words())
    } else if readers.len() > 10 {
        format!("dumpview {name} sums it up; dumpview --help lists the verbs")
    } else {
        format!("it is read by {}", readers.join(", "))
    };
    Failure::unreadable(format!(
        "{name}: {}, which {verb} does not read\n\nhint: {hint}",
        kind.words()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_twice_and_every_verb_has_words() {
        let mut names: Vec<&str> = VERBS
            .iter()
            .flat_map(|entry| [&[entry.about.name], entry.about.aliases].concat())
            .collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        for entry in VERBS {
            assert!(!entry.about.line.is_empty(), "{}", entry.about.name);
            assert!(entry.core.is_some() || entry.files.is_some());
        }
    }

    /// What README says of the verbs, between two marks.
    fn listed() -> String {
        let rows = VERBS
            .iter()
            .filter(|entry| entry.is_on_command_line())
            .map(|entry| format!("| `{}` | {} |\n", entry.about.name, entry.about.line));
        format!(
            "| verb | answers |\n|---|---|\n{}",
            rows.collect::<String>()
        )
    }

    /// `UPDATE_DOCS=1` writes the list anew.
    #[test]
    fn the_readme_lists_the_verbs() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let text = std::fs::read_to_string(path).unwrap();
        let (head, rest) = text.split_once("src/registry.rs -->\n").unwrap();
        let (list, tail) = rest.split_once("<!-- end of verbs -->").unwrap();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let text = format!(
                "{head}src/registry.rs -->\n{}<!-- end of verbs -->{tail}",
                listed()
            );
            std::fs::write(path, text).unwrap();
        } else {
            assert_eq!(
                list,
                listed(),
                "UPDATE_DOCS=1 cargo test --bin dumpview writes it anew"
            );
        }
    }
}
