//! What stands in tracebacks. Texts are bytes as printed: a panic value or a label can hold anything.

/// `goroutine 7 gp=0xc000006c40 m=nil [chan receive, 2 minutes]:`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header<'a> {
    /// The goroutine's number; 0 is a thread's scheduling stack.
    pub id: u64,
    /// Address of its `g` (1.22 and later, at level system).
    pub g: Option<u64>,
    /// The thread that runs it.
    pub m: M,
    /// Its status, or what it waits for, without the notes below.
    pub state: &'a [u8],
    /// The collector proved that nothing can wake it (1.26 and later).
    pub leaked: bool,
    /// Its stack was being scanned.
    pub scan: bool,
    /// Blocked on something of its own synctest bubble (1.25 and later).
    pub durable: bool,
    /// Whole minutes that it has waited, when at least one and a collection saw it wait.
    pub minutes: Option<u64>,
    /// It holds its thread (`runtime.LockOSThread`).
    pub locked: bool,
    /// Its synctest bubble (`group` in 1.24).
    pub bubble: Option<u64>,
    /// Profiler labels (1.26 and later).
    pub labels: Labels<'a>,
}

/// The thread in a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum M {
    /// Not printed.
    #[default]
    Unknown,
    /// `m=nil`: it has none.
    Nil,
    /// `m=3 mp=0x57c400`
    Id {
        /// The runtime's number of it, not the kernel's.
        id: u64,
        /// Address of its `m`.
        mp: u64,
    },
}

/// Profiler labels as printed: `"k": "v", k2: v2`. [`Labels::iter`] takes the quotes off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Labels<'a> {
    /// What stood between the braces.
    pub text: &'a [u8],
}

/// `main.(*T).M(0x1, {0xc000012345?, 0x2})`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Function<'a> {
    /// With its package, as printed: dots of the last path element are `%2e`.
    pub name: &'a [u8],
    /// What stood between the parentheses; `...` for an inlined call.
    pub args: &'a [u8],
}

impl<'a> Function<'a> {
    /// The function of a call's line, whose name ends at `end`.
    pub(crate) fn split(line: &'a [u8], end: usize) -> Self {
        let (name, args) = line.split_at_checked(end).unwrap_or_default();
        let args = args.strip_prefix(b"(").and_then(|a| a.strip_suffix(b")"));
        Self {
            name,
            args: args.unwrap_or_default(),
        }
    }

    /// Whether the call was inlined: such have no arguments to show.
    pub fn is_inlined(&self) -> bool {
        self.args == b"..."
    }
}

/// `/src/main.go:18 +0x5e fp=0xc00004 sp=0xc00003 pc=0x45ae1a`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Source<'a> {
    /// The file; empty where a C symbolizer knew none.
    pub file: &'a [u8],
    /// The line; 0 along with an empty file.
    pub line: u32,
    /// How far into the function, in bytes; absent for inlined calls and at a function's first instruction.
    pub offset: Option<u64>,
    /// Frame pointer, at level system.
    pub fp: Option<u64>,
    /// Stack pointer, at level system.
    pub sp: Option<u64>,
    /// Program counter, at level system.
    pub pc: Option<u64>,
}

/// `created by main.main in goroutine 1`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Creator<'a> {
    /// The function with the `go` statement.
    pub function: &'a [u8],
    /// The goroutine that ran it (1.21 and later).
    pub goroutine: Option<u64>,
}

/// Frames that were left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Elided {
    /// `...40 frames elided...`: so many, in the middle (1.21 and later).
    Middle(u64),
    /// `...additional frames elided...`: nobody knows how many, at the end (up to 1.20, and of ancestors).
    End,
}

/// A call and where it stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// The call. C functions, and `non-Go function`, have no parentheses and so no arguments.
    pub function: Function<'a>,
    /// The line below it; absent where it was lost.
    pub source: Option<Source<'a>>,
}

