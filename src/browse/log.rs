//! A log on the screen, also while it is being written: one thread reads it, models and lines grow under a lock, and the
//! screens look at them.

use super::spool::Spool;
use super::topics::Topics;
use super::worker::{Alarm, serve};
use super::{Events, files, flame, goroutines, pipe, settle, short_name, spawn};
use crate::answer::{Exit, Failure};
use crate::commands::alloc::Alloc;
use crate::commands::gc::Gc;
use crate::commands::memstats::Memory;
use crate::commands::sched::Sched;
use crate::flags::Common;
use crate::input::log::{Ended, chunks};
use crate::log::reading::told;
use crate::log::{LogFlags, is_stdin, name as name_of};
use crate::out::Out;
use crate::verb::{First, Live};
use crate::words::short;
use crossbeam_channel::{Sender, bounded, unbounded};
use dumpview_model::gc as gc_model;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::waits::Waits;
use dumpview_model::{sched, timeline, traceback};
use dumpview_parsers::log::{Kind, Record};
use dumpview_tui::app::{App, End, Event};
use dumpview_tui::data::OfProcess;
use dumpview_tui::data::collections::{AskCollections, Collections, Collector};
use dumpview_tui::data::command::{RunCommand, Said};
use dumpview_tui::data::file::AskFile;
use dumpview_tui::data::frames::{AskFrames, AskSource, AskVariables, Frames, Source, VariablesOf};
use dumpview_tui::data::goroutines::{AskGoroutines, Goroutines};
use dumpview_tui::data::moments::{AskTimeline, Moments};
use dumpview_tui::data::overview::AskOverview;
use dumpview_tui::data::profile::AskFlame;
use dumpview_tui::data::schedule::{AskSchedule, Schedule};
use dumpview_tui::data::statistics::{AskAllocations, AskStatistics};
use dumpview_tui::data::text::{Direction, Mark, TextSource};
use dumpview_tui::data::waits::AskWaits;
use dumpview_tui::screen::Screen;
use dumpview_tui::screens::alloc::AllocScreen;
use dumpview_tui::screens::gc::GcScreen;
use dumpview_tui::screens::goroutines::GoroutinesScreen;
use dumpview_tui::screens::memstats::MemstatsScreen;
use dumpview_tui::screens::overview::OverviewScreen;
use dumpview_tui::screens::sched::SchedScreen;
use dumpview_tui::screens::text::TextScreen;
use dumpview_tui::screens::timeline::TimelineScreen;
use dumpview_tui::screens::waits::WaitsScreen;
use dumpview_view::job::{Job, Stopped};
use dumpview_view::safe::safe_bytes;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The application's lines that stand below the collector's charts.
const OTHER: usize = 8;

/// The verbs whose text is shown after `:`.
const VERBS: [&str; 4] = ["gc", "sched", "memstats", "alloc"];

/// Screens look at growing data at most this often.
const PACE: Duration = Duration::from_millis(60);

pub(super) struct State {
    pub model: LogModel,
    other: VecDeque<String>,
    pub ended: Option<Ended>,
}

/// A log that is being read.
pub(super) struct Log {
    pub name: String,
    file: PathBuf,
    common: Common,
    state: Mutex<State>,
    pub spool: Spool,
    /// What it is fed by, when that is a pipe.
    pipe: Option<pipe::Pipe>,
}

