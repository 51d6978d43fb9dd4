//! Debug information that lies apart from its executable: where distributions, `objcopy --only-keep-debug` and people put it.
//!
//! It is used only when it is of the same build: by its build id, or, when it is the one that `.gnu_debuglink` names, by the
//! checksum that stands there.

use super::image::{for_good, parsed};
use crate::input::Arena;
use dumpview_process::image::Executable;
use flate2::Crc;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where distributions keep all of it.
const SYSTEM: &str = "/usr/lib/debug";

/// A file with its debug information, when it has none of its own and that is found. `given` were typed.
pub(super) fn with_its_own(
    arena: &'static Arena,
    exe: Executable<'static>,
    path: &Path,
    given: &[PathBuf],
) -> Executable<'static> {
    if exe.has_dwarf() {
        return exe;
    }
    let open = |path: &Path| parsed(arena.open(path).ok()?).ok();
    let by_id = given.iter().cloned().chain(by_build_id(&exe, path));
    let by_id = by_id.chain(beside(path)).find_map(|path| {
        let file = open(&path)?;
        (file.has_dwarf() && file.is_of_build(&exe)).then_some(file)
    });
    let found = by_id.or_else(|| {
        let (name, checksum) = exe.debug_link()?;
        linked(name, path).find_map(|path| {
            let file = open(&path).filter(Executable::has_dwarf)?;
            let mut crc = Crc::new();
            crc.update(file.bytes);
            (crc.sum() == checksum).then_some(file)
        })
    });
    match found {
        Some(file) => exe.with_debug_file(for_good(file)),
        None => exe,
    }
}

/// `.build-id/ab/cdef….debug`, below the system's folder and beside the file.
fn by_build_id(exe: &Executable<'_>, path: &Path) -> Vec<PathBuf> {
    let Some((first, rest)) = exe.gnu_build_id().and_then(<[u8]>::split_first) else {
        return Vec::new();
    };
    let mut name = format!(".build-id/{first:02x}/");
    for byte in rest {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name.push_str(".debug");
    let folders = [Path::new(SYSTEM), folder(path)];
    folders.iter().map(|folder| folder.join(&name)).collect()
}

/// Beside a stripped file, by its name: `app.debug`, `app.dbg`, and `.debug/app.debug`.
fn beside(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path.file_name() else {
        return Vec::new();
    };
    let [mut debug, mut dbg] = [name.to_owned(), name.to_owned()];
    debug.push(".debug");
    dbg.push(".dbg");
    let folder = folder(path);
    vec![
        folder.join(&debug),
        folder.join(dbg),
        folder.join(".debug").join(debug),
    ]
}

/// Where debuggers look for the file that `.gnu_debuglink` names.
fn linked(name: &[u8], path: &Path) -> impl Iterator<Item = PathBuf> {
    let name = Path::new(std::ffi::OsStr::from_bytes(name)).to_owned();
    let folder = folder(path).to_owned();
    let absolute = std::path::absolute(&folder).unwrap_or_default();
    let system = Path::new(SYSTEM).join(absolute.strip_prefix("/").unwrap_or(&absolute));
    let folders = [folder.clone(), folder.join(".debug"), system];
    // A name with folders in it is not one of a debug link.
    let is_name = name.file_name().is_some_and(|last| last == name);
    folders
        .into_iter()
        .filter(move |_| is_name)
        .map(move |folder| folder.join(&name))
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
