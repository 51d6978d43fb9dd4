//! What of the waits is worth knowing.

use super::object::{Certainty, Does, ObjectKind, Waiting};
use super::{Circle, Object, Waits};
use crate::finding::{Finding, Severity, Subject, rank};
use crate::goroutine::Group;
use crate::units::{duration, grouped, plural};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// So many that wait for one lock are a crowd.
const CROWD: usize = 10;
/// So long, in nanoseconds, nobody should wait for a lock.
const LONG: u64 = 1_000_000_000;
/// Objects named in a finding of one kind.
const MOST_NAMED: usize = 3;

pub(super) fn find(waits: &Waits) -> Vec<Finding> {
    let mut findings: Vec<Finding> = waits
        .circles
        .iter()
        .take(MOST_NAMED)
        .map(|circle| deadlock(circle, &waits.objects))
        .collect();
    if let Some(last) = findings.last_mut() {
        let more = waits.circles.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            let _ = write!(last.text, "; {} more", plural(more as u64, "deadlock"));
        }
    }
    findings.extend(crowds(waits).take(MOST_NAMED).map(crowd));
    findings.extend(bubbles(waits).take(MOST_NAMED));
    findings.extend(lost_wakeups(waits));
    findings.extend(closed_channels(waits));
    rank(&mut findings);
    findings
}

/// Goroutines that can be proven never to go on again, the most of one stack first. `None` when there are none.
pub fn leaked(groups: &[Group]) -> Option<Finding> {
    let count: usize = groups.iter().map(|group| group.count).sum();
    let first = groups.first()?;
    let places = groups.iter().take(MOST_NAMED).map(|group| {
        let reason = group.wait_reason.as_deref().unwrap_or("unknown");
        format!(
            "{} in {} [{reason}]",
            grouped(group.count as u64),
            group.place()
        )
    });
    let more = match groups.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        1 => "; and 1 more place".to_owned(),
        more => format!("; and {more} more places"),
    };
    let text = format!(
        "{} can never go on: nothing that may still run can reach what they wait for; {}{more}",
        plural(count as u64, "goroutine"),
        places.collect::<Vec<_>>().join("; "),
    );
    let finding = Finding::new("waits.leaked", Severity::Warning, text);
    let id = first.ids.first().copied().unwrap_or_default();
    Some(
        finding
            .seen(format!("goroutine {id}"))
            .about(Subject::Goroutines),
    )
}

fn what_of(circle: &Circle, objects: &[Object]) -> String {
    let kinds: Vec<ObjectKind> = circle
        .steps
        .iter()
        .filter_map(|step| objects.get(step.object))
        .map(|object| object.kind)
        .collect();
    let count = circle.steps.len();
    let first = kinds.first().copied();
    let same = kinds.iter().all(|kind| Some(*kind) == first);
    let what = match first.filter(|_| same) {
        Some(ObjectKind::Mutex) if count > 1 => "mutexes",
        Some(ObjectKind::Mutex) => "mutex",
        Some(ObjectKind::RwMutex) if count > 1 => "RWMutexes",
        Some(ObjectKind::RwMutex) => "RWMutex",
        Some(ObjectKind::Once) => "Once",
        _ => "objects",
    };
    match count {
        1 => format!("one goroutine and one {what}"),
        2 => format!("two {what}"),
        n => format!("{} {what}", grouped(n as u64)),
    }
}

fn deadlock(circle: &Circle, objects: &[Object]) -> Finding {
    let sure = match circle.certainty {
        Certainty::Certain => "deadlock",
        Certainty::Probable | Certainty::Possible => "deadlock, by their code and frames,",
    };
    let steps: Vec<&str> = circle.steps.iter().map(|step| step.text.as_str()).collect();
    let shown = steps.len().min(MOST_NAMED + 2);
    let more = match steps.len() - shown {
        0 => String::new(),
        more => format!("; and {more} more steps"),
    };
    let behind = match circle.behind {
        0 => String::new(),
        behind => format!(". {} behind them", plural(behind as u64, "goroutine")),
    };
    let text = format!(
        "{sure} of {}: {}{more}{behind}",
        what_of(circle, objects),
        steps.get(..shown).unwrap_or_default().join("; "),
    );
    let mut finding = Finding::new("waits.deadlock", Severity::Critical, text);
    for step in &circle.steps {
        finding = finding.seen(step.text.clone());
    }
    finding.about(Subject::Waits)
}

/// Locks that hold many up, or some for long; those of deadlocks are told with them.
pub(super) fn crowds(waits: &Waits) -> impl Iterator<Item = &Object> {
    let of_circles = waits.circles.iter().flat_map(|circle| &circle.steps);
    let of_circles: BTreeSet<usize> = of_circles.map(|step| step.object).collect();
    let all = waits.objects.iter().enumerate();
    all.filter(move |(index, object)| {
        let is_lock = matches!(
            object.kind,
            ObjectKind::Mutex | ObjectKind::RwMutex | ObjectKind::Once
        );
        is_lock && (object.waiters.len() >= CROWD || is_long(object)) && !of_circles.contains(index)
    })
    .map(|(_, object)| object)
}

