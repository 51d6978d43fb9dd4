//! Memory: what lives, what was allocated and let go, how exact that is.
//!
//! The runtime samples an allocation of S bytes with probability p = 1 - exp(-S/rate), and profiles say the sampled counts divided
//! by p (runtime/pprof/protomem.go:scaleHeapSample). The variance of such a sum is that of Horvitz and Thompson: of n objects
//! of S bytes, n·S²·(1-p)/p, and of their number n·(1-p)/p. One small object that was sampled stands for thousands.

use super::stacks::{Call, Stacks, counted, ratio};
use super::{Ask, Found};
use crate::finding::{Finding, Severity};
use crate::units::{bytes, grouped, percent};
use std::collections::HashMap;

/// So many sites are named.
const SITES: usize = 3;
/// A site has to have this share of what lives.
const BIG: f64 = 0.15;
/// Sums that may be wrong by more than this are not judged.
const VAGUE: f64 = 0.5;
/// On average, objects of so many bytes are few and big, and of so many small.
const LARGE: i64 = 32 << 10;
const SMALL: i64 = 256;
/// So many objects are many.
const MANY: i64 = 10_000;
/// What was allocated is that many times what lives.
const PASSING: i64 = 20;
/// What has such a share of something stands for most of it, and what has this one for all.
const MOSTLY: f64 = 0.5;
const NEARLY_ALL: f64 = 0.9;
/// A pool is worth its while from objects of this size.
const POOLED: i64 = 1 << 10;

/// A count of objects and their bytes, with the variances of both.
#[derive(Clone, Copy, Default)]
struct Sum {
    objects: i64,
    bytes: i64,
    objects_variance: f64,
    variance: f64,
    /// What of the bytes is in objects that are large enough for a pool.
    pooled: i64,
}

impl Sum {
    fn add(&mut self, objects: i64, bytes: i64, rate: i64) {
        self.objects = self.objects.wrapping_add(objects);
        self.bytes = self.bytes.wrapping_add(bytes);
        if bytes.checked_div(objects).unwrap_or(0) >= POOLED {
            self.pooled = self.pooled.wrapping_add(bytes);
        }
        if objects == 0 || bytes == 0 || rate <= 1 {
            return;
        }
        let size = (float(bytes) / float(objects)).abs();
        let sampled = 1.0 - (-size / float(rate)).exp();
        let variance = float(objects).abs() * (1.0 - sampled) / sampled;
        self.objects_variance += variance;
        self.variance += variance * size * size;
    }

    /// Two standard deviations: 95 of 100 sums are right within that.
    fn error(&self) -> f64 {
        2.0 * self.variance.sqrt()
    }

    /// Whether the sum may be far from what is so.
    fn is_vague(&self) -> bool {
        self.error() > VAGUE * float(self.bytes).abs()
    }

    /// How many objects they are and how large on average, when enough were sampled to tell.
    fn objects(&self) -> Option<Objects> {
        let error = 2.0 * self.objects_variance.sqrt();
        let count = float(self.objects).abs();
        // Of a difference there may be fewer objects and more bytes.
        let average = self.bytes.checked_div(self.objects)?;
        if average < 0 {
            return None;
        }
        let error = (error >= 0.001 * count).then_some(error);
        let is_known = error.is_none_or(|error| error <= VAGUE * count);
        is_known.then_some(Objects {
            count: self.objects,
            error,
            average,
        })
    }
}

/// How many objects there are.
#[derive(Clone, Copy)]
struct Objects {
    count: i64,
    /// By how much the count may be wrong, where that is anything.
    error: Option<f64>,
    average: i64,
}

impl Objects {
    /// `1,234 (± 100) objects of 2.0 KiB on average`.
    fn told(self) -> String {
        format!("{} of {} on average", self.counted(), amount(self.average))
    }

