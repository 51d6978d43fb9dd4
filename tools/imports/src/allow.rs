//! The list of circles that may stay, each with the reason.

use std::collections::BTreeSet;

/// A circle that may stay.
pub struct Entry {
    /// The line of the list.
    pub line: usize,
    /// The folder whose files are in the circle.
    pub folder: String,
    /// Their names.
    pub members: BTreeSet<String>,
    /// Why it may stay.
    pub reason: String,
}

impl Entry {
    /// The names, as the list writes them.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.members.iter().map(String::as_str).collect();
        names.join(" ")
    }
}

/// Reads lines of the form `FOLDER: NAME NAME … -- REASON`; empty ones and comments (`#`) are passed over.
///
/// # Errors
///
/// A line of another form; a circle at the top of a crate whose reason does not say that it is to be opened, since there
/// imports have to run one way in the end.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let parts = text
            .split_once(" -- ")
            .and_then(|(circle, reason)| Some((circle.split_once(": ")?, reason.trim())));
        let Some(((folder, names), reason)) = parts else {
            return Err(format!(
                "allow.txt:{line}: expected FOLDER: NAME NAME … -- REASON: {text}"
            ));
        };
        let members: BTreeSet<String> = names.split_whitespace().map(str::to_owned).collect();
        if members.len() < 2 || reason.is_empty() {
            return Err(format!(
                "allow.txt:{line}: a circle has two names or more, and a reason: {text}"
            ));
        }
        let at_the_top = !folder.trim_start_matches("tools/").contains('/');
        if at_the_top && !reason.starts_with("to be opened") {
            return Err(format!(
                "allow.txt:{line}: a circle between the rooms of a crate cannot stay (say \"to be opened\"): {text}"
            ));
        }
        entries.push(Entry {
            line,
            folder: folder.to_owned(),
            members,
            reason: reason.to_owned(),
        });
    }
    Ok(entries)
}
