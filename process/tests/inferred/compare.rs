//! The same frames of the same program, compiled with and without optimisation.

use dumpview_model::value::{Data, OPTIMIZED_OUT, Pointee, Standing, Value, Variable};
use dumpview_process::frames::Variables;
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use dumpview_process::source::Texts;
use dumpview_process::value::Limits;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A frame of the program's own code.
#[derive(Debug)]
pub struct Seen {
    pub function: String,
    pub line: u64,
    pub variables: Vec<Variable>,
    /// Nothing lies below it but a signal or a preemption.
    pub interrupted: bool,
}

/// The frames of every goroutine that the test knows, innermost first.
pub type Stacks = BTreeMap<u64, Vec<Seen>>;

/// Helpers of the prologue that stop; their own variables are the same everywhere.
const STOPPERS: [&str; 3] = ["main.hit", "main.start", "main.main"];

/// The program's only file.
struct Text(String);

impl Texts for Text {
    fn text(&self, path: &str) -> Option<String> {
        let is_own =
            path.ends_with("/program.go") && std::env::var_os("DUMPVIEW_NO_SOURCE").is_none();
        is_own.then(|| self.0.clone())
    }
}

/// Reads the frames of goroutines; the first is the one that died.
pub fn stacks(core: &[u8], exe: &Path, source: &str, goroutines: &[u64]) -> Stacks {
    let exe_bytes = std::fs::read(exe).unwrap();
    let arena = SectionArena::default();
    let core = CoreFile::parse(core).unwrap();
    let executable = Executable::parse(&exe_bytes, &arena).unwrap();
    let process = Process::open(&core, Some(&executable), &NoFiles, OpenOptions::default())
        .with_texts(Box::new(Text(source.to_owned())));
    let limits = Limits {
        depth: 3,
        len: 6,
        ..Limits::default()
    };
    let mut stacks = Stacks::new();
    for goroutine in process.goroutines().expect("its goroutines").list() {
        if !goroutines.contains(&goroutine.id.0) {
            continue;
        }
        let at = process.unwound(goroutine);
        let mut frames = Vec::new();
        for call in &at.calls {
            let own = call.name.starts_with("main.") && !call.name.starts_with("main.start.");
            if !own || STOPPERS.contains(&call.name.as_str()) {
                continue;
            }
            let Some(line) = call.frame.line.filter(|line| *line > 1) else {
                continue;
            };
            let variables = match process.variables(&at, call, limits) {
                Variables::Named(variables) => variables,
                _ => Vec::new(),
            };
            frames.push(Seen {
                function: call.name.clone(),
                line: u64::from(line),
                variables,
                interrupted: at
                    .stack
                    .frames
                    .get(call.physical)
                    .is_some_and(|frame| frame.exact),
            });
        }
        stacks.insert(goroutine.id.0, frames);
    }
    stacks
}

/// How many variables of optimised frames were of which kind.
#[derive(Default, Debug, Clone)]
pub struct Tally {
    pub stacks: usize,
    /// Goroutines whose frames are not the same in both.
    pub unmatched: usize,
    pub frames: usize,
    pub interrupted: usize,
    /// By standing: right, wrong, not comparable.
    pub judged: BTreeMap<&'static str, [usize; 3]>,
    /// Of stale ones, by why: right, wrong, not comparable.
    pub stale: BTreeMap<String, [usize; 3]>,
    /// Of variables that are read later: exact, inferred, others; in all frames and in interrupted ones.
    pub live: [[usize; 3]; 2],
    /// Variables that are read later and have no value, by why.
    pub missing_live: BTreeMap<String, usize>,
    pub wrong: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.stacks += other.stacks;
        self.unmatched += other.unmatched;
        self.frames += other.frames;
        self.interrupted += other.interrupted;
        for (standing, counts) in other.judged {
            let all = self.judged.entry(standing).or_default();
            for (all, count) in all.iter_mut().zip(counts) {
                *all += count;
            }
        }
        for (why, counts) in other.stale {
            let all = self.stale.entry(why).or_default();
            for (all, count) in all.iter_mut().zip(counts) {
                *all += count;
            }
        }
        for (why, count) in other.missing_live {
            *self.missing_live.entry(why).or_default() += count;
        }
        for (all, counts) in self.live.iter_mut().zip(other.live) {
            for (all, count) in all.iter_mut().zip(counts) {
                *all += count;
            }
        }
        self.wrong.extend(other.wrong);
    }

    pub fn right(&self, standing: &str) -> usize {
        self.judged.get(standing).map_or(0, |counts| counts[0])
    }

    pub fn wrong(&self, standing: &str) -> usize {
        self.judged.get(standing).map_or(0, |counts| counts[1])
    }
}

