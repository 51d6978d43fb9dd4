//! Flags that every verb on a log takes.

use super::Window;
use crate::answer::Failure;
use clap::Args;
use dumpview_parsers::log::LogReader;
use regex::bytes::Regex;
use std::path::Path;

/// How a log is read.
#[derive(Args, Debug, Clone, Default)]
pub struct LogFlags {
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

impl LogFlags {
    /// What a log is to be read with.
    ///
    /// # Errors
    ///
    /// When `--strip-prefix` is no regular expression.
    pub fn reader(&self) -> Result<LogReader, Failure> {
        let Some(pattern) = &self.strip_prefix else {
            return Ok(LogReader::new());
        };
        let pattern = Regex::new(&format!("^(?:{pattern})"))
            .map_err(|error| Failure::usage(format!("--strip-prefix: {error}")))?;
        let strip = move |line: &[u8]| pattern.find(line).map_or(0, |found| found.end());
        Ok(LogReader::new().with_strip(Box::new(strip)))
    }

    /// The stretch that is asked for.
    ///
    /// # Errors
    ///
    /// When a time cannot be understood.
    pub fn window(&self) -> Result<Window, Failure> {
        Window::parse(self.since.as_deref(), self.until.as_deref())
    }

    /// Whether all of a log is wanted, as it comes: then the screens can show it.
    pub fn is_live(&self, file: &Path) -> bool {
        self.since.is_none() && self.until.is_none() && (is_stdin(file) || self.follow)
    }
}

/// Whether an input is standard input.
pub fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// An input as messages name it.
pub fn name(file: &Path) -> String {
    if is_stdin(file) {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}
