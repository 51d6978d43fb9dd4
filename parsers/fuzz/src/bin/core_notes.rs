#![no_main]

use dumpview_parsers::core::{
    AuxVector, FileMappings, Notes, ProcessInfo, SignalInfo, ThreadStatus,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = (ThreadStatus::parse(data), ProcessInfo::parse(data));
    let _ = (SignalInfo::parse(data), FileMappings::parse(data));
    let _ = AuxVector::parse(data);
    for note in Notes::new(data) {
        let _ = note;
    }
});
