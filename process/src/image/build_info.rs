//! The Go version and build settings that every Go executable carries (`.go.buildinfo`).
//!
//! Layout since Go 1.18 (`cmd/link/internal/ld/data.go:buildinfo`, `debug/buildinfo`): 14 bytes of magic,
//! pointer size, flags (bit 1: strings are inline), padding to 32, then two uvarint-prefixed strings: the
//! version and the module text, the latter framed by 16-byte sentinels. The section is writable, so a core
//! has it even when no executable is given.

use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;

/// The 14-byte magic at the head of the build information, 16-byte aligned in a writable segment.
pub const BUILD_INFO_MAGIC: &[u8; 14] = b"\xff Go buildinf:";

/// A Go release, `go1.N.P` with what follows kept as text (`-X:mapsplitgroup`, `rc1`, a vendor's suffix).
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct GoVersion {
    /// N of `go1.N`.
    pub minor: u32,
    /// P of `go1.N.P`; zero when absent.
    pub patch: u32,
    /// The version exactly as the binary states it.
    pub text: String,
}

impl GoVersion {
    /// Reads `go1.N[.P][anything]`; also finds it behind `devel `.
    pub fn parse(text: &str) -> Option<Self> {
        let start = text.find("go1.")?;
        let mut numbers = text.get(start + 4..)?.splitn(2, '.');
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let first = numbers.next()?;
        let minor = first.get(..digits(first))?.parse().ok()?;
        let whole_first = digits(first) == first.len();
        let patch = numbers
            .next()
            .filter(|_| whole_first)
            .and_then(|p| p.get(..digits(p))?.parse().ok())
            .unwrap_or(0);
        Some(Self {
            minor,
            patch,
            text: text.to_owned(),
        })
    }

    /// Whether this is `go1.minor` or later.
    pub const fn at_least(&self, minor: u32) -> bool {
        self.minor >= minor
    }

    /// Experiments named in the version text (`X:a,b`), as `GOEXPERIMENT` spells them.
    pub fn experiments(&self) -> impl Iterator<Item = &str> {
        let list = self.text.split_once("X:").map_or("", |(_, list)| list);
        list.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What `go version -m` prints: version, main package, modules and settings.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "build")]
pub struct BuildInfo {
    /// The version string, `go1.27.3`.
    pub version: String,
    /// Import path of the main package; null when not recorded.
    pub path: Option<String>,
    /// Main module as `path version`; null when not recorded.
    pub module: Option<String>,
    /// Number of dependencies.
    #[serde(skip)]
    pub dependencies: usize,
    /// `build` lines in order: key and value, unquoted.
    pub settings: Vec<(String, String)>,
}

impl BuildInfo {
    /// Reads the information that starts with the magic at the head of `data`.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let flags = *data.strip_prefix(BUILD_INFO_MAGIC)?.get(1)?;
        if flags & 2 == 0 {
            return None;
        }
        let (version, rest) = prefixed(data.get(32..)?)?;
        let (modules, _) = prefixed(rest).unwrap_or_default();
        let mut info = Self {
            version: String::from_utf8_lossy(version).into_owned(),
            ..Self::default()
        };
        // 16-byte sentinels frame the module text.
        let text = modules
            .len()
            .checked_sub(16)
            .and_then(|end| modules.get(16..end))
            .unwrap_or_default();
        for line in String::from_utf8_lossy(text).lines() {
            match line.split_once('\t') {
                Some(("path", path)) => info.path = Some(path.to_owned()),
                Some(("mod", module)) => {
                    let words: Vec<&str> = module.split('\t').take(2).collect();
                    info.module = Some(words.join(" "));
                }
                Some(("dep", _)) => info.dependencies += 1,
                Some(("build", setting)) => {
                    if let Some((key, value)) = setting.split_once('=') {
                        info.settings.push((unquote(key), unquote(value)));
                    }
                }
                _ => {}
            }
        }
        Some(info)
    }

    /// The value of a `build` setting such as `-ldflags` or `CGO_ENABLED`.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
    }
}

/// A Go-quoted value when quoted, else as it stands. Escapes other than `\"` and `\\` stay as written.
fn unquote(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    inner.map_or_else(
        || text.to_owned(),
        |t| t.replace("\\\"", "\"").replace("\\\\", "\\"),
    )
}

/// A uvarint length and that many bytes, and what follows.
fn prefixed(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0u64;
    for (index, byte) in data.iter().take(10).enumerate() {
        length |= u64::from(byte & 0x7f).checked_shl(u32::try_from(index).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return data
                .get(index + 1..)?
                .split_at_checked(usize::try_from(length).ok()?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_suffixes_and_prefixes_are_read() {
        let read = |s: &str| GoVersion::parse(s).map(|v| (v.minor, v.patch));
        assert_eq!(read("go1.27.3"), Some((27, 3)));
        assert_eq!(read("go1.19"), Some((19, 0)));
        assert_eq!(read("go1.27.3-X:mapsplitgroup"), Some((27, 3)));
        assert_eq!(read("go1.21rc2"), Some((21, 0)));
        assert_eq!(read("devel go1.28-abcdef Mon"), Some((28, 0)));
        assert_eq!(read("rust"), None);
        let split = GoVersion::parse("go1.27.3-X:mapsplitgroup,arenas").unwrap();
        assert_eq!(
            split.experiments().collect::<Vec<_>>(),
            ["mapsplitgroup", "arenas"]
        );
    }

    #[test]
    fn a_length_past_the_end_is_refused() {
        assert_eq!(prefixed(&[5, b'a']), None);
        assert_eq!(prefixed(&[0xff; 12]), None);
        assert_eq!(prefixed(&[1, b'a', b'b']), Some((&b"a"[..], &b"b"[..])));
    }
}
