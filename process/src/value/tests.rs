//! Each shape read from made-up memory; then random memory as any shape.

use super::fake::World;
use super::{Gathered, Limits, Place, Reader, TypeSource};
use crate::addr::Addr;
use crate::dwarf::{NoLocation, Piece};
use crate::scope::CaptureSlot;
use crate::types::{Kind, MapLayout, Shape, TypeRef};
use dumpview_model::value::text::Style;
use dumpview_model::value::{Data, Pointee};
use proptest::prelude::*;

const HEAP: u64 = 0xc000_0000;

fn world() -> World {
    let mut world = World::new();
    world.map(HEAP, 0x1000);
    world
}

#[test]
fn scalars_by_width_and_sign() {
    let mut w = world();
    w.words(HEAP, &[0xffff_ffff_ffff_fffe, 0x3ff8_0000_0000_0000]);
    for (kind, text) in [
        ("int", "-2"),
        ("int8", "-2"),
        ("int16", "-2"),
        ("int32", "-2"),
        ("uint8", "254"),
        ("uint16", "65534"),
        ("uint32", "4294967294"),
        ("uint64", "18446744073709551614"),
        ("uintptr", "0xfffffffffffffffe"),
        ("bool", "(unreadable: corrupt: bool holds 0xfe)"),
    ] {
        assert_eq!(w.line(w.basic(kind), HEAP), text, "{kind}");
    }
    assert_eq!(w.line(w.basic("float64"), HEAP + 8), "1.5");
    w.put(HEAP + 16, &1.5f32.to_le_bytes());
    w.put(HEAP + 20, &(-0.25f32).to_le_bytes());
    assert_eq!(w.line(w.basic("float32"), HEAP + 16), "1.5");
    assert_eq!(w.line(w.basic("complex64"), HEAP + 16), "(1.5-0.25i)");
    assert_eq!(
        w.line(w.basic("int"), 0x10),
        "(unreadable: 0x10: never mapped)"
    );
}

