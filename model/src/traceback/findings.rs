//! What the goroutines of a dump suffer from, as far as a text tells.

use super::{Cause, Dump};
use crate::finding::{Finding, Severity, rank};
use crate::goroutine::{Goroutine, Group, Status};
use crate::units::{duration, plural};
use std::collections::{BTreeMap, BTreeSet};

/// So many goroutines at one place are a pile.
const PILE: usize = 10;
/// A share of all goroutines at one place that is worth a word.
const SHARE: usize = 2;
const MINUTE: u64 = 60_000_000_000;

/// Everything there is to find in a dump, what matters most first.
pub fn findings(dump: &Dump) -> Vec<Finding> {
    let list = &dump.goroutines.list;
    let users: Vec<&Goroutine> = list.iter().filter(|g| !g.system).collect();
    let groups = dump.goroutines.group(users.iter().copied());
    let mut found = Vec::new();
    found.extend(deadlock(dump, &groups));
    found.extend(leaked(dump));
    found.extend(
        groups
            .iter()
            .filter(|group| is_lock(group))
            .filter_map(|group| lock_pile(dump, group)),
    );
    found.extend(
        groups
            .iter()
            .filter(|group| !is_lock(group))
            .filter_map(|group| leak_shape(dump, group, users.len())),
    );
    found.extend(never(dump, &groups));
    found.extend(recursion(dump));
    found.truncate(12);
    rank(&mut found);
    found
}

fn place(group: &Group) -> String {
    let user = group
        .frames
        .iter()
        .find(|frame| frame.is_users() && !is_sync(&frame.function));
    match user.or(group.frames.first()) {
        Some(frame) => match (&frame.file, frame.line) {
            (Some(file), Some(line)) => format!("{} ({file}:{line})", frame.function),
            _ => frame.function.clone(),
        },
        None => "an unknown place".to_owned(),
    }
}

fn is_sync(function: &str) -> bool {
    [
        "sync.",
        "internal/sync.",
        "time.",
        "internal/poll.",
        "net.",
        "os/signal.",
    ]
    .iter()
    .any(|p| function.starts_with(p))
}

/// What a group waits for, by the calls that lead into the wait: up to 1.19 every lock is `semacquire`.
fn waits_for(group: &Group) -> Option<&'static str> {
    const NAMES: [(&str, &str); 8] = [
        ("sync.(*Mutex).Lock", "a mutex"),
        ("sync.(*Mutex).lockSlow", "a mutex"),
        ("internal/sync.(*Mutex).lockSlow", "a mutex"),
        ("sync.(*RWMutex).RLock", "the read side of a lock"),
        ("sync.(*RWMutex).Lock", "the write side of a lock"),
        ("sync.(*WaitGroup).Wait", "a WaitGroup"),
        ("sync.(*Cond).Wait", "a condition"),
        ("sync.(*Once).doSlow", "another goroutine's sync.Once"),
    ];
    group.frames.iter().take(12).find_map(|frame| {
        NAMES
            .iter()
            .find(|(name, _)| frame.function == *name)
            .map(|(_, what)| *what)
    })
}

/// Which one, as far as the arguments of the calls tell: ` at 0xc0000a6030`, or how many different ones.
fn which(dump: &Dump, group: &Group) -> String {
    let list = &dump.goroutines.list;
    let found: BTreeSet<Option<u64>> = group
        .ids
        .iter()
        .filter_map(|id| list.binary_search_by_key(id, |g| g.id).ok())
        .filter_map(|at| list.get(at))
        .map(|g| g.waits_at.map(|address| address.0))
        .collect();
    match (found.len(), found.first().copied().flatten()) {
        (1, Some(address)) => format!(" at {address:#x}"),
        (2.., Some(_)) => format!(" ({} different ones)", found.len()),
        _ => String::new(),
    }
}

fn is_lock(group: &Group) -> bool {
    matches!(
        waits_for(group),
        Some("a mutex" | "the read side of a lock" | "the write side of a lock")
    )
}

fn waited(group: &Group) -> String {
    match group.waiting_ns {
        Some((least, most)) if least == most => format!(", for {} at least", duration(least)),
        Some((least, most)) => format!(", for {} to {}", duration(least), duration(most)),
        None => String::new(),
    }
}

fn state(group: &Group) -> &str {
    group
        .wait_reason
        .as_deref()
        .or(group.status.map(Status::as_str))
        .unwrap_or("unknown")
}

fn ids(group: &Group) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = group.ids.iter().take(SHOWN).map(u64::to_string).collect();
    let more = group.ids.len().saturating_sub(SHOWN);
    let noun = if group.ids.len() == 1 {
        "goroutine"
    } else {
        "goroutines"
    };
    if more > 0 {
        format!("{noun} {} and {more} more", shown.join(", "))
    } else {
        format!("{noun} {}", shown.join(", "))
    }
}

