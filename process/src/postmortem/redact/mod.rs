//! A core without what the program had in it: threads, stacks, the runtime's structures and the shape of the heap stay, what
//! the program stored is zeroed, so that a dump can leave the house.
//!
//! The copy has the layout of the core, byte for byte. Everything in it is zero but what is known to be harmless:
//!
//! | memory | what stays |
//! |---|---|
//! | the runtime's tables, its variables and its objects | all of it |
//! | objects with pointers, stacks, package data, other writable memory | words that are addresses of the process |
//! | strings, slices, maps, channels in objects and package variables of a known type | their lengths too |
//! | objects without pointers, free memory | nothing |
//! | files that were mapped, code, the kernel's own | all of it |
//! | registers | addresses |
//! | what somebody named | all of it |
//!
//! | file | in charge of |
//! |---|---|
//! | `notes` | registers, arguments, what else the headers say |
//! | `places` | which rule holds for which addresses |
//! | `objects` | one span of the heap |
//! | `lengths` | where lengths stand in values |

mod lengths;
mod notes;
mod objects;
mod places;

use crate::heap::Analysis;
use places::{Places, Rule};
use std::io::{self, Write};

/// Why there is no copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoCopy {
    /// Its memory is no core's.
    #[error("only a core is redacted; a heap dump is not")]
    NoCore,
    /// Which variables are the runtime's is not known.
    #[error(
        "without symbols it cannot be told which variables are the runtime's and which the program's"
    )]
    NoSymbols,
}

/// Whether something of that name is kept.
pub type Keep<'k> = &'k dyn Fn(&str) -> bool;

/// What is kept by name, in words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kept {
    /// Package variables.
    pub variables: Vec<String>,
    /// Types, with how many objects they have.
    pub types: Vec<(String, u64)>,
}

/// A copy, ready to be written.
pub struct Redaction<'r, 'p, 'a> {
    core: &'r [u8],
    segments: Vec<(u64, u64, u64)>,
    places: Places,
    objects: objects::Objects<'r, 'p, 'a>,
    head: Vec<(usize, Vec<u8>)>,
    /// What is kept by name.
    pub kept: Kept,
}

/// Bytes that are copied at once.
const PIECE: u64 = 1 << 20;

impl<'r, 'p, 'a> Redaction<'r, 'p, 'a> {
    /// Decides what stays. What `keep` matches, a package variable or a type by its whole name, is kept as it is.
    ///
    /// # Errors
    ///
    /// When it cannot be decided.
    pub fn of(analysis: &'r Analysis<'p, 'a>, keep: Keep<'_>) -> Result<Self, NoCopy> {
        let process = analysis.process;
        if process.heap_dump.is_some() {
            return Err(NoCopy::NoCore);
        }
        let (places, variables) = Places::of(analysis, keep).ok_or(NoCopy::NoSymbols)?;
        let objects = objects::Objects::of(analysis, keep);
        let mut segments: Vec<(u64, u64, u64)> = process
            .core
            .segments
            .iter()
            .map(|segment| (segment.file_offset, segment.file_size, segment.start.0))
            .filter(|(_, size, _)| *size > 0)
            .collect();
        segments.sort_unstable();
        Ok(Self {
            core: process.core.bytes,
            segments,
            head: notes::redacted(process.core.bytes, &|value| places.is_address(value)),
            kept: Kept {
                variables,
                types: objects.kept.clone(),
            },
            places,
            objects,
        })
    }

    /// Writes the copy.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut at = 0u64;
        let size = self.core.len() as u64;
        for (offset, len, start) in &self.segments {
            if *offset < at {
                continue;
            }
            self.between(at, (*offset).min(size), out)?;
            let end = offset.saturating_add(*len).min(size);
            let mut from = *offset;
            while from < end {
                let until = (from + PIECE).min(end);
                let bytes = slice(self.core, from, until);
                let mut kept = vec![0u8; bytes.len()];
                self.piece(start + (from - offset), bytes, &mut kept);
                out.write_all(&kept)?;
                from = until;
            }
            at = end.max(at);
        }
        self.between(at, size, out)
    }

    /// What stands between segments: headers and notes, with what is redacted of them.
    fn between(&self, from: u64, to: u64, out: &mut dyn Write) -> io::Result<()> {
        let mut bytes = slice(self.core, from, to).to_vec();
        let first = usize::try_from(from).unwrap_or(usize::MAX);
        for (at, other) in &self.head {
            let place = at.checked_sub(first);
            let place = place.and_then(|at| bytes.get_mut(at..at.checked_add(other.len())?));
            if let Some(place) = place {
                place.copy_from_slice(other);
            }
        }
        out.write_all(&bytes)
    }

    /// Copies what stays of memory that begins at an address.
    fn piece(&self, start: u64, bytes: &[u8], kept: &mut [u8]) {
        let end = start.saturating_add(bytes.len() as u64);
        let mut at = start;
        while at < end {
            let (until, rule) = self.places.at(at);
            let until = until.min(end).max(at + 1);
            let range = usize::try_from(at - start).unwrap_or(usize::MAX)
                ..usize::try_from(until - start).unwrap_or(usize::MAX);
            if let (Some(from), Some(to)) = (bytes.get(range.clone()), kept.get_mut(range)) {
                match rule {
                    Rule::All => to.copy_from_slice(from),
                    Rule::Words => {
                        self.words(at, from, to);
                        for place in self.places.lengths(at, until) {
                            let range = usize::try_from(place - at).unwrap_or(usize::MAX)..;
                            if let (Some(from), Some(to)) =
                                (from.get(range.clone()), to.get_mut(range))
                            {
                                for (from, to) in from.iter().zip(to).take(8) {
                                    *to = *from;
                                }
                            }
                        }
                    }
                    Rule::Objects => {
                        self.words(at, from, to);
                        self.objects.refine(at, from, to);
                    }
                }
            }
            at = until;
        }
    }

    /// Copies aligned words that are addresses.
    fn words(&self, at: u64, from: &[u8], to: &mut [u8]) {
        let skip = usize::try_from(at.next_multiple_of(8) - at).unwrap_or(0);
        let (Some(from), Some(to)) = (from.get(skip..), to.get_mut(skip..)) else {
            return;
        };
        for (from, to) in from.chunks_exact(8).zip(to.chunks_exact_mut(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(from);
            if self.places.is_address(u64::from_le_bytes(word)) {
                to.copy_from_slice(from);
            }
        }
    }
}

fn slice(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    let at = |offset: u64| {
        usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len())
    };
    bytes.get(at(from)..at(to)).unwrap_or_default()
}
