//! `perf.data` as a profile: which file an address was in is told by the mappings of its process at that time; functions are
//! found in those files by whoever has them.

use super::recording::{Recording, Seen};
use dumpview_parsers::perfdata::{Map, Mode, PerfData, Record, Sample};
use dumpview_parsers::pprof::{Location, Mapping, Profile};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// A profile, and what was lost on the way to it.
#[derive(Clone, PartialEq, Debug)]
pub struct FromPerf {
    /// The profile.
    pub profile: Profile,
    /// How many records could not be read, and why the first could not.
    pub unread: Option<(u64, String)>,
    /// How many the kernel had no room for.
    pub lost: u64,
}

/// Reads a recording.
pub fn from_perf_data(data: &PerfData<'_>) -> FromPerf {
    let mut reading = Reading::new(data);
    let mut unread: Option<(u64, String)> = None;
    for record in data.records() {
        match record {
            Ok(record) => reading.take(&record),
            Err(why) => {
                let first = unread.take().unwrap_or((0, why.to_string()));
                unread = Some((first.0 + 1, first.1));
            }
        }
    }
    let mut profile = reading.recording.finished();
    program_first(&mut profile);
    FromPerf {
        profile,
        unread,
        lost: reading.lost,
    }
}

/// Brings the program itself, which most samples are in, to the front: a profile is called after its first mapping.
fn program_first(profile: &mut Profile) {
    let index = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    let mut counts = vec![0u64; profile.mappings.len()];
    for sample in profile.samples.iter() {
        let leaf = sample.stack.iter().next();
        let leaf = leaf.and_then(|at| profile.locations.get(index(at))?.mapping);
        if let Some(count) = leaf.and_then(|at| counts.get_mut(index(at))) {
            *count += 1;
        }
    }
    let is_program = |of: &Mapping| of.file.starts_with('/') && !of.file.contains(".so");
    let programs = (0u32..).zip(profile.mappings.iter().zip(&counts));
    let programs = programs.filter(|(_, (of, _))| is_program(of));
    // Of equal ones the first.
    let most = programs.min_by_key(|(_, (_, count))| std::cmp::Reverse(**count));
    let Some(first) = most.map(|(at, _)| at).filter(|at| *at > 0) else {
        return;
    };
    profile.mappings.swap(0, index(first));
    for mapping in profile
        .locations
        .iter_mut()
        .filter_map(|at| at.mapping.as_mut())
    {
        if *mapping == first {
            *mapping = 0;
        } else if *mapping == 0 {
            *mapping = first;
        }
    }
}

/// What is mapped in a process, by address.
type Mapped<'a> = BTreeMap<u64, Map<'a>>;

struct Reading<'d, 'a> {
    data: &'d PerfData<'a>,
    recording: Recording,
    /// Names of threads.
    comms: FxHashMap<u32, String>,
    /// By process; those of the kernel have none.
    /// A process begins with what its parent has, and most execute another file at once.
    maps: FxHashMap<Option<u32>, Arc<Mapped<'a>>>,
    build_ids: FxHashMap<&'a [u8], &'a [u8]>,
    mappings: FxHashMap<(u64, u64, u64, &'a [u8]), u32>,
    locations: FxHashMap<(u64, Option<u32>), u32>,
    lost: u64,
}

impl<'d, 'a> Reading<'d, 'a> {
    fn new(data: &'d PerfData<'a>) -> Self {
        let build_ids = data.build_ids().iter();
        Self {
            data,
            recording: Recording::default(),
            comms: FxHashMap::default(),
            maps: FxHashMap::default(),
            build_ids: build_ids.map(|of| (of.file, of.id)).collect(),
            mappings: FxHashMap::default(),
            locations: FxHashMap::default(),
            lost: 0,
        }
    }

    fn take(&mut self, record: &Record<'a>) {
        match record {
            Record::Map(map) => {
                insert(Arc::make_mut(self.maps.entry(map.pid).or_default()), *map);
            }
            Record::Comm {
                pid,
                tid,
                name,
                is_exec,
            } => {
                if *is_exec {
                    self.maps.remove(&Some(*pid));
                }
                let name = String::from_utf8_lossy(name).into_owned();
                self.comms.insert(*tid, name);
            }
            Record::Fork {
                pid,
                parent,
                tid,
                parent_tid,
            } => {
                if pid != parent
                    && let Some(mapped) = self.maps.get(&Some(*parent)).cloned()
                {
                    self.maps.insert(Some(*pid), mapped);
                }
                if let Some(name) = self.comms.get(parent_tid).cloned() {
                    self.comms.insert(*tid, name);
                }
            }
            Record::Lost(count) => self.lost = self.lost.saturating_add(*count),
            Record::Sample(sample) => self.sample(sample),
            _ => {}
        }
    }

