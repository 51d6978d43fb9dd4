#![no_main]

use dumpview_model::profile::{from_cpu, from_gperf};
use dumpview_parsers::pprof::{
    CpuProfile, GperfProfile, Profile, recognizes_cpu, recognizes_gperf,
};

/// What is read refers to nothing that is not there.
fn sound(profile: &Profile) {
    for sample in profile.samples.iter() {
        assert_eq!(sample.values.len(), profile.sample_types.len());
        for at in sample.stack {
            let location = &profile.locations[at as usize];
            let mapping = location.mapping.map_or(0, |at| at as usize);
            assert!(location.mapping.is_none() || mapping < profile.mappings.len());
        }
    }
}

/// The binary form. Nothing read of it is larger than the input can be.
fn binary(data: &[u8]) {
    let Some(profile) = CpuProfile::read(data) else {
        assert!(!recognizes_cpu(data));
        return;
    };
    assert!(recognizes_cpu(data));
    let words: usize = profile.samples.iter().map(|of| of.stack.len() + 2).sum();
    assert!(words <= data.len() / 4);
    assert!(profile.maps.len() <= data.len());
    sound(&from_cpu(&profile));
}

/// The text form.
fn text(data: &[u8]) {
    let _ = recognizes_gperf(data);
    if let Some(profile) = GperfProfile::read(data) {
        assert!(profile.samples.len() <= data.len());
        sound(&from_gperf(&profile));
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((form, rest)) = data.split_first() else {
        return;
    };
    // The header in one of its four forms, so that what follows is samples at once.
    let header: Vec<u8> = [0u32, 3, 0, 10_000, 0]
        .into_iter()
        .flat_map(|word| match form % 4 {
            0 => word.to_le_bytes().to_vec(),
            1 => word.to_be_bytes().to_vec(),
            2 => u64::from(word).to_le_bytes().to_vec(),
            _ => u64::from(word).to_be_bytes().to_vec(),
        })
        .collect();
    binary(rest);
    binary(&[&header, rest].concat());
    text(rest);
});
