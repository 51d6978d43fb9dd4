//! Kinds of work that functions stand for, by their names.
//!
//! Work of the runtime is told by the innermost call that stands for some: an allocation that has to assist the collector is the
//! collector's. What libraries do is told by any call: it contains the runtime's work. Locks of the runtime itself are the work of
//! whoever takes them.

/// How a kind of work is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// By the innermost call that stands for any of these kinds.
    Innermost,
    /// By any call.
    Any,
    /// By a call from the program's own code, which can be written differently.
    Own,
}

/// A kind of work.
pub struct Cost {
    /// The finding.
    pub id: &'static str,
    /// How it is told.
    pub told: Told,
    /// Names of its functions; one that ends in `*` is how they begin.
    functions: &'static [&'static str],
    /// From this share on it is told.
    pub told_from: f64,
    /// From this share on it is a warning.
    pub warned_from: f64,
    /// What took the time, as a sentence begins.
    pub what: &'static str,
    /// What to do.
    pub advice: &'static str,
}

impl Cost {
    /// Whether a function is of it.
    pub fn is(&self, function: &str) -> bool {
        let function = if function.starts_with("runtime.") {
            simplified_generic(function)
        } else {
            function
        };
        let mut names = self.functions.iter();
        names.any(|name| match name.strip_suffix('*') {
            Some(start) => function.starts_with(start),
            None => function == *name,
        })
    }
}

/// A generic function without its types.
fn simplified_generic(function: &str) -> &str {
    function.split('[').next().unwrap_or(function)
}

/// Whether a call is of JSON, of which reflection is a part.
pub fn is_json(function: &str) -> bool {
    COSTS.iter().any(|of| of.id == JSON && of.is(function))
}

const JSON: &str = "cpu.json";
/// Reflection, which is told only where it is no part of JSON.
pub const REFLECTION: &str = "cpu.reflection";
/// The collector, whose parts are told.
pub const COLLECTOR: &str = "cpu.collector";

/// Parts of the collector's work: a name and the functions below which it is done.
pub const PARTS: &[(&str, &[&str])] = &[
    (
        "marking in assists of goroutines that allocate",
        &["runtime.gcAssistAlloc", "runtime.gcAssistAlloc1"],
    ),
    ("marking in the background", &["runtime.gcBgMarkWorker"]),
    (
        "sweeping",
        &[
            "runtime.bgsweep",
            "runtime.sweepone",
            "runtime.deductSweepCredit",
            "runtime.(*mcentral).cacheSpan",
        ],
    ),
    (
        "the write barrier",
        &[
            "gcWriteBarrier",
            "runtime.gcWriteBarrier",
            "runtime.wbBufFlush",
        ],
    ),
];

