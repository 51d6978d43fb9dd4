//! Text profiles of gperftools as profiles (profile/legacy_profile.go). They have addresses and no names: the executable names them.

use super::maps::mappings;
use super::measure::whole;
use super::text::{Places, assign, drop, unsampled};
use dumpview_parsers::pprof::{
    GperfKind, GperfProfile, GperfSample, Profile, Tag, TagValue, Texts, ValueType,
};

fn types(of: &[(&str, &str)]) -> Vec<ValueType> {
    let all = of.iter();
    all.map(|(kind, unit)| ValueType::new(kind, unit)).collect()
}

/// Types of values, the type of the period and the period, what is not worth showing and what is nevertheless.
fn head(kind: GperfKind) -> Profile {
    let (sample_types, period_type, period, drop, keep) = match kind {
        GperfKind::Heap {
            period, has_allocs, ..
        } => {
            let all = types(&[
                ("alloc_objects", "count"),
                ("alloc_space", "bytes"),
                ("inuse_objects", "count"),
                ("inuse_space", "bytes"),
            ]);
            let live = types(&[("objects", "count"), ("space", "bytes")]);
            let space = ValueType::new("space", "bytes");
            let kinds = if has_allocs { all } else { live };
            (kinds, space, period, drop::ALLOC, drop::ALLOC_KEEP)
        }
        GperfKind::Contention { period, .. } => {
            let kinds = types(&[("contentions", "count"), ("delay", "nanoseconds")]);
            let contentions = ValueType::new("contentions", "count");
            (kinds, contentions, period, drop::LOCK, "")
        }
        GperfKind::Thread => {
            let threads = ValueType::new("thread", "count");
            (vec![threads.clone()], threads, 1, drop::CPU, "")
        }
    };
    Profile {
        sample_types,
        period_type: Some(period_type),
        period,
        drop_frames: drop.to_owned(),
        keep_frames: keep.to_owned(),
        ..Profile::default()
    }
}

/// Reads a text profile of gperftools.
pub fn from_gperf(text: &GperfProfile<'_>) -> Profile {
    let mut profile = Profile {
        mappings: mappings(text.maps),
        ..head(text.kind)
    };
    if let GperfKind::Contention { millis, .. } = text.kind {
        profile.duration_nanos = millis.saturating_mul(1_000_000);
    }
    let mut places = Places::default();
    for sample in &text.samples {
        // Addresses are those behind the calls; the innermost of a thread is where it is.
        let is_thread = text.kind == GperfKind::Thread;
        let mut stack: Vec<u64> = sample.stack.clone();
        for at in stack.iter_mut().skip(usize::from(is_thread)) {
            *at = at.wrapping_sub(1);
        }
        if let ([leaf, caller, ..], true) = (stack.as_slice(), is_thread)
            && *leaf == caller.wrapping_add(1)
        {
            stack.remove(1);
        }
        let stack: Vec<u32> = stack
            .iter()
            .map(|at| places.location(*at, &[], &mut profile))
            .collect();
        let (values, size) = values(sample, text.kind);
        let tags: Vec<Tag> = size
            .map(|size| Tag {
                key: profile.texts.number("bytes"),
                value: TagValue::Number(size, Texts::EMPTY),
            })
            .into_iter()
            .collect();
        profile.samples.push(&stack, &values, &tags);
    }
    assign(&mut profile);
    profile
}

/// The values, and of memory the size of an object.
#[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
fn values(sample: &GperfSample, kind: GperfKind) -> (Vec<i64>, Option<i64>) {
    let [first, second, objects, bytes] = sample.values;
    match kind {
        GperfKind::Heap {
            rate, has_allocs, ..
        } => {
            let rate = u64::try_from(rate).unwrap_or(0);
            let (mut values, mut size) = (Vec::new(), 0);
            let allocs = has_allocs.then_some((objects, bytes));
            for (count, bytes) in allocs.into_iter().chain([(first, second)]) {
                if count != 0 {
                    size = bytes.wrapping_div(count);
                }
                let (count, bytes) = if rate > 0 {
                    unsampled(count, bytes, rate)
                } else {
                    (count, bytes)
                };
                values.extend([count, bytes]);
            }
            (values, Some(size))
        }
        GperfKind::Contention { period, hz, .. } => {
            let (mut delay, mut count) = (first, second);
            if period > 0 {
                if hz > 0 {
                    delay = whole(delay as f64 * period as f64 / (hz as f64 / 1e9));
                }
                count = count.wrapping_mul(period);
            }
            (vec![count, delay], None)
        }
        GperfKind::Thread => (vec![first], None),
    }
}
