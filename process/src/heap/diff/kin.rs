//! Whether two cores, or two heap dumps, are of one process, and which of them is the older one.
//!
//! A process is known by the nanotime at which its runtime started, and by the collections that it remembers: when each of
//! the last 256 ended and how long it stopped the world, to the nanosecond. Two processes have neither in common.

use crate::heap::Analysis;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::Collections;

/// What two inputs are to each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kin {
    /// One process, seen twice; how that is known.
    Same(&'static str),
    /// Two processes, or it is not known that they are one; why.
    Other(String),
}

/// The order of time is the other one: the input that was to be the older is the younger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the first was written after the second")]
pub struct WrongOrder;

/// What an input remembers of its process.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Memory {
    release: Option<String>,
    arch: String,
    started: Option<i64>,
    /// Collections that are over.
    collections: Option<u64>,
    /// Number and pause of each that is remembered.
    pauses: Vec<(u64, u64)>,
    /// When it was written, on the clock of the process.
    reached: Option<i64>,
    /// Objects allocated so far.
    mallocs: Option<u64>,
    pid: Option<i32>,
    executable: Option<Vec<u8>>,
}

impl Memory {
    fn of(process: &Process<'_>) -> Self {
        let executable = process
            .executable
            .and_then(crate::image::Executable::go_build_id);
        let mut memory = Self {
            release: process.version.as_ref().map(|v| v.text.clone()),
            arch: process.arch().name().to_owned(),
            started: None,
            collections: None,
            pauses: Vec::new(),
            reached: None,
            mallocs: None,
            pid: process.core.process.as_ref().map(|process| process.pid),
            executable: executable.map(<[u8]>::to_vec),
        };
        if let Some(dump) = process.heap_dump {
            memory.release = dump.version.as_ref().map(|v| v.text.clone());
            dump.arch_name()
                .unwrap_or_default()
                .clone_into(&mut memory.arch);
            memory.pid = None;
            if let Some(stats) = &dump.memstats {
                memory.collections = Some(stats.num_gc);
                memory.mallocs = Some(stats.mallocs);
                let known = stats.num_gc.min(256);
                let pause = |cycle: u64| {
                    let at = usize::try_from((cycle + 255) % 256).ok()?;
                    Some((cycle, *stats.pause_ns.get(at)?))
                };
                memory.pauses = (stats.num_gc - known + 1..=stats.num_gc)
                    .filter_map(pause)
                    .collect();
            }
            return memory;
        }
        let Some(runtime) = process.runtime() else {
            return memory;
        };
        let started = runtime.vars.address("runtime.runtimeInitTime");
        let started = started.and_then(|at| runtime.memory.i64(at).ok());
        memory.started = started.filter(|nano| *nano > 0);
        if let Some(known) = Collections::read(&runtime) {
            memory.collections = Some(known.count);
            memory.reached = known.reached;
            let pauses = known.pauses.iter();
            memory.pauses = pauses.map(|pause| (pause.cycle, pause.ns)).collect();
        }
        memory
    }

    /// Whether both remember the same of the collections that both remember; `None` when there is none.
    fn shares_pauses(&self, other: &Self) -> Option<bool> {
        let ours = self.pauses.iter();
        let mut common = ours.filter_map(|(cycle, ns)| {
            let theirs = other.pauses.iter().find(|(number, _)| number == cycle)?;
            Some(theirs.1 == *ns)
        });
        let first = common.next()?;
        Some(first && common.all(|is_same| is_same))
    }
}

/// What two inputs are to each other.
///
/// # Errors
///
/// When they are one process, and the older one was given for the younger.
pub fn kin(old: &Analysis<'_, '_>, new: &Analysis<'_, '_>) -> Result<Kin, WrongOrder> {
    let (old, new) = (Memory::of(old.process), Memory::of(new.process));
    let found = judged(&old, &new);
    if matches!(found, Kin::Same(_)) {
        let later = |old: Option<u64>, new: Option<u64>| old.zip(new).is_some_and(|(o, n)| o > n);
        let time = old.reached.zip(new.reached);
        if later(old.collections, new.collections)
            || later(old.mallocs, new.mallocs)
            || old.collections == new.collections && time.is_some_and(|(o, n)| o > n)
        {
            return Err(WrongOrder);
        }
    }
    Ok(found)
}

fn judged(old: &Memory, new: &Memory) -> Kin {
    let differ =
        |what: &str, old: &str, new: &str| Kin::Other(format!("{what}: {old}, then {new}"));
    if let Some((o, n)) = old.release.as_ref().zip(new.release.as_ref())
        && o != n
    {
        return differ("Go releases differ", o, n);
    }
    if old.arch != new.arch {
        return differ("machines differ", &old.arch, &new.arch);
    }
    if let Some((o, n)) = old.executable.as_ref().zip(new.executable.as_ref())
        && o != n
    {
        return Kin::Other("their executables are different builds".to_owned());
    }
    if let Some((o, n)) = old.started.zip(new.started) {
        return if o == n {
            Kin::Same("the runtime started at the same nanosecond")
        } else {
            Kin::Other("the runtime started at different times".to_owned())
        };
    }
    match old.shares_pauses(new) {
        Some(true) => Kin::Same("both remember the same collections"),
        Some(false) => Kin::Other("they remember different collections".to_owned()),
        None if old.pid.is_some() && new.pid.is_some() && old.pid != new.pid => {
            Kin::Other("their process ids differ".to_owned())
        }
        None => Kin::Other("nothing shows that they are of one process".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembers(started: Option<i64>, pauses: &[(u64, u64)]) -> Memory {
        Memory {
            release: Some("go1.27.3".to_owned()),
            arch: "amd64".to_owned(),
            started,
            collections: pauses.last().map(|(cycle, _)| *cycle),
            pauses: pauses.to_vec(),
            reached: None,
            mallocs: None,
            pid: None,
            executable: None,
        }
    }

    #[test]
    fn a_process_is_known_by_its_start_or_by_its_collections() {
        let is_same = |a: &Memory, b: &Memory| matches!(judged(a, b), Kin::Same(_));
        assert!(is_same(&remembers(Some(7), &[]), &remembers(Some(7), &[])));
        assert!(!is_same(&remembers(Some(7), &[]), &remembers(Some(8), &[])));
        let old = remembers(None, &[(1, 100), (2, 77)]);
        assert!(is_same(&old, &remembers(None, &[(2, 77), (3, 5)])));
        assert!(!is_same(&old, &remembers(None, &[(2, 78), (3, 5)])));
        assert!(!is_same(&old, &remembers(None, &[(300, 5)])));
        let mut other = remembers(Some(7), &[]);
        other.release = Some("go1.27.2".to_owned());
        assert!(!is_same(&remembers(Some(7), &[]), &other));
    }
}
