//! Questions to the binary about the corpus, at least one for each verb: what people read is asked with these.

const NIL: &str = "fixtures/crash-nilptr-noopt-go1.27.3-amd64.core.zst";
const WRAPPED: &str = "fixtures/crash-wrapped-noopt-go1.27.3-amd64.core.zst";
const CRASH: &str = "fixtures/crash-noopt-go1.27.3-amd64.exe.zst";
const DEADLOCK: &str = "fixtures/crash-deadlock-stripped-go1.19-amd64.core.zst";
const STRIPPED: &str = "fixtures/crash-stripped-go1.19-amd64.exe.zst";
const TYPES: &str = "fixtures/types-all-noopt-go1.27.3-arm64.core.zst";
const TYPES_EXE: &str = "fixtures/types-noopt-go1.27.3-arm64.exe.zst";
const CGO: &str = "fixtures/cgo-callback-panic-noopt-go1.19-amd64.core.zst";
const CGO_EXE: &str = "fixtures/cgo-noopt-go1.19-amd64.exe.zst";
const CPU: &str = "pprof/go1.27.3/cpu.pb.gz";
const LOG: &str = "timeline/traced-go1.27.3.log.zst";
const LOG_CORE: &str = "timeline/traced-go1.27.3.core.zst";
const LOG_EXE: &str = "timeline/traced-go1.27.3.exe.zst";
/// Where the sources of [`CRASH`] are in this repository, wherever they were built.
const SOURCES: &str = "--source-path=/tmp/dumpview-corpus/src-go1.27.3/crash=programs/crash";

