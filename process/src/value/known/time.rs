//! `time`: moments as RFC 3339 in their own location, durations, locations; timers are in [`super::timer`].
//!
//! ```text
//! wall: hasMonotonic(1) | seconds since 1885 (33) | nanoseconds (30)     ext: monotonic ns
//! wall: 0               | 0                       | nanoseconds (30)     ext: seconds since year 1
//! ```
//!
//! (`time/time.go`). A location is the program's own `*time.Location`: its transitions, and for what lies after
//! the last one its TZ rule. Where that cannot be read the time is given in UTC and says so.

use super::at::Items;
use super::timer::timer;
use super::{At, Known, Says};
use crate::addr::Addr;
use crate::value::Reader;
use dumpview_model::value::duration::go_duration;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

pub(super) const TIME: Known = &[
    ("Duration", Says::All, duration),
    ("Location", Says::Some, location),
    ("Ticker", Says::All, timer),
    ("Time", Says::All, time),
    ("Timer", Says::All, timer),
];

/// Nanoseconds are the low 30 bits of `wall` (`nsecMask`).
const NSEC_MASK: u64 = (1 << 30) - 1;
/// `wall` carries seconds since 1885 and `ext` the monotonic clock (`hasMonotonic`).
const HAS_MONOTONIC: u64 = 1 << 63;
/// Seconds from 1885-01-01 to 1970-01-01 (`wallToInternal` against `unixToInternal`).
const FROM_1885: i64 = 2_682_288_000;
/// Seconds from 0001-01-01 to 1970-01-01 (`unixToInternal`).
const FROM_YEAR_1: i64 = 62_135_596_800;
/// Zones, transitions and rules of real time zones are far below this.
const MAX_TABLE: u64 = 1 << 16;

fn duration(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let nanos = at.place.int(reader.sources.memory, at.ty.size).ok()?;
    Some(go_duration(nanos))
}

/// `Europe/Berlin`; a location without a name is UTC to package time.
fn location(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let name = reader.string_at(at, "name")?;
    (!name.is_empty()).then_some(name)
}

/// `2026-11-21T11:00:00+01:00`, as `Format(time.RFC3339Nano)` would give.
fn time(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let wall = reader.unsigned(at, "wall")?;
    let ext = reader.signed(at, "ext")?;
    let loc = reader.field(at, "loc")?;
    let unix = if wall & HAS_MONOTONIC == 0 {
        ext.checked_sub(FROM_YEAR_1)?
    } else {
        i64::try_from((wall << 1) >> 31).ok()? - FROM_1885
    };
    let nanos = i32::try_from(wall & NSEC_MASK).ok()?;
    let moment = Timestamp::new(unix, nanos).ok()?;
    let utc = zoned(moment, 0)?;
    Some(match reader.word(&loc).map(Addr) {
        Some(Addr::NULL) => utc,
        None => format!("{utc} (time zone unreadable)"),
        Some(_) => match offset_at(reader, &loc, unix) {
            Some(offset) => {
                zoned(moment, offset).unwrap_or_else(|| format!("{utc} (time zone corrupt)"))
            }
            None => format!("{utc} (time zone not loaded)"),
        },
    })
}

/// Seconds east of UTC that `(*time.Location).lookup` would say, from the location's own tables.
fn offset_at(reader: &Reader<'_>, pointer: &At<'_>, unix: i64) -> Option<i64> {
    let location = reader.follow(pointer)?;
    let zones = table(reader, &location, "zone")?;
    if zones.len == 0 {
        // UTC has its name; a nameless location is time.Local before its first use.
        let name = reader.string_at(&location, "name")?;
        return (!name.is_empty()).then_some(0);
    }
    let transitions = table(reader, &location, "tx")?;
    // The last transition at or before the moment.
    let (mut low, mut high) = (0, transitions.len);
    while low < high {
        let middle = low + (high - low) / 2;
        if reader.signed(&transitions.at(middle)?, "when")? <= unix {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let offset = |zone| reader.signed(&zones.at(zone)?, "offset");
    let Some(last) = low.checked_sub(1) else {
        return offset(first_zone(reader, &zones, &transitions)?);
    };
    let rule = reader.string_at(&location, "extend").unwrap_or_default();
    if low == transitions.len
        && let Ok(rule) = TimeZone::posix(&rule)
    {
        let at = Timestamp::from_second(unix).ok()?;
        return Some(rule.to_offset(at).seconds().into());
    }
    offset(reader.unsigned(&transitions.at(last)?, "index")?)
}

/// The zone before the first transition (`(*time.Location).lookupFirstZone`).
fn first_zone(reader: &Reader<'_>, zones: &Items<'_>, transitions: &Items<'_>) -> Option<u64> {
    let zone_of = |index| reader.unsigned(&transitions.at(index)?, "index");
    let mut first_used = false;
    for index in 0..transitions.len {
        first_used |= zone_of(index)? == 0;
    }
    if !first_used {
        return Some(0);
    }
    let dst = |zone| reader.flag(&zones.at(zone)?, "isDST");
    let first = zone_of(0)?;
    if dst(first)? {
        for zone in (0..first).rev() {
            if !dst(zone)? {
                return Some(zone);
            }
        }
    }
    for zone in 0..zones.len {
        if !dst(zone)? {
            return Some(zone);
        }
    }
    Some(0)
}

fn table<'p>(reader: &Reader<'_>, at: &At<'p>, field: &str) -> Option<Items<'p>> {
    let items = reader.items(&reader.field(at, field)?)?;
    (items.len <= MAX_TABLE).then_some(items)
}

/// The moment on the zone's wall clock, as `Format(time.RFC3339Nano)` writes it.
fn zoned(at: Timestamp, offset: i64) -> Option<String> {
    let seconds = i32::try_from(offset).ok()?;
    let wall = Offset::from_seconds(seconds).ok()?.to_datetime(at);
    let sign = if wall.year() < 0 { "-" } else { "" };
    let mut text = format!(
        "{sign}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        wall.year().unsigned_abs(),
        wall.month(),
        wall.day(),
        wall.hour(),
        wall.minute(),
        wall.second()
    );
    if wall.subsec_nanosecond() != 0 {
        let decimals = format!(".{:09}", wall.subsec_nanosecond());
        text.push_str(decimals.trim_end_matches('0'));
    }
    if seconds == 0 {
        return Some(text + "Z");
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    Some(format!("{text}{sign}{hours:02}:{minutes:02}"))
}
