//! `goroutines`: all of them, filtered, or grouped by identical stacks; from a core or a text.
//!
//! | file | in charge of |
//! |---|---|
//! | `core` | a core's goroutines as the model has them |
//! | `view` | showing a set of them, whatever it came from |

mod core;
mod view;

pub use core::{collect, describe, first_user_call};

use crate::answer::Failure;
use crate::cli::GoroutinesFlags;
use crate::session::Session;
use view::View;

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
