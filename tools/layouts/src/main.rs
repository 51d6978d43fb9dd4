//! Makes a built-in layout table from executables of one Go release, two for each architecture and way of compiling:
//!
//! ```text
//! layouts BIG-amd64 SMALL-amd64 BIG-amd64-noopt SMALL-amd64-noopt BIG-arm64 … > process/src/layout/tables/go1.27.txt
//! ```
//!
//! Structures come from an architecture's first big program, whose linker keeps many types; recipes for finding
//! variables (see `recipes`) from the small ones, whose functions every program has.
//!
//! `tools/layouts/make` builds the executables of every release and runs this.

#![forbid(unsafe_code)]

mod recipes;

use anyhow::{Context, Result, bail};
use dumpview_process::addr::{Addr, Bias};
use dumpview_process::dwarf::Dwarf;
use dumpview_process::image::{Executable, GoVersion, SectionArena};
use dumpview_process::layout::{DwarfLayouts, TableImage, write_table};
use dumpview_process::memory::{CoreMemory, Region, RegionSource};
use dumpview_process::runtime::{Runtime, RuntimeVars, WaitReasons};
use recipes::Pair;
use std::io::Write;
use std::sync::Arc;

fn main() -> Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() || !paths.len().is_multiple_of(2) {
        bail!(
            "usage: layouts BIG SMALL… (two executables of the same release for each architecture and way of compiling)"
        );
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
    let mut by_arch: Vec<Vec<Pair<'_>>> = Vec::new();
    for (pair, path) in exes.chunks(2).zip(paths.chunks(2)) {
        let [big, small] = pair else { continue };
        if big.arch != small.arch {
            bail!("{path:?}: executables of different architectures");
        }
        let pair = Pair { big, small };
        match by_arch.last_mut() {
            Some(pairs) if pairs.iter().all(|p| p.big.arch == big.arch) => pairs.push(pair),
            _ => by_arch.push(vec![pair]),
        }
    }
    let layouts: Vec<DwarfLayouts<'_>> = by_arch
        .iter()
        .filter_map(|pairs| pairs.first())
        .map(|pair| {
            let dwarf = Dwarf::load(pair.big).map(Arc::new);
            let layouts = dwarf.and_then(DwarfLayouts::new);
            layouts.with_context(|| format!("{}: no DWARF", pair.big.arch.name()))
        })
        .collect::<Result<_>>()?;
    let mut images = Vec::new();
    for (pairs, layouts) in by_arch.iter().zip(&layouts) {
        let Some(first) = pairs.first() else { continue };
        let wait_reasons = wait_reasons(first.big, layouts);
        if wait_reasons.is_empty() {
            let arch = first.big.arch.name();
            bail!("{arch}: runtime.waitReasonStrings is not where its DWARF says");
        }
        images.push(TableImage {
            arch: first.big.arch,
            layouts,
            wait_reasons,
            recipes: recipes::recipes(pairs),
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
