//! Flags that every verb on a log takes.

use super::Window;
use crate::answer::Failure;
use crate::input::log::Reading;
use clap::Args;
use regex::bytes::Regex;
use std::path::PathBuf;

/// A log, and how it is read.
#[derive(Args, Debug, Clone, Default)]
pub struct LogArgs {
    /// The log, plain or compressed (`-` for stdin).
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Go on as the file grows, across rotation, like `tail -F`.
    #[arg(long)]
    pub follow: bool,

    /// What to take off the front of every line, when it is not recognised: a regular expression.
    #[arg(long, value_name = "REGEX")]
    pub strip_prefix: Option<String>,

    /// From then on: `90s` or `2m` after the process started, or a time of day or date as the log has it.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,

    /// Until then, in the same words.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

impl LogArgs {
    /// How it is to be read.
    pub fn reading(&self) -> Result<Reading, Failure> {
        let strip_prefix = self
            .strip_prefix
            .as_deref()
            .map(Regex::new)
            .transpose()
            .map_err(|error| Failure::usage(format!("--strip-prefix: {error}")))?;
        Ok(Reading {
            follow: self.follow,
            strip_prefix,
        })
    }

    /// The stretch that is asked for.
    pub fn window(&self) -> Result<Window, Failure> {
        Window::parse(self.since.as_deref(), self.until.as_deref())
    }

    /// Whether it comes from stdin.
    pub fn is_stdin(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    /// The input as messages name it.
    pub fn name(&self) -> String {
        if self.is_stdin() {
            "standard input".to_owned()
        } else {
            self.file.display().to_string()
        }
    }
}
