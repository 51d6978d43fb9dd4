//! `bt`: the frames of a goroutine, inlined calls among them, with arguments and on demand all locals.
//!
//! | file | in charge of |
//! |---|---|
//! | `all` | the stacks of all goroutines, one at a time |

mod all;

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_model::frame::{Frame, Trust};
use dumpview_model::value::text::Style;
use dumpview_model::value::{Origin, Standing, Variable};
use dumpview_process::addr::GoId;
use dumpview_process::postmortem::{
    Backtrace, BacktraceFrame, BacktraceOptions, CountedFrom, Locals,
};
use dumpview_process::value::Limits;
use dumpview_view::{Line, Role, Text, styled};
use schemars::JsonSchema;
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

/// The stack of one goroutine.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Backtraces {
    stack: Box<Backtrace>,
    #[serde(skip)]
    runtime: RuntimeFrames,
    #[serde(skip)]
    page: Page,
}

/// How much room the text takes for values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Page {
    /// As much as they need.
    Whole,
    /// A line for each, and none for what is not the variable's value now.
    First,
}

impl Backtraces {
    /// On a page with other things.
    #[must_use]
    pub const fn on_first_page(mut self) -> Self {
        self.page = Page::First;
        self
    }
}

/// What the document says: whose stacks they are.
#[derive(JsonSchema)]
#[schemars(inline)]
#[schemars(untagged)]
#[expect(dead_code, reason = "read by the derive only")]
pub enum Stacks {
    /// The stack of the goroutine that was meant.
    One(Box<Backtrace>),
    /// With `--all`.
    All {
        /// The stack of each, by id.
        goroutines: Vec<Backtrace>,
    },
}

/// What the text does with the runtime's own frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RuntimeFrames {
    /// Counts them.
    Folded,
    /// Shows them as any other.
    Shown,
}

impl RuntimeFrames {
    const fn of(flags: &BtFlags) -> Self {
        if flags.runtime {
            Self::Shown
        } else {
            Self::Folded
        }
    }
}

impl BtFlags {
    fn options(&self, locals: Locals) -> BacktraceOptions {
        let len = usize::try_from(self.max_len).unwrap_or(usize::MAX);
        let mut options = BacktraceOptions::arguments(self.depth, len);
        if self.full {
            options.locals = locals;
            options.limits = Limits::asked(self.value_depth as usize, len);
        }
        if self.runtime {
            options.counted_from = CountedFrom::Innermost;
        }
        options
    }
}

/// Unwinds the goroutine that is meant.
///
/// # Errors
///
/// When there is no such goroutine.
pub fn bt(
    case: &Case<'_>,
    flags: &BtFlags,
    cursor: &Cursor,
    locals: Locals,
) -> Result<Backtraces, Failure> {
    let meant = flags.goroutine.or(cursor.goroutine).map(GoId);
    let recorded = case.recorded_backtraces(false, meant, flags.depth);
    let stack = match recorded {
        Some(recorded) => recorded?
            .pop()
            .ok_or_else(|| Failure::no_answer("no stack"))?,
        None => case.backtrace(&case.at(flags.goroutine, cursor)?, flags.options(locals)),
    };
    Ok(Backtraces {
        stack: Box::new(stack),
        page: Page::Whole,
        runtime: RuntimeFrames::of(flags),
    })
}

impl Answer for Backtraces {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        text(&self.stack, self.runtime, self.page, out)
    }
}

