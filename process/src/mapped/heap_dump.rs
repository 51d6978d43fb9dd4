//! A heap dump in place of a core: its objects, package data and frames are the memory, over the read-only parts of the
//! executable.
//!
//! A dump has the data that pointers may stand in, and nothing else of the image. So what the linker wrote and nobody
//! changes, but which lies in writable segments (moduledata, interface tables, types of a position-independent executable),
//! is taken from the executable; other initial values are not the process's, and are not shown.

use super::{ExecutableMatch, Mapped, OpenOptions, Shortfall};
use crate::addr::{Addr, Bias, FileAddr};
use crate::heapdump::HeapDump;
use crate::image::{CoreFile, Executable, LoadSegment};
use crate::memory::{CoreMemory, Region, RegionSource};
use std::sync::Arc;

/// Sections that hold what the linker wrote and nobody changes, though they are in writable segments.
const CONSTANT: [&str; 7] = [
    ".data.rel.ro",
    ".data.rel.ro.typelink",
    ".data.rel.ro.itablink",
    ".data.rel.ro.gosymtab",
    ".data.rel.ro.gopclntab",
    ".go.module",
    ".go.type",
];
/// The section with moduledata up to 1.25, among variables.
const VARIABLES: &str = ".noptrdata";
/// The table whose address moduledata begins with.
const TABLES: [&str; 2] = [".gopclntab", ".data.rel.ro.gopclntab"];
/// `runtime.moduledata` is smaller in every release.
const MODULEDATA: usize = 1024;
/// An interface table up to its first method.
const ITAB: usize = 32;

impl<'a> Mapped<'a> {
    /// Puts a dump and its executable together. `core` stands for the process where only the architecture matters.
    pub fn of_heap_dump(
        dump: &'a HeapDump<'a>,
        core: &'a CoreFile<'a>,
        executable: Option<&'a Executable<'a>>,
        options: OpenOptions,
    ) -> Self {
        let mut shortfalls = damage(dump);
        let executable_match =
            executable.map_or(ExecutableMatch::NoExecutable, |exe| fits(dump, exe));
        let executable = match &executable_match {
            ExecutableMatch::Mismatch { why } => {
                let used = if options.trust_executable {
                    "used because you asked"
                } else {
                    "not used"
                };
                let why = format!("not the program that wrote this dump, and {used}: {why}");
                shortfalls.push(Shortfall::damage("executable", why));
                executable.filter(|_| options.trust_executable)
            }
            ExecutableMatch::NoExecutable => {
                let why = "none given: a heap dump names neither types nor variables";
                shortfalls.push(Shortfall::missing("executable", why));
                None
            }
            ExecutableMatch::Confirmed(_) | ExecutableMatch::Unverified => executable,
        };
        let bias = executable.map_or(Bias(0), |exe| bias(dump, exe));
        let mut layers = vec![of_dump(dump)];
        if let Some(exe) = executable {
            layers.push(exe.read_only_regions(bias));
            layers.push(constants(dump, exe, bias));
        }
        let memory = CoreMemory::new(layers).with_slots(Arc::clone(&dump.slots));
        Self {
            core,
            executable,
            go_library: None,
            images: Vec::new(),
            executable_match,
            memory: Arc::new(memory),
            bias,
            build: executable.and_then(Executable::build_info),
            // Without an executable that is read here, nothing in the memory is asked for by the release's layouts.
            version: dump.version.clone().filter(|_| executable.is_some()),
            shortfalls,
            heap_dump: Some(dump),
        }
    }
}

fn damage(dump: &HeapDump<'_>) -> Vec<Shortfall> {
    let mut shortfalls = Vec::new();
    if let Some(error) = &dump.damage {
        let how = if error.is_cut() {
            "cut short"
        } else {
            "damaged"
        };
        let why = format!("{how}, and what follows is lost: {error}");
        shortfalls.push(Shortfall::damage("heap dump", why));
    }
    let misfits = dump.misfits;
    for (count, what) in [
        (
            misfits.astray,
            "objects that stand where no slot of their size is",
        ),
        (misfits.twice, "objects in slots that have one already"),
        (
            misfits.apart,
            "objects of spans that lie over others or far from all",
        ),
        (
            misfits.orphans,
            "frames, deferred calls and panics without a goroutine",
        ),
    ] {
        if count > 0 {
            shortfalls.push(Shortfall::damage("heap dump", format!("{what}: {count}")));
        }
    }
    shortfalls
}

/// Where the linker put the package data that the dump has: `runtime.data`, which `.data` begins with unless there is C.
fn linked_data(exe: &Executable<'_>) -> Option<(FileAddr, u64)> {
    let symbol = |name| exe.symbol(name).map(|(addr, _)| addr);
    match (symbol("runtime.data"), symbol("runtime.edata")) {
        (Some(start), Some(end)) => Some((start, end.0.checked_sub(start.0)?)),
        _ => exe
            .section(".data")
            .map(|section| (section.addr, section.size)),
    }
}

