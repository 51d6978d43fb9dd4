//! Escape sites joined with a heap profile: which of them the bytes come from.
//!
//! A profile's innermost frame is where the allocation stands in the source, or a function inlined there; the
//! compiler reports an inlined copy at the call. So the frames of a record are tried from the innermost
//! outwards as long as they share one machine function (are inlined into each other), leaving out the
//! runtime's own: further out there are callers, which do not allocate. A profile
//! knows lines and no columns. Bytes are counted to the line; how many decisions share it is said.
//!
//! Samples are scaled to the whole the way `go tool pprof` does it: a sample of size s was taken with
//! probability 1 - exp(-s/rate).

use super::decision::{Analysis, Decision};
use dumpview_parsers::pprof::{self, SampleRef, Stack};
use dumpview_parsers::profile::{Header, Memory, Record, Values, line};
use rustc_hash::FxHashMap;

/// One function of a record's stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileFrame {
    /// Where the machine code begins: the same for functions inlined into each other.
    pub entry: u64,
    /// The function.
    pub function: String,
    /// Its file.
    pub file: String,
    /// The line.
    pub line: u32,
}

/// One stack and what it allocated.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ProfileRecord {
    /// As sampled.
    pub sample: Memory,
    /// Innermost first.
    pub frames: Vec<ProfileFrame>,
}

/// A profile.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Profile {
    /// Bytes between samples; `None` until a header was read.
    pub sample_rate: Option<u64>,
    /// Its records.
    pub records: Vec<ProfileRecord>,
}

/// Which values of a sample count allocations; those in use may be missing.
struct Columns {
    objects: usize,
    bytes: usize,
    live_objects: Option<usize>,
    live_bytes: Option<usize>,
}

impl Columns {
    fn of(profile: &pprof::Profile) -> Option<Self> {
        let types = &profile.sample_types;
        let named = |name: &str| types.iter().position(|of| of.kind == name);
        Some(Self {
            objects: named("alloc_objects")?,
            bytes: named("alloc_space")?,
            live_objects: named("inuse_objects"),
            live_bytes: named("inuse_space"),
        })
    }

    fn memory(&self, sample: &SampleRef<'_>) -> Memory {
        let value = |at: usize| sample.values.get(at).copied().unwrap_or(0);
        Memory {
            objects: value(self.objects),
            bytes: value(self.bytes),
            live_objects: self.live_objects.map_or(0, value),
            live_bytes: self.live_bytes.map_or(0, value),
        }
    }
}

impl Profile {
    /// Takes a `profile.proto`, which has its samples scaled up already; `None` when it counts no allocations.
    pub fn from_proto(profile: &pprof::Profile) -> Option<Self> {
        let columns = Columns::of(profile)?;
        let at = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
        let frames = |stack: Stack<'_>| -> Vec<ProfileFrame> {
            let locations = stack.iter().filter_map(|of| {
                let location = profile.locations.get(at(of))?;
                Some((u64::from(of), location))
            });
            // What is inlined into each other is one location.
            let frames = locations.flat_map(|(entry, location)| {
                location.lines.iter().filter_map(move |line| {
                    let function = profile.functions.get(at(line.function))?;
                    Some(ProfileFrame {
                        entry,
                        function: function.name.clone(),
                        file: function.file.clone(),
                        line: u32::try_from(line.line).unwrap_or(0),
                    })
                })
            });
            frames.collect()
        };
        let samples = profile.samples.iter();
        Some(Self {
            sample_rate: Some(1),
            records: samples
                .map(|sample| ProfileRecord {
                    sample: columns.memory(&sample),
                    frames: frames(sample.stack),
                })
                .collect(),
        })
    }

    /// Reads one line.
    pub fn line(&mut self, text: &[u8]) {
        match line(text) {
            Some(Record::Header(header)) => {
                self.sample_rate = match header {
                    Header::Heap { sample_rate, .. } => Some(sample_rate),
                    _ => None,
                };
            }
            Some(Record::Sample(sample)) if self.sample_rate.is_some() => {
                if let Values::Memory(sample) = sample.values {
                    self.records.push(ProfileRecord {
                        sample,
                        frames: Vec::new(),
                    });
                }
            }
            Some(Record::Frame(frame)) if !frame.function.is_empty() => {
                if let Some(record) = self.records.last_mut() {
                    record.frames.push(ProfileFrame {
                        entry: frame.entry,
                        function: String::from_utf8_lossy(frame.function).into_owned(),
                        file: String::from_utf8_lossy(frame.file).into_owned(),
                        line: frame.line,
                    });
                }
            }
            _ => {}
        }
    }
}

/// Bytes and objects.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Amount {
    objects: u64,
    bytes: u64,
}

/// A line of source that allocates, with what is decided there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllocSite {
    /// Indexes of the decisions on the heap at this line.
    pub decisions: Vec<usize>,
    /// The frame that matched.
    pub function: String,
    /// Estimated bytes allocated since the start.
    pub bytes: u64,
    /// Estimated objects.
    pub objects: u64,
    /// Estimated bytes still in use.
    pub live_bytes: u64,
}

/// A profile joined with decisions.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AllocJoin {
    /// Sites, most bytes first.
    pub sites: Vec<AllocSite>,
    /// Estimated bytes at no line that the input has a decision for.
    pub unmatched_bytes: u64,
    /// Estimated bytes in all.
    pub total_bytes: u64,
}

