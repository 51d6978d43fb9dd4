//! Types of real Go programs: DWARF and runtime descriptors must tell the same story in every release.

#![expect(clippy::unwrap_used, reason = "a failure is a panic")]

mod live;

use dumpview_process::addr::{Addr, Bias};
use dumpview_process::dwarf::Dwarf;
use dumpview_process::image::{Executable, GoVersion, SectionArena};
use dumpview_process::memory::{CoreMemory, Memory, MemoryExt, Region, RegionSource};
use dumpview_process::types::{Kind, Shape, Type, TypeModule, TypeRef, Types};
use std::sync::Arc;

const PROGRAM: &str = include_str!("programs/types.go");

/// Fields of `moduledata` by release: typelinks, typedesclen.
fn module(executable: &Executable<'_>, memory: &dyn Memory, version: &GoVersion) -> TypeModule {
    let symbol = |name| executable.symbol(name).map(|(a, _)| Addr(a.0));
    let types = symbol("runtime.types").unwrap();
    let etypes = symbol("runtime.etypes").unwrap();
    let module = symbol("runtime.firstmoduledata").unwrap();
    let (typelinks, descriptors_len) = match version.minor {
        ..=20 => (Some(336), None),
        21..=25 => (Some(352), None),
        26 => (Some(360), None),
        _ => (None, Some(304)),
    };
    TypeModule {
        types,
        etypes,
        typelinks: typelinks.map(|at| {
            let field = module.offset(at);
            (
                memory.ptr(field).unwrap(),
                memory.u64(field.offset(8)).unwrap(),
            )
        }),
        descriptors_len: descriptors_len.map(|at| memory.u64(module.offset(at)).unwrap()),
    }
}

fn image_memory<'a>(executable: &Executable<'a>) -> CoreMemory<'a> {
    let regions = executable.load_segments().map(|s| Region {
        start: s.addr.to_process(Bias(0)),
        end: s.addr.to_process(Bias(0)).offset(s.bytes.len() as u64),
        source: RegionSource::File(s.bytes),
    });
    CoreMemory::new([regions.collect::<Vec<_>>()])
}

/// A type's story, to compare across sources: names of parts instead of references.
fn story(types: &Types<'_>, ty: &Type) -> String {
    let name = |id: TypeRef| types.resolve(id).unwrap().name.clone();
    let shape = match &ty.shape {
        Shape::Struct { fields } => fields
            .iter()
            .map(|f| format!("{} {} @{} {}", f.name, name(f.ty), f.offset, f.embedded))
            .collect::<Vec<_>>()
            .join("; "),
        Shape::Array { elem, len } => format!("{len} of {}", name(*elem)),
        Shape::Slice { elem } | Shape::Chan { elem } => name(*elem),
        Shape::Pointer { elem } => elem.map(name).unwrap_or_default(),
        Shape::Map { key, elem, layout } => format!("{} {} {layout:?}", name(*key), name(*elem)),
        other => format!("{other:?}"),
    };
    format!("{} {:?} {} {shape}", ty.name, ty.kind, ty.size)
}

#[test]
fn dwarf_and_descriptors_agree_on_every_type_of_the_program() {
    let Some(go) = live::Go::from_env() else {
        println!("compared nothing: DUMPVIEW_GO is not set");
        return;
    };
    for release in live::RELEASES {
        for arch in ["amd64", "arm64"] {
            let environment = [("GOARCH", arch), ("CGO_ENABLED", "0")];
            let name = format!("types-{arch}");
            let path = go.build(release, &name, PROGRAM, &[], &environment);
            let bytes = std::fs::read(&path).unwrap();
            let arena = SectionArena::default();
            let executable = Executable::parse(&bytes, &arena).unwrap();
            let version = GoVersion::parse(&executable.build_info().unwrap().version).unwrap();
            let memory = Arc::new(image_memory(&executable));
            let modules = vec![module(&executable, &*memory, &version)];
            let dwarf = Arc::new(Dwarf::load(&executable).unwrap());
            assert_eq!(dwarf.damage(), [""; 0]);
            let with = Types::new(
                memory.clone(),
                Some(dwarf),
                modules.clone(),
                Some(version.clone()),
            );
            let without = Types::new(memory.clone(), None, modules.clone(), Some(version.clone()));
            let unversioned = Types::new(memory, None, modules, None);

            let mut compared = 0;
            for listed in with.all() {
                let from_die = with.resolve(listed.ty).unwrap();
                let Some(descriptor) = from_die.descriptor else {
                    continue;
                };
                let id = TypeRef::Descriptor(descriptor);
                let from_descriptor = without.resolve(id).unwrap();
                assert_eq!(
                    story(&with, &from_die),
                    story(&without, &from_descriptor),
                    "{release} {arch}"
                );
                if version.minor < 27 {
                    // Sizes of map descriptors differ, which an unknown version cannot tell for functions only.
                    let guessed = unversioned.resolve(id).unwrap();
                    assert_eq!(
                        guessed.shape, from_descriptor.shape,
                        "{release}: {}",
                        guessed.name
                    );
                }
                compared += 1;
            }
            assert!(compared > 400, "{release} {arch}: compared {compared} only");
            for name in [
                "main.Point",
                "*main.Point",
                "[]main.Point",
                "map[string]main.Point",
                "main.Box[int]",
                "main.Recursive",
                "[3]main.Point",
                "error",
                "interface {}",
                "struct { A int; B string }",
                "func(int, ...string) (bool, error)",
                "chan<- main.Point",
                "main.Box[main.Weekday]",
                "main.Handler",
                "time.Duration",
                "main.Wide",
                "net/url.Values",
            ] {
                let die = with.resolve(with.by_name(name).unwrap()).unwrap();
                let stripped = without.by_name(name);
                let stripped = without.resolve(stripped.unwrap()).unwrap();
                assert_eq!(die.name, name, "{release}");
                assert_eq!(story(&with, &die), story(&without, &stripped), "{release}");
            }
            let values = with.by_name("\"net/url\".Values").unwrap();
            assert_eq!(values, with.by_name("url.Values").unwrap());
            assert!(with.by_name("main.Absent").is_err());
            let box_ptr = with.resolve(with.by_name("**main.Point").unwrap()).unwrap();
            assert_eq!((box_ptr.kind, box_ptr.size), (Kind::Pointer, 8));
            let weekday = with.resolve(with.by_name("main.Weekday").unwrap()).unwrap();
            assert_eq!(with.constant_names(&weekday, 1), ["main.Monday"]);
        }
    }
}
