//! Where processors spend their time.

use super::costs::{COLLECTOR, COSTS, Cost, PARTS, REFLECTION, Told, is_json};
use super::stacks::{Call, Stacks, counted, is, ratio};
use super::{Ask, Found};
use crate::finding::{Finding, Severity};
use crate::units::{duration, number, percent};
use dumpview_parsers::pprof::{SampleRef, Stack, TagValue};
use std::collections::{BTreeMap, HashMap};

/// With fewer samples a share of a fifth may be a tenth or a third.
const ENOUGH: i64 = 50;
/// A kind of work has to be seen so often to be told.
const SEEN: i64 = 10;
/// So many callers are named.
const CALLERS: usize = 3;
/// What has such a share of something stands for all of it.
const NEARLY_ALL: f64 = 0.9;
/// So many steps of a path, the last ones.
const STEPS: usize = 6;

/// Everything that is told of a CPU profile.
pub fn findings(stacks: &Stacks<'_>, found: &mut Vec<Found>) {
    let hits = Hits::of(stacks);
    if hits.total < ENOUGH {
        return;
    }
    found.extend(busy(stacks, &hits));
    found.extend(costs(stacks, &hits));
    shape(stacks, found);
}

/// What is told of any profile: the hottest path, recursion, labels.
pub fn shape(stacks: &Stacks<'_>, found: &mut Vec<Found>) {
    if stacks.total <= 0 || stacks.has_negative() {
        return;
    }
    found.extend(hottest_path(stacks));
    found.extend(recursion(stacks));
    found.extend(labels(stacks));
}

/// How often stacks were seen, from which follows how exact shares are.
struct Hits {
    column: Option<usize>,
    per_hit: i64,
    total: i64,
}

impl Hits {
    fn of(stacks: &Stacks<'_>) -> Self {
        let mut hits = Self {
            column: stacks.column("samples"),
            per_hit: stacks.profile.period.max(1),
            total: 0,
        };
        let all = stacks
            .samples()
            .map(|(value, sample)| hits.at(value, sample));
        hits.total = all.fold(0, i64::saturating_add);
        hits
    }

    fn at(&self, value: i64, sample: SampleRef<'_>) -> i64 {
        let counted = self.column.and_then(|column| sample.values.get(column));
        counted.copied().unwrap_or(value / self.per_hit)
    }
}

