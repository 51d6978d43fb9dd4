//! Samples of `perf record`, whether its file or `perf script` tells them, as those of a profile.

use dumpview_parsers::pprof::{Profile, Samples, Tag, TagValue, Texts, ValueType};

/// So many kinds of events are told apart; more are no recording.
const MOST_EVENTS: usize = 64;

/// Events that are counted in nanoseconds (`tools/perf/util/evsel.c:evsel__env_unit`: clocks).
fn unit(event: &str) -> &'static str {
    match event.split(':').next() {
        Some("cpu-clock" | "task-clock") => "nanoseconds",
        _ => "count",
    }
}

/// What is told of a sample beside its stack.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'a> {
    /// The event.
    pub event: &'a str,
    /// The name of the command; empty when it is not told.
    pub comm: &'a str,
    /// The process.
    pub pid: Option<u64>,
    /// The thread.
    pub tid: Option<u64>,
    /// When, in nanoseconds of the clock that was used.
    pub nanos: Option<u64>,
    /// How many events it stands for.
    pub period: Option<i64>,
}

/// A recording as samples are added.
#[derive(Debug, Default)]
pub struct Recording {
    /// The profile, whose samples come at the end.
    pub profile: Profile,
    events: Vec<String>,
    /// Stacks and labels with a period each: how many kinds of events there are is known at the end.
    samples: Samples,
    /// The event of each sample.
    event_of: Vec<u8>,
    has_periods: bool,
    times: Option<(u64, u64)>,
}

impl Recording {
    /// Adds a sample.
    pub fn take(&mut self, seen: &Seen<'_>, stack: &[u32]) {
        let known = self.events.iter().position(|event| event == seen.event);
        let event = known.unwrap_or_else(|| {
            if self.events.len() < MOST_EVENTS {
                self.events.push(seen.event.to_owned());
            }
            self.events.len() - 1
        });
        let texts = &mut self.profile.texts;
        let mut tags = Vec::new();
        if !seen.comm.is_empty() {
            tags.push(Tag {
                key: texts.number("comm"),
                value: TagValue::Text(texts.number(seen.comm)),
            });
        }
        for (key, id) in [("pid", seen.pid), ("tid", seen.tid)] {
            if let Some(id) = id.and_then(|id| i64::try_from(id).ok()) {
                tags.push(Tag {
                    key: texts.number(key),
                    value: TagValue::Number(id, Texts::EMPTY),
                });
            }
        }
        self.has_periods |= seen.period.is_some();
        if let Some(at) = seen.nanos {
            let (first, last) = self.times.unwrap_or((at, at));
            self.times = Some((first.min(at), last.max(at)));
        }
        self.samples.push(stack, &[seen.period.unwrap_or(1)], &tags);
        self.event_of.push(u8::try_from(event).unwrap_or(u8::MAX));
    }

    /// The profile.
    pub fn finished(mut self) -> Profile {
        let mut types = vec![ValueType::new("samples", "count")];
        if self.has_periods {
            types.extend(
                self.events
                    .iter()
                    .map(|event| ValueType::new(event, unit(event))),
            );
        }
        let width = types.len();
        self.profile.sample_types = types;
        if let ([event], true) = (self.events.as_slice(), self.has_periods) {
            self.profile.period_type = Some(ValueType::new(event, unit(event)));
            self.profile.period = self.samples.column(0).next().unwrap_or(0);
        }
        if let Some((first, last)) = self.times {
            self.profile.duration_nanos = i64::try_from(last - first).unwrap_or(0);
        }
        let mut values = vec![0; width];
        for (sample, event) in self.samples.iter().zip(&self.event_of) {
            values.fill(0);
            if let Some(count) = values.first_mut() {
                *count = 1;
            }
            if let Some(of_event) = values.get_mut(usize::from(*event) + 1) {
                *of_event = sample.values.first().copied().unwrap_or(0);
            }
            self.profile
                .samples
                .push(&sample.stack.to_vec(), &values, sample.tags);
        }
        self.profile
    }
}
