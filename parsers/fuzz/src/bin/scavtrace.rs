#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dumpview_parsers_fuzz::text(data));
