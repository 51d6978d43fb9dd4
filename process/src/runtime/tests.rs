//! A runtime made of whole cloth, for tests: layouts, variables and memory that the test itself wrote.

use super::*;
use crate::layout::{Field, LayoutSource};
use crate::memory::{CoreMemory, Region, RegionSource};
use std::collections::BTreeMap;

/// Layouts with the given fields; nothing about any real release.
#[derive(Default)]
pub(super) struct FakeLayouts {
    pub fields: BTreeMap<(&'static str, &'static str), Field>,
    pub sizes: BTreeMap<&'static str, u64>,
}

impl FakeLayouts {
    pub fn field(
        mut self,
        structure: &'static str,
        path: &'static str,
        offset: u64,
        size: u64,
    ) -> Self {
        self.fields
            .insert((structure, path), Field { offset, size });
        self
    }

    pub fn size(mut self, structure: &'static str, size: u64) -> Self {
        self.sizes.insert(structure, size);
        self
    }
}

impl Layouts for FakeLayouts {
    fn field(&self, structure: &str, path: &str) -> Option<Field> {
        let key = self
            .fields
            .keys()
            .find(|(s, p)| *s == structure && *p == path)?;
        self.fields.get(key).copied()
    }
    fn size_of(&self, structure: &str) -> Option<u64> {
        self.sizes.get(structure).copied()
    }
    fn constant(&self, _: &str) -> Option<i64> {
        None
    }
    fn source(&self) -> LayoutSource {
        LayoutSource::Dwarf
    }
}

pub(super) struct FakeVars(pub BTreeMap<&'static str, u64>);

impl Variables for FakeVars {
    fn address(&self, name: &str) -> Option<Addr> {
        self.0.get(name).map(|at| Addr(*at))
    }
}

/// Memory from words at addresses.
pub(super) fn memory(parts: &[(u64, Vec<u64>)]) -> CoreMemory<'static> {
    let regions = parts
        .iter()
        .map(|(start, words)| {
            let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
            let bytes: &'static [u8] = bytes.leak();
            Region {
                start: Addr(*start),
                end: Addr(start + bytes.len() as u64),
                source: RegionSource::Core(bytes),
            }
        })
        .collect();
    CoreMemory::new([regions])
}

mod goroutines {
    use super::*;
    use crate::addr::GoId;
    use dumpview_model::goroutine::Status;

    /// A g of eight words: stack.lo, stack.hi, sched.pc, status, id, waitreason, parent, labels.
    fn layouts() -> FakeLayouts {
        let mut layouts = FakeLayouts::default().size("runtime.g", 64);
        for (path, word) in [
            ("stack.lo", 0),
            ("stack.hi", 1),
            ("sched.pc", 2),
            ("atomicstatus", 3),
            ("goid", 4),
            ("waitreason", 5),
            ("parentGoid", 6),
            ("labels", 7),
        ] {
            let size = if path == "atomicstatus" { 4 } else { 8 };
            layouts = layouts.field("runtime.g", path, word * 8, size);
        }
        layouts
    }

    fn g(id: u64, status: u64) -> Vec<u64> {
        vec![0x7000, 0x8000, 0x40_1234, status, id, 3, 1, 0]
    }

    fn read(gs: &[(u64, Vec<u64>)], list: &[u64], len: u64) -> Goroutines {
        let mut parts = gs.to_vec();
        parts.push((0x100, vec![0x1000, len]));
        parts.push((0x1000, list.to_vec()));
        let memory = memory(&parts);
        let vars = FakeVars(BTreeMap::from([
            ("runtime.allgptr", 0x100),
            ("runtime.allglen", 0x108),
        ]));
        let layouts = layouts();
        let runtime = Runtime {
            memory: &memory,
            layouts: &layouts,
            vars: &vars,
        };
        Goroutines::read(&runtime).unwrap()
    }

