//! Whether an executable (or library) is the one that the dead process had mapped.
//!
//! The kernel dumps the first page of every ELF mapping, so the core holds the process's own ELF header, and
//! in Go programs the build-id notes that follow it. Where that page is missing (qemu, a reduced
//! `coredump_filter`), the build information that stands in writable data decides.

use crate::addr::{Addr, Bias};
use crate::image::{CoreFile, Executable};
use crate::memory::{CoreMemory, Memory, Region, RegionSource};
use dumpview_parsers::core::{FileMapping, aux};

/// How well an executable fits a core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExecutableMatch {
    /// No executable was given or found.
    NoExecutable,
    /// The core's own copy of it agrees; the text says what was compared.
    Confirmed(&'static str),
    /// The core's own copy disagrees.
    Mismatch {
        /// What differs, both sides shown.
        why: String,
    },
    /// The core has nothing to compare with.
    Unverified,
}

/// Compares the executable with what the core holds of it.
pub(super) fn compare(
    core: &CoreFile<'_>,
    exe: &Executable<'_>,
    own_path: Option<&[u8]>,
    dumped: &CoreMemory<'_>,
) -> ExecutableMatch {
    if core.arch != exe.arch {
        let why = format!(
            "the core is {}, the executable {}",
            core.arch.name(),
            exe.arch.name()
        );
        return ExecutableMatch::Mismatch { why };
    }
    let header = core
        .files
        .iter()
        .find(|f| Some(f.path) == own_path && f.offset == 0);
    let page = header
        .and_then(|f| dumped.run(Addr(f.start), 0x1000).ok())
        .filter(|p| is_elf(p));
    if let Some(page) = page {
        let ids = [
            (exe.go_build_id(), "Go build id"),
            (exe.gnu_build_id(), "GNU build id"),
        ];
        for (id, name) in ids {
            let Some(id) = id.filter(|id| !id.is_empty()) else {
                continue;
            };
            if memchr::memmem::find(page, id).is_some() {
                return ExecutableMatch::Confirmed(name);
            }
        }
        let same = exe.bytes.get(..64) == page.get(..64) && first_page_agrees(exe.bytes, page);
        return if same {
            ExecutableMatch::Confirmed("ELF header page")
        } else {
            let shown = exe.go_build_id().or(exe.gnu_build_id()).map_or_else(
                || "no build id".to_owned(),
                |id| match std::str::from_utf8(id) {
                    Ok(text) => text.escape_default().to_string(),
                    Err(_) => hex(id),
                },
            );
            ExecutableMatch::Mismatch {
                why: format!(
                    "its build id ({shown}) is not in the header that the process had mapped"
                ),
            }
        };
    }
    // Build information is writable data at a link-time address: the same bytes must stand in the core.
    if let Some(section) = exe.section(".go.buildinfo").filter(|s| !s.bytes.is_empty()) {
        let bias = bias(core, exe, own_path);
        let have = dumped.bytes(section.addr.to_process(bias), section.bytes.len() as u64);
        return match have {
            Ok(bytes) if bytes.as_ref() == section.bytes => {
                ExecutableMatch::Confirmed("build information")
            }
            Ok(_) => ExecutableMatch::Mismatch {
                why: "the build information in the core is another one".to_owned(),
            },
            Err(_) => ExecutableMatch::Unverified,
        };
    }
    ExecutableMatch::Unverified
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn is_elf(page: &[u8]) -> bool {
    page.starts_with(b"\x7fELF")
}

/// Whether the file begins with the page the process had mapped. Trailing zeros of the page are not compared:
/// a file shorter than a page is padded with them.
fn first_page_agrees(file: &[u8], page: &[u8]) -> bool {
    let common = file.len().min(page.len());
    file.get(..common) == page.get(..common)
        && page
            .get(common..)
            .unwrap_or_default()
            .iter()
            .all(|byte| *byte == 0)
}

/// Whether `file` begins with the page that the core holds of these mappings. Without such a page a library
/// is not used: guessing at code that is not the process's would make wrong frames.
pub(super) fn same_first_page(
    file: &[u8],
    mappings: &[&FileMapping<'_>],
    dumped: &CoreMemory<'_>,
) -> bool {
    let first = mappings.iter().find(|f| f.offset == 0);
    let page = first.and_then(|f| dumped.run(Addr(f.start), 0x1000).ok());
    page.is_some_and(|page| is_elf(page) && first_page_agrees(file, page))
}

/// The read-only mappings of a file as memory regions.
pub(super) fn regions<'a>(
    file: &'a [u8],
    core: &CoreFile<'_>,
    mappings: &[&FileMapping<'_>],
) -> Vec<Region<'a>> {
    mappings
        .iter()
        .filter(|mapping| !core.writable_at(Addr(mapping.start)))
        .filter_map(|mapping| {
            let tail = file.get(usize::try_from(mapping.offset).ok()?..)?;
            let size = usize::try_from(mapping.end.checked_sub(mapping.start)?).ok()?;
            let bytes = tail.get(..size).unwrap_or(tail);
            let start = Addr(mapping.start);
            let end = start.offset(bytes.len() as u64);
            Some(Region {
                start,
                end,
                source: RegionSource::File(bytes),
            })
        })
        .collect()
}

/// What was added to the link-time addresses of a file: of the program by its entry point, which the kernel states, of a
/// library by the place of its first page.
///
/// The lowest mapping is no substitute: an internally linked Go PIE has its first segment at 0x400000.
pub(super) fn bias(core: &CoreFile<'_>, exe: &Executable<'_>, path: Option<&[u8]>) -> Bias {
    if !exe.is_position_independent() {
        return Bias(0);
    }
    if path.is_none() || path == core.executable_path() {
        let entry = core.auxv.get(aux::AT_ENTRY);
        return Bias(entry.map_or(0, |entry| entry.wrapping_sub(exe.entry().0)));
    }
    let mut mappings = core.files.iter().filter(|f| Some(f.path) == path);
    let start = mappings
        .find(|f| f.offset == 0)
        .map_or(Addr(0), |f| Addr(f.start));
    let first = exe.load_segments().find(|segment| segment.file_offset == 0);
    Bias(
        start
            .0
            .wrapping_sub(first.map_or(0, |segment| segment.addr.0)),
    )
}
