//! `time.Timer` and `time.Ticker`: whether it is active, and when it is due.
//!
//! The runtime stores no "now". What it does store is a nanotime the process is known to have reached, so a timer
//! is due *within* the difference: later than that it cannot be.
//!
//! * Up to Go 1.22 the runtime's timer stands in the value (`r`), with a `status` (`runtime/time.go`).
//! * Since Go 1.23 the value is the beginning of a `runtime.timeTimer`. A value that was copied out of there, or made
//!   without `NewTimer`, has no timer behind it: the function it calls must be one of package time's.

use super::At;
use crate::value::Reader;
use dumpview_model::value::duration::go_duration;
use std::fmt::Write;

/// Status of a timer up to Go 1.22.
const WAITING: u64 = 1;
const RUNNING: u64 = 2;
const MODIFIED_EARLIER: u64 = 7;
const MODIFIED_LATER: u64 = 8;
const MOVING: u64 = 9;
const MOST_STATUS: u64 = 9;
const MODIFYING: u64 = 6;

pub(super) fn timer(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let (when, period) = match reader.field(at, "r") {
        Some(old) => (with_status(reader, &old)?, reader.signed(&old, "period")?),
        None => since_go_1_23(reader, at)?,
    };
    let mut text = match when {
        Due::Never => "not active".to_owned(),
        Due::Firing => "firing".to_owned(),
        Due::At(when) => match reader.sources.globals.reached() {
            Some(now) if when > now => format!("active, due within {}", go_duration(when - now)),
            Some(now) => format!(
                "active, overdue by {} or more",
                go_duration(now.checked_sub(when)?)
            ),
            None => "active".to_owned(),
        },
        // On the clock of a `synctest` bubble.
        Due::Fake => "active".to_owned(),
    };
    if period > 0 && at.ty.name == "time.Ticker" {
        let _ = write!(text, ", every {}", go_duration(period));
    }
    Some(text)
}

enum Due {
    Never,
    Firing,
    At(i64),
    Fake,
}

fn with_status(reader: &Reader<'_>, at: &At<'_>) -> Option<Due> {
    Some(match reader.unsigned(at, "status")? {
        WAITING | MOVING => Due::At(reader.signed(at, "when")?),
        MODIFIED_EARLIER | MODIFIED_LATER => Due::At(reader.signed(at, "nextwhen")?),
        RUNNING => Due::Firing,
        // Somebody is about to give it another time.
        MODIFYING => return None,
        other if other <= MOST_STATUS => Due::Never,
        _ => return None,
    })
}

fn since_go_1_23(reader: &mut Reader<'_>, at: &At<'_>) -> Option<(Due, i64)> {
    let made = ["initTimer", "initTicker"]
        .iter()
        .find_map(|name| reader.flag(at, name))?;
    if !made {
        return Some((Due::Never, 0));
    }
    let whole = reader.named_at("runtime.timeTimer", at.place.addr()?)?;
    let timer = reader.field(&whole, "timer")?;
    let calls = reader.field(&timer, "f")?;
    let closure = crate::addr::Addr(reader.word(&calls)?);
    let entry = crate::value::Place::Memory(closure)
        .ptr(reader.sources.memory)
        .ok()?;
    let name = reader.sources.functions.function_name(entry)?;
    if !matches!(&*name, "time.sendTime" | "time.goFunc") {
        return None;
    }
    let period = reader.signed(&timer, "period")?;
    let when = reader.signed(&timer, "when")?;
    let fake = reader.field(&timer, "isFake").is_some() && reader.flag(&timer, "isFake")?;
    let due = match when {
        ..=0 => Due::Never,
        _ if fake => Due::Fake,
        _ => Due::At(when),
    };
    Some((due, period))
}
