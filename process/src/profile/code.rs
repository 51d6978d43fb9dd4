//! Functions of an executable that was opened alone, and their instructions, for reports that say what each of them cost.

use super::addresses::compiled_from;
use crate::addr::{Addr, FileAddr};
use crate::arch::Arch;
use crate::disasm::{Syntax, instructions_in};
use crate::image::Executable;
use crate::memory::Memory;
use crate::process::Process;
use crate::symbols::{Func, Symbols};
use std::collections::BTreeMap;

/// A function by its machine code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Routine {
    /// Its name, as the linker knows it.
    pub name: String,
    /// Its first instruction.
    pub start: FileAddr,
    /// The first address after it.
    pub end: FileAddr,
}

/// A call that an instruction was compiled from: of those inlined into each other each has one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodePlace {
    /// The function.
    pub function: String,
    /// Its file.
    pub file: String,
    /// The line.
    pub line: i64,
}

/// An instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    /// Where it stands.
    pub addr: FileAddr,
    /// Mnemonic and operands, and where it leads.
    pub text: String,
    /// What it was compiled from, the innermost first; empty when that is not known.
    pub places: Vec<CodePlace>,
}

/// Functions whose names match, by name: those of the symbol table, and of stripped programs those of pclntab.
pub fn routines(process: &Process<'_>, matches: &dyn Fn(&str) -> bool) -> Vec<Routine> {
    let mut found: BTreeMap<u64, Routine> = BTreeMap::new();
    let symbols = process.executable.into_iter();
    let symbols = symbols.flat_map(Executable::symbols);
    for (start, size, name) in symbols.filter(|(_, size, _)| *size > 0) {
        let name = String::from_utf8_lossy(name);
        if matches(&name) {
            found.entry(start.0).or_insert_with(|| Routine {
                name: name.into_owned(),
                start,
                end: FileAddr(start.0.saturating_add(size)),
            });
        }
    }
    let go = process.symbols().ok();
    for func in go.into_iter().flat_map(Symbols::funcs) {
        if matches(func.name()) || matches(&func.printed_name()) {
            found.entry(func.entry.0).or_insert_with(|| Routine {
                name: func.name().to_owned(),
                start: FileAddr(func.entry.0),
                end: FileAddr(end(process, &func).0),
            });
        }
    }
    let mut found: Vec<Routine> = found.into_values().collect();
    found.sort_by(|a, b| (&a.name, a.start).cmp(&(&b.name, b.start)));
    found
}

/// Where a function ends: pclntab counts what it is filled up with.
fn end(process: &Process<'_>, func: &Func<'_>) -> Addr {
    /// INT3 on amd64; arm64 is filled up with zeros.
    const FILL: [u8; 2] = [0xcc, 0];
    let len = func.end.since(func.entry).unwrap_or(0);
    let Ok(code) = process.memory.run(func.entry, len) else {
        return func.end;
    };
    let used = code.iter().rposition(|byte| !FILL.contains(byte));
    // Instructions of arm64 end at a word.
    let used = used.map_or(0, |at| at as u64 + 1);
    let used = match process.arch() {
        Arch::Amd64 => used,
        Arch::Arm64 => used.next_multiple_of(4),
    };
    func.entry.offset(used.min(len))
}

/// The instructions of a function; none when its bytes are not there.
pub fn code(process: &Process<'_>, routine: &Routine, syntax: Syntax) -> Vec<Code> {
    /// The largest functions of real programs have some hundred KiB.
    const MOST: u64 = 4 << 20;
    let start = Addr(routine.start.0);
    let len = routine.end.0.saturating_sub(routine.start.0).min(MOST);
    let bytes = process.memory.run(start, len).unwrap_or_default();
    let symbols = process.symbols().ok();
    let func = symbols.and_then(|symbols| symbols.find(start));
    let all = instructions_in(syntax, process.arch(), bytes, start);
    all.map(|one| {
        let places = func.map(|func| {
            let frames = compiled_from(&func, one.addr);
            let places = frames.map(|frame| CodePlace {
                function: frame.name.to_owned(),
                file: frame.position.file.to_owned(),
                line: i64::from(frame.position.line),
            });
            places.collect()
        });
        let mut text = one.text;
        if let Some(label) = one.target.and_then(|target| label(process, target)) {
            text = format!("{text} <{label}>");
        }
        Code {
            addr: FileAddr(one.addr.0),
            text,
            places: places.unwrap_or_default(),
        }
    })
    .collect()
}

/// `main.f+0x10`.
fn label(process: &Process<'_>, target: Addr) -> Option<String> {
    let func = process
        .symbols()
        .ok()
        .and_then(|symbols| symbols.find(target));
    let (name, start) = if let Some(func) = func {
        (func.printed_name().into_owned(), func.entry)
    } else {
        let (name, start, _) = process.executable?.symbol_at(FileAddr(target.0))?;
        (String::from_utf8_lossy(name).into_owned(), Addr(start.0))
    };
    match target.since(start)? {
        0 => Some(name),
        offset => Some(format!("{name}+{offset:#x}")),
    }
}
