//! What is worth knowing beyond the reason: each with its evidence and what to do next.

use super::{Death, DeathKind, Postmortem, StackPointers, SystemGoroutines, collections};
use crate::process::Process;
use crate::scope::NilValue;
use crate::types::Kind;
use crate::unwind::Call;
use dumpview_model::finding::{Finding, Severity, Subject, rank};
use dumpview_model::goroutine::{Goroutines, Status};
use dumpview_model::traceback::{Refused, Seen, of_goroutines, repeating};
use dumpview_model::units::{duration, grouped, plural};
use dumpview_model::waits::Waits;

/// Looks for everything there is to find.
pub(super) fn find(dead: &Postmortem<'_>, crowd: Option<&Goroutines>) -> Vec<Finding> {
    let (process, death) = (&dead.process, dead.death());
    let mut findings = Vec::new();
    // What is looked for is Go's.
    if process.is_foreign() {
        return findings;
    }
    findings.extend(what_was_nil(dead).or_else(|| nil_dereference(dead)));
    findings.extend(refused(dead));
    findings.extend(recursion(dead));
    let beside = if crowd.is_none() { beside(dead) } else { None };
    if let Some(crowd) = crowd.or(beside.as_ref()) {
        let waits = dead.waits().ok();
        let of_stacks = of_crowd(dead, crowd, waits.as_ref());
        let of_waits = waits.map(|waits| waits.findings).unwrap_or_default();
        let worth = |finding: &Finding| finding.severity != Severity::Info;
        let of_waits = of_waits.into_iter().filter(worth).map(|mut finding| {
            finding.text.push_str(" (dumpview waits)");
            finding
        });
        let of_waits: Vec<Finding> = of_waits.collect();
        if of_stacks.is_empty() && of_waits.is_empty() {
            findings.extend(blocked_for_long(dead));
        }
        findings.extend(of_waits);
        findings.extend(of_stacks);
        findings.extend(beside.is_none().then(|| long_collections(dead)).flatten());
    } else {
        findings.extend(blocked_for_long(dead));
    }
    // Which goroutines those are says more than what the word means.
    let explained = matches!(death.kind, DeathKind::Deadlock | DeathKind::Alive)
        && findings.iter().any(|of| of.severity == Severity::Critical);
    findings.extend(signal_means(death).filter(|_| !explained));
    findings.extend(no_dwarf(process));
    rank(&mut findings);
    findings
}

/// All goroutines but the runtime's own, where they may be the cause: not of a panic, nor of a fault.
pub(super) fn crowd(dead: &Postmortem<'_>) -> Option<Goroutines> {
    match dead.death().kind {
        DeathKind::Deadlock
        | DeathKind::OutOfMemory
        | DeathKind::Quit
        | DeathKind::Abort
        | DeathKind::Alive
        | DeathKind::Killed => {}
        _ => return None,
    }
    let table = dead.goroutines(SystemGoroutines::Hidden, StackPointers::OfOne);
    Some(table.ok()?.goroutines)
}

/// The same where they are many and another one is to blame: what they suffer from need not be the cause, and may well be.
fn beside(dead: &Postmortem<'_>) -> Option<Goroutines> {
    const MANY: usize = 100;
    let many = dead.process.goroutines().ok()?.list().len() >= MANY;
    let table = many.then(|| dead.goroutines(SystemGoroutines::Hidden, StackPointers::OfOne));
    Some(table?.ok()?.goroutines)
}

/// What they suffer from.
fn of_crowd(dead: &Postmortem<'_>, goroutines: &Goroutines, waits: Option<&Waits>) -> Vec<Finding> {
    of_goroutines(&Seen {
        goroutines,
        cause: (dead.death().kind == DeathKind::Deadlock).then_some(DeathKind::Deadlock),
        reason: dead.reason(),
        lines: None,
        waits,
    })
}