    #[test]
    fn live_ones_are_listed_and_dead_ones_counted() {
        let gs = read(
            &[
                (0x2000, g(1, 2)),
                (0x3000, g(7, 0x1004)),
                (0x4000, g(9, 6)),
                (0x5000, g(8, 11)),
            ],
            &[0x2000, 0x3000, 0x4000, 0x5000],
            4,
        );
        assert_eq!(gs.notes, []);
        assert_eq!((gs.allglen, gs.dead), (4, 2));
        let seen: Vec<_> = gs
            .list()
            .iter()
            .map(|g| (g.id.0, g.status, g.scan))
            .collect();
        assert_eq!(
            seen,
            [(1, Status::Running, false), (7, Status::Waiting, true)]
        );
        let seven = gs.by_id(GoId(7)).unwrap();
        assert_eq!(Some(seven), gs.by_addr(Addr(0x3000)));
        assert_eq!(seven.parent, Some(GoId(1)));
        assert_eq!(seven.sched.pc, Addr(0x40_1234));
        assert_eq!(gs.by_id(GoId(9)), None, "dead");
    }

    #[test]
    fn entries_that_are_no_goroutines_are_noted_and_the_rest_is_had() {
        let gs = read(
            &[(0x2000, g(1, 2)), (0x3000, g(2, 77))],
            &[0, 0x2000, 0x2000, 0x2010, 0x3000, 0xdead_0000],
            6,
        );
        assert_eq!(gs.list().len(), 1);
        let notes: Vec<_> = gs
            .notes
            .iter()
            .map(|n| (n.text.as_str(), n.count))
            .collect();
        assert_eq!(
            notes,
            [
                (
                    "goroutines that cannot be read, first g at 0x0: never mapped",
                    2
                ),
                (
                    "entries that are no goroutines, first g at 0x3000: status 0x4d is not one of the runtime's",
                    1
                ),
                ("entries that point at or into another goroutine", 2),
            ]
        );
    }

    #[test]
    fn an_absurd_length_ends_where_memory_does() {
        for len in [1 << 40, u64::MAX, u64::MAX / 8] {
            let gs = read(&[(0x2000, g(1, 2))], &[0x2000], len);
            assert_eq!(gs.list().len(), 1);
            assert_eq!(gs.notes.len(), 1, "{:?}", gs.notes);
            assert!(
                gs.notes[0]
                    .text
                    .starts_with("the list of goroutines ends early: 0x1008")
            );
        }
    }

    #[test]
    fn wait_reasons_are_read_until_they_stop_being_strings() {
        let text = |s: &str| {
            let mut bytes = s.as_bytes().to_vec();
            bytes.resize(32, 0);
            bytes
                .chunks(8)
                .map(|c| u64::from_le_bytes(c.try_into().unwrap()))
                .collect::<Vec<_>>()
        };
        let array = |first_len| {
            memory(&[
                (
                    0x100,
                    vec![0, 0, 0x1000, first_len, 0x2000, 7, 0x3000, 1 << 50],
                ),
                (0x1000, text("GC assist marking")),
                (0x2000, text("IO wait")),
            ])
        };
        let vars = FakeVars(BTreeMap::from([("runtime.waitReasonStrings", 0x100)]));
        let layouts = layouts();
        let of = |memory: &CoreMemory<'_>| {
            let (layouts, vars) = (&layouts, &vars);
            WaitReasons::read(&Runtime {
                memory,
                layouts,
                vars,
            })
        };
        let (whole, cut) = (array(17), array(16));
        let reasons = of(&whole);
        assert_eq!(reasons.text(2).map(AsRef::as_ref), Some("IO wait"));
        assert_eq!(reasons.text(0), None);
        assert_eq!(reasons.text(3), None);
        assert!(of(&cut).is_empty(), "not the runtime's array");
    }
}

mod machines {
    use super::*;

    fn layouts() -> FakeLayouts {
        let mut layouts = FakeLayouts::default().size("runtime.m", 56);
        for (path, word) in [
            ("id", 0),
            ("procid", 1),
            ("g0", 2),
            ("gsignal", 3),
            ("curg", 4),
            ("alllink", 5),
        ] {
            layouts = layouts.field("runtime.m", path, word * 8, 8);
        }
        layouts
    }

    fn m(id: u64, link: u64) -> Vec<u64> {
        vec![id, 100 + id, 0, 0, 0, link]
    }

