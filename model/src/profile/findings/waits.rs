//! Blocked goroutines and contended locks: which of these waits hurt.
//!
//! A block profile has what goroutines waited for, at the place where they did. A mutex profile has what others waited, at the place
//! where the lock was released. Neither says over how long: both count since the process began, unless they are a difference.

use super::cpu::largest;
use super::stacks::{Call, Stacks, ratio};
use super::{Ask, Found};
use crate::finding::{Finding, Severity};
use crate::units::{duration, percent, plural};
use dumpview_parsers::pprof::Stack;
use std::collections::HashMap;

/// So many places are named.
const PLACES: usize = 3;
/// Less than this in all is not judged: 10 ms.
const THIN: i64 = 10_000_000;
/// A share from which a kind of wait is told.
const TOLD: f64 = 0.01;
/// Less than this in all is nothing to warn of: 100 ms.
const MUCH: i64 = 10 * THIN;
/// A wait for a lock of so long on average is felt by whoever waits for the program: 1 ms.
const FELT: i64 = 1_000_000;

/// Kinds of waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Wait {
    /// For a lock.
    Lock,
    /// To hand a value over that nobody takes.
    Send,
    /// For what other goroutines do.
    Others,
    /// For a value, within the work that the goroutine does.
    Value,
    /// For a value, in the function that the goroutine was started with: a worker or ticker that has nothing to do.
    Idle,
    /// The library's own goroutines that wait for connections, signals and the like.
    Library,
}

impl Wait {
    const ALL: [Self; 6] = [
        Self::Lock,
        Self::Send,
        Self::Others,
        Self::Value,
        Self::Idle,
        Self::Library,
    ];

    const fn id(self) -> &'static str {
        match self {
            Self::Lock => "block.locks",
            Self::Send => "block.sends",
            Self::Others => "block.joins",
            Self::Value => "block.receives",
            Self::Idle => "block.idle",
            Self::Library => "block.libraries",
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Lock => (
                "Goroutines waited for locks",
                "that is lost: hold them shorter, split them, or let readers share them; a mutex profile says who held them",
            ),
            Self::Send => (
                "Goroutines waited for somebody to take what they send",
                "receivers are too slow or too few",
            ),
            Self::Others => (
                "Goroutines waited for others to end or to signal (sync.WaitGroup, sync.Cond)",
                "that hurts where somebody waits for the one who waits",
            ),
            Self::Value => (
                "Goroutines waited in their work for a channel or in select",
                "that hurts where somebody waits for the answer; timeouts and tickers are harmless",
            ),
            Self::Idle => (
                "Goroutines waited at the top of their own function for a channel or in select",
                "workers without work and tickers wait so: harmless, if that is what they are",
            ),
            Self::Library => (
                "Goroutines of Go's library waited for connections, signals, the profiler",
                "harmless: hide it with -ignore",
            ),
        }
    }
}

/// What was waited at one place.
#[derive(Clone, Default)]
struct Sum {
    delay: i64,
    count: i64,
    places: HashMap<Call, i64>,
}

impl Sum {
    fn add(&mut self, delay: i64, count: i64, place: Option<Call>) {
        self.delay = self.delay.wrapping_add(delay);
        self.count = self.count.wrapping_add(count);
        if let Some(place) = place {
            let of = self.places.entry(place).or_default();
            *of = of.wrapping_add(delay);
        }
    }

    /// `1.2 s in 300 waits of 4.0 ms on average`.
    fn words(&self) -> String {
        let count = self.count.unsigned_abs();
        format!(
            "{} in {} of {} on average",
            words(self.delay),
            plural(count, "wait"),
            words(self.mean())
        )
    }

    fn mean(&self) -> i64 {
        self.delay.checked_div(self.count).unwrap_or(0)
    }
}

fn words(nanos: i64) -> String {
    duration(nanos.unsigned_abs())
}