/// Holds every frame of the optimised program against the same frame of the other.
pub fn compare(
    name: &str,
    ours: &Stacks,
    truth: &Stacks,
    numbers: &[(u64, u64)],
    live: &BTreeMap<u64, BTreeSet<String>>,
) -> Tally {
    let mut tally = Tally::default();
    for (our, their) in numbers {
        let (Some(ours), Some(theirs)) = (ours.get(our), truth.get(their)) else {
            continue;
        };
        if ours.is_empty() && theirs.is_empty() {
            continue;
        }
        tally.stacks += 1;
        let lines = |frames: &[Seen]| frames.iter().map(|f| f.line).collect::<Vec<u64>>();
        if lines(ours) != lines(theirs) {
            tally.unmatched += 1;
            if std::env::var_os("DUMPVIEW_VERBOSE").is_some() {
                let names = |frames: &[Seen]| {
                    frames
                        .iter()
                        .map(|f| format!("{}:{}", f.function, f.line))
                        .collect::<Vec<_>>()
                };
                println!("unmatched {name} {:?} {:?}", names(ours), names(theirs));
            }
            continue;
        }
        for (our, their) in ours.iter().zip(theirs) {
            frame(name, our, their, live.get(&our.line), &mut tally);
        }
    }
    tally
}

fn frame(
    name: &str,
    ours: &Seen,
    theirs: &Seen,
    live: Option<&BTreeSet<String>>,
    tally: &mut Tally,
) {
    tally.frames += 1;
    tally.interrupted += usize::from(ours.interrupted);
    // A literal's own frame has the line of the function around it, of which the table of live variables speaks.
    let is_named = ours.function.matches('.').count() == 1;
    for truth in &theirs.variables {
        if truth.standing != Standing::Exact {
            continue;
        }
        let Some(true_value) = &truth.value else {
            continue;
        };
        let own = ours.variables.iter().find(|v| v.name == truth.name);
        let is_live = is_named && live.is_some_and(|live| live.contains(&*truth.name));
        let standing = own.map_or("not listed", |own| own.standing.as_str());
        let value = own.and_then(|own| own.value.as_ref());
        if is_live {
            let is_whole = value.is_some_and(|value| !has_gaps(value));
            let kind = match standing {
                "exact" if is_whole => 0,
                "inferred" if is_whole => 1,
                _ => 2,
            };
            tally.live[0][kind] += 1;
            if ours.interrupted {
                tally.live[1][kind] += 1;
            }
            if kind == 2 {
                if std::env::var_os("DUMPVIEW_VERBOSE").is_some() {
                    let at = format!("{name} {}:{} {}", ours.function, ours.line, truth.name);
                    println!("missing {at} {standing}: {}", reason(own));
                }
                *tally
                    .missing_live
                    .entry(format!(
                        "{}{standing}: {}",
                        if ours.interrupted { "interrupted " } else { "" },
                        reason(own)
                    ))
                    .or_default() += 1;
            }
        }
        let Some(value) = value else {
            continue;
        };
        let verdict = same(value, true_value);
        let index = match verdict {
            Same::Yes => 0,
            Same::No => 1,
            Same::Open => 2,
        };
        tally.judged.entry(standing).or_default()[index] += 1;
        if standing == "stale" {
            tally.stale.entry(reason(own)).or_default()[index] += 1;
        }
        if verdict == Same::No && matches!(standing, "exact" | "inferred") {
            tally.wrong.push(format!(
                "{name}: {}:{} {} ({standing}{}{}): {} is {}; why: {}",
                ours.function,
                ours.line,
                truth.name,
                if is_live { ", live" } else { "" },
                if ours.interrupted {
                    ", interrupted"
                } else {
                    ""
                },
                brief(value),
                brief(true_value),
                reason(own),
            ));
        }
    }
}

