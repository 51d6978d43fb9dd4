//! What else stands in a build's output: the go command, shells, vet, and the errors of the type checker.
//!
//! Errors have the shape of diagnostics (`pos: text`) and their text is open-ended, so they are told by the
//! words that the type checker's and the parser's messages begin with or contain
//! (`cmd/compile/internal/types2`, `…/syntax`, `cmd/vet`). A text that matches none of them is left to the
//! caller as unrecognised: better listed than taken for something.

use super::Message;
use bstr::ByteSlice;
use nom::{IResult, Parser, bytes::complete::take_while1, combinator::fail};

/// How an error begins.
const ERROR_PREFIXES: [&str; 63] = [
    "undefined: ",
    "syntax error: ",
    "declared and not used: ",
    "cannot use ",
    "cannot assign ",
    "cannot call ",
    "cannot convert ",
    "cannot infer ",
    "cannot range over ",
    "cannot make ",
    "cannot define ",
    "cannot declare ",
    "cannot index ",
    "cannot slice ",
    "cannot send ",
    "cannot receive ",
    "cannot take ",
    "cannot indirect ",
    "cannot specify ",
    "cannot close ",
    "cannot clear ",
    "cannot switch ",
    "cannot handle ",
    "cannot find package",
    "could not import ",
    "invalid ",
    "missing ",
    "not enough ",
    "too many ",
    "too few ",
    "too many errors",
    "assignment mismatch: ",
    "assignment operation ",
    "impossible type ",
    "duplicate ",
    "internal compiler error: ",
    "first argument to ",
    "multiple-value ",
    "multiple defaults ",
    "no new variable",
    "non-name ",
    "non-declaration statement",
    "unexpected ",
    "unknown ",
    "unreachable code",
    "use of ",
    "import ",
    "initialization cycle",
    "instantiation cycle",
    "mismatched types ",
    "constant ",
    "expected ",
    "func main must ",
    "func init must ",
    "function main is ",
    "in call to ",
    "ambiguous selector ",
    "package ",
    "program not built",
    "result parameter ",
    "stack frame too large",
    "implicit ",
    "loop variable ",
];

/// What an error contains.
const ERROR_PARTS: [&str; 28] = [
    " imported and not used",
    " imported as ",
    " declared and not used",
    " redeclared in this block",
    " is not a type",
    " is not used",
    " undefined (",
    " not exported by package ",
    " does not satisfy ",
    " does not implement ",
    " not used as value",
    " used as type",
    " used as value",
    " requires go1.",
    " requires newer Go version",
    " is not constant",
    " is not an interface",
    " is not an expression",
    " (no value)",
    " overflows ",
    " (mismatched types ",
    " not defined on ",
    " already declared",
    " defined and not used",
    " should have signature ",
    " copies lock",
    " passes lock by value",
    " is not in std",
];

/// Calls whose arguments vet complains about: `fmt.Printf format %d has arg …`.
const VET_PARTS: [&str; 12] = [
    " format %",
    " call has ",
    " call needs ",
    " arg list ends with ",
    "unusedresult",
    "result of ",
    "struct field tag ",
    "self-assignment of ",
    " composite literal uses unkeyed fields",
    "should use ",
    " the cancel function ",
    "possible ",
];

/// How a line without a position begins when the go command, a shell or a linker printed it.
const NOISE_PREFIXES: [&str; 37] = [
    "go: ",
    "go build ",
    "go: downloading",
    "ok  \t",
    "?   \t",
    "FAIL",
    "PASS",
    "SKIP",
    "--- ",
    "=== ",
    "exit status ",
    "signal: ",
    "coverage: ",
    "note: ",
    "vet: ",
    "warning: ",
    "WORK=",
    "mkdir -p $WORK",
    "cd ",
    "cat >",
    "echo ",
    "rm -",
    "mv $WORK",
    "package ",
    "imports ",
    "can't load package",
    "no required module",
    "make: ",
    "make[",
    "real\t",
    "user\t",
    "sys\t",
    "$ ",
    "+ ",
    "> ",
    "PS ",
    "##[",
];

/// Lines without a position that belong to `-m=3` and above: IR trees and the inliner's trace.
const DUMP_PREFIXES: [&str; 12] = [
    ".   ",
    "substituting name ",
    "not substituting name ",
    "substituting captured name ",
    "typecheck import ",
    "typecheck ",
    "considering ",
    "inlnode",
    "visit ",
    "=-= ",
    "Before inlining",
    "After inlining",
];

fn starts(text: &[u8], table: &[&str]) -> bool {
    table.iter().any(|word| text.starts_with(word.as_bytes()))
}

fn contains(text: &[u8], table: &[&str]) -> bool {
    table.iter().any(|word| text.contains_str(word))
}

/// An error after a position.
pub(super) fn error(input: &[u8]) -> IResult<&[u8], Message<'_>> {
    let quoted_import = input.starts_with(b"\"") && input.contains_str(b" imported ");
    if quoted_import
        || starts(input, &ERROR_PREFIXES)
        || contains(input, &ERROR_PARTS)
        || contains(input, &VET_PARTS)
    {
        return Ok((&[], Message::Error));
    }
    fail().parse(input)
}

/// The second line of an error, with a position of its own: `\tother declaration of x`.
pub(super) fn continued_error(input: &[u8]) -> IResult<&[u8], Message<'_>> {
    let (text, _) = take_while1(|b| b == b' ' || b == b'\t').parse(input)?;
    let known = [
        "other declaration of ",
        "have (",
        "want (",
        "have ",
        "want ",
        "previous case",
        "inner declaration of ",
        "refers to ",
    ];
    if starts(text, &known) || text.contains_str(b" refers to ") {
        return Ok((&[], Message::Error));
    }
    error(text)
}

/// Whether a line is of the dump of a program.
pub(super) fn is_dump(line: &[u8]) -> bool {
    starts(line, &DUMP_PREFIXES)
}

/// Whether a line is the go command's, a shell's, or of another tool.
pub(super) fn is_noise(line: &[u8]) -> bool {
    starts(line, &NOISE_PREFIXES) || line == b"too many errors" || line.starts_with(b"# ")
}
