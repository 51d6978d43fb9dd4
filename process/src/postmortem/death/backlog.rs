//! The last bytes that the runtime printed, from its ring in memory.
//!
//! `runtime.printBacklog [512]byte` with `runtime.printBacklogIndex` holds what print, println and throw wrote
//! before panicking was set (`runtime/print.go:gwrite,recordForPanic`), 1.19 to 1.27: `fatal error: …` and the
//! program's own `println` are there, the panic message and the traceback are not.

use crate::memory::MemoryExt;
use crate::runtime::Runtime;

/// Size of the ring.
const SIZE: usize = 512;

/// What the ring holds, oldest first, or `None` when it cannot be read. Empty when nothing was printed.
pub(super) fn read(runtime: &Runtime<'_>) -> Option<Vec<u8>> {
    let ring: [u8; SIZE] = runtime
        .memory
        .array(runtime.vars.address("runtime.printBacklog")?)
        .ok()?;
    let index = runtime
        .memory
        .u64(runtime.vars.address("runtime.printBacklogIndex")?)
        .ok()?;
    // The index is kept below the size; anything else is not the runtime's.
    let index = usize::try_from(index).ok().filter(|index| *index < SIZE)?;
    let (newer, older) = ring.split_at(index);
    Some(
        older
            .iter()
            .chain(newer)
            .copied()
            .filter(|byte| *byte != 0)
            .collect(),
    )
}

/// The message of the last `fatal error: ` line.
pub(super) fn fatal_error(printed: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"fatal error: ";
    let at = memchr::memmem::rfind(printed, MARK)?;
    let message = printed.get(at + MARK.len()..)?;
    let line = message.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::fatal_error;

    #[test]
    fn the_last_fatal_error_counts() {
        let printed = b"fatal error: not this\nx\nfatal error: stack overflow\n\n";
        assert_eq!(fatal_error(printed).as_deref(), Some("stack overflow"));
        assert_eq!(fatal_error(b"hello\n"), None);
    }
}
