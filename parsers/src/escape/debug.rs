//! The compiler's other remarks: `-d=…` lines, and the pieces of `-m=3` dumps that carry a position.
//!
//! They are told by their fixed words only; their contents are not taken apart, because no view needs them.
//! The words come from `cmd/compile/internal/{ssa,ssagen,walk,ir,liveness,noder,loopvar,escape}` of Go 1.19
//! to 1.27.

use super::{
    Message,
    words::{after, when},
};
use bstr::ByteSlice;
use nom::{IResult, Parser, branch::alt, bytes::complete::tag, combinator::map};

/// Whole messages.
const WHOLE: [&str; 21] = [
    "index bounds check elided",
    "removed nil check",
    "generated nil check",
    "open-coded defer",
    "stack-allocated defer",
    "heap-allocated defer",
    "closure converted to global",
    "append: len-only update",
    "append: len-only update (in local slice)",
    "type assertion inlined",
    "type assertion not inlined",
    "write barrier",
    "split critical edge",
    "eliminated phi",
    "imprecise interface call",
    "Inverted loop iteration",
    "IfInt and IfString",
    "unrecognized shape for assign list stmt for blank assignment",
    "dereference will be kept alive",
    "non-escaping closure",
    "slice-bounds check elided",
];

/// How a message begins.
const PREFIXES: [&str; 27] = [
    "Proved ",
    "Disproved ",
    "Induction variable: ",
    "Redirect ",
    "Branch prediction rule ",
    "BP: ",
    "Phase SCCP ",
    "Replace ",
    "Rewire ",
    "Rewrote ",
    "converted OpPhi ",
    "new limit ",
    "known bits ",
    "known value of ",
    "load spill for ",
    "parent=",
    "unsat ",
    "live at ",
    "stack object ",
    "heap closure, captured vars = ",
    "stack closure, captured vars = ",
    "intrinsic substitution for ",
    "skipping static copy of ",
    "convert: ",
    "rewriting OCONVIFACE value from ",
    "alias analysis: ",
    "reshaping ",
];

/// What an IR dump or a trace of the inliner at `-m=3` and above begins with, after a position.
const DUMPS: [&str; 5] = [
    "Before inlining:",
    "After inlining",
    "tail call emitted for ",
    "before escape",
    "after escape",
];

fn starts(text: &[u8], table: &[&str]) -> bool {
    table.iter().any(|word| text.starts_with(word.as_bytes()))
}

fn is_remark(text: &[u8]) -> bool {
    WHOLE.iter().any(|word| text == word.as_bytes())
        || starts(text, &PREFIXES)
        || (text.contains_str(b" loop ending at ") && text.contains_str(b" was modified"))
}

fn is_dump(text: &[u8]) -> bool {
    text.ends_with(b" looping label")
        || text.ends_with(b" non-looping label")
        || starts(text, &DUMPS)
}

/// A `-d=` line, a remark of a back end, or a piece of a dump.
pub(super) fn debug(input: &[u8]) -> IResult<&[u8], Message<'_>> {
    alt((
        map(tag(&b"Found IsInBounds"[..]), |_| Message::BoundsCheck {
            slice: false,
        }),
        map(tag(&b"Found IsSliceInBounds"[..]), |_| {
            Message::BoundsCheck { slice: true }
        }),
        map(after(b"Found "), |_| Message::Debug),
        map(when(is_remark), |()| Message::Debug),
        map(when(is_dump), |()| Message::Dump),
    ))
    .parse(input)
}