/// The name of a recorded answer, and the question, asked in a folder like `corpus/`. The first word is the verb, if it is one.
pub const QUESTIONS: &[(&str, &[&str])] = &[
    ("core", &[NIL, CRASH, SOURCES]),
    ("core-wrapped", &[WRAPPED, CRASH]),
    ("core-cgo", &[CGO, CGO_EXE]),
    ("core-alone", &[NIL]),
    ("core-of-another-program", &[NIL, STRIPPED]),
    (
        "core-script",
        &[
            NIL,
            CRASH,
            SOURCES,
            "-x",
            "goroutine 1",
            "-x",
            "bt",
            "-x",
            "frame 14",
            "-x",
            "args",
            "-x",
            "list",
        ],
    ),
    ("log", &[LOG]),
    ("log-oom", &["logs/oom/public-kernel-5.x-memcg.txt"]),
    ("info", &["info", NIL, CRASH]),
    ("info-stripped", &["info", DEADLOCK, STRIPPED, "-v"]),
    ("goroutines", &["goroutines", NIL, CRASH, "--system"]),
    (
        "goroutines-group",
        &["goroutines", DEADLOCK, STRIPPED, "--group"],
    ),
    (
        "goroutines-log",
        &["goroutines", "logs/traceback/deadlocks-go1.27.3.txt.gz"],
    ),
    ("waits", &["waits", DEADLOCK, STRIPPED]),
    (
        "waits-log",
        &["waits", "logs/traceback/deadlocks-go1.27.3.txt.gz"],
    ),
    ("threads", &["threads", NIL, CRASH]),
    ("bt", &["bt", NIL, CRASH]),
    ("bt-full", &["bt", WRAPPED, CRASH, "--full", "--runtime"]),
    ("bt-all", &["bt", DEADLOCK, STRIPPED, "--all"]),
    (
        "bt-arm64",
        &["bt", TYPES, TYPES_EXE, "--full", "--depth", "2"],
    ),
    ("bt-cgo", &["bt", CGO, CGO_EXE, "--runtime"]),
    ("locals", &["locals", NIL, CRASH, "-f", "12"]),
    (
        "locals-arm64",
        &["locals", TYPES, TYPES_EXE, "-f", "12", "--depth", "1"],
    ),
    ("args", &["args", NIL, CRASH, "-f", "15"]),
    ("print", &["print", NIL, CRASH, "runtime.buildVersion"]),
    (
        "print-computed",
        &[
            "print",
            NIL,
            CRASH,
            "len(runtime.buildVersion) * 2 + 1 == 17",
        ],
    ),
    ("print-unknown", &["print", NIL, CRASH, "main.nothing"]),
    ("whatis", &["whatis", NIL, CRASH, "runtime.allgs"]),
    ("vars", &["vars", NIL, CRASH, "^main\\."]),
    ("funcs", &["funcs", NIL, CRASH, "^main\\.[a-f]"]),
    ("types", &["types", NIL, CRASH, "^main\\."]),
    ("sources", &["sources", NIL, CRASH, "/crash/"]),
    ("list", &["list", NIL, CRASH, SOURCES, "-f", "12"]),
    ("list-function", &["list", NIL, CRASH, SOURCES, "main.main"]),
    ("heap", &["heap", NIL, CRASH]),
    ("heap-stripped", &["heap", DEADLOCK, STRIPPED]),
    ("heap-top", &["heap", "top", NIL, CRASH, "--top", "12"]),
    (
        "heap-top-root",
        &["heap", "top", NIL, CRASH, "--by", "root", "--top", "8"],
    ),
    ("heap-tree", &["heap", "tree", NIL, CRASH, "runtime.allm"]),
    (
        "heap-object",
        &["heap", "object", NIL, CRASH, "&os.Stdout.file.name"],
    ),
    ("heap-refs", &["heap", "refs", NIL, CRASH, "os.Stdout"]),
    (
        "heap-paths",
        &["heap", "paths", NIL, CRASH, "--type", "os.file"],
    ),
    (
        "heap-find",
        &[
            "heap",
            "find",
            NIL,
            CRASH,
            "os.file",
            "name == \"/dev/stdout\"",
        ],
    ),
    (
        "heap-find-mistyped",
        &["heap", "find", NIL, CRASH, "os.file", "nmae == 1"],
    ),
    ("heap-strings", &["heap", "strings", NIL, CRASH]),
    ("heap-garbage", &["heap", "garbage", NIL, CRASH]),
    (
        "heap-suspects",
        &[
            "heap",
            NIL,
            CRASH,
            "--threshold",
            "least_bytes=1024",
            "--threshold",
            "dominator-percent=30",
        ],
    ),
    (
        "print-retained",
        &[
            "print",
            NIL,
            CRASH,
            "--retained",
            "runtime.allgs",
            "--depth",
            "1",
        ],
    ),
    (
        "goroutines-retained",
        &["goroutines", NIL, CRASH, "--retained"],
    ),
    ("heap-mistyped", &["heap", "tpo", NIL, CRASH]),
    ("regs", &["regs", NIL, CRASH]),
    ("memory", &["memory", NIL, CRASH]),
    (
        "export",
        &["export", "--to", "folded", "-o", "/dev/stdout", NIL, CRASH],
    ),
    (
        "disass",
        &["disass", NIL, CRASH, "-f", "12", "--count", "40", "-v"],
    ),
    (
        "disass-arm64",
        &["disass", TYPES, TYPES_EXE, "--count", "40"],
    ),
    (
        "x",
        &[
            "x",
            NIL,
            CRASH,
            "--addr",
            "0x1b3fd8e5c418",
            "--count",
            "4",
            "--size",
            "8",
        ],
    ),
    (
        "escapes",
        &["escapes", "escapes/pgo-devirt-m2-go1.27.3.txt.gz"],
    ),
    ("gc", &["gc", "logs/gctrace/legacy-go1.6-scvg.txt"]),
    ("gc-log", &["gc", LOG]),
    ("gc-csv", &["gc", "logs/gctrace/seed-go1.23.4.txt", "--csv"]),
    ("sched", &["sched", LOG]),
    (
        "alloc",
        &["alloc", "logs/allocfreetrace/alloctr-go1.22.10.txt.gz"],
    ),
    (
        "memstats",
        &["memstats", "logs/memstats/memprint-plusv-go1.22.10.txt.gz"],
    ),
    ("timeline", &["timeline", LOG, LOG_CORE, LOG_EXE]),
    ("pprof", &["pprof", CPU]),
    ("pprof-opened", &["pprof/go1.27.3/heap.before.pb.gz"]),
    (
        "pprof-peek",
        &["pprof", "-peek", "hashAll$", CPU, "-unit=ms"],
    ),
    (
        "pprof-list",
        &[
            "pprof",
            "list",
            "main.hashAll",
            CPU,
            "-source_path",
            "pprof",
        ],
    ),
    (
        "pprof-list-no-source",
        &[
            "pprof",
            "list",
            "sha256.blockAVX2",
            CPU,
            "-source_path=nowhere",
        ],
    ),
    (
        "pprof-text",
        &[
            "pprof",
            "top",
            "pprof/go1.27.3/goroutine.debug1.txt.zst",
            "-cum",
            "-nodecount=5",
        ],
    ),
    (
        "pprof-exec",
        &[
            "pprof",
            CPU,
            "-x",
            "top3 -cum",
            "-x",
            "samples",
            "-x",
            "tags",
        ],
    ),
    ("pprof-mistyped", &["pprof", "top", CPU, "-nodecounts=5"]),
    ("pprof-no-match", &["pprof", "peek", "nothing-of-it", CPU]),
    ("nothing-to-open", &["info", "no such file"]),
    ("verb-misspelt", &["gorutines", NIL]),
];
