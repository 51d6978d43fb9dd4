//! A goroutine's frames, their variables and source, as the frames screen shows them.

use crate::answer::Failure;
use crate::browse::files;
use crate::browse::goroutines::file_and_line;
use crate::case::core::{Case, Cursor};
use crate::commands::bt::{arguments, function_name, place};
use crate::commands::disass::DisassFlags;
use crate::commands::{disass, list};
use dumpview_model::frame::Trust;
use dumpview_model::units::duration;
use dumpview_model::value::text::Style;
use dumpview_model::value::{Address, Data, Variable};
use dumpview_process::addr::Addr;
use dumpview_process::expr::Expressions;
use dumpview_process::frames::Variables;
use dumpview_process::memory::Memory;
use dumpview_process::postmortem::BacktraceOptions;
use dumpview_process::symbols::printed_args;
use dumpview_process::value::Limits;
use dumpview_tui::data::frames::{AskValue, Call, Frames, Source, VariablesOf};
use dumpview_tui::data::value::{AskWhole, Content};
use dumpview_view::line::Line;

/// Frames whose arguments are read with the list; of the others they are read when one goes there.
const WITH_ARGUMENTS: usize = 40;

/// The frames of a goroutine; of the one that crashed when absent.
///
/// # Errors
///
/// When there is no such goroutine.
pub fn frames(case: &Case<'_>, goroutine: Option<u64>) -> Result<Frames, Failure> {
    let at = case.at(goroutine, &Cursor::default())?;
    let id = at.goroutine.id.0;
    let doc = case.describe(&at.goroutine);
    let mut state = doc.state();
    if let Some(ns) = doc.waiting_ns {
        state.push_str(", ");
        state.push_str(&duration(ns));
    }
    if doc.locked_to_thread {
        state.push_str(", locked to thread");
    }
    for (key, value) in doc.labels.iter() {
        for part in [", ", key, "=", value] {
            state.push_str(part);
        }
    }
    let first = at.first_user_call();
    let known = case.backtrace(&at, BacktraceOptions::arguments(WITH_ARGUMENTS, 64));
    let calls = at.calls.iter().enumerate().map(|(index, call)| {
        let frame = &call.frame;
        Call {
            function: function_name(frame),
            arguments: known
                .frames
                .get(index)
                .filter(|_| index >= first)
                .map(arguments)
                .unwrap_or_default(),
            place: place(frame),
            runtime: frame.runtime,
            inlined: frame.inlined,
            doubt: match frame.trust {
                Trust::FramePointer => Some("frame pointer"),
                Trust::Guessed => Some("guess"),
                _ => None,
            },
        }
    });
    let elided = at.stack.elided.map_or(0, |elided| elided.count);
    let incomplete = at.stack.incomplete.as_ref().map(ToString::to_string);
    let incomplete = match (incomplete, elided) {
        (Some(why), _) => Some(why),
        (None, 0) => None,
        (None, n) => Some(format!(
            "{n} frames in the middle of the stack are left out"
        )),
    };
    let (previous, next) = neighbours(case, id);
    Ok(Frames {
        goroutine: id,
        state,
        creator: doc.created_by.map(|creator| {
            let by = creator
                .goroutine
                .map_or_else(String::new, |id| format!(" in goroutine {id}"));
            let place = &creator.place;
            format!("{}{by} {}", place.function, file_and_line(place))
        }),
        calls: calls.collect(),
        first,
        incomplete,
        previous,
        next,
    })
}

/// The goroutines before and after one, by id.
fn neighbours(case: &Case<'_>, id: u64) -> (Option<u64>, Option<u64>) {
    let Ok(all) = case.process.goroutines() else {
        return (None, None);
    };
    let ids = || all.list().iter().map(|g| g.id.0);
    (
        ids().filter(|other| *other < id).max(),
        ids().filter(|other| *other > id).min(),
    )
}

/// The variables of a frame, arguments first, opened a little.
///
/// # Errors
///
/// When there is no such goroutine or frame.
pub fn variables(case: &Case<'_>, goroutine: u64, frame: usize) -> Result<VariablesOf, Failure> {
    let at = case.at(Some(goroutine), &Cursor::default())?;
    let (_, call) = at.call(Some(frame))?;
    let limits = Limits {
        depth: 2,
        len: 32,
        string: 256,
        ..Limits::default()
    };
    let deferred = case.deferred(&at, call, limits);
    let style = Style::default();
    let mut found = VariablesOf {
        goroutine,
        frame,
        deferred: deferred.iter().map(|call| style.line(call)).collect(),
        ..VariablesOf::default()
    };
    match case.process.variables(&at, call, limits) {
        Variables::Named(variables) => found.variables = variables,
        Variables::Words(words) => {
            let words = printed_args(&words, &*case.process.memory);
            found.note = Some(format!(
                "({words}): the arguments' words; the executable has no DWARF (stripped, or built with -ldflags=-w), so \
                 variables have no names"
            ));
        }
        Variables::None(why) => found.note = Some(why.to_string()),
    }
    Ok(found)
}

