//! The records, in the order and with the names of `runtime/heapdump.go`. Addresses are the process's.

use super::fields::Fields;

/// One record.
#[derive(Clone, PartialEq, Debug)]
pub enum Record<'a> {
    /// The end of a dump that is whole.
    Eof,
    /// An allocated slot.
    Object(Object<'a>),
    /// A root of another kind.
    OtherRoot(OtherRoot<'a>),
    /// A type.
    Type(Type<'a>),
    /// A goroutine.
    Goroutine(Goroutine<'a>),
    /// A frame of the goroutine before it.
    Frame(Frame<'a>),
    /// What the machine is, and who wrote the dump.
    Params(Params<'a>),
    /// An object with a finalizer.
    Finalizer(Finalizer),
    /// An interface table.
    Itab(Itab),
    /// A thread.
    Thread(Thread),
    /// The runtime's numbers.
    MemStats(Box<MemStats>),
    /// A finalizer that is due.
    QueuedFinalizer(Finalizer),
    /// Initialised package data.
    Data(ModuleData<'a>),
    /// Zeroed package data.
    Bss(ModuleData<'a>),
    /// A deferred call of the goroutine before it.
    Defer(Defer),
    /// A panic of the goroutine before it.
    Panic(Panic),
    /// A record of the memory profile.
    Bucket(Bucket<'a>),
    /// An object that the memory profiler sampled.
    AllocSample(AllocSample),
}

impl Record<'_> {
    /// Its tag in the file.
    pub const fn tag(&self) -> u8 {
        match self {
            Self::Eof => 0,
            Self::Object(_) => 1,
            Self::OtherRoot(_) => 2,
            Self::Type(_) => 3,
            Self::Goroutine(_) => 4,
            Self::Frame(_) => 5,
            Self::Params(_) => 6,
            Self::Finalizer(_) => 7,
            Self::Itab(_) => 8,
            Self::Thread(_) => 9,
            Self::MemStats(_) => 10,
            Self::QueuedFinalizer(_) => 11,
            Self::Data(_) => 12,
            Self::Bss(_) => 13,
            Self::Defer(_) => 14,
            Self::Panic(_) => 15,
            Self::Bucket(_) => 16,
            Self::AllocSample(_) => 17,
        }
    }

    /// What it is, in the words of the format's description.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Eof => "EOF",
            Self::Object(_) => "object",
            Self::OtherRoot(_) => "other root",
            Self::Type(_) => "type",
            Self::Goroutine(_) => "goroutine",
            Self::Frame(_) => "stack frame",
            Self::Params(_) => "params",
            Self::Finalizer(_) => "finalizer",
            Self::Itab(_) => "itab",
            Self::Thread(_) => "OS thread",
            Self::MemStats(_) => "memstats",
            Self::QueuedFinalizer(_) => "queued finalizer",
            Self::Data(_) => "data",
            Self::Bss(_) => "bss",
            Self::Defer(_) => "defer",
            Self::Panic(_) => "panic",
            Self::Bucket(_) => "memprof",
            Self::AllocSample(_) => "alloc sample",
        }
    }
}

/// An allocated slot: live, or garbage that was not swept yet.
#[derive(Clone, PartialEq, Debug)]
pub struct Object<'a> {
    /// First byte of the slot.
    pub addr: u64,
    /// The whole slot, as the allocator rounded it.
    pub contents: &'a [u8],
    /// Where pointers stand; empty in 1.3, which names a type instead.
    pub fields: Fields<'a>,
    /// What 1.3 says of it.
    pub old: Option<OldObject>,
}

/// What a dump of 1.3 says of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OldObject {
    /// Address of the type; 0 when it is not known.
    pub ty: u64,
    /// 0 one value, 1 an array, 2 a channel, 127 words any of which may be a pointer.
    pub kind: u64,
}

/// A root of another kind; no release that is known writes any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OtherRoot<'a> {
    /// What it is.
    pub description: &'a [u8],
    /// Where it points.
    pub pointer: u64,
}

/// A type that is behind an interface table.
#[derive(Clone, PartialEq, Debug)]
pub struct Type<'a> {
    /// Its descriptor.
    pub addr: u64,
    /// Bytes of a value.
    pub size: u64,
    /// Its name. A pointer type with methods has none behind the package: `main.`.
    pub name: &'a [u8],
    /// Whether the data word of an interface with this type is a pointer.
    pub is_pointer: bool,
    /// Pointers of a value, in 1.3.
    pub old: Option<OldType<'a>>,
}

/// What a dump of 1.3 says of a type.
#[derive(Clone, PartialEq, Debug)]
pub struct OldType<'a> {
    /// Where pointers stand in a value.
    pub fields: Fields<'a>,
}

