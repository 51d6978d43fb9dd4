//! A core, or a heap dump, on the screen. The first frame is drawn while it is opened on another thread; three threads then
//! answer, so that a question about one frame does not wait for one about all goroutines, and neither for the heap's graph.

use super::heap::changes::Before;
use super::topics::Topics;
use super::worker::{Alarm, serve, serve_and};
use super::{
    Events, Open, command, export, files, flame, frames, goroutines, heap, memory, overview,
    settle_with, short_name, spawn,
};
use crate::answer::{Exit, Failure};
use crate::case::Kind;
use crate::case::core::Case;
use crate::flags::Common;
use crate::script;
use crossbeam_channel::{Receiver, Sender, unbounded};
use dumpview_model::timeline::Collector;
use dumpview_tui::app::run::Asked;
use dumpview_tui::app::{App, Event};
use dumpview_tui::ask::Request;
use dumpview_tui::data::command::{RunCommand, WriteFile};
use dumpview_tui::data::file::AskFile;
use dumpview_tui::data::frames::{AskFrames, AskSource, AskValue, AskVariables, Expanded};
use dumpview_tui::data::goroutines::AskGoroutines;
use dumpview_tui::data::heap::{
    AskAccount, AskBelow, AskChanges, AskPicture, AskPlace, AskReferences, AskSuspects, AskTotals,
};
use dumpview_tui::data::memory::AskMemory;
use dumpview_tui::data::moments::{AskTimeline, Moments};
use dumpview_tui::data::overview::AskOverview;
use dumpview_tui::data::profile::AskFlame;
use dumpview_tui::data::value::AskWhole;
use dumpview_tui::data::waits::AskWaits;
use dumpview_tui::screens::account::MemoryScreen;
use dumpview_tui::screens::goroutines::GoroutinesScreen;
use dumpview_tui::screens::heap::changes::ChangesScreen;
use dumpview_tui::screens::heap::instances::AskInstances;
use dumpview_tui::screens::heap::retained::RetainedScreen;
use dumpview_tui::screens::heap::totals::{RootsScreen, TypesScreen};
use dumpview_tui::screens::overview::{OverviewScreen, SuspectsScreen};
use dumpview_tui::screens::timeline::TimelineScreen;
use dumpview_tui::screens::waits::WaitsScreen;
use dumpview_view::job::Job;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

