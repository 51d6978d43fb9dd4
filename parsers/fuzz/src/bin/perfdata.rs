#![no_main]

use dumpview_model::profile::from_perf_data;
use dumpview_parsers::perfdata::{PerfData, Record, recognizes};

/// What begins a recording that was written into a pipe: the magic and the size of this header.
const PIPE: [u8; 16] = *b"PERFILE2\x10\0\0\0\0\0\0\0";

/// What is read refers to nothing that is not there and is no larger than the input can be.
fn check(data: &[u8]) {
    assert_eq!(
        recognizes(data),
        data.starts_with(b"PERFILE2") || data.starts_with(b"2ELIFREP")
    );
    let Ok(recording) = PerfData::read(data) else {
        return;
    };
    assert!(!recording.attrs().is_empty());
    let ids: usize = recording.attrs().iter().map(|attr| attr.ids.len()).sum();
    assert!(ids <= data.len());
    assert!(recording.cut_at.is_none_or(|at| at <= data.len() as u64));
    let mut records = 0;
    for record in recording.records() {
        records += 1;
        let Ok(Record::Sample(sample)) = record else {
            continue;
        };
        assert!(sample.event < recording.attrs().len());
        assert!(sample.stack.len() <= data.len());
    }
    // A record has a header of eight bytes.
    assert!(records <= data.len() / 8);
    let read = from_perf_data(&recording);
    let profile = read.profile;
    assert!(profile.samples.len() <= records);
    for sample in profile.samples.iter() {
        assert_eq!(sample.values.len(), profile.sample_types.len());
        for at in sample.stack {
            let location = &profile.locations[at as usize];
            let mapping = location.mapping.map_or(0, |at| at as usize);
            assert!(location.mapping.is_none() || mapping < profile.mappings.len());
        }
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check(data);
    check(&[&PIPE, data].concat());
});
