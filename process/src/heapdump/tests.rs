//! The committed dumps: objects without phantoms are what another reader found and what the runtime counted.

use super::HeapDump;
use crate::addr::Addr;
use serde_json::Value;
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
    let mut unpacked = ruzstd::decoding::StreamingDecoder::new(file).unwrap();
    unpacked.read_to_end(&mut bytes).unwrap();
    bytes
}

fn expected() -> BTreeMap<String, Value> {
    serde_json::from_slice(&fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

#[test]
fn objects_are_those_that_the_runtime_counted() {
    let all = expected();
    assert_eq!(all.len(), 14);
    for (name, expected) in all {
        let bytes = dump(&name);
        let dump = HeapDump::read(&bytes).unwrap();
        assert_eq!(dump.damage, None);
        assert_eq!(dump.misfits, super::Misfits::default(), "{name}");
        let mut by_size: BTreeMap<String, u64> = BTreeMap::new();
        let (mut total, mut words) = (0, 0u64);
        for span in dump.slots.spans() {
            *by_size.entry(span.elemsize.to_string()).or_default() += u64::from(span.count);
            total += u64::from(span.count) * span.elemsize;
            for slot in span.first..span.first + span.count {
                dump.pointers(span.elemsize, slot, |_| words += 1);
            }
        }
        assert_eq!(
            u64::from(dump.slots.len()),
            expected["objects"].as_u64().unwrap(),
            "{name}"
        );
        assert_eq!(total, expected["object_bytes"].as_u64().unwrap(), "{name}");
        assert_eq!(
            dump.phantoms,
            expected["span_tail_records"].as_u64().unwrap(),
            "{name}"
        );
        assert_eq!(
            words,
            expected["pointer_words_in_objects"].as_u64().unwrap(),
            "{name}"
        );
        let sizes = serde_json::to_value(&by_size).unwrap();
        assert_eq!(sizes, expected["objects_by_slot_size"], "{name}");
        let stats = dump.memstats.as_ref().unwrap();
        assert_eq!(
            (u64::from(dump.slots.len()), total),
            (stats.heap_objects, stats.heap_alloc)
        );
        let frames: usize = dump.goroutines.iter().map(|g| g.frames.len()).sum();
        assert_eq!(frames, expected["frames"]);
        assert_eq!(
            dump.finalizers.len(),
            expected["finalizers"]
                .as_array()
                .map_or(0, Vec::len)
                .max(usize::try_from(expected["finalizers"].as_u64().unwrap_or(0)).unwrap())
        );
    }
}

#[test]
fn every_object_is_found_by_any_of_its_addresses() {
    let bytes = dump("known-386-go1.27.3");
    let dump = HeapDump::read(&bytes).unwrap();
    for span in dump.slots.spans() {
        let mut number = span.first;
        for slot in 0..u64::from(span.nelems) {
            let start = span.start.offset(slot * span.elemsize);
            let found = dump.slots.find(start.offset(span.elemsize - 1));
            let bit = dump.slots.bits(span)[usize::try_from(slot / 64).unwrap()] >> (slot % 64) & 1;
            assert_eq!(
                found.map(|(_, number, at)| (number, at)),
                (bit != 0).then_some((number, start))
            );
            number += u32::from(bit != 0);
        }
        assert_eq!(number, span.first + span.count);
    }
    assert!(dump.slots.find(Addr(0)).is_none());
    assert!(dump.slots.find(Addr(u64::MAX)).is_none());
}

#[test]
fn a_damaged_dump_is_read_as_far_as_it_goes() {
    let bytes = dump("sampled-go1.27.3");
    let whole = HeapDump::read(&bytes).unwrap();
    let mut before = 0;
    for cut in (100..bytes.len()).step_by(bytes.len() / 100) {
        let part = HeapDump::read(&bytes[..cut]).unwrap();
        assert!(
            part.damage
                .as_ref()
                .is_some_and(|damage| damage.offset() <= cut as u64)
        );
        let objects = part.slots.len() + u32::try_from(part.phantoms).unwrap();
        assert!(
            objects >= before && part.slots.len() <= whole.slots.len(),
            "{cut}"
        );
        before = objects;
    }
}
