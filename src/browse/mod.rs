//! What FILE opens on a terminal: the screens of `dumpview_tui`, fed by the same commands that answer in text.
//!
//! | file | in charge of |
//! |---|---|
//! | `worker` | answering the screens' questions on other threads, the newest first |
//! | `topics` | which function answers which question |
//! | `core` | a core: opens it beside the first frame, hands questions to the pages below |
//! | `heap` | the heap of a core or of a heap dump |
//! | `log`, `escapes` | a log, which may still be growing; compiler output |
//! | `log_page`, `log_memory` | the first page of a log; what it says of memory |
//! | `pipe` | what comes through a pipe after the screens were left |
//! | `profile` | a profile, or what differs between two |
//! | `spool` | the raw lines of a text |
//! | `overview`, `goroutines`, `frames`, `memory` | models of a process to what a screen shows |
//! | `command` | the `:` prompt, and answers in text as lines of a screen |
//! | `export` | what is seen to a file |
//! | `files` | files of this machine, for an editor |

mod command;
mod core;
mod escapes;
mod export;
mod files;
mod flame;
mod frames;
mod goroutines;
mod heap;
mod log;
mod log_memory;
mod log_page;
mod memory;
mod overview;
mod pipe;
mod profile;
mod spool;
mod topics;
mod worker;

pub use log::browse as browse_log;
pub use profile::browse as browse_profile;

use crate::answer::{Exit, Failure};
use crate::case::Kind;
use crate::case::core::Case;
use crate::commands::pprof::PprofFlags;
use crate::config::config;
use crate::flags::{ColorChoice, Common};
use crate::verb::Live;
use crossbeam_channel::{Receiver, Sender, unbounded};
use dumpview_tui::app::run::{Asked, run};
use dumpview_tui::app::{App, End, Event};
use dumpview_tui::terminal;
use dumpview_tui::theme::{Colors, Environment, Theme};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

/// Whether the screens open: stdout is a terminal that can show them, and nobody asked for text.
pub fn is_wanted(common: &Common) -> bool {
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let text = !common.json && !common.csv && !common.markdown && !common.html;
    text && !common.plain && !dumb && io::stdout().is_terminal()
}

/// Opens the screens of an input; `None` when there are none for its kind.
///
/// # Errors
///
/// When it cannot be opened, or the terminal cannot be used.
pub fn browse(
    file: &Path,
    executable: Option<&Path>,
    kind: Kind,
    common: &Common,
) -> Result<Option<Exit>, Failure> {
    match kind {
        Kind::Core | Kind::Executable | Kind::Directory | Kind::HeapDump => {
            core::browse(file, executable, None, kind, common)
        }
        Kind::Profile => {
            let paths: Vec<PathBuf> = executable
                .into_iter()
                .chain([file])
                .map(Path::to_owned)
                .collect();
            profile::browse(&paths, &PprofFlags::default(), common)
        }
        Kind::Compiler => escapes::browse(file, None, common),
        Kind::Log | Kind::Stream | Kind::Empty => log::browse(file, &Live::overview(), common),
        _ => return Ok(None),
    }
    .map(Some)
}

/// Opens the screens of two moments of a process, the older one first.
///
/// # Errors
///
/// As [`browse`].
pub fn browse_moments(
    old: &Path,
    new: &Path,
    executable: Option<&Path>,
    kind: Kind,
    common: &Common,
) -> Result<Exit, Failure> {
    if kind == Kind::Profile {
        let paths: Vec<PathBuf> = executable
            .into_iter()
            .chain([new])
            .map(Path::to_owned)
            .collect();
        let args = PprofFlags {
            diff_base: vec![old.display().to_string()],
            ..PprofFlags::default()
        };
        return profile::browse(&paths, &args, common);
    }
    core::browse(new, executable, Some(old), kind, common)
}

/// A case that is open for as long as the program runs: rows that screens hold are made from it where they are looked at.
type Open = &'static Case<'static>;

/// How things look on this terminal.
fn theme(common: &Common) -> Theme {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let no_color = variable("NO_COLOR");
    let colorterm = variable("COLORTERM");
    let term = variable("TERM");
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable);
    let colorfgbg = variable("COLORFGBG");
    let theme = Theme::of(&Environment {
        colorfgbg: colorfgbg.as_deref(),
        no_color: no_color.as_deref(),
        colorterm: colorterm.as_deref(),
        term: term.as_deref(),
        locale: locale.as_deref(),
    });
    let theme = Theme {
        background: config().background.or(theme.background),
        ..theme
    };
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

/// The channel on which the loop sleeps.
struct Events {
    sender: Sender<Event>,
    incoming: Receiver<Event>,
}

impl Events {
    fn new() -> Self {
        let (sender, incoming) = unbounded();
        Self { sender, incoming }
    }

    /// Shows the screens until they are left. `perform` hands questions to workers.
    fn show(
        &self,
        app: &mut App,
        common: &Common,
        mut perform: impl FnMut(Asked),
    ) -> Result<End, Failure> {
        let (theme, mouse) = (theme(common), !common.no_mouse);
        app.set_keys(config().keys.clone());
        run(
            app,
            &theme,
            mouse,
            &self.incoming,
            &self.sender,
            &mut perform,
        )
        .map_err(|error| {
            Failure::unreadable(format!(
                "the terminal cannot be used: {error}\n\nhint: --plain prints the same as text"
            ))
        })
    }
}

/// A thread that opens an input and answers; gives up with a failure when it cannot be opened.
type Worker = JoinHandle<Result<(), Failure>>;

/// Begins to work.
fn spawn(
    name: &str,
    work: impl FnOnce() -> Result<(), Failure> + Send + 'static,
) -> Result<Worker, Failure> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|error| Failure::unreadable(format!("no thread to work on: {error}")))
}

/// As [`settle`], with the reason of a worker that could not go on.
fn settle_with(end: End, worker: Worker) -> Result<Exit, Failure> {
    if let End::Broken(_) = end
        && worker.is_finished()
        && let Ok(Err(failure)) = worker.join()
    {
        return Err(failure);
    }
    settle(end)
}

/// What the way it ended means for the exit status. A signal ends the program here, as it does by default.
fn settle(end: End) -> Result<Exit, Failure> {
    match end {
        End::Quit | End::Interrupt => Ok(Exit::Answered),
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
