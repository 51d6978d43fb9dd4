//! The one place with `unsafe`: mapping files into memory, what happens when a mapped file shrinks, and what happens when
//! there is no memory.
#![expect(
    unsafe_code,
    reason = "a signal's action must do nothing that is unsafe there, and an allocator is unsafe by its trait"
)]

mod map;

pub use map::map;

use signal_hook::consts::SIGBUS;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io;
use std::sync::OnceLock;

/// Does this when bytes of a mapped file are gone, or the disk does not give them, instead of dying of SIGBUS.
///
/// # Errors
///
/// When the system refuses the handler.
pub fn when_a_file_is_lost(act: impl Fn() + Sync + Send + 'static) -> io::Result<()> {
    // SAFETY: the signal comes of a read of mapped bytes in the thread that handles it, at a place where no lock of the
    // allocator is held, and the action ends the program: nothing that was interrupted goes on.
    unsafe { signal_hook::low_level::register(SIGBUS, act) }?;
    Ok(())
}

/// What is done when the system refuses memory.
static REFUSED: OnceLock<fn() -> !> = OnceLock::new();

/// Does this when the system refuses memory, instead of dying of SIGABRT; it must not ask for more.
pub fn when_memory_is_refused(act: fn() -> !) {
    // Set once, before there are threads.
    let _ = REFUSED.set(act);
}

/// The system's allocator, but that a refusal ends the program with an answer in place of SIGABRT.
struct Told;

#[global_allocator]
static ALLOCATOR: Told = Told;

// SAFETY: every call goes to the system's allocator as it came; a null pointer is what it says itself.
unsafe impl GlobalAlloc for Told {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about `layout` is passed on.
        given(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        given(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise that the memory came from here is passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        given(unsafe { System.realloc(memory, layout, size) })
    }
}

fn given(memory: *mut u8) -> *mut u8 {
    if memory.is_null()
        && let Some(act) = REFUSED.get()
    {
        act();
    }
    memory
}
