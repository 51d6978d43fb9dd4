//! Stacks of other tools as a profile: folded ones, and those of `perf script`.

use super::recording::{Recording, Seen};
use super::text::FromText;
use dumpview_parsers::pprof::{Function, Line, Location, Mapping, Profile, ValueType};
use dumpview_parsers::stacks::{
    PerfFrame, PerfHeader, PerfLine, folded_line, perf_line, recognizes_folded, recognizes_perf,
};
use std::collections::HashMap;

/// Reads stacks of other tools; `None` when the text has none.
pub fn from_stacks(text: &[u8]) -> Option<FromText> {
    if recognizes_perf(text) {
        Some(from_perf(text))
    } else if recognizes_folded(text, true) {
        Some(from_folded(text))
    } else {
        None
    }
}

/// Places, each once.
#[derive(Default)]
struct Places {
    functions: HashMap<String, u32>,
    mappings: HashMap<String, u32>,
    locations: HashMap<(u64, Option<u32>, Option<u32>), u32>,
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Places {
    fn function(&mut self, name: &str, profile: &mut Profile) -> u32 {
        if let Some(known) = self.functions.get(name) {
            return *known;
        }
        let next = number(profile.functions.len());
        self.functions.insert(name.to_owned(), next);
        profile.functions.push(Function {
            name: name.to_owned(),
            system_name: name.to_owned(),
            ..Function::default()
        });
        next
    }

    fn mapping(&mut self, file: &str, profile: &mut Profile) -> u32 {
        if let Some(known) = self.mappings.get(file) {
            return *known;
        }
        let next = number(profile.mappings.len());
        self.mappings.insert(file.to_owned(), next);
        profile.mappings.push(Mapping {
            id: u64::from(next) + 1,
            file: file.to_owned(),
            has_functions: true,
            ..Mapping::default()
        });
        next
    }

    /// A place: an address, a name, a file, whatever of these is known.
    fn location(&mut self, frame: &PerfFrame<'_>, profile: &mut Profile) -> u32 {
        let function = Some(frame.symbol).filter(|name| !name.is_empty());
        let function = function.map(|name| self.function(name, profile));
        let mapping = Some(frame.object).filter(|name| !name.is_empty());
        let mapping = mapping.map(|name| self.mapping(name, profile));
        let next = number(profile.locations.len());
        let known = self.locations.entry((frame.address, function, mapping));
        let at = *known.or_insert(next);
        if at == next {
            profile.locations.push(Location {
                id: u64::from(next) + 1,
                address: frame.address,
                mapping,
                lines: function
                    .into_iter()
                    .map(|function| Line {
                        function,
                        ..Line::default()
                    })
                    .collect(),
                is_folded: false,
            });
        }
        at
    }
}

fn from_folded(text: &[u8]) -> FromText {
    let mut profile = Profile {
        sample_types: vec![ValueType::new("samples", "count")],
        ..Profile::default()
    };
    let mut places = Places::default();
    let mut unread = Vec::new();
    let mut stack = Vec::new();
    for (number, line) in (1..).zip(String::from_utf8_lossy(text).lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some(folded) = folded_line(line) else {
            unread.push((number, "no folded stack"));
            continue;
        };
        stack.clear();
        for name in folded.stack.rsplit(';') {
            let frame = PerfFrame {
                symbol: name,
                ..PerfFrame::default()
            };
            stack.push(places.location(&frame, &mut profile));
        }
        let count = folded.count.wrapping_sub(folded.before.unwrap_or(0));
        profile.samples.push(&stack, &[count], &[]);
    }
    FromText { profile, unread }
}

fn take(recording: &mut Recording, header: &PerfHeader<'_>, stack: &[u32]) {
    let seen = Seen {
        event: header.event,
        comm: header.comm,
        pid: header.pid,
        tid: header.tid,
        nanos: header.nanos,
        period: header.period,
    };
    recording.take(&seen, stack);
}

fn from_perf(text: &[u8]) -> FromText {
    let mut perf = Recording::default();
    let mut places = Places::default();
    let mut unread = Vec::new();
    let text = String::from_utf8_lossy(text);
    let mut pending: Option<(PerfHeader<'_>, Vec<u32>)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('#') {
            continue;
        }
        match (perf_line(line), &mut pending) {
            (Some(PerfLine::Header(header)), _) => {
                if let Some((header, stack)) = pending.take() {
                    take(&mut perf, &header, &stack);
                }
                let frame = header.frame.iter();
                let stack = frame.map(|frame| places.location(frame, &mut perf.profile));
                pending = Some((header, stack.collect()));
            }
            (Some(PerfLine::Frame(frame)), Some((_, stack))) => {
                stack.push(places.location(&frame, &mut perf.profile));
            }
            (Some(PerfLine::Blank), _) => {
                if let Some((header, stack)) = pending.take() {
                    take(&mut perf, &header, &stack);
                }
            }
            _ => unread.push((number, "no line of perf script")),
        }
    }
    if let Some((header, stack)) = pending.take() {
        take(&mut perf, &header, &stack);
    }
    FromText {
        profile: perf.finished(),
        unread,
    }
}
