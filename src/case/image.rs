//! ELF files that are open for as long as the program runs.

use dumpview_process::image::{Executable, ImageError, SectionArena};

/// For as long as the program runs: it opens a case or two and ends with them, and what is learnt of a case borrows from
/// what it was learnt from.
pub(super) fn for_good<T>(thing: T) -> &'static T {
    Box::leak(Box::new(thing))
}

/// An ELF file, for as long as the program runs.
pub(super) fn parsed(bytes: &'static [u8]) -> Result<Executable<'static>, ImageError> {
    Executable::parse(bytes, for_good(SectionArena::default()))
}
