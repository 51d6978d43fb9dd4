//! Where objects were allocated, of those that the memory profiler sampled.

use super::object::{Site, SiteFrame};
use super::totals::sort;
use crate::addr::Addr;
use crate::heap::{Analysis, SpecialKind};
use crate::profile::{BucketKind, Buckets, Call, calls};
use crate::symbols::printed_name;
use dumpview_heap::by_group;
use dumpview_model::heap::HeapTotal;
use rustc_hash::FxHashMap;

impl Analysis<'_, '_> {
    /// The stack on which a sampled object was allocated.
    pub(super) fn site(&self, object: u32) -> Option<Site> {
        let frames = self.allocation(self.bucket_of(object)?)?.into_iter();
        let frames = frames.map(|call| SiteFrame {
            function: call.function,
            file: call.file.unwrap_or_default(),
            line: call.line.unwrap_or(0),
        });
        let frames: Vec<SiteFrame> = frames.collect();
        (!frames.is_empty()).then_some(Site { frames })
    }

    /// Live objects that were sampled, by the stack of their allocation, with what goes with them one by one. Objects that
    /// were not sampled are in no row.
    pub fn sites(&self) -> Vec<HeapTotal> {
        let mut sites: FxHashMap<String, u32> = FxHashMap::default();
        let mut names = Vec::new();
        let mut of_bucket: FxHashMap<Addr, Option<u32>> = FxHashMap::default();
        let mut of_object: FxHashMap<u32, u32> = FxHashMap::default();
        for special in &self.heap.roots.specials {
            if special.kind != SpecialKind::Profile {
                continue;
            }
            let known = of_bucket.entry(special.payload).or_insert_with(|| {
                // Buckets are kept apart by size too; a site is where the program stood.
                let name = line(&self.allocation(special.payload)?);
                let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
                let number = *sites.entry(name.clone()).or_insert(next);
                if number == next {
                    names.push(name);
                }
                Some(number)
            });
            if let Some(number) = *known {
                of_object.insert(special.object, number);
            }
        }
        let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let group = |node: u32| of_object.get(&node).copied().unwrap_or(u32::MAX);
        let totals = by_group(
            &self.heap.graph,
            &self.dominators,
            &self.heap.spans,
            count,
            group,
        );
        let rows = names.into_iter().zip(totals);
        let rows = rows.filter(|(_, total)| total.objects > 0);
        let mut rows: Vec<HeapTotal> = rows
            .map(|(key, total)| HeapTotal {
                key,
                objects: total.objects,
                bytes: total.shallow,
                retained_bytes: Some(total.retained),
                of: self.live.bytes,
            })
            .collect();
        sort(&mut rows);
        rows
    }

    fn bucket_of(&self, object: u32) -> Option<Addr> {
        let mut specials = self.heap.roots.specials.iter();
        let found = specials.find(|s| s.object == object && s.kind == SpecialKind::Profile)?;
        Some(found.payload)
    }

    fn allocation(&self, bucket: Addr) -> Option<Vec<Call>> {
        if let Some(dump) = self.process.heap_dump {
            // A heap dump names the calls itself.
            let bucket = dump.buckets.iter().find(|b| b.id == bucket.0)?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let calls = bucket.stack.clone().map(|place| Call {
                function: printed_name(&text(place.function)).into_owned(),
                file: Some(text(place.file)),
                line: u32::try_from(place.line).ok(),
            });
            return Some(calls.collect());
        }
        let buckets = Buckets::new(self.process.runtime()?)?;
        let bucket = buckets.at(BucketKind::Memory, bucket)?;
        Some(calls(self.process.symbols().ok()?, &bucket.stack))
    }
}

/// A stack in one line, the innermost call first; the runtime's own calls there say nothing of the program.
fn line(stack: &[Call]) -> String {
    let is_runtime = |call: &Call| {
        call.function.starts_with("runtime.") || call.function.starts_with("internal/runtime/")
    };
    let first = stack.iter().position(|call| !is_runtime(call)).unwrap_or(0);
    let name = |call: &Call| {
        let file = call
            .file
            .as_deref()
            .and_then(|file| file.rsplit('/').next());
        match (file, call.line) {
            (Some(file), Some(line)) => format!("{} {file}:{line}", call.function),
            _ => call.function.clone(),
        }
    };
    let names: Vec<String> = stack.iter().skip(first).map(name).collect();
    names.join(" < ")
}
