//! ELF core notes: the records in a core's `PT_NOTE` segments.
//!
//! Defined by the kernel's `fs/binfmt_elf.c` and `include/uapi/linux/elf.h`; gcore and qemu-user write the
//! same records in another order, so nothing here relies on order.

mod error;
mod notes;
mod records;

pub use error::NoteError;
pub use notes::Notes;
pub use records::{
    AuxEntry, AuxVector, FileMapping, FileMappings, Note, ProcessInfo, Register, SignalInfo,
    ThreadStatus, aux, note_type,
};