/// The screens of a core, and what answers their questions; a heap dump has no memory map, and one moment. Where it is
/// compared with an older one, that comes first.
fn topics(kind: Kind, before: Option<&Before>) -> Topics<'_, Open> {
    let mut topics = Topics::<Open>::new("a core has no lines");
    if let Some(before) = before {
        topics = topics.screen::<ChangesScreen, _>(move |case, asked: &AskChanges, job| {
            heap::changes::changes(before, case, asked.0, job)
        });
    }
    topics = topics
        .screen::<OverviewScreen, _>(|case: &Open, _: &AskOverview, _| overview::page(case))
        .screen::<GoroutinesScreen, _>(|case, _: &AskGoroutines, job| goroutines::all(case, job));
    if kind != Kind::HeapDump {
        topics = topics
            .screen::<MemoryScreen, _>(|case, _: &AskAccount, job| {
                heap::account::account(case, job)
            })
            .screen::<TimelineScreen, _>(|case, _: &AskTimeline, _| {
                let mut collector = Collector::new();
                collector.core(&case.moments(case.core_path.display().to_string()));
                let timeline = collector.finish(&[]);
                let ended = true;
                Ok(Moments { timeline, ended })
            });
    }
    topics = topics
        .screen::<TypesScreen, _>(|case, asked: &AskTotals, job| {
            heap::totals::totals(case, asked.0, job)
        })
        .screen::<RetainedScreen, _>(|case, asked: &AskBelow, job| {
            heap::tree::below(case, asked, job)
        })
        .shows::<RootsScreen>()
        .screen::<SuspectsScreen, _>(|case, _: &AskSuspects, job| {
            heap::suspects::suspects(case, job)
        });
    if kind != Kind::HeapDump {
        topics = topics.screen::<WaitsScreen, _>(|case, _: &AskWaits, _| {
            case.waits().map(Arc::new).map_err(Failure::no_answer)
        });
    }
    topics
        .on(|case, asked: &AskFrames, _| frames::frames(case, asked.0))
        .on(|case, asked: &AskFlame, job| flame::of_core(case, asked, job))
        .on(|case, asked: &AskVariables, _| frames::variables(case, asked.goroutine, asked.frame))
        .on(|case, asked: &AskValue, _| {
            let node = asked.node;
            let value = frames::expand(case, asked);
            Ok(Expanded { node, value })
        })
        .on(|case, asked: &AskWhole, _| frames::whole(case, asked))
        .on(|case, asked: &AskFile, _| files::open(case.common, &case.core_path, &asked.0))
        .on(|case, asked: &AskSource, _| Ok(frames::source(case, asked.goroutine, asked.frame)))
        .on(|case, _: &AskMemory, _| Ok(memory::map(case)))
        .on(|case, command: &RunCommand, _| command::run(case, command))
        .on(|case, write: &WriteFile, _| export::of_core(case, write))
        .on(move |case, asked: &AskInstances, job| {
            heap::totals::instances(case, before, asked, job)
        })
        .on(|case, asked: &AskPicture, job| heap::tree::picture(case, asked.place.as_deref(), job))
        .on(|case, asked: &AskPlace, job| heap::place::place(case, &asked.place, job))
        .on(|case, asked: &AskReferences, job| {
            heap::place::references(case, &asked.place, job).map(Arc::from)
        })
}

/// Opens the screens of a core.
///
/// # Errors
///
/// When the core cannot be opened, or the terminal cannot be used.
pub fn browse(
    core: &Path,
    executable: Option<&Path>,
    before: Option<&Path>,
    kind: Kind,
    common: &Common,
) -> Result<Exit, Failure> {
    let before = before.map(|before| Before::new(before, executable, common));
    let events = Events::new();
    let (short, short_questions) = unbounded();
    let (long, long_questions) = unbounded();
    let (of_heap, heap_questions) = unbounded();
    let screens = topics(kind, before.as_ref()).screens();
    let opened = Opened {
        before,
        core: core.to_owned(),
        executable: executable.map(Path::to_owned),
        kind,
        common: common.clone(),
    };
    let sender = events.sender.clone();
    let worker = spawn("core", move || {
        let lanes = [short_questions, long_questions, heap_questions];
        opened.answer(&sender, &lanes)
    })?;
    let mut app = App::new(short_name(core), screens, script::names());
    let end = events.show(&mut app, common, |asked| {
        let to = if asked.request.needs_heap() {
            &of_heap
        } else if asked.request.long().is_some() {
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
    /// An older moment.
    before: Option<Before>,
    core: PathBuf,
    executable: Option<PathBuf>,
    kind: Kind,
    common: Common,
}

impl Opened {
    /// Answers questions that are quick, those that take a while, and those about the heap, each on a thread of its own.
    fn answer(
        &self,
        events: &Sender<Event>,
        [short, long, of_heap]: &[Receiver<Asked>; 3],
    ) -> Result<(), Failure> {
        let _alarm = Alarm(events.clone());
        let opened = Case::open(&self.core, self.executable.as_deref(), &self.common);
        let case: Open = opened.inspect_err(|failure| {
            // Nobody is left to be told when even this fails.
            let _ = events.send(Event::Broken(failure.message.clone()));
        })?;
        let topics = topics(self.kind, self.before.as_ref());
        let answer = |request: &Request, job: &Job| topics.answer(&case, request, job);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _alarm = Alarm(events.clone());
                serve(long, events, answer);
            });
            scope.spawn(|| {
                let _alarm = Alarm(events.clone());
                serve_and(of_heap, events, answer, || case.keep());
            });
            serve(short, events, answer);
        });
        Ok(())
    }
}
