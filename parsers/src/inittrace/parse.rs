//! A line to a record.

use super::Record;
use crate::quantity::Bytes;
use crate::scan::{self, fail, int, millis, until, whole, word};

/// Reads a whole line; `pieces` is from how many it was put together.
///
/// ```text
/// init PKG @m ms, m ms clock, n bytes, n allocs
/// ```
pub(crate) fn record(text: &[u8], pieces: u32) -> Option<Record<'_>> {
    whole(initialized(text, pieces))
}

fn initialized(input: &[u8], pieces: u32) -> scan::Scan<'_, Record<'_>> {
    let (input, ()) = word("init ")(input)?;
    let (input, package) = until(" @", input)?;
    if !scan::is_path(package) {
        return fail(input);
    }
    let (input, start) = millis(input)?;
    let (input, ()) = word(" ms, ")(input)?;
    let (input, clock) = millis(input)?;
    let (input, ()) = word(" ms clock, ")(input)?;
    let (input, bytes) = int(input)?;
    let (input, ()) = word(" bytes, ")(input)?;
    let (input, allocs) = int(input)?;
    let (input, ()) = word(" allocs")(input)?;
    Ok((
        input,
        Record {
            package,
            start,
            clock,
            bytes: Bytes(bytes),
            allocs,
            pieces,
        },
    ))
}
