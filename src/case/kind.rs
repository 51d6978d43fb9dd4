//! What a file is, told from its content.

use crate::input::stream;
use dumpview_parsers::{perfdata, pprof, stacks};
use dumpview_process::image::CoreFile;
use std::io::{self, Read};
use std::path::Path;
use std::sync::OnceLock;

/// The kinds of input that are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An ELF core dump.
    Core,
    /// An ELF executable or library.
    Executable,
    /// What `go build -gcflags=-m` prints, or a directory of what it logs.
    Compiler,
    /// What `runtime/debug.WriteHeapDump` writes.
    HeapDump,
    /// An execution trace.
    Trace,
    /// A profile in the format of pprof.
    Profile,
    /// Text: whatever a process printed.
    Log,
    /// Standard input, a pipe: it can be read only once, so it is not looked into.
    Stream,
    /// Something that is known and not read here, and what to do with it.
    Foreign(&'static Foreign),
    /// Nothing is in it.
    Empty,
    /// A directory.
    Directory,
}

impl Kind {
    /// As a message names it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Core => "a core dump",
            Self::Executable => "an executable",
            Self::Compiler => "compiler output",
            Self::HeapDump => "a heap dump of runtime/debug.WriteHeapDump",
            Self::Trace => "an execution trace",
            Self::Profile => "a profile",
            Self::Log => "text, not an ELF file",
            Self::Foreign(foreign) => foreign.words,
            Self::Stream => "a pipe",
            Self::Empty => "an empty file",
            Self::Directory => "a directory",
        }
    }
}

/// A format that is not read here.
#[derive(PartialEq, Eq, Debug)]
pub struct Foreign {
    at: usize,
    magic: &'static [u8],
    words: &'static str,
    /// The command that makes something of it that is read, with FILE for its name; empty where there is none.
    pub command: &'static str,
}

/// Archives and packers by the bytes that they begin with, and dumps of other systems.
const FOREIGN: &[Foreign] = &[
    foreign(0, b"\xfd7zXZ\0", "packed by xz", "xz -dc FILE > core"),
    foreign(0, b"BZh", "packed by bzip2", "bzip2 -dc FILE > core"),
    foreign(
        0,
        b"\x04\x22\x4d\x18",
        "packed by lz4",
        "lz4 -dc FILE > core",
    ),
    foreign(
        0,
        b"\x5d\0\0",
        "packed by lzma",
        "xz -dc --format=lzma FILE > core",
    ),
    foreign(0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x FILE"),
    foreign(0, b"PK\x03\x04", "a zip archive", "unzip FILE"),
    foreign(257, b"ustar", "a tar archive", "tar -xf FILE"),
    foreign(0, b"MDMP", "a Windows minidump", ""),
    foreign(0, b"\xcf\xfa\xed\xfe", "a Mach-O file of macOS", ""),
];

const fn foreign(
    at: usize,
    magic: &'static [u8],
    words: &'static str,
    command: &'static str,
) -> Foreign {
    Foreign {
        at,
        magic,
        words,
        command,
    }
}

/// Recognises an input by its first bytes.
pub fn recognize(bytes: &[u8]) -> Kind {
    if bytes.is_empty() {
        Kind::Empty
    } else if CoreFile::recognizes(bytes) {
        Kind::Core
    } else if bytes.starts_with(b"\x7fELF") {
        Kind::Executable
    } else if let Some(foreign) = FOREIGN.iter().find(|foreign| {
        let from_there = bytes.get(foreign.at..).unwrap_or_default();
        from_there.starts_with(foreign.magic)
    }) {
        Kind::Foreign(foreign)
    } else if is_heap_dump(bytes) {
        Kind::HeapDump
    } else if is_trace(bytes) {
        Kind::Trace
    } else if is_profile(bytes) {
        Kind::Profile
    } else if dumpview_parsers::escape::recognizes(bytes) {
        Kind::Compiler
    } else {
        Kind::Log
    }
}

/// `runtime/heapdump.go` writes `go1.7 heap dump` and a newline; earlier releases wrote their own numbers.
fn is_heap_dump(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next();
    line.is_some_and(|line| line.starts_with(b"go1.") && line.ends_with(b" heap dump"))
}

/// `runtime/trace.go` begins with `go 1.22 trace` and zeros, 16 bytes in all.
fn is_trace(bytes: &[u8]) -> bool {
    let head = bytes.get(..16).unwrap_or_default();
    let text = head.split(|byte| *byte == 0).next().unwrap_or_default();
    head.starts_with(b"go 1.") && text.ends_with(b" trace")
}

/// A profile.proto, whatever it begins with, a CPU profile of gperftools, a recording of perf, or stacks that other tools
/// sampled.
fn is_profile(bytes: &[u8]) -> bool {
    let is_whole = (bytes.len() as u64) < HEAD;
    is_binary_profile(bytes, is_whole)
        || is_gperf(bytes)
        || stacks::recognizes_perf(bytes)
        || stacks::recognizes_folded(bytes, is_whole)
}

/// A profile that no text looks like.
fn is_binary_profile(bytes: &[u8], is_whole: bool) -> bool {
    perfdata::recognizes(bytes)
        || pprof::recognizes(bytes, is_whole)
        || pprof::recognizes_cpu(bytes)
}

/// Text of gperftools; Go's own, whose first line may be the same, is a log as its other profiles in text are.
fn is_gperf(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| *byte == b'\n').next();
    pprof::recognizes_gperf(bytes)
        && first
            .is_some_and(|first| dumpview_parsers::profile::line(first.trim_ascii_end()).is_none())
}

