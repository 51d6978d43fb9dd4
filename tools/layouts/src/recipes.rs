//! Recipes for finding the runtime's variables in stripped programs, made from an unstripped one.

use dumpview_process::addr::{Addr, Bias};
use dumpview_process::image::Executable;
use dumpview_process::layout::{MadeRecipe, Recipe};
use dumpview_process::runtime::search::{Datum, FunctionRefs, Refs, data_refs, make_recipes, vote};
use std::collections::{BTreeMap, HashMap};

/// Variables worth finding without symbols: what the readers of goroutines, deaths, the scheduler, the heap and
/// its statistics start from.
const WANTED: [&str; 74] = [
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
    "mProfCycle",
    "mbuckets",
    "memstats",
    "mheap_",
    "modinfo",
    "modulesSlice",
    "mutexProfile",
    "mutexprofilerate",
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
    "ticks",
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

/// One way of compiling the release: a program that uses much of the library, and one with nothing beside the runtime.
pub struct Pair<'a> {
    /// Holds what most programs hold.
    pub big: &'a Executable<'a>,
    /// All its functions are in every program.
    pub small: &'a Executable<'a>,
}

/// Recipes of every way of compiling there is. Each finds its variable in both programs it was made for, and in those
/// that were compiled otherwise it finds the same variable or nothing: what inlining does to one
/// must not make it contradict the recipes of another.
pub fn recipes(pairs: &[Pair<'_>]) -> Vec<MadeRecipe> {
    let programs: Vec<Program<'_>> = pairs
        .iter()
        .flat_map(|pair| [pair.small, pair.big])
        .map(|exe| Program {
            exe,
            refs: functions(exe),
        })
        .collect();
    let mut all: Vec<MadeRecipe> = Vec::new();
    for (small, big) in programs
        .iter()
        .step_by(2)
        .zip(programs.iter().skip(1).step_by(2))
    {
        let holds = |made: &MadeRecipe| {
            [small, big]
                .iter()
                .all(|program| program.finds(made) == Found::Variable)
                && programs
                    .iter()
                    .all(|program| program.finds(made) != Found::Other)
        };
        let made = make_recipes(&data(small.exe), &small.with_taken(), &holds);
        all.extend(
            made.into_iter()
                .filter(|made| !all.contains(made))
                .collect::<Vec<_>>(),
        );
    }
    all
}

/// An executable, and what the runtime's functions refer to in it.
struct Program<'a> {
    exe: &'a Executable<'a>,
    refs: HashMap<&'a str, Refs>,
}

/// What a recipe leads to.
#[derive(PartialEq, Eq)]
enum Found {
    Variable,
    Other,
    Nothing,
}

impl Program<'_> {
    fn finds(&self, made: &MadeRecipe) -> Found {
        let recipe: Recipe<'_> = made.as_recipe();
        // Its own second: one recipe alone must give the right address.
        let found = vote(&[recipe.clone(), recipe.clone()], &self.refs);
        let Some(found) = found.get(made.variable.as_str()) else {
            return Found::Nothing;
        };
        let symbol = self.exe.symbol(&made.variable);
        match symbol.map(|(at, _)| at.to_process(Bias(0))) {
            Some(symbol) if symbol == *found => Found::Variable,
            _ => Found::Other,
        }
    }

    /// Each function twice: one that takes an address is told from the same that uses what is there.
    fn with_taken(&self) -> Vec<FunctionRefs> {
        let mut all = Vec::new();
        for (name, refs) in &self.refs {
            for (name, refs) in [
                ((*name).to_owned(), refs.all.clone()),
                (format!("{name}&"), refs.taken.clone()),
            ] {
                all.push(FunctionRefs { name, refs });
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
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
