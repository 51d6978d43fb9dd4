//! What no live variable of a Go program can hold.
//!
//! Go's collector would have died of most of it: a pointer to nothing mapped, a pointer into a span of the heap where no
//! object is, a slice longer than its capacity, an interface whose type word is no type.

use dumpview_model::value::{Address, Data, OPTIMIZED_OUT, Standing, Value, Variable};
use dumpview_process::addr::Addr;
use dumpview_process::frames::Variables;
use dumpview_process::heap::Spans;
use dumpview_process::process::Process;
use dumpview_process::value::Limits;
use std::collections::BTreeMap;

/// What was found in one core.
#[derive(Default)]
pub struct Verdict {
    /// Variables by standing.
    pub standings: BTreeMap<&'static str, usize>,
    /// Pointers of exact and inferred values that point into the heap.
    pub heap_pointers: usize,
    /// Exact and inferred values that cannot be, each with its place.
    pub impossible: Vec<String>,
    /// Variables whose place holds what is none of their type, and that are shown as unreadable for it, each with its place.
    pub unfit: Vec<String>,
    /// Why variables are not exact.
    pub reasons: BTreeMap<String, usize>,
    /// Frames with variables.
    pub frames: usize,
}

/// Goroutines looked at of one core.
const MOST_GOROUTINES: usize = 200;

/// All variables of all frames of all goroutines.
pub fn judge(process: &Process<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    let runtime = process.runtime().expect("a Go process");
    let spans = Spans::read(&runtime, process.arch(), 1 << 24).expect("its heap");
    let goroutines = process.goroutines().expect("its goroutines");
    let limits = Limits {
        depth: 1,
        len: 4,
        ..Limits::default()
    };
    for goroutine in goroutines.list().iter().take(MOST_GOROUTINES) {
        let at = process.unwound(goroutine);
        for (number, call) in at.calls.iter().enumerate() {
            let Variables::Named(variables) = process.variables(&at, call, limits) else {
                continue;
            };
            verdict.frames += 1;
            for variable in &variables {
                let standing = variable.standing.as_str();
                *verdict.standings.entry(standing).or_default() += 1;
                if let Some(why) = variable.standing.why() {
                    *verdict.reasons.entry(why.to_owned()).or_default() += 1;
                }
                let mut faults = Vec::new();
                own_words(process, &spans, variable, &mut verdict, &mut faults);
                let told = |fault: &str| {
                    format!(
                        "goroutine {} frame {number} {}: {} {}: {fault}",
                        goroutine.id, call.name, variable.name, variable.ty
                    )
                };
                let told_faults = faults.iter().map(|fault| told(fault));
                verdict.impossible.extend(told_faults);
                if let Standing::Unreadable(why) = &variable.standing
                    && !is_absent(why)
                {
                    verdict.unfit.push(told(why));
                }
            }
        }
    }
    verdict
}

fn own_words(
    process: &Process<'_>,
    spans: &Spans,
    variable: &Variable,
    verdict: &mut Verdict,
    faults: &mut Vec<String>,
) {
    if let (Standing::Exact | Standing::Inferred(_), Some(value)) =
        (&variable.standing, &variable.value)
    {
        words(process, spans, value, verdict, faults);
    }
}

/// Whether a part is missing for want of a place or of a file, which is no fault.
fn is_absent(why: &str) -> bool {
    why.contains(OPTIMIZED_OUT)
        || why.contains("in register")
        || why.contains("larger than the register")
        || why.contains("in no register or slot")
        || why.contains("closure it was captured in")
        || why.contains("not yet moved to the heap")
        || why.contains("not at hand")
        // The linker writes into its output, which it has mapped.
        || why.contains("mapped but not dumped")
        || why.contains("CFA")
        || why.contains("not written on every way")
}

fn words(
    process: &Process<'_>,
    spans: &Spans,
    value: &Value,
    verdict: &mut Verdict,
    faults: &mut Vec<String>,
) {
    if let Some(doubt) = &value.doubt
        && !is_absent(doubt)
    {
        faults.push(doubt.clone());
    }
    match &value.data {
        Data::Struct { fields, .. } => {
            for field in fields {
                words(process, spans, &field.value, verdict, faults);
            }
        }
        Data::Array { elements, .. } => {
            for element in elements {
                words(process, spans, element, verdict, faults);
            }
        }
        Data::Unreadable(why) if !is_absent(why) => faults.push(why.clone()),
        // They stand behind a span's last object (runtime/mgcmark_greenteagc.go:inlineMarkBits).
        Data::Pointer { .. } if &*value.ty == "*runtime.spanInlineMarkBits" => {}
        Data::Pointer { addr, .. }
        | Data::UnsafePointer(addr)
        | Data::Map { addr, .. }
        | Data::Func { addr, .. }
        | Data::Interface { addr, .. } => pointer(process, spans, *addr, verdict, faults),
        Data::Chan(chan) => pointer(process, spans, chan.addr, verdict, faults),
        Data::Slice { addr, len, cap, .. } => {
            if len > cap || *cap > 1 << 40 {
                faults.push(format!("a slice of {len}, {cap} at {addr}"));
            }
            if *cap > 0 {
                pointer(process, spans, *addr, verdict, faults);
            }
        }
        Data::String { bytes, len } if *len > 1 << 32 => {
            faults.push(format!("a string of {len}: {bytes:?}"));
        }
        _ => {}
    }
}

fn pointer(
    process: &Process<'_>,
    spans: &Spans,
    addr: Address,
    verdict: &mut Verdict,
    faults: &mut Vec<String>,
) {
    let addr = Addr(addr.0);
    if addr.is_null() {
        return;
    }
    if process.memory.region(addr).is_none() {
        faults.push(format!("{addr} is not mapped"));
    } else if spans.at(addr).is_some() {
        verdict.heap_pointers += 1;
        if spans.find(addr).is_none() {
            faults.push(format!("no object at {addr}"));
        }
    }
}