/// How much of an input is looked at to see what it is: compiler output may begin with other lines.
const HEAD: u64 = 64 << 10;

/// What comes through standard input, looked at without taking it: waits for the first of it. What was unpacked to see it is
/// not there a second time, so the answer is kept.
pub fn recognize_stdin() -> Kind {
    static KIND: OnceLock<Kind> = OnceLock::new();
    *KIND.get_or_init(|| {
        let head = stream::head_of_stdin(PEEK);
        match recognize(&head) {
            kind @ (Kind::Core | Kind::Executable | Kind::Foreign(_)) => kind,
            // Text may be a log that is still being written, whatever its first lines look like.
            _ if is_binary_profile(&head, false) => Kind::Profile,
            _ => Kind::Stream,
        }
    })
}

/// How much of standard input is looked at.
const PEEK: u64 = 512;

/// Recognises a file, also a compressed one. What can be read only once (stdin as `-`, a pipe) is not looked into:
/// a core has to be a file, so it can only be text.
///
/// # Errors
///
/// When the file cannot be opened or read.
pub fn recognize_file(path: &Path) -> io::Result<Kind> {
    if path.as_os_str() == "-" {
        return Ok(Kind::Stream);
    }
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        return Ok(Kind::Directory);
    }
    if !metadata.is_file() {
        return Ok(Kind::Stream);
    }
    let mut head = Vec::new();
    stream::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(recognize(&head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_content() {
        for (bytes, kind) in [
            (&b"\x7fELF\x02\x01\x01"[..], Kind::Executable),
            (b"go1.7 heap dump\n\x06", Kind::HeapDump),
            (b"\xfd7zXZ\0\0\x04", Kind::Foreign(&FOREIGN[0])),
            (b"go 1.22 trace\0\0\0", Kind::Trace),
            (b"\x0a\x04\x08\x01\x10\x02\x32\0", Kind::Profile),
            (b"./main.go:5:6: can inline main\n", Kind::Compiler),
            (b"panic: boom\n\ngoroutine 1 [running]:\n", Kind::Log),
            (b"\n\x04\n", Kind::Log),
            (b"", Kind::Empty),
        ] {
            assert_eq!(recognize(bytes), kind, "{bytes:?}");
        }
    }
}
