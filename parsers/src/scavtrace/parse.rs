//! A line to a record.

use super::records::{Record, Released, State, Work};
use crate::quantity::{KiB, MiB};
use crate::scan::{self, end, fail, int, maybe, whole, word};

/// Reads a whole line; `pieces` is from how many it was put together.
pub(crate) fn record(text: &[u8], pieces: u32) -> Option<Record> {
    match text {
        [b's', b'c', b'a', b'v', b' ', ..] => whole(work(text, pieces)).map(Record::Work),
        [b's' | b'f', ..] => whole(old(text, pieces)),
        _ => None,
    }
}

macro_rules! then {
    ($input:ident, $read:expr, $literal:literal) => {{
        let (rest, value) = $read($input)?;
        let (rest, ()) = word($literal)(rest)?;
        $input = rest;
        value
    }};
}

/// ```text
/// scav [K ]x KiB work, y KiB total, z% util[ (forced)][ [controller reset]]              (1.14 to 1.19)
/// scav x KiB work (bg), y KiB work (eager), z KiB now, u% util[ (forced)][ [controller reset]]
/// ```
fn work(input: &[u8], pieces: u32) -> scan::Scan<'_, Work> {
    let (input, ()) = word("scav ")(input)?;
    let (rest, first) = int(input)?;
    let (mut input, unit) = maybe(" KiB work", rest);
    let (cycle, background) = if unit {
        (None, first)
    } else {
        let (rest, ()) = word(" ")(rest)?;
        input = rest;
        (Some(first), then!(input, int, " KiB work"))
    };
    let (rest, split) = maybe(" (bg), ", input);
    input = rest;
    let (mut eager, now);
    eager = None;
    if split {
        eager = Some(KiB(then!(input, int, " KiB work (eager), ")));
        now = then!(input, int, " KiB now, ");
    } else {
        (input, ()) = word(", ")(input)?;
        now = then!(input, int, " KiB total, ");
    }
    let util_percent = then!(input, int, "% util");
    let (input, forced) = maybe(" (forced)", input);
    let (input, controller_reset) = maybe(" [controller reset]", input);
    let (input, ()) = end(input)?;
    Ok((
        input,
        Work {
            cycle,
            background: KiB(background),
            eager,
            now: KiB(now),
            util_percent,
            forced,
            controller_reset,
            pieces,
        },
    ))
}

/// ```text
/// [forced ]scvg[K]: x (MB / KB) released        scvg[K]: GC forced
/// [forced ]scvg[K]: inuse: a, idle: b, sys: c, released: d, consumed: e (MB)
/// ```
fn old(input: &[u8], pieces: u32) -> scan::Scan<'_, Record> {
    let (input, forced) = maybe("forced ", input);
    let (input, ()) = word("scvg")(input)?;
    let (input, round) = match int(input) {
        Ok((rest, round)) => (rest, Some(round)),
        Err(_) => (input, None),
    };
    let (input, ()) = word(": ")(input)?;
    if input == b"GC forced" && !forced {
        return Ok((&[], Record::GcForced { round, pieces }));
    }
    let (mut input, state) = maybe("inuse: ", input);
    if state {
        let state = State {
            round,
            inuse: MiB(then!(input, int, ", idle: ")),
            idle: MiB(then!(input, int, ", sys: ")),
            sys: MiB(then!(input, int, ", released: ")),
            released: MiB(then!(input, int, ", consumed: ")),
            consumed: MiB(then!(input, int, " (MB)")),
            forced,
            pieces,
        };
        return Ok((input, Record::State(state)));
    }
    let (input, amount) = int(input)?;
    let (rest, kilo) = maybe(" KB released", input);
    let (released, input) = if kilo {
        (KiB(amount), rest)
    } else {
        let (rest, ()) = word(" MB released")(input)?;
        let Some(amount) = amount.checked_mul(1 << 10) else {
            return fail(input);
        };
        (KiB(amount), rest)
    };
    Ok((
        input,
        Record::Released(Released {
            round,
            released,
            forced,
            pieces,
        }),
    ))
}
