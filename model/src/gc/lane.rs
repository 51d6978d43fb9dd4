//! Which process a cycle is from.
//!
//! Processes that share a stream print nothing that tells them apart, so the numbers have to: cycles of one process
//! count up by one, and a cycle starts after the one before has ended. A restarted service, compilers run by the
//! go command (`# pkg`) and interleaved processes all come down to the question after which known cycle this one fits.
//! Where two answers are possible the later one is taken and the cycle is marked doubtful.

use super::cycle::Cycle;
use dumpview_parsers::quantity::Nanos;

/// A gap longer than this is rather another process than lines lost from this one.
const LONG_GAP: u64 = 100;

/// The last cycle of a process that may go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tail {
    /// Its run.
    pub run: u32,
    /// Line of the run's first cycle.
    pub first_line: u64,
    /// The last cycle.
    pub last: Cycle,
}

/// Where a cycle belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Home {
    /// After the tail with this index.
    After {
        index: usize,
        lost: u64,
        doubtful: bool,
    },
    /// To a process not seen before.
    New,
    /// The same line once more.
    Repeated,
}

/// Whether `cycle` can have come after `last` in one process.
fn fits(last: &Cycle, cycle: &Cycle) -> bool {
    if last.dialect() != cycle.dialect() || cycle.number() <= last.number() {
        return false;
    }
    match (last.end(), cycle.start()) {
        // Both ends are cut to milliseconds, and phases are cut by up to a tenth, always down.
        (Some(Nanos(end)), Some(Nanos(start))) => start.saturating_add(1_000_000) >= end,
        _ => true,
    }
}

/// Finds the home of a cycle among tails, which are sorted by when they last went on, the latest first.
/// `announced` says that a `# pkg` line came since the last cycle.
pub(super) fn home(tails: &[Tail], cycle: &Cycle, announced: bool) -> Home {
    let number = u64::from(cycle.number());
    if let Some(tail) = tails.first()
        && tail.last.printed == cycle.printed
    {
        return Home::Repeated;
    }
    if number == 1 {
        return Home::New;
    }
    let next = |tail: &(usize, &Tail)| u64::from(tail.1.last.number()) + 1 == number;
    let fitting = || {
        tails
            .iter()
            .enumerate()
            .filter(|(_, tail)| fits(&tail.last, cycle))
    };
    // GOMAXPROCS rarely changes: a tail with the same one goes first.
    let exact = || fitting().filter(|tail| next(tail));
    let chosen = exact()
        .find(|(_, tail)| tail.last.procs() == cycle.procs())
        .or_else(|| exact().next());
    if let Some((index, tail)) = chosen {
        let rival = exact().any(|(other, rival)| {
            other != index
                && rival.last.procs() == cycle.procs()
                && rival.last.place.line > tail.first_line
        });
        return Home::After {
            index,
            lost: 0,
            doubtful: rival,
        };
    }
    if announced {
        return Home::New;
    }
    let gap = |tail: &Tail| number - u64::from(tail.last.number()) - 1;
    let mut near: Option<(usize, u64)> = None;
    let mut candidates = 0;
    for (index, tail) in fitting().filter(|(_, tail)| tail.last.procs() == cycle.procs()) {
        candidates += 1;
        let lost = gap(tail);
        if near.is_none_or(|(_, least)| lost < least) {
            near = Some((index, lost));
        }
    }
    match near {
        Some((index, lost)) => Home::After {
            index,
            lost,
            doubtful: candidates > 1 || lost > LONG_GAP,
        },
        None => Home::New,
    }
}
