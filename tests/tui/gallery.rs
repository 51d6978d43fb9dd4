//! Which screens are pictured, on which inputs, and the keys that lead to them.

use crate::heap::unpacked;
use crate::walks::case;
use std::path::Path;

/// Some keys, and the screen that they lead to.
pub struct Step {
    pub keys: &'static str,
    /// The screen's name in the bar at the top.
    pub title: &'static str,
    /// What is seen there where the terminal is as large as the README's.
    pub wanted: &'static str,
    /// The picture that is made of it.
    pub picture: Option<&'static str>,
}

/// An input and the steps through its screens.
pub struct Walk {
    pub args: Vec<String>,
    /// Charts of the README have a few rows more.
    pub more_rows: u16,
    pub steps: &'static [Step],
}

const fn go(keys: &'static str, title: &'static str, wanted: &'static str) -> Step {
    Step {
        keys,
        title,
        wanted,
        picture: None,
    }
}

const fn shot(
    picture: &'static str,
    keys: &'static str,
    title: &'static str,
    wanted: &'static str,
) -> Step {
    Step {
        keys,
        title,
        wanted,
        picture: Some(picture),
    }
}

/// A core of a program that dereferenced nil.
const CRASH: &[Step] = &[
    shot("overview", "", "Overview", "findings"),
    go("\r", "Frames", "key = "),
    shot("frames", "\rlj", "Frames", "programs/crash/nilptr.go:38"),
    shot("value", "p", "Value", "name"),
    shot("registers", "\x1bR", "Answer", "rip"),
    shot(
        "disassembly",
        "\x1b:disass\r",
        "Answer",
        "runtime.mapaccess1_faststr",
    ),
    shot("help", "?", "Help", "Keys of every screen"),
    shot("account", "\x1b3", "Memory", "resident"),
    shot("memory", "t", "Memory", " from files"),
    shot("core-timeline", "4", "Timeline", "events of this window"),
];

/// Of the heap: a program that keeps a list, a tree, maps.
const HEAP: &[Step] = &[
    go("", "Overview", "live"),
    shot("types", "3", "Types", "main.gnode"),
    shot("roots", "5", "Roots", "main.Root"),
    shot("retained", "4", "Retained", "main.Big"),
    shot("picture", "i", "Retained", "all that lives"),
    shot("suspects", "6", "Suspects", "heap tree main.Big"),
    go("3fkey=main.item\r", "Types", "filter: key=main.item"),
    shot("instances", "\r", "Instances", "live objects of main.item"),
    shot("object", "\r", "Object", "why it is alive"),
    shot("references", "r", "References", "main.item"),
    shot("kept", "\x1bd", "Kept", "PLACE"),
];

/// Two moments of a program that leaks.
const MOMENTS: &[Step] = &[
    shot("changes-types", "", "Changes", "SURVIVED"),
    shot("changes", "tt", "Changes", "by root"),
];

/// A core of many goroutines that wait.
const WAITING: &[Step] = &[
    go("", "Overview", "goroutines"),
    shot("goroutines", "2", "Goroutines", "COUNT"),
    shot("goroutines-each", "t", "Goroutines", "ID"),
    shot("goroutines-flame", "v", "Flame", "goroutines"),
    shot("waits", "9", "Waits", "waits"),
];

/// A log in which a collector's trace stands between the program's own lines.
const COLLECTOR: &[Step] = &[
    shot("log-overview", "", "Overview", "holds"),
    shot("gc", "3", "GC", "wall time of the last cycles"),
    shot("gc-phases", "v", "GC", "wall time of the last cycles"),
    shot("gc-pauses", "v", "GC", "how long the world stood still"),
    go("2", "Timeline", "events of this window"),
    shot("timeline", "jj", "Timeline", "+0.0"),
    shot("text", "6", "Text", "gc 1 "),
    shot("line", "\r", "Line", "line"),
];

const SCHEDULER: &[Step] = &[
    shot("sched", "4", "Scheduler", "samples"),
    shot("sched-overview", "1", "Overview", "holds"),
    shot("sched-timeline", "2", "Timeline", "events of this window"),
];

/// A log that ends in a crash with all stacks.
const TRACEBACK: &[Step] = &[
    shot("crash-log-overview", "", "Overview", "holds"),
    shot("log-goroutines", "5", "Goroutines", "COUNT"),
    shot("log-group", "\r", "Goroutines", "WAITING"),
    shot("log-frames", "\r", "Frames", "goroutine"),
    shot("log-waits", "7", "Waits", "wait"),
];

