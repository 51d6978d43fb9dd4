//! Text profiles of `debug=1`, and the binary CPU profiles of gperftools and of Go before 1.9
//! (profile/legacy_profile.go).
//!
//! Text has the values as they were sampled: memory is scaled up here as the runtime does it for `profile.proto`. Contentions
//! are scaled up already; pprof does it once more, and counts too many (legacy_profile.go:parseContentionSample).

use super::maps::mappings;
use super::measure::whole;
use dumpview_parsers::pprof::{
    CpuProfile, Function, Line, Location, Mapping, Profile, Tag, TagValue, Texts, ValueType,
};
use dumpview_parsers::profile::{Frame, Header, Memory, Record, Values, line};
use std::collections::HashMap;

/// Whether the names that stand beside addresses are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// They are, and labels too.
    Comments,
    /// Addresses only, as pprof reads text.
    Addresses,
}

/// A profile from text.
#[derive(Clone, PartialEq, Debug)]
pub struct FromText {
    /// The profile.
    pub profile: Profile,
    /// Lines of it that could not be used: their numbers and why.
    pub unread: Vec<(u64, &'static str)>,
}

/// Patterns of functions that are not worth showing, by what a profile counts.
pub(super) mod drop {
    pub const ALLOC: &str = r"calloc|cfree|malloc|free|memalign|do_memalign|(__)?posix_memalign|pvalloc|valloc|realloc|tcmalloc::.*|tc_calloc|tc_cfree|tc_malloc|tc_free|tc_memalign|tc_posix_memalign|tc_pvalloc|tc_valloc|tc_realloc|tc_new|tc_delete|tc_newarray|tc_deletearray|tc_new_nothrow|tc_newarray_nothrow|malloc_zone_malloc|malloc_zone_calloc|malloc_zone_valloc|malloc_zone_realloc|malloc_zone_memalign|malloc_zone_free|runtime\..*|BaseArena::.*|(::)?do_malloc_no_errno|(::)?do_malloc_pages|(::)?do_malloc|DoSampledAllocation|MallocedMemBlock::MallocedMemBlock|_M_allocate|__builtin_(vec_)?delete|__builtin_(vec_)?new|__gnu_cxx::new_allocator::allocate|__libc_malloc|__malloc_alloc_template::allocate|allocate|cpp_alloc|operator new(\[\])?|simple_alloc::allocate";
    pub const ALLOC_KEEP: &str = r"runtime\.panic|runtime\.reflectcall|runtime\.call[0-9]*";
    pub const CPU: &str = r"ProfileData::Add|ProfileData::prof_handler|CpuProfiler::prof_handler|__pthread_sighandler|__restore";
    pub const LOCK: &str = r"RecordLockProfileData|(base::)?RecordLockProfileData.*|(base::)?SubmitMutexProfileData.*|(base::)?SubmitSpinLockProfileData.*|(base::Mutex::)?AwaitCommon.*|(base::Mutex::)?Unlock.*|(base::Mutex::)?UnlockSlow.*|(base::Mutex::)?ReaderUnlock.*|(base::MutexLock::)?~MutexLock.*|(Mutex::)?AwaitCommon.*|(Mutex::)?Unlock.*|(Mutex::)?UnlockSlow.*|(Mutex::)?ReaderUnlock.*|(MutexLock::)?~MutexLock.*|(SpinLock::)?Unlock.*|(SpinLock::)?SlowUnlock.*|(SpinLockHolder::)?~SpinLockHolder.*";
}

/// A stack that is being read.
#[derive(Default)]
struct Pending {
    addresses: Vec<u64>,
    values: Vec<i64>,
    tags: Vec<Tag>,
    frames: Vec<(u64, u32, i64)>,
}

/// Reads text; `None` when no profile is in it. What stands before and behind a profile is passed over, and so is a second
/// one.
pub fn from_text(text: &[u8], naming: Naming) -> Option<FromText> {
    let mut reading: Option<Reading> = None;
    for (number, text) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let record = line(text);
        match (&mut reading, record) {
            (None, Some(Record::Header(header))) => reading = Some(Reading::new(header, naming)),
            (Some(_), Some(Record::Header(_))) => break,
            (Some(reading), Some(record)) => reading.take(number, &record),
            (Some(reading), None) if looks_like_sample(text) => {
                reading.unread.push((number, "not a record of a profile"));
            }
            _ => {}
        }
    }
    reading.map(Reading::finished)
}

