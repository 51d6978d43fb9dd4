//! `goroutine`, `frame`, `up`, `down`: moves of a script and of the `:` prompt. Later commands speak of where they lead.

use super::bt::{function_name, place};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::verb::{About, Group, OnCore, Verb, Word};
use clap::Args;
use dumpview_view::Text;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// Where to go on the stack.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// To a frame by number.
    To(usize),
    /// This many frames towards callers.
    Out(usize),
    /// This many frames towards callees.
    In(usize),
}

/// Where a script now stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "standpoint")]
pub struct Standpoint {
    /// Id of the goroutine that later commands speak of.
    goroutine: u64,
    /// Number of the frame that they speak of.
    frame: usize,
    /// Its function, as a traceback prints it.
    function: String,
    /// `FILE:LINE` of it.
    place: String,
}

impl Answer for Standpoint {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let Self {
            goroutine,
            frame,
            function,
            place,
        } = self;
        out.line(format_args!(
            "goroutine {goroutine} frame {frame}: {function} {place}"
        ))
    }
}

/// Moves to a goroutine, at its first user frame.
fn to_goroutine(case: &Case<'_>, cursor: &mut Cursor, id: u64) -> Result<Standpoint, Failure> {
    let there = Cursor {
        goroutine: Some(id),
        frame: None,
    };
    let standpoint = standpoint(case, &there)?;
    *cursor = there;
    Ok(standpoint)
}

/// Moves on the stack of the goroutine it stands in.
fn to_frame(case: &Case<'_>, cursor: &mut Cursor, by: Move) -> Result<Standpoint, Failure> {
    let here = || standpoint(case, cursor).map(|standpoint| standpoint.frame);
    let frame = match by {
        Move::To(number) => number,
        Move::Out(count) => here()?.saturating_add(count),
        Move::In(count) => here()?
            .checked_sub(count)
            .ok_or_else(|| Failure::no_answer("already at the innermost frame"))?,
    };
    let there = Cursor {
        goroutine: cursor.goroutine,
        frame: Some(frame),
    };
    let standpoint = standpoint(case, &there)?;
    *cursor = there;
    Ok(standpoint)
}

fn standpoint(case: &Case<'_>, cursor: &Cursor) -> Result<Standpoint, Failure> {
    let at = case.at(None, cursor)?;
    let (index, call) = at.call(cursor.frame)?;
    Ok(Standpoint {
        goroutine: at.goroutine.id.0,
        frame: index,
        function: function_name(&call.frame),
        place: place(&call.frame),
    })
}

/// A goroutine by its id.
#[derive(Args, Debug)]
pub struct Id {
    /// Its id.
    id: u64,
}

/// A frame by its number.
#[derive(Args, Debug)]
pub struct Number {
    /// Its number, as `bt` shows it.
    number: usize,
}

/// How far.
#[derive(Args, Debug)]
pub struct Count {
    /// How many frames.
    #[arg(default_value_t = 1)]
    count: usize,
}

/// A verb that moves.
macro_rules! moves {
    ($(#[$doc:meta])* $verb:ident, $name:literal, $aliases:expr, $line:literal, $args:ty, $go:expr) => {
        $(#[$doc])*
        pub struct $verb;

        impl Verb for $verb {
            type Args = $args;
            type Body = Standpoint;
            const ABOUT: About = About {
                group: Group::Script,
                aliases: $aliases,
                ..About::core($name, $line, Word::None)
            };
        }

        impl OnCore for $verb {
            fn ask(
                case: &Case<'_>,
                args: &$args,
                _: Option<&str>,
                cursor: &mut Cursor,
            ) -> Result<Box<dyn Answer>, Failure> {
                let go: fn(&Case<'_>, &mut Cursor, &$args) -> Result<Standpoint, Failure> = $go;
                Ok(Box::new(go(case, cursor, args)?))
            }
        }
    };
}

moves!(
    /// `goroutine`.
    GoroutineVerb,
    "goroutine",
    &["gr"],
    "Goes to a goroutine; later commands speak of it",
    Id,
    |case, cursor, args| to_goroutine(case, cursor, args.id)
);
moves!(
    /// `frame`.
    FrameVerb,
    "frame",
    &[],
    "Goes to a frame; later commands speak of it",
    Number,
    |case, cursor, args| to_frame(case, cursor, Move::To(args.number))
);
moves!(
    /// `up`.
    UpVerb,
    "up",
    &[],
    "Goes towards callers",
    Count,
    |case, cursor, args| to_frame(case, cursor, Move::Out(args.count))
);
moves!(
    /// `down`.
    DownVerb,
    "down",
    &[],
    "Goes towards callees",
    Count,
    |case, cursor, args| to_frame(case, cursor, Move::In(args.count))
);
