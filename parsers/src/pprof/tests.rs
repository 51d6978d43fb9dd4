//! What is written is read again, and what is damaged says where.

use super::*;

/// A profile with something of everything.
fn small() -> Profile {
    let mut builder = Builder::default();
    let main = builder.function(Function {
        name: "main.main".to_owned(),
        file: "/src/main.go".to_owned(),
        start_line: 10,
        ..Function::default()
    });
    let inlined = builder.function(Function {
        name: "main.f[...]".to_owned(),
        ..Function::default()
    });
    let line = |function, line| Line {
        function,
        line,
        column: 3,
    };
    builder.location(Location {
        id: 1,
        address: 0x40_1000,
        mapping: Some(0),
        lines: vec![line(inlined, 5), line(main, 12)],
        is_folded: true,
    });
    builder.location(Location {
        id: 2,
        address: u64::MAX,
        ..Location::default()
    });
    let mut profile = builder.profile;
    profile.sample_types = vec![
        ValueType::new("n", "count"),
        ValueType::new("space", "bytes"),
    ];
    profile.mappings.push(Mapping {
        id: 1,
        start: 0x40_0000,
        limit: 0x50_0000,
        offset: 0x1000,
        file: "/bin/a".to_owned(),
        build_id: "abcd".to_owned(),
        has_functions: true,
        has_inline_frames: true,
        ..Mapping::default()
    });
    let (bytes, unit) = (profile.texts.number("request"), profile.texts.number("kb"));
    let (key, value) = (profile.texts.number("tenant"), profile.texts.number("acme"));
    let number = TagValue::Number(-7, unit);
    let tags = [
        Tag {
            key,
            value: TagValue::Text(value),
        },
        Tag {
            key: bytes,
            value: number,
        },
    ];
    profile.samples.push(&[0, 1, 0], &[1, i64::MIN], &tags);
    profile.samples.push(&[], &[-1, i64::MAX], &[]);
    profile.time_nanos = 1_700_000_000_000_000_000;
    profile.duration_nanos = 5;
    profile.period_type = Some(ValueType::new("space", "bytes"));
    profile.period = 512;
    profile.comments = vec!["# one".to_owned(), "two".to_owned()];
    profile.default_sample_type = Some("space".to_owned());
    profile.doc_url = "https://example.org".to_owned();
    profile.drop_frames = "malloc".to_owned();
    profile.keep_frames = "runtime.*".to_owned();
    profile
}

fn written(profile: &Profile) -> Vec<u8> {
    let mut bytes = Vec::new();
    profile.write(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_is_written_is_read_again() {
    let profile = small();
    let read = read(&written(&profile)).unwrap();
    assert_eq!(written(&read), written(&profile));
    assert_eq!(read.locations, profile.locations);
    assert_eq!(read.functions, profile.functions);
    assert_eq!(read.mappings, profile.mappings);
    assert_eq!(read.samples.len(), 2);
    assert_eq!(read.samples.get(0).values, [1, i64::MIN]);
    assert_eq!(read.comments, profile.comments);
}

#[test]
fn a_profile_that_is_cut_anywhere_or_has_a_byte_changed_is_told_or_read() {
    let bytes = written(&small());
    let mut told = 0;
    for cut in 0..bytes.len() {
        told += usize::from(read(&bytes[..cut]).is_err());
        assert!(!recognizes(&bytes[..cut], true) || cut > 0);
    }
    assert!(told > bytes.len() * 9 / 10, "{told} of {}", bytes.len());
    for at in 0..bytes.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            let _ = read(&bytes);
            let _ = recognizes(&bytes, false);
        }
    }
}

#[test]
fn claims_are_not_believed() {
    // A sample of two thousand million bytes.
    let mut bytes = vec![0x12, 0xff, 0xff, 0xff, 0xff, 0x07];
    let short = read(&bytes).unwrap_err();
    assert!(
        matches!(
            short,
            ReadError::Short {
                at: 0,
                field: 2,
                needs: 0x7fff_ffff,
                left: 0
            }
        ),
        "{short:?}"
    );
    bytes.clear();
    // A string that is not there, of a type of value.
    bytes.extend([0x0a, 0x02, 0x08, 0x05, 0x32, 0x00]);
    let none = read(&bytes).unwrap_err();
    assert_eq!(none.to_string(), "offset 0x2: string 5 of 1");
    assert_eq!(
        read(&[0x1a, 0x00]).unwrap_err(),
        ReadError::Zero {
            at: 2,
            what: "mapping"
        }
    );
    assert_eq!(read(&[]).unwrap_err(), ReadError::Empty);
    let endless = read(&[
        0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
    ]);
    assert_eq!(endless.unwrap_err(), ReadError::Varint { at: 0 });
}

#[test]
fn what_refers_to_nothing_says_so() {
    let mut profile = small();
    profile.samples.push(&[9], &[1, 1], &[]);
    let error = read(&written(&profile)).unwrap_err().to_string();
    assert!(error.ends_with("no location has the number 10"), "{error}");
    let mut profile = small();
    profile.sample_types.pop();
    let error = read(&written(&profile)).unwrap_err().to_string();
    assert!(
        error.ends_with("a sample with 2 values, where the profile has 1 types"),
        "{error}"
    );
    let mut twice = written(&small());
    twice.extend(written(&small()));
    assert!(matches!(read(&twice), Err(ReadError::Concatenated { .. })));
}

#[test]
fn a_profile_is_told_from_text_whatever_it_begins_with() {
    let bytes = written(&small());
    assert!(recognizes(&bytes, true));
    assert!(recognizes(&bytes[..60], false));
    // The strings first, as other writers have it.
    let mut strings_first = vec![0x32, 0x00, 0x32, 0x01, b'n', 0x32, 0x05];
    strings_first.extend(b"count");
    strings_first.extend([0x0a, 0x04, 0x08, 0x01, 0x10, 0x02]);
    assert!(recognizes(&strings_first, true));
    assert!(read(&strings_first).is_ok());
    for text in [
        &b"2026-11-21 10:00:00 started\n"[..],
        b"\n\x04\n",
        b"\n\ngoroutine 1 [running]:\n",
        b"panic: x\n",
        b"goroutine profile: total 5\n",
        b"\"quoted\" text that goes on for some time, until the line ends here, somewhere\n",
        b"22222222222222222222222222222222222222222222222222222222222222222222222222222222\n",
        b"*** a line\n",
        b"HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH zz\n",
        b"",
    ] {
        assert!(
            !recognizes(text, true),
            "{:?}",
            String::from_utf8_lossy(text)
        );
    }
}