/// Who waits for what, when everybody does. A text does not say who holds a lock or owns a channel.
fn deadlock(dump: &Dump, groups: &[Group]) -> Option<Finding> {
    let death = dump.death.as_ref()?;
    if death.kind() != Cause::Deadlock || groups.is_empty() {
        return None;
    }
    let waits: Vec<String> = groups
        .iter()
        .take(4)
        .map(|group| {
            let what = waits_for(group).map_or_else(
                || state(group).to_owned(),
                |what| format!("{what}{} [{}]", which(dump, group), state(group)),
            );
            format!("{} for {what} in {}", ids(group), place(group))
        })
        .collect();
    let more = groups.len().saturating_sub(waits.len());
    let more = if more > 0 {
        format!("; and {more} more places")
    } else {
        String::new()
    };
    Some(
        Finding::new(
            "goroutines.deadlock",
            Severity::Critical,
            format!(
                "nobody can wake anybody: {}{more}. The text does not say who holds what",
                waits.join("; ")
            ),
        )
        .at(death.line, death.reason()),
    )
}

/// What the collector itself proved.
fn leaked(dump: &Dump) -> Option<Finding> {
    let list = &dump.goroutines.list;
    let leaked: Vec<&Goroutine> = list.iter().filter(|g| g.status == Status::Leaked).collect();
    let first = leaked.first()?;
    let groups = dump.goroutines.group(leaked.iter().copied());
    let largest = groups.first()?;
    Some(
        Finding::new(
            "goroutines.leaked",
            Severity::Warning,
            format!(
                "{} leaked: the collector proved that nothing can wake them. Most, {}, stand in {}",
                plural(leaked.len() as u64, "goroutine"),
                largest.count,
                place(largest)
            ),
        )
        .at(dump.line, format!("goroutine {}", first.id)),
    )
}

fn lock_pile(dump: &Dump, group: &Group) -> Option<Finding> {
    let what = waits_for(group)?;
    (group.count >= PILE).then(|| {
        Finding::new(
            "goroutines.lock-pile",
            Severity::Warning,
            format!(
                "{} goroutines queue for {what}{} in {}{}: whoever holds it holds them all up",
                group.count,
                which(dump, group),
                place(group),
                waited(group)
            ),
        )
        .at(dump.line, ids(group))
    })
}

/// Many at one place, or some for minutes: a leak's shape, or a pool that idles.
fn leak_shape(dump: &Dump, group: &Group, all: usize) -> Option<Finding> {
    let blocked = group.status == Some(Status::Waiting);
    let many = group.count >= 100 && group.count * SHARE >= all;
    let long = group.waiting_ns.is_some_and(|(_, most)| most >= MINUTE);
    if !blocked || group.count < PILE || !(many || long) {
        return None;
    }
    let created = group.created_by.as_ref().map_or_else(String::new, |by| {
        format!(", all created in {}", by.place.function)
    });
    let verdict = if long
        && group
            .waiting_ns
            .is_some_and(|(least, most)| most - least >= MINUTE)
    {
        "they came one after another and none left: a leak's shape"
    } else {
        "a leak, or a pool that waits for work: compare with a later dump (--diff)"
    };
    Some(
        Finding::new(
            "goroutines.same-place",
            if many && long {
                Severity::Warning
            } else {
                Severity::Info
            },
            format!(
                "{} of {all} goroutines wait in {} [{}]{}{created}: {verdict}",
                group.count,
                place(group),
                state(group),
                waited(group)
            ),
        )
        .at(dump.line, ids(group)),
    )
}

/// Waits that nothing ends.
fn never(dump: &Dump, groups: &[Group]) -> Option<Finding> {
    let mut by_reason: BTreeMap<&str, (usize, &Group)> = BTreeMap::new();
    for group in groups.iter().filter(|g| g.status == Some(Status::Waiting)) {
        let reason = state(group);
        if reason.contains("(nil chan)") {
            by_reason.entry(reason).or_insert((0, group)).0 += group.count;
        }
    }
    let (reason, (count, group)) = by_reason.into_iter().next()?;
    Some(
        Finding::new(
            "goroutines.nil-chan",
            Severity::Warning,
            format!(
                "{} at a nil channel [{reason}], where a wait never ends: in {}",
                plural(count as u64, "goroutine"),
                place(group)
            ),
        )
        .at(dump.line, ids(group)),
    )
}

/// The calls that repeat in the stack that overflowed.
fn recursion(dump: &Dump) -> Option<Finding> {
    let death = dump.death.as_ref()?;
    if death.kind() != Cause::StackOverflow {
        return None;
    }
    let crashed = dump
        .goroutines
        .list
        .iter()
        .find(|g| g.crashed)
        .or(dump.goroutines.list.first())?;
    let frames: Vec<&str> = dump
        .goroutines
        .stacks
        .frames(crashed.stack)
        .filter(|frame| frame.is_users())
        .map(|frame| frame.function.as_str())
        .collect();
    let first = *frames.first()?;
    let again = frames.iter().skip(1).position(|name| *name == first)? + 1;
    let cycle = frames.get(..again)?.join(" ← ");
    Some(
        Finding::new(
            "goroutines.recursion",
            Severity::Critical,
            format!("the calls repeat: {cycle} ← {first} …"),
        )
        .at(death.line, format!("goroutine {}", crashed.id)),
    )
}