impl Log {
    pub fn state(&self) -> MutexGuard<'_, State> {
        // A reader that panicked left what it had added up.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the input to its end.
    fn read(&self, file: &Path, args: &LogFlags, more: &Sender<()>) -> Result<(), Failure> {
        let mut reader = args.reader()?;
        let mut gate = self.pipe.as_ref().and_then(pipe::Pipe::gate);
        let mut passing = gate.as_mut().map(pipe::Gate::passing);
        let scout = Some(reader.scout());
        let ended = chunks(file, args.follow, scout, &mut |chunk| {
            self.spool.push(chunk.bytes);
            if let Some(pass) = &mut passing {
                // The gate takes everything.
                let _ = pass.chunk(chunk.bytes);
            }
            let mut state = self.state();
            reader.arrived(chunk.arrived);
            reader.push_ahead(chunk.bytes, chunk.ahead, &mut |record| {
                self.spool.record(&record);
                if let Some(pass) = &mut passing {
                    pass.record(&record);
                }
                state.record(&record);
            });
            drop(state);
            if let Some(pass) = &mut passing {
                let _ = pass.settle();
            }
            // One that waits says it already.
            let _ = more.try_send(());
            ControlFlow::Continue(())
        })
        .map_err(|error| Failure::unreadable(format!("{}: {error}", self.name)))?;
        let mut state = self.state();
        reader.finish(&mut |record| {
            self.spool.record(&record);
            if let Some(pass) = &mut passing {
                pass.record(&record);
            }
            state.record(&record);
        });
        if let Some(pass) = &mut passing {
            let _ = pass.finish();
        }
        let name_of = |origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned();
        state.model.finish(name_of, &mut |_| {});
        state.ended = Some(ended);
        Ok(())
    }

    fn collections(&self, number: usize) -> Collector {
        let state = self.state();
        let model = &state.model;
        let processes = model.gc.processes();
        let process = processes.get(number).and_then(|of| model.gc.get(of.id));
        let data = process.map(|process| Collections {
            findings: gc_model::findings(&model.gc, &model.unread, process),
            run: Arc::clone(process),
        });
        Collector {
            of: OfProcess {
                id: process.map(|process| process.id).unwrap_or_default(),
                data,
                number,
                processes: processes.len(),
                ended: state.ended.is_some(),
            },
            other: state.other.iter().cloned().collect(),
            unread: model.unread.count_of(&gc_model::FORMATS),
        }
    }

    fn schedule(&self, number: usize) -> OfProcess<Schedule> {
        let state = self.state();
        let model = &state.model;
        let processes = model.sched.processes();
        let process = processes.get(number).and_then(|of| model.sched.get(of.id));
        let data = process.map(|process| Schedule {
            findings: sched::findings(&model.sched, &model.unread, process),
            run: Arc::clone(process),
        });
        OfProcess {
            id: process.map(|process| process.id).unwrap_or_default(),
            data,
            number,
            processes: processes.len(),
            ended: state.ended.is_some(),
        }
    }

    /// The goroutines of the last crash or dump.
    fn goroutines(&self) -> Result<Goroutines, Failure> {
        let state = self.state();
        let dump = state.dump_or_why()?;
        Ok(goroutines::shown(&dump.goroutines))
    }

    /// What a verb on logs says of it.
    fn told(&self, line: &str) -> Result<Said, Failure> {
        let model = self.state().model.clone();
        let name = self.name.clone();
        let lines = match line.trim() {
            "gc" => told::<Gc>(model, name),
            "sched" => told::<Sched>(model, name),
            "memstats" => told::<Memory>(model, name),
            "alloc" => told::<Alloc>(model, name),
            line => {
                let why = format!("{}: no command of a log", short(line));
                let mut failure = Failure::usage(why);
                failure.hint(VERBS.join(", "));
                return Err(failure);
            }
        }?;
        Ok(Said {
            lines,
            moved: None,
            changed: None,
        })
    }

    /// What they wait for, as far as the text tells.
    fn waits(&self) -> Result<Arc<Waits>, Failure> {
        let state = self.state();
        let dump = state.dump_or_why()?;
        Ok(Arc::new(Waits::of_text(&dump.goroutines)))
    }

    fn frames(&self, id: Option<u64>) -> Result<Frames, Failure> {
        let state = self.state();
        let set = state.dump().map(|dump| &dump.goroutines);
        let nothing = || Failure::no_answer("this log has no such goroutine");
        let set = set.ok_or_else(nothing)?;
        goroutines::frames(set, id).ok_or_else(nothing)
    }

