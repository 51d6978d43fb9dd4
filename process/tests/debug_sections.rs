//! The debug sections of one small program, as they are and with bytes changed.
//!
//! See `fixtures/README.md`. Whole: levels of inlining, registers, names. Damaged: every question ends, in bounded
//! time, with an answer or an error.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure is a panic"
)]

use dumpview_process::addr::{Addr, FileAddr};
use dumpview_process::arch::{Arch, Reg, Registers};
use dumpview_process::dwarf::{Dwarf, Location};
use dumpview_process::image::{Executable, GoVersion, SectionArena};
use dumpview_process::memory::CoreMemory;
use dumpview_process::scope::{Frame, Origin, Scopes, Standing, Variable, VariablesError};
use dumpview_process::types::{Kind, MapLayout, Shape, Types};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, OnceLock};

const GO_1_19: &[u8] = include_bytes!("fixtures/sum-go1.19-amd64.debug.zst");
const GO_1_27: &[u8] = include_bytes!("fixtures/sum-go1.27.3-amd64.debug.zst");

const NAMES: [&str; 7] = [
    ".debug_info",
    ".debug_abbrev",
    ".debug_loc",
    ".debug_loclists",
    ".debug_ranges",
    ".debug_rnglists",
    ".debug_addr",
];

type Sections = BTreeMap<&'static str, Vec<u8>>;

fn sections(fixture: &'static [u8]) -> Sections {
    let mut file = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(fixture)
        .unwrap()
        .read_to_end(&mut file)
        .unwrap();
    let arena = SectionArena::default();
    let executable = Executable::parse(&file, &arena).unwrap();
    NAMES
        .iter()
        .map(|name| (*name, executable.debug_section(name).to_vec()))
        .collect()
}

fn types<'a>(sections: &'a Sections, version: &str) -> Types<'a> {
    let dwarf = Dwarf::from_sections(|name| sections.get(name).map_or(&[], Vec::as_slice));
    let memory = Arc::new(CoreMemory::default());
    let version = GoVersion::parse(version);
    Types::new(memory, Some(Arc::new(dwarf)), Vec::new(), version)
}

fn variables(
    types: &Types<'_>,
    pc: u64,
    inline_depth: usize,
    registers: &Registers,
) -> Result<Vec<Variable>, VariablesError> {
    let frame = Frame {
        pc: FileAddr(pc),
        cfa: Some(Addr(0x7000)),
        registers,
        memory: &CoreMemory::default(),
        inline_depth,
        line: None,
        start_line: None,
        closure: None,
        point: None,
        unsaved: &[],
        entered: None,
        program: None,
        sources: None,
    };
    let found = Scopes::default().variables(types, &frame);
    found.map(|found| found.variables)
}

#[test]
fn inlined_calls_have_their_own_variables_and_registers_count_only_when_known() {
    let sections = sections(GO_1_27);
    let types = types(&sections, "go1.27.3");
    assert_eq!(types.dwarf().unwrap().damage(), [""; 0]);
    // main.main at the call of the closure inlined into the inlined main.sum.
    let pc = 0x47_db34;
    let none = Registers::new(Arch::Amd64);
    let names = |depth| -> Vec<(String, Origin)> {
        let found = variables(&types, pc, depth, &none).unwrap();
        found.into_iter().map(|v| (v.name, v.origin)).collect()
    };
    let own = |name: &str, origin| (name.to_owned(), origin);
    assert_eq!(names(0), []);
    assert_eq!(
        names(1),
        [
            own("xs", Origin::Argument),
            own("n", Origin::Argument),
            own("total", Origin::Result)
        ]
    );
    assert_eq!(names(2)[0], own("y", Origin::Argument));
    assert_eq!(
        variables(&types, pc, 3, &none),
        Err(VariablesError::NoInlinedCall)
    );
    assert_eq!(
        variables(&types, 0x10, 0, &none),
        Err(VariablesError::NoFunction(FileAddr(0x10)))
    );

    let total = |registers: &Registers| {
        let found = variables(&types, 0x47_db2b, 1, registers).unwrap();
        found.into_iter().find(|v| v.name == "total").unwrap()
    };
    let unknown = total(&none);
    assert_eq!(unknown.location, None);
    let Standing::Unreadable(why) = unknown.standing else {
        panic!("{:?}", unknown.standing);
    };
    assert!(why.contains("rcx"), "{why}");
    let mut known = Registers::new(Arch::Amd64);
    known.set(Reg(2), Some(0x1234));
    let known = total(&known);
    // Without the code nobody knows whether the register is still the variable's.
    assert!(matches!(known.standing, Standing::Stale(_)));
    let Some(Location::Pieces(pieces)) = known.location else {
        panic!("{:?}", known.location);
    };
    assert_eq!(pieces.len(), 1);
    assert_eq!(
        pieces[0].bytes.as_deref(),
        Ok(&0x1234_u64.to_le_bytes()[..])
    );
}

