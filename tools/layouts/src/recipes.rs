//! Recipes for finding the runtime's variables in stripped programs, made from an unstripped one.

use dumpview_process::addr::{Addr, Bias};
use dumpview_process::image::Executable;
use dumpview_process::layout::{MadeRecipe, Recipe};
use dumpview_process::runtime::search::{Datum, FunctionRefs, Refs, data_refs, make_recipes, vote};
use std::collections::{BTreeMap, HashMap};

/// Variables worth finding without symbols: what the readers of goroutines, deaths, the scheduler, the heap and
/// its statistics start from.
const WANTED: [&str; 71] = [
    "allfin",
    "allglen",
    "allgptr",
    "allgs",
    "allm",
    "allp",
    "bbuckets",
    "blockProfile",
    "buildVersion",
    "cgoHasExtraM",
    "class_to_size",
    "crashFD",
    "crashing",
    "debug",
    "didothers",
    "emptymspan",
    "extraM",
    "faketime",
    "fing",
    "fingRunning",
    "fingStatus",
    "finq",
    "forcegc",
    "g0",
    "gcBlackenEnabled",
    "gcCleanups",
    "gcController",
    "gcMarkWorkerModeStrings",
    "gcphase",
    "gomaxprocs",
    "iscgo",
    "itabTable",
    "itabTableInit",
    "lastmoduledatap",
    "m0",
    "mbuckets",
    "memstats",
    "mheap_",
    "modinfo",
    "modulesSlice",
    "mutexProfile",
    "ncpu",
    "netpollInited",
    "netpollWaiters",
    "panicking",
    "paniclk",
    "physPageSize",
    "pollcache",
    "printBacklog",
    "printBacklogIndex",
    "reflectOffs",
    "runningPanicDefers",
    "runtimeInitTime",
    "sched",
    "scavenge",
    "semtable",
    "stackLarge",
    "stackpool",
    "startingStackSize",
    "starttime",
    "staticuint64s",
    "sweep",
    "timeHistBuckets",
    "trace",
    "waitReasonStrings",
    "work",
    "worldsema",
    "writeBarrier",
    "xbuckets",
    "zerobase",
    "MemProfileRate",
];

/// Makes recipes from `small`, a program with little beside the runtime so that its functions are in every
/// program, and keeps those that also find their variables in `big`.
pub fn recipes(small: &Executable<'_>, big: &Executable<'_>) -> Vec<MadeRecipe> {
    let refs = functions(small);
    let mut all = Vec::new();
    for (name, refs) in refs {
        // A function that takes an address is told from the same that uses what is there.
        let taken = refs.taken;
        for (name, refs) in [(name.to_owned(), refs.all), (format!("{name}&"), taken)] {
            all.push(FunctionRefs { name, refs });
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let made = make_recipes(&data(small), &all);
    let refs = functions(big);
    let holds = |made: &MadeRecipe| {
        let recipe: Recipe<'_> = made.as_recipe();
        // Its own second: one recipe alone must give the right address.
        let found = vote(&[recipe.clone(), recipe.clone()], &refs);
        let symbol = big
            .symbol(&made.variable)
            .map(|(at, _)| at.to_process(Bias(0)));
        symbol.is_some() && found.get(made.variable.as_str()).copied() == symbol
    };
    made.into_iter().filter(holds).collect()
}

fn data(exe: &Executable<'_>) -> Vec<Datum> {
    let wanted = WANTED.iter().filter_map(|name| {
        let name = format!("runtime.{name}");
        let (at, size) = exe.symbol(&name)?;
        let addr = at.to_process(Bias(0));
        Some(Datum { name, addr, size })
    });
    wanted.collect()
}

/// The runtime's functions and the package data they refer to. Names that stand for two functions (wrappers
/// between calling conventions) are left out, since pclntab gives both the same.
fn functions<'a>(exe: &Executable<'a>) -> HashMap<&'a str, Refs> {
    let bound = |name| exe.symbol(name).map_or(Addr::NULL, |(at, _)| Addr(at.0));
    let (start, end) = (bound("runtime.noptrdata"), bound("runtime.enoptrbss"));
    let mut seen: BTreeMap<&str, Vec<Refs>> = BTreeMap::new();
    for (at, size, name) in exe.symbols() {
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        let bare = name.strip_suffix(".abi0").unwrap_or(name);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.()*".contains(&b);
        if !bare.starts_with("runtime.") || !bare.bytes().all(plain) {
            continue;
        }
        let code = exe.load_segments().filter(|s| s.executable).find_map(|s| {
            let from = usize::try_from(at.0.checked_sub(s.addr.0)?).ok()?;
            s.bytes.get(from..)?.get(..usize::try_from(size).ok()?)
        });
        let Some(code) = code else {
            continue;
        };
        let mut refs = data_refs(exe.arch, code, at.to_process(Bias(0)));
        refs.retain(|addr| start <= addr && addr < end);
        seen.entry(bare).or_default().push(refs);
    }
    let single = |(name, mut all): (&'a str, Vec<Refs>)| {
        let refs = all.pop()?;
        all.is_empty().then_some((name, refs))
    };
    seen.into_iter().filter_map(single).collect()
}
