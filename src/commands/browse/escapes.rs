//! Compiler output on the screen: what is on the heap and why, with the source where it is at hand.

use super::spool::Spool;
use super::worker::{Alarm, serve};
use super::{export, no_terminal, settle, short_name, theme};
use crate::answer::{Exit, Failure};
use crate::commands::escapes::{self, Source};
use crate::flags::Common;
use crossbeam_channel::{Receiver, Sender, unbounded};
use dumpview_model::escape::{Analysis, GoSource};
use dumpview_tui::app::run::{Asked, run};
use dumpview_tui::app::{App, End, Event};
use dumpview_tui::ask::{Answer, Request};
use dumpview_tui::screen::Screen;
use dumpview_tui::screens::escapes::{EscapesScreen, SourceLine};
use dumpview_tui::screens::text::TextScreen;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

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
    let (events, incoming) = unbounded();
    let (ask, questions) = unbounded();
    let read = Read {
        files: files.clone(),
        source: source.map(Path::to_owned),
        spool: spool.clone(),
    };
    let worker_events = events.clone();
    let worker = thread::Builder::new()
        .name("compiler output".to_owned())
        .spawn(move || read.answer(&worker_events, &questions))
        .map_err(|error| Failure::unreadable(format!("no thread to work on: {error}")))?;
    let mut screens: Vec<Box<dyn Screen>> = vec![Box::<EscapesScreen>::default()];
    if let Some(spool) = spool {
        screens.push(Box::new(TextScreen::new(spool, false)));
    }
    let short = match files.as_slice() {
        [one] => short_name(one),
        _ => name,
    };
    let mut app = App::new(short, screens, Vec::new());
    let mut perform = |asked: Asked| {
        // When the worker is gone, an event that says so is on its way.
        let _ = ask.send(asked);
    };
    let end = run(
        &mut app,
        &theme(common),
        !common.no_mouse,
        &incoming,
        &events,
        &mut perform,
    )
    .map_err(|error| no_terminal(&error))?;
    if let End::Broken(_) = end
        && worker.is_finished()
        && let Ok(Err(failure)) = worker.join()
    {
        return Err(failure);
    }
    settle(end)
}

struct Read {
    files: Vec<PathBuf>,
    source: Option<PathBuf>,
    spool: Option<Arc<Spool>>,
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
        let analysis = Arc::new(analysis);
        // The screens may have been left meanwhile.
        let _ = events.send(Event::Fresh { ended: true });
        serve(questions, events, |request| {
            self.one(&analysis, &source, request)
        });
        Ok(())
    }

    fn one(&self, analysis: &Arc<Analysis>, source: &Source, request: Request) -> Answer {
        let answered = match request {
            Request::Escapes => Ok(Answer::Escapes(Arc::clone(analysis))),
            Request::SourceLine {
                file,
                line,
                column,
                what,
            } => {
                let excerpt = source.excerpt(&file, line, column, &what);
                Ok(Answer::SourceLine(SourceLine {
                    file,
                    line,
                    marked: excerpt.as_ref().map_or((0, 0), |e| (e.before, e.width)),
                    text: excerpt.map(|e| e.text),
                }))
            }
            Request::FindLine {
                text,
                from,
                backwards,
            } => {
                let spool = self.spool.as_ref();
                let found = spool.and_then(|s| s.find(&text, from, backwards, &|| false));
                Ok(Answer::FoundLine(found))
            }
            Request::Export { file, text, .. } => if export::is_json(&file) {
                Err(export::no_json())
            } else {
                export::as_text(&file, &text)
            }
            .map(Answer::Said),
            _ => Err(Failure::no_answer("this is compiler output, not a core")),
        };
        answered.unwrap_or_else(|failure| Answer::Failed(failure.message))
    }
}
