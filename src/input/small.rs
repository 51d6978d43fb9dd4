//! Files that are read whole because they are small: sources, settings, what `/proc` says. A dump names sources as it
//! likes, so what is no such file is never waited for or taken in.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// No source of a person is larger.
const MOST: u64 = 64 << 20;

/// All bytes of a file.
///
/// # Errors
///
/// When it is a device, a pipe or a directory (looked at before it is opened: a pipe would be waited for), larger than
/// 64 MiB, or cannot be read.
pub fn small(path: &Path) -> io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if !about.is_file() {
        let why = "not a regular file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let mut bytes = Vec::new();
    // What `/proc` has says nothing of its size.
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let why = "larger than 64 MiB, as no source is";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::small;
    use std::fs::File;
    use std::io;
    use std::path::Path;

    #[test]
    fn what_is_no_source_is_refused() {
        let kind = |path: &Path| small(path).map_err(|error| error.kind());
        for path in ["/dev/zero", "/"] {
            assert_eq!(kind(Path::new(path)), Err(io::ErrorKind::InvalidInput));
        }
        let large = std::env::temp_dir().join(format!("dumpview-large-{}", std::process::id()));
        File::create(&large)
            .unwrap()
            .set_len(super::MOST + 1)
            .unwrap();
        let told = kind(&large);
        std::fs::remove_file(&large).unwrap();
        assert_eq!(told, Err(io::ErrorKind::FileTooLarge));
        assert!(small(Path::new("/proc/self/smaps")).is_ok_and(|text| !text.is_empty()));
    }
}
