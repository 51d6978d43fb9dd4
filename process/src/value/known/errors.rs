//! What `Error` of the errors of the standard library says.

use super::{At, Known, Nilable, Says};
use crate::types::Kind;
use crate::value::{Place, Reader};

pub(super) const ERRORS: Known = &[("joinError", Says::Chain, text)];

pub(super) const FMT: Known = &[
    ("wrapError", Says::Chain, text),
    ("wrapErrors", Says::Chain, text),
];

pub(super) const STRCONV: Known = &[("NumError", Says::Chain, text)];

/// Errors that are joined to one message.
const MOST_JOINED: u64 = 64;

/// The message of the error that stands at a place.
pub(super) fn text(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    // An error may be in itself: the readings inside each other are counted.
    reader.inside(|reader| of_type(reader, at))
}

/// The message of an error as an interface holds it: by pointer, or itself.
pub(super) fn message(reader: &mut Reader<'_>, held: &At<'_>) -> Option<String> {
    match held.ty.kind {
        Kind::Pointer => {
            let target = reader.follow(held)?;
            text(reader, &target)
        }
        _ => text(reader, held),
    }
}

/// The message of an error in a field; the inner `None` is nil.
fn inner(reader: &mut Reader<'_>, at: &At<'_>, path: &str) -> Option<Nilable<String>> {
    match reader.dynamic(&reader.field(at, path)?)? {
        Some(held) => Some(Some(message(reader, &held)?)),
        None => Some(None),
    }
}

fn of_type(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let string = |reader: &Reader<'_>, path| reader.string_at(at, path);
    Some(match at.ty.name.as_str() {
        "errors.errorString" | "fmt.fmtError" => string(reader, "s")?,
        "fmt.wrapError" | "fmt.wrapErrors" => string(reader, "msg")?,
        "errors.joinError" => joined(reader, at)?,
        "context.deadlineExceededError" => "context deadline exceeded".to_owned(),
        "io/fs.PathError" => {
            let (op, path) = (string(reader, "Op")?, string(reader, "Path")?);
            format!("{op} {path}: {}", inner(reader, at, "Err")??)
        }
        "os.LinkError" => {
            let (op, old, new) = (
                string(reader, "Op")?,
                string(reader, "Old")?,
                string(reader, "New")?,
            );
            format!("{op} {old} {new}: {}", inner(reader, at, "Err")??)
        }
        "os.SyscallError" => {
            let call = string(reader, "Syscall")?;
            format!("{call}: {}", inner(reader, at, "Err")??)
        }
        "os/exec.Error" => {
            let name = string(reader, "Name")?;
            format!("exec: {name:?}: {}", inner(reader, at, "Err")??)
        }
        "strconv.NumError" => {
            let (func, num) = (string(reader, "Func")?, string(reader, "Num")?);
            let num = dumpview_model::value::quote::quote(num.as_bytes());
            format!(
                "strconv.{func}: parsing {num}: {}",
                inner(reader, at, "Err")??
            )
        }
        "net/url.Error" => {
            let (op, url) = (string(reader, "Op")?, string(reader, "URL")?);
            let url = dumpview_model::value::quote::quote(url.as_bytes());
            format!("{op} {url}: {}", inner(reader, at, "Err")??)
        }
        "net.OpError" => operation(reader, at)?,
        "net.DNSError" => lookup(reader, at)?,
        "net.AddrError" => {
            let (err, addr) = (string(reader, "Err")?, string(reader, "Addr")?);
            if addr.is_empty() {
                err
            } else {
                format!("address {addr}: {err}")
            }
        }
        "net.ParseError" => {
            let (ty, text) = (string(reader, "Type")?, string(reader, "Text")?);
            format!("invalid {ty}: {text}")
        }
        "net.UnknownNetworkError" => format!("unknown network {}", reader.string_of(at)?),
        "syscall.Errno" => super::os::errno_message(reader, at)?,
        "encoding/json.SyntaxError" => string(reader, "msg")?,
        "internal/poll.errNetClosing" => "use of closed network connection".to_owned(),
        "internal/poll.DeadlineExceededError" => "i/o timeout".to_owned(),
        _ => return None,
    })
}

/// `errors.Join`: a line each.
fn joined(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let errors = reader.items(&reader.field(at, "errs")?)?;
    if errors.len > MOST_JOINED {
        return None;
    }
    let mut lines = Vec::new();
    for index in 0..errors.len {
        let held = reader.dynamic(&errors.at(index)?)??;
        lines.push(message(reader, &held)?);
    }
    Some(lines.join("\n"))
}

/// `(*net.OpError).Error`
fn operation(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let mut text = reader.string_at(at, "Op")?;
    let net = reader.string_at(at, "Net")?;
    if !net.is_empty() {
        text = format!("{text} {net}");
    }
    let source = super::net::address(reader, at, "Source")?;
    let to = super::net::address(reader, at, "Addr")?;
    if let Some(source) = &source {
        text = format!("{text} {source}");
    }
    if let Some(to) = to {
        let arrow = if source.is_some() { "->" } else { " " };
        text = format!("{text}{arrow}{to}");
    }
    let why = inner(reader, at, "Err")??;
    Some(format!("{text}: {why}"))
}

/// `(*net.DNSError).Error`
fn lookup(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let mut text = format!("lookup {}", reader.string_at(at, "Name")?);
    let server = reader.string_at(at, "Server")?;
    if !server.is_empty() {
        text = format!("{text} on {server}");
    }
    Some(format!("{text}: {}", reader.string_at(at, "Err")?))
}

impl Reader<'_> {
    /// A string in one of the program's tables, which has `len` of them.
    pub(super) fn in_table(&self, table: &str, index: u64, len: u64) -> Option<String> {
        let at = self.sources.globals.variable(table)?;
        let string = self.sources.types.predeclared("string")?;
        if index >= len {
            return None;
        }
        let entry = Place::Memory(at.offset(index * 16));
        let text = self.string_of(&self.typed_at(string, entry)?)?;
        (!text.is_empty()).then_some(text)
    }
}
