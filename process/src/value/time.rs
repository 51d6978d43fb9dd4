//! `time.Time` as RFC 3339, in its own location.
//!
//! ```text
//! wall: hasMonotonic(1) | seconds since 1885 (33) | nanoseconds (30)     ext: monotonic ns
//! wall: 0               | 0                       | nanoseconds (30)     ext: seconds since year 1
//! ```
//!
//! (`time/time.go`). A location is the program's own `*time.Location`: its transitions, and for what lies after
//! the last one its TZ rule. Where that cannot be read the time is given in UTC and says so.

use super::{Place, Reader};
use crate::addr::Addr;
use crate::types::{Shape, Type};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use std::sync::Arc;

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

/// A table of a location: a slice of structs.
struct Table {
    elem: Arc<Type>,
    data: Addr,
    len: u64,
}

impl Reader<'_> {
    /// `2026-11-21T11:00:00+01:00`, as `Format(time.RFC3339Nano)` would give.
    pub(super) fn time(&self, ty: &Type, place: Place<'_>) -> Option<String> {
        let wall = self.uint_at(ty, place, "wall")?;
        let ext = self.uint_at(ty, place, "ext")?.cast_signed();
        let (loc_type, loc) = self.field_at(ty, place, "loc")?;
        let loc = loc.ptr(self.sources.memory).ok();
        let unix = if wall & HAS_MONOTONIC == 0 {
            ext.checked_sub(FROM_YEAR_1)?
        } else {
            i64::try_from((wall << 1) >> 31).ok()? - FROM_1885
        };
        let nanos = i32::try_from(wall & NSEC_MASK).ok()?;
        let at = Timestamp::new(unix, nanos).ok()?;
        let utc = zoned(at, 0)?;
        Some(match loc {
            Some(Addr::NULL) => utc,
            None => format!("{utc} (time zone unreadable)"),
            Some(loc) => match self.offset_at(&loc_type, loc, unix) {
                Some(offset) => {
                    zoned(at, offset).unwrap_or_else(|| format!("{utc} (time zone corrupt)"))
                }
                None => format!("{utc} (time zone not loaded)"),
            },
        })
    }

    /// Seconds east of UTC that `(*time.Location).lookup` would say, from the location's own tables.
    fn offset_at(&self, pointer: &Type, loc: Addr, unix: i64) -> Option<i64> {
        let Shape::Pointer { elem: Some(elem) } = pointer.shape else {
            return None;
        };
        let ty = self.sources.types.resolve(elem).ok()?;
        let place = Place::Memory(loc);
        let zones = self.table(&ty, place, "zone")?;
        if zones.len == 0 {
            // UTC has its name; a nameless location is time.Local before its first use.
            let name = self.text(&ty, place, "name")?;
            return (!name.is_empty()).then_some(0);
        }
        let transitions = self.table(&ty, place, "tx")?;
        // The last transition at or before the moment.
        let (mut low, mut high) = (0, transitions.len);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.when(&transitions, middle)? <= unix {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let Some(last) = low.checked_sub(1) else {
            let first = self.first_zone(&zones, &transitions)?;
            return self.offset(&zones, first);
        };
        let rule = self.text(&ty, place, "extend").unwrap_or_default();
        if low == transitions.len
            && let Ok(rule) = TimeZone::posix(&rule)
        {
            let at = Timestamp::from_second(unix).ok()?;
            return Some(rule.to_offset(at).seconds().into());
        }
        let index = self.element(&transitions, last, "index")?;
        self.offset(&zones, index)
    }

    /// The zone before the first transition (`(*time.Location).lookupFirstZone`).
    fn first_zone(&self, zones: &Table, transitions: &Table) -> Option<u64> {
        let mut first_used = false;
        for index in 0..transitions.len {
            first_used |= self.element(transitions, index, "index")? == 0;
        }
        if !first_used {
            return Some(0);
        }
        let dst = |zone| self.element(zones, zone, "isDST").map(|dst| dst != 0);
        let first = self.element(transitions, 0, "index")?;
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

    fn when(&self, transitions: &Table, index: u64) -> Option<i64> {
        Some(self.element(transitions, index, "when")?.cast_signed())
    }

    fn offset(&self, zones: &Table, zone: u64) -> Option<i64> {
        Some(self.element(zones, zone, "offset")?.cast_signed())
    }

    fn element(&self, table: &Table, index: u64, field: &str) -> Option<u64> {
        self.uint_at(&table.elem, table.at(index)?, field)
    }

    fn table(&self, ty: &Type, place: Place<'_>, field: &str) -> Option<Table> {
        let memory = self.sources.memory;
        let (slice, at) = self.field_at(ty, place, field)?;
        let Shape::Slice { elem } = slice.shape else {
            return None;
        };
        let len = at.offset(8).word(memory).ok()?;
        (len <= MAX_TABLE).then_some(Table {
            elem: self.sources.types.resolve(elem).ok()?,
            data: at.ptr(memory).ok()?,
            len,
        })
    }

    fn text(&self, ty: &Type, place: Place<'_>, field: &str) -> Option<String> {
        let memory = self.sources.memory;
        let (_, at) = self.field_at(ty, place, field)?;
        let data = at.ptr(memory).ok()?;
        let len = at.offset(8).word(memory).ok()?.min(64);
        let bytes = Place::Memory(data).bytes(memory, len).ok()?.into_owned();
        String::from_utf8(bytes).ok()
    }
}

impl Table {
    fn at(&self, index: u64) -> Option<Place<'static>> {
        let offset = index.checked_mul(self.elem.size)?;
        (index < self.len).then_some(Place::Memory(self.data.offset(offset)))
    }
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