/// Memory statistics that a program prints now and then.
const STATISTICS: &[Step] = &[
    shot("memstats-overview", "", "Overview", "holds"),
    shot("memstats", "8", "Memstats", "snapshots"),
    shot("memstats-fields", "v", "Memstats", "snapshots"),
];

/// All of `runtime.MemStats`, once.
const STATISTIC: &[Step] = &[shot("memstats-parts", "8", "Memstats", "snapshots")];

const ALLOCATIONS: &[Step] = &[
    shot("alloc", "9", "Alloc", "sums by type"),
    shot("alloc-sum", "v", "Alloc", "what became of"),
    shot("alloc-stacks", "tt", "Alloc", "sums by stack"),
];

const COMPILER: &[Step] = &[
    go("", "Escapes", "net/http"),
    shot("escapes", "jljlj", "Escapes", "how it gets there"),
    shot("escapes-text", "2", "Text", "net/http"),
];

const PROFILE: &[Step] = &[
    shot("flame", "", "Flame", "net/http.(*conn).serve"),
    go("/treeHandler\r", "Flame", "/treeHandler: 52.71%"),
    shot("flame-callers", "c", "Flame", "called by main.treeHandler"),
    shot(
        "functions",
        "2",
        "Functions",
        "runtime.memclrNoHeapPointers",
    ),
    shot("verdict", "3", "Verdict", "The garbage collector"),
    shot("peek", ":peek treeHandler\r", "Answer", "flat%"),
    shot(
        "profile-source",
        "\x1b:list treeHandler\r",
        "Answer",
        "treeHandler",
    ),
];

const PROFILES: &[Step] = &[
    shot("flame-difference", "", "Flame", "main.keepBig"),
    shot("functions-difference", "2", "Functions", "main.keepBig"),
    shot("verdict-difference", "3", "Verdict", "grew by"),
];

/// All of them.
pub fn walks() -> Vec<Walk> {
    // Relative, so that no picture names the directory it was made in.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let relative = |path: &Path| {
        let path = path.strip_prefix(here).unwrap_or(path);
        path.to_str().unwrap().to_owned()
    };
    let core = |name: &str| {
        let case = case(name);
        [&case.core, &case.exe].map(|path| relative(path))
    };
    let sources = "/tmp/dumpview-corpus/src-go1.27.3/crash=corpus/programs/crash";
    let mut crash = vec!["--source-path".to_owned(), sources.to_owned()];
    crash.extend(core("crash-nilptr-noopt-go1.27.3-amd64"));
    let dumps = |names: [&str; 2]| names.map(|name| relative(&unpacked(name)));
    let files = |names: &[&str]| names.iter().map(|name| format!("corpus/{name}")).collect();
    let walk = |args, steps| Walk {
        args,
        more_rows: 0,
        steps,
    };
    vec![
        walk(crash, CRASH),
        walk(
            dumps(["known-go1.27.3.dump", "known-go1.27.3.exe"]).into(),
            HEAP,
        ),
        walk(
            dumps(["leaky-go1.25.5-first.dump", "leaky-go1.25.5-second.dump"]).into(),
            MOMENTS,
        ),
        walk(
            core("crash-blocked-quit-noopt-go1.27.3-amd64").into(),
            WAITING,
        ),
        Walk {
            more_rows: 4,
            ..walk(
                files(&["logs/gctrace/wordidx-applog-go1.27.3.txt.gz"]),
                COLLECTOR,
            )
        },
        walk(
            files(&["logs/schedtrace/chatrelay-detail-go1.27.3.txt.gz"]),
            SCHEDULER,
        ),
        walk(
            files(&["logs/traceback/blockers-panic-system-go1.27.3.txt.gz"]),
            TRACEBACK,
        ),
        walk(
            files(&["logs/memstats/memprint-logfmt-go1.27.3.txt"]),
            STATISTICS,
        ),
        walk(
            files(&["logs/memstats/memprint-plusv-go1.27.3.txt.gz"]),
            STATISTIC,
        ),
        walk(
            files(&["logs/allocfreetrace/alloctr-with-gctrace-go1.19.txt.gz"]),
            ALLOCATIONS,
        ),
        walk(files(&["escapes/std-nethttp-m2-go1.27.3.txt.gz"]), COMPILER),
        walk(files(&["pprof/go1.27.3/cpu.pb.gz"]), PROFILE),
        walk(
            files(&[
                "pprof/judged/go1.27.3/before.pb.gz",
                "pprof/judged/go1.27.3/after.pb.gz",
            ]),
            PROFILES,
        ),
    ]
}
