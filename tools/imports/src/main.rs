//! Checks that imports run one way: between the folders and files at the top of each crate ("rooms"), and inside every
//! folder.
//!
//!     cargo run -p dumpview-imports [-- --verbose] [WORKSPACE]
//!
//! It prints the rooms of every crate in floors: what stands on a floor imports only from floors below. A circle is an
//! error, unless `tools/imports/allow.txt` lists exactly that circle with a reason; an entry there that matches nothing is
//! an error too, so that the list only ever shrinks by being kept true.
//!
//! What counts as an import, and why: a `use`, and any path in code whose first segment leads into the crate (`crate`,
//! `self`, `super`, a child module, a name that a `use` brought in, renamed or not). `mod name;` alone is no import. Code
//! under `#[cfg(test)]` is left out, because tests may look wherever they like. Macros are not expanded: the body of a
//! `macro_rules!` is left out, since its paths belong to wherever it is called; the arguments of a call are read as the
//! code they look like.

mod allow;
mod graph;
mod lex;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut verbose = false;
    let mut workspace = PathBuf::new();
    for argument in std::env::args_os().skip(1) {
        if argument == "--verbose" {
            verbose = true;
        } else {
            workspace = PathBuf::from(argument);
        }
    }
    let mut report = String::new();
    let outcome = check(&workspace, verbose, &mut report);
    let _ = io::stdout().write_all(report.as_bytes());
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(problems) => {
            let _ = writeln!(io::stderr(), "imports: {problems} to mend");
            ExitCode::FAILURE
        }
        Err(why) => {
            let _ = writeln!(io::stderr(), "imports: {why}");
            ExitCode::from(3)
        }
    }
}

/// Checks every crate of a workspace; gives how much is wrong.
fn check(workspace: &Path, verbose: bool, report: &mut String) -> Result<usize, String> {
    let path = workspace.join("tools/imports/allow.txt");
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let allowed = allow::parse(&text)?;
    let mut problems = 0;
    let mut used = BTreeSet::new();
    for member in members(workspace)? {
        let source = match member.as_str() {
            "." => workspace.join("src"),
            member => workspace.join(member).join("src"),
        };
        let name = if member == "." {
            "src"
        } else {
            member.as_str()
        };
        for root in ["lib.rs", "main.rs"] {
            let file = source.join(root);
            if !file.exists() {
                continue;
            }
            let tree = read::crate_at(&file)?;
            graph::draw_rooms(&tree, name, report);
            for circle in graph::circles(&tree, name) {
                let entry = allowed
                    .iter()
                    .find(|entry| entry.folder == circle.folder && entry.members == circle.members);
                if let Some(entry) = entry {
                    used.insert(entry.line);
                }
                if entry.is_none() || verbose {
                    circle.draw(entry.map(|e| e.reason.as_str()), report);
                }
                problems += usize::from(entry.is_none());
            }
        }
    }
    for entry in allowed.iter().filter(|entry| !used.contains(&entry.line)) {
        problems += 1;
        let _ = writeln!(
            report,
            "{}:{}: there is no such circle any more, take the entry out: {}: {}",
            path.display(),
            entry.line,
            entry.folder,
            entry.names()
        );
    }
    Ok(problems)
}

/// The crates of the workspace, from the list in its manifest: a list of plain strings, which needs no reader of TOML.
fn members(workspace: &Path) -> Result<Vec<String>, String> {
    let path = workspace.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let list = text
        .split_once("members")
        .and_then(|(_, rest)| rest.split_once('['))
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(list, _)| list)
        .ok_or_else(|| format!("{}: no list of members", path.display()))?;
    let members: Vec<String> = list
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    if members.is_empty() {
        return Err(format!("{}: the list of members is empty", path.display()));
    }
    Ok(members)
}
