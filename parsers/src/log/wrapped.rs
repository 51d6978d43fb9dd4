//! Lines that were put into JSON: docker's json-file, and what `go test -json` prints.

use crate::line::Stamp;
use serde::Deserialize;
use std::borrow::Cow;

/// What was in the JSON.
#[derive(Debug)]
pub(super) struct Wrapped<'a> {
    /// What was written: a line with its end, or a piece of one.
    pub text: Cow<'a, str>,
    pub stamp: Option<Stamp>,
    /// The package, of a test's output.
    pub name: Option<Cow<'a, str>>,
    /// Pieces of the same stream of the same writer belong together.
    pub stream: u8,
}

/// docker's json-file log driver.
#[derive(Deserialize)]
struct Docker<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow, default)]
    stream: Cow<'a, str>,
    #[serde(borrow, default)]
    time: Cow<'a, str>,
}

/// cmd/internal/test2json and cmd/go (`build-output`, 1.24 and later).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Test<'a> {
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    output: Cow<'a, str>,
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    package: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    import_path: Option<Cow<'a, str>>,
}

/// Whether a line could be one of these, by the key that comes first.
pub(super) fn may_be(text: &[u8]) -> bool {
    let inside = text.strip_prefix(b"{").unwrap_or_default();
    let inside = inside.trim_ascii_start();
    [
        &b"\"log\""[..],
        b"\"Time\"",
        b"\"Action\"",
        b"\"ImportPath\"",
    ]
    .iter()
    .any(|key| inside.starts_with(key))
}

/// Takes a line out of its JSON, when it is one of these.
pub(super) fn unwrap(text: &[u8]) -> Option<Wrapped<'_>> {
    let inside = text.strip_prefix(b"{")?.trim_ascii_start();
    if inside.starts_with(b"\"log\"") {
        let docker: Docker<'_> = serde_json::from_slice(text).ok()?;
        return Some(Wrapped {
            stamp: Stamp::read(docker.time.as_bytes()).map(|(stamp, _)| stamp),
            stream: docker.stream.as_bytes().last().copied().unwrap_or_default(),
            text: docker.log,
            name: None,
        });
    }
    if !may_be(text) {
        return None;
    }
    let test: Test<'_> = serde_json::from_slice(text).ok()?;
    if test.action != "output" && test.action != "build-output" {
        return None;
    }
    Some(Wrapped {
        stamp: test
            .time
            .and_then(|time| Stamp::read(time.as_bytes()))
            .map(|(stamp, _)| stamp),
        stream: 0,
        text: test.output,
        name: test.package.or(test.import_path),
    })
}
