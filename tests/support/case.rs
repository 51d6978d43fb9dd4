//! One dead process and what is known about it.

use super::binary::Dumpview;
use super::traceback::Traceback;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A core, its executable and its two witnesses.
pub struct Case {
    /// `PROGRAM-MODE-VARIANT-goX.Y.Z-ARCH`.
    pub name: String,
    /// How it was built: `noopt`, `opt`, `stripped`, …
    pub variant: String,
    /// Where the core is.
    pub core: PathBuf,
    /// Where the executable is.
    pub exe: PathBuf,
    /// What the program said.
    pub truth: Value,
    /// What the runtime said.
    pub traceback: Traceback,
}

impl Case {
    /// Puts a case together from an entry of a manifest (`name`, `variant`) and its files.
    pub fn new(entry: &Value, core: &Path, exe: &Path, truth: Value, stderr: &str) -> Self {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        Self {
            name: text("name"),
            variant: text("variant"),
            core: core.to_owned(),
            exe: exe.to_owned(),
            truth,
            traceback: Traceback::parse(stderr),
        }
    }

    /// The binary, ready to be asked about this case.
    pub fn dumpview(&self) -> Dumpview {
        Dumpview::new(&self.core, Some(&self.exe))
    }

    /// Whether every variable in scope must be readable.
    pub fn unoptimised(&self) -> bool {
        !matches!(
            self.variant.as_str(),
            "opt" | "trimpath" | "pie" | "pie-external"
        )
    }

    /// Whether there is anything to read variables by.
    pub fn has_dwarf(&self) -> bool {
        !self.variant.contains("stripped") && self.variant != "nodwarf"
    }
}
