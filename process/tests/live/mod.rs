//! Builds and runs programs with the Go releases at hand, for tests that compare with a live one.

#![allow(
    dead_code,
    missing_docs,
    reason = "shared by several test programs, each using part of it"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The releases that the tests know how to ask for.
pub const RELEASES: [&str; 8] = [
    "1.19", "1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.3",
];

/// Those that `DUMPVIEW_RELEASES` names, or all.
pub fn releases() -> Vec<String> {
    let all = RELEASES.join(",");
    let wanted = std::env::var("DUMPVIEW_RELEASES").unwrap_or(all);
    wanted.split(',').map(str::to_owned).collect()
}

/// The command that runs a release of the go command.
pub struct Go {
    command: String,
    scratch: PathBuf,
}

impl Go {
    /// From `DUMPVIEW_GO`; `None` when that is not set.
    pub fn from_env() -> Option<Self> {
        let command = std::env::var("DUMPVIEW_GO").ok()?;
        // Tests of one program run side by side, and each removes its own folder when it ends.
        static TESTS: AtomicU32 = AtomicU32::new(0);
        let (process, test) = (std::process::id(), TESTS.fetch_add(1, Ordering::Relaxed));
        let scratch = std::env::temp_dir().join(format!("dumpview-live-{process}-{test}"));
        std::fs::create_dir_all(&scratch).unwrap();
        Some(Self { command, scratch })
    }

    /// The command.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// A folder that is removed in the end.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Builds a program of one file; `environment` has `GOARCH` and the like.
    pub fn build(
        &self,
        release: &str,
        name: &str,
        source: &str,
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> PathBuf {
        let file = self.scratch.join(format!("{name}.go"));
        std::fs::write(&file, source).unwrap();
        let exe = self.scratch.join(format!("{name}-{release}"));
        let status = Command::new(&self.command)
            .args([release, "build"])
            .args(flags)
            .arg("-o")
            .args([&exe, &file])
            .envs(environment.iter().copied())
            .current_dir(&self.scratch)
            .status()
            .unwrap();
        assert!(status.success(), "go {release} build {name}");
        exe
    }
}

impl Drop for Go {
    fn drop(&mut self) {
        // A leftover directory in the temporary directory harms nobody.
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

/// Runs a program that ends well and gives what it printed.
pub fn run(exe: &Path) -> String {
    let output = Command::new(exe).output().unwrap();
    assert!(output.status.success(), "{}", exe.display());
    String::from_utf8(output.stdout).unwrap()
}

/// What a program left that died.
pub struct Died {
    /// What it said.
    pub stdout: String,
    /// Its traceback.
    pub stderr: String,
    /// Its core.
    pub core: Vec<u8>,
}

/// Runs a program to its death in a directory of its own; `None` when it left no core, for want of an emulator.
pub fn die(exe: &Path, arch: &str, args: &[&str]) -> Option<Died> {
    let dir = Path::new(&format!("{}-{arch}.dir", exe.display())).to_owned();
    std::fs::create_dir_all(&dir).unwrap();
    let runner = if arch == "arm64" {
        "qemu-aarch64-static "
    } else {
        ""
    };
    let command = format!(
        "ulimit -c unlimited; {runner}{} {}",
        exe.display(),
        args.join(" ")
    );
    let output = Command::new("sh")
        .args(["-c", &command])
        .current_dir(&dir)
        .output()
        .unwrap();
    let mut files: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    // qemu itself dies too, and leaves a core of its own beside the guest's.
    let is_guest = |path: &Path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("qemu_")
    };
    files.retain(|path| arch == "amd64" || is_guest(path));
    let core = files.first().map(|core| std::fs::read(core).unwrap());
    std::fs::remove_dir_all(&dir).unwrap();
    Some(Died {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        core: core?,
    })
}
