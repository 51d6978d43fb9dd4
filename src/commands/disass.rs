//! `disass`: instructions of a frame's function, with the lines they come from and where calls and jumps lead.
//!
//! The marked instruction is the one that was being executed: in callers the call itself, which ends at the frame's
//! pc, the return address. Bytes are the process's memory, so what a debugger or the program patched shows.

use super::listing::symbols;
use super::x::parse_addr;
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_process::addr::Addr;
use dumpview_process::arch::Arch;
use dumpview_process::disasm::{Instruction, instructions};
use dumpview_process::memory::Memory;
use dumpview_process::symbols::Func;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write;
use std::io;
use std::sync::Arc;

/// Which instructions.
#[derive(Args, Debug, Clone, Default)]
pub struct DisassFlags {
    /// Goroutine id; the one that crashed when left out.
    #[arg(short, long = "goroutine", value_name = "ID")]
    pub goroutine: Option<u64>,

    /// Frame number as `bt` shows it; the first user frame when left out.
    #[arg(short, long, value_name = "N")]
    pub frame: Option<usize>,

    /// From this address on, decimal or 0x hex, or from a function's entry by its name.
    #[arg(short, long, value_name = "ADDR", conflicts_with_all = ["goroutine", "frame"])]
    pub addr: Option<String>,

    /// At most this many instructions, around the frame's pc or from --addr on; the whole function when left out.
    #[arg(short, long, value_name = "N")]
    pub count: Option<usize>,
}

/// Most bytes of code decoded at once. The largest functions of real programs have some hundred KiB.
const MOST: u64 = 4 << 20;

/// Instructions shown of code that no table knows the extent of, when their number was not said.
const UNKNOWN_EXTENT: usize = 16;

/// The longest instruction, in bytes.
const fn longest(arch: Arch) -> u64 {
    match arch {
        Arch::Amd64 => 15,
        Arch::Arm64 => 4,
    }
}

/// Some instructions of one function.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "disassembly")]
pub struct Listing {
    /// Id of the goroutine; null with `--addr`.
    goroutine: Option<u64>,
    /// Number of the frame, as `bt` counts; null with `--addr`.
    frame: Option<usize>,
    /// The function, as a traceback prints it; null for code of unknown extent.
    pub function: Option<String>,
    /// Its first instruction; null for code of unknown extent.
    #[schemars(with = "Option<dumpview_model::value::Address>")]
    entry: Option<String>,
    /// The first address after it; null for code of unknown extent.
    #[schemars(with = "Option<dumpview_model::value::Address>")]
    end: Option<String>,
    /// The frame's pc: the return address, but in a frame that was interrupted; null with `--addr`.
    #[schemars(with = "Option<dumpview_model::value::Address>")]
    pc: Option<String>,
    /// `gnu`: AT&T operands on amd64.
    syntax: &'static str,
    /// Whether there are fewer instructions than the function has, as `--count` asked.
    shortened: bool,
    /// The instructions, in order of their addresses.
    instructions: Vec<Row>,
    /// The address where the code ends early, and why; null when it does not.
    unreadable: Option<String>,
    #[serde(skip)]
    with_bytes: bool,
}

/// An instruction.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "instruction")]
struct Row {
    /// Its address.
    #[schemars(with = "dumpview_model::value::Address")]
    addr: String,
    /// Its bytes in hex, in address order.
    bytes: String,
    /// Its text; `(bad)` where there is no instruction.
    text: String,
    /// Source file of its line; null when not known.
    file: Option<Arc<str>>,
    /// Its line in `file`, from 1; null when not known.
    line: Option<u32>,
    /// Whether the frame stands at it; in callers, whether it is the call.
    pc: bool,
    /// Where a call or jump leads; null for any other instruction.
    target: Option<Target>,
    #[serde(skip)]
    offset: Option<u64>,
}

/// Where a call or jump leads.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "instruction-target")]
struct Target {
    /// The address.
    #[schemars(with = "dumpview_model::value::Address")]
    addr: String,
    /// The function there; null when not known.
    function: Option<String>,
    /// Bytes from its first instruction; null when it is not known.
    offset: Option<u64>,
}

/// Which code is meant.
struct Code<'s> {
    function: Option<String>,
    entry: Option<Addr>,
    end: Option<Addr>,
    /// Where to begin.
    start: Addr,
    go: Option<Func<'s>>,
}

