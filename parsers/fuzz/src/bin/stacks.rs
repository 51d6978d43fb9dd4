#![no_main]

use dumpview_parsers::stacks::{folded_line, perf_line, recognizes_folded, recognizes_perf};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let data = data.get(1..).unwrap_or_default();
    let _ = recognizes_folded(data, true);
    let _ = recognizes_folded(data, false);
    let _ = recognizes_perf(data);
    for line in String::from_utf8_lossy(data).lines() {
        if let Some(folded) = folded_line(line) {
            assert!(folded.count >= 0 && folded.stack.len() < line.len());
        }
        let _ = perf_line(line);
    }
});
