//! Finding the pc-line table and moduledata: by section name, else by what they look like in memory.
//!
//! A symbol table is not needed and not asked: a stripped program is found the same way, and indexing a large
//! program's symbols costs more than everything here. Go's linker names the section since ever; an externally
//! linked PIE merges it into `.data.rel.ro`, and packers remove section headers, so bytes are scanned when
//! names do not help. moduledata is recognised by its first word, which is the address of the table's header:
//! other words of that value stand in read-only memory.

use super::pclntab::{Pclntab, PclntabError};
use crate::addr::Addr;
use crate::mapped::Mapped;
use crate::memory::{Memory, Region, RegionSource};

/// Names of the table's own section: plain, and in a position-independent executable up to 1.25.
const PCLNTAB_SECTIONS: [&str; 2] = [".gopclntab", ".data.rel.ro.gopclntab"];

/// Sections that hold moduledata: since 1.26, up to 1.25.
const MODULE_SECTIONS: [&str; 2] = [".go.module", ".noptrdata"];

/// Most bytes scanned for either; a program's image is a fraction of this, its heap may be all the rest.
const MOST_SCANNED: u64 = 1 << 30;

/// A table that was found: where its header stands, and its bytes from there.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Address of the header.
    pub addr: Addr,
    /// The tables.
    pub pcln: Pclntab<'a>,
}

/// The main module's table.
///
/// # Errors
///
/// Why the bytes under the section's name are no such table, or, when nothing looks like one, `None`.
pub fn pclntab<'a>(mapped: &Mapped<'a>) -> Result<Found<'a>, Option<PclntabError>> {
    let arch = mapped.arch();
    let mut why = None;
    if let Some(exe) = mapped.executable {
        for section in PCLNTAB_SECTIONS.iter().filter_map(|name| exe.section(name)) {
            let addr = section.addr.to_process(mapped.bias);
            // The core's bytes are relocated, but the table is position independent but for text's address:
            // where the core has less of it than the file, the file's bytes serve.
            let run = mapped.memory.run_at(addr).unwrap_or_default();
            let bytes = if run.len() >= section.bytes.len() {
                run
            } else {
                section.bytes
            };
            match Pclntab::parse(bytes, arch) {
                Ok(pcln) => return Ok(Found { addr, pcln }),
                Err(error) => why = Some(error),
            }
        }
    }
    let mut left = MOST_SCANNED;
    for region in image_regions(mapped, Regions::All) {
        let (RegionSource::Core(bytes) | RegionSource::File(bytes)) = region.source else {
            continue;
        };
        match scan_for_table(bytes, region.start, mapped) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(error) => why = Some(error),
        }
        left = left.saturating_sub(bytes.len() as u64);
        if left == 0 {
            break;
        }
    }
    Err(why)
}

/// Looks for a header in one region. Every byte of the header but the lowest of its magic is fixed.
fn scan_for_table<'a>(
    bytes: &'a [u8],
    start: Addr,
    mapped: &Mapped<'a>,
) -> Result<Option<Found<'a>>, PclntabError> {
    let min_lc = u8::try_from(mapped.arch().min_lc()).unwrap_or(1);
    let tail = [0xff, 0xff, 0xff, 0, 0, min_lc, 8];
    let mut why = None;
    for hit in memchr::memmem::find_iter(bytes, &tail) {
        let Some(at) = hit.checked_sub(1) else {
            continue;
        };
        let addr = start.offset(at as u64);
        let candidate = bytes.get(at..).unwrap_or_default();
        if !addr.0.is_multiple_of(8) || !Pclntab::recognizes(candidate, mapped.arch()) {
            continue;
        }
        match Pclntab::parse(candidate, mapped.arch()) {
            Ok(pcln) if pcln.nfunc > 0 => return Ok(Some(Found { addr, pcln })),
            Ok(_) => {}
            Err(error) => why = Some(error),
        }
    }
    why.map_or(Ok(None), Err)
}

/// Which regions of the image.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Regions {
    All,
    Writable,
}

/// The part of memory that is the program's own image: under its file mappings or its segments when either is
/// known, else all of it.
fn image_regions<'p, 'a>(
    mapped: &'p Mapped<'a>,
    wanted: Regions,
) -> impl Iterator<Item = &'p Region<'a>> {
    let mut spans: Vec<(u64, u64)> = mapped.executable.map_or_else(Vec::new, |exe| {
        exe.load_segments()
            .map(|s| s.addr.to_process(mapped.bias).0)
            .zip(exe.load_segments().map(|s| s.mem_size))
            .map(|(start, size)| (start, start.saturating_add(size)))
            .collect()
    });
    if spans.is_empty()
        && let Some(own) = mapped.core.executable_path()
    {
        let files = mapped.core.files.iter().filter(|f| f.path == own);
        spans.extend(files.map(|f| (f.start, f.end)));
    }
    mapped.memory.regions().iter().filter(move |region| {
        let inside = spans.is_empty()
            || spans
                .iter()
                .any(|(start, end)| region.start.0 < *end && *start < region.end.0);
        inside && (wanted == Regions::All || mapped.core.writable_at(region.start))
    })
}

/// Addresses of writable words that hold `header`, likeliest first: candidates for moduledata.
pub fn words_equal(mapped: &Mapped<'_>, header: Addr) -> Vec<Addr> {
    let mut out = Vec::new();
    if let Some(exe) = mapped.executable {
        for section in MODULE_SECTIONS.iter().filter_map(|name| exe.section(name)) {
            let start = section.addr.to_process(mapped.bias);
            if let Ok(bytes) = mapped.memory.bytes(start, section.size) {
                matching_words(&bytes, start, header, &mut out);
            }
        }
    }
    if out.is_empty() {
        let mut left = MOST_SCANNED;
        for region in image_regions(mapped, Regions::Writable) {
            let (RegionSource::Core(bytes) | RegionSource::File(bytes)) = region.source else {
                continue;
            };
            matching_words(bytes, region.start, header, &mut out);
            left = left.saturating_sub(bytes.len() as u64);
            if left == 0 {
                break;
            }
        }
    }
    out
}

fn matching_words(bytes: &[u8], start: Addr, word: Addr, out: &mut Vec<Addr>) {
    const MOST: usize = 1024;
    let needle = word.0.to_le_bytes();
    let hits = memchr::memmem::find_iter(bytes, &needle)
        .map(|at| start.offset(at as u64))
        .filter(|addr| addr.0.is_multiple_of(8));
    out.extend(hits.take(MOST));
}