/// The block of memory that the system refused, by the runtime's last words.
fn refused(dead: &Postmortem<'_>) -> Option<Finding> {
    let death = dead.death();
    let printed = death.printed.as_deref();
    let printed = printed.filter(|_| death.kind == DeathKind::OutOfMemory)?;
    let refused = Refused::read(&String::from_utf8_lossy(printed))?;
    Some(refused.finding().seen("what the runtime printed last"))
}

/// The calls that repeat in the stack that overflowed.
fn recursion(dead: &Postmortem<'_>) -> Option<Finding> {
    let death = dead.death();
    let id = death
        .goroutine
        .filter(|_| death.kind == DeathKind::StackOverflow)?;
    let at = dead.at(Some(id)).ok()?;
    let finding = repeating(at.calls.iter().map(|call| &call.frame))?;
    Some(
        finding
            .seen(format!("goroutine {}", id.0))
            .about(Subject::Goroutines),
    )
}

/// Maps and slices that grew.
fn long_collections(dead: &Postmortem<'_>) -> Option<Finding> {
    const LONG: u64 = 10_000;
    const MOST: usize = 3;
    let found = collections::longest(dead, LONG);
    let told = found.iter().take(MOST).map(|one| {
        let what = if one.ty.starts_with("map[") {
            "entries"
        } else {
            "elements"
        };
        format!("{} has {} {what} ({})", one.name, grouped(one.len), one.ty)
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| {
        let finding = Finding::new(
            "core.long-collections",
            Severity::Info,
            format!("{}: dumpview heap says what each keeps", told.join("; ")),
        );
        finding.seen(format!("{} package variables", found.len()))
    })
}

/// For deaths whose name does not say what happened.
fn signal_means(death: &Death) -> Option<Finding> {
    let meaning = death.kind.meaning(death.fatal_error.as_deref())?;
    let look = match death.kind {
        DeathKind::Quit => ". See what the goroutines waited for: dumpview goroutines --group",
        DeathKind::Deadlock => ": dumpview goroutines --group shows what each waits for",
        DeathKind::StackOverflow => " (dumpview bt)",
        DeathKind::Alive => ": dumpview goroutines --group",
        _ => "",
    };
    let text = format!("{meaning}{look}");
    let finding = Finding::new("core.what-it-means", Severity::Info, text);
    Some(finding.seen(death.kind.as_str()).about(Subject::Goroutines))
}

/// The runtime's text of the panic (`runtime/map.go`, `internal/runtime/maps`), 1.19–1.27.
const NIL_MAP: &str = "assignment to entry in nil map";
/// What a fault of the program's own code goes on in.
const SIGPANIC: &str = "runtime.sigpanic";

/// What was nil, by the expression of the source: where a fault came of it, or where a nil map was written to.
fn what_was_nil(dead: &Postmortem<'_>) -> Option<Finding> {
    let (process, death) = (&dead.process, dead.death());
    let at = dead.at(Some(death.goroutine?)).ok()?;
    let caller_of = |name: &str| {
        let named = at.calls.iter().position(|call| call.name.starts_with(name));
        at.calls.get(named? + 1)
    };
    let fault = death.fault.as_ref().and_then(|fault| fault.fault_addr);
    let (call, nil) = if let (Some(addr), Some(call)) = (fault, caller_of(SIGPANIC)) {
        (call, process.nil_dereferenced(&at, call, addr)?)
    } else {
        // Other panics come out of a map's code too: of keys that cannot be hashed.
        let panics = dead.panics();
        panics.last().filter(|panic| panic.text == NIL_MAP)?;
        let call = caller_of("runtime.mapassign")?;
        (call, process.nil_map(&at, call)?)
    };
    let whose = at
        .calls
        .iter()
        .find(|other| (other.physical, other.inline_depth) == (call.physical, nil.inline_depth));
    let call = whose.unwrap_or(call);
    let NilValue {
        expr, kind, field, ..
    } = &nil;
    // A check of the pointer alone, before anything behind it is used, reads its first byte.
    let field = fault
        .filter(|addr| !addr.is_null())
        .and_then(|addr| Some(format!(" (field {}, offset {})", field.as_ref()?, addr.0)));
    let (what, behind) = match kind {
        Kind::Map => ("a nil map", Some(": an entry was assigned".to_owned())),
        Kind::Interface => ("a nil interface", Some(": a method was called".to_owned())),
        Kind::Func => ("a nil func", Some(": it was called".to_owned())),
        _ => ("nil", field),
    };
    let text = format!(
        "{expr} is {what} in {}{}",
        place(call),
        behind.unwrap_or_default()
    );
    let finding = Finding::new("core.nil-dereference", Severity::Critical, text);
    let seen = fault.map_or_else(
        || "the map that the call of runtime.mapassign was given".to_owned(),
        |addr| format!("fault address {addr}"),
    );
    Some(finding.seen(seen).about(Subject::Crashed))
}

/// Function, file and line.
fn place(call: &Call) -> String {
    let frame = &call.frame;
    let line = frame
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    let file = frame.file.as_deref().unwrap_or_default();
    let file = file.rsplit('/').next().unwrap_or_default();
    format!("{} {file}{line}", frame.function)
}

/// A fault in the first page is a nil pointer with a field offset.
fn nil_dereference(dead: &Postmortem<'_>) -> Option<Finding> {
    let death = dead.death();
    let addr = death.fault.as_ref()?.fault_addr?.0;
    // A goroutine keeps the fault that it recovered from: what it dies of later has other frames.
    let at = dead.at(Some(death.goroutine?)).ok();
    let faulted = |call: &Call| call.name == SIGPANIC;
    if at
        .as_ref()
        .is_some_and(|at| at.stack.is_complete() && !at.calls.iter().any(faulted))
    {
        return None;
    }
    if addr >= 4096 {
        return None;
    }
    let place = at.and_then(|at| {
        let sigpanic = at.calls.iter().position(faulted)?;
        Some(format!(" in {}", place(at.calls.get(sigpanic + 1)?)))
    });
    let place = place.unwrap_or_default();
    let field = match addr {
        0 => String::new(),
        n => format!(": the field at offset {n} ({n:#x}) of what it should point at"),
    };
    let text = format!("a nil pointer was dereferenced{place}{field}");
    let finding = Finding::new("core.nil-dereference", Severity::Info, text);
    let finding = finding.seen(format!("fault address {addr:#x}"));
    Some(finding.about(Subject::Crashed))
}

/// Goroutines that waited for minutes are worth a look.
fn blocked_for_long(dead: &Postmortem<'_>) -> Option<Finding> {
    const LONG: u64 = 60_000_000_000;
    let process = &dead.process;
    let now = process.reached()?;
    let all = process.goroutines().ok()?;
    let waits = all
        .list()
        .iter()
        .filter(|g| g.status == Status::Waiting && !dead.is_system(g))
        .filter_map(|g| now.since(g.waitsince));
    let (mut count, mut longest) = (0u64, 0);
    for wait in waits.filter(|wait| *wait > LONG) {
        count += 1;
        longest = longest.max(wait);
    }
    (count > 0).then(|| {
        let text = format!(
            "{} {} blocked for more than a minute, the longest for at least {}: dumpview goroutines --filter 'waiting>1m'",
            plural(count, "goroutine"),
            if count == 1 { "was" } else { "were" },
            duration(longest)
        );
        let finding = Finding::new("core.blocked-for-long", Severity::Info, text);
        finding
            .seen(format!("{}, {longest} ns", plural(count, "goroutine")))
            .about(Subject::Goroutines)
    })
}

/// A stripped executable answers less.
fn no_dwarf(process: &Process<'_>) -> Option<Finding> {
    let exe = process.executable?;
    (!exe.has_dwarf()).then(|| {
        let text = "the executable has no DWARF (built with -ldflags=-w or stripped): stacks are exact, variables have \
                    no names. Keep an unstripped copy of each build to get them";
        Finding::new("core.no-dwarf", Severity::Info, text).seen(".debug_info is absent")
    })
}
