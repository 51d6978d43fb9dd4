//! Builds Go programs for tests that need real ones, with the command that `DUMPVIEW_GO` names
//! (`DUMPVIEW_GO RELEASE ARGS…` runs that release's `go`). Without it those tests say so and pass.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "test support: each test binary uses its own part, and a failure is a panic"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Every release whose output differs from its neighbours'.
pub const RELEASES: [&str; 8] = [
    "1.19", "1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.3",
];

/// The releases to test with: all, or those of `DUMPVIEW_GO_RELEASES` (space separated).
pub fn releases() -> Vec<String> {
    match std::env::var("DUMPVIEW_GO_RELEASES") {
        Ok(list) => list.split_whitespace().map(str::to_owned).collect(),
        Err(_) => RELEASES.iter().map(ToString::to_string).collect(),
    }
}

/// A directory for a test's programs, removed by the next run of the same test.
pub fn directory(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("dumpview-test-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Builds `source` (one main package) with a release; `None` when there is no Go to build with.
pub fn build(
    dir: &Path,
    release: &str,
    source: &str,
    args: &[&str],
    arch: &str,
) -> Option<PathBuf> {
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        eprintln!("not run: DUMPVIEW_GO is not set");
        return None;
    };
    std::fs::write(dir.join("main.go"), source).unwrap();
    std::fs::write(dir.join("go.mod"), "module main\n\ngo 1.19\n").unwrap();
    let out = dir.join(format!("prog-{release}-{arch}-{}", args.len()));
    let status = Command::new(go)
        .arg(release)
        .arg("build")
        .args(args)
        .arg("-o")
        .arg(&out)
        .arg(".")
        .current_dir(dir)
        .env("GOARCH", arch)
        .env("CGO_ENABLED", "0")
        .status()
        .unwrap();
    assert!(status.success(), "go {release} build failed");
    Some(out)
}
