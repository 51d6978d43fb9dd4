//! Who waited (`block`), and who made others wait (`mutex`).

use super::buckets::{BucketKind, Buckets, code_refs};
use super::{ProfileError, Reader};
use crate::addr::Addr;
use crate::memory::MemoryExt;
use crate::process::ProcessError;
use crate::runtime::Note;
use dumpview_parsers::pprof::{Profile, Sample, ValueType};
use rustc_hash::FxHashSet;
use std::cmp::Reverse;

/// The last release that scales up a mutex profile when it is asked for; later ones do when an event is recorded.
const SCALED_WHEN_ASKED: u32 = 19;
/// The first release whose stacks are of frame pointers, with inlined calls to be put in when it is asked for.
const EXPANDED_WHEN_ASKED: u32 = 23;

impl Reader<'_, '_> {
    pub(super) fn contention(&mut self, kind: BucketKind) -> Result<Profile, ProfileError> {
        let runtime = self.runtime;
        let field = |path| runtime.layouts.field("runtime.blockRecord", path);
        let (Some(buckets), Some(count), Some(cycles)) =
            (Buckets::new(runtime), field("count"), field("cycles"))
        else {
            return Err(ProcessError::NoLayout.into());
        };
        let minor = self
            .process
            .version
            .as_ref()
            .map_or(u32::MAX, |version| version.minor);
        let period = if kind == BucketKind::Mutex && minor <= SCALED_WHEN_ASKED {
            self.number("mutexprofilerate")
        } else {
            Some(1)
        };
        let clock = self.ticks_per_second();
        let mut records = Vec::new();
        for bucket in buckets.list(self.process, kind, &mut self.notes)? {
            let count = runtime.memory.u64(bucket.record.offset(count.offset));
            let cycles = runtime.memory.i64(bucket.record.offset(cycles.offset));
            if let (Ok(count), Ok(cycles)) = (count, cycles) {
                records.push((bucket, f64::from_bits(count), cycles));
            }
        }
        let without = match (records.is_empty(), clock, period) {
            (true, ..) => None,
            (false, None, _) => {
                Some("the runtime had not measured its clock, so delays are not known")
            }
            (false, _, None) => {
                Some("runtime.mutexprofilerate is not known: samples are not scaled up")
            }
            (false, Some(_), Some(_)) => None,
        };
        self.notes.extend(without.map(|text| Note {
            text: text.to_owned(),
            count: 1,
        }));
        let period = period.filter(|period| *period > 0).unwrap_or(1);
        records.sort_by_key(|(.., cycles)| Reverse(*cycles));
        for (bucket, count, cycles) in records {
            let locations = if minor >= EXPANDED_WHEN_ASKED {
                self.places.of_frame_pointers(&bucket.stack)
            } else {
                self.places.of_stack(&bucket.stack)
            };
            let mut values = vec![whole(count).saturating_mul(period)];
            values.extend(clock.map(|ticks| nanoseconds(cycles, ticks, period)));
            self.samples.push(Sample {
                locations,
                values,
                ..Sample::default()
            });
        }
        let delay = clock.map(|_| ValueType::new("delay", "nanoseconds"));
        Ok(Profile {
            sample_types: std::iter::once(ValueType::new("contentions", "count"))
                .chain(delay)
                .collect(),
            period_type: Some(ValueType::new("contentions", "count")),
            period: 1,
            ..Profile::default()
        })
    }

    /// A package variable that is a 64 bit number.
    fn number(&self, name: &str) -> Option<i64> {
        let at = self.runtime.vars.address(&format!("runtime.{name}"))?;
        self.runtime.memory.i64(at).ok()
    }

    /// Ticks of the CPU's clock in a second, once the runtime has measured them.
    fn ticks_per_second(&self) -> Option<i64> {
        let named = self.runtime.vars.address("runtime.ticks");
        let at = named.or_else(|| self.ticks_in_code())?;
        let ticks = self.runtime.structure("runtime.ticksType", at).uint("val");
        ticks.ok().map(u64::cast_signed).filter(|ticks| *ticks > 0)
    }

    /// Where `runtime.ticks` stands in a program without symbols: the function that measures them locks it and writes there.
    fn ticks_in_code(&self) -> Option<Addr> {
        let field = |path| self.runtime.layouts.field("runtime.ticksType", path);
        let (lock, val) = (field("lock")?.offset, field("val")?.offset);
        let names = ["runtime.ticksPerSecond", "runtime.tickspersecond"];
        let func = names.iter().find_map(|name| self.symbols.by_name(name))?;
        let refs = code_refs(self.process, &func)?;
        let candidates = refs.iter().filter_map(|at| {
            let variable = Addr(at.0.checked_sub(val)?);
            refs.contains(&variable.offset(lock)).then_some(variable)
        });
        let candidates: FxHashSet<Addr> = candidates.collect();
        let only = candidates.len() == 1;
        candidates.into_iter().next().filter(|_| only)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "as the runtime does")]
fn whole(count: f64) -> i64 {
    count as i64
}

#[expect(clippy::cast_precision_loss, reason = "as the runtime calculates")]
fn nanoseconds(cycles: i64, ticks: i64, period: i64) -> i64 {
    let per_nanosecond = ticks as f64 / 1e9;
    whole(cycles as f64 / per_nanosecond * period as f64)
}
