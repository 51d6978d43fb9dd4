//! The check on crates that are made up here, file by file.

use crate::graph::{self, Circle};
use crate::{allow, lex, read};
use std::path::Path;

/// A crate of these files, the root first.
fn tree(files: &[(&str, &str)]) -> read::Tree {
    let mut give = |path: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| (*text).to_owned())
    };
    read::crate_from(Path::new(files[0].0), Path::new(""), &mut give).unwrap()
}

/// Its circles, as the list of allowed ones would name them.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let named = |circle: &Circle| {
        let names: Vec<&str> = circle.members.iter().map(String::as_str).collect();
        format!("{}: {}", circle.folder, names.join(" "))
    };
    graph::circles(&tree(files), "made")
        .iter()
        .map(named)
        .collect()
}

const ROOT: (&str, &str) = ("lib.rs", "mod a; mod b; mod c;");

#[test]
fn a_circle_of_rooms_is_found_and_drawn_with_its_imports() {
    let files = [
        ROOT,
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "\nuse crate::c;"),
        ("c.rs", "fn f() -> crate::a::A { todo!() }"),
    ];
    assert_eq!(circles(&files), ["made: a b c"]);
    let mut report = String::new();
    graph::circles(&tree(&files), "made")[0].draw(None, &mut report);
    assert_eq!(
        report,
        "a circle: made: a b c\n    a -> b: crate::b::B (a.rs:1)\n    b -> c: crate::c (b.rs:2)\n    c -> a: crate::a::A (c.rs:1)\n"
    );
}

#[test]
fn imports_that_run_one_way_are_none_and_give_the_floors() {
    let files = [
        ROOT,
        ("a.rs", "use crate::{b::{self, B}, c::C};"),
        ("b.rs", "use super::c::{C, D};"),
        ("c.rs", ""),
    ];
    assert_eq!(circles(&files), [""; 0]);
    let mut report = String::new();
    graph::draw_rooms(&tree(&files), "made", &mut report);
    assert_eq!(report, "made (lib.rs)\n   1  c\n   2  b\n   3  a\n");
}

#[test]
fn rooms_in_a_circle_share_a_floor_and_leave_those_above_and_below_in_place() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b;"),
        ("b.rs", "use crate::c; use crate::d;"),
        ("c.rs", "use crate::b;"),
        ("d.rs", ""),
    ];
    let mut report = String::new();
    graph::draw_rooms(&tree(&files), "made", &mut report);
    assert_eq!(report, "made (lib.rs)\n   1  d\n   2  b  c\n   3  a\n");
}

#[test]
fn a_circle_that_only_tests_close_is_none() {
    for test in [
        "#[cfg(test)] mod tests { use crate::a::A; }",
        "#[cfg(test)] use crate::a::{A, C};",
        "#[cfg(test)] fn f<A, B>() -> [u8; 3] { crate::a::f() }",
        "#[cfg(all(test, unix))] #[allow(unused)] pub(crate) const X: usize = crate::a::X;",
        "#[test] fn f() { crate::a::f(); }",
        "struct S { #[cfg(test)] field: crate::a::A, other: u8 }",
        "#![cfg(test)] use crate::a::A;",
    ] {
        let mut files = [
            ROOT,
            ("a.rs", "use crate::b;"),
            ("b.rs", test),
            ("c.rs", ""),
        ];
        assert_eq!(circles(&files), [""; 0], "{test}");
        // What stands behind the test still counts, and what is built without tests too.
        let after = format!("{test} fn g() {{ crate::a::f() }}");
        if !test.starts_with("#!") {
            files[2].1 = &after;
            assert_eq!(circles(&files), ["made: a b"], "{test}");
        }
        let not = test.replace("cfg(test)", "cfg(not(test))");
        if not != test {
            files[2].1 = &not;
            assert_eq!(circles(&files), ["made: a b"], "{not}");
        }
    }
}

#[test]
fn every_way_to_name_a_module_is_an_import() {
    for names in [
        "use crate::a::A;",
        "use crate::{c::C, a::{f, g}};",
        "use crate::a::*;",
        "use super::a;",
        "use super::{a as z, c};",
        "use crate::a as z; fn f() { z::f() }",
        "use crate as z; fn f() { z::a::f() }",
        "use super::*; fn f() { a::f() }",
        "fn f() { super::a::f() }",
        "fn f(x: &crate::a::A<u8>) {}",
        "mod inner { fn f() { super::super::a::f() } }",
        "mod inner { use super::z; fn f() { z::f() } } use crate::a as z;",
        "impl From<crate::a::A> for B {}",
        "fn f() { println!(\"{}\", crate::a::X); }",
        "#[derive(Debug)] struct S(pub(crate) crate::a::A);",
        "fn f<'a>(x: &'a u8) -> char { let _ = 'x'; crate::a::f('\\'') }",
    ] {
        let files = [
            ROOT,
            ("a.rs", "use crate::b;"),
            ("b.rs", names),
            ("c.rs", ""),
        ];
        assert_eq!(circles(&files), ["made: a b"], "{names}");
    }
}

