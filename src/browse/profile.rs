//! A profile on the screen, or what differs between two.

use super::topics::Topics;
use super::worker::{Alarm, serve};
use super::{Events, settle_with, short_name, spawn};
use crate::answer::{Exit, Failure};
use crate::case::{Kind, recognize_file};
use crate::commands::pprof::{Answered, Opened, PprofFlags};
use crate::flags::Common;
use crossbeam_channel::unbounded;
use dumpview_tui::app::run::Asked;
use dumpview_tui::app::{App, Event};
use dumpview_tui::data::command::{RunCommand, Said};
use dumpview_tui::data::profile::{
    AskFlame, AskFunctions, AskSelection, AskVerdict, Functions, Pictured, Select, Selection,
    Verdict,
};
use dumpview_tui::screens::profile::flame::FlameScreen;
use dumpview_tui::screens::profile::functions::FunctionsScreen;
use dumpview_tui::screens::profile::verdict::VerdictScreen;
use dumpview_view::line::{Line, Role};
use std::path::{Path, PathBuf};

/// Opens the screens of profiles, with the flags of `pprof`; where there is a base, of what differs.
///
/// # Errors
///
/// When they cannot be read, or the terminal cannot be used.
pub fn browse(paths: &[PathBuf], args: &PprofFlags, common: &Common) -> Result<Exit, Failure> {
    let events = Events::new();
    let (ask, questions) = unbounded();
    let sender = events.sender.clone();
    let there = (paths.to_vec(), args.clone(), common.clone());
    let worker = spawn("profile", move || {
        let _alarm = Alarm(sender.clone());
        let (paths, args, common) = there;
        let opened = Opened::open(paths, args, common).inspect_err(|failure| {
            // Nobody is left to be told when even this fails.
            let _ = sender.send(Event::Broken(failure.message.clone()));
        })?;
        let topics = topics();
        serve(&questions, &sender, |request, job| {
            topics.answer(&opened, request, job)
        });
        Ok(())
    })?;
    let name = name(paths, args);
    let mut app = App::new(name, topics().screens(), Opened::words());
    let end = events.show(&mut app, common, |asked: Asked| {
        // When the worker is gone, an event that says so is on its way.
        let _ = ask.send(asked);
    })?;
    settle_with(end, worker)
}

/// The inputs in short, and what is subtracted.
fn name(paths: &[PathBuf], args: &PprofFlags) -> String {
    let is_executable = |path: &&PathBuf| matches!(recognize_file(path), Ok(Kind::Executable));
    let profiles = paths.iter().filter(|path| !is_executable(path));
    let added: Vec<String> = profiles.map(|path| short_name(path)).collect();
    let mut name = added.join(" + ");
    for base in args.base.iter().chain(&args.diff_base) {
        name.push_str(" - ");
        name.push_str(&short_name(Path::new(base)));
    }
    name
}

/// The screens, and what answers their questions.
fn topics() -> Topics<'static, Opened> {
    Topics::new("this is a profile, not a core")
        .screen::<FlameScreen, _>(|opened: &Opened, asked: &AskFlame, _| {
            select(opened, &asked.select)?;
            Ok(Pictured {
                flame: opened.flame(&asked.way)?,
                selection: selection(opened),
            })
        })
        .screen::<FunctionsScreen, _>(|opened, asked: &AskFunctions, _| costs(opened, asked))
        .screen::<VerdictScreen, _>(|opened, asked: &AskVerdict, _| verdict(opened, asked))
        .on(|opened: &Opened, _: &AskSelection, _| Ok(opened.number()))
        .on(|opened: &Opened, asked: &RunCommand, _| {
            let (lines, changed) = match opened.line(&asked.line)? {
                Answered::Lines(lines) => (lines, None),
                Answered::Changed(what) => (Vec::new(), Some(what)),
            };
            Ok(Said {
                lines: lines.into_iter().map(Line::from).collect(),
                moved: None,
                changed,
            })
        })
        .with_files()
}

fn select(opened: &Opened, asked: &Select) -> Result<(), Failure> {
    opened.select(asked.index, asked.labels.as_deref())
}

fn selection(opened: &Opened) -> Selection {
    let of = opened.looked_at();
    Selection {
        number: Some(of.number),
        types: of.types,
        index: of.index,
        labels: of.labels,
        filters: of.filters,
    }
}

fn costs(opened: &Opened, asked: &AskFunctions) -> Result<Functions, Failure> {
    select(opened, &asked.select)?;
    let told = opened.functions()?;
    let head = told.head.into_iter();
    Ok(Functions {
        head: head.map(|line| Line::new(Role::Dim, line)).collect(),
        rows: told.rows.into(),
        unit: told.unit,
        selection: selection(opened),
    })
}

fn verdict(opened: &Opened, asked: &AskVerdict) -> Result<Verdict, Failure> {
    select(opened, &asked.select)?;
    let judged = opened.judged()?;
    let notes = opened.notes().into_iter();
    let notes = notes.map(|note| Line::new(Role::Warning, note.replace('\n', " ")));
    let of = judged.of.map(|of| Line::new(Role::Dim, of));
    Ok(Verdict {
        head: notes.chain(of).collect(),
        findings: judged.findings,
        selection: selection(opened),
    })
}