    fn read(parts: &[(u64, Vec<u64>)]) -> Machines {
        let (memory, layouts) = (memory(parts), layouts());
        let vars = FakeVars(BTreeMap::from([("runtime.allm", 0x10)]));
        Machines::read(&Runtime {
            memory: &memory,
            layouts: &layouts,
            vars: &vars,
        })
        .unwrap()
    }

    #[test]
    fn a_list_ends_at_nil_and_a_cycle_or_a_wild_pointer_is_noted() {
        let ids = |ms: &Machines| ms.list.iter().map(|m| (m.id, m.procid)).collect::<Vec<_>>();
        let whole = read(&[(0x10, vec![0x100]), (0x100, m(1, 0x200)), (0x200, m(0, 0))]);
        assert_eq!(ids(&whole), [(1, 101), (0, 100)]);
        assert_eq!(whole.notes, []);
        let cycle = read(&[
            (0x10, vec![0x100]),
            (0x100, m(1, 0x200)),
            (0x200, m(0, 0x100)),
        ]);
        assert_eq!(ids(&cycle), ids(&whole));
        assert_eq!(cycle.notes[0].text, "the list of Ms comes back to 0x100");
        let wild = read(&[(0x10, vec![0x100]), (0x100, m(1, 0x999))]);
        assert_eq!(ids(&wild), [(1, 101)]);
        assert_eq!(
            wild.notes[0].text,
            "the list of Ms breaks off: runtime.m.id at 0x999: never mapped"
        );
    }
}

mod labels {
    use super::*;

    fn read(bubble: bool, parts: &[(u64, Vec<u64>)]) -> Result<Vec<Label>, LabelError> {
        let mut layouts = FakeLayouts::default();
        if bubble {
            layouts = layouts.field("runtime.g", "bubble", 0, 8);
        }
        for (path, offset, size) in [
            ("count", 0, 8),
            ("flags", 8, 1),
            ("B", 9, 1),
            ("buckets", 16, 8),
            ("oldbuckets", 24, 8),
        ] {
            layouts = layouts.field("runtime.hmap", path, offset, size);
        }
        let memory = memory(parts);
        let vars = FakeVars(BTreeMap::new());
        labels(
            &Runtime {
                memory: &memory,
                layouts: &layouts,
                vars: &vars,
            },
            Addr(0x100),
        )
    }

