//! Files, threads' stacks, and the rest by the names that it has.

use super::Parts;
use super::ledger::Ledger;
use crate::process::Process;
use dumpview_parsers::core::aux;
use dumpview_parsers::smaps::Mapping;

/// The system maps whole pages.
const SYSTEM_PAGE: u64 = 4096;

pub(super) fn claim(
    process: &Process<'_>,
    smaps: &[Mapping<'_>],
    ledger: &mut Ledger,
    parts: &mut Parts,
) {
    executable(process, ledger, parts);
    files(process, ledger, parts);
    let auxv = &process.core.auxv;
    if let Some((start, end)) = auxv
        .get(aux::AT_SYSINFO_EHDR)
        .and_then(|at| ledger.mapping(at))
    {
        parts.add(
            "vdso",
            "the kernel's own code (vdso)",
            ledger.claim(start, end),
        );
    }
    // The kernel puts the name of the program on its first stack.
    let first = auxv.get(aux::AT_EXECFN).and_then(|at| ledger.mapping(at));
    if let Some((start, end)) = first {
        let bytes = ledger.claim(start, end);
        parts.add("thread_stack", "the stack of the first thread", bytes);
    }
    for mapping in smaps.iter().filter(|mapping| !mapping.name.is_empty()) {
        let bytes = ledger.claim(mapping.start, mapping.end);
        parts.add("named", mapping.name, bytes);
    }
    for (start, end) in ledger.rest() {
        let writable = process.core.segments.iter().find(|segment| {
            segment.start.0 <= start && start < segment.start.0.saturating_add(segment.mem_size)
        });
        let (name, what) = match writable {
            Some(segment) if segment.writable && !process.shortfalls.is_empty() => (
                "unknown",
                "anonymous: Go's heap as far as this core does not tell, C's heap, threads, smaller tables",
            ),
            Some(segment) if segment.writable => {
                ("unknown", "anonymous: C's heap, threads, smaller tables")
            }
            Some(segment) if segment.readable || segment.executable => {
                ("unknown", "the kernel's clocks (vvar)")
            }
            _ => ("reserved", "address space without access"),
        };
        parts.add(name, what, end - start);
    }
}

/// The executable by its own segments.
fn executable(process: &Process<'_>, ledger: &mut Ledger, parts: &mut Parts) {
    let Some(exe) = process.executable else {
        return;
    };
    for segment in exe.load_segments() {
        let at = segment.addr.to_process(process.bias).0;
        let start = at / SYSTEM_PAGE * SYSTEM_PAGE;
        let end = at
            .saturating_add(segment.mem_size)
            .div_ceil(SYSTEM_PAGE)
            .saturating_mul(SYSTEM_PAGE);
        let bytes = ledger.claim(start, end);
        if segment.writable {
            parts.add("data", "package data of the executable", bytes);
        } else {
            parts.add("code", "code and constants of the executable", bytes);
        }
    }
}

/// Files that are mapped, the executable too where it is not at hand.
fn files(process: &Process<'_>, ledger: &mut Ledger, parts: &mut Parts) {
    for file in &process.core.files {
        let bytes = ledger.claim(file.start, file.end);
        parts.add("file", &String::from_utf8_lossy(file.path), bytes);
    }
}
