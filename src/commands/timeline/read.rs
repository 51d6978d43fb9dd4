//! Inputs to a timeline: what each is, and what of it goes there.

use super::args::TimelineFlags;
use crate::answer::Failure;
use crate::case::core::with_case;
use crate::case::{Files, Kind, recognize_file};
use crate::flags::Common;
use crate::input::log;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::timeline::{Collector, CoreFacts, Timeline};
use dumpview_parsers::log::LogReader;
use dumpview_view::document::Incomplete;
use std::path::{Path, PathBuf};

/// Reads every input: all of them on one axis, and those that were not read whole.
pub(super) fn read(
    files: &Files<'_>,
    args: &TimelineFlags,
) -> Result<(Timeline, Vec<Incomplete>), Failure> {
    let (mut executables, mut inputs) = (Vec::new(), Vec::new());
    for file in files.paths {
        match recognize_file(file).map_err(|error| unreadable(file, error))? {
            Kind::Directory => return Err(unreadable(file, "is a directory")),
            Kind::Executable => executables.push(file),
            kind => inputs.push((file, kind)),
        }
    }
    if inputs.is_empty() {
        return Err(Failure::usage(
            "only executables given: a timeline needs a log or a core",
        ));
    }
    let names: Vec<String> = inputs
        .iter()
        .map(|(f, _)| f.display().to_string())
        .collect();
    let align = args.align(&names)?;
    let mut collector = Collector::new();
    let mut lost = Vec::new();
    for (file, kind) in inputs {
        if kind == Kind::Core {
            collector.core(&core(file, &executables, files.common)?);
        } else {
            lost.extend(read_log(file, &mut collector)?);
        }
    }
    Ok((collector.finish(&align), lost))
}

fn unreadable(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::unreadable(format!("{}: {error}", path.display()))
}

fn read_log(path: &Path, collector: &mut Collector) -> Result<Option<Incomplete>, Failure> {
    let mut model = LogModel::new(Parts::EVENTS | Parts::CRASHES | Parts::KILLS);
    let mut reader = LogReader::new();
    let ended = log::read(path, &mut reader, &mut |record| {
        model.record(&record, &mut |_| {});
    })
    .map_err(|error| unreadable(path, error))?;
    let name_of = |origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned();
    model.finish(name_of, &mut |_| {});
    collector.log(&path.display().to_string(), &model.events, &model.unread);
    Ok(ended.lost.map(|why| Incomplete {
        what: "input".to_owned(),
        why: format!("{}: {why}", path.display()),
    }))
}

/// What a core has for a timeline. Of several executables the first that is not another program's is its own.
fn core(path: &Path, executables: &[&PathBuf], common: &Common) -> Result<CoreFacts, Failure> {
    let mut with: Vec<Option<&Path>> = executables.iter().map(|exe| Some(exe.as_path())).collect();
    with.push(None);
    for executable in with {
        let facts = with_case(path, executable, common, |case| {
            let fits = executable.is_none() || case.process.executable.is_some();
            Ok(fits.then(|| case.moments(path.display().to_string())))
        })?;
        if let Some(facts) = facts {
            return Ok(facts);
        }
    }
    Err(unreadable(path, "cannot be read as a core"))
}
