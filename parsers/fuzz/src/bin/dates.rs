#![no_main]

use dumpview_model::units::{civil, go_duration};

/// Days since 1970 of a date, by going through the years: what `civil` computes another way.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let of_year = |year: i64| if is_leap(year) { 366 } else { 365 };
    let lengths = [
        31,
        28 + i64::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    assert!((1..=12).contains(&month));
    let month = usize::try_from(month - 1).unwrap();
    assert!((1..=lengths[month]).contains(&day), "{year} {month} {day}");
    let years: i64 = if year >= 1970 {
        (1970..year).map(of_year).sum()
    } else {
        -(year..1970).map(of_year).sum::<i64>()
    };
    years + lengths[..month].iter().sum::<i64>() + day - 1
}

/// Any time that a profile may state is a date, and the date is that time.
fn check(nanos: i64) {
    let (date, time, fraction) = civil(nanos);
    let numbers = |text: &str, between: char| -> Vec<i64> {
        let all: Vec<_> = text.split(between).map(|n| n.parse().unwrap()).collect();
        assert_eq!(all.len(), 3, "{text}");
        all
    };
    let (date, time) = (numbers(&date, '-'), numbers(&time, ':'));
    assert!(time[0] < 24 && time[1] < 60 && time[2] < 60);
    let seconds =
        days(date[0], date[1], date[2]) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2];
    assert_eq!(
        i128::from(seconds) * 1_000_000_000 + i128::from(fraction),
        i128::from(nanos)
    );
    assert!(!go_duration(nanos).is_empty());
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for word in data.chunks_exact(8) {
        check(i64::from_le_bytes(word.try_into().expect("eight bytes")));
    }
});
