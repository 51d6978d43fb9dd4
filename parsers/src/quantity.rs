//! Quantities as the runtime prints them, in types that cannot be taken for one another.
//!
//! The runtime never rounds: every printed number is cut down to what its form can show, so a value here is a
//! lower bound of the true one, which is below the next one that the form could show.

/// Nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Nanos(pub u64);

/// Bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Bytes(pub u64);

/// Whole units of 2^10 bytes, cut down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct KiB(pub u64);

/// Whole units of 2^20 bytes, cut down (the runtime says `MB`): `0` is anything under 1 MiB.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct MiB(pub u64);

impl Nanos {
    /// How much more than this the truth may be, when this was printed in milliseconds by `fmtNSAsMS`
    /// (runtime/mgc.go): it is less than `self + printed_step`. Under 1 µs it prints `0`, under 100 µs whole
    /// microseconds, under 10 ms two digits, then whole milliseconds.
    pub fn printed_step(self) -> Self {
        Self(match self.0 {
            0..100_000 => 1_000,
            100_000..1_000_000 => 10_000,
            1_000_000..10_000_000 => 100_000,
            _ => 1_000_000,
        })
    }

    /// In seconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "for people; exact up to 104 days"
    )]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl KiB {
    /// In bytes; stops at the largest number.
    pub fn to_bytes(self) -> Bytes {
        Bytes(self.0.saturating_mul(1 << 10))
    }
}

impl MiB {
    /// In bytes; stops at the largest number.
    pub fn to_bytes(self) -> Bytes {
        Bytes(self.0.saturating_mul(1 << 20))
    }
}