/// All kinds.
pub const COSTS: &[Cost] = &[
    Cost {
        id: COLLECTOR,
        told: Told::Innermost,
        functions: &[
            "runtime.gcBgMarkWorker*",
            "runtime.gcAssistAlloc*",
            "runtime.gcDrain*",
            "runtime.gcStart*",
            "runtime.gcMarkDone*",
            "runtime.gcMarkTermination*",
            "runtime.bgsweep",
            "runtime.sweepone*",
            "runtime.deductSweepCredit",
            "runtime.(*mspan).sweep",
            "runtime.(*sweepLocked).sweep",
            "runtime.(*mheap).reclaim*",
            "runtime.wbBufFlush*",
            "runtime.gcWriteBarrier*",
            "gcWriteBarrier*",
            "runtime.bulkBarrierPreWrite*",
        ],
        told_from: 0.10,
        warned_from: 0.25,
        what: "The garbage collector",
        advice: "allocate less (an allocs profile names the sites), or let the heap grow further between collections (GOGC, with GOMEMLIMIT as \
                 the bound)",
    },
    Cost {
        id: "cpu.scavenger",
        told: Told::Innermost,
        functions: &[
            "runtime.bgscavenge*",
            "runtime.(*pageAlloc).scavenge*",
            "runtime.(*mheap).scavenge*",
            "runtime.sysUnused*",
            "runtime.madvise",
        ],
        told_from: 0.05,
        warned_from: 0.15,
        what: "Giving memory back to the system",
        advice: "leave more room below the memory limit (GOMEMLIMIT), and do not call debug.FreeOSMemory: what is given back is needed again",
    },
    Cost {
        id: "cpu.allocation",
        told: Told::Innermost,
        functions: &[
            "runtime.mallocgc*",
            "runtime.newobject",
            "runtime.makeslice*",
            "runtime.growslice*",
            "runtime.makemap*",
            "runtime.rawstring*",
            "runtime.rawbyteslice",
            "runtime.(*mcache).*",
            "runtime.(*mcentral).*",
            "runtime.(*mheap).alloc*",
            "runtime.newarray",
        ],
        told_from: 0.10,
        warned_from: 0.25,
        what: "Allocating memory",
        advice: "reuse buffers, give slices and maps their size, keep values off the heap (`dumpview escapes` says why they are there); \
                 collections come on top of it",
    },
    Cost {
        id: "cpu.map-growth",
        told: Told::Innermost,
        functions: &[
            "runtime.hashGrow",
            "runtime.growWork*",
            "runtime.evacuate*",
            "internal/runtime/maps.(*table).grow",
            "internal/runtime/maps.(*table).rehash",
            "internal/runtime/maps.(*table).split",
            "internal/runtime/maps.(*Map).growTo*",
        ],
        told_from: 0.03,
        warned_from: 0.10,
        what: "Growing maps",
        advice: "make them with the size that they will have: make(map[K]V, n)",
    },
    Cost {
        id: "cpu.copying",
        told: Told::Innermost,
        functions: &[
            "runtime.memmove",
            "runtime.typedmemmove",
            "runtime.typedslicecopy",
        ],
        told_from: 0.05,
        warned_from: 0.20,
        what: "Copying memory",
        advice: "pass pointers to large values, give slices their capacity, and do not copy between buffers",
    },
    Cost {
        id: "cpu.stack-growth",
        told: Told::Innermost,
        functions: &["runtime.copystack"],
        told_from: 0.03,
        warned_from: 0.10,
        what: "Growing stacks of goroutines",
        advice: "keep workers in place of short-lived goroutines, which begin with a small stack each time, or make calls less deep",
    },
    Cost {
        id: "cpu.locks",
        told: Told::Innermost,
        functions: &[
            "sync.(*Mutex).*",
            "sync.(*RWMutex).*",
            "sync.(*Cond).*",
            "sync.(*WaitGroup).*",
            "internal/sync.(*Mutex).*",
            "runtime.semacquire*",
            "runtime.semrelease*",
            "sync.runtime_Sem*",
            "internal/sync.runtime_Sem*",
        ],
        told_from: 0.05,
        warned_from: 0.15,
        what: "Taking and releasing locks",
        advice: "hold them shorter or split them; mutex and block profiles say which and how long others wait",
    },
    Cost {
        id: "cpu.channels",
        told: Told::Innermost,
        functions: &[
            "runtime.chansend*",
            "runtime.chanrecv*",
            "runtime.selectgo",
            "runtime.selectnb*",
            "runtime.closechan",
        ],
        told_from: 0.10,
        warned_from: 0.25,
        what: "Channel operations",
        advice: "send batches in place of single values, or use a lock where nothing has to be handed over",
    },
    Cost {
        id: "cpu.scheduling",
        told: Told::Innermost,
        functions: &[
            "runtime.schedule",
            "runtime.findRunnable",
            "runtime.findrunnable",
            "runtime.park_m",
            "runtime.goschedImpl",
            "runtime.gosched_m",
            "runtime.gopreempt_m",
            "runtime.goexit0",
            "runtime.sysmon",
            "runtime.mcall",
        ],
        told_from: 0.15,
        warned_from: 0.30,
        what: "Scheduling goroutines",
        advice: "larger pieces of work between two waits, or a smaller GOMAXPROCS where there are more processors than work",
    },
    Cost {
        id: "cpu.goroutine-creation",
        told: Told::Innermost,
        functions: &["runtime.newproc*"],
        told_from: 0.05,
        warned_from: 0.15,
        what: "Starting goroutines",
        advice: "keep workers in place of a goroutine for each small piece of work",
    },
    Cost {
        id: "cpu.syscalls",
        told: Told::Innermost,
        functions: &[
            "syscall.Syscall*",
            "syscall.RawSyscall*",
            "syscall.rawSyscall*",
            "syscall.runtime_*",
            "golang.org/x/sys/unix.Syscall*",
            "runtime.entersyscall*",
            "runtime.reentersyscall",
            "runtime.exitsyscall*",
        ],
        told_from: 0.20,
        warned_from: 0.50,
        what: "System calls",
        advice: "read and write larger pieces: bufio around files and connections",
    },
    Cost {
        id: "cpu.cgo",
        told: Told::Innermost,
        functions: &[
            "runtime.cgocall",
            "runtime.asmcgocall*",
            "runtime.cgocallback*",
        ],
        told_from: 0.20,
        warned_from: 0.50,
        what: "Calls into C",
        advice: "fewer and larger calls; what C does there Go's profiler does not see, but perf does",
    },
    Cost {
        id: "cpu.slice-growth",
        told: Told::Own,
        functions: &["runtime.growslice*"],
        told_from: 0.05,
        warned_from: 0.20,
        what: "Growing slices as they are appended to, collections that it caused included",
        advice: "make them with their capacity: make([]T, 0, n)",
    },
    Cost {
        id: "cpu.string-conversion",
        told: Told::Own,
        functions: &[
            "runtime.slicebytetostring*",
            "runtime.stringtoslicebyte*",
            "runtime.slicerunetostring",
            "runtime.stringtoslicerune",
            "runtime.concatstring*",
            "runtime.concatbyte*",
            "runtime.intstring",
        ],
        told_from: 0.05,
        warned_from: 0.20,
        what: "Converting between strings and bytes, and joining strings",
        advice: "keep to one of both, and build with strings.Builder or append",
    },
    Cost {
        id: JSON,
        told: Told::Any,
        functions: &[
            "encoding/json.*",
            "encoding/json/*",
            "github.com/json-iterator/*",
            "github.com/goccy/go-json*",
            "github.com/bytedance/sonic*",
            "github.com/go-json-experiment/*",
        ],
        told_from: 0.15,
        warned_from: 0.40,
        what: "JSON",
        advice: "read into typed structs rather than any, keep encoders, cache what is encoded again and again",
    },
    Cost {
        id: REFLECTION,
        told: Told::Any,
        functions: &["reflect.*", "internal/reflectlite.*"],
        told_from: 0.10,
        warned_from: 0.30,
        what: "Reflection (outside of JSON)",
        advice: "typed code in its place, or its results kept",
    },
    Cost {
        id: "cpu.regexp-compile",
        told: Told::Any,
        functions: &[
            "regexp.Compile",
            "regexp.MustCompile",
            "regexp.compile",
            "regexp/syntax.Parse",
            "regexp/syntax.Compile",
        ],
        told_from: 0.02,
        warned_from: 0.10,
        what: "Compiling regular expressions",
        advice: "compile once, in a variable of the package",
    },
    Cost {
        id: "cpu.regexp",
        told: Told::Any,
        functions: &["regexp.(*Regexp).*"],
        told_from: 0.10,
        warned_from: 0.30,
        what: "Matching regular expressions",
        advice: "strings.Contains, Cut and the like where they do, a check that is cheap before the expression",
    },
    Cost {
        id: "cpu.formatting",
        told: Told::Any,
        functions: &["fmt.*"],
        told_from: 0.10,
        warned_from: 0.30,
        what: "Formatting with fmt",
        advice: "strconv.Append… and strings.Builder on the hot path; no formatting of what is not logged",
    },
];