/// A stack: its goroutine, its frames, and where it was made.
fn text(
    stack: &Backtrace,
    runtime: RuntimeFrames,
    page: Page,
    out: &mut Text<'_>,
) -> io::Result<()> {
    let heading = format_args!("goroutine {} [{}]:", stack.goroutine, stack.state.state());
    out.line(styled(Role::Heading, heading))?;
    let mut folded = 0;
    for frame in &stack.frames {
        if frame.frame.runtime && runtime == RuntimeFrames::Folded {
            folded += 1;
            continue;
        }
        unfold(&mut folded, out)?;
        frame_text(frame, page, out)?;
    }
    unfold(&mut folded, out)?;
    if stack.frames_left_out > 0 {
        let more = format_args!("  …{} more frames (--depth N)", stack.frames_left_out);
        out.line(styled(Role::Dim, more))?;
    }
    if let Some(why) = &stack.why_incomplete {
        out.line(styled(Role::Dim, format_args!("  incomplete: {why}")))?;
    }
    if let Some(creator) = &stack.state.created_by {
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

fn unfold(folded: &mut usize, out: &mut Text<'_>) -> io::Result<()> {
    if *folded > 0 {
        let note = format_args!("     … {folded} frames of the runtime (--runtime)");
        out.line(styled(Role::Dim, note))?;
        *folded = 0;
    }
    Ok(())
}

/// Number, function with arguments, place, and below it the locals.
fn frame_text(frame: &BacktraceFrame, page: Page, out: &mut Text<'_>) -> io::Result<()> {
    let args = arguments(frame);
    let inlined = if frame.frame.inlined {
        " [inlined]"
    } else {
        ""
    };
    let doubt = match frame.frame.trust {
        trust @ (Trust::FramePointer | Trust::Guessed) => format!(" [by {}]", trust.as_str()),
        _ => String::new(),
    };
    let name = function_name(&frame.frame);
    out.line(
        Line::plain(format!("{:>4}  ", frame.index))
            .and(Role::Name, name)
            .and(Role::Plain, format!("({args}){inlined}{doubt}")),
    )?;
    out.line(format_args!("        {}", place(&frame.frame)))?;
    let full = Style::default();
    for call in &frame.deferred {
        out.line(format_args!("            deferred {}", full.line(call)))?;
    }
    let locals = frame.locals.as_deref().unwrap_or_default();
    match page {
        Page::Whole => locals
            .iter()
            .try_for_each(|local| out.block("            ", &full.variable_block(local))),
        Page::First => lines_of(locals, out),
    }
}

/// A line for each variable that has its value; how many have none.
fn lines_of(locals: &[Variable], out: &mut Text<'_>) -> io::Result<()> {
    const COLUMNS: usize = 67;
    let style = Style {
        depth: 2,
        len: 4,
        string: 40,
        ..Style::default()
    };
    let has_value =
        |local: &&Variable| matches!(local.standing, Standing::Exact | Standing::Inferred(_));
    for local in locals.iter().filter(has_value) {
        let mut shown = style.variable(local);
        if let Some((at, _)) = shown.char_indices().nth(COLUMNS) {
            shown.truncate(at);
            shown.push('…');
        }
        out.line(format_args!("            {shown}"))?;
    }
    let lost = locals.iter().filter(|local| !has_value(local)).count();
    if lost > 0 {
        let more = format_args!("            …{lost} without a value here (bt --full)");
        out.line(styled(Role::Dim, more))?;
    }
    Ok(())
}

/// The arguments of a call on one line: by name, or as the runtime's traceback prints them.
pub fn arguments(frame: &BacktraceFrame) -> String {
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

/// `name=value`, short; a stale value is marked before it, where nothing that is cut off takes the mark along.
fn one_line(style: &Style, variable: &Variable) -> String {
    let name = &variable.name;
    match (&variable.value, &variable.standing) {
        (Some(value), Standing::Exact) => format!("{name}={}", style.line(value)),
        (Some(value), Standing::Inferred(_)) => format!("{name}=~ {}", style.line(value)),
        (Some(value), _) => format!("{name}=? {}", style.line(value)),
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
    type Body = Stacks;
    const ABOUT: About = About {
        aliases: &["stack", "backtrace"],
        ..About::core(
            "bt",
            "Frames of a goroutine (the one that crashed, unless -g) with inlined ones and arguments",
            Word::None,
        )
    };
}

impl OnCore for BtVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask<'c>(
        case: &'c Case<'_>,
        args: &BtFlags,
        _word: Option<&str>,
        cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer + 'c>, Failure> {
        if args.all {
            return Ok(Box::new(all::AllStacks::of(case, args, *cursor)?));
        }
        Ok(Box::new(bt(case, args, cursor, Locals::All)?))
    }
}
