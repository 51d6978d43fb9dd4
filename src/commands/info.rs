//! `info`: what this is, why it died, and what the answer can be trusted for.

use crate::answer::Answer;
use crate::session::Session;
use crate::text::{Role, Text, bytes, styled};
use dumpview_process::process::{ExecutableMatch, core_writer};
use serde::Serialize;
use std::io;

/// The first screen.
#[derive(Serialize)]
pub struct Info {
    build: Option<Build>,
    /// Who wrote the core: the kernel, gcore, qemu-user.
    written_by: &'static str,
    /// Size of the core file in bytes.
    size: u64,
    pid: Option<i32>,
    command: Option<String>,
    threads: usize,
    /// How executable and core were matched.
    executable_match: String,
}

#[derive(Serialize)]
struct Build {
    version: String,
    path: Option<String>,
    module: Option<String>,
    settings: Vec<(String, String)>,
}

/// Sums up an opened process.
pub fn info(session: &Session<'_>) -> Info {
    let process = &session.process;
    let core = process.core;
    Info {
        build: process.build.as_ref().map(|b| Build {
            version: b.version.clone(),
            path: b.path.clone(),
            module: b.module.clone(),
            settings: b.settings.clone(),
        }),
        written_by: core_writer(core.kind),
        size: core.bytes.len() as u64,
        pid: core.process.as_ref().map(|p| p.pid),
        command: core
            .process
            .as_ref()
            .map(|p| String::from_utf8_lossy(p.arguments).trim().to_owned()),
        threads: core.threads.len(),
        executable_match: match &process.executable_match {
            ExecutableMatch::NoExecutable => "no executable".to_owned(),
            ExecutableMatch::Confirmed(by) => format!("confirmed by {by}"),
            ExecutableMatch::Mismatch { why } => format!("mismatch: {why}"),
            ExecutableMatch::Unverified => {
                "not verified: the core has nothing to compare with".to_owned()
            }
        },
    }
}

impl Answer for Info {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let version = self
            .build
            .as_ref()
            .map_or("not a Go program", |b| &b.version);
        out.line(styled(
            Role::Heading,
            format_args!("core dump of a {version} process"),
        ))?;
        let command = self.command.as_deref().unwrap_or("?");
        let pid = self
            .pid
            .map_or_else(String::new, |pid| format!(", pid {pid}"));
        out.line(format_args!(
            "  command     {}{pid}",
            command.escape_debug()
        ))?;
        let size = bytes(self.size);
        out.line(format_args!(
            "  core        {size}, written by {}, {} threads",
            self.written_by, self.threads
        ))?;
        let mismatch = self.executable_match.starts_with("mismatch");
        let role = if mismatch { Role::Alarm } else { Role::Dim };
        out.line(styled(
            role,
            format_args!("  executable  {}", self.executable_match),
        ))
    }
}
