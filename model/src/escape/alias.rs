//! One name for a file that text and JSON logs call differently.
//!
//! The go command prints paths relative to where it ran (`./main.go`), a log has them absolute, and it calls
//! a program's package `main` where the text has its import path. A log's file is taken for the one of the
//! text whose name is the longest tail of its own, if at least one diagnostic of both is about the same thing
//! at the same line and column.

use super::{builds::BuildSet, collect::Collector, decision::Step, rows::Said, strings::Sym};
use rustc_hash::{FxHashMap, FxHashSet};

type Key = (Sym, Sym);

impl Collector {
    /// Renames the files and packages of logs to those of the text.
    pub(super) fn unify_logs(&mut self) {
        let mut logs = BuildSet::default();
        for (number, build) in (1u32..).zip(&self.builds) {
            if build.logs {
                logs.insert(BuildSet::of(number));
            }
        }
        if logs.is_empty() {
            return;
        }
        let mut text: FxHashMap<Key, FxHashSet<(u32, u32, Sym)>> = FxHashMap::default();
        let mut logged: FxHashMap<Key, FxHashSet<(u32, u32, Sym)>> = FxHashMap::default();
        for row in &self.rows {
            let (Said::Decided { what, .. } | Said::Title { what, .. }) = row.said else {
                continue;
            };
            let side = if row.builds.intersects(logs) {
                &mut logged
            } else {
                &mut text
            };
            side.entry((row.package, row.place.file))
                .or_default()
                .insert((row.place.line, row.place.column, what));
        }
        // Only files of the same last name can be the same.
        let mut by_name: FxHashMap<&[u8], Vec<Key>> = FxHashMap::default();
        for key in text.keys() {
            by_name.entry(self.base_name(key.1)).or_default().push(*key);
        }
        let mut renamed: FxHashMap<Key, Key> = FxHashMap::default();
        for (key, subjects) in &logged {
            let twin = by_name
                .get(self.base_name(key.1))
                .into_iter()
                .flatten()
                .filter_map(|other| {
                    let tail = self.tail(*key, *other)?;
                    let theirs = text.get(other)?;
                    subjects
                        .iter()
                        .any(|subject| theirs.contains(subject))
                        .then_some((tail, *other))
                })
                .max_by_key(|(tail, _)| *tail);
            if let Some((_, other)) = twin {
                renamed.insert(*key, other);
            }
        }
        let mut files: FxHashMap<Sym, Sym> = FxHashMap::default();
        for ((_, file), (_, other)) in &renamed {
            files.insert(*file, *other);
        }
        for row in &mut self.rows {
            if let Some((package, file)) = renamed.get(&(row.package, row.place.file)) {
                row.package = *package;
                row.place.file = *file;
            }
        }
        for step in &mut self.steps {
            if let Step::From { place, .. } = step
                && let Some(file) = files.get(&place.file)
            {
                place.file = *file;
            }
        }
    }

    fn base_name(&self, file: Sym) -> &[u8] {
        let name = self.strings.bytes(file);
        let start = memchr::memrchr(b'/', name).map_or(0, |at| at + 1);
        name.get(start..).unwrap_or_default()
    }

    /// How long a tail of the log's file the text's name is, if it is one.
    fn tail(&self, (package, file): Key, (text_package, text_file): Key) -> Option<usize> {
        let main = self.strings.bytes(package) == b"main";
        if !main && package != text_package {
            return None;
        }
        let whole = self.strings.bytes(file);
        let name = self.strings.bytes(text_file);
        let name = name.strip_prefix(b"./").unwrap_or(name);
        let rest = whole.strip_suffix(name)?;
        (rest.is_empty() || rest.ends_with(b"/")).then_some(name.len())
    }
}