    fn label(key: &str, value: &str) -> Label {
        Label {
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    const TEXT: u64 = u64::from_le_bytes(*b"abcdefgh");

    #[test]
    fn a_slice_of_labels_is_read_sorted() {
        let pairs = vec![0x300, 2, 0x302, 3, 0x300, 1, 0x303, 0];
        let set = read(
            true,
            &[
                (0x100, vec![0x200, 2, 2]),
                (0x200, pairs),
                (0x300, vec![TEXT]),
            ],
        );
        assert_eq!(set.unwrap(), [label("a", ""), label("ab", "cde")]);
    }

    #[test]
    fn torn_slices_and_absurd_lengths_are_refused() {
        let refused = |header: Vec<u64>| {
            let parts = [
                (0x100, header),
                (0x200, vec![0x300, 1 << 40, 0x300, 1]),
                (0x300, vec![TEXT]),
            ];
            read(true, &parts).unwrap_err().to_string()
        };
        assert_eq!(
            refused(vec![0x200, 3, 2]),
            "labels at 0x100: 3 labels in room for 2"
        );
        let huge = refused(vec![0x200, 1 << 50, 1 << 51]);
        assert!(
            huge.starts_with("labels at 0x100: 1125899906842624 labels"),
            "{huge}"
        );
        assert_eq!(
            refused(vec![0x200, 1, 1]),
            "labels at 0x308: never mapped",
            "a label of 2^40 bytes"
        );
    }

    #[test]
    fn a_map_of_labels_follows_overflow_buckets_but_no_cycle() {
        let bucket = |tophash: u64, next: u64| {
            let mut words = vec![0; 34];
            words[0] = tophash;
            (words[1], words[2], words[17], words[18]) = (0x300, 1, 0x301, 2);
            words[33] = next;
            words
        };
        let map = |count: u64, next: u64| {
            let parts = [
                (0x100, vec![0x110]),
                (0x110, vec![count, 0, 0x400, 0]),
                (0x300, vec![TEXT]),
                (0x400, bucket(9, next)),
                (0x800, bucket(0x0107, 0)),
            ];
            read(false, &parts)
        };
        assert_eq!(map(1, 0).unwrap(), [label("a", "bc")]);
        assert_eq!(map(2, 0x800).unwrap(), [label("a", "bc"), label("a", "bc")]);
        let cycle = map(1, 0x400).unwrap_err().to_string();
        assert_eq!(cycle, "labels at 0x110: a map of 1 labels has 2");
    }
}

mod waits {
    use super::*;

    fn layouts() -> FakeLayouts {
        let mut layouts = FakeLayouts::default();
        for (path, word) in [
            ("g", 0),
            ("next", 1),
            ("prev", 2),
            ("elem", 3),
            ("isSelect", 4),
            ("waitlink", 5),
            ("c", 6),
        ] {
            layouts = layouts.field("runtime.sudog", path, word * 8, 8);
        }
        layouts.field("runtime.semtable", "[0].root.treap", 8, 8)
    }

    fn sudog(g: u64, next: u64, elem: u64, waitlink: u64, chan: u64) -> Vec<u64> {
        vec![g, next, 0, elem, 1, waitlink, chan]
    }

    #[test]
    fn cases_of_a_select_are_listed_once_even_when_their_list_is_a_cycle() {
        let parts = [
            (0x100, sudog(1, 0, 0x10, 0x200, 0xc1)),
            (0x200, sudog(1, 0, 0, 0x100, 0xc2)),
        ];
        let (memory, layouts, vars) = (memory(&parts), layouts(), FakeVars(BTreeMap::new()));
        let runtime = Runtime {
            memory: &memory,
            layouts: &layouts,
            vars: &vars,
        };
        let g = Goroutine {
            addr: Addr(1),
            waiting: Addr(0x100),
            ..Goroutine::default()
        };
        let found = waits_on(
            &runtime,
            &Sudogs::new(&runtime).unwrap(),
            &g,
            "select",
            &Semaphores::default(),
        )
        .unwrap();
        let chans: Vec<_> = found
            .channels
            .iter()
            .map(|c| (c.chan.0, c.elem.0, c.select))
            .collect();
        assert_eq!(chans, [(0xc1, 0x10, true), (0xc2, 0, true)]);
        let wild = Goroutine {
            waiting: Addr(0x999),
            ..Goroutine::default()
        };
        assert!(
            waits_on(
                &runtime,
                &Sudogs::new(&runtime).unwrap(),
                &wild,
                "select",
                &Semaphores::default()
            )
            .is_err()
        );
    }

    #[test]
    fn semaphores_of_a_treap_are_found_through_all_its_links() {
        let parts = [
            (0x50, vec![0, 0x100]),
            (0x100, sudog(0xa, 0x200, 0xe1, 0x300, 0)),
            (0x200, sudog(0xb, 0x100, 0xe2, 0, 0)),
            (0x300, sudog(0xc, 0, 0xe1, 0, 0)),
        ];
        let (memory, layouts) = (memory(&parts), layouts());
        let vars = FakeVars(BTreeMap::from([("runtime.semtable", 0x50)]));
        let runtime = Runtime {
            memory: &memory,
            layouts: &layouts,
            vars: &vars,
        };
        let semaphores = Semaphores::read(&runtime);
        for (addr, elem) in [(0xa, 0xe1), (0xb, 0xe2), (0xc, 0xe1)] {
            let g = Goroutine {
                addr: Addr(addr),
                ..Goroutine::default()
            };
            let found = waits_on(
                &runtime,
                &Sudogs::new(&runtime).unwrap(),
                &g,
                "semacquire",
                &semaphores,
            )
            .unwrap();
            assert_eq!(found.semaphore.map(|queued| queued.word), Some(Addr(elem)));
        }
    }
}