/// What became of a panic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Recovered {
    /// It went on to the end of the stack.
    #[default]
    No,
    /// `[recovered]`: a deferred call recovered it and panicked anew, or the printing stopped short.
    Recovered,
    /// `[recovered, repanicked]` (1.25 and later): the same value was panicked with again.
    Repanicked,
}

/// `panic: boom [recovered]`, or a further line of such a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text<'a> {
    /// Without the words before and after it, and the tab that 1.23 and later put before further lines.
    pub text: &'a [u8],
    /// What stood at the end of the line.
    pub recovered: Recovered,
}

/// `PC=0x495dc1 m=0 sigcode=0 addr=0x0`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SignalPlace {
    /// Where the thread was.
    pub pc: u64,
    /// The runtime's number of the thread.
    pub m: Option<i64>,
    /// `si_code`, which the runtime prints as an unsigned word.
    pub sigcode: Option<u64>,
    /// The address of the fault.
    pub addr: Option<u64>,
}

/// `[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x4ab573]`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SignalNote<'a> {
    /// Its name, or its number in hexadecimal (up to 1.8, and on Windows).
    pub name: &'a [u8],
    /// What it means; may be empty.
    pub description: &'a [u8],
    /// `si_code`.
    pub code: u64,
    /// The address of the fault.
    pub addr: u64,
    /// Where it was raised.
    pub pc: u64,
}

/// A whole section that has the calls of another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Section<'a> {
    /// Its first line.
    pub header: Header<'a>,
    /// The same for sections that have the same functions, files, lines and program counters; the reader counts them.
    pub alike: u64,
    /// The goroutine that created it.
    pub creator: Option<u64>,
    /// How many lines stand behind the header, up to the empty one.
    pub lines: u64,
    /// Those lines.
    pub(super) text: &'a [u8],
}

/// One record of tracebacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// `panic: …`; a second one without a section between is the panic of a deferred call.
    Panic(Text<'a>),
    /// `fatal error: …`; the panics just before it were in flight (1.26 and later).
    Fatal(Text<'a>),
    /// A further line of the text before.
    More(Text<'a>),
    /// `http: panic serving 127.0.0.1:60304: …`: a panic that net/http caught.
    Served {
        /// The client.
        client: &'a [u8],
        /// The panic's value.
        text: &'a [u8],
    },
    /// `SIGQUIT: quit`
    Signal(&'a [u8]),
    /// Where it found the thread.
    SignalPlace(SignalPlace),
    /// The signal that became a panic or a fatal error.
    SignalNote(SignalNote<'a>),
    /// Any other line that the runtime prints around a crash: `runtime: …`, `unexpected fault address 0x…`,
    /// `signal arrived during cgo execution`, `instruction bytes: …`, dumps of stack memory.
    Note(&'a [u8]),
    /// `runtime stack:`: a thread's scheduling stack, which belongs to no goroutine.
    RuntimeStack,
    /// A goroutine's section begins.
    Header(Header<'a>),
    /// A whole section at once, where the reader was told that it may give such.
    Section(Section<'a>),
    /// A call.
    Frame(Frame<'a>),
    /// `goroutine running on other thread; stack unavailable`, in place of calls.
    Unavailable(&'a [u8]),
    /// Frames were left out here.
    Elided(Elided),
    /// Who created the goroutine.
    CreatedBy {
        /// The function and the goroutine.
        creator: Creator<'a>,
        /// Where its `go` statement is; absent where the line was lost.
        source: Option<Source<'a>>,
    },
    /// The goroutine that created the one before, as its stack was then (`tracebackancestors`).
    Ancestor(u64),
    /// A register of the thread that got the signal.
    Register {
        /// `rax`, `pc`, …
        name: &'a [u8],
        /// Its value.
        value: u64,
    },
    /// `-----`: at level crash, the next thread reports.
    Separator,
    /// A dump that stood escaped inside one line (a field of a JSON log) begins, and the same at its end.
    Embedded {
        /// Whether it begins.
        begins: bool,
    },
}
