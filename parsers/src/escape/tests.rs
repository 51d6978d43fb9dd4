//! Each message of each release, the way back, and damaged lines.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Message<'_> {
    message(text.as_bytes()).unwrap_or_else(|| panic!("not recognised: {text}"))
}

#[test]
fn decisions() {
    for (text, expected) in [
        ("moved to heap: x", Message::MovedToHeap { name: b"x" }),
        (
            r#"" does not escape" escapes to heap"#,
            Message::EscapesToHeap {
                expression: br#"" does not escape""#,
            },
        ),
        (
            "... argument does not escape",
            Message::DoesNotEscape {
                function: None,
                expression: b"... argument",
            },
        ),
        ("leaking param: p", Message::LeakingParam { param: b"p" }),
        (
            "leaking param content: p",
            Message::LeakingParamContent { param: b"p" },
        ),
        (
            "leaking param: ops to result err level=0",
            Message::LeakingParamToResult {
                param: b"ops",
                result: b"err",
                level: 0,
            },
        ),
        (
            "leaking param: t to result ~r0 level=-1",
            Message::LeakingParamToResult {
                param: b"t",
                result: b"~r0",
                level: -1,
            },
        ),
        (
            "leaking closure reference wg",
            Message::LeakingClosureReference { name: b"wg" },
        ),
    ] {
        assert_eq!(read(text), expected);
    }
}

