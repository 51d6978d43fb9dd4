//! Times as log machinery and loggers write them, in nanoseconds. No calendar library: a handful of fixed shapes,
//! read at the speed of the log.
//!
//! | shape | who writes it |
//! |---|---|
//! | `2026-11-21T02:21:10.101271368Z`, also with `+01:00`, `+0100`, a blank for `T`, `,` for `.` | docker, Kubernetes, GitHub, journald `short-iso`, most loggers |
//! | `2026/11/21 02:23:36.123456` | Go's `log` |
//! | `Nov 21 02:21:10.123` | syslog, journald `short` |
//! | `Sat Nov 21 02:21:10 2026` | dmesg -T |
//! | `[ 1234.567890]` | dmesg, journald `short-monotonic` |

/// A time, with how much of it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stamp {
    /// Nanoseconds since 1970 UTC; the stamp had a zone.
    Utc(i64),
    /// The same reading of a clock whose zone is not written.
    Local(i64),
    /// The same, and the year is not written either; counted as if in 1972 (a leap year).
    Yearless(i64),
    /// Nanoseconds since the machine booted (dmesg, journald `short-monotonic`).
    Boot(i64),
}

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Stamp {
    /// Reads a stamp at the start of a text, with or without brackets around; gives its length too.
    pub fn read(text: &[u8]) -> Option<(Self, usize)> {
        match text {
            [b'[', rest @ ..] => {
                let (stamp, length) = Self::read_boot(rest).or_else(|| Self::read_date(rest))?;
                (rest.get(length) == Some(&b']')).then_some((stamp, length + 2))
            }
            _ => Self::read_date(text),
        }
    }

    fn read_date(text: &[u8]) -> Option<(Self, usize)> {
        match text.first()? {
            b'0'..=b'9' => numeric(text),
            b'A'..=b'Z' => named(text),
            _ => None,
        }
    }

    fn read_boot(text: &[u8]) -> Option<(Self, usize)> {
        let blanks = text.iter().take_while(|&&byte| byte == b' ').count();
        let mut cursor = Cursor { text, at: blanks };
        let seconds = cursor.number(1, 9)?;
        let nanos = cursor.fraction(b".")?;
        Some((Self::Boot(seconds * SECOND + nanos), cursor.at))
    }
}

/// `2026-11-21T02:21:10…`, `2026/11/21 02:23:36…`.
fn numeric(text: &[u8]) -> Option<(Stamp, usize)> {
    let mut cursor = Cursor { text, at: 0 };
    let year = cursor.number(4, 4)?;
    let separator = cursor.one_of(b"-/")?;
    let month = cursor.number(2, 2)?;
    cursor.one_of(&[separator])?;
    let day = cursor.number(2, 2)?;
    cursor.one_of(b"T ")?;
    let mut nanos = days(year, month, day)? * DAY + cursor.clock()?;
    let zone = match cursor.peek() {
        Some(b'Z') => {
            cursor.at += 1;
            Some(0)
        }
        Some(sign @ (b'+' | b'-')) => {
            let before = cursor.at;
            cursor.at += 1;
            let zone = cursor.zone();
            if zone.is_none() {
                cursor.at = before;
            }
            zone.map(|zone| if sign == b'-' { -zone } else { zone })
        }
        _ => None,
    };
    if let Some(zone) = zone {
        nanos -= zone;
        return Some((Stamp::Utc(nanos), cursor.at));
    }
    Some((Stamp::Local(nanos), cursor.at))
}

/// `Nov 21 02:21:10…`, `Sat Nov 21 02:21:10 2026`.
fn named(text: &[u8]) -> Option<(Stamp, usize)> {
    const DAYS: [&[u8]; 7] = [
        b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun ",
    ];
    const MONTHS: [&[u8]; 12] = [
        b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ",
        b"Nov ", b"Dec ",
    ];
    let weekday = DAYS.iter().any(|day| text.starts_with(day));
    let mut cursor = Cursor {
        text,
        at: if weekday { 4 } else { 0 },
    };
    let name = text.get(cursor.at..cursor.at + 4)?;
    let month = MONTHS.iter().position(|month| *month == name)?;
    let month = i64::try_from(month).ok()? + 1;
    cursor.at += 4;
    if cursor.peek() == Some(b' ') {
        cursor.at += 1;
    }
    let day = cursor.number(1, 2)?;
    cursor.one_of(b" ")?;
    let clock = cursor.clock()?;
    if weekday {
        cursor.one_of(b" ")?;
        let year = cursor.number(4, 4)?;
        return Some((
            Stamp::Local(days(year, month, day)? * DAY + clock),
            cursor.at,
        ));
    }
    Some((
        Stamp::Yearless(days(1972, month, day)? * DAY + clock),
        cursor.at,
    ))
}

