//! A log on the screen, also while it is being written: one thread reads it, models and lines grow under a lock, and the
//! screens look at them.

use super::spool::Spool;
use super::worker::{Alarm, serve};
use super::{export, goroutines, no_terminal, settle, short_name, theme};
use crate::answer::{Exit, Failure};
use crate::commands::gc::Gc;
use crate::commands::log::report::Report;
use crate::commands::log::{LogFlags, is_stdin, name as name_of};
use crate::commands::sched::Sched;
use crate::flags::Common;
use crate::input::log::{Ended, chunks};
use crate::out::Out;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use dumpview_model::finding::Severity;
use dumpview_model::gc as gc_model;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::units::{grouped, plural};
use dumpview_model::{sched, timeline, traceback};
use dumpview_parsers::log::{Kind, Record};
use dumpview_tui::app::run::{Asked, run};
use dumpview_tui::app::{App, End, Event};
use dumpview_tui::ask::{Answer, Request};
use dumpview_tui::screen::{Screen, Standpoint, Target};
use dumpview_tui::screens::frames::{Source, VariablesOf};
use dumpview_tui::screens::gc::{Collections, GcScreen};
use dumpview_tui::screens::goroutines::GoroutinesScreen;
use dumpview_tui::screens::overview::{Item, Overview, OverviewScreen, Section};
use dumpview_tui::screens::sched::{SchedScreen, Schedule};
use dumpview_tui::screens::text::TextScreen;
use dumpview_tui::screens::timeline::{Moments, TimelineScreen};
use dumpview_view::line::{Line, Role};
use dumpview_view::safe::safe_bytes;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The screen that comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum First {
    /// What is in it.
    Overview,
    /// The collector.
    Gc,
    /// The scheduler.
    Sched,
}

/// The application's lines that stand below the collector's charts.
const OTHER: usize = 8;

/// Screens look at growing data at most this often.
const PACE: Duration = Duration::from_millis(60);

struct State {
    model: LogModel,
    other: VecDeque<String>,
    ended: Option<Ended>,
}

struct Log {
    name: String,
    state: Mutex<State>,
    spool: Spool,
    /// A search goes on until this is set.
    stopped: AtomicBool,
}

impl Log {
    fn state(&self) -> MutexGuard<'_, State> {
        // A reader that panicked left what it had added up.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the input to its end.
    fn read(&self, file: &Path, args: &LogFlags, more: &Sender<()>) -> Result<(), Failure> {
        let mut reader = args.reader()?;
        let ended = chunks(file, args.follow, &mut |chunk| {
            self.spool.push(chunk);
            let mut state = self.state();
            reader.push(chunk, &mut |record| {
                self.spool.record(&record);
                state.record(&record);
            });
            drop(state);
            // One that waits says it already.
            let _ = more.try_send(());
            ControlFlow::Continue(())
        })
        .map_err(|error| Failure::unreadable(format!("{}: {error}", self.name)))?;
        let mut state = self.state();
        reader.finish(&mut |record| {
            self.spool.record(&record);
            state.record(&record);
        });
        let name_of = |origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned();
        state.model.finish(name_of, &mut |_| {});
        state.ended = Some(ended);
        Ok(())
    }

