//! The ELF files of a process, each at its place: the program, its libraries, its plugins.
//!
//! The Go part of a process need not be the file it was started from: `-buildmode=c-shared` makes a library of it, under a
//! program in C or an interpreter. So the executable of [`super::Mapped`] is the file with the Go program, whichever file
//! was given, and the others are here.

use super::matching::{self, ExecutableMatch};
use crate::addr::Bias;
use crate::image::{CoreFile, Executable, Files};
use crate::memory::CoreMemory;
use dumpview_parsers::core::FileMapping;
use std::collections::BTreeMap;

/// More mapped files than this are not opened: a process has a few dozen, a hostile core may name millions.
const MOST_FILES: usize = 1024;

/// An ELF file that the process had mapped and that is at hand.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Path as the process saw it.
    pub path: &'a [u8],
    /// The file.
    pub file: &'a Executable<'a>,
    /// What the loader added to its addresses.
    pub bias: Bias,
}

/// The mappings of a process by the files they show.
pub(super) type ByPath<'c, 'a> = BTreeMap<&'a [u8], Vec<&'c FileMapping<'a>>>;

/// The mappings that a core names.
pub(super) fn by_path<'c, 'a>(core: &'c CoreFile<'a>) -> ByPath<'c, 'a> {
    let mut by_path = ByPath::new();
    for mapping in &core.files {
        by_path.entry(mapping.path).or_default().push(mapping);
    }
    by_path
}

/// The file that was given, as what it was mapped under: its name says little, so a library is known by the first page
/// that the process had of it.
pub(super) fn placed<'a>(
    core: &CoreFile<'a>,
    exe: &Executable<'_>,
    dumped: &CoreMemory<'_>,
) -> (ExecutableMatch, Option<&'a [u8]>) {
    let own = core.executable_path();
    let by_own = matching::compare(core, exe, own, dumped);
    if !matches!(by_own, ExecutableMatch::Mismatch { .. }) || !exe.is_position_independent() {
        return (by_own, own);
    }
    let begins = core.files.iter().filter(|f| f.offset == 0);
    let others = begins.filter(|f| Some(f.path) != own).take(MOST_FILES);
    let found = others.into_iter().find_map(|mapping| {
        let matched = matching::compare(core, exe, Some(mapping.path), dumped);
        matches!(matched, ExecutableMatch::Confirmed(_)).then_some((matched, Some(mapping.path)))
    });
    found.unwrap_or((by_own, own))
}

/// Every ELF file of the process that is at hand and is known to be the one it had, in the order of their names. `given` is
/// used for its path, wherever it lies by now.
pub(super) fn all<'a>(
    core: &CoreFile<'a>,
    given: Option<(&'a [u8], &'a Executable<'a>)>,
    files: &dyn Files<'a>,
    dumped: &CoreMemory<'_>,
) -> Vec<Image<'a>> {
    let open = |path: &'a [u8], mappings: &[&FileMapping<'_>]| {
        if let Some((own, exe)) = given
            && own == path
        {
            return Some(exe);
        }
        // Without its first page in the core a file is not used: code that is not the process's would make wrong frames.
        let file = files.image(std::str::from_utf8(path).ok()?)?;
        matching::same_first_page(file.bytes, mappings, dumped).then_some(file)
    };
    by_path(core)
        .into_iter()
        .take(MOST_FILES)
        .filter_map(|(path, mappings)| {
            let file = open(path, &mappings)?;
            let bias = matching::bias(core, file, Some(path));
            Some(Image { path, file, bias })
        })
        .collect()
}