/// The whole that a sample stands for.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate; negative and not finite values become zero, large ones saturate"
)]
fn scaled(objects: i64, bytes: i64, rate: u64) -> Amount {
    if objects <= 0 || bytes <= 0 {
        return Amount::default();
    }
    let (count, size) = (objects as f64, bytes as f64);
    let factor = if rate <= 1 {
        1.0
    } else {
        1.0 / (1.0 - (-(size / count) / rate as f64).exp())
    };
    Amount {
        objects: (count * factor) as u64,
        bytes: (size * factor) as u64,
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The package a profile's function is in: `example.com/a/b.(*T).m` is in `example.com/a/b`.
fn package_of(function: &str) -> &str {
    let tail = function.rfind('/').map_or(0, |at| at + 1);
    function
        .get(tail..)
        .and_then(|name| name.find('.'))
        .and_then(|dot| function.get(..tail + dot))
        .unwrap_or(function)
}

/// Whether a frame can stand at a decision: the same file by its name as far as both are known, and the
/// package of the function, which is `main` in a program whatever its import path.
fn same_place(analysis: &Analysis, decision: &Decision, frame: &ProfileFrame) -> bool {
    let file = analysis.text(decision.place.file);
    let file = file.trim_start_matches("./").replace('\\', "/");
    let whole = frame.file.replace('\\', "/");
    let same_file = if file.starts_with('/') {
        whole == file || whole.ends_with(&file)
    } else if let Some(tail) = file.strip_prefix("../") {
        base_name(tail) == base_name(&whole)
    } else {
        whole == file || whole.ends_with(&format!("/{file}"))
    };
    let package = analysis.text(decision.package);
    let of_frame = package_of(&frame.function);
    // Without a header the package is not known; code of other packages is inlined and instantiated here.
    same_file
        && (package.is_empty()
            || package == of_frame
            || of_frame == "main"
            || file.starts_with('/')
            || file.starts_with("../"))
}

/// Counts a profile's bytes to the lines of decisions on the heap.
pub fn join_allocations(analysis: &Analysis, profile: &Profile) -> AllocJoin {
    let mut by_line: FxHashMap<(String, u32), Vec<usize>> = FxHashMap::default();
    for (index, decision) in analysis.decisions.iter().enumerate() {
        if decision.kind().is_heap() {
            let file = analysis.text(decision.place.file);
            by_line
                .entry((base_name(&file).to_owned(), decision.place.line))
                .or_default()
                .push(index);
        }
    }
    let rate = profile.sample_rate.unwrap_or(0);
    let mut join = AllocJoin::default();
    let mut at: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
    for record in &profile.records {
        let sample = record.sample;
        let all = scaled(sample.objects, sample.bytes, rate);
        let live = scaled(sample.live_objects, sample.live_bytes, rate);
        join.total_bytes = join.total_bytes.saturating_add(all.bytes);
        let found = candidates(record).find_map(|frame| {
            let here = by_line.get(&(base_name(&frame.file).to_owned(), frame.line))?;
            let here: Vec<usize> = here
                .iter()
                .copied()
                .filter(|index| {
                    analysis
                        .decisions
                        .get(*index)
                        .is_some_and(|decision| same_place(analysis, decision, frame))
                })
                .collect();
            (!here.is_empty()).then_some((frame, here))
        });
        let Some((frame, here)) = found else {
            join.unmatched_bytes = join.unmatched_bytes.saturating_add(all.bytes);
            continue;
        };
        let index = *at.entry(here).or_insert_with_key(|here| {
            join.sites.push(AllocSite {
                decisions: here.clone(),
                function: frame.function.clone(),
                bytes: 0,
                objects: 0,
                live_bytes: 0,
            });
            join.sites.len() - 1
        });
        if let Some(site) = join.sites.get_mut(index) {
            site.bytes = site.bytes.saturating_add(all.bytes);
            site.objects = site.objects.saturating_add(all.objects);
            site.live_bytes = site.live_bytes.saturating_add(live.bytes);
        }
    }
    join.sites
        .sort_by(|a, b| (b.bytes, &a.decisions).cmp(&(a.bytes, &b.decisions)));
    join
}

/// The frames that may be the allocating one: the innermost that is not the runtime's, and what it is inlined
/// in.
fn candidates(record: &ProfileRecord) -> impl Iterator<Item = &ProfileFrame> {
    let own = |frame: &&ProfileFrame| package_of(&frame.function) != "runtime";
    let entry = record.frames.iter().find(own).map(|frame| frame.entry);
    record
        .frames
        .iter()
        .filter(own)
        .take_while(move |frame| Some(frame.entry) == entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_functions() {
        for (function, package) in [
            ("main.main", "main"),
            ("example.com/a/b.(*T).m", "example.com/a/b"),
            ("gopkg.in/yaml%2ev3.f", "gopkg.in/yaml%2ev3"),
            ("runtime.main", "runtime"),
        ] {
            assert_eq!(package_of(function), package);
        }
    }

    #[test]
    fn samples_are_scaled_like_pprof() {
        // One object of 512 KiB at the default rate: 1/(1-1/e).
        assert_eq!(scaled(1, 524288, 524288).bytes, 829411);
        assert_eq!(scaled(3, 300, 1).bytes, 300);
        assert_eq!(scaled(0, 0, 524288), Amount::default());
        assert_eq!(scaled(-1, -8, 524288), Amount::default());
    }
}
