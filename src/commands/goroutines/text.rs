//! A log: reads it, and puts together what it says of goroutines.

use super::GoroutinesFlags;
use super::passing;
use super::view::{self, View};
use crate::answer::{Exit, Failure, Stop};
use crate::case::Files;
use crate::input::log::Ended;
use crate::log::whole;
use crate::log::{LogFlags, is_stdin};
use crate::out::{Form, Out};
use dumpview_model::finding::Finding;
use dumpview_model::goroutine::Goroutines;
use dumpview_model::log::Unread;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::traceback::{Collected, Dump, Which, findings};
use dumpview_parsers::log::LogReader;
use dumpview_view::document::{Envelope, Incomplete};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What a log says of goroutines.
pub(super) struct Report {
    pub path: String,
    pub ended: Ended,
    pub found: Collected,
    pub unread: Unread,
    /// The dump that is shown, without its goroutines: those are in the view.
    pub dump: Option<Dump>,
    pub findings: Vec<Finding>,
    /// The calls of the goroutine that crashed, before the filter chooses.
    pub crashed: Option<Crashed>,
    /// Absent when there are only races.
    pub view: Option<View>,
    pub with_stacks: bool,
}

/// The goroutine that crashed, as it is shown with the reason.
pub(super) struct Crashed {
    pub id: u64,
    pub frames: Vec<dumpview_model::frame::Frame>,
    pub elided: Option<dumpview_model::goroutine::Elided>,
}

/// Answers from a log.
///
/// # Errors
///
/// When it cannot be read, has no goroutines, or the answer cannot be written.
pub(super) fn answer(
    files: &Files<'_>,
    args: &GoroutinesFlags,
    out: &mut Out<'_>,
) -> Result<Exit, Stop> {
    view::choice(args)?;
    let path = files.first();
    let (model, ended) = if is_stdin(path) && out.form() == Form::Text {
        match passing::read(reader(args)?, model(args)) {
            Ok(read) => read,
            Err(passing::Stop::Read(error)) => return Err(unreadable(path, &error).into()),
            Err(passing::Stop::Write(error)) => return Err(error.into()),
        }
    } else {
        read(path, args)?
    };
    let report = Report::new(path, model, ended, args)?;
    let incomplete = report.incomplete();
    for lacks in &incomplete {
        out.complain(&format!("{}: {}: {}", report.path, lacks.what, lacks.why));
    }
    out.whole(
        &Envelope::of_log("goroutines", &report.path),
        &incomplete,
        &report,
    )?;
    Ok(Exit::lacking(&incomplete))
}

/// The goroutines of the wanted dump of a log, and how reading it ended.
///
/// # Errors
///
/// When it cannot be read or has no dump.
pub fn goroutines(path: &Path, args: &GoroutinesFlags) -> Result<(Goroutines, Ended), Failure> {
    let (model, ended) = read(path, args)?;
    let found = model.tracebacks.into_found();
    match found.dump {
        Some(dump) => Ok((Arc::unwrap_or_clone(dump).goroutines, ended)),
        None => Err(nothing(path, &found, args)),
    }
}

fn read(path: &Path, args: &GoroutinesFlags) -> Result<(LogModel, Ended), Failure> {
    whole(path, reader(args)?, model(args))
}

fn model(args: &GoroutinesFlags) -> LogModel {
    let which = args.dump.map_or(Which::Crash, Which::Number);
    LogModel::with_dump(Parts::CRASHES, which, args.with_stacks)
}

fn reader(args: &GoroutinesFlags) -> Result<LogReader, Failure> {
    let flags = LogFlags {
        strip_prefix: args.strip_prefix.clone(),
        ..LogFlags::default()
    };
    flags.reader()
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::cannot_read(path, error)
}

/// Why there is nothing to show.
fn nothing(path: &Path, found: &Collected, args: &GoroutinesFlags) -> Failure {
    let name = path.display();
    match (args.dump, found.dump_count) {
        (Some(number), 1..) => Failure::no_answer(format!(
            "{name}: no dump {number}: there are {}\n\nhint: --dump 1 to --dump {}",
            found.dump_count, found.dump_count
        )),
        _ => Failure::no_answer(format!(
            "{name}: no goroutines: no crash, no goroutine dump and no race report\n\n\
             hint: a dump is what a crash or SIGQUIT prints, /debug/pprof/goroutine?debug=2, or gops stack"
        )),
    }
}

impl Report {
    fn new(
        path: &Path,
        model: LogModel,
        ended: Ended,
        args: &GoroutinesFlags,
    ) -> Result<Self, Failure> {
        let unread = model.unread;
        let mut found = model.tracebacks.into_found();
        let mut dump = found.dump.take().map(Arc::unwrap_or_clone);
        let unwanted = args.dump.is_some() && dump.is_none();
        if unwanted || dump.is_none() && found.profile.is_none() && found.races.is_empty() {
            return Err(nothing(path, &found, args));
        }
        let mut crashed = None;
        let mut about = Vec::new();
        let view = match (&mut dump, found.profile.take()) {
            (Some(dump), _) => {
                about = findings(dump);
                let died = dump.goroutines.list.iter().find(|g| g.crashed);
                crashed = died.map(|g| Crashed {
                    id: g.id,
                    frames: dump.goroutines.frames(g),
                    elided: dump.goroutines.stacks.of(g.stack).elided,
                });
                let mut goroutines = std::mem::take(&mut dump.goroutines);
                let all = goroutines.list.len();
                goroutines.list.retain(|g| args.system || !g.system);
                let hidden = all - goroutines.list.len();
                Some(View::new(goroutines, hidden, args)?)
            }
            (None, Some(profile)) => {
                if args.filter.is_some() {
                    return Err(Failure::usage(
                        "--filter: a profile counts stacks and has no single goroutines\n\n\
                         hint: /debug/pprof/goroutine?debug=2 lists them",
                    ));
                }
                Some(View::of_profile(Arc::unwrap_or_clone(profile)))
            }
            (None, None) => None,
        };
        Ok(Self {
            path: path.display().to_string(),
            ended,
            found,
            unread,
            dump,
            findings: about,
            crashed,
            view,
            with_stacks: args.with_stacks,
        })
    }

    /// What is missing from the input.
    fn incomplete(&self) -> Vec<Incomplete> {
        let mut out = Vec::new();
        if let Some(why) = &self.ended.lost {
            out.push(Incomplete {
                what: "input".to_owned(),
                why: why.clone(),
            });
        }
        let lost = self.unread.count();
        if let Some(first) = self.unread.lines().first() {
            let lines = if lost == 1 {
                "line".to_owned()
            } else {
                format!("{lost} lines, the first is line")
            };
            out.push(Incomplete {
                what: format!("{lines} {}", first.line),
                why: first.why.to_owned(),
            });
        }
        out
    }
}
