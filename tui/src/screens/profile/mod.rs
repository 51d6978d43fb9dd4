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

use crate::ask::{Answer, Topic};
use crate::data::page::{Standpoint, Target};
use crate::data::profile::{AskSelection, Selection};
use crate::keys::{Action, Binding, Key};
use crate::screen::{Effect, Input};
use dumpview_view::line::{Line, Role};

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

/// What a screen has asked, and what it was told.
struct Told<T: Topic> {
    asked: bool,
    failed: Option<String>,
    data: Option<T::Answer>,
}

/// What a screen does where it is shown.
enum Shown {
    /// It is something else that happens.
    No,
    /// It knows nothing yet.
    Ask,
    /// What it shows may be of a selection that another screen changed since.
    Look,
}

impl<T: Topic> Default for Told<T> {
    fn default() -> Self {
        Self {
            asked: false,
            failed: None,
            data: None,
        }
    }
}

impl<T: Topic> Told<T> {
    fn ask(&mut self, question: T) -> Vec<Effect> {
        self.asked = true;
        vec![Effect::Ask(question.into())]
    }

    /// What is to be done where the screen is shown.
    const fn shown(&self, input: &Input<'_>) -> Shown {
        match input {
            Input::Shown if !self.asked || self.failed.is_some() => Shown::Ask,
            Input::Shown if self.data.is_some() => Shown::Look,
            _ => Shown::No,
        }
    }

    /// Takes an answer; whether there is something new. What was shown stays where the next question cannot be answered.
    fn take(&mut self, mut answer: Answer) -> (bool, Vec<Effect>) {
        match answer.about::<T>() {
            Some(Ok(data)) => {
                self.failed = None;
                self.data = Some(data);
                return (true, Vec::new());
            }
            Some(Err(why)) if self.data.is_some() => return (false, vec![Effect::Say(why)]),
            Some(Err(why)) => self.failed = Some(why),
            None => {}
        }
        (false, Vec::new())
    }

    /// What is shown as long as there is nothing to show.
    fn instead(&self) -> Line {
        match &self.failed {
            Some(why) => Line::new(Role::Alarm, why.clone()),
            None => Line::new(Role::Dim, "reading…"),
        }
    }
}

/// Asks which selection it is now.
fn look() -> Vec<Effect> {
    vec![Effect::Ask(AskSelection.into())]
}

/// Whether an answer says that what is shown is of an older selection.
fn is_older(selection: &Selection, answer: &Answer) -> bool {
    let now = answer.peek::<AskSelection>();
    now.is_some_and(|now| selection.number != Some(*now))
}

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