/// The instructions that `flags` ask for.
///
/// # Errors
///
/// When there is no such goroutine or frame, the address makes no sense, or not even the first byte can be had.
pub fn disass(case: &Case<'_>, flags: &DisassFlags, cursor: &Cursor) -> Result<Listing, Failure> {
    if let Some(place) = &flags.addr {
        let start = address(case, place)?;
        let code = code_at(case, start, start);
        return listing(case, &code, None, flags.count);
    }
    let at = case.at(flags.goroutine, cursor)?;
    let (index, call) = at.call(flags.frame.or(cursor.frame))?;
    let physical = at.stack.frames.get(call.physical);
    let pc = physical.map_or(call.lookup_pc, |frame| frame.pc);
    // Of the calls inlined into one another only the innermost has the machine's pc; the others are looked up by the
    // place in it that stands for their call.
    let innermost = at.calls.iter().find(|one| one.physical == call.physical);
    let stands_at = innermost.map_or(call.lookup_pc, |one| one.lookup_pc);
    let mut code = code_at(case, stands_at, pc);
    if let Some(entry) = code.entry {
        code.start = entry;
    }
    let mut listing = listing(case, &code, Some(stands_at), flags.count)?;
    listing.goroutine = Some(at.goroutine.id.0);
    listing.frame = Some(index);
    listing.pc = Some(pc.to_string());
    Ok(listing)
}

/// An address as typed, or the entry of the function of that name.
fn address(case: &Case<'_>, place: &str) -> Result<Addr, Failure> {
    if let Some(addr) = parse_addr(place) {
        return Ok(addr);
    }
    let symbols = symbols(case)?;
    symbols
        .by_name(place)
        .or_else(|| symbols.funcs().find(|f| f.printed_name() == place))
        .map(|func| func.entry)
        .ok_or_else(|| {
            Failure::usage(format!(
                "neither an address nor a function: {place}\n\nhint: hexadecimal with 0x, decimal, or a name from \
                 dumpview funcs"
            ))
        })
}

/// What is known of the code at `addr`: a Go function, a symbol of the executable, or nothing. It is shown from
/// `start` on.
fn code_at<'s>(case: &'s Case<'_>, addr: Addr, start: Addr) -> Code<'s> {
    let process = &case.process;
    if let Some(func) = process.symbols().ok().and_then(|s| s.find(addr)) {
        return Code {
            function: Some(func.printed_name().into_owned()),
            entry: Some(func.entry),
            end: Some(func.end),
            start,
            go: Some(func),
        };
    }
    let symbol = process
        .executable
        .and_then(|exe| exe.symbol_at(addr.to_file(process.bias)))
        .filter(|(_, _, size)| *size > 0);
    let (entry, end) = symbol.map_or((None, None), |(_, first, size)| {
        let entry = first.to_process(process.bias);
        (Some(entry), Some(entry.offset(size)))
    });
    Code {
        function: symbol
            .map(|(name, ..)| String::from_utf8_lossy(name).into_owned())
            .or_else(|| process.natives().symbol_at(addr).map(str::to_owned)),
        entry,
        end,
        start,
        go: None,
    }
}

fn listing(
    case: &Case<'_>,
    code: &Code<'_>,
    marked: Option<Addr>,
    count: Option<usize>,
) -> Result<Listing, Failure> {
    let arch = case.process.arch();
    let (want, count) = match (code.end, count) {
        (Some(end), count) => (end.since(code.start).unwrap_or(0), count),
        (None, count) => {
            let count = count.unwrap_or(UNKNOWN_EXTENT);
            let bytes = (count as u64).saturating_mul(longest(arch));
            (bytes, Some(count))
        }
    };
    let (bytes, mut unreadable) = read(case, code.start, want.min(MOST))?;
    if unreadable.is_none() && want > MOST {
        let end = code.start.offset(MOST);
        unreadable = Some(format!("{end}: more than {MOST} bytes of code"));
    }
    let mut all: Vec<Instruction<'_>> = Vec::new();
    // Without a mark in the middle, what comes after the last one that is shown need not be decoded.
    let most = match (marked, count) {
        (None, Some(count)) => count,
        _ => usize::MAX,
    };
    all.extend(instructions(arch, &bytes, code.start).take(most));
    let at = marked.and_then(|pc| all.iter().position(|i| i.covers(pc)));
    if let Some(count) = count {
        let first = at.map_or(0, |at| at.saturating_sub(count / 2));
        let first = first.min(all.len().saturating_sub(count));
        all.drain(..first);
        all.truncate(count);
    }
    let shown: usize = all.iter().map(|instruction| instruction.bytes.len()).sum();
    let mut positions = code.go.as_ref().map(Func::positions);
    let natives = case.process.natives();
    let mut known: Option<Arc<str>> = None;
    let rows: Vec<Row> = all
        .iter()
        .map(|instruction| {
            let place = match positions.as_mut().map(|p| p.at(instruction.addr)) {
                Some(position) => {
                    Some((position.file, position.line)).filter(|(_, line)| *line != 0)
                }
                None => natives.place_at(instruction.addr),
            };
            if let Some((file, _)) = place
                && known.as_deref() != Some(file)
            {
                known = Some(file.into());
            }
            Row {
                addr: instruction.addr.to_string(),
                bytes: hex(instruction.bytes),
                text: instruction.text.clone(),
                file: place.and_then(|_| known.clone()),
                line: place.map(|(_, line)| line),
                pc: marked.is_some_and(|pc| instruction.covers(pc)),
                target: instruction.target.map(|addr| target(case, addr)),
                offset: code.entry.and_then(|entry| instruction.addr.since(entry)),
            }
        })
        .collect();
    Ok(Listing {
        goroutine: None,
        frame: None,
        function: code.function.clone(),
        entry: code.entry.map(|addr| addr.to_string()),
        end: code.end.map(|addr| addr.to_string()),
        pc: None,
        syntax: "gnu",
        shortened: code.end.is_some() && shown < bytes.len(),
        instructions: rows,
        unreadable,
        with_bytes: case.common.verbose,
    })
}

