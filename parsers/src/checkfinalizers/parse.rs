//! A line to a record.

use super::Record;
use crate::scan::{hex, int, until, whole, word};

/// What the runtime says about a value it warns of.
const ISSUES: [&[u8]; 5] = [
    b"  is reachable from finalizer",
    b"  is reachable from cleanup or cleanup argument",
    b"  is in a tiny block with other (possibly long-lived) values",
    b"  may be in the same tiny block as finalizer",
    b"  may be in the same tiny block as cleanup or cleanup argument",
];

/// `checkfinalizers: queue: n finalizers + n cleanups`
pub(crate) fn queue(text: &[u8], pieces: u32) -> Option<Record<'_>> {
    let (rest, ()) = word("checkfinalizers: queue: ")(text).ok()?;
    let (rest, finalizers) = int(rest).ok()?;
    let (rest, ()) = word(" finalizers + ")(rest).ok()?;
    let (rest, cleanups) = int(rest).ok()?;
    whole(word(" cleanups")(rest))?;
    Some(Record::Queue {
        finalizers,
        cleanups,
        pieces,
    })
}

/// A line of the report that follows the warning. `None` is a line of something else.
pub(crate) fn report(text: &[u8]) -> Option<Record<'_>> {
    if ISSUES.contains(&text) {
        return Some(Record::Issue(text.trim_ascii_start()));
    }
    match text {
        b"created at:" | b"created at: " => return Some(Record::CreatedAt),
        b"... too many potential issues ..." => return Some(Record::More),
        _ => {}
    }
    if let Ok((rest, ())) = word("Value of type ")(text) {
        // A type may hold anything, so the address is looked for from the end.
        let at = memchr::memmem::rfind(rest, b" at 0x")?;
        let (type_name, address) = rest.split_at_checked(at)?;
        let address = whole(hex(address.strip_prefix(b" at ")?))?;
        return Some(Record::Value { type_name, address });
    }
    if let Ok((rest, ())) = word("Has ")(text) {
        let (rest, kind) = until(" at ", rest).ok()?;
        let address = whole(hex(rest))?;
        let cleanup = match kind {
            b"cleanup" => true,
            b"finalizer" => false,
            _ => return None,
        };
        return Some(Record::Has { cleanup, address });
    }
    if let Some(position) = text.strip_prefix(b"      ") {
        let space = memchr::memrchr(b' ', position)?;
        let (place, offset) = position.split_at_checked(space)?;
        let offset = whole(hex(offset.strip_prefix(b" +")?))?;
        let colon = memchr::memrchr(b':', place)?;
        let (file, line) = place.split_at_checked(colon)?;
        let line = whole(int(line.strip_prefix(b":")?))?;
        return Some(Record::Position { file, line, offset });
    }
    let name = text.strip_prefix(b"  ")?;
    if name.starts_with(b"<bad pc ") {
        return Some(Record::Function(name));
    }
    name.strip_suffix(b"()").map(Record::Function)
}