/// Why a variable has no certain value, without what is of this one only.
fn reason(variable: Option<&Variable>) -> String {
    let why = variable.and_then(|v| v.standing.why()).unwrap_or_default();
    why.split("0x").next().unwrap_or_default().trim().to_owned()
}

fn brief(value: &Value) -> String {
    let mut text = format!("{:?}", value.data);
    text.truncate(160);
    text
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Same {
    Yes,
    /// There is nothing to compare.
    Open,
    No,
}

impl Same {
    fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Open;
        for part in parts {
            match part {
                Self::No => return Self::No,
                Self::Yes => all = Self::Yes,
                Self::Open => {}
            }
        }
        all
    }

    const fn of(same: bool) -> Self {
        if same { Self::Yes } else { Self::No }
    }
}

/// Whether a value has a part that could not be had.
fn has_gaps(value: &Value) -> bool {
    match &value.data {
        Data::Unreadable(why) => why == OPTIMIZED_OUT,
        Data::Struct { fields, .. } => fields.iter().any(|field| has_gaps(&field.value)),
        Data::Array { elements, .. } => elements.iter().any(has_gaps),
        _ => false,
    }
}

/// Compares what two processes hold: addresses differ, what is there does not. Capacities and names of function literals
/// depend on the compiler.
fn same(ours: &Value, truth: &Value) -> Same {
    let nil = |ours: bool, truth: bool| if ours == truth { None } else { Some(Same::No) };
    match (&ours.data, &truth.data) {
        (Data::Unreadable(_), _) | (_, Data::Unreadable(_)) => Same::Open,
        (Data::Struct { fields: a, .. }, Data::Struct { fields: b, .. }) => {
            Same::all(a.iter().zip(b).map(|(a, b)| same(&a.value, &b.value)))
        }
        (Data::Array { elements: a, .. }, Data::Array { elements: b, .. }) => {
            Same::all(a.iter().zip(b).map(|(a, b)| same(a, b)))
        }
        (
            Data::Slice {
                addr: a_addr,
                len: a_len,
                elements: a,
                ..
            },
            Data::Slice {
                addr: b_addr,
                len: b_len,
                elements: b,
                ..
            },
        ) => nil(a_addr.is_nil(), b_addr.is_nil()).unwrap_or_else(|| {
            let lengths = Same::of(a_len == b_len);
            Same::all(std::iter::once(lengths).chain(a.iter().zip(b).map(|(a, b)| same(a, b))))
        }),
        (
            Data::Pointer {
                addr: a_addr,
                pointee: a,
            },
            Data::Pointer {
                addr: b_addr,
                pointee: b,
            },
        ) => nil(a_addr.is_nil(), b_addr.is_nil()).unwrap_or(match (a, b) {
            (Pointee::Value(a), Pointee::Value(b)) => same(a, b),
            _ => Same::Yes,
        }),
        (
            Data::Interface {
                dynamic_type: a_type,
                value: a,
                ..
            },
            Data::Interface {
                dynamic_type: b_type,
                value: b,
                ..
            },
        ) => {
            if a_type != b_type {
                return Same::No;
            }
            match (a, b) {
                (Some(a), Some(b)) => same(a, b),
                (None, None) => Same::Yes,
                _ => Same::Open,
            }
        }
        (
            Data::Func {
                addr: a,
                captures: a_captures,
                ..
            },
            Data::Func {
                addr: b,
                captures: b_captures,
                ..
            },
        ) => nil(a.is_nil(), b.is_nil()).unwrap_or_else(|| {
            let captured =
                a_captures
                    .iter()
                    .zip(b_captures)
                    .map(|(a, b)| match (&a.value, &b.value) {
                        (Some(a), Some(b)) => same(a, b),
                        _ => Same::Open,
                    });
            Same::all(std::iter::once(Same::Yes).chain(captured))
        }),
        (Data::Map { len: a, .. }, Data::Map { len: b, .. }) => Same::of(a == b),
        (Data::Chan(a), Data::Chan(b)) => Same::of(a.len == b.len && a.cap == b.cap),
        (Data::UnsafePointer(a), Data::UnsafePointer(b)) => Same::of(a.is_nil() == b.is_nil()),
        (a, b) => Same::of(a == b),
    }
}
