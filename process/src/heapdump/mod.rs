//! A heap dump of `runtime/debug.WriteHeapDump`, gone through once: its objects as slots of memory, and everything else
//! as it stands in the file.
//!
//! Objects may be millions, and are the file: of each only the place of its bytes is kept ([`Slots`]), behind which its list
//! of pointers stands. What is said once for a goroutine or a frame is kept as the parser gives it.

mod pointers;
mod spans;
#[cfg(test)]
mod tests;

pub use spans::Reserved;

use crate::addr::Addr;
use crate::arch::Arch;
use crate::image::GoVersion;
use crate::memory::Slots;
use dumpview_parsers::heapdump::{
    AllocSample, Bucket, Defer, DumpError, Finalizer, Format, Frame, Goroutine, Itab, MemStats,
    ModuleData, OtherRoot, Panic, Params, Record, Records, Thread, Type,
};
use pointers::OldTypes;
use spans::Gathered;
use std::sync::Arc;

/// Every `GOARCH` (`go tool dist list`, 1.5–1.27).
const ARCHES: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64",
    "ppc64le", "riscv64", "s390x", "wasm",
];

/// A goroutine with what follows it in the file.
#[derive(Clone, Debug)]
pub struct DumpGoroutine<'a> {
    /// Itself.
    pub record: Goroutine<'a>,
    /// Its frames, the innermost first.
    pub frames: Vec<Frame<'a>>,
    /// Its deferred calls, the newest first.
    pub defers: Vec<Defer>,
    /// Its panics, the newest first.
    pub panics: Vec<Panic>,
}

/// What does not fit in a dump.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Misfits {
    /// Objects that stand where no slot of their size is.
    pub astray: u64,
    /// Objects whose slot has an object already.
    pub twice: u64,
    /// Objects of spans that lie over others, or too far apart to have been one heap.
    pub apart: u64,
    /// Frames, deferred calls and panics without a goroutine before them.
    pub orphans: u64,
}

/// A heap dump.
#[derive(Debug)]
pub struct HeapDump<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// Which format it has.
    pub format: Format,
    /// What the machine is, and who wrote it.
    pub params: Params<'a>,
    /// The release, where the parameters name it.
    pub version: Option<GoVersion>,
    /// The objects.
    pub slots: Arc<Slots<'a>>,
    /// What lies at the end of pages of small objects in the release that wrote the dump.
    pub reserved: Reserved,
    /// Records that hold no object: the end of a page, which the writer takes for more slots (1.22 and later).
    pub phantoms: u64,
    /// The goroutines, in the order of the file.
    pub goroutines: Vec<DumpGoroutine<'a>>,
    /// Package data, with and without initial values.
    pub data: Vec<ModuleData<'a>>,
    /// Objects with finalizers.
    pub finalizers: Vec<Finalizer>,
    /// Finalizers that are due.
    pub queued: Vec<Finalizer>,
    /// The runtime's numbers.
    pub memstats: Option<Box<MemStats>>,
    /// Types behind interface tables.
    pub types: Vec<Type<'a>>,
    /// Interface tables.
    pub itabs: Vec<Itab>,
    /// Threads.
    pub threads: Vec<Thread>,
    /// The memory profile.
    pub buckets: Vec<Bucket<'a>>,
    /// Which objects it sampled.
    pub samples: Vec<AllocSample>,
    /// Roots of other kinds.
    pub other_roots: Vec<OtherRoot<'a>>,
    /// Why reading ended before the end; `None` for a dump that is whole.
    pub damage: Option<DumpError>,
    /// What does not fit.
    pub misfits: Misfits,
    old_types: OldTypes,
}

impl<'a> HeapDump<'a> {
    /// Whether bytes begin like a heap dump.
    pub fn recognizes(bytes: &[u8]) -> bool {
        Format::of(bytes).is_some()
    }

    /// Goes through a dump. One that ends too early, or goes on in a way that nobody writes, is read as far as it goes.
    ///
    /// # Errors
    ///
    /// When it does not begin like a heap dump, or ends before it says what machine it is of.
    pub fn read(bytes: &'a [u8]) -> Result<Self, DumpError> {
        let mut records = Records::new(bytes)?;
        let format = records.format();
        let params = match records.next() {
            Some(Ok(first)) => match first.record {
                Record::Params(params) => params,
                other => {
                    let (offset, tag) = (first.offset, u64::from(other.tag()));
                    return Err(DumpError::Tag { offset, tag });
                }
            },
            Some(Err(error)) => return Err(error),
            None => {
                let (offset, what) = (bytes.len() as u64, "the parameters");
                return Err(DumpError::Truncated { offset, what });
            }
        };
        let text = String::from_utf8_lossy(params.text);
        let mut dump = Self {
            bytes,
            format,
            params,
            version: GoVersion::parse(&text),
            slots: Arc::default(),
            reserved: Reserved::default(),
            phantoms: 0,
            goroutines: Vec::new(),
            data: Vec::new(),
            finalizers: Vec::new(),
            queued: Vec::new(),
            memstats: None,
            types: Vec::new(),
            itabs: Vec::new(),
            threads: Vec::new(),
            buckets: Vec::new(),
            samples: Vec::new(),
            other_roots: Vec::new(),
            damage: None,
            misfits: Misfits::default(),
            old_types: OldTypes::default(),
        };
        let mut gathered = Gathered::default();
        for located in records {
            match located.map(|located| located.record) {
                Ok(record) => dump.take(record, &mut gathered),
                Err(error) => dump.damage = Some(error),
            }
        }
        dump.settle(gathered);
        Ok(dump)
    }

