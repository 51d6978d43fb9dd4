//! The runtime's buckets: one for each kind of event and stack, in lists that only grow (`runtime/mprof.go`).
//!
//! In memory a bucket is a header, the words of its stack, and the record. Its hash is a function of the stack and the size, so
//! a bucket that was written over is found out.

use super::ProfileError;
use crate::addr::Addr;
use crate::layout::Field;
use crate::memory::{Memory, MemoryExt};
use crate::process::Process;
use crate::runtime::search::data_refs;
use crate::runtime::{Note, Runtime};
use crate::symbols::Func;
use rustc_hash::FxHashSet;

/// What a bucket counts; the numbers are `runtime.bucketType`, 1.19 to 1.27.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BucketKind {
    /// Sampled allocations of one size.
    Memory = 1,
    /// Waiting.
    Block = 2,
    /// Making others wait.
    Mutex = 3,
}

impl BucketKind {
    /// The variable that its list begins at, without the package.
    const fn variable(self) -> &'static str {
        match self {
            Self::Memory => "mbuckets",
            Self::Block => "bbuckets",
            Self::Mutex => "xbuckets",
        }
    }
}

/// One bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// Where it stands.
    pub addr: Addr,
    /// Size of the allocations that it counts; zero for other kinds.
    pub size: u64,
    /// Return addresses, the innermost first; those of inlined calls stand for them.
    pub stack: Vec<Addr>,
    /// Where its record stands.
    pub record: Addr,
}

/// Where a bucket's fields stand.
#[derive(Clone, Copy)]
pub struct Buckets<'r> {
    runtime: Runtime<'r>,
    header: u64,
    allnext: Field,
    typ: Field,
    hash: Field,
    size: Field,
    nstk: Field,
}

/// `maxProfStackDepth` of 1.23 and later, and the words that stand before a stack; it was 32 before.
const MOST_CALLS: u64 = 1024 + 8;
/// A list longer than this is none: a bucket takes 100 bytes and more.
const MOST: usize = 1 << 24;
/// Functions that are searched are shorter than this.
const LONGEST_FUNCTION: u64 = 1 << 14;

impl<'r> Buckets<'r> {
    /// Knows where fields stand; `None` when the layouts do not.
    pub fn new(runtime: Runtime<'r>) -> Option<Self> {
        let field = |path| runtime.layouts.field("runtime.bucket", path);
        Some(Self {
            runtime,
            header: runtime.layouts.size_of("runtime.bucket")?,
            allnext: field("allnext")?,
            typ: field("typ")?,
            hash: field("hash")?,
            size: field("size")?,
            nstk: field("nstk")?,
        })
    }

    /// The bucket at an address; `None` when what stands there is none of that kind.
    pub fn at(&self, kind: BucketKind, addr: Addr) -> Option<Bucket> {
        let read = |field: Field| {
            let at = addr.offset(field.offset);
            self.runtime.memory.uint(at, field.size).ok()
        };
        let calls = read(self.nstk).filter(|calls| *calls <= MOST_CALLS)?;
        let (hash, size) = (read(self.hash)?, read(self.size)?);
        let bytes = self
            .runtime
            .memory
            .bytes(addr.offset(self.header), calls * 8);
        let bytes = bytes.ok()?;
        let words = bytes.as_chunks::<8>().0.iter();
        let stack: Vec<Addr> = words.map(|word| Addr(u64::from_le_bytes(*word))).collect();
        let fits = read(self.typ)? == kind as u64 && hash_of(&stack, size) == hash;
        fits.then(|| Bucket {
            addr,
            size,
            record: addr.offset(self.header + calls * 8),
            stack,
        })
    }

    /// All of a kind, the newest first, as the list has them.
    pub fn list(
        &self,
        process: &Process<'_>,
        kind: BucketKind,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<Bucket>, ProfileError> {
        let variable = kind.variable();
        let named = self.runtime.vars.address(&format!("runtime.{variable}"));
        let mut next = match named {
            Some(at) => self.runtime.memory.ptr(at).unwrap_or_default(),
            None => self.searched(process, kind)?,
        };
        let (mut list, mut broken) = (Vec::new(), 0);
        let mut seen = FxHashSet::default();
        while !next.is_null() {
            if !seen.insert(next) || list.len() >= MOST {
                broken += 1;
                break;
            }
            match self.at(kind, next) {
                Some(bucket) => list.push(bucket),
                None => broken += 1,
            }
            let Ok(following) = self.runtime.memory.ptr(next.offset(self.allnext.offset)) else {
                broken += 1;
                break;
            };
            next = following;
        }
        if broken > 0 {
            let text = format!("buckets of runtime.{variable} that are damaged");
            notes.push(Note {
                text,
                count: broken,
            });
        }
        Ok(list)
    }

    /// The first bucket of a list whose variable has no name: `runtime.stkbucket` refers to the beginnings of all lists, and
    /// a bucket says of which it is. No such bucket: the list is empty.
    fn searched(&self, process: &Process<'_>, kind: BucketKind) -> Result<Addr, ProfileError> {
        let unknown = || ProfileError::NoVariable(kind.variable());
        let symbols = process.symbols().map_err(Clone::clone)?;
        let func = symbols.by_name("runtime.stkbucket").ok_or_else(unknown)?;
        let refs = code_refs(process, &func).ok_or_else(unknown)?;
        let firsts = refs.iter().filter_map(|at| {
            let first = self.runtime.memory.ptr(*at).ok()?;
            self.at(kind, first).map(|_| first)
        });
        let firsts: FxHashSet<Addr> = firsts.collect();
        if firsts.len() > 1 {
            return Err(unknown());
        }
        Ok(firsts.into_iter().next().unwrap_or_default())
    }
}

/// The addresses of data that a function's code refers to.
pub(super) fn code_refs(process: &Process<'_>, func: &Func<'_>) -> Option<Vec<Addr>> {
    let size = func.end.since(func.entry)?.min(LONGEST_FUNCTION);
    let code = process.memory.bytes(func.entry, size).ok()?;
    Some(data_refs(process.arch(), &code, func.entry).all)
}

/// `runtime.stkbucket`'s hash, 1.19 to 1.27.
fn hash_of(stack: &[Addr], size: u64) -> u64 {
    let mix = |hash: u64, word: u64| {
        let hash = hash.wrapping_add(word);
        let hash = hash.wrapping_add(hash << 10);
        hash ^ (hash >> 6)
    };
    let hash = stack.iter().fold(0, |hash, pc| mix(hash, pc.0));
    let hash = mix(hash, size);
    let hash = hash.wrapping_add(hash << 3);
    hash ^ (hash >> 11)
}
