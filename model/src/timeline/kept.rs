//! Events of one lane, in memory that does not grow with the log: when full, every second one goes, and from then
//! on only one in two, four, eight … is kept. What was thinned says so.

use super::Event;

/// Events in order, thinned.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What is left.
    pub events: Vec<Event>,
    /// How many there were.
    pub seen: u64,
    /// One in so many is kept.
    pub stride: u64,
    most: usize,
}

impl Kept {
    /// Keeps up to `most`.
    pub fn new(most: usize) -> Self {
        Self {
            events: Vec::new(),
            seen: 0,
            stride: 1,
            most: most.max(2),
        }
    }

    /// Whether the next event will be kept, so that one that will not need not be made.
    pub fn wants_next(&self) -> bool {
        self.seen.is_multiple_of(self.stride)
    }

    /// Counts one that is not kept.
    pub fn skip(&mut self) {
        self.seen += 1;
    }

    /// Adds one that [`Self::wants_next`] asked for.
    pub fn push(&mut self, event: Event) {
        self.seen += 1;
        self.events.push(event);
        if self.events.len() >= self.most {
            let mut index = 0usize;
            self.events.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, Lane, What};
    use super::Kept;
    use dumpview_parsers::log::Place;

    #[test]
    fn a_long_lane_is_thinned_evenly_and_says_so() {
        let mut kept = Kept::new(8);
        for line in 0..1000 {
            if kept.wants_next() {
                kept.push(Event {
                    lane: Lane::Log,
                    place: Place { line, offset: 0 },
                    process: None,
                    span: 0,
                    stamp: None,
                    what: What::Log { text: "".into() },
                });
            } else {
                kept.skip();
            }
        }
        assert_eq!(kept.seen, 1000);
        assert!(kept.events.len() <= 8 && kept.events.len() >= 4);
        let lines: Vec<u64> = kept.events.iter().map(|e| e.place.line).collect();
        assert!(
            lines.iter().all(|line| line.is_multiple_of(kept.stride)),
            "{lines:?}"
        );
    }
}
