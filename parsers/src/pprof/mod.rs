//! `profile.proto`, what `go tool pprof` opens and `/debug/pprof/NAME` answers: samples of stacks with values.
//!
//! Records own their text, and refer to each other by index; numbers and the table of strings are the encoding's own
//! matter. The file is this message compressed by gzip, which is the caller's.

mod records;
mod write;

pub use records::{
    Builder, Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType,
};
