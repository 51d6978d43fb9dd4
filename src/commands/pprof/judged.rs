//! What matters in a profile, where some of it may be left out.

use crate::answer::Failure;
use dumpview_model::profile::combine::{BASE, net};
use dumpview_model::profile::measure::{label, percentage};
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

/// What matters in a profile, in what filters leave of it. Of a difference the net is judged: samples of both sides are the same
/// objects where they are of one stack, and neither growth nor chance.
pub fn judged(profile: &Profile, options: &Options, whole: Whole) -> Result<Verdict, Failure> {
    if profile.texts.find(BASE).is_some() {
        let profile = net(profile.clone()).map_err(Failure::no_answer)?;
        return of_one(&profile, options, whole);
    }
    of_one(profile, options, whole)
}

fn of_one(profile: &Profile, options: &Options, whole: Whole) -> Result<Verdict, Failure> {
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
    let sum = |profile: &Profile| -> i64 {
        let column = profile.samples.column(index);
        column.fold(0, |sum, value| sum.wrapping_add(value.wrapping_abs()))
    };
    let (left, all) = (sum(&report.profile), sum(profile));
    let mut judged = verdict(&report.profile, index, whole);
    if left != all {
        judged.of = Some(format!(
            "Shares are of what {} leaves: {} of {}, {}",
            filters.selecting().join(", "),
            label(left, &report.sample_unit),
            label(all, &report.sample_unit),
            percentage(left, all).trim()
        ));
    }
    Ok(judged)
}
