//! Cycles of several processes in one stream, put apart together.
//!
//! A cycle may fit behind several processes, and only later ones tell: so a few ways in which the cycles of a stream may be
//! divided are kept, each with what it costs ([`track`]), until the cheapest is far ahead of the others or so many
//! cycles wait that one is taken. What the others would divide otherwise is doubtful then.
//!
//! With one process, or with cycles that fit behind one only, nothing waits.

#[cfg(test)]
mod tests;
mod track;

use dumpview_parsers::gctrace::Cycle;
use std::collections::VecDeque;
use track::{Track, begins};

/// So many cycles wait for others to tell.
const MOST_WAITING: usize = 48;
/// So many ways are kept.
const MOST_WAYS: usize = 32;
/// So many processes of a way may go on.
const MOST_TRACKS: usize = 64;
/// A way that costs so much more than the cheapest is not the right one.
const MARGIN: f64 = 4.0;
/// One that costs so much more will not be, whatever comes.
const KEPT: f64 = 8.0;

/// One way to divide the cycles.
#[derive(Clone, Debug, Default)]
struct Way {
    cost: f64,
    tracks: Vec<Track>,
    /// Of each cycle that waits: with which one its process began.
    picks: VecDeque<u64>,
}

/// A cycle that waits.
#[derive(Clone, Debug)]
struct Waiting {
    cycle: Cycle,
    /// Others whose it may be, by ways that were likely and are not kept.
    rivals: Vec<u64>,
}

/// Whose a cycle is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pick {
    /// The cycle, in the order in which they came, that its process began with: the same for all of a process.
    pub label: u64,
    /// It may be another's.
    pub doubtful: bool,
}

/// What is known of a process beside its cycles.
#[derive(Clone, Copy, Debug)]
struct Known {
    label: u64,
    /// Cycles that were given as its own without a doubt.
    sure: u64,
    /// It may have changed places with another after such.
    mixed: bool,
}

/// The cycles of one stream.
#[derive(Clone, Debug)]
pub(super) struct Joint {
    /// The cheapest first.
    ways: Vec<Way>,
    waiting: VecDeque<Waiting>,
    known: Vec<Known>,
    /// Cycles so far.
    count: u64,
}

impl Default for Joint {
    fn default() -> Self {
        Self {
            ways: vec![Way::default()],
            waiting: VecDeque::new(),
            known: Vec::new(),
            count: 0,
        }
    }
}

impl Way {
    /// It is so late at least when the next cycle is written.
    fn now(&self) -> Option<f64> {
        self.tracks.iter().map(Track::now).reduce(f64::max)
    }

    /// Takes a cycle for the next of a process, or for the first of one.
    fn take(&mut self, at: Option<usize>, label: u64, cycle: &Cycle, cost: f64) {
        let now = self.now();
        self.cost += cost;
        // The latest to write is the last.
        if let Some(tracks) = at.and_then(|at| self.tracks.get_mut(at..)) {
            tracks.rotate_left(1);
            if let Some(track) = tracks.last_mut() {
                track.add(cycle, now.unwrap_or_default());
            }
        } else {
            self.tracks.push(Track::new(label, cycle, now));
            if self.tracks.len() > MOST_TRACKS {
                self.tracks.remove(0);
            }
        }
        if let Some((track, others)) = self.tracks.split_last_mut() {
            for other in others {
                other.before(track);
            }
            self.picks.push_back(track.label);
        }
    }
}

/// Cycles that a way gives to another than the best one does are doubtful, though it is not kept.
fn taint(waiting: &mut VecDeque<Waiting>, best: &[u64], other: &[u64]) {
    for ((waiting, one), two) in waiting.iter_mut().zip(best).zip(other) {
        if one != two && !waiting.rivals.contains(two) {
            waiting.rivals.push(*two);
        }
    }
}

