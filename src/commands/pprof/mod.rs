//! `pprof`: profiles, with the words, numbers and rows of `go tool pprof`.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags, by pprof's names |
//! | `read` | inputs to one profile |
//! | `answer` | which report, and what it says for programs |
//! | `disasm` | instructions with what they cost |
//! | `flame` | the tree of calls: text, SVG, speedscope |
//! | `html` | a page to send to somebody |
//! | `judged` | what matters |
//! | `opened` | a profile that screens ask |
//! | `page` | what is shown where no report was asked for |
//! | `same` | whether an executable is the one that a profile is of |
//! | `series` | profiles one after the other |
//! | `symbols` | names for addresses, from executables |
//! | `text` | reports as pprof prints them |
//! | `source` | source files of `list` |
//! | `weblist` | source and instructions as a page |

mod answer;
mod args;
mod disasm;
mod flame;
mod html;
mod judged;
mod opened;
mod page;
mod read;
mod same;
mod series;
mod source;
mod symbols;
mod text;
mod weblist;

pub use args::PprofFlags;
pub use opened::{Answered, Opened};
pub use read::{profile, unpacked};
pub use series::{PprofSeriesVerb, has_profiles};

use crate::answer::{Exit, Failure, Stop};
use crate::case::{Files, Kind};
use crate::out::{Form, Out};
use crate::verb::{About, Entry, Group, Inputs, OnFiles, Verb, Word, parsed};
use answer::{Around, Asked, FileBody, ListBody, TagsBody, TopBody, TracesBody, TreeBody};
use clap::ArgMatches;
use disasm::DisasmBody;
use dumpview_model::profile::{Command, Flame, Session, Step};
use dumpview_view::document::{Envelope, InputSummary};
use page::{Page, PageBody};
use std::path::Path;

const fn about(name: &'static str, line: &'static str, inputs: Inputs) -> About {
    About {
        group: Group::Log,
        inputs,
        ..About::core(name, line, Word::None)
    }
}

const REGEX: Inputs = Inputs::WordThenFiles("REGEX", "a pattern of function names");

/// A verb for each report.
macro_rules! verbs {
    ($($verb:ident $command:ident $name:literal $inputs:expr, $body:ty, $line:literal;)*) => {$(
        #[doc = concat!("`", $name, "`.")]
        pub struct $verb;

        impl Verb for $verb {
            type Args = PprofFlags;
            type Body = $body;
            const ABOUT: About = about($name, $line, $inputs);
        }

        impl OnFiles for $verb {
            const READS: &'static [Kind] = &[Kind::Profile, Kind::Log];

            fn answer(files: &Files<'_>, args: &PprofFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
                report(files, args, Command::$command, $name, out)
            }
        }
    )*};
}

