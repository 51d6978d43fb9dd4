//! A file that grows: like `tail -F`, across rotation (another file takes the name) and truncation.
//!
//! Polled, not watched: log directories are often on file systems that tell nothing. A file that is truncated and
//! has grown past the old place between two looks is taken for one that grew, as `tail` does.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file by its name.
pub struct Followed {
    path: PathBuf,
    file: File,
    /// Bytes of this file read so far.
    position: u64,
    /// The last byte given was a line end, or nothing was given.
    at_line_start: bool,
    /// A line end is to be given before anything else: the line before was left unfinished for good.
    owed: bool,
}

impl Followed {
    /// Opens the file that has the name now.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: File::open(path)?,
            position: 0,
            at_line_start: true,
            owed: false,
        })
    }

    /// Whether reading goes on in another file, or from the start. The old file has been read to its end.
    fn turn_over(&mut self) -> io::Result<bool> {
        let Ok(now) = self.path.metadata() else {
            // Moved away, and no successor yet.
            return Ok(false);
        };
        if is_other(&self.file.metadata()?, &now) {
            let Ok(next) = File::open(&self.path) else {
                return Ok(false);
            };
            self.file = next;
        } else if now.len() < self.position {
            self.file.seek(SeekFrom::Start(0))?;
        } else {
            return Ok(false);
        }
        self.position = 0;
        self.owed = !self.at_line_start;
        Ok(true)
    }
}

impl Read for Followed {
    /// Gives what is new; 0 bytes for nothing new yet.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.owed
                && let Some(first) = buf.first_mut()
            {
                *first = b'\n';
                self.owed = false;
                self.at_line_start = true;
                return Ok(1);
            }
            let n = self.file.read(buf)?;
            if n > 0 {
                self.position += n as u64;
                self.at_line_start = buf.get(n - 1) == Some(&b'\n');
                return Ok(n);
            }
            if !self.turn_over()? {
                return Ok(0);
            }
        }
    }
}

#[cfg(unix)]
fn is_other(old: &Metadata, now: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (old.dev(), old.ino()) != (now.dev(), now.ino())
}

#[cfg(not(unix))]
fn is_other(_old: &Metadata, _now: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    fn new(followed: &mut Followed) -> String {
        let mut text = String::new();
        let mut buf = [0; 64];
        loop {
            let n = followed.read(&mut buf).unwrap();
            if n == 0 {
                return text;
            }
            text.push_str(std::str::from_utf8(&buf[..n]).unwrap());
        }
    }

    fn append(path: &Path, text: &str) {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn growth_rotation_and_truncation_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "one\n");
        let mut followed = Followed::open(&path).unwrap();
        assert_eq!(new(&mut followed), "one\n");
        append(&path, "two\nhal");
        assert_eq!(new(&mut followed), "two\nhal");
        fs::rename(&path, dir.path().join("log.1")).unwrap();
        append(&dir.path().join("log.1"), "f");
        assert_eq!(new(&mut followed), "f");
        append(&path, "three\n");
        assert_eq!(
            new(&mut followed),
            "\nthree\n",
            "the torn line does not run into the new file's first"
        );
        File::create(&path).unwrap();
        append(&path, "4\n");
        assert_eq!(new(&mut followed), "4\n");
    }
}