    /// `1,234 (± 100) objects`.
    fn counted(self) -> String {
        match self.error {
            Some(error) => {
                let count = grouped(self.count.unsigned_abs());
                format!("{count} (± {}) objects", grouped(whole(error)))
            }
            None => counted(self.count, "object"),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn float(value: i64) -> f64 {
    value as f64
}

/// Where memory was allocated.
#[derive(Clone, Copy, Default)]
struct Site {
    live: Sum,
    allocated: Sum,
}

/// Bytes that live, and that were allocated.
type Both = (i64, i64);

struct Memory<'s, 'p> {
    stacks: &'s Stacks<'p>,
    sites: Vec<(Call, Site)>,
    /// By site, and by the function that allocated for it.
    leaves: HashMap<(Call, u32), Both>,
    live: Sum,
    allocated: Sum,
    rate: i64,
    has_allocated: bool,
}

impl<'s, 'p> Memory<'s, 'p> {
    fn of(stacks: &'s Stacks<'p>) -> Option<Self> {
        let column = |names: [&str; 2]| names.iter().find_map(|name| stacks.column(name));
        let live = (
            column(["inuse_objects", "objects"])?,
            column(["inuse_space", "space"])?,
        );
        let allocated = stacks
            .column("alloc_objects")
            .zip(stacks.column("alloc_space"));
        let mut memory = Self {
            stacks,
            sites: Vec::new(),
            leaves: HashMap::new(),
            live: Sum::default(),
            allocated: Sum::default(),
            rate: stacks.profile.period,
            has_allocated: allocated.is_some(),
        };
        let mut sites: HashMap<Call, Site> = HashMap::new();
        for sample in stacks.profile.samples.iter() {
            let value = |at: usize| sample.values.get(at).copied().unwrap_or(0);
            let Some(call) = stacks.site(sample.stack) else {
                continue;
            };
            let site = sites.entry(call).or_default();
            let (objects, bytes) = (value(live.0), value(live.1));
            site.live.add(objects, bytes, memory.rate);
            memory.live.add(objects, bytes, memory.rate);
            let mut both = (bytes, 0);
            if let Some((objects, bytes)) = allocated {
                let (objects, bytes) = (value(objects), value(bytes));
                site.allocated.add(objects, bytes, memory.rate);
                memory.allocated.add(objects, bytes, memory.rate);
                both.1 = bytes;
            }
            if let Some(leaf) = stacks.calls(sample.stack).next() {
                let sums = memory.leaves.entry((call, leaf.function)).or_default();
                sums.0 = sums.0.wrapping_add(both.0);
                sums.1 = sums.1.wrapping_add(both.1);
            }
        }
        memory.sites = sites.into_iter().collect();
        Some(memory)
    }

    /// Sites by what `of` says, the largest first.
    fn by(&self, of: impl Fn(&Site) -> i64) -> Vec<(Call, Site)> {
        let mut sites = self.sites.clone();
        sites.sort_by_key(|(call, site)| (std::cmp::Reverse(of(site).wrapping_abs()), *call));
        sites
    }

    /// A site: its call, and through what most of its `bytes` were allocated, of which `of` says which are meant.
    fn place(&self, call: Call, bytes: i64, of: impl Fn(Both) -> i64) -> String {
        let place = self.stacks.place(call);
        let leaves = self.leaves.iter().filter(|((site, _), _)| *site == call);
        let leaves = leaves.map(|((_, leaf), sums)| (ratio(of(*sums), bytes), *leaf));
        let most = leaves.max_by(|(one, a), (other, b)| one.total_cmp(other).then(b.cmp(a)));
        match most {
            Some((share, leaf)) if share >= MOSTLY && leaf != call.function => {
                let mostly = if share >= NEARLY_ALL { "" } else { "mostly " };
                format!("{place} {mostly}through {}", self.stacks.name(leaf))
            }
            _ => place,
        }
    }
}

/// Everything that is told of a memory profile.
pub fn findings(stacks: &Stacks<'_>, found: &mut Vec<Found>) {
    let Some(memory) = Memory::of(stacks) else {
        return;
    };
    found.extend(living(&memory));
    found.extend(big(&memory));
    found.extend(passing(&memory));
}

/// `12.0 MiB (± 1.0 MiB)`.
fn with_error(sum: &Sum) -> String {
    let amount = amount(sum.bytes);
    if sum.error() < 0.001 * float(sum.bytes).abs() {
        amount
    } else {
        format!("{amount} (± {})", bytes(whole(sum.error())))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "conversions saturate, and roots are not negative"
)]
const fn whole(value: f64) -> u64 {
    value as u64
}

fn amount(value: i64) -> String {
    super::stacks::amount(value, "bytes")
}

/// How much lives, how much was allocated, and how exact that is.
fn living(memory: &Memory<'_, '_>) -> Option<Found> {
    if memory.live.bytes <= 0 {
        return None;
    }
    let mut text = format!("{} live", with_error(&memory.live));
    if let Some(objects) = memory.live.objects() {
        text = format!("{text} in {}", objects.told());
    }
    if memory.has_allocated && memory.allocated.bytes > 0 {
        text = format!("{text}; {} were allocated", with_error(&memory.allocated));
        if let Some(objects) = memory.allocated.objects() {
            text = format!("{text} in {}", objects.counted());
        }
    }
    let text = match memory.rate {
        rate @ 2.. => format!(
            "{text}. One allocation in {} is sampled, and 95 of 100 such numbers are right within what ± says",
            amount(rate)
        ),
        1 => format!("{text}. Every allocation was counted"),
        _ => text,
    };
    Some((Finding::new("heap.live", Severity::Info, text), None))
}

/// Sites that keep much.
fn big(memory: &Memory<'_, '_>) -> Vec<Found> {
    let sites = memory.by(|site| site.live.bytes);
    let told = sites.iter().filter(|(_, site)| {
        ratio(site.live.bytes, memory.live.bytes) >= BIG && !site.live.is_vague()
    });
    told.take(SITES)
        .map(|(call, site)| {
            let live = &site.live;
            let objects = live.objects();
            let advice = match objects {
                Some(of) if of.average >= LARGE => {
                    "few and big: what keeps them a core tells (`gcore PID`, `dumpview heap`)"
                }
                Some(of) if of.average <= SMALL && of.count >= MANY => {
                    "many and small: slices of values in place of pointers, and smaller or shared keys and strings, take less, and less \
                     of the collector's time"
                }
                _ => "whether that grows a later profile shows: `-base=THIS LATER`",
            };
            let objects = objects.map_or(String::new(), |of| format!("{}, ", of.told()));
            let text = format!(
                "{} of what lives ({}) was allocated in {}: {objects}{advice}",
                percent(ratio(live.bytes, memory.live.bytes)),
                with_error(live),
                memory.place(*call, live.bytes, |both| both.0),
            );
            let finding = Finding::new("heap.site", Severity::Info, text);
            let name = memory.stacks.name(call.function);
            let mut ask = Ask::of("list", name);
            "-sample_index=inuse_space".clone_into(&mut ask.flags);
            (finding, Some(ask))
        })
        .collect()
}

/// Sites whose objects are let go at once.
fn passing(memory: &Memory<'_, '_>) -> Vec<Found> {
    let sites = memory.by(|site| site.allocated.bytes);
    let told = sites.iter().filter(|(_, site)| {
        let allocated = &site.allocated;
        ratio(allocated.bytes, memory.allocated.bytes) >= 0.10
            && allocated.bytes / PASSING > site.live.bytes
            && !allocated.is_vague()
    });
    told.take(SITES)
        .map(|(call, site)| {
            let allocated = &site.allocated;
            let share = ratio(allocated.bytes, memory.allocated.bytes);
            let severity = if share >= 0.25 {
                Severity::Warning
            } else {
                Severity::Info
            };
            let advice = if allocated.pooled >= allocated.bytes / 2 {
                "a sync.Pool, or a buffer that is handed in, saves most of it"
            } else {
                "too small for a pool: keep them off the heap (`dumpview escapes` says why they are there) or allocate many as one slice"
            };
            let objects = allocated.objects();
            let objects = objects.map_or(String::new(), |of| format!(", {}", of.told()));
            let text = format!(
                "{} allocates and lets go: {} ({} of all{objects}), of which {} live; {advice}",
                memory.place(*call, allocated.bytes, |both| both.1),
                amount(allocated.bytes),
                percent(share),
                amount(site.live.bytes)
            );
            let finding = Finding::new("heap.passing", severity, text);
            let mut ask = Ask::of("list", memory.stacks.name(call.function));
            "-sample_index=alloc_space".clone_into(&mut ask.flags);
            (finding, Some(ask))
        })
        .collect()
}

/// What grew and shrank between two profiles.
pub fn growth(stacks: &Stacks<'_>, found: &mut Vec<Found>) {
    let Some(memory) = Memory::of(stacks) else {
        return;
    };
    let live = &memory.live;
    let grew = live.bytes > 0 && float(live.bytes) > live.error();
    let sites = memory.by(|site| site.live.bytes);
    let rises = sites.iter().map(|(_, site)| site.live.bytes.max(0));
    let rises = rises.fold(0i64, i64::saturating_add);
    // Where the sum says nothing, one of many sites may rise by chance.
    let least = if grew { 1.0 } else { 1.5 };
    let growing = sites.iter().filter(|(_, site)| {
        let of = &site.live;
        of.bytes > 0 && ratio(of.bytes, rises) >= 0.25 && float(of.bytes) > least * of.error()
    });
    let growing: Vec<&(Call, Site)> = growing.take(SITES).collect();
    let by = if live.bytes < 0 { "less" } else { "more" };
    let mut text = format!(
        "{} {by} live than before",
        amount(live.bytes).trim_start_matches('-').to_owned() + &error_of(live),
    );
    if !growing.is_empty() && !grew {
        text.push_str(" in all: what some places let go hides what others keep");
    } else if !grew && live.bytes > 0 {
        text.push_str("; that may be chance");
    }
    let mut finding = Finding::new("heap.change", Severity::Info, text);
    let told = sites.iter().filter(|(_, site)| site.live.bytes != 0);
    for (call, site) in told.take(5) {
        let sign = if site.live.bytes > 0 { "+" } else { "" };
        finding = finding.seen(format!(
            "{sign}{}{} in {}",
            amount(site.live.bytes),
            error_of(&site.live),
            memory.place(*call, site.live.bytes, |both| both.0)
        ));
    }
    found.push((finding, None));
    for (call, site) in growing {
        let objects = site.live.objects();
        let objects = objects.map_or(String::new(), |of| format!(", in {}", of.told()));
        let text = format!(
            "{} grew by {}{}{objects}: memory that stays. If a third profile shows more still, it leaks: a core tells who keeps them",
            memory.place(*call, site.live.bytes, |both| both.0),
            amount(site.live.bytes),
            error_of(&site.live)
        );
        let mut ask = Ask::of("list", memory.stacks.name(call.function));
        "-sample_index=inuse_space".clone_into(&mut ask.flags);
        found.push((
            Finding::new("heap.growth", Severity::Warning, text),
            Some(ask),
        ));
    }
}

fn error_of(sum: &Sum) -> String {
    if sum.error() < 1.0 {
        String::new()
    } else {
        format!(" (± {})", bytes(whole(sum.error())))
    }
}