fn looks_like_sample(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit) && text.windows(4).any(|part| part == b" @ 0")
}

struct Reading {
    profile: Profile,
    places: Places,
    naming: Naming,
    memory: Option<MemoryKind>,
    cycles_per_second: i64,
    pending: Option<Pending>,
    unread: Vec<(u64, &'static str)>,
}

#[derive(Clone, Copy)]
struct MemoryKind {
    rate: u64,
    has_allocs: bool,
}

impl Reading {
    fn new(header: Header<'_>, naming: Naming) -> Self {
        let mut memory = None;
        let kinds: Vec<ValueType>;
        let period_type;
        let mut period = 1;
        let (mut drop, mut keep) = (drop::CPU, "");
        match header {
            Header::Count { name, .. } => {
                let name = String::from_utf8_lossy(name);
                period_type = ValueType::new(&name, "count");
                kinds = vec![period_type.clone()];
            }
            Header::Heap { sum, sample_rate } => {
                let differs = |all: i64, live: i64| all != live && all != 0;
                let has_allocs =
                    differs(sum.objects, sum.live_objects) || differs(sum.bytes, sum.live_bytes);
                memory = Some(MemoryKind {
                    rate: sample_rate,
                    has_allocs,
                });
                period = i64::try_from(sample_rate).unwrap_or(i64::MAX);
                period_type = ValueType::new("space", "bytes");
                let names: &[&str] = if has_allocs {
                    &[
                        "alloc_objects",
                        "alloc_space",
                        "inuse_objects",
                        "inuse_space",
                    ]
                } else {
                    &["objects", "space"]
                };
                let unit = |name: &str| {
                    if name.ends_with("space") {
                        "bytes"
                    } else {
                        "count"
                    }
                };
                let names = names.iter();
                kinds = names.map(|name| ValueType::new(name, unit(name))).collect();
                (drop, keep) = (drop::ALLOC, drop::ALLOC_KEEP);
            }
            Header::Block | Header::Mutex => {
                period_type = ValueType::new("contentions", "count");
                kinds = vec![period_type.clone(), ValueType::new("delay", "nanoseconds")];
                drop = drop::LOCK;
            }
        }
        Self {
            profile: Profile {
                sample_types: kinds,
                period_type: Some(period_type),
                period,
                drop_frames: drop.to_owned(),
                keep_frames: keep.to_owned(),
                ..Profile::default()
            },
            places: Places::default(),
            naming,
            memory,
            cycles_per_second: 0,
            pending: None,
            unread: Vec::new(),
        }
    }

    fn take(&mut self, line: u64, record: &Record<'_>) {
        match record {
            Record::CyclesPerSecond(cycles) => self.cycles_per_second = *cycles,
            Record::SamplingPeriod(period) => self.profile.period = *period,
            Record::Sample(sample) => {
                self.close();
                let mut pending = Pending {
                    addresses: sample.stack.iter().collect(),
                    ..Pending::default()
                };
                match self.values(sample.values) {
                    Ok((values, size)) => {
                        pending.values = values;
                        pending.tags.extend(size.map(|size| Tag {
                            key: self.profile.texts.number("bytes"),
                            value: TagValue::Number(size, Texts::EMPTY),
                        }));
                        self.pending = Some(pending);
                    }
                    Err(why) => self.unread.push((line, why)),
                }
            }
            Record::Labels(labels) if self.naming == Naming::Comments => {
                let Some(pending) = &mut self.pending else {
                    return;
                };
                for (key, value) in labels.iter() {
                    let mut text =
                        |text: &[u8]| self.profile.texts.number(&String::from_utf8_lossy(text));
                    let (key, value) = (text(&key.text()), text(&value.text()));
                    pending.tags.push(Tag {
                        key,
                        value: TagValue::Text(value),
                    });
                }
            }
            Record::Frame(frame) if self.naming == Naming::Comments => {
                if let Some(pending) = &mut self.pending
                    && !frame.function.is_empty()
                {
                    let function = self.places.function(frame, &mut self.profile);
                    pending
                        .frames
                        .push((frame.pc, function, i64::from(frame.line)));
                }
            }
            _ => {}
        }
    }

