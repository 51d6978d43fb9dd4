//! The heap: what there is, who keeps it, one place of it. Places are meant by the names that the heap verbs take: an
//! object's address, `main.cache`, `goroutine 7`.

use super::overview::Overview;
use super::page::Target;
use crate::ask::Topic;
use dumpview_model::heap::{HeapBranch, HeapChange, HeapGrowth, HeapReference, HeapTotal};
use dumpview_view::column::{Cell, Column, Row};
use dumpview_view::columns;
use dumpview_view::line::Line;
use std::borrow::Cow;
use std::sync::Arc;

/// What is said while the graph is made, or an answer from it.
const READING: Option<&str> = Some("reading the heap");

/// What objects are put together by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TotalsBy {
    /// What they are.
    Type,
    /// The package of that.
    Package,
    /// The size class of their slot.
    SizeClass,
    /// The root without which they would go.
    Root,
    /// The package variable.
    Variable,
    /// The goroutine.
    Goroutine,
    /// The profiler label of the goroutine.
    Label,
}

impl TotalsBy {
    /// As `heap top --by` names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Package => "package",
            Self::SizeClass => "size-class",
            Self::Root => "root",
            Self::Variable => "variable",
            Self::Goroutine => "goroutine",
            Self::Label => "label",
        }
    }
}

/// Asks for live objects by what they have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskTotals(pub TotalsBy);

impl Topic for AskTotals {
    type Answer = Totals;
    const LONG: Option<&'static str> = READING;
    const NEEDS_HEAP: bool = true;
}

/// Live objects by what they have in common.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// What there is to know about the heap as a whole.
    pub head: Vec<Line>,
    /// The totals, the largest retained size first.
    pub rows: Arc<[HeapTotal]>,
}

/// Asks what differs between two moments, by what objects have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskChanges(pub TotalsBy);

impl Topic for AskChanges {
    type Answer = Changes;
    const LONG: Option<&'static str> = Some("comparing the two heaps");
    const NEEDS_HEAP: bool = true;
}

/// What differs between two moments.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What there is to know about both as a whole.
    pub head: Vec<Line>,
    /// The changes, what grew most first.
    pub rows: Arc<[HeapChange]>,
    /// Who keeps what was born, of the types that grew most.
    pub growth: Arc<[HeapGrowth]>,
}

/// Asks for the references to and from a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskReferences {
    /// The place's name.
    pub place: String,
}

impl Topic for AskReferences {
    type Answer = Arc<[HeapReference]>;
    const LONG: Option<&'static str> = Some("looking for references");
    const NEEDS_HEAP: bool = true;
}

/// Asks for all there is to say about a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskPlace {
    /// The place's name.
    pub place: String,
}

impl Topic for AskPlace {
    type Answer = Place;
    const LONG: Option<&'static str> = READING;
    const NEEDS_HEAP: bool = true;
}

/// A place: what is known of it, as lines of which some lead on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Place {
    /// What it is, and what it keeps.
    pub head: Vec<Line>,
    /// Its name, as the heap verbs take it.
    pub name: String,
    /// The verb that says the same.
    pub verb: String,
    /// Value, path, references, each with what is below it.
    pub facts: Vec<Fact>,
}

/// A line with what is below it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fact {
    /// What it says.
    pub line: Line,
    /// Where it leads.
    pub go: Option<Target>,
    /// Whether what is below it is shown at first.
    pub open: bool,
    /// What is below it.
    pub below: Vec<Self>,
}

impl Fact {
    /// A heading with what is below it.
    pub const fn heading(line: Line, below: Vec<Self>) -> Self {
        Self {
            line,
            go: None,
            open: true,
            below,
        }
    }

    /// A line that leads somewhere, or nowhere.
    pub const fn leading(line: Line, go: Option<Target>) -> Self {
        Self {
            line,
            go,
            open: false,
            below: Vec::new(),
        }
    }
}

/// Asks for what a place immediately dominates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskBelow {
    /// The place's name; everything when absent.
    pub place: Option<String>,
    /// The node that asks, as the screen numbers it.
    pub node: usize,
}

impl Topic for AskBelow {
    type Answer = Below;
    const LONG: Option<&'static str> = READING;
    const NEEDS_HEAP: bool = true;

    fn slot(&self) -> usize {
        self.node
    }
}

/// What a place immediately dominates.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Below {
    /// The node that asked.
    pub node: usize,
    /// The place itself; none for everything.
    pub place: Option<HeapBranch>,
    /// What it dominates, the largest first.
    pub branches: Vec<HeapBranch>,
    /// What there is to know about the heap as a whole.
    pub head: Vec<Line>,
}

/// Asks for the dominator tree below a place as a picture: objects of one type below the same are one piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskPicture {
    /// The place's name; everything when absent.
    pub place: Option<String>,
}

impl Topic for AskPicture {
    type Answer = Picture;
    const LONG: Option<&'static str> = READING;
    const NEEDS_HEAP: bool = true;
}

/// The dominator tree below a place, merged by names.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Picture {
    /// All live bytes.
    pub live: u64,
    /// Its pieces, depth first, the largest first; the first is the whole.
    pub pieces: Vec<PicturePiece>,
}

/// A piece of the picture.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PicturePiece {
    /// How many levels above it.
    pub depth: usize,
    /// A root, or the type of the objects.
    pub name: String,
    /// Bytes that go when it goes.
    pub retained_bytes: u64,
    /// Bytes of the objects themselves.
    pub bytes: u64,
    /// How many objects there are.
    pub objects: u64,
    /// Where it leads.
    pub go: Option<Target>,
}

/// Asks for what is worth looking at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AskSuspects;

impl Topic for AskSuspects {
    type Answer = Overview;
    const LONG: Option<&'static str> = Some("looking for suspects");
    const NEEDS_HEAP: bool = true;
}

/// Asks where every byte of the memory is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskAccount;

impl Topic for AskAccount {
    type Answer = Account;
    const LONG: Option<&'static str> = READING;
    const NEEDS_HEAP: bool = true;
}

/// Where the memory is, to the byte.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Account {
    /// What it sums to.
    pub head: Vec<Line>,
    /// The parts, which sum to the total.
    pub parts: Vec<AccountPart>,
    /// What was compared with the runtime's own counters.
    pub checks: Vec<Line>,
}

/// A part of the memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountPart {
    /// What scripts know it by.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: u64,
    /// Those of all parts that are not reserved only.
    pub of: u64,
    /// Address space that was reserved and never used: it costs nothing, and has no share of the picture.
    pub reserved: bool,
    /// What it is, in words.
    pub what: String,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share is shown with few digits"
)]
fn share(part: &AccountPart) -> Cell<'_> {
    if part.of == 0 || part.reserved {
        return Cell::Null;
    }
    Cell::Float(part.bytes as f64 / part.of as f64)
}

impl Row for AccountPart {
    const KEY: &'static str = "parts";
    const ONE: &'static str = "part";
    const COLUMNS: &'static [Column<Self>] = columns! {
        bytes: "bytes" Count, |p| Cell::Count(p.bytes), "its bytes";
        size: "size" Bytes, |p| Cell::Count(p.bytes), "the same in units";
        share: "of all" Share.or_null(), share, "of all that is mapped and not only reserved";
        what: "what" Text, |p| Cell::Text(Cow::Borrowed(&p.what)), "what it is";
        name: Text, |p| Cell::Word(p.name), "what scripts know it by";
        reserved: Flag, |p| Cell::Flag(p.reserved), "whether it is address space that was only reserved";
    };
}