    fn timeline(&self) -> Moments {
        let (events, unread, ended) = {
            let state = self.state();
            let model = &state.model;
            (
                model.events.clone(),
                model.unread.clone(),
                state.ended.is_some(),
            )
        };
        let mut collector = timeline::Collector::new();
        collector.log(&self.name, &events, &unread);
        drop(events);
        let timeline = collector.finish(&[]);
        Moments { timeline, ended }
    }
}

/// The screens of a log but for its lines and its waits, and what answers their questions.
fn topics() -> Topics<'static, Log> {
    Topics::new("this is a log, not a core")
        .screen::<OverviewScreen, _>(|log: &Log, _: &AskOverview, _| Ok(log.overview()))
        .screen::<TimelineScreen, _>(|log, _: &AskTimeline, _| Ok(log.timeline()))
        .screen::<GcScreen, _>(|log, asked: &AskCollections, _| Ok(log.collections(asked.process)))
        .screen::<SchedScreen, _>(|log, asked: &AskSchedule, _| Ok(log.schedule(asked.process)))
        .screen::<GoroutinesScreen, _>(|log, _: &AskGoroutines, _| log.goroutines())
        .on(|log, _: &AskWaits, _| log.waits())
        .on(|log, asked: &AskStatistics, _| Ok(log.statistics(asked.process)))
        .on(|log, asked: &AskAllocations, _| Ok(log.allocations(asked)))
        .on(|log, asked: &AskFrames, _| log.frames(asked.0))
        .on(|log, asked: &AskFlame, _| flame::of_goroutines(&log.goroutines()?, asked))
        .on(|_, asked: &AskVariables, _| {
            Ok(VariablesOf {
                goroutine: asked.goroutine,
                frame: asked.frame,
                note: Some("a log has no memory to read variables from".to_owned()),
                ..VariablesOf::default()
            })
        })
        .on(|log, asked: &AskSource, _| {
            let place = log.frames(Some(asked.goroutine))?.calls;
            let place = place.get(asked.frame).map_or("", |call| &call.place);
            Ok(Source {
                goroutine: asked.goroutine,
                frame: asked.frame,
                ..files::around(&log.common, place, &log.file)
            })
        })
        .on(|log, asked: &RunCommand, _| log.told(&asked.line))
        .on(|log, asked: &AskFile, _| files::open(&log.common, &log.file, &asked.0))
        .with_files()
}

/// The numbered screens of a log.
fn screens(log: &Arc<Log>, live: bool, first: First) -> Vec<Box<dyn Screen>> {
    let source: Arc<dyn TextSource> = Arc::<Log>::clone(log);
    let mut screens = topics().screens();
    screens.push(Box::new(TextScreen::new(source, live)));
    screens.push(Box::<WaitsScreen>::default());
    screens.push(Box::<MemstatsScreen>::default());
    screens.push(Box::<AllocScreen>::default());
    match first {
        First::Overview => {}
        First::Gc => screens.swap(0, 2),
        First::Sched => screens.swap(0, 3),
        First::Memstats => screens.swap(0, 7),
        First::Alloc => screens.swap(0, 8),
    }
    screens
}

impl State {
    /// The goroutines of the last crash or dump; when the input has ended, for they may still come.
    fn dump(&self) -> Option<&traceback::Dump> {
        let found = self.model.tracebacks.found();
        found.dump.as_deref().filter(|_| self.ended.is_some())
    }

    /// The same, or why there is none.
    fn dump_or_why(&self) -> Result<&traceback::Dump, Failure> {
        self.dump().ok_or_else(|| {
            Failure::no_answer(match self.ended {
                Some(_) => "no crash and no dump of goroutines is in this log",
                None => "goroutines are shown when the input has ended",
            })
        })
    }

