//! Flags that every verb on a log takes.

use super::Window;
use crate::answer::Failure;
use clap::Args;
use dumpview_parsers::log::LogReader;
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
    /// What it is to be read with.
    pub fn reader(&self) -> Result<LogReader, Failure> {
        reader(self.strip_prefix.as_deref())
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

/// A reader that takes what `--strip-prefix` matches off the front of every line.
///
/// # Errors
///
/// When it is no regular expression.
pub fn reader(strip_prefix: Option<&str>) -> Result<LogReader, Failure> {
    let Some(pattern) = strip_prefix else {
        return Ok(LogReader::new());
    };
    let pattern = Regex::new(&format!("^(?:{pattern})"))
        .map_err(|error| Failure::usage(format!("--strip-prefix: {error}")))?;
    let strip = move |line: &[u8]| pattern.find(line).map_or(0, |found| found.end());
    Ok(LogReader::new().with_strip(Box::new(strip)))
}