verbs! {
    PprofTopVerb Top "pprof top" Inputs::Files, TopBody, "Functions by what they cost, themselves and with all that they call";
    PprofTextVerb Text "pprof text" Inputs::Files, TopBody, "The same as top";
    PprofTreeVerb Tree "pprof tree" Inputs::Files, TreeBody, "Functions between those who call them and those whom they call";
    PprofPeekVerb Peek "pprof peek" REGEX, TreeBody, "Callers and callees of functions that match";
    PprofListVerb List "pprof list" REGEX, ListBody, "Source of functions that match, with what each line costs";
    PprofDisasmVerb Disasm "pprof disasm" REGEX, DisasmBody, "Instructions of functions that match, with what each of them costs";
    PprofWeblistVerb Weblist "pprof weblist" REGEX, FileBody, "Source of functions that match, with costs and the instructions of each line, as a page";
    PprofTracesVerb Traces "pprof traces" Inputs::Files, TracesBody, "Samples one by one, with their stacks and labels";
    PprofTagsVerb Tags "pprof tags" Inputs::Files, TagsBody, "Labels, and what was counted with each of their values";
    PprofRawVerb Raw "pprof raw" Inputs::Files, FileBody, "Everything that a profile says, as text";
    PprofCommentsVerb Comments "pprof comments" Inputs::Files, FileBody, "The comments of a profile";
    PprofDotVerb Dot "pprof dot" Inputs::Files, FileBody, "The graph of calls for graphviz";
    PprofCallgrindVerb Callgrind "pprof callgrind" Inputs::Files, FileBody, "The graph of calls for kcachegrind";
    PprofFlameVerb Flame "pprof flame" Inputs::Files, Flame, "The tree of calls, as flame graphs show it, as text";
    PprofSvgVerb Svg "pprof svg" Inputs::Files, FileBody, "A flame graph as one file for a browser, with zoom and search";
    PprofHtmlVerb Html "pprof html" Inputs::Files, FileBody, "One page for a browser: what matters, the flame graph, the functions";
    PprofSpeedscopeVerb Speedscope "pprof speedscope" Inputs::Files, FileBody, "Stacks for speedscope.app";
    PprofFoldedVerb Folded "pprof folded" Inputs::Files, FileBody, "Stacks in one line each, for flame graphs";
    PprofProtoVerb Proto "pprof proto" Inputs::Files, FileBody, "The profile, merged and filtered, as a profile";
    PprofTopprotoVerb TopProto "pprof topproto" Inputs::Files, FileBody, "The rows of top as a profile";
}

/// `pprof`.
pub struct PprofVerb;

impl Verb for PprofVerb {
    type Args = PprofFlags;
    type Body = PageBody;
    const ABOUT: About = About {
        examples: &[
            "dumpview pprof top cpu.pb.gz -cum",
            "dumpview pprof list 'main\\.' heap.pb.gz -sample_index=alloc_space",
            "dumpview pprof top -base=before.pb.gz after.pb.gz",
            "dumpview pprof cpu.pb.gz -x 'top10 -cum' -x 'peek compress'",
        ],
        notes: "Flags are those of go tool pprof, with one dash or two; -top, -peek=REGEX and the like name reports as well.\n\
                Without a report screens open on a terminal, as they do of a profile without a verb; --plain prints text.",
        ..about(
            "pprof",
            "Profiles of CPU, memory, goroutines, waits: what go tool pprof tells, without Go",
            Inputs::Files,
        )
    };
}

impl OnFiles for PprofVerb {
    const READS: &'static [Kind] = &[Kind::Profile, Kind::Log];

    fn answer(files: &Files<'_>, args: &PprofFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        if !args.script.is_empty() {
            return script(files, args, out);
        }
        page(files, args, out)
    }
}

/// The flags of a verb when it is `pprof` and no report was asked for: on a terminal screens open.
///
/// # Errors
///
/// What flags cannot be together.
pub fn without_report(entry: &Entry, matches: &ArgMatches) -> Result<Option<PprofFlags>, Failure> {
    if entry.about.name != PprofVerb::ABOUT.name {
        return Ok(None);
    }
    let args = parsed::<PprofFlags>(matches)?;
    Ok(Some(args).filter(|args| args.script.is_empty() && args.output.is_none()))
}

/// The page of a profile, less an older one.
pub fn compared(files: &Files<'_>, old: &Path, out: &mut Out<'_>) -> Result<Exit, Stop> {
    let args = PprofFlags {
        base: vec![old.display().to_string()],
        ..PprofFlags::default()
    };
    page(files, &args, out)
}

fn page(files: &Files<'_>, args: &PprofFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
    let loaded = read::load(files, args)?;
    loaded.complain(out);
    loaded.complain_of_idle([], out);
    let page = Page::new(files, args, loaded.profile)?;
    for warning in page.top().warnings() {
        out.complain(warning);
    }
    match &args.output {
        Some(file) => write_file(page.top(), file)?,
        None => out.whole(&envelope("pprof", files), &loaded.incomplete, &page)?,
    }
    Ok(Exit::lacking(&loaded.incomplete))
}

