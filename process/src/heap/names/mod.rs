//! What a reference is called: the variable, field, element or map entry that the pointer stands in.
//!
//! The graph keeps which node refers to which, and no more. The word that does is found again when somebody asks, in
//! the same way as the graph was made, and is named by what is known of its place: a package variable or a variable of
//! a frame by DWARF, a word of an object by the type of the object's label, a structure of the runtime by its layout.
//! Where nothing names it, its distance from the start does, and the answer says that no name is known.

mod frames;
mod objects;
mod statics;
mod within;

use super::data::PackageData;
use super::stacks::{GoroutineSlots, StackReader};
use super::types::Labels;
use super::{Heap, RootKind, SpecialKind};
use crate::addr::Addr;
use crate::process::Process;
use crate::scope::PackageVariable;
use crate::unwind::PcCache;
use std::sync::OnceLock;

pub(super) use statics::statics;

/// Who knows the name of a reference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum NamedBy {
    /// A variable of the program, by DWARF or the linker's symbols.
    Variable,
    /// A variable of the program, unless optimised code gave its place in the frame to another one meanwhile.
    Perhaps,
    /// The type of the object that it stands in.
    Type,
    /// The runtime's own structures.
    Runtime,
    /// Nobody: the name is a distance in bytes, or a register.
    Place,
}

/// One pointer from a node of the graph to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// The node that it leads to.
    pub to: u32,
    /// Where the pointer stands; `None` in a register, and between a goroutine and its frames.
    pub word: Option<Addr>,
    /// The pointer; it may lead into the middle of the object.
    pub value: Addr,
    /// What it stands in, seen from the node: `main.registry.sessions`, `s.Items`, `[17].Name`, `["alice"]`, `+0x18`.
    pub name: String,
    /// Who says so.
    pub named_by: NamedBy,
    /// For a word of a frame, the call whose variable it is, counted as in [`crate::unwind::Unwound::calls`].
    pub call: Option<usize>,
}

/// Names references of one heap.
pub struct Names<'n, 'a> {
    process: &'n Process<'a>,
    heap: &'n Heap<'n>,
    labels: &'n Labels,
    data: OnceLock<PackageData<'n>>,
    /// Package variables by address.
    variables: OnceLock<Vec<(Addr, PackageVariable)>>,
}

impl<'n, 'a> Names<'n, 'a> {
    /// Prepares to name references between objects that have these labels.
    pub const fn new(process: &'n Process<'a>, heap: &'n Heap<'n>, labels: &'n Labels) -> Self {
        Self {
            process,
            heap,
            labels,
            data: OnceLock::new(),
            variables: OnceLock::new(),
        }
    }

    /// Every reference out of a node, in the order of their places. The nodes that they lead to are those of the
    /// graph's row.
    pub fn references(&self, node: u32) -> Vec<Reference> {
        match self.heap.root(node) {
            None => self.of_object(node),
            Some(root) => self.of_root(root.kind, node),
        }
    }

    /// The references by which one node leads to another.
    pub fn between(&self, from: u32, to: u32) -> Vec<Reference> {
        let mut all = self.references(from);
        all.retain(|reference| reference.to == to);
        all
    }

    fn of_root(&self, kind: RootKind, node: u32) -> Vec<Reference> {
        match kind {
            RootKind::Variable { addr } => self.of_variable(addr),
            RootKind::Goroutine { goroutine } => self.of_goroutine(goroutine, node),
            RootKind::Frame { goroutine, frame } => self.of_frame(goroutine, frame),
            RootKind::Registers { goroutine } => self.of_registers(goroutine),
            RootKind::Finalizer { object } => {
                let mut all = self.special(object, SpecialKind::Finalizer);
                all.extend(self.of_object(object));
                all
            }
            RootKind::Cleanup { object } => self.special(object, SpecialKind::Cleanup),
            RootKind::WeakHandle { object } => self.special(object, SpecialKind::WeakHandle),
            RootKind::FinalizerQueue | RootKind::CleanupQueue | RootKind::TinyBlocks => {
                self.unnamed(node)
            }
        }
    }

