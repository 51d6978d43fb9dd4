//! `bt`: the frames of a goroutine, inlined calls among them, with arguments and on demand all locals.

use super::at::At;
use super::goroutines::{describe, first_user_call};
use crate::answer::{Answer, Failure};
use crate::case::core::{Cursor, Session};
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_model::frame::Frame;
use dumpview_model::value::text::Style;
use dumpview_model::value::{Origin, Standing, Value, Variable};
use dumpview_process::frames::{Call, Variables};
use dumpview_process::runtime::Goroutine;
use dumpview_process::runtime::{Deferred, linked_defers};
use dumpview_process::symbols::printed_args;
use dumpview_process::value::Limits;
use dumpview_view::{Line, Role, Text, styled};
use serde::Serialize;
use std::io;

/// How `bt` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct BtFlags {
    /// Goroutine id.
    #[arg(short, long = "goroutine", value_name = "ID")]
    pub goroutine: Option<u64>,

    /// Locals of every frame.
    #[arg(long)]
    pub full: bool,

    /// At most this many frames.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub depth: usize,

    /// Every goroutine.
    #[arg(long)]
    pub all: bool,

    /// The runtime's own frames too, unfolded.
    #[arg(long)]
    pub runtime: bool,

    /// With --full, how many levels of structs, pointers and containers are opened.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub value_depth: u32,

    /// With --full, how many elements of a container, and bytes of a string, are shown.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub max_len: u64,
}

/// Stacks of one goroutine, or of all.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Backtraces {
    /// The one that was meant.
    One(Box<Backtrace>),
    /// Every goroutine's, by id.
    All {
        /// The stacks.
        goroutines: Vec<Backtrace>,
    },
}

/// One goroutine's stack.
#[derive(Serialize)]
pub struct Backtrace {
    /// Its id.
    goroutine: u64,
    /// Innermost first.
    frames: Vec<FrameDoc>,
    /// The outermost frame was reached.
    complete: bool,
    /// Why it was not.
    why_incomplete: Option<String>,
    /// Frames that are not in the list, because of `--depth` or the depth of the stack.
    frames_left_out: u64,
    /// The goroutine itself.
    state: dumpview_model::goroutine::Goroutine,
    #[serde(skip)]
    show_runtime: bool,
}

/// One frame.
#[derive(Serialize)]
pub struct FrameDoc {
    /// Its number, as `-f` takes it.
    pub index: usize,
    /// Function, file, line, pc, sp, inlined, trust, runtime.
    #[serde(flatten)]
    pub frame: Frame,
    /// Arguments and results.
    pub args: Vec<Variable>,
    /// Arguments as the runtime's own traceback prints them, where there are no names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arg_words: Option<String>,
    /// Local and captured variables, with `--full`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locals: Option<Vec<Variable>>,
    /// Deferred calls that it has not made yet, first to be made first, with `--full`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<Value>,
    /// Why variables could not be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_no_variables: Option<String>,
}

/// Whose frames have their locals listed with `--full`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LocalsOf {
    /// Every frame's.
    All,
    /// The program's own, not the standard library's.
    Program,
}

/// Unwinds.
///
/// # Errors
///
/// When there is no such goroutine.
pub fn bt(
    session: &Session<'_>,
    flags: &BtFlags,
    cursor: &Cursor,
    locals_of: LocalsOf,
) -> Result<Backtraces, Failure> {
    if !flags.all {
        let at = At::new(session, flags.goroutine, cursor)?;
        return Ok(Backtraces::One(Box::new(bt_of(
            session, &at, flags, locals_of,
        ))));
    }
    let all = session.process.goroutines().map_err(Failure::no_answer)?;
    let mut ids: Vec<u64> = all.list().iter().map(|g| g.id.0).collect();
    ids.sort_unstable();
    let stacks = ids.into_iter().map(|id| {
        let at = At::new(session, Some(id), cursor)?;
        Ok(bt_of(session, &at, flags, locals_of))
    });
    Ok(Backtraces::All {
        goroutines: stacks.collect::<Result<_, Failure>>()?,
    })
}

