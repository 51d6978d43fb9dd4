//! Two runs held against each other.

use super::{Gc, GcFlags};
use crate::answer::{Exit, Stop};
use crate::case::Files;
use crate::log;
use crate::out::Out;
use dumpview_model::gc::{Row, Summary, compare};
use dumpview_view::document::Envelope;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// Two logs compared.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Pair {
    /// What the first is called.
    #[serde(skip)]
    pub(super) name: String,
    /// The other log, as typed.
    pub(super) other: String,
    /// Figure by figure.
    pub(super) compare: Vec<Row>,
    /// The process with the most cycles.
    pub(super) summary: Summary,
    /// The same of the other log.
    pub(super) other_summary: Summary,
}

/// Reads both inputs and holds the second against the first.
///
/// # Errors
///
/// When one of them cannot be read, or has no cycle.
pub(super) fn answer(
    files: &Files<'_>,
    other: &Path,
    args: &log::LogArgs<GcFlags>,
    out: &mut Out<'_>,
) -> Result<Exit, Stop> {
    let read = |path: &Path| log::read(&mut Gc, &[path], &args.log, files.common, &mut |_| Ok(()));
    let (first, second) = (read(files.first())?, read(other)?);
    let of = |read: &log::Inputs| {
        let main = read.model.gc.main().cloned();
        main.ok_or_else(|| read.nothing(&Gc))
    };
    let (one, two) = (of(&first)?, of(&second)?);
    let mut incomplete = Vec::new();
    for read in [&first, &second] {
        let lacks = read.incomplete::<Gc>();
        out.complain_of(&read.name(), &lacks);
        incomplete.extend(lacks);
    }
    let pair = Pair {
        name: first.name(),
        other: second.name(),
        compare: compare(&one, &two),
        summary: one.summary(),
        other_summary: two.summary(),
    };
    let envelope = Envelope::of_log("gc", files.first().display().to_string());
    out.whole(&envelope, &incomplete, &pair)?;
    Ok(Exit::lacking(&incomplete))
}
