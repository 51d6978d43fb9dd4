//! Expressions over a made-up process: values, types without reading, errors and their place.

use super::{ExprError, Expressions, Global, Local, NameError, Scope, Storage};
use crate::addr::Addr;
use crate::dwarf::{NoLocation, Piece};
use crate::scope::{Ambiguous, CaptureSlot};
use crate::types::TypeRef;
use crate::value::fake::World;
use crate::value::{Gathered, Limits, TypeSource};
use dumpview_model::value::text::Style;
use dumpview_model::value::{Float, Standing};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const HEAP: u64 = 0xc000_0000;

/// A frame of package `main` and two packages beside it.
#[derive(Default)]
struct Names {
    locals: BTreeMap<&'static str, Local>,
    globals: BTreeMap<(&'static str, &'static str), Global>,
}

impl Names {
    fn declare(&mut self, name: &'static str, ty: TypeRef, at: u64) {
        let local = Local {
            ty,
            storage: Some(Storage::Memory(Addr(at))),
            standing: Standing::Exact,
        };
        self.locals.insert(name, local);
    }
}

impl Scope for Names {
    fn local(&self, name: &str) -> Option<Local> {
        self.locals.get(name).cloned()
    }

    fn global(&self, package: &str, name: &str) -> Result<Option<Global>, NameError> {
        let package = if package == "http" {
            "net/http"
        } else {
            package
        };
        if package == "twice" {
            return Err(NameError::Ambiguous(Ambiguous {
                name: "twice".to_owned(),
                candidates: vec!["a/twice".to_owned(), "b/twice".to_owned()],
            }));
        }
        Ok(self.globals.get(&(package, name)).cloned())
    }

    fn package(&self) -> Option<&str> {
        Some("main")
    }

    fn is_package(&self, path: &str) -> bool {
        matches!(path, "main" | "net/http")
    }
}

struct Frame {
    world: World,
    names: Names,
}

