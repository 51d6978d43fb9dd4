//! Records to moments: a crash, a dump and a race report take many lines, and one is open at a time.

use super::Moment;
use super::crash::Crash;
use super::race::Race;
use dumpview_parsers::log::{Kind, Origin, Place, Record, Stamp};
use dumpview_parsers::race;

/// A moment, where and when its first line was written, and by whom.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub place: Place,
    pub stamp: Option<Stamp>,
    pub origin: Origin,
    pub moment: Moment,
}

/// What is open.
#[derive(Clone, Debug, Default)]
enum Open {
    #[default]
    Nothing,
    Crash(Crash),
    Race(Race),
}

/// Takes records one by one, and gives moments when they are complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    open: Open,
}

impl Moments {
    /// Takes a record. Gives the moment that it ends, which is one that began before it.
    pub fn record(&mut self, record: &Record<'_>) -> Option<Found> {
        let (place, stamp, origin) = (record.place, record.stamp, record.origin);
        match (&mut self.open, &record.kind) {
            (Open::Crash(crash), Kind::Traceback(line))
                if crash.origin == origin && !crash.is_over_at(line) =>
            {
                crash.add(line);
                None
            }
            (Open::Race(open), Kind::Race(line))
                if open.origin == origin && *line != race::Record::Start =>
            {
                open.add(line);
                None
            }
            (Open::Nothing, kind) if !matches!(kind, Kind::Traceback(_) | Kind::Race(_)) => None,
            (_, kind) => {
                let ended = self.finish();
                match kind {
                    Kind::Traceback(line) => {
                        let mut crash = Crash::new(place, stamp, origin);
                        crash.add(line);
                        self.open = Open::Crash(crash);
                    }
                    Kind::Race(line) if *line == race::Record::Start => {
                        self.open = Open::Race(Race::new(place, stamp, origin));
                    }
                    _ => {}
                }
                ended
            }
        }
    }

    /// Nothing more comes.
    pub fn finish(&mut self) -> Option<Found> {
        match std::mem::take(&mut self.open) {
            Open::Nothing => None,
            Open::Crash(crash) => {
                let (place, stamp, origin) = (crash.place, crash.stamp, crash.origin);
                crash.finish().map(|moment| Found {
                    place,
                    stamp,
                    origin,
                    moment,
                })
            }
            Open::Race(race) => Some(Found {
                place: race.place,
                stamp: race.stamp,
                origin: race.origin,
                moment: race.finish(),
            }),
        }
    }
}
