//! `goroutines`: all of them, filtered, or grouped by identical stacks; from a core or a text.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags |
//! | `core` | a core's goroutines as the model has them |
//! | `view` | showing a set of them, whatever it came from |
//! | `text` | what a log says of them |
//! | `passing` | stdin that passes through until a crash |
//! | `report`, `json` | a log's answer around the view |
//! | `compare` | `--diff` |

mod args;
mod compare;
mod core;
mod json;
mod passing;
mod report;
mod text;
mod view;

pub use args::GoroutinesArgs;
pub use core::{collect, describe, first_user_call};

use crate::answer::{Exit, Failure};
use crate::cli::{Common, GoroutinesFlags};
use crate::input;
use crate::session::Session;
use std::io::{self, Write};
use view::View;

/// Whether the input is text, or is compared: what is left is a core.
pub fn is_on_text(args: &GoroutinesArgs) -> bool {
    let path = &args.input.core;
    args.diff.is_some()
        || args.input.executable.is_none()
            && !path.is_dir()
            && matches!(input::recognize_file(path), Ok(input::Kind::Other))
}

/// Answers from a text, or compares. The inner result is about writing the answer.
pub fn run(
    args: &GoroutinesArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    match &args.diff {
        Some(old) => compare::run(old, args, common, out),
        None => text::run(args, common, out, complain),
    }
}

/// Lists the goroutines of a core.
///
/// # Errors
///
/// When there is no list of them, or the filter cannot be understood.
pub fn goroutines(session: &Session<'_>, flags: &GoroutinesFlags) -> Result<View, Failure> {
    view::filter(flags)?;
    let (goroutines, hidden) =
        collect(session, flags.system, flags.with_stacks).map_err(Failure::no_answer)?;
    View::new(goroutines, hidden, flags)
}
