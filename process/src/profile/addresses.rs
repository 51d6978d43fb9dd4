//! From addresses of an executable to functions and lines: pclntab has Go's, the symbol table has names of what is C.

use super::places::kind;
use crate::addr::{Addr, FileAddr};
use crate::process::Process;
use crate::symbols::{Func, FuncKind, InlineFrame};

/// A call at an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The function, as the linker knows it.
    pub name: String,
    /// Its file; empty when not known.
    pub file: String,
    /// The line; zero when not known.
    pub line: i64,
    /// Where the function begins; zero when not known.
    pub start_line: i64,
}

/// The calls that an instruction of a function was compiled from, the innermost first. What only passes a call on is left out, as
/// the runtime does it (`runtime/symtab.go:Frames.Next`).
pub(super) fn compiled_from<'t>(
    func: &Func<'t>,
    pc: Addr,
) -> impl Iterator<Item = InlineFrame<'t>> {
    let mut callee: Option<FuncKind> = None;
    let func = *func;
    func.inline_frames(pc).filter(move |frame| {
        let kind = kind(&func, frame);
        let is_left_out =
            kind == FuncKind::Wrapper && callee.is_some_and(|callee| !callee.shows_wrapper());
        callee = Some(kind);
        !is_left_out
    })
}

/// The calls at an address of an executable that was opened alone, the innermost first; none when nothing is known of it.
/// The address is of an instruction: of a call, not behind it.
pub fn places(process: &Process<'_>, at: FileAddr) -> Vec<Place> {
    let pc = Addr(at.0);
    let symbols = process.symbols().ok();
    if let Some(func) = symbols.and_then(|symbols| symbols.find(pc)) {
        return compiled_from(&func, pc)
            .map(|frame| Place {
                name: frame.name.to_owned(),
                file: frame.position.file.to_owned(),
                line: i64::from(frame.position.line),
                start_line: frame.start_line.map_or(0, i64::from),
            })
            .collect();
    }
    let symbol = process.executable.and_then(|exe| exe.symbol_at(at));
    let name = symbol.map(|(name, ..)| String::from_utf8_lossy(name).into_owned());
    name.into_iter()
        .map(|name| Place {
            name,
            file: String::new(),
            line: 0,
            start_line: 0,
        })
        .collect()
}
