//! A profile on the screen, or what differs between two.

use super::topics::Topics;
use super::worker::{Alarm, serve};
use super::{Events, settle_with, short_name, spawn};
use crate::answer::{Exit, Failure};
use crate::case::Files;
use crate::commands::pprof::Opened;
use crate::flags::Common;
use crossbeam_channel::unbounded;
use dumpview_tui::app::run::Asked;
use dumpview_tui::app::{App, Event};
use dumpview_tui::data::command::{RunCommand, Said};
use dumpview_tui::data::profile::{
    AskFlame, AskFunctions, AskVerdict, Functions, Pictured, Verdict,
};
use dumpview_tui::screens::profile::flame::FlameScreen;
use dumpview_tui::screens::profile::functions::FunctionsScreen;
use dumpview_tui::screens::profile::verdict::VerdictScreen;
use dumpview_view::line::{Line, Role};
use std::path::{Path, PathBuf};

/// Opens the screens of a profile; where there is an older one, of what differs.
///
/// # Errors
///
/// When it cannot be read, or the terminal cannot be used.
pub fn browse(
    file: &Path,
    executable: Option<&Path>,
    older: Option<&Path>,
    common: &Common,
) -> Result<Exit, Failure> {
    let paths: Vec<PathBuf> = executable
        .into_iter()
        .chain([file])
        .map(Path::to_owned)
        .collect();
    let events = Events::new();
    let (ask, questions) = unbounded();
    let sender = events.sender.clone();
    let (common_there, older_there) = (common.clone(), older.map(Path::to_owned));
    let worker = spawn("profile", move || {
        let _alarm = Alarm(sender.clone());
        let files = Files {
            paths: &paths,
            word: None,
            common: &common_there,
        };
        let opened = Opened::open(&files, older_there.as_deref()).inspect_err(|failure| {
            // Nobody is left to be told when even this fails.
            let _ = sender.send(Event::Broken(failure.message.clone()));
        })?;
        let topics = topics();
        serve(&questions, &sender, |request, job| {
            topics.answer(&opened, request, job)
        });
        Ok(())
    })?;
    let name = match older {
        Some(older) => format!("{} - {}", short_name(file), short_name(older)),
        None => short_name(file),
    };
    let mut app = App::new(name, topics().screens(), Opened::words());
    let end = events.show(&mut app, common, |asked: Asked| {
        // When the worker is gone, an event that says so is on its way.
        let _ = ask.send(asked);
    })?;
    settle_with(end, worker)
}

/// The screens, and what answers their questions.
fn topics() -> Topics<'static, Opened> {
    Topics::new("this is a profile, not a core")
        .screen::<FlameScreen, _>(|opened: &Opened, asked: &AskFlame, _| {
            let index = asked.index.unwrap_or_else(|| opened.index());
            let (flame, all) = opened.flame(index, &asked.way, &asked.labels)?;
            Ok(Pictured {
                flame,
                all,
                types: opened.types(),
                index,
            })
        })
        .screen::<FunctionsScreen, _>(|opened, asked: &AskFunctions, _| costs(opened, asked))
        .screen::<VerdictScreen, _>(|opened, asked: &AskVerdict, _| verdict(opened, asked))
        .on(|opened: &Opened, asked: &RunCommand, _| {
            let lines = opened.line(&asked.line)?;
            Ok(Said {
                lines: lines.into_iter().map(Line::from).collect(),
                moved: None,
            })
        })
        .with_files()
}

fn costs(opened: &Opened, asked: &AskFunctions) -> Result<Functions, Failure> {
    let index = asked.index.unwrap_or_else(|| opened.index());
    let told = opened.functions(index)?;
    let head = told.head.into_iter();
    Ok(Functions {
        head: head.map(|line| Line::new(Role::Dim, line)).collect(),
        rows: told.rows.into(),
        unit: told.unit,
        types: opened.types(),
        index,
    })
}

fn verdict(opened: &Opened, asked: &AskVerdict) -> Result<Verdict, Failure> {
    let index = asked.index.unwrap_or_else(|| opened.index());
    let notes = opened.notes.iter();
    Ok(Verdict {
        head: notes
            .map(|note| Line::new(Role::Warning, note.replace('\n', " ")))
            .collect(),
        findings: opened.findings(index)?,
        types: opened.types(),
        index,
    })
}
