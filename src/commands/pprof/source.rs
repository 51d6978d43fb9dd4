//! Source files of `list`, found as `go tool pprof` finds them (internal/report/source.go:openSourceFile): relative paths
//! below folders to search and below all folders above those.

use crate::input::small;
use dumpview_model::profile::Routine;
use dumpview_model::profile::names::trimmed;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A line of source.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "profile-source-line")]
pub struct SourceLine {
    /// Its number.
    pub line: i64,
    /// Its text.
    pub text: String,
}

/// A function and its source.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "profile-listed")]
pub struct ListedSource {
    #[serde(flatten)]
    /// What it costs.
    pub routine: Routine,
    /// Where the source was found; null when it was not.
    pub path: Option<String>,
    /// Its lines; null when it was not found.
    pub source: Option<Vec<SourceLine>>,
}

/// A source file.
pub struct SourceFile {
    /// Where it was found.
    pub path: PathBuf,
    /// Its lines.
    pub lines: Vec<String>,
}

/// Source files, each looked for once.
pub struct Sources {
    search: String,
    trim: String,
    /// Prefixes of paths and what they are replaced by.
    rules: Vec<(String, String)>,
    files: HashMap<String, Option<SourceFile>>,
}

impl Sources {
    /// Looks in these folders; in the current one when none is named.
    pub fn new(search: &str, trim: &str, rules: &[String]) -> Self {
        let here = || std::env::current_dir().map(|path| path.display().to_string());
        let search = if search.is_empty() {
            here().unwrap_or_default()
        } else {
            search.to_owned()
        };
        let rules = rules.iter().filter_map(|rule| rule.split_once('='));
        Self {
            search,
            trim: trim.to_owned(),
            rules: rules
                .map(|(from, to)| (from.to_owned(), to.to_owned()))
                .collect(),
            files: HashMap::new(),
        }
    }

    /// Where files are looked for.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// A file that the profile names.
    pub fn file(&mut self, name: &str) -> Option<&SourceFile> {
        if !self.files.contains_key(name) {
            let found = self.find(name);
            self.files.insert(name.to_owned(), found);
        }
        self.files.get(name)?.as_ref()
    }

    fn find(&self, name: &str) -> Option<SourceFile> {
        for (from, to) in &self.rules {
            if let Some(rest) = name.strip_prefix(from.as_str()) {
                return read(Path::new(&format!("{to}{rest}")));
            }
        }
        let path = trimmed(name, &self.trim, &self.search);
        if Path::new(path).is_absolute() {
            return read(Path::new(path));
        }
        self.search.split(':').find_map(|folder| {
            let folders = Path::new(folder).ancestors();
            folders
                .map(|folder| folder.join(path))
                .find_map(|file| read(&file))
        })
    }
}

fn read(path: &Path) -> Option<SourceFile> {
    let text = small(path).ok()?;
    let text = String::from_utf8_lossy(&text);
    Some(SourceFile {
        path: path.to_owned(),
        lines: text.lines().map(str::to_owned).collect(),
    })
}