impl Joint {
    /// Takes the next cycle of the stream when nothing waits and it is plain whose it is, as it nearly always is. `admits` says
    /// whether what else is known of a process allows it; `announced`: a process of its own was.
    pub fn plain(
        &mut self,
        cycle: &Cycle,
        announced: bool,
        admits: impl Fn(u64) -> bool,
    ) -> Option<Pick> {
        let [way] = self.ways.as_mut_slice() else {
            return None;
        };
        if !self.waiting.is_empty() {
            return None;
        }
        let now = way.now().unwrap_or_default();
        let mut best = (begins(cycle, announced), None);
        let mut second = f64::INFINITY;
        for (at, track) in way.tracks.iter().enumerate().rev() {
            let cost = track.cost(cycle, now).filter(|_| admits(track.label));
            let Some(cost) = cost else { continue };
            if cost < best.0 {
                second = best.0;
                best = (cost, Some(at));
            } else {
                second = second.min(cost);
            }
        }
        if second <= best.0 + KEPT {
            return None;
        }
        way.take(best.1, self.count, cycle, 0.0);
        self.count += 1;
        let label = way.picks.pop_back()?;
        let known = self.known_mut(label);
        let doubtful = known.mixed;
        known.sure += u64::from(!doubtful);
        Some(Pick { label, doubtful })
    }

    /// Takes the next cycle of the stream. `admits` says whether what else is known of a process allows it; `announced`: a
    /// process of its own was.
    pub fn push(&mut self, cycle: &Cycle, announced: bool, admits: impl Fn(u64) -> bool) {
        let label = self.count;
        self.count += 1;
        let mut steps: Vec<(f64, usize, Option<usize>)> = Vec::new();
        for (index, way) in self.ways.iter().enumerate() {
            let now = way.now().unwrap_or_default();
            steps.push((way.cost + begins(cycle, announced), index, None));
            // Of those that fit as well, the latest to write goes first.
            steps.extend(
                way.tracks
                    .iter()
                    .enumerate()
                    .rev()
                    .filter_map(|(at, track)| {
                        let cost = track.cost(cycle, now).filter(|_| admits(track.label))?;
                        Some((way.cost + cost, index, Some(at)))
                    }),
            );
        }
        steps.sort_by(|(one, ..), (other, ..)| one.total_cmp(other));
        let least = steps.first().map_or(0.0, |(cost, ..)| *cost);
        steps.retain(|(cost, ..)| *cost <= least + KEPT);
        self.waiting.push_back(Waiting {
            cycle: *cycle,
            rivals: Vec::new(),
        });
        self.forget(&steps, label);
        steps.truncate(MOST_WAYS);
        let mut ways = std::mem::take(&mut self.ways);
        let last = steps.len().saturating_sub(1);
        for (position, (cost, index, at)) in steps.into_iter().enumerate() {
            // Mostly there is one, which need not be copied.
            let way = if last == 0 && position == 0 {
                ways.get_mut(index).map(std::mem::take)
            } else {
                ways.get(index).cloned()
            };
            if let Some(mut way) = way {
                let more = cost - way.cost;
                way.take(at, label, cycle, more);
                way.cost -= least;
                self.ways.push(way);
            }
        }
    }

    /// Steps that are too many to keep: what they would divide otherwise than the best one is doubtful for good.
    fn forget(&mut self, steps: &[(f64, usize, Option<usize>)], label: u64) {
        if steps.len() <= MOST_WAYS {
            return;
        }
        let picks = |(_, index, at): &(f64, usize, Option<usize>)| {
            let way = self.ways.get(*index)?;
            let track = at.and_then(|at| way.tracks.get(at));
            let last = track.map_or(label, |track| track.label);
            Some(
                way.picks
                    .iter()
                    .copied()
                    .chain([last])
                    .collect::<Vec<u64>>(),
            )
        };
        let Some(best) = steps.first().and_then(picks) else {
            return;
        };
        let least = steps.first().map_or(0.0, |(cost, ..)| *cost);
        let near = steps.iter().skip(MOST_WAYS);
        let near = near.take_while(|(cost, ..)| *cost <= least + MARGIN);
        let others: Vec<Vec<u64>> = near.filter_map(picks).collect();
        for other in others {
            taint(&mut self.waiting, &best, &other);
        }
    }

