//! A profile on the screen, or what differs between two.

use super::topics::Topics;
use super::worker::{Alarm, serve};
use super::{Events, settle_with, short_name, spawn};
use crate::answer::{Exit, Failure};
use crate::case::Files;
use crate::commands::pprof::Opened;
use crate::flags::Common;
use crossbeam_channel::unbounded;
use dumpview_model::finding::Finding;
use dumpview_tui::app::run::Asked;
use dumpview_tui::app::{App, Event};
use dumpview_tui::data::command::{RunCommand, Said};
use dumpview_tui::data::profile::{AskFlame, AskListing, Listed, Listing, Pictured};
use dumpview_tui::screens::profile::flame::FlameScreen;
use dumpview_tui::screens::profile::listing::{FunctionsScreen, VerdictScreen};
use dumpview_view::finding::{evidence, headline};
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
            Ok(Pictured {
                flame: opened.flame(index, &asked.way, &asked.labels)?,
                types: opened.types(),
                index,
            })
        })
        .screen::<FunctionsScreen, _>(|opened: &Opened, asked: &AskListing, _| {
            listed(opened, asked)
        })
        .shows::<VerdictScreen>()
        .on(|opened: &Opened, asked: &RunCommand, _| {
            let lines = opened.line(&asked.line)?;
            Ok(Said {
                lines: lines.into_iter().map(Line::from).collect(),
                moved: None,
            })
        })
        .with_files()
}

/// What stands before the sentence of a finding is so wide.
const INDENT: &str = "            ";
/// Columns of a sentence on a screen of eighty.
const SENTENCE: usize = 66;

/// A sentence in pieces that a narrow screen shows whole.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match pieces.last_mut() {
            Some(piece) if piece.chars().count() + 1 + word.chars().count() <= SENTENCE => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

fn listed(opened: &Opened, asked: &AskListing) -> Result<Listed, Failure> {
    let index = asked.index.unwrap_or_else(|| opened.index());
    let (head, rows) = if asked.of == Listing::Findings {
        let mut rows: Vec<(Line, Option<String>)> = Vec::new();
        for finding in opened.findings(index)? {
            let mut pieces = pieces(&finding.text).into_iter();
            let first = Finding {
                text: pieces.next().unwrap_or_default(),
                ..finding.clone()
            };
            rows.push((headline(&first), None));
            rows.extend(pieces.map(|piece| (Line::plain(format!("{INDENT}{piece}")), None)));
            rows.extend(evidence(&finding).map(|line| (line, None)));
        }
        if rows.is_empty() {
            let line = Line::new(Role::Dim, "too little was counted to judge");
            rows.push((line, None));
        }
        let notes = opened.notes.iter();
        (
            notes
                .map(|note| Line::new(Role::Warning, note.replace('\n', " ")))
                .collect(),
            rows,
        )
    } else {
        let lines = opened.functions(index, asked.of == Listing::Cum)?;
        let head = lines
            .head
            .into_iter()
            .map(|line| Line::new(Role::Dim, line));
        let rows = lines.rows.into_iter();
        let rows = rows.map(|(line, name)| (Line::from(line), Some(name)));
        (head.collect(), rows.collect())
    };
    Ok(Listed {
        head,
        rows,
        types: opened.types(),
        index,
    })
}
