//! Compiler output on the screen: what is on the heap and why, with the source where it is at hand.

use super::spool::Spool;
use super::topics::Topics;
use super::worker::{Alarm, serve};
use super::{Events, files, settle_with, short_name, spawn};
use crate::answer::{Exit, Failure};
use crate::commands::escapes::{self, Source};
use crate::flags::Common;
use crossbeam_channel::{Receiver, Sender, unbounded};
use dumpview_model::escape::{Analysis, GoSource};
use dumpview_tui::app::run::Asked;
use dumpview_tui::app::{App, Event};
use dumpview_tui::data::escapes::{AskEscapes, AskSourceLine, SourceLine};
use dumpview_tui::data::file::{AskFile, FilePlace, OpenFile};
use dumpview_tui::screens::escapes::EscapesScreen;
use dumpview_tui::screens::text::TextScreen;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens the screens of compiler output.
///
/// # Errors
///
/// When it cannot be read, or the terminal cannot be used.
pub fn browse(file: &Path, source: Option<&Path>, common: &Common) -> Result<Exit, Failure> {
    let files = vec![file.to_owned()];
    let name = escapes::name(&files);
    let spool = match files.as_slice() {
        [one] if !one.is_dir() => {
            Some(Arc::new(Spool::new(one).map_err(|error| {
                Failure::unreadable(format!("{name}: {error}"))
            })?))
        }
        // Several files have no line numbers of their own.
        _ => None,
    };
    let events = Events::new();
    let (ask, questions) = unbounded();
    let read = Read {
        files: files.clone(),
        source: source.map(Path::to_owned),
        spool: spool.clone(),
        common: common.clone(),
    };
    let sender = events.sender.clone();
    let worker = spawn("compiler output", move || read.answer(&sender, &questions))?;
    let mut screens = topics().screens();
    if let Some(spool) = spool {
        screens.push(Box::new(TextScreen::new(spool, false)));
    }
    let short = match files.as_slice() {
        [one] => short_name(one),
        _ => name,
    };
    let mut app = App::new(short, screens, Vec::new());
    let end = events.show(&mut app, common, |asked| {
        // When the worker is gone, an event that says so is on its way.
        let _ = ask.send(asked);
    })?;
    settle_with(end, worker)
}

struct Read {
    files: Vec<PathBuf>,
    source: Option<PathBuf>,
    spool: Option<Arc<Spool>>,
    common: Common,
}

impl Read {
    fn answer(&self, events: &Sender<Event>, questions: &Receiver<Asked>) -> Result<(), Failure> {
        let _alarm = Alarm(events.clone());
        let read = escapes::read(&self.files, &mut |chunk| {
            if let Some(spool) = &self.spool {
                spool.push(chunk);
            }
        });
        let mut analysis = match read {
            Ok(analysis) => analysis,
            Err(failure) => {
                // Nobody is left to be told when even this fails.
                let _ = events.send(Event::Broken(failure.message.clone()));
                return Err(failure);
            }
        };
        let source = Source::new(self.source.clone().unwrap_or_else(|| PathBuf::from(".")));
        if self.source.is_some() {
            analysis.attribute(|file| source.file(file).map(|text| GoSource::new(&text)));
        }
        let known = Known {
            analysis: Arc::new(analysis),
            source,
            file: self.files.first().cloned().unwrap_or_default(),
            common: self.common.clone(),
        };
        // The screens may have been left meanwhile.
        let _ = events.send(Event::Fresh { ended: true });
        let topics = topics();
        serve(questions, events, |request, job| {
            topics.answer(&known, request, job)
        });
        Ok(())
    }
}

/// Compiler output that was read.
struct Known {
    analysis: Arc<Analysis>,
    source: Source,
    file: PathBuf,
    common: Common,
}

/// The screens of compiler output but for its lines, and what answers their questions.
fn topics() -> Topics<'static, Known> {
    Topics::new("this is compiler output, not a core")
        .screen::<EscapesScreen, _>(|known: &Known, _: &AskEscapes, _| {
            Ok(Arc::clone(&known.analysis))
        })
        .on(|known, asked: &AskSourceLine, _| {
            let AskSourceLine {
                file,
                line,
                column,
                what,
            } = asked;
            let excerpt = known.source.excerpt(file, *line, *column, what);
            Ok(SourceLine {
                file: file.clone(),
                line: *line,
                marked: excerpt.as_ref().map_or((0, 0), |e| (e.before, e.width)),
                text: excerpt.map(|e| e.text),
            })
        })
        .on(|known, asked: &AskFile, _| match &asked.0 {
            FilePlace::Source { file, line } => {
                let path = known.source.path(file).ok_or_else(|| {
                    Failure::no_answer(format!("{file}: the source is not here (--source DIR)"))
                })?;
                Ok(OpenFile { path, line: *line })
            }
            FilePlace::Input { .. } => files::open(&known.common, &known.file, &asked.0),
        })
        .with_files()
}
