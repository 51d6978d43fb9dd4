//! What is made of the lines: decisions, with their outcomes by build and their flows.

use super::{
    builds::{Build, BuildSet},
    counts::{Counts, Unrecognized},
    strings::{Strings, Sym},
};
use crate::words;
use std::borrow::Cow;

words! {
    /// What was decided. Ordered from what costs most.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum Kind {
        /// The expression allocates on the heap.
        EscapesToHeap = "escapes_to_heap" "escapes to heap",
        /// The variable lives on the heap.
        MovedToHeap = "moved_to_heap" "moved to heap",
        /// The parameter flows to the heap or somewhere unknown.
        LeakingParam = "leaking_param" "leaking param",
        /// What the parameter points at does.
        LeakingParamContent = "leaking_param_content" "leaking param content",
        /// The parameter flows to a result.
        LeakingParamToResult = "leaking_param_to_result" "leaking param to result",
        /// A captured variable does (Go 1.12 and older).
        LeakingClosureReference = "leaking_closure_reference" "leaking closure reference",
        /// It stays on the stack.
        DoesNotEscape = "does_not_escape" "does not escape",
    }
}

impl Kind {
    /// Whether it allocates where it stands.
    pub const fn is_heap(self) -> bool {
        matches!(self, Self::EscapesToHeap | Self::MovedToHeap)
    }
}

/// A position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The file as the compiler printed it.
    pub file: Sym,
    /// From 1; 0 when not printed.
    pub line: u32,
    /// In bytes, from 1; 0 when not printed.
    pub column: u32,
}

impl Place {
    /// No position.
    pub const NONE: Self = Self {
        file: Sym::EMPTY,
        line: 0,
        column: 0,
    };
}

/// One thing the compiler said of a decision's subject, and in which builds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What was decided.
    pub kind: Kind,
    /// The result it leaks to and the dereferences on the way.
    pub to_result: Option<(Sym, i32)>,
    /// In which builds.
    pub builds: BuildSet,
    /// How many lines said so.
    pub count: u32,
    /// Only an explanation said so, no line of its own.
    pub explanation_only: bool,
}

/// One step of an explanation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// Values go from the source to the destination.
    Flow {
        /// Where to.
        destination: Sym,
        /// Where from, with its `&` or `*`.
        source: Sym,
    },
    /// The piece of source that makes them go there.
    From {
        /// The expression or statement.
        expression: Sym,
        /// The compiler's word for it.
        why: Sym,
        /// Where it stands.
        place: Place,
    },
    /// The compiler printed no more.
    Truncated,
}

/// One explanation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flow {
    pub(super) start: usize,
    pub(super) len: usize,
    /// In which builds it was given.
    pub builds: BuildSet,
    /// How often.
    pub count: u32,
    /// The place it leads to, where the title names it (`leaks to {heap}`).
    pub destination: Option<Sym>,
}

/// How a decision's function is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionTrust {
    /// The compiler named it.
    Named,
    /// The source was read and the position is inside the function.
    Source,
    /// It is the last function declared before the position. A package variable declared after it would be
    /// counted to it.
    Nearest,
}

impl FunctionTrust {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Source => "source",
            Self::Nearest => "nearest",
        }
    }
}

/// One decision: a variable or expression at a position of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Import path from the header, empty when there was none.
    pub package: Sym,
    /// Where.
    pub place: Place,
    /// The variable, parameter or expression.
    pub what: Sym,
    /// The function it is in, if known.
    pub function: Option<(Sym, FunctionTrust)>,
    /// What was said of it, the costliest first.
    pub outcomes: Vec<Outcome>,
    /// Explanations, in the order they were read.
    pub flows: Vec<Flow>,
}

impl Decision {
    /// The costliest outcome of any build.
    pub fn kind(&self) -> Kind {
        self.outcomes
            .first()
            .map_or(Kind::DoesNotEscape, |outcome| outcome.kind)
    }

    /// Whether builds disagree: one that has this decision has not the costliest outcome.
    pub fn varies(&self) -> bool {
        let Some(first) = self.outcomes.first() else {
            return false;
        };
        self.outcomes.iter().skip(1).any(|other| {
            other
                .builds
                .iter()
                .any(|b| !first.builds.intersects(BuildSet::of(b)))
        })
    }

    /// The flow to show first.
    pub fn flow(&self) -> Option<&Flow> {
        self.flows.first()
    }
}

/// Everything read from an input.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// All text.
    pub strings: Strings,
    /// Decisions, by package, file, line, column.
    pub decisions: Vec<Decision>,
    pub(super) steps: Vec<Step>,
    pub(super) pool: Vec<u32>,
    /// Calls that were inlined: package and place, callee; sorted.
    pub(super) inlined: Vec<(Sym, Place, Sym)>,
    /// Functions that the inliner named: package and name, sorted.
    pub(super) declared: Vec<(Sym, Sym)>,
    /// The builds found, up to [`BuildSet::LAST`].
    pub builds: Vec<Build>,
    /// How many builds there were in all.
    pub build_count: u32,
    /// Lines by category.
    pub counts: Counts,
    /// Lines nobody knows.
    pub unrecognized: Unrecognized,
    /// What was lost: cut lines, over-long lines.
    pub incomplete: Vec<String>,
    /// The compiler release where the input tells (`go1.27.3` in JSON logs).
    pub go_version: Option<String>,
    /// How many distinct diagnostics there were.
    pub distinct: usize,
}

impl Analysis {
    /// The steps of a flow.
    pub fn steps(&self, flow: &Flow) -> impl Iterator<Item = Step> {
        self.pool
            .get(flow.start..flow.start.saturating_add(flow.len))
            .unwrap_or_default()
            .iter()
            .filter_map(|id| self.steps.get(*id as usize).copied())
    }

    /// Text of a handle.
    pub fn text(&self, sym: Sym) -> Cow<'_, str> {
        self.strings.text(sym)
    }

    /// `file:line:column` as the compiler prints it.
    pub fn place(&self, place: Place) -> String {
        let mut text = self.text(place.file).into_owned();
        for number in [place.line, place.column] {
            if number > 0 {
                text.push(':');
                text.push_str(&number.to_string());
            }
        }
        text
    }

    /// The outermost call inlined at a place, if one was.
    pub fn inlined_at(&self, package: Sym, place: Place) -> Option<Sym> {
        let at = self
            .inlined
            .partition_point(|(p, q, _)| (*p, *q) < (package, place));
        self.inlined
            .get(at)
            .filter(|(p, q, _)| (*p, *q) == (package, place))
            .map(|(_, _, callee)| *callee)
    }
}