    /// The values of a sample, and of memory the size of an object.
    fn values(&self, values: Values) -> Result<(Vec<i64>, Option<i64>), &'static str> {
        match (values, self.memory) {
            (Values::Count(count), None) if self.profile.sample_types.len() == 1 => {
                Ok((vec![i64::try_from(count).unwrap_or(i64::MAX)], None))
            }
            (Values::Contention { cycles, count }, None)
                if self.profile.sample_types.len() == 2 =>
            {
                #[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
                let nanos = if self.cycles_per_second > 0 {
                    whole(cycles as f64 / (self.cycles_per_second as f64 / 1e9))
                } else {
                    cycles
                };
                Ok((vec![count, nanos], None))
            }
            (Values::Memory(memory), Some(kind)) => {
                let (values, size) = in_memory(memory, kind)?;
                Ok((values, Some(size)))
            }
            _ => Err("a record of another kind of profile"),
        }
    }

    /// Gives the sample that was read.
    fn close(&mut self) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        // Addresses are those behind the calls.
        let addresses = pending.addresses.iter().map(|at| at.wrapping_sub(1));
        let stack: Vec<u32> = if pending.frames.is_empty() {
            let used = addresses.filter(|at| self.naming == Naming::Addresses || *at != u64::MAX);
            used.map(|at| self.places.location(at, &[], &mut self.profile))
                .collect()
        } else {
            // What has no name is the runtime's own, which leaves it out.
            let frames = pending.frames.iter();
            frames
                .map(|(pc, function, line)| {
                    let line = Line {
                        function: *function,
                        line: *line,
                        column: 0,
                    };
                    self.places.location(*pc, &[line], &mut self.profile)
                })
                .collect()
        };
        self.profile
            .samples
            .push(&stack, &pending.values, &pending.tags);
    }

    fn finished(mut self) -> FromText {
        self.close();
        assign(&mut self.profile);
        FromText {
            profile: self.profile,
            unread: self.unread,
        }
    }
}

fn in_memory(memory: Memory, kind: MemoryKind) -> Result<(Vec<i64>, i64), &'static str> {
    let mut size = 0;
    let mut values = Vec::new();
    let allocs = kind.has_allocs.then_some((memory.objects, memory.bytes));
    let live = (memory.live_objects, memory.live_bytes);
    for (count, bytes) in allocs.into_iter().chain([live]) {
        if count == 0 && bytes != 0 {
            return Err("bytes without objects");
        }
        if count != 0 {
            size = bytes.wrapping_div(count);
        }
        let (count, bytes) = unsampled(count, bytes, kind.rate);
        values.extend([count, bytes]);
    }
    Ok((values, size))
}

/// What samples stand for (legacy_profile.go:scaleHeapSample).
#[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
pub(super) fn unsampled(count: i64, bytes: i64, rate: u64) -> (i64, i64) {
    if count == 0 || bytes == 0 {
        return (0, 0);
    }
    if rate <= 1 {
        return (count, bytes);
    }
    let average = bytes as f64 / count as f64;
    let scale = 1.0 / (1.0 - (-average / rate as f64).exp());
    (whole(count as f64 * scale), whole(bytes as f64 * scale))
}

/// Locations and functions, each once.
#[derive(Default)]
pub(super) struct Places {
    locations: HashMap<(u64, Vec<Line>), u32>,
    functions: HashMap<(Vec<u8>, Vec<u8>), u32>,
}

impl Places {
    fn function(&mut self, frame: &Frame<'_>, profile: &mut Profile) -> u32 {
        let key = (frame.function.to_vec(), frame.file.to_vec());
        let next = u32::try_from(profile.functions.len()).unwrap_or(u32::MAX);
        let at = *self.functions.entry(key).or_insert(next);
        if at == next {
            let name = String::from_utf8_lossy(frame.function).into_owned();
            profile.functions.push(Function {
                system_name: name.clone(),
                name,
                file: String::from_utf8_lossy(frame.file).into_owned(),
                start_line: 0,
            });
        }
        at
    }

