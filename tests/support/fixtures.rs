//! The committed cases, unpacked once.

use crate::support::Case;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Every committed case, in the order of the manifest.
pub fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let manifest = fs::read(corpus().join("manifest.json")).expect("corpus/manifest.json");
        let manifest: Value = serde_json::from_slice(&manifest).expect("the manifest is JSON");
        let entries = manifest["cases"]
            .as_array()
            .expect("the manifest lists cases");
        let mut witnesses: BTreeMap<&str, Value> = BTreeMap::new();
        for entry in entries {
            let name = witness_file(entry);
            witnesses.entry(name).or_insert_with(|| {
                let bytes = decompress(&corpus().join("fixtures").join(name));
                serde_json::from_slice(&bytes).expect("witnesses are JSON")
            });
        }
        let witnesses = &witnesses;
        let mut done: Vec<(usize, Case)> = Vec::new();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..2)
                .map(|worker| {
                    let mine = entries
                        .iter()
                        .enumerate()
                        .filter(move |(i, _)| i % 2 == worker);
                    scope.spawn(move || {
                        mine.map(|(i, entry)| (i, case(entry, &witnesses[witness_file(entry)])))
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            for worker in workers {
                done.extend(worker.join().expect("unpacking"));
            }
        });
        done.sort_by_key(|(i, _)| *i);
        done.into_iter().map(|(_, case)| case).collect()
    })
}

fn witness_file(entry: &Value) -> &str {
    entry["files"]["witnesses"]["file"]
        .as_str()
        .expect("a case has witnesses")
}

fn case(entry: &Value, witnesses: &Value) -> Case {
    let unpacked = |key: &str| unpack(&entry["files"][key]);
    let said = &witnesses[entry["mode"].as_str().expect("a case has a mode")];
    let truth = said["truth"].clone();
    let stderr = said["stderr"].as_str().expect("a case has its stderr");
    Case::new(entry, &unpacked("core"), &unpacked("exe"), truth, stderr)
}

fn decompress(path: &Path) -> Vec<u8> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut reader = ruzstd::decoding::StreamingDecoder::new(file).expect("zstd");
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).expect("zstd");
    bytes
}

/// The file under the build's scratch directory, written at most once for each content (named by its hash) and
/// with holes where the core had them.
fn unpack(file: &Value) -> PathBuf {
    let name = file["file"].as_str().expect("a file has a name");
    let hash = file["sha256"].as_str().expect("a file has a hash");
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    fs::create_dir_all(&dir).expect("scratch directory");
    let plain = name.strip_suffix(".zst").expect("fixtures are .zst");
    let path = dir.join(format!("{}-{plain}", &hash[..12]));
    if path.exists() {
        return path;
    }
    let source =
        File::open(corpus().join("fixtures").join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut reader = ruzstd::decoding::StreamingDecoder::new(source).expect("zstd");
    let mut out = tempfile::NamedTempFile::new_in(&dir).expect("scratch file");
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
        size += filled as u64;
        if block[..filled].iter().all(|b| *b == 0) {
            let skip = i64::try_from(filled).expect("a block is small");
            out.seek(SeekFrom::Current(skip)).expect("seek");
        } else {
            out.write_all(&block[..filled]).expect("write");
        }
    }
    out.as_file().set_len(size).expect("length");
    // Another test may have been as fast: the content is the same.
    out.persist(&path).expect("rename");
    path
}
