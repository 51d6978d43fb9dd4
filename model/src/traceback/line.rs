//! A line that was printed beside a dump.

use crate::log::head;
use schemars::JsonSchema;
use serde::Serialize;

/// A line of the application.
#[derive(Serialize, Clone, PartialEq, Eq, Debug, Default, JsonSchema)]
#[schemars(rename = "log-line")]
pub struct LogLine {
    /// Its number, from 1.
    pub line: u64,
    /// What it says; cut when long.
    pub text: String,
}

impl LogLine {
    /// Says something else, in the memory that it has.
    pub(super) fn set(&mut self, text: &[u8]) {
        self.text.clear();
        self.text.push_str(&head(text));
    }
}
