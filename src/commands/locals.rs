//! `locals` and `args`: the variables of one frame.

use super::bt::{function_name, place};
use super::print::{Retained, keeps};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::{RetainedFlags, ValueFlags};
use crate::verb::{About, OnCore, Verb, Word};
use dumpview_model::frame::Frame;
use dumpview_model::value::text::Style;
use dumpview_model::value::{Standing, Variable};
use dumpview_process::expr::Expressions;
use dumpview_process::frames::Variables;
use dumpview_process::heap::{Analysis, HeapError};
use dumpview_process::postmortem::is_argument;
use dumpview_process::symbols::printed_args;
use dumpview_process::value::Limits;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// Which of a frame's variables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// Declared in the body, and captured.
    Locals,
    /// Parameters and results.
    Args,
}

/// A variable, and what it keeps.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "kept-variable")]
pub struct Kept {
    #[serde(flatten)]
    variable: Variable,
    #[serde(flatten)]
    kept: Option<Retained>,
}

/// The variables of one frame.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "frame-variables")]
pub struct FrameVariables {
    /// Id of the goroutine.
    goroutine: u64,
    /// Number of the frame, as `bt` counts.
    frame: usize,
    /// Its function, as a traceback prints it; empty when not known.
    function: String,
    /// The variables, in the order of the source; empty where they have no names.
    variables: Vec<Kept>,
    /// Arguments as the runtime's traceback prints them; present of `args` where there are no names.
    #[serde(skip_serializing_if = "Option::is_none")]
    arg_words: Option<String>,
    #[serde(skip)]
    heading: Frame,
}

impl From<ValueFlags> for Limits {
    fn from(flags: ValueFlags) -> Self {
        let len = usize::try_from(flags.max_len).unwrap_or(usize::MAX);
        Self::asked(flags.depth as usize, len)
    }
}

/// Reads variables.
///
/// # Errors
///
/// When there is no such goroutine or frame, or its variables cannot be listed.
pub fn variables(
    case: &Case<'_>,
    flags: &RetainedFlags,
    which: Which,
    cursor: &Cursor,
) -> Result<FrameVariables, Failure> {
    let analysis = flags.retained.then(|| case.heap());
    let flags = &flags.frame;
    let at = case.at(flags.goroutine, cursor)?;
    let (index, call) = at.call(flags.frame.or(cursor.frame))?;
    let mut answer = FrameVariables {
        goroutine: at.goroutine.id.0,
        frame: index,
        function: call.frame.function.clone(),
        variables: Vec::new(),
        arg_words: None,
        heading: call.frame.clone(),
    };
    match case.process.variables(&at, call, flags.values.into()) {
        Variables::Named(mut variables) => {
            variables.retain(|v| is_argument(v) == (which == Which::Args));
            let scope = case.process.scope(Some((&at, call)));
            let expressions = Expressions {
                sources: case.process.sources_at(Some(call)),
                scope: &scope,
            };
            let kept = |heap: Result<&Analysis<'_, '_>, &HeapError>, variable: &Variable| {
                let heap = match heap {
                    Ok(heap) => heap,
                    Err(why) => return Retained::of(Err(why)),
                };
                if variable.standing != Standing::Exact {
                    return Retained::of(Err(variable.standing.as_str()));
                }
                let Ok(Some((ty, storage))) = expressions.place(&variable.name) else {
                    return Retained::of(Err("its value is not whole"));
                };
                Retained::of(heap.retained_by_value(ty, &storage, variable.escaped))
            };
            let variables = variables.into_iter().map(|variable| Kept {
                kept: analysis.map(|heap| kept(heap, &variable)),
                variable,
            });
            answer.variables = variables.collect();
        }
        Variables::Words(words) if which == Which::Args => {
            answer.arg_words = Some(printed_args(&words, &*case.process.memory));
        }
        Variables::Words(_) => {
            return Err(Failure::no_answer(
                "the executable has no DWARF (stripped, or built with -ldflags=-w), so no variables are known\n\n\
                 hint: dumpview args shows the words of the arguments",
            ));
        }
        Variables::None(why) => return Err(Failure::no_answer(why)),
    }
    Ok(answer)
}

impl Answer for FrameVariables {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let heading = format_args!(
            "goroutine {} frame {}: {} {}",
            self.goroutine,
            self.frame,
            function_name(&self.heading),
            place(&self.heading)
        );
        out.line(styled(Role::Dim, heading))?;
        if let Some(words) = &self.arg_words {
            out.line(format_args!("({words})"))?;
        }
        let style = Style::default();
        for kept in &self.variables {
            out.block("", &style.variable_block(&kept.variable))?;
            // Most keep nothing: JSON says so. Of those that are not there, their own line says why.
            if let Some(known) = &kept.kept
                && known.retained_bytes != Some(0)
                && kept.variable.standing == Standing::Exact
            {
                out.line(styled(Role::Dim, format!("    {}", keeps(known))))?;
            }
        }
        Ok(())
    }
}

/// `locals`.
pub struct LocalsVerb;

impl Verb for LocalsVerb {
    type Args = RetainedFlags;
    type Body = FrameVariables;
    const ABOUT: About = About::core("locals", "Local variables of a frame", Word::None);
}

impl OnCore for LocalsVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &RetainedFlags,
        _word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(variables(case, args, Which::Locals, cursor)?))
    }
}

/// `args`.
pub struct ArgsVerb;

impl Verb for ArgsVerb {
    type Args = RetainedFlags;
    type Body = FrameVariables;
    const ABOUT: About = About::core("args", "Arguments and results of a frame", Word::None);
}

impl OnCore for ArgsVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &RetainedFlags,
        _word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(variables(case, args, Which::Args, cursor)?))
    }
}
