#![no_main]

use dumpview_parsers::heapdump::{Record, Records};

/// Every record ends behind its start, in the file, and is no longer than what it borrows; all that is lazy is gone through.
fn check(data: &[u8]) {
    let Ok(mut records) = Records::new(data) else {
        return;
    };
    let mut at = records.offset();
    for located in records.by_ref() {
        let located = match located {
            Ok(located) => located,
            Err(error) => {
                assert!(error.offset() <= data.len() as u64, "{error}");
                break;
            }
        };
        assert_eq!(located.offset, at);
        assert!(located.end > at && located.end <= data.len() as u64);
        let fields = match &located.record {
            Record::Object(object) => object.fields.clone().count(),
            Record::Frame(frame) => frame.fields.clone().count(),
            Record::Data(data) | Record::Bss(data) => data.fields.clone().count(),
            Record::Type(ty) => ty.old.as_ref().map_or(0, |old| old.fields.clone().count()),
            Record::Bucket(bucket) => bucket.stack.clone().count(),
            _ => 0,
        };
        assert!(fields as u64 <= located.end - at);
        at = located.end;
    }
    assert!(records.next().is_none());
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The first byte of a seed is not the dump's.
    check(data.get(1..).unwrap_or_default());
    if let Some((format, rest)) = data.split_first() {
        let line = format!("go1.{} heap dump\n", 3 + format % 5);
        check(&[line.as_bytes(), rest].concat());
    }
});
