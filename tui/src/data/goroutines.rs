//! All goroutines, and the columns of one, or of those that do the same.

use crate::ask::Topic;
use dumpview_view::column::{Cell, Column, Row, count, text};
use dumpview_view::columns;
use std::sync::Arc;

/// Asks for all goroutines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskGoroutines;

impl Topic for AskGoroutines {
    type Answer = Goroutines;
    const LONG: Option<&'static str> = Some("reading goroutines");
}

/// All goroutines, in columns: strings and stacks that many share are there once.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Goroutines {
    /// State texts, in a traceback's words.
    pub states: Vec<String>,
    /// Distinct stacks.
    pub stacks: Vec<Stack>,
    /// `go` statements.
    pub creators: Vec<String>,
    /// The goroutines.
    pub rows: Vec<Goroutine>,
}

/// A stack that goroutines share.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stack {
    /// Function and place of the first frame that is the program's own.
    pub function: String,
    /// Its file and line.
    pub place: String,
    /// All calls, innermost first: function, place.
    pub calls: Vec<(String, String)>,
    /// How many of them, at the innermost end, are the runtime's: what was called last of all is not what people look for.
    pub runtime: usize,
    /// Why the outermost frame was not reached, when it was not.
    pub incomplete: Option<String>,
}

/// One goroutine.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Goroutine {
    /// Its id.
    pub id: u64,
    /// Index into [`Goroutines::states`].
    pub state: u32,
    /// Index into [`Goroutines::stacks`].
    pub stack: u32,
    /// Index into [`Goroutines::creators`].
    pub creator: Option<u32>,
    /// How long it has waited at least, in nanoseconds.
    pub waiting: Option<u64>,
    /// `key=value …`
    pub labels: Option<Arc<str>>,
    /// It is the one that died.
    pub crashed: bool,
    /// It belongs to the runtime.
    pub system: bool,
}

impl Goroutines {
    /// The goroutine of an index.
    pub fn get(&self, index: u32) -> Option<&Goroutine> {
        self.rows.get(index as usize)
    }

    /// The stack of a goroutine.
    pub fn stack(&self, g: &Goroutine) -> Option<&Stack> {
        self.stacks.get(g.stack as usize)
    }
}

/// A goroutine in a table, or several that are in the same state with the same stack.
#[derive(Clone, Debug)]
pub struct Listed {
    /// All of them.
    pub all: Arc<Goroutines>,
    /// The goroutine, or the first of several, by its index.
    pub first: u32,
    /// Several: their indexes.
    pub group: Option<Arc<[u32]>>,
    /// How many are in the group that this one will be put into, before it is: a filter may ask for it.
    pub alike: usize,
}

impl Listed {
    /// The goroutine, or the first of several.
    pub fn goroutine(&self) -> Option<&Goroutine> {
        self.all.get(self.first)
    }

    fn each(&self) -> impl Iterator<Item = &Goroutine> {
        let one = self.group.is_none().then_some(self.first);
        let several = self.group.iter().flat_map(|group| group.iter().copied());
        one.into_iter()
            .chain(several)
            .filter_map(|index| self.all.get(index))
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.group.as_ref().map_or(self.alike, |group| group.len())
    }

    /// Whether the one that died is among them.
    pub fn crashed(&self) -> bool {
        self.each().any(|g| g.crashed)
    }

    /// Its stack.
    pub fn stack(&self) -> Option<&Stack> {
        self.all.stack(self.goroutine()?)
    }

    /// Its state.
    pub fn state(&self) -> Option<&str> {
        let state = self.goroutine()?.state;
        self.all.states.get(state as usize).map(String::as_str)
    }

    /// Its calls, innermost first, function and place by turns.
    fn calls(&self) -> Cell<'_> {
        let calls = self.stack().map_or(&[][..], |stack| &stack.calls);
        let texts = calls.iter().flat_map(|(function, place)| [function, place]);
        Cell::List(texts.map(|part| text(Some(part))).collect())
    }

    /// The `go` statement that started it.
    pub fn creator(&self) -> Option<&str> {
        let creator = self.goroutine()?.creator?;
        self.all.creators.get(creator as usize).map(String::as_str)
    }
}

impl Row for Listed {
    const KEY: &'static str = "goroutines";
    const ONE: &'static str = "goroutine";
    const COLUMNS: &'static [Column<Self>] = columns! {
        count: "count" Count, |l| Cell::Count(l.count() as u64), "how many do the same";
        id: "id" Id, |l| count(l.goroutine().map(|g| g.id)), "its id, or the first of theirs";
        state: "state" Text, |l| text(l.state()), "what it does, in a traceback's words";
        waiting_ns: "waiting" Nanos, |l| count(l.each().filter_map(|g| g.waiting).max()), "how long it has waited at least; of several the longest";
        function: "where" Text, |l| text(l.stack().map(|stack| stack.function.as_str())), "the first call that is the program's own";
        place: "at" Text, |l| text(l.stack().map(|stack| short_place(&stack.place))), "file and line of that call";
        created_by: Text, |l| text(l.creator()), "the go statement that started it";
        labels: Text, |l| text(l.goroutine().and_then(|g| g.labels.as_deref())), "its pprof labels";
        crashed: Flag, |l| Cell::Flag(l.crashed()), "whether it is the one that died";
        system: Flag, |l| Cell::Flag(l.goroutine().is_some_and(|g| g.system)), "whether it is the runtime's own";
        stack: Tree, Self::calls, "its calls, innermost first, function and place by turns";
    };
    const ALSO: &'static [(&'static str, &'static str)] = &[
        ("wait", "state"),
        ("wait_reason", "state"),
        ("waiting", "waiting_ns"),
        ("fn", "stack"),
        ("file", "stack"),
        ("created", "created_by"),
        ("label", "labels"),
    ];
    const KEYED: &'static [&'static str] = &["labels"];
}

/// `main.go:41` of `/src/app/main.go:41`.
pub fn short_place(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}