/// Everything that is told of a block or mutex profile.
pub fn findings(stacks: &Stacks<'_>, found: &mut Vec<Found>) {
    let (Some(delay), Some(count)) = (stacks.column("delay"), stacks.column("contentions")) else {
        return;
    };
    let mut mutex = Sum::default();
    let mut of_runtime = Sum::default();
    let mut of_libraries = Sum::default();
    let mut waits: HashMap<Wait, Sum> = HashMap::new();
    for sample in stacks.profile.samples.iter() {
        let value = |at: usize| sample.values.get(at).copied().unwrap_or(0);
        let (delay, count) = (value(delay), value(count));
        let innermost = stacks.calls(sample.stack).next();
        let name = innermost.map_or("", |call| stacks.name(call.function));
        let own = stacks.own(sample.stack);
        match Holder::of(name) {
            Some(Holder::Runtime) => of_runtime.add(delay, count, own),
            Some(Holder::Program) if own.is_some() => mutex.add(delay, count, own),
            Some(Holder::Program) => of_libraries.add(delay, count, stacks.site(sample.stack)),
            None => {
                let wait = wait(stacks, sample.stack, name);
                waits
                    .entry(wait)
                    .or_default()
                    .add(delay, count, stacks.site(sample.stack));
            }
        }
    }
    found.extend(held(stacks, &mutex));
    let of_all = mutex.delay.saturating_add(of_libraries.delay);
    let of_all = of_all.saturating_add(of_runtime.delay);
    found.extend(held_by_libraries(stacks, &of_libraries, of_all));
    found.extend(held_by_runtime(stacks, &of_runtime, of_all));
    let all: i64 = waits
        .values()
        .fold(0, |sum, wait| sum.wrapping_add(wait.delay));
    if all < THIN {
        return;
    }
    for kind in Wait::ALL {
        if let Some(sum) = waits.get(&kind).filter(|sum| ratio(sum.delay, all) >= TOLD) {
            found.push(waited(stacks, kind, sum, all));
        }
    }
}

/// Who released a lock that others waited for.
enum Holder {
    Runtime,
    Program,
}

impl Holder {
    fn of(function: &str) -> Option<Self> {
        match function {
            "runtime.unlock"
            | "runtime.unlock2"
            | "runtime.unlockWithRank"
            | "runtime._LostContendedRuntimeLock" => Some(Self::Runtime),
            "sync.(*Mutex).Unlock"
            | "sync.(*RWMutex).Unlock"
            | "sync.(*RWMutex).RUnlock"
            | "internal/sync.(*Mutex).Unlock" => Some(Self::Program),
            _ => None,
        }
    }
}

/// What kind of wait a stack of a block profile is.
fn wait(stacks: &Stacks<'_>, stack: Stack<'_>, innermost: &str) -> Wait {
    let mut own = stacks.calls(stack).filter(|call| stacks.is_own(*call));
    let is_lock = [
        "sync.(*Mutex).Lock",
        "sync.(*RWMutex).Lock",
        "sync.(*RWMutex).RLock",
        "internal/sync.(*Mutex).Lock",
    ];
    if is_lock.contains(&innermost) {
        return Wait::Lock;
    }
    // What the library waits for on behalf of nobody has no call of the program nearer than where it began.
    let nearest = stacks.calls(stack).find(|call| {
        let name = stacks.name(call.function);
        !name.starts_with("runtime.") && !name.starts_with("sync.")
    });
    let of_library = nearest.is_some_and(|call| {
        let name = stacks.name(call.function);
        LIBRARY.iter().any(|known| name.starts_with(known))
    });
    if of_library || own.next().is_none() {
        return Wait::Library;
    }
    match innermost {
        "runtime.chansend1" | "runtime.chansend" => Wait::Send,
        "runtime.chanrecv1" | "runtime.chanrecv2" | "runtime.chanrecv" | "runtime.selectgo" => {
            // The runtime's and the wrapper of the go statement are no callers.
            let mut callers = stacks.calls(stack).filter(|call| {
                let name = stacks.name(call.function);
                !name.starts_with("runtime.") && !is_wrapper(name)
            });
            callers.next();
            if callers.next().is_none() {
                Wait::Idle
            } else {
                Wait::Value
            }
        }
        _ => Wait::Others,
    }
}

