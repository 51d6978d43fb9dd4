//! Why bytes are no `perf.data`.

/// Why bytes are no `perf.data`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PerfError {
    /// It begins with something else.
    #[error("no perf.data: it does not begin with PERFILE2")]
    Magic,
    /// It was recorded on a machine whose words are the other way round.
    #[error("offset 0x0: recorded by a machine of the other byte order, which is not read here")]
    ByteOrder,
    /// The bytes end where something should stand.
    #[error("offset {at:#x}: {what} needs {needs} bytes, {left} left")]
    Short {
        /// Where it should stand.
        at: u64,
        /// What.
        what: &'static str,
        /// How many bytes it takes.
        needs: u64,
        /// How many there are.
        left: u64,
    },
    /// What was counted is said nowhere.
    #[error("no event is described in it")]
    NoEvents,
}
