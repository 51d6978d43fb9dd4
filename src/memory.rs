//! How much memory the program may take, as a fact: readers of logs stop in time and tell it, and what goes on beyond
//! the limit ends (`ending`).
//!
//! What counts is memory of the program's own (`statm`: resident but not of files): a mapped dump is the page cache's.

use dumpview_model::units::bytes;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Between two looks. At the few gigabytes a second that pages can be had at, the limit is passed by some tens of megabytes.
const TICK: Duration = Duration::from_millis(10);
/// Inputs below this are given no more than this.
const SMALL: u64 = 1 << 30;
/// What was read may take the limit divided by this: an answer about it takes more than it.
const SHARE_OF_READING: u64 = 4;
/// With less than this, memory counts for more than time.
const SCARCE: u64 = 256 << 20;
/// The program takes some megabytes for itself.
const LEAST: u64 = 32 << 20;

/// The limit in bytes, 0 while there is none.
static LIMIT: AtomicU64 = AtomicU64::new(0);
/// What the program takes.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// The size that somebody typed: `512M`, `2G`, bytes without a unit.
///
/// # Errors
///
/// Words about what was typed.
pub fn size(typed: &str) -> Result<u64, String> {
    let digits = typed.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = typed.get(digits.len()..).unwrap_or_default();
    let shift = match unit
        .to_ascii_lowercase()
        .trim_end_matches("ib")
        .trim_end_matches('b')
    {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err("a size is a number with K, M, G or T, as 512M or 2G".to_owned()),
    };
    let number: f64 = digits
        .parse()
        .map_err(|_| "a size is a number with K, M, G or T, as 512M or 2G".to_owned())?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a negative size is 0, refused below"
    )]
    let size = (number * (1u64 << shift) as f64) as u64;
    if size < LEAST {
        return Err(format!("the least is {}", bytes(LEAST)));
    }
    Ok(size)
}

/// Begins to watch, and does `beyond` with what is taken and the limit when that is passed: `asked`, else three quarters of what the machine has, and 1 GiB for inputs below 1 GiB together.
pub fn watch<'p>(
    asked: Option<u64>,
    inputs: impl IntoIterator<Item = &'p Path>,
    beyond: fn(u64, u64) -> !,
) {
    let sizes = inputs
        .into_iter()
        .filter_map(|path| fs::metadata(path).ok());
    let whole = sizes.fold(0u64, |sum, about| sum.saturating_add(about.len()));
    let machine = machine().map(|memory| memory / 4 * 3);
    let usual = || {
        let small = (whole < SMALL).then_some(SMALL);
        small.into_iter().chain(machine).min()
    };
    let Some(limit) = asked.or_else(usual) else {
        return;
    };
    if LIMIT.swap(limit, Ordering::Relaxed) == 0 && taken().is_some() {
        thread::spawn(move || look(beyond));
    }
}

/// Whether so much is taken that no more input should be read: what was read has to be answered from the rest.
pub fn is_short() -> bool {
    let limit = LIMIT.load(Ordering::Relaxed);
    limit != 0 && TAKEN.load(Ordering::Relaxed) > limit / SHARE_OF_READING
}

/// Whether so little may be taken that it is not to be spent on speed.
pub fn is_scarce() -> bool {
    let limit = LIMIT.load(Ordering::Relaxed);
    limit != 0 && limit < SCARCE
}

/// Why reading ends here.
pub fn why() -> String {
    let limit = LIMIT.load(Ordering::Relaxed);
    format!(
        "memory: a quarter of the {} that may be taken (--memory) is used, and the answer needs the rest",
        bytes(limit)
    )
}

fn look(beyond: fn(u64, u64) -> !) {
    loop {
        thread::sleep(TICK);
        let Some(taken) = taken() else {
            return;
        };
        TAKEN.store(taken, Ordering::Relaxed);
        let limit = LIMIT.load(Ordering::Relaxed);
        if taken > limit {
            beyond(taken, limit);
        }
    }
}

/// Memory of the program's own; `None` where the system does not say.
fn taken() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = statm
        .split(' ')
        .skip(1)
        .map_while(|n| n.parse::<u64>().ok());
    let (resident, of_files) = (pages.next()?, pages.next()?);
    Some(resident.saturating_sub(of_files) * rustix::param::page_size() as u64)
}

/// Memory of the machine, or what a container is given of it.
fn machine() -> Option<u64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let total = info
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let total: u64 = total.trim().strip_suffix(" kB")?.parse().ok()?;
    let given = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let given = given.and_then(|given| given.trim().parse().ok());
    Some(given.unwrap_or(u64::MAX).min(total << 10))
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_as_people_type_them() {
        for (typed, expected) in [
            ("512M", 512 << 20),
            ("2G", 2 << 30),
            ("1.5GiB", 3 << 29),
            ("64mb", 64 << 20),
            ("67108864", 64 << 20),
        ] {
            assert_eq!(size(typed), Ok(expected), "{typed}");
        }
        for typed in ["", "G", "1X", "-1G", "12", "1 G", "NaNG"] {
            assert!(size(typed).is_err(), "{typed}");
        }
    }
}
