//! An opened input: what it is, decided here for every verb, and how it is opened.
//!
//! | file | in charge of |
//! |---|---|
//! | `kind` | what a file is, told from its content |
//! | `core` | a core and its executable, opened |
//! | `image` | ELF files that stay open |
//! | `debug` | debug information that lies apart from its executable |
//! | `kept` | what is kept of its heap between runs |
//! | `texts` | the program's source files |

pub mod core;
mod debug;
mod image;
mod kept;
mod kind;
mod texts;

pub use kind::{Kind, recognize_file, recognize_stdin};

use crate::answer::Failure;
use crate::flags::Common;
use std::path::{Path, PathBuf};

/// Inputs that are read as they come: logs, compiler output.
pub struct Files<'f> {
    /// As typed, at least one; `-` is stdin.
    pub paths: &'f [PathBuf],
    /// The verb's own word, for verbs that have one.
    pub word: Option<&'f str>,
    /// Flags that every verb takes.
    pub common: &'f Common,
}

impl Files<'_> {
    /// The first of them, for verbs that read one.
    pub fn first(&self) -> &Path {
        self.paths.first().map_or(Path::new(""), PathBuf::as_path)
    }
}

/// The kind of an input that a verb was asked of, which cannot be opened as anything when it is not there.
///
/// # Errors
///
/// When the file cannot be opened or read.
pub fn kind_of(path: &Path) -> Result<Kind, Failure> {
    recognize_file(path).map_err(|error| match fetched(path) {
        Some(failure) => failure,
        None => Failure::cannot_read(path, &error),
    })
}

/// What is said of an address in the net, of which nothing is fetched: in the forms that go tool pprof takes.
pub fn fetched(path: &Path) -> Option<Failure> {
    let text = path.to_str().filter(|_| !path.exists())?;
    let (flag, url) = if let Some(rest) = text.strip_prefix("https+insecure://") {
        ("-k ", format!("https://{rest}"))
    } else if text.starts_with("http://") || text.starts_with("https://") {
        ("", text.to_owned())
    } else if is_host_and_port(text) {
        ("", format!("http://{text}"))
    } else {
        return None;
    };
    // A host alone stands for its CPU profile (cmd/pprof/pprof.go:adjustURL).
    let url = match url.split_once("://") {
        Some((_, host)) if !host.trim_end_matches('/').contains(['/', '?']) => {
            format!("{}/debug/pprof/profile", url.trim_end_matches('/'))
        }
        _ => url,
    };
    Some(Failure::usage(format!(
        "{text}: nothing is fetched\n\nhint: curl {flag}-o profile.pb.gz '{url}' && dumpview pprof profile.pb.gz"
    )))
}

/// `localhost:6060`, and what stands behind it.
fn is_host_and_port(text: &str) -> bool {
    let host_and_port = text.split('/').next().unwrap_or(text);
    host_and_port.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The newest core of a folder, among the files that are named as one.
pub fn newest_core(folder: &Path) -> Option<PathBuf> {
    let is_named_so =
        |name: &str| name.starts_with("core") || name.split('.').any(|part| part == "core");
    let named = std::fs::read_dir(folder).ok()?.filter_map(|entry| {
        let entry = entry.ok()?;
        let name = entry.file_name().into_string().ok()?;
        is_named_so(&name).then_some((entry.metadata().ok()?.modified().ok()?, name))
    });
    let mut named: Vec<_> = named.collect();
    named.sort();
    let is_core = |name: &Path| recognize_file(&folder.join(name)).is_ok_and(|k| k == Kind::Core);
    let mut newest_first = named.into_iter().rev().map(|(_, name)| PathBuf::from(name));
    newest_first.find(|name| is_core(name))
}
