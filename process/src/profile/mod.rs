//! The profiles that a process carries: what `/debug/pprof/NAME` would have answered when it died.
//!
//! The runtime keeps every sampled allocation and contention in buckets, a bucket for each stack (`runtime/mprof.go`), whether
//! anybody asks for them or not. They are read here, brought to what the release would have published (which cycles of
//! allocations count, how samples are scaled up, which calls are left out), and given as the file that `go tool pprof`
//! opens.

mod addresses;
mod buckets;
mod code;
mod contention;
mod goroutines;
mod mappings;
mod memory;
mod places;

pub use addresses::{Place, places};
pub use buckets::{Bucket, BucketKind, Buckets};
pub use code::{Code, CodePlace, Routine, code, routines};
pub use memory::{MemoryRecords, Sampled, scaled};
pub use places::{Call, calls};

use crate::layout::FieldError;
use crate::process::{Process, ProcessError};
use crate::runtime::{Collections, Note, Runtime};
use crate::symbols::{Symbols, SymbolsError};
use dumpview_model::words;
use dumpview_parsers::pprof::{Profile, Sample, ValueType};
use places::Places;

words! {
    /// A profile by the name that `/debug/pprof/` has it under.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Kind {
        /// Sampled allocations, what is in use shown first.
        Heap = "heap" "Sampled allocations, what is in use shown first",
        /// The same, all that was ever allocated shown first.
        Allocs = "allocs" "The same, all that was ever allocated shown first",
        /// Who made others wait for a lock.
        Mutex = "mutex" "Who made others wait for a lock",
        /// Who waited.
        Block = "block" "Who waited",
        /// Stacks of all goroutines.
        Goroutine = "goroutine" "Stacks of all goroutines",
        /// What led to the creation of threads.
        ThreadCreate = "threadcreate" "What led to the creation of threads",
    }
}

/// A profile, and what it lacks.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CoreProfile {
    /// The profile.
    pub profile: Profile,
    /// What could not be had.
    pub notes: Vec<Note>,
}

/// Why there is no profile.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProfileError {
    /// A structure of the runtime could not be read.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The runtime cannot be read at all.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// There are no functions to name the stacks by.
    #[error(transparent)]
    Symbols(#[from] SymbolsError),
    /// A package variable that is not named, and could not be found in the code.
    #[error(
        "runtime.{0}: the program has no symbols, and its code does not tell where the variable stands"
    )]
    NoVariable(&'static str),
}

/// What reading a profile needs.
struct Reader<'p, 'a> {
    process: &'p Process<'a>,
    runtime: Runtime<'p>,
    symbols: &'p Symbols<'a>,
    places: Places<'p, 'a>,
    samples: Vec<Sample>,
    notes: Vec<Note>,
}

/// Reads a profile.
///
/// # Errors
///
/// Why there is none.
pub fn read(process: &Process<'_>, kind: Kind) -> Result<CoreProfile, ProfileError> {
    let runtime = process.runtime().ok_or(ProcessError::NoLayout)?;
    let symbols = process.symbols().map_err(Clone::clone)?;
    let mut reader = Reader {
        process,
        runtime,
        symbols,
        places: Places::new(process, symbols),
        samples: Vec::new(),
        notes: Vec::new(),
    };
    let mut profile = match kind {
        Kind::Heap | Kind::Allocs => reader.memory(kind)?,
        Kind::Mutex => reader.contention(BucketKind::Mutex)?,
        Kind::Block => reader.contention(BucketKind::Block)?,
        Kind::Goroutine => reader.goroutines()?,
        Kind::ThreadCreate => reader.threads()?,
    };
    let Places { builder, .. } = reader.places;
    profile.locations = builder.profile.locations;
    profile.functions = builder.profile.functions;
    reader.samples.iter().for_each(|sample| profile.add(sample));
    profile.mappings = mappings::of(process);
    mappings::assign(&mut profile);
    let collections = Collections::read(&runtime);
    profile.time_nanos = collections
        .and_then(|known| known.reached_unix)
        .unwrap_or(0);
    profile.comments.push(format!(
        "from a core dump, as /debug/pprof/{} would have answered when the process died",
        kind.as_str()
    ));
    let lost = reader.notes.iter();
    profile
        .comments
        .extend(lost.map(|note| format!("{}: {}", note.text, note.count)));
    Ok(CoreProfile {
        profile,
        notes: reader.notes,
    })
}

/// What a profile that only counts begins with.
fn counting(name: &str) -> Profile {
    Profile {
        sample_types: vec![ValueType::new(name, "count")],
        period_type: Some(ValueType::new(name, "count")),
        period: 1,
        ..Profile::default()
    }
}
