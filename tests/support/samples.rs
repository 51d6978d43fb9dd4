//! What is committed, opened: plain, gzip or zstd, recognised by its first bytes.

#![allow(
    dead_code,
    reason = "every test takes this file in for itself and uses its own part of it"
)]

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file or folder of the corpus.
pub fn corpus(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(path)
}

/// What a file holds, unpacked.
pub fn bytes(path: &Path) -> Vec<u8> {
    let held = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut out = Vec::new();
    let unpacked = if held.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(held.as_slice()).read_to_end(&mut out)
    } else if held.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        StreamingDecoder::new(held.as_slice())
            .expect("zstd")
            .read_to_end(&mut out)
    } else {
        return held;
    };
    unpacked.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    out
}

/// The text that a file holds, which has to be UTF-8.
pub fn text(path: &Path) -> String {
    String::from_utf8(bytes(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The text that a file holds, with what is no UTF-8 replaced.
pub fn lossy(path: &Path) -> String {
    String::from_utf8_lossy(&bytes(path)).into_owned()
}

/// The name of a file.
pub fn name(path: &Path) -> String {
    let name = path.file_name().expect("a file has a name");
    name.to_str().expect("names are UTF-8").to_owned()
}

/// The recorded files in a folder of the corpus, by name: all but the page that describes them.
pub fn all(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file() && name(path) != "README.md")
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}

/// Unpacks a zstd file into `out`, with holes where whole blocks are zero, as a core has them.
pub fn unpack(packed: &Path, out: &mut File) {
    let file = File::open(packed).unwrap_or_else(|e| panic!("{}: {e}", packed.display()));
    let mut reader = StreamingDecoder::new(file).expect("zstd");
    let mut block = vec![0; 1 << 16];
    let mut size = 0u64;
    loop {
        let mut filled = 0;
        while filled < block.len() {
            match reader.read(&mut block[filled..]).expect("zstd") {
                0 => break,
                n => filled += n,
            }
        }
        if filled == 0 {
            break;
        }
        if block[..filled].iter().any(|b| *b != 0) {
            out.seek(SeekFrom::Start(size)).expect("seek");
            out.write_all(&block[..filled]).expect("write");
        }
        size += filled as u64;
    }
    out.set_len(size).expect("length");
}
