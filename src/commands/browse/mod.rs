//! What FILE opens on a terminal: the screens of `dumpview_tui`, fed by the same commands that answer in text.
//!
//! | file | in charge of |
//! |---|---|
//! | `worker` | answering the screens' questions on other threads, the newest first |
//! | `core` | a core: opens it beside the first frame, hands questions to the pages below |
//! | `log`, `escapes` | a log, which may still be growing; compiler output |
//! | `spool` | the raw lines of a text |
//! | `overview`, `goroutines`, `frames`, `memory` | models of a process to what a screen shows |
//! | `command` | the `:` prompt, and answers in text as lines of a screen |
//! | `export` | what is seen to a file |

mod command;
mod core;
mod escapes;
mod export;
mod frames;
mod goroutines;
mod log;
mod memory;
mod overview;
mod spool;
mod worker;

pub use log::{First, browse as browse_log};

use crate::answer::{Exit, Failure};
use crate::case::{Kind, wrong_kind};
use crate::commands::log::LogFlags;
use crate::flags::{ColorChoice, Common};
use dumpview_tui::app::End;
use dumpview_tui::terminal;
use dumpview_tui::theme::{Colors, Environment, Theme};
use std::io::{self, IsTerminal};
use std::path::Path;

/// Whether the screens open: stdout is a terminal that can show them, and nobody asked for text.
pub fn is_wanted(common: &Common) -> bool {
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    !common.plain && !common.json && !dumb && io::stdout().is_terminal()
}

/// Opens the screens of an input.
///
/// # Errors
///
/// When it cannot be opened, has no screens, or the terminal cannot be used.
pub fn browse(
    file: &Path,
    executable: Option<&Path>,
    kind: Kind,
    common: &Common,
) -> Result<Exit, Failure> {
    match kind {
        Kind::Core | Kind::Executable | Kind::Directory => core::browse(file, executable, common),
        Kind::Compiler => escapes::browse(file, None, common),
        Kind::Log | Kind::Stream | Kind::Empty => {
            log::browse(file, &LogFlags::default(), common, First::Overview)
        }
        kind => Err(wrong_kind("dumpview", file, kind)),
    }
}

/// How things look on this terminal.
fn theme(common: &Common) -> Theme {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let no_color = variable("NO_COLOR");
    let colorterm = variable("COLORTERM");
    let term = variable("TERM");
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable);
    let theme = Theme::of(&Environment {
        no_color: no_color.as_deref(),
        colorterm: colorterm.as_deref(),
        term: term.as_deref(),
        locale: locale.as_deref(),
    });
    match (common.color, theme.colors) {
        (ColorChoice::Never, _) => Theme {
            colors: Colors::None,
            ..theme
        },
        (ColorChoice::Always, Colors::None) => Theme {
            colors: Colors::Sixteen,
            ..theme
        },
        _ => theme,
    }
}

/// What the way it ended means for the exit status. A signal ends the program here, as it does by default.
fn settle(end: End) -> Result<Exit, Failure> {
    match end {
        End::Quit => Ok(Exit::Answered),
        End::Signal(signal) => {
            terminal::end_by(signal);
            Ok(Exit::Answered)
        }
        End::Broken(message) => Err(Failure::unreadable(message)),
    }
}

/// An input as the bar at the top names it.
fn short_name(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "stdin".to_owned();
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn no_terminal(error: &io::Error) -> Failure {
    Failure::unreadable(format!(
        "the terminal cannot be used: {error}\n\nhint: --plain prints the same as text"
    ))
}