    fn record(&mut self, record: &Record<'_>) {
        self.model.record(record, &mut |_| {});
        if let Kind::Log(text) = &record.kind
            && !text.trim_ascii().is_empty()
        {
            if self.other.len() == OTHER {
                self.other.pop_front();
            }
            let head = text.get(..400).unwrap_or(text);
            self.other.push_back(safe_bytes(head).into_owned());
        }
    }
}

/// Opens the screens of a log.
///
/// # Errors
///
/// When it cannot be read, or the terminal cannot be used.
pub fn browse(file: &Path, live: &Live, common: &Common) -> Result<Exit, Failure> {
    let name = name_of(file);
    let unreadable = |error: io::Error| Failure::cannot_read(file, &error);
    let log = Arc::new(Log {
        name: name.clone(),
        file: file.to_owned(),
        common: common.clone(),
        state: Mutex::new(State {
            model: LogModel::new(Parts::OVERVIEW | Parts::EVENTS | Parts::ALLOC),
            other: VecDeque::new(),
            ended: None,
        }),
        spool: Spool::new(file).map_err(unreadable)?,
        pipe: is_stdin(file).then(|| pipe::Pipe::new(live.is_ours, common)),
    });
    let events = Events::new();
    let (ask, questions) = unbounded();
    read_beside(&log, file, &live.flags, &events.sender)?;
    let (answering, sender) = (Arc::clone(&log), events.sender.clone());
    spawn("answers", move || {
        let _alarm = Alarm(sender.clone());
        let topics = topics();
        serve(&questions, &sender, |request, job| {
            topics.answer(&answering, request, job)
        });
        Ok(())
    })?;
    let grows = is_stdin(file) || live.flags.follow;
    let screens = screens(&log, grows, live.first);
    let mut app = App::new(short_name(file), screens, VERBS.map(str::to_owned).to_vec());
    let mut end = events.show(&mut app, common, |asked| {
        // When the worker is gone, an event that says so is on its way.
        let _ = ask.send(asked);
    })?;
    if let Some(pipe) = &log.pipe
        && log.state().ended.is_none()
    {
        end = pipe.go_on(end, &events.incoming);
    }
    if !matches!(end, End::Broken(_)) {
        let mut stdout = io::BufWriter::new(io::stdout().lock());
        let model = log.state().model.clone();
        // What was seen, in short, on the screen that the shell comes back to. Whoever cannot read it will not miss it.
        let _ =
            (live.sum_up)(model, &mut Out::new(&mut stdout, common)).and_then(|()| stdout.flush());
    }
    settle(end)
}

/// Reads the input on a thread of its own, and tells the screens when there is more.
fn read_beside(
    log: &Arc<Log>,
    file: &Path,
    args: &LogFlags,
    events: &Sender<Event>,
) -> Result<(), Failure> {
    let (more, there_is_more) = bounded::<()>(1);
    let (log, sender) = (Arc::clone(log), events.clone());
    let (file, args) = (file.to_owned(), args.clone());
    spawn("input", move || {
        let _alarm = Alarm(sender.clone());
        let last = match log.read(&file, &args, &more) {
            Ok(()) => Event::Fresh { ended: true },
            Err(failure) => Event::Broken(failure.message),
        };
        // The screens may have been left meanwhile.
        let _ = sender.send(last);
        Ok(())
    })?;
    let sender = events.clone();
    spawn("pace", move || {
        while there_is_more.recv().is_ok() {
            if sender.send(Event::Fresh { ended: false }).is_err() {
                break;
            }
            thread::sleep(PACE);
        }
        Ok(())
    })?;
    Ok(())
}

impl TextSource for Log {
    fn len(&self) -> u64 {
        self.spool.len()
    }

    fn line(&self, index: u64) -> String {
        self.spool.line(index)
    }

    fn mark(&self, index: u64) -> Option<Mark> {
        self.spool.mark(index)
    }

    fn find(
        &self,
        text: &str,
        from: u64,
        direction: Direction,
        job: &Job,
    ) -> Result<Option<u64>, Stopped> {
        self.spool.find(text, from, direction, job)
    }
}
