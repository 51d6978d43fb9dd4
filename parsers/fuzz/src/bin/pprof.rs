#![no_main]

use dumpview_parsers::pprof::{CpuProfile, read, recognizes};

/// What is read refers to nothing that is not there, is no larger than the input can be, and is the same when it is written and read
/// again.
fn check(data: &[u8]) {
    let _ = recognizes(data, true);
    let _ = recognizes(data, false);
    let _ = CpuProfile::read(data);
    let Ok(profile) = read(data) else {
        return;
    };
    assert!(profile.samples.frames() <= data.len());
    assert!(profile.samples.len() <= data.len());
    for sample in profile.samples.iter() {
        assert_eq!(sample.values.len(), profile.sample_types.len());
        for location in sample.stack {
            assert!((location as usize) < profile.locations.len());
        }
    }
    for location in &profile.locations {
        assert!(
            location
                .mapping
                .is_none_or(|at| (at as usize) < profile.mappings.len())
        );
        for line in &location.lines {
            assert!((line.function as usize) < profile.functions.len());
        }
    }
    let mut written = Vec::new();
    profile.write(&mut written).unwrap();
    let again = read(&written).unwrap();
    assert_eq!(again.locations.len(), profile.locations.len());
    assert_eq!(again.samples.len(), profile.samples.len());
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The first byte of a seed is not the profile's.
    check(data.get(1..).unwrap_or_default());
});
