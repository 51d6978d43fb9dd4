//! The folder of files that this program made to be faster the next time: `$XDG_CACHE_HOME/dumpview`, else
//! `~/.cache/dumpview`.
//!
//! It may be removed at any time, by anybody. Files in it are the user's alone, since a heap tells of what was in it; all
//! together are bounded, the one that was not used for longest going first; and one that is being written has another name
//! until it is whole, so that several programs at once see each other's files whole or not at all.
//!
//! What stands in a file is its reader's to believe or not.

use crate::input::map_for_good;
use rustix::fs::statvfs;
use rustix::process::geteuid;
use std::fs::{self, DirBuilder, DirEntry, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Bytes of all files together.
const MOST_BYTES: u64 = 4 << 30;
/// The share of what is free on the disk that one file may take: an eighth.
const SHARE_OF_FREE: u64 = 8;
/// How a file ends that is being written.
const UNFINISHED: &str = "tmp";
/// One that is older was left by a program that was killed.
const ABANDONED: Duration = Duration::from_hours(1);

/// The folder.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// That of the user; `None` for one without a home.
    pub fn of_user() -> Option<Self> {
        let named = |name| std::env::var_os(name).map(PathBuf::from);
        // A path that is not absolute is to be ignored (XDG Base Directory Specification).
        let base = named("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        let base = base.or_else(|| {
            let home = named("HOME").filter(|path| path.is_absolute())?;
            Some(home.join(".cache"))
        })?;
        Some(Self {
            folder: base.join("dumpview"),
        })
    }

    /// The bytes of a file, when there is one that this user wrote. It counts as used.
    pub fn get(&self, name: &str) -> Option<&'static [u8]> {
        let file = File::open(self.folder.join(name)).ok()?;
        let about = file.metadata().ok()?;
        if !about.is_file() || about.len() == 0 || about.uid() != geteuid().as_raw() {
            return None;
        }
        // Where that cannot be said, the file is merely removed earlier than others.
        let _ = file.set_modified(SystemTime::now());
        map_for_good(&file).ok()
    }

    /// Keeps a file of at most so many bytes, which `write` writes, in place of one of that name.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or would take too much of the disk.
    pub fn put(
        &self,
        name: &str,
        bytes: u64,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let disk = statvfs(&self.folder)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if bytes > MOST_BYTES || bytes > free / SHARE_OF_FREE {
            return Err(io::Error::other(format!(
                "{bytes} bytes are more than it may take of the disk"
            )));
        }
        self.make_room(name, bytes)?;
        let unfinished = format!("{name}.{}.{UNFINISHED}", std::process::id());
        let unfinished = self.folder.join(unfinished);
        let written = self.write(&unfinished, name, write);
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    fn write(
        &self,
        unfinished: &Path,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(unfinished)?;
        write(&mut file)?;
        fs::rename(unfinished, self.folder.join(name))
    }

    /// Removes what was not used for longest, until there is room for so many bytes, and what was left unfinished.
    fn make_room(&self, name: &str, bytes: u64) -> io::Result<()> {
        let entries = fs::read_dir(&self.folder)?.filter_map(Result::ok);
        let mut files: Vec<(SystemTime, u64, DirEntry)> = entries
            .filter_map(|entry| {
                let about = entry.metadata().ok().filter(Metadata::is_file)?;
                Some((about.modified().ok()?, about.len(), entry))
            })
            .filter(|(.., entry)| entry.file_name() != name)
            .collect();
        files.sort_by_key(|(used, ..)| *used);
        let mut all: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (used, size, entry) in files {
            let path = entry.path();
            let is_unfinished = path.extension().is_some_and(|end| end == UNFINISHED);
            let is_abandoned = used.elapsed().is_ok_and(|age| age > ABANDONED);
            let is_in_the_way = !is_unfinished && all.saturating_add(bytes) > MOST_BYTES;
            if is_in_the_way || (is_unfinished && is_abandoned) {
                fs::remove_file(path)?;
                all = all.saturating_sub(size);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ABANDONED, Cache, MOST_BYTES};
    use std::fs::{self, File};
    use std::io;
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, SystemTime};

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache {
            folder: folder.path().join("a/dumpview"),
        };
        (folder, cache)
    }

    fn put(cache: &Cache, name: &str, text: &str) {
        let write = |out: &mut dyn io::Write| out.write_all(text.as_bytes());
        cache.put(name, text.len() as u64, write).unwrap();
    }

    fn names(cache: &Cache) -> Vec<String> {
        let entries = fs::read_dir(&cache.folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// A file with holes that was used so long ago.
    fn old(cache: &Cache, name: &str, bytes: u64, hours: u64) {
        let file = File::create(cache.folder.join(name)).unwrap();
        file.set_len(bytes).unwrap();
        let used = SystemTime::now() - Duration::from_hours(hours);
        file.set_modified(used).unwrap();
    }

    #[test]
    fn what_is_kept_is_had_again_and_is_the_users_alone() {
        let (_folder, cache) = cache();
        assert_eq!(cache.get("one"), None);
        put(&cache, "one", "something");
        assert_eq!(cache.get("one"), Some(&b"something"[..]));
        put(&cache, "one", "something else");
        assert_eq!(cache.get("one"), Some(&b"something else"[..]));
        assert_eq!(names(&cache), ["one"]);
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(cache.folder.clone()), 0o700);
        assert_eq!(mode(cache.folder.join("one")), 0o600);
    }

    #[test]
    fn the_file_that_was_not_used_for_longest_goes_first() {
        let (_folder, cache) = cache();
        put(&cache, "one", "something");
        old(&cache, "old", MOST_BYTES / 2, 3);
        old(&cache, "older", MOST_BYTES / 2, 4);
        assert!(cache.get("older").is_some());
        put(&cache, "two", "something");
        assert_eq!(names(&cache), ["older", "one", "two"]);
    }

    #[test]
    fn what_was_left_unfinished_goes_after_a_while() {
        let (_folder, cache) = cache();
        put(&cache, "one", "something");
        old(&cache, "two.7.tmp", 7, ABANDONED.as_secs() / 3600 + 1);
        old(&cache, "three.7.tmp", 7, 0);
        put(&cache, "four", "something");
        assert_eq!(names(&cache), ["four", "one", "three.7.tmp"]);
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing() {
        let (_folder, cache) = cache();
        put(&cache, "one", "something");
        let fails = |_: &mut dyn io::Write| Err(io::Error::other("no"));
        assert!(cache.put("one", 1, fails).is_err());
        assert!(cache.put("one", MOST_BYTES + 1, |_| Ok(())).is_err());
        assert_eq!(cache.get("one"), Some(&b"something"[..]));
        assert_eq!(names(&cache), ["one"]);
    }
}