/// Whether some wait for a lock longer than anybody should hold one, and who has it is known.
fn is_long(object: &Object) -> bool {
    let longest = object.waiters.iter().filter_map(|of| of.waiting_ns).max();
    let long = longest.map_or(object.waiters.len() > 1, |ns| ns >= LONG);
    let mut parties = object.parties.iter();
    long && parties.any(|party| party.certainty != Certainty::Possible)
}

/// A lock, who waits for it and who has it.
fn crowd(object: &Object) -> Finding {
    let count = object.waiters.len();
    let holder = object.parties.first().map_or_else(
        || "; who holds it is not known".to_owned(),
        |party| {
            let sure = party.certainty.adverb();
            let place = party.place.as_ref();
            let place = place.map_or_else(String::new, |place| format!(" in {place}"));
            let does = match party.does {
                Does::HoldsForReading => "has for reading",
                Does::IsBefore => "waits to write to",
                Does::Holds | Does::WillEnd | Does::KeepsBusy => "has",
            };
            format!(", which {sure}goroutine {} {does}{place}", party.goroutine)
        },
    );
    let longest = object.waiters.iter().filter_map(|of| of.waiting_ns).max();
    let longest = longest.filter(|ns| *ns >= LONG);
    let text = format!(
        "{} {} to lock {}{}{holder}",
        plural(count as u64, "goroutine"),
        if count == 1 { "waits" } else { "wait" },
        object.short(),
        longest.map_or_else(String::new, |ns| format!(", for up to {}", duration(ns))),
    );
    let id = if count >= CROWD {
        "waits.crowd"
    } else {
        "waits.held"
    };
    let finding = Finding::new(id, Severity::Warning, text);
    finding.seen(object.title()).about(Subject::Waits)
}

/// Bubbles of `testing/synctest` that do not come to rest, for one of their goroutines waits itself.
fn bubbles(waits: &Waits) -> impl Iterator<Item = Finding> {
    // Those of deadlocks are told with them.
    let of_circles = waits.circles.iter().flat_map(|circle| &circle.steps);
    let of_circles: BTreeSet<usize> = of_circles.map(|step| step.object).collect();
    let bubbles = waits.objects.iter().enumerate();
    let bubbles = bubbles.filter(move |(index, object)| {
        object.kind == ObjectKind::Bubble && !of_circles.contains(index)
    });
    bubbles.filter_map(|(_, object)| {
        let first = object.waiters.first()?.goroutine;
        // One that runs will do something; one that waits shows what for.
        let mut parties = object.parties.iter();
        let (party, doing) = parties.find_map(|party| {
            let doing = waits.doing(party.goroutine)?;
            Some((party, doing))
        })?;
        let place = party.place.as_ref();
        let place = place.map_or_else(String::new, |place| format!(" in {place}"));
        let text = format!(
            "goroutine {first} waits for {} to come to rest, which goroutine {} keeps busy{place}; it {doing}, which \
             something outside the bubble may end",
            object.short(),
            party.goroutine,
        );
        let finding = Finding::new("waits.bubble", Severity::Warning, text);
        Some(finding.seen(object.title()).about(Subject::Waits))
    })
}

/// A lock that is unlocked while goroutines wait for it: one is about to be woken, or never will be.
fn lost_wakeups(waits: &Waits) -> Option<Finding> {
    let unlocked = |object: &&Object| {
        object.kind == ObjectKind::Mutex
            && object.state.locked == Some(false)
            && !object.waiters.is_empty()
    };
    let lost: Vec<&Object> = waits.objects.iter().filter(unlocked).collect();
    let first = lost.first()?;
    let text = format!(
        "{} {} unlocked while goroutines wait to lock {}: {}. One of them was being woken, or a wake-up was lost",
        plural(lost.len() as u64, "mutex"),
        if lost.len() == 1 { "is" } else { "are" },
        if lost.len() == 1 { "it" } else { "them" },
        first.short(),
    );
    let finding = Finding::new("waits.unlocked", Severity::Info, text);
    Some(finding.seen(first.title()).about(Subject::Waits))
}

/// A closed channel with goroutines parked on it: the runtime wakes all of them when it closes it.
fn closed_channels(waits: &Waits) -> Option<Finding> {
    let closed = |object: &&Object| {
        let mut parked = object.waiters.iter();
        object.state.closed == Some(true) && parked.any(|of| of.waiting == Waiting::Alone)
    };
    let first = waits.objects.iter().find(closed)?;
    let text = format!(
        "{} is closed and goroutines wait on it all the same: they were being woken, or memory is damaged",
        first.short()
    );
    let finding = Finding::new("waits.closed", Severity::Info, text);
    Some(finding.seen(first.title()).about(Subject::Waits))
}
