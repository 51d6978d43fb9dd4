//! Layouts against what Go itself says: programs built by every release print, through reflection, where the
//! fields of structures stand, and the readers must agree.
//!
//! Needs `DUMPVIEW_GO`, a command that takes `RELEASE ARGS…` and runs that release of the go command; without
//! it there is nothing to compare with and nothing is run.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod live;

use dumpview_process::dwarf::Dwarf;
use dumpview_process::image::{Executable, GoVersion, SectionArena};
use dumpview_process::layout::{DwarfLayouts, Field, LayoutSource, Layouts, TableLayouts};
use std::sync::Arc;

const PROGRAM: &str = r#"package main

import (
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"time"
)

func walk(root, path string, t reflect.Type, at uintptr, depth int) {
	if path != "" {
		fmt.Println(root, path, at, t.Size())
	}
	if t.Kind() == reflect.Struct && depth < 4 {
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			if f.Name == "_" {
				continue
			}
			p := f.Name
			if path != "" {
				p = path + "." + p
			}
			walk(root, p, f.Type, at+f.Offset, depth+1)
		}
	}
	if t.Kind() == reflect.Array && t.Len() > 0 {
		n := t.Len() - 1
		walk(root, fmt.Sprintf("%s[%d]", path, n), t.Elem(), at+uintptr(n)*t.Elem().Size(), depth+1)
	}
}

func main() {
	var bounds reflect.Type
	func() {
		defer func() { bounds = reflect.TypeOf(recover()) }()
		fmt.Println([]int{}[len(bounds0)])
	}()
	rtype := reflect.TypeOf(reflect.TypeOf(0)).Elem()
	for _, t := range []reflect.Type{reflect.TypeOf(runtime.MemStats{}), reflect.TypeOf(runtime.Frames{}), reflect.TypeOf(time.Timer{}),
		reflect.TypeOf(sync.RWMutex{}), reflect.TypeOf(sync.WaitGroup{}), reflect.TypeOf(time.Time{}), bounds, rtype} {
		fmt.Println(t.String(), "", 0, t.Size())
		walk(t.String(), "", t, 0, 0)
	}
}

var bounds0 = "xxx"
var Keep = []any{&sync.RWMutex{}, &runtime.Frames{}, &runtime.MemStats{}, &time.Timer{}, &sync.WaitGroup{}}
"#;

#[test]
fn dwarf_layouts_agree_with_reflection_in_every_release() {
    let Some(go) = live::Go::from_env() else {
        return;
    };
    for release in live::RELEASES {
        for flags in ["", "-N -l"] {
            let gcflags = format!("-gcflags=all={flags}");
            let exe = go.build(release, "layouts", PROGRAM, &[&gcflags], &[]);
            let truth = live::run(&exe);
            let bytes = std::fs::read(&exe).unwrap();
            let arena = SectionArena::default();
            let exe = Executable::parse(&bytes, &arena).unwrap();
            let layouts = DwarfLayouts::new(Arc::new(Dwarf::load(&exe).unwrap())).unwrap();
            let mut compared = 0;
            for line in truth.lines() {
                let words: Vec<&str> = line.split(' ').collect();
                let [structure, path, offset, size] = words[..] else {
                    panic!("{line}");
                };
                let (offset, size): (u64, u64) = (offset.parse().unwrap(), size.parse().unwrap());
                if path.is_empty() {
                    assert_eq!(layouts.size_of(structure), Some(size), "{release} {line}");
                } else {
                    let want = Some(Field { offset, size });
                    assert_eq!(layouts.field(structure, path), want, "{release} {line}");
                }
                compared += 1;
            }
            assert!(compared > 90, "{release}: only {compared} fields compared");
            assert_eq!(layouts.constant("runtime._Gwaiting"), Some(4), "{release}");
            assert!(layouts.variable("runtime.allgs").is_some(), "{release}");
        }
    }
}

/// Layouts have two sources; for every field that both know they must say the same.
#[test]
fn tables_agree_with_dwarf_in_every_release() {
    let Some(go) = live::Go::from_env() else {
        return;
    };
    for release in live::RELEASES {
        for arch in ["amd64", "arm64"] {
            let exe = go.build(release, "tables", PROGRAM, &[], &[("GOARCH", arch)]);
            let bytes = std::fs::read(&exe).unwrap();
            let arena = SectionArena::default();
            let exe = Executable::parse(&bytes, &arena).unwrap();
            let dwarf = DwarfLayouts::new(Arc::new(Dwarf::load(&exe).unwrap())).unwrap();
            let version = GoVersion::parse(&exe.build_info().unwrap().version).unwrap();
            let table = TableLayouts::for_release(&version, exe.arch).unwrap();
            assert_eq!(table.source(), LayoutSource::Table(version.text.clone()));
            let mut compared = 0;
            for (structure, paths) in table.structures() {
                let Some(size) = dwarf.size_of(structure) else {
                    continue;
                };
                assert_eq!(
                    table.size_of(structure),
                    Some(size),
                    "{release} {structure}"
                );
                for path in paths {
                    let path = if path == "[]" { "[0]" } else { path };
                    let (one, other) = (dwarf.field(structure, path), table.field(structure, path));
                    assert_eq!(one, other, "{release} {arch} {structure}.{path}");
                    compared += 1;
                }
            }
            assert!(
                compared > 1200,
                "{release}: only {compared} fields compared"
            );
            for name in [
                "runtime._Gwaiting",
                "runtime._Gscan",
                "runtime.waitReasonSelect",
            ] {
                assert_eq!(
                    dwarf.constant(name),
                    table.constant(name),
                    "{release} {name}"
                );
                assert!(table.constant(name).is_some(), "{release} {name}");
            }
        }
    }
}
