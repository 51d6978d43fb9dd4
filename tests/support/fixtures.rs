//! The committed cases, unpacked once.

use crate::support::{Case, samples};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Every committed case, in the order of the manifest.
pub fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let manifest = samples::bytes(&samples::corpus("manifest.json"));
        let manifest: Value = serde_json::from_slice(&manifest).expect("the manifest is JSON");
        let entries = manifest["cases"]
            .as_array()
            .expect("the manifest lists cases");
        let mut witnesses: BTreeMap<&str, Value> = BTreeMap::new();
        for entry in entries {
            let name = witness_file(entry);
            witnesses.entry(name).or_insert_with(|| {
                let bytes = samples::bytes(&samples::corpus("fixtures").join(name));
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
    let packed = samples::corpus("fixtures").join(name);
    let mut out = tempfile::NamedTempFile::new_in(&dir).expect("scratch file");
    samples::unpack(&packed, out.as_file_mut());
    // Another test may have been as fast: the content is the same.
    out.persist(&path).expect("rename");
    path
}
