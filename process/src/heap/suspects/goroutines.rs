//! Goroutines: one that holds much, many that wait for ever at one place, connections whose response nobody reads.

use super::Suspect;
use super::facts::Facts;
use crate::heap::RootKind;
use crate::runtime::{Goroutine, WaitReasons};
use crate::unwind::Call;
use dumpview_heap::{Bits, Kept, NodeId, union_of};
use dumpview_model::finding::Severity;
use dumpview_model::goroutine::Status;
use dumpview_model::units;
use rustc_hash::{FxHashMap, FxHashSet};

/// What they retain together costs a walk of the whole graph for each group: the largest groups only.
const MOST_GROUPS: usize = 3;

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let mut suspects = holding_much(facts);
    suspects.extend(waiting(facts).unwrap_or_default());
    suspects
}

/// Goroutines each of which keeps much by itself.
fn holding_much(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let least = facts.least(facts.thresholds.goroutine_percent);
    let mut suspects = Vec::new();
    for (node, root) in (facts.heap.spans.objects()..).zip(&facts.heap.roots.list) {
        let RootKind::Goroutine { goroutine } = root.kind else {
            continue;
        };
        let bytes = facts.retained(node);
        if bytes < least {
            continue;
        }
        let name = facts.name(node);
        let mut text = format!("{} keeps {}", name.text.trim(), facts.amount(bytes));
        let frame = frame_below(facts, goroutine);
        if let Some((frame, kept)) = frame
            && u128::from(kept) * 2 > u128::from(bytes)
        {
            let words = facts.name(frame).text;
            let function = words.split(" in goroutine").next().unwrap_or_default();
            text.push_str(", most of it in the locals of ");
            text.push_str(function);
        }
        let (verb, word) = name.next();
        let suspect = Suspect::new("heap.goroutine", Severity::Info, text, bytes).ask(verb, word);
        suspects.push(suspect.seen(format!("{}, {}", name.text.trim(), units::bytes(bytes))));
    }
    suspects
}

/// The frame of a goroutine that keeps most.
fn frame_below(facts: &Facts<'_, '_, '_>, of: u32) -> Option<(NodeId, u64)> {
    (facts.heap.spans.objects()..)
        .zip(&facts.heap.roots.list)
        .filter(
            |(_, root)| matches!(root.kind, RootKind::Frame { goroutine, .. } if goroutine == of),
        )
        .map(|(node, _)| (node, facts.retained(node)))
        .max_by_key(|(node, kept)| (*kept, std::cmp::Reverse(*node)))
}

/// Goroutines that wait for another one, and for long: by stack.
struct Group {
    /// Numbers, as roots have them.
    members: FxHashSet<u32>,
    example: u64,
    longest_ns: u64,
    calls: Vec<Call>,
    reason: String,
}

impl Group {
    /// Whether they have waited for so long that a leak is likely.
    fn is_long(&self, facts: &Facts<'_, '_, '_>) -> bool {
        let long_ns = facts.thresholds.leaked_wait_ms.saturating_mul(1_000_000);
        self.longest_ns > 0 && self.longest_ns >= long_ns
    }

    /// `, the longest for at least 3h`: the runtime notes the time at the first collection that finds it waiting. Nothing before that.
    fn waited(&self) -> String {
        match self.longest_ns {
            0 => String::new(),
            ns => format!(", the longest for at least {}", units::duration(ns)),
        }
    }
}

fn waiting(facts: &Facts<'_, '_, '_>) -> Option<Vec<Suspect>> {
    let runtime = facts.process.runtime()?;
    let now = facts.process.reached()?;
    let reasons = WaitReasons::read(&runtime);
    let all = facts.process.goroutines().ok()?.list();
    let waits: Vec<(u32, &Goroutine, u64)> = (0u32..)
        .zip(all)
        .filter(|(_, g)| g.status == Status::Waiting)
        .filter_map(|(number, g)| {
            let reason = reasons.text(g.waitreason)?;
            let waited = now.since(g.waitsince).unwrap_or(0);
            waits_for_another(reason).then_some((number, g, waited))
        })
        .collect();
    let least = facts
        .thresholds
        .leaked_goroutines
        .min(facts.thresholds.http_bodies);
    if (waits.len() as u64) < least.max(1) {
        return None;
    }
    let goroutines: Vec<&Goroutine> = waits.iter().map(|(_, g, _)| *g).collect();
    let stacks = facts.process.stacks(&goroutines);
    let mut groups: FxHashMap<usize, Group> = FxHashMap::default();
    for ((number, g, waited), stack) in waits.iter().zip(&stacks.of) {
        let group = groups.entry(*stack).or_insert_with(|| Group {
            members: FxHashSet::default(),
            example: g.id.0,
            longest_ns: 0,
            calls: stacks
                .distinct
                .get(*stack)
                .map(|stack| facts.process.calls(stack))
                .unwrap_or_default(),
            reason: reasons
                .text(g.waitreason)
                .map_or_else(String::new, ToString::to_string),
        });
        group.members.insert(*number);
        group.longest_ns = group.longest_ns.max(*waited);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.members.len()), group.example));
    let (bodies, others): (Vec<Group>, Vec<Group>) = groups
        .into_iter()
        .partition(|group| is_unread_body(&group.calls));
    let mut suspects: Vec<Suspect> = others
        .iter()
        .filter(|group| group.members.len() as u64 >= facts.thresholds.leaked_goroutines.max(1))
        .take(MOST_GROUPS)
        .filter_map(|group| leaked(facts, group))
        .collect();
    suspects.extend(unread_bodies(facts, &bodies));
    Some(suspects)
}

