#![no_main]

use dumpview_parsers::escape::{Line, bare, frame, log_diagnostic, log_header, message};
use dumpview_parsers::line::LineReader;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut lines = LineReader::new();
    let mut each = |line: dumpview_parsers::line::RawLine<'_>| {
        match frame(line.text) {
            Line::Diagnostic { message: text, .. } => {
                let _ = message(text);
            }
            Line::Bare(text) => {
                let _ = bare(text);
            }
            _ => {}
        }
        let _ = log_header(line.text);
        let _ = log_diagnostic(line.text);
    };
    lines.push(data, &mut each);
    lines.finish(&mut each);
});
