//! Files that are built here, word by word.

use super::*;

/// Bytes of a record: its type, `misc`, and what stands behind.
fn record(kind: u32, misc: u16, body: &[u8]) -> Vec<u8> {
    let size = u16::try_from(body.len() + 8).unwrap();
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend(misc.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(body);
    bytes
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Two numbers of 32 bits as one of 64.
fn pair(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// IP, TID, TIME, PERIOD, CALLCHAIN.
const FIELDS: u64 = 1 | 2 | 4 | 256 | 32;

fn attr() -> Vec<u8> {
    // A clock of the processor, four thousand times a second; every record tells its thread and time.
    let mut bytes = words(&[pair(1, 128), 0, 4000, FIELDS, 0, 1 << 10 | 1 << 18]);
    bytes.resize(128, 0);
    bytes
}

fn records() -> Vec<u8> {
    let mut name = b"server\0\0".to_vec();
    let mut comm = words(&[pair(7, 8)]);
    comm.append(&mut name);
    comm.extend(words(&[pair(7, 8), 1]));
    let mut map = words(&[pair(7, 8), 0x40_0000, 0x1000, 0, 0, 0, 0]);
    map.extend(words(&[pair(5, 2)]));
    map.extend(b"/bin/server\0\0\0\0\0");
    map.extend(words(&[pair(7, 8), 2]));
    let sample = words(&[
        0x40_0010,
        pair(7, 8),
        5,
        250_000,
        4,
        512u64.wrapping_neg(),
        0x40_0010,
        0x40_0020,
        0x40_0030,
    ]);
    // The last one comes first: two processors wrote them.
    [
        record(9, 2, &sample),
        record(3, 0, &comm),
        record(10, 2, &map),
    ]
    .concat()
}

fn file() -> Vec<u8> {
    let data = records();
    let mut bytes = b"PERFILE2".to_vec();
    bytes.extend(words(&[104, 144, 104, 144, 248, data.len() as u64, 0, 0]));
    bytes.extend(words(&[0, 0, 0, 0]));
    bytes.extend(attr());
    bytes.extend(words(&[0, 0]));
    bytes.extend(data);
    bytes
}

fn pipe() -> Vec<u8> {
    let mut bytes = b"PERFILE2".to_vec();
    bytes.extend(words(&[16]));
    bytes.extend(record(64, 0, &attr()));
    bytes.extend(records());
    bytes
}

#[test]
fn records_are_given_by_time_and_stacks_without_their_marks() {
    for bytes in [file(), pipe()] {
        let data = PerfData::read(&bytes).unwrap();
        assert_eq!((data.cut_at, data.compressed), (None, 0));
        assert_eq!(data.attrs()[0].event(), "cpu-clock");
        let records: Vec<_> = data.records().map(Result::unwrap).collect();
        let Record::Comm {
            pid: 7,
            tid: 8,
            name,
            ..
        } = &records[0]
        else {
            panic!("{records:?}")
        };
        assert_eq!(name, b"server");
        let Record::Map(map) = &records[1] else {
            panic!("{records:?}")
        };
        assert_eq!(
            (map.pid, map.start, map.file),
            (Some(7), 0x40_0000, &b"/bin/server"[..])
        );
        let Record::Sample(sample) = &records[2] else {
            panic!("{records:?}")
        };
        assert_eq!((sample.time, sample.period), (Some(5), 250_000));
        let stack = [0x40_0010, 0x40_0020, 0x40_0030].map(|at| (Mode::User, at));
        assert_eq!(sample.stack, stack);
    }
}

#[test]
fn what_is_cut_says_where_and_what_is_damaged_ends() {
    let whole = file();
    for len in 0..whole.len() {
        match PerfData::read(&whole[..len]) {
            Ok(data) => {
                assert!(data.cut_at.is_some() || data.is_damaged(), "{len}");
                assert!(data.records().count() <= 3);
            }
            Err(why) => assert!(!why.to_string().is_empty()),
        }
    }
    for bytes in [file(), pipe()] {
        for at in 0..bytes.len() {
            for with in [0, 0x7f, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = with;
                if let Ok(data) = PerfData::read(&damaged) {
                    assert!(data.records().count() <= bytes.len() / 8);
                }
            }
        }
    }
}

/// Events that all claim the same numbers: each number of the file is read once, not once for every event.
#[test]
fn numbers_that_every_event_claims_are_read_once() {
    const EVENTS: u64 = 2_000;
    let data = records();
    let behind = 104 + 144 * EVENTS;
    let mut bytes = b"PERFILE2".to_vec();
    let table = [104, 144, 104, 144 * EVENTS, behind, data.len() as u64, 0, 0];
    bytes.extend(words(&table));
    bytes.extend(words(&[0, 0, 0, 0]));
    for _ in 0..EVENTS {
        bytes.extend(attr());
        bytes.extend(words(&[0, behind]));
    }
    bytes.extend(data);
    let recording = PerfData::read(&bytes).unwrap();
    assert_eq!(recording.attrs().len() as u64, EVENTS);
    let ids: usize = recording.attrs().iter().map(|attr| attr.ids.len()).sum();
    assert!((1_000..=bytes.len() / 8).contains(&ids), "{ids}");
    assert!(recording.is_damaged());
    assert_eq!(recording.records().flatten().count(), 3);
}