/// How many processors were busy, and how exact shares are.
fn busy(stacks: &Stacks<'_>, hits: &Hits) -> Option<Found> {
    let nanos = u64::try_from(stacks.profile.duration_nanos).ok()?;
    let column = stacks.column("cpu")?;
    let spent = stacks.profile.samples.column(column);
    let spent = spent.fold(0i64, i64::wrapping_add);
    let took = u64::try_from(spent).ok().filter(|took| *took > 0)?;
    let of = stacks.profile.sample_types.get(column)?;
    if nanos == 0 || of.unit != "nanoseconds" {
        return None;
    }
    let processors = ratio(spent, stacks.profile.duration_nanos);
    let mut text = format!(
        "{} of CPU in {}: {} processors were busy on average",
        duration(took),
        duration(nanos),
        number(processors)
    );
    if hits.total < 1000 {
        // Two standard deviations of a share of a tenth.
        let error = 2.0 * (0.09 / float(hits.total)).sqrt();
        text = format!(
            "{text}. With {} a share of 10% may be {} points more or less",
            counted(hits.total, "sample"),
            number(error * 100.0)
        );
    }
    Some((Finding::new("cpu.busy", Severity::Info, text), None))
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn float(value: i64) -> f64 {
    value as f64
}

/// What was spent on one kind of work.
#[derive(Default, Clone)]
struct Spent {
    value: i64,
    hits: i64,
    callers: HashMap<Call, i64>,
}

/// Which of the kinds that are told by the innermost call a stack is.
fn innermost(stacks: &Stacks<'_>, by_kind: &[Vec<bool>], stack: Stack<'_>) -> Option<usize> {
    stacks.calls(stack).find_map(|call| {
        let mut kinds = COSTS.iter().zip(by_kind);
        kinds.position(|(cost, of)| cost.told == Told::Innermost && is(of, call.function))
    })
}

/// Whether the program's own code calls one of these functions.
fn from_own(stacks: &Stacks<'_>, of: &[bool], stack: Stack<'_>) -> bool {
    let mut calls = stacks.calls(stack).peekable();
    while let Some(call) = calls.next() {
        if is(of, call.function) && calls.peek().is_some_and(|caller| stacks.is_own(*caller)) {
            return true;
        }
    }
    false
}

/// Kinds of work that take a share worth telling, the largest first.
fn costs(stacks: &Stacks<'_>, hits: &Hits) -> Vec<Found> {
    let by_kind: Vec<Vec<bool>> = COSTS
        .iter()
        .map(|cost| stacks.functions(|name| cost.is(name)))
        .collect();
    let json = stacks.functions(is_json);
    let mut spent = vec![Spent::default(); COSTS.len()];
    for (value, sample) in stacks.samples() {
        let innermost = innermost(stacks, &by_kind, sample.stack);
        let of_json = || {
            stacks
                .calls(sample.stack)
                .any(|call| is(&json, call.function))
        };
        let any = |of: &[bool]| stacks.calls(sample.stack).any(|call| is(of, call.function));
        let own = stacks.own(sample.stack);
        for (at, ((cost, of), spent)) in COSTS.iter().zip(&by_kind).zip(&mut spent).enumerate() {
            let counts = match cost.told {
                Told::Innermost => innermost == Some(at),
                Told::Own => from_own(stacks, of, sample.stack),
                Told::Any => any(of) && (cost.id != REFLECTION || !of_json()),
            };
            if counts {
                spent.value = spent.value.wrapping_add(value);
                spent.hits = spent.hits.saturating_add(hits.at(value, sample));
                if let Some(own) = own {
                    let caller = spent.callers.entry(own).or_default();
                    *caller = caller.wrapping_add(value);
                }
            }
        }
    }
    let told = COSTS.iter().zip(&spent);
    let mut told: Vec<_> = told
        .filter(|(cost, spent)| spent.hits >= SEEN && stacks.share(spent.value) >= cost.told_from)
        .collect();
    told.sort_by_key(|(_, spent)| std::cmp::Reverse(spent.value));
    told.into_iter()
        .map(|(cost, spent)| cost_told(stacks, &by_kind, cost, spent))
        .collect()
}

fn cost_told(stacks: &Stacks<'_>, by_kind: &[Vec<bool>], cost: &Cost, spent: &Spent) -> Found {
    let share = stacks.share(spent.value);
    let severity = if share >= cost.warned_from {
        Severity::Warning
    } else {
        Severity::Info
    };
    let mut finding = Finding::new(
        cost.id,
        severity,
        format!(
            "{}: {} of the CPU ({}). To spend less: {}",
            cost.what,
            percent(share),
            stacks.amount(spent.value),
            cost.advice
        ),
    );
    if cost.id == COLLECTOR {
        for (what, value) in parts(stacks, by_kind) {
            if stacks.share(value) >= 0.01 {
                finding = finding.seen(format!("{what}: {}", stacks.percent(value)));
            }
        }
    }
    let callers = largest(&spent.callers);
    for (call, value) in callers.iter().take(CALLERS) {
        if stacks.share(*value) >= 0.01 {
            let place = stacks.place(*call);
            finding = finding.seen(format!("{} in {place}", stacks.percent(*value)));
        }
    }
    let most = callers.first();
    let ask = most.map(|(call, _)| Ask::of("list", stacks.name(call.function)));
    (finding, ask)
}

/// What the collector does, by its parts.
fn parts(stacks: &Stacks<'_>, by_kind: &[Vec<bool>]) -> Vec<(&'static str, i64)> {
    let is_part = |names: &'static [&'static str]| {
        stacks.functions(|name| {
            names.iter().any(|part| {
                let rest = name.strip_prefix(part);
                // Their closures run on the system's stack.
                rest.is_some_and(|rest| {
                    rest.is_empty() || rest.starts_with(".func") || rest.starts_with("Flush")
                })
            })
        })
    };
    let parts: Vec<_> = PARTS
        .iter()
        .map(|(what, names)| (*what, is_part(names)))
        .collect();
    let mut sums = vec![0i64; parts.len()];
    let collector = COSTS.iter().position(|cost| cost.id == COLLECTOR);
    for (value, sample) in stacks.samples() {
        if innermost(stacks, by_kind, sample.stack) != collector {
            continue;
        }
        let part = stacks
            .calls(sample.stack)
            .find_map(|call| parts.iter().position(|(_, of)| is(of, call.function)));
        if let Some(sum) = part.and_then(|at| sums.get_mut(at)) {
            *sum = sum.wrapping_add(value);
        }
    }
    let names = parts.into_iter().map(|(what, _)| what);
    names.zip(sums).collect()
}

/// What weighs most first; among equals in the order of the profile.
pub fn largest<K: Copy + Ord>(of: &HashMap<K, i64>) -> Vec<(K, i64)> {
    let mut all: Vec<(K, i64)> = of.iter().map(|(key, value)| (*key, *value)).collect();
    all.sort_by_key(|(key, value)| (std::cmp::Reverse(value.wrapping_abs()), *key));
    all
}

