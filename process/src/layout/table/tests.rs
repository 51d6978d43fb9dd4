//! The committed tables: whole, consistent, and saying what other sources say about a few fields.

use super::*;

fn version(text: &str) -> GoVersion {
    GoVersion::parse(text).unwrap()
}

const ARCHES: [Arch; 2] = [Arch::Amd64, Arch::Arm64];

#[test]
fn every_field_of_every_table_resolves_and_fits() {
    let mut fields = 0;
    for release in TableLayouts::releases() {
        for arch in ARCHES {
            let table = TableLayouts::for_release(&release, arch).unwrap();
            assert_eq!(table.source(), LayoutSource::Table(release.text.clone()));
            for (structure, paths) in table.structures() {
                let size = table.size_of(structure).unwrap();
                for path in paths {
                    let path = if path == "[]" { "[0]" } else { path };
                    let Some(field) = table.field(structure, path) else {
                        assert_eq!((path, size), ("[0]", 0), "{release} {structure}.{path}");
                        continue;
                    };
                    let end = field.offset + field.size;
                    assert!(
                        end <= size,
                        "{release} {structure}.{path} ends at {end} of {size}"
                    );
                    fields += 1;
                }
            }
        }
    }
    assert!(fields > 25_000, "only {fields} fields");
}

/// Offsets as the runtime's source and earlier readers of cores have them.
#[test]
fn well_known_fields_stand_where_they_are_known_to() {
    for (release, structure, path, amd64, arm64) in [
        ("go1.19", "runtime.g", "goid", 152, 152),
        ("go1.22.10", "runtime.g", "goid", 152, 152),
        ("go1.23.9", "runtime.g", "goid", 160, 160),
        ("go1.27.3", "runtime.g", "startpc", 304, 304),
        ("go1.27.3", "runtime.g", "sched.bp", 96, 96),
        ("go1.19", "runtime.m", "procid", 72, 72),
        ("go1.25.5", "runtime.m", "procid", 64, 64),
        ("go1.19", "runtime.moduledata", "gofunc", 304, 304),
        ("go1.27.3", "runtime.moduledata", "gofunc", 344, 344),
        ("go1.24.11", "runtime.mheap", "arenas", 66008, 66072),
        ("go1.27.3", "runtime.mheap", "spanalloc", 92320, 101_088),
        ("go1.19", "runtime.sudog", "c", 80, 80),
        ("go1.26.6", "runtime.sudog", "c", 88, 88),
        ("go1.27.3", "runtime.semtable", "[2].root.treap", 136, 264),
        ("go1.24.11", "internal/runtime/maps.Map", "dirPtr", 16, 16),
    ] {
        for (arch, offset) in ARCHES.into_iter().zip([amd64, arm64]) {
            let table = TableLayouts::for_release(&version(release), arch).unwrap();
            let found = table.field(structure, path).map(|f| f.offset);
            assert_eq!(found, Some(offset), "{release} {arch:?} {structure}.{path}");
        }
    }
}

#[test]
fn what_a_release_does_not_have_is_none() {
    let old = TableLayouts::for_release(&version("go1.19.8"), Arch::Amd64).unwrap();
    assert_eq!(old.field("runtime.g", "parentGoid"), None);
    assert_eq!(old.field("internal/runtime/maps.Map", "used"), None);
    assert_eq!(old.constant("runtime._Gleaked"), None);
    assert_eq!(old.constant("runtime._Gwaiting"), Some(4));
    assert_eq!(old.wait_reason(9), Some("select"));
}

#[test]
fn a_release_without_a_table_gets_the_nearest_and_says_so() {
    let nearest = |text: &str| {
        TableLayouts::for_release(&version(text), Arch::Amd64)
            .unwrap()
            .source()
    };
    let near = |text: &str| LayoutSource::NearestTable(text.to_owned());
    assert_eq!(nearest("go1.20.7"), near("go1.20.6"));
    assert_eq!(nearest("go1.27.1"), near("go1.27.3"));
    assert_eq!(nearest("go1.35"), near("go1.27.3"));
    assert_eq!(nearest("go1.27.3-X:mapsplitgroup"), near("go1.27.3"));
    assert_eq!(
        nearest("go1.27.3"),
        LayoutSource::Table("go1.27.3".to_owned())
    );
    let other = TableLayouts::for_release(&version("go1.27.1"), Arch::Amd64).unwrap();
    assert_eq!(other.wait_reason(9), None, "numbers may differ");
}
