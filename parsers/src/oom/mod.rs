//! What the Linux kernel logs when it kills for memory (mm/oom_kill.c, mm/memcontrol.c).

mod reader;
mod records;

pub use reader::Reader;
pub use records::Record;