/// Days since 1970 of a date of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    // Nanoseconds in 64 bits end in 2262.
    if !(1970..=2261).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March, so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap = year / 4 - year / 100 + year / 400;
    Some(365 * year + leap + (153 * month + 2) / 5 + day - 1 - 719_468)
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| bytes.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    /// A number of `least` to `most` digits, and not one more.
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let mut value = 0;
        let mut length = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value * 10 + i64::from(digit - b'0');
            length += 1;
            self.at += 1;
            if length > most {
                return None;
            }
        }
        (length >= least).then_some(value)
    }

    /// `02:21:10` and a fraction, if there is one, in nanoseconds.
    fn clock(&mut self) -> Option<i64> {
        let hours = self.number(2, 2)?;
        self.one_of(b":")?;
        let minutes = self.number(2, 2)?;
        self.one_of(b":")?;
        let seconds = self.number(2, 2)?;
        if hours > 23 || minutes > 59 || seconds > 60 {
            return None;
        }
        let nanos = self.fraction(b".,").unwrap_or(0);
        Some((hours * 3600 + minutes * 60 + seconds) * SECOND + nanos)
    }

    /// A point and one to nine digits, in billionths. Nothing is passed when it is none.
    fn fraction(&mut self, points: &[u8]) -> Option<i64> {
        let before = self.at;
        let read = self.one_of(points).and_then(|_| {
            let start = self.at;
            let value = self.number(1, 9)?;
            let scale = 9 - u32::try_from(self.at - start).ok()?;
            Some(value * 10i64.pow(scale))
        });
        if read.is_none() {
            self.at = before;
        }
        read
    }

    /// `01:00`, `0100`, `01`, in nanoseconds.
    fn zone(&mut self) -> Option<i64> {
        let start = self.at;
        let (hours, minutes) = if let Some(number) = self.number(2, 4) {
            match self.at - start {
                2 if self.one_of(b":").is_some() => (number, self.number(2, 2)?),
                2 => (number, 0),
                4 => (number / 100, number % 100),
                _ => return None,
            }
        } else {
            return None;
        };
        (hours < 24 && minutes < 60).then_some((hours * 3600 + minutes * 60) * SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<(Stamp, usize)> {
        Stamp::read(text.as_bytes())
    }

    #[test]
    fn every_shape_is_read() {
        // date -u -d '2026-11-21 02:21:10' +%s
        let nanos = 1_795_227_670 * SECOND;
        for (text, stamp) in [
            ("2026-11-21T02:21:10Z", Stamp::Utc(nanos)),
            (
                "2026-11-21T02:21:10.101271368Z",
                Stamp::Utc(nanos + 101_271_368),
            ),
            ("2026-11-21T03:21:10+01:00", Stamp::Utc(nanos)),
            (
                "2026-11-20T23:51:10.5-0230",
                Stamp::Utc(nanos + 500_000_000),
            ),
            ("2026-11-21 02:21:10,250", Stamp::Local(nanos + 250_000_000)),
            ("2026/11/21 02:21:10", Stamp::Local(nanos)),
            ("Sat Nov 21 02:21:10 2026", Stamp::Local(nanos)),
            ("[2026-11-21 02:21:10]", Stamp::Local(nanos)),
            ("[    3.250000]", Stamp::Boot(3_250_000_000)),
            ("Jan  1 00:00:01", Stamp::Yearless(730 * DAY + SECOND)),
            ("Jan 1 00:00:01", Stamp::Yearless(730 * DAY + SECOND)),
        ] {
            assert_eq!(read(text), Some((stamp, text.len())), "{text}");
            assert_eq!(
                read(&format!("{text} x")),
                Some((stamp, text.len())),
                "{text}"
            );
        }
        assert_eq!(
            read("Feb 29 00:00:00"),
            Some((Stamp::Yearless((730 + 59) * DAY), 15))
        );
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in [
            "",
            "2026",
            "2026-13-01T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "12026-11-21T02:21:10Z",
            "[3]",
            "[goroutine",
            "Nov",
            "Now 21 02:21:10",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_count_on(year in 1970i64..2261, month in 1i64..=12, day in 1i64..=27) {
            prop_assert_eq!(days(year, month, day + 1), days(year, month, day).map(|n| n + 1));
            let next = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
            let length = next.unwrap() - days(year, month, 1).unwrap();
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let expected = match month { 2 if leap => 29, 2 => 28, 4 | 6 | 9 | 11 => 30, _ => 31 };
            prop_assert_eq!(length, expected);
        }

        #[test]
        fn any_text_is_read_or_not(text in "[0-9:./TZ+ \\[\\]A-Zo-v-]{0,40}") {
            if let Some((_, length)) = read(&text) {
                prop_assert!(length <= text.len());
            }
        }
    }
}
