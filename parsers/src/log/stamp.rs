//! Times as log machinery and loggers write them, in nanoseconds. No calendar library: a handful of fixed shapes,
//! read at the speed of the log.

/// A time, with how much of it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stamp {
    /// Nanoseconds since 1970 UTC; the stamp had a zone.
    Utc(i64),
    /// The same reading of a clock whose zone is not written.
    Local(i64),
    /// The same, and the year is not written either; counted as if in 1972 (a leap year).
    Yearless(i64),
    /// Nanoseconds since the machine booted (dmesg, journald `short-monotonic`).
    Boot(i64),
}
