//! Source files of this machine, for values that the program's text settles.
//!
//! Only the very files will do. Where the binary names one it has to be older than executable and core; a folder that
//! `--source-path` names is what the user says it is.

use crate::input::small;
use dumpview_process::source::Texts;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Source files of this machine.
pub(super) struct DiskTexts {
    rules: Vec<String>,
    /// When the program was built, or died.
    before: Option<SystemTime>,
}

impl DiskTexts {
    /// Those that are older than all of these files; each rule is FROM=TO.
    pub(super) fn new<'p>(rules: Vec<String>, files: impl Iterator<Item = &'p Path>) -> Self {
        let before = files.filter_map(modified).min();
        Self { rules, before }
    }
}

impl Texts for DiskTexts {
    fn text(&self, path: &str) -> Option<String> {
        let replaced = self.rules.iter().filter_map(|rule| {
            let (from, to) = rule.split_once('=')?;
            Some(PathBuf::from(format!("{to}{}", path.strip_prefix(from)?)))
        });
        let mut found: Vec<PathBuf> = replaced.collect();
        // Who says where a file is now says that it is not where it was.
        let as_named = Path::new(path);
        let is_older = || modified(as_named).is_some_and(|at| Some(at) <= self.before);
        if found.is_empty() && as_named.is_absolute() && is_older() {
            found.push(as_named.to_owned());
        }
        let mut found = found.into_iter().filter(|path| is_source(path));
        found.find_map(|path| String::from_utf8(small(&path).ok()?).ok())
    }
}

/// A damaged core may name anything, and only sources are of use.
fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "go")
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
