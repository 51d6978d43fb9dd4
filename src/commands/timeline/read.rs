//! Inputs to a timeline: what each is, and what of it goes there.

use super::args::TimelineFlags;
use crate::answer::Failure;
use crate::case::core::with_case;
use crate::case::{Files, Kind, recognize_file};
use crate::commands::pprof;
use crate::flags::Common;
use crate::log::{LogFlags, Whole, whole};
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::timeline::{Collector, CoreFacts, ProfileFacts, Timeline};
use dumpview_view::document::Incomplete;
use std::path::{Path, PathBuf};

/// Reads every input: all of them on one axis, and those that were not read whole.
pub(super) fn read(
    files: &Files<'_>,
    args: &TimelineFlags,
) -> Result<(Timeline, Vec<Incomplete>), Failure> {
    let (mut executables, mut inputs) = (Vec::new(), Vec::new());
    for file in files.paths {
        match recognize_file(file).map_err(|error| Failure::cannot_read(file, &error))? {
            Kind::Executable => executables.push(file),
            kind => inputs.push((file, kind)),
        }
    }
    if inputs.is_empty() {
        return Err(Failure::usage(
            "only executables given: a timeline needs a log, a core or a profile",
        ));
    }
    let names = inputs.iter().map(|(file, _)| file.display().to_string());
    let align = args.align(&names.collect::<Vec<_>>())?;
    let mut collector = Collector::new();
    let mut lost = Vec::new();
    for (file, kind) in inputs {
        match kind {
            Kind::Core => collector.core(&core(file, &executables, files.common)?),
            Kind::Profile => {
                let (profile, incomplete) = pprof::profile(file)?;
                let name = file.display().to_string();
                collector.profile(&ProfileFacts::of(name, &profile));
                lost.extend(incomplete);
            }
            _ => lost.extend(read_log(file, args, &mut collector)?),
        }
    }
    Ok((collector.finish(&align), lost))
}

fn read_log(
    path: &Path,
    args: &TimelineFlags,
    collector: &mut Collector,
) -> Result<Option<Incomplete>, Failure> {
    let wanted = Parts::EVENTS | Parts::CRASHES | Parts::KILLS;
    let flags = LogFlags {
        follow: args.follow,
        ..LogFlags::default()
    };
    let Whole { model, ended, .. } = whole(path, &flags, LogModel::new(wanted))?;
    let name = path.display().to_string();
    collector.log(&name, &model.events, &model.unread);
    Ok(ended.lost.map(|why| Incomplete {
        what: "input".to_owned(),
        why: format!("{name}: {why}"),
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
    let name = path.display();
    Err(Failure::unreadable(format!(
        "{name}: cannot be read as a core"
    )))
}
