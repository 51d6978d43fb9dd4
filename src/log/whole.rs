//! A log read whole into a model, for answers that have no rows to give as they come.

use super::window::{Window, Within};
use crate::answer::Failure;
use crate::flags::LogFlags;
use crate::input::log::{Ended, chunks};
use dumpview_model::log_model::LogModel;
use dumpview_model::units::plural;
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_view::document::Incomplete;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

/// A log that was read to its end.
pub struct Whole {
    /// What it tells.
    pub model: LogModel,
    /// How reading ended.
    pub ended: Ended,
    /// Crashes, dumps and reports outside of --since and --until.
    pub outside: u64,
    /// Those without a time to compare with them.
    pub timeless: u64,
}

impl Whole {
    /// What an answer lacks: of the input, and for want of a time.
    pub fn incomplete(&self) -> Vec<Incomplete> {
        let input = self.ended.lost.iter().map(|why| Incomplete {
            what: "input".to_owned(),
            why: why.clone(),
        });
        let mut all: Vec<Incomplete> = input.collect();
        if self.timeless > 0 {
            let dumps = plural(self.timeless, "dump");
            all.push(Incomplete {
                what: "goroutines".to_owned(),
                why: format!(
                    "{dumps} left out, without a time to compare with --since and --until"
                ),
            });
        }
        all
    }

    /// Why a stretch has nothing, when the rest of the log has.
    pub fn why_nothing(&self) -> Option<String> {
        if self.timeless > 0 {
            let dumps = plural(self.timeless, "dump");
            Some(format!(
                "{dumps} without a time that --since and --until could be compared with: clock times need time stamps before \
                 the lines"
            ))
        } else if self.outside > 0 {
            let dumps = plural(self.outside, "dump");
            Some(format!(
                "{dumps}, all of them outside of --since and --until"
            ))
        } else {
            None
        }
    }
}

/// Which records are of the stretch that is wanted. What is printed in many lines is where it begins.
struct Stretch {
    window: Window,
    /// Of each origin whether its last record was wanted, and whether it was the application's own.
    last: HashMap<Origin, (Within, bool)>,
    outside: u64,
    timeless: u64,
}

impl Stretch {
    fn admits(&mut self, record: &Record<'_>) -> bool {
        if self.window.is_whole() {
            return true;
        }
        let is_own = matches!(record.kind, Kind::Log(_));
        let now = self.window.admits(None, record.stamp);
        let (last, was_own) = *self
            .last
            .get(&record.origin)
            .unwrap_or(&(Within::Unknown, true));
        let goes_on = if is_own {
            now == Within::Unknown
        } else {
            !was_own
        };
        let within = if goes_on { last } else { now };
        if !is_own && !goes_on {
            self.outside += u64::from(within == Within::No);
            self.timeless += u64::from(within == Within::Unknown);
        }
        self.last.insert(record.origin, (within, is_own));
        within == Within::Yes
    }
}

/// Reads a log to its end; one that is followed, until Ctrl-C.
///
/// # Errors
///
/// When it cannot be read, or a flag cannot be understood.
pub fn whole(path: &Path, flags: &LogFlags, mut model: LogModel) -> Result<Whole, Failure> {
    let mut reader = flags.reader()?.with_whole_goroutines();
    let mut stretch = Stretch {
        window: Window::parse(flags.since.as_deref(), flags.until.as_deref())?,
        last: HashMap::new(),
        outside: 0,
        timeless: 0,
    };
    let mut each = |record: Record<'_>| {
        if stretch.admits(&record) {
            model.record(&record, &mut |_| {});
        } else {
            model.pass_by(&record, &mut |_| {});
        }
    };
    let scout = Some(reader.scout());
    let ended = chunks(path, flags.follow, scout, &mut |chunk| {
        reader.arrived(chunk.arrived);
        reader.push_ahead(chunk.bytes, chunk.ahead, &mut each);
        ControlFlow::Continue(())
    })
    .map_err(|error| Failure::cannot_read(path, &error))?;
    reader.finish(&mut each);
    let name_of = |origin: Origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned();
    model.finish(name_of, &mut |_| {});
    Ok(Whole {
        model,
        ended,
        outside: stretch.outside,
        timeless: stretch.timeless,
    })
}