/// As many of `want` bytes as can be had without a gap, and why not all.
fn read(case: &Case<'_>, start: Addr, want: u64) -> Result<(Vec<u8>, Option<String>), Failure> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < want {
        let at = start.offset(bytes.len() as u64);
        match case.process.memory.run(at, want - bytes.len() as u64) {
            Ok(run) => bytes.extend_from_slice(run),
            Err(error) if bytes.is_empty() => {
                return Err(Failure::no_answer(format!(
                    "cannot read the code at {error}"
                )));
            }
            Err(error) => return Ok((bytes, Some(error.to_string()))),
        }
    }
    Ok((bytes, None))
}

fn target(case: &Case<'_>, addr: Addr) -> Target {
    let code = code_at(case, addr, addr);
    Target {
        addr: addr.to_string(),
        offset: code.entry.and_then(|entry| addr.since(entry)),
        function: code.function,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Target {
    /// `<main.f+0x10>`, when it is in a known function.
    fn label(&self) -> Option<String> {
        let function = self.function.as_deref()?;
        Some(match self.offset {
            Some(0) => format!("<{function}>"),
            Some(offset) => format!("<{function}+{offset:#x}>"),
            None => format!("<in {function}>"),
        })
    }
}

impl Listing {
    /// The lines as they are shown, without marks, and which of them the frame stands at.
    pub fn lines(&self) -> (Vec<String>, Option<usize>) {
        let mut lines = Vec::with_capacity(self.instructions.len());
        let mut marked = None;
        let mut before: Option<(&Arc<str>, u32)> = None;
        for row in &self.instructions {
            let here = row.file.as_ref().zip(row.line);
            if let Some((file, line)) = here.filter(|_| here != before) {
                lines.push(format!("{file}:{line}"));
            }
            before = here;
            if row.pc {
                marked = Some(lines.len());
            }
            lines.push(self.line(row));
        }
        (lines, marked)
    }

    fn line(&self, row: &Row) -> String {
        let mut line = format!("  {}", row.addr);
        // Writing to a String cannot fail.
        if let Some(offset) = row.offset {
            let _ = write!(line, " {:>8}", format!("<+{offset:#x}>"));
        }
        if self.with_bytes {
            let _ = write!(line, "  {:<20}", row.bytes);
        }
        let (mnemonic, operands) = row.text.split_once(' ').unwrap_or((&row.text, ""));
        let _ = write!(line, "  {mnemonic:<7} {operands}");
        if let Some(label) = row.target.as_ref().and_then(Target::label) {
            line.push(' ');
            line.push_str(&label);
        }
        line.truncate(line.trim_end().len());
        line
    }

    /// What these are the instructions of.
    pub fn title(&self) -> String {
        let name = self.function.as_deref().unwrap_or("no known function");
        name.to_string()
    }
}

impl Answer for Listing {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let mut title = String::new();
        if let (Some(goroutine), Some(frame)) = (self.goroutine, self.frame) {
            let _ = write!(title, "goroutine {goroutine} frame {frame}: ");
        }
        title.push_str(&self.title());
        if let (Some(entry), Some(end)) = (&self.entry, &self.end) {
            let _ = write!(title, ", {entry} to {end}");
        }
        if let Some(pc) = &self.pc {
            let _ = write!(title, ", pc {pc}");
        }
        title.push_str(" (GNU syntax)");
        out.line(styled(Role::Heading, title))?;
        let (lines, marked) = self.lines();
        for (index, line) in lines.iter().enumerate() {
            if marked == Some(index) {
                out.line(styled(Role::Alarm, format_args!("=> {line}")))?;
            } else if line.starts_with(' ') {
                out.line(format_args!("   {line}"))?;
            } else {
                out.line(styled(Role::Dim, line))?;
            }
        }
        if self.pc.is_some() && marked.is_none() {
            out.line("nothing says where this function begins: shown from the return address on, without the call before it")?;
        }
        if let Some(why) = &self.unreadable {
            out.line(format_args!("ends at {why}"))?;
        }
        Ok(())
    }
}

/// `disass`.
pub struct DisassVerb;

impl Verb for DisassVerb {
    type Args = DisassFlags;
    type Body = Listing;
    const ABOUT: About = About {
        aliases: &["disassemble"],
        ..About::core(
            "disass",
            "Instructions of a frame's function, in GNU syntax, with source lines and where calls lead",
            Word::None,
        )
    };
}

impl OnCore for DisassVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &DisassFlags,
        _word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(disass(case, args, cursor)?))
    }
}
