//! What matters in a profile, where some of it may be left out.

use crate::answer::Failure;
use dumpview_model::profile::{Command, Options, Report, Verdict, Whole, sample_index, verdict};
use dumpview_parsers::pprof::Profile;

/// Options that leave out samples or frames.
const FILTERS: &[&str] = &[
    "focus",
    "ignore",
    "hide",
    "show",
    "show_from",
    "prune_from",
    "tagfocus",
    "tagignore",
];

/// What matters in a profile, in what filters leave of it.
pub fn judged(profile: &Profile, options: &Options, whole: Whole) -> Result<Verdict, Failure> {
    let index = sample_index(profile, &options.sample_index)?;
    if FILTERS.iter().all(|name| options.get(name).is_empty()) {
        return Ok(verdict(profile, index, whole));
    }
    let mut filters = Options {
        sample_index: options.sample_index.clone(),
        ..Options::default()
    };
    for name in FILTERS {
        let value = options.get(name);
        filters.set(name, &value).map_err(Failure::usage)?;
    }
    // Of all reports this one leaves frames as they are.
    let report = Report::new(profile.clone(), Command::Raw, &filters)?;
    Ok(verdict(&report.profile, index, whole))
}
