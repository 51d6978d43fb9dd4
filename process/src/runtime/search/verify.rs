//! Holds variables that were found against what they lead to, before anyone believes them.

use crate::addr::Addr;
use crate::arch::Arch;
use crate::image::Thread;
use crate::memory::MemoryExt;
use crate::runtime::threads::current_g;
use crate::runtime::{Machines, Runtime};

/// Why found variables are not believed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the runtime's variables, searched for without symbols, do not lead to this process's threads: {what}"
)]
pub struct Unproven {
    /// What does not fit.
    pub what: String,
}

/// Checks that the list of Ms is that of the core's threads, and that the list of goroutines has the ones the Ms
/// say they run. One thread that is an M, and no contradiction, is proof enough: the words would not line up
/// by chance.
///
/// # Errors
///
/// What contradicts the variables.
pub fn verify(runtime: &Runtime<'_>, arch: Arch, threads: &[Thread]) -> Result<(), Unproven> {
    let unproven = |what: String| Unproven { what };
    let machines = Machines::read(runtime).map_err(|error| unproven(error.to_string()))?;
    if let Some(note) = machines.notes.first() {
        return Err(unproven(note.text.clone()));
    }
    let mut matched = 0;
    for m in &machines.list {
        let back = runtime.structure("runtime.g", m.g0).ptr("m");
        if back != Ok(m.addr) {
            return Err(unproven(format!("g0 of the M at {} is of another", m.addr)));
        }
        let is_thread = |t: &&Thread| {
            let tid = u64::try_from(t.tid).unwrap_or(0);
            let gs = [m.g0, m.gsignal, m.curg];
            (tid != 0 && m.procid == tid)
                || current_g(runtime, arch, t).is_some_and(|g| !g.is_null() && gs.contains(&g))
        };
        matched += usize::from(threads.iter().any(|t| is_thread(&t)));
    }
    if matched == 0 {
        return Err(unproven(format!(
            "none of {} Ms is a thread",
            machines.list.len()
        )));
    }
    // Goroutines that run must be in the list, wherever it is.
    let gs = list_of_gs(runtime).map_err(|error| unproven(error.to_string()))?;
    for m in machines
        .list
        .iter()
        .filter(|m| !m.curg.is_null() && m.procid != 0)
    {
        if !gs.contains(&m.curg) {
            let what = format!("the goroutine at {} runs but is in no list", m.curg);
            return Err(unproven(what));
        }
    }
    if gs.is_empty() {
        return Err(unproven("there are no goroutines".to_owned()));
    }
    Ok(())
}

/// Whether what was found for `runtime.mheap_` is it: `mheap_.central` has a list of spans for every span class, and
/// each says which it is (`runtime/mheap.go:mheap.init`, 1.19–1.27), so that the numbers stand there in their order.
/// A few that a damaged core has wrong are no contradiction.
pub fn is_heap(runtime: &Runtime<'_>) -> bool {
    let count = runtime.layouts.constant("runtime.numSpanClasses");
    let count = count.and_then(|count| usize::try_from(count).ok());
    let (Some(at), Some(count)) = (runtime.vars.address("runtime.mheap_"), count) else {
        return false;
    };
    let heap = runtime.structure("runtime.mheap", at);
    let says = |class: &usize| {
        let path = format!("central[{class}].mcentral.spanclass");
        heap.uint(&path) == Ok(*class as u64)
    };
    let right = (1..count).filter(says).count();
    count > 1 && right >= count * 3 / 4
}

/// Entries of `allgs`, as far as they can be read.
fn list_of_gs(
    runtime: &Runtime<'_>,
) -> Result<rustc_hash::FxHashSet<Addr>, crate::layout::FieldError> {
    const MOST: u64 = 1 << 27;
    let (array, len) = runtime.variable("allgs", |memory, at| {
        Ok((memory.ptr(at)?, memory.u64(at.offset(8))?))
    })?;
    let mut gs = rustc_hash::FxHashSet::default();
    let mut at = array;
    let end = array.offset(len.min(MOST) * 8);
    while at < end {
        let Ok(run) = runtime.memory.run(at, end.0 - at.0) else {
            break;
        };
        let (words, _) = run.as_chunks::<8>();
        if words.is_empty() {
            break;
        }
        gs.extend(words.iter().map(|w| Addr(u64::from_le_bytes(*w))));
        at = at.offset(words.len() as u64 * 8);
    }
    Ok(gs)
}