/// The path that most goes through: as long as one call takes at least half of what its caller has, and a quarter of all.
fn hottest_path(stacks: &Stacks<'_>) -> Option<Found> {
    let samples = stacks.samples();
    let mut below: Vec<_> = samples
        .map(|(value, sample)| (value, stacks.calls(sample.stack).rev()))
        .collect();
    let mut path: Vec<(Call, i64)> = Vec::new();
    let mut reached = stacks.total;
    let children = loop {
        let mut children: HashMap<u32, i64> = HashMap::new();
        let mut next = Vec::with_capacity(below.len());
        for (value, mut calls) in below {
            // What has no name is nothing that one could go on from.
            if let Some(call) = calls
                .next()
                .filter(|call| !stacks.name(call.function).is_empty())
            {
                let child = children.entry(call.function).or_default();
                *child = child.wrapping_add(value);
                next.push((value, call, calls));
            }
        }
        let children = largest(&children);
        let Some((function, value)) = children.first().copied() else {
            break children;
        };
        if value < reached / 2 || stacks.share(value) < 0.25 {
            break children;
        }
        reached = value;
        next.retain(|(_, call, _)| call.function == function);
        // A line is told where it has nearly all of what its function has.
        let mut lines: HashMap<i64, i64> = HashMap::new();
        for (value, call, _) in &next {
            let line = lines.entry(call.line).or_default();
            *line = line.wrapping_add(*value);
        }
        let line = largest(&lines).first().copied();
        let line = line.filter(|(_, of)| ratio(*of, value) >= NEARLY_ALL);
        let line = line.map_or(0, |(line, _)| line);
        path.push((Call { function, line }, value));
        below = next
            .into_iter()
            .map(|(value, _, calls)| (value, calls))
            .collect();
    };
    let own = path.iter().rev().find(|(call, _)| stacks.is_own(*call));
    let (end, value) = *path.last()?;
    let (of, share) = own.copied().unwrap_or((end, value));
    let mut text = format!(
        "The hottest path leads through {} with {} of all",
        stacks.place(of),
        stacks.percent(share)
    );
    if end.function != of.function {
        text = format!(
            "{text}, and on to {} with {}",
            stacks.name(end.function),
            stacks.percent(value)
        );
    }
    let mut finding = Finding::new("profile.hottest-path", Severity::Info, text);
    let mut own: Vec<(Call, i64)> = path;
    own.retain(|(call, _)| stacks.is_own(*call));
    // A function that calls itself is one step.
    own.dedup_by_key(|(call, _)| call.function);
    let last = own.len().saturating_sub(STEPS);
    for (call, value) in own.iter().skip(last) {
        finding = finding.seen(format!(
            "{} through {}",
            stacks.percent(*value),
            stacks.place(*call)
        ));
    }
    let on = children
        .iter()
        .filter(|(_, value)| stacks.share(*value) >= 0.02);
    for (function, value) in on.take(CALLERS) {
        finding = finding.seen(format!(
            "{} from there to {}",
            stacks.percent(*value),
            stacks.name(*function)
        ));
    }
    Some((finding, Some(Ask::of("peek", stacks.name(end.function)))))
}

/// Functions of the program that are in their own stack.
fn recursion(stacks: &Stacks<'_>) -> Option<Found> {
    let mut by_function: HashMap<u32, (i64, usize)> = HashMap::new();
    let mut own: Vec<u32> = Vec::new();
    for (value, sample) in stacks.samples() {
        own.clear();
        let calls = stacks.calls(sample.stack);
        own.extend(
            calls
                .filter(|call| stacks.is_own(*call))
                .map(|call| call.function),
        );
        own.sort_unstable();
        for run in own.chunk_by(|a, b| a == b) {
            if let (Some(function), 2..) = (run.first(), run.len()) {
                let of = by_function.entry(*function).or_default();
                of.0 = of.0.wrapping_add(value);
                of.1 = of.1.max(run.len());
            }
        }
    }
    let most = by_function
        .iter()
        .max_by_key(|(function, (value, _))| (*value, std::cmp::Reverse(**function)));
    let (function, (value, depth)) = most?;
    if stacks.share(*value) < 0.10 {
        return None;
    }
    let name = stacks.name(*function);
    let text = format!(
        "{name} is recursive: it is in its own stack in {} of all, up to {depth} times. What `cum` says of it counts each sample once",
        stacks.percent(*value)
    );
    let finding = Finding::new("profile.recursion", Severity::Info, text);
    Some((finding, Some(Ask::of("peek", name))))
}

/// The label whose values differ, and what each has.
fn labels(stacks: &Stacks<'_>) -> Option<Found> {
    let texts = &stacks.profile.texts;
    let mut keys: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
    for (value, sample) in stacks.samples() {
        for tag in sample.tags {
            if let TagValue::Text(text) = tag.value {
                let of = keys.entry(texts.text(tag.key)).or_default();
                let sum = of.entry(texts.text(text)).or_default();
                *sum = sum.wrapping_add(value);
            }
        }
    }
    let mut best: Option<(&str, Vec<(&str, i64)>)> = None;
    for (key, values) in keys {
        let mut values: Vec<(&str, i64)> = values.into_iter().collect();
        values.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
        let first = |values: &[(&str, i64)]| values.first().map_or(0, |(_, value)| *value);
        let of_best = best.as_ref().map_or(0, |(_, values)| first(values));
        if values.len() > 1 && stacks.share(first(&values)) >= 0.2 && first(&values) > of_best {
            best = Some((key, values));
        }
    }
    let (key, values) = best?;
    let shown = values.iter().take(CALLERS);
    let shown: Vec<String> = shown
        .map(|(value, sum)| format!("{value} {}", stacks.percent(*sum)))
        .collect();
    let text = format!("By the label {key}: {}", shown.join(", "));
    let finding = Finding::new("profile.labels", Severity::Info, text);
    Some((finding, Some(Ask::flags("tags", String::new()))))
}