/// `main.start.gowrap1`, which the compiler makes of `go f(x)`.
fn is_wrapper(function: &str) -> bool {
    let last = function.rsplit('.').next().unwrap_or(function);
    let number = last
        .strip_prefix("gowrap")
        .or_else(|| last.strip_prefix("·dwrap·"));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Functions of the library that wait for what comes, or on behalf of nobody.
const LIBRARY: &[&str] = &[
    "net/http.(*connReader)",
    "net/http.(*persistConn)",
    "net/http.(*http2",
    "net/http.(*Transport).dialConnFor",
    "net/http/pprof.",
    "runtime/pprof.",
    "database/sql.(*DB).connection",
    "os/signal.",
    "context.(*cancelCtx).propagateCancel",
    "google.golang.org/grpc/internal/",
    "golang.org/x/net/http2.",
];

fn waited(stacks: &Stacks<'_>, kind: Wait, sum: &Sum, all: i64) -> Found {
    let (what, advice) = kind.words();
    let share = ratio(sum.delay, all);
    let severity = match kind {
        Wait::Lock | Wait::Send if share >= 0.1 && sum.mean() >= FELT => Severity::Warning,
        _ => Severity::Info,
    };
    let text = format!(
        "{what}: {} ({} of all the time waited): {advice}",
        sum.words(),
        percent(share)
    );
    let mut finding = Finding::new(kind.id(), severity, text);
    let places = largest(&sum.places);
    for (call, delay) in places.iter().take(PLACES) {
        finding = finding.seen(format!("{} in {}", words(*delay), stacks.place(*call)));
    }
    let most = places.first().filter(|_| kind < Wait::Idle);
    let ask = most.map(|(call, _)| Ask::of("list", stacks.name(call.function)));
    (finding, ask)
}

/// Locks of the program.
fn held(stacks: &Stacks<'_>, sum: &Sum) -> Option<Found> {
    if sum.delay < THIN {
        return None;
    }
    let severity = if sum.mean() >= FELT && sum.delay >= MUCH {
        Severity::Warning
    } else {
        Severity::Info
    };
    let places = largest(&sum.places);
    let (call, delay) = *places.first()?;
    let text = format!(
        "Others waited for locks of the program: {}, {} of it until {} let go. Hold it shorter (nothing slow under the lock), \
         split it, or let readers share it",
        sum.words(),
        percent(ratio(delay, sum.delay)),
        stacks.place(call)
    );
    let mut finding = Finding::new("mutex.held", severity, text);
    for (call, delay) in places.iter().take(PLACES) {
        finding = finding.seen(format!(
            "{} until {} let go",
            words(*delay),
            stacks.place(*call)
        ));
    }
    Some((finding, Some(Ask::of("list", stacks.name(call.function)))))
}

/// Locks that goroutines of libraries held, and none of the program's calls is near.
fn held_by_libraries(stacks: &Stacks<'_>, sum: &Sum, all: i64) -> Option<Found> {
    if sum.delay < THIN || ratio(sum.delay, all) < 0.1 {
        return None;
    }
    let places = largest(&sum.places);
    let (call, _) = *places.first()?;
    let text = format!(
        "Others waited for locks that goroutines of libraries held: {}, most until {} let go",
        sum.words(),
        stacks.place(call)
    );
    Some((Finding::new("mutex.libraries", Severity::Info, text), None))
}

/// Locks of the runtime.
fn held_by_runtime(stacks: &Stacks<'_>, sum: &Sum, all: i64) -> Option<Found> {
    if sum.delay < THIN || ratio(sum.delay, all) < 0.1 {
        return None;
    }
    let text = format!(
        "Threads waited for locks of the runtime itself: {}. That is the scheduler, timers, the heap: it hurts where there are many \
         processors and much is allocated or many goroutines come and go, and is no lock of the program",
        sum.words()
    );
    let mut finding = Finding::new("mutex.runtime", Severity::Info, text);
    let places = largest(&sum.places);
    for (call, delay) in places.iter().take(PLACES) {
        finding = finding.seen(format!("{} below {}", words(*delay), stacks.place(*call)));
    }
    Some((finding, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_wraps_a_go_statement_in_is_no_caller() {
        assert!(is_wrapper("main.start.gowrap12"));
        assert!(is_wrapper("main.start.·dwrap·1") && !is_wrapper("main.f"));
        assert!(!is_wrapper("main.gowrapper"));
    }
}
