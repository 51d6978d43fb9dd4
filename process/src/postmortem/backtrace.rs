//! The frames of a goroutine, inlined calls among them, with arguments and on demand locals and deferred calls.

use super::{At, Postmortem};
use crate::frames::Variables;
use crate::runtime::LinkedDefers;
use crate::symbols::printed_args;
use crate::unwind::Call;
use crate::value::Limits;
use dumpview_model::frame::Frame;
use dumpview_model::goroutine;
use dumpview_model::value::{Origin, Value, Variable};
use schemars::JsonSchema;
use serde::Serialize;

/// From where frames are counted for [`BacktraceOptions::depth`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CountedFrom {
    /// The innermost.
    Innermost,
    /// The first that is the program's own; the runtime's below it come on top.
    FirstUserCall,
}

/// Whose frames have their locals and deferred calls listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Locals {
    /// Nobody's: arguments only.
    None,
    /// The program's own, not the standard library's.
    OfProgram,
    /// Every frame's.
    All,
}

/// What a backtrace is to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BacktraceOptions {
    /// At most this many frames.
    pub depth: usize,
    /// Counted from here.
    pub counted_from: CountedFrom,
    /// Whose locals are listed.
    pub locals: Locals,
    /// How much of each value is read.
    pub limits: Limits,
}

impl BacktraceOptions {
    /// Arguments only, which stand in one line with their function: strings and containers of at most `len` bytes
    /// and elements, nothing inside them opened.
    pub fn arguments(depth: usize, len: usize) -> Self {
        Self {
            depth,
            counted_from: CountedFrom::FirstUserCall,
            locals: Locals::None,
            limits: Limits {
                depth: 1,
                len: len.min(8),
                string: len,
                ..Limits::default()
            },
        }
    }
}

/// One goroutine's stack.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "backtrace")]
pub struct Backtrace {
    /// Its id.
    pub goroutine: u64,
    /// Its calls, innermost first.
    pub frames: Vec<BacktraceFrame>,
    /// Whether the outermost frame was reached.
    pub complete: bool,
    /// Why it was not; null when it was.
    pub why_incomplete: Option<String>,
    /// Frames that are not in the list, because of the depth asked for or the depth of the stack.
    pub frames_left_out: u64,
    /// The goroutine itself.
    pub state: goroutine::Goroutine,
}

/// A frame of a stack, with its variables.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "backtrace-frame")]
pub struct BacktraceFrame {
    /// Its number, from 0: what `--frame` takes.
    pub index: usize,
    /// Function, file, line, pc, sp, inlined, trust, runtime.
    #[serde(flatten)]
    pub frame: Frame,
    /// Arguments and results; empty where they have no names.
    pub args: Vec<Variable>,
    /// Arguments as the runtime's own traceback prints them; present where there are no names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arg_words: Option<String>,
    /// Local and captured variables; present with `--full`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locals: Option<Vec<Variable>>,
    /// Deferred calls that it has not made yet, first to be made first: values of kind `func`, whose captures are the
    /// arguments; present with `--full`, absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<Value>,
    /// Why variables could not be listed; absent when they could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_no_variables: Option<String>,
}

/// Arguments and results, as against locals and captured variables.
pub const fn is_argument(variable: &Variable) -> bool {
    matches!(variable.origin, Origin::Argument | Origin::Result)
}

impl Postmortem<'_> {
    /// The frames of a goroutine with their variables.
    pub fn backtrace(&self, at: &At, options: BacktraceOptions) -> Backtrace {
        self.backtrace_within(at, options, &mut { usize::MAX })
    }

    /// The same with a budget of nodes for all values together, from which what they took is taken.
    pub fn backtrace_within(
        &self,
        at: &At,
        options: BacktraceOptions,
        left: &mut usize,
    ) -> Backtrace {
        let first = match options.counted_from {
            CountedFrom::Innermost => 0,
            CountedFrom::FirstUserCall => at.first_user_call().min(at.calls.len()),
        };
        let end = first.saturating_add(options.depth).min(at.calls.len());
        let linked = self.process.linked_defers(&at.goroutine);
        let calls = at.calls.iter().enumerate().take(end);
        let elided = at.stack.elided.map_or(0, |e| e.count);
        Backtrace {
            goroutine: at.goroutine.id.0,
            frames: calls
                .map(|(index, call)| self.frame(at, (index, call), &linked, options, left))
                .collect(),
            complete: at.stack.is_complete(),
            why_incomplete: at.stack.incomplete.as_ref().map(ToString::to_string),
            frames_left_out: elided + (at.calls.len() - end) as u64,
            state: self.describe(&at.goroutine),
        }
    }

    fn frame(
        &self,
        at: &At,
        (index, call): (usize, &Call),
        linked: &LinkedDefers,
        options: BacktraceOptions,
        left: &mut usize,
    ) -> BacktraceFrame {
        let process = &self.process;
        let mut frame = BacktraceFrame {
            index,
            frame: call.frame.clone(),
            args: Vec::new(),
            arg_words: None,
            locals: None,
            deferred: match options.locals {
                Locals::None => Vec::new(),
                _ => process.deferred(&at.stack, call, linked, options.limits, left),
            },
            why_no_variables: None,
        };
        match process.variables_within(at, call, options.limits, left) {
            Variables::Named(variables) => {
                let (args, locals): (Vec<_>, Vec<_>) = variables.into_iter().partition(is_argument);
                frame.args = args;
                frame.locals = match options.locals {
                    Locals::None => None,
                    Locals::OfProgram => self.is_programs(&call.name).then_some(locals),
                    Locals::All => Some(locals),
                };
            }
            Variables::Words(words) => {
                frame.arg_words = Some(printed_args(&words, &*process.memory));
            }
            Variables::None(why) => frame.why_no_variables = Some(why.to_string()),
        }
        frame
    }

    /// Whether a name (of a function, of a package variable) is the program's own rather than the standard library's: its
    /// package is `main`, in the main module, or has a dot in its first path element, as no package of the standard
    /// library has.
    pub(super) fn is_programs(&self, name: &str) -> bool {
        let first = name.split('/').next().unwrap_or_default();
        let dotted = name.contains('/') && first.contains('.');
        dotted || self.process.own().is_of_module(name)
    }

    /// The calls that a call of a stack has deferred and not made yet, first to be made first.
    pub fn deferred(&self, at: &At, call: &Call, limits: Limits) -> Vec<Value> {
        let linked = self.process.linked_defers(&at.goroutine);
        let left = &mut { usize::MAX };
        self.process
            .deferred(&at.stack, call, &linked, limits, left)
    }
}