#[test]
fn what_only_looks_like_a_path_is_no_import() {
    for text in [
        "// use crate::a;\n/* crate::a /* crate::a */ crate::a */",
        "/// See [`crate::a`].\nfn f() {}",
        "const S: &str = \"crate::a::A \\\" crate::a\";",
        "const S: &str = r#\"\" crate::a::A\"#; const B: &[u8] = b\"crate::a\";",
        "pub(in crate::a) fn f() {}",
        "macro_rules! m { ($x:expr) => { $crate::a::f($x); crate::a::g() }; }",
        "fn f() { ::a::f(); std::a::f(); m::a() }",
        "use ::a::A; use a::A; use std::fmt::{self, a};",
        "fn f() -> impl Sized + use<'a> { 1 }",
        "mod a { pub fn f() {} } fn f() { a::f() }",
    ] {
        let files = [
            ROOT,
            ("a.rs", "use crate::b;"),
            ("b.rs", text),
            ("c.rs", ""),
        ];
        assert_eq!(circles(&files), [""; 0], "{text}");
    }
}

#[test]
fn circles_inside_a_folder_are_found_where_they_are() {
    let files = [
        ("lib.rs", "mod top;"),
        (
            "top/mod.rs",
            "mod x; mod y; pub use x::X; pub struct Shared;",
        ),
        ("top/x.rs", "use super::y::Y; use super::Shared;"),
        ("top/y/mod.rs", "mod z; use super::Shared;"),
        ("top/y/z.rs", "use crate::top::x::X;"),
    ];
    assert_eq!(circles(&files), ["made/top: x y"]);
}

#[test]
fn what_a_folder_passes_on_comes_from_where_it_is_defined() {
    // `y` names X by the folder's own file, which only passes it on: so `y` imports `x`, and `x` imports `y` too.
    for pass in ["pub use x::X;", "pub use self::x::*;", "use x::X;"] {
        let own = format!("mod x; mod y; {pass}");
        let files = [
            ("lib.rs", "mod top;"),
            ("top/mod.rs", own.as_str()),
            ("top/x.rs", "pub struct X; use super::y;"),
            ("top/y.rs", "use super::X;"),
        ];
        assert_eq!(circles(&files), ["made/top: x y"], "{pass}");
    }
}

#[test]
fn what_the_root_defines_stands_above_all() {
    let files = [
        (
            "lib.rs",
            "mod a; pub struct Defined; use a::f; pub use a::A;",
        ),
        ("a.rs", "use crate::Defined; pub struct A;"),
    ];
    assert_eq!(circles(&files), ["made: (root) a"]);
    let files = [files[0], ("a.rs", "use crate::A; pub struct A;")];
    assert_eq!(circles(&files), [""; 0]);
}

#[test]
fn renamings_that_lead_to_each_other_end() {
    let files = [
        ("lib.rs", "mod a;"),
        (
            "a.rs",
            "use p::q; use q::p; use log::log; use self::r as s; use s as r; fn f() { p::x(); s::x(); }",
        ),
    ];
    assert_eq!(circles(&files), [""; 0]);
}

#[test]
fn modules_are_found_by_their_path_attribute_and_missing_ones_are_named() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "#[path = \"other.rs\"] mod x;"),
        ("other.rs", "use crate::b;"),
        ("b.rs", "use crate::a;"),
    ];
    assert_eq!(circles(&files), ["made: a b"]);
    let missing = read::crate_from(Path::new("lib.rs"), Path::new(""), &mut |path| {
        (path == Path::new("lib.rs")).then(|| "\nmod gone;".to_owned())
    });
    assert_eq!(missing.err().unwrap(), "lib.rs:2: mod gone has no file");
}

#[test]
fn the_list_of_allowed_circles_wants_a_reason() {
    let entries = allow::parse("# why\n\nmade/top: x y -- mutual by nature\n").unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (
            entries[0].line,
            entries[0].folder.as_str(),
            entries[0].names().as_str()
        ),
        (3, "made/top", "x y")
    );
    for wrong in [
        "made/top: x y",
        "made/top: x -- alone",
        "made/top x y -- no colon",
        "made: x y -- rooms stay closed",
        "tools/made: x y -- rooms stay closed",
    ] {
        assert!(allow::parse(wrong).is_err(), "{wrong}");
    }
    assert!(allow::parse("made: x y -- to be opened").is_ok());
}

/// A list of allowed circles that names one which is gone fails, and so does a circle that it does not name.
#[test]
fn a_workspace_passes_only_with_a_true_list() {
    let dir = std::env::temp_dir().join(format!("dumpview-imports-{}", std::process::id()));
    let write = |file: &str, text: &str| {
        let path = dir.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[workspace]\nmembers = [\".\", \"low\"]\n");
    write("src/main.rs", "mod a; mod b;");
    write("src/a.rs", "use crate::b;");
    write("src/b.rs", "use crate::a;");
    write("low/src/lib.rs", "");
    let mut outcomes = Vec::new();
    for list in [
        "src: a b -- to be opened",
        "",
        "src: a b -- to be opened\nlow/x: y z -- long gone",
    ] {
        write("tools/imports/allow.txt", list);
        outcomes.push(crate::check(&dir, false, &mut String::new()));
    }
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(outcomes, [Ok(0), Ok(1), Ok(1)]);
}

#[test]
fn tokens_keep_their_lines() {
    let lines: Vec<(usize, Option<String>)> = lex::tokens("a /*\n*/ b\n\"x\ny\" c r#\"\n\"# d")
        .iter()
        .map(|token| (token.line, token.word().map(str::to_owned)))
        .collect();
    let word = |line, word: &str| (line, Some(word.to_owned()));
    assert_eq!(
        lines,
        [
            word(1, "a"),
            word(2, "b"),
            (3, None),
            word(4, "c"),
            (4, None),
            word(5, "d")
        ]
    );
}