impl Frame {
    fn with<T>(&self, ask: impl FnOnce(Expressions<'_>) -> T) -> (T, u64) {
        let memory = self.world.counting();
        let answer = ask(Expressions {
            sources: self.world.sources(&memory),
            scope: &self.names,
        });
        (answer, memory.reads())
    }

    fn print(&self, text: &str) -> Result<String, ExprError> {
        let printed = self.with(|e| e.print(text, Limits::default())).0?;
        let style = Style::default();
        Ok(match (&printed.standing, &printed.value) {
            (Standing::Exact, Some(value)) => style.line(value),
            _ => style.variable(&printed),
        })
    }

    fn whatis(&self, text: &str) -> Result<String, ExprError> {
        let (answer, reads) = self.with(|e| e.whatis(text));
        assert_eq!(reads, 0, "whatis {text} reads");
        answer
    }
}

/// The frame all tests share; its variables are what they use.
fn frame() -> Frame {
    let mut world = World::new();
    world.map(HEAP, 0x2000);
    let mut names = Names::default();
    plain_variables(&mut world, &mut names);
    containers(&mut world, &mut names);
    doubtful_variables(&world, &mut names);
    package_names(&mut world, &mut names);
    Frame { world, names }
}

/// Numbers, strings, slices, structs and pointers.
fn plain_variables(w: &mut World, names: &mut Names) {
    let (int, string) = (w.basic("int"), w.basic("string"));
    let any = w.interface("interface {}", true);

    w.words(HEAP, &[7, 0xffff_ffff_ffff_fffd]);
    names.declare("n", int, HEAP);
    names.declare("m", int, HEAP + 8);
    w.put(HEAP + 0x10, &[250, 3]);
    names.declare("b", w.basic("uint8"), HEAP + 0x10);
    names.declare("color", w.scalar("main.Color", "uint8"), HEAP + 0x11);
    w.put(HEAP + 0x18, &2.5f64.to_le_bytes());
    names.declare("f", w.basic("float64"), HEAP + 0x18);
    w.put(HEAP + 0x20, &1.5f32.to_le_bytes())
        .put(HEAP + 0x24, &(-2f32).to_le_bytes());
    names.declare("c", w.basic("complex64"), HEAP + 0x20);
    w.words(HEAP + 0x28, &[0xffff_ffff_ffff_ffff]);
    names.declare("u", w.basic("uint64"), HEAP + 0x28);
    w.put(HEAP + 0x30, &[1, 0]);
    names.declare("yes", w.basic("bool"), HEAP + 0x30);
    names.declare("no", w.basic("bool"), HEAP + 0x31);

    w.put(HEAP + 0x100, b"hello world");
    w.words(HEAP + 0x40, &[HEAP + 0x100, 5]);
    names.declare("s", string, HEAP + 0x40);

    w.words(HEAP + 0x110, &[10, 20, 30, 40]);
    w.words(HEAP + 0x50, &[HEAP + 0x110, 3, 4]);
    names.declare("ints", w.slice_of(int), HEAP + 0x50);
    names.declare("array", w.array_of(int, 4), HEAP + 0x110);
    w.words(HEAP + 0x68, &[HEAP + 0x100, 5, 11]);
    names.declare("bytes", w.slice_of(w.basic("uint8")), HEAP + 0x68);

    // type Inner struct { X, Y int }; type Outer struct { *Inner; Name string; Next *Outer; X2 any }
    let inner = w.structure("main.Inner", &[("X", int), ("Y", int)]);
    let outer = w.structure("main.Outer", &[]);
    let outer_pointer = w.pointer_to(outer);
    let fields = w.structure(
        "main.outer",
        &[
            ("+Inner", w.pointer_to(inner)),
            ("Name", string),
            ("Next", outer_pointer),
            ("Any", any),
        ],
    );
    w.define(outer, fields);
    w.words(HEAP + 0x200, &[11, 12]);
    w.words(
        HEAP + 0x300,
        &[
            HEAP + 0x200,
            HEAP + 0x100,
            5,
            HEAP + 0x300,
            0x900,
            HEAP + 0x200,
        ],
    );
    w.words(HEAP + 0x380, &[0, 0, 0, 0, 0, 0]);
    w.words(HEAP + 0x80, &[HEAP + 0x300, 0, HEAP + 0x380]);
    names.declare("p", outer_pointer, HEAP + 0x80);
    names.declare("nilp", outer_pointer, HEAP + 0x88);
    names.declare("empty", outer_pointer, HEAP + 0x90);
    names.declare("o", outer, HEAP + 0x300);
    names.declare("raw", w.basic("unsafe.Pointer"), HEAP + 0x80);
    names.declare("word", w.basic("uintptr"), HEAP + 0x80);
}

/// Interfaces, maps, channels and functions.
fn containers(w: &mut World, names: &mut Names) {
    let (int, string) = (w.basic("int"), w.basic("string"));
    let any = w.interface("interface {}", true);
    let outer_pointer = w.pointer_to(w.by_name("main.Outer").unwrap());
    // Interfaces: an int, a pointer, nil.
    w.describe(0x900, int, false)
        .describe(0x908, outer_pointer, true);
    w.words(
        HEAP + 0xa0,
        &[0x900, HEAP + 0x200, 0x908, HEAP + 0x300, 0, 0],
    );
    names.declare("i", any, HEAP + 0xa0);
    names.declare("ip", any, HEAP + 0xb0);
    names.declare("inil", any, HEAP + 0xc0);

    // map[string]int, swiss, one small group: "hello" → 5, "world" → 6
    let swiss = crate::types::MapLayout::Swiss {
        group: 8 + 8 * 24,
        keys: 8,
        key_stride: 24,
        elems: 24,
        elem_stride: 24,
        indirect_key: false,
        indirect_elem: false,
    };
    w.words(HEAP + 0x400, &[HEAP + 0x440, 2, 0, 0]);
    w.put(HEAP + 0x440, &[1, 0x80, 1, 0x80, 0x80, 0x80, 0x80, 0x80]);
    w.words(HEAP + 0x448, &[HEAP + 0x100, 5, 5]);
    w.words(HEAP + 0x478, &[HEAP + 0x106, 5, 6]);
    w.words(HEAP + 0xd0, &[HEAP + 0x400, 0]);
    let map = w.map_of(string, int, swiss);
    names.declare("dict", map, HEAP + 0xd0);
    names.declare("nildict", map, HEAP + 0xd8);

    // chan int: 2 of 3
    w.words(HEAP + 0x600, &[3, 2, 8, HEAP + 0x110, 0, 0, 0, 0, 0, 0]);
    w.words(HEAP + 0xe0, &[HEAP + 0x600]);
    names.declare("ch", w.chan(int), HEAP + 0xe0);
    let capture = CaptureSlot {
        name: "n".into(),
        ty: int,
        offset: 8,
        by_reference: true,
        argument: None,
    };
    w.function(0x400, "main.f", vec![capture]);
    w.words(HEAP + 0x700, &[0x400, HEAP]);
    w.words(HEAP + 0xe8, &[HEAP + 0x700]);
    names.declare("fn", w.func("func()"), HEAP + 0xe8);
}

/// Variables that cannot be had, or not all of them.
fn doubtful_variables(w: &World, names: &mut Names) {
    let int = w.basic("int");
    let inner = w.by_name("main.Inner").unwrap();
    let gone = Local {
        ty: int,
        storage: None,
        standing: Standing::OptimizedOut("no location covers this pc".to_owned()),
    };
    names.locals.insert("gone", gone);
    let stale = Local {
        ty: int,
        storage: Some(Storage::Memory(Addr(HEAP))),
        standing: Standing::Stale("spill slot".to_owned()),
    };
    names.locals.insert("old", stale);
    let pieces = Gathered {
        pieces: vec![
            Piece {
                offset: 0,
                size: 8,
                bytes: Ok(7u64.to_le_bytes().to_vec()),
            },
            Piece {
                offset: 8,
                size: 8,
                bytes: Err(NoLocation::OptimizedOut),
            },
        ],
    };
    let split = Local {
        ty: inner,
        storage: Some(Storage::Gathered(Arc::new(pieces), 0)),
        standing: Standing::Exact,
    };
    names.locals.insert("split", split);
}

/// What packages declare.
fn package_names(w: &mut World, names: &mut Names) {
    let int = w.basic("int");
    let outer_pointer = w.pointer_to(w.by_name("main.Outer").unwrap());
    let variable = |ty, addr| Global::Variable {
        ty,
        addr: Addr(addr),
    };
    let color = w.scalar("main.Color", "uint8");
    w.constant("main.Color", 2, "main.Blue");
    names
        .globals
        .insert(("main", "Head"), variable(outer_pointer, HEAP + 0x80));
    names
        .globals
        .insert(("net/http", "Max"), variable(int, HEAP));
    names.globals.insert(
        ("main", "Blue"),
        Global::Constant {
            ty: Some(color),
            value: 2,
        },
    );
    names.globals.insert(
        ("main", "Big"),
        Global::Constant {
            ty: None,
            value: 1 << 40,
        },
    );
    let _ = (
        w.structure("main.Box[int]", &[("v", int)]),
        w.scalar("main.ID", "int"),
    );
}

/// Expressions and their values; those without one are errors.
const VALUES: &[(&str, &str)] = &[
    // Names.
    ("n", "7"),
    ("main.Head.Name", r#""hello""#),
    ("Head.X", "11"),
    (r#""net/http".Max"#, "7"),
    ("net/http.Max + 1", "8"),
    ("http.Max", "7"),
    ("main.Blue", "main.Blue (2)"),
    ("Blue == 2", "true"),
    ("main.Big / 1024", "1073741824"),
    // Selectors through pointers, embedded fields, cycles.
    ("p.X + p.Inner.Y", "23"),
    ("p.Next.Next.Name", r#""hello""#),
    ("o.Y", "12"),
    ("(*p).Name", r#""hello""#),
    ("split.X", "7"),
    ("fn.n", "7"),
    // Indexing and slicing.
    ("ints[1]", "20"),
    ("ints[len(ints)-1]", "30"),
    ("ints[1:]", "[]int len: 2, cap: 3, [20,30]"),
    ("ints[:4:4]", "[]int len: 4, cap: 4, [10,20,30,40]"),
    ("ints[3:3]", "[]int len: 0, cap: 1, []"),
    ("array[1:3][1]", "30"),
    ("(&array)[2]", "30"),
    ("s[1]", "101"),
    ("s[1:3]", r#""el""#),
    (r#""abc"[1:]"#, r#""bc""#),
    (r#"dict["world"]"#, "6"),
    ("dict[s]", "5"),
    // Pointers.
    ("*p.Inner", "main.Inner {X: 11, Y: 12}"),
    ("&n", "*7"),
    ("*&n", "7"),
    ("p == p.Next", "true"),
    ("nilp == nil", "true"),
    // Casts.
    ("(*main.Inner)(0xc0000200).Y", "12"),
    ("(*Inner)(raw.(0)).X", ""),
    ("(*main.Outer)(raw).X", "11"),
    ("(*main.Outer)(word).X", "11"),
    ("uintptr(p)", "0xc0000300"),
    ("unsafe.Pointer(p)", "unsafe.Pointer(0xc0000300)"),
    ("main.ID(n)", "7"),
    ("uint8(300 - 45)", "255"),
    ("int8(u)", "-1"),
    ("uint16(m)", "65533"),
    ("int(f)", "2"),
    ("float64(n) / 2", "3.5"),
    ("string(bytes)", r#""hello""#),
    ("[]byte(s)", "[]uint8 len: 5, cap: 5, \"hello\""),
    ("string(65)", r#""A""#),
    // Interfaces.
    ("i.(int)", "11"),
    ("ip.(*main.Outer).Name", r#""hello""#),
    ("ip.(data).X", "11"),
    ("i == 11", "true"),
    ("i == ip", "false"),
    ("inil == nil", "true"),
    // Built-in functions.
    (
        "len(s) + len(ints) + cap(ints) + len(array) + len(dict) + len(ch) + cap(ch)",
        "23",
    ),
    ("len(nildict)", "0"),
    ("real(c)", "1.5"),
    ("imag(c)", "-2"),
    // Arithmetic in the type's width.
    ("n * m", "-21"),
    ("b + 10", "4"),
    ("b * b", "36"),
    ("-b", "6"),
    ("^b", "5"),
    ("u + 1", "0"),
    ("u / 2", "9223372036854775807"),
    ("u * u", "1"),
    ("m / 2", "-1"),
    ("m % 2", "-1"),
    ("m >> 1", "-2"),
    ("b << 1", "244"),
    ("b << 9", "0"),
    ("b &^ 0xf0", "10"),
    ("n | 8 ^ 1", "14"),
    ("f * 2", "5"),
    ("c + 1", "(2.5-2i)"),
    // Untyped constants.
    ("1 << 62 >> 60", "4"),
    ("7 / 2", "3"),
    ("7 / 2.0", "3.5"),
    ("1e3", "1000"),
    ("'a' + 1", "98"),
    ("0x1F + 0b1 + 0o7 + 1_000", "1039"),
    ("2 + 3 * 4 - (1 + 1)", "12"),
    ("(1 + 2i) * 2i", "(-4+2i)"),
    (r#""a" + "b""#, r#""ab""#),
    (r#"s + "!""#, r#""hello!""#),
    // Comparison and logic.
    ("n > m && !(n == 0)", "true"),
    ("yes || gone == 1", "true"),
    ("no && nilp.X == 1", "false"),
    (r#"s == "hello""#, "true"),
    (r#"s < "help""#, "true"),
    ("f >= 2.5", "true"),
    ("*p.Inner == *p.Next.Inner", "true"),
    ("array != array", "false"),
    ("n == 7.0", "true"),
    ("true", "true"),
    ("nil", "untyped nil nil"),
];

#[test]
fn expressions_have_their_values() {
    let frame = frame();
    for (text, value) in VALUES.iter().copied() {
        if value.is_empty() {
            assert!(frame.print(text).is_err(), "{text}");
            continue;
        }
        match frame.print(text) {
            Ok(printed) => assert_eq!(printed, value, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn standing_is_that_of_the_least_trusted_part() {
    let frame = frame();
    let line = |text| frame.print(text).unwrap();
    assert_eq!(line("old + n"), "old + n = ? 14 (stale: spill slot)");
    assert_eq!(
        line("n + old * 2"),
        "n + old * 2 = ? 21 (stale: spill slot)"
    );
    assert_eq!(
        line("split"),
        "main.Inner {X: 7, Y: (unreadable: optimized out)}"
    );
    assert_eq!(
        line("split.Y"),
        "split.Y = (optimized out: the compiler kept no copy at this point)"
    );
    assert_eq!(
        line("*(*int)(8)"),
        "*(*int)(8) = (unreadable: 0x8: never mapped)"
    );
}

#[test]
fn whatis_reads_nothing() {
    let frame = frame();
    for (text, ty) in [
        ("n", "int"),
        ("p.Next.Next.X", "int"),
        ("nilp.Next", "*main.Outer"),
        ("*p", "main.Outer"),
        ("&p", "**main.Outer"),
        ("ints[100]", "int"),
        ("ints[1:n]", "[]int"),
        ("array[1:]", "[]int"),
        ("s[n]", "uint8"),
        (r#"dict["nobody"]"#, "int"),
        ("i.(*main.Outer)", "*main.Outer"),
        ("len(s)", "int"),
        ("n + 1", "int"),
        ("b << n", "uint8"),
        ("f / 0", "float64"),
        ("n == m", "bool"),
        ("n < m && p.X > 1", "bool"),
        ("1 + 2.5", "float64"),
        ("'a'", "int32"),
        ("main.Blue", "main.Color"),
        ("main.Outer", "main.Outer"),
        ("*main.Outer", "*main.Outer"),
        ("[]*main.Inner", "[]*main.Inner"),
        ("[4]int", "[4]int"),
        ("map[string]int", "map[string]int"),
        ("main.Box[int]", "main.Box[int]"),
        ("(*main.Box[int])(8)", "*main.Box[int]"),
        ("string(bytes)", "string"),
        ("real(c)", "float32"),
        ("fn", "func()"),
        ("gone", "int"),
    ] {
        match frame.whatis(text) {
            Ok(answer) => assert_eq!(answer, ty, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn evaluation_reads_only_what_it_must() {
    let frame = frame();
    let reads = |text: &str| {
        let (printed, reads) = frame.with(|e| e.print(text, Limits::default()));
        printed.unwrap();
        reads
    };
    assert_eq!(reads("n"), 1);
    // p, then p.Inner, then X itself.
    assert_eq!(reads("p.X"), 3);
    // Address, length and capacity, and the element.
    assert_eq!(reads("ints[2]"), 4);
    assert_eq!(reads("1 + 2"), 0);
    assert_eq!(reads("no && p.X == 1"), 1);
}

/// What cannot be evaluated, the column that is to blame, and why.
const ERRORS: &[(&str, usize, &str)] = &[
    ("", 1, "expected an expression"),
    ("n +", 4, "expected an operand, found the end"),
    ("(n", 3, "expected ), found the end"),
    ("n m", 3, "expected an operator or the end, found m"),
    ("n = 3", 3, "unexpected =: a dead process cannot be changed"),
    (
        "p.",
        3,
        "expected a name or (type) after the dot, found the end",
    ),
    (
        "who + 1",
        1,
        "no variable who in this frame, nor in package main",
    ),
    (
        "n + who.Name",
        5,
        "no variable who in this frame, and no package variable who.Name",
    ),
    (
        "main.Nothing",
        6,
        "no variable, constant or type Nothing in package main",
    ),
    ("twice.X", 1, "twice could be a/twice or b/twice"),
    ("p.Name.Foo", 8, "p.Name is string, which has no fields"),
    (
        "p.Foo",
        3,
        "no field Foo in main.Outer (it has Inner, Name, Next, Any)",
    ),
    ("nilp.Name", 1, "nilp is nil"),
    (
        "p.Next.Next.Foo",
        13,
        "no field Foo in main.Outer (it has Inner, Name, Next, Any)",
    ),
    ("empty.X", 1, "the embedded Inner of empty is nil"),
    ("*nilp", 2, "nilp is nil"),
    ("*n", 1, "n is int, not a pointer"),
    (
        "*raw",
        1,
        "raw is an unsafe.Pointer: convert it first, (*T)(raw)",
    ),
    ("ints[3]", 6, "index 3 out of range: len is 3"),
    ("ints[m]", 6, "index m out of range: len is 3"),
    ("ints[2:9]", 5, "bounds 2:9 out of range: cap is 4"),
    ("n[0]", 2, "n is int, which cannot be indexed"),
    (
        r#"dict["nobody"]"#,
        6,
        "no key \"nobody\" in dict, which has 2 entries",
    ),
    ("dict[1]", 6, "1 (int) is no string"),
    ("n / 0", 3, "division by zero"),
    ("n % (m + 3)", 3, "division by zero"),
    ("1 / 0", 3, "division by zero"),
    ("b + 300", 5, "300 (int) overflows uint8"),
    ("n + 1.5", 5, "1.5 (float64) is truncated by int"),
    ("n + b", 3, "mismatched types: n is int, b is uint8"),
    ("n == s", 3, "mismatched types: n is int, s is string"),
    ("s - s", 3, "operator - is not defined on strings"),
    ("yes + no", 5, "operator + is not defined on bool"),
    ("n && yes", 1, "n is int, not a bool"),
    ("n == nil", 3, "int is never nil"),
    ("ints == ints", 6, "[]int compares with nil only"),
    ("i.(string)", 3, "i holds int, not string"),
    ("inil.(int)", 6, "inil is nil, it holds no int"),
    ("n.(int)", 3, "n is int, not an interface"),
    (
        "ip.Name",
        4,
        "ip is an interface without fields; it holds *main.Outer: write ip.(*main.Outer).Name",
    ),
    ("i.(main.Nope)", 3, "no type main.Nope"),
    (
        "gone + 1",
        1,
        "gone is optimized out: no location covers this pc",
    ),
    (
        "&(n + 1)",
        1,
        "(n + 1) has no address: it is computed, or in registers",
    ),
    ("fn(1)", 3, "fn cannot be called: the process is dead"),
    ("fn.x", 4, "fn captures n, not x"),
    ("main.Outer", 1, "main.Outer is a type; try whatis"),
    (
        "main.Outer + 1",
        6,
        "main.Outer is a type, a value was expected",
    ),
    ("1 << 200", 3, "constant overflow"),
    ("n << m", 3, "shift by -3"),
    ("len(n)", 4, "len is not defined on int"),
    (
        "main.Outer(n)",
        11,
        "n (int) does not convert to main.Outer",
    ),
    ("s[", 3, "expected an operand, found the end"),
];

#[test]
fn errors_point_at_the_place() {
    let frame = frame();
    for (text, column, message) in ERRORS.iter().copied() {
        let error = frame.print(text).expect_err(text);
        assert_eq!(
            (error.column(), error.message.as_str()),
            (column, message),
            "{text}"
        );
    }
    let error = frame.print("ü + p.Foo").unwrap_err();
    assert_eq!(
        error.to_string().lines().next(),
        Some("no variable ü in this frame, nor in package main")
    );
    let error = frame.print("p.Foo").unwrap_err();
    assert_eq!(error.pointer(), "  p.Foo\n    ^");
}

/// Conversions between all kinds of numbers against the same conversions of Rust, which go by the same rules: integers
/// are cut, floats are rounded to the nearest. Where Go leaves the result to the machine there is an error.
#[test]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "what is cut and how it is rounded is what is compared"
)]
fn numbers_convert_as_go_converts_them() {
    // A kind's name, its extremes and some numbers between.
    macro_rules! integers {
        ($($go:literal $rust:ident),*) => {[$(($go, [
            <$rust>::MIN, <$rust>::MAX, <$rust>::MAX / 3, 0, 42, 100, (-42i64) as $rust, (1 << 24) as $rust
        ].map(i128::from))),*]};
    }
    // What one number becomes in each kind; `None` where it does not fit.
    fn integer(kind: &str, n: i128) -> Option<String> {
        Some(match kind {
            "int8" => (n as i8).to_string(),
            "int16" => (n as i16).to_string(),
            "int32" => (n as i32).to_string(),
            "int" | "int64" => (n as i64).to_string(),
            "uint8" => (n as u8).to_string(),
            "uint16" => (n as u16).to_string(),
            "uint32" => (n as u32).to_string(),
            "uint" | "uint64" => (n as u64).to_string(),
            _ => return None,
        })
    }
    let fits = |kind: &str, whole: f64| {
        let n = whole as i128;
        integer(kind, n).filter(|text| *text == n.to_string())
    };
    let all = integers!(
        "int8" i8, "int16" i16, "int32" i32, "int64" i64, "int" i64,
        "uint8" u8, "uint16" u16, "uint32" u32, "uint64" u64, "uint" u64
    );
    let kinds = all.iter().map(|(kind, _)| *kind);
    let kinds: Vec<&str> = kinds.chain(["float32", "float64"]).collect();
    let mut compared = 0;
    let mut check = |from: &str, bytes: &[u8], to: &str, wanted: Option<String>| {
        let mut frame = frame();
        frame.world.put(HEAP + 0x1000, bytes);
        frame
            .names
            .declare("x", frame.world.basic(from), HEAP + 0x1000);
        let text = format!("{to}(x) + 0");
        assert_eq!(frame.print(&text).ok(), wanted, "{to} of {from} {bytes:?}");
        compared += 1;
    };
    for (from, numbers) in &all {
        for n in *numbers {
            for to in &kinds {
                let wanted = match *to {
                    "float32" => Some(Float::Single(n as f32).to_string()),
                    "float64" => Some(Float::Double(n as f64).to_string()),
                    to => integer(to, n),
                };
                check(from, &n.to_le_bytes()[..8], to, wanted);
            }
        }
    }
    for float in [
        0.0, -0.5, 2.9, -2.9, 127.9, 128.0, -128.9, 255.9, -1.0, 65536.5, 3e9, 9e18, 1.8e19, 2e19,
        1e300,
    ] {
        for to in &kinds {
            let wanted = match *to {
                "float32" => Some(Float::Single(float as f32).to_string()),
                "float64" => Some(Float::Double(float).to_string()),
                to => fits(to, float.trunc()),
            };
            check("float64", &float.to_le_bytes(), to, wanted);
        }
    }
    assert_eq!(compared, 10 * 8 * 12 + 15 * 12);
    let frame = frame();
    for (text, value) in [
        ("float64(m)", Some("-3")),
        ("float32(16777217)", Some("16777216")),
        ("float32(3.4028235e38)", Some("3.4028235e+38")),
        ("float32(1e39)", None),
        ("int(5 + 0i)", Some("5")),
        ("int(5 + 1i)", None),
        ("float64(u)", Some("18446744073709552000")),
        ("complex128(c)", Some("(1.5-2i)")),
        ("int8(200)", None),
        ("uint8(-1)", None),
    ] {
        assert_eq!(frame.print(text).ok().as_deref(), value, "{text}");
    }
}

#[test]
fn deep_nesting_is_an_error() {
    let frame = frame();
    for text in [
        "(".repeat(10_000),
        "-".repeat(10_000) + "1",
        "*".repeat(5_000),
        "[]".repeat(5_000),
    ] {
        assert!(frame.print(&text).is_err());
    }
    assert!(frame.print(&vec!["n"; 5_000].join(" + ")).is_err());
    assert_eq!(frame.print(&["n"; 200].join(" + ")).unwrap(), "1400");
    assert!(frame.print(&["p"; 200].join(".Next.Next.X + ")).is_err());
}

proptest! {
    /// Whatever is typed gives an answer or an error, with a place inside the text.
    #[test]
    fn any_text_is_answered(text in proptest::collection::vec(prop_oneof![
        Just("n"), Just("p"), Just("s"), Just("i"), Just("dict"), Just("ints"), Just("main"), Just("."), Just("["), Just("]"), Just("("), Just(")"),
        Just("*"), Just("&"), Just("+"), Just("-"), Just("/"), Just("=="), Just("&&"), Just("!"), Just("1"), Just("0x8"), Just("1.5"), Just("\"k\""), Just(":"),
        Just("X"), Just("Next"), Just("int"), Just("len"), Just("map"), Just("<<"), Just("%"), Just(","), Just("nil"), Just("é"), Just(" "), Just("struct"), Just("{"), Just("}"),
    ], 0..14)) {
        let text = text.concat();
        let frame = frame();
        if let Err(error) = frame.print(&text) {
            prop_assert!(error.at <= text.len(), "{text}: {error}");
        }
        let _ = frame.with(|e| e.whatis(&text));
    }
}
