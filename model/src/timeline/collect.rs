//! Logs and cores to the processes of one timeline.

use super::process::Process;
use super::source::{CoreFacts, ProfileFacts, Source, Unread};
use super::{Bounds, Event, Lane, Log, Moment, MomentKind, Since, Timeline, What, join};
use crate::log::{self, ProcessId};
use dumpview_parsers::log::{Place, Stamp};
use std::sync::Arc;

/// Takes inputs one after the other and puts a [`Timeline`] together.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    sources: Vec<Source>,
    processes: Vec<Arc<Process>>,
    unread: Vec<Unread>,
}

impl Collector {
    /// Without inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a log of this name that has been read, or is being read.
    pub fn log(&mut self, name: &str, log: &Log, unread: &log::Unread) {
        let source = self.sources.len();
        self.sources.push(Source {
            name: name.to_owned(),
            kind: "log",
            go_version: None,
            unread: unread.count(),
        });
        for process in &log.processes {
            let mut process = Arc::clone(process);
            if source > 0 {
                Arc::make_mut(&mut process).source = source;
            }
            self.processes.push(process);
        }
        let lines = unread.lines().iter().cloned();
        self.unread
            .extend(lines.map(|line| Unread { source, line }));
    }

    /// Adds a core.
    pub fn core(&mut self, facts: &CoreFacts) {
        let source = self.sources.len();
        self.sources.push(Source {
            name: facts.name.clone(),
            kind: "core",
            go_version: facts.go_version.clone(),
            unread: 0,
        });
        let mut process = Process::new(source, String::new(), ProcessId(1));
        process.core_start = facts.started_unix.map(Bounds::exact);
        let on_process = |unix: i64| {
            let since = unix.checked_sub(facts.started_unix?)?;
            Some((Since::Start, Bounds::exact(since)))
        };
        for (cycle, end, ns) in &facts.pauses {
            process.remember_end(*cycle, *end, facts.started_unix);
            process.add(Lane::Pause, || Event {
                lane: Lane::Pause,
                place: Place::default(),
                process: on_process(*end),
                span: 0,
                stamp: None,
                what: What::Pause {
                    cycle: *cycle,
                    ns: *ns,
                },
            });
        }
        process.add(Lane::Moment, || Event {
            lane: Lane::Moment,
            place: Place::default(),
            process: facts.reached_unix.and_then(on_process),
            span: 0,
            stamp: None,
            what: What::Moment(Box::new(Moment {
                kind: MomentKind::Core,
                text: facts.reason.as_str().into(),
                goroutines: facts.goroutines,
            })),
        });
        self.processes.push(Arc::new(process));
    }

    /// Adds a profile.
    pub fn profile(&mut self, facts: &ProfileFacts) {
        let source = self.sources.len();
        self.sources.push(Source {
            name: facts.name.clone(),
            kind: "profile",
            go_version: None,
            unread: 0,
        });
        let mut process = Process::new(source, String::new(), ProcessId(1));
        let stamp = facts.began_unix.map(Stamp::Utc);
        if let Some(stamp) = stamp {
            process.wall.untimed(stamp);
        }
        process.add(Lane::Profile, || Event {
            lane: Lane::Profile,
            place: Place::default(),
            process: None,
            span: facts.span,
            stamp,
            what: What::Profile {
                text: facts.text.as_str().into(),
            },
        });
        self.processes.push(Arc::new(process));
    }

    /// The timeline of all inputs on one axis.
    pub fn finish(self, align: &[join::Align]) -> Timeline {
        join::join(self.sources, self.processes, self.unread, align)
    }
}
