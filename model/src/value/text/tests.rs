//! Texts and JSON of hand-built trees: each shape, its nil form, its limits.

use super::Style;
use crate::value::{
    Address, Chan, Data, Field, Float, Origin, Pointee, Reading, Standing, Value, Variable,
};
use proptest::prelude::*;

fn int(n: i64) -> Value {
    Value::new("int", Data::Int(n))
}

fn string(text: &str) -> Value {
    Value::new(
        "string",
        Data::String {
            bytes: text.into(),
            len: text.len() as u64,
        },
    )
}

fn structure(ty: &str, fields: Vec<(&str, Value)>) -> Value {
    Value::new(
        ty,
        Data::Struct {
            addr: Some(Address(0xc000)),
            fields: fields
                .into_iter()
                .map(|(name, value)| Field {
                    name: name.into(),
                    value,
                    embedded: false,
                })
                .collect(),
            truncated: 0,
            shown: None,
        },
    )
}

fn slice(ty: &str, elements: Vec<Value>, len: u64, cap: u64) -> Value {
    Value::new(
        ty,
        Data::Slice {
            addr: Address(0xc000),
            len,
            cap,
            elements,
        },
    )
}

fn pointer(ty: &str, target: Value) -> Value {
    Value::new(
        ty,
        Data::Pointer {
            addr: Address(0xc000),
            pointee: Pointee::Value(Box::new(target)),
        },
    )
}

fn interface(ty: &str, dynamic: &str, value: Value) -> Value {
    Value::new(
        ty,
        Data::Interface {
            dynamic_type: Some(dynamic.into()),
            addr: Address(0xc000),
            value: Some(Box::new(value)),
        },
    )
}

fn nil(ty: &str, data: Data) -> Value {
    Value::new(ty, data)
}

fn line(value: &Value) -> String {
    Style::default().line(value)
}

fn point() -> Value {
    structure("main.Point", vec![("X", int(1)), ("Y", int(2))])
}

#[test]
fn each_shape_has_its_line() {
    let boom = structure("errors.errorString", vec![("s", string("boom"))]);
    let named = |text: &str, n| Value {
        reading: Some(Reading::Name(text.into())),
        ..Value::new("main.Color", Data::Uint(n))
    };
    for (value, text) in [
        (point(), "main.Point {X: 1, Y: 2}"),
        (pointer("*main.Point", point()), "*main.Point {X: 1, Y: 2}"),
        (pointer("*int", int(5)), "*5"),
        (
            slice("[]int", vec![int(1), int(2), int(3)], 3, 4),
            "[]int len: 3, cap: 4, [1,2,3]",
        ),
        (
            slice("[]int", vec![int(1)], 6, 8),
            "[]int len: 6, cap: 8, [1,…5 more]",
        ),
        (
            slice("[]main.Point", vec![point()], 1, 1),
            "[]main.Point len: 1, cap: 1, [{X: 1, Y: 2}]",
        ),
        (
            interface(
                "error",
                "*errors.errorString",
                pointer("*errors.errorString", boom),
            ),
            r#"error(*errors.errorString) *{s: "boom"}"#,
        ),
        (
            interface("interface {}", "[]int", slice("[]int", vec![int(1)], 1, 1)),
            "interface {}([]int) [1]",
        ),
        (named("main.Blue", 2), "main.Blue (2)"),
        (
            Value {
                reading: Some(Reading::Whole("1.5s".into())),
                ..Value::new("time.Duration", Data::Int(1_500_000_000))
            },
            "1.5s",
        ),
        (
            Value {
                reading: Some(Reading::Whole("locked".into())),
                ..structure("sync.Mutex", vec![("state", int(1))])
            },
            "sync.Mutex(locked)",
        ),
        (
            Value::new(
                "complex128",
                Data::Complex {
                    re: Float::Double(1.0),
                    im: Float::Double(-2.5),
                },
            ),
            "(1-2.5i)",
        ),
        (Value::new("uintptr", Data::Uint(4096)), "0x1000"),
        (
            Value::new("unsafe.Pointer", Data::UnsafePointer(Address(16))),
            "unsafe.Pointer(0x10)",
        ),
        (
            Value::unreadable("int", "0x8: never mapped"),
            "(unreadable: 0x8: never mapped)",
        ),
        (structure("struct {}", vec![]), "struct {} {}"),
    ] {
        assert_eq!(line(&value), text);
    }
}