    /// A reference to the object that a pointer leads to; `None` when it leads to none.
    fn reference(
        &self,
        word: Option<Addr>,
        value: Addr,
        name: String,
        named_by: NamedBy,
    ) -> Option<Reference> {
        Some(Reference {
            to: self.heap.spans.find(value)?,
            word,
            value,
            name,
            named_by,
            call: None,
        })
    }

    /// The pointers of a package variable.
    fn of_variable(&self, start: Addr) -> Vec<Reference> {
        let end = self
            .heap
            .roots
            .variables
            .at(start)
            .map_or_else(|| start.offset(8), |(_, end, _)| end);
        let data = self.data.get_or_init(|| PackageData::of(self.process));
        let mut found = Vec::new();
        data.words(|at, value| {
            if start <= at && at < end {
                let (name, by) = self.package_word(at);
                found.extend(self.reference(Some(at), value, name, by));
            }
        });
        found
    }

    /// A word of package data: variable and field.
    fn package_word(&self, at: Addr) -> (String, NamedBy) {
        let types = self.process.types();
        let declared = self.variables.get_or_init(|| {
            let all = types.package_variables(self.process.arch());
            let mut all: Vec<_> = all
                .filter_map(|variable| Some((variable.place.clone().ok()?, variable)))
                .collect();
            all.sort_by_key(|(start, _)| *start);
            all
        });
        let after = declared.partition_point(|(start, _)| *start <= at);
        if let Some((start, variable)) = after.checked_sub(1).and_then(|last| declared.get(last))
            && let Some(offset) = at.since(*start)
            && types
                .resolve(variable.ty)
                .is_ok_and(|ty| offset < ty.size.max(1))
        {
            let mut name = variable.name.clone();
            let by = within::push_path(types, variable.ty, offset, &mut name, NamedBy::Variable);
            return (name, by);
        }
        if let Some(value) = self.heap.roots.variables.static_at(at) {
            return value.word_name(types, at.0 - value.start.0);
        }
        match self.heap.roots.variables.at(at) {
            Some((start, _, symbol)) if start == at => (symbol.to_owned(), NamedBy::Variable),
            Some((start, _, symbol)) => {
                let name = format!("{symbol}+{:#x}", at.0 - start.0);
                (name, NamedBy::Place)
            }
            None => (format!("{at}"), NamedBy::Place),
        }
    }

    /// What specials of a kind keep for an object.
    fn special(&self, object: u32, kind: SpecialKind) -> Vec<Reference> {
        let (first, second) = match kind {
            SpecialKind::WeakHandle => ("handle", ""),
            _ => ("fn", "arg"),
        };
        let specials = self.heap.roots.specials.iter();
        specials
            .filter(|special| special.object == object && special.kind == kind)
            .flat_map(|special| [(special.payload, first), (special.argument, second)])
            .filter_map(|(value, name)| {
                self.reference(None, value, name.to_owned(), NamedBy::Runtime)
            })
            .collect()
    }

    /// The references of a node whose words are not kept apart.
    fn unnamed(&self, node: u32) -> Vec<Reference> {
        let out = self.heap.graph.out(node).iter();
        out.map(|to| Reference {
            to: *to,
            word: None,
            value: self.heap.spans.place(*to).map_or(Addr::NULL, |(at, _)| at),
            name: String::new(),
            named_by: NamedBy::Runtime,
            call: None,
        })
        .collect()
    }

    /// What the stack of a goroutine keeps, read again.
    fn slots(&self, goroutine: u32) -> Option<GoroutineSlots> {
        if let Some(recorded) = &self.heap.recorded {
            return recorded.slots(goroutine);
        }
        let minor = self.process.version.as_ref().map_or(u32::MAX, |v| v.minor);
        let reader = StackReader::new(self.process, minor)?;
        let goroutine = self.goroutine(goroutine)?;
        Some(reader.read(goroutine, &mut PcCache::default()))
    }

    fn goroutine(&self, number: u32) -> Option<&'n crate::runtime::Goroutine> {
        let all = self.process.goroutines().ok();
        let all = all.filter(|_| self.heap.recorded.is_none());
        all?.list().get(number as usize)
    }
}