    fn answer(&self, request: Request) -> Answer {
        let answered = match request {
            Request::Overview => Ok(Answer::Overview(Box::new(self.overview()))),
            Request::Collections { run } => {
                Ok(Answer::Collections(Box::new(self.collections(run))))
            }
            Request::Schedule { run } => Ok(Answer::Schedule(Box::new(self.schedule(run)))),
            Request::Goroutines => self.goroutines(),
            Request::Frames(id) => self.frames(id),
            Request::Variables { goroutine, frame } => {
                Ok(Answer::Variables(Box::new(VariablesOf {
                    goroutine,
                    frame,
                    note: Some("a log has no memory to read variables from".to_owned()),
                    ..VariablesOf::default()
                })))
            }
            Request::Source { goroutine, frame } => Ok(Answer::Source(Box::new(Source {
                goroutine,
                frame,
                title: "source".to_owned(),
                ..Source::default()
            }))),
            Request::Timeline => {
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
                Ok(Answer::Timeline(Box::new(Moments { timeline, ended })))
            }
            Request::FindLine {
                text,
                from,
                backwards,
            } => {
                self.stopped.store(false, Ordering::Relaxed);
                let stop = || self.stopped.load(Ordering::Relaxed);
                Ok(Answer::FoundLine(
                    self.spool.find(&text, from, backwards, &stop),
                ))
            }
            Request::Export { file, text, .. } => if export::is_json(&file) {
                Err(export::no_json())
            } else {
                export::as_text(&file, &text)
            }
            .map(Answer::Said),
            _ => Err(Failure::no_answer("this is a log, not a core")),
        };
        answered.unwrap_or_else(|failure| Answer::Failed(failure.message))
    }

    fn collections(&self, number: usize) -> Collections {
        let state = self.state();
        let model = &state.model;
        let processes = model.gc.processes();
        let process = processes.get(number).and_then(|of| model.gc.get(of.id));
        Collections {
            findings: process.map_or_else(Vec::new, |process| {
                gc_model::findings(&model.gc, &model.unread, process)
            }),
            run: process.cloned(),
            number,
            runs: processes.len(),
            other: state.other.iter().cloned().collect(),
            unrecognized: model.unread.count_of(&gc_model::FORMATS),
            ended: state.ended.is_some(),
        }
    }

    fn schedule(&self, number: usize) -> Schedule {
        let state = self.state();
        let model = &state.model;
        let processes = model.sched.processes();
        let process = processes.get(number).and_then(|of| model.sched.get(of.id));
        Schedule {
            findings: process.map_or_else(Vec::new, |process| {
                sched::findings(&model.sched, &model.unread, process)
            }),
            run: process.cloned(),
            number,
            runs: processes.len(),
            ended: state.ended.is_some(),
        }
    }

    /// The goroutines of the last crash or dump.
    fn goroutines(&self) -> Result<Answer, Failure> {
        let state = self.state();
        match (state.dump(), &state.ended) {
            (Some(dump), _) => Ok(Answer::Goroutines(Box::new(goroutines::shown(
                &dump.goroutines,
            )))),
            (None, Some(_)) => Err(Failure::no_answer(
                "no crash and no dump of goroutines is in this log",
            )),
            (None, None) => Err(Failure::no_answer(
                "goroutines are shown when the input has ended",
            )),
        }
    }

    fn frames(&self, id: Option<u64>) -> Result<Answer, Failure> {
        let state = self.state();
        let set = state.dump().map(|dump| &dump.goroutines);
        let nothing = || Failure::no_answer("this log has no such goroutine");
        let set = set.ok_or_else(nothing)?;
        let frames = goroutines::frames(set, id).ok_or_else(nothing)?;
        Ok(Answer::Frames(Box::new(frames)))
    }