    fn sample(&mut self, sample: &Sample) {
        let mut stack = Vec::with_capacity(sample.stack.len());
        let mut before = None;
        for (mode, address) in &sample.stack {
            // All but the innermost one are the addresses behind calls.
            let address = if before == Some(*mode) {
                address.wrapping_sub(1)
            } else {
                *address
            };
            before = Some(*mode);
            stack.push(self.location(*mode, sample.pid, address));
        }
        let attr = self.data.attrs().get(sample.event);
        let tid = sample.tid.unwrap_or(0);
        let comm = self.comms.get(&tid).cloned().unwrap_or_default();
        let seen = Seen {
            event: attr.map_or("", |attr| attr.event()),
            comm: &comm,
            pid: sample.pid.map(u64::from),
            tid: sample.tid.map(u64::from),
            nanos: sample.time,
            period: i64::try_from(sample.period).ok(),
        };
        self.recording.take(&seen, &stack);
    }

    fn location(&mut self, mode: Mode, pid: Option<u32>, address: u64) -> u32 {
        let whose = match mode {
            Mode::Kernel => None,
            Mode::User | Mode::Other => pid,
        };
        let map = self.maps.get(&whose).and_then(|mapped| {
            let (_, map) = mapped.range(..=address).next_back()?;
            (address - map.start < map.len).then_some(*map)
        });
        let mapping = map.map(|map| self.mapping(&map));
        let locations = &mut self.recording.profile.locations;
        let next = u32::try_from(locations.len()).unwrap_or(u32::MAX);
        let at = *self.locations.entry((address, mapping)).or_insert(next);
        if at == next {
            locations.push(Location {
                id: u64::from(next) + 1,
                address,
                mapping,
                ..Location::default()
            });
        }
        at
    }

    fn mapping(&mut self, map: &Map<'a>) -> u32 {
        let mappings = &mut self.recording.profile.mappings;
        let next = u32::try_from(mappings.len()).unwrap_or(u32::MAX);
        let key = (map.start, map.len, map.offset, map.file);
        let at = *self.mappings.entry(key).or_insert(next);
        if at == next {
            let id = if map.build_id.is_empty() {
                self.build_ids.get(map.file).copied().unwrap_or_default()
            } else {
                map.build_id
            };
            mappings.push(Mapping {
                id: u64::from(next) + 1,
                start: map.start,
                limit: map.start.saturating_add(map.len),
                offset: map.offset,
                file: named(map.file),
                build_id: digits(id),
                ..Mapping::default()
            });
        }
        at
    }
}

/// Bytes as hexadecimal digits.
fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Text grows without fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The kernel's text is called after its first symbol, too: `[kernel.kallsyms]_text`.
fn named(file: &[u8]) -> String {
    let file = String::from_utf8_lossy(file);
    match file.split_once(']') {
        Some((name, _)) if name.starts_with('[') => format!("{name}]"),
        _ => file.into_owned(),
    }
}

/// What was mapped there before is gone.
fn insert<'a>(mapped: &mut Mapped<'a>, map: Map<'a>) {
    let end = map.start.saturating_add(map.len);
    let covered: Vec<u64> = mapped.range(map.start..end).map(|(at, _)| *at).collect();
    for at in covered {
        let Some(old) = mapped.remove(&at) else {
            continue;
        };
        if let Some(more) = at
            .saturating_add(old.len)
            .checked_sub(end)
            .filter(|n| *n > 0)
        {
            let rest = Map {
                start: end,
                len: more,
                offset: old.offset.saturating_add(old.len - more),
                ..old
            };
            mapped.insert(end, rest);
        }
    }
    if let Some((_, before)) = mapped.range_mut(..map.start).next_back() {
        let old = *before;
        before.len = before.len.min(map.start - before.start);
        if let Some(more) = old.start.saturating_add(old.len).checked_sub(end)
            && more > 0
        {
            let rest = Map {
                start: end,
                len: more,
                offset: old.offset.saturating_add(old.len - more),
                ..old
            };
            mapped.insert(end, rest);
        }
    }
    mapped.insert(map.start, map);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(start: u64, len: u64, file: &'static [u8]) -> Map<'static> {
        Map {
            pid: Some(1),
            start,
            len,
            offset: 0,
            file,
            build_id: &[],
        }
    }

    #[test]
    fn what_is_mapped_later_covers_what_was() {
        let mut mapped = Mapped::new();
        insert(&mut mapped, map(0x1000, 0x4000, b"a"));
        insert(&mut mapped, map(0x2000, 0x1000, b"b"));
        insert(&mut mapped, map(0x4800, 0x1000, b"c"));
        let of = |at: &Map<'_>| (at.start, at.len, at.offset, at.file.to_vec());
        let all: Vec<_> = mapped.values().map(of).collect();
        assert_eq!(
            all,
            [
                (0x1000, 0x1000, 0, b"a".to_vec()),
                (0x2000, 0x1000, 0, b"b".to_vec()),
                (0x3000, 0x1800, 0x2000, b"a".to_vec()),
                (0x4800, 0x1000, 0, b"c".to_vec())
            ]
        );
        insert(&mut mapped, map(0x800, 0x3000, b"d"));
        let all: Vec<_> = mapped.values().map(of).collect();
        assert_eq!(all[1], (0x3800, 0x1000, 0x2800, b"a".to_vec()));
        assert_eq!(named(b"[kernel.kallsyms]_text"), "[kernel.kallsyms]");
    }
}
