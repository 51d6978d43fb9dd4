//! `os`, `os/exec`, `io/fs`, `syscall`: files, processes, and the system's numbers by their names.

use super::{At, Known, Says, errors};
use crate::value::Reader;
use std::fmt::Write;

pub(super) const OS: Known = &[
    ("File", Says::Some, file),
    ("LinkError", Says::Chain, errors::text),
    ("Process", Says::Some, process),
    ("SyscallError", Says::Chain, errors::text),
    ("file", Says::Some, opened),
];

pub(super) const EXEC: Known = &[
    ("Cmd", Says::Some, command),
    ("Error", Says::Chain, errors::text),
];

pub(super) const FS: Known = &[
    ("FileMode", Says::All, mode),
    ("PathError", Says::Chain, errors::text),
];

pub(super) const SYSCALL: Known = &[
    ("Errno", Says::All, errors::text),
    ("Signal", Says::All, signal),
];

/// Linux on amd64 and arm64 has errors up to 133 and signals up to 31 (`syscall/zerrors_linux_*.go`).
const ERRORS: u64 = 134;
const SIGNALS: u64 = 32;
/// Arguments of a command that are shown.
const MOST_ARGS: u64 = 16;

/// `/var/log/app.log (fd 5)`
fn file(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let inner = reader.follow(&reader.field(at, "file")?)?;
    opened(reader, &inner)
}

fn opened(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let name = reader.string_at(at, "name")?;
    // `poll.FD.destroy` leaves -1.
    Some(match reader.signed(at, "pfd.Sysfd")? {
        -1 => format!("{name} (closed)"),
        fd => format!("{name} (fd {fd})"),
    })
}

fn process(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    Some(format!("pid {}", reader.signed(at, "Pid")?))
}

fn command(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let path = reader.string_at(at, "Path")?;
    let args = reader.items(&reader.field(at, "Args")?)?;
    let mut text = path;
    // The first argument is the command's name.
    for index in 1..args.len.min(MOST_ARGS) {
        let _ = write!(text, " {}", reader.string_of(&args.at(index)?)?);
    }
    if args.len > MOST_ARGS {
        text.push_str(" …");
    }
    if let Some(process) = reader.field(at, "Process").and_then(|p| reader.follow(&p)) {
        let _ = write!(text, ", pid {}", reader.signed(&process, "Pid")?);
    }
    Some(text)
}

/// `-rw-r--r--`, as `FileMode.String` has it.
fn mode(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let bits = at.place.uint(reader.sources.memory, at.ty.size).ok()?;
    let mut text: String = "dalTLDpSugct?"
        .char_indices()
        .filter(|(i, _)| bits & (1 << (31 - i)) != 0)
        .map(|(_, c)| c)
        .collect();
    if text.is_empty() {
        text.push('-');
    }
    for (i, c) in "rwxrwxrwx".char_indices() {
        text.push(if bits & (1 << (8 - i)) != 0 { c } else { '-' });
    }
    Some(text)
}

/// What `Errno.Error` says, from the program's own table.
pub(super) fn errno_message(reader: &Reader<'_>, at: &At<'_>) -> Option<String> {
    let errno = at.place.uint(reader.sources.memory, at.ty.size).ok()?;
    if errno >= ERRORS {
        return Some(format!("errno {errno}"));
    }
    reader.in_table("syscall.errors", errno, ERRORS)
}

fn signal(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let signal = at.place.uint(reader.sources.memory, at.ty.size).ok()?;
    if signal >= SIGNALS {
        return None;
    }
    reader.in_table("syscall.signals", signal, SIGNALS)
}
