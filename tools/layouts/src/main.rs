//! Makes a built-in layout table from executables of one Go release, one for each architecture:
//!
//! ```text
//! layouts EXE-amd64 EXE-arm64 > process/src/layout/tables/go1.27.txt
//! ```
//!
//! `tools/layouts/make` builds the executables of every release and runs this.

#![forbid(unsafe_code)]

use anyhow::{Context, Result, bail};
use dumpview_process::addr::{Addr, Bias};
use dumpview_process::image::{Executable, GoVersion, SectionArena};
use dumpview_process::layout::{DwarfLayouts, TableImage, write_table};
use dumpview_process::memory::{CoreMemory, Region, RegionSource};
use dumpview_process::runtime::{Runtime, RuntimeVars, WaitReasons};
use std::io::Write;

fn main() -> Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() {
        bail!("usage: layouts EXE… (one executable of the same release for each architecture)");
    }
    let files: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| std::fs::read(path).with_context(|| path.clone()))
        .collect::<Result<_>>()?;
    let arenas: Vec<SectionArena> = files.iter().map(|_| SectionArena::default()).collect();
    let exes: Vec<Executable<'_>> = files
        .iter()
        .zip(&arenas)
        .zip(&paths)
        .map(|((bytes, arena), path)| Executable::parse(bytes, arena).with_context(|| path.clone()))
        .collect::<Result<_>>()?;
    let all: Vec<DwarfLayouts<'_>> = exes
        .iter()
        .zip(&paths)
        .map(|(exe, path)| DwarfLayouts::new(exe).with_context(|| format!("{path}: no DWARF")))
        .collect::<Result<_>>()?;
    let mut images = Vec::new();
    for ((exe, layouts), path) in exes.iter().zip(&all).zip(&paths) {
        let wait_reasons = wait_reasons(exe, layouts);
        if wait_reasons.is_empty() {
            bail!("{path}: runtime.waitReasonStrings is not where its DWARF says");
        }
        images.push(TableImage {
            arch: exe.arch,
            layouts,
            wait_reasons,
        });
    }
    let versions: Vec<Option<String>> = exes
        .iter()
        .map(|exe| Some(GoVersion::parse(&exe.build_info()?.version)?.text))
        .collect();
    let Some(Some(release)) = versions.first() else {
        bail!("no Go version in the first executable");
    };
    if versions.iter().any(|v| v.as_ref() != Some(release)) {
        bail!("executables of different releases: {versions:?}");
    }
    let text = write_table(release, &images);
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// The wait reasons in an executable's initial data.
fn wait_reasons<'a>(exe: &Executable<'a>, layouts: &DwarfLayouts<'a>) -> Vec<String> {
    let regions = exe.load_segments().map(|segment| Region {
        start: segment.addr.to_process(Bias(0)),
        end: Addr(segment.addr.0 + segment.bytes.len() as u64),
        source: RegionSource::File(segment.bytes),
    });
    let memory = CoreMemory::new([regions.collect()]);
    let vars = RuntimeVars::new(Some(exe), Some(layouts), Bias(0));
    let runtime = Runtime {
        memory: &memory,
        layouts,
        vars: &vars,
    };
    WaitReasons::read(&runtime)
        .texts()
        .map(ToString::to_string)
        .collect()
}
