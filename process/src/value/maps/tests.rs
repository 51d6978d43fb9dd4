//! Both generations of maps from made-up tables: growth, overflow, tombstones, indirect slots, wrong counts.

use crate::types::{MapLayout, TypeRef};
use crate::value::fake::World;

const HEAP: u64 = 0xc000_0000;
const HMAP: MapLayout = MapLayout::Hmap {
    key_slot: 8,
    elem_slot: 8,
    bucket: BUCKET,
    indirect_key: false,
    indirect_elem: false,
};
const BUCKET: u64 = 8 + 64 + 64 + 8;
const SWISS: MapLayout = MapLayout::Swiss {
    group: GROUP,
    keys: 8,
    key_stride: 16,
    elems: 16,
    elem_stride: 16,
    indirect_key: false,
    indirect_elem: false,
};
const GROUP: u64 = 8 + 8 * 16;
const EMPTY: u8 = 0x80;
const DELETED: u8 = 0xfe;

fn world(layout: MapLayout) -> (World, TypeRef) {
    let mut world = World::new();
    world.map(HEAP, 0x4000);
    let int = world.basic("int");
    let map = world.map_of(int, int, layout);
    world.words(HEAP, &[HEAP + 0x40]);
    (world, map)
}

/// The header that [`World`]'s layouts describe: flags and B, count, buckets, oldbuckets.
fn hmap(w: &mut World, same_size: bool, b: u8, count: u64, buckets: u64, old: u64) {
    let flags = if same_size { 8 } else { 0 };
    w.words(
        HEAP + 0x40,
        &[flags | u64::from(b) << 8, count, buckets, old],
    );
}

/// A bucket with these keys, each element ten times its key.
fn bucket(w: &mut World, at: u64, keys: &[u64], overflow: u64) {
    for (i, key) in (0u64..).zip(keys) {
        w.put(at + i, &[5 + u8::try_from(i).unwrap()]);
        w.words(at + 8 + 8 * i, &[*key]);
        w.words(at + 72 + 8 * i, &[key * 10]);
    }
    w.words(at + BUCKET - 8, &[overflow]);
}

#[test]
fn overflow_chains_and_key_order() {
    let (mut w, map) = world(HMAP);
    let (first, over) = (HEAP + 0x1000, HEAP + 0x2000);
    hmap(&mut w, false, 0, 10, first, 0);
    bucket(&mut w, first, &[9, 8, 7, 6, 5, 4, 3, 2], over);
    bucket(&mut w, over, &[1, 0], 0);
    assert_eq!(
        w.line(map, HEAP),
        "map[int]int len: 10, [0: 0, 1: 10, 2: 20, 3: 30, 4: 40, 5: 50, 6: 60, 7: 70, 8: 80, 9: 90]"
    );
    // A chain that bites its tail ends, and says so.
    w.words(over + BUCKET - 8, &[first]);
    let text = w.line(map, HEAP);
    assert!(text.contains("runs in a circle"), "{text}");
}

#[test]
fn growing_maps_hold_each_entry_once() {
    let (mut w, map) = world(HMAP);
    let (new, old) = (HEAP + 0x1000, HEAP + 0x2000);
    // Four new buckets, two old ones; old 0 has moved to new 0 and 2, old 1 has not.
    hmap(&mut w, false, 2, 4, new, old);
    bucket(&mut w, old, &[1, 2], 0);
    w.put(old, &[2, 3]);
    bucket(&mut w, old + BUCKET, &[3, 4], 0);
    bucket(&mut w, new, &[1], 0);
    bucket(&mut w, new + 2 * BUCKET, &[2], 0);
    assert_eq!(
        w.line(map, HEAP),
        "map[int]int len: 4, [1: 10, 2: 20, 3: 30, 4: 40]"
    );
    // The same, at the same size: four old buckets.
    hmap(&mut w, true, 2, 5, new, old);
    bucket(&mut w, old + 3 * BUCKET, &[7], 0);
    assert_eq!(
        w.line(map, HEAP),
        "map[int]int len: 5, [1: 10, 2: 20, 3: 30, 4: 40, 7: 70]"
    );
}

#[test]
fn a_count_that_disagrees_is_said() {
    for layout in [HMAP, SWISS] {
        let (mut w, map) = world(layout);
        if layout == HMAP {
            hmap(&mut w, false, 0, 3, HEAP + 0x1000, 0);
            bucket(&mut w, HEAP + 0x1000, &[1], 0);
        } else {
            w.words(HEAP + 0x40, &[HEAP + 0x1000, 3, 0, 0]);
            group(&mut w, HEAP + 0x1000, &[1]);
        }
        assert_eq!(
            w.line(map, HEAP),
            "map[int]int len: 3, [1: 10] (the map counts 3 entries, 1 were found)"
        );
    }
}