/// The frames of a stack that is unwound already.
pub fn bt_of(
    session: &Session<'_>,
    at: &At<'_>,
    flags: &BtFlags,
    locals_of: LocalsOf,
) -> Backtrace {
    let len = usize::try_from(flags.max_len).unwrap_or(usize::MAX);
    // Arguments stand in one line with their function: without --full they are not opened far.
    let limits = if flags.full {
        Limits::asked(flags.value_depth as usize, len)
    } else {
        Limits {
            depth: 1,
            len: len.min(8),
            string: len,
            ..Limits::default()
        }
    };
    let first = if flags.runtime {
        0
    } else {
        first_user_call(&at.calls).min(at.calls.len())
    };
    let end = first.saturating_add(flags.depth).min(at.calls.len());
    let linked = pending_records(session, at.goroutine);
    let frames = at.calls.iter().enumerate().take(end).map(|(index, call)| {
        let mut doc = FrameDoc {
            index,
            frame: call.frame.clone(),
            args: Vec::new(),
            arg_words: None,
            locals: None,
            deferred: Vec::new(),
            why_no_variables: None,
        };
        if flags.full {
            doc.deferred = session.process.deferred(&at.stack, call, &linked, limits);
        }
        match session.process.variables(&at.stack, call, limits) {
            Variables::Named(variables) => {
                let (args, locals): (Vec<_>, Vec<_>) = variables.into_iter().partition(is_argument);
                doc.args = args;
                let wanted = locals_of == LocalsOf::All || is_programs(session, call);
                doc.locals = (flags.full && wanted).then_some(locals);
            }
            Variables::Words(words) => {
                doc.arg_words = Some(printed_args(&words, &*session.process.memory));
            }
            Variables::None(why) => doc.why_no_variables = Some(why),
        }
        doc
    });
    let elided = at.stack.elided.map_or(0, |e| e.count);
    Backtrace {
        goroutine: at.goroutine.id.0,
        frames: frames.collect(),
        complete: at.stack.is_complete(),
        why_incomplete: at.stack.incomplete.as_ref().map(ToString::to_string),
        frames_left_out: elided + (at.calls.len() - end) as u64,
        state: describe(session, at.goroutine),
        show_runtime: flags.runtime,
    }
}

/// Whether a call is the program's own rather than the standard library's: its package is `main`, in the main
/// module, or has a dot in its first path element, as no package of the standard library has.
fn is_programs(session: &Session<'_>, call: &Call) -> bool {
    let module = session
        .process
        .build
        .as_ref()
        .and_then(|b| b.module.as_deref());
    let module = module.and_then(|m| m.split(' ').next()).unwrap_or("main");
    let first = call.name.split('/').next().unwrap_or_default();
    let dotted = call.name.contains('/') && first.contains('.');
    call.name.starts_with("main.") || dotted || call.name.starts_with(module)
}

/// The goroutine's defer records, newest first.
pub fn pending_records(session: &Session<'_>, goroutine: &Goroutine) -> Vec<Deferred> {
    let runtime = session.process.runtime();
    runtime
        .map(|runtime| linked_defers(&runtime, goroutine.defers).calls)
        .unwrap_or_default()
}

/// Arguments and results, as against locals and captured variables.
pub const fn is_argument(variable: &Variable) -> bool {
    matches!(variable.origin, Origin::Argument | Origin::Result)
}

impl Backtrace {
    /// A frame by its number, when it is among those that were asked for.
    pub fn frame(&self, index: usize) -> Option<&FrameDoc> {
        self.frames.get(index)
    }
}

impl Answer for Backtraces {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        match self {
            Self::One(one) => one.text(out),
            Self::All { goroutines } => {
                for one in goroutines {
                    one.text(out)?;
                    out.line("")?;
                }
                Ok(())
            }
        }
    }
}

