//! What tests of several formats share: the committed samples, and a reader of the whole log.

use crate::log::{LogReader, Record};
use std::io::Read;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus/logs")
        .join(name)
}

/// A file's text, unpacked and in UTF-8.
fn load(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut unpacked)
            .unwrap();
        bytes = unpacked;
    }
    if bytes.starts_with(&[0xff, 0xfe]) {
        let units = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units).map(Result::unwrap).collect();
        bytes = text.into_bytes();
    }
    bytes
}

/// The text of the sample with that file name.
pub(crate) fn sample(from: &str, name: &str) -> String {
    String::from_utf8(load(&folder(from).join(name))).unwrap()
}

/// The samples of a folder whose names have this part: name and text.
pub(crate) fn samples(from: &str, part: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder(from)).unwrap();
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending != "md"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .filter(|(name, _)| name.contains(part))
        .map(|(name, path)| (name.trim_end_matches(".gz").to_owned(), load(&path)))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no samples of {part} in {from}");
    found
}

/// Reads a text, and hands each record on.
pub(crate) fn read(text: &[u8], mut each: impl FnMut(&Record<'_>)) {
    let mut reader = LogReader::new();
    let mut sink = |record: Record<'_>| each(&record);
    for chunk in text.chunks(1000) {
        reader.push(chunk, &mut sink);
    }
    reader.finish(&mut sink);
}

pub(crate) fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
