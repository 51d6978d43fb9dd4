//! Goroutines as a dump records them, for a dump without its executable: by it stacks are read as those of a core are,
//! variables of frames included whose address is taken, which a dump does not list.

use crate::addr::{Addr, GoId};
use crate::heap::{FrameSlots, GoroutineSlots, Slot};
use crate::heapdump::{DumpGoroutine, HeapDump};
use crate::process::Process;
use crate::runtime::Goroutines;
use rustc_hash::FxHashSet;

/// The goroutines of a dump, numbered as they stand in it.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'p> {
    dump: &'p HeapDump<'p>,
}

impl<'p> Recorded<'p> {
    /// The goroutines of the dump that a process was opened by, unless it knows them all by itself.
    pub fn of(process: &'p Process<'_>) -> Option<Self> {
        let dump = process.heap_dump?;
        let known = process
            .goroutines()
            .ok()
            .filter(|_| process.symbols().is_ok());
        let known: FxHashSet<u64> = known
            .into_iter()
            .flat_map(Goroutines::list)
            .map(|g| g.id.0)
            .collect();
        let all = dump.goroutines.iter().all(|g| known.contains(&g.record.id));
        (!all || known.is_empty()).then_some(Self { dump })
    }

    /// The goroutines.
    pub const fn list(self) -> &'p [DumpGoroutine<'p>] {
        self.dump.goroutines.as_slice()
    }

    fn get(self, number: u32) -> Option<&'p DumpGoroutine<'p>> {
        self.list().get(number as usize)
    }

    /// The id of a goroutine by its number.
    pub fn id(self, number: u32) -> Option<GoId> {
        Some(GoId(self.get(number)?.record.id))
    }

    /// Where the record of a goroutine (`g`) stands.
    pub fn record(self, number: u32) -> Option<Addr> {
        Some(Addr(self.get(number)?.record.addr))
    }

    /// The function of a frame, innermost 0.
    pub fn function(self, number: u32, frame: u32) -> Option<String> {
        let frame = self.get(number)?.frames.get(frame as usize)?;
        Some(String::from_utf8_lossy(frame.function).into_owned())
    }

    /// Stack pointer of a frame.
    pub fn sp(self, number: u32, frame: u32) -> Option<Addr> {
        Some(Addr(self.get(number)?.frames.get(frame as usize)?.sp))
    }

    /// What a goroutine's frames, its deferred calls and its panics keep.
    pub fn slots(self, number: u32) -> Option<GoroutineSlots> {
        let goroutine = self.get(number)?;
        let slot = |addr, value| Slot {
            addr: Addr(addr),
            value: Addr(value),
        };
        let frames = (0u32..).zip(&goroutine.frames).map(|(number, frame)| {
            let mut slots = Vec::new();
            // A frame that never goes on is dead, though its pointers are listed (`runtime/mgcmark.go:scanframeworker`).
            if frame.continuation_pc != 0 {
                self.dump.words(frame.contents, &frame.fields, |at, value| {
                    slots.push(slot(frame.sp.wrapping_add(at), value));
                });
            }
            FrameSlots {
                frame: number,
                conservative: false,
                slots,
            }
        });
        let defers = goroutine.defers.iter().map(|defer| defer.function);
        let panics = goroutine.panics.iter().map(|panic| panic.argument);
        let own = std::iter::once(goroutine.record.context)
            .chain(defers)
            .chain(panics)
            .filter(|value| *value != 0);
        Some(GoroutineSlots {
            frames: frames.collect(),
            own: own.map(|value| slot(0, value)).collect(),
            ..GoroutineSlots::default()
        })
    }
}
