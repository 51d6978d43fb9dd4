//! `profile.proto`, what `go tool pprof` opens and `/debug/pprof/NAME` answers: samples of stacks with values.
//!
//! Records own their text, and refer to each other by index; numbers and the table of strings are the encoding's own
//! matter. The file is this message compressed by gzip, which is the caller's.
//!
//! | file | in charge of |
//! |---|---|
//! | `records` | the types |
//! | `samples` | samples, in columns |
//! | `wire` | protocol buffers: fields of a message, with their offsets |
//! | `read` | bytes to a profile |
//! | `write` | a profile to bytes |
//! | `cpu` | the binary form of CPU profiles before Go 1.9, which gperftools writes still |
//! | `gperf` | text of gperftools: memory, waits for locks, threads |

mod cpu;
mod error;
mod gperf;
mod read;
mod records;
mod samples;
#[cfg(test)]
mod tests;
mod wire;
mod write;

pub use cpu::{CpuProfile, CpuSample, recognizes_cpu};
pub use error::ReadError;
pub use gperf::{GperfKind, GperfProfile, GperfSample, recognizes_gperf};
pub use read::{read, recognizes};
pub use records::{
    Builder, Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType,
};
pub use samples::{
    SampleMut, SampleRef, Samples, Stack, StackPlaces, Tag, TagValue, TextId, Texts,
};