#[test]
fn functions_named_by_old_releases() {
    for (text, function, expression) in [
        (
            "main make([]byte, 0, l) does not escape",
            Some("main"),
            "make([]byte, 0, l)",
        ),
        (
            "main ... argument does not escape",
            Some("main"),
            "... argument",
        ),
        ("main.func1 p does not escape", Some("main.func1"), "p"),
        ("(*T).m x does not escape", Some("(*T).m"), "x"),
        (
            "main func literal does not escape",
            Some("main"),
            "func literal",
        ),
        (
            "main []interface {} literal does not escape",
            Some("main"),
            "[]interface {} literal",
        ),
        // Today's compiler.
        ("func literal does not escape", None, "func literal"),
        (
            "struct { x int }{...} does not escape",
            None,
            "struct { x int }{...}",
        ),
        ("a + b does not escape", None, "a + b"),
        (r#""a b" does not escape"#, None, r#""a b""#),
        (
            "[]interface {}{...} does not escape",
            None,
            "[]interface {}{...}",
        ),
        (
            "map[string]struct { x int }{...} does not escape",
            None,
            "map[string]struct { x int }{...}",
        ),
        ("make([]int, n) does not escape", None, "make([]int, n)"),
    ] {
        assert_eq!(
            read(text),
            Message::DoesNotEscape {
                function: function.map(str::as_bytes),
                expression: expression.as_bytes(),
            },
            "{text}"
        );
    }
}

#[test]
fn titles_are_not_decisions() {
    for (text, expression, function) in [
        ("x escapes to heap:", "x", None),
        ("x escapes to heap in (*T).f:", "x", Some("(*T).f")),
        (
            r#"" escapes to heap in " escapes to heap in f:"#,
            r#"" escapes to heap in ""#,
            Some("f"),
        ),
    ] {
        assert_eq!(
            read(text),
            Message::EscapeTitle {
                expression: expression.as_bytes(),
                function: function.map(str::as_bytes),
            }
        );
    }
    for (text, destination, function, derefs) in [
        (
            "parameter p leaks to {heap} with derefs=0:",
            "{heap}",
            None,
            0,
        ),
        (
            "parameter p leaks to ~r0 for f with derefs=2:",
            "~r0",
            Some("f"),
            2,
        ),
        (
            "parameter p leaks to {storage for func literal} with derefs=-1:",
            "{storage for func literal}",
            None,
            -1,
        ),
        (
            "parameter p leaks to {storage for func literal} for (*T).f with derefs=0:",
            "{storage for func literal}",
            Some("(*T).f"),
            0,
        ),
    ] {
        assert_eq!(
            read(text),
            Message::LeakTitle {
                param: b"p",
                destination: destination.as_bytes(),
                function: function.map(str::as_bytes),
                derefs,
            }
        );
    }
}

#[test]
fn steps_of_every_age() {
    let at = Position {
        file: b"./x.go",
        line: 3,
        column: 4,
    };
    for (text, expected) in [
        (
            "  flow: {heap} = **fmt.a:",
            Step::Flow {
                destination: b"{heap}",
                source: b"**fmt.a",
            },
        ),
        (
            "  flow: {storage for \"a = b\"} ← &{storage for \"c ← d\"}:",
            Step::Flow {
                destination: b"{storage for \"a = b\"}",
                source: b"&{storage for \"c \xe2\x86\x90 d\"}",
            },
        ),
        (
            "    from f(\"x (y) at z\", g) (call parameter) at ./x.go:3:4",
            Step::From {
                expression: b"f(\"x (y) at z\", g)",
                why: b"call parameter",
                position: Some(at),
            },
        ),
        (
            "\tfrom io.Writer(os.Stdout) (passed to call[argument escapes]) at ./x.go:3:4",
            Step::From {
                expression: b"io.Writer(os.Stdout)",
                why: b"passed to call[argument escapes]",
                position: Some(at),
            },
        ),
        (
            "  warning: truncated explanation due to assignment cycle; see golang.org/issue/35518",
            Step::Truncated,
        ),
    ] {
        assert_eq!(read(text), Message::Step(expected));
    }
}

#[test]
fn the_inliner() {
    for (text, expected) in [
        (
            "can inline f with cost 9 as: func(int) int { return \" escapes to heap\" }",
            Inlining::Can {
                function: b"f",
                cost: Some(9),
            },
        ),
        (
            "can inline (*T).f",
            Inlining::Can {
                function: b"(*T).f",
                cost: None,
            },
        ),
        (
            "cannot inline f: function too complex: cost 90 exceeds budget 80",
            Inlining::Cannot {
                function: b"f",
                reason: b"function too complex: cost 90 exceeds budget 80",
            },
        ),
        (
            "inlining call to sync.(*Mutex).Lock",
            Inlining::Call {
                function: b"sync.(*Mutex).Lock",
            },
        ),
        (
            "function f considered 'big'; reducing max cost of inlinees",
            Inlining::Big { function: b"f" },
        ),
    ] {
        assert_eq!(read(text), Message::Inlining(expected));
    }
}

#[test]
fn errors_and_noise_are_told_from_unknown_lines() {
    for text in [
        "undefined: x",
        "x declared and not used",
        "declared and not used: x",
        "\tother declaration of x",
    ] {
        assert_eq!(read(text), Message::Error, "{text}");
    }
    for text in ["go: downloading x v1", "ok  \tx\t0.1s", "FAIL"] {
        assert_eq!(bare(text.as_bytes()), Some(Message::Noise), "{text}");
    }
    assert_eq!(
        bare(b"moved to heap: #next"),
        Some(Message::MovedToHeap { name: b"#next" })
    );
    for text in ["gc 1 @0.026s 1%: 0.1+0.2+0.3 ms clock", "hello"] {
        assert_eq!(bare(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn two_messages_in_one_line_are_neither() {
    for text in [
        "x esc./b.go:3:4: y escapes to heap",
        "moved to heap: ab./b.go:3:4: c",
        "x does not escape/src/b.go:3:4: y does not escape",
    ] {
        assert_eq!(message(text.as_bytes()), None, "{text}");
    }
    assert!(message(br#"f("b.go:3:4: y") escapes to heap"#).is_some());
}

#[test]
fn inputs_are_recognised_by_their_first_lines() {
    assert!(recognizes(
        b"go: downloading x v1\n# p\n./x.go:3:6: can inline f\n"
    ));
    for text in [
        "",
        "# p\n./x.go:3:6: undefined: y\n",
        "2026/11/21 02:23:36 ready\n",
        "\x7fELF",
    ] {
        assert!(!recognizes(text.as_bytes()), "{text}");
    }
}

const MESSAGES: [&str; 14] = [
    "moved to heap: x",
    "&Node{...} escapes to heap",
    "x does not escape",
    "main x does not escape",
    "leaking param: p",
    "leaking param content: p",
    "leaking param: p to result ~r0 level=1",
    "x escapes to heap in (*T).f:",
    "parameter p leaks to {storage for func literal} for f with derefs=0:",
    "  flow: {heap} ← &{storage for x}:",
    "    from f(x) (call parameter) at ./x.go:3:4",
    "cannot inline f: recursive",
    "f capturing by ref: x (addr=false assign=false width=8)",
    "zero-copy string->[]byte conversion",
];

#[test]
fn printing_what_was_read_gives_the_line() {
    for text in MESSAGES {
        assert_eq!(read(text).to_string(), text);
    }
}

proptest! {
    #[test]
    fn printing_and_reading_are_inverse(
        name in "[a-zA-Z_.~&*(){}\"= ]{1,20}", number in -3i32..9, kind in 0usize..5
    ) {
        let param = name.trim();
        prop_assume!(!param.is_empty() && !param.contains("  "));
        let bytes = param.as_bytes();
        let made = match kind {
            0 => Message::MovedToHeap { name: bytes },
            1 => Message::LeakingParamContent { param: bytes },
            2 => Message::EscapesToHeap { expression: bytes },
            3 => Message::LeakingParamToResult { param: bytes, result: b"~r1", level: number },
            _ => Message::EscapeTitle { expression: bytes, function: Some(b"(*T).f") },
        };
        let text = made.to_string();
        prop_assert_eq!(message(text.as_bytes()), Some(made));
    }

    #[test]
    fn any_prefix_and_any_changed_byte_gives_an_answer(
        which in 0usize..MESSAGES.len(), cut in 0usize..80, at in 0usize..80, byte in any::<u8>()
    ) {
        let mut line = format!("./dir/x.go:12:3: {}", MESSAGES[which]).into_bytes();
        if let Some(changed) = line.get_mut(at) { *changed = byte; }
        line.truncate(cut.max(1));
        match frame(without_prefix(&line)) {
            Line::Diagnostic { message: text, .. } => { message(text); }
            Line::Bare(text) => { bare(text); }
            Line::Package(_) | Line::Dump => {}
        }
    }
}
