//! A log: reads it, and puts together what it says of goroutines.

use super::GoroutinesFlags;
use super::passing;
use super::view::{self, View};
use crate::answer::{Exit, Failure, Stop};
use crate::case::Files;
use crate::log::{Whole, is_stdin, whole};
use crate::out::{Form, Out};
use dumpview_model::finding::Finding;
use dumpview_model::goroutine::Goroutines;
use dumpview_model::log::Unread;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::traceback::{Collected, Dump, Which, findings};
use dumpview_view::document::{Envelope, Incomplete};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What a log says of goroutines.
pub(super) struct Report {
    pub path: String,
    /// What is missing for want of input or of a time.
    pub missing: Vec<Incomplete>,
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
    let passes = is_stdin(path) && out.form() == Form::Text && args.log.is_live(path);
    let read = if passes {
        match passing::read(args.log.reader()?, model(args)) {
            Ok((model, ended)) => Whole {
                model,
                ended,
                outside: 0,
                timeless: 0,
            },
            Err(passing::Stop::Read(error)) => return Err(unreadable(path, &error).into()),
            Err(passing::Stop::Write(error)) => return Err(error.into()),
        }
    } else {
        read(path, args)?
    };
    let report = Report::new(path, read, args)?;
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

/// The goroutines of the wanted dump of a log, and what is missing.
///
/// # Errors
///
/// When it cannot be read or has no dump.
pub fn goroutines(
    path: &Path,
    args: &GoroutinesFlags,
) -> Result<(Goroutines, Vec<Incomplete>), Failure> {
    let read = read(path, args)?;
    if read.model.tracebacks.found().dump.is_none() {
        return Err(nothing(path, &read, args));
    }
    let incomplete = read.incomplete();
    let dump = read.model.tracebacks.into_found().dump;
    let goroutines = dump.map(|dump| Arc::unwrap_or_clone(dump).goroutines);
    Ok((goroutines.unwrap_or_default(), incomplete))
}

fn read(path: &Path, args: &GoroutinesFlags) -> Result<Whole, Failure> {
    whole(path, &args.log, model(args))
}

fn model(args: &GoroutinesFlags) -> LogModel {
    let which = args.dump.map_or(Which::Crash, Which::Number);
    LogModel::with_dump(Parts::CRASHES, which, args.with_stacks)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::cannot_read(path, error)
}

/// Why there is nothing to show.
fn nothing(path: &Path, read: &Whole, args: &GoroutinesFlags) -> Failure {
    let name = path.display();
    let found = read.model.tracebacks.found();
    if let Some(why) = read.why_nothing().filter(|_| found.dump_count == 0) {
        return Failure::no_answer(format!("{name}: {why}"));
    }
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
    fn new(path: &Path, read: Whole, args: &GoroutinesFlags) -> Result<Self, Failure> {
        let found = read.model.tracebacks.found();
        let unwanted = args.dump.is_some() && found.dump.is_none();
        if unwanted || found.dump.is_none() && found.profile.is_none() && found.races.is_empty() {
            return Err(nothing(path, &read, args));
        }
        let missing = read.incomplete();
        let unread = read.model.unread;
        let mut found = read.model.tracebacks.into_found();
        let mut dump = found.dump.take().map(Arc::unwrap_or_clone);
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
            missing,
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
        let mut out = self.missing.clone();
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
