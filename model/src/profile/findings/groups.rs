//! Goroutines that stand at the same place.

use super::stacks::{Call, Stacks, counted, ratio};
use super::{Ask, Found};
use crate::finding::{Finding, Severity};
use crate::units::grouped;
use std::collections::HashMap;

/// So many at one place are told.
const MANY: i64 = 10;
/// So many may be the end of the process.
const TOO_MANY: i64 = 1_000;
/// So many groups are named.
const GROUPS: usize = 3;

/// What goroutines wait for, by the functions of the runtime in which they do.
const REASONS: &[(&str, &str)] = &[
    ("runtime.chanrecv", "to receive from a channel"),
    ("runtime.chansend", "to send to a channel"),
    ("runtime.selectgo", "in select"),
    ("runtime.block", "in select without cases, for ever"),
    ("runtime.netpollblock", "for the network"),
    ("sync.runtime_notifyListWait", "on a sync.Cond"),
    ("sync.runtime_SemacquireWaitGroup", "on a sync.WaitGroup"),
    ("sync.(*WaitGroup).Wait", "on a sync.WaitGroup"),
    ("sync.runtime_SemacquireRWMutex", "for a sync.RWMutex"),
    ("sync.runtime_SemacquireMutex", "for a sync.Mutex"),
    ("internal/sync.runtime_SemacquireMutex", "for a sync.Mutex"),
    ("time.Sleep", "in time.Sleep"),
    ("runtime.semacquire", "on a semaphore"),
];

struct Group {
    count: i64,
    reason: Option<&'static str>,
}

/// Groups of goroutines, the largest first.
fn groups(stacks: &Stacks<'_>) -> Vec<(Call, Group)> {
    let mut groups: HashMap<(Call, Option<&'static str>), Group> = HashMap::new();
    for (value, sample) in stacks.samples() {
        let Some(site) = stacks.site(sample.stack) else {
            continue;
        };
        let reason = stacks
            .calls(sample.stack)
            .find_map(|call| reason(stacks.name(call.function)));
        let group = groups
            .entry((site, reason))
            .or_insert(Group { count: 0, reason });
        group.count = group.count.saturating_add(value);
    }
    let mut groups: Vec<(Call, Group)> = groups
        .into_iter()
        .map(|((call, _), group)| (call, group))
        .collect();
    groups.sort_by_key(|(call, group)| (std::cmp::Reverse(group.count), *call, group.reason));
    groups
}

/// The question for the stacks of a group.
fn ask(stacks: &Stacks<'_>, call: Call) -> Ask {
    let focus = Ask::of("", stacks.name(call.function)).pattern;
    Ask::flags("traces", format!("-focus={focus}"))
}

/// Groups of which there are more than in the profile that was taken away.
pub fn growth(stacks: &Stacks<'_>, found: &mut Vec<Found>) {
    let groups = groups(stacks);
    let rises = groups.iter().map(|(_, group)| group.count.max(0));
    let rises = rises.fold(0i64, i64::saturating_add);
    let told = groups
        .iter()
        .filter(|(_, group)| group.count >= MANY && ratio(group.count, rises) >= 0.1);
    for (call, group) in told.take(GROUPS) {
        let text = format!(
            "{} more goroutines stand in {}{} than before: what grows from profile to profile leaks. Whoever is to end them has to do so on every \
             path: close the channel, cancel the context, give the channel room for what nobody takes",
            grouped(group.count.unsigned_abs()),
            stacks.place(*call),
            group
                .reason
                .map_or(String::new(), |reason| format!(" (waiting {reason})")),
        );
        let finding = Finding::new("goroutine.growth", Severity::Warning, text);
        found.push((finding, Some(ask(stacks, *call))));
    }
}

/// Groups of goroutines; each of a leak profile is one that nothing can wake.
pub fn findings(stacks: &Stacks<'_>, found: &mut Vec<Found>) {
    let kind = stacks.profile.sample_types.get(stacks.index);
    let leaks = kind.is_some_and(|of| of.kind == "goroutineleak");
    let groups = groups(stacks);
    let told = groups
        .iter()
        .filter(|(_, group)| leaks || group.count >= MANY && stacks.share(group.count) >= 0.1);
    for (call, group) in told.take(GROUPS) {
        let waits = group
            .reason
            .map_or(String::new(), |reason| format!(", waiting {reason}"));
        let place = stacks.place(*call);
        let finding = if leaks {
            let text = format!(
                "{} in {place}{waits}: nothing that lives can wake them. Whoever was to end them has to do so on every path: \
                 close the channel, cancel the context, give the channel room for what nobody takes",
                are(group.count, "leaked")
            );
            Finding::new("goroutine.leak", Severity::Warning, text)
        } else {
            let text = format!(
                "{} in {place}{waits}: {} of all. Whether they are workers or leak a second profile shows, taken later: what grows leaks",
                are(group.count, "stand"),
                stacks.percent(group.count)
            );
            let severity = if group.count >= TOO_MANY {
                Severity::Warning
            } else {
                Severity::Info
            };
            Finding::new("goroutine.group", severity, text)
        };
        found.push((finding, Some(ask(stacks, *call))));
    }
}

/// `17 goroutines stand`.
fn are(count: i64, verb: &str) -> String {
    let goroutines = counted(count, "goroutine");
    match (verb, count) {
        ("stand", 1) => format!("{goroutines} stands"),
        ("leaked", 1) => format!("{goroutines} has leaked"),
        ("leaked", _) => format!("{goroutines} have leaked"),
        _ => format!("{goroutines} {verb}"),
    }
}

fn reason(function: &str) -> Option<&'static str> {
    let mut reasons = REASONS.iter();
    let known = reasons.find(|(name, _)| function == *name);
    known.map(|(_, reason)| *reason)
}
