//! Lines that have the runtime's grammar and not its digits: somebody rounded them, edited them, or a tool made them.
//!
//! What two processes wrote into each other must not pass for one of these. Their digits only ever become more (`0.087` and
//! `12` are `0.08712`), mostly of one number, so two ways are believed: zeros at the end are left out (`0.1` for `0.10`, `1`
//! for `1.0`), or every time of the line has as many decimals, several of them otherwise than the runtime.

use super::parse::{Times, cycle};
use super::records::Cycle;
use crate::quantity::Nanos;
use crate::scan::{Scan, fail, int, millis, whole};

/// The times of a line, and how they are written so far.
struct Edited {
    /// Each is as the runtime prints it, but for zeros at the end.
    trimmed: bool,
    /// Decimals of the milliseconds; `None` until one came.
    decimals: Option<usize>,
    /// All have as many.
    alike: bool,
    /// How many are not as the runtime prints them.
    odd: u32,
}

/// Reads a whole line, which is not as the runtime prints it.
pub(crate) fn edited(text: &[u8]) -> Option<Cycle> {
    if !text.starts_with(b"gc ") {
        return None;
    }
    let mut times = Edited {
        trimmed: true,
        decimals: None,
        alike: true,
        odd: 0,
    };
    let cycle = whole(cycle(text, 1, &mut times))?;
    let fixed = times.alike && times.odd > 1;
    (times.trimmed || fixed).then_some(Cycle {
        edited: true,
        ..cycle
    })
}

/// A number in units of so many nanoseconds, and how many decimals it has; at most nine.
fn number(input: &[u8], unit: u64) -> Scan<'_, (Nanos, usize)> {
    let (rest, whole) = int(input)?;
    let Some(whole) = whole.checked_mul(unit) else {
        return fail(input);
    };
    let Some(decimals) = rest.strip_prefix(b".") else {
        return Ok((rest, (Nanos(whole), 0)));
    };
    let digits = decimals.iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.count();
    if !(1..=9).contains(&length) {
        return fail(input);
    }
    let (mut part, mut unit) = (0, unit);
    for digit in decimals.iter().take(length) {
        unit /= 10;
        part += u64::from(digit - b'0') * unit;
    }
    let rest = decimals.get(length..).unwrap_or_default();
    Ok((rest, (Nanos(whole.saturating_add(part)), length)))
}

impl Times for Edited {
    fn millis<'i>(&mut self, input: &'i [u8]) -> Scan<'i, Nanos> {
        let (rest, (nanos, decimals)) = number(input, 1_000_000)?;
        self.alike &= *self.decimals.get_or_insert(decimals) == decimals;
        let printed = millis(input).is_ok_and(|(after, _)| after.len() == rest.len());
        self.odd += u32::from(!printed);
        self.trimmed &= printed
            || match nanos.0 {
                0..1_000_000 => decimals < 2 || nanos.0 < 100_000 && decimals == 2,
                _ => decimals == 0,
            };
        Ok((rest, nanos))
    }

    fn seconds<'i>(&mut self, input: &'i [u8]) -> Scan<'i, Nanos> {
        let (rest, (nanos, decimals)) = number(input, 1_000_000_000)?;
        self.trimmed &= decimals <= 3;
        Ok((rest, nanos))
    }
}
