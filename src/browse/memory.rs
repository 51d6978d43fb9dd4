//! The memory of a process as the map screen shows it.

use crate::case::core::Case;
use dumpview_process::addr::Addr;
use dumpview_process::image::CoreSegment;
use dumpview_process::memory::RegionSource;
use dumpview_tui::data::memory::{Have, MemoryMap, Region};

/// Every region that was mapped, with where its bytes are and what it is.
pub fn map(case: &Case<'_>) -> MemoryMap {
    let process = &case.process;
    let core = process.core;
    let mut segments: Vec<&CoreSegment> = core.segments.iter().collect();
    segments.sort_by_key(|segment| segment.start);
    let segment_of = |addr: Addr| {
        let index = segments.partition_point(|s| s.start <= addr);
        let segment = segments.get(index.checked_sub(1)?)?;
        (addr.0 - segment.start.0 < segment.mem_size).then_some(*segment)
    };
    let mut files: Vec<_> = core.files.iter().collect();
    files.sort_by_key(|file| file.start);
    let file_of = |addr: Addr| {
        let index = files.partition_point(|file| file.start <= addr.0);
        let file = files.get(index.checked_sub(1)?)?;
        (addr.0 < file.end).then(|| String::from_utf8_lossy(file.path).into_owned())
    };
    let regions = process.memory.regions().iter().map(|region| {
        let segment = segment_of(region.start);
        let is_closed = segment.is_some_and(|of| !of.readable && !of.writable && !of.executable);
        let have = match region.source {
            RegionSource::Core(_) => Have::Dumped,
            RegionSource::File(_) => Have::File,
            RegionSource::Missing(_) if is_closed => Have::Reserved,
            RegionSource::Missing(why) => Have::Missing(why.as_str()),
        };
        Region {
            start: region.start.0,
            end: region.end.0,
            permissions: segment.map(permissions).unwrap_or_default(),
            have,
            what: file_of(region.start).unwrap_or_else(|| anonymous(region.start)),
        }
    });
    MemoryMap {
        regions: regions.collect(),
        notes: process
            .shortfalls
            .iter()
            .filter(|shortfall| shortfall.damage)
            .map(|shortfall| format!("{}: {}", shortfall.what, shortfall.why))
            .collect(),
    }
}

fn permissions(segment: &CoreSegment) -> String {
    [
        (segment.readable, 'r'),
        (segment.writable, 'w'),
        (segment.executable, 'x'),
    ]
    .into_iter()
    .map(|(has, letter)| if has { letter } else { '-' })
    .collect()
}

/// What memory without a file is for, where the address alone tells: the heap's arenas on 64-bit Linux begin at
/// `0xc000000000` (`runtime/malloc.go:mallocinit`, all releases).
fn anonymous(start: Addr) -> String {
    const HEAP: std::ops::Range<u64> = 0x00c0_0000_0000..0x01c0_0000_0000;
    if HEAP.contains(&start.0) {
        "Go heap arena".to_owned()
    } else {
        "anonymous".to_owned()
    }
}