/// Waits that only another goroutine ends. Those for the network, time or the collector end otherwise.
fn waits_for_another(reason: &str) -> bool {
    ["chan ", "select", "semacquire", "sync."]
        .iter()
        .any(|start| reason.starts_with(start))
}

/// What goes if all of these goroutines go.
fn together(facts: &Facts<'_, '_, '_>, members: &FxHashSet<u32>) -> Kept {
    let mut set = Bits::none(facts.heap.graph.len());
    for (node, root) in (facts.heap.spans.objects()..).zip(&facts.heap.roots.list) {
        if let RootKind::Goroutine { goroutine }
        | RootKind::Frame { goroutine, .. }
        | RootKind::Registers { goroutine } = root.kind
            && members.contains(&goroutine)
        {
            set.insert(node);
        }
    }
    let reached = |node| facts.dominators.is_reached(node);
    union_of(&facts.heap.graph, &facts.heap.spans, reached, &set)
}

/// The innermost call that is the program's own, as a place.
fn place(calls: &[Call]) -> String {
    let own = calls
        .iter()
        .find(|call| !call.name.starts_with("runtime.") && !call.name.starts_with("sync."))
        .or_else(|| calls.first());
    own.map_or_else(
        || "an unknown place".to_owned(),
        |call| call.frame.function.clone(),
    )
}

fn leaked(facts: &Facts<'_, '_, '_>, group: &Group) -> Option<Suspect> {
    let kept = together(facts, &group.members);
    let thresholds = facts.thresholds;
    let long = group.is_long(facts);
    // That many wait at one place is no leak yet; that they keep much is to be known all the same.
    let (id, percent, severity, end) = if long {
        (
            "heap.leaked-goroutines",
            thresholds.leaked_percent,
            Severity::Warning,
            "; nothing seems to wake them",
        )
    } else {
        (
            "heap.waiting-goroutines",
            thresholds.goroutine_percent,
            Severity::Info,
            "",
        )
    };
    if kept.bytes < facts.least(percent) {
        return None;
    }
    let text = format!(
        "{} goroutines wait in {} ({}){}, and together keep {}{end}",
        units::grouped(group.members.len() as u64),
        place(&group.calls),
        group.reason,
        group.waited(),
        facts.amount(kept.bytes),
    );
    let suspect = Suspect::new(id, severity, text, kept.bytes)
        .ask("bt", format!("-g {}", group.example))
        .ask("goroutines", "--group");
    Some(suspect.seen(format!(
        "{} goroutines with the stack of goroutine {}, {} objects, {}",
        group.members.len(),
        group.example,
        units::grouped(kept.objects),
        units::bytes(kept.bytes)
    )))
}

/// The loop that reads a connection waits in a `select` while the body of the response it has delivered is neither
/// read nor closed (`net/http/transport.go:persistConn.readLoop`, 1.19–1.27); an idle connection waits for the network.
fn is_unread_body(calls: &[Call]) -> bool {
    let own = calls.iter().find(|call| !call.name.starts_with("runtime."));
    own.is_some_and(|call| call.name == "net/http.(*persistConn).readLoop")
}

fn unread_bodies(facts: &Facts<'_, '_, '_>, groups: &[Group]) -> Option<Suspect> {
    let mut members: FxHashSet<u32> = FxHashSet::default();
    for group in groups {
        members.extend(&group.members);
    }
    let count = members.len() as u64;
    let first = groups.first()?;
    if count < facts.thresholds.http_bodies.max(1) {
        return None;
    }
    let kept = together(facts, &members);
    let longest = groups.iter().max_by_key(|g| g.longest_ns)?;
    let severity = if longest.is_long(facts) {
        Severity::Warning
    } else {
        Severity::Info
    };
    let text = format!(
        "{} HTTP connections wait for the body of their response to be read or closed{}; each holds \
         two goroutines, buffers and a socket, {} without those that writes wait in; a http.Response.Body that is not \
         closed does that",
        units::grouped(count),
        longest.waited(),
        facts.amount(kept.bytes),
    );
    let suspect = Suspect::new("heap.http-bodies", severity, text, kept.bytes)
        .ask("bt", format!("-g {}", first.example));
    Some(suspect.seen(format!(
        "{count} goroutines in net/http.(*persistConn).readLoop, {}",
        first.reason
    )))
}
