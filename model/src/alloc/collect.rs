//! Records to live objects and sums.

use super::Totals;
use crate::log::{MOST_PROCESSES, ProcessId, Whose};
use dumpview_parsers::alloctrace::{self, Object, Stack};
use dumpview_parsers::log::{Kind, Origin, Record};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;

/// Formats of allocation traces.
pub const FORMATS: [&str; 1] = ["alloctrace"];

/// At most so many distinct types, sizes and stacks each; further ones are one.
const MOST: usize = 1 << 16;

/// An object that lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    pub(super) size: u64,
    pub(super) type_name: u32,
    pub(super) stack: u32,
    /// The collections before it.
    pub(super) born: u32,
}

/// Distinct names with their sums.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    numbers: FxHashMap<Box<[u8]>, u32>,
    pub(super) totals: Vec<Totals>,
}

impl Groups {
    fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let name = if self.totals.len() < MOST {
            name
        } else {
            b"others"
        };
        let next = u32::try_from(self.totals.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(name.into()).or_insert(next);
        if number == next {
            self.totals.push(Totals::default());
        }
        number
    }

    fn totals(&mut self, number: u32) -> Option<&mut Totals> {
        self.totals.get_mut(number as usize)
    }

    pub(super) fn named(&self) -> impl Iterator<Item = (&[u8], u32, &Totals)> {
        self.numbers.iter().filter_map(|(name, number)| {
            Some((&**name, *number, self.totals.get(*number as usize)?))
        })
    }
}

/// What the events of one process come to.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "alloc-process")]
pub struct Process {
    /// Its number, which every verb on that log counts.
    #[serde(rename = "process")]
    pub id: ProcessId,
    /// All of them.
    #[serde(flatten)]
    pub all: Totals,
    /// Collections of the collector.
    pub collections: u32,
    /// Objects freed that were allocated before the trace begins.
    pub unknown_frees: u64,
    /// Their bytes.
    pub unknown_freed_bytes: u64,
    /// Frees whose size is not the size that was allocated.
    pub mismatched_sizes: u64,
    /// Stacks that were cut off.
    pub cut_stacks: u64,
    /// Line of its first record, from 1.
    pub first_line: u64,
    /// Line of its last record, from 1.
    pub last_line: u64,
    /// What the prefix of its lines calls it; empty without one.
    pub origin: String,
    #[serde(skip)]
    pub(super) types: Groups,
    #[serde(skip)]
    pub(super) stacks: Groups,
    #[serde(skip)]
    pub(super) sizes: FxHashMap<u64, Totals>,
    #[serde(skip)]
    pub(super) live: FxHashMap<u64, Live>,
    /// The trace marks collections. gctrace prints of the same ones; it counts where an excerpt has no marks.
    #[serde(skip)]
    marked: bool,
    #[serde(skip)]
    scratch: Vec<u8>,
}

impl Process {
    fn mark(&mut self) {
        if !self.marked {
            self.marked = true;
            self.collections = 0;
        }
        self.collections += 1;
    }

    fn allocate(&mut self, object: Object, type_name: Option<&[u8]>, stack: &Stack<'_>) {
        if let Some(before) = self.live.remove(&object.address) {
            self.each(before, |totals| totals.vanish(before.size));
        }
        self.scratch.clear();
        for call in stack.calls() {
            self.scratch.extend_from_slice(call.function);
            self.scratch.push(b'\t');
            self.scratch.extend_from_slice(call.file);
            self.scratch.push(b':');
            let mut digits = [0u8; 10];
            self.scratch
                .extend_from_slice(decimal(call.line, &mut digits));
            self.scratch.push(b'\n');
        }
        self.cut_stacks += u64::from(stack.cut);
        let live = Live {
            size: object.size,
            type_name: self.types.number(type_name.unwrap_or_default()),
            stack: self.stacks.number(&self.scratch),
            born: self.collections,
        };
        self.each(live, |totals| totals.allocate(object.size));
        self.live.insert(object.address, live);
    }