/// A goroutine. Its frames follow it, the innermost first, then its deferred calls and panics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Goroutine<'a> {
    /// Its `g`.
    pub addr: u64,
    /// Stack pointer of its innermost frame.
    pub sp: u64,
    /// Its id.
    pub id: u64,
    /// Where the `go` statement is that made it.
    pub gopc: u64,
    /// `g.atomicstatus`.
    pub status: u64,
    /// Whether the runtime counts it as its own.
    pub is_system: bool,
    /// Always false in known releases.
    pub is_background: bool,
    /// `g.waitsince`: monotonic nanoseconds, set by the collection that first found it blocked; 0 before one did.
    pub wait_since: u64,
    /// Why it waits.
    pub wait_reason: &'a [u8],
    /// `g.sched.ctxt`: the closure that it runs next.
    pub context: u64,
    /// Its `m`; 0 unless it runs or is in a system call.
    pub m: u64,
    /// The newest of its `_defer` records.
    pub top_defer: u64,
    /// The newest of its `_panic` records.
    pub top_panic: u64,
}

/// A frame. Calls that were inlined into it have none of their own.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame<'a> {
    /// Its lowest address.
    pub sp: u64,
    /// 0 for the innermost.
    pub depth: u64,
    /// Stack pointer of the frame that it called; 0 for the innermost.
    pub child_sp: u64,
    /// All of the frame.
    pub contents: &'a [u8],
    /// Entry of the function.
    pub entry: u64,
    /// Where it stands.
    pub pc: u64,
    /// Where it goes on; 0 when it never will.
    pub continuation_pc: u64,
    /// The function.
    pub function: &'a [u8],
    /// Pointers among its locals, and among the arguments of the frame that it called.
    pub fields: Fields<'a>,
}

/// What the machine is, and who wrote the dump.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Params<'a> {
    /// Memory has its highest byte first.
    pub big_endian: bool,
    /// Bytes of a pointer.
    pub pointer_size: u64,
    /// Bytes before the elements of a channel (1.3).
    pub channel_header: Option<u64>,
    /// The lowest address of an arena.
    pub heap_start: u64,
    /// The end of the highest arena. What lies between need not be heap.
    pub heap_end: u64,
    /// `GOARCH`; up to 1.4 the letter of the architecture.
    pub arch: &'a [u8],
    /// `runtime.buildVersion`; in old releases `GOEXPERIMENT`.
    pub text: &'a [u8],
    /// `runtime.ncpu`.
    pub ncpu: u64,
}

/// An object with a finalizer, or one whose finalizer is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finalizer {
    /// The object, any byte of it.
    pub object: u64,
    /// The function value.
    pub function: u64,
    /// Its code.
    pub code: u64,
    /// Type of its argument.
    pub argument_type: u64,
    /// Type of the pointer to the object.
    pub object_type: u64,
}

/// An interface table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Itab {
    /// Where it stands.
    pub addr: u64,
    /// The type of what is in such an interface; in 1.3, 1 when the data word is a pointer.
    pub ty: u64,
}

/// A thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thread {
    /// Its `m`.
    pub m: u64,
    /// `m.id`.
    pub id: u64,
    /// Number that the system gave it.
    pub system_id: u64,
}

