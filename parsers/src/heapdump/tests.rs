//! The committed dumps against what another reader of the format made of them, and dumps that are damaged.

use super::{DumpError, Record, Records};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../corpus/heapdumps")
}

fn dump(name: &str) -> Vec<u8> {
    let file = fs::File::open(folder().join(format!("{name}.dump.zst"))).unwrap();
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(file)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// A small one of the newest release.
fn small() -> Vec<u8> {
    dump("sampled-go1.27.3")
}

/// Name, dump, what is expected of it.
fn all() -> Vec<(String, Vec<u8>, serde_json::Value)> {
    let expected = fs::read(folder().join("expected.json")).unwrap();
    let expected: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&expected).unwrap();
    assert_eq!(expected.len(), 14);
    let with_dump = |(name, expected): (String, _)| (name.clone(), dump(&name), expected);
    expected.into_iter().map(with_dump).collect()
}

fn hex(value: &serde_json::Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// The name that `expected.json` has for a kind of record.
fn name(record: &Record<'_>) -> String {
    record.name().replace(' ', "").to_lowercase()
}

#[test]
fn every_record_of_the_committed_dumps_is_read() {
    for (dump_name, bytes, expected) in all() {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let (mut slots, mut slot_bytes) = (0u64, 0u64);
        let (mut in_frames, mut live, mut samples) = (0, [0, 0], 0u64);
        let mut goroutines: Vec<(u64, String, Vec<String>)> = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut records = Records::new(&bytes).unwrap();
        for located in records.by_ref() {
            let record = located.unwrap().record;
            *counts
                .entry(name(&record).replace("eof", "EOF"))
                .or_default() += 1;
            match record {
                Record::Params(params) => {
                    let expected = &expected["params"];
                    assert_eq!(params.pointer_size, expected["ptrsize"].as_u64().unwrap());
                    assert_eq!(params.big_endian, expected["bigendian"]);
                    assert_eq!(params.heap_start, hex(&expected["start"]));
                    assert_eq!(params.heap_end, hex(&expected["end"]));
                    assert_eq!(text(params.arch), expected["arch"].as_str().unwrap());
                    assert_eq!(text(params.text), expected["version"].as_str().unwrap());
                    assert_eq!(params.ncpu, expected["ncpu"].as_u64().unwrap());
                }
                Record::Object(object) => {
                    slots += 1;
                    slot_bytes += object.contents.len() as u64;
                }
                Record::Goroutine(g) => {
                    goroutines.push((g.id, text(g.wait_reason), Vec::new()));
                }
                Record::Frame(frame) => {
                    let (_, _, frames) = goroutines.last_mut().unwrap();
                    assert_eq!(frame.depth, frames.len() as u64);
                    frames.push(text(frame.function));
                    in_frames += frame.fields.count();
                }
                Record::Data(data) => segment(&data, &expected["segments"][0]),
                Record::Bss(data) => segment(&data, &expected["segments"][1]),
                Record::MemStats(stats) => {
                    let expected = &expected["memstats"];
                    assert_eq!(stats.heap_alloc, expected["HeapAlloc"].as_u64().unwrap());
                    assert_eq!(
                        stats.heap_objects,
                        expected["HeapObjects"].as_u64().unwrap()
                    );
                    assert_eq!(stats.num_gc, expected["NumGC"].as_u64().unwrap());
                    assert_eq!(stats.other_sys, expected["OtherSys"].as_u64().unwrap());
                }
                Record::Bucket(bucket) => {
                    live[0] += bucket.allocs - bucket.frees;
                    live[1] += (bucket.allocs - bucket.frees) * bucket.size;
                }
                Record::AllocSample(_) => samples += 1,
                _ => {}
            }
        }
        assert_eq!(records.offset(), bytes.len() as u64, "{dump_name}");
        assert_eq!(
            serde_json::to_value(&counts).unwrap(),
            expected["record_counts"],
            "{dump_name}"
        );
        assert_eq!(slots, expected["object_records"].as_u64().unwrap());
        assert_eq!(
            slot_bytes,
            expected["object_record_bytes"].as_u64().unwrap()
        );
        assert_eq!(in_frames, expected["pointer_fields_in_frames"]);
        goroutines.sort();
        let list = expected["goroutine_list"].as_array().unwrap();
        assert_eq!(goroutines.len(), list.len());
        for ((id, reason, frames), expected) in goroutines.iter().zip(list) {
            assert_eq!(*id, expected["goid"]);
            assert_eq!(*reason, expected["wait_reason"]);
            assert_eq!(serde_json::to_value(frames).unwrap(), expected["frames"]);
        }
        if let Some(profile) = expected["memprof"].as_object().filter(|p| !p.is_empty()) {
            assert_eq!(live[0], profile["live_objects"].as_u64().unwrap());
            assert_eq!(live[1], profile["live_bytes"].as_u64().unwrap());
            assert_eq!(samples, profile["samples"].as_u64().unwrap());
        }
    }
}

fn segment(data: &super::ModuleData<'_>, expected: &serde_json::Value) {
    assert_eq!(data.addr, hex(&expected["addr"]));
    assert_eq!(data.contents.len(), expected["bytes"]);
    assert_eq!(data.fields.clone().count(), expected["pointer_fields"]);
}

#[test]
fn a_dump_that_was_cut_is_what_stands_before_the_cut() {
    let bytes = small();
    let whole: Vec<_> = Records::new(&bytes).unwrap().map(Result::unwrap).collect();
    let step = bytes.len() / 100;
    for cut in (16..bytes.len()).step_by(step).chain(16..400) {
        let mut records = Records::new(&bytes[..cut]).unwrap();
        let mut read = 0;
        let error = loop {
            match records.next() {
                Some(Ok(located)) => {
                    assert_eq!(located, whole[read]);
                    read += 1;
                }
                Some(Err(error)) => break error,
                None => panic!("the cut at {cut} goes unnoticed"),
            }
        };
        assert!(error.is_cut() && error.offset() <= cut as u64, "{error}");
        // Nothing that is whole before the cut is missing.
        assert!(whole[read].end > cut as u64);
        assert_eq!(records.offset(), whole[read].offset);
        assert!(records.next().is_none());
    }
}

#[test]
fn changed_bytes_end_reading_at_worst() {
    let bytes = small();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut refused = 0;
    for _ in 0..300 {
        let mut changed = bytes.clone();
        for _ in 0..20 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = 16 + usize::try_from(state % (bytes.len() as u64 - 16)).unwrap();
            changed[at] = state.to_le_bytes()[7];
        }
        let mut records = Records::new(&changed).unwrap();
        let mut end = 16;
        for located in records.by_ref() {
            match located {
                Ok(located) => {
                    assert_eq!(located.offset, end);
                    end = located.end;
                }
                Err(error) => {
                    assert!(error.offset() <= changed.len() as u64);
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 0);
}

/// 2⁶⁰ as a varint.
const HUGE: [u8; 9] = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];

#[test]
fn a_length_beyond_the_file_costs_nothing() {
    // An object's contents, a frame's, a type's name, a stack's depth, a wait reason.
    let heads: [&[u8]; 5] = [
        &[1, 0x40],
        &[5, 0, 0, 0],
        &[3, 1, 1],
        &[16, 1, 1],
        &[4, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    for head in heads {
        let dump = [b"go1.7 heap dump\n", head, &HUGE, &[0; 4]].concat();
        let found: Vec<_> = Records::new(&dump).unwrap().collect();
        let [Err(error)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert!(error.is_cut(), "{error}");
    }
}

#[test]
fn what_no_writer_has_is_refused_with_its_offset() {
    let read = |bytes: &[u8]| Records::new(bytes).unwrap().last().unwrap().unwrap_err();
    let line = b"go1.7 heap dump\n".as_slice();
    let unknown = read(&[line, &[18]].concat());
    assert_eq!(
        unknown,
        DumpError::Tag {
            offset: 16,
            tag: 18
        }
    );
    let field = read(&[line, &[1, 8, 1, 0, 4, 0]].concat());
    assert_eq!(
        field,
        DumpError::FieldKind {
            offset: 20,
            kind: 4
        }
    );
    let large = read(&[line, &[1], &[0xff; 9], &[2]].concat());
    assert!(matches!(large, DumpError::TooLarge { offset: 17, .. }));
    let none = Records::new(b"go1.8 heap dump\n\x06").unwrap_err();
    assert_eq!(
        none.to_string(),
        "not a heap dump: begins with `go1.8 heap dump`, not with a line like `go1.7 heap dump`"
    );
}

#[test]
fn older_formats_say_other_things() {
    // 1.3: parameters have the header of a channel and a letter, types have fields, objects a type.
    let old = [
        b"go1.3 heap dump\n".as_slice(),
        &[6, 1, 4, 48, 16, 32, 0x36, 0, 2],
        &[3, 9, 8, 1, b'T', 1, 2, 0, 4, 8, 0],
        &[1, 16, 9, 1, 4, 0, 0, 0, 0],
        &[0],
    ]
    .concat();
    let records: Vec<_> = Records::new(&old)
        .unwrap()
        .map(|r| r.unwrap().record)
        .collect();
    let [
        Record::Params(params),
        Record::Type(ty),
        Record::Object(object),
        Record::Eof,
    ] = records.as_slice()
    else {
        panic!("{records:?}");
    };
    assert!(params.big_endian);
    assert_eq!((params.pointer_size, params.channel_header), (4, Some(48)));
    assert_eq!((params.arch, params.ncpu), (b"6".as_slice(), 2));
    let fields: Vec<_> = ty
        .old
        .clone()
        .unwrap()
        .fields
        .map(|f| (f.kind.name(), f.offset))
        .collect();
    assert_eq!(fields, [("String", 0), ("Iface", 8)]);
    assert_eq!((object.old.unwrap().ty, object.contents.len()), (9, 4));
    assert_eq!(object.fields.clone().count(), 0);

    // 1.4: two kinds of interfaces in an object's own list. 1.6: the architecture in words.
    let four = b"go1.4 heap dump\n\x01\x10\x08\0\0\0\0\0\0\0\0\x02\x00\x00\x00";
    let Some(Ok(object)) = Records::new(four).unwrap().next() else {
        panic!();
    };
    let Record::Object(object) = object.record else {
        panic!();
    };
    assert_eq!(
        object.fields.map(|f| f.kind.name()).collect::<Vec<_>>(),
        ["Iface"]
    );
    let six = b"go1.6 heap dump\n\x06\x00\x08\x10\x20\x03arm\x00\x01\x00";
    let Some(Ok(params)) = Records::new(six).unwrap().next() else {
        panic!();
    };
    assert!(matches!(params.record, Record::Params(p) if p.arch == b"arm" && p.ncpu == 1));
}
