//! Whether an executable is the one that a profile is of: by its build id, else by its code.
//!
//! Every address of a stack but the innermost is that of a call. In another program, or another build, few of them are: what stands
//! at such an address there is some instruction or the middle of one.

use dumpview_parsers::pprof::{Mapping, Profile};
use dumpview_process::addr::{Addr, FileAddr};
use dumpview_process::disasm::instructions;
use dumpview_process::image::Executable;
use dumpview_process::memory::Memory;
use dumpview_process::process::Process;
use dumpview_process::profile::places;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Fewer calls prove nothing.
const LEAST: usize = 4;
/// So many are enough.
const MOST: usize = 1000;

/// One of so many may be a word that a tool took for an address, since a frame pointer led to it: of another build most are no
/// calls, from where it begins to differ on.
const STRAY: usize = 20;

/// Whether an executable is the one that was mapped.
pub enum Fits {
    /// It is.
    Yes,
    /// Nothing says that it is, and nothing that it is not.
    Perhaps,
    /// It is not, and why.
    No(String),
}

/// Whether the build ids are one.
pub fn by_build(mapping: Option<&Mapping>, exe: &Executable<'_>) -> Fits {
    let own = exe.gnu_build_id().map(hex);
    let said = mapping.map_or("", |mapping| mapping.build_id.as_str());
    match own {
        Some(own) if own == said => Fits::Yes,
        Some(own) if !said.is_empty() => {
            Fits::No(format!("build id {own}, and the profile is of {said}"))
        }
        None if !said.is_empty() => Fits::No(format!("no build id, and the profile is of {said}")),
        _ => Fits::Perhaps,
    }
}

/// Whether it is the one that was mapped there, by build ids where both have one, else by calls.
pub fn fits(profile: &Profile, mappings: &[usize], process: &Process<'_>) -> Fits {
    let Some(exe) = process.executable else {
        return Fits::Perhaps;
    };
    let mut is_known = !mappings.is_empty();
    for mapping in mappings {
        match by_build(profile.mappings.get(*mapping), exe) {
            Fits::Yes => {}
            Fits::Perhaps => is_known = false,
            no @ Fits::No(_) => return no,
        }
    }
    if is_known {
        Fits::Yes
    } else {
        by_code(profile, mappings, process, exe)
    }
}

fn by_code(
    profile: &Profile,
    mappings: &[usize],
    process: &Process<'_>,
    exe: &Executable<'_>,
) -> Fits {
    let index = |at: u32| usize::try_from(at).ok();
    let address = |at: u32| {
        let location = profile.locations.get(index(at)?)?;
        let mapping = location.mapping.map_or(mappings.first().copied(), index);
        let mapping = mapping.filter(|at| mappings.contains(at) || profile.mappings.is_empty())?;
        let wanted = location.address;
        let mapping = profile.mappings.get(mapping);
        // Tools that follow frame pointers take for an address whatever stands where one would: outside the mapping it tells
        // nothing of what is inside.
        let is_outside = mapping
            .filter(|of| of.start < of.limit)
            .is_some_and(|of| !(of.start..of.limit).contains(&wanted));
        (!is_outside).then(|| (wanted, file_addr(exe, mapping, wanted)))
    };
    let mut seen: BTreeSet<u64> = BTreeSet::new();
    let mut others: Vec<u64> = Vec::new();
    for sample in profile.samples.iter() {
        let mut callee = None;
        for at in sample.stack {
            let here = address(at);
            let inner = std::mem::replace(&mut callee, here);
            let (Some((wanted, here)), Some((_, inner))) = (here, inner) else {
                continue;
            };
            if seen.len() >= MOST || !seen.insert(wanted) {
                continue;
            }
            let is_call = here.is_some_and(|here| ends_a_call(process, here));
            if !is_call && !inner.is_some_and(|inner| is_put_in(process, inner)) {
                others.push(wanted);
            }
        }
    }
    if let Some(first) = others.first().filter(|_| others.len() > seen.len() / STRAY) {
        Fits::No(format!(
            "no call at {first:#x}, where a stack of the profile has one"
        ))
    } else if seen.len() < LEAST {
        Fits::Perhaps
    } else {
        Fits::Yes
    }
}

/// Whether the instruction that holds an address is a call that ends right behind it: addresses of a stack are those to return to
/// less one, of some tools without that.
fn ends_a_call(process: &Process<'_>, at: FileAddr) -> bool {
    /// The largest functions of real programs have some hundred KiB.
    const FAR: u64 = 1 << 20;
    let pc = Addr(at.0);
    let find = |at: Addr| process.symbols().ok().and_then(|all| all.find(at));
    // An address to return to that was put there by hand is where a function begins: runtime.goexit, what a signal's handler
    // returns to.
    if find(pc.offset(1)).is_some_and(|next| next.entry == pc.offset(1)) {
        return true;
    }
    let func = find(pc);
    let start = match (func, process.executable) {
        (Some(func), _) => func.entry,
        (None, Some(exe)) => match exe.symbol_at(at).filter(|_| is_code(exe, at)) {
            Some((_, start, _)) => Addr(start.0),
            None => return false,
        },
        _ => return false,
    };
    let len = pc.since(start).unwrap_or(u64::MAX);
    // The call may be the last that is decoded.
    if len == 0 {
        // The same, of tools that do not take one off.
        return true;
    }
    let code = process.memory.run(start, len.saturating_add(16));
    let (Ok(code), true) = (code, len < FAR) else {
        return false;
    };
    let mut ending = instructions(process.arch(), code, start)
        .take_while(|one| one.addr <= pc)
        .filter(|one| one.end() == pc || one.end() == pc.offset(1));
    let is_call = |text: &str| {
        let mnemonic = text.split_whitespace().next().unwrap_or_default();
        matches!(mnemonic, "call" | "bl" | "blr")
    };
    ending.any(|one| is_call(&one.text))
}

/// Whether an address is of code, not of data.
pub fn is_code(exe: &Executable<'_>, at: FileAddr) -> bool {
    let mut segments = exe.load_segments();
    segments.any(|of| {
        let within = at.0.checked_sub(of.addr.0);
        of.executable && within.is_some_and(|within| within < of.mem_size)
    })
}

/// Whether a function is one that the runtime puts on a stack where nobody called it: the frame below stands at any instruction.
fn is_put_in(process: &Process<'_>, at: FileAddr) -> bool {
    let places = places(process, at);
    let name = places.last().map_or("", |place| place.name.as_str());
    matches!(name, "runtime.asyncPreempt" | "runtime.sigpanic")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Text grows without fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Where an address of the process stands in the file. What may be mapped anywhere is found by its mapping.
pub fn file_addr(
    exe: &Executable<'_>,
    mapping: Option<&Mapping>,
    address: u64,
) -> Option<FileAddr> {
    if !exe.is_position_independent() {
        return Some(FileAddr(address));
    }
    let mapping = mapping.filter(|of| of.start != 0 && (of.start..of.limit).contains(&address))?;
    let offset = (address - mapping.start).checked_add(mapping.offset)?;
    let mut segments = exe.load_segments();
    segments.find_map(|segment| {
        let within = offset.checked_sub(segment.file_offset)?;
        let is_there = within < segment.bytes.len() as u64;
        is_there.then(|| FileAddr(segment.addr.0.wrapping_add(within)))
    })
}
