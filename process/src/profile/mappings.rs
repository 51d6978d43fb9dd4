//! The mapped files that locations lie in.

use crate::image::Executable;
use crate::process::Process;
use dumpview_parsers::core::FileMapping;
use dumpview_parsers::pprof::{Mapping, Profile};
use std::fmt::Write;

/// Files whose code was mapped, in order of addresses.
pub fn of(process: &Process<'_>) -> Vec<Mapping> {
    let code = process.core.segments.iter().filter(|s| s.executable);
    let starts: Vec<u64> = code.map(|segment| segment.start.0).collect();
    let named = process
        .core
        .files
        .iter()
        .filter(|file| starts.contains(&file.start));
    let build_id = process.executable.and_then(Executable::gnu_build_id);
    let ours = process.core.executable_path();
    let mapping = |file: &FileMapping<'_>| Mapping {
        start: file.start,
        limit: file.end,
        offset: file.offset,
        file: String::from_utf8_lossy(file.path).into_owned(),
        build_id: build_id
            .filter(|_| ours == Some(file.path))
            .map(hexadecimal)
            .unwrap_or_default(),
        ..Mapping::default()
    };
    named.map(mapping).collect()
}

/// Says of each location where it lies, and of each mapping whether all of its locations are named.
pub fn assign(profile: &mut Profile) {
    let mut named = vec![(false, true); profile.mappings.len()];
    for location in &mut profile.locations {
        let at = location.address;
        let within = |mapping: &Mapping| mapping.start <= at && at < mapping.limit;
        let Some(index) = profile.mappings.iter().position(within) else {
            continue;
        };
        location.mapping = u32::try_from(index).ok();
        let functions = location
            .lines
            .iter()
            .filter_map(|line| profile.functions.get(usize::try_from(line.function).ok()?));
        let all = functions
            .into_iter()
            .all(|function| !function.name.is_empty());
        if let Some((any, every)) = named.get_mut(index) {
            *any = true;
            *every &= all;
        }
    }
    for (mapping, (any, every)) in profile.mappings.iter_mut().zip(named) {
        mapping.has_functions = any && every;
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
