//! Inputs as bytes, owned for as long as anything borrows from them.

use super::decompress::{self, Kept};
use super::error::InputError;
use super::stream;
use crate::raw;
use memmap2::{Advice, Mmap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Maps a file that is read from its start to its end, for as long as the program runs.
///
/// # Errors
///
/// As the system's.
pub fn map_for_good(file: &File) -> io::Result<&'static [u8]> {
    let map = raw::map(file, Advice::Sequential)?;
    Ok(Box::leak(Box::new(map)))
}

/// What a heap dump begins with. It is read from its start to its end.
const HEAP_DUMP: &[u8] = b"go1.";

/// A map that the system was told the use of.
fn advised(map: Mmap) -> Mmap {
    if map.starts_with(HEAP_DUMP) {
        // Advice is no promise: without it the file is read more slowly.
        let _ = map.advise(Advice::Sequential);
    }
    map
}

/// Owns every mapped file. What it hands out borrows from it, and nothing is released before it is dropped.
///
/// A linked list of write-once slots: adding needs no `&mut`, and what was added never moves.
#[derive(Default)]
pub struct Arena {
    head: OnceLock<Box<Node>>,
    /// What packed inputs did not give.
    lost: Mutex<Vec<(PathBuf, String)>>,
}

struct Node {
    map: Mmap,
    next: OnceLock<Box<Node>>,
}

impl Arena {
    /// Maps a file; one that is zstd or gzip is first decompressed into an unlinked temporary file, so that a
    /// large dump does not have to fit into memory. `-` is standard input, which is kept in such a file too.
    ///
    /// # Errors
    ///
    /// When the path is no regular file, cannot be read, is empty or does not decompress.
    pub fn open(&self, path: &Path) -> Result<&[u8], InputError> {
        if path.as_os_str() == "-" {
            let whole = decompress::kept(stream::decode(Box::new(stream::stdin()))?)?;
            return self.keep_unpacked(path, whole);
        }
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(InputError::Directory);
        }
        // Looked at before opening: opening a fifo would block until somebody writes.
        if !metadata.is_file() {
            return Err(InputError::NotRegular);
        }
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Err(InputError::Empty);
        }
        let mapped = raw::map(&file, Advice::Random)?;
        match decompress::Format::recognize(&mapped) {
            None => Ok(self.keep(advised(mapped))),
            Some(format) => {
                let whole = decompress::to_temporary_file(format, &mapped)?;
                self.keep_unpacked(path, whole)
            }
        }
    }

    /// What packed inputs did not give: a name, and why.
    pub fn lost(&self) -> Vec<(PathBuf, String)> {
        let lost = self.lost.lock();
        lost.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep_unpacked(&self, path: &Path, whole: Kept) -> Result<&[u8], InputError> {
        if whole.file.metadata()?.len() == 0 {
            return Err(InputError::Empty);
        }
        if let Some(why) = whole.lost {
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.push((path.to_owned(), why));
        }
        Ok(self.keep(advised(raw::map(&whole.file, Advice::Random)?)))
    }

    fn keep(&self, map: Mmap) -> &[u8] {
        let mut node = Box::new(Node {
            map,
            next: OnceLock::new(),
        });
        let mut slot = &self.head;
        loop {
            match slot.set(node) {
                Ok(()) => return slot.get().map_or(&[], |kept| &kept.map),
                Err(back) => node = back,
            }
            match slot.get() {
                Some(taken) => slot = &taken.next,
                None => return &[],
            }
        }
    }
}