    /// What is in it, the worst first.
    fn overview(&self) -> Overview {
        let (report, ended) = {
            let state = self.state();
            let lost = state.ended.as_ref().and_then(|ended| ended.lost.clone());
            let lost = lost.or_else(|| self.spool.lost());
            (
                Report::of(&state.model, &self.name, lost),
                state.ended.is_some(),
            )
        };
        let to_line = |line: u64| Target::TextLine(line);
        let mut sections = Vec::new();
        let death = report.death();
        let headline = match death {
            Some(death) => Line::new(Role::Alarm, death.text.clone()),
            None if ended => match report.findings.first() {
                Some(finding) if finding.severity > Severity::Info => {
                    Line::new(Role::Warning, finding.text.clone())
                }
                _ => Line::new(Role::Heading, "no crash is in this log"),
            },
            None => Line::new(
                Role::Heading,
                "no crash in this log so far; it is still being read",
            ),
        };
        if let Some(death) = death {
            let goroutines = death
                .goroutines
                .map_or_else(String::new, |n| format!(", {}", plural(n, "goroutine")));
            let place = format!("line {}{goroutines}", grouped(death.line));
            let mut items = vec![Item::leading(Line::plain(place), to_line(death.line))];
            if death.goroutines.is_some() {
                let line = Line::plain("its goroutines, grouped by their stacks");
                items.push(Item::leading(line, Target::Screen("Goroutines")));
            }
            items.extend(death.before.iter().map(|line| {
                Item::leading(Line::new(Role::Dim, line.clone()), to_line(death.line))
            }));
            sections.push(Section {
                title: "where, and the application's last lines before it".to_owned(),
                items,
            });
        }
        let moments = report
            .moments
            .iter()
            .filter(|moment| death.is_none_or(|death| death.line != moment.line));
        sections.push(Section {
            title: "other crashes, dumps and kills".to_owned(),
            items: moments
                .map(|moment| {
                    let line = Line::new(Role::Dim, format!("line {:>9}  ", grouped(moment.line)))
                        .and(Role::Warning, format!("{}: ", moment.kind))
                        .and(Role::Plain, moment.text.clone());
                    Item::leading(line, to_line(moment.line))
                })
                .collect(),
        });
        sections.push(Section {
            title: "findings".to_owned(),
            items: report
                .findings
                .iter()
                .map(|finding| {
                    let role = match finding.severity {
                        Severity::Info => Role::Plain,
                        _ => Role::Warning,
                    };
                    let line = Line::new(role, format!("{}: ", finding.severity.name()))
                        .and(Role::Plain, finding.text.clone());
                    let go = finding.evidence.first().and_then(|e| e.line).map(to_line);
                    Item {
                        line,
                        go: go.or(Some(Target::Screen("GC"))),
                        share: None,
                    }
                })
                .collect(),
        });
        sections.push(Section {
            title: format!("{} holds", self.name),
            items: report
                .inventory
                .parts()
                .map(|(part, extent)| {
                    let line = Line::plain(format!("{:<18}", part.as_str()))
                        .and(Role::Number, format!("{:>12}", grouped(extent.records)))
                        .and(
                            Role::Dim,
                            format!(
                                "  lines {} to {}",
                                grouped(extent.first),
                                grouped(extent.last)
                            ),
                        );
                    Item::leading(line, to_line(extent.first))
                })
                .collect(),
        });
        sections.push(Section {
            title: "looked like traces and could not be read".to_owned(),
            items: report
                .unread
                .lines()
                .iter()
                .take(20)
                .map(|lost| {
                    let text = Line::new(Role::Dim, format!("line {:>9}  ", grouped(lost.line)))
                        .and(Role::Plain, lost.why);
                    Item::leading(text, to_line(lost.line))
                })
                .collect(),
        });
        sections.extend(report.lost.as_ref().map(|why| Section {
            title: "missing from the input".to_owned(),
            items: vec![Item::new(Line::new(Role::Warning, why.clone()))],
        }));
        sections.retain(|section| !section.items.is_empty());
        Overview {
            headline,
            go: death.map(|death| to_line(death.line)),
            sections,
            at: Standpoint::default(),
            verb: "",
            unfinished: !ended,
        }
    }
}

