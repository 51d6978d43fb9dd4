//! The statistics that a heap dump has.

use super::{Field, Form, Snapshot, Value};
use crate::heapdump::MemStats;

impl From<&MemStats> for Snapshot {
    fn from(stats: &MemStats) -> Self {
        let mut snapshot = Self::new(Form::HeapDump);
        for (field, n) in [
            (Field::Alloc, stats.alloc),
            (Field::TotalAlloc, stats.total_alloc),
            (Field::Sys, stats.sys),
            (Field::Lookups, stats.lookups),
            (Field::Mallocs, stats.mallocs),
            (Field::Frees, stats.frees),
            (Field::HeapAlloc, stats.heap_alloc),
            (Field::HeapSys, stats.heap_sys),
            (Field::HeapIdle, stats.heap_idle),
            (Field::HeapInuse, stats.heap_inuse),
            (Field::HeapReleased, stats.heap_released),
            (Field::HeapObjects, stats.heap_objects),
            (Field::StackInuse, stats.stack_inuse),
            (Field::StackSys, stats.stack_sys),
            (Field::MSpanInuse, stats.mspan_inuse),
            (Field::MSpanSys, stats.mspan_sys),
            (Field::MCacheInuse, stats.mcache_inuse),
            (Field::MCacheSys, stats.mcache_sys),
            (Field::BuckHashSys, stats.buck_hash_sys),
            (Field::GCSys, stats.gc_sys),
            (Field::OtherSys, stats.other_sys),
            (Field::NextGC, stats.next_gc),
            (Field::LastGC, stats.last_gc),
            (Field::PauseTotalNs, stats.pause_total_ns),
            (Field::NumGC, stats.num_gc),
        ] {
            snapshot.set(field, Value::Integer(n));
        }
        snapshot.pause_ns = stats.pause_ns.to_vec();
        snapshot
    }
}
