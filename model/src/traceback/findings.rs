//! What the goroutines of a dump suffer from, as far as a text tells.

use super::{Dump, Refused};
use crate::death_kind::DeathKind;
use crate::finding::{Finding, Severity, Subject, rank};
use crate::frame::Frame;
use crate::goroutine::{Goroutine, Goroutines, Group, Status};
use crate::units::{duration, plural};
use crate::waits::{How, ObjectKind, Waits, awaited};
use std::collections::{BTreeMap, BTreeSet};

/// So many goroutines at one place are a pile.
const PILE: usize = 10;
/// A share of all goroutines at one place that is worth a word.
const SHARE: usize = 2;
const MINUTE: u64 = 60_000_000_000;

/// Goroutines, and what is known of what happened to them.
#[derive(Clone)]
pub struct Seen<'d> {
    /// They.
    pub goroutines: &'d Goroutines,
    /// Why the process died, when it did.
    pub cause: Option<DeathKind>,
    /// The same in the runtime's words.
    pub reason: String,
    /// The line of a text at which they begin, and that of the death; those of a core have none.
    pub lines: Option<(u64, u64)>,
    /// What is known of who waits for whom, where memory was asked: what it tells is not told again from stacks.
    pub waits: Option<&'d Waits>,
}

impl Seen<'_> {
    /// Adds where to look.
    fn at(&self, finding: Finding, what: String) -> Finding {
        match self.lines {
            Some((line, _)) => finding.at(line, what),
            None => finding.seen(what).about(Subject::Goroutines),
        }
    }

    /// Adds the place of the death.
    fn at_death(&self, finding: Finding, what: String) -> Finding {
        match self.lines {
            Some((_, line)) => finding.at(line, what),
            None => finding.seen(what).about(Subject::Goroutines),
        }
    }
}

/// Everything there is to find in a dump, what matters most first.
pub fn findings(dump: &Dump) -> Vec<Finding> {
    let death = dump.death.as_ref();
    let refused = death.and_then(|death| {
        let mut notes = death.notes.iter();
        let (note, refused) =
            notes.find_map(|note| Refused::read(&note.text).map(|refused| (note, refused)))?;
        Some(refused.finding().at(note.line, note.text.clone()))
    });
    let mut found = of_goroutines(&Seen {
        goroutines: &dump.goroutines,
        cause: death.map(super::Death::kind),
        reason: death.map(super::Death::reason).unwrap_or_default(),
        lines: Some((dump.line, death.map_or(dump.line, |death| death.line))),
        waits: None,
    });
    found.extend(refused);
    rank(&mut found);
    found
}

/// Everything there is to find in goroutines, what matters most first.
pub fn of_goroutines(dump: &Seen<'_>) -> Vec<Finding> {
    let list = &dump.goroutines.list;
    let users: Vec<&Goroutine> = list.iter().filter(|g| !g.system).collect();
    let groups = dump.goroutines.group(users.iter().copied());
    let told = dump.waits.map(Waits::told).unwrap_or_default();
    let is_told = |group: &Group| group.ids.iter().all(|id| told.contains(id));
    let mut found = Vec::new();
    if dump.waits.is_none_or(|waits| waits.circles.is_empty()) {
        found.extend(deadlock(dump, &groups));
    }
    found.extend(leaked(dump));
    found.extend(test(dump));
    found.extend(
        groups
            .iter()
            .filter(|group| is_lock(dump, group) && !is_told(group))
            .filter_map(|group| lock_pile(dump, group)),
    );
    found.extend(
        groups
            .iter()
            .filter(|group| !is_lock(dump, group))
            .filter_map(|group| leak_shape(dump, group, users.len())),
    );
    let untold: Vec<&Group> = groups.iter().filter(|group| !is_told(group)).collect();
    found.extend(long_at_locks(dump, &untold));
    found.extend(never(dump, &groups));
    found.extend(recursion(dump));
    found.truncate(12);
    rank(&mut found);
    found
}