fn envelope(verb: &str, files: &Files<'_>) -> Envelope {
    let paths = files.paths.iter().map(|path| path.display().to_string());
    Envelope::new(
        verb,
        InputSummary {
            path: paths.collect::<Vec<_>>().join(" "),
            kind: "profile",
            ..InputSummary::default()
        },
    )
}

fn report(
    files: &Files<'_>,
    args: &PprofFlags,
    command: Command,
    verb: &str,
    out: &mut Out<'_>,
) -> Result<Exit, Stop> {
    let mut args = args.clone();
    if matches!(command, Command::Flame | Command::Svg | Command::Html) && args.diff_base.is_empty()
    {
        // What was before is to be seen beside what is now.
        args.diff_base = std::mem::take(&mut args.base);
    }
    let args = &args;
    let loaded = read::load(files, args)?;
    loaded.complain(out);
    loaded.complain_of_idle([command], out);
    let asked = Asked::new(
        loaded.profile,
        command,
        files.word,
        &args.options,
        Around {
            rules: &files.common.source_path,
            executables: &loaded.executables,
        },
    )?;
    for warning in asked.warnings() {
        out.complain(warning);
    }
    if command == Command::List {
        asked.complain_of_sources(out);
    }
    write(
        &asked,
        verb,
        args.output.as_deref(),
        files,
        &loaded.incomplete,
        out,
    )?;
    Ok(Exit::lacking(&loaded.incomplete))
}

fn write(
    asked: &Asked,
    verb: &str,
    output: Option<&str>,
    files: &Files<'_>,
    incomplete: &[dumpview_view::document::Incomplete],
    out: &mut Out<'_>,
) -> Result<(), Stop> {
    if out.form() != Form::Text && output.is_none() {
        return out.whole(&envelope(verb, files), incomplete, asked);
    }
    match output {
        None => match asked.not_to_be_shown() {
            Some(failure) if out.is_on_terminal() => return Err(failure.into()),
            _ => asked.write(out.raw())?,
        },
        Some(file) => write_file(asked, file)?,
    }
    Ok(())
}

fn write_file(asked: &Asked, file: &str) -> Result<(), Stop> {
    let mut written = Vec::new();
    asked.write(&mut written)?;
    std::fs::write(file, written).map_err(|error| {
        Failure::unreadable(format!("{file}: {}", crate::input::io_words(&error))).into()
    })
}

/// Lines of pprof's prompt, one after the other.
fn script(files: &Files<'_>, args: &PprofFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
    if out.form() != Form::Text {
        return Err(Failure::usage("-x: several answers are told as text only").into());
    }
    let mut args = args.clone();
    let mut loaded = read::load(files, &args)?;
    loaded.complain(out);
    let mut session = Session::new(&loaded.profile, &args.options);
    let mut commands = Vec::new();
    for line in std::mem::take(&mut args.script) {
        match session.line(&line).map_err(Failure::usage)? {
            // What is subtracted is so when it is read.
            Step::Done if session.options().normalize != args.options.normalize => {
                args.options.normalize = session.options().normalize;
                loaded = read::load(files, &args)?;
            }
            Step::Done => {}
            Step::Quit => break,
            Step::Options(all) => {
                for (name, value) in all {
                    writeln!(out.raw(), "  {name:25} = {value}")?;
                }
            }
            Step::Report {
                command,
                pattern,
                options,
                output,
            } => {
                commands.push(command);
                let asked = Asked::new(
                    loaded.profile.clone(),
                    command,
                    pattern.as_deref(),
                    &options,
                    Around {
                        rules: &files.common.source_path,
                        executables: &loaded.executables,
                    },
                )?;
                for warning in asked.warnings() {
                    out.complain(warning);
                }
                let incomplete = &loaded.incomplete;
                write(&asked, "pprof", output.as_deref(), files, incomplete, out)?;
            }
        }
    }
    loaded.complain_of_idle(commands, out);
    Ok(Exit::lacking(&loaded.incomplete))
}
