//! Disagreements that are understood and not mended yet: printed at every run, and not counted.
//!
//! A line here is a debt. It names the cases, what is said about them, and why.

use regex::Regex;

/// Cases, problem, reason.
const KNOWN: [(&str, &str, &str); 8] = [
    (
        r"-go1\.(19|21\.\d+|22\.\d+)-",
        r"capture missing|origin: expected .capture., found .local.",
        "before 1.23 nothing in the executable says where in a closure its captures are",
    ),
    (
        r"-(opt|trimpath|pie)-",
        r"capture missing",
        "an optimised build does not describe captures that are too big for registers",
    ),
    (
        r"^(crash-nilptr|crash-panic-on-fault|cgo-c-crash)-",
        r"info: (signal|fault address): expected",
        "`info` names the signal that ended the process, not the one that became the panic",
    ),
    (
        r"^cgo-c-(abort|crash)-",
        r"frame 0: printed runtime\.cgocall|crashed goroutine",
        "a signal that came while in C: the handler's frames stand before the goroutine's own",
    ),
    (
        r"^crash-named-string-",
        r"text of a panic",
        "the runtime does not escape quotes in the value it prints",
    ),
    (
        r"^crash-deferred-args-",
        r"^main\.deferredArgs .total.",
        "the panic ran the deferred calls, which changed it after the truth was told",
    ),
    (
        r"^types-inline-",
        r"^main\.d[1-4] .y.",
        "declared on the line being executed: shown, but not as certain",
    ),
    (
        r"^cgo-c-held-",
        r"main\._Ctype_size_t",
        "cgo makes an alias of it, and DWARF has what it is an alias of",
    ),
];

/// Why `problem` of case `name` is expected, when it is.
pub fn reason(name: &str, problem: &str) -> Option<&'static str> {
    let matches = |pattern: &str, text: &str| {
        Regex::new(pattern)
            .expect("patterns are regular expressions")
            .is_match(text)
    };
    KNOWN
        .iter()
        .find(|(cases, problems, _)| matches(cases, name) && matches(problems, problem))
        .map(|(_, _, reason)| *reason)
}
