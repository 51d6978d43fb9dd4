//! What screens ask of whoever knows the input, and what they are told.
//!
//! Requests are answered on another thread. A newer request of the same [`Request::slot`] takes the place of one that
//! waits; the old answer stays on the screen meanwhile.

use crate::screen::Standpoint;
use crate::screens::escapes::SourceLine;
use crate::screens::frames::{Frames, Source, VariablesOf};
use crate::screens::gc::Collections;
use crate::screens::goroutines::Goroutines;
use crate::screens::memory::MemoryMap;
use crate::screens::overview::Overview;
use crate::screens::sched::Schedule;
use crate::screens::timeline::Moments;
use dumpview_model::escape::Analysis;
use dumpview_model::value::Variable;
use dumpview_view::line::Line;
use std::sync::Arc;

/// A question of a screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// What this is and why it died.
    Overview,
    /// All goroutines.
    Goroutines,
    /// The frames of a goroutine; of the one that crashed when absent.
    Frames(Option<u64>),
    /// The variables of a frame.
    Variables {
        /// Goroutine id.
        goroutine: u64,
        /// Frame number.
        frame: usize,
    },
    /// The value of an expression, as seen from a frame.
    Expand {
        /// Goroutine id.
        goroutine: u64,
        /// Frame number.
        frame: usize,
        /// The node that asks, as the screen numbers it.
        node: usize,
        /// The expression.
        expr: String,
        /// Elements to read.
        len: usize,
    },
    /// The source around a frame.
    Source {
        /// Goroutine id.
        goroutine: u64,
        /// Frame number.
        frame: usize,
    },
    /// The memory map.
    Memory,
    /// The compiler's decisions.
    Escapes,
    /// A line of a source file that the compiler named.
    SourceLine {
        /// The file.
        file: String,
        /// The line, from one.
        line: u32,
        /// The column, in bytes from one; 0 when not known.
        column: u32,
        /// What is to be marked in it.
        what: String,
    },
    /// The collector's runs.
    Collections {
        /// Which process, by its place in the list.
        run: usize,
    },
    /// The scheduler's runs.
    Schedule {
        /// Which process, by its place in the list.
        run: usize,
    },
    /// Everything on one axis.
    Timeline,
    /// A command, as `-x` takes it.
    Command {
        /// As typed.
        line: String,
        /// The goroutine and frame it speaks of.
        at: Standpoint,
    },
    /// The next line that holds a text, from one on (which counts), in either direction, once around.
    FindLine {
        /// The text.
        text: String,
        /// The line to start with, from zero.
        from: u64,
        /// Towards the beginning.
        backwards: bool,
    },
    /// Write what a screen shows to a file.
    Export {
        /// The file.
        file: String,
        /// The lines.
        text: Vec<String>,
        /// The verb that says the same as JSON.
        verb: Option<String>,
        /// The goroutine and frame it speaks of.
        at: Standpoint,
    },
}

impl Request {
    /// Requests of one screen with the same slot take each other's place.
    pub fn slot(&self) -> (std::mem::Discriminant<Self>, usize) {
        let which = match self {
            Self::Expand { node, .. } => *node,
            _ => 0,
        };
        (std::mem::discriminant(self), which)
    }

    /// Whether it may take so long that others should not wait for it.
    pub const fn is_long(&self) -> bool {
        matches!(
            self,
            Self::Goroutines | Self::Command { .. } | Self::FindLine { .. } | Self::Overview
        )
    }
}

/// What a screen is told.
#[derive(Clone, Debug)]
pub enum Answer {
    /// There is none, and why.
    Failed(String),
    /// To [`Request::Overview`].
    Overview(Box<Overview>),
    /// To [`Request::Goroutines`].
    Goroutines(Box<Goroutines>),
    /// To [`Request::Frames`].
    Frames(Box<Frames>),
    /// To [`Request::Variables`].
    Variables(Box<VariablesOf>),
    /// To [`Request::Expand`]: the node that asked, and what is there.
    Expanded {
        /// The node, as the request had it.
        node: usize,
        /// The variable, or why it cannot be had.
        value: Result<Box<Variable>, String>,
    },
    /// To [`Request::Source`].
    Source(Box<Source>),
    /// To [`Request::Memory`].
    Memory(Box<MemoryMap>),
    /// To [`Request::Escapes`].
    Escapes(Arc<Analysis>),
    /// To [`Request::SourceLine`].
    SourceLine(SourceLine),
    /// To [`Request::Collections`].
    Collections(Box<Collections>),
    /// To [`Request::Schedule`].
    Schedule(Box<Schedule>),
    /// To [`Request::Timeline`].
    Timeline(Box<Moments>),
    /// To [`Request::Command`]: the answer's lines, and where it moved to.
    Command {
        /// The answer's lines.
        lines: Vec<Line>,
        /// Where the command went, when it was one that goes somewhere.
        moved: Option<Standpoint>,
    },
    /// To [`Request::FindLine`].
    FoundLine(Option<u64>),
    /// Something to say in the footer.
    Said(String),
}
