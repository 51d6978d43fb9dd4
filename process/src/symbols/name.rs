//! Function names as the runtime prints them.

use std::borrow::Cow;

/// `name` as a traceback prints it: `runtime.gopanic` is `panic`, and the type arguments of generics, which the
/// linker spells out as shapes, shrink to `[...]`.
///
/// `runtime/traceback.go:printFuncName,funcNamePiecesForPrint`. One rule serves every release: 1.19 stores the
/// short form already, 1.27 adds generic methods of generic types (`T[...].M[...]`), which none before has.
pub fn printed(name: &str) -> Cow<'_, str> {
    if name == "runtime.gopanic" {
        return Cow::Borrowed("panic");
    }
    let (Some(open), Some(close)) = (name.find('['), name.rfind(']')) else {
        return Cow::Borrowed(name);
    };
    let (Some(head), Some(interior), Some(tail)) = (
        name.get(..open),
        name.get(open + 1..close),
        name.get(close + 1..),
    ) else {
        return Cow::Borrowed(name);
    };
    match between_lists(interior) {
        Interior::OneList => Cow::Owned(format!("{head}[...]{tail}")),
        Interior::TwoLists(middle) => Cow::Owned(format!("{head}[...]{middle}[...]{tail}")),
        Interior::Malformed => Cow::Borrowed(name),
    }
}

/// What stands between the first `[` and the last `]` of a name.
enum Interior<'n> {
    OneList,
    /// The text between the list of a generic type and that of its generic method.
    TwoLists(&'n str),
    Malformed,
}

fn between_lists(interior: &str) -> Interior<'_> {
    if !interior.contains('[') {
        return Interior::OneList;
    }
    let mut depth = 1u32;
    let mut closed = None;
    for (at, byte) in interior.bytes().enumerate() {
        match byte {
            b'[' => {
                depth += 1;
                if depth == 1 {
                    return closed
                        .and_then(|closed: usize| interior.get(closed + 1..at))
                        .map_or(Interior::Malformed, Interior::TwoLists);
                }
            }
            b']' => {
                depth = match depth.checked_sub(1) {
                    Some(depth) => depth,
                    None => return Interior::Malformed,
                };
                if depth == 0 {
                    closed = Some(at);
                }
            }
            _ => {}
        }
    }
    if depth == 1 && closed.is_none() {
        Interior::OneList
    } else {
        Interior::Malformed
    }
}

/// Whether `name` is an exported function of package runtime, or an exported method of an exported type
/// (`runtime.GC`, `runtime.(*Func).Entry`): tracebacks show those although they hide the rest of the package
/// (`runtime/traceback.go:isExportedRuntime` of 1.23; up to 1.22 methods were hidden).
pub fn is_exported_runtime(name: &str) -> bool {
    let upper = |s: &str| s.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
    let Some(rest) = name.strip_prefix("runtime.") else {
        return false;
    };
    let Some((receiver, method)) = rest.rsplit_once('.') else {
        return upper(rest);
    };
    let receiver = receiver
        .strip_prefix("(*")
        .and_then(|r| r.strip_suffix(')'))
        .unwrap_or(receiver);
    upper(method) && (receiver.is_empty() || upper(receiver))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_arguments_shrink_as_in_a_traceback() {
        for (name, want) in [
            ("main.main", "main.main"),
            ("runtime.gopanic", "panic"),
            ("main.F[...]", "main.F[...]"),
            ("main.F[go.shape.int]", "main.F[...]"),
            ("main.F[go.shape.[]int].func1", "main.F[...].func1"),
            ("main.(*S[go.shape.map[string][]int]).M", "main.(*S[...]).M"),
            (
                "main.S[go.shape.int].M[go.shape.[]int]",
                "main.S[...].M[...]",
            ),
            ("main.]x[", "main.]x["),
            ("main.[a]]b[", "main.[...]b["),
        ] {
            assert_eq!(printed(name), want);
        }
    }

    #[test]
    fn exported_methods_need_an_exported_type() {
        assert!(is_exported_runtime("runtime.GC"));
        assert!(is_exported_runtime("runtime.(*Func).Entry"));
        assert!(!is_exported_runtime("runtime.(*mheap).Alloc"));
        assert!(!is_exported_runtime("runtime.gopanic"));
        assert!(!is_exported_runtime("main.F"));
    }
}
