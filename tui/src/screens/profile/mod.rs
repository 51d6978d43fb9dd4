//! A profile.
//!
//! | file | in charge of |
//! |---|---|
//! | `flame` | the tree of calls as a picture, of a difference too |
//! | `functions` | functions by what they cost |
//! | `verdict` | what matters |

pub mod flame;
pub mod functions;
pub mod verdict;

use crate::data::page::{Standpoint, Target};
use crate::keys::{Action, Binding, Key};
use crate::screen::Effect;

/// To the source of a function.
const SOURCE: Binding = Binding::new(
    &[Key::Char('o')],
    Action::Object,
    "source",
    "the source of the function, with what each line costs (list)",
);

/// To another value.
const NEXT_TYPE: Binding = Binding::new(
    &[Key::Char('t')],
    Action::Next,
    "type",
    "the next type of value: samples, cpu, inuse_space, …",
);

/// Asks pprof's prompt about a function.
fn ask(verb: &str, function: Option<&str>) -> Vec<Effect> {
    let Some(function) = function else {
        return vec![Effect::Say("this is no function".to_owned())];
    };
    let mut pattern = String::from("^");
    for c in function.chars() {
        if !c.is_alphanumeric() && c != '_' && c != '/' {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    // A word of the prompt ends at a blank.
    let pattern = pattern.replace("\\ ", "\\s");
    vec![Effect::Go(Target::Command {
        line: format!("{verb} {pattern}$"),
        at: Standpoint::default(),
    })]
}