impl Answer for Backtrace {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let heading = format_args!("goroutine {} [{}]:", self.goroutine, self.state.state());
        out.line(styled(Role::Heading, heading))?;
        let mut folded = 0;
        for frame in &self.frames {
            if frame.frame.runtime && !self.show_runtime {
                folded += 1;
                continue;
            }
            unfold(&mut folded, out)?;
            frame.text(out)?;
        }
        unfold(&mut folded, out)?;
        if self.frames_left_out > 0 {
            let more = format_args!("  …{} more frames (--depth N)", self.frames_left_out);
            out.line(styled(Role::Dim, more))?;
        }
        if let Some(why) = &self.why_incomplete {
            out.line(styled(Role::Dim, format_args!("  incomplete: {why}")))?;
        }
        if let Some(creator) = &self.state.created_by {
            let by = creator
                .goroutine
                .map_or_else(String::new, |id| format!(" in goroutine {id}"));
            let place = &creator.place;
            out.line(format_args!("created by {}{by}", place.function))?;
            if let Some((file, line)) = place.file.as_deref().zip(place.line) {
                out.line(format_args!("       {file}:{line}"))?;
            }
        }
        Ok(())
    }
}

fn unfold(folded: &mut usize, out: &mut Text<'_>) -> io::Result<()> {
    if *folded > 0 {
        let note = format_args!("     … {folded} frames of the runtime (--runtime)");
        out.line(styled(Role::Dim, note))?;
        *folded = 0;
    }
    Ok(())
}

impl FrameDoc {
    /// Number, function with arguments, place, and below it the locals.
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let args = arguments(self);
        let inlined = if self.frame.inlined { " [inlined]" } else { "" };
        let doubt = match self.frame.trust.as_str() {
            trust @ ("frame_pointer" | "guessed") => format!(" [by {trust}]"),
            _ => String::new(),
        };
        let name = function_name(&self.frame);
        out.line(
            Line::plain(format!("{:>4}  ", self.index))
                .and(Role::Name, name)
                .and(Role::Plain, format!("({args}){inlined}{doubt}")),
        )?;
        out.line(format_args!("        {}", place(&self.frame)))?;
        let full = Style::default();
        for call in &self.deferred {
            out.line(format_args!("            deferred {}", full.line(call)))?;
        }
        for variable in self.locals.iter().flatten() {
            let shown = full.variable_block(variable);
            out.block("            ", &shown)?;
        }
        Ok(())
    }
}

/// The arguments of a call on one line: by name, or as the runtime's traceback prints them.
pub fn arguments(frame: &FrameDoc) -> String {
    let style = Style {
        depth: 1,
        len: 4,
        string: 40,
        ..Style::default()
    };
    frame.arg_words.clone().unwrap_or_else(|| {
        let args = frame
            .args
            .iter()
            .filter(|arg| arg.origin == Origin::Argument);
        args.map(|arg| one_line(&style, arg))
            .collect::<Vec<_>>()
            .join(", ")
    })
}

/// `name=value`, short; a stale value is marked as the runtime marks it.
fn one_line(style: &Style, variable: &Variable) -> String {
    let name = &variable.name;
    match (&variable.value, &variable.standing) {
        (Some(value), Standing::Exact) => format!("{name}={}", style.line(value)),
        (Some(value), _) => format!("{name}={}?", style.line(value)),
        (None, _) => format!("{name}=?"),
    }
}

/// The function, or what there is to call it by.
pub fn function_name(frame: &Frame) -> String {
    match (frame.function.as_str(), frame.pc) {
        ("", Some(pc)) => format!("?? at {pc}"),
        ("", None) => "??".to_owned(),
        (name, _) => name.to_string(),
    }
}

/// `file:line`, or the pc where that is not known.
pub fn place(frame: &Frame) -> String {
    match (&frame.file, frame.line, frame.pc) {
        (Some(file), Some(line), _) => format!("{file}:{line}"),
        (_, _, Some(pc)) => pc.to_string(),
        _ => "?".to_owned(),
    }
}

/// A frame on one line.
pub fn short_frame(frame: &Frame, indent: &str, out: &mut Text<'_>) -> io::Result<()> {
    out.line(format_args!(
        "{indent}{}  {}",
        function_name(frame),
        place(frame)
    ))
}

/// `bt`.
pub struct BtVerb;

impl Verb for BtVerb {
    type Args = BtFlags;
    const ABOUT: About = About {
        aliases: &["stack"],
        ..About::core(
            "bt",
            "Frames of a goroutine (the one that crashed, unless -g) with inlined ones and arguments",
            Word::None,
        )
    };
}

impl OnCore for BtVerb {
    fn ask(
        session: &Session<'_>,
        args: &BtFlags,
        _word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(bt(session, args, cursor, LocalsOf::All)?))
    }
}
