//! Mapping a file into memory.
#![expect(
    unsafe_code,
    reason = "memmap2 cannot promise that the file stays as it is"
)]

use memmap2::{Advice, Mmap};
use std::fs::File;
use std::io;

/// Maps a whole file for reading. A core is read here and there: without [`Advice::Random`] the kernel reads ahead
/// megabytes around each page.
///
/// # Errors
///
/// When the system refuses (no permission, not a regular file, no address space).
pub fn map(file: &File, advice: Advice) -> io::Result<Mmap> {
    // SAFETY: the map is private and read-only, and is used only through `&[u8]`. If another process truncates the file
    // meanwhile, touching lost pages raises SIGBUS, which `when_a_file_is_lost` answers; if it is overwritten, later reads
    // see the new bytes, which every parser here treats as hostile anyway.
    let map = unsafe { Mmap::map(file)? };
    let _ = map.advise(advice);
    Ok(map)
}
