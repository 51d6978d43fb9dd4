//! Makes a built-in layout table from executables of one Go release, two for each architecture:
//!
//! ```text
//! layouts BIG-amd64 SMALL-amd64 BIG-arm64 SMALL-arm64 > process/src/layout/tables/go1.27.txt
//! ```
//!
//! Structures come from the big program, whose linker keeps many types; recipes for finding variables (see
//! `recipes`) from the small one, whose functions every program has.
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
use std::io::Write;
use std::sync::Arc;

fn main() -> Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() || !paths.len().is_multiple_of(2) {
        bail!(
            "usage: layouts BIG SMALL… (two executables of the same release for each architecture)"
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
    let all: Vec<DwarfLayouts<'_>> = exes
        .iter()
        .zip(&paths)
        .map(|(exe, path)| {
            let dwarf = Dwarf::load(exe).map(Arc::new);
            dwarf
                .and_then(DwarfLayouts::new)
                .with_context(|| format!("{path}: no DWARF"))
        })
        .collect::<Result<_>>()?;
    let mut images = Vec::new();
    for ((pair, layouts), path) in exes
        .chunks(2)
        .zip(all.iter().step_by(2))
        .zip(paths.chunks(2))
    {
        let [big, small] = pair else { continue };
        if big.arch != small.arch {
            bail!("{path:?}: executables of different architectures");
        }
        let wait_reasons = wait_reasons(big, layouts);
        if wait_reasons.is_empty() {
            bail!("{path:?}: runtime.waitReasonStrings is not where its DWARF says");
        }
        images.push(TableImage {
            arch: big.arch,
            layouts,
            wait_reasons,
            recipes: recipes::recipes(small, big),
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