    fn take(&mut self, record: Record<'a>, gathered: &mut Gathered) {
        match record {
            Record::Object(object) => {
                let offset = object.contents.as_ptr() as usize - self.bytes.as_ptr() as usize;
                let has_pointers = match &object.old {
                    Some(old) => self.old_types.add(offset as u64, old),
                    None => object.fields.clone().next().is_some(),
                };
                let size = object.contents.len() as u64;
                gathered.add(Addr(object.addr), size, offset as u64, has_pointers);
            }
            Record::Goroutine(record) => self.goroutines.push(DumpGoroutine {
                record,
                frames: Vec::new(),
                defers: Vec::new(),
                panics: Vec::new(),
            }),
            Record::Frame(frame) => self.of_goroutine(|g| g.frames.push(frame)),
            Record::Defer(defer) => self.of_goroutine(|g| g.defers.push(defer)),
            Record::Panic(panic) => self.of_goroutine(|g| g.panics.push(panic)),
            Record::Data(data) | Record::Bss(data) => self.data.push(data),
            Record::Finalizer(finalizer) => self.finalizers.push(finalizer),
            Record::QueuedFinalizer(finalizer) => self.queued.push(finalizer),
            Record::MemStats(stats) => self.memstats = Some(stats),
            Record::Type(ty) => {
                self.old_types.learn(&ty);
                self.types.push(ty);
            }
            Record::Itab(itab) => self.itabs.push(itab),
            Record::Thread(thread) => self.threads.push(thread),
            Record::Bucket(bucket) => self.buckets.push(bucket),
            Record::AllocSample(sample) => self.samples.push(sample),
            Record::OtherRoot(root) => self.other_roots.push(root),
            Record::Params(_) | Record::Eof => {}
        }
    }

    fn of_goroutine(&mut self, add: impl FnOnce(&mut DumpGoroutine<'a>)) {
        match self.goroutines.last_mut() {
            Some(goroutine) => add(goroutine),
            None => self.misfits.orphans += 1,
        }
    }

    /// Makes slots of the objects, without those that are none.
    fn settle(&mut self, gathered: Gathered) {
        let pointer = self.params.pointer_size;
        let counted = self.memstats.as_ref();
        let counted = counted.map(|stats| (stats.heap_objects, stats.heap_alloc));
        let minor = self.version.as_ref().map(|version| version.minor);
        self.reserved = gathered.reserved(pointer, minor, counted);
        let settled = gathered.settle(self.bytes, pointer, self.reserved);
        self.slots = Arc::new(settled.slots);
        self.phantoms = settled.phantoms;
        self.misfits.astray = settled.astray;
        self.misfits.twice = settled.twice;
        self.misfits.apart = settled.apart;
    }

    /// The instruction set, where its executables are read; what else a dump is of needs none.
    pub fn arch(&self) -> Arch {
        match self.params.arch {
            b"arm64" => Arch::Arm64,
            _ => Arch::Amd64,
        }
    }

    /// `GOARCH`, of those that Go has had.
    pub fn arch_name(&self) -> Option<&'static str> {
        let known = ARCHES
            .iter()
            .find(|name| name.as_bytes() == self.params.arch);
        known.copied().or(match self.params.arch {
            b"5" => Some("arm"),
            b"6" => Some("amd64"),
            b"8" => Some("386"),
            b"9" => Some("ppc64"),
            _ => None,
        })
    }

    /// Bytes of a pointer; what a damaged dump says otherwise is not believed.
    pub const fn pointer_size(&self) -> u64 {
        if self.params.pointer_size == 4 { 4 } else { 8 }
    }

    /// A word of the memory that these are bytes of, at an offset; 0 when it does not lie in them.
    #[inline]
    pub fn word(&self, bytes: &[u8], offset: u64) -> u64 {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = bytes.get(from..).unwrap_or_default();
        match (self.pointer_size(), self.params.big_endian) {
            (4, false) => rest
                .first_chunk()
                .map_or(0, |word| u64::from(u32::from_le_bytes(*word))),
            (4, true) => rest
                .first_chunk()
                .map_or(0, |word| u64::from(u32::from_be_bytes(*word))),
            (_, false) => rest
                .first_chunk()
                .map_or(0, |word| u64::from_le_bytes(*word)),
            (_, true) => rest
                .first_chunk()
                .map_or(0, |word| u64::from_be_bytes(*word)),
        }
    }

    /// Whether objects that are too large for a bitmap in their page begin with a word that names their type (1.22 and
    /// later).
    pub fn has_headers(&self) -> bool {
        self.version.as_ref().is_some_and(|v| v.at_least(22)) && self.reserved.bitmap
    }

    /// Slots up to this size have no such word (`minSizeForMallocHeader`).
    pub const fn most_without_header(&self) -> u64 {
        spans::most_with_bitmap(self.pointer_size())
    }
}