/// What a group waits for; nothing when it is not blocked: woken goroutines still stand in the calls that blocked them.
fn waits_for(dump: &Seen<'_>, group: &Group) -> Option<&'static str> {
    let list = &dump.goroutines.list;
    let first = group.ids.first()?;
    let at = list.binary_search_by_key(first, |g| g.id).ok()?;
    match awaited(dump.goroutines, list.get(at)?)? {
        (ObjectKind::Mutex, _) => Some("a mutex"),
        (ObjectKind::RwMutex, How::ReadLock) => Some("the read side of a lock"),
        (ObjectKind::RwMutex, _) => Some("the write side of a lock"),
        (ObjectKind::WaitGroup, _) => Some("a WaitGroup"),
        (ObjectKind::Cond, _) => Some("a condition"),
        (ObjectKind::Once, _) => Some("another goroutine's sync.Once"),
        _ => None,
    }
}

/// Where what a group waits for stands, each once; nothing for those whose calls do not tell.
fn addresses(dump: &Seen<'_>, group: &Group) -> BTreeSet<Option<u64>> {
    let list = &dump.goroutines.list;
    let ids = group.ids.iter();
    ids.filter_map(|id| list.binary_search_by_key(id, |g| g.id).ok())
        .filter_map(|at| list.get(at))
        .map(|g| g.waits_at.map(|address| address.0))
        .collect()
}

/// Which one, as far as the arguments of the calls tell: ` at 0xc0000a6030`, or how many different ones.
fn which(dump: &Seen<'_>, group: &Group) -> String {
    let found = addresses(dump, group);
    match (found.len(), found.first().copied().flatten()) {
        (1, Some(address)) => format!(" at {address:#x}"),
        (2.., Some(_)) => format!(" ({} different ones)", found.len()),
        _ => String::new(),
    }
}

fn is_lock(dump: &Seen<'_>, group: &Group) -> bool {
    matches!(
        waits_for(dump, group),
        Some("a mutex" | "the read side of a lock" | "the write side of a lock")
    )
}

fn waited(group: &Group) -> String {
    match group.waiting_ns {
        Some((least, most)) if duration(least) == duration(most) => {
            format!(", for {} at least", duration(least))
        }
        Some((least, most)) => {
            format!(", for {} to {} at least", duration(least), duration(most))
        }
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
fn deadlock(dump: &Seen<'_>, groups: &[Group]) -> Option<Finding> {
    if dump.cause != Some(DeathKind::Deadlock) || groups.is_empty() {
        return None;
    }
    let waits: Vec<String> = groups
        .iter()
        .take(4)
        .map(|group| {
            let what = waits_for(dump, group).map_or_else(
                || state(group).to_owned(),
                |what| format!("{what}{} [{}]", which(dump, group), state(group)),
            );
            format!("{} for {what} in {}", ids(group), group.place())
        })
        .collect();
    let more = groups.len().saturating_sub(waits.len());
    let more = if more > 0 {
        format!("; and {more} more places")
    } else {
        String::new()
    };
    let silent = if dump.lines.is_some() {
        ". The text does not say who holds what"
    } else {
        ""
    };
    let text = format!(
        "nobody can wake anybody: {}{more}{silent}",
        waits.join("; ")
    );
    let finding = Finding::new("goroutines.deadlock", Severity::Critical, text);
    Some(dump.at_death(finding, dump.reason.clone()))
}

/// What the collector itself proved.
fn leaked(dump: &Seen<'_>) -> Option<Finding> {
    let list = &dump.goroutines.list;
    let leaked: Vec<&Goroutine> = list.iter().filter(|g| g.status == Status::Leaked).collect();
    let first = leaked.first()?;
    let groups = dump.goroutines.group(leaked.iter().copied());
    let largest = groups.first()?;
    Some(dump.at(
        Finding::new(
            "goroutines.leaked",
            Severity::Warning,
            format!(
                "{} leaked: the collector proved that nothing can wake them. Most, {}, stand in {}",
                plural(leaked.len() as u64, "goroutine"),
                largest.count,
                largest.place()
            ),
        ),
        format!("goroutine {}", first.id),
    ))
}

/// Where the tests stand whose time ran out: the package `testing` ends the process from a timer's goroutine, and says which ran.
fn test(dump: &Seen<'_>) -> Option<Finding> {
    if !dump.reason.starts_with("panic: test timed out after ") {
        return None;
    }
    let is_testing = |frame: &Frame| frame.function.starts_with("testing.");
    let runs = |g: &&Goroutine| {
        let frames = dump.goroutines.stacks.frames(g.stack);
        let users: Vec<&Frame> = frames.filter(|frame| frame.is_users()).collect();
        // One that waits for its subtests, or until others are over, has a call of `testing` on top of its own.
        let waits = users.first().is_none_or(|frame| is_testing(frame));
        !waits && users.last().is_some_and(|frame| is_testing(frame))
    };
    let list = &dump.goroutines.list;
    let tests = dump.goroutines.group(list.iter().filter(runs));
    let first = tests.first()?;
    let told = tests.iter().take(4).map(|group| {
        let where_it_is = group.place();
        format!(
            "{where_it_is} [{}]{}, {}",
            state(group),
            waited(group),
            ids(group)
        )
    });
    let told = told.collect::<Vec<_>>().join("; ");
    let text = format!("the test that ran out of time stands in {told}");
    let finding = Finding::new("goroutines.test", Severity::Critical, text);
    Some(dump.at_death(finding, ids(first)))
}

fn lock_pile(dump: &Seen<'_>, group: &Group) -> Option<Finding> {
    let what = waits_for(dump, group)?;
    (group.count >= PILE).then(|| {
        dump.at(
            Finding::new(
                "goroutines.lock-pile",
                Severity::Warning,
                format!(
                    "{} goroutines queue for {what}{} in {}{}: whoever holds it holds them all up",
                    group.count,
                    which(dump, group),
                    group.place(),
                    waited(group)
                ),
            ),
            ids(group),
        )
    })
}

/// A few that wait for locks longer than anybody holds one. Two that wait for each other's look like this.
fn long_at_locks(dump: &Seen<'_>, groups: &[&Group]) -> Option<Finding> {
    const LONG: u64 = 1_000_000_000;
    if dump.cause == Some(DeathKind::Deadlock) {
        return None;
    }
    let few = groups.iter().copied();
    let few = few.filter(|group| is_lock(dump, group) && group.count < PILE);
    let few: Vec<&Group> = few
        .filter(|group| group.waiting_ns.is_none_or(|(_, most)| most >= LONG))
        .collect();
    // Where no time is known, some at one lock are nothing. One whose address was not printed may be any.
    let known = few.iter().any(|group| group.waiting_ns.is_some());
    let locks: BTreeSet<Option<u64>> = few.iter().flat_map(|of| addresses(dump, of)).collect();
    let are_several = locks.len() > 1 || (locks.contains(&None) && few.len() > 1);
    if !known && !are_several {
        return None;
    }
    let first = few.first()?;
    let told = few.iter().take(4).map(|group| {
        let what = waits_for(dump, group).unwrap_or("a lock");
        let verb = if group.count == 1 { "waits" } else { "wait" };
        format!(
            "{} {verb} for {what}{} in {}{}",
            ids(group),
            which(dump, group),
            group.place(),
            waited(group)
        )
    });
    let told = told.collect::<Vec<_>>().join("; ");
    // Of one method that was called on two values the groups have one place.
    let may_be_several = are_several || (locks.contains(&None) && first.count > 1);
    let verdict = if may_be_several {
        ": each may hold what another waits for"
    } else {
        ": whoever holds it does not let go"
    };
    let finding = Finding::new(
        "goroutines.long-at-locks",
        Severity::Warning,
        format!("{told}{verdict}"),
    );
    Some(dump.at(finding, ids(first)))
}

/// Many at one place, or some for minutes: a leak's shape, or a pool that idles.
fn leak_shape(dump: &Seen<'_>, group: &Group, all: usize) -> Option<Finding> {
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
    Some(dump.at(
        Finding::new(
            "goroutines.same-place",
            if many {
                Severity::Warning
            } else {
                Severity::Info
            },
            format!(
                "{} of {all} goroutines wait in {} [{}]{}{created}: {verdict}",
                group.count,
                group.place(),
                state(group),
                waited(group)
            ),
        ),
        ids(group),
    ))
}

/// Waits that nothing ends.
fn never(dump: &Seen<'_>, groups: &[Group]) -> Option<Finding> {
    let mut by_reason: BTreeMap<&str, (usize, &Group)> = BTreeMap::new();
    for group in groups.iter().filter(|g| g.status == Some(Status::Waiting)) {
        let reason = state(group);
        if reason.contains("(nil chan)") {
            by_reason.entry(reason).or_insert((0, group)).0 += group.count;
        }
    }
    let (reason, (count, group)) = by_reason.into_iter().next()?;
    Some(dump.at(
        Finding::new(
            "goroutines.nil-chan",
            Severity::Warning,
            format!(
                "{} at a nil channel [{reason}], where a wait never ends: in {}",
                plural(count as u64, "goroutine"),
                group.place()
            ),
        ),
        ids(group),
    ))
}

/// The calls that repeat in the stack that overflowed.
fn recursion(dump: &Seen<'_>) -> Option<Finding> {
    if dump.cause != Some(DeathKind::StackOverflow) {
        return None;
    }
    let crashed = dump
        .goroutines
        .list
        .iter()
        .find(|g| g.crashed)
        .or(dump.goroutines.list.first())?;
    let finding = repeating(dump.goroutines.stacks.frames(crashed.stack))?;
    Some(dump.at_death(finding, format!("goroutine {}", crashed.id)))
}

/// The calls that repeat in a stack that outgrew its limit, the innermost first.
pub fn repeating<'f>(frames: impl Iterator<Item = &'f Frame>) -> Option<Finding> {
    /// A circle of calls is no longer, as far as it can be told in a sentence.
    const LONGEST: usize = 64;
    let functions = frames
        .filter(|frame| frame.is_users())
        .map(|frame| frame.function.as_str());
    let functions: Vec<&str> = functions.take(LONGEST).collect();
    // What the last of them called may be no part of the circle.
    let (first, cycle) = functions.iter().enumerate().find_map(|(at, first)| {
        let after = functions.get(at..)?;
        let again = after.iter().skip(1).position(|name| name == first)? + 1;
        Some((first, after.get(..again)?.join(" ← ")))
    })?;
    let text = format!("the calls repeat: {cycle} ← {first} …");
    Some(Finding::new(
        "goroutines.recursion",
        Severity::Critical,
        text,
    ))
}
