//! Ends of the program other than its own: words in place of a signal, on a terminal in order.

use crate::answer::Exit;
use crate::talk::complain;
use crate::{memory, raw};
use dumpview_model::units::bytes;
use dumpview_tui::terminal;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// Sees to it that files that shrink, and memory that is refused, end with words.
pub fn prepare() {
    raw::when_memory_is_refused(refused);
    // Without the handler such a file ends the program by a signal, as it does other programs.
    let _ = raw::when_a_file_is_lost(|| {
        end(
            Exit::Unreadable,
            "a file was cut short while it was read, or the disk does not give it\n\nhint: copy it while nobody writes to it, and open the copy",
        )
    });
}

/// Sees to it that no more memory is taken than was asked, or is usual for such inputs.
pub fn watch(asked: Option<u64>, inputs: &[PathBuf]) {
    memory::watch(
        asked,
        inputs.iter().map(PathBuf::as_path),
        |taken, limit| {
            end(
                Exit::Damaged,
                &format!(
                    "stopped: {} of memory taken, and no more than {} allowed\n\nhint: --memory {}M allows more; a filter, a depth or --top may need less",
                    bytes(taken),
                    bytes(limit),
                    limit.saturating_mul(2) >> 20
                ),
            )
        },
    );
}

/// The system has no memory to give: said without asking it for some.
fn refused() -> ! {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::SeqCst) {
        terminal::restore();
        // Nowhere is left to report that stderr is gone.
        let _ = io::stderr().write_all(
            b"dumpview: out of memory: the system gives no more\n\nhint: a filter, a depth or --top may need less\n",
        );
    }
    leave(Exit::Damaged)
}

/// Ends the program from wherever it is; what was written stands.
fn end(exit: Exit, why: &str) -> ! {
    terminal::restore();
    complain(why);
    leave(exit)
}

/// Without what is left to do at a usual end: other threads hold locks.
fn leave(exit: Exit) -> ! {
    signal_hook::low_level::exit(exit as i32)
}