/// `runtime.MemStats`, as far as it is written. Bytes and nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the fields of runtime.MemStats by their names")]
pub struct MemStats {
    pub alloc: u64,
    pub total_alloc: u64,
    pub sys: u64,
    pub lookups: u64,
    pub mallocs: u64,
    pub frees: u64,
    pub heap_alloc: u64,
    pub heap_sys: u64,
    pub heap_idle: u64,
    pub heap_inuse: u64,
    pub heap_released: u64,
    pub heap_objects: u64,
    pub stack_inuse: u64,
    pub stack_sys: u64,
    pub mspan_inuse: u64,
    pub mspan_sys: u64,
    pub mcache_inuse: u64,
    pub mcache_sys: u64,
    pub buck_hash_sys: u64,
    pub gc_sys: u64,
    pub other_sys: u64,
    pub next_gc: u64,
    pub last_gc: u64,
    pub pause_total_ns: u64,
    /// A ring: the latest stands at `(num_gc + 255) % 256`.
    pub pause_ns: [u64; 256],
    pub num_gc: u64,
}

/// Package data of the program itself; that of plugins is not written.
#[derive(Clone, PartialEq, Debug)]
pub struct ModuleData<'a> {
    /// Its first byte.
    pub addr: u64,
    /// All of it.
    pub contents: &'a [u8],
    /// Where pointers stand.
    pub fields: Fields<'a>,
}

/// A deferred call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Defer {
    /// Its `_defer`.
    pub addr: u64,
    /// The goroutine's `g`.
    pub g: u64,
    /// Stack pointer at the time of the `defer`.
    pub sp: u64,
    /// Where the `defer` is.
    pub pc: u64,
    /// The function value.
    pub function: u64,
    /// Its code; 0 when there is no function.
    pub code: u64,
    /// The next older one.
    pub link: u64,
}

/// A panic in progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Panic {
    /// Its `_panic`.
    pub addr: u64,
    /// The goroutine's `g`.
    pub g: u64,
    /// Type of its argument.
    pub argument_type: u64,
    /// Data word of its argument.
    pub argument: u64,
    /// The deferred call that it was running; 0 in later releases.
    pub running: u64,
    /// The next older one.
    pub link: u64,
}

/// A record of the memory profile: what was sampled of one stack and one size.
#[derive(Clone, PartialEq, Debug)]
pub struct Bucket<'a> {
    /// Its number.
    pub id: u64,
    /// Bytes of an object.
    pub size: u64,
    /// Where the objects were made.
    pub stack: Stack<'a>,
    /// Sampled allocations.
    pub allocs: u64,
    /// How many of those were freed.
    pub frees: u64,
}

/// A place on the stack of an allocation. The function is the one that was compiled, the line that of the innermost
/// call inlined into it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlaceInCode<'a> {
    /// The function.
    pub function: &'a [u8],
    /// Its file.
    pub file: &'a [u8],
    /// The line.
    pub line: u64,
}

/// A stack of the memory profile, read as it is gone through, the innermost call first.
#[derive(Clone, Debug)]
pub struct Stack<'a> {
    pub(super) cursor: super::cursor::Cursor<'a>,
    pub(super) left: u64,
}

impl PartialEq for Stack<'_> {
    fn eq(&self, other: &Self) -> bool {
        Iterator::eq(self.clone(), other.clone())
    }
}

impl<'a> Iterator for Stack<'a> {
    type Item = PlaceInCode<'a>;

    fn next(&mut self) -> Option<PlaceInCode<'a>> {
        self.left = self.left.checked_sub(1)?;
        Some(PlaceInCode {
            function: self.cursor.data("").ok()?,
            file: self.cursor.data("").ok()?,
            line: self.cursor.number("").ok()?,
        })
    }
}

/// An object that the memory profiler sampled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AllocSample {
    /// The object, any byte of it.
    pub object: u64,
    /// The number of its record of the profile.
    pub bucket: u64,
}