    pub(super) fn location(&mut self, address: u64, lines: &[Line], profile: &mut Profile) -> u32 {
        let next = u32::try_from(profile.locations.len()).unwrap_or(u32::MAX);
        let at = *self
            .locations
            .entry((address, lines.to_vec()))
            .or_insert(next);
        if at == next {
            profile.locations.push(Location {
                id: u64::from(next) + 1,
                address,
                lines: lines.to_vec(),
                ..Location::default()
            });
        }
        at
    }
}

/// Says of each location which mapping it lies in; those that lie in none are in one that has neither name nor bounds
/// (legacy_profile.go:remapMappingIDs).
pub(super) fn assign(profile: &mut Profile) {
    let named = !profile.functions.is_empty();
    let Profile {
        mappings,
        locations,
        ..
    } = profile;
    let mut fake = None;
    for location in locations.iter_mut().filter(|of| of.address != 0) {
        let at = location.address;
        let within = mappings
            .iter()
            .position(|of| of.start <= at && at < of.limit);
        let index = within.or(fake).unwrap_or_else(|| {
            fake = Some(mappings.len());
            mappings.push(Mapping {
                limit: u64::MAX,
                has_functions: named,
                ..Mapping::default()
            });
            mappings.len() - 1
        });
        location.mapping = u32::try_from(index).ok();
    }
    for (id, mapping) in (1..).zip(mappings) {
        mapping.id = id;
    }
}

/// Gives a profile without mappings one, so that its places have one to be in
/// (internal/driver/fetch.go:locateBinaries).
pub fn add_mapping(profile: &mut Profile) {
    if !profile.mappings.is_empty() {
        return;
    }
    profile.mappings.push(Mapping {
        id: 1,
        ..Mapping::default()
    });
    for location in &mut profile.locations {
        location.mapping = Some(0);
    }
}

/// Reads a binary CPU profile.
pub fn from_cpu(cpu: &CpuProfile<'_>) -> Profile {
    let period = i64::try_from(cpu.period.saturating_mul(1000)).unwrap_or(i64::MAX);
    let mut profile = Profile {
        sample_types: vec![
            ValueType::new("samples", "count"),
            ValueType::new("cpu", "nanoseconds"),
        ],
        period_type: Some(ValueType::new("cpu", "nanoseconds")),
        period,
        drop_frames: drop::CPU.to_owned(),
        mappings: mappings(cpu.maps),
        ..Profile::default()
    };
    let mut stacks: Vec<Vec<u64>> = cpu
        .samples
        .iter()
        .map(|sample| {
            let callers = sample.stack.iter().skip(1).map(|at| at.wrapping_sub(1));
            sample
                .stack
                .first()
                .copied()
                .into_iter()
                .chain(callers)
                .collect()
        })
        .collect();
    for _ in 0..2 {
        without_handler(&mut stacks);
    }
    let mut places = Places::default();
    for (stack, sample) in stacks.iter_mut().zip(&cpu.samples) {
        // The innermost frame may be there twice: from the registers and from the stack.
        if let [leaf, caller, ..] = stack.as_slice()
            && *leaf == caller.wrapping_add(1)
        {
            stack.remove(1);
        }
        let stack: Vec<u32> = stack
            .iter()
            .map(|at| places.location(*at, &[], &mut profile))
            .collect();
        let count = sample.count.cast_signed();
        profile
            .samples
            .push(&stack, &[count, count.wrapping_mul(period)], &[]);
    }
    assign(&mut profile);
    profile
}

/// A second frame that almost all stacks have is the signal handler's.
fn without_handler(stacks: &mut [Vec<u64>]) {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for second in stacks.iter().filter_map(|stack| stack.get(1)) {
        *counts.entry(*second).or_default() += 1;
    }
    let enough = stacks.len() - stacks.len() / 32;
    let found = counts.iter().find(|(_, count)| **count >= enough);
    if let Some((handler, _)) = found {
        for stack in stacks.iter_mut() {
            if stack.get(1) == Some(handler) {
                stack.remove(1);
            }
        }
    }
}