#[test]
fn bytes_are_text_or_hex() {
    let bytes = |bytes: &[u8], len| {
        let byte = |byte: &u8| Value::new("uint8", Data::Uint(u64::from(*byte)));
        slice("[]uint8", bytes.iter().map(byte).collect(), len, len)
    };
    for (value, text) in [
        (bytes(b"a\n", 2), r#"[]uint8 len: 2, cap: 2, "a\n""#),
        (bytes(b"ab", 9), r#"[]uint8 len: 9, cap: 9, "ab"…7 more"#),
        (
            bytes(b"a\xe2\x86", 9),
            r#"[]uint8 len: 9, cap: 9, "a"…8 more"#,
        ),
        (bytes(b"a\xe2", 2), "[]uint8 len: 2, cap: 2, 0x61e2"),
        (
            bytes(b"\x00\x01", 4),
            "[]uint8 len: 4, cap: 4, 0x0001…2 more",
        ),
        (bytes(b"", 0), "[]uint8 len: 0, cap: 0, []"),
    ] {
        assert_eq!(line(&value), text);
    }
}

#[test]
fn maps_channels_and_functions_have_their_line() {
    let map = |entries, len, truncated| {
        Value::new(
            "map[string]int",
            Data::Map {
                addr: Address(1),
                len,
                entries,
                truncated,
            },
        )
    };
    let chan = |chan| Value::new("chan int", Data::Chan(chan));
    let capture = Variable {
        name: "n".into(),
        ty: "int".into(),
        value: Some(int(7)),
        standing: Standing::Exact,
        addr: None,
        origin: Origin::Capture,
        escaped: false,
    };
    for (value, text) in [
        (
            map(vec![(string("a"), int(1)), (string("b"), int(2))], 2, 0),
            r#"map[string]int len: 2, ["a": 1, "b": 2]"#,
        ),
        (
            map(vec![(string("a"), int(1))], 4, 3),
            r#"map[string]int len: 4, ["a": 1, …3 more]"#,
        ),
        (map(vec![], 0, 0), "map[string]int len: 0, []"),
        (
            chan(Chan {
                addr: Address(1),
                len: 2,
                cap: 5,
                elements: vec![int(1), int(2)],
                recv_waiters: Some(0),
                send_waiters: Some(0),
                closed: false,
            }),
            "chan int 2/5 [1,2]",
        ),
        (
            chan(Chan {
                addr: Address(1),
                closed: true,
                recv_waiters: Some(1),
                send_waiters: Some(3),
                ..Chan::default()
            }),
            "chan int 0/0 closed (1 receiver waiting) (3 senders waiting) []",
        ),
        (
            Value::new(
                "func(int)",
                Data::Func {
                    addr: Address(1),
                    name: Some("main.f.func1".into()),
                    captures: vec![capture],
                },
            ),
            "main.f.func1 {n: 7}",
        ),
        (
            Value::new(
                "func(int)",
                Data::Func {
                    addr: Address(16),
                    name: None,
                    captures: vec![],
                },
            ),
            "(func(int))(0x10)",
        ),
    ] {
        assert_eq!(line(&value), text);
    }
}

#[test]
fn nil_says_its_type_once() {
    let nothing = || Data::Pointer {
        addr: Address(0),
        pointee: Pointee::NotFollowed,
    };
    let no_interface = || Data::Interface {
        dynamic_type: None,
        addr: Address(0),
        value: None,
    };
    let no_map = || Data::Map {
        addr: Address(0),
        len: 0,
        entries: vec![],
        truncated: 0,
    };
    let no_slice = || Data::Slice {
        addr: Address(0),
        len: 0,
        cap: 0,
        elements: vec![],
    };
    let no_func = || Data::Func {
        addr: Address(0),
        name: None,
        captures: vec![],
    };
    for (ty, data, text) in [
        ("*main.T", nothing(), "*main.T nil"),
        ("error", no_interface(), "error nil"),
        ("map[int]int", no_map(), "map[int]int nil"),
        ("[]int", no_slice(), "[]int len: 0, cap: 0, nil"),
        ("func()", no_func(), "func() nil"),
        ("chan int", Data::Chan(Chan::default()), "chan int nil"),
    ] {
        let value = nil(ty, data);
        assert_eq!(line(&value), text);
        let inside = slice("[]T", vec![value], 1, 1);
        assert_eq!(line(&inside), "[]T len: 1, cap: 1, [nil]");
    }
}

#[test]
fn limits_are_said() {
    let style = Style {
        depth: 1,
        len: 2,
        string: 3,
        ..Style::default()
    };
    let nested = structure(
        "main.A",
        vec![("B", structure("main.B", vec![("c", int(1))]))],
    );
    assert_eq!(style.line(&nested), "main.A {B: main.B {…}}");
    let long = slice("[]int", vec![int(1), int(2), int(3)], 9, 9);
    assert_eq!(style.line(&long), "[]int len: 9, cap: 9, [1,2,…7 more]");
    assert_eq!(style.line(&string("abcdef")), r#""abc"…3 more"#);
    assert_eq!(style.line(&string("abüx")), r#""ab"…3 more"#);
    let unfollowed = Value::new(
        "*main.T",
        Data::Pointer {
            addr: Address(0x10),
            pointee: Pointee::NotFollowed,
        },
    );
    assert_eq!(line(&unfollowed), "(*main.T)(0x10)");
    let cycle = Value::new(
        "*main.T",
        Data::Pointer {
            addr: Address(0x10),
            pointee: Pointee::Cycle,
        },
    );
    assert_eq!(line(&cycle), "(*main.T)(0x10) (cycle)");
}

#[test]
fn wide_values_break_into_lines() {
    let style = Style {
        width: 30,
        ..Style::default()
    };
    assert_eq!(style.block(&point()), "main.Point {X: 1, Y: 2}");
    let numbers = slice("[]int", (100..116).map(int).collect(), 16, 16);
    let wide = structure(
        "main.Wide",
        vec![
            ("Name", string("a name")),
            ("Where", point()),
            ("Nums", numbers),
        ],
    );
    assert_eq!(
        style.block(&wide),
        r#"main.Wide {
    Name: "a name",
    Where: main.Point {
        X: 1,
        Y: 2,
    },
    Nums: []int len: 16, cap: 16, [
        100, 101, 102, 103,
        104, 105, 106, 107,
        108, 109, 110, 111,
        112, 113, 114, 115,
    ],
}"#
    );
}

#[test]
fn a_printed_pointer_says_its_address() {
    let pointer = pointer("*int", int(5));
    assert_eq!(Style::default().block(&pointer), "(*int)(0xc000)\n*5");
}

#[test]
fn standing_is_said_unless_exact() {
    let variable = |standing, value| Variable {
        name: "x".into(),
        ty: "int".into(),
        value,
        standing,
        addr: None,
        origin: Origin::Argument,
        escaped: false,
    };
    let style = Style::default();
    for (variable, text) in [
        (variable(Standing::Exact, Some(int(1))), "x = 1"),
        (
            variable(Standing::Stale("spill slot".into()), Some(int(1))),
            "x = ? 1 (stale: spill slot)",
        ),
        (
            variable(
                Standing::OptimizedOut("no location at this pc".into()),
                None,
            ),
            "x = (optimized out: no location at this pc)",
        ),
        (
            variable(Standing::Unreadable("0x1: never mapped".into()), None),
            "x = (unreadable: 0x1: never mapped)",
        ),
    ] {
        assert_eq!(style.variable(&variable), text);
    }
}

#[test]
fn json_is_the_contract() {
    let cut = Value::new(
        "string",
        Data::String {
            bytes: b"ab\xff".to_vec(),
            len: 10,
        },
    );
    let nan = Value::new("float64", Data::Float(Float::Double(f64::NAN)));
    let single = Value::new("float32", Data::Float(Float::Single(0.1)));
    let duration = Value {
        reading: Some(Reading::Whole("1.5s".into())),
        ..Value::new("time.Duration", Data::Int(1_500_000_000))
    };
    let all = structure(
        "main.All",
        vec![
            ("Max", Value::new("uint64", Data::Uint(u64::MAX))),
            ("Min", Value::new("int64", Data::Int(i64::MIN))),
            ("Cut", cut),
            ("NaN", nan),
            ("Single", single),
            ("D", duration),
            ("P", pointer("*int", int(1))),
            (
                "E",
                Value::new(
                    "error",
                    Data::Interface {
                        dynamic_type: None,
                        addr: Address(0),
                        value: None,
                    },
                ),
            ),
            (
                "S",
                Value::new(
                    "[]int",
                    Data::Slice {
                        addr: Address(0),
                        len: 0,
                        cap: 0,
                        elements: vec![],
                    },
                ),
            ),
            ("U", Value::unreadable("int", "0x1: never mapped")),
        ],
    );
    let expected = serde_json::json!({
        "kind": "struct", "type": "main.All", "addr": "0xc000", "fields": [
            {"name": "Max", "type": "uint64", "value": u64::MAX},
            {"name": "Min", "type": "int64", "value": i64::MIN},
            {"name": "Cut", "type": "string", "value":
                {"kind": "string", "type": "string", "value": "ab\u{fffd}", "len": 10, "hex": "6162ff", "truncated": 7}},
            {"name": "NaN", "type": "float64", "value": "NaN"},
            {"name": "Single", "type": "float32", "value": 0.1},
            {"name": "D", "type": "time.Duration", "value": 1_500_000_000, "text": "1.5s"},
            {"name": "P", "type": "*int", "value": {"kind": "pointer", "type": "*int", "addr": "0xc000", "value": 1}},
            {"name": "E", "type": "error", "value": {"kind": "interface", "type": "error", "dynamic_type": null, "addr": "0x0"}},
            {"name": "S", "type": "[]int", "value": {"kind": "slice", "type": "[]int", "addr": "0x0", "len": 0, "cap": 0, "elements": []}},
            {"name": "U", "type": "int", "value": {"kind": "unreadable", "type": "int", "why": "0x1: never mapped"}},
        ]
    });
    let text = serde_json::to_string(&all).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        expected
    );
}

/// Any tree of a few levels, with hostile names and strings.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(int),
        any::<f64>().prop_map(|f| Value::new("float64", Data::Float(Float::Double(f)))),
        (any::<Vec<u8>>(), any::<u64>())
            .prop_map(|(bytes, len)| Value::new("string", Data::String { bytes, len })),
        any::<String>().prop_map(|why| Value::unreadable(why.clone(), why)),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            (
                any::<String>(),
                proptest::collection::vec((any::<String>(), inner.clone()), 0..5)
            )
                .prop_map(|(ty, fields)| {
                    structure(
                        &ty,
                        fields
                            .iter()
                            .map(|(n, v)| (n.as_str(), v.clone()))
                            .collect(),
                    )
                }),
            (
                any::<String>(),
                proptest::collection::vec(inner.clone(), 0..5),
                any::<u64>()
            )
                .prop_map(|(ty, elements, len)| slice(&ty, elements, len, len)),
            (any::<String>(), inner).prop_map(|(ty, v)| interface(&ty, &ty, v)),
        ]
    })
}

proptest! {
    #[test]
    fn no_tree_reaches_a_terminal_raw(value in any_value(), depth in 0usize..5, len in 0usize..5, width in 0usize..80) {
        let style = Style { depth, len, string: len, width };
        let line = style.line(&value);
        prop_assert!(line.chars().all(crate::value::quote::is_printable), "{line:?}");
        let block = style.block(&value);
        prop_assert!(block.chars().all(|c| c == '\n' || crate::value::quote::is_printable(c)), "{block:?}");
        let json = serde_json::to_string(&value).unwrap();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    }
}
