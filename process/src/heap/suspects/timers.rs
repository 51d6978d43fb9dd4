//! Timers that are never stopped: pending ones, by what they will do.
//!
//! A timer that is pending is kept by the P whose heap of timers it is in, and keeps its function and argument
//! (`runtime/time.go`: `p.timers` is a list of timers to 1.22, of timers with their time since 1.23). Since 1.23 a
//! timer with a channel that nobody refers to is not in it. Sleeping goroutines and network deadlines are timers too
//! and are left out.

use super::Suspect;
use super::facts::Facts;
use crate::addr::Addr;
use crate::memory::MemoryExt;
use crate::runtime::{Runtime, processors};
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rustc_hash::FxHashMap;

/// All Ps together have no more timers.
const MOST_TIMERS: u64 = 1 << 26;

/// What a timer will do, and how often.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
struct Task {
    /// Entry of the function it calls; of `time.AfterFunc`, the one given there.
    code: Addr,
    after_func: bool,
    repeats: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Total {
    count: u64,
    bytes: u64,
    example: Addr,
}

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let Some(runtime) = facts.process.runtime() else {
        return Vec::new();
    };
    let totals = pending(facts, &runtime).unwrap_or_default();
    let mut found: Vec<(Task, Total)> = totals
        .into_iter()
        .filter(|(_, total)| total.count >= facts.thresholds.timers.max(1))
        .collect();
    found.sort_by_key(|(task, total)| (std::cmp::Reverse(total.count), *task));
    found
        .iter()
        .map(|(task, total)| suspect(facts, *task, total))
        .collect()
}

fn pending(facts: &Facts<'_, '_, '_>, runtime: &Runtime<'_>) -> Option<FxHashMap<Task, Total>> {
    let memory = runtime.memory;
    let field = |path: &str| runtime.layouts.field("runtime.timer", path);
    let (when, period, f, arg) = (field("when")?, field("period")?, field("f")?, field("arg")?);
    // Since 1.23 a list of pairs in a structure of its own.
    let heap = runtime
        .layouts
        .field("runtime.p", "timers.heap")
        .or_else(|| {
            let outer = runtime.layouts.field("runtime.p", "timers")?;
            let inner = runtime.layouts.field("runtime.timers", "heap")?;
            Some(crate::layout::Field {
                offset: outer.offset + inner.offset,
                ..inner
            })
        });
    let (list, stride) = match heap {
        Some(heap) => (heap, runtime.layouts.size_of("runtime.timerWhen")?),
        None => (runtime.layouts.field("runtime.p", "timers")?, 8),
    };
    let symbols = facts.process.symbols().ok()?;
    let mut totals: FxHashMap<Task, Total> = FxHashMap::default();
    let mut left = MOST_TIMERS;
    for p in processors(runtime).ok()? {
        let at = p.offset(list.offset);
        let (Ok(array), Ok(len)) = (memory.ptr(at), memory.u64(at.offset(8))) else {
            continue;
        };
        let len = len.min(left);
        left -= len;
        for index in 0..len {
            let Ok(timer) = memory.ptr(array.offset(index * stride)) else {
                break;
            };
            let word = |field: crate::layout::Field| memory.u64(timer.offset(field.offset)).ok();
            let Some(due) = word(when).filter(|_| !timer.is_null()) else {
                continue;
            };
            let Some(object) = facts.heap.spans.find(timer).filter(|_| due != 0) else {
                // Those of network connections are not on the heap.
                continue;
            };
            let code = |closure: u64| memory.ptr(Addr(closure)).ok();
            let Some(calls) = word(f).and_then(code) else {
                continue;
            };
            let name = symbols.find(calls).map(|func| func.name().to_owned());
            let (calls, after_func) = match name.as_deref() {
                Some("time.goFunc") => {
                    let given = memory.u64(timer.offset(arg.offset + 8)).ok();
                    (given.and_then(code).unwrap_or(calls), true)
                }
                Some("time.sendTime") => (calls, false),
                // Sleeps, deadlines, the runtime's own.
                _ => continue,
            };
            let task = Task {
                code: calls,
                after_func,
                repeats: word(period).is_some_and(|period| period != 0),
            };
            let total = totals.entry(task).or_default();
            total.count += 1;
            total.bytes = total.bytes.saturating_add(facts.retained(object));
            if total.example.is_null() || timer < total.example {
                total.example = timer;
            }
        }
    }
    Some(totals)
}

fn suspect(facts: &Facts<'_, '_, '_>, task: Task, total: &Total) -> Suspect {
    let count = units::grouped(total.count);
    let bytes = units::bytes(total.bytes);
    let function = facts
        .process
        .symbols()
        .ok()
        .and_then(|symbols| symbols.find(task.code))
        .map_or_else(|| task.code.to_string(), |f| f.printed_name().into_owned());
    let what = if task.after_func {
        format!("{count} timers of time.AfterFunc wait to call {function}")
    } else if task.repeats {
        format!("{count} tickers go on until they are stopped")
    } else {
        format!("{count} timers with a channel (time.NewTimer, time.After) are pending")
    };
    let text = format!(
        "{what} and keep at least {bytes}; those that are no longer wanted have to be stopped",
    );
    let suspect = Suspect::new("heap.timers", Severity::Info, text, total.bytes);
    let suspect = suspect.ask("heap paths", total.example);
    suspect.seen(format!(
        "{} pending, {}",
        units::grouped(total.count),
        units::bytes(total.bytes)
    ))
}
