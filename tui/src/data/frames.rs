//! One goroutine: its frames, variables and source.

use crate::ask::Topic;
use dumpview_model::value::Variable;

/// Asks for the frames of a goroutine; of the one that crashed when absent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskFrames(pub Option<u64>);

impl Topic for AskFrames {
    type Answer = Frames;
}

/// Asks for the variables of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskVariables {
    /// Goroutine id.
    pub goroutine: u64,
    /// Frame number.
    pub frame: usize,
}

impl Topic for AskVariables {
    type Answer = VariablesOf;
}

/// Asks for the value of an expression, as seen from a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskValue {
    /// Goroutine id.
    pub goroutine: u64,
    /// Frame number.
    pub frame: usize,
    /// The node that asks, as the screen numbers it.
    pub node: usize,
    /// The expression.
    pub expr: String,
    /// Elements to read.
    pub len: usize,
}

impl Topic for AskValue {
    type Answer = Expanded;

    fn slot(&self) -> usize {
        self.node
    }
}

/// What an expression leads to.
#[derive(Clone, PartialEq, Debug)]
pub struct Expanded {
    /// The node that asked.
    pub node: usize,
    /// The variable, or why it cannot be had.
    pub value: Result<Box<Variable>, String>,
}

/// Asks for the source around a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskSource {
    /// Goroutine id.
    pub goroutine: u64,
    /// Frame number.
    pub frame: usize,
}

impl Topic for AskSource {
    type Answer = Source;
}

/// The frames of a goroutine.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Frames {
    /// Its id.
    pub goroutine: u64,
    /// Its state in a traceback's words, with waiting time and labels.
    pub state: String,
    /// Who created it.
    pub creator: Option<String>,
    /// Its calls, innermost first.
    pub calls: Vec<Call>,
    /// The first call that is the program's own.
    pub first: usize,
    /// Why the outermost frame was not reached, when it was not.
    pub incomplete: Option<String>,
    /// The goroutine before, by id.
    pub previous: Option<u64>,
    /// The goroutine after, by id.
    pub next: Option<u64>,
}

/// One call.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Call {
    /// Function as a traceback prints it.
    pub function: String,
    /// Arguments in short; empty where they were not read.
    pub arguments: String,
    /// File and line.
    pub place: String,
    /// It belongs to the runtime.
    pub runtime: bool,
    /// It was inlined into the next.
    pub inlined: bool,
    /// How it was found, when that is less than certain.
    pub doubt: Option<&'static str>,
}

/// The variables of a frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VariablesOf {
    /// Goroutine id.
    pub goroutine: u64,
    /// Frame number.
    pub frame: usize,
    /// Arguments and results first.
    pub variables: Vec<Variable>,
    /// Calls that it has deferred and not made yet, in words.
    pub deferred: Vec<String>,
    /// What there is to say where there are none: words of arguments, or why.
    pub note: Option<String>,
}

/// Source around a frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Source {
    /// Goroutine id.
    pub goroutine: u64,
    /// Frame number.
    pub frame: usize,
    /// The file, or why there is none.
    pub title: String,
    /// Number of the first line.
    pub first: u32,
    /// The marked line's number.
    pub marked: u32,
    /// The lines.
    pub lines: Vec<String>,
    /// Whether the lines are instructions, because the source is not at hand; they are not numbered.
    pub instructions: bool,
    /// Something to know about it: the file is newer than the core.
    pub warning: Option<String>,
}
