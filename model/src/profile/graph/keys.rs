//! What is asked of a graph, and what lines of locations are told apart by.

use super::super::names::clean;
use super::node::{Key, Names, NodeId};
use dumpview_parsers::pprof::{Location, Profile, SampleRef};
use std::ops::Range;

/// Which calls a graph tells of. They are most of the work of making it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Calls {
    /// None: only what nodes cost.
    None,
    /// Those of nodes that are inlined somewhere, which say whether they always are.
    OfInlined,
    /// All.
    All,
}

/// What kind of graph is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'s> {
    /// Which value of samples counts.
    pub value: usize,
    /// Divide by the first value.
    pub mean: bool,
    /// Functions of different mapped files are different.
    pub objects: bool,
    /// Leave out nodes that gave more than they took.
    pub drop_negative: bool,
    /// A tree of contexts.
    pub tree: bool,
    /// Which calls it tells of.
    pub calls: Calls,
    /// Collect labels, numbers of `bytes` among them in this unit, and print them in that one.
    pub tags: Option<(&'s str, &'s str)>,
}

impl Shape<'_> {
    /// The value of a sample and what it is divided by; `None` when both are zero.
    pub(super) fn values(&self, sample: SampleRef<'_>) -> Option<(i64, i64)> {
        let value = sample.values.get(self.value).copied().unwrap_or(0);
        let div = if self.mean {
            sample.values.first().copied().unwrap_or(0)
        } else {
            0
        };
        (value != 0 || div != 0).then_some((value, div))
    }
}

pub(super) const NONE: NodeId = NodeId::MAX;

pub(super) fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// What lines of locations are told apart by: those of a location from the innermost on.
pub(super) struct Keys {
    pub(super) keys: Vec<Key>,
    ends: Vec<u32>,
}

impl Keys {
    pub(super) fn new(profile: &Profile, names: &mut Names, objects: bool) -> Self {
        let functions: Vec<(u32, u32, i64)> = profile
            .functions
            .iter()
            .map(|of| {
                let file = match of.file.as_str() {
                    "" => 0,
                    file => names.number(&clean(file)),
                };
                (names.number(&of.name), file, of.start_line)
            })
            .collect();
        let mappings = profile.mappings.iter();
        let mappings: Vec<u32> = mappings.map(|of| names.number(&of.file)).collect();
        let mut keys = Self {
            keys: Vec::with_capacity(profile.locations.len()),
            ends: Vec::with_capacity(profile.locations.len()),
        };
        for location in &profile.locations {
            keys.add(location, &functions, &mappings, objects);
        }
        keys
    }

    fn add(
        &mut self,
        location: &Location,
        functions: &[(u32, u32, i64)],
        mappings: &[u32],
        objects: bool,
    ) {
        let object = location.mapping.and_then(|at| usize::try_from(at).ok());
        let object = object.and_then(|at| mappings.get(at)).copied().unwrap_or(0);
        let address = location.address;
        if location.lines.is_empty() {
            self.keys.push(Key {
                object,
                address,
                ..Key::default()
            });
        }
        for line in &location.lines {
            let function = usize::try_from(line.function).ok();
            let function = function.and_then(|at| functions.get(at));
            let (name, file, start_line) = function.copied().unwrap_or_default();
            let named = name != 0 && !objects;
            self.keys.push(Key {
                name,
                file,
                address,
                line: line.line,
                column: line.column,
                object: if named { 0 } else { object },
                start_line: if named { 0 } else { start_line },
            });
        }
        let end = u32::try_from(self.keys.len());
        self.ends.push(end.unwrap_or(u32::MAX));
    }

    /// Lines that are inlined: all of a location but the last.
    pub(super) fn inlined(&self) -> impl Iterator<Item = usize> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let locations = starts.zip(&self.ends);
        locations.flat_map(|(start, end)| place(start)..place(*end).saturating_sub(1))
    }

    /// All locations.
    pub(super) fn locations(&self) -> Range<u32> {
        0..u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// The slots of a location's lines, the innermost first.
    #[inline]
    pub(super) fn range(&self, location: u32) -> Range<u32> {
        let at = place(location);
        let end = self.ends.get(at).copied().unwrap_or(0);
        let start = at.checked_sub(1);
        start.map_or(0, |at| self.ends.get(at).copied().unwrap_or(end))..end
    }
}