fn bias(dump: &HeapDump<'_>, exe: &Executable<'_>) -> Bias {
    match (dump.data.first(), linked_data(exe)) {
        (Some(data), Some((start, _))) if exe.is_position_independent() => {
            Bias(data.addr.wrapping_sub(start.0))
        }
        _ => Bias(0),
    }
}

/// A dump says no build id; but the release, and where the package data is and how large.
fn fits(dump: &HeapDump<'_>, exe: &Executable<'_>) -> ExecutableMatch {
    let arch = String::from_utf8_lossy(dump.params.arch);
    if arch != exe.arch.name() {
        let why = format!(
            "the dump is of {arch}, the executable for {}",
            exe.arch.name()
        );
        return ExecutableMatch::Mismatch { why };
    }
    let wrote = String::from_utf8_lossy(dump.params.text);
    if let Some(build) = exe.build_info()
        && build.version != wrote
    {
        let why = format!(
            "{wrote} wrote the dump, {} built the executable",
            build.version
        );
        return ExecutableMatch::Mismatch { why };
    }
    let (Some(data), Some((start, size))) = (dump.data.first(), linked_data(exe)) else {
        return ExecutableMatch::Unverified;
    };
    let have = data.contents.len() as u64;
    let moved = data.addr.wrapping_sub(start.0);
    let in_place = if exe.is_position_independent() {
        moved.is_multiple_of(4096)
    } else {
        moved == 0
    };
    if have != size || !in_place {
        let why = format!(
            "the dump has {have} bytes of package data at {:#x}, the executable {size} at {:#x}",
            data.addr, start.0
        );
        return ExecutableMatch::Mismatch { why };
    }
    ExecutableMatch::Confirmed("release and package data")
}

/// Package data and frames.
fn of_dump<'a>(dump: &HeapDump<'a>) -> Vec<Region<'a>> {
    let data = dump.data.iter().map(|data| (data.addr, data.contents));
    let frames = dump.goroutines.iter().flat_map(|g| &g.frames);
    let frames = frames.map(|frame| (frame.sp, frame.contents));
    data.chain(frames)
        .filter_map(|(start, bytes)| region(Addr(start), bytes, RegionSource::Core))
        .collect()
}

fn region<'a>(
    start: Addr,
    bytes: &'a [u8],
    source: impl FnOnce(&'a [u8]) -> RegionSource<'a>,
) -> Option<Region<'a>> {
    let end = start.0.checked_add(bytes.len() as u64)?;
    (!bytes.is_empty()).then(|| Region {
        start,
        end: Addr(end),
        source: source(bytes),
    })
}

/// What lies in writable segments of the executable and is never changed.
fn constants<'a>(dump: &HeapDump<'a>, exe: &Executable<'a>, bias: Bias) -> Vec<Region<'a>> {
    let segments = exe.initial_data(bias);
    let part = |addr: Addr, len: usize| {
        let found = segments.iter().find_map(|segment| {
            let from = addr.since(segment.addr.to_process(bias))?;
            let rest = segment.bytes.get(usize::try_from(from).ok()?..)?;
            Some(rest.get(..len).unwrap_or(rest))
        });
        region(addr, found?, RegionSource::File)
    };
    let whole = |name: &&str| {
        let section = exe.section(name)?;
        let len = usize::try_from(section.size).ok()?;
        part(section.addr.to_process(bias), len)
    };
    let mut regions: Vec<Region<'a>> = CONSTANT.iter().filter_map(whole).collect();
    regions.extend(module_data(exe, &segments, bias).and_then(|at| part(at, MODULEDATA)));
    regions.extend(
        dump.itabs
            .iter()
            .filter_map(|itab| part(Addr(itab.addr), ITAB)),
    );
    regions
}

/// Where moduledata stands among variables: where the address of the function table does.
fn module_data(exe: &Executable<'_>, segments: &[LoadSegment<'_>], bias: Bias) -> Option<Addr> {
    let table = TABLES.iter().find_map(|name| exe.section(name))?;
    let needle = table.addr.to_process(bias).0.to_le_bytes();
    let variables = exe.section(VARIABLES)?;
    let segment = segments.iter().find(|segment| {
        let from = variables.addr.0.checked_sub(segment.addr.0);
        from.is_some_and(|from| from < segment.bytes.len() as u64)
    })?;
    let from = usize::try_from(variables.addr.0 - segment.addr.0).ok()?;
    let bytes = segment.bytes.get(from..)?;
    let bytes = bytes
        .get(..usize::try_from(variables.size).ok()?)
        .unwrap_or(bytes);
    memchr::memmem::find_iter(bytes, &needle)
        .map(|at| variables.addr.to_process(bias).offset(at as u64))
        .find(|addr| addr.0.is_multiple_of(8))
}