    fn free(&mut self, object: Object) {
        let Some(live) = self.live.remove(&object.address) else {
            self.unknown_frees += 1;
            self.unknown_freed_bytes = self.unknown_freed_bytes.saturating_add(object.size);
            return;
        };
        self.mismatched_sizes += u64::from(live.size != object.size);
        let age = self.collections.saturating_sub(live.born);
        self.each(live, |totals| totals.free(live.size, age));
    }

    /// The sums that an object is in.
    fn each(&mut self, live: Live, mut change: impl FnMut(&mut Totals)) {
        change(&mut self.all);
        if let Some(totals) = self.types.totals(live.type_name) {
            change(totals);
        }
        if let Some(totals) = self.stacks.totals(live.stack) {
            change(totals);
        }
        let full = self.sizes.len() >= MOST && !self.sizes.contains_key(&live.size);
        change(
            self.sizes
                .entry(if full { 0 } else { live.size })
                .or_default(),
        );
    }

    /// Objects that have lived through at least so many collections: how many, and their bytes.
    pub fn older_than(&self, collections: u32) -> (u64, u64) {
        let now = self.collections;
        self.live
            .values()
            .filter(|live| now.saturating_sub(live.born) >= collections)
            .fold((0, 0), |(n, bytes), live| (n + 1, bytes + live.size))
    }
}

/// A number's digits. Formatting machinery would cost more than the rest of a record.
fn decimal(mut n: u32, digits: &mut [u8; 10]) -> &[u8] {
    let mut at = digits.len();
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(n % 10).unwrap_or(0);
        at -= 1;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    digits.get(at..).unwrap_or_default()
}

/// What all events come to.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "alloc-summary")]
pub struct Collector {
    /// Every process of the stream.
    pub processes: Vec<Process>,
    /// Who wrote the lines of each, by their prefix.
    #[serde(skip)]
    origins: Vec<Origin>,
    /// Records of processes that were too many to keep.
    pub dropped: u64,
}

impl Collector {
    /// Takes what concerns allocations.
    pub fn record(&mut self, record: &Record<'_>, whose: Whose) {
        match record.kind {
            Kind::Alloc(alloc) => {
                let Some(process) = self.process(record.origin, whose.process) else {
                    self.dropped += 1;
                    return;
                };
                if process.first_line == 0 {
                    process.first_line = record.place.line;
                }
                process.last_line = record.place.line;
                match alloc {
                    alloctrace::Record::Alloc {
                        object,
                        type_name,
                        stack,
                    } => process.allocate(object, type_name, &stack),
                    alloctrace::Record::Free { object, .. } => process.free(object),
                    alloctrace::Record::Collection => process.mark(),
                    _ => {}
                }
            }
            Kind::Gc(dumpview_parsers::gctrace::Record::Cycle(_)) if !whose.repeated => {
                let mut known = self.processes.iter_mut();
                if let Some(process) = known.find(|of| of.id == whose.process)
                    && !process.marked
                {
                    process.collections += 1;
                }
            }
            _ => {}
        }
    }

    fn process(&mut self, origin: Origin, id: ProcessId) -> Option<&mut Process> {
        let known = self.processes.iter().position(|of| of.id == id);
        let index = match known {
            Some(index) => index,
            None if self.processes.len() < MOST_PROCESSES => {
                self.processes.push(Process {
                    id,
                    ..Process::default()
                });
                self.origins.push(origin);
                self.processes.len() - 1
            }
            None => return None,
        };
        self.processes.get_mut(index)
    }

    /// A process, when it traced its allocations.
    pub fn get(&self, id: ProcessId) -> Option<&Process> {
        self.processes.iter().find(|process| process.id == id)
    }

    /// The input has ended: origins get the names that its prefixes gave them.
    pub fn end(&mut self, name: impl Fn(Origin) -> String) {
        for (process, origin) in self.processes.iter_mut().zip(&self.origins) {
            process.origin = name(*origin);
        }
    }
}
