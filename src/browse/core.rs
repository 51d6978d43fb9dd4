//! A core on the screen. The first frame is drawn while it is opened on another thread; two threads then answer, so
//! that a question about one frame does not wait for one about all goroutines.

use super::topics::Topics;
use super::worker::{Alarm, serve};
use super::{
    Events, command, export, frames, goroutines, memory, overview, settle_with, short_name, spawn,
};
use crate::answer::{Exit, Failure};
use crate::case::core::{Case, with_case};
use crate::flags::Common;
use crate::script;
use crossbeam_channel::{Receiver, Sender, unbounded};
use dumpview_model::timeline::Collector;
use dumpview_tui::app::run::Asked;
use dumpview_tui::app::{App, Event};
use dumpview_tui::data::command::{RunCommand, WriteFile};
use dumpview_tui::data::frames::{AskFrames, AskSource, AskValue, AskVariables, Expanded};
use dumpview_tui::data::goroutines::AskGoroutines;
use dumpview_tui::data::memory::AskMemory;
use dumpview_tui::data::moments::{AskTimeline, Moments};
use dumpview_tui::data::overview::AskOverview;
use dumpview_tui::screen::Screen;
use dumpview_tui::screens::goroutines::GoroutinesScreen;
use dumpview_tui::screens::memory::MemoryScreen;
use dumpview_tui::screens::overview::OverviewScreen;
use dumpview_tui::screens::timeline::TimelineScreen;
use std::path::{Path, PathBuf};
use std::thread;

/// The numbered screens of a core.
fn screens() -> Vec<Box<dyn Screen>> {
    vec![
        Box::<OverviewScreen>::default(),
        Box::<GoroutinesScreen>::default(),
        Box::<MemoryScreen>::default(),
        Box::<TimelineScreen>::default(),
    ]
}

/// What answers the questions of the screens of a core.
fn topics<'s>() -> Topics<'s, Case<'s>> {
    Topics::new("a core has no lines")
        .on(|case, _: &AskOverview, _| Ok(overview::page(case)))
        .on(|case, _: &AskGoroutines, job| goroutines::all(case, job))
        .on(|case, asked: &AskFrames, _| frames::frames(case, asked.0))
        .on(|case, asked: &AskVariables, _| frames::variables(case, asked.goroutine, asked.frame))
        .on(|case, asked: &AskValue, _| {
            let node = asked.node;
            let value = frames::expand(case, asked);
            Ok(Expanded { node, value })
        })
        .on(|case, asked: &AskSource, _| Ok(frames::source(case, asked.goroutine, asked.frame)))
        .on(|case, _: &AskMemory, _| Ok(memory::map(case)))
        .on(|case, command: &RunCommand, _| command::run(case, command))
        .on(|case, write: &WriteFile, _| export::of_core(case, write))
        .on(|case, _: &AskTimeline, _| {
            let mut collector = Collector::new();
            collector.core(&case.moments(case.core_path.display().to_string()));
            let timeline = collector.finish(&[]);
            let ended = true;
            Ok(Moments { timeline, ended })
        })
}

/// Opens the screens of a core.
///
/// # Errors
///
/// When the core cannot be opened, or the terminal cannot be used.
pub fn browse(core: &Path, executable: Option<&Path>, common: &Common) -> Result<Exit, Failure> {
    let events = Events::new();
    let (short, short_questions) = unbounded();
    let (long, long_questions) = unbounded();
    let opened = Opened {
        core: core.to_owned(),
        executable: executable.map(Path::to_owned),
        common: common.clone(),
    };
    let sender = events.sender.clone();
    let worker = spawn("core", move || {
        opened.answer(&sender, &short_questions, &long_questions)
    })?;
    let mut app = App::new(short_name(core), screens(), script::names());
    let end = events.show(&mut app, common, |asked| {
        let to = if asked.request.long().is_some() {
            &long
        } else {
            &short
        };
        // When the workers are gone, an event that says so is on its way.
        let _ = to.send(asked);
    })?;
    settle_with(end, worker)
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
        let opened = with_case(
            &self.core,
            self.executable.as_deref(),
            &self.common,
            |case| {
                let topics = topics();
                thread::scope(|scope| {
                    scope.spawn(|| {
                        let _alarm = Alarm(events.clone());
                        serve(long, events, |request, job| {
                            topics.answer(case, request, job)
                        });
                    });
                    serve(short, events, |request, job| {
                        topics.answer(case, request, job)
                    });
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
