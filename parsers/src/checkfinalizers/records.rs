//! What the check of finalizers and cleanups prints (runtime/mcheckmark.go, mgc.go; Go 1.25 and later).

/// One record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// `checkfinalizers: queue: …`, once per cycle.
    Queue {
        /// Finalizers that wait to run.
        finalizers: u64,
        /// Cleanups that wait to run.
        cleanups: u64,
        /// How many physical lines it was pieced together from; 1 for a whole one.
        pieces: u32,
    },
    /// `WARNING: LIKELY CLEANUP/FINALIZER ISSUES`: a report follows, then a fatal error.
    Warning,
    /// `Value of type T at 0x…`.
    Value {
        /// Its Go type.
        type_name: &'a [u8],
        /// Its address in the process.
        address: u64,
    },
    /// What is wrong with it: one of the runtime's sentences, without the indentation.
    Issue(&'a [u8]),
    /// `Has cleanup at 0x…` or `Has finalizer at 0x…`; what runs it follows as a frame.
    Has {
        /// A cleanup, not a finalizer.
        cleanup: bool,
        /// Address of the runtime's record of it.
        address: u64,
    },
    /// `created at: `: the next frame is where it was attached.
    CreatedAt,
    /// A function, without `()`; or `<bad pc 0x…>` as printed.
    Function(&'a [u8]),
    /// Where in its file, below a function.
    Position {
        /// Path of the source.
        file: &'a [u8],
        /// Line in it.
        line: u64,
        /// Offset of the instruction in the function.
        offset: u64,
    },
    /// `... too many potential issues ...`: over fifty, the rest is left out.
    More,
}
