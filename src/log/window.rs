//! `--since` and `--until`: a stretch of a log, by the process's own time or by the clock of the prefixes.

use crate::answer::Failure;
use crate::times::duration;
use dumpview_parsers::log::Stamp;
use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

const DAY: i64 = 86_400_000_000_000;

/// One end of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bound {
    /// Nanoseconds after the process started.
    AfterStart(u64),
    /// A moment, in nanoseconds since 1970 as the log's clock reads.
    Moment(i64),
    /// A time of day: the first such time in the log.
    TimeOfDay(i64),
}

/// Whether something lies in a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Within {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It has no time that could be compared.
    Unknown,
}

/// A stretch of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Window {
    since: Option<Bound>,
    until: Option<Bound>,
    /// The first clock time seen.
    begin: Option<i64>,
}

impl Window {
    /// Reads both flags.
    pub fn parse(since: Option<&str>, until: Option<&str>) -> Result<Self, Failure> {
        let bound = |flag: &str, text: Option<&str>| {
            text.map(|text| {
                parse(text).ok_or_else(|| {
                    Failure::usage(format!(
                        "{flag}: not a time: {text}\n\nhint: 90s, 2m or 1h30m after the process started; 14:05, 14:05:30; \
                         2026-11-21, 2026-11-21T14:05:30"
                    ))
                })
            })
            .transpose()
        };
        Ok(Self {
            since: bound("--since", since)?,
            until: bound("--until", until)?,
            begin: None,
        })
    }

    /// Whether it is the whole log.
    pub fn is_whole(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether something at this time after the process's start, or with this stamp, lies within.
    pub fn admits(&mut self, at: Option<u64>, stamp: Option<Stamp>) -> Within {
        if self.is_whole() {
            return Within::Yes;
        }
        let clock = stamp.and_then(|stamp| match stamp {
            Stamp::Utc(ns) | Stamp::Local(ns) => Some((ns, false)),
            Stamp::Yearless(ns) => Some((ns, true)),
            Stamp::Boot(_) => None,
        });
        if let Some((ns, _)) = clock {
            self.begin.get_or_insert(ns);
        }
        let mut within = Within::Yes;
        for (bound, is_since) in [(self.since, true), (self.until, false)] {
            let Some(bound) = bound else { continue };
            let order = match bound {
                Bound::AfterStart(ns) => at.map(|at| at.cmp(&ns)),
                Bound::Moment(ns) => clock.map(|(clock, yearless)| {
                    clock.cmp(&if yearless { without_year(ns) } else { ns })
                }),
                Bound::TimeOfDay(ns) => clock
                    .zip(self.begin)
                    .map(|((clock, _), begin)| clock.cmp(&first_time_of_day(begin, ns))),
            };
            match order {
                None => return Within::Unknown,
                Some(order) if is_since && order.is_lt() => within = Within::No,
                Some(order) if !is_since && order.is_gt() => within = Within::No,
                Some(_) => {}
            }
        }
        within
    }
}

/// That time of day on the day the log begins; on the next one when it is long past by then.
fn first_time_of_day(begin: i64, time: i64) -> i64 {
    let of_begin = begin.rem_euclid(DAY);
    let today = begin - of_begin + time;
    if of_begin - time > DAY / 2 {
        today + DAY
    } else {
        today
    }
}

/// The same month, day and time in 1972, as stamps without a year are counted.
fn without_year(ns: i64) -> i64 {
    let moved = Timestamp::from_nanosecond(i128::from(ns))
        .ok()
        .and_then(|at| {
            let civil = at.to_zoned(TimeZone::UTC).datetime();
            nanos(civil.with().year(1972).build().ok()?)
        });
    moved.unwrap_or(ns)
}

fn nanos(civil: DateTime) -> Option<i64> {
    let timestamp = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
    i64::try_from(timestamp.as_nanosecond()).ok()
}

fn parse(text: &str) -> Option<Bound> {
    let text = text.trim();
    if let Some(ns) = duration(text) {
        return Some(Bound::AfterStart(ns));
    }
    // As Go's log package writes dates.
    let text = text.replace('/', "-");
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Bound::Moment(i64::try_from(at.as_nanosecond()).ok()?));
    }
    if let Ok(civil) = text.parse::<DateTime>() {
        return Some(Bound::Moment(nanos(civil)?));
    }
    let time: Time = text.parse().ok()?;
    let since: SignedDuration = Time::midnight().duration_until(time);
    Some(Bound::TimeOfDay(i64::try_from(since.as_nanos()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_795_226_400_000_000_000; // 2026-11-21T02:00:00Z

    fn window(since: &str, until: &str) -> Window {
        let flag = |text: &'static str| (!text.is_empty()).then_some(text);
        Window::parse(
            flag(Box::leak(since.to_owned().into_boxed_str())),
            flag(Box::leak(until.to_owned().into_boxed_str())),
        )
        .unwrap()
    }

    #[test]
    fn words_for_times_are_understood() {
        assert_eq!(parse("2026-11-21T02:00:00"), Some(Bound::Moment(AT)));
        assert_eq!(parse("2026/11/21 02:00"), Some(Bound::Moment(AT)));
        assert_eq!(parse("2026-11-21T04:00:00+02:00"), Some(Bound::Moment(AT)));
        assert_eq!(
            parse("02:00"),
            Some(Bound::TimeOfDay(2 * 3_600_000_000_000))
        );
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn process_time_needs_a_process_time() {
        let mut window = window("10s", "20s");
        assert_eq!(window.admits(Some(9_999_999_999), None), Within::No);
        assert_eq!(window.admits(Some(10_000_000_000), None), Within::Yes);
        assert_eq!(window.admits(Some(20_000_000_001), None), Within::No);
        assert_eq!(window.admits(None, Some(Stamp::Utc(AT))), Within::Unknown);
    }

    #[test]
    fn a_time_of_day_is_the_first_in_the_log() {
        let second = 1_000_000_000;
        let mut window = window("01:59", "02:00:30");
        assert_eq!(window.admits(None, Some(Stamp::Utc(AT))), Within::Yes);
        assert_eq!(
            window.admits(None, Some(Stamp::Utc(AT + 31 * second))),
            Within::No
        );
        let mut night = Window::parse(Some("01:00"), None).unwrap();
        let evening = AT - 4 * 3600 * second;
        assert_eq!(night.admits(None, Some(Stamp::Local(evening))), Within::No);
        assert_eq!(night.admits(None, Some(Stamp::Local(AT))), Within::Yes);
    }

    #[test]
    fn stamps_without_a_year_are_compared_without_it() {
        let mut window = window("2026-11-21", "");
        let yearless = without_year(AT);
        assert_eq!(
            window.admits(None, Some(Stamp::Yearless(yearless))),
            Within::Yes
        );
        assert_eq!(
            window.admits(None, Some(Stamp::Yearless(yearless - DAY))),
            Within::No
        );
    }
}