impl State {
    /// The goroutines of the last crash or dump; when the input has ended, for they may still come.
    fn dump(&self) -> Option<&traceback::Dump> {
        let found = self.model.tracebacks.found();
        found.dump.as_deref().filter(|_| self.ended.is_some())
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
pub fn browse(
    file: &Path,
    args: &LogFlags,
    common: &Common,
    first: First,
) -> Result<Exit, Failure> {
    let name = name_of(file);
    let unreadable = |error: io::Error| Failure::unreadable(format!("{name}: {error}"));
    let log = Arc::new(Log {
        name: name.clone(),
        state: Mutex::new(State {
            model: LogModel::new(Parts::OVERVIEW | Parts::EVENTS),
            other: VecDeque::new(),
            ended: None,
        }),
        spool: Spool::new(file).map_err(unreadable)?,
        stopped: AtomicBool::new(false),
    });
    let (events, incoming) = unbounded();
    let (ask, questions) = unbounded();
    start(&log, file, args, &events, questions)
        .map_err(|error| Failure::unreadable(format!("no thread to work on: {error}")))?;

    let source: Arc<Log> = Arc::clone(&log);
    let live = is_stdin(file) || args.follow;
    let mut screens: Vec<Box<dyn Screen>> = vec![
        Box::<OverviewScreen>::default(),
        Box::<TimelineScreen>::default(),
        Box::<GcScreen>::default(),
        Box::<SchedScreen>::default(),
        Box::<GoroutinesScreen>::default(),
        Box::new(TextScreen::new(source, live)),
    ];
    match first {
        First::Overview => {}
        First::Gc => screens.swap(0, 2),
        First::Sched => screens.swap(0, 3),
    }
    let mut app = App::new(short_name(file), screens, Vec::new());
    let stopped = Arc::clone(&log);
    let mut perform = |asked: Asked| {
        if let Asked::Cancel(_) = &asked {
            stopped.stopped.store(true, Ordering::Relaxed);
        }
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
    if !matches!(end, End::Broken(_)) {
        sum_up(&log, common, first);
    }
    settle(end)
}

/// What was seen, in short, on the screen that the shell comes back to.
fn sum_up(log: &Log, common: &Common, first: First) {
    let model = log.state().model.clone();
    // Whoever cannot read it will not miss it.
    let _ = match first {
        First::Overview => Ok(()),
        First::Gc => sum(&Gc::of(model), common),
        First::Sched => sum(&Sched::of(model), common),
    };
}

fn sum(reading: &impl crate::commands::log::Reading, common: &Common) -> io::Result<()> {
    if !reading.found() {
        return Ok(());
    }
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    Out::new(&mut stdout, common).text(|out| reading.text(&[], out))?;
    stdout.flush()
}

fn start(
    log: &Arc<Log>,
    file: &Path,
    args: &LogFlags,
    events: &Sender<Event>,
    questions: Receiver<Asked>,
) -> io::Result<()> {
    let (more, there_is_more) = bounded::<()>(1);
    let reader = (
        Arc::clone(log),
        file.to_owned(),
        args.clone(),
        events.clone(),
    );
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || {
            let (log, file, args, events) = reader;
            let _alarm = Alarm(events.clone());
            let last = match log.read(&file, &args, &more) {
                Ok(()) => Event::Fresh { ended: true },
                Err(failure) => Event::Broken(failure.message),
            };
            // The screens may have been left meanwhile.
            let _ = events.send(last);
        })?;
    let pace = events.clone();
    thread::Builder::new()
        .name("pace".to_owned())
        .spawn(move || {
            while there_is_more.recv().is_ok() {
                if pace.send(Event::Fresh { ended: false }).is_err() {
                    return;
                }
                thread::sleep(PACE);
            }
        })?;
    let (log, events) = (Arc::clone(log), events.clone());
    thread::Builder::new()
        .name("answers".to_owned())
        .spawn(move || {
            let _alarm = Alarm(events.clone());
            serve(&questions, &events, |request| log.answer(request));
        })?;
    Ok(())
}

impl dumpview_tui::screens::text::TextSource for Log {
    fn len(&self) -> u64 {
        self.spool.len()
    }

    fn line(&self, index: u64) -> String {
        self.spool.line(index)
    }

    fn mark(&self, index: u64) -> Option<dumpview_tui::screens::text::Mark> {
        self.spool.mark(index)
    }
}
