//! The screens by name, and where one can go.

use dumpview_view::line::Line;

/// A screen by what it is about. Screens that one goes into (frames, an answer) can be there several times.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Page {
    /// What this is and why it died.
    Overview,
    /// The goroutines.
    Goroutines,
    /// Who waits for whom.
    Waits,
    /// The memory map.
    Memory,
    /// The heap by what objects are.
    Types,
    /// The dominator tree.
    Retained,
    /// The heap by what keeps it.
    Roots,
    /// The heap at two moments.
    Changes,
    /// What is worth looking at in the heap.
    Suspects,
    /// Everything on one axis.
    Timeline,
    /// The collector.
    Gc,
    /// Memory statistics.
    Memstats,
    /// Traced allocations.
    Alloc,
    /// The compiler's decisions.
    Escapes,
    /// The raw lines.
    Text,
    /// A table that states its own name, and that no other screen leads to.
    Table(&'static str),
    /// One goroutine.
    Frames,
    /// The objects of a type.
    Instances,
    /// One place of the heap.
    Object,
    /// References of a place.
    References,
    /// What is below a place, on a screen of its own.
    Kept,
    /// The answer to a command.
    Answer,
    /// A line of its own.
    Line,
    /// All of a value.
    Value,
    /// The keys.
    Help,
}

impl Page {
    /// Its name in the bar at the top.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Goroutines => "Goroutines",
            Self::Waits => "Waits",
            Self::Memory => "Memory",
            Self::Types => "Types",
            Self::Retained => "Retained",
            Self::Roots => "Roots",
            Self::Changes => "Changes",
            Self::Suspects => "Suspects",
            Self::Timeline => "Timeline",
            Self::Gc => "GC",
            Self::Memstats => "Memstats",
            Self::Alloc => "Alloc",
            Self::Escapes => "Escapes",
            Self::Text => "Text",
            Self::Table(name) => name,
            Self::Frames => "Frames",
            Self::Instances => "Instances",
            Self::Object => "Object",
            Self::References => "References",
            Self::Kept => "Kept",
            Self::Answer => "Answer",
            Self::Line => "Line",
            Self::Value => "Value",
            Self::Help => "Help",
        }
    }
}

/// Where one can go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A screen.
    Page(Page),
    /// A screen, filtered.
    Filtered {
        /// Which.
        page: Page,
        /// The filter; empty for all.
        filter: String,
    },
    /// Where a screen shows a line of the raw input: the line itself, its moment.
    Line {
        /// Which.
        page: Page,
        /// The line, from one.
        line: u64,
    },
    /// The first line of the raw input that holds a text.
    FindText {
        /// The text.
        text: String,
    },
    /// The frames of a goroutine.
    Goroutine {
        /// Its id; the one that crashed when absent.
        id: Option<u64>,
        /// The frame to stand on.
        frame: Option<usize>,
    },
    /// The objects of a type.
    Instances {
        /// The type.
        ty: String,
    },
    /// The objects of a type that were born between two moments.
    Born {
        /// The type.
        ty: String,
    },
    /// A place of the heap, by the name that the heap verbs take.
    Place {
        /// The name.
        name: String,
    },
    /// The references of a place.
    References {
        /// Its name.
        name: String,
    },
    /// What a place keeps: the dominator tree from there on.
    Kept {
        /// Its name.
        name: String,
    },
    /// The tree of calls: of goroutines, of what a profile counts.
    Flame,
    /// Lines on a screen of their own, with nothing cut off.
    Whole {
        /// The lines.
        lines: Vec<Line>,
    },
    /// All of a value.
    Value {
        /// The expression that leads to it.
        expr: String,
        /// The goroutine and frame that it speaks of.
        at: Standpoint,
    },
    /// The answer to a command.
    Command {
        /// As typed.
        line: String,
        /// The goroutine and frame it speaks of.
        at: Standpoint,
    },
}

impl Target {
    /// A line of the raw input, from one.
    pub const fn text_line(line: u64) -> Self {
        Self::Line {
            page: Page::Text,
            line,
        }
    }
}

/// The goroutine and frame that commands speak of when they do not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standpoint {
    /// Goroutine id.
    pub goroutine: Option<u64>,
    /// Frame number.
    pub frame: Option<usize>,
}
