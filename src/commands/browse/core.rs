//! A core on the screen. The first frame is drawn while it is opened on another thread; two threads then answer, so
//! that a question about one frame does not wait for one about all goroutines.

use super::worker::{Alarm, serve};
use super::{
    command, export, frames, goroutines, memory, no_terminal, overview, settle, short_name, theme,
};
use crate::answer::{Exit, Failure};
use crate::case::core::{Session, with_session};
use crate::commands::timeline::facts;
use crate::flags::Common;
use crate::script;
use crossbeam_channel::{Receiver, Sender, unbounded};
use dumpview_model::timeline::Collector;
use dumpview_tui::app::run::{Asked, run};
use dumpview_tui::app::{App, End, Event};
use dumpview_tui::ask::{Answer, Request};
use dumpview_tui::screen::Screen;
use dumpview_tui::screens::goroutines::GoroutinesScreen;
use dumpview_tui::screens::memory::MemoryScreen;
use dumpview_tui::screens::overview::OverviewScreen;
use dumpview_tui::screens::timeline::{Moments, TimelineScreen};
use std::path::{Path, PathBuf};
use std::thread;

/// Opens the screens of a core.
///
/// # Errors
///
/// When the core cannot be opened, or the terminal cannot be used.
pub fn browse(core: &Path, executable: Option<&Path>, common: &Common) -> Result<Exit, Failure> {
    let (events, incoming) = unbounded();
    let (short, short_questions) = unbounded();
    let (long, long_questions) = unbounded();
    let opened = Opened {
        core: core.to_owned(),
        executable: executable.map(Path::to_owned),
        common: common.clone(),
    };
    let worker_events = events.clone();
    let worker = thread::Builder::new()
        .name("core".to_owned())
        .spawn(move || opened.answer(&worker_events, &short_questions, &long_questions))
        .map_err(|error| Failure::unreadable(format!("no thread to work on: {error}")))?;
    let screens: Vec<Box<dyn Screen>> = vec![
        Box::<OverviewScreen>::default(),
        Box::<GoroutinesScreen>::default(),
        Box::<MemoryScreen>::default(),
        Box::<TimelineScreen>::default(),
    ];
    let mut app = App::new(short_name(core), screens, script::names());
    let mut perform = |asked: Asked| {
        let is_long = matches!(&asked, Asked::Request(_, request) if request.is_long());
        // When the workers are gone, an event that says so is on its way.
        if let Asked::Cancel(screen) = asked {
            let _ = short.send(Asked::Cancel(screen));
            let _ = long.send(asked);
        } else {
            let _ = if is_long { &long } else { &short }.send(asked);
        }
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

struct Opened {
    core: PathBuf,
    executable: Option<PathBuf>,
    common: Common,
}

impl Opened {
    fn answer(
        &self,
        events: &Sender<Event>,
        short: &Receiver<Asked>,
        long: &Receiver<Asked>,
    ) -> Result<(), Failure> {
        let _alarm = Alarm(events.clone());
        let opened = with_session(
            &self.core,
            self.executable.as_deref(),
            &self.common,
            |session| {
                thread::scope(|scope| {
                    scope.spawn(|| {
                        let _alarm = Alarm(events.clone());
                        serve(long, events, |request| answer(session, request));
                    });
                    serve(short, events, |request| answer(session, request));
                });
                Ok(())
            },
        );
        if let Err(failure) = &opened {
            // Nobody is left to be told when even this fails.
            let _ = events.send(Event::Broken(failure.message.clone()));
        }
        opened
    }
}

/// One question of a screen.
fn answer(session: &Session<'_>, request: Request) -> Answer {
    let answered = match request {
        Request::Overview => Ok(Answer::Overview(Box::new(overview::page(session)))),
        Request::Goroutines => {
            goroutines::all(session).map(|all| Answer::Goroutines(Box::new(all)))
        }
        Request::Frames(goroutine) => {
            frames::frames(session, goroutine).map(|frames| Answer::Frames(Box::new(frames)))
        }
        Request::Variables { goroutine, frame } => frames::variables(session, goroutine, frame)
            .map(|found| Answer::Variables(Box::new(found))),
        Request::Expand {
            goroutine,
            frame,
            node,
            expr,
            len,
        } => Ok(Answer::Expanded {
            node,
            value: frames::expand(session, goroutine, frame, &expr, len),
        }),
        Request::Source { goroutine, frame } => Ok(Answer::Source(Box::new(frames::source(
            session, goroutine, frame,
        )))),
        Request::Memory => Ok(Answer::Memory(Box::new(memory::map(session)))),
        Request::Command { line, at } => command::run(session, &line, at),
        Request::Export {
            file,
            text,
            verb,
            at,
        } => export::of_core(session, &file, &text, verb.as_deref(), at).map(Answer::Said),
        Request::Timeline => {
            let mut collector = Collector::new();
            collector.core(&facts(&session.core_path, session));
            let timeline = collector.finish(&[]);
            let ended = true;
            Ok(Answer::Timeline(Box::new(Moments { timeline, ended })))
        }
        Request::FindLine { .. }
        | Request::Escapes
        | Request::SourceLine { .. }
        | Request::Collections { .. }
        | Request::Schedule { .. } => Err(Failure::no_answer("a core has no lines")),
    };
    answered.unwrap_or_else(|failure| Answer::Failed(failure.message))
}