#[test]
fn absurd_headers_are_refused() {
    let (mut w, map) = world(HMAP);
    hmap(&mut w, false, 200, 3, HEAP, 0);
    assert!(w.line(map, HEAP).contains("has 2^200 buckets"));
    // Plausible, and almost all of it is not there.
    hmap(&mut w, false, 40, 3, HEAP + 0x3f00, 0);
    assert!(w.line(map, HEAP).contains("some buckets could not be read"));
    let (mut w, map) = world(SWISS);
    w.words(HEAP + 0x40, &[HEAP, 3, 1 << 50, 0]);
    assert!(w.line(map, HEAP).contains("directory of"));
    w.words(HEAP + 0x40, &[HEAP + 0x3f00, 3, 1 << 39, 0]);
    assert!(w.line(map, HEAP).contains("some groups could not be read"));
}

#[test]
fn indirect_keys_and_elements() {
    let (mut w, map) = world(MapLayout::Hmap {
        key_slot: 8,
        elem_slot: 8,
        bucket: BUCKET,
        indirect_key: true,
        indirect_elem: true,
    });
    hmap(&mut w, false, 0, 1, HEAP + 0x1000, 0);
    bucket(&mut w, HEAP + 0x1000, &[0], 0);
    w.words(HEAP + 0x1008, &[HEAP + 0x500])
        .words(HEAP + 0x1048, &[HEAP + 0x508])
        .words(HEAP + 0x500, &[4, 44]);
    assert_eq!(w.line(map, HEAP), "map[int]int len: 1, [4: 44]");
}

/// A swiss group with these keys from its second slot on, each element ten times its key.
fn group(w: &mut World, at: u64, keys: &[u64]) {
    let mut ctrl = [EMPTY; 8];
    ctrl[0] = DELETED;
    for (i, key) in (1u64..).zip(keys) {
        ctrl[usize::try_from(i).unwrap()] = 0x11;
        w.words(at + 8 + 16 * i, &[*key, key * 10]);
    }
    w.put(at, &ctrl);
}

#[test]
fn small_swiss_maps_are_one_group() {
    let (mut w, map) = world(SWISS);
    w.words(HEAP + 0x40, &[HEAP + 0x1000, 2, 0, 0]);
    group(&mut w, HEAP + 0x1000, &[8, 3]);
    assert_eq!(w.line(map, HEAP), "map[int]int len: 2, [3: 30, 8: 80]");
    w.words(HEAP + 0x40, &[0, 0, 0, 0]);
    assert_eq!(w.line(map, HEAP), "map[int]int len: 0, []");
    w.words(HEAP, &[0]);
    assert_eq!(w.line(map, HEAP), "map[int]int nil");
}

#[test]
fn swiss_directories_name_a_table_more_than_once() {
    let (mut w, map) = world(SWISS);
    let (directory, one, two) = (HEAP + 0x100, HEAP + 0x200, HEAP + 0x240);
    w.words(HEAP + 0x40, &[directory, 4, 4, 2]);
    w.words(directory, &[one, one, two, two]);
    // capacity and localDepth, groups.data, groups.lengthMask
    w.words(one, &[16 | 1 << 16, HEAP + 0x1000, 1]);
    w.words(two, &[8 | 1 << 16, HEAP + 0x2000, 0]);
    group(&mut w, HEAP + 0x1000, &[4]);
    group(&mut w, HEAP + 0x1000 + GROUP, &[2, 3]);
    group(&mut w, HEAP + 0x2000, &[1]);
    assert_eq!(
        w.line(map, HEAP),
        "map[int]int len: 4, [1: 10, 2: 20, 3: 30, 4: 40]"
    );
    w.words(two, &[9 | 1 << 16, HEAP + 0x2000, 0]);
    let text = w.line(map, HEAP);
    assert!(
        text.starts_with("map[int]int len: 4, [2: 20, 3: 30, 4: 40]")
            && text.contains("room for 9 entries"),
        "{text}"
    );
}

#[test]
fn split_groups_are_the_layout_s_to_say() {
    let (mut w, map) = world(MapLayout::Swiss {
        group: GROUP,
        keys: 8,
        key_stride: 8,
        elems: 72,
        elem_stride: 8,
        indirect_key: false,
        indirect_elem: false,
    });
    w.words(HEAP + 0x40, &[HEAP + 0x1000, 1, 0, 0]);
    w.put(
        HEAP + 0x1000,
        &[EMPTY, EMPTY, 1, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY],
    );
    w.words(HEAP + 0x1000 + 8 + 16, &[6]);
    w.words(HEAP + 0x1000 + 72 + 16, &[66]);
    assert_eq!(w.line(map, HEAP), "map[int]int len: 1, [6: 66]");
}

#[test]
fn long_maps_show_their_smallest_keys() {
    let (mut w, map) = world(HMAP);
    let first = HEAP + 0x1000;
    hmap(&mut w, false, 3, 64, first, 0);
    for b in 0..8 {
        let keys: Vec<u64> = (0..8).map(|i| 100 - (b * 8 + i)).collect();
        bucket(&mut w, first + b * BUCKET, &keys, 0);
    }
    let limits = crate::value::Limits {
        len: 2,
        ..Default::default()
    };
    let value = w.read_within(map, HEAP, limits);
    assert_eq!(
        dumpview_model::value::text::Style::default().line(&value),
        "map[int]int len: 64, [37: 370, 38: 380, …62 more]"
    );
}