#[test]
fn both_map_generations_and_recursive_types_are_resolved() {
    for (fixture, version) in [(GO_1_19, "go1.19"), (GO_1_27, "go1.27.3")] {
        let sections = sections(fixture);
        let types = types(&sections, version);
        let node = types.resolve(types.by_name("main.node").unwrap()).unwrap();
        assert_eq!((node.kind, node.size), (Kind::Struct, 24));
        let Shape::Struct { fields } = &node.shape else {
            panic!("{node:?}");
        };
        let names: Vec<(&str, u64)> = fields.iter().map(|f| (f.name.as_str(), f.offset)).collect();
        assert_eq!(names, [("val", 0), ("next", 8), ("m", 16)]);
        let map = types.resolve(fields[2].ty).unwrap();
        assert_eq!(map.name, "map[string][]int");
        let Shape::Map { layout, .. } = map.shape else {
            panic!("{map:?}");
        };
        let expected = if version == "go1.19" {
            MapLayout::Hmap {
                key_slot: 16,
                elem_slot: 24,
                bucket: 8 + 8 * 40 + 8,
                indirect_key: false,
                indirect_elem: false,
            }
        } else {
            MapLayout::Swiss {
                group: 8 + 8 * 40,
                keys: 8,
                key_stride: 40,
                elems: 24,
                elem_stride: 40,
                indirect_key: false,
                indirect_elem: false,
            }
        };
        assert_eq!(layout, expected);
    }
}

/// Asks about everything once.
fn interrogate(sections: &Sections, version: &str, pcs: &[u64]) {
    let types = types(sections, version);
    let dwarf = types.dwarf().unwrap();
    let _ = dwarf.damage();
    let _ = dwarf.packages();
    for named in dwarf.index().types.iter().step_by(7) {
        if let Ok(ty) = types.by_name(&named.name) {
            let _ = types.resolve(ty);
        }
    }
    let _ = types.package_variables(Arch::Amd64).count();
    let mut registers = Registers::new(Arch::Amd64);
    for number in 0..17 {
        registers.set(Reg(number), Some(0x1000));
    }
    for pc in pcs {
        for depth in 0..4 {
            let _ = variables(&types, *pc, depth, &registers);
        }
        let _ = types.capture_slots(FileAddr(*pc));
    }
}

fn fixture(index: usize) -> (&'static Sections, &'static str) {
    static SETS: [OnceLock<Sections>; 2] = [OnceLock::new(), OnceLock::new()];
    let (bytes, version) = [(GO_1_19, "go1.19"), (GO_1_27, "go1.27.3")][index];
    (SETS[index].get_or_init(|| sections(bytes)), version)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_end_in_answers_or_errors(
        release in 0..2usize,
        changes in prop::collection::vec((0..NAMES.len(), any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in prop::option::of((0..NAMES.len(), any::<prop::sample::Index>())),
    ) {
        let (whole, version) = fixture(release);
        let mut damaged = whole.clone();
        for (name, at, byte) in changes {
            let section = damaged.get_mut(NAMES[name]).unwrap();
            if !section.is_empty() {
                let at = at.index(section.len());
                section[at] = byte;
            }
        }
        if let Some((name, at)) = cut {
            let section = damaged.get_mut(NAMES[name]).unwrap();
            if !section.is_empty() {
                let at = at.index(section.len());
                section.truncate(at);
            }
        }
        let mut pcs: Vec<u64> = (0x40_1000..0x48_0000).step_by(0x2b91).collect();
        pcs.extend([0x47_db2b, 0x47_db34, 0x45_7cc0, 0x45_7d60]);
        interrogate(&damaged, version, &pcs);
    }
}