#[test]
fn strings_are_cut_and_checked() {
    let mut w = world();
    let string = w.basic("string");
    w.put(HEAP + 0x100, "héllo\x1b".as_bytes());
    w.words(HEAP, &[HEAP + 0x100, 7]);
    assert_eq!(w.line(string, HEAP), r#""héllo\x1b""#);
    w.words(HEAP, &[0, 0]);
    assert_eq!(w.line(string, HEAP), r#""""#);
    w.words(HEAP, &[HEAP + 0x100, 0x800]);
    let limits = Limits {
        string: 2,
        ..Limits::default()
    };
    // Two bytes end inside the é, which is left out whole.
    let cut = w.read_within(string, HEAP, limits);
    assert_eq!(Style::default().line(&cut), r#""h"…2047 more"#);
    for header in [
        [HEAP + 0x100, 0x1_0000],
        [HEAP, u64::MAX],
        [0, 3],
        [7, 1 << 60],
    ] {
        w.words(HEAP, &header);
        let text = w.line(string, HEAP);
        assert!(
            text.starts_with("(unreadable: corrupt: string of"),
            "{text}"
        );
    }
}

#[test]
fn slices_and_arrays() {
    let mut w = world();
    let ints = w.slice_of(w.basic("int16"));
    w.put(HEAP + 0x100, &[1, 0, 2, 0, 0xff, 0xff]);
    w.words(HEAP, &[HEAP + 0x100, 3, 8]);
    assert_eq!(w.line(ints, HEAP), "[]int16 len: 3, cap: 8, [1,2,-1]");
    let array = w.array_of(w.basic("int16"), 3);
    assert_eq!(w.line(array, HEAP + 0x100), "[3]int16 [1,2,-1]");
    let limits = Limits {
        len: 2,
        ..Limits::default()
    };
    let cut = Style::default().line(&w.read_within(ints, HEAP, limits));
    assert_eq!(cut, "[]int16 len: 3, cap: 8, [1,2,…1 more]");
    w.words(HEAP, &[0, 0, 0]);
    assert_eq!(w.line(ints, HEAP), "[]int16 len: 0, cap: 0, nil");
    for (header, why) in [
        ([HEAP + 0x100, 9, 8], "slice of len 9 and cap 8"),
        ([HEAP + 0x100, 1, 1 << 62], "slice of len 1 and cap"),
        (
            [HEAP + 0x100, u64::MAX, u64::MAX],
            "slice of len -1 and cap -1",
        ),
        ([0, 1, 1], "without an array"),
        ([HEAP + 0xff0, 8, 9], "never mapped"),
    ] {
        w.words(HEAP, &header);
        let text = w.line(ints, HEAP);
        assert!(
            text.starts_with("(unreadable: corrupt") && text.contains(why),
            "{text}"
        );
    }
    // Elements without size take no memory, however many there are.
    let empty = w.structure("struct {}", &[]);
    let empties = w.slice_of(empty);
    w.words(HEAP, &[HEAP, 1 << 40, 1 << 40]);
    let text = w.line(empties, HEAP);
    assert!(
        text.starts_with("[]struct {} len: 1099511627776,") && text.contains("[{},{}"),
        "{text}"
    );
}

#[test]
fn structs_pointers_and_cycles() {
    let mut w = world();
    let node = w.structure("main.Node", &[]);
    let pointer = w.pointer_to(node);
    let fields = w.structure(
        "main.fields",
        &[
            ("Value", w.basic("int")),
            ("Next", pointer),
            ("_", w.basic("int32")),
        ],
    );
    w.define(node, fields);
    w.words(HEAP, &[1, HEAP + 0x40, 0]);
    w.words(HEAP + 0x40, &[2, HEAP, 0]);
    w.words(HEAP + 0x80, &[HEAP]);
    assert_eq!(
        w.line(pointer, HEAP + 0x80),
        "*main.Node {Value: 1, Next: *main.Node {Value: 2, Next: (*main.Node)(0xc0000000) (cycle), _: 0}, _: 0}"
    );
    let limits = Limits {
        depth: 1,
        ..Limits::default()
    };
    let shallow = w.read_within(pointer, HEAP + 0x80, limits);
    assert_eq!(
        Style::default().line(&shallow),
        "*main.Node {Value: 1, Next: (*main.Node)(0xc0000040), _: 0}"
    );
    w.words(HEAP + 0x80, &[0]);
    assert_eq!(w.line(pointer, HEAP + 0x80), "*main.Node nil");
    w.words(HEAP + 0x80, &[0x5000]);
    assert_eq!(
        w.line(pointer, HEAP + 0x80),
        "*main.Node {Value: (unreadable: 0x5000: never mapped), Next: (unreadable: 0x5008: never mapped), _: (unreadable: 0x5010: never mapped)}"
    );
}

#[test]
fn a_pointer_to_itself_ends() {
    let mut w = world();
    let p = w.ty("main.P", 8, Kind::Pointer, Shape::Pointer { elem: None });
    w.define(
        p,
        w.ty("", 8, Kind::Pointer, Shape::Pointer { elem: Some(p) }),
    );
    w.words(HEAP, &[HEAP]);
    assert_eq!(w.line(p, HEAP), "(main.P)(0xc0000000) (cycle)");
    // A long chain of distinct addresses ends at the depth limit.
    for i in 0..100 {
        w.words(HEAP + 8 * i, &[HEAP + 8 * (i + 1)]);
    }
    assert_eq!(w.line(p, HEAP), "****(main.P)(0xc0000028)");
}

#[test]
fn interfaces_by_dynamic_type() {
    let mut w = world();
    let (any, error) = (
        w.interface("interface {}", true),
        w.interface("error", false),
    );
    let text = w.structure("errors.errorString", &[("s", w.basic("string"))]);
    let errstr = w.pointer_to(text);
    let (int, itab) = (w.basic("int"), HEAP + 0x200);
    w.describe(0x100, int, false).describe(0x200, errstr, true);
    w.words(HEAP + 0x80, &[42]).put(HEAP + 0x90, b"boom");
    w.words(HEAP + 0x100, &[HEAP + 0x90, 4]);
    w.words(itab, &[0, 0, 0x200]);
    w.words(HEAP, &[0x100, HEAP + 0x80]);
    assert_eq!(w.line(any, HEAP), "interface {}(int) 42");
    w.words(HEAP, &[itab, HEAP + 0x100]);
    assert_eq!(
        w.line(error, HEAP),
        r#"error(*errors.errorString) *{s: "boom"}"#
    );
    w.words(HEAP, &[0, 0]);
    assert_eq!(w.line(error, HEAP), "error nil");
    w.words(HEAP, &[0x333, HEAP]);
    assert_eq!(
        w.line(any, HEAP),
        "(unreadable: 0x333: not a type descriptor: outside the type data)"
    );
    w.words(HEAP, &[0x333, HEAP]);
    assert!(
        w.line(error, HEAP)
            .contains("internal/abi.ITab.Type at 0x343: never mapped")
    );
}

#[test]
fn error_chains_go_on_below_the_depth_limit() {
    let mut w = world();
    let error = w.interface("error", false);
    let wrap = w.structure(
        "fmt.wrapError",
        &[("msg", w.basic("string")), ("err", error)],
    );
    let pointer = w.pointer_to(wrap);
    w.describe(0x100, pointer, true);
    w.words(HEAP + 0x300, &[0, 0, 0x100]);
    for i in 0..8 {
        let at = HEAP + 0x40 * i;
        let next = if i == 7 {
            [0, 0]
        } else {
            [HEAP + 0x300, at + 0x40]
        };
        w.words(at, &[HEAP, 1, next[0], next[1]]);
    }
    w.words(HEAP + 0x400, &[HEAP + 0x300, HEAP]);
    let limits = Limits {
        depth: 1,
        ..Limits::default()
    };
    let text = Style::default().line(&w.read_within(error, HEAP + 0x400, limits));
    assert_eq!(text.matches("msg:").count(), 8, "{text}");
    assert!(text.ends_with("err: error nil}}}}}}}}"), "{text}");
}

#[test]
fn channels_in_queue_order() {
    let mut w = world();
    let chan = w.chan(w.basic("int"));
    let hchan = HEAP + 0x100;
    // dataqsiz, qcount, elemsize+closed, buf, timer, sendx, recvx, recvq{first,last}, sendq
    w.words(
        hchan,
        &[
            4,
            3,
            8 | 1 << 32,
            HEAP + 0x200,
            0,
            2,
            3,
            0,
            0,
            HEAP + 0x300,
            0,
        ],
    );
    w.words(HEAP + 0x200, &[20, 30, 0, 10]);
    w.words(HEAP + 0x300, &[0, 0, HEAP + 0x340]);
    w.words(HEAP, &[hchan]);
    assert_eq!(
        w.line(chan, HEAP),
        "chan int 3/4 closed (2 senders waiting) [10,20,30]"
    );
    w.words(HEAP + 0x340, &[0, 0, HEAP + 0x300]);
    let text = w.line(chan, HEAP);
    assert!(
        text.contains("(waiting senders unreadable)") && text.contains("circle"),
        "{text}"
    );
    w.words(hchan + 8, &[5]);
    assert_eq!(
        w.line(chan, HEAP),
        "(unreadable: corrupt: channel 0xc0000100 holds 5 of 4 elements, next at 3)"
    );
    w.words(hchan, &[1, 1])
        .words(hchan + 32, &[HEAP, 0, 0, 0, 0, 0]);
    assert_eq!(
        w.line(chan, HEAP),
        "chan int 0/0 closed [20] (channel of a timer that has fired: its tick does not count in len)"
    );
    w.words(HEAP, &[0]);
    assert_eq!(w.line(chan, HEAP), "chan int nil");
}

/// What thousands of frames lead to is read once: a channel that goroutines wait on, a map that they share.
#[test]
fn what_many_values_lead_to_is_read_once() {
    const WAITERS: u64 = 1000;
    let mut w = World::new();
    w.map(HEAP, 0x10_0000);
    let chan = w.chan(w.basic("int"));
    let (hchan, sudogs) = (HEAP + 0x100, HEAP + 0x1000);
    w.words(hchan, &[0, 0, 8, 0, 0, 0, 0, sudogs, 0, 0, 0]);
    for waiter in 0..WAITERS {
        let next = if waiter + 1 < WAITERS {
            sudogs + (waiter + 1) * 32
        } else {
            0
        };
        w.words(sudogs + waiter * 32, &[0, 0, next]);
    }
    w.words(HEAP, &[hchan]);
    // A swiss map of small groups has at most eight entries; its groups' order is what costs.
    let map = map_of_eight(&mut w, HEAP + 0x8_0000);
    w.words(HEAP + 8, &[HEAP + 0x8_0000]);
    let memory = w.counting();
    let costs = |ty, at| {
        let before = memory.reads();
        let value = Reader::new(
            w.sources(&memory),
            Limits {
                depth: 1,
                len: 2,
                ..Limits::default()
            },
        )
        .read(ty, Place::Memory(Addr(at)));
        (Style::default().line(&value), memory.reads() - before)
    };
    for (ty, at, entries, text) in [
        (
            chan,
            HEAP,
            WAITERS,
            "chan int 0/0 (1000 receivers waiting) []",
        ),
        (
            map,
            HEAP + 8,
            8,
            "map[int]int len: 8, [0: 0, 1: 1, …6 more]",
        ),
    ] {
        let (first, reads) = costs(ty, at);
        assert_eq!(first, text);
        assert!(reads >= entries, "{text}: {reads} reads");
        for _ in 0..3 {
            let (again, reads) = costs(ty, at);
            assert_eq!(again, text);
            assert!(reads < 20, "{text}: {reads} reads for what is known");
        }
    }
}

/// `map[int]int` with the entries 0 to 7, last first, in one group of a swiss map.
fn map_of_eight(w: &mut World, header: u64) -> TypeRef {
    let int = w.basic("int");
    let layout = MapLayout::Swiss {
        group: 8 + 8 * 16,
        keys: 8,
        key_stride: 16,
        elems: 16,
        elem_stride: 16,
        indirect_key: false,
        indirect_elem: false,
    };
    w.words(header, &[header + 0x40, 8, 0, 0]);
    w.put(header + 0x40, &[1; 8]);
    for slot in 0..8 {
        w.words(header + 0x48 + slot * 16, &[7 - slot, 7 - slot]);
    }
    w.map_of(int, int, layout)
}

#[test]
fn functions_and_what_they_capture() {
    let mut w = world();
    let func = w.func("func()");
    let capture = |name: &str, ty, offset, by_reference| CaptureSlot {
        name: name.into(),
        ty,
        offset,
        by_reference,
        argument: None,
    };
    let captures = vec![
        capture("n", w.basic("int"), 8, false),
        capture("v", w.basic("int"), 16, true),
    ];
    w.function(0x400, "main.main.func1", captures);
    w.words(HEAP + 0x40, &[0x400, 7, HEAP + 0x80]);
    w.words(HEAP + 0x80, &[9]);
    w.words(HEAP, &[HEAP + 0x40]);
    assert_eq!(w.line(func, HEAP), "main.main.func1 {n: 7, v: 9}");
    w.words(HEAP, &[0]);
    assert_eq!(w.line(func, HEAP), "func() nil");
    w.words(HEAP, &[HEAP + 0x80]);
    assert!(w.line(func, HEAP).contains("where no function is"));
}

#[test]
fn named_constants_and_well_known_types() {
    let mut w = world();
    let color = w.scalar("main.Color", "uint8");
    w.constant("main.Color", 2, "main.Blue").put(HEAP, &[2]);
    assert_eq!(w.line(color, HEAP), "main.Blue (2)");
    let duration = w.scalar("time.Duration", "int64");
    w.words(HEAP, &[1_500_000_000]);
    assert_eq!(w.line(duration, HEAP), "1.5s");

    let mutex = w.structure(
        "sync.Mutex",
        &[("state", w.basic("int32")), ("sema", w.basic("uint32"))],
    );
    w.words(HEAP, &[0x11]);
    assert_eq!(w.line(mutex, HEAP), "sync.Mutex(locked, 2 waiters)");
    w.words(HEAP, &[0xffff_ffff]);
    assert_eq!(
        w.line(mutex, HEAP),
        "sync.Mutex(unlocked once more than it was locked)"
    );
    let inner = w.structure(
        "internal/sync.Mutex",
        &[("state", w.basic("int32")), ("sema", w.basic("uint32"))],
    );
    let atomic = w.structure("sync/atomic.Int32", &[("v", w.basic("int32"))]);
    let rw = w.structure(
        "sync.RWMutex",
        &[
            ("w", inner),
            ("writerSem", w.basic("uint32")),
            ("readerSem", w.basic("uint32")),
            ("readerCount", atomic),
            ("readerWait", atomic),
        ],
    );
    for (count, wait, text) in [
        (0i32, 0i32, "unlocked"),
        (3, 0, "read-locked, 3 readers"),
        (-(1 << 30), 0, "write-locked"),
        (2 - (1 << 30), 0, "write-locked, 2 readers waiting"),
        (
            2 - (1 << 30),
            1,
            "read-locked, writer waits for 1 reader, 1 reader waiting",
        ),
        (1 << 30, 0, "unlocked once more than it was locked"),
        (-1, 0, "unlocked once more than it was locked"),
    ] {
        // `atomic` is padded to eight bytes in this world.
        w.put(HEAP + 16, &count.to_le_bytes())
            .put(HEAP + 24, &wait.to_le_bytes());
        assert_eq!(w.line(rw, HEAP), format!("sync.RWMutex({text})"));
    }
    let group = w.structure("sync.WaitGroup", &[("state", w.basic("uint64"))]);
    w.words(HEAP, &[2 << 32 | 1 << 31 | 1]);
    assert_eq!(w.line(group, HEAP), "sync.WaitGroup(counter 2, 1 waiter)");
    w.words(HEAP, &[5]);
    assert_eq!(w.line(atomic, HEAP), "sync/atomic.Int32(5)");
    let flag = w.structure("sync/atomic.Bool", &[("v", w.basic("uint32"))]);
    w.words(HEAP, &[1]);
    assert_eq!(w.line(flag, HEAP), "sync/atomic.Bool(true)");

    let nat = w.slice_of(w.basic("uint"));
    let big = w.structure("math/big.Int", &[("neg", w.basic("bool")), ("abs", nat)]);
    w.words(HEAP, &[1, HEAP + 0x100, 2, 2])
        .words(HEAP + 0x100, &[0, 1]);
    assert_eq!(w.line(big, HEAP), "math/big.Int(-18446744073709551616)");
}

#[test]
fn generic_wrappers_show_what_they_point_at() {
    let mut w = world();
    let int = w.basic("int");
    let pointer = w.pointer_to(int);
    let phantom = w.array_of(pointer, 0);
    let raw = w.basic("unsafe.Pointer");
    let atomic = w.structure("sync/atomic.Pointer[int]", &[("_", phantom), ("v", raw)]);
    let weak = w.structure("weak.Pointer[int]", &[("_", phantom), ("u", raw)]);
    w.words(HEAP, &[HEAP + 8, 42, HEAP]);
    assert_eq!(w.line(atomic, HEAP), "sync/atomic.Pointer[int](*42)");
    assert_eq!(w.line(weak, HEAP + 16), "weak.Pointer[int](**42)");
    w.words(HEAP, &[0]);
    assert_eq!(w.line(atomic, HEAP), "sync/atomic.Pointer[int](*int nil)");
}

/// `time.Time` in the made-up world: `wall`, `ext`, `loc`.
fn time_type(w: &World) -> TypeRef {
    let (string, int, boolean) = (w.basic("string"), w.basic("int"), w.basic("bool"));
    let zone = w.structure(
        "time.zone",
        &[("name", string), ("offset", int), ("isDST", boolean)],
    );
    let tx = w.structure(
        "time.zoneTrans",
        &[("when", w.basic("int64")), ("index", w.basic("uint8"))],
    );
    let location = w.structure(
        "time.Location",
        &[
            ("name", string),
            ("zone", w.slice_of(zone)),
            ("tx", w.slice_of(tx)),
            ("extend", string),
        ],
    );
    w.structure(
        "time.Time",
        &[
            ("wall", w.basic("uint64")),
            ("ext", w.basic("int64")),
            ("loc", w.pointer_to(location)),
        ],
    )
}

#[test]
fn times_in_their_own_zone() {
    let mut w = world();
    let time = time_type(&w);
    let unix = 1_795_255_200u64; // 2026-11-21T10:00:00Z
    let plain = |w: &mut World, unix: u64, nanos, loc| {
        w.words(HEAP, &[nanos, unix + 62_135_596_800, loc]);
    };
    plain(&mut w, unix, 0, 0);
    assert_eq!(w.line(time, HEAP), "time.Time(2026-11-21T10:00:00Z)");
    plain(&mut w, unix, 120_000_000, 0);
    assert_eq!(w.line(time, HEAP), "time.Time(2026-11-21T10:00:00.12Z)");
    // With a monotonic reading.
    let wall = 1 << 63 | (unix + 2_682_288_000) << 30 | 5;
    w.words(HEAP, &[wall, 77, 0]);
    assert_eq!(
        w.line(time, HEAP),
        "time.Time(2026-11-21T10:00:00.000000005Z)"
    );
    w.words(HEAP, &[0, 0, 0]);
    assert_eq!(w.line(time, HEAP), "time.Time(0001-01-01T00:00:00Z)");

    // Berlin: two zones, two transitions in 2026, a rule for what comes after.
    let (loc, zones, tx, text) = (HEAP + 0x100, HEAP + 0x200, HEAP + 0x300, HEAP + 0x400);
    w.put(text, b"LocalCESTCETCET-1CEST,M3.5.0,M10.5.0/3");
    w.words(loc, &[text, 5, zones, 2, 2, tx, 2, 2, text + 12, 26]);
    w.words(zones, &[text + 5, 4, 7200, 1, text + 9, 3, 3600, 0]);
    w.words(tx, &[1_774_746_000, 0, 1_792_890_000, 1]);
    for (unix, text) in [
        (unix, "2026-11-21T11:00:00+01:00"),
        (1_780_000_000, "2026-05-28T22:26:40+02:00"),
        (1_700_000_000, "2023-11-14T23:13:20+01:00"),
        (1_816_000_000, "2027-07-19T14:26:40+02:00"),
    ] {
        plain(&mut w, unix, 0, loc);
        assert_eq!(w.line(time, HEAP), format!("time.Time({text})"));
    }
    w.words(loc, &[0; 10]);
    assert_eq!(
        w.line(time, HEAP),
        "time.Time(2027-07-19T12:26:40Z (time zone not loaded))"
    );
}

#[test]
fn pieces_make_partial_values() {
    let w = world();
    let point = w.structure("main.P", &[("X", w.basic("int")), ("Y", w.basic("int"))]);
    let gathered = Gathered {
        pieces: vec![
            Piece {
                offset: 0,
                size: 8,
                bytes: Ok(5u64.to_le_bytes().to_vec()),
            },
            Piece {
                offset: 8,
                size: 8,
                bytes: Err(NoLocation::Unknown("optimized out")),
            },
        ],
    };
    let memory = w.memory();
    let value = Reader::new(w.sources(&memory), Limits::default())
        .read(point, Place::Gathered(&gathered, 0));
    assert_eq!(
        Style::default().line(&value),
        "main.P {X: 5, Y: (unreadable: optimized out)}"
    );
}

/// Every shape there is, each type referring to others.
fn shapes(w: &World) -> Vec<TypeRef> {
    let (int, string, any) = (
        w.basic("int"),
        w.basic("string"),
        w.interface("interface {}", true),
    );
    let node = w.structure("main.Node", &[]);
    let pointer = w.pointer_to(node);
    let hmap = MapLayout::Hmap {
        key_slot: 8,
        elem_slot: 16,
        bucket: 208,
        indirect_key: false,
        indirect_elem: true,
    };
    let swiss = MapLayout::Swiss {
        group: 200,
        keys: 8,
        key_stride: 24,
        elems: 16,
        elem_stride: 24,
        indirect_key: false,
        indirect_elem: false,
    };
    let old = w.map_of(int, string, hmap);
    let new = w.ty(
        "map[int]any",
        8,
        Kind::Map,
        Shape::Map {
            key: int,
            elem: any,
            layout: swiss,
        },
    );
    let fields = w.structure(
        "main.fields",
        &[
            ("a", any),
            ("e", w.interface("error", false)),
            ("next", pointer),
            ("s", w.slice_of(node)),
            ("old", old),
            ("new", new),
            ("c", w.chan(node)),
            ("f", w.func("func()")),
            ("t", time_type(w)),
            ("str", string),
        ],
    );
    w.define(node, fields);
    vec![
        node,
        pointer,
        any,
        old,
        new,
        w.slice_of(pointer),
        w.chan(any),
        w.array_of(node, 3),
        w.slice_of(w.slice_of(node)),
    ]
}

proptest! {
    /// Memory full of plausible addresses: a hostile graph ends, within its budget.
    #[test]
    fn random_memory_is_read_within_the_budget(words in proptest::collection::vec(prop_oneof![
        Just(0u64), 0u64..40, (0u64..512).prop_map(|i| HEAP + 8 * i), any::<u64>(), Just(0x100u64), Just(0x0101_0101_0101_0101u64),
    ], 512), at in 0u64..400) {
        let mut w = world();
        let all = shapes(&w);
        w.words(HEAP, &words);
        w.describe(0x100, all[0], false).describe(HEAP + 64, all[1], true);
        w.function(HEAP + 8, "main.f", vec![CaptureSlot { name: "n".into(), ty: all[0], offset: 8, by_reference: true, argument: None }]);
        let limits = Limits { depth: 6, len: 8, string: 32, nodes: 500 };
        for ty in all {
            let value = w.read_within(ty, HEAP + 8 * at, limits);
            prop_assert!(value.nodes() < 5_000, "{}", value.nodes());
            let _ = Style::default().block(&value);
        }
    }
}

#[test]
fn a_spent_budget_stops_following() {
    let mut w = world();
    let node = w.structure("main.Tree", &[]);
    let pointer = w.pointer_to(node);
    w.define(
        node,
        w.structure("main.tree", &[("L", pointer), ("R", pointer)]),
    );
    // Each of 200 nodes points twice at the next: 2^200 paths.
    for i in 0..200 {
        let next = HEAP + 16 * (i + 1);
        w.words(HEAP + 16 * i, &[next, next]);
    }
    let limits = Limits {
        depth: 1000,
        nodes: 1000,
        ..Limits::default()
    };
    let value = w.read_within(node, HEAP, limits);
    assert!(value.nodes() < 5_000, "{}", value.nodes());
    let Data::Struct { fields, .. } = &value.data else {
        panic!()
    };
    assert!(
        matches!(&fields[1].value.data, Data::Pointer { pointee: Pointee::NotFollowed, addr } if addr.0 == HEAP + 16)
    );
}

#[test]
fn a_length_without_bound_is_bounded_by_the_budget() {
    let mut w = world();
    let limits = Limits {
        len: usize::MAX,
        string: usize::MAX,
        nodes: 20,
        ..Limits::default()
    };
    let empties = w.slice_of(w.structure("struct {}", &[]));
    w.words(HEAP, &[HEAP, 1 << 40, 1 << 40]);
    let value = w.read_within(empties, HEAP, limits);
    assert_eq!(value.nodes(), 20);
    let string = w.basic("string");
    w.put(HEAP + 0x100, &[b'a'; 0x800]);
    w.words(HEAP, &[HEAP + 0x100, 0x800]);
    let Data::String { bytes, len } = w.read_within(string, HEAP, limits).data else {
        panic!()
    };
    assert_eq!((bytes.len(), len), (19 * 16, 0x800));
}
