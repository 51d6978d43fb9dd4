//! A log read whole into a model, for answers that have no rows to give as they come.

use crate::answer::Failure;
use crate::input::log::{Ended, read};
use dumpview_model::log_model::LogModel;
use dumpview_parsers::log::{LogReader, Origin};
use std::path::Path;

/// Reads a log to its end.
///
/// # Errors
///
/// When it cannot be read.
pub fn whole(
    path: &Path,
    reader: LogReader,
    mut model: LogModel,
) -> Result<(LogModel, Ended), Failure> {
    let mut reader = reader.with_whole_goroutines();
    let ended = read(path, &mut reader, &mut |record| {
        model.record(&record, &mut |_| {});
    })
    .map_err(|error| Failure::cannot_read(path, &error))?;
    let name_of = |origin: Origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned();
    model.finish(name_of, &mut |_| {});
    Ok((model, ended))
}