    /// Whose the first cycle is that waits, when that is known or, with `now`, is to be told.
    pub fn pop(&mut self, now: bool) -> Option<Pick> {
        let first = self.waiting.front()?;
        let best = self.ways.first()?;
        let label = *best.picks.front()?;
        let first_of = |way: &Way| way.picks.front().copied();
        // Another way may give this process's later cycles to another: which of them are of this one is not known then.
        let swaps = |way: &Way| {
            let mut pairs = best.picks.iter().zip(&way.picks);
            pairs.any(|(one, two)| one != two && (*one == label || *two == label))
        };
        let sure = self.known(label).is_some_and(|known| known.sure > 0);
        // So does one that is not kept any more.
        let pairs = self.waiting.iter().zip(&best.picks);
        let tainted = pairs.clone().any(|(waiting, pick)| {
            let rivals = &waiting.rivals;
            !rivals.is_empty() && (*pick == label || rivals.contains(&label))
        });
        let differs = |way: &Way| first_of(way) != Some(label) || !sure && swaps(way);
        let rivals = self.ways.iter().skip(1);
        if !now && self.waiting.len() < MOST_WAITING && rivals.clone().any(differs) {
            return None;
        }
        let near = || rivals.clone().filter(|way| way.cost <= best.cost + MARGIN);
        let mut doubtful = !first.rivals.is_empty() || !sure && tainted || near().any(differs);
        // One that may have begun here has nothing to change places with.
        let others: Vec<u64> = near()
            .filter_map(first_of)
            .chain(first.rivals.iter().copied())
            .filter(|other| *other != label && self.known(*other).is_some())
            .collect();
        let picks: Vec<u64> = best.picks.iter().copied().collect();
        let dropped = near().filter(|way| first_of(way) != Some(label));
        let dropped: Vec<Vec<u64>> = dropped
            .map(|way| way.picks.iter().copied().collect())
            .collect();
        for other in &dropped {
            taint(&mut self.waiting, &picks, other);
        }
        self.ways.retain(|way| way.picks.front() == Some(&label));
        for way in &mut self.ways {
            way.picks.pop_front();
        }
        self.waiting.pop_front();
        if !others.is_empty() {
            // Who has cycles that are surely its own may have changed places with another from here on.
            let known = self.known.iter_mut();
            let involved =
                known.filter(|known| known.label == label || others.contains(&known.label));
            involved.for_each(|known| known.mixed |= known.sure > 0);
        }
        let known = self.known_mut(label);
        doubtful |= known.mixed;
        known.sure += u64::from(!doubtful);
        Some(Pick { label, doubtful })
    }

    fn known(&self, label: u64) -> Option<&Known> {
        self.known.iter().find(|known| known.label == label)
    }

    fn known_mut(&mut self, label: u64) -> &mut Known {
        if let Some(at) = self.known.iter().position(|known| known.label == label) {
            #[expect(clippy::indexing_slicing, reason = "found just now")]
            return &mut self.known[at];
        }
        if self.known.len() >= 2 * MOST_TRACKS {
            self.known.remove(0);
        }
        self.known.push(Known {
            label,
            sure: 0,
            mixed: false,
        });
        let last = self.known.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "pushed just now")]
        &mut self.known[last]
    }

    /// The last cycle that came.
    pub fn last(&self) -> Option<&Cycle> {
        let waiting = self.waiting.back().map(|waiting| &waiting.cycle);
        waiting.or_else(|| self.ways.first()?.tracks.last().map(|track| &track.last))
    }
}