/// What an expression leads to, as seen from a frame.
pub fn expand(case: &Case<'_>, asked: &AskValue) -> Result<Box<Variable>, String> {
    let at = case.at(Some(asked.goroutine), &Cursor::default());
    let at = at.map_err(|why| why.to_string())?;
    let (_, call) = at.call(Some(asked.frame)).map_err(|why| why.to_string())?;
    let scope = case.process.scope(Some((&at, call)));
    let expressions = Expressions {
        sources: case.process.sources_at(Some(call)),
        scope: &scope,
    };
    expressions
        .print(&asked.expr, Limits::asked(2, asked.len))
        .map(Box::new)
        .map_err(|error| error.message)
}

/// The most bytes of a value that are read for a screen.
const MOST_BYTES: u64 = 1 << 20;

/// All of a value: a string and bytes as they are, others in lines.
///
/// # Errors
///
/// When there is no such frame, or the expression leads nowhere.
pub fn whole(case: &Case<'_>, asked: &AskWhole) -> Result<Content, Failure> {
    let at = case.at(asked.at.goroutine, &Cursor::default())?;
    let (_, call) = at.call(asked.at.frame)?;
    let scope = case.process.scope(Some((&at, call)));
    let expressions = Expressions {
        sources: case.process.sources_at(Some(call)),
        scope: &scope,
    };
    let print = |limits| {
        let printed = expressions.print(&asked.expr, limits);
        printed.map_err(|error| Failure::no_answer(error.message))
    };
    // How large it is decides how it is read.
    let small = print(Limits {
        depth: 2,
        len: 1,
        string: 1,
        ..Limits::default()
    })?;
    match small.value.as_ref().map(|value| &value.data) {
        Some(Data::String { len, .. }) => {
            let string = usize::try_from(MOST_BYTES.min(*len)).unwrap_or(0);
            let all = print(Limits {
                string,
                ..Limits::default()
            })?;
            if let Some(Data::String { bytes, len }) = all.value.map(|value| value.data) {
                return Ok(Content::Bytes { bytes, len });
            }
        }
        Some(data) => {
            if let Some((start, len)) = byte_slice(data) {
                let read = case
                    .process
                    .memory
                    .bytes(Addr(start.0), len.min(MOST_BYTES));
                let read = read.map_err(|why| Failure::no_answer(why.to_string()))?;
                return Ok(Content::Bytes {
                    bytes: read.into_owned(),
                    len,
                });
            }
        }
        None => {}
    }
    let style = Style {
        width: 76,
        ..Style::default()
    };
    let block = style.variable_block(&print(Limits::asked(12, 4096))?);
    Ok(Content::Lines(block.lines().map(Line::from).collect()))
}

/// Where bytes begin and how many there are, of a slice or an array of them.
fn byte_slice(data: &Data) -> Option<(Address, u64)> {
    let (start, len, elements) = match data {
        Data::Slice {
            addr,
            len,
            elements,
            ..
        } => (*addr, *len, elements),
        Data::Array {
            addr: Some(addr),
            len,
            elements,
        } => (*addr, *len, elements),
        _ => return None,
    };
    let is_byte = &*elements.first()?.ty == "uint8";
    is_byte.then_some((start, len))
}

/// The source around a frame, or why there is none.
pub fn source(case: &Case<'_>, goroutine: u64, frame: usize) -> Source {
    let mut source = Source {
        goroutine,
        frame,
        ..Source::default()
    };
    let cursor = Cursor {
        goroutine: Some(goroutine),
        frame: Some(frame),
    };
    match list::around(case, &cursor, AROUND) {
        Ok(excerpt) => files::show(excerpt, &mut source),
        Err(failure) => {
            "source".clone_into(&mut source.title);
            source.warning = Some(failure.message.replace("\n\n", "; "));
            instead_of_source(case, &cursor, &mut source);
        }
    }
    source
}

/// What is shown where the source is not at hand: the instructions around the frame's pc. Where not even they can be
/// had, why there is no source is all there is to say.
fn instead_of_source(case: &Case<'_>, cursor: &Cursor, source: &mut Source) {
    let flags = DisassFlags {
        count: usize::try_from(AROUND).ok(),
        ..DisassFlags::default()
    };
    let Ok(listing) = disass::disass(case, &flags, cursor) else {
        return;
    };
    let (lines, marked) = listing.lines();
    source.title = format!("instructions of {} (GNU syntax)", listing.title());
    source.instructions = true;
    source.first = 1;
    // The line before the first stands for none.
    source.marked = marked
        .and_then(|index| u32::try_from(index).ok())
        .map_or(0, |index| index.saturating_add(1));
    source.lines = lines;
}

/// Lines to have before and after the one that is meant, for scrolling.
const AROUND: u32 = 200;
