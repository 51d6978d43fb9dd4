//! Which inputs an answer was learnt of.
//!
//! Reading a core to its end takes as long as walking its heap, so its identity is a sample: its length, its first
//! megabyte (headers, and with them the notes with the registers of every thread), its last bytes, and pages spread
//! evenly over it; the same of the executable and of every other file that memory was read from. The caller adds what it
//! knows of the file beside its bytes: when it was last written to.
//!
//! What is trusted, then: that nobody writes to a core after it was dumped without the file's time of change telling, or
//! changes as little as falls between the samples and puts the time back. Two cores of one process, dumped one after the
//! other, differ in their notes; a core that was moved, or copied with its times, is the same core.

use crate::memory::RegionSource;
use crate::process::Process;
use twox_hash::xxhash3_128::Hasher;

/// A number for core, executable, and what they were opened with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity(pub u128);

/// Bytes at the start that all count.
const HEAD: usize = 1 << 20;
const PAGE: usize = 4096;
/// Pages of a core or an executable that count besides.
const PAGES: usize = 512;
/// Of every other file.
const FEW_PAGES: usize = 4;

impl Identity {
    /// That of a process's inputs. `stamp` is what the caller knows of the files beside their bytes.
    pub fn of(process: &Process<'_>, stamp: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        bytes(&mut hasher, stamp);
        sample(&mut hasher, process.core.bytes, PAGES);
        hasher.write(&[u8::from(process.executable.is_some())]);
        if let Some(exe) = process.executable {
            sample(&mut hasher, exe.bytes, PAGES);
        }
        for region in process.memory.regions() {
            number(&mut hasher, region.start.0);
            number(&mut hasher, region.end.0);
            match region.source {
                RegionSource::Core(_) => hasher.write(b"core"),
                RegionSource::Missing(why) => bytes(&mut hasher, why.as_str().as_bytes()),
                RegionSource::File(of) => sample(&mut hasher, of, FEW_PAGES),
            }
        }
        for shortfall in &process.shortfalls {
            bytes(&mut hasher, shortfall.what.as_bytes());
            bytes(&mut hasher, shortfall.why.as_bytes());
        }
        Self(hasher.finish_128())
    }
}

fn number(hasher: &mut Hasher, number: u64) {
    hasher.write(&number.to_le_bytes());
}

/// Bytes, and how many they are.
fn bytes(hasher: &mut Hasher, bytes: &[u8]) {
    number(hasher, bytes.len() as u64);
    hasher.write(bytes);
}

/// The length of a file, its first and last bytes, and pages spread over it.
fn sample(hasher: &mut Hasher, file: &[u8], pages: usize) {
    number(hasher, file.len() as u64);
    hasher.write(file.get(..HEAD).unwrap_or(file));
    let step = (file.len() / pages).next_multiple_of(PAGE).max(PAGE);
    let last = file.len().saturating_sub(PAGE);
    for at in (HEAD..last).step_by(step).chain([last]) {
        let page = file.get(at..).unwrap_or_default();
        hasher.write(page.get(..PAGE).unwrap_or(page));
    }
}
